/*
 * The uhppote driver's session: boards that anyone can buy. No security of their own: what comes is believed no further than
 * an address and a serial number go.
 *
 *	down --time--> waiting --slot--> connecting --socket--> greeting --controller, status--> steady
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/codes.h"
#include "gate/uhppote_session.h"

static const enum gate_slot_class task_class[TASKS] = {
	[TASK_HELLO] = GATE_SLOT_STATE,
	[TASK_PROBE] = GATE_SLOT_STATE,
	[TASK_COMMAND] = GATE_SLOT_URGENT,
	[TASK_URGENT_CARDS] = GATE_SLOT_URGENT,
	[TASK_STATUS] = GATE_SLOT_STATE,
	[TASK_MODE] = GATE_SLOT_STATE,
	[TASK_CLOCK] = GATE_SLOT_STATE,
	[TASK_SETUP] = GATE_SLOT_STATE,
	[TASK_TAIL] = GATE_SLOT_EVENTS,
	[TASK_EVENT] = GATE_SLOT_EVENTS,
	[TASK_OLDEST] = GATE_SLOT_EVENTS,
	[TASK_CARDS] = GATE_SLOT_BULK,
	[TASK_COUNT] = GATE_SLOT_BULK,
};

void
board_note(struct board *b, const char *format, ...)
{
	char *note = b->note[b->notes++ % (sizeof b->note / sizeof b->note[0])];
	va_list args;

	va_start(args, format);
	vsnprintf(note, sizeof b->note[0], format, args);
	va_end(args);
	emit_text(b->out, GATE_ACT_NOTE, note);
}

/* --- the channel ------------------------------------------------------------------------------------------- */

void
board_tell_communication(struct board *b, int communication, const char *reason)
{
	struct gate_action *a;

	if (b->communication == communication)
		return;
	b->communication = communication;
	a = emit(b->out, GATE_ACT_COMMUNICATION);
	a->u.communication.communication = communication;
	a->u.communication.reason = reason;
}

/* 0..999, fixed by serial: those that went down together do not come back together. */
static int64_t
spread(const struct board *b)
{
	return (int64_t)((b->config.serial * UINT64_C(0x9E3779B97F4A7C15)) >> 32) % 1000;
}

static void
forget_channel(struct board *b, const char *why)
{
	if (b->state < GATE_SESSION_STEADY)
		board_tell_communication(b, COMMUNICATION_DOWN, why);
	b->state = GATE_SESSION_DOWN;
	board_request_drop(b);
	b->silent = TASK_NONE;
	board_cards_failed(b, "the controller does not answer");
	b->connect_ms = b->now + b->connect_backoff_ms + spread(b) * b->connect_backoff_ms / 4000;
	b->connect_backoff_ms = b->connect_backoff_ms == 0 ? BOARD_RETRY_FIRST_MS :
	    2 * b->connect_backoff_ms > BOARD_RETRY_LAST_MS ? BOARD_RETRY_LAST_MS : 2 * b->connect_backoff_ms;
}

void
board_lost(struct board *b, const char *why)
{
	emit_text(b->out, GATE_ACT_DISCONNECT, why);
	forget_channel(b, why);
}

/* --- what to ask next -------------------------------------------------------------------------------------- */

static bool
is_due(const struct board *b, enum task task)
{
	switch (task) {
	case TASK_HELLO:
		return b->state == GATE_SESSION_GREETING;
	case TASK_COMMAND:
		return board_command_due(b);
	case TASK_URGENT_CARDS:
		return board_cards_due(b, true);
	case TASK_STATUS:
		return (b->want & GATE_WANT_STATUS) != 0;
	case TASK_MODE:
		return b->modes_due != 0;
	case TASK_CLOCK:
		return (b->want & GATE_WANT_CLOCK) != 0;
	case TASK_SETUP:
		return b->setup_due != 0;
	case TASK_TAIL:
		return board_tail_due(b);
	case TASK_EVENT:
		return board_event_due(b);
	case TASK_OLDEST:
		return b->oldest != 0 && !b->storing;
	case TASK_CARDS:
		return board_cards_due(b, false);
	case TASK_COUNT:
		return b->now >= b->count_ms && b->cards.phase == CARDS_NONE;
	case TASK_PROBE:
	case TASKS:
		break;
	}
	return false;
}

