/* What kidoban-operator(8) does: as the database's owner, without a session. */
#ifndef DB_OPERATOR_TOOL_H
#define DB_OPERATOR_TOOL_H

#include <stdint.h>

#include "db/conn.h"

/* Columns: name, display name, role, disabled, has a password, remote_user, open sessions, last log-in (as text, may be null) */
enum db_result tool_operators(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* Columns: id, display name, remote_user. DB_NONE: no such operator. */
enum db_result tool_operator_find(struct db *db, const char *name, struct db_rows **rows) __attribute__((warn_unused_result));
/* change: as operator_update takes it, scope and rights without bounds. 23505: the name is taken. */
enum db_result tool_operator_create(struct db *db, const char *change) __attribute__((warn_unused_result));
enum db_result tool_operator_change(struct db *db, int64_t id, const char *change) __attribute__((warn_unused_result));
/* Makes name a system administrator with everything. */
enum db_result tool_operator_recover(struct db *db, const char *name, const char *hash) __attribute__((warn_unused_result));
/* Ends the sessions of an operator, or of all (id 0). */
enum db_result tool_sessions_end(struct db *db, int64_t id, int64_t *ended) __attribute__((warn_unused_result));
/* One entry of the system log, in the transaction of the act. */
enum db_result tool_log(struct db *db, const char *action, const char *object) __attribute__((warn_unused_result));
/* How long a new password has to be. */
enum db_result tool_password_length(struct db *db, int *length) __attribute__((warn_unused_result));

#endif
