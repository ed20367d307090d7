/* An operator's own saved searches (L-12). */
#ifndef DB_SAVED_SEARCH_H
#define DB_SAVED_SEARCH_H

#include <stdint.h>

#include "db/conn.h"

/* Columns: id, screen, name, search (JSON). screen NULL: all. */
enum db_result saved_searches_list(struct db *db, int operator_id, const char *screen, struct db_rows **rows) __attribute__((warn_unused_result));
enum db_result saved_search_create(struct db *db, int operator_id, const char *screen, const char *name, const char *search, int64_t *id)
	__attribute__((warn_unused_result));
/* DB_NONE: there is none such. */
enum db_result saved_search_delete(struct db *db, int operator_id, int64_t id) __attribute__((warn_unused_result));

#endif
