/* Strict parsers, text checks and memory that does not run out quietly. See str.h. */
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

int parse_int(const char *text, int64_t lo, int64_t hi, int64_t *out)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	char *end;
	long long value;

	if (digits[0] < '0' || digits[0] > '9')
		return -1;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (*end != '\0' || errno != 0 || value < lo || value > hi)
		return -1;
	*out = value;
	return 0;
}

int parse_bool(const char *text, bool *out)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return -1;
	*out = text[0] == 't';
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int parse_hex(const char *text, void *out, size_t len)
{
	unsigned char *bytes = out;

	if (strlen(text) != 2 * len)
		return -1;
	for (size_t i = 0; i < 2 * len; i++)
		if (hex_digit(text[i]) < 0)
			return -1;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
	return 0;
}

void format_hex(const void *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

size_t utf8_length(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

uint32_t utf8_take(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	uint32_t c = at[0];
	int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

	if (more > 0)
		c &= 0x3fu >> more;
	for (int i = 1; i <= more; i++)
		c = c << 6 | (at[i] & 0x3fu);
	*text += more + 1;
	return c;
}

/* Characters that are there and can not be seen: they break lines, turn the direction of what follows, or make two names look the same. Not
 * those with which a script joins letters or chooses their form (U+200C, U+200D, variation selectors: names are written with them). */
static bool is_unseen(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c}, {0x180e, 0x180e}, {0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},
		{0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
	};

	for (size_t i = 0; i < lengthof(ranges); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

bool utf8_has_control(const char *text, size_t len)
{
	for (const char *at = text, *end = text + len; at < end;) {
		unsigned char c = (unsigned char)*at;

		/* Japanese and most else begins with other bytes than those that are unseen: imports ask this of millions. */
		if ((c >= 0x20 && c < 0x7f) || (c >= 0xe3 && c <= 0xee))
			at += c < 0x80 ? 1 : 3;
		else if (is_unseen(utf8_take(&at)))
			return true;
	}
	return false;
}

void *xcalloc(size_t count, size_t size)
{
	/* Never NULL, not even for nothing. */
	void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	if (memory == NULL)
		fatal("%zu x %zu bytes of memory", count, size);
	return memory;
}

void *xreallocarray(void *memory, size_t count, size_t size)
{
	void *larger = reallocarray(memory, count > 0 ? count : 1, size > 0 ? size : 1);

	if (larger == NULL)
		fatal("%zu x %zu bytes of memory", count, size);
	return larger;
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t len)
{
	char *copy;

	len = strnlen(text, len);
	copy = xcalloc(len + 1, 1);
	memcpy(copy, text, len);
	return copy;
}

char *xasprintf(const char *format, ...)
{
	struct buf buf = {0};
	va_list args;

	va_start(args, format);
	buf_vaddf(&buf, format, args);
	va_end(args);
	return buf_take(&buf);
}

void free_secret(char **text)
{
	if (*text != NULL)
		explicit_bzero(*text, strlen(*text));
	free_null(text);
}
