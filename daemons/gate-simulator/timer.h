/*
 * Timers of one event loop: a binary heap of caller-owned entries.
 *
 * A timer lives inside its owner's struct and is never allocated here. Times are monotonic milliseconds. Zeroed memory is a
 * stopped timer. timer_stop() must be called before the owner's memory goes.
 */
#ifndef SIMULATOR_TIMER_H
#define SIMULATOR_TIMER_H

#include <stddef.h>
#include <stdint.h>

struct timer {
	int64_t due;
	size_t place; /* index in the heap + 1; 0 = stopped */
	void (*fire)(void *arg, int64_t now);
	void *arg;
};

struct timers {
	struct timer **heap;
	size_t count, room;
};

void timers_free(struct timers *timers);

/* Starts or moves a timer. Running out of memory is fatal. */
void timer_start(struct timers *timers, struct timer *timer, int64_t due, void (*fire)(void *, int64_t), void *arg);
void timer_stop(struct timers *timers, struct timer *timer);

/* Fires what is due at `now`; a timer is stopped before its function is called. */
void timers_run(struct timers *timers, int64_t now);

/* Milliseconds until the next one, at most `longest`; 0 when one is due. */
int timers_wait(const struct timers *timers, int64_t now, int longest);

#endif
