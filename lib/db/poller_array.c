#include "db/poller_array.h"

#include <endian.h>
#include <string.h>

#include "base/log.h"

/* ndim, flags, element type, dimension, lower bound: 5 x int4, then each element as length and bytes */
enum { HEADER = 20, AT_NDIM = 0, AT_FLAGS = 4, AT_TYPE = 8, AT_DIMENSION = 12, AT_LOWER = 16 };
#define EPOCH_2000_MS INT64_C(946684800000)

uint32_t pg_array_type(enum pg_type type)
{
	switch (type) {
	case PG_BOOL: return 1000;
	case PG_BYTEA: return 1001;
	case PG_INT2: return 1005;
	case PG_INT4: return 1007;
	case PG_TEXT: return 1009;
	case PG_INT8: return 1016;
	case PG_TIMESTAMPTZ: return 1185;
	case PG_UUID: return 2951;
	}
	panic("no array of type %d", (int)type);
}

int64_t pg_time_from_ms(int64_t wall_ms)
{
	return (wall_ms - EPOCH_2000_MS) * 1000;
}

int64_t pg_time_to_ms(int64_t micros)
{
	int64_t ms = micros / 1000;

	if (micros % 1000 < 0)
		ms--;
	return ms + EPOCH_2000_MS;
}

void pg_put_int4(struct buf *b, int32_t value)
{
	uint32_t wire = htobe32((uint32_t)value);

	buf_add(b, &wire, sizeof wire);
}

void pg_put_int8(struct buf *b, int64_t value)
{
	uint64_t wire = htobe64((uint64_t)value);

	buf_add(b, &wire, sizeof wire);
}

void pg_array_begin(struct pg_array *a, enum pg_type type)
{
	buf_clear(&a->bytes);
	a->type = type;
	a->count = 0;
	a->has_null = false;
	char *header = buf_reserve(&a->bytes, HEADER);
	memset(header, 0, HEADER);
	a->bytes.len += HEADER;
}

void pg_array_free(struct pg_array *a)
{
	buf_free(&a->bytes);
	*a = (struct pg_array){ 0 };
}

static void add_fixed(struct pg_array *a, const void *wire, uint32_t size)
{
	uint32_t length = htobe32(size);
	char *at = buf_reserve(&a->bytes, sizeof length + size);

	memcpy(at, &length, sizeof length);
	memcpy(at + sizeof length, wire, size);
	a->bytes.len += sizeof length + size;
	a->count++;
}

void pg_array_add_int2(struct pg_array *a, int16_t value)
{
	uint16_t wire = htobe16((uint16_t)value);

	add_fixed(a, &wire, sizeof wire);
}

void pg_array_add_int4(struct pg_array *a, int32_t value)
{
	uint32_t wire = htobe32((uint32_t)value);

	add_fixed(a, &wire, sizeof wire);
}

void pg_array_add_int8(struct pg_array *a, int64_t value)
{
	uint64_t wire = htobe64((uint64_t)value);

	add_fixed(a, &wire, sizeof wire);
}

void pg_array_add_time(struct pg_array *a, int64_t wall_ms)
{
	pg_array_add_int8(a, pg_time_from_ms(wall_ms));
}

void pg_array_add_bytes(struct pg_array *a, const void *bytes, size_t size)
{
	add_fixed(a, size ? bytes : "", (uint32_t)size);
}

void pg_array_add_text(struct pg_array *a, const char *text)
{
	pg_array_add_bytes(a, text, strlen(text));
}

void pg_array_add_null(struct pg_array *a)
{
	pg_put_int4(&a->bytes, -1);
	a->has_null = true;
	a->count++;
}

static void patch(struct pg_array *a, size_t at, uint32_t value)
{
	uint32_t wire = htobe32(value);

	memcpy(a->bytes.data + at, &wire, sizeof wire);
}

const struct buf *pg_array_finish(struct pg_array *a)
{
	patch(a, AT_NDIM, 1);
	patch(a, AT_FLAGS, a->has_null);
	patch(a, AT_TYPE, a->type);
	patch(a, AT_DIMENSION, a->count);
	patch(a, AT_LOWER, 1);
	return &a->bytes;
}
