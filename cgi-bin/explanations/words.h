/* The change history in words, for its CSV files: what the console makes of codes and JSON for the screen. */
#ifndef EXPLANATIONS_WORDS_H
#define EXPLANATIONS_WORDS_H

#include "db/change_history.h"
#include "web/csv.h"

/* Each writes one cell. lang: "ja" or "en". A code without a word stands for itself. */
void put_kind(struct csv *csv, const char *kind, const char *lang);
void put_origin(struct csv *csv, const char *origin, const char *lang);
void put_table(struct csv *csv, const char *table, const char *lang);
void put_action(struct csv *csv, const char *action, const char *lang);
/* Of an undo it is the revision that was undone. */
void put_comment(struct csv *csv, const struct change_set *set, const char *lang);
/* Cardholders: 1 changed; permits: 2 added. */
void put_counts(struct csv *csv, const char *counts, const char *lang);
/* Three cells: which fields, and what they held before and after. Of a row that came or went: all that it held. */
void put_fields(struct csv *csv, const struct change_row *row, const char *lang);

#endif
