/*
 * A few threads that do slow work for the one thread that runs everything else: it submits, is woken by a file descriptor and
 * collects. Nothing else is shared.
 */
#ifndef SIMULATOR_WORKERS_H
#define SIMULATOR_WORKERS_H

#include <stdbool.h>

/* The first member of what is to be done, which is one block of malloc(). */
struct work {
	struct work *next;
};

struct workers;

/* Never NULL: without memory or threads the process ends. `run` is called in one of the threads, and only there. */
struct workers *workers_new(unsigned threads, void (*run)(struct work *));

/* Ends the threads, once they have done all that was submitted when `finish`, else what they are at; what was not collected is freed. */
void workers_free(struct workers *, bool finish);

/* Readable when there is something to collect. */
int workers_fd(const struct workers *);

/* The work is theirs until it is collected. */
void workers_submit(struct workers *, struct work *);

/* Calls done() for each that ended since, in that order, and frees it. */
void workers_collect(struct workers *, void (*done)(struct work *, void *arg), void *arg);

#endif
