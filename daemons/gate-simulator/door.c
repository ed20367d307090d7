#include "door.h"

#include <stdio.h>
#include <string.h>

#include "decide.h"
#include "gate/codes.h"

const struct door_parameters door_parameters_default = {
	.unlock_time = 5,
	.extended_unlock_time = 15,
	.door_open_watch_time = 30,
	.relock_delay = 5,
	.wrong_pin_limit = 3,
	.lockout_time = 60,
	.reread_guard_time = 2,
	.door_sensor = true,
	.entry_reader = READER_KIND_CARD_KEYPAD,
	.exit_reader = READER_KIND_CARD,
};

enum { MOMENTARY_MS = 30000 };

/* Alarms that tell of an act, not of something that lasts: they fall silent by themselves. Places in stop_at[]. */
static const uint16_t momentary[] = {EVENT_LOST_CARD, EVENT_WRONG_PIN};

void door_event(const struct door_world *world, struct gate_event *event)
{
	event->time_ms = world->clock;
	if (world->clock_unset)
		event->flags |= GATE_EVENT_CLOCK_UNSET;
	memory_event(world->memory, event);
}

void door_keep(struct door *door, const struct door_world *world)
{
	if (memcmp(&door->kept, &world->memory->doors[door->number], sizeof(door->kept)) != 0)
		memory_door(world->memory, door->number, &door->kept);
}

static bool is_unlocked(const struct door *door)
{
	return door->held || door->fire || door->grant.waiting || door->relock_at != 0;
}

/* The lock follows what holds it open; one that is stuck stays as it is and shows as a fault. */
static void move_lock(struct door *door)
{
	if (door->stuck)
		door->kept.lock_state = LOCK_STATE_FAULT;
	else
		door->kept.lock_state = is_unlocked(door) ? LOCK_STATE_UNLOCKED : LOCK_STATE_LOCKED;
}

void door_alarm(struct door *door, const struct door_world *world, uint16_t kind, bool raised, const char *detail)
{
	uint32_t bit = GATE_ALARM_BIT(kind);
	struct gate_event event = {.kind = kind, .door = door->number, .flags = raised ? GATE_EVENT_RAISED : GATE_EVENT_CLEARED};

	for (size_t i = 0; i < lengthof(momentary); i++) {
		if (momentary[i] == kind)
			door->stop_at[i] = raised ? world->mono + MOMENTARY_MS : 0;
	}
	if (!(door->kept.alarms & bit) == !raised)
		return;
	door->kept.alarms = raised ? door->kept.alarms | bit : door->kept.alarms & ~bit;
	snprintf(event.detail, sizeof(event.detail), "%s", detail ? detail : "");
	door_event(world, &event);
	door_keep(door, world);
}

void door_start(struct door *door, uint8_t number, const struct door_parameters *parameters, const struct door_world *world)
{
	uint32_t inputs = door->inputs;
	bool open = door->open, fire = door->fire, stuck = door->stuck;

	*door = (struct door){.number = number, .parameters = *parameters, .kept = world->memory->doors[number]};
	door->inputs = inputs;
	door->open = open;
	door->fire = fire;
	door->stuck = stuck;
	if (door->kept.arm_state == ARM_STATE_UNKNOWN)
		door->kept.arm_state = ARM_STATE_DISARMED;
	if (door->kept.verification_mode == VERIFICATION_MODE_UNKNOWN)
		door->kept.verification_mode = VERIFICATION_MODE_CARD;
	if (door->kept.unlock_mode == UNLOCK_MODE_UNKNOWN)
		door->kept.unlock_mode = UNLOCK_MODE_ONE_SHOT;
	move_lock(door);
	for (uint16_t kind = EVENT_LOST_CARD; kind <= EVENT_AUTH_FAILED; kind++) {
		if (door->kept.alarms & ~inputs & GATE_ALARM_BIT(kind))
			door_alarm(door, world, kind, false, "");
	}
	door_keep(door, world);
}

/* Entry or exit, or the first and the last of them. */
static uint16_t passage_kind(const struct door *door, const struct door_world *world, const struct door_grant *grant)
{
	const struct inside *inside = &world->memory->inside[door->number - 1];

	if (grant->kind)
		return grant->kind;
	if (grant->reader == READER_SIDE_ENTRY)
		return inside_first(inside, world->clock) ? EVENT_FIRST_IN : EVENT_ENTRY;
	return inside_last(inside, grant->credential) ? EVENT_LAST_OUT : EVENT_EXIT;
}

