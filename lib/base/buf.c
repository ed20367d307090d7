/* Growable buffers and JSON strings. See str.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

char *buf_reserve(struct buf *buf, size_t more)
{
	size_t need;

	if (__builtin_add_overflow(buf->len, more, &need) || __builtin_add_overflow(need, (size_t)1, &need))
		fatalx("a buffer of %zu and %zu bytes does not fit into memory", buf->len, more);
	if (need > buf->cap) {
		size_t cap = buf->cap < 64 ? 64 : buf->cap;

		while (cap < need)
			cap = cap > need / 2 ? need : cap * 2;
		if (cap < buf->cap + buf->cap / 2)
			cap = buf->cap + buf->cap / 2;
		buf->data = xreallocarray(buf->data, cap, 1);
		buf->cap = cap;
	}
	return buf->data + buf->len;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	char *to = buf_reserve(buf, len);

	if (len > 0)
		memcpy(to, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_adds(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_vaddf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len < 0)
		panic("format \"%s\" can not be printed", format);
	vsnprintf(buf_reserve(buf, (size_t)len), (size_t)len + 1, format, again);
	va_end(again);
	buf->len += (size_t)len;
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vaddf(buf, format, args);
	va_end(args);
}

void buf_add_int(struct buf *buf, int64_t value)
{
	char digits[24];
	char *p = digits + sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*--p = '-';
	buf_add(buf, p, (size_t)(digits + sizeof(digits) - p));
}

void buf_add_hex(struct buf *buf, const void *data, size_t len)
{
	format_hex(data, len, buf_reserve(buf, 2 * len));
	buf->len += 2 * len;
}

const char *buf_text(const struct buf *buf)
{
	return buf->data != NULL ? buf->data : "";
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

char *buf_take(struct buf *buf)
{
	char *data;

	buf_add(buf, "", 0);
	data = buf->data;
	*buf = (struct buf){0};
	return data;
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}

/* Bytes of the well-formed UTF-8 character at text, or 0. */
static size_t character_length(const unsigned char *text, size_t len)
{
	static const struct {
		unsigned char mask, lead, second_lo, second_hi;
		size_t length;
	} forms[] = {
		{0xff, 0xe0, 0xa0, 0xbf, 3}, {0xff, 0xed, 0x80, 0x9f, 3}, {0xf0, 0xe0, 0x80, 0xbf, 3},
		{0xff, 0xf0, 0x90, 0xbf, 4}, {0xff, 0xf4, 0x80, 0x8f, 4},
	};

	if (text[0] < 0x80)
		return 1;
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		return len >= 2 && (text[1] & 0xc0) == 0x80 ? 2 : 0;
	for (size_t i = 0; i < lengthof(forms); i++) {
		if ((text[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (len < forms[i].length || text[1] < forms[i].second_lo || text[1] > forms[i].second_hi)
			return 0;
		for (size_t j = 2; j < forms[i].length; j++)
			if ((text[j] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	if (text[0] >= 0xf1 && text[0] <= 0xf3 && len >= 4 && (text[1] & 0xc0) == 0x80 && (text[2] & 0xc0) == 0x80 &&
	    (text[3] & 0xc0) == 0x80)
		return 4;
	return 0;
}

/* As character_length, for what most characters are: ASCII, eight of them at once, and those of three bytes. 0: it has to be looked at. */
static size_t plain_length(const unsigned char *text, size_t len)
{
	uint64_t eight;

	if (text[0] < 0x80 && len >= sizeof(eight)) {
		memcpy(&eight, text, sizeof(eight));
		return (eight & 0x8080808080808080u) == 0 ? sizeof(eight) : 1;
	}
	return text[0] >= 0xe1 && text[0] <= 0xec && len >= 3 && (text[1] & 0xc0) == 0x80 && (text[2] & 0xc0) == 0x80 ? 3 : 0;
}

bool utf8_valid(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	while (len > 0) {
		size_t step = plain_length(p, len);

		if (step == 0)
			step = character_length(p, len);
		if (step == 0)
			return false;
		p += step;
		len -= step;
	}
	return true;
}

/* The escape for a byte that JSON or JavaScript does not take as it is, or NULL. */
static const char *json_escape(unsigned char c, char out[8])
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		if (c >= 0x20 && c != 0x7f)
			return NULL;
		snprintf(out, 8, "\\u%04x", c);
		return out;
	}
}

void buf_json_bytes(struct buf *buf, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len, *plain = p;
	char scratch[8];

	buf_reserve(buf, len + 2);
	buf_addc(buf, '"');
	while (p < end) {
		size_t step = character_length(p, (size_t)(end - p));
		const char *escape = step == 1 ? json_escape(*p, scratch) : NULL;

		if (step == 0) {
			escape = "\xef\xbf\xbd";
			step = 1;
		} else if (step == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9)) {
			escape = p[2] == 0xa8 ? "\\u2028" : "\\u2029";
		}
		if (escape != NULL) {
			buf_add(buf, plain, (size_t)(p - plain));
			buf_adds(buf, escape);
			plain = p + step;
		}
		p += step;
	}
	buf_add(buf, plain, (size_t)(p - plain));
	buf_addc(buf, '"');
}

void buf_json_string(struct buf *buf, const char *text)
{
	if (text == NULL)
		buf_adds(buf, "null");
	else
		buf_json_bytes(buf, text, strlen(text));
}
