/* The system log. See the header; sql/api/system_log.sql and system_log_page.sql do the work. */
#include "db/system_log.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "db/call.h"

#define MS(column) "(extract(epoch FROM " column ") * 1000)::int8"

static const struct db_statement write_statement = {"system_log_write", "SELECT api.system_log_write($1, $2, $3, $4, $5, $6, $7::int4, $8, $9)"};
static const struct db_statement write_as_statement = {
	"system_log_write_as", "SELECT api.system_log_write_as($1, $2, $3, $4, $5, $6, $7::int4, $8, $9, $10::int4, $11)"};
static const struct db_statement page_statement = {
	"system_log_page",
	"SELECT number, encode(hash, 'hex'), " MS("sealed_at") ", id, (extract(epoch FROM at) * 1000000)::int8, operator_id, operator_name, origin, remote_addr,"
	" action, method, path, outcome, status, object, details, part"
	" FROM api.system_log_page($1, $2, $3, $4, $5, $6, $7, to_date($8, 'YYYYMM'), to_timestamp(0) + $9::int8 * interval '1 microsecond', $10, $11)"};
static const struct db_statement sealed_statement = {
	"system_log_sealed", "SELECT number, encode(hash, 'hex'), " MS("at") " FROM api.system_log_sealed()"};
static const struct db_statement checkpoints_statement = {
	"system_log_checkpoints",
	"SELECT log, number, encode(hash, 'hex'), first, at, key, encode(signature, 'hex') FROM api.system_log_checkpoints($1, $2, $3, $4)"};
static const struct db_statement keys_statement = {
	"system_log_keys", "SELECT key, encode(public_key, 'hex'), " MS("created_at") " FROM api.system_log_keys()"};
static const struct db_statement alarms_statement = {
	"system_alarms", "SELECT id, kind, subject, severity, detail, " MS("raised_at") ", " MS("cleared_at") " FROM api.system_alarms($1)"};

static void add_note(struct db_params *params, const struct log_note *note)
{
	db_param_text(params, note->origin);
	db_param_text(params, note->remote_addr);
	db_param_text(params, note->action);
	db_param_text(params, note->method);
	db_param_text(params, note->path);
	db_param_text(params, note->outcome);
	db_param_int(params, note->status);
	db_param_text(params, note->object);
	db_param_text(params, note->details);
	if (note->named) {
		db_param_int(params, note->operator_id);
		db_param_text(params, note->operator_name ? note->operator_name : "");
	}
}

enum db_result log_queue(struct db *db, const struct log_note *note)
{
	struct db_params params = {0};

	add_note(&params, note);
	enum db_result result = db_queue(db, note->named ? &write_as_statement : &write_statement, &params);
	db_params_clear(&params);
	return result;
}

enum db_result log_write(struct db *db, const struct log_note *note)
{
	struct db_params params = {0};

	add_note(&params, note);
	return db_call(db, note->named ? &write_as_statement : &write_statement, &params, NULL);
}

static void add_cursor(struct db_params *params, const struct log_cursor *cursor)
{
	if (cursor->month == 0) {
		db_param_null(params);
		db_param_null(params);
		db_param_null(params);
		return;
	}
	db_param_int(params, cursor->month);
	db_param_int(params, cursor->at_us);
	db_param_int(params, cursor->id);
}

enum db_result log_read_page(struct db *db, const struct log_filter *filter, struct log_page *page)
{
	struct db_params params = {0};

	*page = (struct log_page){0};
	db_param_time_or_null(&params, filter->from_ms);
	db_param_time_or_null(&params, filter->to_ms);
	db_param_int_or_null(&params, filter->operator_id);
	db_param_text(&params, filter->actions);
	db_param_text(&params, filter->outcomes);
	db_param_text(&params, filter->origins);
	db_param_text(&params, filter->q);
	add_cursor(&params, &filter->after);
	db_param_int(&params, filter->limit);
	enum db_result result = db_call(db, &page_statement, &params, &page->rows);
	if (result != DB_OK)
		return result;
	int rows = db_rows_count(page->rows);
	bool stopped = rows > 0 && db_int(page->rows, rows - 1, 3) == 0;	/* only says how far the search came */
	page->count = rows - stopped;
	page->more = stopped || rows == filter->limit;
	if (page->more && rows > 0)
		page->next = (struct log_cursor){(int)db_int(page->rows, rows - 1, 16), db_int(page->rows, rows - 1, 4), db_int(page->rows, rows - 1, 3)};
	return DB_OK;
}

void log_entry_read(const struct log_page *page, int row, struct log_entry *entry)
{
	const struct db_rows *rows = page->rows;

	*entry = (struct log_entry){
		.number = db_int(rows, row, 0),
		.hash = db_text(rows, row, 1),
		.sealed_ms = db_int(rows, row, 2),
		.id = db_int(rows, row, 3),
		.at_ms = db_int(rows, row, 4) / 1000,
		.operator_id = (int)db_int(rows, row, 5),
		.operator_name = db_text(rows, row, 6),
		.origin = db_text(rows, row, 7),
		.remote_addr = db_text(rows, row, 8),
		.action = db_text(rows, row, 9),
		.method = db_text(rows, row, 10),
		.path = db_text(rows, row, 11),
		.outcome = db_text(rows, row, 12),
		.status = (int)db_int(rows, row, 13),
		.object = db_text(rows, row, 14),
		.details = db_text(rows, row, 15),
	};
}

enum db_result log_sealed(struct db *db, struct db_rows **rows)
{
	return db_run(db, &sealed_statement, NULL, rows);
}

enum db_result log_checkpoints(struct db *db, int64_t since, int64_t after_number, int64_t after_first, int limit, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_int(&params, since);
	db_param_int(&params, after_number);
	db_param_int(&params, after_first);
	db_param_int(&params, limit);
	return db_call(db, &checkpoints_statement, &params, rows);
}

enum db_result log_keys(struct db *db, struct db_rows **rows)
{
	return db_run(db, &keys_statement, NULL, rows);
}

enum db_result system_alarms(struct db *db, bool only_open, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_bool(&params, only_open);
	return db_call(db, &alarms_statement, &params, rows);
}
