/* One controller's session: hands inputs to its step function and does what that answers, in order. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "poller.h"

static enum slot_class slot_class_of(enum gate_slot_class class)
{
	switch (class) {
	case GATE_SLOT_URGENT:
		return SLOT_URGENT;
	case GATE_SLOT_STATE:
		return SLOT_STATE;
	case GATE_SLOT_EVENTS:
		return SLOT_EVENTS;
	case GATE_SLOT_BULK:
	case GATE_SLOT_CLASSES:
		break;
	}
	return SLOT_BULK;
}

static void on_communication(struct controller *c, int communication, const char *reason)
{
	if (communication == COMMUNICATION_DOWN && !c->outside)
		log_warnx("controller %d (%016llx): no communication: %s", c->id, (unsigned long long)c->serial, reason);
	else if (communication == COMMUNICATION_UP && c->outside)
		log_info("controller %d (%016llx): communication is back", c->id, (unsigned long long)c->serial);
	c->outside = communication == COMMUNICATION_DOWN;
	c->status.communication = communication;
	c->status.seen_at_ms = clock_wall_ms();
	strncpy(c->reason, reason, sizeof c->reason - 1);
	status_changed(c);
}

static void on_seen(struct controller *c, int32_t clock_offset_ms, int32_t rtt_ms, uint32_t boot, uint32_t newest)
{
	c->status.seen_at_ms = clock_wall_ms();
	c->status.communication = COMMUNICATION_UP;
	c->status.greeted = true;
	c->status.boot = boot;
	c->status.newest = newest;
	/* A reply that was long under way, or lay unread, says nothing about the clock. */
	if (rtt_ms <= SCHEDULE_TRUST_MS)
		c->status.clock_offset_ms = clock_offset_ms;
	c->status.rtt_ms = rtt_ms;
	c->reason[0] = '\0';
	status_changed(c);
}

static void on_hello(struct controller *c, const struct gate_action *a)
{
	const struct gate_hello_reply *r = a->u.hello.reply;

	memcpy(c->held_epochs, r->epochs, sizeof c->held_epochs);
	memcpy(c->told_revision, r->revisions, sizeof c->told_revision);
	memcpy(c->firmware, r->firmware, sizeof c->firmware);
	memcpy(c->model, r->model, sizeof c->model);
	on_seen(c, a->u.hello.clock_offset_ms, a->u.hello.rtt_ms, r->boot, r->newest);
}

static void on_door(struct controller *c, const struct gate_door_status *d)
{
	for (int i = 0; i < c->door_count; i++)
		if (c->door[i].door == d->door) {
			c->door[i] = *d;
			return;
		}
	if (c->door_count < GATE_DOORS_MAX)
		c->door[c->door_count++] = *d;
}

/* A clock that is wrong is set at once, not at the next time of day for it; one that does not keep it, now and then (T-8). */
static void watch_clock(struct controller *c, int32_t offset_ms, int32_t rtt_ms, int64_t now_ms)
{
	if (rtt_ms <= SCHEDULE_TRUST_MS && schedule_clock_drifts(&c->schedule, offset_ms, now_ms))
		log_info("controller %d (%016llx): its clock is off by %d ms: it is set", c->id, (unsigned long long)c->serial,
		    offset_ms);
}

static void on_clock(struct controller *c, const struct gate_action *a)
{
	c->status.clock_offset_ms = (int32_t)a->u.clock.offset_after_ms;
	c->status.seen_at_ms = clock_wall_ms();
	status_changed(c);
}

static void on_status(struct controller *c, const struct gate_action *a, int64_t now_ms)
{
	const struct gate_status_reply *r = a->u.status.reply;

	for (int i = 0; i < r->door_count; i++)
		on_door(c, &r->doors[i]);
	on_seen(c, a->u.status.clock_offset_ms, a->u.status.rtt_ms, r->boot, r->newest);
	transfers_status(c, r);
	watch_clock(c, a->u.status.clock_offset_ms, a->u.status.rtt_ms, now_ms);
}

static void on_command(struct controller *c, const struct gate_action *a)
{
	commands_outcome(c->poller->commands, c, a->u.command.id, a->u.command.outcome, a->u.command.reason);
	if (a->u.command.door != NULL && a->u.command.door->door != 0) {
		on_door(c, a->u.command.door);
		c->status.seen_at_ms = clock_wall_ms();
		status_changed(c);
	}
}

