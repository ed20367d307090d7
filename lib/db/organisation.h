/* Management groups (O-1), departments (O-2), gate groups (G-5) in the operator's scope; and the buildings of the gates. */
#ifndef DB_ORGANISATION_H
#define DB_ORGANISATION_H

#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

enum organisation_kind { DEPARTMENT, MANAGEMENT_GROUP, GATE_GROUP };

/* All of a kind; departments with parents before their children, the others by name. Columns, the revision always last:
 * DEPARTMENT: id, parent (null at the top of what is in scope), name, code, revision
 * MANAGEMENT_GROUP: id, name, note, gates, revision
 * GATE_GROUP: id, name, gates in scope, these as JSON, editable (all its gates are in scope), revision */
enum db_result organisation_list(struct db *db, enum organisation_kind kind, struct db_rows **rows) __attribute__((warn_unused_result));
/* One row of the same columns (a department's parent even when out of scope). DB_NONE: not there or out of scope. */
enum db_result organisation_find(struct db *db, enum organisation_kind kind, int64_t id, struct db_rows **rows)
	__attribute__((warn_unused_result));
int64_t organisation_revision(const struct db_rows *rows, enum organisation_kind kind);

/* parent 0: at the top. SQLSTATE KD002 names the limit (L-2, L-5, L-13), 23505 a name or code that is taken. */
enum db_result department_create(struct db *db, int64_t parent, const char *code, const char *name, int64_t *id)
	__attribute__((warn_unused_result));
enum db_result management_group_create(struct db *db, const char *name, const char *note, int64_t *id) __attribute__((warn_unused_result));
enum db_result gate_group_create(struct db *db, const char *name, const int64_t *gates, size_t count, int64_t *id)
	__attribute__((warn_unused_result));
/* change: JSON object in the words of the API. KD001 changed since, KD003 not there, KD004 gates out of scope. */
enum db_result organisation_update(struct db *db, enum organisation_kind kind, int64_t id, int64_t if_match, const char *change)
	__attribute__((warn_unused_result));
/* KD006 with the hint in_use when departments, cardholders or gates are still in it. */
enum db_result organisation_delete(struct db *db, enum organisation_kind kind, int64_t id, int64_t if_match, int64_t *revision)
	__attribute__((warn_unused_result));
/* Makes these the members of the gate group. */
enum db_result gate_group_set(struct db *db, int64_t id, int64_t if_match, const int64_t *gates, size_t count)
	__attribute__((warn_unused_result));
/* What that would change. Columns: gains (else loses), gate id, gate name, cardholders without another permit for it */
enum db_result gate_group_preview(struct db *db, int64_t id, const int64_t *gates, size_t count, struct db_rows **rows)
	__attribute__((warn_unused_result));

/* Columns: name, gates */
enum db_result buildings_list(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));

#endif
