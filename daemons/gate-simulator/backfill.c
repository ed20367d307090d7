#include "backfill.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "day.h"
#include "decide.h"
#include "gate/codes.h"
#include "people.h"

enum { MINUTE_MS = 60000, HOUR_MS = 3600000, OPEN_TOO_LONG_MS = 25000 };

static const double not_passed_share = .01, alarm_share = .0001;

/* Somebody at a door at a time gone by: the event that this made. Returns the time of the last one. */
static uint64_t remember(struct controller *controller, uint64_t time_ms)
{
	struct random *random = &controller->shared->random;
	struct door *door = &controller->doors[random_below(random, controller->site->doors)];
	const struct inside *inside = &controller->memory.inside[door->number - 1];
	struct door_world world = controller_world(controller);
	struct gate_event event = {.door = door->number};
	struct decision decision;
	struct person person;

	world.clock = time_ms;
	if (people_choose(controller, door->number, time_ms, random, &person) < 0)
		return time_ms;
	decide(door, &world, &(struct door_read){.reader = person.reader, .card = person.card, .pin = person.pin}, &decision);
	event.reader = person.reader;
	event.credential = decision.credential;
	event.revision = decision.revision;
	memcpy(event.card, person.card, sizeof(event.card));
	if (decision.refused) {
		event.kind = decision.refused;
		if (decision.reasons > 1)
			memcpy(event.detail, decision.detail, sizeof(event.detail));
	} else if (random_chance(random, not_passed_share)) {
		event.kind = EVENT_NOT_PASSED;
	} else if (person.reader == READER_SIDE_ENTRY) {
		event.kind = inside_first(inside, time_ms) ? EVENT_FIRST_IN : EVENT_ENTRY;
	} else {
		event.kind = inside_last(inside, decision.credential) ? EVENT_LAST_OUT : EVENT_EXIT;
	}
	door_event(&world, &event);
	if (!random_chance(random, alarm_share) || time_ms + OPEN_TOO_LONG_MS > controller_clock(controller))
		return time_ms;
	/* Somebody left the door open for a while. */
	event = (struct gate_event){.kind = EVENT_DOOR_OPEN_TOO_LONG, .door = door->number, .flags = GATE_EVENT_RAISED};
	world.clock += OPEN_TOO_LONG_MS / 2;
	door_event(&world, &event);
	event.flags = GATE_EVENT_CLEARED;
	world.clock += OPEN_TOO_LONG_MS / 2;
	door_event(&world, &event);
	return world.clock;
}

void backfill(struct controller *controller)
{
	struct shared *shared = controller->shared;
	uint64_t now = controller_clock(controller), from = now - (uint64_t)shared->backfill_hours * HOUR_MS, last = from;
	double share = (double)shared->rate * controller->site->doors / (double)shared->doors, due = 0;
	uint32_t before = controller->memory.newest;

	if (shared->backfill_hours == 0 || controller->memory.backfilled || controller->permits.digest.records == 0)
		return;
	for (uint64_t minute = from; minute + MINUTE_MS <= now; minute += MINUTE_MS) {
		due += share * day_busy(minute);
		if (due < 1 && !random_chance(&shared->random, due))
			continue;
		/* In order of time within the minute. */
		for (int count = due < 1 ? 1 : (int)due, i = 0; i < count; i++) {
			uint64_t at = minute + (uint64_t)(MINUTE_MS / count * i) + random_below(&shared->random, (uint32_t)(MINUTE_MS / count));

			if (at < last)
				at = last;
			last = remember(controller, at);
			if (memory_commit(&controller->memory, true) < 0)
				return;
		}
		due = 0;
	}
	memory_backfilled(&controller->memory);
	(void)controller_commit(controller, false);
	log_info("%016" PRIx64 ": remembers %u events of %d hours", controller->site->serial, controller->memory.newest - before,
		 shared->backfill_hours);
}

uint32_t backfill_burst(struct controller *controller, uint32_t count)
{
	struct random *random = &controller->shared->random;
	uint32_t records = controller->permits.digest.records;

	for (uint32_t i = 0; i < count; i++) {
		struct door_world world = controller_world(controller);
		struct gate_event event = {
			.kind = EVENT_UNKNOWN_CARD,
			.door = (uint8_t)(1 + i % controller->site->doors),
			.reader = i & 1 ? READER_SIDE_EXIT : READER_SIDE_ENTRY,
			.revision = controller->permits.revision,
		};
		struct gate_permit permit;

		if (records && permits_get(&controller->permits, random_below(random, records), &permit) == 0) {
			event.kind = i & 1 ? EVENT_EXIT : EVENT_ENTRY;
			event.credential = permit.credential;
			memcpy(event.card, permit.card, sizeof(event.card));
		} else {
			memcpy(event.card, "BURST", 6);
		}
		door_event(&world, &event);
		if (controller->memory.act.len >= MEMORY_ACT_LENGTH && memory_commit(&controller->memory, true) < 0)
			return 0;
	}
	return controller_commit(controller, false) < 0 ? 0 : controller->memory.newest;
}
