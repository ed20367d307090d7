/* Pace (L-21). Slots (L-20): classes, caps, fairness. Schedule (L-3, L-10, L-19): spread, nothing made up for. Timers. */
#include <string.h>

#include "../../daemons/gate-poller/loop.h"
#include "../../daemons/gate-poller/pace.h"
#include "../../daemons/gate-poller/schedule.h"
#include "../../daemons/gate-poller/slots.h"
#include "gate/driver.h"
#include "tap.h"

enum { MANY = 200 };

static void want_many(struct slots *all, struct slot *slots, int count, enum slot_class class, bool silent)
{
	memset(slots, 0, sizeof *slots * (size_t)count);
	for (int i = 0; i < count; i++)
		slots_want(all, &slots[i], class, silent);
}

static int grant(struct slots *all)
{
	int n = 0;

	while (slots_next(all) != NULL)
		n++;
	return n;
}

static void test_cap(void)
{
	struct slots all = { .leased = 50 };
	struct slot s[MANY];

	want_many(&all, s, MANY, SLOT_STATE, false);
	CU_ASSERT_EQUAL(grant(&all), 50);
	CU_ASSERT_EQUAL(slots_waiting(&all, SLOT_STATE), MANY - 50);
	slots_release(&all, &s[0]);
	slots_release(&all, &s[1]);
	CU_ASSERT_EQUAL(grant(&all), 2);
	all.leased = 10;	/* part of the lease went to another poller: nobody new until below it */
	for (int i = 2; i < 42; i++)
		slots_release(&all, &s[i]);
	CU_ASSERT_EQUAL(grant(&all), 0);
	slots_release(&all, &s[42]);
	CU_ASSERT_EQUAL(grant(&all), 1);
}

static void test_order_of_classes(void)
{
	struct slots all = { .leased = 1 };
	struct slot s[4] = { 0 };
	const enum slot_class asked[4] = { SLOT_BULK, SLOT_EVENTS, SLOT_STATE, SLOT_URGENT };

	for (int i = 0; i < 4; i++)
		slots_want(&all, &s[i], asked[i], false);
	for (int i = 3; i >= 0; i--) {
		struct slot *next = slots_next(&all);

		CU_ASSERT_PTR_EQUAL(next, &s[i]);
		CU_ASSERT_PTR_NULL(slots_next(&all));
		slots_release(&all, next);
	}
}

static void test_first_come_first_served(void)
{
	struct slots all = { .leased = 1 };
	struct slot s[MANY];

	want_many(&all, s, MANY, SLOT_EVENTS, false);
	for (int i = 0; i < MANY; i++) {
		struct slot *next = slots_next(&all);

		CU_ASSERT_PTR_EQUAL(next, &s[i]);
		slots_release(&all, next);
		slots_want(&all, next, SLOT_EVENTS, false);	/* goes to the end, never before those that wait */
	}
}

static void test_bulk_leaves_room(void)
{
	struct slots all = { .leased = 50 };
	struct slot bulk[MANY], state[MANY];

	want_many(&all, bulk, MANY, SLOT_BULK, false);
	CU_ASSERT_EQUAL(grant(&all), 30);
	want_many(&all, state, MANY, SLOT_STATE, false);
	CU_ASSERT_EQUAL(grant(&all), 20);
	CU_ASSERT_EQUAL(all.used_bulk, 30);
}

static void test_silent_leave_room(void)
{
	struct slots all = { .leased = 50 };
	struct slot silent[MANY], good[MANY];

	want_many(&all, silent, MANY, SLOT_URGENT, true);
	CU_ASSERT_EQUAL(grant(&all), 10);
	want_many(&all, good, MANY, SLOT_BULK, false);
	CU_ASSERT_EQUAL(grant(&all), 30);
	want_many(&all, good, 0, SLOT_STATE, false);
	CU_ASSERT_EQUAL(all.used_silent, 10);
	slots_release(&all, &silent[0]);
	CU_ASSERT_PTR_EQUAL(slots_next(&all), &silent[10]);
}

static void test_small_lease_is_not_spent_on_the_silent(void)
{
	struct slots all = { .leased = 5 };
	struct slot silent[MANY], good[MANY];

	want_many(&all, silent, MANY, SLOT_URGENT, true);
	want_many(&all, good, MANY, SLOT_STATE, false);
	CU_ASSERT_EQUAL(grant(&all), 5);
	CU_ASSERT_EQUAL(all.used_silent, 1);
}

static void test_events_wait_for_the_database(void)
{
	struct slots all = { .leased = 50, .no_events = true };
	struct slot events = { 0 }, bulk = { 0 }, urgent = { 0 };

	slots_want(&all, &events, SLOT_EVENTS, false);
	slots_want(&all, &bulk, SLOT_BULK, false);
	slots_want(&all, &urgent, SLOT_URGENT, false);
	CU_ASSERT_PTR_EQUAL(slots_next(&all), &urgent);
	CU_ASSERT_PTR_EQUAL(slots_next(&all), &bulk);
	CU_ASSERT_PTR_NULL(slots_next(&all));
	all.no_events = false;
	CU_ASSERT_PTR_EQUAL(slots_next(&all), &events);
}

