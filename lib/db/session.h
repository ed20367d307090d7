/* Operators, their rights and sessions, as the database tells them. */
#ifndef DB_SESSION_H
#define DB_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

enum right_level { LEVEL_NONE, LEVEL_VIEW, LEVEL_EDIT };

/* What an operator may have a right to. */
enum right_function {
	FUNCTION_HISTORY,
	FUNCTION_CARDHOLDERS,
	FUNCTION_CARDHOLDER_IMPORT,
	FUNCTION_VEIN_IMPORT,
	FUNCTION_GATES,
	FUNCTION_MANAGEMENT_GROUPS,
	FUNCTION_DEPARTMENTS,
	FUNCTION_OPERATORS,
	FUNCTION_CALENDARS,
	FUNCTION_DATA_INTERFACE,
	FUNCTION_PERMIT_TRANSFER,
	FUNCTION_CALENDAR_TRANSFER,
	FUNCTION_SYSTEM_LOG,
	FUNCTION_CHANGE_HISTORY,
	FUNCTION_SYSTEM_ADMINISTRATION,
	FUNCTION_GATE_PARAMETERS,
	FUNCTION_IC_CARD_PARAMETERS,
	FUNCTION_GLOBAL_APB,
	FUNCTION_MUTUAL_AUTH_PASSWORD,
	FUNCTION_COUNT
};

const char *right_function_name(enum right_function function);
const char *right_level_name(enum right_level level);

/* Who asks. Zeroed when nobody does. */
struct session {
	int64_t id;
	int operator_id;
	char *name, *display_name, *role;
	enum right_level rights[FUNCTION_COUNT];
	bool all_management_groups, all_departments;
	char *management_groups, *departments;	/* JSON arrays of ids */
	int64_t expires_ms;			/* wall time; it also ends when idle */
	int idle_timeout_s;
	bool by_remote_user;
	int64_t revision;			/* newest change set */
	char scope_key[17];			/* same for the same operator, rights and scope */
};

/* The session of the open transaction (whose token it carries). remote_user is what Apache says now, "" when nothing: a session that
 * was opened by it ends with it. DB_NONE: there is no such session (any more). *session is freed by session_free in any case. */
enum db_result session_load(struct db *db, const char *remote_user, struct session *session) __attribute__((warn_unused_result));
void session_free(struct session *session);

/* What the log-in compares a password with. */
struct login {
	int operator_id;
	char password_hash[256];	/* "" when the operator has none */
	bool disabled;
	int tries;			/* failed within the last 15 minutes */
};

/* DB_NONE: no such operator (tries is filled all the same). */
enum db_result login_find(struct db *db, const char *name, struct login *login) __attribute__((warn_unused_result));
/* One more try counts against the name. */
/* *tries: which failure within 15 minutes this is. */
enum db_result login_failed(struct db *db, const char *name, int *tries) __attribute__((warn_unused_result));
/* token: 64 hexadecimal digits. addr: the browser's, "" when unknown. */
enum db_result session_create(struct db *db, int operator_id, const char *token, const char *addr) __attribute__((warn_unused_result));
/* DB_NONE: log-in by Apache is off, or nobody here has that name. */
enum db_result session_create_remote(struct db *db, const char *remote_user, const char *token, const char *addr)
	__attribute__((warn_unused_result));
/* Ends the transaction's own session. */
enum db_result session_end(struct db *db) __attribute__((warn_unused_result));

/* What changing the own password needs. */
struct own_password {
	char *name, *display_name, *remote_user, *hash;	/* hash "": has none */
	int tries;					/* failed within the last 15 minutes */
};

enum db_result own_password_find(struct db *db, struct own_password *own) __attribute__((warn_unused_result));
void own_password_free(struct own_password *own);
/* Replaces the hash `present`, ends the operator's other sessions (*ended: how many) and gives the own one this token. SQLSTATE KD006: it was changed meanwhile. */
enum db_result own_password_change(struct db *db, const char *present, const char *hash, const char *token, int64_t *ended)
	__attribute__((warn_unused_result));
/* When the own session was made, and the one before it (0: there was none). */
enum db_result session_times(struct db *db, int64_t *created_ms, int64_t *previous_ms) __attribute__((warn_unused_result));

struct site {
	char edition[16];
	char time_zone[64];
	int password_min_length;
};

enum db_result site_load(struct db *db, struct site *site) __attribute__((warn_unused_result));
/* DB_OK when PostgreSQL answers. */
enum db_result database_ping(struct db *db) __attribute__((warn_unused_result));

#endif
