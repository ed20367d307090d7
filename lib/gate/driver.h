/*
 * What drives one controller: a pure step function per driver. The caller (gate-poller) owns sockets, DTLS sessions,
 * clock and database; the session owns what was asked, what is still unanswered, and what comes next.
 *
 *	struct gate_session *s = gate_session_new(&gate_driver_kidoban, &config);
 *	gate_step(s, &in, now_mono_ms, now_wall_ms, out);     then do out->item[0 .. out->count - 1] in order
 *
 * Rules between the two sides:
 *  - Everything an action points to lives in `out` or in the session and is valid until the next gate_step() with the
 *    same `out` or the same session. One `out` serves all sessions of a thread.
 *  - GATE_ACT_WAKE_AT is in every answer: step again with GATE_IN_TICK at that time at the latest.
 *  - A session sends only between GATE_IN_SLOT and GATE_ACT_RELEASE_SLOT (L-20: a slot is held for one exchange or one
 *    window, or one handshake), so a caller that grants at most 50 slots talks to at most 50 controllers.
 *  - Nothing is acknowledged to the controller before GATE_IN_STORED says that the commit covered it.
 *  - The caller hands on GATE_IN_CHANNEL_UP and GATE_IN_CHANNEL_DOWN, but no DOWN for a channel (or handshake) that the
 *    session itself ended by GATE_ACT_DISCONNECT.
 */
#ifndef KIDOBAN_GATE_DRIVER_H
#define KIDOBAN_GATE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/message.h"
#include "gate/uhppote_message.h"

struct gate_session;
struct gate_driver;

extern const struct gate_driver gate_driver_kidoban;	/* doc/gate-protocol.md, DTLS, GATE_PORT */

extern const struct gate_driver gate_driver_uhppote;	/* boards that anyone can buy, plain UDP; doc/uhppote.md */

/* NULL when there is no such driver. `name` as in the database: "kidoban", "uhppote". */
const struct gate_driver *gate_driver_by_name(const char *name);
const char *gate_driver_name(const struct gate_driver *);
bool gate_driver_is_secured(const struct gate_driver *);	/* false: plain UDP, shown as such */

enum { GATE_OFFSETS_MAX = 16, GATE_TAIL_SIZE = 16 };

/* The site's offsets from UTC over some years, for a controller that knows wall clock time only. */
struct gate_offsets {
	int32_t first_s;		/* before at[0] */
	uint8_t count;
	struct gate_transition at[GATE_OFFSETS_MAX];	/* ascending */
};

/* What the server must hold of a board, for a board can not tell it. Bit 0 = door 1 or reader 1. */
struct gate_board {
	uint8_t doors;			/* that are gates */
	uint8_t contacts;		/* doors with a contact: an input with nothing wired reads open */
	uint8_t keypads;		/* readers that ask for the PIN */
	uint8_t delay_s[UHPPOTE_DOORS];	/* how long the lock is released; 0 = take the board's */
	bool door_events;		/* that doors open and close is to be told */
	bool take_listener;		/* an administrator allowed to take it from whoever has it */
	uint8_t address[4];		/* where we hear pushes; port 0 = nowhere */
	uint16_t port;
};

/* What is known of a controller when its lease is taken; copied. */
struct gate_config {
	uint64_t serial;
	uint8_t digest_key[GATE_KEY_SIZE];
	uint8_t log[GATE_LOG_SIZE];	/* the event log last stored; zero = none */
	uint32_t mark;			/* all of `log` up to it is committed */
	/* For drivers whose controllers do not name their event logs: */
	uint8_t fresh_log[GATE_LOG_SIZE];	/* random, the name of the next one */
	bool tail_known;
	uint8_t tail[GATE_TAIL_SIZE];	/* what event `mark` looks like: if it does not, the log is another */
	struct gate_offsets offsets;
	struct gate_board board;
	uint32_t epochs[2];		/* keys the server holds, the preferred first; GATE_EPOCH_NONE = none */
	char tz[GATE_TZ_MAX + 1];	/* the site's POSIX TZ string */
	uint8_t transition_count;	/* next clock changes */
	struct gate_transition transitions[GATE_TRANSITIONS_MAX];
	uint32_t first_delay_ms;	/* wait so long before the first connection (spread of many sessions) */
};

