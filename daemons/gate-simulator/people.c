#include "people.h"

#include <stdio.h>
#include <string.h>

#include "day.h"
#include "gate/codes.h"

enum { DRAWS = 12 };

static const double unknown_share = .012, stranger_share = .02;

static void unknown_card(struct random *random, struct person *person)
{
	snprintf(person->card, sizeof(person->card), "X%07u", random_below(random, 10000000));
}

/* People have a building of their own, where they mostly are: by their credential, so it holds across controllers. */
static bool at_home(const struct controller *controller, uint32_t credential)
{
	uint32_t hash = 2166136261u;

	for (const char *c = controller->site->building; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619u;
	return (hash ^ credential * 2654435761u) % 100 < 60;
}

static bool may_come(const struct controller *controller, unsigned door, uint64_t time_ms, const struct gate_permit *permit)
{
	uint32_t minute = gate_minute_from_unix((int64_t)(time_ms / 1000));

	return permit->levels[door - 1] && !permit->disabled && minute >= permit->valid_from && minute < permit->valid_to &&
	       !inside_has(&controller->memory.inside[door - 1], permit->credential);
}

static void take(struct person *person, const struct gate_permit *permit)
{
	memcpy(person->card, permit->card, sizeof(person->card));
	memcpy(person->pin, permit->pin, sizeof(person->pin));
}

int people_choose(struct controller *controller, unsigned door, uint64_t time_ms, struct random *random, struct person *person)
{
	const struct inside *inside = &controller->memory.inside[door - 1];
	uint32_t records = controller->permits.digest.records;
	bool stranger = random_chance(random, stranger_share);
	struct gate_permit permit;

	*person = (struct person){.reader = READER_SIDE_ENTRY};
	if (records == 0)
		return -1;
	if (random_chance(random, unknown_share)) {
		unknown_card(random, person);
		return 0;
	}
	if (!stranger && inside->count && random_chance(random, day_leaving(time_ms))) {
		const struct inside_one *one = &inside->list[random_below(random, (uint32_t)inside->count)];

		person->reader = READER_SIDE_EXIT;
		memcpy(person->card, one->card, sizeof(person->card));
		return 0;
	}
	for (int draw = 0; draw < DRAWS; draw++) {
		bool may;

		if (permits_get(&controller->permits, random_below(random, records), &permit) < 0 || permit.card[0] == '\0')
			continue;
		may = may_come(controller, door, time_ms, &permit);
		/* A stranger is known somewhere, but not here or not today. */
		if (may == stranger || (may && draw < DRAWS / 2 && !at_home(controller, permit.credential)))
			continue;
		take(person, &permit);
		return 0;
	}
	return -1;
}
