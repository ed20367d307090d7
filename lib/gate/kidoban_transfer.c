/*
 * Transfers: begin (which may resume), chunks in windows, commit. A window is one hold of a slot. Every chunk reply
 * tells all that the controller has, so one that arrives makes up for those that were lost.
 */
#include "gate/kidoban.h"

static uint32_t
total(const struct transfer *t)
{
	return t->plan->begin.chunks;
}

/* Does the controller hold this chunk? */
static bool
is_held(const struct transfer *t, uint32_t index)
{
	if (index < t->contiguous)
		return true;
	return index > t->contiguous && index - t->contiguous - 1 < 64 && (t->beyond >> (index - t->contiguous - 1) & 1);
}

static bool
chunks_complete(const struct transfer *t)
{
	return t->contiguous >= total(t);
}

static void
ended(struct kidoban *k, bool ok, const char *reason)
{
	k->transfer.phase = TRANSFER_NONE;
	k->transfer.open = false;
	k->transfer.plan = NULL;
	exchange_drop(k, LANE_TRANSFER);
	emit_ended(k->out, GATE_ACT_TRANSFER_ENDED, ok, reason);
}

void
transfer_failed(struct kidoban *k, const char *reason)
{
	if (k->transfer.phase != TRANSFER_NONE)
		ended(k, false, reason);
}

void
transfer_start(struct kidoban *k, const struct gate_transfer_plan *plan)
{
	struct transfer *t = &k->transfer;

	if (t->phase != TRANSFER_NONE) {
		emit_ended(k->out, GATE_ACT_TRANSFER_ENDED, false, "another transfer is under way");
		return;
	}
	t->plan = plan;
	t->phase = TRANSFER_BEGIN;
	t->handle = t->contiguous = t->restarts = 0;
	t->beyond = 0;
	t->window = WINDOW_FIRST;
	kidoban_went_well(k, LANE_TRANSFER);
}

/* Staged chunks stay with the controller: a repetition resumes. */
void
transfer_stop(struct kidoban *k)
{
	transfer_failed(k, "stopped");
}

void
transfer_channel_lost(struct kidoban *k)
{
	k->transfer.open = false;
	if (k->transfer.phase != TRANSFER_NONE)
		k->transfer.phase = TRANSFER_BEGIN;
}

bool
transfer_message_due(const struct kidoban *k)
{
	const struct transfer *t = &k->transfer;

	return t->phase == TRANSFER_BEGIN || t->phase == TRANSFER_COMMIT;
}

bool
transfer_window_due(const struct kidoban *k)
{
	return k->transfer.phase == TRANSFER_CHUNKS && !k->transfer.open;
}

void
transfer_build(const struct kidoban *k, struct gate_message *m)
{
	if (k->transfer.phase == TRANSFER_BEGIN) {
		m->type = GATE_TRANSFER_BEGIN;
		m->u.transfer_begin = k->transfer.plan->begin;
	} else {
		m->type = GATE_TRANSFER_COMMIT;
		m->u.transfer_handle.handle = k->transfer.handle;
	}
}

static uint16_t
chunk_size(const struct transfer *t, uint32_t index)
{
	uint32_t left = t->plan->begin.bytes - index * GATE_CHUNK_SIZE;

	return left < GATE_CHUNK_SIZE ? (uint16_t)left : GATE_CHUNK_SIZE;
}

/* false when the plan's reader failed. */
static bool
send_chunk(struct kidoban *k, uint32_t bit)
{
	struct transfer *t = &k->transfer;
	uint8_t payload[GATE_CHUNK_SIZE];
	struct gate_message m = { .type = GATE_TRANSFER_CHUNK, .exchange = t->ids[bit] };
	struct gate_transfer_chunk *c = &m.u.transfer_chunk;

	c->handle = t->handle;
	c->index = t->base + bit;
	c->size = chunk_size(t, c->index);
	c->data = payload;
	if (t->plan->read(t->plan->context, c->index * GATE_CHUNK_SIZE, payload, c->size) == -1)
		return false;
	emit_send(k->out, &m);
	return true;
}

static int64_t
window_timeout(const struct kidoban *k)
{
	int64_t patience = 2 * (int64_t)k->rtt_ms;
	int64_t backoff = k->transfer.rounds < 3 ? 1 << k->transfer.rounds : 4;

	return (patience > WINDOW_TIMEOUT_MS ? patience : WINDOW_TIMEOUT_MS) * backoff;
}

static void
send_asked(struct kidoban *k)
{
	struct transfer *t = &k->transfer;

	for (uint32_t bit = 0; bit < WINDOW_MOST; bit++)
		if (t->asked >> bit & 1 && !send_chunk(k, bit)) {
			transfer_failed(k, "the server could not read what it was sending");
			return;
		}
	t->sent_ms = k->now;
	t->again_ms = k->now + window_timeout(k);
}

void
transfer_open_window(struct kidoban *k)
{
	struct transfer *t = &k->transfer;
	uint32_t count = 0;

	t->base = t->contiguous;
	t->asked = 0;
	t->lost = false;
	t->rounds = 0;
	for (uint32_t bit = 0; bit < WINDOW_MOST && count < t->window && t->base + bit < total(t); bit++)
		if (!is_held(t, t->base + bit)) {
			t->asked |= UINT32_C(1) << bit;
			t->ids[bit] = exchange_new_id(k);
			count++;
		}
	t->open = true;
	send_asked(k);
}

