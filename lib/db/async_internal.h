/* Shared by async.c and async_rows.c; nobody else includes it. */
#ifndef DB_ASYNC_INTERNAL_H
#define DB_ASYNC_INTERNAL_H

#include <libpq-fe.h>

#include "db/async.h"

struct async_rows {
	const PGresult *result;
};

#endif
