/*
 * A PostgreSQL connection that never blocks: a queue of single statements, one under way at a time, each its own
 * transaction, plus LISTEN channels.
 *
 * The owner's loop watches async_fd() for async_events() and calls async_io(); it calls async_tick() at async_next_ms().
 * A lost connection is made again by itself with back-off (0.25 s doubling to 5 s), multi-host conninfo included.
 * A statement's `done` is called exactly once, only after the server said that it is ready for the next one: with
 * ASYNC_OK the transaction is committed and nothing, not even a warning, was said about it. ASYNC_AWAY means that the
 * connection was lost: the statement may or may not have been committed.
 */
#ifndef DB_ASYNC_H
#define DB_ASYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/poller_array.h"

struct async;
struct async_call;
struct async_rows;

enum async_outcome {
	ASYNC_OK,
	ASYNC_REFUSED,		/* the server reported an error: nothing was changed */
	ASYNC_WARNED,		/* committed, but with a warning, for instance about a standby that has not got it */
	ASYNC_AWAY,		/* not connected, or lost under way */
};
const char *async_outcome_name(enum async_outcome);

enum async_state { ASYNC_DOWN, ASYNC_CONNECTING, ASYNC_SETTLING, ASYNC_IDLE, ASYNC_BUSY };
const char *async_state_name(enum async_state);

/* `rows` is NULL unless ASYNC_OK; valid during the call. May make new calls. */
typedef void async_done(void *arg, enum async_outcome, const struct async_rows *rows);
typedef void async_notified(void *arg, const char *channel, const char *payload);
typedef void async_changed(void *arg, bool up);

struct async_config {
	const char *conninfo;		/* copied */
	const char *name;		/* for logs: "store", "control" */
	const char *const *channels;	/* to LISTEN on, NULL-terminated, or NULL; kept */
	async_notified *notified;	/* may be NULL */
	async_changed *changed;		/* may be NULL */
	void *arg;
};

struct async *async_new(const struct async_config *);
/* Calls under way or queued are done with ASYNC_AWAY first. */
void async_free(struct async *);

/* -1 = none now. The descriptor may be another after each async_io() and async_tick(). */
int async_fd(const struct async *);
uint32_t async_events(const struct async *);	/* EPOLLIN | EPOLLOUT */
void async_io(struct async *, int64_t now_ms);
int64_t async_next_ms(const struct async *);
void async_tick(struct async *, int64_t now_ms);
/* True once after the descriptor was replaced by a new one that may have the old number; asking clears it. */
bool async_fd_is_new(struct async *);

bool async_is_up(const struct async *);
size_t async_queued(const struct async *);	/* with the one under way */
enum async_state async_state(const struct async *);

/* --- a call: parameters are added in the order $1, $2 ... and copied ------------------------------------------------ */

struct async_call *async_call_new(const char *sql, async_done *, void *arg);	/* sql is kept, not copied */
void async_call_int4(struct async_call *, int32_t);
void async_call_int8(struct async_call *, int64_t);
void async_call_int8_or_null(struct async_call *, bool null, int64_t);
void async_call_bool(struct async_call *, bool);
void async_call_text(struct async_call *, const char *);
void async_call_bytes(struct async_call *, const void *, size_t);	/* NULL is SQL NULL */
void async_call_array(struct async_call *, struct pg_array *);
/* Rows are given one by one as they come, each as the only one of `rows`; `done` then has none. For answers that are
 * too large to be held. After rows were given the call may still fail. */
typedef void async_each(void *arg, const struct async_rows *row);
void async_call_each(struct async_call *, async_each *);
/* Queues it and takes it over. When the connection is down, `done` is called with ASYNC_AWAY at the next tick. */
void async_send(struct async *, struct async_call *);
/* The same, before all that wait. */
void async_send_first(struct async *, struct async_call *);

/* --- rows, all in binary; a value that is NULL reads as 0, false or "" ---------------------------------------------- */

int async_rows_count(const struct async_rows *);
bool async_is_null(const struct async_rows *, int row, int column);
bool async_bool(const struct async_rows *, int row, int column);
/* int2, int4 or int8 */
int64_t async_int(const struct async_rows *, int row, int column);
int64_t async_time_ms(const struct async_rows *, int row, int column);
const char *async_text(const struct async_rows *, int row, int column);
const uint8_t *async_bytes(const struct async_rows *, int row, int column, size_t *size);
/* An array of int2, int4 or int8: up to `room` elements into `out`; gives how many it has. */
int async_ints(const struct async_rows *, int row, int column, int64_t *out, int room);

#endif
