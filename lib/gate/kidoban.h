/*
 * Inside lib/gate: the session of the kidoban driver. One subject, one file:
 *	kidoban.c		inputs, what to do next, slots, waking
 *	kidoban_channel.c	connecting, losing the channel, trying again
 *	kidoban_exchange.c	sending, sending again, giving up
 *	kidoban_reply.c		what came: matched to what waits
 *	kidoban_event.c		fetching events and acknowledging what is committed
 *	kidoban_command.c	commands and their outcomes
 *	kidoban_revoke.c	revocations in parts; keys
 *	kidoban_transfer.c	transfers in windows
 */
#ifndef KIDOBAN_GATE_KIDOBAN_H
#define KIDOBAN_GATE_KIDOBAN_H

#include "gate/session.h"

enum {
	HANDSHAKE_DEADLINE_MS = 10000,
	TRIES = 7,		/* sendings of a request before giving up */
	TRIES_SUSPECT = 4,	/* when the controller said by itself that it is there, and does not answer */
	PATIENCE_MS = 2000,	/* after the last sending */
	COMMIT_PATIENCE_MS = 30000,
	COMMAND_GRACE_MS = 2000,	/* an answer may still come so long after a command expired */
	CLOCK_TRUST_MS = 2000,	/* a clock exchange that took longer is asked again */
	RETRY_FIRST_MS = 1000,
	RETRY_LAST_MS = 30000,
	COMMANDS_MAX = 32,
	DIGESTS_MAX = 8,
	WINDOW_FIRST = 8,
	WINDOW_LEAST = 4,
	WINDOW_MOST = 32,
	WINDOW_TIMEOUT_MS = 500,
	TRANSFER_RESTARTS = 5,
	EVENTS_AHEAD = 4,	/* answers with events that may be with the database at once */
};
#define NEVER INT64_MAX

/* One outstanding request of each kind at most; in order of urgency. */
enum lane {
	LANE_HELLO,
	LANE_COMMAND,
	LANE_REVOKE,
	LANE_KEY,
	LANE_STATUS,
	LANE_CLOCK,
	LANE_EVENTS,
	LANE_DIGEST,
	LANE_TRANSFER,		/* begin and commit; chunks go beside it */
	LANES,
	LANE_NONE = LANES,
};

struct exchange {
	bool waits;
	uint8_t type;
	uint8_t tries;
	uint32_t id;
	int64_t first_ms, again_ms;	/* first sent; send again or give up then */
	int64_t retry_ms;		/* do not start before */
	int32_t backoff_ms;		/* 0 = none yet */
};

enum command_state { COMMAND_FREE, COMMAND_QUEUED, COMMAND_SENT };

struct waiting_command {
	enum command_state state;
	struct gate_order order;
};

enum transfer_phase { TRANSFER_NONE, TRANSFER_BEGIN, TRANSFER_CHUNKS, TRANSFER_COMMIT };

struct transfer {
	enum transfer_phase phase;
	const struct gate_transfer_plan *plan;
	uint32_t handle;
	uint32_t contiguous;	/* chunks the controller holds from the first on */
	uint64_t beyond;	/* bit i: it holds contiguous + 1 + i */
	uint32_t restarts;
	uint32_t window;	/* chunks at once */
	bool open;		/* a window is on the wire */
	uint32_t base;		/* first chunk of the window */
	uint32_t asked;		/* bit i: chunk base + i is on the wire, unanswered */
	uint32_t ids[WINDOW_MOST];
	bool lost;		/* something of this window was sent again */
	uint8_t rounds;		/* sendings without progress */
	int64_t sent_ms, again_ms;
};

struct kidoban {
	struct gate_session common;
	struct gate_config config;

	bool started;
	enum gate_session_state state;
	int communication;		/* class communication */
	int64_t connect_ms;		/* DOWN: try then; CONNECTING: give up then */
	int32_t connect_backoff_ms;
	size_t epoch_index;		/* of config.epochs: what to try next */
	uint32_t epoch, epoch_told;	/* of the channel; last told as in use */
	int64_t up_ms;			/* when the channel was established */
	bool suspect;			/* it nudged us: shorter patience */

	bool slot_held, slot_wanted;
	bool slot_used;			/* something was sent in this hold */
	enum gate_slot_class slot_class;

	uint32_t last_exchange;
	struct exchange lanes[LANES];
	int32_t rtt_ms;			/* smoothed; 0 = not known */

	uint32_t want;			/* enum gate_want */
	uint32_t remote_newest;
	uint32_t fetched;		/* handed over up to here; above the mark while the database has some */
	unsigned storing;		/* EVENTS not answered yet, of `storing_last` each, the oldest first */
	uint32_t storing_last[EVENTS_AHEAD];
	bool rewind;			/* something did not go as handed over: fetch nothing until all are answered,
					 * then from the mark on */
	bool unacknowledged;		/* the mark moved and the controller has not heard it */
	uint32_t request_acked, request_after;	/* of the events request on the wire */
	uint8_t request_log[GATE_LOG_SIZE];

