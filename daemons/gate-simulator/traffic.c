#include "traffic.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "day.h"
#include "gate/codes.h"
#include "people.h"

/* Something that happens at a door later: opening, closing, an alarm's cause going away. */
struct later {
	struct later *next, **from;
	struct traffic *traffic;
	struct controller *controller;
	struct timer timer;
	uint8_t door;
	uint16_t kind; /* of the alarm that ends; 0 = the door moves */
	bool opening;
	int stay_ms;
};

struct traffic {
	struct shared *shared;
	struct controller *controllers;
	size_t count;
	bool steady;
	struct timer timer;
	struct later *later;
};

/* Shares of what happens; and at night the demo's doors are not quite still. */
static const double turned_back = .02, left_open = .001, trouble = .001, at_panel = .004, wrong_pin = .03, least_busy = .25;

enum { OPEN_LEAST_MS = 700, OPEN_SPREAD_MS = 1200, STAY_LEAST_MS = 1500, STAY_SPREAD_MS = 2500, SHORT_UNLOCK_MS = 300 };

static void later_free(struct later *later)
{
	*later->from = later->next;
	if (later->next)
		later->next->from = later->from;
	timer_stop(&later->traffic->shared->timers, &later->timer);
	free(later);
}

static void happen(void *arg, int64_t now)
{
	struct later *later = arg;
	struct controller *controller = later->controller;
	struct door_world world = controller_world(controller);
	struct door *door = &controller->doors[later->door - 1];

	if (later->kind) {
		door->inputs &= ~GATE_ALARM_BIT(later->kind);
		door_alarm(door, &world, later->kind, false, "");
	} else if (later->opening) {
		door_opens(door, &world);
		later->opening = false;
		timer_start(&later->traffic->shared->timers, &later->timer, now + later->stay_ms, happen, later);
		(void)controller_commit(controller, false);
		return;
	} else {
		door_closes(door, &world);
	}
	(void)controller_commit(controller, false);
	later_free(later);
}

static struct later *later_new(struct traffic *traffic, struct controller *controller, unsigned door, int ms)
{
	struct later *later = xcalloc(1, sizeof(*later));

	later->traffic = traffic;
	later->controller = controller;
	later->door = (uint8_t)door;
	later->from = &traffic->later;
	later->next = traffic->later;
	if (later->next)
		later->next->from = &later->next;
	traffic->later = later;
	timer_start(&traffic->shared->timers, &later->timer, clock_mono_ms() + ms, happen, later);
	return later;
}

void traffic_walk_through(struct traffic *traffic, struct controller *controller, unsigned door, int open_ms, int stay_ms)
{
	struct later *later = later_new(traffic, controller, door, open_ms);

	later->opening = true;
	later->stay_ms = stay_ms;
}

static void passage(struct traffic *traffic, struct controller *controller, struct door *door)
{
	struct random *random = &traffic->shared->random;
	struct door_world world = controller_world(controller);
	struct person person;
	int open_ms = OPEN_LEAST_MS + (int)random_below(random, OPEN_SPREAD_MS);
	int stay_ms = STAY_LEAST_MS + (int)random_below(random, STAY_SPREAD_MS);
	int refused;

	/* One after the other. */
	if (door->open || door->grant.waiting || people_choose(controller, door->number, world.clock, random, &person) < 0)
		return;
	if (person.pin[0] && random_chance(random, wrong_pin))
		person.pin[0] = person.pin[0] == '0' ? '1' : '0';
	refused = door_card(door, &world, &(struct door_read){.reader = person.reader, .card = person.card, .pin = person.pin});
	(void)controller_commit(controller, false);
	if (refused || random_chance(random, turned_back))
		return;
	if (open_ms > door->parameters.unlock_time * 1000)
		open_ms = SHORT_UNLOCK_MS;
	if (door->parameters.door_open_watch_time && random_chance(random, left_open))
		stay_ms += door->parameters.door_open_watch_time * 1000;
	traffic_walk_through(traffic, controller, door->number, open_ms, stay_ms);
}

static void start_trouble(struct traffic *traffic, struct controller *controller, struct door *door)
{
	static const uint16_t kinds[] = {EVENT_TAMPER, EVENT_READER_FAULT, EVENT_READER_COMM_FAULT, EVENT_FORCED_OPEN};
	struct random *random = &traffic->shared->random;
	struct door_world world = controller_world(controller);
	uint16_t kind = kinds[random_below(random, lengthof(kinds))];

	if (door->open || door->kept.alarms || door->kept.lock_state != LOCK_STATE_LOCKED)
		return;
	if (kind == EVENT_FORCED_OPEN) {
		door_opens(door, &world);
		later_new(traffic, controller, door->number, 5000 + (int)random_below(random, 20000));
	} else {
		door->inputs |= GATE_ALARM_BIT(kind);
		door_alarm(door, &world, kind, true, "");
		later_new(traffic, controller, door->number, 20000 + (int)random_below(random, 60000))->kind = kind;
	}
	(void)controller_commit(controller, false);
}

static void use_panel(struct traffic *traffic, struct controller *controller)
{
	static const uint16_t kinds[] = {EVENT_CARD_COUNT_SHOWN, EVENT_VERSION_SHOWN};
	struct door_world world = controller_world(controller);
	struct gate_event event = {.kind = kinds[random_below(&traffic->shared->random, lengthof(kinds))], .door = 1};

	door_event(&world, &event);
	(void)controller_commit(controller, false);
}

static double wait_ms(struct traffic *traffic)
{
	double busy = traffic->steady ? 1. : day_busy((uint64_t)clock_wall_ms());

	if (busy < least_busy)
		busy = least_busy;
	return -log(1. - random_unit(&traffic->shared->random)) * 60000. / (traffic->shared->rate * busy);
}

static void somebody(void *arg, int64_t now)
{
	struct traffic *traffic = arg;
	struct random *random = &traffic->shared->random;
	struct controller *controller = &traffic->controllers[random_below(random, (uint32_t)traffic->count)];
	struct door *door = &controller->doors[random_below(random, controller->site->doors)];
	double what = random_unit(random);
	int64_t next = (int64_t)wait_ms(traffic);

	timer_start(&traffic->shared->timers, &traffic->timer, now + (next ? next : 1), somebody, traffic);
	if (controller->restart_after_wake)
		return; /* its doors are without power */
	if (what < trouble && controller->permits.digest.records)
		start_trouble(traffic, controller, door);
	else if (what < trouble + at_panel)
		use_panel(traffic, controller);
	else
		passage(traffic, controller, door);
}

struct traffic *traffic_new(struct shared *shared, struct controller *controllers, size_t count, bool steady)
{
	struct traffic *traffic = xcalloc(1, sizeof(*traffic));

	traffic->shared = shared;
	traffic->controllers = controllers;
	traffic->count = count;
	traffic->steady = steady;
	if (shared->rate && count)
		timer_start(&shared->timers, &traffic->timer, clock_mono_ms() + (int64_t)wait_ms(traffic), somebody, traffic);
	return traffic;
}

void traffic_rate(struct traffic *traffic, int rate)
{
	traffic->shared->rate = rate;
	traffic->steady = true;
	timer_stop(&traffic->shared->timers, &traffic->timer);
	if (rate && traffic->count)
		timer_start(&traffic->shared->timers, &traffic->timer, clock_mono_ms() + (int64_t)wait_ms(traffic), somebody, traffic);
}

void traffic_free(struct traffic *traffic)
{
	while (traffic->later)
		later_free(traffic->later);
	timer_stop(&traffic->shared->timers, &traffic->timer);
	free(traffic);
}
