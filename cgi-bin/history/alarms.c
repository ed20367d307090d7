/* /alarms and their acknowledgement (G-8). */
#include "db/alarm.h"

#include <stdio.h>

#include "cgi-bin/history/handlers.h"
#include "web/present.h"

#define MAX_ID 9007199254740991

const struct web_field alarm_parameters[] = {
	{"open", .where = WEB_QUERY, .type = WEB_BOOL},
	{"gate", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 1000},
	{"management_group", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 500},
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 500},
	{"after", WEB_QUERY, WEB_TOKEN, .lo = 1, .hi = 80},
	{0},
};
const struct web_field acknowledge_fields[] = {
	{"alarms", .type = WEB_INT, .lo = 1, .hi = MAX_ID, .many = 500, .required = true},
	{"comment", .type = WEB_TEXT, .lo = 0, .hi = 500, .required = true},
	{0},
};

static int put_alarms(struct web_request *request, const struct alarm_filter *filter, struct alarm *last)
{
	struct db_rows *rows;

	if (alarms_list(request->db, filter, &rows) != DB_OK)
		return web_database_problem(request);
	put_array(&request->json, "alarms");
	int count = db_rows_count(rows);
	for (int i = 0; i < count; i++) {
		alarm_read(rows, i, last);
		put_alarm(&request->json, NULL, last);
	}
	put_end_array(&request->json);
	db_rows_free(rows);
	return count;
}

static int read_cursor(struct web_request *request, struct alarm_filter *filter)
{
	const char *text = web_text(request, "after", NULL);
	long long t, id;
	char end;

	if (text == NULL)
		return 0;
	if (sscanf(text, "%lld-%lld%c", &t, &id, &end) != 2 || t <= 0 || t > 253402300799000000LL || id <= 0)
		return web_field_problem(request, "?after", "malformed", "Give next as it was given.");
	filter->before_us = t;
	filter->before_id = id;
	return 0;
}

void list_alarms(struct web_request *request)
{
	struct alarm_filter filter = {
		.open = (int)web_int(request, "open", -1),
		.gates = web_value(request, "gate")->numbers,
		.gate_count = (size_t)web_value(request, "gate")->count,
		.management_groups = web_value(request, "management_group")->numbers,
		.management_group_count = (size_t)web_value(request, "management_group")->count,
		.limit = (int)web_int(request, "limit", 100),
	};
	struct alarm last = {0};
	int64_t open, unacknowledged;
	char next[60];

	if (read_cursor(request, &filter) != 0)
		return;
	put_object(&request->json, NULL);
	int count = put_alarms(request, &filter, &last);
	if (count < 0)
		return;
	if (alarms_count(request->db, &open, &unacknowledged) != DB_OK) {
		web_database_problem(request);
		return;
	}
	snprintf(next, sizeof(next), "%lld-%lld", (long long)last.raised_us, (long long)last.id);
	put_string(&request->json, "next", count == filter.limit ? next : NULL);
	if (count == filter.limit)
		web_link_next(request, next);
	put_int(&request->json, "open", open);
	put_int(&request->json, "unacknowledged", unacknowledged);
	put_end_object(&request->json);
}

void acknowledge_alarms(struct web_request *request)
{
	const struct web_value *ids = web_member(request, "alarms");
	struct alarm_filter filter = {.open = -1, .ids = ids->numbers, .id_count = (size_t)ids->count, .limit = ids->count};
	struct alarm last;

	if (alarms_acknowledge(request->db, ids->numbers, (size_t)ids->count, web_member(request, "comment")->texts[0]) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(&request->json, NULL);
	if (put_alarms(request, &filter, &last) >= 0)
		put_end_object(&request->json);
}
