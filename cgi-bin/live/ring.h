/* What was told lately, in order, in bounded memory: one feed writes, every stream reads at its own pace. A reader that falls
 * behind by more than the ring holds is told so instead of being waited for. */
#ifndef LIVE_RING_H
#define LIVE_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define RING_MESSAGES 4096

/* Where a message stands; what the browser gives back as Last-Event-ID. */
struct place {
	int64_t batch;
	int64_t index;
};

struct message {
	struct place place;
	char *text;		/* a whole event of the stream */
	size_t len;
	int *operators;		/* who may see it */
	int operator_count;
};

struct ring {
	pthread_mutex_t mutex;
	pthread_cond_t more;	/* something was added, or somebody has to stop */
	struct message messages[RING_MESSAGES];
	uint64_t first, next;	/* sequence numbers of the oldest, and of the next to come */
	struct place before_first;	/* what was dropped last: a reader who has seen less has missed something */
	struct place newest;
};

void ring_init(struct ring *ring);
/* What is told begins after that batch. Before anything is added. */
void ring_begin(struct ring *ring, int64_t batch);
/* Takes text and operators over. Wakes nobody: ring_wake does, after a round. */
void ring_add(struct ring *ring, const struct message *message);
void ring_wake(struct ring *ring);
/* With the mutex held: the sequence number after place; false when what followed it is gone. */
bool ring_find(const struct ring *ring, struct place place, uint64_t *next);
/* With the mutex held: adds to out what operator may see from *next on, up to about most bytes, and moves *next. False when the
 * reader was overtaken; then *next is the newest. */
bool ring_read(const struct ring *ring, int operator_id, uint64_t *next, size_t most, struct buf *out);
bool place_parse(const char *text, struct place *place);

#endif
