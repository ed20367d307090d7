/*
 * What controllers are, to the database: the latest of each, however often it changed while an earlier one was on its way.
 * A thousand controllers answer all the time, and each statement makes every browser's stream look: so a few a second, in
 * which many are told. The first after a while goes at once. A controller is at most once in a statement. When the database
 * is away it stays marked and is stored later.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "poller.h"

enum { MOST_AT_ONCE = 1000, PAUSE_MS = 100 };

struct status {
	struct poller *poller;
	struct controller *first, **last;	/* dirty */
	struct poller_status batch;
	int32_t *flying;		/* controllers in the statement under way */
	size_t flying_count;
	bool busy;
	int64_t next_ms;		/* the next statement may go then */
	struct loop_timer timer;
};

/* The round that it wakes flushes. */
static void pause_over(void *arg, int64_t now_ms)
{
	(void)arg, (void)now_ms;
}

struct status *status_new(struct poller *p)
{
	struct status *s = xcalloc(1, sizeof *s);

	s->poller = p;
	s->last = &s->first;
	s->flying = xcalloc(MOST_AT_ONCE, sizeof *s->flying);
	loop_timer_init(&s->timer, pause_over, s);
	return s;
}

void status_free(struct status *s)
{
	if (s == NULL)
		return;
	loop_timer_clear(s->poller->loop, &s->timer);
	poller_status_free(&s->batch);
	free(s->flying);
	free(s);
}

void status_changed(struct controller *c)
{
	struct status *s = c->poller->status;

	if (c->status_dirty)
		return;
	c->status_dirty = true;
	c->status_next = NULL;
	*s->last = c;
	s->last = &c->status_next;
}

void status_forget(struct controller *c)
{
	struct status *s = c->poller->status;

	if (!c->status_dirty)
		return;
	for (struct controller **at = &s->first; *at != NULL; at = &(*at)->status_next)
		if (*at == c) {
			*at = c->status_next;
			if (s->last == &c->status_next)
				s->last = at;
			break;
		}
	c->status_dirty = false;
}

static void stored(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct status *s = arg;

	s->busy = false;
	if (outcome == ASYNC_OK && async_rows_count(rows) == (int)s->flying_count)
		return;
	if (outcome == ASYNC_OK) {	/* some token is stale: find out which */
		controllers_lease(s->poller);
		return;
	}
	if (outcome == ASYNC_REFUSED)	/* sending the same again would be refused again; the next state comes by itself */
		return;
	for (size_t i = 0; i < s->flying_count; i++) {
		struct controller *c = controller_find(s->poller, s->flying[i]);

		if (c != NULL)
			status_changed(c);
	}
}

static void add(struct status *s, struct controller *c)
{
	c->status.controller = c->id;
	c->status.token = c->token;
	c->status.reason = c->reason;
	c->status.firmware = c->firmware;
	c->status.model = c->model;
	poller_status_add(&s->batch, &c->status);
	for (int i = 0; i < c->door_count; i++) {
		const struct gate_door_status *d = &c->door[i];

		poller_status_add_door(&s->batch, c->id, d->door, d->lock_state, d->arm_state, d->door_state,
		    d->verification_mode, d->unlock_mode, d->alarms);
	}
	c->door_count = 0;	/* doors that are not told again are not stored again */
	s->flying[s->flying_count++] = c->id;
}

void status_flush(struct status *s, int64_t now_ms)
{
	if (s->busy || s->first == NULL || !async_is_up(store_db(s->poller)))
		return;
	if (now_ms < s->next_ms) {
		loop_timer_set(s->poller->loop, &s->timer, s->next_ms);
		return;
	}
	s->next_ms = now_ms + PAUSE_MS;
	poller_status_begin(&s->batch);
	s->flying_count = 0;
	while (s->first != NULL && s->flying_count < MOST_AT_ONCE) {
		struct controller *c = s->first;

		s->first = c->status_next;
		c->status_dirty = false;
		add(s, c);
	}
	if (s->first == NULL)
		s->last = &s->first;
	s->busy = true;
	poller_store_status(store_db(s->poller), &s->batch, stored, s);
}

bool status_is_idle(const struct status *s)
{
	return !s->busy && s->first == NULL;
}
