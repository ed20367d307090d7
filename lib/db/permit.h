/* Permits (C-6): who may pass which gate or gate group. Scope is of the person and of every gate reached. */
#ifndef DB_PERMIT_H
#define DB_PERMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

/* Texts belong to the rows. Times are milliseconds since 1970, 0: none. */
struct permit {
	int id, cardholder_id, gate_id, gate_group_id, pass_level;	/* of gate_id and gate_group_id one is 0 */
	const char *employee_number, *cardholder, *gate, *gate_group;
	int64_t valid_from_ms, valid_to_ms;
	bool editable;	/* every gate that it reaches is in the operator's scope */
	int64_t revision;
};

/* Zero: not asked for. */
struct permit_filter {
	int64_t cardholder, gate, gate_group, after;
	const int64_t *ids;
	size_t id_count;
	int limit;
};

enum db_result permits_list(struct db *db, const struct permit_filter *filter, struct db_rows **rows) __attribute__((warn_unused_result));
void permit_read(const struct db_rows *rows, int row, struct permit *permit);
/* DB_NONE: not there or out of scope. */
enum db_result permit_find(struct db *db, int64_t id, struct db_rows **rows, struct permit *permit) __attribute__((warn_unused_result));
/* The same grant (a JSON object) to each. *ids: the permits, those that were there already included; the caller frees them. */
enum db_result permits_create(struct db *db, const int64_t *cardholders, size_t count, const char *grant, int64_t **ids, size_t *id_count)
	__attribute__((warn_unused_result));
enum db_result permit_update(struct db *db, int64_t id, int64_t if_match, const char *change) __attribute__((warn_unused_result));
enum db_result permit_delete(struct db *db, int64_t id, int64_t if_match, int64_t *revision) __attribute__((warn_unused_result));
/* The gates that may be granted. Columns: id, name, management group's id, name */
enum db_result permit_gates(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* What will not work though it is granted. Columns: code, cardholder id, name, card number, gate id, name */
enum db_result permit_warnings(struct db *db, const int64_t *cardholders, size_t count, struct db_rows **rows)
	__attribute__((warn_unused_result));

#endif
