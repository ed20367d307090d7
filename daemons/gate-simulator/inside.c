#include "inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "gate/codes.h"

int32_t inside_day(uint64_t time_ms)
{
	return (int32_t)((time_ms / 1000 + INSIDE_UTC_OFFSET_S) / 86400);
}

/* Where the credential is or would be. */
static size_t place(const struct inside *inside, uint32_t credential)
{
	size_t low = 0, high = inside->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (inside->list[middle].credential < credential)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool inside_has(const struct inside *inside, uint32_t credential)
{
	size_t at = place(inside, credential);

	return at < inside->count && inside->list[at].credential == credential;
}

static void add(struct inside *inside, const struct gate_event *event)
{
	size_t at = place(inside, event->credential);

	if (at < inside->count && inside->list[at].credential == event->credential)
		return;
	if (inside->count == inside->room) {
		size_t room = inside->room ? 2 * inside->room : 8;
		struct inside_one *list = reallocarray(inside->list, room, sizeof(*list));

		if (!list)
			fatal("people inside");
		inside->list = list;
		inside->room = room;
	}
	memmove(&inside->list[at + 1], &inside->list[at], (inside->count - at) * sizeof(*inside->list));
	inside->list[at].credential = event->credential;
	memcpy(inside->list[at].card, event->card, sizeof(inside->list[at].card));
	inside->count++;
}

static void drop(struct inside *inside, uint32_t credential)
{
	size_t at = place(inside, credential);

	if (at == inside->count || inside->list[at].credential != credential)
		return;
	inside->count--;
	memmove(&inside->list[at], &inside->list[at + 1], (inside->count - at) * sizeof(*inside->list));
}

void inside_event(struct inside *inside, const struct gate_event *event)
{
	if (event->credential == 0)
		return;
	switch (event->kind) {
	case EVENT_ENTRY:
	case EVENT_FIRST_IN:
	case EVENT_PASSBACK_SOFT:
		break;
	case EVENT_EXIT:
	case EVENT_LAST_OUT:
		drop(inside, event->credential);
		return;
	default:
		return;
	}
	if (event->reader != READER_SIDE_ENTRY) {
		drop(inside, event->credential);
		return;
	}
	/* Who stayed over night is not counted into the next day: the day's first entry is the first again. */
	if (inside->day != inside_day(event->time_ms)) {
		inside->day = inside_day(event->time_ms);
		inside->count = 0;
	}
	inside->used = true;
	add(inside, event);
}

bool inside_first(const struct inside *inside, uint64_t time_ms)
{
	return !inside->used || inside->day != inside_day(time_ms);
}

bool inside_last(const struct inside *inside, uint32_t credential)
{
	return inside->count == 1 && inside->list[0].credential == credential;
}

void inside_free(struct inside *inside)
{
	free(inside->list);
	*inside = (struct inside){0};
}
