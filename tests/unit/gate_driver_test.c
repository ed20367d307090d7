/*
 * The driver interface itself: names, slots and their classes, and the bound of what one step can ask for. What a session
 * does over time is in tests/replay.
 */
#include <string.h>

#include "gate/codec.h"
#include "gate/codes.h"
#include "gate/driver.h"
#include "tap.h"

static struct gate_actions out;
static struct gate_session *session;
static int64_t now;

/* The last action of a kind that the step asked for; one without content when there is none. */
static const struct gate_action *
find(enum gate_action_kind kind)
{
	static const struct gate_action none = { .kind = GATE_ACT_WAKE_AT, .u.wake_ms = -1 };
	const struct gate_action *found = &none;

	for (size_t i = 0; i < out.count; i++)
		if (out.item[i].kind == kind)
			found = &out.item[i];
	return found;
}

static bool
has(enum gate_action_kind kind)
{
	return find(kind)->kind == kind;
}

static void
step(enum gate_input_kind kind)
{
	const struct gate_input in = { .kind = kind };

	gate_step(session, &in, now, 1760000000000 + now, &out);
}

/* Answers what was sent last as a willing controller would. */
static void
answer(struct gate_message *m)
{
	const struct gate_action *sent = find(GATE_ACT_SEND);
	uint8_t bytes[GATE_MESSAGE_MAX];
	struct gate_input in = { .kind = GATE_IN_MESSAGE };
	int size;

	CU_ASSERT_EQUAL_FATAL(sent->kind, GATE_ACT_SEND);
	m->type = sent->u.send.bytes[1] | GATE_REPLY;
	m->exchange = (uint32_t)wire_get(sent->u.send.bytes + 4, 4);
	size = gate_encode(m, bytes, sizeof bytes);
	CU_ASSERT_FATAL(size > 0);
	in.u.message.bytes = bytes;
	in.u.message.size = (size_t)size;
	gate_step(session, &in, now, 1760000000000 + now, &out);
}

static void
answer_hello(void)
{
	struct gate_message m = { .u.hello_reply = { .serial = 9, .version = 1, .version_low = 1, .version_high = 1,
		.doors = 1, .log = { 1 }, .oldest = 1, .boot = 1, .epochs = { 1, GATE_EPOCH_NONE } } };

	answer(&m);
}

static void
answer_status(void)
{
	struct gate_message m = { .u.status_reply = { .boot = 1, .log = { 1 }, .oldest = 1, .power = GATE_POWER_MAINS,
		.door_count = 1, .doors = { { .door = 1 } } } };

	answer(&m);
}

static void
answer_clock(void)
{
	struct gate_message m = { .u.clock_reply = { 1760000000000, 1760000000000 } };

	answer(&m);
}

/* A session that has nothing to do. */
static int
begin(void)
{
	const struct gate_config config = { .serial = 9, .epochs = { 1, GATE_EPOCH_NONE }, .tz = "JST-9" };
	struct gate_input up = { .kind = GATE_IN_CHANNEL_UP, .u.channel = { 1 } };

	now = 1000;
	session = gate_session_new(&gate_driver_kidoban, &config);
	if (session == NULL)
		return 1;
	step(GATE_IN_TICK);
	step(GATE_IN_SLOT);
	gate_step(session, &up, now, 1760000000000 + now, &out);
	answer_hello();
	step(GATE_IN_SLOT);
	answer_status();
	step(GATE_IN_SLOT);
	answer_clock();
	return gate_session_state(session) == GATE_SESSION_STEADY ? 0 : 1;
}

static void
end(void)
{
	gate_session_free(session);
	session = NULL;
}

static void
test_names(void)
{
	CU_ASSERT_PTR_EQUAL(gate_driver_by_name("kidoban"), &gate_driver_kidoban);
	CU_ASSERT_PTR_NULL(gate_driver_by_name("kidobann"));
	CU_ASSERT_PTR_NULL(gate_driver_by_name(""));
	CU_ASSERT_STRING_EQUAL(gate_driver_name(&gate_driver_kidoban), "kidoban");
	CU_ASSERT_TRUE(gate_driver_is_secured(&gate_driver_kidoban));
	for (int i = 0; i < GATE_COUNTERS; i++)
		CU_ASSERT_PTR_NOT_NULL(gate_counter_name((enum gate_counter)i));
	CU_ASSERT_STRING_EQUAL(gate_session_state_name(GATE_SESSION_STEADY), "steady");
}

