/*
 * A door of the simulator: who may pass, what its times do, what it refuses. Time is an argument.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "door.h"
#include "gate/codes.h"
#include "tap.h"

/* 2024-03-01T09:00:00+09:00 */
static const uint64_t morning = 1709251200000;

static char path[64];
static int dir;
static struct memory memory;
static struct permits permits;
static struct door door;
static struct door_world world;
static uint32_t seen; /* events that made() has told of */

static void permit(uint8_t *out, struct gate_permit p)
{
	if (p.valid_to == 0)
		p.valid_to = GATE_MINUTE_UNBOUNDED_TO;
	CU_ASSERT(gate_permit_encode(&p, out) == 0);
}

static void begin(const struct door_parameters *parameters)
{
	static uint8_t payload[8 * GATE_PERMIT_SIZE];
	static const uint8_t key[GATE_KEY_SIZE];
	struct permits_change change = {
		.mode = GATE_TRANSFER_FULL, .to = 5, .payload = payload, .length = sizeof(payload), .digest_key = key};
	uint32_t now = gate_minute_from_unix((int64_t)(morning / 1000));
	const char *reason;
	bool fresh;

	seen = 0;
	snprintf(path, sizeof(path), "/tmp/sim-door-XXXXXX");
	if (!mkdtemp(path) || (dir = open(path, O_RDONLY | O_DIRECTORY)) < 0)
		fatal("scratch");
	CU_ASSERT_FATAL(memory_open(&memory, dir, 1000, &fresh) == 0 && permits_open(&permits, dir) == 0);
	permit(payload, (struct gate_permit){.credential = 1, .card = "A", .levels = {1}, .pin = "1234"});
	permit(payload + 32, (struct gate_permit){.credential = 2, .card = "B", .levels = {1}});
	permit(payload + 64, (struct gate_permit){.credential = 3, .card = "ELSEWHERE", .levels = {0, 1}});
	permit(payload + 96, (struct gate_permit){.credential = 4, .card = "OLD", .levels = {1}, .valid_to = now});
	permit(payload + 128, (struct gate_permit){.credential = 5, .card = "OFF", .levels = {1}, .disabled = true, .valid_to = now - 1});
	permit(payload + 160, (struct gate_permit){.credential = 6, .card = "LOST", .levels = {1}});
	permit(payload + 192, (struct gate_permit){.credential = 7, .card = "SLOW", .levels = {1}, .extended_unlock = true, .apb_exempt = true});
	permit(payload + 224, (struct gate_permit){.credential = 4, .card = "OLD", .levels = {0, 2}});
	CU_ASSERT_FATAL(permits_apply(&permits, dir, &change, &reason) == GATE_TRANSFER_SWITCHED);
	world = (struct door_world){.mono = 1000000, .clock = morning, .memory = &memory, .permits = &permits};
	memset(&door, 0, sizeof(door));
	door_start(&door, 1, parameters, &world);
	CU_ASSERT(memory_commit(&memory, true) == 0);
}

static void end(void)
{
	memory_close(&memory);
	permits_close(&permits);
	unlinkat(dir, "journal", 0);
	unlinkat(dir, "permits", 0);
	close(dir);
	rmdir(path);
}

static void pass_time(int64_t ms)
{
	world.mono += ms;
	world.clock += (uint64_t)ms;
	door_tick(&door, &world);
	CU_ASSERT(memory_commit(&memory, true) == 0);
}

/* The kinds of the events made since the last call, as text: "entry(1) tamper+ tamper-" */
static const char *made(void)
{
	static char text[512];
	struct gate_event events[GATE_EVENTS_A_MESSAGE];
	int count;

	CU_ASSERT(memory_commit(&memory, true) == 0);
	count = memory_events(&memory, seen, GATE_EVENTS_A_MESSAGE, GATE_EVENTS_ROOM, events);
	text[0] = '\0';
	for (int i = 0; i < count; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s%s", used ? " " : "", event_code(events[i].kind),
			 events[i].flags & GATE_EVENT_RAISED ? "+" : events[i].flags & GATE_EVENT_CLEARED ? "-" : "");
		used = strlen(text);
		if (events[i].credential)
			snprintf(text + used, sizeof(text) - used, "(%u)", events[i].credential);
		used = strlen(text);
		if (events[i].detail[0])
			snprintf(text + used, sizeof(text) - used, "[%s]", events[i].detail);
		seen = events[i].seq;
	}
	return text;
}

#define MADE(expected) CU_ASSERT_STRING_EQUAL(made(), expected)

static int card(const char *number, uint8_t reader, const char *pin)
{
	struct door_read read = {.reader = reader, .card = number, .pin = pin};

	/* Past the re-read guard. */
	pass_time(3000);
	return door_card(&door, &world, &read);
}

static void walk(void)
{
	door_opens(&door, &world);
	pass_time(2000);
	door_closes(&door, &world);
	pass_time(600);
}

