/*
 * The permit record: who may pass which doors of one controller, 32 bytes, the same on the wire and in a digest.
 * Source: doc/gate-protocol.md, "Permit record". No allocation; tight loops.
 */
#ifndef KIDOBAN_GATE_PERMIT_H
#define KIDOBAN_GATE_PERMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/message.h"

enum {
	GATE_PERMIT_SIZE = 32,
	GATE_PERMIT_PACKED_MAX = 36,
	GATE_PIN_MIN = 4,
	GATE_PIN_MAX = 8,
	GATE_LEVEL_MAX = 8,
};
#define GATE_MINUTE_UNBOUNDED_FROM UINT32_C(0)
#define GATE_MINUTE_UNBOUNDED_TO UINT32_C(0xFFFFFFFF)

struct gate_permit {
	uint32_t credential;		/* 1.. */
	char card[GATE_CARD_MAX + 1];	/* 1-16 of 0-9 A-Z a-z, case kept; "" only in a removal */
	uint32_t valid_from;		/* minutes since 2000-01-01T00:00Z; GATE_MINUTE_UNBOUNDED_FROM = always */
	uint32_t valid_to;		/* end exclusive; GATE_MINUTE_UNBOUNDED_TO = for ever */
	uint8_t levels[GATE_DOORS_MAX];	/* [door - 1]: 0 = no permit, 1..8 = pass level */
	char pin[GATE_PIN_MAX + 1];	/* "" = none, else 4-8 digits */
	bool extended_unlock;
	bool apb_exempt;
	bool disabled;			/* known, and refused as disabled_card */
};

/* 0, or -1 when a field is outside its range. A record whose levels are all 0 and that is not disabled is a removal. */
int gate_permit_encode(const struct gate_permit *, uint8_t out[GATE_PERMIT_SIZE]);
int gate_permit_decode(const uint8_t in[GATE_PERMIT_SIZE], struct gate_permit *);
bool gate_permit_is_removal(const struct gate_permit *);
uint32_t gate_permit_credential(const uint8_t record[GATE_PERMIT_SIZE]);

/* Records as they are transferred: of each only the bytes in which it is another than the one before, all zero before the
 * first. Bytes used; 0 when the two are the same, which is not transferred. */
size_t gate_permit_pack(const uint8_t before[GATE_PERMIT_SIZE], const uint8_t record[GATE_PERMIT_SIZE],
    uint8_t out[GATE_PERMIT_PACKED_MAX]);
/* `record` is the one before and becomes the next. Bytes taken of `in`; 0 when they make no record. */
size_t gate_permit_unpack(const uint8_t *in, size_t size, uint8_t record[GATE_PERMIT_SIZE]);

/* Card number <-> 96-bit big-endian number, bijective base 62 (digits valued 1..62 in the order 0-9 A-Z a-z):
 * leading zeros and length survive, "" is 0, and no two texts share a number. 0 or -1. */
enum { GATE_CARD_SIZE = 12 };
int gate_card_pack(const char *card, uint8_t out[GATE_CARD_SIZE]);
int gate_card_unpack(const uint8_t in[GATE_CARD_SIZE], char out[GATE_CARD_MAX + 1]);

/* PIN <-> 0 (none) or 1 + its place in the enumeration 0000..9999, 00000..99999, ... 00000000..99999999.
 * At most 111,110,000, which fits 27 bits. 0 or -1. */
int gate_pin_pack(const char *pin, uint32_t *out);
int gate_pin_unpack(uint32_t number, char out[GATE_PIN_MAX + 1]);

/* Seconds since 1970 to the record's minutes, clamped into [1, 0xFFFFFFFE]. */
uint32_t gate_minute_from_unix(int64_t seconds);
int64_t gate_minute_to_unix(uint32_t minutes);

#endif
