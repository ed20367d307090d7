/*
 * The card list of a board. What is taken away goes first; what is put is read back, for a board may say true and keep
 * something else. A full transfer reads the whole list slot by slot, compares it row by row and writes only what differs.
 */
#include <stdlib.h>
#include <string.h>

#include "gate/codes.h"
#include "gate/uhppote_session.h"
#include "gate/uhppote_value.h"

bool
board_cards_due(const struct board *b, bool urgent)
{
	const struct cards_work *w = &b->cards;

	if (urgent)
		return w->phase == CARDS_DELETE || w->revoked_done < w->revoked_count;
	return w->phase != CARDS_NONE && w->phase != CARDS_DELETE;
}

static void
forget(struct board *b)
{
	free(b->cards.good);
	b->cards = (struct cards_work){ .phase = CARDS_NONE };
}

static void
finish(struct board *b, bool ok, const char *reason)
{
	forget(b);
	emit_ended(b->out, GATE_ACT_TRANSFER_ENDED, ok, reason);
}

void
board_cards_failed(struct board *b, const char *reason)
{
	if (b->cards.phase != CARDS_NONE)
		finish(b, false, reason);
}

void
board_cards_stop(struct board *b)
{
	if (b->cards.phase == CARDS_NONE)
		return;
	if (b->task == TASK_CARDS || b->task == TASK_URGENT_CARDS)
		board_request_drop(b);
	finish(b, false, "stopped");
}

static bool
is_good(const struct cards_work *w, uint32_t i)
{
	return (w->good[i / 8] >> i % 8 & 1) != 0;
}

/* The next one that is not on the board as it should be; then the list is counted. */
static void
next_put(struct cards_work *w)
{
	while (w->at < w->plan->count && is_good(w, w->at))
		w->at++;
	w->phase = w->at < w->plan->count ? CARDS_PUT : CARDS_RECOUNT;
}

static void
begin_puts(struct cards_work *w)
{
	w->at = 0;
	w->next = CARDS_PUT;
	next_put(w);
}

void
board_cards_begin(struct board *b, const struct gate_card_plan *plan)
{
	struct cards_work *w = &b->cards;

	forget(b);
	w->plan = plan;
	w->good = calloc(1, plan->count / 8 + 1);
	if (w->good == NULL) {
		finish(b, false, "out of memory");
		return;
	}
	if (plan->full)
		w->phase = CARDS_SIZE;
	else if (plan->removed_count > 0)
		w->phase = CARDS_DELETE;
	else
		begin_puts(w);
}

/* Once each: a number may be revoked by several acts. */
void
board_cards_revoke(struct board *b, const uint32_t *numbers, uint32_t count)
{
	struct cards_work *w = &b->cards;

	for (uint32_t i = 0; i < count && w->phase != CARDS_NONE && w->revoked_count < BOARD_REVOKED_MAX; i++) {
		uint32_t known = 0;

		while (known < w->revoked_count && w->revoked[known] != numbers[i])
			known++;
		if (known == w->revoked_count)
			w->revoked[w->revoked_count++] = numbers[i];
	}
}

void
board_cards_build(struct board *b, bool urgent, struct uhppote_message *m)
{
	struct cards_work *w = &b->cards;

	w->revoking = urgent && w->revoked_done < w->revoked_count;
	if (w->revoking) {
		m->function = UHPPOTE_DELETE_CARD;
		m->u.number = w->revoked[w->revoked_done];
		return;
	}
	switch (w->phase) {
	case CARDS_DELETE:
		m->function = UHPPOTE_DELETE_CARD;
		m->u.number = w->plan->removed[w->at];
		break;
	case CARDS_REPAIR:
		m->function = UHPPOTE_DELETE_CARD;
		m->u.number = w->found;
		break;
	case CARDS_WALK:
		m->function = UHPPOTE_GET_CARD_AT;
		m->u.number = w->slot;
		break;
	case CARDS_PUT:
		m->function = UHPPOTE_PUT_CARD;
		m->u.card = w->plan->cards[w->at];
		break;
	case CARDS_VERIFY:
		m->function = UHPPOTE_GET_CARD;
		m->u.number = w->plan->cards[w->at].number;
		break;
	case CARDS_SIZE:
	case CARDS_RECOUNT:
	case CARDS_NONE:
		m->function = UHPPOTE_COUNT_CARDS;
		break;
	}
}

