/*
 * What a simulated controller never forgets: its event log, keys, command answers, revocations, door modes and counters.
 *
 * Everything is kept in one journal (journal.h) as frames of entries. The memory is the fold of those frames: memory_commit()
 * first writes a frame and then applies it by the very function that opening the file uses, so what a restart finds is what
 * was there. One act is one frame: a passage with its counters, a command with its answer and events.
 *
 * The journal is never shortened, so it is also the ledger of every event ever made, those that the controller itself has
 * overwritten or cleared included.
 */
#ifndef SIMULATOR_MEMORY_H
#define SIMULATOR_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "gate/message.h"
#include "inside.h"
#include "journal.h"

enum {
	MEMORY_CAPACITY = 100000, /* events that a controller holds unless the site says otherwise */
	MEMORY_INDEX_STEP = 64,	  /* one file offset is remembered for so many events */
	MEMORY_ACT_LENGTH = 64 * 1024, /* who adds many events commits when the act is so long */
};

struct memory_key {
	uint32_t epoch; /* GATE_EPOCH_NONE = empty slot */
	uint8_t key[GATE_KEY_SIZE];
};

/* What a door keeps through a restart; codes of codes.tsv. */
struct memory_door {
	uint8_t lock_state, arm_state, verification_mode, unlock_mode;
	uint32_t alarms;
};

struct memory {
	struct journal journal;
	uint8_t log[GATE_LOG_SIZE];
	uint32_t newest, acked, floor, capacity; /* floor: everything up to it is overwritten whatever the capacity */
	uint64_t *index;			 /* offset of the frame with event 1, 65, 129, ... of this log */
	size_t index_count, index_room;
	uint32_t boot;
	int64_t clock_offset_ms; /* what the controller's clock shows, less the machine's */
	bool clock_unset, memory_lost, backfilled;
	struct memory_key keys[2];
	struct gate_command_reply answers[GATE_COMMANDS_REMEMBERED];
	uint32_t answer_count; /* ever; the ring's place is this modulo its size */
	uint64_t revoked_to;   /* revision of the revocations stream */
	struct gate_revocation *revocations;
	size_t revocation_count;
	struct gate_move *moves; /* anti-passback positions by credential */
	size_t move_count;
	struct memory_door doors[GATE_DOORS_MAX + 1]; /* by number; 0 = the controller itself, alarms only */
	struct inside inside[GATE_DOORS_MAX];
	struct memory_transfer {
		uint8_t id[GATE_ID_SIZE];
		struct gate_transfer_commit_reply answer;
	} transfers[GATE_STREAMS]; /* the last one committed of each stream, with its answer */
	uint8_t digest_key[GATE_KEY_SIZE];

	struct buf act;	     /* entries of the act under way */
	uint32_t act_events; /* how many of them are events */
};

/* Opens or makes the journal in directory `dir`; a new one gets a random log id. 0, or -1 with the reason logged. */
int memory_open(struct memory *memory, int dir, uint32_t capacity, bool *fresh);
void memory_close(struct memory *memory);

/* Sequence number of the oldest event still held; newest + 1 when there is none. */
uint32_t memory_oldest(const struct memory *memory);

/*
 * Adding to the act under way. memory_event() sets event->seq. Nothing of it shows before memory_commit() writes it all;
 * when that fails (-1, logged) nothing has happened. `durable`: may not be shown to anyone before it is synced.
 */
void memory_event(struct memory *memory, struct gate_event *event);
void memory_new_log(struct memory *memory, const uint8_t log[GATE_LOG_SIZE]);
void memory_acked(struct memory *memory, uint32_t seq);
void memory_floor(struct memory *memory, uint32_t seq);
void memory_boot(struct memory *memory, uint32_t boot);
void memory_clock(struct memory *memory, int64_t offset_ms, bool unset);
void memory_key(struct memory *memory, unsigned slot, uint32_t epoch, const uint8_t key[GATE_KEY_SIZE]);
void memory_answer(struct memory *memory, const struct gate_command_reply *answer);
void memory_revoke(struct memory *memory, bool replace, uint64_t revision, const struct gate_revocation *entries, size_t count);
void memory_permits_held(struct memory *memory, uint64_t revision); /* drops the revocations that they make needless */
void memory_move(struct memory *memory, const struct gate_move *move);
void memory_moves_reset(struct memory *memory, bool all, uint16_t area);
void memory_door(struct memory *memory, unsigned door, const struct memory_door *state);
void memory_transfer(struct memory *memory, uint8_t stream, const uint8_t id[GATE_ID_SIZE], const struct gate_transfer_commit_reply *answer);
void memory_digest_key(struct memory *memory, const uint8_t key[GATE_KEY_SIZE]);
void memory_backfilled(struct memory *memory);
void memory_forget(struct memory *memory, bool keys); /* memory lost: streams, counters, answers; keys if so told */
int memory_commit(struct memory *memory, bool durable);

/* Events after `after`, at most `max` and only such as fill `room` bytes (gate_event_size). Returns how many, -1 on error. */
int memory_events(const struct memory *memory, uint32_t after, unsigned max, size_t room, struct gate_event *events);

const struct gate_command_reply *memory_answer_of(const struct memory *memory, const uint8_t id[GATE_ID_SIZE]);
const struct gate_move *memory_position(const struct memory *memory, uint32_t credential);
const struct gate_revocation *memory_revocation_of(const struct memory *memory, uint32_t credential);

/* Every event of the journal in `dir`, oldest first, with the log it belongs to. 0 or -1. */
typedef void memory_ledger_reader(void *arg, const uint8_t log[GATE_LOG_SIZE], const struct gate_event *event);
int memory_ledger(int dir, memory_ledger_reader *reader, void *arg);

#endif
