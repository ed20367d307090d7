/* Commands: queued by api.command_request_create, read back with what became of them. */
#include "db/command.h"

#include "db/gate.h"

static const struct db_statement create_statement = {
	"command_create",
	"SELECT api.command_request_create(CASE WHEN $1::int4[] IS NOT NULL THEN $1"
	" WHEN $2::int4 IS NOT NULL THEN ARRAY(SELECT x.gate_id FROM gate_group_member x JOIN gate g ON g.id = x.gate_id WHERE x.gate_group_id = $2)"
	" ELSE ARRAY(SELECT g.id FROM gate g WHERE g.management_group_id = $3::int4) END,"
	" $4, $5, NULL, $6, $7, $8)"};
static const struct db_statement find_statement = {
	"command_find",
	"SELECT r.id, " SQL_MS("r.at") ", r.kind, r.comment, r.operator_id, coalesce(nullif(o.display_name, ''), o.name, ''), r.command, r.value,"
	" k.gate_id, n.name, k.outcome, k.reason, " SQL_MS("k.queued_at") ", " SQL_MS("k.sent_at") ", " SQL_MS("k.finished_at")
	" FROM command_request r JOIN command k ON k.request_id = r.id LEFT JOIN operator o ON o.id = r.operator_id"
	" LEFT JOIN gate n ON n.id = k.gate_id WHERE r.id = $1 ORDER BY k.gate_id"};

static void add_id(struct db_params *params, int64_t id)
{
	if (id != 0)
		db_param_int(params, id);
	else
		db_param_null(params);
}

enum db_result command_create(struct db *db, const struct command_order *order, int64_t *id)
{
	struct db_params params = {0};
	struct db_rows *rows;

	db_param_ints(&params, order->gates, order->gate_count);
	add_id(&params, order->gate_group);
	add_id(&params, order->management_group);
	db_param_text(&params, order->command);
	db_param_text(&params, order->value);
	db_param_text(&params, order->idempotency_key);
	db_param_text(&params, order->kind);
	db_param_text(&params, order->comment);
	enum db_result result = db_run(db, &create_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	*id = db_int(rows, 0, 0);
	db_rows_free(rows);
	return DB_OK;
}

enum db_result command_find(struct db *db, int64_t id, struct db_rows **rows, struct command_request *request)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	enum db_result result = db_run(db, &find_statement, &params, rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	if (db_rows_count(*rows) == 0) {
		db_rows_free(*rows);
		return DB_NONE;
	}
	*request = (struct command_request){
		.id = db_int(*rows, 0, 0),
		.at_ms = db_int(*rows, 0, 1),
		.kind = db_text(*rows, 0, 2),
		.comment = db_text(*rows, 0, 3),
		.operator_id = (int)db_int(*rows, 0, 4),
		.operator_name = db_text(*rows, 0, 5),
		.command = (int)db_int(*rows, 0, 6),
		.value = (int)db_int(*rows, 0, 7),
	};
	return DB_OK;
}

void command_outcome_read(const struct db_rows *rows, int row, struct command_outcome *outcome)
{
	*outcome = (struct command_outcome){
		.gate_id = (int)db_int(rows, row, 8),
		.gate = db_text(rows, row, 9),
		.outcome = (int)db_int(rows, row, 10),
		.reason = db_text(rows, row, 11),
		.queued_ms = db_int(rows, row, 12),
		.sent_ms = db_int(rows, row, 13),
		.finished_ms = db_int(rows, row, 14),
	};
}