/* NULL = out of memory */
struct gate_session *gate_session_new(const struct gate_driver *, const struct gate_config *);
void gate_session_free(struct gate_session *);

/* --- inputs ------------------------------------------------------------------------------------------------ */

enum gate_input_kind {
	GATE_IN_TICK,
	GATE_IN_SLOT,			/* the slot asked for is granted */
	GATE_IN_CHANNEL_UP,		/* .channel: handshake finished under this epoch */
	GATE_IN_CHANNEL_DOWN,		/* .text: why; also when a handshake failed */
	GATE_IN_MESSAGE,		/* .message: one datagram from inside the session */
	/* Each EVENTS is answered by one of these two, in the order in which they were given. */
	GATE_IN_STORED,			/* .stored: COMMIT done; `mark` of `log` is what the database now holds */
	GATE_IN_STORE_FAILED,		/* it did not commit: it is fetched again later, and what was fetched after it */
	GATE_IN_COMMAND,		/* .command: copied */
	GATE_IN_WANT,			/* .want: bits of enum gate_want */
	GATE_IN_DIGEST,			/* .digest */
	GATE_IN_TRANSFER,		/* .transfer: must live until TRANSFER_ENDED; one at a time */
	GATE_IN_TRANSFER_STOP,
	GATE_IN_REVOKE,			/* .revoke: must live until REVOKE_ENDED; a newer one replaces one under way */
	GATE_IN_KEY_STAGE,		/* .key: the database holds it already, wrapped */
	GATE_IN_KEY_USE,		/* .key.epoch: reconnect under it (committed as staged on both sides) */
	GATE_IN_KEY_RETIRE,		/* .key.epoch: the controller may forget it */
	GATE_IN_CLOCK_RULES,		/* .clock_rules: new time zone or transitions; sent at once */
	GATE_IN_CARDS,			/* .cards: a transfer to a controller that takes cards one at a time; must live until
					 * TRANSFER_ENDED; one at a time */
	GATE_IN_CARDS_REVOKE,		/* .revoked: while cards are transferred, these are not to wait for its end; copied */
	GATE_INPUTS,
};

enum gate_want {
	GATE_WANT_STATUS = 1 << 0,
	GATE_WANT_EVENTS = 1 << 1,
	GATE_WANT_CLOCK = 1 << 2,	/* set it (L-19); also done by itself after each hello */
	GATE_WANT_CONNECT = 1 << 3,	/* try now, whatever the back-off (a nudge came) */
};

struct gate_order {			/* a command on its way to a gate */
	uint8_t id[GATE_ID_SIZE];
	uint8_t door;
	uint8_t command;		/* class command */
	uint16_t value;
	uint32_t operator_id;
	int64_t expires_mono_ms;
};

struct gate_transfer_plan {
	struct gate_transfer_begin begin;
	/* Copies `size` payload bytes from `offset`; 0 or -1. Called again for what was lost. */
	int (*read)(void *context, uint32_t offset, uint8_t *out, uint16_t size);
	void *context;
};

/* Cards by ascending number. full: what else the board holds is deleted, and what is the same is not written. */
struct gate_card_plan {
	bool full;
	uint64_t to;			/* revision that is held then */
	uint32_t count, removed_count;
	const struct uhppote_card *cards;
	const uint32_t *removed;	/* numbers; deleted before anything is put */
};

struct gate_revoke_plan {
	enum gate_revoke_mode mode;
	uint64_t from, to;
	uint32_t count;
	const struct gate_revocation *entries;
};

