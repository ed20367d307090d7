/*
 * The kidoban driver's session: its channel, what it does next, its slot, and when it wants to be woken.
 *
 *	down --time--> waiting --slot--> connecting --channel up--> greeting --hello reply--> steady
 *	any of the last three --channel down, deadline, no answer--> down
 */
#include <stdlib.h>
#include <string.h>

#include "gate/codes.h"
#include "gate/kidoban.h"

static const enum gate_slot_class lane_class[LANES] = {
	[LANE_HELLO] = GATE_SLOT_STATE,
	[LANE_COMMAND] = GATE_SLOT_URGENT,
	[LANE_REVOKE] = GATE_SLOT_URGENT,
	[LANE_KEY] = GATE_SLOT_URGENT,
	[LANE_STATUS] = GATE_SLOT_STATE,
	[LANE_CLOCK] = GATE_SLOT_STATE,
	[LANE_EVENTS] = GATE_SLOT_EVENTS,
	[LANE_DIGEST] = GATE_SLOT_BULK,
	[LANE_TRANSFER] = GATE_SLOT_BULK,
};

/* --- what to do next --------------------------------------------------------------------------------------- */

/* Is there anything to say in this lane, its retry time apart? */
static bool
is_due(const struct kidoban *k, enum lane lane)
{
	switch (lane) {
	case LANE_HELLO:
		return k->state == GATE_SESSION_GREETING;
	case LANE_COMMAND:
		return command_due(k);
	case LANE_REVOKE:
		return k->revoke != NULL;
	case LANE_KEY:
		return k->key_type != 0;
	case LANE_STATUS:
		return (k->want & GATE_WANT_STATUS) != 0;
	case LANE_CLOCK:
		return (k->want & GATE_WANT_CLOCK) != 0;
	case LANE_EVENTS:
		return events_due(k);
	case LANE_DIGEST:
		return k->digest_count > 0;
	case LANE_TRANSFER:
		return transfer_message_due(k) || transfer_window_due(k);
	case LANES:
		break;
	}
	return false;
}

/* May this lane speak in the state we are in? Under epoch 0 a controller hears nothing but hello and keys. */
static bool
is_allowed(const struct kidoban *k, enum lane lane)
{
	if (lane == LANE_HELLO)
		return k->state == GATE_SESSION_GREETING;
	return k->state == GATE_SESSION_STEADY && (k->epoch != 0 || lane == LANE_KEY);
}

static bool
may_start(const struct kidoban *k, enum lane lane)
{
	return !k->lanes[lane].waits && is_allowed(k, lane) && is_due(k, lane) && k->now >= k->lanes[lane].retry_ms &&
	    !(lane == LANE_TRANSFER && k->transfer.open);
}

static enum lane
next_lane(const struct kidoban *k)
{
	for (enum lane i = 0; i < LANES; i++)
		if (may_start(k, i))
			return i;
	return LANE_NONE;
}

static void
start(struct kidoban *k, enum lane lane)
{
	if (lane == LANE_TRANSFER && transfer_window_due(k))
		transfer_open_window(k);
	else
		exchange_start(k, lane);
}

/* --- slots ------------------------------------------------------------------------------------------------- */

static void
want_slot(struct kidoban *k, enum gate_slot_class class)
{
	struct gate_action *a;

	if (k->slot_held || (k->slot_wanted && k->slot_class <= class))
		return;
	k->slot_wanted = true;
	k->slot_class = class;
	a = emit(k->out, GATE_ACT_WANT_SLOT);
	a->u.slot.class = class;
	/* one that was never tried is not one that does not answer: a thousand new ones must not wait for ten */
	a->u.slot.doubtful = k->communication == COMMUNICATION_DOWN ||
	    (k->communication == COMMUNICATION_UP && k->state < GATE_SESSION_STEADY);
}

static void
release_slot(struct kidoban *k)
{
	if (!k->slot_held)
		return;
	k->slot_held = false;
	emit(k->out, GATE_ACT_RELEASE_SLOT);
}

static void
slot_granted(struct kidoban *k)
{
	k->slot_wanted = false;
	k->slot_held = true;
	k->slot_used = false;
	if (k->state == GATE_SESSION_WAITING)
		channel_connect(k);
}