static void operation(struct door *door, const struct door_world *world, uint16_t kind, const uint8_t *id)
{
	struct gate_event event = {.kind = kind, .door = door->number};

	if (id) {
		event.flags = GATE_EVENT_BY_COMMAND;
		memcpy(event.command, id, GATE_ID_SIZE);
	}
	door_event(world, &event);
}

static void set_armed(struct door *door, const struct door_world *world, bool armed, const uint8_t *id)
{
	door->kept.arm_state = armed ? ARM_STATE_ARMED : ARM_STATE_DISARMED;
	operation(door, world, armed ? EVENT_ARM : EVENT_DISARM, id);
	if (!armed)
		door_alarm(door, world, EVENT_INTRUSION, false, "");
}

/* The one who may pass does: the passage is recorded. */
static void passed(struct door *door, const struct door_world *world)
{
	struct door_grant grant = door->grant;
	struct gate_event event = {
		.kind = passage_kind(door, world, &grant),
		.door = door->number,
		.reader = grant.reader,
		.credential = grant.credential,
		.revision = grant.revision,
	};

	door->grant.waiting = false;
	memcpy(event.card, grant.card, sizeof(event.card));
	if (event.kind == EVENT_FIRST_IN && door->kept.arm_state == ARM_STATE_ARMED && door->parameters.disarm_on_first_in)
		set_armed(door, world, false, NULL);
	door_event(world, &event);
	if (event.kind == EVENT_LAST_OUT && door->parameters.arm_on_last_out && !door->open)
		set_armed(door, world, true, NULL);
}

static void not_passed(struct door *door, const struct door_world *world)
{
	struct gate_event event = {
		.kind = EVENT_NOT_PASSED,
		.door = door->number,
		.reader = door->grant.reader,
		.credential = door->grant.credential,
		.revision = door->grant.revision,
	};

	door->grant.waiting = false;
	memcpy(event.card, door->grant.card, sizeof(event.card));
	door_event(world, &event);
}

static void grant(struct door *door, const struct door_world *world, const struct door_grant *wanted, bool extended)
{
	int seconds = extended ? door->parameters.extended_unlock_time : door->parameters.unlock_time;

	if (door->grant.waiting)
		not_passed(door, world);
	door->grant = *wanted;
	door->grant.waiting = true;
	door->grant.until = world->mono + seconds * INT64_C(1000);
	if (door->kept.unlock_mode == UNLOCK_MODE_CONTINUOUS) {
		door->held = true;
	} else if (door->kept.unlock_mode == UNLOCK_MODE_TOGGLE) {
		door->held = !door->held;
		operation(door, world, door->held ? EVENT_UNLOCK : EVENT_LOCK, NULL);
	}
	if (!door->parameters.door_sensor || door->open) {
		/* Nobody can see when they go through; the lock still stays open for its time. */
		door->relock_at = door->grant.until;
		passed(door, world);
	}
	move_lock(door);
	door_keep(door, world);
}

static void wrong_pin(struct door *door, const struct door_world *world)
{
	if (++door->wrong_pins < door->parameters.wrong_pin_limit)
		return;
	door->wrong_pins = 0;
	door->lockout_until = world->mono + door->parameters.lockout_time * INT64_C(1000);
	door_alarm(door, world, EVENT_WRONG_PIN, true, "");
}

static bool is_reread(const struct door *door, const struct door_world *world, const struct door_read *read)
{
	return door->last_read && world->mono - door->last_read < door->parameters.reread_guard_time * INT64_C(1000) &&
	       door->last_reader == read->reader && strcmp(door->last_card, read->card) == 0;
}

