/* Cardholders in the operator's scope: listed, found, written (C-1, C-2, C-5, C-7). A search, fields and changes are JSON objects in
 * the words of the API, already checked; sql/api/cardholder.sql says which. What is written needs a WRITE transaction. */
#ifndef DB_CARDHOLDER_H
#define DB_CARDHOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "db/conn.h"

/* Texts belong to the rows. Times are milliseconds since 1970, 0: none. */
struct cardholder {
	int id, department_id, vein_count;
	const char *employee_number, *name, *kana, *department, *cards, *note;	/* cards: JSON array */
	int64_t valid_from_ms, valid_to_ms, lost_at_ms;
	bool enabled, lost, has_pin, extended_unlock, apb_exempt;
	int64_t revision;
};

enum cardholder_sort { CARDHOLDER_BY_NUMBER, CARDHOLDER_BY_KANA };

/* Where a page begins: after this key; key NULL: at the top. id counts with CARDHOLDER_BY_KANA only. */
struct cardholder_cursor {
	const char *key;
	int64_t id;
};

/* total: how many the search finds on all pages. */
enum db_result cardholders_page(struct db *db, const char *search, enum cardholder_sort sort, const struct cardholder_cursor *after,
				int limit, struct db_rows **rows, int64_t *total) __attribute__((warn_unused_result));
enum db_result cardholders_count(struct db *db, const char *search, int64_t *count) __attribute__((warn_unused_result));
/* Columns: key, id: the cursor of every step-th. */
enum db_result cardholder_anchors(struct db *db, const char *search, enum cardholder_sort sort, int step, struct db_rows **rows)
	__attribute__((warn_unused_result));
void cardholder_read(const struct db_rows *rows, int row, struct cardholder *cardholder);
/* DB_NONE: not there or out of scope. */
enum db_result cardholder_find(struct db *db, int64_t id, struct db_rows **rows, struct cardholder *cardholder)
	__attribute__((warn_unused_result));

/* An id that nobody has, for one about to be created. */
enum db_result cardholder_new_id(struct db *db, int64_t *id) __attribute__((warn_unused_result));
/* pin: sealed, empty for none. SQLSTATEs of writes: KD001 changed since, KD003 not there, KD007 and 23505 with the field. */
enum db_result cardholder_create(struct db *db, int64_t id, const char *fields, const struct buf *pin) __attribute__((warn_unused_result));
/* pin NULL: as it is; empty: none. */
enum db_result cardholder_update(struct db *db, int64_t id, int64_t if_match, const char *change, const struct buf *pin)
	__attribute__((warn_unused_result));
enum db_result cardholder_delete(struct db *db, int64_t id, int64_t if_match, int64_t *revision) __attribute__((warn_unused_result));
/* card 0: the person with all cards. */
enum db_result cardholder_lost(struct db *db, int64_t id, bool lost, int64_t card, const char *comment) __attribute__((warn_unused_result));
enum db_result cardholder_reissue(struct db *db, int64_t id, int64_t if_match, const char *card_number) __attribute__((warn_unused_result));

struct cardholder_bulk {
	const char *search;		/* NULL: ids say who */
	const int64_t *ids;
	size_t id_count;
	int64_t expected_count;
	const char *change;		/* NULL: they are deleted */
};
/* KD006 when it is another number: db_error()->detail has the true one. */
enum db_result cardholders_bulk(struct db *db, const struct cardholder_bulk *bulk, int64_t *changed, int64_t *revision)
	__attribute__((warn_unused_result));

#endif
