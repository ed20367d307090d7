#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/token.h"
#include "memory_entry.h"

static const char journal_name[] = "journal";

/* Its own answer, so that -1 keeps meaning errno. */
enum { NONSENSE = -2 };

static int take(void *arg, uint64_t offset, const uint8_t *payload, size_t length)
{
	return memory_fold(arg, offset, payload, length) < 0 ? NONSENSE : 0;
}

int memory_open(struct memory *memory, int dir, uint32_t capacity, bool *fresh)
{
	static const uint8_t none[GATE_LOG_SIZE];
	int answer;

	*memory = (struct memory){.capacity = capacity};
	memory->keys[0].epoch = memory->keys[1].epoch = GATE_EPOCH_NONE;
	answer = journal_open(&memory->journal, dir, journal_name, take, memory);
	if (answer == NONSENSE) {
		log_warnx("%s: a whole frame makes no sense: written by another version?", journal_name);
		return -1;
	}
	if (answer < 0) {
		log_warn("%s", journal_name);
		return -1;
	}
	if (memory->journal.torn)
		log_info("cut %llu torn bytes off the journal", (unsigned long long)memory->journal.torn);
	*fresh = memcmp(memory->log, none, sizeof(none)) == 0;
	if (*fresh) {
		uint8_t log[GATE_LOG_SIZE];

		token_random(log, sizeof(log));
		memory_new_log(memory, log);
		return memory_commit(memory, true);
	}
	return 0;
}

void memory_close(struct memory *memory)
{
	journal_close(&memory->journal);
	free_null(&memory->index);
	free_null(&memory->revocations);
	free_null(&memory->moves);
	for (unsigned i = 0; i < GATE_DOORS_MAX; i++)
		inside_free(&memory->inside[i]);
	buf_free(&memory->act);
}

uint32_t memory_oldest(const struct memory *memory)
{
	uint32_t gone = memory->newest > memory->capacity ? memory->newest - memory->capacity : 0;

	return (gone > memory->floor ? gone : memory->floor) + 1;
}

int memory_commit(struct memory *memory, bool durable)
{
	const uint8_t *payload = (const uint8_t *)memory->act.data;
	size_t length = memory->act.len;
	uint64_t offset = memory->journal.end;
	int answer = 0;

	if (length == 0)
		return 0;
	if (journal_append(&memory->journal, payload, length, durable) < 0) {
		log_warn("journal");
		answer = -1;
	} else if (memory_fold(memory, offset, payload, length) < 0) {
		panic("an act that can not be read back");
	}
	memory->act_events = 0;
	/* A burst's buffer is not kept: a thousand controllers would each hold one. */
	if (memory->act.cap > 4096)
		buf_free(&memory->act);
	else
		buf_clear(&memory->act);
	return answer;
}

struct fetch {
	uint32_t after;
	unsigned count, max;
	size_t room;
	struct gate_event *events;
};

static int fetch_frame(void *arg, uint64_t offset, const uint8_t *payload, size_t length)
{
	struct fetch *fetch = arg;
	size_t at = 0, size;
	const uint8_t *body;
	uint8_t type;

	(void)offset;
	while (memory_entry_next(payload, length, &at, &type, &body, &size) > 0) {
		struct gate_event *event = &fetch->events[fetch->count];
		size_t need;

		if (type == ENTRY_NEW_LOG)
			return 1;
		if (type != ENTRY_EVENT)
			continue;
		if (memory_entry_event(body, size, event) < 0)
			return NONSENSE;
		if (event->seq <= fetch->after)
			continue;
		need = gate_event_size(event);
		if (need > fetch->room)
			return 1;
		fetch->room -= need;
		if (++fetch->count == fetch->max)
			return 1;
	}
	return 0;
}

int memory_events(const struct memory *memory, uint32_t after, unsigned max, size_t room, struct gate_event *events)
{
	struct fetch fetch = {.after = after, .max = max, .room = room, .events = events};
	uint32_t oldest = memory_oldest(memory);

	if (fetch.after + 1 < oldest)
		fetch.after = oldest - 1;
	if (fetch.after >= memory->newest || max == 0)
		return 0;
	if (journal_read(&memory->journal, memory->index[fetch.after / MEMORY_INDEX_STEP], fetch_frame, &fetch) < 0) {
		log_warnx("journal: can not read event %u", fetch.after + 1);
		return -1;
	}
	return (int)fetch.count;
}

const struct gate_command_reply *memory_answer_of(const struct memory *memory, const uint8_t id[GATE_ID_SIZE])
{
	for (uint32_t i = 0; i < GATE_COMMANDS_REMEMBERED && i < memory->answer_count; i++) {
		if (memcmp(memory->answers[i].id, id, GATE_ID_SIZE) == 0)
			return &memory->answers[i];
	}
	return NULL;
}

const struct gate_revocation *memory_revocation_of(const struct memory *memory, uint32_t credential)
{
	for (size_t i = 0; i < memory->revocation_count; i++) {
		if (memory->revocations[i].credential == credential)
			return &memory->revocations[i];
	}
	return NULL;
}

const struct gate_move *memory_position(const struct memory *memory, uint32_t credential)
{
	size_t low = 0, high = memory->move_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memory->moves[middle].credential == credential)
			return &memory->moves[middle];
		if (memory->moves[middle].credential < credential)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct ledger {
	uint8_t log[GATE_LOG_SIZE];
	memory_ledger_reader *reader;
	void *arg;
};

static int ledger_frame(void *arg, uint64_t offset, const uint8_t *payload, size_t length)
{
	struct ledger *ledger = arg;
	struct gate_event event;
	size_t at = 0, size;
	const uint8_t *body;
	uint8_t type;

	(void)offset;
	while (memory_entry_next(payload, length, &at, &type, &body, &size) > 0) {
		if (type == ENTRY_NEW_LOG && size == GATE_LOG_SIZE)
			memcpy(ledger->log, body, GATE_LOG_SIZE);
		else if (type == ENTRY_EVENT && memory_entry_event(body, size, &event) == 0)
			ledger->reader(ledger->arg, ledger->log, &event);
	}
	return 0;
}

int memory_ledger(int dir, memory_ledger_reader *reader, void *arg)
{
	struct ledger ledger = {.reader = reader, .arg = arg};

	return journal_scan(dir, journal_name, ledger_frame, &ledger);
}
