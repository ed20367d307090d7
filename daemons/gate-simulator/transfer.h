/*
 * Transfers to a controller: chunks staged in a file, checked, then switched to in one step.
 *
 * One staged transfer a stream, in the file `staged-N`: what transfer begin said, a byte for each chunk that is there, and the
 * payload. A chunk is marked after it is written; the SHA-256 over all decides at commit, so a wrong mark costs a repetition and
 * never a wrong permit. Streams other than permits are kept in `stream-N` as their payload.
 */
#ifndef SIMULATOR_TRANSFER_H
#define SIMULATOR_TRANSFER_H

#include <stdbool.h>

#include "gate/message.h"
#include "permits.h"

struct transfer_staged {
	int fd; /* -1 = none */
	struct gate_transfer_begin begin;
	uint8_t *have; /* a byte for each chunk */
	uint32_t contiguous, unsynced;
	uint32_t handle; /* that names it in this session; 0 = none yet */
};

/* Streams 3-7 as they are held. */
struct transfer_stream {
	uint64_t revision;
	uint8_t *payload;
	size_t length;
	struct gate_digest *digest; /* made when asked for; NULL = not made yet */
};

struct transfers {
	int dir;
	struct transfer_staged staged[GATE_STREAMS];
	struct transfer_stream streams[GATE_STREAMS]; /* of permits and revocations unused */
	uint32_t handles;			      /* given in this session so far */
};

/* Reads what the directory holds. 0, or -1 logged. */
int transfers_open(struct transfers *transfers, int dir);
void transfers_close(struct transfers *transfers);

/* Drops everything staged and held: memory lost. */
void transfers_forget(struct transfers *transfers);

/* Takes up what begin describes. 0 with *resumed, or -1: the files could not be written. */
int transfer_begin(struct transfers *transfers, const struct gate_transfer_begin *begin, bool *resumed);

/* Is `begin` what is staged already? */
bool transfer_is_staged(const struct transfers *transfers, const struct gate_transfer_begin *begin);

/* Keeps a chunk. 0, -1 = storage failed, -2 = its index or size does not fit. */
int transfer_chunk(struct transfers *transfers, unsigned stream, const struct gate_transfer_chunk *chunk);

void transfer_progress(const struct transfers *transfers, unsigned stream, struct gate_transfer_chunk_reply *reply);

/* The whole payload of what is staged, checked against its hash; the caller frees it. NULL with *outcome and *reason. */
uint8_t *transfer_payload(struct transfers *transfers, unsigned stream, enum gate_transfer_outcome *outcome, const char **reason);

void transfer_drop(struct transfers *transfers, unsigned stream);

/* Switches a stream of 3-7 to the staged payload (taken over, freed here). */
enum gate_transfer_outcome transfer_switch(struct transfers *transfers, unsigned stream, uint8_t *payload, const char **reason);

/* The digest of a stream of 3-7 under the key; NULL when the crypto library refuses. Belongs to the stream. */
const struct gate_digest *transfer_digest(struct transfers *transfers, unsigned stream, const uint8_t key[GATE_KEY_SIZE]);

/* Another digest key: digests are made again when asked for. */
void transfers_rekey(struct transfers *transfers);

#endif
