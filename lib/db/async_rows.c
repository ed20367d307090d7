/* Reading binary answers. Every function checks type and length, so a changed SQL function reads as 0 and not as noise. */
#include "db/async_internal.h"

#include <endian.h>
#include <string.h>

int async_rows_count(const struct async_rows *rows)
{
	return PQntuples(rows->result);
}

bool async_is_null(const struct async_rows *rows, int row, int column)
{
	return PQgetisnull(rows->result, row, column);
}

static int64_t integer(const char *at, int size)
{
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (size) {
	case 2:
		memcpy(&two, at, sizeof two);
		return (int16_t)be16toh(two);
	case 4:
		memcpy(&four, at, sizeof four);
		return (int32_t)be32toh(four);
	case 8:
		memcpy(&eight, at, sizeof eight);
		return (int64_t)be64toh(eight);
	default:
		return 0;
	}
}

bool async_bool(const struct async_rows *rows, int row, int column)
{
	return PQgetlength(rows->result, row, column) == 1 && *PQgetvalue(rows->result, row, column) != 0;
}

int64_t async_int(const struct async_rows *rows, int row, int column)
{
	if (async_is_null(rows, row, column))
		return 0;
	return integer(PQgetvalue(rows->result, row, column), PQgetlength(rows->result, row, column));
}

int64_t async_time_ms(const struct async_rows *rows, int row, int column)
{
	if (async_is_null(rows, row, column))
		return 0;
	return pg_time_to_ms(async_int(rows, row, column));
}

const char *async_text(const struct async_rows *rows, int row, int column)
{
	return PQgetvalue(rows->result, row, column);
}

const uint8_t *async_bytes(const struct async_rows *rows, int row, int column, size_t *size)
{
	*size = (size_t)PQgetlength(rows->result, row, column);
	return (const uint8_t *)PQgetvalue(rows->result, row, column);
}

int async_ints(const struct async_rows *rows, int row, int column, int64_t *out, int room)
{
	enum { HEADER = 12, DIMENSION = 8 };
	const char *at = PQgetvalue(rows->result, row, column);
	int left = PQgetlength(rows->result, row, column);

	if (left < HEADER + DIMENSION || integer(at, 4) != 1)
		return 0;	/* NULL, or no dimension: empty */
	int64_t count = integer(at + HEADER, 4);
	at += HEADER + DIMENSION;
	left -= HEADER + DIMENSION;
	for (int64_t i = 0; i < count; i++) {
		if (left < 4)
			return (int)i;
		int64_t size = integer(at, 4);
		at += 4;
		left -= 4;
		if (size > left)
			return (int)i;
		if (i < room)
			out[i] = size > 0 ? integer(at, (int)size) : 0;
		if (size > 0) {
			at += size;
			left -= (int)size;
		}
	}
	return (int)count;
}
