/* Shared by async.c and async_call.c; nobody else includes it. */
#ifndef DB_ASYNC_CALL_H
#define DB_ASYNC_CALL_H

#include "db/async.h"

enum { ASYNC_MAX_PARAMS = 24 };

struct async_call {
	struct async_call *next;
	const char *sql;
	async_done *done;
	async_each *each;	/* NULL = all rows at once */
	void *arg;
	int count;
	unsigned types[ASYNC_MAX_PARAMS];
	size_t at[ASYNC_MAX_PARAMS];	/* in bytes */
	int lengths[ASYNC_MAX_PARAMS];
	bool null[ASYNC_MAX_PARAMS];
	struct buf bytes;
};

void async_call_free(struct async_call *);
void async_call_values(const struct async_call *, const char *values[ASYNC_MAX_PARAMS], int formats[ASYNC_MAX_PARAMS]);

#endif