static bool
same_date(const struct uhppote_date *a, const struct uhppote_date *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

static bool
same_card(const struct uhppote_card *a, const struct uhppote_card *b)
{
	return a->number == b->number && same_date(&a->from, &b->from) && same_date(&a->to, &b->to) && a->pin == b->pin &&
	    memcmp(a->doors, b->doors, sizeof a->doors) == 0 && a->first_card == b->first_card;
}

/* Place in the plan; -1 = not in it. */
static int64_t
place_of(const struct gate_card_plan *plan, uint32_t number)
{
	uint32_t low = 0, high = plan->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (plan->cards[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < plan->count && plan->cards[low].number == number ? (int64_t)low : -1;
}

static void
progress(struct board *b)
{
	struct cards_work *w = &b->cards;
	struct gate_action *a;
	uint32_t total = w->plan->removed_count + w->plan->count + (w->plan->full ? w->live : 0);

	if (++w->told % BOARD_WINDOW != 0)
		return;
	a = emit(b->out, GATE_ACT_TRANSFER_PROGRESS);
	a->u.progress.done = w->phase == CARDS_DELETE ? w->at : w->plan->removed_count + w->seen + w->at;
	a->u.progress.total = total;
	if (a->u.progress.done > total)
		a->u.progress.done = total;
}

static void
walk_on(struct cards_work *w)
{
	w->phase = CARDS_WALK;
	w->slot++;
	if (w->seen >= w->live || w->slot > BOARD_SLOTS_MAX)
		begin_puts(w);
}

/* `differed` counts what was changed behind our back: a card of the plan that is missing is counted when it is put, if the
 * board was not empty. */
static void
slot_read(struct cards_work *w, const struct uhppote_card *held)
{
	int64_t place;

	if (held->number == UHPPOTE_CARD_NONE) {
		begin_puts(w);
		return;
	}
	if (held->number == UHPPOTE_CARD_DELETED) {
		walk_on(w);
		return;
	}
	w->seen++;
	place = place_of(w->plan, held->number);
	if (place < 0) {
		w->differed++;
		w->found = held->number;
		w->phase = CARDS_REPAIR;
		return;
	}
	if (same_card(held, &w->plan->cards[place]))
		w->good[place / 8] |= (uint8_t)(1u << place % 8);
	walk_on(w);
}

static void
recounted(struct board *b, uint32_t count)
{
	const struct gate_card_plan *plan = b->cards.plan;
	struct gate_action *a;

	if (plan->full && count != plan->count - b->cards.dropped) {
		finish(b, false, "the controller holds another number of cards than were sent");
		return;
	}
	b->report.compared = plan->full;
	b->report.differed = b->cards.differed;
	board_cards_counted(b, count);
	state_report(b);
	a = emit(b->out, GATE_ACT_STREAM_CONFIRMED);
	a->u.confirmed.stream = STREAM_PERMITS;
	a->u.confirmed.revision = plan->to;
	a->u.confirmed.digest = b->digest;
	finish(b, true, "");
}

static void
deleted(struct board *b)
{
	struct cards_work *w = &b->cards;

	if (w->phase == CARDS_REPAIR)		/* false: it had gone by itself, which is as good */
		walk_on(w);
	else if (++w->at >= w->plan->removed_count)
		begin_puts(w);
}

static void
put(struct board *b, bool taken)
{
	if (!taken) {
		board_note(b, "it refuses card %lu", (unsigned long)b->cards.plan->cards[b->cards.at].number);
		finish(b, false, "the controller refuses a card: its list may be full");
		return;
	}
	b->cards.phase = CARDS_VERIFY;
}

/* Deleted between two other requests of the transfer; it must not come back with them. */
static void
revoked(struct cards_work *w)
{
	int64_t place = place_of(w->plan, w->revoked[w->revoked_done++]);

	w->revoking = false;
	if (place < 0)
		return;
	w->dropped++;
	w->good[place / 8] |= (uint8_t)(1u << place % 8);
	if ((w->phase == CARDS_PUT || w->phase == CARDS_VERIFY) && w->at == place)
		next_put(w);
}

static void
verified(struct board *b, const struct uhppote_card *held)
{
	struct cards_work *w = &b->cards;

	if (!same_card(held, &w->plan->cards[w->at])) {
		board_note(b, "it took card %lu and holds something else", (unsigned long)w->plan->cards[w->at].number);
		finish(b, false, "the controller holds a card otherwise than it was sent");
		return;
	}
	if (w->plan->full && w->live > 0)
		w->differed++;
	w->at++;
	next_put(w);
}

void
board_cards_answered(struct board *b, const struct uhppote_message *m)
{
	struct cards_work *w = &b->cards;

	if (w->revoking) {
		revoked(w);
		return;
	}
	switch (w->phase) {
	case CARDS_SIZE:
		w->live = m->u.number;
		w->slot = 0;
		walk_on(w);
		break;
	case CARDS_WALK:
		slot_read(w, &m->u.card);
		break;
	case CARDS_DELETE:
	case CARDS_REPAIR:
		deleted(b);
		break;
	case CARDS_PUT:
		put(b, m->u.ok);
		break;
	case CARDS_VERIFY:
		verified(b, &m->u.card);
		break;
	case CARDS_RECOUNT:
		recounted(b, m->u.number);
		return;
	case CARDS_NONE:
		return;
	}
	if (b->cards.phase != CARDS_NONE)
		progress(b);
}

/* How many cards a board holds is all that it tells in one answer: it stands for the digest of its list. */
void
board_cards_counted(struct board *b, uint32_t count)
{
	b->report.cards_known = true;
	b->report.cards = count;
	memset(b->digest, 0, sizeof b->digest);
	uhppote_put_number(count, b->digest, 4);
	b->digest[GATE_SUM_SIZE - 1] = 1;
}
