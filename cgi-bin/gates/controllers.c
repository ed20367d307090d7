/* /controllers: what gates are on, added, changed and deleted (G-1). */
#include "db/controller.h"
#include "db/uhppote.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cgi-bin/gates/handlers.h"
#include "web/present.h"

enum { DRIVER_KIDOBAN, DRIVER_UHPPOTE };

static int driver_from_code(const char *code)
{
	return strcmp(code, "kidoban") == 0 ? DRIVER_KIDOBAN : strcmp(code, "uhppote") == 0 ? DRIVER_UHPPOTE : -1;
}

static int reader_from_code(const char *code)
{
	return strcmp(code, "none") == 0 ? 0 : strcmp(code, "card") == 0 ? 1 : strcmp(code, "card_keypad") == 0 ? 2 : -1;
}

static int sensor_from_code(const char *code)
{
	return strcmp(code, "none") == 0 ? 0 : strcmp(code, "normally_closed") == 0 ? 1 : -1;
}

static const struct web_field new_gate_fields[] = {
	{"door", .type = WEB_INT, .lo = 1, .hi = 8, .required = true},
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64, .required = true},
	{"management_group", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .required = true},
	{"building", .type = WEB_TEXT, .lo = 0, .hi = 64},
	{"place", .type = WEB_TEXT, .lo = 0, .hi = 128},
	{"entry_reader", .type = WEB_WORD, .from_code = reader_from_code},
	{"exit_reader", .type = WEB_WORD, .from_code = reader_from_code},
	{"door_sensor", .type = WEB_WORD, .from_code = sensor_from_code},
	{0},
};
const struct web_field controller_fields[] = {
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64, .required = true},
	{"driver", .type = WEB_WORD, .from_code = driver_from_code, .required = true},
	{"serial", .type = WEB_TEXT, .lo = 9, .hi = 16, .required = true},
	{"address", .type = WEB_TEXT, .lo = 2, .hi = 45, .required = true},
	{"port", .type = WEB_INT, .lo = 1, .hi = 65535},
	{"note", .type = WEB_TEXT, .lo = 0, .hi = 1000},
	{"gates", .type = WEB_OBJECT, .hi = 1000, .many = 8, .required = true, .members = new_gate_fields},
	{0},
};
const struct web_field controller_change_fields[] = {
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64},
	{"address", .type = WEB_TEXT, .lo = 2, .hi = 45},
	{"port", .type = WEB_INT, .lo = 1, .hi = 65535},
	{"note", .type = WEB_TEXT, .lo = 0, .hi = 1000},
	{"enabled", .type = WEB_BOOL},
	{"take_listener", .type = WEB_BOOL},
	{"door_events", .type = WEB_BOOL},
	{0},
};

static void put_controller(struct json *json, const struct controller *controller)
{
	put_object(json, NULL);
	put_int(json, "id", controller->id);
	put_string(json, "name", controller->name);
	put_string(json, "driver", controller->driver);
	put_string(json, "serial", controller->serial);
	put_string(json, "address", controller->address);
	put_int(json, "port", controller->port);
	put_string(json, "note", controller->note);
	put_bool(json, "enabled", controller->enabled);
	put_gate_contact(json, &controller->contact);
	put_text_or_null(json, "model", controller->model);
	put_text_or_null(json, "firmware", controller->firmware);
	if (controller->has_clock_offset)
		put_int(json, "clock_offset_ms", controller->clock_offset_ms);
	else
		put_null(json, "clock_offset_ms");
	put_raw(json, "gates", controller->gates);
	put_raw(json, "board", controller->board);
	put_int(json, "revision", controller->revision);
	put_end_object(json);
}

