/*
 * One event record. What a controller sends here ends in the history, so a record that makes no sense is kept as hex
 * (quarantined) and does not stop those behind it.
 */
#include <string.h>

#include "gate/codec.h"
#include "gate/codes.h"

/* Raised and cleared at once means nothing. */
static bool
flags_are_clean(uint8_t flags)
{
	return (flags & ~GATE_EVENT_FLAGS) == 0 &&
	    (flags & (GATE_EVENT_RAISED | GATE_EVENT_CLEARED)) != (GATE_EVENT_RAISED | GATE_EVENT_CLEARED);
}

static bool
values_are_clean(const struct gate_event *e)
{
	return e->seq > 0 && e->time_ms <= INT64_MAX && event_code(e->kind) != NULL && e->door <= GATE_DOORS_MAX &&
	    e->reader <= READER_SIDE_EXIT && e->revision <= INT64_MAX && flags_are_clean(e->flags);
}

size_t
gate_event_size(const struct gate_event *e)
{
	return 1 + EVENT_FIXED + (e->flags & GATE_EVENT_BY_COMMAND ? GATE_ID_SIZE : 0) + strnlen(e->card, GATE_CARD_MAX) +
	    strnlen(e->detail, GATE_DETAIL_MAX);
}

int
event_encode(const struct gate_event *e, uint8_t *out, size_t size)
{
	size_t card = strnlen(e->card, GATE_CARD_MAX + 1), detail = strnlen(e->detail, GATE_DETAIL_MAX + 1);
	size_t length = gate_event_size(e) - 1;

	if (length > size || card > GATE_CARD_MAX || detail > GATE_DETAIL_MAX || !values_are_clean(e) ||
	    !card_is_clean(e->card, card) || !text_is_clean(e->detail, detail))
		return -1;
	wire_put(out, 4, e->seq);
	wire_put(out + 4, 8, e->time_ms);
	wire_put(out + 12, 2, e->kind);
	out[14] = e->door;
	out[15] = e->reader;
	wire_put(out + 16, 4, e->credential);
	wire_put(out + 20, 8, e->revision);
	out[28] = e->flags;
	out += 29;
	if (e->flags & GATE_EVENT_BY_COMMAND) {
		memcpy(out, e->command, GATE_ID_SIZE);
		out += GATE_ID_SIZE;
	}
	*out++ = (uint8_t)card;
	memcpy(out, e->card, card);
	out += card;
	*out++ = (uint8_t)detail;
	memcpy(out, e->detail, detail);
	return (int)length;
}

/* A u8 length and so many bytes into a terminated string; false when it does not fit, or ends before its length. */
static bool
take_text(const uint8_t **in, size_t *left, char *out, size_t max)
{
	size_t size;

	if (*left < 1 || (size = **in) > max || size > *left - 1 || memchr(*in + 1, '\0', size) != NULL)
		return false;
	memcpy(out, *in + 1, size);
	out[size] = '\0';
	*in += 1 + size;
	*left -= 1 + size;
	return true;
}

static bool
take_record(const uint8_t *in, size_t size, struct gate_event *e)
{
	if (size < EVENT_FIXED || size > EVENT_LONGEST)
		return false;
	e->time_ms = wire_get(in + 4, 8);
	e->kind = (uint16_t)wire_get(in + 12, 2);
	e->door = in[14];
	e->reader = in[15];
	e->credential = (uint32_t)wire_get(in + 16, 4);
	e->revision = wire_get(in + 20, 8);
	e->flags = in[28];
	in += 29;
	size -= 29;
	memset(e->command, 0, sizeof e->command);
	if (e->flags & GATE_EVENT_BY_COMMAND) {
		if (size < GATE_ID_SIZE)
			return false;
		memcpy(e->command, in, GATE_ID_SIZE);
		in += GATE_ID_SIZE;
		size -= GATE_ID_SIZE;
	}
	return take_text(&in, &size, e->card, GATE_CARD_MAX) && take_text(&in, &size, e->detail, GATE_DETAIL_MAX) &&
	    size == 0 && values_are_clean(e) && card_is_clean(e->card, strlen(e->card)) &&
	    text_is_clean(e->detail, strlen(e->detail));
}

static void
quarantine(const uint8_t *in, size_t size, struct gate_event *e)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t seq = e->seq;
	size_t n = size < GATE_DETAIL_MAX / 2 ? size : GATE_DETAIL_MAX / 2;

	memset(e, 0, sizeof *e);
	e->seq = seq;
	e->quarantined = true;
	for (size_t i = 0; i < n; i++) {
		e->detail[2 * i] = digits[in[i] >> 4];
		e->detail[2 * i + 1] = digits[in[i] & 15];
	}
}

enum gate_fault
event_decode(const uint8_t *in, size_t size, struct gate_event *e)
{
	if (size < 4)
		return GATE_FAULT_SHORT;
	e->seq = (uint32_t)wire_get(in, 4);
	if (e->seq == 0)
		return GATE_FAULT_RANGE;
	e->quarantined = false;
	if (!take_record(in, size, e))
		quarantine(in, size, e);
	return GATE_OK;
}
