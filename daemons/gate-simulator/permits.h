/*
 * The permits a controller holds: records of 32 bytes in a file, looked up by card number.
 *
 * The file `permits` is replaced as a whole: the new one is written beside it, synced, and renamed over it, so after any crash
 * there is either the old set or the new one. It is mapped, not read: a thousand idle controllers cost next to nothing.
 */
#ifndef SIMULATOR_PERMITS_H
#define SIMULATOR_PERMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/digest.h"
#include "gate/message.h"
#include "gate/permit.h"

struct permits {
	void *map; /* NULL = none held */
	size_t size;
	uint64_t revision;
	const uint8_t *records; /* sorted by card number, else in the order they came */
	struct gate_digest digest;
	uint8_t digest_key[GATE_KEY_SIZE]; /* that `digest` was made with */
};

/* Maps what the directory holds; none is no error. 0, or -1 logged. */
int permits_open(struct permits *permits, int dir);
void permits_close(struct permits *permits);

/* Closes and removes what is held: memory lost. */
void permits_forget(struct permits *permits, int dir);

/* What a transfer of permits brings. */
struct permits_change {
	enum gate_transfer_mode mode;
	const uint8_t *buckets; /* bitmap, mode buckets only */
	uint64_t to;
	const uint8_t *payload; /* whole records */
	size_t length;
	const uint8_t *digest_key;
};

/* Makes the changed set, switches to it. On any outcome but SWITCHED the old set stands and *reason says why. */
enum gate_transfer_outcome permits_apply(struct permits *permits, int dir, const struct permits_change *change, const char **reason);

/* Makes the digest anew under another key and keeps it. 0 or -1. */
int permits_rekey(struct permits *permits, int dir, const uint8_t key[GATE_KEY_SIZE]);

/* Number of the first record with this card number; *count is how many follow it. */
uint32_t permits_find(const struct permits *permits, const char *card, uint32_t *count);

/* Decodes record `number`. -1 when there is none. */
int permits_get(const struct permits *permits, uint32_t number, struct gate_permit *permit);

#endif