static void test_wish_may_become_urgent(void)
{
	struct slots all = { .leased = 0 };
	struct slot s[3] = { 0 };

	slots_want(&all, &s[0], SLOT_EVENTS, false);
	slots_want(&all, &s[1], SLOT_BULK, false);
	slots_want(&all, &s[1], SLOT_URGENT, false);
	slots_want(&all, &s[1], SLOT_BULK, false);	/* stays urgent */
	all.leased = 1;
	CU_ASSERT_PTR_EQUAL(slots_next(&all), &s[1]);
	CU_ASSERT_EQUAL(slots_waiting(&all, SLOT_BULK), 0);
	slots_release(&all, &s[0]);			/* stops waiting */
	slots_release(&all, &s[1]);
	CU_ASSERT_PTR_NULL(slots_next(&all));
	CU_ASSERT_EQUAL(all.used, 0);
}

static void test_wanted(void)
{
	struct slots all = { .leased = 50 };
	struct slot bulk[MANY], silent[MANY];

	CU_ASSERT_EQUAL(slots_wanted(&all), 0);
	want_many(&all, bulk, MANY, SLOT_BULK, false);
	CU_ASSERT_EQUAL(slots_wanted(&all), 50);	/* a lease of 50 lets 30 be bulk */
	for (int i = 3; i < MANY; i++)
		slots_release(&all, &bulk[i]);
	CU_ASSERT_EQUAL(slots_wanted(&all), 5);
	want_many(&all, silent, 2, SLOT_STATE, true);
	CU_ASSERT_EQUAL(slots_wanted(&all), 10);
	grant(&all);
	CU_ASSERT_EQUAL(slots_wanted(&all), 10);
}

/* Asking for what is wanted, however little was leased before, gets everybody served at the full caps. */
static void test_lease_grows_for_the_silent(void)
{
	struct slots all = { .leased = 8 };
	struct slot silent[MANY];

	want_many(&all, silent, MANY, SLOT_STATE, true);
	grant(&all);
	CU_ASSERT_EQUAL(all.used_silent, 1);
	all.leased = slots_wanted(&all);
	grant(&all);
	CU_ASSERT_EQUAL(all.used_silent, SLOTS_SILENT_MOST);
}

static const struct schedule_intervals every = { .state_ms = 60000, .events_ms = 300000 };

static void test_state_each_minute(void)
{
	struct schedule s;
	int states = 0, events = 0;

	schedule_begin(&s, 0x4b44000000010001, &every, 1000);
	for (int64_t now = 1000; now < 1000 + 3600000; now = schedule_next(&s)) {
		uint32_t want = schedule_take(&s, now);

		states += (want & GATE_WANT_STATUS) != 0;
		events += (want & GATE_WANT_EVENTS) != 0;
	}
	CU_ASSERT_EQUAL(states, 60);
	CU_ASSERT_EQUAL(events, 12);
}

static void test_spread(void)
{
	int seconds[60] = { 0 }, most = 0;

	for (uint64_t i = 0; i < 1000; i++) {
		struct schedule s;

		schedule_begin(&s, 0x4b44000000010000 + i, &every, 0);
		seconds[s.state_at / 1000 % 60]++;
	}
	for (int i = 0; i < 60; i++)
		most = seconds[i] > most ? seconds[i] : most;
	CU_ASSERT(most <= 40);		/* 17 on the average */
}

static void test_missed_times_are_gone(void)
{
	struct schedule s;

	schedule_begin(&s, 7, &every, 0);
	CU_ASSERT_NOT_EQUAL(schedule_take(&s, 3600000) & GATE_WANT_STATUS, 0);
	CU_ASSERT_EQUAL(schedule_take(&s, 3600000), 0);
	CU_ASSERT(schedule_next(&s) > 3600000);
}

static void test_clock_once(void)
{
	struct schedule s;

	schedule_begin(&s, 7, &every, 0);
	schedule_clock(&s, 500000);
	CU_ASSERT_NOT_EQUAL(schedule_take(&s, 500000 + SCHEDULE_CLOCK_SPREAD_MS) & GATE_WANT_CLOCK, 0);
	CU_ASSERT_EQUAL(schedule_take(&s, 900000) & GATE_WANT_CLOCK, 0);
}

static void test_a_wrong_clock_is_set_at_once(void)
{
	struct schedule s;

	schedule_begin(&s, 7, &every, 0);
	CU_ASSERT_FALSE(schedule_clock_drifts(&s, 5000, 10000));
	CU_ASSERT_FALSE(schedule_clock_drifts(&s, -5000, 10000));
	CU_ASSERT_EQUAL(schedule_take(&s, 10000) & GATE_WANT_CLOCK, 0);
	CU_ASSERT_TRUE(schedule_clock_drifts(&s, -3600000, 20000));
	CU_ASSERT_EQUAL(schedule_next(&s), 20000);
	CU_ASSERT_NOT_EQUAL(schedule_take(&s, 20000) & GATE_WANT_CLOCK, 0);
	/* it does not keep its time: not at each status */
	CU_ASSERT_FALSE(schedule_clock_drifts(&s, 3600000, 80000));
	CU_ASSERT_EQUAL(schedule_take(&s, 80000) & GATE_WANT_CLOCK, 0);
	CU_ASSERT_TRUE(schedule_clock_drifts(&s, 3600000, 20000 + SCHEDULE_DRIFT_EVERY_MS));
	CU_ASSERT_NOT_EQUAL(schedule_take(&s, 20000 + SCHEDULE_DRIFT_EVERY_MS) & GATE_WANT_CLOCK, 0);
}

