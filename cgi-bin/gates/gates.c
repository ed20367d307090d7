/* /gates and /gates/{id}. */
#include "db/gate.h"

#include <stdio.h>

#include "base/clock.h"
#include "cgi-bin/gates/handlers.h"
#include "gate/codes.h"
#include "web/present.h"

#define MAX_ID 9007199254740991	/* what every JSON reader holds exactly */

const struct web_field gate_list_parameters[] = {
	{"management_group", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 500},
	{"gate_group", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"building", WEB_QUERY, WEB_TEXT, .lo = 0, .hi = 200},
	{"q", WEB_QUERY, WEB_TEXT, .lo = 1, .hi = 100},
	{"communication", WEB_QUERY, WEB_WORD, .many = 3, .from_code = communication_from_code},
	{"lock_state", WEB_QUERY, WEB_WORD, .many = 4, .from_code = lock_state_from_code},
	{"arm_state", WEB_QUERY, WEB_WORD, .many = 3, .from_code = arm_state_from_code},
	{"door_state", WEB_QUERY, WEB_WORD, .many = 4, .from_code = door_state_from_code},
	{"alarm", .where = WEB_QUERY, .type = WEB_BOOL},
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 1000},
	{"after", WEB_QUERY, WEB_INT, .lo = 0, .hi = INT32_MAX},
	{0},
};
const struct web_field gate_parameters[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = MAX_ID},
	{0},
};
const struct web_field gate_change_fields[] = {
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64},
	{"building", .type = WEB_TEXT, .lo = 0, .hi = 64},
	{"place", .type = WEB_TEXT, .lo = 0, .hi = 128},
	{"management_group", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{0},
};

#define LIST_OF(field, name) \
	filter.field##s = web_value(request, name)->numbers, filter.field##_count = (size_t)web_value(request, name)->count

void list_gates(struct web_request *request)
{
	struct gate_filter filter = {
		.gate_group = web_int(request, "gate_group", 0),
		.building = web_text(request, "building", NULL),
		.text = web_text(request, "q", NULL),
		.alarm = (int)web_int(request, "alarm", -1),
		.after_id = web_int(request, "after", 0),
		.limit = (int)web_int(request, "limit", 200),
	};
	struct json *json = &request->json;
	struct db_rows *rows;
	struct gate gate = {0};
	int64_t total, now = clock_wall_ms();
	char next[24];

	LIST_OF(management_group, "management_group");
	LIST_OF(communication, "communication");
	LIST_OF(lock_state, "lock_state");
	LIST_OF(arm_state, "arm_state");
	LIST_OF(door_state, "door_state");
	if (gates_list(request->db, &filter, &rows, &total) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "gates");
	for (int i = 0; i < db_rows_count(rows); i++) {
		gate_read(rows, i, &gate);
		put_object(json, NULL);
		put_gate(json, &gate, now);
		put_end_object(json);
	}
	put_end_array(json);
	put_int(json, "total", total);
	bool more = db_rows_count(rows) == filter.limit;
	snprintf(next, sizeof(next), "%d", gate.id);
	put_string(json, "next", more ? next : NULL);
	if (more)
		web_link_next(request, next);
	put_time(json, "now", now);
	put_end_object(json);
	db_rows_free(rows);
}

static void put_gate_detail(struct json *json, const struct gate *gate)
{
	put_object(json, NULL);
	put_gate(json, gate, clock_wall_ms());
	put_string(json, "entry_reader", gate->entry_reader);
	put_string(json, "exit_reader", gate->exit_reader);
	put_raw(json, "parameters", gate->parameters);
	put_raw(json, "gate_groups", gate->gate_groups);
	put_raw(json, "streams", gate->streams);
	put_end_object(json);
}

void get_gate(struct web_request *request)
{
	struct db_rows *rows;
	struct gate gate;
	enum db_result found = gate_find(request->db, web_int(request, "id", 0), &rows, &gate);

	if (found == DB_FAILED) {
		web_database_problem(request);
	} else if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else {
		web_header(request, "ETag", "\"%lld\"", (long long)gate.revision);
		put_gate_detail(&request->json, &gate);
		db_rows_free(rows);
	}
}

/* Somebody was faster: the reply says what the gate is now. The failed transaction can not be asked, so another one is. */
static void put_current(struct web_request *request, int64_t id)
{
	struct json json = {0};
	struct db_rows *rows;
	struct gate gate;

	db_rollback(request->db);
	if (web_begin(request) != 0)
		return;
	if (gate_find(request->db, id, &rows, &gate) != DB_OK)
		return;
	web_header(request, "ETag", "\"%lld\"", (long long)gate.revision);
	put_gate_detail(&json, &gate);
	request->problem.current = json.text;
	db_rows_free(rows);
}

void patch_gate(struct web_request *request)
{
	const struct web_value *name = web_member(request, "name"), *building = web_member(request, "building");
	const struct web_value *place = web_member(request, "place"), *group = web_member(request, "management_group");
	struct gate_change change = {
		.id = web_int(request, "id", 0),
		.if_match = request->if_match,
		.name = name->count ? name->texts[0] : NULL,
		.building = building->count ? building->texts[0] : NULL,
		.place = place->count ? place->texts[0] : NULL,
		.management_group = group->count ? group->numbers[0] : 0,
	};

	if (name->count + building->count + place->count + group->count == 0) {
		web_field_problem(request, "", "missing", "Give at least one of name, building, place, management_group.");
		return;
	}
	enum db_result result = gate_update(request->db, &change);
	if (result == DB_OK) {
		get_gate(request);
	} else if (result == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else {
		web_database_problem(request);
		if (request->problem.kind == WEB_PROBLEM_CHANGED)
			put_current(request, change.id);
	}
}
