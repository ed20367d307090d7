/*
 * The world around one driver session: virtual time, a network that loses and reorders, a database that may be slow or
 * away, slots, and the controller in memory. It also watches what must always hold.
 */
#ifndef TESTS_REPLAY_WORLD_H
#define TESTS_REPLAY_WORLD_H

#include "gate/driver.h"
#include "model.h"

enum { WORLD_PENDING_MAX = 2048, WORLD_OUTCOMES_MAX = 64, WORLD_TYPES = 256, WORLD_LOGS_MAX = 16 };

enum pending_kind { TO_CONTROLLER, TO_SERVER, CHANNEL_UP, CHANNEL_DOWN, SLOT, STORED };

struct pending {
	enum pending_kind kind;
	int64_t at;
	uint64_t order;
	uint32_t channel;
	size_t size;
	uint8_t bytes[GATE_MESSAGE_MAX];
	struct batch *batch;		/* STORED */
};

/* What one statement takes to the database. */
struct batch {
	uint8_t log[GATE_LOG_SIZE];
	uint32_t oldest, count;
	struct gate_event events[GATE_EVENTS_A_MESSAGE];
};

struct outcome {
	uint8_t id[GATE_ID_SIZE];
	bool sent;
	int last;
	unsigned lasts;
};

struct world {
	struct gate_session *session;
	struct gate_actions out;
	struct model controller;
	int64_t now, wake;
	uint64_t order, random;
	struct pending pending[WORLD_PENDING_MAX];
	size_t pending_count;

	/* network */
	int64_t delay_ms, jitter_ms;
	unsigned loss, duplicate;		/* percent */
	unsigned drop[WORLD_TYPES], twice[WORLD_TYPES], garble[WORLD_TYPES];	/* the next so many of a type */
	int64_t hold[WORLD_TYPES];		/* delay the next one of a type by so much more */
	uint32_t channel, channels;		/* server's side; 0 = none */
	uint32_t connect_epoch;

	/* database */
	bool database_down;
	unsigned database_fails;		/* the next so many statements */
	int64_t store_ms, store_free_ms;	/* one takes so long; they go one after the other */
	unsigned storing, storing_most;
	struct { uint8_t log[GATE_LOG_SIZE]; uint32_t mark; uint32_t stored, gaps, quarantined; } logs[WORLD_LOGS_MAX];
	size_t log_count;

	/* slots */
	bool slot_wanted, slot_held, slots_closed;
	unsigned slots;

	/* what was heard */
	int communication;
	unsigned communication_changes;
	struct outcome outcomes[WORLD_OUTCOMES_MAX];
	size_t outcome_count;
	unsigned counters[GATE_COUNTERS], sent[WORLD_TYPES], notes;
	unsigned transfers_ok, transfers_failed, revokes_ok, revokes_failed, keys_staged, keys_retired, keys_failed;
	uint32_t key_in_use;
	char ended_reason[200];
	uint64_t confirmed[GATE_STREAMS + 1];
	uint32_t progress;

	/* plans the session may look at */
	struct gate_transfer_plan plan;
	uint8_t payload[MODEL_PAYLOAD_MAX];
	struct gate_revoke_plan revoke_plan;
	struct gate_revocation entries[1000];

	char broken[200];	/* the first rule that did not hold; "" = none */
};

struct world *world_new(void);
void world_free(struct world *);
/* A new session in place of the old one, as after a poller's death. */
void world_take_over(struct world *, uint32_t epoch, uint32_t other);
void world_step(struct world *, const struct gate_input *);
void world_run(struct world *, int64_t ms);
void world_transfer(struct world *, uint8_t id, uint8_t stream, uint8_t mode, uint64_t from, uint64_t to, uint32_t bytes);
void world_revoke(struct world *, enum gate_revoke_mode, uint64_t from, uint64_t to, uint32_t count);

#endif
