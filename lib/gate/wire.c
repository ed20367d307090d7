/*
 * Bytes under the codec: big-endian integers, and which texts a message may carry.
 */
#include <string.h>

#include "gate/codec.h"

uint64_t
wire_get(const uint8_t *p, size_t size)
{
	uint64_t v = 0;

	for (size_t i = 0; i < size; i++)
		v = v << 8 | p[i];
	return v;
}

void
wire_put(uint8_t *p, size_t size, uint64_t value)
{
	for (size_t i = size; i-- > 0; value >>= 8)
		p[i] = (uint8_t)value;
}

uint64_t
memory_get(const void *p, size_t size)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		memcpy(&v16, p, sizeof v16);
		return v16;
	case 4:
		memcpy(&v32, p, sizeof v32);
		return v32;
	default:
		memcpy(&v64, p, sizeof v64);
		return v64;
	}
}

void
memory_put(void *p, size_t size, uint64_t value)
{
	uint8_t v8 = (uint8_t)value;
	uint16_t v16 = (uint16_t)value;
	uint32_t v32 = (uint32_t)value;

	switch (size) {
	case 1:
		memcpy(p, &v8, sizeof v8);
		break;
	case 2:
		memcpy(p, &v16, sizeof v16);
		break;
	case 4:
		memcpy(p, &v32, sizeof v32);
		break;
	default:
		memcpy(p, &value, sizeof value);
	}
}

bool
offset_in_range(int64_t offset)
{
	return offset >= -86400 && offset <= 86400;
}

/* Bytes of one UTF-8 character at p, 0 when it is not one. Overlong forms, surrogates and > U+10FFFF are not. */
static size_t
character_size(const unsigned char *p, size_t left)
{
	size_t size = p[0] < 0x80 ? 1 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2 : p[0] >= 0xE0 && p[0] < 0xF0 ? 3 :
	    p[0] >= 0xF0 && p[0] < 0xF5 ? 4 : 0;

	if (size == 0 || size > left)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
	    (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return size;
}

bool
text_is_clean(const char *text, size_t size)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t step;

	for (; size > 0; p += step, size -= step) {
		if ((step = character_size(p, size)) == 0 || p[0] < 0x20 || p[0] == 0x7F)
			return false;
		if (step == 2 && p[0] == 0xC2 && p[1] < 0xA0)	/* C1 controls */
			return false;
	}
	return true;
}

bool
card_is_clean(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'Z') ||
		    (text[i] >= 'a' && text[i] <= 'z')))
			return false;
	return true;
}
