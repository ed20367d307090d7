/*
 * Events by index: what follows what the database holds, some at a time, the next ones when those are committed. A board
 * does not name its log, so whether it is still the one we know is told by the event of our mark: another board at this
 * address, or one that was cleared, has another event there, or none.
 */
#include <string.h>

#include "gate/uhppote_session.h"
#include "gate/uhppote_value.h"

enum { TAIL_AT = 12 };			/* type to reason of an event: as good as a name */

bool
board_tail_due(const struct board *b)
{
	return !b->tail_checked && b->config.mark > 0 && b->config.tail_known && !b->storing;
}

bool
board_event_due(const struct board *b)
{
	return !b->storing && !board_tail_due(b) && b->oldest == 0 &&
	    (b->remote_newest > b->fetched || (b->want & GATE_WANT_EVENTS) != 0);
}

static void
fresh_log(struct board *b)
{
	memcpy(b->config.log, b->config.fresh_log, GATE_LOG_SIZE);
	b->config.log[GATE_LOG_SIZE - 1] ^= (uint8_t)b->logs++;
	b->config.mark = b->fetched = 0;
	b->config.tail_known = false;
	b->tail_checked = true;
	b->batch_count = 0;
	b->oldest = 0;
}

static void
log_changed(struct board *b, const char *why)
{
	emit_count(b->out, GATE_COUNT_LOG_CHANGED);
	board_note(b, "its events are of another log than those known up to %lu: %s", (unsigned long)b->config.mark, why);
	fresh_log(b);
}

void
board_events_seen(struct board *b, uint32_t newest)
{
	static const uint8_t none[GATE_LOG_SIZE];

	if (memcmp(b->config.log, none, GATE_LOG_SIZE) == 0)
		fresh_log(b);
	if (newest < b->config.mark && !b->storing)
		log_changed(b, "it holds fewer");
	b->remote_newest = newest;
}

void
board_event_build(struct board *b, enum task task, struct uhppote_message *m)
{
	m->function = UHPPOTE_GET_EVENT;
	m->u.number = task == TASK_TAIL ? b->config.mark : task == TASK_OLDEST ? UHPPOTE_INDEX_OLDEST : b->fetched + 1;
}

void
board_events_flush(struct board *b)
{
	struct gate_action *a;

	if (b->batch_count == 0 || b->storing)
		return;
	a = emit(b->out, GATE_ACT_EVENTS);
	a->u.events.log = b->config.log;
	a->u.events.oldest = b->batch[0].seq;
	a->u.events.newest = b->remote_newest > b->fetched ? b->remote_newest : b->fetched;
	a->u.events.count = b->batch_count;
	a->u.events.events = b->batch;
	a->u.events.tail = b->batch_tail;
	memcpy(b->stored_tail, b->batch_tail, GATE_TAIL_SIZE);
	b->storing = true;
	b->storing_last = b->fetched;
	emit_count(b->out, GATE_COUNT_EVENT_BATCHES);
	for (uint32_t i = 0; i < b->batch_count; i++)
		if (b->batch[i].quarantined)
			emit_count(b->out, GATE_COUNT_EVENTS_QUARANTINED);
}

/* Was it an operator's command that opened this door? */
static void
attribute(struct board *b, const struct uhppote_event *from, struct gate_event *to)
{
	enum { REMOTE_OPEN = 44 };

	if (from->reason != REMOTE_OPEN || to->door == 0 || !b->opened[to->door - 1].waits ||
	    b->now > b->opened[to->door - 1].until_ms)
		return;
	to->flags |= GATE_EVENT_BY_COMMAND;
	memcpy(to->command, b->opened[to->door - 1].id, GATE_ID_SIZE);
	b->opened[to->door - 1].waits = false;
}

