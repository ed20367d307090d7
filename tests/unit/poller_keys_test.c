/*
 * Keys (P-3): the decision table, row by row, and then a crash at every step of enrolment and of a rotation: whatever was
 * lost, both sides still share a key that is tried, and the exchange comes to its end.
 */
#include <string.h>

#include "../../daemons/gate-poller/keys.h"
#include "tap.h"

#define NONE GATE_EPOCH_NONE

static const struct {
	uint32_t active, staged, retired, used, held[2];
	enum key_move move;
	uint32_t epoch;
} table[] = {
	/* enrolment */
	{ NONE, NONE, NONE, 0, { 0, NONE }, KEY_MOVE_NEW, 1 },
	{ NONE, 1, NONE, 0, { 0, NONE }, KEY_MOVE_STAGE, 1 },	/* crashed before the controller had it */
	{ NONE, 1, NONE, 0, { 0, 1 }, KEY_MOVE_STAGE, 1 },	/* crashed before its answer was heard */
	{ NONE, 1, NONE, 1, { 0, 1 }, KEY_MOVE_ACTIVATE, 1 },
	{ 1, NONE, NONE, 1, { 0, 1 }, KEY_MOVE_RETIRE, 0 },	/* crashed before the old one was retired */
	{ 1, NONE, NONE, 1, { 1, NONE }, KEY_MOVE_NONE, NONE },
	/* rotation */
	{ 1, 2, NONE, 1, { 1, NONE }, KEY_MOVE_STAGE, 2 },
	{ 1, 2, NONE, 1, { 1, 2 }, KEY_MOVE_STAGE, 2 },
	{ 1, 2, NONE, 2, { 1, 2 }, KEY_MOVE_ACTIVATE, 2 },
	{ 2, NONE, 1, 2, { 1, 2 }, KEY_MOVE_RETIRE, 1 },
	{ 2, NONE, 1, 2, { 2, NONE }, KEY_MOVE_NONE, NONE },
	/* a controller that lost its memory: a new epoch, above all that ever were */
	{ 2, NONE, 1, 0, { 0, NONE }, KEY_MOVE_NEW, 3 },
	{ 2, 3, NONE, 0, { 0, NONE }, KEY_MOVE_STAGE, 3 },
	/* it has only the one before */
	{ 2, NONE, 1, 1, { 1, NONE }, KEY_MOVE_RESTAGE, 2 },
};

static void test_table(void)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct key_ring r = { .active = table[i].active, .staged = table[i].staged, .retired = table[i].retired };
		uint32_t epoch;
		enum key_move move = key_decide(&r, table[i].used, table[i].held, &epoch);

		if (move != table[i].move || epoch != table[i].epoch)
			printf("# row %zu: %s of %u, not %s of %u\n", i, key_move_name(move), epoch,
			    key_move_name(table[i].move), table[i].epoch);
		CU_ASSERT_EQUAL(move, table[i].move);
		CU_ASSERT_EQUAL(epoch, table[i].epoch);
	}
}

/* Server (what is committed) and controller (its two slots), and how many more writes succeed before the crash. */
struct world {
	struct key_ring ring;
	uint32_t slots[2];
	int writes;
};

static bool crashes(struct world *w)
{
	return w->writes-- == 0;
}

static bool holds(const struct world *w, uint32_t epoch)
{
	return w->slots[0] == epoch || w->slots[1] == epoch;
}

static void controller_stages(struct world *w, uint32_t used, uint32_t epoch)
{
	if (holds(w, epoch))
		return;
	w->slots[w->slots[0] == used ? 1 : 0] = epoch;
}

