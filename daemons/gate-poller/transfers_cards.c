/* The cards of one board: what the database says it shall hold, as the numbers and days that a board knows. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "db/poller_board.h"
#include "gate/permit.h"
#include "transfers.h"

struct card_work {
	struct work work;
	struct gate_card_plan plan;
	struct uhppote_card *cards;
	uint32_t *removed;
	size_t count, room, removed_count, removed_room;
	uint32_t skipped;		/* what a board can not hold; refused where it was granted, so old or made otherwise */
	int64_t looked;			/* for cards that go meanwhile: up to this revision */
	bool was_behind;		/* what differs then was not changed by others */
	uint32_t differed;
};

static void work_free(struct card_work *w)
{
	if (w->cards != NULL)
		OPENSSL_cleanse(w->cards, w->room * sizeof *w->cards);	/* PINs */
	free(w->cards);
	free(w->removed);
	free(w);
}

static int open_pin(const struct card_work *w, const struct poller_card *in, uint32_t *out)
{
	struct buf plain = { 0 };
	char context[64], text[GATE_PIN_MAX + 1] = "";
	int result = -1;

	*out = 0;
	if (in->pin_size == 0)
		return 0;
	snprintf(context, sizeof context, "cardholder_pin/%d", in->cardholder);
	if (seal_unwrap(&w->work.transfers->poller->master, context, in->pin, in->pin_size, &plain) == 0 &&
	    plain.len <= GATE_PIN_MAX) {
		memcpy(text, plain.data, plain.len);
		result = uhppote_pin_parse(text, out);
	}
	if (plain.data != NULL)
		OPENSSL_cleanse(plain.data, plain.len);
	OPENSSL_cleanse(text, sizeof text);
	buf_free(&plain);
	return result;
}

static void date_of(int64_t day, struct uhppote_date *out)
{
	struct uhppote_moment m;

	uhppote_moment_from_local(day * 86400, &m);
	*out = m.date;
}

static void take_row(void *arg, const struct async_rows *row)
{
	struct card_work *w = arg;
	struct poller_card in;
	struct uhppote_card c = { .number = 0 };

	if (w->work.controller == NULL)
		return;
	poller_card_read(row, 0, &in);
	if (uhppote_card_parse(in.card, &c.number) < 0 || (in.doors != 0 && open_pin(w, &in, &c.pin) < 0)) {
		w->skipped += in.doors != 0;
		return;
	}
	if (in.doors == 0) {
		if (w->removed_count == w->removed_room) {
			w->removed_room = w->removed_room ? w->removed_room * 2 : 64;
			w->removed = xreallocarray(w->removed, w->removed_room, sizeof *w->removed);
		}
		w->removed[w->removed_count++] = c.number;
		return;
	}
	date_of(in.from_day, &c.from);
	date_of(in.to_day, &c.to);
	for (int i = 0; i < UHPPOTE_DOORS; i++)
		c.doors[i] = in.doors >> i & 1;
	if (w->count == w->room) {
		w->room = w->room ? w->room * 2 : 64;
		w->cards = xreallocarray(w->cards, w->room, sizeof *w->cards);
	}
	w->cards[w->count++] = c;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = ((const struct uhppote_card *)a)->number, y = ((const struct uhppote_card *)b)->number;

	return x < y ? -1 : x > y;
}

static void finish(struct controller *c, bool ok, const char *reason, int64_t now_ms)
{
	struct card_work *w = c->cards;

	c->cards = NULL;
	work_ended(c, &w->work, ok, reason, now_ms);
	work_free(w);
}

static void loaded(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct card_work *w = arg;
	struct controller *c = w->work.controller;
	int64_t now = clock_mono_ms();

	(void)rows;
	w->work.transfers->loading--;
	if (c == NULL) {
		work_free(w);
		return;
	}
	if (outcome != ASYNC_OK || w->work.stopped) {
		finish(c, false, w->work.stopped ? "stopped" : "the database did not give the cards", now);
		return;
	}
	if (w->skipped > 0)
		log_warnx("controller %d: %u cards can not be held by it and are left out", c->id, w->skipped);
	if (w->work.from >= 0 && w->count == 0 && w->removed_count == 0) {	/* nothing that concerns it: no traffic */
		const struct stream_held *held = &c->held[STREAM_PERMITS - 1];

		stream_confirmed(c, &w->work, (uint64_t)w->work.to, held->known && held->has_digest ? held->digest : NULL);
		finish(c, true, "", now);
		return;
	}
	if (w->count > 1)
		qsort(w->cards, w->count, sizeof *w->cards, by_number);
	w->plan = (struct gate_card_plan){ .full = w->work.from < 0, .to = (uint64_t)w->work.to, .count = (uint32_t)w->count,
		.removed_count = (uint32_t)w->removed_count, .cards = w->cards, .removed = w->removed };
	w->work.state = WORK_SENDING;
	log_debug("controller %d: %s load of cards to revision %lld, %zu cards, %zu to go", c->id, w->plan.full ? "full" : "delta",
	    (long long)w->work.to, w->count, w->removed_count);
	session_step(c, &(struct gate_input){ .kind = GATE_IN_CARDS, .u.cards = &w->plan }, now);
}

