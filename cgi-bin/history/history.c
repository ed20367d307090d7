/* /history/{category}: pages as JSON; as CSV see export.c. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cgi-bin/history/handlers.h"
#include "gate/codes.h"
#include "web/csv_reply.h"
#include "web/present.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define KEPT_DAYS 1101	/* L-8, and the day under way */
#define TIME_LO (-62135596800000LL)
#define TIME_HI 253402300799000LL

#define FROM_TO {"from", .where = WEB_QUERY, .type = WEB_TIME}, {"to", .where = WEB_QUERY, .type = WEB_TIME}
#define GROUPS {"management_group", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 500}
#define GATES {"gate", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 1000}

const struct web_field history_parameters[] = {
	{"category", WEB_PATH, WEB_WORD, .from_code = event_category_from_code},
	FROM_TO, GATES, GROUPS,
	{"department", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 100},
	{"cardholder", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"kind", WEB_QUERY, WEB_WORD, .many = 40, .from_code = event_from_code},
	{"q", WEB_QUERY, WEB_TEXT, .lo = 1, .hi = 100},
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 500},
	{"after", WEB_QUERY, WEB_TOKEN, .lo = 1, .hi = 80},
	CSV_PARAMETERS, {0},
};
const struct web_field plot_parameters[] = {FROM_TO, GATES, GROUPS, {0}};
const struct web_field alarm_plot_parameters[] = {FROM_TO, GROUPS, {0}};

static int read_range(struct web_request *request, struct history_filter *filter, int64_t span_ms, int64_t longest_ms)
{
	filter->to_ms = web_int(request, "to", clock_wall_ms());
	filter->from_ms = web_int(request, "from", filter->to_ms - span_ms);
	if (filter->from_ms < TIME_LO || filter->to_ms > TIME_HI)
		return web_field_problem(request, "?from", "out_of_range", "Years 0001 to 9999.");
	if (filter->from_ms > filter->to_ms)
		return web_field_problem(request, "?from", "conflicting", "from is after to.");
	if (longest_ms != 0 && filter->to_ms - filter->from_ms > longest_ms)
		return web_field_problem(request, "?from", "out_of_range", "At most %lld days.", (long long)(longest_ms / DAY_MS));
	return 0;
}

static int read_cursor(struct web_request *request, struct history_cursor *cursor)
{
	const char *text = web_text(request, "after", NULL);
	long long t, log, seq;
	char end;

	if (text == NULL)
		return 0;
	if (sscanf(text, "%lld-%lld-%lld%c", &t, &log, &seq, &end) != 3 || t <= 0 || t > TIME_HI * 1000 || log < 0 || log > INT32_MAX ||
	    seq < 0 || seq > INT32_MAX)
		return web_field_problem(request, "?after", "malformed", "Give next as it was given.");
	*cursor = (struct history_cursor){t, log, seq};
	return 0;
}

static void put_page(struct web_request *request, const struct history_filter *filter, const struct history_page *page)
{
	struct json *json = &request->json;
	struct event event;
	char next[80];

	put_object(json, NULL);
	put_array(json, "events");
	for (int i = 0; i < page->count; i++) {
		event_read(page->rows, i, filter->category, &event);
		put_event(json, NULL, &event);
	}
	put_end_array(json);
	snprintf(next, sizeof(next), "%lld-%lld-%lld", (long long)page->next.t_us, (long long)page->next.log, (long long)page->next.seq);
	put_string(json, "next", page->more ? next : NULL);
	if (page->more)
		web_link_next(request, next);
	put_time(json, "from", filter->from_ms);
	put_time(json, "to", filter->to_ms);
	put_bool(json, "complete", !page->stopped);
	put_end_object(json);
}

void list_history(struct web_request *request)
{
	struct history_filter filter = {
		.category = event_category_code((int)web_int(request, "category", 0)),
		.gates = web_value(request, "gate")->numbers,
		.gate_count = (size_t)web_value(request, "gate")->count,
		.management_groups = web_value(request, "management_group")->numbers,
		.management_group_count = (size_t)web_value(request, "management_group")->count,
		.departments = web_value(request, "department")->numbers,
		.department_count = (size_t)web_value(request, "department")->count,
		.kinds = web_value(request, "kind")->numbers,
		.kind_count = (size_t)web_value(request, "kind")->count,
		.cardholder = web_int(request, "cardholder", 0),
		.text = web_text(request, "q", NULL),
		.limit = (int)web_int(request, "limit", 50),
	};
	struct history_page page;
	int form = csv_accepted(request);

	if (form < 0 || read_range(request, &filter, KEPT_DAYS * DAY_MS, 0) != 0 || read_cursor(request, &filter.before) != 0)
		return;
	if (form == 1) {
		export_history(request, &filter);
		return;
	}
	if (history_read_page(request->db, &filter, &page) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_page(request, &filter, &page);
	db_rows_free(page.rows);
}

static int read_plot(struct web_request *request, struct history_filter *filter, bool gates)
{
	if (gates) {
		filter->gates = web_value(request, "gate")->numbers;
		filter->gate_count = (size_t)web_value(request, "gate")->count;
	}
	filter->management_groups = web_value(request, "management_group")->numbers;
	filter->management_group_count = (size_t)web_value(request, "management_group")->count;
	return read_range(request, filter, DAY_MS, gates ? 31 * DAY_MS : KEPT_DAYS * DAY_MS);
}

void plot_passages(struct web_request *request)
{
	struct json *json = &request->json;
	struct history_filter filter = {0};
	struct db_rows *rows;

	if (read_plot(request, &filter, true) != 0)
		return;
	if (history_passages_per_hour(request->db, &filter, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "buckets");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_time(json, "t", db_int(rows, i, 0));
		put_int(json, "entry", db_int(rows, i, 1));
		put_int(json, "exit", db_int(rows, i, 2));
		put_int(json, "refused", db_int(rows, i, 3));
		put_end_object(json);
	}
	put_end_array(json);
	put_time(json, "from", filter.from_ms);
	put_time(json, "to", filter.to_ms);
	put_end_object(json);
	db_rows_free(rows);
}

static void put_gate_alarms(struct json *json, const struct db_rows *rows, int *row)
{
	int64_t gate = db_int(rows, *row, 0), total = 0;

	put_object(json, NULL);
	put_ref(json, "gate", gate, db_text(rows, *row, 1));
	put_object(json, "counts");
	for (; *row < db_rows_count(rows) && db_int(rows, *row, 0) == gate; ++*row) {
		const char *kind = event_code((int)db_int(rows, *row, 2));
		if (kind != NULL)
			put_int(json, kind, db_int(rows, *row, 3));
		total += db_int(rows, *row, 3);
	}
	put_end_object(json);
	put_int(json, "total", total);
	put_end_object(json);
}

void plot_alarms(struct web_request *request)
{
	struct json *json = &request->json;
	struct history_filter filter = {0};
	struct db_rows *rows;

	if (read_plot(request, &filter, false) != 0)
		return;
	if (history_alarms_per_gate(request->db, &filter, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "gates");
	for (int row = 0; row < db_rows_count(rows);)
		put_gate_alarms(json, rows, &row);
	put_end_array(json);
	put_time(json, "from", filter.from_ms);
	put_time(json, "to", filter.to_ms);
	put_end_object(json);
	db_rows_free(rows);
}
