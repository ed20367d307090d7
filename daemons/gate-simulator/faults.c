#include "faults.h"

#include <inttypes.h>
#include <string.h>

#include "backfill.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "gate/codes.h"
#include "status.h"

enum { WALK_OPEN_MS = 1, WALK_STAY_MS = 400, BURST_MAX = 5000000 };

static bool number_at(const struct fault_call *call, int word, int64_t lo, int64_t hi, int64_t *out)
{
	return word < call->count && parse_int(call->words[word], lo, hi, out) == 0;
}

static struct door *door_at(const struct fault_call *call, int word)
{
	int64_t door;

	return number_at(call, word, 1, call->controller->site->doors, &door) ? &call->controller->doors[door - 1] : NULL;
}

static const char *commit(struct fault_call *call)
{
	return controller_commit(call->controller, false) < 0 ? "could not be stored" : NULL;
}

static const char *percent(const struct fault_call *call, double *out)
{
	int64_t value;

	if (!number_at(call, 0, 0, 100, &value))
		return "wants a percentage";
	*out = (double)value / 100.;
	return NULL;
}

static const char *do_loss(struct fault_call *call)
{
	return percent(call, &call->controller->link.faults.loss);
}

static const char *do_duplicate(struct fault_call *call)
{
	return percent(call, &call->controller->link.faults.duplicate);
}

static const char *do_reorder(struct fault_call *call)
{
	return percent(call, &call->controller->link.faults.reorder);
}

static const char *do_delay(struct fault_call *call)
{
	int64_t ms;

	if (!number_at(call, 0, 0, 60000, &ms))
		return "wants milliseconds";
	call->controller->link.faults.delay_ms = (int)ms;
	return NULL;
}

static const char *do_reboot(struct fault_call *call)
{
	int64_t seconds = 1;

	if (call->count && !number_at(call, 0, 0, 86400, &seconds))
		return "wants seconds without power";
	controller_restart(call->controller, (int)seconds * 1000);
	return NULL;
}

static const char *do_hang(struct fault_call *call)
{
	int64_t seconds;

	if (!number_at(call, 0, 1, 86400, &seconds))
		return "wants seconds";
	controller_hang(call->controller, (int)seconds * 1000);
	return NULL;
}

static const char *do_unhang(struct fault_call *call)
{
	controller_wake(call->controller);
	return NULL;
}

/* As many of the oldest events are overwritten as asked for, or all that are held but one. */
static const char *do_overflow(struct fault_call *call)
{
	struct memory *memory = &call->controller->memory;
	uint32_t oldest = memory_oldest(memory), first = memory->acked + 1 > oldest ? memory->acked + 1 : oldest;
	int64_t lose = memory->newest >= first ? memory->newest - first + 1 : 0;

	if (call->count && !number_at(call, 0, 1, UINT32_MAX, &lose))
		return "wants a number of unread events";
	if (first + lose - 1 > memory->newest)
		return "so many unread events are not held";
	memory_floor(memory, (uint32_t)(first + lose - 1));
	buf_addf(call->json, ",\"from\":%" PRIu32 ",\"to\":%" PRIu32, first, (uint32_t)(first + lose - 1));
	return commit(call);
}

static const char *do_lost_memory(struct fault_call *call)
{
	bool keys = call->count && strcmp(call->words[0], "keys") == 0;

	if (call->count && !keys)
		return "wants nothing, or the word keys";
	return controller_forget(call->controller, keys) < 0 ? "could not be stored" : NULL;
}

static const char *do_clock_drift(struct fault_call *call)
{
	struct memory *memory = &call->controller->memory;
	int64_t seconds;

	if (!number_at(call, 0, -INT64_C(100000000000), INT64_C(100000000000), &seconds))
		return "wants seconds, forward or back";
	memory_clock(memory, memory->clock_offset_ms + seconds * 1000, memory->clock_unset);
	return commit(call);
}

