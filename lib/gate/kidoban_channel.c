/*
 * The channel of a session: connecting, losing it, and when to try again.
 */
#include <stdlib.h>
#include <string.h>

#include "gate/codes.h"
#include "gate/kidoban.h"

static void
tell_communication(struct kidoban *k, int communication, const char *reason)
{
	struct gate_action *a;

	if (k->communication == communication)
		return;
	k->communication = communication;
	a = emit(k->out, GATE_ACT_COMMUNICATION);
	a->u.communication.communication = communication;
	a->u.communication.reason = reason;
}

/* Spread of retries, so that a thousand that went down together do not come back together: 0..999, fixed by serial. */
static int64_t
spread(const struct kidoban *k)
{
	return (int64_t)((k->config.serial * UINT64_C(0x9E3779B97F4A7C15)) >> 32) % 1000;
}

static void
plan_connection(struct kidoban *k)
{
	k->connect_ms = k->now + k->connect_backoff_ms + spread(k) * k->connect_backoff_ms / 4000;
	k->connect_backoff_ms = k->connect_backoff_ms == 0 ? RETRY_FIRST_MS :
	    2 * k->connect_backoff_ms > RETRY_LAST_MS ? RETRY_LAST_MS : 2 * k->connect_backoff_ms;
}

static void
try_other_epoch(struct kidoban *k)
{
	if (k->config.epochs[1 - k->epoch_index] != GATE_EPOCH_NONE)
		k->epoch_index = 1 - k->epoch_index;
}

static void
forget_channel(struct kidoban *k, const char *why)
{
	if (k->state == GATE_SESSION_CONNECTING) {
		emit_count(k->out, GATE_COUNT_HANDSHAKE_FAILED);
		try_other_epoch(k);
	}
	/* Losing a working session is not yet "down": the controller may only have restarted. */
	if (k->state < GATE_SESSION_STEADY)
		tell_communication(k, COMMUNICATION_DOWN, why);
	k->state = GATE_SESSION_DOWN;
	k->suspect = false;
	for (enum lane i = 0; i < LANES; i++)
		exchange_drop(k, i);
	revoke_restart(k);
	transfer_channel_lost(k);
	plan_connection(k);
}

void
kidoban_lost(struct kidoban *k, const char *why)
{
	emit_text(k->out, GATE_ACT_DISCONNECT, why);
	forget_channel(k, why);
}

void
channel_connect(struct kidoban *k)
{
	struct gate_action *a = emit(k->out, GATE_ACT_CONNECT);

	k->epoch = k->config.epochs[k->epoch_index];
	a->u.connect.epoch = k->epoch;
	k->state = GATE_SESSION_CONNECTING;
	k->connect_ms = k->now + HANDSHAKE_DEADLINE_MS;
}

void
channel_up(struct kidoban *k, uint32_t epoch)
{
	if (k->state != GATE_SESSION_CONNECTING) {
		emit_text(k->out, GATE_ACT_DISCONNECT, "too late");
		return;
	}
	k->state = GATE_SESSION_GREETING;
	k->epoch = epoch;
	k->up_ms = k->now;
	k->last_exchange = 0;
	for (enum lane i = 0; i < LANES; i++) {
		k->lanes[i].retry_ms = 0;
		k->lanes[i].backoff_ms = 0;
	}
}

void
kidoban_greeted(struct kidoban *k)
{
	k->state = GATE_SESSION_STEADY;
	k->connect_backoff_ms = 0;
	tell_communication(k, COMMUNICATION_UP, "");
	if (k->epoch_told != k->epoch) {
		k->epoch_told = k->epoch;
		emit_epoch(k->out, GATE_ACT_KEY_IN_USE, k->epoch);
	}
	k->want |= GATE_WANT_CLOCK | GATE_WANT_STATUS;
}

void
channel_down(struct kidoban *k, const char *why)
{
	if (k->state >= GATE_SESSION_CONNECTING)
		forget_channel(k, why);
}

void
kidoban_went_well(struct kidoban *k, enum lane lane)
{
	k->lanes[lane].backoff_ms = 0;
	k->lanes[lane].retry_ms = 0;
}

int64_t
kidoban_retry_later(struct kidoban *k, enum lane lane)
{
	struct exchange *x = &k->lanes[lane];

	x->backoff_ms = x->backoff_ms == 0 ? RETRY_FIRST_MS :
	    2 * x->backoff_ms > RETRY_LAST_MS ? RETRY_LAST_MS : 2 * x->backoff_ms;
	x->retry_ms = k->now + x->backoff_ms;
	return x->retry_ms;
}
