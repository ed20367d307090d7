/* Revocations of one controller: the whole list each time, ahead of everything else (C-7). */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "transfers.h"

struct revoke_work {
	struct work work;
	struct gate_revoke_plan plan;
	struct gate_revocation *entries;
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

static void loaded(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct revoke_work *w = arg;
	struct controller *c = w->work.controller;
	int64_t now = clock_mono_ms();

	if (c == NULL) {
		work_free(w);
		return;
	}
	if (outcome != ASYNC_OK) {
		finish(c, false, "the database did not give the list", now);
		return;
	}
	int count = async_rows_count(rows);
	w->entries = xcalloc((size_t)count + 1, sizeof *w->entries);
	for (int i = 0; i < count; i++) {
		struct poller_revocation r;

		poller_revocation_read(rows, i, &r);
		w->entries[i] = (struct gate_revocation){ r.credential, (uint8_t)r.reason, (uint64_t)r.revision };
	}
	w->plan = (struct gate_revoke_plan){ .mode = GATE_REVOKE_REPLACE, .to = (uint64_t)w->work.to,
		.count = (uint32_t)count, .entries = w->entries };
	w->work.state = WORK_SENDING;
	session_step(c, &(struct gate_input){ .kind = GATE_IN_REVOKE, .u.revoke = &w->plan }, now);
}

void revoke_start(struct transfers *t, struct controller *c, const struct poller_stream *s)
{
	struct revoke_work *w = xcalloc(1, sizeof *w);

	w->work = (struct work){ .transfers = t, .controller = c, .token = c->token, .stream = STREAM_REVOCATIONS,
		.from = -1, .to = s->wanted, .job = s->job, .state = WORK_LOADING };
	c->revoke = w;
	poller_revocations(control(t->poller), c->id, loaded, w);
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
	w->work.controller = NULL;
	if (w->work.state != WORK_LOADING)
		work_free(w);
}
