/*
 * What comes from a controller: matched to the request that waits for it by exchange and type. Anything else, a late,
 * doubled, foreign or malformed datagram, is counted and changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "gate/codes.h"
#include "gate/kidoban.h"

static int32_t
clamp32(int64_t value)
{
	return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* Controller's clock minus ours at the middle of the exchange. */
static int32_t
clock_offset(const struct kidoban *k, uint64_t time_ms, int64_t rtt)
{
	return clamp32((int64_t)time_ms - (k->wall - rtt / 2));
}

static bool
hello_answered(struct kidoban *k, const struct gate_hello_reply *r, int64_t rtt)
{
	struct gate_action *a;

	if (r->serial != k->config.serial) {
		snprintf(k->note, sizeof k->note, "another controller answers here: serial %016llx",
		    (unsigned long long)r->serial);
		emit_text(k->out, GATE_ACT_NOTE, k->note);
		return false;
	}
	if (r->version != GATE_PROTOCOL_VERSION)
		return false;
	a = emit(k->out, GATE_ACT_HELLO);
	a->u.hello.reply = r;
	a->u.hello.clock_offset_ms = clock_offset(k, r->time_ms, rtt);
	a->u.hello.rtt_ms = clamp32(rtt);
	kidoban_greeted(k);
	events_seen(k, r->log, r->newest);
	return true;
}

static bool
status_answered(struct kidoban *k, const struct gate_status_reply *r, int64_t rtt)
{
	struct gate_action *a = emit(k->out, GATE_ACT_STATUS);

	a->u.status.reply = r;
	a->u.status.clock_offset_ms = clock_offset(k, r->time_ms, rtt);
	a->u.status.rtt_ms = clamp32(rtt);
	k->want &= ~(uint32_t)GATE_WANT_STATUS;
	kidoban_went_well(k, LANE_STATUS);
	events_seen(k, r->log, r->newest);
	return true;
}

static bool
clock_answered(struct kidoban *k, const struct gate_clock_reply *r, int64_t rtt)
{
	struct gate_action *a;
	int64_t middle = k->clock_wall_ms + rtt / 2;

	if (rtt > CLOCK_TRUST_MS) {
		kidoban_retry_later(k, LANE_CLOCK);
		return true;
	}
	k->want &= ~(uint32_t)GATE_WANT_CLOCK;
	kidoban_went_well(k, LANE_CLOCK);
	a = emit(k->out, GATE_ACT_CLOCK);
	a->u.clock.offset_before_ms = (int64_t)r->before_ms - middle;
	a->u.clock.offset_after_ms = (int64_t)r->after_ms - middle;
	return true;
}

static bool
digest_answered(struct kidoban *k, const struct gate_digest_reply *r)
{
	const struct gate_digest_request *asked = &k->digests[0];

	if (r->stream != asked->stream || r->first != asked->first || r->count != asked->count)
		return false;
	emit(k->out, GATE_ACT_DIGEST)->u.digest = r;
	kidoban_went_well(k, LANE_DIGEST);
	k->digest_count--;
	memmove(k->digests, k->digests + 1, k->digest_count * sizeof k->digests[0]);
	return true;
}

/* false when the content does not fit the question. */
static bool
take_reply(struct kidoban *k, enum lane lane, const struct gate_message *m, int64_t rtt)
{
	switch (lane) {
	case LANE_HELLO:
		return hello_answered(k, &m->u.hello_reply, rtt);
	case LANE_COMMAND:
		if (memcmp(m->u.command_reply.id, k->commands[k->command_first].order.id, GATE_ID_SIZE) != 0)
			return false;
		command_answered(k, &m->u.command_reply);
		return true;
	case LANE_REVOKE:
		revoke_answered(k, &m->u.revoke_reply);
		return true;
	case LANE_KEY:
		key_answered(k, &m->u.key_reply);
		return true;
	case LANE_STATUS:
		return status_answered(k, &m->u.status_reply, rtt);
	case LANE_CLOCK:
		return clock_answered(k, &m->u.clock_reply, rtt);
	case LANE_EVENTS:
		events_answered(k, &m->u.events_reply);
		return true;
	case LANE_DIGEST:
		return digest_answered(k, &m->u.digest_reply);
	case LANE_TRANSFER:
		if (k->transfer.phase == TRANSFER_BEGIN)
			transfer_begun(k, &m->u.transfer_begin_reply);
		else
			transfer_committed(k, &m->u.transfer_commit_reply);
		return true;
	case LANES:
		break;
	}
	return false;
}

/* --- errors ------------------------------------------------------------------------------------------------ */

static bool
is_passing(uint16_t code)
{
	return code == GATE_ERROR_BUSY || code == GATE_ERROR_STORAGE;
}

