/* Searches for boards, and the settings of one. The functions in sql/api/uhppote.sql look at the rights. */
#include "db/uhppote.h"

#include "db/call.h"
#include "db/gate.h"

static const struct db_statement create_statement = {
	"uhppote_search_create", "SELECT api.uhppote_search_create($1::inet, $2::int4)"};
static const struct db_statement find_statement = {
	"uhppote_search_find",
	"SELECT id, network::text, port, " SQL_MS("asked_at") ", " SQL_MS("finished_at") ", reason, serial, host(address), board_port, host(netmask),"
	" host(gateway), mac, firmware, firmware_date, controller_id, controller_name FROM api.uhppote_search_get($1)"};
static const struct db_statement set_statement = {"uhppote_board_set", "SELECT api.uhppote_board_set($1, $2, $3)"};

enum db_result uhppote_search_create(struct db *db, const char *network, int64_t port, int64_t *id)
{
	struct db_params params = {0};

	db_param_text(&params, network);
	db_param_int_or_null(&params, port);
	return db_call_number(db, &create_statement, &params, id);
}

enum db_result uhppote_search_find(struct db *db, int64_t id, struct db_rows **rows, struct uhppote_search *search)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	enum db_result result = db_call_found(db, &find_statement, &params, rows);
	if (result != DB_OK)
		return result;
	*search = (struct uhppote_search){
		.id = db_int(*rows, 0, 0),
		.network = db_text(*rows, 0, 1),
		.port = (int)db_int(*rows, 0, 2),
		.asked_ms = db_int(*rows, 0, 3),
		.finished_ms = db_int(*rows, 0, 4),
		.reason = db_text(*rows, 0, 5),
	};
	return DB_OK;
}

bool uhppote_found_read(const struct db_rows *rows, int row, struct uhppote_found *found)
{
	if (db_null(rows, row, 6))
		return false;
	*found = (struct uhppote_found){
		.serial = db_text(rows, row, 6),
		.address = db_text(rows, row, 7),
		.port = (int)db_int(rows, row, 8),
		.netmask = db_text(rows, row, 9),
		.gateway = db_text(rows, row, 10),
		.mac = db_text(rows, row, 11),
		.firmware = db_text(rows, row, 12),
		.firmware_date = db_text(rows, row, 13),
		.controller_id = db_int(rows, row, 14),
		.controller = db_text(rows, row, 15),
	};
	return true;
}

enum db_result uhppote_board_set(struct db *db, int64_t controller, int take_listener, int door_events)
{
	struct db_params params = {0};

	if (controller > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, controller);
	if (take_listener < 0)
		db_param_null(&params);
	else
		db_param_bool(&params, take_listener != 0);
	if (door_events < 0)
		db_param_null(&params);
	else
		db_param_bool(&params, door_events != 0);
	return db_call(db, &set_statement, &params, NULL);
}
