/* The entries that memory's journal frames are made of: u8 type, u16 length, body. Used by memory*.c only. */
#ifndef SIMULATOR_MEMORY_ENTRY_H
#define SIMULATOR_MEMORY_ENTRY_H

#include "memory.h"

/* Numbers are in files: never reused. */
enum memory_entry {
	ENTRY_EVENT = 1,
	ENTRY_NEW_LOG = 2,
	ENTRY_ACKED = 3,
	ENTRY_FLOOR = 4,
	ENTRY_BOOT = 5,
	ENTRY_CLOCK = 6,
	ENTRY_KEY = 7,
	ENTRY_ANSWER = 8,
	ENTRY_REVOKE = 9,
	ENTRY_PERMITS = 10,
	ENTRY_MOVE = 11,
	ENTRY_MOVES_RESET = 12,
	ENTRY_DOOR = 13,
	ENTRY_TRANSFER = 14,
	ENTRY_DIGEST_KEY = 15,
	ENTRY_BACKFILLED = 16,
	ENTRY_FORGET = 17,
};

enum { ENTRY_HEAD = 3, ENTRY_EVENT_FIXED = 30, ENTRY_REVOCATION = 13 };

/* Takes one frame's payload into the memory; `offset` is the frame's. Non-zero when an entry makes no sense. */
int memory_fold(struct memory *memory, uint64_t offset, const uint8_t *payload, size_t length);

/* The event of an ENTRY_EVENT body. -1 when it is none. */
int memory_entry_event(const uint8_t *body, size_t length, struct gate_event *event);

/* Steps through a payload: 1 with the entry, 0 at the end, -1 when it is cut. *at begins as 0. */
int memory_entry_next(const uint8_t *payload, size_t length, size_t *at, uint8_t *type, const uint8_t **body, size_t *size);

#endif
