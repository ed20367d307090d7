/* Change history. The functions in sql/api/change_history.sql do the work, right and scope included. */
#include "db/change_history.h"

#include "base/str.h"
#include "db/gate.h"

#define COLUMNS "SELECT revision, " SQL_MS("at") ", operator_id, operator_name, origin, kind, comment, counts"

/* $1: kinds joined by commas, which no kind has. */
static const struct db_statement list_statement = {
	"change_sets", COLUMNS " FROM api.change_sets(string_to_array($1, ','), $2, $3, $4, $5, $6, $7, $8)"};
static const struct db_statement find_statement = {"change_set", COLUMNS " FROM api.change_set($1)"};
static const struct db_statement rows_statement = {
	"change_rows", "SELECT table_number, tab, id, label, action, before, after, changed FROM api.change_rows($1, $2, $3, $4)"};

static void param_or_null(struct db_params *params, int64_t value)
{
	if (value != 0)
		db_param_int(params, value);
	else
		db_param_null(params);
}

static void param_time_or_null(struct db_params *params, int64_t ms)
{
	if (ms != 0)
		db_param_time(params, ms);
	else
		db_param_null(params);
}

enum db_result change_sets_list(struct db *db, const struct change_filter *filter, struct change_page *page)
{
	struct db_params params = {0};
	struct buf kinds = {0};

	*page = (struct change_page){0};
	for (size_t i = 0; i < filter->kind_count; i++)
		buf_addf(&kinds, "%s%s", i > 0 ? "," : "", filter->kinds[i]);
	db_param_text(&params, filter->kind_count > 0 ? buf_text(&kinds) : NULL);
	param_or_null(&params, filter->operator_id);
	param_time_or_null(&params, filter->from_ms);
	param_time_or_null(&params, filter->to_ms);
	db_param_text(&params, filter->subject);
	param_or_null(&params, filter->subject_id);
	param_or_null(&params, filter->before);
	db_param_int(&params, filter->limit);
	enum db_result result = db_run(db, &list_statement, &params, &page->rows);
	db_params_clear(&params);
	buf_free(&kinds);
	if (result != DB_OK)
		return result;
	int last = db_rows_count(page->rows) - 1;
	bool stopped = last >= 0 && db_null(page->rows, last, 5);
	page->count = last + 1 - (stopped ? 1 : 0);
	page->more = stopped || page->count == filter->limit;
	page->next = page->more ? db_int(page->rows, last, 0) : 0;
	return DB_OK;
}

void change_set_read(const struct db_rows *rows, int row, struct change_set *set)
{
	*set = (struct change_set){
		.revision = db_int(rows, row, 0),
		.at_ms = db_int(rows, row, 1),
		.operator_id = (int)db_int(rows, row, 2),
		.operator_name = db_text(rows, row, 3),
		.origin = db_text(rows, row, 4),
		.kind = db_text(rows, row, 5),
		.comment = db_text(rows, row, 6),
		.counts = db_text(rows, row, 7),
	};
}

enum db_result change_set_find(struct db *db, int64_t revision, struct db_rows **rows, struct change_set *set)
{
	struct db_params params = {0};

	db_param_int(&params, revision);
	enum db_result result = db_run(db, &find_statement, &params, rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return result;
	if (db_rows_count(*rows) == 0) {
		db_rows_free(*rows);
		return DB_NONE;
	}
	change_set_read(*rows, 0, set);
	return DB_OK;
}

enum db_result change_rows_list(struct db *db, int64_t revision, int table_number, int id, int limit, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_int(&params, revision);
	db_param_int(&params, table_number);
	db_param_int(&params, id);
	db_param_int(&params, limit);
	enum db_result result = db_run(db, &rows_statement, &params, rows);
	db_params_clear(&params);
	return result;
}

void change_row_read(const struct db_rows *rows, int row, struct change_row *change)
{
	*change = (struct change_row){
		.table_number = (int)db_int(rows, row, 0),
		.table = db_text(rows, row, 1),
		.id = (int)db_int(rows, row, 2),
		.label = db_text(rows, row, 3),
		.action = db_text(rows, row, 4),
		.before = db_text(rows, row, 5),
		.after = db_text(rows, row, 6),
		.changed = db_text(rows, row, 7),
	};
}