static void test_passage(void)
{
	begin(&door_parameters_default);
	MADE("");
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "") == 0);
	MADE("");
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_UNLOCKED);
	walk();
	MADE("first_in(1)");
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_LOCKED);
	CU_ASSERT(card("B", READER_SIDE_ENTRY, "") == 0);
	walk();
	MADE("entry(2)");
	CU_ASSERT(card("A", READER_SIDE_EXIT, "") == 0);
	walk();
	MADE("exit(1)");
	CU_ASSERT(card("B", READER_SIDE_EXIT, "") == 0);
	walk();
	MADE("last_out(2)");
	/* Let in, and goes away. */
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "") == 0);
	CU_ASSERT(door_next(&door) == world.mono + 5000);
	pass_time(4999);
	MADE("");
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_UNLOCKED);
	pass_time(1);
	MADE("not_passed(1)");
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_LOCKED && door_next(&door) == INT64_MAX);
	CU_ASSERT(card("SLOW", READER_SIDE_ENTRY, "") == 0 && door_next(&door) == world.mono + 15000);
	/* The same card at the same reader is not taken twice in two seconds. */
	CU_ASSERT(door_card(&door, &world, &(struct door_read){READER_SIDE_ENTRY, "SLOW", ""}) == -1);
	end();
}

static void test_refusals(void)
{
	struct gate_revocation lost = {6, REVOCATION_REASON_LOST, INT64_MAX};

	begin(&door_parameters_default);
	memory_revoke(&memory, true, 8, &lost, 1);
	memory_commit(&memory, true);
	CU_ASSERT(card("NOBODY", READER_SIDE_ENTRY, "") == EVENT_UNKNOWN_CARD);
	CU_ASSERT(card("a", READER_SIDE_ENTRY, "") == EVENT_UNKNOWN_CARD);
	MADE("unknown_card unknown_card");
	CU_ASSERT(card("ELSEWHERE", READER_SIDE_ENTRY, "") == EVENT_NO_PERMIT);
	MADE("no_permit(3)");
	/* Valid elsewhere, no longer here. */
	CU_ASSERT(card("OLD", READER_SIDE_ENTRY, "") == EVENT_OUT_OF_VALIDITY);
	MADE("out_of_validity(4)");
	CU_ASSERT(card("OFF", READER_SIDE_ENTRY, "") == EVENT_DISABLED_CARD);
	MADE("disabled_card(5)[disabled_card out_of_validity]");
	CU_ASSERT(card("LOST", READER_SIDE_ENTRY, "") == EVENT_LOST_CARD_REFUSED);
	MADE("lost_card_refused(6) lost_card+");
	CU_ASSERT(door.kept.alarms == GATE_ALARM_BIT(EVENT_LOST_CARD) && door.kept.lock_state == LOCK_STATE_LOCKED);
	pass_time(30000);
	MADE("lost_card-");
	end();
}

static uint8_t command(uint8_t what, uint16_t value, const char **reason)
{
	return door_command(&door, &world, what, value, NULL, reason);
}

static void test_pin(void)
{
	const char *reason;

	begin(&door_parameters_default);
	CU_ASSERT(command(COMMAND_SET_VERIFICATION_MODE, VERIFICATION_MODE_CARD_AND_PIN, &reason) == OUTCOME_DONE);
	MADE("card_and_pin");
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "") == EVENT_PIN_MISMATCH);
	CU_ASSERT(card("B", READER_SIDE_ENTRY, "1234") == EVENT_PIN_MISMATCH);
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "9999") == EVENT_PIN_MISMATCH);
	MADE("pin_mismatch(1) pin_mismatch(2) pin_mismatch(1)");
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "9998") == EVENT_PIN_MISMATCH);
	MADE("wrong_pin+ pin_mismatch(1)");
	/* Even the right one, for a minute. */
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "1234") == EVENT_PIN_MISMATCH);
	pass_time(60000);
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "1234") == 0);
	MADE("pin_mismatch(1) wrong_pin-");
	/* Leaving needs the card only. */
	walk();
	CU_ASSERT(card("A", READER_SIDE_EXIT, "") == 0);
	CU_ASSERT(command(COMMAND_SET_VERIFICATION_MODE, VERIFICATION_MODE_CARD_OR_READER_CODE, &reason) == OUTCOME_REFUSED);
	CU_ASSERT_STRING_EQUAL(reason, "no reader code is set");
	CU_ASSERT(command(COMMAND_SET_VERIFICATION_MODE, 77, &reason) == OUTCOME_REFUSED);
	CU_ASSERT(command(99, 0, &reason) == OUTCOME_NOT_SUPPORTED);
	end();
}

