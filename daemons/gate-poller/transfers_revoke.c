/* Revocations of one controller: the whole list each time, ahead of everything else (C-7). */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "transfers.h"

/* A fraction of a site: the first are told while the lists of the next are worked out. */
enum { LISTS_AT_ONCE = 100 };

struct revoke_work {
	struct work work;
	struct gate_revoke_plan plan;
	struct gate_revocation *entries;
	size_t count, room;
	struct revoke_lists *lists;	/* that its own is asked for with */
};

struct revoke_lists {
	struct transfers *transfers;
	struct revoke_work *works[LISTS_AT_ONCE];
	size_t count;
};

static void work_free(struct revoke_work *w)
{
	free(w->entries);
	free(w);
}

static void finish(struct controller *c, bool ok, const char *reason, int64_t now_ms)
{
	struct revoke_work *w = c->revoke;

	c->revoke = NULL;
	work_ended(c, &w->work, ok, reason, now_ms);
	work_free(w);
}

static void send_list(struct controller *c, struct revoke_work *w, int64_t now_ms)
{
	w->plan = (struct gate_revoke_plan){ .mode = GATE_REVOKE_REPLACE, .to = (uint64_t)w->work.to,
		.count = (uint32_t)w->count, .entries = w->entries };
	w->work.state = WORK_SENDING;
	session_step(c, &(struct gate_input){ .kind = GATE_IN_REVOKE, .u.revoke = &w->plan }, now_ms);
}

static void take_row(struct revoke_lists *l, const struct async_rows *rows, int row)
{
	struct poller_revocation r;

	poller_revocation_read(rows, row, &r);
	struct controller *c = controller_find(l->transfers->poller, r.controller);
	struct revoke_work *w = c != NULL ? c->revoke : NULL;
	if (w == NULL || w->lists != l)
		return;
	if (w->count == w->room) {
		w->room = w->room ? w->room * 2 : 8;
		w->entries = xreallocarray(w->entries, w->room, sizeof *w->entries);
	}
	w->entries[w->count++] = (struct gate_revocation){ r.credential, (uint8_t)r.reason, (uint64_t)r.revision };
}

static void loaded(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct revoke_lists *l = arg;
	int64_t now = clock_mono_ms();

	for (int i = 0; outcome == ASYNC_OK && i < async_rows_count(rows); i++)
		take_row(l, rows, i);
	for (size_t i = 0; i < l->count; i++) {
		struct revoke_work *w = l->works[i];
		struct controller *c = w->work.controller;

		w->lists = NULL;
		if (c == NULL)
			work_free(w);
		else if (outcome != ASYNC_OK)
			finish(c, false, "the database did not give the list", now);
		else
			send_list(c, w, now);
	}
	free(l);
}

void revoke_ask(struct transfers *t)
{
	struct revoke_lists *l = t->lists;
	struct pg_array controllers = { 0 };

	if (l == NULL)
		return;
	t->lists = NULL;
	pg_array_begin(&controllers, PG_INT4);
	for (size_t i = 0; i < l->count; i++)
		pg_array_add_int4(&controllers, l->works[i]->work.controller->id);
	poller_revocations(control(t->poller), &controllers, loaded, l);
	pg_array_free(&controllers);
}

void revoke_start(struct transfers *t, struct controller *c, const struct poller_stream *s)
{
	struct revoke_work *w;

	if (c->revoke != NULL) {
		c->revoke->work.behind = s->wanted > c->revoke->work.to;
		return;
	}
	w = c->revoke = xcalloc(1, sizeof *w);
	w->work = (struct work){ .transfers = t, .controller = c, .token = c->token, .stream = STREAM_REVOCATIONS,
		.from = -1, .to = s->wanted, .job = s->job, .state = WORK_LOADING };
	if (t->lists == NULL) {
		t->lists = xcalloc(1, sizeof *t->lists);
		t->lists->transfers = t;
	}
	w->lists = t->lists;
	t->lists->works[t->lists->count++] = w;
	if (t->lists->count == LISTS_AT_ONCE)
		revoke_ask(t);
}

void revoke_action(struct controller *c, const struct gate_action *a, int64_t now_ms)
{
	struct revoke_work *w = c->revoke;

	if (w == NULL)
		return;
	if (a->kind == GATE_ACT_STREAM_CONFIRMED)
		stream_confirmed(c, &w->work, a->u.confirmed.revision, a->u.confirmed.digest);
	else if (a->kind == GATE_ACT_REVOKE_ENDED)
		finish(c, a->u.ended.ok, a->u.ended.reason != NULL ? a->u.ended.reason : "", now_ms);
}

void revoke_forget(struct controller *c)
{
	struct revoke_work *w = c->revoke;

	if (w == NULL)
		return;
	c->revoke = NULL;
	if (work_abandon(&w->work))
		work_free(w);
}
