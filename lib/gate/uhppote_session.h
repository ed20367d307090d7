/*
 * Inside lib/gate: the session of the uhppote driver. One request is outstanding at most, for a board promises no queue.
 *	uhppote.c		inputs, what to ask next, slots, waking
 *	uhppote_request.c	sending, sending again, giving up, matching what comes
 *	uhppote_state.c		greeting, status, clock, listener and what else a board is told once a session
 *	uhppote_event.c		events by index, and whose log they are of
 *	uhppote_command.c	commands and their outcomes
 *	uhppote_cards.c		the card list: put, deleted, read back, compared
 */
#ifndef KIDOBAN_GATE_UHPPOTE_SESSION_H
#define KIDOBAN_GATE_UHPPOTE_SESSION_H

#include "gate/session.h"
#include "gate/uhppote_message.h"

enum {
	BOARD_TRIES = 4,
	BOARD_RETRY_FIRST_MS = 1000,
	BOARD_RETRY_LAST_MS = 30000,
	BOARD_OPEN_PATIENCE_MS = 3000,	/* for what is sent only once */
	BOARD_COMMANDS_MAX = 32,
	BOARD_EVENTS_MAX = 32,		/* handed over at once */
	BOARD_WINDOW = 16,		/* exchanges in one hold of a slot */
	BOARD_LOOK_MS = 1000,		/* a board that may not push to us is asked for events so often */
	BOARD_COUNT_MS = 3600000,	/* and for the number of its cards */
	BOARD_PUSH_AGAIN_S = 5,		/* it says its newest event again so often, for a push can be lost */
	BOARD_CLOCK_AGAIN_MS = 180000,
	BOARD_OPENED_MS = 60000,	/* an event of ours comes within it */
	BOARD_REVOKED_MAX = 256,	/* during one transfer; those beyond it wait for its end */
	BOARD_SLOTS_MAX = 200000,	/* of the card list: more is no list */
};
#define BOARD_NEVER INT64_MAX

/* What the outstanding request is for; in order of urgency. */
enum task {
	TASK_HELLO,
	TASK_PROBE,			/* was it silent to that request only, or is it gone? */
	TASK_COMMAND,
	TASK_URGENT_CARDS,		/* deleting */
	TASK_STATUS,
	TASK_MODE,			/* of a door */
	TASK_CLOCK,
	TASK_SETUP,
	TASK_TAIL,			/* the event of the mark: is it the log we know? */
	TASK_EVENT,
	TASK_OLDEST,			/* where to go on after events that were overwritten */
	TASK_CARDS,
	TASK_COUNT,
	TASKS,
	TASK_NONE = TASKS,
};

enum setup { SETUP_GET_LISTENER, SETUP_SET_LISTENER, SETUP_DOOR_EVENTS, SETUP_KEYPADS, SETUPS };

enum cards_phase {
	CARDS_NONE,
	CARDS_DELETE,			/* what the plan takes away */
	CARDS_SIZE,			/* full: how many are there? */
	CARDS_WALK,			/* full: slot by slot */
	CARDS_REPAIR,			/* full: the slot's card is not ours: delete it */
	CARDS_PUT,
	CARDS_VERIFY,			/* a board may say true and keep something else */
	CARDS_RECOUNT,
};

struct cards_work {
	enum cards_phase phase, next;	/* next: after a put that was verified */
	const struct gate_card_plan *plan;
	uint32_t at;			/* of the plan's cards or removed ones */
	uint32_t slot, live, seen;	/* walk: slot asked for, live ones the board has, and met */
	uint32_t found;			/* number in the slot */
	uint32_t differed, told;
	uint32_t dropped;		/* of the plan, revoked since */
	uint32_t revoked[BOARD_REVOKED_MAX], revoked_count, revoked_done;
	bool revoking;			/* the request on the wire is of these */
	uint8_t *good;			/* bit i: cards[i] is on the board as it should be */
};

struct board_command {
	bool sent;
	struct gate_order order;
};

struct board {
	struct gate_session common;
	struct gate_config config;

	bool started;
	enum gate_session_state state;
	int communication;
	int64_t connect_ms;
	int32_t connect_backoff_ms;
	bool greeted_once;

	bool slot_held, slot_wanted;
	unsigned slot_left;
	enum gate_slot_class slot_class;

	enum task task;			/* TASK_NONE = nothing outstanding */
	enum task silent;		/* what a probe is about */
	struct uhppote_message request;
	uint8_t tries;
	int64_t first_ms, again_ms;
	uint32_t last_request;
	int64_t retry_ms[TASKS];	/* do not begin before */
	int32_t rtt_ms;