static int64_t fired[MANY];
static int fired_count;

static void note(void *arg, int64_t now_ms)
{
	(void)now_ms;
	fired[fired_count++] = ((struct loop_timer *)arg)->at_ms;
}

static void test_timers_in_order(void)
{
	struct loop *loop = loop_new();
	struct loop_timer t[MANY];
	bool ordered = true;

	CU_ASSERT_PTR_NOT_NULL_FATAL(loop);
	fired_count = 0;
	for (int i = 0; i < MANY; i++) {
		loop_timer_init(&t[i], note, &t[i]);
		loop_timer_set(loop, &t[i], i * 7919 % 1009);
	}
	for (int i = 0; i < MANY; i += 3)
		loop_timer_clear(loop, &t[i]);
	for (int i = 1; i < MANY; i += 3)
		loop_timer_set(loop, &t[i], i * 104729 % 997);
	CU_ASSERT_EQUAL(loop_fire_due(loop, 2000), INT64_MAX);
	CU_ASSERT_EQUAL(fired_count, MANY - (MANY + 2) / 3);
	for (int i = 1; i < fired_count; i++)
		ordered = ordered && fired[i - 1] <= fired[i];
	CU_ASSERT(ordered);
	loop_free(loop);
}

static void test_pace_keeps_to_the_rate(void)
{
	enum { KBIT = 700, CHUNK = 1040, CHUNKS = 9375 };	/* 300,000 permits of 32 bytes */
	struct pace p = { 0 };
	int64_t now = 1000, begin = now;
	int64_t wire = (int64_t)CHUNKS * (CHUNK + PACE_OVERHEAD) * 8;

	for (int sent = 0; sent < CHUNKS; now = pace_next_ms(&p, now))
		for (int i = 0; i < 32 && sent < CHUNKS; i++, sent++)
			pace_sent(&p, CHUNK, KBIT, now);
	CU_ASSERT(now - begin >= wire / KBIT - 1);			/* not faster in all */
	CU_ASSERT(now - begin <= wire / KBIT + 500);			/* and hardly slower: a round's rounding */
	CU_ASSERT(now - begin <= (int64_t)300000 * 32 * 8 / KBIT * 115 / 100);	/* FIGURES: 1.15 times the payload */
}

static void test_pace_forgives_idleness(void)
{
	struct pace p = { 0 };

	pace_sent(&p, 100000, 700, 0);
	CU_ASSERT(pace_next_ms(&p, 0) > 1100);
	CU_ASSERT_EQUAL(pace_next_ms(&p, 5000), 5000);
	pace_sent(&p, 1000, 700, 5000);		/* time that nobody used is not saved up */
	CU_ASSERT(pace_next_ms(&p, 5000) > 5010);
	pace_sent(&p, 1000000, 0, 5000);	/* no limit, nothing owed */
	CU_ASSERT(pace_next_ms(&p, 5000) < 5020);
}

int main(void)
{
	CU_TestInfo slots[] = {
		{ "never more than leased", test_cap },
		{ "classes go before one another", test_order_of_classes },
		{ "first come first served", test_first_come_first_served },
		{ "bulk takes at most 30", test_bulk_leaves_room },
		{ "controllers that do not answer take at most 10", test_silent_leave_room },
		{ "a small lease is not spent on the silent", test_small_lease_is_not_spent_on_the_silent },
		{ "events wait for the database", test_events_wait_for_the_database },
		{ "a wrong clock is set at once", test_a_wrong_clock_is_set_at_once },
		{ "a wish may become more urgent", test_wish_may_become_urgent },
		{ "how many are wanted", test_wanted },
		{ "the lease grows for controllers that do not answer", test_lease_grows_for_the_silent },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo schedule[] = {
		{ "state each minute, events each five", test_state_each_minute },
		{ "a thousand are spread over the minute", test_spread },
		{ "missed times are not made up for", test_missed_times_are_gone },
		{ "the clock is set once when due", test_clock_once },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo timers[] = {
		{ "fire in order, cleared ones never", test_timers_in_order },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo pace[] = {
		{ "bulk keeps to its rate", test_pace_keeps_to_the_rate },
		{ "what was not used is gone", test_pace_forgives_idleness },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "pace", NULL, NULL, NULL, NULL, pace },
		{ "slots", NULL, NULL, NULL, NULL, slots },
		{ "schedule", NULL, NULL, NULL, NULL, schedule },
		{ "timers", NULL, NULL, NULL, NULL, timers },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