/* A change of keys that has begun is finished before others begin theirs: the controller answered just now. Who still waits
 * for its enrolment key to be made could only sit on a slot. */
static void want_slot(struct controller *c, enum gate_slot_class class, bool doubtful)
{
	bool changing_keys = c->keys.staged != GATE_EPOCH_NONE && c->key_tries == 0 && !c->outside;

	if (session_lacks_key(c)) {
		if (!c->slot_put_off || slot_class_of(class) < c->put_off_class)
			c->put_off_class = slot_class_of(class);
		c->slot_put_off = true;
		c->put_off_silent = doubtful;
		session_want_key(c);
		return;
	}
	slots_want(&c->poller->slots, &c->slot, changing_keys ? SLOT_URGENT : slot_class_of(class),
	    doubtful && !changing_keys);
}

/* L-21: bulk waits until what was sent before is paid off; everything else goes when it comes. */
static void want_slot_in_time(struct controller *c, enum gate_slot_class class, bool doubtful, int64_t now_ms)
{
	int64_t at = pace_next_ms(&c->pace, now_ms), all = pace_next_ms(&c->poller->pace, now_ms);

	if (all > at)
		at = all;
	if (class != GATE_SLOT_BULK || at <= now_ms) {
		want_slot(c, class, doubtful);
		return;
	}
	c->pace_doubtful = doubtful;
	loop_timer_set(c->poller->loop, &c->pace_timer, at);
}

static void pace_over(void *arg, int64_t now_ms)
{
	struct controller *c = arg;

	want_slot_in_time(c, GATE_SLOT_BULK, c->pace_doubtful, now_ms);
}

static void send_message(struct controller *c, const struct gate_action *a, int64_t now_ms)
{
	struct poller *p = c->poller;

	if (c->board_channel != NULL)
		board_channel_send(c->board_channel, a->u.send.bytes, a->u.send.size);
	else
		channel_send(c->channel, a->u.send.bytes, a->u.send.size);
	if (c->slot.holding != SLOT_HELD || c->slot.class != SLOT_BULK)
		return;
	pace_sent(&c->pace, a->u.send.size, p->config.controller_kbit, now_ms);
	if (p->config.total_kbit > 0) {
		int64_t share = p->config.total_kbit / (p->peers > 0 ? p->peers : 1);

		pace_sent(&p->pace, a->u.send.size, share > 0 ? share : 1, now_ms);
	}
}

static void do_action(struct controller *c, const struct gate_action *a, int64_t now_ms)
{
	struct poller *p = c->poller;

	switch (a->kind) {
	case GATE_ACT_SEND:
		if (c->channel != NULL || c->board_channel != NULL)
			send_message(c, a, now_ms);
		break;
	case GATE_ACT_CONNECT:
		session_connect(c, now_ms);
		break;
	case GATE_ACT_DISCONNECT:
		log_debug("controller %d: channel closed: %s", c->id, a->u.text);
		session_disconnect(c);
		break;
	case GATE_ACT_COMMUNICATION:
		on_communication(c, a->u.communication.communication, a->u.communication.reason);
		break;
	case GATE_ACT_HELLO:
		on_hello(c, a);
		break;
	case GATE_ACT_STATUS:
		on_status(c, a, now_ms);
		break;
	case GATE_ACT_EVENTS:
		store_events(p->store, c, a);
		break;
	case GATE_ACT_COMMAND:
		on_command(c, a);
		break;
	case GATE_ACT_CLOCK:
		on_clock(c, a);
		break;
	case GATE_ACT_DIGEST:
	case GATE_ACT_TRANSFER_PROGRESS:
	case GATE_ACT_TRANSFER_ENDED:
	case GATE_ACT_REVOKE_ENDED:
	case GATE_ACT_STREAM_CONFIRMED:
		transfers_action(c, a, now_ms);
		break;
	case GATE_ACT_KEY_STAGED:
		key_ring_staged(c, a->u.epoch, now_ms);
		break;
	case GATE_ACT_KEY_IN_USE:
		key_ring_in_use(c, a->u.epoch, now_ms);
		break;
	case GATE_ACT_KEY_RETIRED:
		key_ring_retired(c, a->u.epoch);
		break;
	case GATE_ACT_KEY_FAILED:
		log_warnx("controller %d refuses the key of epoch %u", c->id, a->u.epoch);
		key_ring_failed(c, now_ms);
		break;
	case GATE_ACT_BOARD:
		transfers_board(c, a->u.board);
		boards_reported(c, a->u.board);
		break;
	case GATE_ACT_HELD:
		transfers_status(c, a->u.status.reply);
		break;
	case GATE_ACT_WANT_SLOT:
		want_slot_in_time(c, a->u.slot.class, a->u.slot.doubtful, now_ms);
		break;
	case GATE_ACT_RELEASE_SLOT:
		loop_timer_clear(p->loop, &c->pace_timer);
		slots_release(&p->slots, &c->slot);
		break;
	case GATE_ACT_COUNT:
		p->counters[a->u.counter]++;
		break;
	case GATE_ACT_NOTE:
		log_info("controller %d (%016llx): %s", c->id, (unsigned long long)c->serial, a->u.text);
		break;
	case GATE_ACT_WAKE_AT:
		c->wake_ms = a->u.wake_ms;
		break;
	}
}

