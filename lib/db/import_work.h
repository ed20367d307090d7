/* The database side of the program that reads and applies imports. Two plain connections: one for the work, in long transactions that
 * act for the operator who uploaded; one that tells how far it is and hears whether it was cancelled. */
#ifndef DB_IMPORT_WORK_H
#define DB_IMPORT_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "db/export.h"

struct import_db;

struct import_job {
	int64_t id, token;
	bool departments;	/* else cardholders */
	bool update, delete;	/* else add or update */
	bool clear;		/* blank cells clear */
	bool applying;		/* else it is to be read */
	char encoding[8];	/* auto, cp932, utf-8 */
};

struct import_pin {
	int n, id;
	const char *pin;	/* sealed for the file's row, hexadecimal */
	const char *sealed;	/* what the cardholder has now, hexadecimal; "" for none */
};

struct import_db *import_db_open(const char *conninfo) __attribute__((returns_nonnull));
void import_db_close(struct import_db *db);
/* What failed last: SQLSTATE ("08006" when the connection is gone), words, and the word in HINT. */
const char *import_db_state(const struct import_db *db);
const char *import_db_message(const struct import_db *db);
const char *import_db_hint(const struct import_db *db);

/* 1: here is one; 0: nothing waits; -1: failed. */
int import_claim(struct import_db *db, struct import_job *job) __attribute__((warn_unused_result));
/* Waits for a new one, at most so long. */
void import_wait(struct import_db *db, int timeout_ms);
/* The site's time zone; the caller frees it. NULL when failed. */
char *import_time_zone(struct import_db *db);
void import_tidy(struct import_db *db);

/* The rest: 0, or -1 with what failed. */
int import_begin(struct import_db *db, int64_t id) __attribute__((warn_unused_result));
int import_commit(struct import_db *db) __attribute__((warn_unused_result));
void import_rollback(struct import_db *db);
/* Makes the tables of the rows; then rows are copied, as text format of COPY. *basis: what import_check has to be told. */
int import_stage(struct import_db *db, int64_t id, int64_t *basis) __attribute__((warn_unused_result));
/* Asks for a page of those who are there already, from after that id on; its people are none where so few rows are in the file that each
 * is better judged. Nothing else can be asked of this connection until the page is read. */
int import_known_ask(struct import_db *db, int64_t id, int64_t after, int most) __attribute__((warn_unused_result));
/* Takes what has come of it, so that the database does not wait for us. */
void import_known_take(struct import_db *db);
int import_known_page(struct import_db *db, struct cardholder_export *page) __attribute__((warn_unused_result));
/* As cardholders_csv_words. */
int import_words(struct import_db *db, struct db_rows **departments, struct db_rows **targets) __attribute__((warn_unused_result));
/* columns: "" for all of them, or some in brackets. */
int import_copy_begin(struct import_db *db, const char *table, int64_t id, const char *columns) __attribute__((warn_unused_result));
int import_copy(struct import_db *db, const struct buf *lines) __attribute__((warn_unused_result));
int import_copy_end(struct import_db *db) __attribute__((warn_unused_result));
/* The n-th sealed piece of the file, from 1; by the other connection, so during a COPY too. 1 when there is none. */
int import_piece(struct import_db *db, int64_t id, int n, struct buf *out) __attribute__((warn_unused_result));
/* Asks for it before it is needed; forgotten when something else is asked of that connection. */
int import_piece_ask(struct import_db *db, int64_t id, int n) __attribute__((warn_unused_result));
/* The next rows with a PIN, after row `after`; *count of them. They live until the next call. */
int import_pins(struct import_db *db, int64_t id, int after, struct import_pin *pins, int most, int *count) __attribute__((warn_unused_result));
int import_check(struct import_db *db, int64_t id, int64_t basis) __attribute__((warn_unused_result));
/* *next: the step to take after this one, 0 when that was the last; -1: look at the file once more, then take step 0 again. */
int import_step(struct import_db *db, int64_t id, int step, int *next) __attribute__((warn_unused_result));
/* By the other connection. 1: go on; 0: stop, it was cancelled or somebody else has it; -1: failed. */
int import_progress(struct import_db *db, const struct import_job *job, int progress, int total) __attribute__((warn_unused_result));
/* fault: JSON, or NULL. */
int import_end(struct import_db *db, const struct import_job *job, const char *state, const char *reason, const char *fault)
	__attribute__((warn_unused_result));
/* What an import that is done made of each row stays readable after a crash of PostgreSQL. */
void import_keep(struct import_db *db, int64_t id);

#endif
