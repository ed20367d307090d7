/* One statement with its parameters. See call.h. */
#include "db/call.h"

#include <stddef.h>

enum db_result db_call(struct db *db, const struct db_statement *statement, struct db_params *params, struct db_rows **rows)
{
	enum db_result result = db_run(db, statement, params, rows);

	db_params_clear(params);
	return result;
}

enum db_result db_call_found(struct db *db, const struct db_statement *statement, struct db_params *params, struct db_rows **rows)
{
	enum db_result result = db_call(db, statement, params, rows);

	if (result != DB_OK || db_rows_count(*rows) > 0)
		return result;
	db_rows_free(*rows);
	return DB_NONE;
}

enum db_result db_call_number(struct db *db, const struct db_statement *statement, struct db_params *params, int64_t *number)
{
	struct db_rows *rows;
	enum db_result result = db_call(db, statement, params, &rows);

	if (result != DB_OK)
		return result;
	if (number != NULL)
		*number = db_int(rows, 0, 0);
	db_rows_free(rows);
	return DB_OK;
}

void db_param_int_or_null(struct db_params *params, int64_t value)
{
	if (value != 0)
		db_param_int(params, value);
	else
		db_param_null(params);
}

void db_param_time_or_null(struct db_params *params, int64_t wall_ms)
{
	if (wall_ms != 0)
		db_param_time(params, wall_ms);
	else
		db_param_null(params);
}