	struct waiting_command commands[COMMANDS_MAX];
	size_t command_first, command_count;
	uint8_t refused_id[GATE_ID_SIZE];

	const struct gate_revoke_plan *revoke;
	uint32_t revoke_at;		/* entries confirmed so far */
	uint16_t revoke_part;

	uint8_t key_type;		/* GATE_KEY_STAGE, GATE_KEY_RETIRE or 0 */
	struct gate_key_stage key;

	struct gate_digest_request digests[DIGESTS_MAX];
	size_t digest_count;

	struct transfer transfer;
	int64_t clock_wall_ms;		/* server time put into the clock request on the wire */
	char note[200];

	/* of the step under way */
	int64_t now, wall;
	struct gate_actions *out;
};

/* kidoban_channel.c */
void channel_connect(struct kidoban *k);
void channel_up(struct kidoban *k, uint32_t epoch);
void channel_down(struct kidoban *k, const char *why);
void kidoban_lost(struct kidoban *k, const char *why);	/* ends the channel and plans the next one */
void kidoban_greeted(struct kidoban *k);
int64_t kidoban_retry_later(struct kidoban *k, enum lane lane);	/* 1, 2, 4 ... 30 s from now */
void kidoban_went_well(struct kidoban *k, enum lane lane);	/* the next retry is soon again */

/* kidoban_exchange.c */
uint32_t exchange_new_id(struct kidoban *k);
void exchange_start(struct kidoban *k, enum lane lane);
void exchange_drop(struct kidoban *k, enum lane lane);	/* no longer waits for an answer */
void exchange_answered(struct kidoban *k, enum lane lane);	/* drop, and learn the round-trip time */
void exchange_overdue(struct kidoban *k, enum lane lane);	/* again_ms has come */
bool exchange_any_waits(const struct kidoban *k);

/* kidoban_reply.c */
void reply_received(struct kidoban *k, const uint8_t *bytes, size_t size);

/* kidoban_event.c */
bool events_due(const struct kidoban *k);
void events_seen(struct kidoban *k, const uint8_t *log, uint32_t newest);
void events_build(struct kidoban *k, struct gate_message *m);
void events_answered(struct kidoban *k, const struct gate_events_reply *r);
void events_stored(struct kidoban *k, const uint8_t *log, uint32_t mark);
void events_store_failed(struct kidoban *k);

/* kidoban_command.c */
void command_queue(struct kidoban *k, const struct gate_order *order);
bool command_due(const struct kidoban *k);
void command_build(struct kidoban *k, struct gate_message *m);
void command_answered(struct kidoban *k, const struct gate_command_reply *r);
void command_failed(struct kidoban *k, int outcome, const char *reason);	/* the one on the wire */
void commands_expire(struct kidoban *k);
int64_t commands_wake(const struct kidoban *k);

/* kidoban_revoke.c */
void revoke_begin(struct kidoban *k, const struct gate_revoke_plan *plan);
void revoke_restart(struct kidoban *k);
void revoke_build(const struct kidoban *k, struct gate_message *m);
void revoke_answered(struct kidoban *k, const struct gate_revoke_reply *r);
void revoke_failed(struct kidoban *k, const char *reason);
void key_begin(struct kidoban *k, uint8_t type, const struct gate_key_stage *key);
void key_build(const struct kidoban *k, struct gate_message *m);
void key_answered(struct kidoban *k, const struct gate_key_reply *r);
void key_failed(struct kidoban *k);
void key_use(struct kidoban *k, uint32_t epoch);

/* kidoban_transfer.c */
void transfer_start(struct kidoban *k, const struct gate_transfer_plan *plan);
void transfer_stop(struct kidoban *k);
void transfer_channel_lost(struct kidoban *k);
bool transfer_message_due(const struct kidoban *k);	/* begin or commit */
bool transfer_window_due(const struct kidoban *k);
void transfer_open_window(struct kidoban *k);
void transfer_overdue(struct kidoban *k);
void transfer_build(const struct kidoban *k, struct gate_message *m);
void transfer_begun(struct kidoban *k, const struct gate_transfer_begin_reply *r);
void transfer_chunk_answered(struct kidoban *k, const struct gate_transfer_chunk_reply *r);
void transfer_committed(struct kidoban *k, const struct gate_transfer_commit_reply *r);
void transfer_again(struct kidoban *k, const char *why);	/* begin again, resuming, or fail after too many */
void transfer_failed(struct kidoban *k, const char *reason);
bool transfer_owns(const struct kidoban *k, uint32_t exchange);

#endif
