/*
 * PostgreSQL arrays in binary form, written element by element into one growing buffer: nothing is escaped or parsed, and
 * a batch of ten thousand events costs no allocation once the buffers have grown.
 */
#ifndef DB_POLLER_ARRAY_H
#define DB_POLLER_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Types by their fixed number in pg_type. */
enum pg_type {
	PG_BOOL = 16, PG_BYTEA = 17, PG_INT8 = 20, PG_INT2 = 21, PG_INT4 = 23, PG_TEXT = 25,
	PG_TIMESTAMPTZ = 1184, PG_UUID = 2950,
};

struct pg_array {
	struct buf bytes;
	enum pg_type type;
	uint32_t count;
	bool has_null;
};

/* Empties it, keeping the memory; the first call also makes it. */
void pg_array_begin(struct pg_array *, enum pg_type);
void pg_array_free(struct pg_array *);
void pg_array_add_int2(struct pg_array *, int16_t);
void pg_array_add_int4(struct pg_array *, int32_t);
void pg_array_add_int8(struct pg_array *, int64_t);
/* Milliseconds since 1970. */
void pg_array_add_time(struct pg_array *, int64_t wall_ms);
/* text, bytea or uuid (16 bytes) */
void pg_array_add_bytes(struct pg_array *, const void *, size_t);
void pg_array_add_text(struct pg_array *, const char *);
void pg_array_add_null(struct pg_array *);
/* Completes the header; the array is ready to be sent and can still grow. */
const struct buf *pg_array_finish(struct pg_array *);
/* The type of an array of `type`. */
uint32_t pg_array_type(enum pg_type);

void pg_put_int4(struct buf *, int32_t);
void pg_put_int8(struct buf *, int64_t);
/* A timestamptz from and to milliseconds since 1970. */
int64_t pg_time_from_ms(int64_t wall_ms);
int64_t pg_time_to_ms(int64_t micros);

#endif
