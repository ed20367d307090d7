#include "record.h"

#include <string.h>

#include "gate/codes.h"
#include "wire.h"

/* Bytes of key at the start of each tag's body, and the least body. Key fields always come first. */
static const struct shape {
	uint8_t stream, tag, key;
	uint16_t least;
} shapes[] = {
	{STREAM_TIMETABLES, 1, 2, 15}, {STREAM_TIMETABLES, 2, 3, 4}, {STREAM_TIMETABLES, 3, 1, 5},
	{STREAM_GATE_PARAMETERS, 1, 1, 2},
	{STREAM_IC_CARD, 1, 1, 20},
	{STREAM_APB, 1, 0, 3}, {STREAM_APB, 2, 2, 6},
	{STREAM_VEIN, 1, 5, 8},
};

enum { HEAD = 3 };

int record_next(unsigned stream, const uint8_t *payload, size_t length, size_t *at, struct record *record)
{
	if (*at == length)
		return 0;
	if (length - *at < HEAD)
		return -1;
	*record = (struct record){.bytes = payload + *at, .tag = payload[*at], .length = wire_get16(payload + *at + 1)};
	record->body = record->bytes + HEAD;
	record->size = HEAD + record->length;
	if (length - *at < record->size)
		return -1;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (shapes[i].stream != stream || shapes[i].tag != record->tag)
			continue;
		if (record->length < shapes[i].least)
			return -1;
		record->key[0] = record->tag;
		memcpy(record->key + 1, record->body, shapes[i].key);
		record->key_size = 1u + shapes[i].key;
		*at += record->size;
		return 1;
	}
	return -1;
}

const char *record_check(unsigned stream, const uint8_t *payload, size_t length)
{
	struct record record;
	size_t at = 0;
	int more;

	while ((more = record_next(stream, payload, length, &at, &record)) > 0)
		;
	return more < 0 ? "a record makes no sense" : NULL;
}
