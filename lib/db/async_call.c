/* A statement with its parameters, which live in one buffer until it is done. */
#include "db/async_call.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct async_call *async_call_new(const char *sql, async_done *done, void *arg)
{
	struct async_call *c = xcalloc(1, sizeof *c);

	c->sql = sql;
	c->done = done;
	c->arg = arg;
	return c;
}

void async_call_free(struct async_call *c)
{
	buf_free(&c->bytes);
	free(c);
}

static void add(struct async_call *c, uint32_t type, const void *bytes, size_t size)
{
	if (c->count == ASYNC_MAX_PARAMS)
		panic("too many parameters for %s", c->sql);
	c->types[c->count] = type;
	c->at[c->count] = c->bytes.len;
	c->lengths[c->count] = (int)size;
	c->count++;
	buf_add(&c->bytes, bytes, size);
	buf_addc(&c->bytes, '\0');
}

void async_call_int4(struct async_call *c, int32_t value)
{
	uint32_t wire = htobe32((uint32_t)value);

	add(c, PG_INT4, &wire, sizeof wire);
}

void async_call_int8(struct async_call *c, int64_t value)
{
	uint64_t wire = htobe64((uint64_t)value);

	add(c, PG_INT8, &wire, sizeof wire);
}

void async_call_int8_or_null(struct async_call *c, bool null, int64_t value)
{
	async_call_int8(c, value);
	c->null[c->count - 1] = null;
}

void async_call_bool(struct async_call *c, bool value)
{
	char wire = value;

	add(c, PG_BOOL, &wire, sizeof wire);
}

void async_call_text(struct async_call *c, const char *text)
{
	add(c, PG_TEXT, text, strlen(text));
}

void async_call_bytes(struct async_call *c, const void *bytes, size_t size)
{
	add(c, PG_BYTEA, size ? bytes : "", size);
	c->null[c->count - 1] = bytes == NULL;
}

void async_call_array(struct async_call *c, struct pg_array *array)
{
	const struct buf *bytes = pg_array_finish(array);

	add(c, pg_array_type(array->type), bytes->data, bytes->len);
}

void async_call_each(struct async_call *c, async_each *each)
{
	c->each = each;
}

void async_call_values(const struct async_call *c, const char *values[ASYNC_MAX_PARAMS], int formats[ASYNC_MAX_PARAMS])
{
	for (int i = 0; i < c->count; i++) {
		values[i] = c->null[i] ? NULL : c->bytes.data + c->at[i];
		formats[i] = 1;
	}
}