/* Alarms whose cause the simulator sets: on, off, at a door or at the controller itself. */
static const char *cause(struct fault_call *call, uint16_t kind, bool of_door)
{
	int last = call->count - 1;
	bool off = last >= 0 && strcmp(call->words[last], "off") == 0;
	struct door_world world = controller_world(call->controller);
	uint32_t bit = GATE_ALARM_BIT(kind);
	struct door *door;

	if (off || (last >= 0 && strcmp(call->words[last], "on") == 0))
		call->count--;
	if (!of_door) {
		call->controller->inputs = off ? call->controller->inputs & ~bit : call->controller->inputs | bit;
		controller_alarm(call->controller, kind, !off, "");
		return NULL;
	}
	door = call->count ? door_at(call, 0) : &call->controller->doors[0];
	if (!door)
		return "wants a door of this controller";
	door->inputs = off ? door->inputs & ~bit : door->inputs | bit;
	if (kind == EVENT_LOCK_FAULT) {
		door->stuck = !off;
		door_tick(door, &world);
	}
	door_alarm(door, &world, kind, !off, "");
	return commit(call);
}

static const char *do_tamper(struct fault_call *call)
{
	return cause(call, EVENT_TAMPER, true);
}

static const char *do_reader_fault(struct fault_call *call)
{
	return cause(call, EVENT_READER_FAULT, true);
}

static const char *do_reader_comm_fault(struct fault_call *call)
{
	return cause(call, EVENT_READER_COMM_FAULT, true);
}

static const char *do_lock_fault(struct fault_call *call)
{
	return cause(call, EVENT_LOCK_FAULT, true);
}

static const char *do_power_fail(struct fault_call *call)
{
	return cause(call, EVENT_POWER_FAIL, false);
}

static const char *do_battery_low(struct fault_call *call)
{
	return cause(call, EVENT_BATTERY_LOW, false);
}

static const char *do_fire(struct fault_call *call)
{
	bool burning = !(call->count && strcmp(call->words[0], "off") == 0);
	struct door_world world = controller_world(call->controller);

	for (unsigned i = 0; i < call->controller->site->doors; i++)
		door_fire(&call->controller->doors[i], &world, burning);
	return cause(call, EVENT_FIRE, false);
}

static const char *do_open(struct fault_call *call)
{
	struct door_world world = controller_world(call->controller);
	struct door *door = door_at(call, 0);

	if (!door)
		return "wants a door of this controller";
	door_opens(door, &world);
	return commit(call);
}

static const char *do_close(struct fault_call *call)
{
	struct door_world world = controller_world(call->controller);
	struct door *door = door_at(call, 0);

	if (!door)
		return "wants a door of this controller";
	door_closes(door, &world);
	return commit(call);
}

static const char *do_forced_open(struct fault_call *call)
{
	struct door_world world = controller_world(call->controller);
	struct door *door = call->count ? door_at(call, 0) : &call->controller->doors[0];

	if (!door)
		return "wants a door of this controller";
	if (door->open || door->kept.lock_state != LOCK_STATE_LOCKED)
		return "the door is not closed and locked";
	door_opens(door, &world);
	return commit(call);
}

