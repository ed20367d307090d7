/*
 * What a board is and does: who it is, its status each minute, the modes of its doors, its clock, whom it pushes to, and what
 * it is told once a session because it can not be read back.
 */
#include <stdio.h>
#include <string.h>

#include "gate/codes.h"
#include "gate/uhppote_session.h"

enum { FIRE_INPUT = 1 << 1 };

static bool
is_ours(const struct board *b, const struct uhppote_listener *l)
{
	return b->config.board.port != 0 && l->port == b->config.board.port &&
	    memcmp(l->address, b->config.board.address, sizeof l->address) == 0;
}

static bool
is_nobody(const struct uhppote_listener *l)
{
	static const uint8_t none[4];

	return l->port == 0 || memcmp(l->address, none, sizeof none) == 0;
}

void
state_connected(struct board *b)
{
	b->hello_status = false;
	b->tail_checked = false;
	b->setup_due = 1 << SETUP_GET_LISTENER | 1 << SETUP_DOOR_EVENTS | 1 << SETUP_KEYPADS;
	b->modes_due = b->config.board.doors;
	memcpy(b->report.delay_s, b->config.board.delay_s, sizeof b->report.delay_s);
	memset(b->retry_ms, 0, sizeof b->retry_ms);
	b->count_ms = b->now;
}

static enum setup
next_setup(const struct board *b)
{
	enum setup s = 0;

	while (s < SETUPS && !(b->setup_due >> s & 1))
		s++;
	return s;
}

int
state_next_mode(const struct board *b)
{
	int door = 1;

	while (door < UHPPOTE_DOORS && !(b->modes_due >> (door - 1) & 1))
		door++;
	return door;
}

static void
build_setup(const struct board *b, struct uhppote_message *m)
{
	switch (next_setup(b)) {
	case SETUP_SET_LISTENER:
		m->function = UHPPOTE_SET_LISTENER;
		memcpy(m->u.listener.address, b->config.board.address, sizeof m->u.listener.address);
		m->u.listener.port = b->config.board.port;
		m->u.listener.interval_s = BOARD_PUSH_AGAIN_S;
		break;
	case SETUP_DOOR_EVENTS:
		m->function = UHPPOTE_RECORD_DOOR_EVENTS;
		m->u.ok = b->config.board.door_events;
		break;
	case SETUP_KEYPADS:
		m->function = UHPPOTE_SET_KEYPADS;
		for (int i = 0; i < UHPPOTE_DOORS; i++)
			m->u.keypads[i] = b->config.board.keypads >> i & 1;
		break;
	case SETUP_GET_LISTENER:
	case SETUPS:
		m->function = UHPPOTE_GET_LISTENER;
		break;
	}
}

void
state_build(struct board *b, enum task task, struct uhppote_message *m)
{
	int64_t local_s;

	switch (task) {
	case TASK_STATUS:
		m->function = UHPPOTE_GET_STATUS;
		break;
	case TASK_MODE:
		m->function = UHPPOTE_GET_DOOR_CONTROL;
		m->u.door = (uint8_t)state_next_mode(b);
		break;
	case TASK_CLOCK:
		m->function = UHPPOTE_SET_TIME;
		local_s = (b->wall + 500) / 1000 + offset_at(&b->config.offsets, b->wall / 1000);
		uhppote_moment_from_local(local_s, &m->u.moment);
		break;
	case TASK_SETUP:
		build_setup(b, m);
		break;
	case TASK_COUNT:
		m->function = UHPPOTE_COUNT_CARDS;
		break;
	case TASK_HELLO:
		m->function = b->hello_status ? UHPPOTE_GET_STATUS : UHPPOTE_GET_CONTROLLER;
		break;
	default:
		m->function = UHPPOTE_GET_CONTROLLER;
		break;
	}
}

void
state_report(struct board *b)
{
	emit(b->out, GATE_ACT_BOARD)->u.board = &b->report;
}

/* --- status ------------------------------------------------------------------------------------------------ */

void
state_door(const struct board *b, int door, struct gate_door_status *out)
{
	const struct uhppote_status *s = &b->raw_status;
	uint8_t mode = b->modes[door - 1];
	int reader = uhppote_has_exit_readers((uint32_t)b->config.serial) ? 2 * (door - 1) : door - 1;

	*out = (struct gate_door_status){
		.door = (uint8_t)door,
		.lock_state = s->relays >> (door - 1) & 1 ? LOCK_STATE_UNLOCKED : LOCK_STATE_LOCKED,
		.arm_state = ARM_STATE_UNKNOWN,
		.door_state = !(b->config.board.contacts >> (door - 1) & 1) ? DOOR_STATE_NO_SENSOR :
		    s->open[door - 1] ? DOOR_STATE_OPEN : DOOR_STATE_CLOSED,
		.verification_mode = b->config.board.keypads >> reader & 1 ? VERIFICATION_MODE_CARD_AND_PIN :
		    VERIFICATION_MODE_CARD,
		.unlock_mode = mode == UHPPOTE_MODE_OPEN ? UNLOCK_MODE_CONTINUOUS : mode == UHPPOTE_MODE_CONTROLLED ?
		    UNLOCK_MODE_ONE_SHOT : UNLOCK_MODE_UNKNOWN,
		.alarms = s->inputs & FIRE_INPUT ? GATE_ALARM_BIT(EVENT_FIRE) : 0,
	};
}

