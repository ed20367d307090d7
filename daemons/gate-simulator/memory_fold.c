/* What each entry of the journal does to the memory: the only place that changes it. */
#include <stdlib.h>
#include <string.h>

#include "gate/codes.h"
#include "memory_entry.h"
#include "wire.h"

typedef int fold(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size);

static int fold_event(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	struct gate_event event;

	if (memory_entry_event(body, size, &event) < 0 || event.seq != memory->newest + 1 || event.door > GATE_DOORS_MAX)
		return -1;
	if ((event.seq - 1) % MEMORY_INDEX_STEP == 0) {
		if (memory->index_count == memory->index_room) {
			memory->index_room = memory->index_room ? 2 * memory->index_room : 16;
			memory->index = xreallocarray(memory->index, memory->index_room, sizeof(*memory->index));
		}
		memory->index[memory->index_count++] = offset;
	}
	memory->newest = event.seq;
	if (event.door)
		inside_event(&memory->inside[event.door - 1], &event);
	return 0;
}

static int fold_new_log(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)size;
	memcpy(memory->log, body, GATE_LOG_SIZE);
	memory->newest = memory->acked = memory->floor = 0;
	memory->index_count = 0;
	return 0;
}

static int fold_acked(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)size;
	memory->acked = wire_get32(body);
	return 0;
}

static int fold_floor(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)size;
	memory->floor = wire_get32(body);
	return 0;
}

static int fold_boot(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)size;
	memory->boot = wire_get32(body);
	return 0;
}

static int fold_clock(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)size;
	memory->clock_offset_ms = (int64_t)wire_get64(body);
	memory->clock_unset = body[8];
	return 0;
}

static int fold_key(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)size;
	if (body[0] > 1)
		return -1;
	memory->keys[body[0]].epoch = wire_get32(body + 1);
	memcpy(memory->keys[body[0]].key, body + 5, GATE_KEY_SIZE);
	return 0;
}

static int fold_answer(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	struct gate_command_reply *answer = &memory->answers[memory->answer_count % GATE_COMMANDS_REMEMBERED];
	size_t reason = size - GATE_ID_SIZE - 11;

	(void)offset;
	if (reason > GATE_REASON_MAX)
		return -1;
	*answer = (struct gate_command_reply){0};
	memcpy(answer->id, body, GATE_ID_SIZE);
	body += GATE_ID_SIZE;
	answer->outcome = body[0];
	answer->door = (struct gate_door_status){
		.door = body[1],
		.lock_state = body[2],
		.arm_state = body[3],
		.door_state = body[4],
		.verification_mode = body[5],
		.unlock_mode = body[6],
		.alarms = wire_get32(body + 7),
	};
	memcpy(answer->reason, body + 11, reason);
	memory->answer_count++;
	return 0;
}

static void revoke_one(struct memory *memory, const uint8_t *body)
{
	struct gate_revocation entry = {
		.credential = wire_get32(body), .reason = body[4], .revision = wire_get64(body + 5)};

	for (size_t i = 0; i < memory->revocation_count; i++) {
		if (memory->revocations[i].credential == entry.credential) {
			memory->revocations[i] = entry;
			return;
		}
	}
	/* Doubling at powers of two: the count alone says how much room there is. */
	if ((memory->revocation_count & (memory->revocation_count - 1)) == 0)
		memory->revocations = xreallocarray(memory->revocations, memory->revocation_count ? 2 * memory->revocation_count : 1,
						    sizeof(entry));
	memory->revocations[memory->revocation_count++] = entry;
}

static int fold_revoke(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	if ((size - 9) % ENTRY_REVOCATION != 0)
		return -1;
	if (body[0]) {
		free_null(&memory->revocations);
		memory->revocation_count = 0;
	}
	memory->revoked_to = wire_get64(body + 1);
	for (size_t at = 9; at < size; at += ENTRY_REVOCATION)
		revoke_one(memory, body + at);
	return 0;
}

static int fold_permits(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	uint64_t revision = wire_get64(body);
	struct gate_revocation *kept = NULL;
	size_t count = 0;

	(void)offset;
	(void)size;
	if (memory->revocation_count)
		kept = xcalloc(memory->revocation_count * 2, sizeof(*kept));
	for (size_t i = 0; i < memory->revocation_count; i++) {
		if (memory->revocations[i].revision > revision)
			kept[count++] = memory->revocations[i];
	}
	free(memory->revocations);
	memory->revocations = kept;
	memory->revocation_count = count;
	if (revision)
		memory->memory_lost = false;
	return 0;
}

static int fold_move(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	struct gate_move move = {.credential = wire_get32(body), .area = wire_get16(body + 4), .time_ms = wire_get64(body + 6)};
	size_t low = 0, high = memory->move_count;

	(void)offset;
	(void)size;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memory->moves[middle].credential < move.credential)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == memory->move_count || memory->moves[low].credential != move.credential) {
		memory->moves = xreallocarray(memory->moves, memory->move_count + 1, sizeof(move));
		memmove(&memory->moves[low + 1], &memory->moves[low], (memory->move_count - low) * sizeof(move));
		memory->move_count++;
	}
	memory->moves[low] = move;
	return 0;
}