struct gate_input {
	enum gate_input_kind kind;
	union {
		struct { uint32_t epoch; } channel;
		const char *text;
		struct { const uint8_t *bytes; size_t size; } message;
		struct { const uint8_t *log; uint32_t mark; } stored;
		struct gate_order command;
		uint32_t want;
		struct gate_digest_request digest;
		const struct gate_transfer_plan *transfer;
		const struct gate_revoke_plan *revoke;
		struct gate_key_stage key;
		struct { const char *tz; uint8_t count; const struct gate_transition *transitions;
			const struct gate_offsets *offsets; } clock_rules;
		const struct gate_card_plan *cards;
		struct { const uint32_t *numbers; uint32_t count; } revoked;
	} u;
};

/* --- actions ----------------------------------------------------------------------------------------------- */

enum gate_action_kind {
	GATE_ACT_SEND,			/* .send: one datagram into the session */
	GATE_ACT_CONNECT,		/* .connect: start a handshake under this epoch (a fresh source port) */
	GATE_ACT_DISCONNECT,		/* .text: why; close and forget the channel */
	GATE_ACT_COMMUNICATION,		/* .communication: changed; store it */
	GATE_ACT_HELLO,			/* .hello: store it */
	GATE_ACT_STATUS,		/* .status: store it */
	GATE_ACT_EVENTS,		/* .events: store them, then GATE_IN_STORED or GATE_IN_STORE_FAILED; a few may be
					 * given before the first is answered, each continuing the one before */
	GATE_ACT_COMMAND,		/* .command: a command's outcome so far (sent, then a last one) */
	GATE_ACT_CLOCK,			/* .clock */
	GATE_ACT_DIGEST,		/* .digest */
	GATE_ACT_TRANSFER_PROGRESS,	/* .progress, about once a window */
	GATE_ACT_TRANSFER_ENDED,	/* .ended */
	GATE_ACT_REVOKE_ENDED,		/* .ended */
	GATE_ACT_STREAM_CONFIRMED,	/* .confirmed: before the ENDED of what led to it */
	GATE_ACT_KEY_STAGED,		/* .epoch: both sides have it; store, then GATE_IN_KEY_USE */
	GATE_ACT_KEY_IN_USE,		/* .epoch: a session under it works; store, then GATE_IN_KEY_RETIRE of another one.
					 * Told at the first session and whenever it differs from the last */
	GATE_ACT_KEY_RETIRED,		/* .epoch */
	GATE_ACT_KEY_FAILED,		/* .epoch: the controller refused to stage or retire it */
	GATE_ACT_BOARD,			/* .board: store it */
	GATE_ACT_HELD,			/* .status: its streams only */
	GATE_ACT_WANT_SLOT,		/* .slot: once per need; a higher class may follow while it waits */
	GATE_ACT_RELEASE_SLOT,
	GATE_ACT_COUNT,			/* .counter: add one */
	GATE_ACT_NOTE,			/* .text: something an operator of the server should find in the log */
	GATE_ACT_WAKE_AT,		/* .wake_ms, monotonic; INT64_MAX = only when something comes */
};

/* Lower is served first. */
enum gate_slot_class {
	GATE_SLOT_URGENT,		/* revocations, commands, keys */
	GATE_SLOT_STATE,
	GATE_SLOT_EVENTS,
	GATE_SLOT_BULK,			/* transfers, digests, read back: at most 30 */
	GATE_SLOT_CLASSES,
};

/* Counters; names by gate_counter_name(), stored under them. */
enum gate_counter {
	GATE_COUNT_SENT,
	GATE_COUNT_RESENT,
	GATE_COUNT_RECEIVED,
	GATE_COUNT_MALFORMED,		/* could not be decoded */
	GATE_COUNT_STALE_REPLY,		/* answers no exchange that waits: late, doubled or made up */
	GATE_COUNT_WRONG_REPLY,		/* answers a waiting exchange with the wrong type or content */
	GATE_COUNT_UNEXPECTED,		/* a request, or anything outside a session */
	GATE_COUNT_ERROR_REPLY,
	GATE_COUNT_NO_ANSWER,		/* gave up on an exchange */
	GATE_COUNT_HANDSHAKE_FAILED,
	GATE_COUNT_EVENT_BATCHES,
	GATE_COUNT_EVENTS_OUT_OF_ORDER,	/* records after a hole inside one reply: dropped, fetched again */
	GATE_COUNT_EVENTS_QUARANTINED,
	GATE_COUNT_LOG_CHANGED,
	GATE_COUNT_STORE_FAILED,
	GATE_COUNTERS,
};
const char *gate_counter_name(enum gate_counter);

