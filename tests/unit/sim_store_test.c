/*
 * The simulator's memory: what is written is what is found again, and a crash at any byte leaves whole acts only.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "gate/codes.h"
#include "memory.h"
#include "permits.h"
#include "tap.h"

struct scratch {
	char path[64];
	int dir;
};

static struct scratch scratch_make(void)
{
	struct scratch scratch = {.path = "/tmp/sim-store-XXXXXX"};

	if (!mkdtemp(scratch.path) || (scratch.dir = open(scratch.path, O_RDONLY | O_DIRECTORY)) < 0)
		fatal("scratch");
	return scratch;
}

static void scratch_remove(struct scratch *scratch)
{
	static const char *const names[] = {"journal", "permits", "permits.next"};

	for (size_t i = 0; i < lengthof(names); i++)
		unlinkat(scratch->dir, names[i], 0);
	close(scratch->dir);
	rmdir(scratch->path);
}

static void add_event(struct memory *memory, uint16_t kind, uint32_t credential, uint64_t time_ms)
{
	struct gate_event event = {.kind = kind, .door = 1, .reader = READER_SIDE_ENTRY, .credential = credential, .time_ms = time_ms};

	snprintf(event.card, sizeof(event.card), "C%u", credential);
	memory_event(memory, &event);
}

/* One of each kind of entry, in several acts. */
static void fill(struct memory *memory)
{
	struct gate_command_reply answer = {.id = {1}, .outcome = OUTCOME_REFUSED, .door = {.door = 1, .alarms = 5}, .reason = "因"};
	struct gate_revocation revocations[2] = {{7, REVOCATION_REASON_LOST, 20}, {8, REVOCATION_REASON_DELETED, 30}};
	struct gate_move move = {.credential = 7, .area = 2, .time_ms = 99};
	struct memory_door door = {LOCK_STATE_LOCKED, ARM_STATE_ARMED, VERIFICATION_MODE_CARD, UNLOCK_MODE_TOGGLE, 1};
	struct gate_transfer_commit_reply committed = {.outcome = GATE_TRANSFER_SWITCHED, .revision = 20, .records = 3};
	uint8_t key[GATE_KEY_SIZE] = {3}, id[GATE_ID_SIZE] = {4};

	memory_boot(memory, 1);
	memory_key(memory, 0, 1, key);
	memory_key(memory, 1, 2, key);
	memory_digest_key(memory, key);
	CU_ASSERT(memory_commit(memory, true) == 0);
	for (uint32_t i = 0; i < 100; i++) {
		add_event(memory, i ? EVENT_ENTRY : EVENT_FIRST_IN, i + 1, 1000000 + i);
		if (i % 3 == 0)
			CU_ASSERT(memory_commit(memory, true) == 0);
	}
	memory_answer(memory, &answer);
	add_event(memory, EVENT_EXIT, 1, 1000200);
	CU_ASSERT(memory_commit(memory, true) == 0);
	memory_revoke(memory, true, 19, revocations, 2);
	memory_permits_held(memory, 20);
	memory_move(memory, &move);
	memory_door(memory, 1, &door);
	memory_transfer(memory, STREAM_PERMITS, id, &committed);
	memory_acked(memory, 40);
	memory_floor(memory, 20);
	memory_clock(memory, -5000, true);
	memory_backfilled(memory);
	CU_ASSERT(memory_commit(memory, true) == 0);
}

static bool same(const struct memory *a, const struct memory *b)
{
	for (unsigned i = 0; i < GATE_DOORS_MAX; i++) {
		if (a->inside[i].count != b->inside[i].count || a->inside[i].day != b->inside[i].day || a->inside[i].used != b->inside[i].used)
			return false;
		for (size_t n = 0; n < a->inside[i].count; n++)
			if (a->inside[i].list[n].credential != b->inside[i].list[n].credential)
				return false;
	}
	return memcmp(a->log, b->log, GATE_LOG_SIZE) == 0 && a->newest == b->newest && a->acked == b->acked && a->floor == b->floor &&
	       a->boot == b->boot && a->clock_offset_ms == b->clock_offset_ms && a->clock_unset == b->clock_unset &&
	       a->backfilled == b->backfilled && a->memory_lost == b->memory_lost && memcmp(a->keys, b->keys, sizeof(a->keys)) == 0 &&
	       a->answer_count == b->answer_count && memcmp(a->answers, b->answers, sizeof(a->answers)) == 0 &&
	       a->revoked_to == b->revoked_to && a->revocation_count == b->revocation_count && a->move_count == b->move_count &&
	       memcmp(a->doors, b->doors, sizeof(a->doors)) == 0 && memcmp(a->transfers, b->transfers, sizeof(a->transfers)) == 0 &&
	       memcmp(a->digest_key, b->digest_key, GATE_KEY_SIZE) == 0 && a->index_count == b->index_count &&
	       memcmp(a->index, b->index, a->index_count * sizeof(*a->index)) == 0 && a->journal.end == b->journal.end;
}

