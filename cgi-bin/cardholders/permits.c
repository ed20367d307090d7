/* /permits: granting, changing and taking away what somebody may pass (C-6). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgi-bin/cardholders/handlers.h"
#include "web/present.h"

const struct web_field permit_list_parameters[] = {
	{"cardholder", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"gate", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"gate_group", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 1000},
	{"after", WEB_QUERY, WEB_INT, .lo = 0, .hi = INT32_MAX},
	{0},
};
const struct web_field permit_fields[] = {
	{"cardholders", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 1000, .required = true},
	{"gate", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"gate_group", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"pass_level", .type = WEB_INT, .lo = 1, .hi = 8},
	{"valid_from", .type = WEB_TIME, .lo = WEB_WHOLE_MINUTE, .nullable = true},
	{"valid_to", .type = WEB_TIME, .lo = WEB_WHOLE_MINUTE, .nullable = true},
	{0},
};
const struct web_field permit_change_fields[] = {
	{"pass_level", .type = WEB_INT, .lo = 1, .hi = 8},
	{"valid_from", .type = WEB_TIME, .lo = WEB_WHOLE_MINUTE, .nullable = true},
	{"valid_to", .type = WEB_TIME, .lo = WEB_WHOLE_MINUTE, .nullable = true},
	{0},
};

void put_permit(struct json *json, const struct permit *permit)
{
	put_object(json, NULL);
	put_int(json, "id", permit->id);
	put_object(json, "cardholder");
	put_int(json, "id", permit->cardholder_id);
	put_string(json, "name", permit->cardholder);
	put_string(json, "employee_number", permit->employee_number);
	put_end_object(json);
	put_ref(json, "gate", permit->gate_id, permit->gate);
	put_ref(json, "gate_group", permit->gate_group_id, permit->gate_group);
	put_int(json, "pass_level", permit->pass_level);
	put_time_or_null(json, "valid_from", permit->valid_from_ms);
	put_time_or_null(json, "valid_to", permit->valid_to_ms);
	put_bool(json, "editable", permit->editable);
	put_int(json, "revision", permit->revision);
	put_end_object(json);
}

int put_warnings(struct web_request *request, struct json *json, const int64_t *cardholders, size_t count)
{
	struct db_rows *rows;

	if (permit_warnings(request->db, cardholders, count, &rows) != DB_OK)
		return web_database_problem(request);
	put_array(json, "warnings");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_string(json, "code", db_text(rows, i, 0));
		put_ref(json, "cardholder", db_int(rows, i, 1), db_text(rows, i, 2));
		put_string(json, "card_number", db_text(rows, i, 3));
		put_ref(json, "gate", db_int(rows, i, 4), db_text(rows, i, 5));
		put_end_object(json);
	}
	put_end_array(json);
	db_rows_free(rows);
	return 0;
}

static int put_permits(struct web_request *request, const struct permit_filter *filter, struct permit *last, int *count)
{
	struct db_rows *rows;
	int64_t revision = 0;

	if (permits_list(request->db, filter, &rows) != DB_OK)
		return web_database_problem(request);
	put_array(&request->json, "permits");
	for (int i = 0; i < db_rows_count(rows); i++) {
		permit_read(rows, i, last);
		put_permit(&request->json, last);
		if (last->revision > revision)
			revision = last->revision;
	}
	put_end_array(&request->json);
	last->revision = revision;
	*count = db_rows_count(rows);
	last->cardholder = last->employee_number = last->gate = last->gate_group = NULL;	/* gone with the rows */
	db_rows_free(rows);
	return 0;
}

void list_permits(struct web_request *request)
{
	struct permit_filter filter = {
		.cardholder = web_int(request, "cardholder", 0),
		.gate = web_int(request, "gate", 0),
		.gate_group = web_int(request, "gate_group", 0),
		.after = web_int(request, "after", 0),
		.limit = (int)web_int(request, "limit", 200),
	};
	struct permit last = {0};
	char next[24];
	int count;

	if ((filter.cardholder != 0) + (filter.gate != 0) + (filter.gate_group != 0) == 0) {
		web_field_problem(request, "?cardholder", "missing", "Give at least one of cardholder, gate, gate_group.");
		return;
	}
	put_object(&request->json, NULL);
	if (put_permits(request, &filter, &last, &count) != 0)
		return;
	snprintf(next, sizeof(next), "%d", last.id);
	put_string(&request->json, "next", count == filter.limit ? next : NULL);
	if (count == filter.limit)
		web_link_next(request, next);
	put_end_object(&request->json);
}