static void arm(struct controller *c)
{
	int64_t at = schedule_next(&c->schedule);

	if (c->wake_ms < at)
		at = c->wake_ms;
	loop_timer_set(c->poller->loop, &c->timer, at);
}

/*
 * Some actions lead to another step (a channel that could not be opened, a key that is ready): those are done after the
 * actions of this one, for `out` is shared. The depth is bounded by what a step can ask for.
 */
void session_step(struct controller *c, const struct gate_input *in, int64_t now_ms)
{
	struct gate_actions *out = c->poller->actions;
	char why[sizeof c->gone_text];

	gate_step(c->session, in, now_ms, clock_wall_ms(), out);
	for (size_t i = 0; i < out->count; i++)
		do_action(c, &out->item[i], now_ms);
	if (c->gone != NULL) {
		memcpy(why, c->gone, sizeof why);
		c->gone = NULL;
		session_step(c, &(struct gate_input){ .kind = GATE_IN_CHANNEL_DOWN, .u.text = why }, now_ms);
		return;
	}
	arm(c);
}

void session_want(struct controller *c, uint32_t want, int64_t now_ms)
{
	session_step(c, &(struct gate_input){ .kind = GATE_IN_WANT, .u.want = want }, now_ms);
}

static void wake(void *arg, int64_t now_ms)
{
	struct controller *c = arg;
	uint32_t want = schedule_take(&c->schedule, now_ms);

	if (want != 0)
		session_want(c, want, now_ms);
	else
		session_step(c, &(struct gate_input){ .kind = GATE_IN_TICK }, now_ms);
}

/* Whoever waits and may, speaks. Done once a round, when all that came has been heard. */
void sessions_grant(struct poller *p, int64_t now_ms)
{
	enum { MOST_A_ROUND = 500 };
	struct slot *s;
	int wanted = slots_wanted(&p->slots);

	if (wanted > p->slots_peak)
		p->slots_peak = wanted;
	p->slots.no_events = store_is_full(p->store);
	for (int n = 0; n < MOST_A_ROUND && (s = slots_next(&p->slots)) != NULL; n++) {
		p->exchanges++;
		session_step(s->owner, &(struct gate_input){ .kind = GATE_IN_SLOT }, now_ms);
	}
}

int session_begin(struct controller *c, const struct gate_config *config, int64_t now_ms)
{
	c->session = gate_session_new(c->driver, config);
	if (c->session == NULL)
		return -1;
	c->slot = (struct slot){ .owner = c };
	loop_timer_init(&c->timer, wake, c);
	loop_timer_init(&c->key_timer, key_ring_due, c);
	loop_timer_init(&c->pace_timer, pace_over, c);
	loop_timer_init(&c->nudge_timer, nudge_due, c);
	schedule_begin(&c->schedule, c->serial, &(struct schedule_intervals){ c->poller->config.state_interval * 1000,
	    c->poller->config.events_interval * 1000 }, now_ms);
	session_step(c, &(struct gate_input){ .kind = GATE_IN_TICK }, now_ms);
	return 0;
}

void session_end(struct controller *c)
{
	slots_release(&c->poller->slots, &c->slot);
	loop_timer_clear(c->poller->loop, &c->timer);
	loop_timer_clear(c->poller->loop, &c->key_timer);
	loop_timer_clear(c->poller->loop, &c->pace_timer);
	loop_timer_clear(c->poller->loop, &c->nudge_timer);
	session_disconnect(c);
	gate_session_free(c->session);
	c->session = NULL;
}
