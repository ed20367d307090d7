/* What a door does when it is told to: each command, and when it is refused. */
#include "door.h"

#include "gate/codes.h"

struct told {
	struct door *door;
	const struct door_world *world;
	uint16_t value;
	const uint8_t *id;
	const char *reason;
};

static void record(const struct told *told, uint16_t kind)
{
	struct gate_event event = {.kind = kind, .door = told->door->number};

	if (told->id) {
		event.flags = GATE_EVENT_BY_COMMAND;
		for (unsigned i = 0; i < GATE_ID_SIZE; i++)
			event.command[i] = told->id[i];
	}
	door_event(told->world, &event);
}

static uint8_t refuse(struct told *told, const char *reason)
{
	told->reason = reason;
	return OUTCOME_REFUSED;
}

static uint8_t unlock(struct told *told)
{
	struct door *door = told->door;

	if (door->fire)
		return refuse(told, "fire alarm: the door is unlocked already");
	if (door->stuck)
		return refuse(told, "lock fault");
	if (door->kept.arm_state == ARM_STATE_ARMED)
		return refuse(told, "armed: disarm first");
	if (door->kept.unlock_mode == UNLOCK_MODE_ONE_SHOT) {
		door->remote = true;
		door->relock_at = door->open ? INT64_MAX : told->world->mono + door->parameters.unlock_time * INT64_C(1000);
	} else {
		door->held = true;
	}
	door->kept.lock_state = LOCK_STATE_UNLOCKED;
	record(told, EVENT_UNLOCK);
	return OUTCOME_DONE;
}

static uint8_t lock(struct told *told)
{
	struct door *door = told->door;

	if (door->fire)
		return refuse(told, "fire alarm: the door must stay unlocked");
	if (door->stuck)
		return refuse(told, "lock fault");
	door->held = door->remote = false;
	door->grant.waiting = false;
	if (door->open) {
		door->relock_at = INT64_MAX;
		told->reason = "locks when the door closes";
	} else {
		door->relock_at = 0;
		door->kept.lock_state = LOCK_STATE_LOCKED;
	}
	record(told, EVENT_LOCK);
	return OUTCOME_DONE;
}

static uint8_t arm(struct told *told)
{
	struct door *door = told->door;

	if (door->open)
		return refuse(told, "door is open");
	if (door->fire)
		return refuse(told, "fire alarm");
	if (door->held || door->kept.lock_state != LOCK_STATE_LOCKED)
		return refuse(told, "not locked: lock first");
	door->kept.arm_state = ARM_STATE_ARMED;
	record(told, EVENT_ARM);
	return OUTCOME_DONE;
}

static uint8_t disarm(struct told *told)
{
	told->door->kept.arm_state = ARM_STATE_DISARMED;
	record(told, EVENT_DISARM);
	door_alarm(told->door, told->world, EVENT_INTRUSION, false, "");
	return OUTCOME_DONE;
}

static uint8_t set_verification_mode(struct told *told)
{
	struct door *door = told->door;
	uint8_t reader = door->parameters.entry_reader;
	bool keypad = reader == READER_KIND_CARD_KEYPAD;

	switch (told->value) {
	case VERIFICATION_MODE_CARD:
		if (reader == READER_KIND_NONE)
			return refuse(told, "no entry reader");
		break;
	case VERIFICATION_MODE_CARD_AND_PIN:
		if (!keypad)
			return refuse(told, "the reader has no keypad");
		break;
	case VERIFICATION_MODE_CARD_OR_READER_CODE:
	case VERIFICATION_MODE_CARD_AND_READER_CODE:
		if (!keypad)
			return refuse(told, "the reader has no keypad");
		if (door->parameters.reader_code[0] == '\0')
			return refuse(told, "no reader code is set");
		break;
	case VERIFICATION_MODE_VEIN:
	case VERIFICATION_MODE_CARD_AND_VEIN:
		if (reader != READER_KIND_VEIN)
			return refuse(told, "the reader reads no veins");
		break;
	default:
		return refuse(told, "no such verification mode");
	}
	door->kept.verification_mode = (uint8_t)told->value;
	record(told, (uint16_t)(EVENT_CARD + told->value - VERIFICATION_MODE_CARD));
	return OUTCOME_DONE;
}

static uint8_t set_unlock_mode(struct told *told)
{
	if (told->value < UNLOCK_MODE_ONE_SHOT || told->value > UNLOCK_MODE_TOGGLE)
		return refuse(told, "no such unlock mode");
	told->door->kept.unlock_mode = (uint8_t)told->value;
	record(told, (uint16_t)(EVENT_ONE_SHOT + told->value - UNLOCK_MODE_ONE_SHOT));
	return OUTCOME_DONE;
}

/* Silences; what still has its cause stays raised. */
static uint8_t alarm_stop(struct told *told)
{
	struct door *door = told->door;
	uint32_t lasting = door->inputs;

	if (door->open)
		lasting |= GATE_ALARM_BIT(EVENT_FORCED_OPEN) | GATE_ALARM_BIT(EVENT_DOOR_OPEN_TOO_LONG);
	record(told, EVENT_ALARM_STOP);
	for (uint16_t kind = EVENT_LOST_CARD; kind <= EVENT_AUTH_FAILED; kind++) {
		if (door->kept.alarms & ~lasting & GATE_ALARM_BIT(kind))
			door_alarm(door, told->world, kind, false, "");
	}
	return OUTCOME_DONE;
}

uint8_t door_command(struct door *door, const struct door_world *world, uint8_t command, uint16_t value, const uint8_t *id,
		     const char **reason)
{
	static uint8_t (*const acts[])(struct told *) = {
		[COMMAND_UNLOCK] = unlock,
		[COMMAND_LOCK] = lock,
		[COMMAND_ARM] = arm,
		[COMMAND_DISARM] = disarm,
		[COMMAND_SET_VERIFICATION_MODE] = set_verification_mode,
		[COMMAND_SET_UNLOCK_MODE] = set_unlock_mode,
		[COMMAND_ALARM_STOP] = alarm_stop,
	};
	struct told told = {.door = door, .world = world, .value = value, .id = id, .reason = ""};
	uint8_t outcome = OUTCOME_NOT_SUPPORTED;

	if (command < lengthof(acts) && acts[command])
		outcome = acts[command](&told);
	door_keep(door, world);
	*reason = told.reason;
	return outcome;
}

void door_fire(struct door *door, const struct door_world *world, bool burning)
{
	door->fire = burning;
	if (!door->stuck)
		door->kept.lock_state = burning || door->held || door->relock_at || door->grant.waiting ? LOCK_STATE_UNLOCKED
													 : LOCK_STATE_LOCKED;
	door_keep(door, world);
}

void door_status(const struct door *door, struct gate_door_status *status)
{
	*status = (struct gate_door_status){
		.door = door->number,
		.lock_state = door->kept.lock_state,
		.arm_state = door->kept.arm_state,
		.door_state = !door->parameters.door_sensor ? DOOR_STATE_NO_SENSOR : door->open ? DOOR_STATE_OPEN : DOOR_STATE_CLOSED,
		.verification_mode = door->kept.verification_mode,
		.unlock_mode = door->kept.unlock_mode,
		.alarms = door->kept.alarms,
	};
}