/* --- the step ---------------------------------------------------------------------------------------------- */

static void
run_timers(struct kidoban *k)
{
	commands_expire(k);
	if (k->state == GATE_SESSION_CONNECTING && k->now >= k->connect_ms)
		kidoban_lost(k, "handshake did not finish in time");
	for (enum lane i = 0; i < LANES; i++)
		if (k->lanes[i].waits && k->now >= k->lanes[i].again_ms)
			exchange_overdue(k, i);
	if (k->transfer.open && k->now >= k->transfer.again_ms)
		transfer_overdue(k);
	if (k->state == GATE_SESSION_DOWN && k->now >= k->connect_ms)
		k->state = GATE_SESSION_WAITING;
}

/* A slot is for one exchange; what is urgent may go beside or after it, and hello follows its handshake. */
static bool
may_share_slot(const struct kidoban *k, enum lane lane)
{
	return !k->slot_used || lane_class[lane] == GATE_SLOT_URGENT || lane == LANE_HELLO;
}

static void
use_slot(struct kidoban *k)
{
	enum lane lane;

	while ((lane = next_lane(k)) != LANE_NONE && may_share_slot(k, lane)) {
		k->slot_used = true;
		start(k, lane);
	}
	if (!exchange_any_waits(k) && k->state != GATE_SESSION_CONNECTING)
		release_slot(k);
}

