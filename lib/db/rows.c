/* Parameters into text and rows out of it. Text both ways: the numbers are short, and PostgreSQL formats them faster than
 * a round trip lasts. Only bytes go as they are. */
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "db/conn.h"
#include "db/internal.h"

static void add(struct db_params *params, const char *value, char *owned)
{
	if (params->count == DB_MAX_PARAMS)
		panic("a statement has more than %d parameters", DB_MAX_PARAMS);
	params->values[params->count] = value;
	params->owned[params->count++] = owned;
}

void db_param_null(struct db_params *params)
{
	add(params, NULL, NULL);
}

void db_param_text(struct db_params *params, const char *text)
{
	add(params, text, NULL);
}

void db_param_int(struct db_params *params, int64_t value)
{
	char *text = xasprintf("%lld", (long long)value);

	add(params, text, text);
}

void db_param_bool(struct db_params *params, bool value)
{
	add(params, value ? "t" : "f", NULL);
}

void db_param_time(struct db_params *params, int64_t wall_ms)
{
	char *text = xcalloc(1, CLOCK_TEXT);

	clock_format(wall_ms, 0, text);
	add(params, text, text);
}

void db_param_ints(struct db_params *params, const int64_t *values, size_t count)
{
	struct buf text = {0};

	if (count == 0) {
		db_param_null(params);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		buf_addc(&text, i == 0 ? '{' : ',');
		buf_add_int(&text, values[i]);
	}
	buf_addc(&text, '}');
	char *owned = buf_take(&text);
	add(params, owned, owned);
}

void db_param_bytes(struct db_params *params, const void *data, size_t len)
{
	struct buf bytes = {0};

	buf_add(&bytes, data, len);
	char *owned = buf_take(&bytes);
	add(params, owned, owned);
	params->lengths[params->count - 1] = (int)len;
	params->formats[params->count - 1] = 1;
}

void db_params_clear(struct db_params *params)
{
	for (int i = 0; i < params->count; i++)
		free(params->owned[i]);
	*params = (struct db_params){0};
}

static const PGresult *result_of(const struct db_rows *rows)
{
	return (const PGresult *)rows;
}

int db_rows_count(const struct db_rows *rows)
{
	return PQntuples(result_of(rows));
}

bool db_null(const struct db_rows *rows, int row, int column)
{
	return PQgetisnull(result_of(rows), row, column) == 1;
}

const char *db_text(const struct db_rows *rows, int row, int column)
{
	return PQgetvalue(result_of(rows), row, column);
}

int64_t db_int(const struct db_rows *rows, int row, int column)
{
	return strtoll(PQgetvalue(result_of(rows), row, column), NULL, 10);
}

bool db_bool(const struct db_rows *rows, int row, int column)
{
	return PQgetvalue(result_of(rows), row, column)[0] == 't';
}

void db_each_int(const struct db_rows *rows, int row, int column, void (*each)(void *arg, int64_t value), void *arg)
{
	const char *text = db_text(rows, row, column);

	while (*text != '\0') {
		if (*text != '-' && (*text < '0' || *text > '9')) {
			text++;
			continue;
		}
		char *end;
		each(arg, strtoll(text, &end, 10));
		if (end == text)	/* a lone '-' */
			end++;
		text = end;
	}
}

void db_rows_free(struct db_rows *rows)
{
	PQclear((PGresult *)rows);
}
