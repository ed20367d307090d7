/* Change history (M-2): change sets, newest first, and what each made of which row. */
#ifndef DB_CHANGE_HISTORY_H
#define DB_CHANGE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

struct change_filter {
	const char *const *kinds;	/* whole kinds, or what stands before their dot */
	size_t kind_count;
	int64_t operator_id;		/* 0: any */
	int64_t from_ms, to_ms;		/* 0: open */
	const char *subject;		/* a table, NULL: any */
	int64_t subject_id;
	int64_t before;			/* revision; 0: from the newest */
	int limit;
};

/* Ids 0 and texts "" mean none; text belongs to the rows. */
struct change_set {
	int64_t revision, at_ms;
	int operator_id;
	const char *operator_name, *origin, *kind, *comment;
	const char *counts;	/* JSON object: table to {"added", "changed", "removed"} */
};

struct change_row {
	int table_number, id;	/* the cursor */
	const char *table, *label, *action;
	const char *before, *after;	/* JSON objects, "" for none */
	const char *changed;		/* JSON array of names, "" when there is nothing to compare */
};

struct change_page {
	struct db_rows *rows;
	int count;
	bool more;	/* there may be older ones, before revision next; the search may have stopped early, so that a page has few rows or none */
	int64_t next;
};

/* With DB_OK the caller frees page->rows. */
enum db_result change_sets_list(struct db *db, const struct change_filter *filter, struct change_page *page) __attribute__((warn_unused_result));
void change_set_read(const struct db_rows *rows, int row, struct change_set *set);
/* DB_NONE: not there, or nothing of it in scope. With DB_OK the caller frees *rows. */
enum db_result change_set_find(struct db *db, int64_t revision, struct db_rows **rows, struct change_set *set) __attribute__((warn_unused_result));
/* Rows after the one whose table_number and id are given (0, 0: from the first). */
enum db_result change_rows_list(struct db *db, int64_t revision, int table_number, int id, int limit, struct db_rows **rows) __attribute__((warn_unused_result));
void change_row_read(const struct db_rows *rows, int row, struct change_row *change);

#endif