static void
ask_for_slot(struct kidoban *k)
{
	enum lane lane;

	if (k->state == GATE_SESSION_WAITING)
		want_slot(k, k->command_count > 0 || k->revoke != NULL ? GATE_SLOT_URGENT : GATE_SLOT_STATE);
	else if ((lane = next_lane(k)) != LANE_NONE)
		want_slot(k, lane_class[lane]);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
wake_time(const struct kidoban *k)
{
	int64_t at = commands_wake(k);

	if (k->state == GATE_SESSION_DOWN || k->state == GATE_SESSION_CONNECTING)
		at = earlier(at, k->connect_ms);
	if (k->transfer.open)
		at = earlier(at, k->transfer.again_ms);
	for (enum lane i = 0; i < LANES; i++) {
		if (k->lanes[i].waits)
			at = earlier(at, k->lanes[i].again_ms);
		else if (is_allowed(k, i) && is_due(k, i) && k->lanes[i].retry_ms > k->now)
			at = earlier(at, k->lanes[i].retry_ms);
	}
	return at;
}

static void
take_clock_rules(struct kidoban *k, const struct gate_input *in)
{
	uint8_t count = in->u.clock_rules.count;

	if (count > GATE_TRANSITIONS_MAX || strlen(in->u.clock_rules.tz) > GATE_TZ_MAX)
		return;
	strncpy(k->config.tz, in->u.clock_rules.tz, GATE_TZ_MAX);
	k->config.transition_count = count;
	if (count > 0)
		memcpy(k->config.transitions, in->u.clock_rules.transitions, count * sizeof k->config.transitions[0]);
	k->want |= GATE_WANT_CLOCK;
}

/* A nudge: the controller says that it is there. If it does not answer all the same, our session is gone with its
 * memory, so do not be patient. */
static void
take_want(struct kidoban *k, uint32_t want)
{
	k->want |= want & (GATE_WANT_STATUS | GATE_WANT_EVENTS | GATE_WANT_CLOCK);
	if (!(want & GATE_WANT_CONNECT))
		return;
	if (k->state == GATE_SESSION_DOWN)
		k->connect_ms = k->now;
	else if (k->state == GATE_SESSION_STEADY)
		k->suspect = true;
}

static void
take_input(struct kidoban *k, const struct gate_input *in)
{
	switch (in->kind) {
	case GATE_IN_TICK:
		break;
	case GATE_IN_SLOT:
		slot_granted(k);
		break;
	case GATE_IN_CHANNEL_UP:
		channel_up(k, in->u.channel.epoch);
		break;
	case GATE_IN_CHANNEL_DOWN:
		channel_down(k, in->u.text);
		break;
	case GATE_IN_MESSAGE:
		reply_received(k, in->u.message.bytes, in->u.message.size);
		break;
	case GATE_IN_STORED:
		events_stored(k, in->u.stored.log, in->u.stored.mark);
		break;
	case GATE_IN_STORE_FAILED:
		events_store_failed(k);
		break;
	case GATE_IN_COMMAND:
		command_queue(k, &in->u.command);
		break;
	case GATE_IN_WANT:
		take_want(k, in->u.want);
		break;
	case GATE_IN_DIGEST:
		if (k->digest_count < DIGESTS_MAX)
			k->digests[k->digest_count++] = in->u.digest;
		break;
	case GATE_IN_TRANSFER:
		transfer_start(k, in->u.transfer);
		break;
	case GATE_IN_TRANSFER_STOP:
		transfer_stop(k);
		break;
	case GATE_IN_REVOKE:
		revoke_begin(k, in->u.revoke);
		break;
	case GATE_IN_KEY_STAGE:
		key_begin(k, GATE_KEY_STAGE, &in->u.key);
		break;
	case GATE_IN_KEY_USE:
		key_use(k, in->u.key.epoch);
		break;
	case GATE_IN_KEY_RETIRE:
		key_begin(k, GATE_KEY_RETIRE, &in->u.key);
		break;
	case GATE_IN_CLOCK_RULES:
		take_clock_rules(k, in);
		break;
	case GATE_IN_CARDS:		/* ours takes permits, in chunks */
		emit_ended(k->out, GATE_ACT_TRANSFER_ENDED, false, "this controller takes no single cards");
		break;
	case GATE_IN_CARDS_REVOKE:
	case GATE_INPUTS:
		break;
	}
}

static void
kidoban_step(struct gate_session *s, const struct gate_input *in, int64_t mono_ms, int64_t wall_ms,
    struct gate_actions *out)
{
	struct kidoban *k = (struct kidoban *)s;

	k->now = mono_ms;
	k->wall = wall_ms;
	k->out = out;
	if (!k->started) {
		k->started = true;
		k->connect_ms = mono_ms + k->config.first_delay_ms;
	}
	take_input(k, in);
	run_timers(k);
	if (k->slot_held)
		use_slot(k);
	if (!k->slot_held)
		ask_for_slot(k);
	emit(out, GATE_ACT_WAKE_AT)->u.wake_ms = wake_time(k);
	k->out = NULL;
}

/* --- its life ---------------------------------------------------------------------------------------------- */

static struct gate_session *
kidoban_new(const struct gate_config *config)
{
	struct kidoban *k = calloc(1, sizeof *k);

	if (k == NULL)
		return NULL;
	k->common.driver = &gate_driver_kidoban;
	k->config = *config;
	k->fetched = config->mark;
	k->communication = COMMUNICATION_UNKNOWN;
	k->epoch_told = GATE_EPOCH_NONE;
	for (enum lane i = 0; i < LANES; i++)
		k->lanes[i].again_ms = NEVER;
	return &k->common;
}

static void
kidoban_free(struct gate_session *s)
{
	explicit_bzero(s, sizeof (struct kidoban));
	free(s);
}

static enum gate_session_state
kidoban_state(const struct gate_session *s)
{
	return ((const struct kidoban *)s)->state;
}

static bool
kidoban_holds_slot(const struct gate_session *s)
{
	return ((const struct kidoban *)s)->slot_held;
}

static bool
kidoban_is_doubtful(const struct gate_session *s)
{
	const struct kidoban *k = (const struct kidoban *)s;

	for (size_t i = 0; i < LANES; i++)
		if (k->lanes[i].waits && k->lanes[i].tries > 1)
			return true;
	return k->state == GATE_SESSION_CONNECTING || (k->transfer.open && k->transfer.rounds > 0);
}

static bool
kidoban_is_transferring(const struct gate_session *s)
{
	return ((const struct kidoban *)s)->transfer.phase != TRANSFER_NONE;
}

static uint32_t
kidoban_mark(const struct gate_session *s)
{
	return ((const struct kidoban *)s)->config.mark;
}

const struct gate_driver gate_driver_kidoban = {
	.name = "kidoban",
	.secured = true,
	.create = kidoban_new,
	.destroy = kidoban_free,
	.step = kidoban_step,
	.state = kidoban_state,
	.holds_slot = kidoban_holds_slot,
	.is_doubtful = kidoban_is_doubtful,
	.is_transferring = kidoban_is_transferring,
	.mark = kidoban_mark,
};
