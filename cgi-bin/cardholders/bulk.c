/* /cardholders/bulk: many at once, by ids or by what the list shows, as one change set (C-2, C-5). */
#include <string.h>

#include "cgi-bin/cardholders/handlers.h"

static const struct web_field filter_fields[] = {
	{"department", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 100},
	{"q", .type = WEB_TEXT, .lo = 1, .hi = 100},
	{"card", .type = WEB_TOKEN, .lo = 1, .hi = 16},
	{"enabled", .type = WEB_BOOL},
	{"lost", .type = WEB_BOOL},
	{"valid_at", .type = WEB_TIME},
	{"gate", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{0},
};
static const struct web_field grant_fields[] = {
	{"gate", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"gate_group", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"pass_level", .type = WEB_INT, .lo = 1, .hi = 8},
	{"valid_from", .type = WEB_TIME, .lo = WEB_WHOLE_MINUTE, .nullable = true},
	{"valid_to", .type = WEB_TIME, .lo = WEB_WHOLE_MINUTE, .nullable = true},
	{0},
};
static const struct web_field target_fields[] = {
	{"gate", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"gate_group", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{0},
};
static const struct web_field change_fields[] = {
	{"department", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"enabled", .type = WEB_BOOL},
	{"valid_from", .type = WEB_TIME, .lo = WEB_WHOLE_MINUTE, .nullable = true},
	{"valid_to", .type = WEB_TIME, .lo = WEB_WHOLE_MINUTE, .nullable = true},
	{"permits_add", .type = WEB_OBJECT, .hi = 1000, .many = 50, .members = grant_fields},
	{"permits_remove", .type = WEB_OBJECT, .hi = 1000, .many = 50, .members = target_fields},
	{0},
};
const struct web_field bulk_fields[] = {
	{"cardholders", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 20000},
	{"filter", .type = WEB_OBJECT, .hi = 4000, .members = filter_fields},
	{"expected_count", .type = WEB_INT, .lo = 0, .hi = 1000000, .required = true},
	{"change", .type = WEB_OBJECT, .hi = 60000, .members = change_fields},
	{"delete", .type = WEB_BOOL},
	{0},
};

/* Exactly one way to say who, and one thing to do. */
static int check_order(struct web_request *request, bool remove)
{
	const struct web_value *change = web_member(request, "change");

	if ((web_member(request, "cardholders")->count > 0) + web_member(request, "filter")->count != 1)
		return web_field_problem(request, "/cardholders", "conflicting", "Give exactly one of cardholders, filter.");
	if (remove + change->count != 1)
		return web_field_problem(request, "/change", "conflicting", "Give exactly one of change, delete: true.");
	if (change->count > 0 && strcmp(change->texts[0], "{}") == 0)
		return web_field_problem(request, "/change", "missing", "Give at least one field to change.");
	return 0;
}

void change_cardholders(struct web_request *request)
{
	const struct web_value *ids = web_member(request, "cardholders"), *filter = web_member(request, "filter");
	const struct web_value *change = web_member(request, "change"), *removal = web_member(request, "delete");
	bool remove = removal->count > 0 && removal->numbers[0] != 0;
	int64_t changed, revision;

	if (check_order(request, remove) != 0)
		return;
	struct cardholder_bulk bulk = {
		.search = filter->count ? filter->texts[0] : NULL,
		.ids = ids->numbers,
		.id_count = (size_t)ids->count,
		.expected_count = web_member(request, "expected_count")->numbers[0],
		.change = remove ? NULL : change->texts[0],
	};
	if (cardholders_bulk(request->db, &bulk, &changed, &revision) == DB_OK) {
		put_object(&request->json, NULL);
		put_int(&request->json, "changed", changed);
		put_int(&request->json, "revision", revision);
		put_end_object(&request->json);
		return;
	}
	web_database_problem(request);
	if (strcmp(db_error(request->db)->hint, "other_count") == 0)
		request->problem.has_count = parse_int(db_error(request->db)->detail, 0, INT32_MAX, &request->problem.count) == 0;
}
