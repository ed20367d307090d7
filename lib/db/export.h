/* Lists as files: all texts, in the words that an import reads. */
#ifndef DB_EXPORT_H
#define DB_EXPORT_H

#include "db/cardholder.h"

/* A page of the list (see cardholders_page). Columns: id, then those of the file. */
enum db_result cardholders_csv(struct db *db, const char *search, enum cardholder_sort sort, const struct cardholder_cursor *after,
			       int limit, struct db_rows **rows) __attribute__((warn_unused_result));
/* Columns: code, name, code of the one above. */
enum db_result departments_csv(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));

#endif