void cards_start(struct transfers *t, struct controller *c, const struct poller_stream *s)
{
	struct card_work *w = xcalloc(1, sizeof *w);
	bool full = s->full || !s->held_known || s->held == 0;

	w->work = (struct work){ .transfers = t, .controller = c, .token = c->token, .stream = STREAM_PERMITS,
		.from = full ? -1 : s->held, .to = s->wanted, .job = s->job, .state = WORK_LOADING };
	w->looked = s->wanted;
	w->was_behind = s->held_known && s->held != s->wanted;
	c->cards = w;
	t->loading++;
	work_progress(c, &w->work, 0, 0, clock_mono_ms());
	poller_cards(plan_db(t->poller), c->id, w->work.from, w->work.to, take_row, loaded, w);
}

/* --- cards that go while a transfer is under way: a lost card does not wait for the end of a long one --------------------- */

struct look {
	struct transfers *transfers;
	int32_t controller;
	int64_t token, to, from;
	uint32_t numbers[256], count;
};

static void take_gone(void *arg, const struct async_rows *row)
{
	struct look *l = arg;
	struct poller_card in;

	poller_card_read(row, 0, &in);
	if (in.doors == 0 && l->count < lengthof(l->numbers) && uhppote_card_parse(in.card, &l->numbers[l->count]) == 0)
		l->count++;
}

static void looked(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct look *l = arg;
	struct controller *c = controller_with_token(l->transfers->poller, l->controller, l->token);

	(void)rows;
	if (c != NULL && c->cards != NULL && c->cards->work.to == l->to) {
		if (outcome != ASYNC_OK)
			c->cards->looked = l->from;
		else if (l->count > 0)
			session_step(c, &(struct gate_input){ .kind = GATE_IN_CARDS_REVOKE, .u.revoked = { l->numbers, l->count } },
			    clock_mono_ms());
	}
	free(l);
}

void cards_revoke(struct transfers *t, struct controller *c, const struct poller_stream *s)
{
	struct card_work *w = c->cards;

	if (w->work.state != WORK_SENDING || s->wanted <= w->looked)
		return;
	struct look *l = xcalloc(1, sizeof *l);
	*l = (struct look){ .transfers = t, .controller = c->id, .token = c->token, .to = w->work.to, .from = w->looked };
	w->looked = s->wanted;
	poller_cards(control(t->poller), c->id, l->from, s->wanted, take_gone, looked, l);
}

bool cards_drift_counts(const struct controller *c)
{
	return c->cards != NULL && !c->cards->was_behind;
}

void cards_compared(struct controller *c, uint32_t differed)
{
	if (c->cards == NULL || c->cards->was_behind)
		return;
	c->cards->differed = differed;
	if (differed > 0)
		log_warnx("controller %d: %u of its cards were otherwise than they should be; they were put right", c->id, differed);
}

void cards_action(struct controller *c, const struct gate_action *a, int64_t now_ms)
{
	struct card_work *w = c->cards;
	char reason[96] = "";

	if (w == NULL)
		return;
	switch (a->kind) {
	case GATE_ACT_TRANSFER_PROGRESS:
		work_progress(c, &w->work, a->u.progress.done, a->u.progress.total, now_ms);
		break;
	case GATE_ACT_STREAM_CONFIRMED:
		stream_confirmed(c, &w->work, a->u.confirmed.revision, a->u.confirmed.digest);
		break;
	case GATE_ACT_TRANSFER_ENDED:
		if (a->u.ended.ok && w->differed > 0)
			snprintf(reason, sizeof reason, "%u cards were otherwise than they should be; they were put right", w->differed);
		finish(c, a->u.ended.ok, a->u.ended.ok ? reason : a->u.ended.reason, now_ms);
		break;
	default:
		break;
	}
}

void cards_stop(struct controller *c, int64_t job, int64_t now_ms)
{
	if (c->cards != NULL)
		work_stop(c, &c->cards->work, job, now_ms);
}

void cards_forget(struct controller *c)
{
	struct card_work *w = c->cards;

	if (w == NULL)
		return;
	c->cards = NULL;
	if (work_abandon(&w->work))
		work_free(w);
}