/* The question is dropped: asking again in this session would bring the same answer. */
static void
give_up_on(struct kidoban *k, enum lane lane, const struct gate_error *e)
{
	const char *why = e->text[0] != '\0' ? e->text : gate_error_name(e->code);

	switch (lane) {
	case LANE_COMMAND:
		command_failed(k, e->code == GATE_ERROR_UNSUPPORTED ? OUTCOME_NOT_SUPPORTED : OUTCOME_REFUSED, why);
		break;
	case LANE_REVOKE:
		revoke_failed(k, why);
		break;
	case LANE_KEY:
		key_failed(k);
		break;
	case LANE_STATUS:
		k->want &= ~(uint32_t)GATE_WANT_STATUS;
		break;
	case LANE_CLOCK:
		k->want &= ~(uint32_t)GATE_WANT_CLOCK;
		break;
	case LANE_EVENTS:	/* never given up: they are the history */
		kidoban_retry_later(k, LANE_EVENTS);
		break;
	case LANE_DIGEST:
		k->digest_count--;
		memmove(k->digests, k->digests + 1, k->digest_count * sizeof k->digests[0]);
		break;
	case LANE_TRANSFER:
		if (e->code == GATE_ERROR_NO_SUCH_TRANSFER)
			transfer_again(k, why);
		else
			transfer_failed(k, why);
		break;
	case LANE_HELLO:
	case LANES:
		break;
	}
}

static void
take_error(struct kidoban *k, enum lane lane, const struct gate_error *e)
{
	emit_count(k->out, GATE_COUNT_ERROR_REPLY);
	snprintf(k->note, sizeof k->note, "%s: %s%s%.120s", gate_type_name(k->lanes[lane].type), gate_error_name(e->code),
	    e->text[0] != '\0' ? ": " : "", e->text);
	emit_text(k->out, GATE_ACT_NOTE, k->note);
	exchange_drop(k, lane);
	if (lane == LANE_HELLO || e->code == GATE_ERROR_NOT_GREETED)
		kidoban_lost(k, "the controller refused the session");
	else if (is_passing(e->code))
		kidoban_retry_later(k, lane);
	else
		give_up_on(k, lane, e);
}

/* A window's chunk was refused: busy means later, all else begins again. */
static void
take_chunk_error(struct kidoban *k, const struct gate_error *e)
{
	emit_count(k->out, GATE_COUNT_ERROR_REPLY);
	if (!is_passing(e->code))
		transfer_again(k, e->text[0] != '\0' ? e->text : gate_error_name(e->code));
}

/* --- matching ---------------------------------------------------------------------------------------------- */

static enum lane
lane_of(const struct kidoban *k, uint32_t exchange)
{
	for (enum lane i = 0; i < LANES; i++)
		if (k->lanes[i].waits && k->lanes[i].id == exchange)
			return i;
	return LANE_NONE;
}

static void
chunk_reply(struct kidoban *k, const struct gate_message *m)
{
	if (m->type == GATE_ERROR)
		take_chunk_error(k, &m->u.error);
	else if (m->type == (GATE_TRANSFER_CHUNK | GATE_REPLY))
		transfer_chunk_answered(k, &m->u.transfer_chunk_reply);
	else
		emit_count(k->out, GATE_COUNT_WRONG_REPLY);
}

static void
lane_reply(struct kidoban *k, enum lane lane, const struct gate_message *m)
{
	struct exchange *x = &k->lanes[lane];
	int64_t rtt = k->now - x->first_ms;

	if (m->type == GATE_ERROR) {
		take_error(k, lane, &m->u.error);
		return;
	}
	if (m->type != (x->type | GATE_REPLY)) {
		emit_count(k->out, GATE_COUNT_WRONG_REPLY);
		return;
	}
	exchange_answered(k, lane);
	if (take_reply(k, lane, m, rtt))
		return;
	emit_count(k->out, GATE_COUNT_WRONG_REPLY);
	if (lane == LANE_HELLO)
		kidoban_lost(k, "wrong hello");
	else
		kidoban_retry_later(k, lane);
}

void
reply_received(struct kidoban *k, const uint8_t *bytes, size_t size)
{
	struct gate_message *m = &k->out->message;
	enum lane lane;

	emit_count(k->out, GATE_COUNT_RECEIVED);
	if (k->state < GATE_SESSION_GREETING) {
		emit_count(k->out, GATE_COUNT_UNEXPECTED);
		return;
	}
	if (gate_decode(bytes, size, m) != GATE_OK) {
		emit_count(k->out, GATE_COUNT_MALFORMED);
		return;
	}
	if (!(m->type & GATE_REPLY)) {
		emit_count(k->out, GATE_COUNT_UNEXPECTED);
		return;
	}
	k->suspect = false;
	if (transfer_owns(k, m->exchange))
		chunk_reply(k, m);
	else if ((lane = lane_of(k, m->exchange)) != LANE_NONE)
		lane_reply(k, lane, m);
	else
		emit_count(k->out, GATE_COUNT_STALE_REPLY);
}
