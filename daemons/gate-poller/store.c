/*
 * Events to the database. Those of many controllers go into one statement; while it is on its way the next are gathered.
 * A controller hears that its events are stored only after that statement's commit (H-7); when it failed, or when the
 * lease was lost meanwhile, it hears that, and gives the same events again later. Memory is bounded: a session gives few
 * answers ahead of the first one's commit, and when much waits here nobody is asked for events (slots.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "poller.h"

enum { FULL = 2000 };	/* events that wait: a larger statement stores no more a second, only later */

struct part {
	int32_t controller;
	int64_t token;
	unsigned given;			/* times that the session handed something over: it hears as many answers */
	bool answered;
};

struct batch {
	struct poller_ingest ingest;
	struct part *parts;
	size_t count, room;
	size_t events;
	uint64_t number;		/* 1, 2 ... as they were begun */
};

struct store {
	struct poller *poller;
	struct batch batches[2];
	int gathering;			/* the other one is on its way */
	bool busy;
	uint64_t begun;
	size_t alone;			/* statements of one controller only under way */
	int64_t sent_ms;
	struct store_count count;
};

static void batch_begin(struct batch *b, uint64_t number)
{
	poller_ingest_begin(&b->ingest);
	b->count = b->events = 0;
	b->number = number;
}

struct store *store_new(struct poller *p)
{
	struct store *s = xcalloc(1, sizeof *s);

	s->poller = p;
	batch_begin(&s->batches[0], ++s->begun);
	batch_begin(&s->batches[1], ++s->begun);
	return s;
}

void store_free(struct store *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		poller_ingest_free(&s->batches[i].ingest);
		free(s->batches[i].parts);
	}
	free(s);
}

const struct store_count *store_counts(const struct store *s)
{
	return &s->count;
}

bool store_is_idle(const struct store *s)
{
	return !s->busy && s->alone == 0 && s->batches[s->gathering].count == 0;
}

static void tell_failed(struct controller *c, unsigned times, int64_t now_ms)
{
	while (times-- > 0)
		session_step(c, &(struct gate_input){ .kind = GATE_IN_STORE_FAILED }, now_ms);
}

static void tell_mark(struct controller *c, const struct poller_mark *m, unsigned times, int64_t now_ms)
{
	while (times-- > 0)
		session_step(c, &(struct gate_input){ .kind = GATE_IN_STORED, .u.stored = { m->log, (uint32_t)m->mark } }, now_ms);
}

static void add_event(struct batch *b, int32_t controller, const struct gate_event *e)
{
	struct poller_event out = {
		.seq = e->seq, .time_ms = (int64_t)e->time_ms, .kind = e->kind, .door = e->door, .reader = e->reader,
		.credential = e->credential, .card = e->card, .revision = e->revision, .flags = e->flags,
		.command = (e->flags & GATE_EVENT_BY_COMMAND) ? e->command : NULL, .detail = e->detail,
	};

	poller_ingest_add_event(&b->ingest, controller, &out);
}

/* A controller whose events the database refused: by itself, so that it keeps nobody else's from being stored. */
struct alone {
	struct store *store;
	int32_t controller;
	int64_t token;
};

static void stored_alone(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct alone *a = arg;
	struct store *s = a->store;
	struct controller *c = controller_with_token(s->poller, a->controller, a->token);
	struct poller_mark m = { 0 };

	s->alone--;
	if (outcome == ASYNC_OK && async_rows_count(rows) == 1)
		poller_mark_read(rows, 0, &m);
	else
		s->count.failed++;
	if (c != NULL && m.log != NULL) {
		c->store_alone = false;
		tell_mark(c, &m, 1, clock_mono_ms());
	} else if (c != NULL) {
		tell_failed(c, 1, clock_mono_ms());
	}
	free(a);
}

static void store_alone(struct store *s, struct controller *c, const struct gate_action *a)
{
	struct alone *one = xcalloc(1, sizeof *one);
	struct batch b = { 0 };

	*one = (struct alone){ .store = s, .controller = c->id, .token = c->token };
	batch_begin(&b, 0);
	poller_ingest_add_log(&b.ingest, c->id, c->token, a->u.events.log, a->u.events.oldest, a->u.events.tail);
	for (uint32_t i = 0; i < a->u.events.count; i++)
		add_event(&b, c->id, &a->u.events.events[i]);
	poller_ingest_send(store_db(s->poller), &b.ingest, stored_alone, one);
	poller_ingest_free(&b.ingest);
	s->alone++;
}

