/* History through api.history_page and the functions for plots; they build the statements with literal bounds (see sql/api). */
#include "db/history.h"

#include "db/gate.h"

static const struct db_statement page_statement = {
	"history_page",
	"SELECT " SQL_MS("t") ", (extract(epoch FROM t) * 1000000)::int8, log, seq, kind, reader, gate_id, gate_name, management_group_id,"
	" management_group_name, controller_id, controller_name, raised, card_number, cardholder_id, employee_number, name, kana,"
	" department_id, department_name, operator_id, operator_name, details FROM api.history_page($1, $2, $3, $4, $5, $6, $7, $8,"
	" CASE WHEN $9::int8 <> 0 THEN 'epoch'::timestamptz + $9 * interval '1 microsecond' END, $10, $11, $12, $13)"};
static const struct db_statement passages_statement = {
	"passages_per_hour",
	"SELECT " SQL_MS("h.t") ", coalesce(p.entry, 0), coalesce(p.exit, 0), coalesce(p.refused, 0)"
	" FROM generate_series(date_trunc('hour', $1::timestamptz), $2::timestamptz - interval '1 microsecond', '1 hour') h(t)"
	" LEFT JOIN api.history_passages_per_hour($1, $2, $3, $4) p ON p.t = h.t ORDER BY h.t"};
static const struct db_statement alarms_statement = {
	"alarms_per_gate",
	"SELECT gate_id, gate_name, kind, count FROM api.history_alarms_per_gate($1, $2, $3, $4) WHERE gate_id IS NOT NULL"
	" ORDER BY sum(count) OVER (PARTITION BY gate_id) DESC, gate_id, kind"};

static void add_page(struct db_params *params, const struct history_filter *filter)
{
	db_param_text(params, filter->category);
	db_param_time(params, filter->from_ms);
	db_param_time(params, filter->to_ms);
	db_param_ints(params, filter->gates, filter->gate_count);
	db_param_ints(params, filter->management_groups, filter->management_group_count);
	db_param_ints(params, filter->departments, filter->department_count);
	if (filter->cardholder != 0)
		db_param_int(params, filter->cardholder);
	else
		db_param_null(params);
	db_param_ints(params, filter->kinds, filter->kind_count);
	db_param_int(params, filter->before.t_us);
	db_param_int(params, filter->before.log);
	db_param_int(params, filter->before.seq);
	db_param_int(params, filter->limit);
	db_param_text(params, filter->text);
}

enum db_result history_read_page(struct db *db, const struct history_filter *filter, struct history_page *page)
{
	struct db_params params = {0};

	*page = (struct history_page){0};
	add_page(&params, filter);
	enum db_result result = db_run(db, &page_statement, &params, &page->rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	int last = db_rows_count(page->rows) - 1;
	page->stopped = last >= 0 && db_null(page->rows, last, 4);
	page->count = last + 1 - (page->stopped ? 1 : 0);
	page->more = page->stopped || page->count == filter->limit;
	if (page->more) {
		page->next.t_us = db_int(page->rows, last, 1);
		page->next.log = db_int(page->rows, last, 2);
		page->next.seq = db_int(page->rows, last, 3);
	}
	return DB_OK;
}

void event_read(const struct db_rows *rows, int row, const char *category, struct event *event)
{
	*event = (struct event){
		.category = category,
		.t_ms = db_int(rows, row, 0),
		.t_us = db_int(rows, row, 1),
		.log = (int)db_int(rows, row, 2),
		.seq = (int)db_int(rows, row, 3),
		.kind = (int)db_int(rows, row, 4),
		.reader = (int)db_int(rows, row, 5),
		.gate_id = (int)db_int(rows, row, 6),
		.gate = db_text(rows, row, 7),
		.management_group_id = (int)db_int(rows, row, 8),
		.management_group = db_text(rows, row, 9),
		.controller_id = (int)db_int(rows, row, 10),
		.controller = db_text(rows, row, 11),
		.raised = db_null(rows, row, 12) ? -1 : db_bool(rows, row, 12),
		.card_number = db_text(rows, row, 13),
		.cardholder_id = (int)db_int(rows, row, 14),
		.employee_number = db_text(rows, row, 15),
		.name = db_text(rows, row, 16),
		.kana = db_text(rows, row, 17),
		.department_id = (int)db_int(rows, row, 18),
		.department = db_text(rows, row, 19),
		.operator_id = (int)db_int(rows, row, 20),
		.operator_name = db_text(rows, row, 21),
		.details = db_text(rows, row, 22),
	};
}

static enum db_result run_plot(struct db *db, const struct db_statement *statement, const struct history_filter *filter, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_time(&params, filter->from_ms);
	db_param_time(&params, filter->to_ms);
	db_param_ints(&params, filter->gates, filter->gate_count);
	db_param_ints(&params, filter->management_groups, filter->management_group_count);
	enum db_result result = db_run(db, statement, &params, rows);
	db_params_clear(&params);
	return result;
}

enum db_result history_passages_per_hour(struct db *db, const struct history_filter *filter, struct db_rows **rows)
{
	return run_plot(db, &passages_statement, filter, rows);
}

enum db_result history_alarms_per_gate(struct db *db, const struct history_filter *filter, struct db_rows **rows)
{
	return run_plot(db, &alarms_statement, filter, rows);
}