static void test_alarms(void)
{
	const char *reason;

	begin(&door_parameters_default);
	door_opens(&door, &world);
	MADE("forced_open+");
	pass_time(29999);
	MADE("");
	pass_time(1);
	MADE("door_open_too_long+");
	CU_ASSERT(command(COMMAND_ALARM_STOP, 0, &reason) == OUTCOME_DONE);
	MADE("alarm_stop");
	door_closes(&door, &world);
	MADE("forced_open- door_open_too_long-");
	CU_ASSERT(command(COMMAND_ARM, 0, &reason) == OUTCOME_DONE);
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "") == EVENT_ARMED);
	MADE("arm armed(1)");
	door_opens(&door, &world);
	MADE("forced_open+ intrusion+");
	door_closes(&door, &world);
	CU_ASSERT(command(COMMAND_DISARM, 0, &reason) == OUTCOME_DONE);
	MADE("forced_open- disarm intrusion-");
	door_alarm(&door, &world, EVENT_TAMPER, true, "");
	door_alarm(&door, &world, EVENT_TAMPER, true, "");
	MADE("tamper+");
	/* After power comes back an alarm without a cause is over, one with a cause stays. */
	door.inputs = 0;
	door_start(&door, 1, &door_parameters_default, &world);
	MADE("tamper-");
	end();
}

static void test_commands(void)
{
	const char *reason;

	begin(&door_parameters_default);
	CU_ASSERT(command(COMMAND_UNLOCK, 0, &reason) == OUTCOME_DONE && door.kept.lock_state == LOCK_STATE_UNLOCKED);
	walk();
	MADE("unlock remote_unlock_pass");
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_LOCKED);
	CU_ASSERT(command(COMMAND_UNLOCK, 0, &reason) == OUTCOME_DONE);
	pass_time(5000);
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_LOCKED);
	/* In continuous mode until told otherwise. */
	CU_ASSERT(command(COMMAND_SET_UNLOCK_MODE, UNLOCK_MODE_CONTINUOUS, &reason) == OUTCOME_DONE);
	CU_ASSERT(command(COMMAND_UNLOCK, 0, &reason) == OUTCOME_DONE);
	pass_time(500000);
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_UNLOCKED);
	CU_ASSERT(command(COMMAND_ARM, 0, &reason) == OUTCOME_REFUSED);
	CU_ASSERT_STRING_EQUAL(reason, "not locked: lock first");
	door_opens(&door, &world);
	CU_ASSERT(command(COMMAND_ARM, 0, &reason) == OUTCOME_REFUSED);
	CU_ASSERT_STRING_EQUAL(reason, "door is open");
	CU_ASSERT(command(COMMAND_LOCK, 0, &reason) == OUTCOME_DONE);
	CU_ASSERT_STRING_EQUAL(reason, "locks when the door closes");
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_UNLOCKED);
	door_closes(&door, &world);
	pass_time(1000);
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_LOCKED);
	CU_ASSERT(command(COMMAND_ARM, 0, &reason) == OUTCOME_DONE);
	CU_ASSERT(command(COMMAND_UNLOCK, 0, &reason) == OUTCOME_REFUSED);
	CU_ASSERT_STRING_EQUAL(reason, "armed: disarm first");
	door_fire(&door, &world, true);
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_UNLOCKED);
	CU_ASSERT(command(COMMAND_LOCK, 0, &reason) == OUTCOME_REFUSED && command(COMMAND_UNLOCK, 0, &reason) == OUTCOME_REFUSED);
	door_fire(&door, &world, false);
	CU_ASSERT(door.kept.lock_state == LOCK_STATE_LOCKED);
	end();
}

static void test_passback(void)
{
	struct door_parameters parameters = door_parameters_default;

	parameters.anti_passback = DOOR_PASSBACK_HARD;
	begin(&parameters);
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "") == 0);
	walk();
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "") == EVENT_PASSBACK_HARD);
	CU_ASSERT(card("A", READER_SIDE_EXIT, "") == 0);
	walk();
	/* Leaving is never refused, only recorded. */
	CU_ASSERT(card("A", READER_SIDE_EXIT, "") == 0);
	walk();
	MADE("first_in(1) passback_hard(1) last_out(1) passback_soft(1)");
	CU_ASSERT(card("SLOW", READER_SIDE_ENTRY, "") == 0);
	walk();
	CU_ASSERT(card("SLOW", READER_SIDE_ENTRY, "") == 0);
	walk();
	MADE("entry(7) entry(7)");
	parameters.anti_passback = DOOR_PASSBACK_SOFT;
	door.parameters = parameters;
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "") == 0);
	walk();
	CU_ASSERT(card("A", READER_SIDE_ENTRY, "") == 0);
	walk();
	MADE("entry(1) passback_soft(1)");
	end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"records a passage when the door opens", test_passage},
		{"refuses for the first reason and names all", test_refusals},
		{"asks for the PIN and locks out guessers", test_pin},
		{"raises and clears alarms", test_alarms},
		{"obeys commands, or says why not", test_commands},
		{"keeps who is inside for anti-passback", test_passback},
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"simulator door", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	return tap_main(suites);
}
