/* Shared by the files of lib/db that speak for the keeper. */
#ifndef DB_KEEPER_INTERNAL_H
#define DB_KEEPER_INTERNAL_H

#include <libpq-fe.h>

#include "db/keeper.h"

/* One statement, whose failure is logged; *out (may be NULL when no rows are wanted) is cleared by the caller after KEEPER_OK. */
enum keeper_result keeper_ask(struct keeper_db *db, const char *sql, int count, const char *const *values, PGresult **out);

#endif
