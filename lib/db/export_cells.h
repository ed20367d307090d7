/* The cells of the file of cardholders: what the database keeps as ids, times and bits, put into the words that an import reads. Times are
 * local to TZ. */
#ifndef DB_EXPORT_CELLS_H
#define DB_EXPORT_CELLS_H

#include <stdbool.h>

#include "db/export.h"

/* employee number, name, kana, department code, department, card number, issue count, valid from, valid to, enabled, lost, extended unlock,
 * anti-passback exempt, note, permits */
#define EXPORT_CELLS 15

struct export_words;

/* From cardholders_csv_words; keeps nothing of the rows. */
struct export_words *export_words_new(const struct db_rows *departments, const struct db_rows *targets) __attribute__((returns_nonnull));
void export_words_free(struct export_words *words);
/* False: the page has a department or target that came since. */
bool export_words_know(const struct export_words *words, const struct cardholder_export *page);

/* The rows of a page, one after another. */
struct export_rows;
struct export_rows *export_rows_new(const struct export_words *words, const struct cardholder_export *page) __attribute__((returns_nonnull));
void export_rows_free(struct export_rows *rows);
/* The cells of this person; they live until the next call. */
void export_cells(struct export_rows *rows, int person, const char *cells[EXPORT_CELLS]);

#endif