void
transfer_overdue(struct kidoban *k)
{
	struct transfer *t = &k->transfer;

	if (++t->rounds >= TRIES) {
		emit_count(k->out, GATE_COUNT_NO_ANSWER);
		kidoban_lost(k, "no answer to a transfer");
		return;
	}
	t->lost = true;
	t->window = t->window / 2 < WINDOW_LEAST ? WINDOW_LEAST : t->window / 2;
	for (uint32_t bit = 0; bit < WINDOW_MOST; bit++)
		if (t->asked >> bit & 1)
			emit_count(k->out, GATE_COUNT_RESENT);
	send_asked(k);
}

static void
window_done(struct kidoban *k)
{
	struct transfer *t = &k->transfer;
	struct gate_action *a = emit(k->out, GATE_ACT_TRANSFER_PROGRESS);

	a->u.progress.done = t->contiguous;
	a->u.progress.total = total(t);
	t->open = false;
	if (!t->lost) {
		int32_t rtt = (int32_t)(k->now - t->sent_ms);

		k->rtt_ms = k->rtt_ms == 0 ? rtt : (7 * k->rtt_ms + rtt) / 8;
		if (t->window < WINDOW_MOST)
			t->window += t->window < WINDOW_MOST / 2 ? 4 : 1;
	}
	if (chunks_complete(t))
		t->phase = TRANSFER_COMMIT;
}

void
transfer_begun(struct kidoban *k, const struct gate_transfer_begin_reply *r)
{
	struct transfer *t = &k->transfer;

	t->handle = r->handle;
	t->beyond = 0;
	t->contiguous = r->state == GATE_TRANSFER_ALREADY || r->contiguous > total(t) ? total(t) : r->contiguous;
	t->phase = chunks_complete(t) ? TRANSFER_COMMIT : TRANSFER_CHUNKS;
}

bool
transfer_owns(const struct kidoban *k, uint32_t exchange)
{
	const struct transfer *t = &k->transfer;

	if (!t->open)
		return false;
	for (uint32_t bit = 0; bit < WINDOW_MOST; bit++)
		if (t->asked >> bit & 1 && t->ids[bit] == exchange)
			return true;
	return false;
}

/* Replies may overtake one another: what the controller held once it holds. */
void
transfer_chunk_answered(struct kidoban *k, const struct gate_transfer_chunk_reply *r)
{
	struct transfer *t = &k->transfer;
	uint32_t asked = t->asked;

	if (r->handle != t->handle || r->contiguous > total(t)) {
		emit_count(k->out, GATE_COUNT_WRONG_REPLY);
		return;
	}
	if (r->contiguous > t->contiguous) {
		t->contiguous = r->contiguous;
		t->beyond = r->bitmap;
	} else if (r->contiguous == t->contiguous) {
		t->beyond |= r->bitmap;
	}
	for (uint32_t bit = 0; bit < WINDOW_MOST; bit++)
		if (is_held(t, t->base + bit))
			t->asked &= ~(UINT32_C(1) << bit);
	if (t->asked != asked) {
		t->rounds = 0;
		t->again_ms = k->now + window_timeout(k);
	}
	if (t->asked == 0)
		window_done(k);
}

void
transfer_again(struct kidoban *k, const char *why)
{
	struct transfer *t = &k->transfer;

	if (++t->restarts > TRANSFER_RESTARTS) {
		transfer_failed(k, why);
		return;
	}
	exchange_drop(k, LANE_TRANSFER);
	t->open = false;
	t->phase = TRANSFER_BEGIN;
	kidoban_retry_later(k, LANE_TRANSFER);
}

void
transfer_committed(struct kidoban *k, const struct gate_transfer_commit_reply *r)
{
	static const char *const reasons[GATE_TRANSFER_OUTCOME_LAST + 1] = {
		[GATE_TRANSFER_BAD_RECORD] = "the controller refused a record",
		[GATE_TRANSFER_BAD_BASE] = "the controller does not hold the revision this starts from",
		[GATE_TRANSFER_NO_SPACE] = "the controller has no room",
	};
	struct gate_action *a;

	if (r->handle != k->transfer.handle) {
		emit_count(k->out, GATE_COUNT_WRONG_REPLY);
		return;
	}
	switch (r->outcome) {
	case GATE_TRANSFER_SWITCHED:
		a = emit(k->out, GATE_ACT_STREAM_CONFIRMED);
		a->u.confirmed.stream = k->transfer.plan->begin.stream;
		a->u.confirmed.revision = r->revision;
		a->u.confirmed.digest = r->digest;
		ended(k, true, "");
		break;
	case GATE_TRANSFER_INCOMPLETE:
		transfer_again(k, "the controller keeps losing chunks");
		break;
	case GATE_TRANSFER_BAD_HASH:
		transfer_again(k, "what the controller received has another hash");
		break;
	case GATE_TRANSFER_STORAGE:
		transfer_again(k, "the controller can not write its memory");
		break;
	default:
		transfer_failed(k, r->reason[0] != '\0' ? r->reason : reasons[r->outcome]);
	}
}
