/*
 * The one loop of the poller: file descriptors through epoll, and timers in a heap.
 *
 * Nothing here reads a clock but loop_run(), which hands the same `now` to everything it wakes in one round. Watches and
 * timers are embedded in their owners; the loop allocates only its heap and never owns what it wakes.
 */
#ifndef KIDOBAN_GATE_POLLER_LOOP_H
#define KIDOBAN_GATE_POLLER_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/* `events` are EPOLL* bits. The callee may unwatch, close and free anything, itself included. */
typedef void loop_ready(void *arg, uint32_t events, int64_t now_ms);
typedef void loop_fire(void *arg, int64_t now_ms);

struct loop_watch {
	int fd;			/* -1 = not watched */
	uint32_t events;
	loop_ready *ready;
	void *arg;
};

struct loop_timer {
	int64_t at_ms;		/* monotonic */
	loop_fire *fire;
	void *arg;
	size_t place;		/* in the heap, from 1; 0 = not set */
};

/* NULL with errno when the system refuses. */
struct loop *loop_new(void);
void loop_free(struct loop *);

void loop_watch_init(struct loop_watch *, loop_ready *, void *arg);
/* Watch `fd` for `events`; changes them when it is watched already. 0, or -1 with errno. */
int loop_watch_set(struct loop *, struct loop_watch *, int fd, uint32_t events);
/* After this the watch is not called any more, not even for what epoll has returned already. Does not close. */
void loop_watch_clear(struct loop *, struct loop_watch *);

void loop_timer_init(struct loop_timer *, loop_fire *, void *arg);
/* Sets or moves it. Out of memory ends the program: a poller without timers is none. */
void loop_timer_set(struct loop *, struct loop_timer *, int64_t at_ms);
void loop_timer_clear(struct loop *, struct loop_timer *);
static inline bool loop_timer_is_set(const struct loop_timer *t) { return t->place != 0; }

/* Fires what is due at `now_ms`, in order of time; gives when the next one is due, INT64_MAX for never. */
int64_t loop_fire_due(struct loop *, int64_t now_ms);

/* Called at the end of each round, when nothing that was ready is left: the place to flush what was gathered. */
void loop_after_round(struct loop *, loop_fire *, void *arg);

/* Runs until loop_stop(). 0, or -1 with errno when epoll fails. */
int loop_run(struct loop *);
void loop_stop(struct loop *);

#endif
