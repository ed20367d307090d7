/*
 * Words for message types, faults and errors, so that logs read like prose; and the texts that are not messages:
 * the nudge and the PSK identity.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gate/codec.h"

static const char *const fault_names[GATE_FAULT_LAST + 1] = {
	[GATE_OK] = "ok",
	[GATE_FAULT_SHORT] = "too short",
	[GATE_FAULT_LONG] = "too long",
	[GATE_FAULT_LENGTH] = "length field is wrong",
	[GATE_FAULT_VERSION] = "unknown version",
	[GATE_FAULT_TYPE] = "unknown type",
	[GATE_FAULT_RANGE] = "field out of range",
	[GATE_FAULT_COUNT] = "count out of range",
	[GATE_FAULT_TEXT] = "text not allowed",
};

static const char *const error_names[GATE_ERROR_LAST + 1] = {
	[GATE_ERROR_MALFORMED] = "malformed",
	[GATE_ERROR_UNSUPPORTED] = "unsupported",
	[GATE_ERROR_NO_SUCH_DOOR] = "no such door",
	[GATE_ERROR_NO_SUCH_STREAM] = "no such stream",
	[GATE_ERROR_NO_SUCH_TRANSFER] = "no such transfer",
	[GATE_ERROR_BUSY] = "busy",
	[GATE_ERROR_NO_SPACE] = "no space",
	[GATE_ERROR_BASE] = "wrong base revision",
	[GATE_ERROR_NOT_ENROLLED] = "not enrolled",
	[GATE_ERROR_STORAGE] = "storage failed",
	[GATE_ERROR_KEY_RULE] = "key rule",
	[GATE_ERROR_VERSION] = "no common version",
	[GATE_ERROR_NOT_GREETED] = "hello comes first",
};

const char *
gate_type_name(uint8_t type)
{
	const struct gate_type_info *info = gate_type_info(type);

	return info == NULL ? "unknown type" : info->name;
}

const char *
gate_fault_name(enum gate_fault fault)
{
	return (unsigned)fault <= GATE_FAULT_LAST ? fault_names[fault] : "unknown fault";
}

const char *
gate_error_name(uint16_t code)
{
	return code >= 1 && code <= GATE_ERROR_LAST ? error_names[code] : "unknown error";
}

static const uint8_t nudge_head[8] = { 'K', 'D', 'B', 'N', GATE_PROTOCOL_VERSION, GATE_NUDGE, 0, GATE_NUDGE_SIZE };

void
gate_nudge_encode(uint64_t serial, uint8_t buf[GATE_NUDGE_SIZE])
{
	memcpy(buf, nudge_head, sizeof nudge_head);
	wire_put(buf + sizeof nudge_head, 8, serial);
}

int
gate_nudge_decode(const uint8_t *buf, size_t size, uint64_t *serial)
{
	if (size != GATE_NUDGE_SIZE || memcmp(buf, nudge_head, sizeof nudge_head) != 0)
		return -1;
	*serial = wire_get(buf + sizeof nudge_head, 8);
	return 0;
}

int
gate_identity_format(uint64_t serial, uint32_t epoch, char *out, size_t size)
{
	int n = snprintf(out, size, "%016" PRIx64 ":%" PRIu32, serial, epoch);

	return n < 0 || (size_t)n >= size ? -1 : n;
}

/* Accepts exactly what format writes. */
int
gate_identity_parse(const char *text, uint64_t *serial, uint32_t *epoch)
{
	char again[GATE_IDENTITY_MAX + 1];
	uint64_t s = 0, e = 0;

	for (size_t i = 0; i < 16; i++) {
		const char *digits = "0123456789abcdef", *d;

		if (text[i] == '\0' || (d = strchr(digits, text[i])) == NULL)
			return -1;
		s = s << 4 | (uint64_t)(d - digits);
	}
	if (text[16] != ':')
		return -1;
	for (const char *p = text + 17; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' || (e = e * 10 + (uint64_t)(*p - '0')) > UINT32_MAX)
			return -1;
	}
	if (gate_identity_format(s, (uint32_t)e, again, sizeof again) == -1 || strcmp(text, again) != 0)
		return -1;
	*serial = s;
	*epoch = (uint32_t)e;
	return 0;
}
