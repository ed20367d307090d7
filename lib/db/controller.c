/* Controllers. The functions in sql/api/controller.sql write; scope is row-level security's business. */
#include "db/controller.h"

#include "db/call.h"

#define CONTROLLERS \
	"SELECT c.id, c.name, c.driver, c.serial, host(c.address), c.port, c.note, c.enabled, c.revision, k.communication, " SQL_MS("k.since") ", " \
	SQL_MS("k.last_seen_at") ", k.reason, k.model, k.firmware, k.clock_offset_ms," \
	" coalesce((SELECT json_agg(json_build_object('id', g.id, 'door', g.door, 'name', g.name, 'management_group'," \
	" json_build_object('id', m.id, 'name', m.name)) ORDER BY g.door)" \
	" FROM gate g JOIN management_group m ON m.id = g.management_group_id WHERE g.controller_id = c.id), '[]')," \
	" CASE WHEN b.controller_id IS NULL THEN 'null' ELSE json_build_object('take_listener', b.take_listener, 'door_events', b.door_events," \
	" 'listener', nullif(b.listener, ''), 'listener_ours', b.listener_ours, 'listener_replaced', nullif(b.listener_replaced, '')," \
	" 'listener_replaced_at', b.listener_replaced_at, 'mac', nullif(b.mac, ''), 'firmware_date', b.firmware_date, 'cards', b.cards," \
	" 'drift', b.drift, 'checked_at', b.checked_at) END" \
	" FROM controller_current c LEFT JOIN controller_state k ON k.controller_id = c.id LEFT JOIN uhppote_board b ON b.controller_id = c.id"

static const struct db_statement list_statement = {"controllers_list", CONTROLLERS " WHERE (SELECT kidoban.may_view('gates')) ORDER BY c.name, c.id"};
static const struct db_statement find_statement = {"controller_find", CONTROLLERS " WHERE c.id = $1 AND (SELECT kidoban.may_view('gates'))"};
static const struct db_statement create_statement = {"controller_create", "SELECT api.controller_create($1, $2)"};
static const struct db_statement update_statement = {"controller_update", "SELECT api.controller_update($1, $2, $3)"};
static const struct db_statement delete_statement = {"controller_delete", "SELECT api.controller_delete($1, $2)"};

enum db_result controllers_list(struct db *db, struct db_rows **rows)
{
	return db_run(db, &list_statement, NULL, rows);
}

void controller_read(const struct db_rows *rows, int row, struct controller *controller)
{
	*controller = (struct controller){
		.id = (int)db_int(rows, row, 0),
		.name = db_text(rows, row, 1),
		.driver = db_text(rows, row, 2),
		.serial = db_text(rows, row, 3),
		.address = db_text(rows, row, 4),
		.port = (int)db_int(rows, row, 5),
		.note = db_text(rows, row, 6),
		.enabled = db_bool(rows, row, 7),
		.revision = db_int(rows, row, 8),
		.model = db_text(rows, row, 13),
		.firmware = db_text(rows, row, 14),
		.clock_offset_ms = db_int(rows, row, 15),
		.has_clock_offset = !db_null(rows, row, 15),
		.gates = db_text(rows, row, 16),
		.board = db_text(rows, row, 17),
	};
	gate_contact_read(rows, row, 9, &controller->contact);
}

enum db_result controller_find(struct db *db, int64_t id, struct db_rows **rows, struct controller *controller)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	enum db_result result = db_call_found(db, &find_statement, &params, rows);
	if (result == DB_OK)
		controller_read(*rows, 0, controller);
	return result;
}

enum db_result controller_create(struct db *db, const char *controller, const char *gates, int64_t *id)
{
	struct db_params params = {0};

	db_param_text(&params, controller);
	db_param_text(&params, gates);
	return db_call_number(db, &create_statement, &params, id);
}

enum db_result controller_update(struct db *db, int64_t id, int64_t if_match, const char *change)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	db_param_text(&params, change);
	return db_call_number(db, &update_statement, &params, NULL);
}

enum db_result controller_delete(struct db *db, int64_t id, int64_t if_match, int64_t *revision)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	return db_call_number(db, &delete_statement, &params, revision);
}