/* One session from handshake to crash or end. False when no key is shared. */
static bool session(struct world *w, uint32_t *used)
{
	static const uint8_t key[GATE_KEY_SIZE] = { 1 };
	uint32_t tries[KEY_EPOCHS], epoch;
	int count = key_epochs(&w->ring, tries), i = 0;

	while (i < count && !holds(w, tries[i]))
		i++;
	if (i == count)
		return false;
	*used = tries[i];
	switch (key_decide(&w->ring, *used, w->slots, &epoch)) {
	case KEY_MOVE_NEW:
		if (crashes(w))
			return true;
		key_staged(&w->ring, epoch, key);
		/* fall through */
	case KEY_MOVE_STAGE:
	case KEY_MOVE_RESTAGE:
		if (crashes(w))
			return true;
		controller_stages(w, *used, epoch);
		break;
	case KEY_MOVE_ACTIVATE:
		if (crashes(w))
			return true;
		key_activated(&w->ring);
		break;
	case KEY_MOVE_RETIRE:
		if (crashes(w))
			return true;
		w->slots[w->slots[0] == epoch ? 0 : 1] = NONE;
		if (crashes(w))
			return true;
		if (w->ring.retired == epoch)
			w->ring.retired = NONE;
		break;
	case KEY_MOVE_NONE:
		break;
	}
	return true;
}

static void crash_everywhere(const struct world *start, uint32_t end)
{
	for (int first = 0; first < 8; first++)
		for (int second = 0; second < 8; second++) {
			struct world w = *start;
			uint32_t used = NONE;
			bool shared = true;

			w.writes = first;
			for (int i = 0; i < 20; i++) {
				shared = shared && session(&w, &used);
				if (w.writes < 0)
					w.writes = i < 10 ? second : 1000;
			}
			CU_ASSERT(shared);
			CU_ASSERT_EQUAL(used, end);
			CU_ASSERT_EQUAL(w.ring.active, end);
			CU_ASSERT_EQUAL(w.ring.staged, NONE);
			CU_ASSERT(holds(&w, end) && (w.slots[0] == NONE || w.slots[1] == NONE));
		}
}

static void test_crash_in_enrolment(void)
{
	struct world w = { .ring = { .active = NONE, .staged = NONE, .retired = NONE }, .slots = { 0, NONE } };

	crash_everywhere(&w, 1);
}

static void test_crash_in_rotation(void)
{
	struct world w = { .ring = { .active = 4, .staged = 5, .retired = NONE }, .slots = { NONE, 4 } };

	crash_everywhere(&w, 5);
}

static void test_crash_after_lost_memory(void)
{
	struct world w = { .ring = { .active = 4, .staged = NONE, .retired = NONE }, .slots = { 0, NONE } };

	crash_everywhere(&w, 5);
}

static void test_order_of_epochs(void)
{
	struct key_ring r = { .active = NONE, .staged = NONE, .retired = NONE };
	uint32_t e[KEY_EPOCHS];

	CU_ASSERT_EQUAL(key_epochs(&r, e), 1);
	CU_ASSERT_EQUAL(e[0], 0);
	r.staged = 1;
	CU_ASSERT_EQUAL(key_epochs(&r, e), 2);
	CU_ASSERT(e[0] == 1 && e[1] == 0);
	r.active = 1;
	r.staged = 2;
	CU_ASSERT_EQUAL(key_epochs(&r, e), 5);
	CU_ASSERT(e[0] == 2 && e[1] == 1 && e[2] == 2 && e[3] == 1 && e[4] == 0);
	r.staged = NONE;
	CU_ASSERT_EQUAL(key_epochs(&r, e), 4);
	CU_ASSERT(e[0] == 1 && e[1] == 1 && e[2] == 1 && e[3] == 0);
	CU_ASSERT_PTR_NULL(key_of(&r, 0));
	CU_ASSERT_PTR_EQUAL(key_of(&r, 1), r.active_key);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "decision table", test_table },
		{ "the order in which keys are tried", test_order_of_epochs },
		{ "two crashes anywhere in enrolment lock nobody out", test_crash_in_enrolment },
		{ "two crashes anywhere in a rotation lock nobody out", test_crash_in_rotation },
		{ "a controller that lost its memory comes back", test_crash_after_lost_memory },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "keys", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
