/* Imports as operators see them (C-3, O-2), and the undo of change sets. sql/api/import.sql says who sees which. */
#ifndef DB_IMPORT_H
#define DB_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

/* Texts belong to the rows. Times in milliseconds since 1970, 0: none. */
struct import {
	int64_t id, bytes, rows, progress, total, change_set, operator_id, at_ms, finished_ms;
	const char *kind, *mode, *encoding, *blank, *state, *file_name, *counts, *reason, *fault, *operator_name;	/* counts, fault: JSON; fault "" */
	const char *deletion_share;
	bool deletion_exceeded, deletion_agreed;
	bool rows_lost;		/* by a crash of PostgreSQL: what became of each row is not known any more */
};

/* id 0: all; before 0: from the newest on. */
enum db_result imports_list(struct db *db, int64_t id, int64_t before, int limit, struct db_rows **rows) __attribute__((warn_unused_result));
void import_read(const struct db_rows *rows, int row, struct import *import);

struct import_order {
	const char *kind, *mode, *encoding, *blank, *file_name, *idempotency_key;	/* the key may be NULL */
};
/* fresh false: the key had begun this one already. */
enum db_result import_create(struct db *db, const struct import_order *order, int64_t *id, bool *fresh) __attribute__((warn_unused_result));
/* length: of the piece before it was sealed. Returns when the piece before this one is kept; db_await waits for the last. */
enum db_result import_chunk(struct db *db, int64_t id, int n, size_t length, const void *sealed, size_t sealed_len)
	__attribute__((warn_unused_result));
enum db_result import_uploaded(struct db *db, int64_t id) __attribute__((warn_unused_result));
enum db_result import_apply(struct db *db, int64_t id, bool agree_deletions) __attribute__((warn_unused_result));
enum db_result import_cancel(struct db *db, int64_t id) __attribute__((warn_unused_result));
/* Columns: row, key, status, code, field, before, after (both JSON or null). status NULL: all. */
enum db_result import_rows(struct db *db, int64_t id, const char *status, int64_t after, int limit, struct db_rows **rows)
	__attribute__((warn_unused_result));
/* What a code means, for result files; the code itself when nobody knows it. */
const char *import_code_words(const char *code, bool english);

/* Columns: revision, skipped (JSON). KD006 with the hint changed_since (the rows in detail) or not_undoable. */
enum db_result change_undo(struct db *db, int64_t revision, bool skip_changed, struct db_rows **rows) __attribute__((warn_unused_result));

#endif
