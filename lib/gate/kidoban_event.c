/*
 * Events: fetch what follows the mark, hand it to be stored, acknowledge only what the database says it has.
 */
#include <stdio.h>
#include <string.h>

#include "gate/kidoban.h"

bool
events_due(const struct kidoban *k)
{
	return !k->storing && ((k->want & GATE_WANT_EVENTS) != 0 || k->unacknowledged || k->remote_newest > k->config.mark);
}

/* The controller has begun a new log: its numbers start over and nothing of it is stored yet. */
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
	k->storing = false;
	k->unacknowledged = false;
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

void
events_build(struct kidoban *k, struct gate_message *m)
{
	m->type = GATE_EVENTS;
	memcpy(m->u.events.log, k->config.log, GATE_LOG_SIZE);
	m->u.events.acked = m->u.events.after = k->config.mark;
	/* more than there is would be refused; then only fetch */
	if (k->config.mark > k->remote_newest)
		m->u.events.acked = 0;
	m->u.events.max = GATE_EVENTS_A_MESSAGE;
	k->request_after = k->config.mark;
	memcpy(k->request_log, k->config.log, GATE_LOG_SIZE);
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
hand_over(struct kidoban *k, const struct gate_events_reply *r, uint32_t n)
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
	k->storing = true;
}

void
events_answered(struct kidoban *k, const struct gate_events_reply *r)
{
	uint32_t expected, n;
	bool gap;

	if (k->request_after == k->config.mark && memcmp(k->request_log, k->config.log, GATE_LOG_SIZE) == 0)
		k->unacknowledged = false;
	k->want &= ~(uint32_t)GATE_WANT_EVENTS;
	events_seen(k, r->log, r->newest);
	gap = r->oldest > k->config.mark + 1 && k->config.mark < UINT32_MAX;
	expected = gap ? r->oldest : k->config.mark + 1;
	n = contiguous_run(r, expected);
	if (n < r->count)
		emit_count(k->out, GATE_COUNT_EVENTS_OUT_OF_ORDER);
	if (n > 0 || gap)
		hand_over(k, r, n);
	else if (k->remote_newest > k->config.mark)
		kidoban_retry_later(k, LANE_EVENTS);
}

void
events_stored(struct kidoban *k, const uint8_t *log, uint32_t mark)
{
	bool moved = mark > k->config.mark;

	if (memcmp(log, k->config.log, GATE_LOG_SIZE) != 0)
		return;
	if (moved) {
		k->unacknowledged = true;
		kidoban_went_well(k, LANE_EVENTS);
	} else if (k->storing) {	/* committed without progress: do not spin */
		kidoban_retry_later(k, LANE_EVENTS);
	}
	k->config.mark = mark;
	k->storing = false;
}

void
events_store_failed(struct kidoban *k)
{
	emit_count(k->out, GATE_COUNT_STORE_FAILED);
	if (k->storing)
		kidoban_retry_later(k, LANE_EVENTS);
	k->storing = false;
}