static int fold_moves_reset(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)size;
	for (size_t i = 0; i < memory->move_count; i++) {
		if (body[0] || memory->moves[i].area == wire_get16(body + 1))
			memory->moves[i].area = GATE_AREA_UNKNOWN;
	}
	return 0;
}

static int fold_door(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)size;
	if (body[0] > GATE_DOORS_MAX)
		return -1;
	memory->doors[body[0]] = (struct memory_door){
		.lock_state = body[1],
		.arm_state = body[2],
		.verification_mode = body[3],
		.unlock_mode = body[4],
		.alarms = wire_get32(body + 5),
	};
	return 0;
}

static int fold_transfer(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	struct memory_transfer *last;

	(void)offset;
	(void)size;
	if (body[0] < 1 || body[0] > GATE_STREAMS)
		return -1;
	last = &memory->transfers[body[0] - 1];
	memcpy(last->id, body + 1, GATE_ID_SIZE);
	body += 1 + GATE_ID_SIZE;
	last->answer = (struct gate_transfer_commit_reply){
		.outcome = body[0], .revision = wire_get64(body + 1), .records = wire_get32(body + 9)};
	memcpy(last->answer.digest, body + 13, GATE_SUM_SIZE);
	return 0;
}

static int fold_digest_key(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)size;
	memcpy(memory->digest_key, body, GATE_KEY_SIZE);
	return 0;
}

static int fold_backfilled(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)body;
	(void)size;
	memory->backfilled = true;
	return 0;
}

static int fold_forget(struct memory *memory, uint64_t offset, const uint8_t *body, size_t size)
{
	(void)offset;
	(void)size;
	free_null(&memory->revocations);
	free_null(&memory->moves);
	memory->revocation_count = memory->move_count = 0;
	memory->revoked_to = 0;
	memory->answer_count = 0;
	memset(memory->answers, 0, sizeof(memory->answers));
	memset(memory->transfers, 0, sizeof(memory->transfers));
	memory->memory_lost = true;
	for (unsigned i = 0; i < GATE_DOORS_MAX; i++) {
		inside_free(&memory->inside[i]);
		memory->doors[i + 1] = (struct memory_door){0};
	}
	if (body[0]) {
		memory->keys[0] = memory->keys[1] = (struct memory_key){.epoch = GATE_EPOCH_NONE};
		memset(memory->digest_key, 0, sizeof(memory->digest_key));
	}
	return 0;
}

static const struct {
	fold *fold;
	uint16_t least; /* bytes of body */
	bool exact;
} folds[] = {
	[ENTRY_EVENT] = {fold_event, ENTRY_EVENT_FIXED, false},
	[ENTRY_NEW_LOG] = {fold_new_log, GATE_LOG_SIZE, true},
	[ENTRY_ACKED] = {fold_acked, 4, true},
	[ENTRY_FLOOR] = {fold_floor, 4, true},
	[ENTRY_BOOT] = {fold_boot, 4, true},
	[ENTRY_CLOCK] = {fold_clock, 9, true},
	[ENTRY_KEY] = {fold_key, 5 + GATE_KEY_SIZE, true},
	[ENTRY_ANSWER] = {fold_answer, GATE_ID_SIZE + 11, false},
	[ENTRY_REVOKE] = {fold_revoke, 9, false},
	[ENTRY_PERMITS] = {fold_permits, 8, true},
	[ENTRY_MOVE] = {fold_move, 14, true},
	[ENTRY_MOVES_RESET] = {fold_moves_reset, 3, true},
	[ENTRY_DOOR] = {fold_door, 9, true},
	[ENTRY_TRANSFER] = {fold_transfer, 1 + GATE_ID_SIZE + 13 + GATE_SUM_SIZE, true},
	[ENTRY_DIGEST_KEY] = {fold_digest_key, GATE_KEY_SIZE, true},
	[ENTRY_BACKFILLED] = {fold_backfilled, 0, true},
	[ENTRY_FORGET] = {fold_forget, 1, true},
};

int memory_fold(struct memory *memory, uint64_t offset, const uint8_t *payload, size_t length)
{
	size_t at = 0, size;
	const uint8_t *body;
	uint8_t type;
	int more;

	while ((more = memory_entry_next(payload, length, &at, &type, &body, &size)) > 0) {
		if (type >= lengthof(folds) || !folds[type].fold)
			return -1;
		if (size < folds[type].least || (folds[type].exact && size != folds[type].least))
			return -1;
		if (folds[type].fold(memory, offset, body, size) < 0)
			return -1;
	}
	return more;
}
