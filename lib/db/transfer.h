/* Transfers: planned by the transfer daemon, asked for and watched by operators, and the proof of what gates hold. */
#ifndef DB_TRANSFER_H
#define DB_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

/* --- the transfer daemon */

struct transfer_plan {
	int queued;	/* controllers that must be told something */
	int advanced;	/* behind, but not concerned by what happened since */
};
/* DB_NONE: the job is not ours any more. */
enum db_result transfer_plan(struct db *db, int64_t job, int64_t token, struct transfer_plan *plan) __attribute__((warn_unused_result));
/* Looks for acts that took a part of somebody's passages; how many controllers are told at once. */
enum db_result transfer_watch(struct db *db, int *queued) __attribute__((warn_unused_result));

/* --- operators */

struct transfer_filter {
	const int64_t *states, *kinds;	/* numbers of transfer_state_word, transfer_kind_word */
	size_t state_count, kind_count;
	int64_t gate, controller;	/* 0: any */
	int64_t before;			/* ids below; 0: the newest */
	int limit;
};
/* Newest first. */
enum db_result transfers_list(struct db *db, const struct transfer_filter *filter, struct db_rows **rows) __attribute__((warn_unused_result));
enum db_result transfer_find(struct db *db, int64_t id, struct db_rows **rows) __attribute__((warn_unused_result));

struct transfer {
	int64_t id, progress, total;
	const char *kind, *state, *controller_name, *stream, *reason, *because, *operator_name, *gates;	/* gates: JSON */
	int controller_id, attempts, operator_id;
	bool full;
	int64_t created_ms, started_ms, finished_ms, next_ms;	/* 0: none */
};
/* Text belongs to the rows. */
void transfer_read(const struct db_rows *rows, int row, struct transfer *transfer);

/* Words of the API to numbers, -1 when there is none; and back. */
int transfer_state_from_code(const char *code);
int transfer_kind_from_code(const char *code);

/* gates NULL: all in scope. SQLSTATE KD003: one is not there. */
enum db_result transfer_request(struct db *db, const int64_t *gates, size_t count, bool full, int64_t *id) __attribute__((warn_unused_result));
/* KD003 not there, KD006 over already, or not over yet. */
enum db_result transfer_stop(struct db *db, int64_t id) __attribute__((warn_unused_result));
enum db_result transfer_repeat(struct db *db, int64_t id, int64_t *fresh) __attribute__((warn_unused_result));

/* --- proof */

struct proof_gate {
	int gate_id, controller_id, communication;	/* class communication, 0: unknown */
	const char *gate, *state, *reason;
	int64_t held_revision, since_ms, job;
};
struct proof {
	int64_t revision;
	int concerned, exposed, pending, rows;	/* counts of all gates; rows: of those in scope */
};
/* DB_NONE: no such cardholder in scope. */
enum db_result proof_find(struct db *db, int64_t cardholder, struct db_rows **rows, struct proof *proof) __attribute__((warn_unused_result));
void proof_gate_read(const struct db_rows *rows, int row, struct proof_gate *gate);

#endif