int door_card(struct door *door, const struct door_world *world, const struct door_read *read)
{
	struct decision decision;

	if (is_reread(door, world, read))
		return -1;
	door->last_read = world->mono;
	door->last_reader = read->reader;
	snprintf(door->last_card, sizeof(door->last_card), "%s", read->card);
	decide(door, world, read, &decision);
	if (decision.wrong_pin)
		wrong_pin(door, world);
	if (decision.refused) {
		struct gate_event event = {
			.kind = decision.refused,
			.door = door->number,
			.reader = read->reader,
			.credential = decision.credential,
			.revision = decision.revision,
		};

		snprintf(event.card, sizeof(event.card), "%s", read->card);
		if (decision.reasons > 1)
			memcpy(event.detail, decision.detail, sizeof(event.detail));
		door_event(world, &event);
		if (decision.lost)
			door_alarm(door, world, EVENT_LOST_CARD, true, "");
	} else {
		struct door_grant wanted = {.reader = read->reader, .credential = decision.credential, .revision = decision.revision};

		door->wrong_pins = 0;
		if (decision.passback)
			wanted.kind = EVENT_PASSBACK_SOFT;
		snprintf(wanted.card, sizeof(wanted.card), "%s", read->card);
		grant(door, world, &wanted, decision.extended);
	}
	return decision.refused;
}

int door_code(struct door *door, const struct door_world *world, uint8_t reader, const char *code)
{
	struct door_grant wanted = {.reader = reader, .revision = world->permits->revision, .kind = EVENT_READER_CODE_UNLOCK};
	bool right = door->kept.verification_mode == VERIFICATION_MODE_CARD_OR_READER_CODE && door->parameters.reader_code[0] &&
		     strcmp(door->parameters.reader_code, code) == 0;

	if (right && world->mono >= door->lockout_until && door->kept.arm_state != ARM_STATE_ARMED) {
		door->wrong_pins = 0;
		grant(door, world, &wanted, false);
		return 0;
	}
	door_event(world, &(struct gate_event){.kind = EVENT_PIN_MISMATCH, .door = door->number, .reader = reader});
	if (!right)
		wrong_pin(door, world);
	return EVENT_PIN_MISMATCH;
}

void door_opens(struct door *door, const struct door_world *world)
{
	if (door->open || !door->parameters.door_sensor)
		return;
	door->open = true;
	if (door->parameters.door_open_watch_time)
		door->watch_at = world->mono + door->parameters.door_open_watch_time * INT64_C(1000);
	if (door->grant.waiting) {
		/* It stays unlocked until it has closed again. */
		door->relock_at = INT64_MAX;
		passed(door, world);
	} else if (door->held || (door->remote && door->relock_at)) {
		if (door->relock_at)
			door->relock_at = INT64_MAX;
		door_event(world, &(struct gate_event){.kind = EVENT_REMOTE_UNLOCK_PASS, .door = door->number});
	} else if (!is_unlocked(door)) {
		door_alarm(door, world, EVENT_FORCED_OPEN, true, "");
		if (door->kept.arm_state == ARM_STATE_ARMED)
			door_alarm(door, world, EVENT_INTRUSION, true, "");
	}
	move_lock(door);
	door_keep(door, world);
}

void door_closes(struct door *door, const struct door_world *world)
{
	if (!door->open)
		return;
	door->open = false;
	door->watch_at = 0;
	if (door->relock_at)
		door->relock_at = world->mono + door->parameters.relock_delay * INT64_C(100);
	door_alarm(door, world, EVENT_FORCED_OPEN, false, "");
	door_alarm(door, world, EVENT_DOOR_OPEN_TOO_LONG, false, "");
	door_keep(door, world);
}

void door_tick(struct door *door, const struct door_world *world)
{
	if (door->grant.waiting && world->mono >= door->grant.until)
		not_passed(door, world);
	if (door->relock_at && world->mono >= door->relock_at) {
		door->relock_at = 0;
		door->remote = false;
	}
	if (door->watch_at && world->mono >= door->watch_at) {
		door->watch_at = 0;
		door_alarm(door, world, EVENT_DOOR_OPEN_TOO_LONG, true, "");
	}
	for (size_t i = 0; i < lengthof(momentary); i++) {
		if (door->stop_at[i] && world->mono >= door->stop_at[i])
			door_alarm(door, world, momentary[i], false, "");
	}
	move_lock(door);
	door_keep(door, world);
}

static void sooner(int64_t *next, int64_t at)
{
	if (at && at < *next)
		*next = at;
}

int64_t door_next(const struct door *door)
{
	int64_t next = INT64_MAX;

	if (door->grant.waiting)
		sooner(&next, door->grant.until);
	sooner(&next, door->relock_at);
	sooner(&next, door->watch_at);
	sooner(&next, door->stop_at[0]);
	sooner(&next, door->stop_at[1]);
	return next;
}
