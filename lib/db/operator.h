/* Operators: read and edited by system administrators. The functions in sql/api/operator*.sql decide who may and how far. */
#ifndef DB_OPERATOR_H
#define DB_OPERATOR_H

#include <stdint.h>

#include "db/conn.h"

/* Columns of operators_list and operator_find. */
enum operator_column {
	OPERATOR_ID,
	OPERATOR_NAME,
	OPERATOR_DISPLAY_NAME,
	OPERATOR_ROLE,
	OPERATOR_DISABLED,
	OPERATOR_REMOTE_USER,	/* may be null */
	OPERATOR_HAS_PASSWORD,
	OPERATOR_RIGHTS,	/* JSON object */
	OPERATOR_FIXED,		/* JSON array of functions */
	OPERATOR_ALL_MANAGEMENT_GROUPS,
	OPERATOR_ALL_DEPARTMENTS,
	OPERATOR_MANAGEMENT_GROUPS,	/* JSON array of {id, name} */
	OPERATOR_DEPARTMENTS,
	OPERATOR_LOGGED_IN,
	OPERATOR_LAST_LOGIN_MS,	/* may be null */
	OPERATOR_EDITABLE,
	OPERATOR_REVISION,
	OPERATOR_TOTAL		/* on all pages */
};

struct operator_filter {
	const char *q, *role;	/* NULL: any */
	int disabled;		/* -1: any */
	const char *after;	/* name; NULL: from the first */
	int limit;
};

enum db_result operators_list(struct db *db, const struct operator_filter *filter, struct db_rows **rows) __attribute__((warn_unused_result));
/* DB_NONE: not there. */
enum db_result operator_find(struct db *db, int64_t id, struct db_rows **rows) __attribute__((warn_unused_result));
/* change: JSON object in the words of the API, with password_hash for the password. 23505: the name is taken; KD002: L-11; KD007: fixed_right, beyond_own,
 * not_found, own_password. */
enum db_result operator_create(struct db *db, const char *change, int64_t *id) __attribute__((warn_unused_result));
/* Besides: KD001 changed since, KD003 not there, KD004 has more than the caller, KD006 last_administrator. */
enum db_result operator_update(struct db *db, int64_t id, int64_t if_match, const char *change) __attribute__((warn_unused_result));
enum db_result operator_delete(struct db *db, int64_t id, int64_t if_match) __attribute__((warn_unused_result));
/* Ends the operator's sessions; *ended: how many. */
enum db_result operator_log_out(struct db *db, int64_t id, int64_t *ended) __attribute__((warn_unused_result));
enum db_result operator_session_end(struct db *db, int64_t session) __attribute__((warn_unused_result));

/* Columns: role, rights and fixed as with operators */
enum db_result operator_roles(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* Who is logged in, newest first. Columns: id, operator id, name, origin, address (may be null), created, last seen (ms), own */
enum db_result operator_sessions(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));

#endif
