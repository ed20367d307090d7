/* Alarms: newest first by (raised_at, id). */
#include "db/alarm.h"

#include "db/gate.h"

static const struct db_statement list_statement = {
	"alarms_list",
	"SELECT a.id, a.kind, a.gate_id, g.name, g.management_group_id, m.name, a.controller_id, c.name, " SQL_MS("a.raised_at") ", "
	SQL_MS("a.cleared_at") ", " SQL_MS("a.acknowledged_at") ", a.acknowledged_by, coalesce(nullif(o.display_name, ''), o.name), a.comment,"
	" (extract(epoch FROM a.raised_at) * 1000000)::int8"
	" FROM alarm a LEFT JOIN gate g ON g.id = a.gate_id LEFT JOIN management_group m ON m.id = g.management_group_id"
	" LEFT JOIN controller c ON c.id = a.controller_id LEFT JOIN operator o ON o.id = a.acknowledged_by"
	" WHERE ($1::bool IS NULL OR (a.acknowledged_at IS NULL OR (a.cleared_at IS NULL AND NOT a.momentary)) = $1)"
	" AND ($2::int4[] IS NULL OR a.gate_id = ANY ($2)) AND ($3::int4[] IS NULL OR g.management_group_id = ANY ($3))"
	" AND ($4::int8[] IS NULL OR a.id = ANY ($4))"
	" AND ($5::int8 IS NULL OR (a.raised_at, a.id) < ('epoch'::timestamptz + $5 * interval '1 microsecond', $6::int8))"
	" ORDER BY a.raised_at DESC, a.id DESC LIMIT $7"};
static const struct db_statement count_statement = {
	"alarms_count",
	"SELECT count(*) FILTER (WHERE cleared_at IS NULL AND NOT momentary), count(*) FILTER (WHERE acknowledged_at IS NULL)"
	" FROM alarm WHERE acknowledged_at IS NULL OR (cleared_at IS NULL AND NOT momentary)"};
static const struct db_statement acknowledge_statement = {
	"alarms_acknowledge", "SELECT count(*) FROM api.alarm_acknowledge($1, $2)"};

enum db_result alarms_list(struct db *db, const struct alarm_filter *filter, struct db_rows **rows)
{
	struct db_params params = {0};

	if (filter->open >= 0)
		db_param_bool(&params, filter->open != 0);
	else
		db_param_null(&params);
	db_param_ints(&params, filter->gates, filter->gate_count);
	db_param_ints(&params, filter->management_groups, filter->management_group_count);
	db_param_ints(&params, filter->ids, filter->id_count);
	if (filter->before_id != 0) {
		db_param_int(&params, filter->before_us);
		db_param_int(&params, filter->before_id);
	} else {
		db_param_null(&params);
		db_param_null(&params);
	}
	db_param_int(&params, filter->limit);
	enum db_result result = db_run(db, &list_statement, &params, rows);
	db_params_clear(&params);
	return result;
}

void alarm_read(const struct db_rows *rows, int row, struct alarm *alarm)
{
	*alarm = (struct alarm){
		.id = db_int(rows, row, 0),
		.kind = (int)db_int(rows, row, 1),
		.gate_id = (int)db_int(rows, row, 2),
		.gate = db_text(rows, row, 3),
		.management_group_id = (int)db_int(rows, row, 4),
		.management_group = db_text(rows, row, 5),
		.controller_id = (int)db_int(rows, row, 6),
		.controller = db_text(rows, row, 7),
		.raised_ms = db_int(rows, row, 8),
		.cleared_ms = db_int(rows, row, 9),
		.acknowledged_ms = db_int(rows, row, 10),
		.acknowledged_by = (int)db_int(rows, row, 11),
		.acknowledged_by_name = db_text(rows, row, 12),
		.comment = db_text(rows, row, 13),
		.raised_us = db_int(rows, row, 14),
	};
}

enum db_result alarms_count(struct db *db, int64_t *open, int64_t *unacknowledged)
{
	struct db_rows *rows;

	if (db_run(db, &count_statement, NULL, &rows) != DB_OK)
		return DB_FAILED;
	*open = db_int(rows, 0, 0);
	*unacknowledged = db_int(rows, 0, 1);
	db_rows_free(rows);
	return DB_OK;
}

enum db_result alarms_acknowledge(struct db *db, const int64_t *ids, size_t count, const char *comment)
{
	struct db_params params = {0};

	db_param_ints(&params, ids, count);
	db_param_text(&params, comment);
	enum db_result result = db_run(db, &acknowledge_statement, &params, NULL);
	db_params_clear(&params);
	return result;
}
