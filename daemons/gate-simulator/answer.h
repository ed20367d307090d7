/* How the messages of doc/gate-protocol.md are answered; between answer*.c only. */
#ifndef SIMULATOR_ANSWER_H
#define SIMULATOR_ANSWER_H

#include "controller.h"

/* A request and the reply being made. */
struct answer {
	struct controller *controller;
	struct peer *peer;
	const struct gate_message *request;
	struct gate_message reply;
	bool silent; /* nothing is sent */
};

/* Each fills answer->reply.u. GATE_ERROR_* instead of a reply, 0 = reply. */
typedef uint16_t answer_function(struct answer *answer);

answer_function answer_digest, answer_transfer_begin, answer_transfer_chunk, answer_transfer_commit, answer_transfer_abort,
	answer_revoke, answer_read_back;

/* Revision and digest of any stream as held. -1 when the digest can not be made. */
int answer_stream(struct controller *controller, uint8_t stream, uint64_t *revision, struct gate_digest *digest);

#endif