static void test_reopen(void)
{
	struct scratch scratch = scratch_make();
	struct memory memory, again;
	const struct gate_command_reply *answer;
	uint8_t id[GATE_ID_SIZE] = {1};
	bool fresh;

	CU_ASSERT_FATAL(memory_open(&memory, scratch.dir, 1000, &fresh) == 0 && fresh);
	fill(&memory);
	CU_ASSERT_FATAL(memory_open(&again, scratch.dir, 1000, &fresh) == 0 && !fresh);
	CU_ASSERT(same(&memory, &again));
	answer = memory_answer_of(&again, id);
	CU_ASSERT(answer && answer->outcome == OUTCOME_REFUSED && strcmp(answer->reason, "因") == 0);
	CU_ASSERT(!memory_revocation_of(&again, 7) && memory_revocation_of(&again, 8));
	CU_ASSERT(again.inside[0].count == 99 && !inside_has(&again.inside[0], 1) && inside_has(&again.inside[0], 2));
	memory_close(&memory);
	memory_close(&again);
	scratch_remove(&scratch);
}

/* The file as it is when the process dies after any number of its bytes. */
static void test_torn(void)
{
	struct scratch scratch = scratch_make(), cut = scratch_make();
	struct memory memory, torn;
	uint64_t ends[64], size;
	uint8_t *bytes;
	size_t count = 0, whole = 0;
	bool fresh;
	int fd;

	CU_ASSERT_FATAL(memory_open(&memory, scratch.dir, 1000, &fresh) == 0);
	ends[count++] = memory.journal.end;
	for (uint32_t i = 0; i < 20; i++) {
		add_event(&memory, EVENT_ENTRY, i + 1, 5000 + i);
		add_event(&memory, EVENT_EXIT, i + 1, 5000 + i);
		CU_ASSERT(memory_commit(&memory, true) == 0);
		ends[count++] = memory.journal.end;
	}
	size = memory.journal.end;
	bytes = malloc(size);
	CU_ASSERT_FATAL(pread(memory.journal.fd, bytes, size, 0) == (ssize_t)size);
	memory_close(&memory);
	for (uint64_t length = ends[0]; length <= size; length++) {
		while (whole + 1 < count && ends[whole + 1] <= length)
			whole++;
		fd = openat(cut.dir, "journal", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		CU_ASSERT_FATAL(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
		/* Whatever the disk had there before. */
		if (length % 2)
			CU_ASSERT(write(fd, "\0\0\0\5garbage and more of it", 26) == 26);
		close(fd);
		CU_ASSERT_FATAL(memory_open(&torn, cut.dir, 1000, &fresh) == 0);
		CU_ASSERT(torn.newest == 2 * whole && torn.journal.end == ends[whole]);
		/* And it goes on from there. */
		add_event(&torn, EVENT_ENTRY, 1, 9000);
		CU_ASSERT(memory_commit(&torn, true) == 0 && torn.newest == 2 * whole + 1);
		memory_close(&torn);
		CU_ASSERT_FATAL(memory_open(&torn, cut.dir, 1000, &fresh) == 0 && torn.newest == 2 * whole + 1);
		memory_close(&torn);
	}
	free(bytes);
	scratch_remove(&scratch);
	scratch_remove(&cut);
}

static void count_one(void *arg, const uint8_t log[GATE_LOG_SIZE], const struct gate_event *event)
{
	(void)log;
	(void)event;
	++*(unsigned *)arg;
}

static void test_overwriting(void)
{
	struct scratch scratch = scratch_make();
	struct gate_event events[GATE_EVENTS_A_MESSAGE];
	struct memory memory;
	unsigned made = 0;
	uint8_t log[GATE_LOG_SIZE] = {9};
	bool fresh;

	CU_ASSERT_FATAL(memory_open(&memory, scratch.dir, 200, &fresh) == 0);
	CU_ASSERT(memory_oldest(&memory) == 1);
	for (uint32_t i = 0; i < 500; i++) {
		add_event(&memory, EVENT_ENTRY, i + 1, i);
		if (i % 7 == 0)
			CU_ASSERT(memory_commit(&memory, true) == 0);
	}
	CU_ASSERT(memory_commit(&memory, true) == 0);
	CU_ASSERT(memory.newest == 500 && memory_oldest(&memory) == 301);
	CU_ASSERT(memory_events(&memory, 0, 5, GATE_EVENTS_ROOM, events) == 5 && events[0].seq == 301 && events[4].seq == 305);
	CU_ASSERT(events[4].credential == 305 && strcmp(events[4].card, "C305") == 0);
	CU_ASSERT(memory_events(&memory, 498, 5, GATE_EVENTS_ROOM, events) == 2 && events[1].seq == 500);
	CU_ASSERT(memory_events(&memory, 500, 5, GATE_EVENTS_ROOM, events) == 0);
	CU_ASSERT(memory_events(&memory, 400, GATE_EVENTS_A_MESSAGE, 200, events) == (int)(200 / gate_event_size(&events[0])));
	memory_floor(&memory, 450);
	CU_ASSERT(memory_commit(&memory, true) == 0 && memory_oldest(&memory) == 451);
	/* A new log begins at 1; the ledger has both. */
	memory_forget(&memory, false);
	memory_new_log(&memory, log);
	CU_ASSERT(memory_commit(&memory, true) == 0 && memory.newest == 0 && memory_oldest(&memory) == 1 && memory.memory_lost);
	add_event(&memory, EVENT_ENTRY, 1, 1);
	CU_ASSERT(memory_commit(&memory, true) == 0);
	CU_ASSERT(memory_events(&memory, 0, 5, GATE_EVENTS_ROOM, events) == 1 && events[0].seq == 1);
	CU_ASSERT(memory_ledger(scratch.dir, count_one, &made) == 0 && made == 501);
	memory_close(&memory);
	scratch_remove(&scratch);
}

static void test_foreign(void)
{
	struct scratch scratch = scratch_make();
	struct memory memory;
	bool fresh;
	int fd = openat(scratch.dir, "journal", O_WRONLY | O_CREAT, 0600);

	CU_ASSERT(write(fd, "something else altogether", 25) == 25);
	close(fd);
	CU_ASSERT(memory_open(&memory, scratch.dir, 200, &fresh) == -1);
	scratch_remove(&scratch);
}

static void record(uint8_t *out, uint32_t credential, const char *card, uint8_t level)
{
	struct gate_permit permit = {.credential = credential, .valid_to = GATE_MINUTE_UNBOUNDED_TO, .levels = {level}};

	snprintf(permit.card, sizeof(permit.card), "%s", card);
	CU_ASSERT(gate_permit_encode(&permit, out) == 0);
}

static enum gate_transfer_outcome apply(struct permits *permits, int dir, uint8_t mode, uint64_t to, const uint8_t *payload, size_t count)
{
	static const uint8_t key[GATE_KEY_SIZE] = {1}, buckets[GATE_BUCKETS / 8];
	struct permits_change change = {.mode = mode, .to = to, .payload = payload, .length = count * GATE_PERMIT_SIZE, .digest_key = key,
					.buckets = buckets};
	const char *reason;

	return permits_apply(permits, dir, &change, &reason);
}

static void test_permits(void)
{
	struct scratch scratch = scratch_make();
	struct permits permits, again;
	struct gate_permit permit;
	uint8_t payload[4 * GATE_PERMIT_SIZE];
	uint32_t count, first;

	CU_ASSERT_FATAL(permits_open(&permits, scratch.dir) == 0 && permits.revision == 0);
	record(payload, 3, "b", 1);
	record(payload + GATE_PERMIT_SIZE, 2, "a", 1);
	record(payload + 2 * GATE_PERMIT_SIZE, 3, "b", 2);
	record(payload + 3 * GATE_PERMIT_SIZE, 1, "b", 3);
	CU_ASSERT(apply(&permits, scratch.dir, GATE_TRANSFER_FULL, 5, payload, 4) == GATE_TRANSFER_SWITCHED);
	first = permits_find(&permits, "b", &count);
	CU_ASSERT(count == 3 && permits_get(&permits, first + 2, &permit) == 0 && permit.credential == 1);
	permits_find(&permits, "B", &count);
	CU_ASSERT(count == 0);
	/* Replaces all of 3, removes 2. */
	record(payload, 3, "c", 4);
	record(payload + GATE_PERMIT_SIZE, 2, "", 0);
	CU_ASSERT(apply(&permits, scratch.dir, GATE_TRANSFER_DELTA, 6, payload, 2) == GATE_TRANSFER_SWITCHED);
	CU_ASSERT(permits.digest.records == 2 && permits.revision == 6);
	CU_ASSERT(apply(&permits, scratch.dir, GATE_TRANSFER_FULL, 7, payload, 2) == GATE_TRANSFER_BAD_RECORD);
	CU_ASSERT(apply(&permits, scratch.dir, GATE_TRANSFER_BUCKETS, 7, payload, 1) == GATE_TRANSFER_BAD_RECORD);
	CU_ASSERT_FATAL(permits_open(&again, scratch.dir) == 0);
	CU_ASSERT(again.revision == 6 && memcmp(&again.digest, &permits.digest, sizeof(again.digest)) == 0);
	permits_close(&again);
	/* By deltas or at once: one digest. */
	record(payload, 1, "b", 3);
	record(payload + GATE_PERMIT_SIZE, 3, "c", 4);
	again = permits;
	permits = (struct permits){0};
	CU_ASSERT(apply(&permits, scratch.dir, GATE_TRANSFER_FULL, 8, payload, 2) == GATE_TRANSFER_SWITCHED);
	CU_ASSERT(memcmp(&again.digest, &permits.digest, sizeof(again.digest)) == 0);
	permits_close(&again);
	permits_close(&permits);
	scratch_remove(&scratch);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"finds again what it wrote", test_reopen},
		{"cuts a torn tail at any byte", test_torn},
		{"overwrites the oldest events and keeps the ledger", test_overwriting},
		{"refuses a file that is not its own", test_foreign},
		{"switches permits whole, by full load and delta", test_permits},
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"simulator store", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	/* Torn tails are what this is about. */
	log_set_level(LOG_LEVEL_FATAL);
	return tap_main(suites);
}
