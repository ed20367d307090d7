/* Adding entries to the act under way. Reading them back is memory_fold.c. */
#include "memory_entry.h"

#include <string.h>

#include "wire.h"

static uint8_t *entry(struct memory *memory, enum memory_entry type, size_t size)
{
	uint8_t *at = (uint8_t *)buf_reserve(&memory->act, ENTRY_HEAD + size);

	at[0] = (uint8_t)type;
	wire_put16(at + 1, (uint16_t)size);
	memory->act.len += ENTRY_HEAD + size;
	memory->act.data[memory->act.len] = '\0';
	return at + ENTRY_HEAD;
}

void memory_event(struct memory *memory, struct gate_event *event)
{
	size_t card = strlen(event->card), detail = strlen(event->detail);
	bool by_command = event->flags & GATE_EVENT_BY_COMMAND;
	uint8_t *at = entry(memory, ENTRY_EVENT, ENTRY_EVENT_FIXED + (by_command ? GATE_ID_SIZE : 0) + card + detail);

	event->seq = memory->newest + ++memory->act_events;
	wire_put32(at, event->seq);
	wire_put64(at + 4, event->time_ms);
	wire_put16(at + 12, event->kind);
	at[14] = event->door;
	at[15] = event->reader;
	wire_put32(at + 16, event->credential);
	wire_put64(at + 20, event->revision);
	at[28] = event->flags;
	at[29] = (uint8_t)card;
	at += ENTRY_EVENT_FIXED;
	if (by_command) {
		memcpy(at, event->command, GATE_ID_SIZE);
		at += GATE_ID_SIZE;
	}
	memcpy(at, event->card, card);
	memcpy(at + card, event->detail, detail);
}

void memory_new_log(struct memory *memory, const uint8_t log[GATE_LOG_SIZE])
{
	memcpy(entry(memory, ENTRY_NEW_LOG, GATE_LOG_SIZE), log, GATE_LOG_SIZE);
}

void memory_acked(struct memory *memory, uint32_t seq)
{
	wire_put32(entry(memory, ENTRY_ACKED, 4), seq);
}

void memory_floor(struct memory *memory, uint32_t seq)
{
	wire_put32(entry(memory, ENTRY_FLOOR, 4), seq);
}

void memory_boot(struct memory *memory, uint32_t boot)
{
	wire_put32(entry(memory, ENTRY_BOOT, 4), boot);
}

void memory_clock(struct memory *memory, int64_t offset_ms, bool unset)
{
	uint8_t *at = entry(memory, ENTRY_CLOCK, 9);

	wire_put64(at, (uint64_t)offset_ms);
	at[8] = unset;
}

void memory_key(struct memory *memory, unsigned slot, uint32_t epoch, const uint8_t key[GATE_KEY_SIZE])
{
	uint8_t *at = entry(memory, ENTRY_KEY, 5 + GATE_KEY_SIZE);

	at[0] = (uint8_t)slot;
	wire_put32(at + 1, epoch);
	if (key)
		memcpy(at + 5, key, GATE_KEY_SIZE);
	else
		memset(at + 5, 0, GATE_KEY_SIZE);
}

void memory_answer(struct memory *memory, const struct gate_command_reply *answer)
{
	size_t reason = strlen(answer->reason);
	uint8_t *at = entry(memory, ENTRY_ANSWER, GATE_ID_SIZE + 11 + reason);

	memcpy(at, answer->id, GATE_ID_SIZE);
	at += GATE_ID_SIZE;
	at[0] = answer->outcome;
	at[1] = answer->door.door;
	at[2] = answer->door.lock_state;
	at[3] = answer->door.arm_state;
	at[4] = answer->door.door_state;
	at[5] = answer->door.verification_mode;
	at[6] = answer->door.unlock_mode;
	wire_put32(at + 7, answer->door.alarms);
	memcpy(at + 11, answer->reason, reason);
}

void memory_revoke(struct memory *memory, bool replace, uint64_t revision, const struct gate_revocation *entries, size_t count)
{
	/* An entry's length is 16 bits: a longer list is several entries of one frame, of which only the first replaces. */
	enum { AT_ONCE = 4000 };

	do {
		size_t now = count < AT_ONCE ? count : AT_ONCE;
		uint8_t *at = entry(memory, ENTRY_REVOKE, 9 + now * ENTRY_REVOCATION);

		at[0] = replace;
		wire_put64(at + 1, revision);
		at += 9;
		for (size_t i = 0; i < now; i++, at += ENTRY_REVOCATION) {
			wire_put32(at, entries[i].credential);
			at[4] = entries[i].reason;
			wire_put64(at + 5, entries[i].revision);
		}
		replace = false;
		entries = now < count ? entries + now : entries;
		count -= now;
	} while (count > 0);
}