/* Where the controller's events of this batch are told of; one entry, however often it gives some. */
static struct part *own_part(struct batch *b, struct controller *c, const struct gate_action *a)
{
	if (c->store_batch == b->number)
		return &b->parts[c->store_part];
	if (b->count == b->room) {
		b->room = b->room ? b->room * 2 : 64;
		b->parts = xreallocarray(b->parts, b->room, sizeof *b->parts);
	}
	c->store_batch = b->number;
	c->store_part = b->count;
	b->parts[b->count] = (struct part){ .controller = c->id, .token = c->token };
	poller_ingest_add_log(&b->ingest, c->id, c->token, a->u.events.log, a->u.events.oldest, a->u.events.tail);
	return &b->parts[b->count++];
}

void store_events(struct store *s, struct controller *c, const struct gate_action *a)
{
	struct batch *b = &s->batches[s->gathering];

	if (c->store_alone) {
		store_alone(s, c, a);
		return;
	}
	own_part(b, c, a)->given++;
	for (uint32_t i = 0; i < a->u.events.count; i++)
		add_event(b, c->id, &a->u.events.events[i]);
	b->events += a->u.events.count;
	s->count.waiting = b->events;
}

bool store_is_full(const struct store *s)
{
	return s->batches[s->gathering].events >= FULL;
}

static struct part *part_of(struct batch *b, int32_t controller)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->parts[i].controller == controller)
			return &b->parts[i];
	return NULL;
}

/* Rows come in any order; `hint` makes the usual one, that of the batch, cheap. */
static struct part *part_near(struct batch *b, int32_t controller, size_t hint)
{
	if (hint < b->count && b->parts[hint].controller == controller)
		return &b->parts[hint];
	return part_of(b, controller);
}

static void tell_stored(struct store *s, struct batch *b, const struct async_rows *rows, int64_t now_ms)
{
	for (int i = 0; i < async_rows_count(rows); i++) {
		struct poller_mark m;

		poller_mark_read(rows, i, &m);
		struct part *part = part_near(b, m.controller, (size_t)i);
		if (part == NULL || part->answered || m.log == NULL)
			continue;
		struct controller *c = controller_with_token(s->poller, m.controller, part->token);
		part->answered = true;
		if (c != NULL)
			tell_mark(c, &m, part->given, now_ms);
	}
}

static void tell_rest_failed(struct store *s, struct batch *b, bool refused, int64_t now_ms)
{
	for (size_t i = 0; i < b->count; i++) {
		struct controller *c = controller_with_token(s->poller, b->parts[i].controller, b->parts[i].token);

		if (b->parts[i].answered || c == NULL)
			continue;
		c->store_alone = refused;
		tell_failed(c, b->parts[i].given, now_ms);
	}
}

static void stored(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct store *s = arg;
	struct batch *b = &s->batches[1 - s->gathering];
	int64_t now = clock_mono_ms();
	size_t answered = 0;

	s->busy = false;
	s->count.last_ms = now - s->sent_ms;
	if (outcome == ASYNC_OK) {
		s->count.batches++;
		s->count.events += b->events;
		tell_stored(s, b, rows, now);
		for (size_t i = 0; i < b->count; i++)
			answered += b->parts[i].answered;
		s->count.stale += b->count - answered;
		if (answered < b->count)
			controllers_lease(s->poller);
	} else {
		s->count.failed++;
		log_warnx("events of %zu controllers were not stored: %s", b->count, async_outcome_name(outcome));
	}
	tell_rest_failed(s, b, outcome == ASYNC_REFUSED, now);
	batch_begin(b, ++s->begun);
}

void store_flush(struct store *s, int64_t now_ms)
{
	struct batch *b = &s->batches[s->gathering];

	if (s->busy || b->count == 0)
		return;
	s->busy = true;
	s->sent_ms = now_ms;
	s->gathering = 1 - s->gathering;
	s->count.waiting = 0;
	poller_ingest_send(store_db(s->poller), &b->ingest, stored, s);
}
