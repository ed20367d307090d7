#include "zone.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* TZif (RFC 8536), version 2 or later: a block of 32-bit data to be skipped, one of 64-bit data, and the POSIX string
 * between two line feeds. */
enum { HEADER = 44, FILE_MOST = 64 * 1024 };

struct counts {
	uint32_t isut, isstd, leap, time, type, chars;
};

static uint32_t be32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof v);
	return be32toh(v);
}

static int64_t be64(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof v);
	return (int64_t)be64toh(v);
}

static int read_header(const uint8_t *data, size_t size, size_t at, struct counts *out)
{
	if (at + HEADER > size || memcmp(data + at, "TZif", 4) != 0 || data[at + 4] < '2')
		return -1;
	const uint8_t *c = data + at + 20;
	*out = (struct counts){ be32(c), be32(c + 4), be32(c + 8), be32(c + 12), be32(c + 16), be32(c + 20) };
	/* hostile or damaged counts must not overflow what follows */
	if (out->time > FILE_MOST || out->type > 256 || out->chars > FILE_MOST || out->leap > FILE_MOST ||
	    out->isstd > 256 || out->isut > 256)
		return -1;
	return 0;
}

static size_t block_size(const struct counts *c, size_t time_size)
{
	return c->time * (time_size + 1) + c->type * 6 + c->chars + c->leap * (time_size + 4) + c->isstd + c->isut;
}

/* Half of what there is room for is past: events that were not fetched for years still find their hour. */
static void read_offsets(struct gate_offsets *o, const uint8_t *times, const uint8_t *indexes, const uint8_t *types,
    const struct counts *c, int64_t now_s)
{
	uint32_t next = 0, first;

	while (next < c->time && be64(times + next * 8) <= now_s)
		next++;
	first = next > GATE_OFFSETS_MAX / 2 ? next - GATE_OFFSETS_MAX / 2 : 0;
	o->first_s = (int32_t)be32(types + (first > 0 && indexes[first - 1] < c->type ? indexes[first - 1] * 6 : 0));
	for (uint32_t i = first; i < c->time && o->count < GATE_OFFSETS_MAX; i++)
		if (indexes[i] < c->type)
			o->at[o->count++] = (struct gate_transition){
				.at_s = (uint64_t)be64(times + i * 8), .offset_s = (int32_t)be32(types + indexes[i] * 6),
			};
}

static int parse(struct zone *z, const uint8_t *data, size_t size, int64_t now_s)
{
	struct counts c;

	if (read_header(data, size, 0, &c) < 0)
		return -1;
	size_t at = HEADER + block_size(&c, 4);
	if (read_header(data, size, at, &c) < 0)
		return -1;
	at += HEADER;
	if (at + block_size(&c, 8) + 2 > size)
		return -1;
	const uint8_t *times = data + at, *indexes = times + c.time * 8, *types = indexes + c.time;
	if (c.type > 0)
		read_offsets(&z->offsets, times, indexes, types, &c, now_s);
	for (uint32_t i = 0; i < c.time && z->count < GATE_TRANSITIONS_MAX; i++) {
		int64_t t = be64(times + i * 8);

		if (t > now_s && indexes[i] < c.type)
			z->transitions[z->count++] = (struct gate_transition){
				.at_s = (uint64_t)t, .offset_s = (int32_t)be32(types + indexes[i] * 6),
			};
	}
	const char *footer = (const char *)data + at + block_size(&c, 8);
	size_t left = size - (at + block_size(&c, 8));
	const char *end = left > 1 ? memchr(footer + 1, '\n', left - 1) : NULL;
	if (footer[0] != '\n' || end == NULL || end - footer - 1 > GATE_TZ_MAX)
		return -1;
	memcpy(z->tz, footer + 1, (size_t)(end - footer - 1));
	return 0;
}

int zone_load(struct zone *z, const char *directory, const char *name, int64_t now_s)
{
	uint8_t *data = NULL;
	FILE *f = NULL;
	char *path = NULL;
	int result = -1;

	*z = (struct zone){ 0 };
	if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL || strlen(name) >= sizeof z->name)
		return -1;
	memcpy(z->name, name, strlen(name) + 1);
	path = xasprintf("%s/%s", directory, name);
	f = fopen(path, "rbe");
	if (f == NULL)
		goto out;
	data = xcalloc(1, FILE_MOST);
	result = parse(z, data, fread(data, 1, FILE_MOST, f), now_s);
	if (result < 0) {
		z->tz[0] = '\0';
		z->count = 0;
	}
out:
	if (f != NULL)
		fclose(f);
	free(data);
	free(path);
	return result;
}
