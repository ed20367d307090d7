/*
 * A controller in memory, just enough of one to talk to the driver: it follows doc/gate-protocol.md and remembers what
 * it did, so that a scenario can ask. Shares only the message codec with the code under test.
 */
#ifndef TESTS_REPLAY_MODEL_H
#define TESTS_REPLAY_MODEL_H

#include "gate/message.h"

enum { MODEL_COMMANDS = 64, MODEL_PAYLOAD_MAX = 1 << 20, MODEL_CHUNKS_MAX = MODEL_PAYLOAD_MAX / GATE_CHUNK_SIZE };

struct model_command {
	uint8_t id[GATE_ID_SIZE];
	unsigned acts, asked;
	uint8_t outcome;
};

struct model {
	uint64_t serial;
	uint8_t log[GATE_LOG_SIZE];
	uint8_t logs;			/* how many logs it has begun */
	uint32_t oldest, newest, acked;
	uint32_t bad_event;		/* this sequence number is sent as nonsense */
	uint32_t hole;			/* this one is left out: a controller that breaks the rules */
	uint32_t boot;
	uint32_t epochs[2];
	uint64_t revisions[GATE_STREAMS];

	bool hangs;
	uint32_t session;		/* channel number it is in; 0 = none */
	bool greeted;
	int64_t session_ms;
	uint32_t last_clock;
	int64_t clock_error_ms;		/* its clock - the wall */
	unsigned clock_sets;
	unsigned refusals;		/* answer so many requests with refuse_code */
	uint16_t refuse_code;
	uint8_t refuse_type;

	struct model_command commands[MODEL_COMMANDS];
	size_t command_count;

	bool staged;
	struct gate_transfer_begin begin;
	uint8_t payload[MODEL_PAYLOAD_MAX];
	bool have[MODEL_CHUNKS_MAX];
	uint8_t committed_id[GATE_ID_SIZE];
	unsigned commits, chunks_new, chunks_again;
	uint32_t revoked;		/* entries in force */
	uint32_t revoke_entries;	/* of the list under way */
	uint16_t revoke_part;
};

void model_init(struct model *, uint64_t serial);
void model_new_log(struct model *);
/* Answers one request into `out`; its size, or 0 when there is no answer. */
size_t model_answer(struct model *, const uint8_t *in, size_t size, int64_t now_ms, int64_t wall_ms, uint8_t *out);
/* The event that has this number, always the same. */
void model_event(const struct model *, uint32_t seq, struct gate_event *);
const struct model_command *model_find(const struct model *, const uint8_t *id);

#endif
