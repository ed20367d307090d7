/* The system log (M-1): writing an entry in the act's transaction, and reading the log, its checkpoints and keys, and the system's own alarms. */
#ifndef DB_SYSTEM_LOG_H
#define DB_SYSTEM_LOG_H

#include <stdint.h>

#include "db/conn.h"

/* What an entry says besides who it was, which the database knows by the session. No text is NULL; the lengths are the table's. */
struct log_note {
	const char *origin;		/* "screen" or "api" */
	const char *remote_addr;
	const char *action, *method, *path;
	const char *outcome;		/* "done", "refused", "failed" */
	int status;
	const char *object;
	const char *details;		/* a JSON object, or "" */
	/* Only the session program may name an operator, where there is no session yet: by id, or by a name that is kept only when somebody has it. */
	bool named;
	int operator_id;
	const char *operator_name;
};

/* Queues the entry into the open transaction: it is there when the commit succeeds, and the commit fails when it can not be written. */
enum db_result log_queue(struct db *db, const struct log_note *note) __attribute__((warn_unused_result));
/* Writes it now. */
enum db_result log_write(struct db *db, const struct log_note *note) __attribute__((warn_unused_result));

/* A place in the list: month of the partition, time, id of the last entry. month 0: the start. */
struct log_cursor {
	int month;		/* 202611 */
	int64_t at_us;		/* microseconds since 1970 */
	int64_t id;
};

struct log_filter {
	int64_t from_ms, to_ms;		/* 0: open */
	int operator_id;		/* 0: all */
	const char *actions, *outcomes, *origins;	/* text arrays "{a,b}", NULL: all */
	const char *q;			/* NULL: all */
	struct log_cursor after;
	int limit;
};

struct log_entry {
	int64_t number;			/* 0: not sealed yet */
	const char *hash;		/* hexadecimal, "" when not sealed */
	int64_t sealed_ms;
	int64_t id, at_ms;
	int operator_id;
	const char *operator_name;
	const char *origin, *remote_addr, *action, *method, *path, *outcome, *object, *details;
	int status;
};

struct log_page {
	struct db_rows *rows;		/* freed by db_rows_free */
	int count;			/* entries in them */
	bool more;			/* next says from where */
	struct log_cursor next;
};

/* A page, newest first, of the asking operator's. A long search ends early, with more set. */
enum db_result log_read_page(struct db *db, const struct log_filter *filter, struct log_page *page) __attribute__((warn_unused_result));
/* The texts belong to the rows. */
void log_entry_read(const struct log_page *page, int row, struct log_entry *entry);

/* number, hash (hexadecimal), at (milliseconds) of the newest link; no row before the first. */
enum db_result log_sealed(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* log, number, hash, first, at, key, signature, as text, hexadecimal where bytes; in order, after a place. */
enum db_result log_checkpoints(struct db *db, int64_t since, int64_t after_number, int64_t after_first, int limit, struct db_rows **rows)
	__attribute__((warn_unused_result));
/* key, public key (hexadecimal), made (milliseconds) */
enum db_result log_keys(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* id, kind, subject, severity, detail, raised, cleared (milliseconds; null: open) */
enum db_result system_alarms(struct db *db, bool only_open, struct db_rows **rows) __attribute__((warn_unused_result));

#endif