static enum task
next_task(const struct board *b)
{
	if (b->task != TASK_NONE)
		return TASK_NONE;
	for (enum task t = 0; t < TASKS; t++)
		if ((t == TASK_HELLO) == (b->state == GATE_SESSION_GREETING) && b->state >= GATE_SESSION_GREETING &&
		    is_due(b, t) && b->now >= b->retry_ms[t])
			return t;
	return TASK_NONE;
}

/* --- slots ------------------------------------------------------------------------------------------------- */

static void
want_slot(struct board *b, enum gate_slot_class class)
{
	struct gate_action *a;

	if (b->slot_held || (b->slot_wanted && b->slot_class <= class))
		return;
	b->slot_wanted = true;
	b->slot_class = class;
	a = emit(b->out, GATE_ACT_WANT_SLOT);
	a->u.slot.class = class;
	a->u.slot.doubtful = b->communication == COMMUNICATION_DOWN;
}

static void
slot_granted(struct board *b)
{
	b->slot_wanted = false;
	b->slot_held = true;
	b->slot_left = BOARD_WINDOW;
	if (b->state == GATE_SESSION_WAITING) {
		emit(b->out, GATE_ACT_CONNECT)->u.connect.epoch = 0;
		b->state = GATE_SESSION_CONNECTING;
	}
}

static void
use_slot(struct board *b)
{
	enum task task;

	/* A task may be over without a word to the board: then the next one has its turn. */
	while (b->slot_left > 0 && (task = next_task(b)) != TASK_NONE && task_class[task] <= b->slot_class) {
		b->slot_left--;
		board_request_start(b, task);
	}
	if (b->task == TASK_NONE && b->state != GATE_SESSION_CONNECTING) {
		b->slot_held = false;
		emit(b->out, GATE_ACT_RELEASE_SLOT);
	}
}

static void
ask_for_slot(struct board *b)
{
	enum task task;

	if (b->state == GATE_SESSION_WAITING)
		want_slot(b, b->command_count > 0 ? GATE_SLOT_URGENT : GATE_SLOT_STATE);
	else if ((task = next_task(b)) != TASK_NONE)
		want_slot(b, task_class[task]);
}

/* --- the step ---------------------------------------------------------------------------------------------- */

/* Nobody tells us of its events: look. */
static bool
must_look(const struct board *b)
{
	return b->state == GATE_SESSION_STEADY && !b->report.listener_ours;
}