void list_controllers(struct web_request *request)
{
	struct json *json = &request->json;
	struct controller controller;
	struct db_rows *rows;

	if (controllers_list(request->db, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "controllers");
	for (int i = 0; i < db_rows_count(rows); i++) {
		controller_read(rows, i, &controller);
		put_controller(json, &controller);
	}
	put_end_array(json);
	put_time(json, "now", clock_wall_ms());
	put_end_object(json);
	db_rows_free(rows);
}

static void reply_controller(struct web_request *request, int64_t id)
{
	struct controller controller;
	struct db_rows *rows;
	enum db_result found = controller_find(request->db, id, &rows, &controller);

	if (found == DB_FAILED) {
		web_database_problem(request);
	} else if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else {
		web_header(request, "ETag", "\"%lld\"", (long long)controller.revision);
		put_controller(&request->json, &controller);
		db_rows_free(rows);
	}
}

void get_controller(struct web_request *request)
{
	reply_controller(request, web_int(request, "id", 0));
}

/* The members that the SQL function takes: all that were given but the gates, and the driver as its word. */
static char *new_controller(const struct web_request *request)
{
	static const char *const texts[] = {"name", "serial", "address", "note"};
	const struct web_value *port = web_member(request, "port");
	struct json json = {0};

	put_object(&json, NULL);
	put_string(&json, "driver", web_member(request, "driver")->numbers[0] == DRIVER_UHPPOTE ? "uhppote" : "kidoban");
	for (size_t i = 0; i < lengthof(texts); i++) {
		const struct web_value *value = web_member(request, texts[i]);
		if (value->count > 0)
			put_string(&json, texts[i], value->texts[0]);
	}
	if (port->count > 0)
		put_int(&json, "port", port->numbers[0]);
	put_end_object(&json);
	return buf_take(&json.text);
}

static char *new_gates(const struct web_request *request)
{
	const struct web_value *gates = web_member(request, "gates");
	struct json json = {0};

	put_array(&json, NULL);
	for (int i = 0; i < gates->count; i++)
		put_raw(&json, NULL, gates->texts[i]);
	put_end_array(&json);
	return buf_take(&json.text);
}

void create_controller(struct web_request *request)
{
	char *controller = new_controller(request), *gates = new_gates(request);
	int64_t id;

	if (controller_create(request->db, controller, gates, &id) == DB_OK) {
		request->status = 201;
		web_header(request, "Location", "/api/v1/controllers/%lld", (long long)id);
		reply_controller(request, id);
	} else {
		web_database_problem(request);
	}
	free(controller);
	free(gates);
}

/* Somebody was faster: the reply says what it is now. The failed transaction can not be asked, so another one is. */
static void refuse(struct web_request *request, enum db_result result, int64_t id)
{
	struct json json = {0};
	struct controller controller;
	struct db_rows *rows;

	if (result == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	web_database_problem(request);
	if (request->problem.kind != WEB_PROBLEM_CHANGED)
		return;
	db_rollback(request->db);
	if (web_begin(request) != 0 || controller_find(request->db, id, &rows, &controller) != DB_OK)
		return;
	web_header(request, "ETag", "\"%lld\"", (long long)controller.revision);
	put_controller(&json, &controller);
	request->problem.current = json.text;
	db_rows_free(rows);
}

/* What only a UHPPOTE board has. Not part of the controller's versions: it decides nothing about who may pass. */
static enum db_result set_board(struct web_request *request, int64_t id)
{
	const struct web_value *take = web_member(request, "take_listener"), *events = web_member(request, "door_events");

	if (take->count + events->count == 0)
		return DB_OK;
	return uhppote_board_set(request->db, id, take->count ? (int)take->numbers[0] : -1, events->count ? (int)events->numbers[0] : -1);
}

void patch_controller(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0);
	char *change = web_given_members(request, controller_change_fields, NULL);

	if (strcmp(change, "{}") == 0) {
		web_field_problem(request, "", "missing", "Give at least one field to change.");
	} else {
		enum db_result result = controller_update(request->db, id, request->if_match, change);
		if (result == DB_OK)
			result = set_board(request, id);
		if (result == DB_OK)
			reply_controller(request, id);
		else
			refuse(request, result, id);
	}
	free(change);
}

void delete_controller(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0), revision;
	enum db_result result = controller_delete(request->db, id, request->if_match, &revision);

	if (result != DB_OK) {
		refuse(request, result, id);
		return;
	}
	put_object(&request->json, NULL);
	put_int(&request->json, "revision", revision);
	put_end_object(&request->json);
}