void memory_permits_held(struct memory *memory, uint64_t revision)
{
	wire_put64(entry(memory, ENTRY_PERMITS, 8), revision);
}

void memory_move(struct memory *memory, const struct gate_move *move)
{
	uint8_t *at = entry(memory, ENTRY_MOVE, 14);

	wire_put32(at, move->credential);
	wire_put16(at + 4, move->area);
	wire_put64(at + 6, move->time_ms);
}

void memory_moves_reset(struct memory *memory, bool all, uint16_t area)
{
	uint8_t *at = entry(memory, ENTRY_MOVES_RESET, 3);

	at[0] = all;
	wire_put16(at + 1, area);
}

void memory_door(struct memory *memory, unsigned door, const struct memory_door *state)
{
	uint8_t *at = entry(memory, ENTRY_DOOR, 9);

	at[0] = (uint8_t)door;
	at[1] = state->lock_state;
	at[2] = state->arm_state;
	at[3] = state->verification_mode;
	at[4] = state->unlock_mode;
	wire_put32(at + 5, state->alarms);
}

void memory_transfer(struct memory *memory, uint8_t stream, const uint8_t id[GATE_ID_SIZE],
		     const struct gate_transfer_commit_reply *answer)
{
	uint8_t *at = entry(memory, ENTRY_TRANSFER, 1 + GATE_ID_SIZE + 13 + GATE_SUM_SIZE);

	*at++ = stream;
	memcpy(at, id, GATE_ID_SIZE);
	at += GATE_ID_SIZE;
	at[0] = answer->outcome;
	wire_put64(at + 1, answer->revision);
	wire_put32(at + 9, answer->records);
	memcpy(at + 13, answer->digest, GATE_SUM_SIZE);
}

void memory_digest_key(struct memory *memory, const uint8_t key[GATE_KEY_SIZE])
{
	memcpy(entry(memory, ENTRY_DIGEST_KEY, GATE_KEY_SIZE), key, GATE_KEY_SIZE);
}

void memory_backfilled(struct memory *memory)
{
	(void)entry(memory, ENTRY_BACKFILLED, 0);
}

void memory_forget(struct memory *memory, bool keys)
{
	entry(memory, ENTRY_FORGET, 1)[0] = keys;
}

int memory_entry_next(const uint8_t *payload, size_t length, size_t *at, uint8_t *type, const uint8_t **body, size_t *size)
{
	if (*at == length)
		return 0;
	if (length - *at < ENTRY_HEAD)
		return -1;
	*type = payload[*at];
	*size = wire_get16(payload + *at + 1);
	*body = payload + *at + ENTRY_HEAD;
	if (length - *at - ENTRY_HEAD < *size)
		return -1;
	*at += ENTRY_HEAD + *size;
	return 1;
}

int memory_entry_event(const uint8_t *body, size_t length, struct gate_event *event)
{
	size_t card, detail;

	if (length < ENTRY_EVENT_FIXED)
		return -1;
	*event = (struct gate_event){
		.seq = wire_get32(body),
		.time_ms = wire_get64(body + 4),
		.kind = wire_get16(body + 12),
		.door = body[14],
		.reader = body[15],
		.credential = wire_get32(body + 16),
		.revision = wire_get64(body + 20),
		.flags = body[28],
	};
	card = body[29];
	body += ENTRY_EVENT_FIXED;
	length -= ENTRY_EVENT_FIXED;
	if (event->flags & GATE_EVENT_BY_COMMAND) {
		if (length < GATE_ID_SIZE)
			return -1;
		memcpy(event->command, body, GATE_ID_SIZE);
		body += GATE_ID_SIZE;
		length -= GATE_ID_SIZE;
	}
	if (card > GATE_CARD_MAX || card > length)
		return -1;
	detail = length - card;
	if (detail > GATE_DETAIL_MAX)
		return -1;
	memcpy(event->card, body, card);
	memcpy(event->detail, body + card, detail);
	return 0;
}
