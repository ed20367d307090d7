/*
 * Makes journals durable in a few threads of its own, so that one slow disk write holds up no controller.
 *
 * Files of many controllers are synced side by side, which lets the file system put them into one commit of its own.
 * Everything but the fdatasync() happens in the caller's thread.
 */
#ifndef SIMULATOR_SYNCER_H
#define SIMULATOR_SYNCER_H

#include <stdint.h>

struct workers;

/* Free it with workers_free(), letting it finish. */
struct workers *syncer_new(unsigned threads);

/* fd stays open until collected. At most one submission per owner at a time. */
void syncer_submit(struct workers *, int fd, uint64_t generation, void *owner);

/* Calls done() for each that ended since workers_fd() became readable; error is 0 or an errno. */
void syncer_collect(struct workers *, void (*done)(void *owner, uint64_t generation, int error));

#endif