static void
run_timers(struct board *b)
{
	if (b->task != TASK_NONE && b->now >= b->again_ms)
		board_request_overdue(b);
	board_commands_expire(b);
	if (b->state == GATE_SESSION_DOWN && b->now >= b->connect_ms)
		b->state = GATE_SESSION_WAITING;
	if (must_look(b) && b->now >= b->look_ms) {
		b->look_ms = b->now + BOARD_LOOK_MS;
		b->want |= GATE_WANT_EVENTS;
	}
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
wake_time(const struct board *b)
{
	int64_t at = board_commands_wake(b);

	if (b->state == GATE_SESSION_DOWN)
		return earlier(at, b->connect_ms);
	if (b->task != TASK_NONE)
		return earlier(at, b->again_ms);
	if (b->state != GATE_SESSION_STEADY)
		return at;
	if (must_look(b))
		at = earlier(at, b->look_ms);
	if (b->cards.phase == CARDS_NONE && b->count_ms > b->now)
		at = earlier(at, b->count_ms);
	for (enum task t = 0; t < TASKS; t++)
		if (b->retry_ms[t] > b->now && is_due(b, t))
			at = earlier(at, b->retry_ms[t]);
	return at;
}

static void
take_want(struct board *b, uint32_t want)
{
	b->want |= want & (GATE_WANT_STATUS | GATE_WANT_EVENTS | GATE_WANT_CLOCK);
	if ((want & GATE_WANT_CONNECT) && b->state == GATE_SESSION_DOWN)
		b->connect_ms = b->now;
}

static void
channel_up(struct board *b)
{
	if (b->state != GATE_SESSION_CONNECTING) {
		emit_text(b->out, GATE_ACT_DISCONNECT, "too late");
		return;
	}
	b->state = GATE_SESSION_GREETING;
	state_connected(b);
}

static void
take_input(struct board *b, const struct gate_input *in)
{
	switch (in->kind) {
	case GATE_IN_SLOT:
		slot_granted(b);
		break;
	case GATE_IN_CHANNEL_UP:
		channel_up(b);
		break;
	case GATE_IN_CHANNEL_DOWN:
		if (b->state >= GATE_SESSION_CONNECTING)
			forget_channel(b, in->u.text);
		break;
	case GATE_IN_MESSAGE:
		board_reply_received(b, in->u.message.bytes, in->u.message.size);
		break;
	case GATE_IN_STORED:
		board_events_stored(b, in->u.stored.log, in->u.stored.mark);
		break;
	case GATE_IN_STORE_FAILED:
		board_events_store_failed(b);
		break;
	case GATE_IN_COMMAND:
		board_command_queue(b, &in->u.command);
		break;
	case GATE_IN_WANT:
		take_want(b, in->u.want);
		break;
	case GATE_IN_CARDS:
		board_cards_begin(b, in->u.cards);
		break;
	case GATE_IN_CARDS_REVOKE:
		board_cards_revoke(b, in->u.revoked.numbers, in->u.revoked.count);
		break;
	case GATE_IN_TRANSFER_STOP:
		board_cards_stop(b);
		break;
	case GATE_IN_TRANSFER:		/* a board takes neither chunks nor a deny list: the caller gives it cards */
		emit_ended(b->out, GATE_ACT_TRANSFER_ENDED, false, "this controller takes cards one at a time");
		break;
	case GATE_IN_REVOKE:
		emit_ended(b->out, GATE_ACT_REVOKE_ENDED, false, "this controller has no deny list");
		break;
	case GATE_IN_KEY_STAGE:
	case GATE_IN_KEY_RETIRE:
		emit_epoch(b->out, GATE_ACT_KEY_FAILED, in->u.key.epoch);
		break;
	case GATE_IN_CLOCK_RULES:
		if (in->u.clock_rules.offsets != NULL)
			b->config.offsets = *in->u.clock_rules.offsets;
		b->want |= GATE_WANT_CLOCK;
		break;
	case GATE_IN_TICK:
	case GATE_IN_DIGEST:
	case GATE_IN_KEY_USE:
	case GATE_INPUTS:
		break;
	}
}

static void
board_step(struct gate_session *s, const struct gate_input *in, int64_t mono_ms, int64_t wall_ms, struct gate_actions *out)
{
	struct board *b = (struct board *)s;

	b->now = mono_ms;
	b->wall = wall_ms;
	b->out = out;
	b->report.compared = b->report.replaced = false;
	if (!b->started) {
		b->started = true;
		b->connect_ms = mono_ms + b->config.first_delay_ms;
	}
	take_input(b, in);
	run_timers(b);
	if (b->slot_held)
		use_slot(b);
	if (!b->slot_held)
		ask_for_slot(b);
	emit(out, GATE_ACT_WAKE_AT)->u.wake_ms = wake_time(b);
	b->out = NULL;
}

/* --- its life ---------------------------------------------------------------------------------------------- */

static struct gate_session *
board_new(const struct gate_config *config)
{
	struct board *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->common.driver = &gate_driver_uhppote;
	b->config = *config;
	b->fetched = config->mark;
	b->communication = COMMUNICATION_UNKNOWN;
	b->silent = TASK_NONE;
	board_request_drop(b);
	return &b->common;
}

static void
board_free(struct gate_session *s)
{
	struct board *b = (struct board *)s;

	free(b->cards.good);
	explicit_bzero(b, sizeof *b);
	free(b);
}

static enum gate_session_state
board_state(const struct gate_session *s)
{
	return ((const struct board *)s)->state;
}

static bool
board_holds_slot(const struct gate_session *s)
{
	return ((const struct board *)s)->slot_held;
}

static bool
board_is_doubtful(const struct gate_session *s)
{
	const struct board *b = (const struct board *)s;

	return b->task != TASK_NONE && b->tries > 1;
}

static bool
board_is_transferring(const struct gate_session *s)
{
	return ((const struct board *)s)->cards.phase != CARDS_NONE;
}

static uint32_t
board_mark(const struct gate_session *s)
{
	return ((const struct board *)s)->config.mark;
}

const struct gate_driver gate_driver_uhppote = {
	.name = "uhppote",
	.secured = false,
	.create = board_new,
	.destroy = board_free,
	.step = board_step,
	.state = board_state,
	.holds_slot = board_holds_slot,
	.is_doubtful = board_is_doubtful,
	.is_transferring = board_is_transferring,
	.mark = board_mark,
};
