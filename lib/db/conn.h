/* One connection to PostgreSQL, one transaction at a time, one round trip per statement.
 *
 * The connection is in pipeline mode throughout. A transaction sends its context (session token, statement_timeout; both
 * transaction-local, never SET SESSION) together with its first statement. A READ transaction is the implicit one that a
 * pipeline is until its sync, so it costs no BEGIN and no COMMIT; a WRITE transaction has both, because an error of a
 * deferred trigger at COMMIT has to be read and mapped. Statements are named, prepared on first use, and take $n only.
 *
 * Failure: every call that can fail gives a db_result; db_error() then tells the SQLSTATE. After DB_FAILED the
 * transaction is only good for db_end(). A lost connection is reopened by the next db_begin(), with back-off: in between,
 * db_begin() answers DB_FAILED at once with SQLSTATE 08006. Nothing is ever retried that could have been done.
 */
#ifndef DB_CONN_H
#define DB_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct db;
struct db_rows;

/* Found, missing and error are three things. DB_NONE is given by calls that look for one row. */
enum db_result { DB_OK, DB_NONE, DB_FAILED };

enum db_mode { DB_READ, DB_WRITE };

/* One statement for the life of the program; name is unique within it. */
struct db_statement {
	const char *name;
	const char *sql;
};

struct db_error {
	char sqlstate[6];	/* "08006" when the connection is gone */
	char message[300];	/* primary message, for the log; may hold input */
	char detail[300];
	char hint[100];		/* our own functions put a word here, e.g. the limit's id */
	char constraint[64];	/* name of a violated constraint, else "" */
	char column[64];	/* our own functions name the field here, else "" */
};

/* Text of parameters; db_* functions of each subject fill it. Values live until db_params_clear. */
#define DB_MAX_PARAMS 24
struct db_params {
	const char *values[DB_MAX_PARAMS];
	int lengths[DB_MAX_PARAMS], formats[DB_MAX_PARAMS];	/* of bytes, which go as they are; 0 of texts */
	char *owned[DB_MAX_PARAMS];
	int count;
};

/* Keeps a copy of conninfo; does not connect. timeout_ms: statement_timeout of every transaction. */
struct db *db_new(const char *conninfo, int timeout_ms) __attribute__((returns_nonnull, warn_unused_result));
void db_free(struct db *db);

/* Begins a transaction for the session whose token (64 hexadecimal digits) is given; NULL: for nobody. */
enum db_result db_begin(struct db *db, enum db_mode mode, const char *token) __attribute__((warn_unused_result));
/* Commits. DB_FAILED when it was not committed (or, with a connection lost just then, may not have been). */
enum db_result db_commit(struct db *db) __attribute__((warn_unused_result));
/* Rolls back whatever is open; nothing when nothing is. */
void db_rollback(struct db *db);

/* Runs one statement; *rows (never NULL with DB_OK) is freed by db_rows_free. rows may be NULL when none are wanted. */
enum db_result db_run(struct db *db, const struct db_statement *statement, const struct db_params *params,
		      struct db_rows **rows) __attribute__((warn_unused_result));

/* Queues a statement without waiting for it: it runs before whatever comes next, whose failure its own failure is. For what belongs to
 * every commit, so that it costs no round trip. */
enum db_result db_queue(struct db *db, const struct db_statement *statement, const struct db_params *params) __attribute__((warn_unused_result));

/* As db_queue, and sent at once: it runs while the caller does something else. db_await waits for it and says whether it failed. */
enum db_result db_ask(struct db *db, const struct db_statement *statement, const struct db_params *params) __attribute__((warn_unused_result));
enum db_result db_await(struct db *db) __attribute__((warn_unused_result));

/* Rows of cursors that a statement (best queued) opens, in binary form: sent, but not waited for. fetches: FETCH statements, NULL-terminated.
 * Then db_cursor_read waits for the rows of each, in this order; db_rollback leaves out what is left. */
enum db_result db_cursors_ask(struct db *db, const char *const *fetches) __attribute__((warn_unused_result));
enum db_result db_cursor_read(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* Takes what has come already, so that the server can go on. */
void db_cursors_take(struct db *db);

/* A transaction is open, failed or not. */
bool db_is_open(const struct db *db);
/* One is open, not failed, and begun with DB_WRITE. */
bool db_is_writing(const struct db *db);
const struct db_error *db_error(const struct db *db) __attribute__((returns_nonnull));
/* True when the last failure was of the connection or the server, not of the statement. */
bool db_is_away(const struct db *db);

/* Wakes by NOTIFY: opens (or reopens) the connection and listens on channels (NULL-terminated). No transaction may be open. */
enum db_result db_listen(struct db *db, const char *const *channels) __attribute__((warn_unused_result));
/* Waits up to timeout_ms for a notification: 1 when at least one came (all are taken), 0 when none, -1 when the connection is gone. */
int db_wait(struct db *db, int timeout_ms) __attribute__((warn_unused_result));

/* Parameters, in order $1, $2 ... */
void db_param_null(struct db_params *params);
/* Not copied; NULL is SQL NULL. */
void db_param_text(struct db_params *params, const char *text);
void db_param_int(struct db_params *params, int64_t value);
void db_param_bool(struct db_params *params, bool value);
/* timestamptz from milliseconds since 1970. */
void db_param_time(struct db_params *params, int64_t wall_ms);
/* int array; SQL NULL when count is 0, which our statements read as "no filter". */
void db_param_ints(struct db_params *params, const int64_t *values, size_t count);
/* bytea */
void db_param_bytes(struct db_params *params, const void *data, size_t len);
void db_params_clear(struct db_params *params);

/* Rows and columns count from 0. A NULL reads as "" or 0; ask db_null where that matters. */
int db_rows_count(const struct db_rows *rows);
bool db_null(const struct db_rows *rows, int row, int column);
/* Belongs to the rows. */
const char *db_text(const struct db_rows *rows, int row, int column);
int64_t db_int(const struct db_rows *rows, int row, int column);
bool db_bool(const struct db_rows *rows, int row, int column);
/* Of rows in binary form: an integer, bool or, in microseconds since 2000, a time. Texts are read by db_text. */
int64_t db_binary(const struct db_rows *rows, int row, int column);
/* Calls each for every element of an int array column. */
void db_each_int(const struct db_rows *rows, int row, int column, void (*each)(void *arg, int64_t value), void *arg);
void db_rows_free(struct db_rows *rows);

#endif
