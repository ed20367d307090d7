/* What departments, management groups and gate groups have in common: listed, shown, changed, deleted, with If-Match. */
#include <stdlib.h>
#include <string.h>

#include "cgi-bin/organisation/handlers.h"

const struct web_field organisation_parameters[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = 9007199254740991},	/* what every JSON reader holds exactly */
	{0},
};

static void put_department(struct json *json, const struct db_rows *rows, int i, bool alone)
{
	(void)alone;
	put_int(json, "id", db_int(rows, i, 0));
	if (db_null(rows, i, 1))
		put_null(json, "parent");
	else
		put_int(json, "parent", db_int(rows, i, 1));
	put_string(json, "name", db_text(rows, i, 2));
	put_string(json, "code", db_text(rows, i, 3));
	put_int(json, "revision", db_int(rows, i, 4));
}

static void put_management_group(struct json *json, const struct db_rows *rows, int i, bool alone)
{
	(void)alone;
	put_int(json, "id", db_int(rows, i, 0));
	put_string(json, "name", db_text(rows, i, 1));
	put_string(json, "note", db_text(rows, i, 2));
	put_int(json, "gates", db_int(rows, i, 3));
	put_int(json, "revision", db_int(rows, i, 4));
}

static void put_gate_group(struct json *json, const struct db_rows *rows, int i, bool alone)
{
	put_int(json, "id", db_int(rows, i, 0));
	put_string(json, "name", db_text(rows, i, 1));
	put_int(json, "gates", db_int(rows, i, 2));
	if (alone)
		put_raw(json, "members", db_text(rows, i, 3));
	put_bool(json, "editable", db_bool(rows, i, 4));
	put_int(json, "revision", db_int(rows, i, 5));
}

static const struct {
	const char *list, *path;
	void (*put)(struct json *json, const struct db_rows *rows, int i, bool alone);
} units[] = {
	[DEPARTMENT] = {"departments", "departments", put_department},
	[MANAGEMENT_GROUP] = {"management_groups", "management-groups", put_management_group},
	[GATE_GROUP] = {"gate_groups", "gate-groups", put_gate_group},
};

void list_units(struct web_request *request, enum organisation_kind kind)
{
	struct json *json = &request->json;
	struct db_rows *rows;

	if (organisation_list(request->db, kind, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, units[kind].list);
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		units[kind].put(json, rows, i, false);
		put_end_object(json);
	}
	put_end_array(json);
	put_end_object(json);
	db_rows_free(rows);
}

static void put_unit(struct web_request *request, struct json *json, enum organisation_kind kind, const struct db_rows *rows)
{
	web_header(request, "ETag", "\"%lld\"", (long long)organisation_revision(rows, kind));
	put_object(json, NULL);
	units[kind].put(json, rows, 0, true);
	put_end_object(json);
}

void reply_unit(struct web_request *request, enum organisation_kind kind, int64_t id)
{
	struct db_rows *rows;
	enum db_result found = organisation_find(request->db, kind, id, &rows);

	if (found == DB_FAILED) {
		web_database_problem(request);
	} else if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else {
		put_unit(request, &request->json, kind, rows);
		db_rows_free(rows);
	}
}

void reply_new_unit(struct web_request *request, enum organisation_kind kind, int64_t id)
{
	request->status = 201;
	web_header(request, "Location", "/api/v1/%s/%lld", units[kind].path, (long long)id);
	reply_unit(request, kind, id);
}

void unit_problem(struct web_request *request, enum organisation_kind kind, enum db_result result, int64_t id)
{
	struct json json = {0};
	struct db_rows *rows;

	if (result == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	web_database_problem(request);
	if (request->problem.kind != WEB_PROBLEM_CHANGED)
		return;
	db_rollback(request->db);	/* the failed transaction can not be asked, so another one is */
	if (web_begin(request) != 0 || organisation_find(request->db, kind, id, &rows) != DB_OK)
		return;
	put_unit(request, &json, kind, rows);
	request->problem.current = json.text;
	db_rows_free(rows);
}

void patch_unit(struct web_request *request, enum organisation_kind kind, const struct web_field *fields)
{
	int64_t id = web_int(request, "id", 0);
	char *change = web_given_members(request, fields, NULL);

	if (strcmp(change, "{}") == 0) {
		web_field_problem(request, "", "missing", "Give at least one field to change.");
	} else {
		enum db_result result = organisation_update(request->db, kind, id, request->if_match, change);
		if (result == DB_OK)
			reply_unit(request, kind, id);
		else
			unit_problem(request, kind, result, id);
	}
	free(change);
}

void delete_unit(struct web_request *request, enum organisation_kind kind)
{
	int64_t id = web_int(request, "id", 0), revision;
	enum db_result result = organisation_delete(request->db, kind, id, request->if_match, &revision);

	if (result != DB_OK) {
		unit_problem(request, kind, result, id);
		return;
	}
	put_object(&request->json, NULL);
	put_int(&request->json, "revision", revision);
	put_end_object(&request->json);
}