/* The board's clock minus ours; it tells whole seconds, so the middle of one is taken. false = it has none. */
static bool
clock_offset(const struct board *b, const struct uhppote_moment *at, int64_t rtt, int64_t *out)
{
	int64_t utc;

	if (at->date.year == 0)
		return false;
	utc = local_to_utc(&b->config.offsets, uhppote_local_seconds(at), b->wall / 1000 + 60);
	*out = utc * 1000 + 500 - (b->wall - rtt / 2);
	return true;
}

static int32_t
clamp32(int64_t value)
{
	return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

static void
want_clock(struct board *b)
{
	if (b->clock_set_ms == 0 || b->now - b->clock_set_ms >= BOARD_CLOCK_AGAIN_MS)
		b->want |= GATE_WANT_CLOCK;
}

static void
emit_status(struct board *b, const struct uhppote_status *s, int32_t offset_ms, int32_t rtt_ms)
{
	struct gate_status_reply *r = &b->status;
	struct gate_action *a;

	*r = (struct gate_status_reply){ .time_ms = (uint64_t)(b->wall + offset_ms), .newest = s->event.index };
	memcpy(r->log, b->config.log, GATE_LOG_SIZE);
	for (int door = 1; door <= UHPPOTE_DOORS; door++)
		if (b->config.board.doors >> (door - 1) & 1)
			state_door(b, door, &r->doors[r->door_count++]);
	a = emit(b->out, GATE_ACT_STATUS);
	a->u.status.reply = r;
	a->u.status.clock_offset_ms = offset_ms;
	a->u.status.rtt_ms = rtt_ms;
}

static void
hello_done(struct board *b, int32_t offset_ms, int32_t rtt_ms)
{
	struct gate_action *a = emit(b->out, GATE_ACT_HELLO);

	b->hello.newest = b->remote_newest;
	memcpy(b->hello.log, b->config.log, GATE_LOG_SIZE);
	a->u.hello.reply = &b->hello;
	a->u.hello.clock_offset_ms = offset_ms;
	a->u.hello.rtt_ms = rtt_ms;
	b->state = GATE_SESSION_STEADY;
	b->connect_backoff_ms = 0;
	board_tell_communication(b, COMMUNICATION_UP, "");
	if (!b->greeted_once)		/* after discovery, whatever it says: seconds do not show that it is half of one off */
		b->want |= GATE_WANT_CLOCK;
	b->greeted_once = true;
}

static void
status_answered(struct board *b, enum task task, const struct uhppote_status *s)
{
	struct uhppote_moment at = { s->date, s->time };
	int64_t rtt = b->now - b->first_ms, offset = 0;
	int32_t trusted = clamp32(rtt);

	b->raw_status = *s;
	b->want &= ~(uint32_t)GATE_WANT_STATUS;
	if (!clock_offset(b, &at, rtt, &offset)) {
		want_clock(b);
		trusted = INT32_MAX;	/* what it says of the time is nothing */
	}
	b->offset_before_ms = offset;
	if (s->fault != 0) {
		board_note(b, "it reports fault %u", s->fault);
		want_clock(b);
	}
	board_events_seen(b, s->event.index);
	if (task == TASK_HELLO)
		hello_done(b, clamp32(offset), trusted);
	else
		b->modes_due = b->config.board.doors;
	emit_status(b, s, clamp32(offset), trusted);
}

/* --- the rest ---------------------------------------------------------------------------------------------- */

static void
controller_answered(struct board *b, const struct uhppote_controller *c)
{
	b->report.controller = *c;
	b->hello = (struct gate_hello_reply){ .serial = b->config.serial, .epochs = { GATE_EPOCH_NONE, GATE_EPOCH_NONE } };
	snprintf(b->hello.firmware, sizeof b->hello.firmware, "%u.%02u", c->version_major, c->version_minor);
	snprintf(b->hello.model, sizeof b->hello.model, "UHPPOTE %d-door",
	    uhppote_doors_of((uint32_t)b->config.serial));
	b->hello_status = true;
}

static void
mode_answered(struct board *b, const struct uhppote_control *c)
{
	int door = state_next_mode(b);
	uint8_t *kept = &b->config.board.delay_s[door - 1];

	b->modes_due &= (uint8_t)~(1u << (door - 1));
	if (c->door != door)
		return;
	if (b->modes[door - 1] != c->mode)
		b->want |= b->modes[door - 1] != 0 ? GATE_WANT_STATUS : 0;
	b->modes[door - 1] = c->mode;
	/* While a door is held open its delay reads as 0: then ours stays. */
	if (c->mode != UHPPOTE_MODE_OPEN && c->delay_s != 0 && *kept != c->delay_s) {
		*kept = b->report.delay_s[door - 1] = c->delay_s;
		state_report(b);
	}
}

static void
clock_answered(struct board *b, const struct uhppote_moment *at)
{
	int64_t rtt = b->now - b->first_ms, after = 0;
	struct gate_action *a;

	b->want &= ~(uint32_t)GATE_WANT_CLOCK;
	b->clock_set_ms = b->now;
	clock_offset(b, at, rtt, &after);
	a = emit(b->out, GATE_ACT_CLOCK);
	a->u.clock.offset_before_ms = b->offset_before_ms;
	a->u.clock.offset_after_ms = after;
}

static void
print_listener(const struct uhppote_listener *l, char out[24])
{
	snprintf(out, 24, "%u.%u.%u.%u:%u", l->address[0], l->address[1], l->address[2], l->address[3], l->port);
}

/* There is one listener only. Nobody's is taken, ours is kept, somebody's is taken only when that was allowed. */
static void
listener_read(struct board *b, const struct uhppote_listener *l)
{
	char who[24];

	b->report.listener_known = true;
	b->report.listener = *l;
	b->report.listener_ours = is_ours(b, l);
	print_listener(l, who);
	if (b->config.board.port == 0 || (b->report.listener_ours && l->interval_s == BOARD_PUSH_AGAIN_S)) {
		state_report(b);
		return;
	}
	if (!b->report.listener_ours && !is_nobody(l) && !b->config.board.take_listener) {
		board_note(b, "it pushes its events to %s, which is left to it: it is asked for events instead", who);
		state_report(b);
		return;
	}
	if (!b->report.listener_ours && !is_nobody(l)) {
		b->replacing = true;
		b->report.before = *l;
		board_note(b, "it pushed its events to %s: this is taken over", who);
	}
	b->setup_due |= 1 << SETUP_SET_LISTENER;
}

static void
listener_set(struct board *b, bool ok)
{
	if (!ok)
		board_note(b, "it does not take us as its listener");
	b->report.listener_ours = ok;
	if (ok) {
		memcpy(b->report.listener.address, b->config.board.address, sizeof b->report.listener.address);
		b->report.listener.port = b->config.board.port;
	}
	b->report.replaced = ok && b->replacing;
	b->replacing = false;
	state_report(b);
}

static void
setup_answered(struct board *b, const struct uhppote_message *m)
{
	enum setup s = next_setup(b);

	b->setup_due &= (uint8_t)~(1u << s);
	switch (s) {
	case SETUP_GET_LISTENER:
		listener_read(b, &m->u.listener);
		break;
	case SETUP_SET_LISTENER:
		listener_set(b, m->u.ok);
		break;
	case SETUP_DOOR_EVENTS:
	case SETUP_KEYPADS:
		if (!m->u.ok)
			board_note(b, "it refuses \"%s\"", uhppote_function_name(m->function));
		break;
	case SETUPS:
		break;
	}
}

static void
count_answered(struct board *b, uint32_t count)
{
	b->count_ms = b->now + BOARD_COUNT_MS;
	board_cards_counted(b, count);
	state_report(b);
	b->held = (struct gate_status_reply){ .stream_count = 1,
		.streams[0] = { .stream = STREAM_PERMITS, .revision = count > 0 } };
	memcpy(b->held.streams[0].digest, b->digest, GATE_SUM_SIZE);
	emit(b->out, GATE_ACT_HELD)->u.status.reply = &b->held;
}

void
state_answered(struct board *b, enum task task, const struct uhppote_message *m)
{
	switch (task) {
	case TASK_HELLO:
		if (b->hello_status)
			status_answered(b, task, &m->u.status);
		else
			controller_answered(b, &m->u.controller);
		break;
	case TASK_STATUS:
		status_answered(b, task, &m->u.status);
		break;
	case TASK_MODE:
		mode_answered(b, &m->u.control);
		break;
	case TASK_CLOCK:
		clock_answered(b, &m->u.moment);
		break;
	case TASK_SETUP:
		setup_answered(b, m);
		break;
	case TASK_COUNT:
		count_answered(b, m->u.number);
		break;
	default:
		break;
	}
}

/* It will not say: do not ask again in this session, but for what is asked each minute. */
void
state_silent(struct board *b, enum task task)
{
	switch (task) {
	case TASK_MODE:
		b->modes_due &= (uint8_t)~(1u << (state_next_mode(b) - 1));
		break;
	case TASK_SETUP:
		b->setup_due &= (uint8_t)~(1u << next_setup(b));
		break;
	case TASK_CLOCK:
		b->want &= ~(uint32_t)GATE_WANT_CLOCK;
		break;
	case TASK_STATUS:
		b->want &= ~(uint32_t)GATE_WANT_STATUS;
		break;
	case TASK_COUNT:
		b->count_ms = b->now + BOARD_COUNT_MS;
		break;
	default:
		break;
	}
}