	uint32_t want;			/* enum gate_want */
	bool hello_status;		/* controller told, status to come */
	uint8_t modes_due, modes[UHPPOTE_DOORS];	/* bit a door; 0 = not known */
	uint8_t setup_due;		/* bits of enum setup */
	int64_t clock_set_ms, look_ms, count_ms;
	int64_t offset_before_ms;
	struct gate_board_report report;	/* what happened in it is of the step that told it */
	bool replacing;			/* somebody else's listener */
	struct uhppote_status raw_status;
	struct gate_status_reply status;
	struct gate_status_reply held;	/* of the card list only */
	struct gate_hello_reply hello;

	unsigned logs;			/* names made from fresh_log so far */
	bool tail_checked;
	uint32_t remote_newest, fetched;
	bool storing;
	uint32_t storing_last;
	uint32_t oldest;		/* where to go on after a hole; 0 = none */
	uint8_t batch_tail[GATE_TAIL_SIZE], stored_tail[GATE_TAIL_SIZE];
	uint32_t batch_count;
	struct gate_event batch[BOARD_EVENTS_MAX];
	struct { bool waits; int64_t until_ms; uint8_t id[GATE_ID_SIZE]; } opened[UHPPOTE_DOORS];

	struct board_command commands[BOARD_COMMANDS_MAX];
	size_t command_first, command_count;
	uint8_t refused_id[GATE_ID_SIZE];
	struct gate_door_status command_door;

	struct cards_work cards;
	uint8_t digest[GATE_SUM_SIZE];	/* of the card list: its count, all that a board tells in one answer */
	unsigned notes;
	char note[4][200];		/* those of one step, told one after the other */

	/* of the step under way */
	int64_t now, wall;
	const uint8_t *datagram;	/* that is being answered */
	struct gate_actions *out;
};

/* uhppote.c */
void board_lost(struct board *b, const char *why);	/* ends the channel and plans the next one */
void board_tell_communication(struct board *b, int communication, const char *reason);
void board_note(struct board *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* uhppote_request.c */
void board_request_start(struct board *b, enum task task);
void board_request_overdue(struct board *b);
void board_request_drop(struct board *b);
void board_reply_received(struct board *b, const uint8_t *bytes, size_t size);

/* uhppote_state.c */
void state_build(struct board *b, enum task task, struct uhppote_message *m);
void state_answered(struct board *b, enum task task, const struct uhppote_message *m);
void state_silent(struct board *b, enum task task);
void state_connected(struct board *b);
void state_door(const struct board *b, int door, struct gate_door_status *out);
void state_report(struct board *b);
int state_next_mode(const struct board *b);	/* door 1-4 */

/* uhppote_event.c */
bool board_tail_due(const struct board *b);
bool board_event_due(const struct board *b);
void board_events_seen(struct board *b, uint32_t newest);
void board_event_build(struct board *b, enum task task, struct uhppote_message *m);
void board_event_answered(struct board *b, enum task task, const struct uhppote_event *e);
void board_events_stored(struct board *b, const uint8_t *log, uint32_t mark);
void board_events_store_failed(struct board *b);
void board_events_flush(struct board *b);
/* uhppote_reason.c: what an event is in our words */
void event_translate(const struct uhppote_event *from, struct gate_event *to);

/* uhppote_command.c */
void board_command_queue(struct board *b, const struct gate_order *order);
bool board_command_due(const struct board *b);
void board_command_build(struct board *b, struct uhppote_message *m);
void board_command_answered(struct board *b, const struct uhppote_message *m);
void board_command_failed(struct board *b, int outcome, const char *reason);
void board_commands_expire(struct board *b);
int64_t board_commands_wake(const struct board *b);

/* uhppote_cards.c */
bool board_cards_due(const struct board *b, bool urgent);
void board_cards_begin(struct board *b, const struct gate_card_plan *plan);
void board_cards_stop(struct board *b);
void board_cards_failed(struct board *b, const char *reason);
void board_cards_revoke(struct board *b, const uint32_t *numbers, uint32_t count);
void board_cards_build(struct board *b, bool urgent, struct uhppote_message *m);
void board_cards_answered(struct board *b, const struct uhppote_message *m);
void board_cards_counted(struct board *b, uint32_t count);

/* uhppote_time.c */
int32_t offset_at(const struct gate_offsets *, int64_t utc_s);
/* Of the two hours that may be meant when clocks go back, the later one that is not after latest_s. */
int64_t local_to_utc(const struct gate_offsets *, int64_t local_s, int64_t latest_s);

#endif
