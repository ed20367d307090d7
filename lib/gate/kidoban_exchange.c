/*
 * Exchanges: one request of a kind on the wire, sent again with growing pauses until it is answered or given up.
 */
#include <string.h>

#include "gate/kidoban.h"

/* Pause after the n-th sending. */
static int64_t
pause_after(const struct exchange *x)
{
	static const int64_t pauses[] = { 500, 1000, 2000 };
	size_t n = x->tries > 0 ? x->tries - 1u : 0;

	if (x->type == GATE_TRANSFER_COMMIT)
		return COMMIT_PATIENCE_MS / TRIES;
	return n < sizeof pauses / sizeof pauses[0] ? pauses[n] : PATIENCE_MS;
}

uint32_t
exchange_new_id(struct kidoban *k)
{
	if (++k->last_exchange == 0)
		k->last_exchange = 1;
	return k->last_exchange;
}

static void
clock_build(struct kidoban *k, struct gate_message *m)
{
	struct gate_clock *c = &m->u.clock;

	m->type = GATE_CLOCK;
	c->set = 1;
	c->time_ms = (uint64_t)k->wall;
	memcpy(c->tz, k->config.tz, sizeof c->tz);
	c->transition_count = k->config.transition_count;
	memcpy(c->transitions, k->config.transitions, sizeof c->transitions);
	k->clock_wall_ms = k->wall;
}

static void
hello_build(const struct kidoban *k, struct gate_message *m)
{
	m->type = GATE_HELLO;
	m->u.hello.version_low = m->u.hello.version_high = GATE_PROTOCOL_VERSION;
	memcpy(m->u.hello.digest_key, k->config.digest_key, GATE_KEY_SIZE);
	m->u.hello.time_ms = (uint64_t)k->wall;
}

/* What is built depends only on what does not change while the lane waits, so a resend has the same bytes
 * (hello's and clock's time apart; a clock gets a new exchange). */
static void
build(struct kidoban *k, enum lane lane, struct gate_message *m)
{
	switch (lane) {
	case LANE_HELLO:
		hello_build(k, m);
		break;
	case LANE_COMMAND:
		command_build(k, m);
		break;
	case LANE_REVOKE:
		revoke_build(k, m);
		break;
	case LANE_KEY:
		key_build(k, m);
		break;
	case LANE_STATUS:
		m->type = GATE_STATUS;
		break;
	case LANE_CLOCK:
		clock_build(k, m);
		break;
	case LANE_EVENTS:
		events_build(k, m);
		break;
	case LANE_DIGEST:
		m->type = GATE_DIGEST;
		m->u.digest = k->digests[0];
		break;
	case LANE_TRANSFER:
		transfer_build(k, m);
		break;
	case LANES:
		break;
	}
}

static void
put_on_wire(struct kidoban *k, enum lane lane)
{
	struct exchange *x = &k->lanes[lane];
	struct gate_message m = { .type = 0 };	/* not out->message: actions of this step point into that one */

	build(k, lane, &m);
	m.exchange = x->id;
	x->type = m.type;
	x->tries++;
	x->again_ms = k->now + pause_after(x);
	emit_send(k->out, &m);
}

void
exchange_start(struct kidoban *k, enum lane lane)
{
	struct exchange *x = &k->lanes[lane];

	x->waits = true;
	x->tries = 0;
	x->id = exchange_new_id(k);
	x->first_ms = k->now;
	put_on_wire(k, lane);
}

void
exchange_drop(struct kidoban *k, enum lane lane)
{
	k->lanes[lane].waits = false;
	k->lanes[lane].again_ms = NEVER;
}

void
exchange_answered(struct kidoban *k, enum lane lane)
{
	struct exchange *x = &k->lanes[lane];
	int32_t rtt = (int32_t)(k->now - x->first_ms);

	if (x->tries == 1)
		k->rtt_ms = k->rtt_ms == 0 ? rtt : (7 * k->rtt_ms + rtt) / 8;
	exchange_drop(k, lane);
}

void
exchange_overdue(struct kidoban *k, enum lane lane)
{
	struct exchange *x = &k->lanes[lane];

	if (x->tries >= (k->suspect ? TRIES_SUSPECT : TRIES)) {
		emit_count(k->out, GATE_COUNT_NO_ANSWER);
		kidoban_lost(k, "no answer");
		return;
	}
	if (lane == LANE_CLOCK) {
		x->id = exchange_new_id(k);
		x->first_ms = k->now;
	}
	put_on_wire(k, lane);
	emit_count(k->out, GATE_COUNT_RESENT);
}

bool
exchange_any_waits(const struct kidoban *k)
{
	for (size_t i = 0; i < LANES; i++)
		if (k->lanes[i].waits)
			return true;
	return k->transfer.open;
}
