#include "slots.h"

#include <stddef.h>

const char *slot_class_name(enum slot_class class)
{
	static const char *const names[SLOT_CLASSES] = {
		[SLOT_URGENT] = "urgent", [SLOT_STATE] = "state", [SLOT_EVENTS] = "events", [SLOT_BULK] = "bulk",
	};

	return class < SLOT_CLASSES ? names[class] : "?";
}

static void line_add(struct slot_line *line, struct slot *s)
{
	s->next = NULL;
	s->prev = line->last;
	if (line->last != NULL)
		line->last->next = s;
	else
		line->first = s;
	line->last = s;
	line->length++;
}

static void line_remove(struct slot_line *line, struct slot *s)
{
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		line->first = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	else
		line->last = s->prev;
	s->next = s->prev = NULL;
	line->length--;
}

void slots_want(struct slots *all, struct slot *s, enum slot_class class, bool silent)
{
	if (s->holding == SLOT_HELD)
		return;
	if (s->holding == SLOT_WAITING) {
		if (class >= s->class && silent == s->silent)
			return;
		line_remove(&all->lines[s->class][s->silent], s);
		if (s->class < class)
			class = s->class;
	}
	s->holding = SLOT_WAITING;
	s->class = class;
	s->silent = silent;
	line_add(&all->lines[class][silent], s);
}

void slots_release(struct slots *all, struct slot *s)
{
	if (s->holding == SLOT_WAITING)
		line_remove(&all->lines[s->class][s->silent], s);
	else if (s->holding == SLOT_HELD) {
		all->used--;
		all->used_bulk -= s->class == SLOT_BULK;
		all->used_silent -= s->silent;
	}
	s->holding = SLOT_NONE;
}

static struct slot *take(struct slots *all, enum slot_class class, bool silent)
{
	struct slot *s = all->lines[class][silent].first;

	if (s == NULL)
		return NULL;
	line_remove(&all->lines[class][silent], s);
	s->holding = SLOT_HELD;
	all->used++;
	all->used_bulk += class == SLOT_BULK;
	all->used_silent += silent;
	return s;
}

/* The tenth part of the cap for the silent, and most of it for bulk, scaled to what we hold: a poller that has five
 * slots must not spend them all on controllers that are off. */
static int share(int most, int leased)
{
	int part = most * leased / SLOTS_MOST;

	return part > 0 ? part : 1;
}

struct slot *slots_next(struct slots *all)
{
	if (all->used >= all->leased)
		return NULL;
	bool silent_may = all->used_silent < share(SLOTS_SILENT_MOST, all->leased);
	for (int class = 0; class < SLOT_CLASSES; class++) {
		struct slot *s;

		if (class == SLOT_EVENTS && all->no_events)
			continue;
		if (class == SLOT_BULK && all->used_bulk >= share(SLOTS_BULK_MOST, all->leased))
			break;
		s = take(all, class, false);
		if (s == NULL && silent_may)
			s = take(all, class, true);
		if (s != NULL)
			return s;
	}
	return NULL;
}

int slots_waiting(const struct slots *all, enum slot_class class)
{
	return all->lines[class][0].length + all->lines[class][1].length;
}

static int at_least(int a, int b)
{
	return a > b ? a : b;
}

/* The lease of which `count` is the share(). */
static int lease_for(int count, int most)
{
	return (count * SLOTS_MOST + most - 1) / most;
}

int slots_wanted(const struct slots *all)
{
	int answering = 0, silent = all->used_silent, bulk = all->used_bulk;

	for (int class = 0; class < SLOT_CLASSES; class++) {
		silent += all->lines[class][1].length;
		if (class == SLOT_BULK)
			bulk += all->lines[class][0].length;
		else
			answering += all->lines[class][0].length;
	}
	if (bulk > SLOTS_BULK_MOST)
		bulk = SLOTS_BULK_MOST;
	if (silent > SLOTS_SILENT_MOST)
		silent = SLOTS_SILENT_MOST;
	int busy = all->used - all->used_bulk - all->used_silent;
	int wanted = answering + silent + bulk + (busy > 0 ? busy : 0);
	/* only a part of what is leased may go to these, so it takes a larger lease to serve them */
	wanted = at_least(wanted, lease_for(silent, SLOTS_SILENT_MOST));
	wanted = at_least(wanted, lease_for(bulk, SLOTS_BULK_MOST));
	return wanted < SLOTS_MOST ? wanted : SLOTS_MOST;
}