/* What a board said of itself. */
struct gate_board_report {
	struct uhppote_controller controller;
	bool listener_known, listener_ours;
	struct uhppote_listener listener;	/* as it is now */
	bool replaced;
	struct uhppote_listener before;		/* whom we took it from */
	uint8_t delay_s[UHPPOTE_DOORS];
	bool cards_known, compared;
	uint32_t cards;				/* that it holds */
	uint32_t differed;			/* compared: rows that were other than they should be; repaired */
};

struct gate_action {
	enum gate_action_kind kind;
	union {
		struct { const uint8_t *bytes; size_t size; } send;
		struct { uint32_t epoch; } connect;
		const char *text;
		struct { int communication; const char *reason; } communication;	/* class communication */
		struct { const struct gate_hello_reply *reply; int32_t clock_offset_ms, rtt_ms; } hello;
		struct { const struct gate_status_reply *reply; int32_t clock_offset_ms, rtt_ms; } status;
		struct {
			const uint8_t *log;
			uint32_t oldest, newest;	/* what the controller holds; a gap is mark + 1 .. oldest - 1 */
			uint32_t count;			/* contiguous; may be 0 when only a gap is to be recorded */
			const struct gate_event *events;
			const uint8_t *tail;		/* what the last one looks like; NULL = the controller names its logs */
		} events;
		struct { const uint8_t *id; int outcome; const char *reason;	/* class outcome; "" = no reason */
			const struct gate_door_status *door; } command;	/* NULL when the gate did not answer */
		struct { int64_t offset_before_ms, offset_after_ms; } clock;	/* controller - server */
		const struct gate_digest_reply *digest;
		struct { uint32_t done, total; } progress;	/* chunks */
		struct { bool ok; const char *reason; } ended;
		struct { uint8_t stream; uint64_t revision; const uint8_t *digest; } confirmed;	/* digest NULL = not told */
		const struct gate_board_report *board;
		uint32_t epoch;
		struct { enum gate_slot_class class; bool doubtful; } slot;	/* doubtful: may well not answer (cap 10) */
		enum gate_counter counter;
		int64_t wake_ms;
	} u;
};

enum { GATE_ACTIONS_MAX = 256, GATE_SENDS_MAX = 48 };

struct gate_actions {
	size_t count;
	struct gate_action item[GATE_ACTIONS_MAX];
	size_t sends;
	uint8_t datagrams[GATE_SENDS_MAX][GATE_MESSAGE_MAX];
	struct gate_message message;	/* the decoded datagram that actions point into */
};

/* Does one thing. Never fails: what can not be is counted and ignored. */
void gate_step(struct gate_session *, const struct gate_input *, int64_t now_mono_ms, int64_t now_wall_ms,
    struct gate_actions *out);

/* --- for logs, supervision and fairness -------------------------------------------------------------------- */

enum gate_session_state {
	GATE_SESSION_DOWN,		/* no channel; a time to try again is set */
	GATE_SESSION_WAITING,		/* wants a slot to connect */
	GATE_SESSION_CONNECTING,	/* handshake under way */
	GATE_SESSION_GREETING,		/* hello sent */
	GATE_SESSION_STEADY,
};
enum gate_session_state gate_session_state(const struct gate_session *);
const char *gate_session_state_name(enum gate_session_state);
bool gate_session_holds_slot(const struct gate_session *);
bool gate_session_is_doubtful(const struct gate_session *);	/* something sent is unanswered after a resend */
bool gate_session_is_transferring(const struct gate_session *);
uint32_t gate_session_mark(const struct gate_session *);

#endif