static void
take_event(struct board *b, const struct uhppote_event *e)
{
	struct gate_event *to = &b->batch[b->batch_count++];
	int64_t latest_s = b->wall / 1000 + 5;

	event_translate(e, to);
	/* An unset clock gives no time: 1970 is out of any range, and the server says so (clock_drift). */
	if (e->at.date.year != 0) {
		int64_t at = local_to_utc(&b->config.offsets, uhppote_local_seconds(&e->at), latest_s);

		to->time_ms = at > 0 ? (uint64_t)at * 1000 : 0;
	} else {
		to->flags |= GATE_EVENT_CLOCK_UNSET;
	}
	attribute(b, e, to);
	memcpy(b->batch_tail, b->datagram + TAIL_AT, GATE_TAIL_SIZE);
	b->fetched = e->index;
	if (b->fetched > b->remote_newest)
		b->remote_newest = b->fetched;
	if (b->batch_count == BOARD_EVENTS_MAX || b->fetched == b->remote_newest)
		board_events_flush(b);
}

/* There is nothing at this index: fewer events than were said, or none more. */
static void
past_newest(struct board *b)
{
	b->want &= ~(uint32_t)GATE_WANT_EVENTS;
	if (b->remote_newest > b->fetched)
		b->want |= GATE_WANT_STATUS;
	b->remote_newest = b->fetched;
	board_events_flush(b);
}

static void
tail_answered(struct board *b, const struct uhppote_event *e)
{
	b->tail_checked = true;
	if (e->type == UHPPOTE_EVENT_OVERWRITTEN)	/* long ago: nothing to compare, and nothing that speaks against it */
		return;
	if (e->index != b->config.mark)
		log_changed(b, "that one is not there");
	else if (memcmp(b->datagram + TAIL_AT, b->config.tail, GATE_TAIL_SIZE) != 0)
		log_changed(b, "that one is another");
}

static void
oldest_answered(struct board *b, const struct uhppote_event *e)
{
	b->oldest = 0;
	if (e->index <= b->fetched + 1 || e->type == UHPPOTE_EVENT_NONE || e->type == UHPPOTE_EVENT_OVERWRITTEN) {
		b->want |= GATE_WANT_STATUS;		/* it has changed its mind: look again */
		b->retry_ms[TASK_EVENT] = b->now + BOARD_RETRY_FIRST_MS;
		return;
	}
	board_note(b, "it overwrote events %lu to %lu before they were fetched", (unsigned long)b->fetched + 1,
	    (unsigned long)e->index - 1);
	take_event(b, e);
}

void
board_event_answered(struct board *b, enum task task, const struct uhppote_event *e)
{
	if (task == TASK_TAIL) {
		tail_answered(b, e);
	} else if (task == TASK_OLDEST) {
		oldest_answered(b, e);
	} else if (e->type == UHPPOTE_EVENT_OVERWRITTEN) {
		b->oldest = 1;				/* a hole is told only when the database has all before it */
		board_events_flush(b);
	} else if (e->index == 0 || e->type == UHPPOTE_EVENT_NONE) {
		past_newest(b);
	} else if (e->index == b->fetched + 1) {
		take_event(b, e);
	} else {
		emit_count(b->out, GATE_COUNT_WRONG_REPLY);
		b->retry_ms[TASK_EVENT] = b->now + BOARD_RETRY_FIRST_MS;
	}
}

void
board_events_stored(struct board *b, const uint8_t *log, uint32_t mark)
{
	bool ours = memcmp(log, b->config.log, GATE_LOG_SIZE) == 0;

	if (!b->storing)
		return;
	b->storing = false;
	b->batch_count = 0;
	if (ours && mark == b->storing_last) {
		b->config.mark = mark;
		b->config.tail_known = true;
		memcpy(b->config.tail, b->stored_tail, GATE_TAIL_SIZE);
		return;
	}
	if (ours) {
		b->config.tail_known = false;
		b->config.mark = mark;
	}
	b->fetched = b->config.mark;
	b->retry_ms[TASK_EVENT] = b->now + BOARD_RETRY_FIRST_MS;
}

void
board_events_store_failed(struct board *b)
{
	emit_count(b->out, GATE_COUNT_STORE_FAILED);
	b->storing = false;
	b->batch_count = 0;
	b->fetched = b->config.mark;
	b->retry_ms[TASK_EVENT] = b->now + BOARD_RETRY_FIRST_MS;
}