/* pass DOOR CARD [pin=1234] [exit] [stay]: somebody reads a card and, when let in, walks through at once. */
static const char *do_pass(struct fault_call *call)
{
	struct door_world world = controller_world(call->controller);
	struct door *door = door_at(call, 0);
	struct door_read read = {.reader = READER_SIDE_ENTRY, .pin = ""};
	bool walk = true;
	int refused;

	if (!door || call->count < 2)
		return "wants a door of this controller and a card number";
	read.card = call->words[1];
	if (strlen(read.card) > GATE_CARD_MAX || strspn(read.card, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != strlen(read.card))
		return "a card number has 1 to 16 letters and digits";
	for (int i = 2; i < call->count; i++) {
		if (strcmp(call->words[i], "exit") == 0)
			read.reader = READER_SIDE_EXIT;
		else if (strcmp(call->words[i], "stay") == 0)
			walk = false;
		else if (strncmp(call->words[i], "pin=", 4) == 0)
			read.pin = call->words[i] + 4;
		else if (strspn(call->words[i], "0123456789") == strlen(call->words[i]))
			read.pin = call->words[i];
		else
			return "wants a PIN, exit or stay after the card";
	}
	refused = door_card(door, &world, &read);
	if (refused == 0 && walk && !door->open) {
		door_opens(door, &world);
		traffic_walk_through(call->traffic, call->controller, door->number, WALK_OPEN_MS, WALK_STAY_MS);
	}
	buf_addf(call->json, ",\"passed\":%s,\"refused\":", refused == 0 ? "true" : "false");
	buf_json_string(call->json, refused > 0 ? event_code(refused) : refused < 0 ? "reread" : NULL);
	if (controller_commit(call->controller, false) < 0)
		return "could not be stored";
	buf_addf(call->json, ",\"newest\":%" PRIu32, call->controller->memory.newest);
	return NULL;
}

static const char *do_code(struct fault_call *call)
{
	struct door_world world = controller_world(call->controller);
	struct door *door = door_at(call, 0);

	if (!door || call->count < 2)
		return "wants a door of this controller and a code";
	buf_addf(call->json, ",\"passed\":%s", door_code(door, &world, READER_SIDE_ENTRY, call->words[1]) == 0 ? "true" : "false");
	return commit(call);
}

static const char *do_burst(struct fault_call *call)
{
	int64_t count, started = clock_mono_ms();
	uint32_t last;

	if (!number_at(call, 0, 1, BURST_MAX, &count))
		return "wants a number of events";
	last = backfill_burst(call->controller, (uint32_t)count);
	if (last == 0)
		return "could not be stored";
	buf_addf(call->json, ",\"newest\":%" PRIu32 ",\"ms\":%" PRId64, last, clock_mono_ms() - started);
	return NULL;
}

static const char *do_rate(struct fault_call *call)
{
	int64_t rate;

	if (!number_at(call, 0, 0, 1000000, &rate))
		return "wants events a minute, of all controllers together";
	traffic_rate(call->traffic, (int)rate);
	return NULL;
}

static const char *do_status(struct fault_call *call)
{
	status_json(call->controller, call->json);
	return NULL;
}

/* Everything as it should be: the network, the causes of alarms, doors closed. Drifted clocks and lost memory stay. */
static const char *do_heal(struct fault_call *call)
{
	struct controller *controller = call->controller;
	struct door_world world = controller_world(controller);

	controller->link.faults = (struct link_faults){0};
	controller_wake(controller);
	for (uint16_t kind = EVENT_LOST_CARD; kind <= EVENT_AUTH_FAILED; kind++) {
		if (controller->inputs & GATE_ALARM_BIT(kind))
			controller_alarm(controller, kind, false, "");
	}
	controller->inputs = 0;
	for (unsigned i = 0; i < controller->site->doors; i++) {
		struct door *door = &controller->doors[i];

		door->stuck = false;
		door_fire(door, &world, false);
		for (uint16_t kind = EVENT_LOST_CARD; kind <= EVENT_AUTH_FAILED; kind++) {
			if (door->inputs & GATE_ALARM_BIT(kind))
				door_alarm(door, &world, kind, false, "");
		}
		door->inputs = 0;
		door_closes(door, &world);
		door_tick(door, &world);
	}
	return commit(call);
}

static const struct {
	const char *name;
	const char *(*run)(struct fault_call *call);
} faults[] = {
	{"loss", do_loss},
	{"duplicate", do_duplicate},
	{"reorder", do_reorder},
	{"delay", do_delay},
	{"reboot", do_reboot},
	{"hang", do_hang},
	{"unhang", do_unhang},
	{"overflow", do_overflow},
	{"lost_memory", do_lost_memory},
	{"clock_drift", do_clock_drift},
	{"tamper", do_tamper},
	{"forced_open", do_forced_open},
	{"reader_fault", do_reader_fault},
	{"reader_comm_fault", do_reader_comm_fault},
	{"lock_fault", do_lock_fault},
	{"power_fail", do_power_fail},
	{"battery_low", do_battery_low},
	{"fire", do_fire},
	{"open", do_open},
	{"close", do_close},
	{"pass", do_pass},
	{"code", do_code},
	{"burst", do_burst},
	{"rate", do_rate},
	{"status", do_status},
	{"heal", do_heal},
};

const char *fault_do(struct fault_call *call, char *text)
{
	char *rest = NULL, *name = strtok_r(text, " \t", &rest);

	call->count = 0;
	for (char *word; (word = strtok_r(NULL, " \t", &rest));) {
		if (call->count == FAULT_WORDS_MAX)
			return "too many words";
		call->words[call->count++] = word;
	}
	if (!name)
		return "no fault named";
	for (size_t i = 0; i < lengthof(faults); i++) {
		if (strcmp(faults[i].name, name) == 0)
			return faults[i].run(call);
	}
	return "no such fault";
}
