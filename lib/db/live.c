/* Live batches through api.live_*. A gate, alarm or command carries only the batch that last changed it, so what a later
 * batch has taken over is left to that one. */
#include "db/live.h"

#include <string.h>

static const struct db_statement sessions_statement = {"live_sessions", "SELECT session_id, operator_id FROM api.live_sessions(coalesce($1::int8[], '{}'))"};
static const struct db_statement cursor_statement = {"live_cursor", "SELECT newest, oldest FROM api.live_cursor()"};
/* From the third column on as event_read wants them; the category is the last. */
static const struct db_statement events_statement = {
	"live_events",
	"SELECT " SQL_MS("t") ", (extract(epoch FROM t) * 1000000)::int8, log, seq, kind, reader, gate_id, gate_name, management_group_id,"
	" management_group_name, controller_id, controller_name, raised, card_number, cardholder_id, employee_number, name, kana,"
	" department_id, department_name, operator_id, operator_name, details, batch, operators, category"
	" FROM api.live_events($1, $2::int4) WHERE batch <= $3"};
static const struct db_statement gates_statement = {
	"live_gates",
	"SELECT batch, operators, gate_id, lock_state, arm_state, door_state, verification_mode, unlock_mode, alarms, " SQL_MS("seen_at") ", "
	SQL_MS("changed_at") ", communication, " SQL_MS("communication_since") ", " SQL_MS("last_seen_at") ", reason"
	" FROM api.live_gates($1) WHERE batch <= $2"};
static const struct db_statement alarms_statement = {
	"live_alarms",
	"SELECT id, kind, gate_id, gate_name, management_group_id, management_group_name, controller_id, controller_name, "
	SQL_MS("raised_at") ", " SQL_MS("cleared_at") ", " SQL_MS("acknowledged_at") ", acknowledged_by, acknowledged_by_name, comment,"
	" (extract(epoch FROM raised_at) * 1000000)::int8, batch, operators FROM api.live_alarms($1) WHERE batch <= $2"};
static const struct db_statement commands_statement = {
	"live_commands",
	"SELECT batch, operators, request_id, gate_id, gate_name, command, value, operator_id, outcome, reason, " SQL_MS("queued_at") ", "
	SQL_MS("sent_at") ", " SQL_MS("finished_at") " FROM api.live_commands($1) WHERE batch <= $2"};

static const struct db_statement system_statement = {"live_system", "SELECT batch, operators, open FROM api.live_system($1) WHERE batch <= $2"};

enum db_result live_sessions(struct db *db, const int64_t *watching, size_t count, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_ints(&params, watching, count);
	enum db_result result = db_run(db, &sessions_statement, &params, rows);
	db_params_clear(&params);
	return result;
}

enum db_result live_cursor(struct db *db, int64_t *newest, int64_t *oldest)
{
	struct db_rows *rows;

	if (db_run(db, &cursor_statement, NULL, &rows) != DB_OK)
		return DB_FAILED;
	*newest = db_int(rows, 0, 0);
	*oldest = db_int(rows, 0, 1);
	db_rows_free(rows);
	return DB_OK;
}

/* "access" lives longer than the row it was read from. */
static const char *category_of(const char *name)
{
	static const char *const names[] = {"access", "alarm", "operation", "management"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return names[i];
	return names[0];
}

static void read_event(const struct db_rows *rows, int row, struct live_item *item)
{
	event_read(rows, row, category_of(db_text(rows, row, 25)), &item->event);
	item->batch = db_int(rows, row, 23);
	item->operators = db_text(rows, row, 24);
}

static void read_gate(const struct db_rows *rows, int row, struct live_item *item)
{
	item->batch = db_int(rows, row, 0);
	item->operators = db_text(rows, row, 1);
	item->gate.id = (int)db_int(rows, row, 2);
	gate_state_read(rows, row, 3, &item->gate.state);
	gate_contact_read(rows, row, 11, &item->gate.contact);
}

static void read_alarm(const struct db_rows *rows, int row, struct live_item *item)
{
	alarm_read(rows, row, &item->alarm);
	item->batch = db_int(rows, row, 15);
	item->operators = db_text(rows, row, 16);
}

static void read_command(const struct db_rows *rows, int row, struct live_item *item)
{
	item->batch = db_int(rows, row, 0);
	item->operators = db_text(rows, row, 1);
	item->command.request_id = db_int(rows, row, 2);
	item->command.gate_id = (int)db_int(rows, row, 3);
	item->command.gate = db_text(rows, row, 4);
	item->command.command = (int)db_int(rows, row, 5);
	item->command.value = (int)db_int(rows, row, 6);
	item->command.operator_id = (int)db_int(rows, row, 7);
	item->command.operator_name = "";
	item->command.outcome = (int)db_int(rows, row, 8);
	item->command.reason = db_text(rows, row, 9);
	item->command.queued_ms = db_int(rows, row, 10);
	item->command.sent_ms = db_int(rows, row, 11);
	item->command.finished_ms = db_int(rows, row, 12);
}

static void read_system(const struct db_rows *rows, int row, struct live_item *item)
{
	item->batch = db_int(rows, row, 0);
	item->operators = db_text(rows, row, 1);
	item->system.open = (int)db_int(rows, row, 2);
}

static enum db_result run(struct db *db, const struct db_statement *statement, int64_t after, int64_t to, bool count, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_int(&params, after);
	if (count)
		db_param_int(&params, to - after);
	db_param_int(&params, to);
	enum db_result result = db_run(db, statement, &params, rows);
	db_params_clear(&params);
	return result;
}

enum db_result live_read(struct db *db, int64_t after, int64_t to, void (*tell)(void *arg, const struct live_item *item), void *arg)
{
	static const struct {
		const struct db_statement *statement;
		void (*read)(const struct db_rows *rows, int row, struct live_item *item);
	} kinds[] = {
		[LIVE_EVENT] = {&events_statement, read_event},
		[LIVE_GATE] = {&gates_statement, read_gate},
		[LIVE_ALARM] = {&alarms_statement, read_alarm},
		[LIVE_COMMAND] = {&commands_statement, read_command},
		[LIVE_SYSTEM] = {&system_statement, read_system},
	};

	for (int kind = LIVE_EVENT; kind <= LIVE_SYSTEM; kind++) {
		struct db_rows *rows;
		if (run(db, kinds[kind].statement, after, to, kind == LIVE_EVENT, &rows) != DB_OK)
			return DB_FAILED;
		for (int row = 0; row < db_rows_count(rows); row++) {
			struct live_item item;
			memset(&item, 0, sizeof(item));
			item.kind = kind;
			kinds[kind].read(rows, row, &item);
			tell(arg, &item);
		}
		db_rows_free(rows);
	}
	return DB_OK;
}