/* To choose from, also for who may not watch gates. */
void list_permit_gates(struct web_request *request)
{
	struct json *json = &request->json;
	struct db_rows *rows;

	if (permit_gates(request->db, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "gates");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_int(json, "id", db_int(rows, i, 0));
		put_string(json, "name", db_text(rows, i, 1));
		put_ref(json, "management_group", (int)db_int(rows, i, 2), db_text(rows, i, 3));
		put_end_object(json);
	}
	put_end_array(json);
	put_end_object(json);
	db_rows_free(rows);
}

static int check_permit(struct web_request *request)
{
	const struct web_value *from = web_member(request, "valid_from"), *to = web_member(request, "valid_to");

	if (from->count > 0 && to->count > 0 && from->numbers[0] >= to->numbers[0])
		return web_field_problem(request, "/valid_to", "out_of_range", "Later than valid_from.");
	return 0;
}

void create_permits(struct web_request *request)
{
	const struct web_value *cardholders = web_member(request, "cardholders");
	struct permit last = {0};
	int64_t *ids;
	size_t count;
	int shown;

	if (web_member(request, "gate")->count + web_member(request, "gate_group")->count != 1) {
		web_field_problem(request, "/gate", "conflicting", "Give exactly one of gate, gate_group.");
		return;
	}
	if (check_permit(request) != 0)
		return;
	char *grant = web_given_members(request, permit_fields + 1, NULL);
	enum db_result result = permits_create(request->db, cardholders->numbers, (size_t)cardholders->count, grant, &ids, &count);
	free(grant);
	if (result != DB_OK) {
		web_database_problem(request);
		return;
	}
	struct permit_filter filter = {.ids = ids, .id_count = count, .limit = (int)count};
	request->status = 201;
	put_object(&request->json, NULL);
	if (put_permits(request, &filter, &last, &shown) == 0 &&
	    put_warnings(request, &request->json, cardholders->numbers, (size_t)cardholders->count) == 0) {
		put_int(&request->json, "revision", last.revision);
		put_end_object(&request->json);
	}
	free(ids);
}

static void reply_permit(struct web_request *request, struct json *json, int64_t id)
{
	struct db_rows *rows;
	struct permit permit;
	enum db_result found = permit_find(request->db, id, &rows, &permit);

	if (found == DB_FAILED) {
		web_database_problem(request);
	} else if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else {
		web_header(request, "ETag", "\"%lld\"", (long long)permit.revision);
		put_permit(json, &permit);
		db_rows_free(rows);
	}
}

void get_permit(struct web_request *request)
{
	reply_permit(request, &request->json, web_int(request, "id", 0));
}

static void permit_problem(struct web_request *request, enum db_result result, int64_t id)
{
	struct json json = {0};

	if (result == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	web_database_problem(request);
	if (request->problem.kind != WEB_PROBLEM_CHANGED)
		return;
	db_rollback(request->db);
	if (web_begin(request) == 0)
		reply_permit(request, &json, id);
	request->problem.current = json.text;
}

void patch_permit(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0);

	if (check_permit(request) != 0)
		return;
	char *change = web_given_members(request, permit_change_fields, NULL);
	if (strcmp(change, "{}") == 0) {
		web_field_problem(request, "", "missing", "Give at least one field to change.");
	} else {
		enum db_result result = permit_update(request->db, id, request->if_match, change);
		if (result == DB_OK)
			reply_permit(request, &request->json, id);
		else
			permit_problem(request, result, id);
	}
	free(change);
}

void delete_permit(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0), revision;
	enum db_result result = permit_delete(request->db, id, request->if_match, &revision);

	if (result == DB_OK)
		reply_revision(request, revision);
	else
		permit_problem(request, result, id);
}