static void
test_first_steps(void)
{
	const struct gate_config config = { .serial = 9, .epochs = { 1, GATE_EPOCH_NONE }, .first_delay_ms = 700 };

	session = gate_session_new(&gate_driver_kidoban, &config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(session);
	now = 5000;
	step(GATE_IN_TICK);
	CU_ASSERT_FALSE(has(GATE_ACT_WANT_SLOT));
	CU_ASSERT_EQUAL(find(GATE_ACT_WAKE_AT)->u.wake_ms, 5700);
	now = 5700;
	step(GATE_IN_TICK);
	CU_ASSERT_TRUE_FATAL(has(GATE_ACT_WANT_SLOT));
	CU_ASSERT_EQUAL(find(GATE_ACT_WANT_SLOT)->u.slot.class, GATE_SLOT_STATE);
	CU_ASSERT_FALSE(find(GATE_ACT_WANT_SLOT)->u.slot.doubtful);
	step(GATE_IN_SLOT);
	CU_ASSERT_TRUE_FATAL(has(GATE_ACT_CONNECT));
	CU_ASSERT_EQUAL(find(GATE_ACT_CONNECT)->u.connect.epoch, 1);
	CU_ASSERT_EQUAL(find(GATE_ACT_WAKE_AT)->u.wake_ms, 15700);
	now = 15700;
	step(GATE_IN_TICK);
	CU_ASSERT_TRUE(has(GATE_ACT_DISCONNECT));
	CU_ASSERT_TRUE(has(GATE_ACT_RELEASE_SLOT));
	CU_ASSERT_EQUAL(find(GATE_ACT_COMMUNICATION)->u.communication.communication, COMMUNICATION_DOWN);
	CU_ASSERT_TRUE_FATAL(has(GATE_ACT_WANT_SLOT));	/* again, and now it is known not to answer */
	CU_ASSERT_TRUE(find(GATE_ACT_WANT_SLOT)->u.slot.doubtful);
	end();
}

/* While a slot of a low class is waited for, a command asks for a better one. */
static void
test_slot_class_rises(void)
{
	struct gate_input in = { .kind = GATE_IN_WANT, .u.want = GATE_WANT_EVENTS };

	CU_ASSERT_EQUAL_FATAL(begin(), 0);
	gate_step(session, &in, now, 1760000000000, &out);
	CU_ASSERT_EQUAL(find(GATE_ACT_WANT_SLOT)->u.slot.class, GATE_SLOT_EVENTS);
	CU_ASSERT_FALSE(find(GATE_ACT_WANT_SLOT)->u.slot.doubtful);
	in = (struct gate_input){ .kind = GATE_IN_COMMAND, .u.command = { .id = { 1 }, .door = 1,
		.command = COMMAND_UNLOCK, .expires_mono_ms = now + 5000 } };
	gate_step(session, &in, now, 1760000000000, &out);
	CU_ASSERT_TRUE_FATAL(has(GATE_ACT_WANT_SLOT));
	CU_ASSERT_EQUAL(find(GATE_ACT_WANT_SLOT)->u.slot.class, GATE_SLOT_URGENT);
	step(GATE_IN_TICK);	/* asked once */
	CU_ASSERT_FALSE(has(GATE_ACT_WANT_SLOT));
	step(GATE_IN_SLOT);
	CU_ASSERT_EQUAL(find(GATE_ACT_SEND)->u.send.bytes[1], GATE_COMMAND);
	end();
}

static int
read_zeros(void *context, uint32_t offset, uint8_t *bytes, uint16_t size)
{
	(void)context;
	(void)offset;
	memset(bytes, 0, size);
	return 0;
}

static void
answer_window(const struct gate_transfer_plan *plan, uint32_t *held)
{
	struct gate_message m = { .type = 0 };

	m.u.transfer_chunk_reply.handle = 1;
	*held += (uint32_t)out.sends;
	m.u.transfer_chunk_reply.contiguous = *held < plan->begin.chunks ? *held : plan->begin.chunks;
	answer(&m);
}

/* The busiest step there can be: the widest window is overdue, and commands, revocations and a key with it. */
static void
test_a_step_is_bounded(void)
{
	static const struct gate_revocation entries[80] = { { 1, 1, 1 } };
	static struct gate_transfer_plan plan = { .read = read_zeros };
	struct gate_revoke_plan revoke = { GATE_REVOKE_REPLACE, 0, 5, 1, entries };
	struct gate_input in = { .kind = GATE_IN_TRANSFER, .u.transfer = &plan };
	struct gate_message begun = { .u.transfer_begin_reply = { GATE_TRANSFER_FRESH, 1, 0 } };
	uint32_t held = 0;

	CU_ASSERT_EQUAL_FATAL(begin(), 0);
	plan.begin = (struct gate_transfer_begin){ .stream = STREAM_PERMITS, .mode = GATE_TRANSFER_FULL, .to = 2,
		.bytes = 2000 * GATE_CHUNK_SIZE, .chunks = 2000 };
	gate_step(session, &in, now, 1760000000000, &out);
	step(GATE_IN_SLOT);
	answer(&begun);
	step(GATE_IN_SLOT);
	for (unsigned i = 0; i < 40 && out.sends < 32; i++) {
		answer_window(&plan, &held);
		step(GATE_IN_SLOT);
	}
	CU_ASSERT_EQUAL(out.sends, 32);
	in = (struct gate_input){ .kind = GATE_IN_REVOKE, .u.revoke = &revoke };
	gate_step(session, &in, now, 1760000000000, &out);
	in = (struct gate_input){ .kind = GATE_IN_KEY_STAGE, .u.key = { .epoch = 2 } };
	gate_step(session, &in, now, 1760000000000, &out);
	for (uint8_t i = 0; i < 40; i++) {
		in = (struct gate_input){ .kind = GATE_IN_COMMAND, .u.command = { .id = { 1, i }, .door = 1,
			.command = COMMAND_UNLOCK, .expires_mono_ms = now + 500 } };
		gate_step(session, &in, now, 1760000000000, &out);
		if (i >= 32)
			CU_ASSERT_EQUAL(find(GATE_ACT_COMMAND)->u.command.outcome, OUTCOME_REFUSED);
	}
	now += 2600;
	step(GATE_IN_TICK);
	CU_ASSERT(out.count > 100);
	CU_ASSERT(out.count <= GATE_ACTIONS_MAX);
	CU_ASSERT(out.sends >= 34);
	CU_ASSERT(out.sends <= GATE_SENDS_MAX);
	end();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "names", test_names },
		{ "first steps and the handshake deadline", test_first_steps },
		{ "the class of a slot rises", test_slot_class_rises },
		{ "a step is bounded", test_a_step_is_bounded },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "gate driver", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
