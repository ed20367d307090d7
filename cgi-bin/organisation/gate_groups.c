/* /gate-groups (G-5). Whoever changes what a group reaches can look first at who would gain or lose which gate. */
#include "cgi-bin/organisation/handlers.h"

const struct web_field preview_parameters[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = 9007199254740991},
	{"preview", .where = WEB_QUERY, .type = WEB_BOOL},
	{0},
};
const struct web_field gate_group_fields[] = {
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64, .required = true},
	{"gates", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 1000, .nullable = true},
	{0},
};
const struct web_field gate_group_change_fields[] = {
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64},
	{0},
};
const struct web_field gate_group_gates_fields[] = {
	{"gates", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 1000, .nullable = true, .required = true},
	{0},
};

void list_gate_groups(struct web_request *request)
{
	list_units(request, GATE_GROUP);
}

void get_gate_group(struct web_request *request)
{
	reply_unit(request, GATE_GROUP, web_int(request, "id", 0));
}

void create_gate_group(struct web_request *request)
{
	const struct web_value *gates = web_member(request, "gates");
	int64_t id;

	if (gate_group_create(request->db, web_member(request, "name")->texts[0], gates->numbers, (size_t)gates->count, &id) == DB_OK)
		reply_new_unit(request, GATE_GROUP, id);
	else
		web_database_problem(request);
}

void patch_gate_group(struct web_request *request)
{
	patch_unit(request, GATE_GROUP, gate_group_change_fields);
}

static void put_side(struct json *json, const char *name, const struct db_rows *rows, bool gains)
{
	put_array(json, name);
	for (int i = 0; i < db_rows_count(rows); i++) {
		if (db_bool(rows, i, 0) != gains)
			continue;
		put_object(json, NULL);
		put_ref(json, "gate", db_int(rows, i, 1), db_text(rows, i, 2));
		put_int(json, "cardholders", db_int(rows, i, 3));
		put_end_object(json);
	}
	put_end_array(json);
}

static void preview(struct web_request *request, const int64_t *gates, size_t count)
{
	struct db_rows *rows;
	enum db_result result = gate_group_preview(request->db, web_int(request, "id", 0), gates, count, &rows);

	if (result != DB_OK) {
		unit_problem(request, GATE_GROUP, result, web_int(request, "id", 0));
		return;
	}
	put_object(&request->json, NULL);
	put_side(&request->json, "gain", rows, true);
	put_side(&request->json, "lose", rows, false);
	put_end_object(&request->json);
	db_rows_free(rows);
}

void put_gate_group_gates(struct web_request *request)
{
	const struct web_value *gates = web_member(request, "gates");
	int64_t id = web_int(request, "id", 0);

	if (web_int(request, "preview", 0) != 0) {
		preview(request, gates->numbers, (size_t)gates->count);
		return;
	}
	enum db_result result = gate_group_set(request->db, id, request->if_match, gates->numbers, (size_t)gates->count);
	if (result == DB_OK)
		reply_unit(request, GATE_GROUP, id);
	else
		unit_problem(request, GATE_GROUP, result, id);
}

void delete_gate_group(struct web_request *request)
{
	if (web_int(request, "preview", 0) != 0)
		preview(request, NULL, 0);
	else
		delete_unit(request, GATE_GROUP);
}
