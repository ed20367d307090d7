/*
 * Events: fetch what follows, hand it to be stored, acknowledge only what the database says it has. While it stores, the
 * next ones are fetched already, a few answers ahead: they continue what was handed over before. Should that not be stored,
 * the database finds a hole in front of them and leaves them too; when all are answered, fetching begins anew at the mark.
 */
#include <stdio.h>
#include <string.h>

#include "gate/kidoban.h"

/* Acknowledging rides on fetching; for itself it waits until there is nothing more to be said. */
bool
events_due(const struct kidoban *k)
{
	if (k->rewind || k->storing == EVENTS_AHEAD)
		return false;
	return (k->want & GATE_WANT_EVENTS) != 0 || k->remote_newest > k->fetched || (k->unacknowledged && k->storing == 0);
}

static void
settle(struct kidoban *k)
{
	if (k->storing > 0)
		return;
	k->fetched = k->config.mark;
	k->rewind = false;
}

/* The controller has begun a new log: its numbers start over and nothing of it is stored yet. What the database has of the
 * old one is still to be answered. */
static void
follow_log(struct kidoban *k, const uint8_t *log)
{
	static const uint8_t none[GATE_LOG_SIZE];

	if (memcmp(log, k->config.log, GATE_LOG_SIZE) == 0)
		return;
	if (memcmp(k->config.log, none, GATE_LOG_SIZE) != 0) {
		emit_count(k->out, GATE_COUNT_LOG_CHANGED);
		emit_text(k->out, GATE_ACT_NOTE, "the controller began a new event log");
	}
	memcpy(k->config.log, log, GATE_LOG_SIZE);
	k->config.mark = 0;
	k->unacknowledged = false;
	k->rewind = true;
	settle(k);
}

void
events_seen(struct kidoban *k, const uint8_t *log, uint32_t newest)
{
	follow_log(k, log);
	if (newest < k->config.mark && newest != k->remote_newest) {
		snprintf(k->note, sizeof k->note, "the controller's newest event is %u but %u is stored of the same log",
		    newest, k->config.mark);
		emit_text(k->out, GATE_ACT_NOTE, k->note);
	}
	k->remote_newest = newest;
}

/* What is sent again has the same bytes, though the mark may have moved meanwhile. */
static void
choose_request(struct kidoban *k)
{
	/* more than there is would be refused; then only fetch */
	k->request_acked = k->config.mark > k->remote_newest ? 0 : k->config.mark;
	k->request_after = k->fetched;
	memcpy(k->request_log, k->config.log, GATE_LOG_SIZE);
}

void
events_build(struct kidoban *k, struct gate_message *m)
{
	if (k->lanes[LANE_EVENTS].tries == 0)
		choose_request(k);
	m->type = GATE_EVENTS;
	memcpy(m->u.events.log, k->request_log, GATE_LOG_SIZE);
	m->u.events.acked = k->request_acked;
	m->u.events.after = k->request_after;
	m->u.events.max = GATE_EVENTS_A_MESSAGE;
}

/* How many records from the first on have numbers without a hole, starting with `expected`. */
static uint32_t
contiguous_run(const struct gate_events_reply *r, uint32_t expected)
{
	uint32_t n = 0;

	while (n < r->count && r->events[n].seq == expected + n)
		n++;
	return n;
}

static void
hand_over(struct kidoban *k, const struct gate_events_reply *r, uint32_t n, uint32_t last)
{
	struct gate_action *a = emit(k->out, GATE_ACT_EVENTS);

	a->u.events.log = r->log;
	a->u.events.oldest = r->oldest;
	a->u.events.newest = r->newest;
	a->u.events.count = n;
	a->u.events.events = r->events;
	emit_count(k->out, GATE_COUNT_EVENT_BATCHES);
	for (uint32_t i = 0; i < n; i++)
		if (r->events[i].quarantined)
			emit_count(k->out, GATE_COUNT_EVENTS_QUARANTINED);
	k->storing_last[k->storing++] = k->fetched = last;
}

/* A hole that the controller declares is told to the database only when that has all before it. */
static void
take_records(struct kidoban *k, const struct gate_events_reply *r)
{
	bool gap = r->oldest > k->fetched && r->oldest - k->fetched > 1;
	uint32_t expected = gap ? r->oldest : k->fetched + 1, n;

	if (gap && k->storing > 0) {
		k->rewind = true;
		return;
	}
	n = contiguous_run(r, expected);
	if (n < r->count)
		emit_count(k->out, GATE_COUNT_EVENTS_OUT_OF_ORDER);
	if (n > 0 || gap)
		hand_over(k, r, n, expected - 1 + n);
	else if (k->remote_newest > k->fetched)
		kidoban_retry_later(k, LANE_EVENTS);
}

void
events_answered(struct kidoban *k, const struct gate_events_reply *r)
{
	/* Another log's reply begins with its first record, whatever was asked after. */
	bool from_first = memcmp(k->request_log, r->log, GATE_LOG_SIZE) != 0;

	if (memcmp(k->request_log, k->config.log, GATE_LOG_SIZE) == 0 && k->request_acked == k->config.mark)
		k->unacknowledged = false;
	k->want &= ~(uint32_t)GATE_WANT_EVENTS;
	events_seen(k, r->log, r->newest);
	if (!k->rewind && k->storing < EVENTS_AHEAD && (from_first ? k->fetched == 0 : k->request_after == k->fetched))
		take_records(k, r);
}

/* The oldest one handed over is answered; gives its last number. */
static uint32_t
next_answered(struct kidoban *k)
{
	uint32_t last = k->storing_last[0];

	if (k->storing == 0)
		return 0;
	k->storing--;
	memmove(k->storing_last, k->storing_last + 1, k->storing * sizeof k->storing_last[0]);
	return last;
}

/* Not all is stored that was handed over. Said once, for those behind it share its fate. */
static void
go_back(struct kidoban *k, bool later)
{
	if (later && !k->rewind)
		kidoban_retry_later(k, LANE_EVENTS);
	k->rewind = true;
}

void
events_stored(struct kidoban *k, const uint8_t *log, uint32_t mark)
{
	uint32_t last = next_answered(k);
	bool moved = mark > k->config.mark;

	if (memcmp(log, k->config.log, GATE_LOG_SIZE) == 0) {
		if (moved) {
			k->unacknowledged = true;
			kidoban_went_well(k, LANE_EVENTS);
		}
		if (mark < last)	/* committed without progress: do not spin */
			go_back(k, !moved);
		k->config.mark = mark;
		if (k->fetched < mark)
			k->fetched = mark;
	}
	settle(k);
}

void
events_store_failed(struct kidoban *k)
{
	emit_count(k->out, GATE_COUNT_STORE_FAILED);
	if (k->storing > 0)
		go_back(k, true);
	next_answered(k);
	settle(k);
}
