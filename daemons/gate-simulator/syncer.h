/*
 * Makes journals durable in a few threads of its own, so that one slow disk write holds up no controller.
 *
 * Files of many controllers are synced side by side, which lets the file system put them into one commit of its own.
 * Everything but the fdatasync() happens in the caller's thread: it submits, is woken by the file descriptor and collects.
 */
#ifndef SIMULATOR_SYNCER_H
#define SIMULATOR_SYNCER_H

#include <stdint.h>

struct syncer;

/* Never NULL: what it needs and does not get is fatal. */
struct syncer *syncer_new(unsigned threads);

/* Ends the threads once they have done what was submitted; what was not collected is dropped. */
void syncer_free(struct syncer *syncer);

/* Readable when there is something to collect. */
int syncer_fd(const struct syncer *syncer);

/* fd stays open until collected. At most one submission per owner at a time. */
void syncer_submit(struct syncer *syncer, int fd, uint64_t generation, void *owner);

/* Calls done() for each that ended; error is 0 or an errno. */
void syncer_collect(struct syncer *syncer, void (*done)(void *owner, uint64_t generation, int error));

#endif
