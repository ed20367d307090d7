/*
 * Inside lib/gate: the field tables that the message codec walks, and the byte cursor under it.
 * A message is a type, a least and a greatest length, a list of fields, and rules between fields.
 */
#ifndef KIDOBAN_GATE_CODEC_H
#define KIDOBAN_GATE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/message.h"

enum field_kind {
	FIELD_END = 0,
	FIELD_INT,	/* unsigned, `size` bytes in memory and on the wire, lo..hi */
	FIELD_OFFSET,	/* int32, -86400..86400 */
	FIELD_BYTES,	/* exactly `size` bytes */
	FIELD_TEXT,	/* u8 length <= size, then UTF-8 without control characters; a terminated string in memory */
	FIELD_DATA,	/* u16 length lo..hi, then bytes; a pointer in memory, its length at `partner` */
	FIELD_LIST,	/* u8 count lo..hi, then so many `items`; array of `size`-byte elements, its count at `partner` */
	FIELD_EVENTS,	/* u8 count, then event records, each behind its own u8 length */
};

struct field {
	enum field_kind kind;
	uint16_t size;
	uint16_t at;		/* offset in the struct */
	uint16_t partner;	/* offset of the uint16_t length or uint8_t count */
	uint64_t lo, hi;
	const struct field *items;
	const char *name;
};

struct message_layout {
	struct gate_type_info info;
	const struct field *fields;
	bool (*rule)(const void *body);	/* between fields; NULL = none */
};

const struct message_layout *message_layout(uint8_t type);

/* message_rule.c */
bool hello_rule(const void *body);
bool hello_reply_rule(const void *body);
bool status_reply_rule(const void *body);
bool events_rule(const void *body);
bool events_reply_rule(const void *body);
bool digest_rule(const void *body);
bool digest_reply_rule(const void *body);
bool transfer_begin_rule(const void *body);
bool revoke_rule(const void *body);
bool apb_move_rule(const void *body);

struct cursor {
	uint8_t *out;		/* writing */
	const uint8_t *in;	/* reading */
	size_t left;
};

/* wire.c */
uint64_t wire_get(const uint8_t *p, size_t size);	/* big-endian */
uint64_t memory_get(const void *p, size_t size);	/* an integer of that size */
void memory_put(void *p, size_t size, uint64_t value);
void wire_put(uint8_t *p, size_t size, uint64_t value);
bool offset_in_range(int64_t seconds);
bool text_is_clean(const char *text, size_t size);	/* UTF-8, no control characters */
bool card_is_clean(const char *text, size_t size);	/* 0-9 A-Z a-z */

/* message_event.c: one record without its length byte. */
enum { EVENT_FIXED = 31, EVENT_LONGEST = EVENT_FIXED + GATE_ID_SIZE + GATE_CARD_MAX + GATE_DETAIL_MAX };
int event_encode(const struct gate_event *, uint8_t *out, size_t size);	/* length or -1 */
/* GATE_OK also for a quarantined record; a fault only when not even its sequence number is there. */
enum gate_fault event_decode(const uint8_t *in, size_t size, struct gate_event *);

#endif
