/* /transfers: seen, started, stopped, repeated (T-1, T-7). */
#include "db/transfer.h"

#include <stdio.h>
#include <string.h>

#include "cgi-bin/transfers/handlers.h"
#include "web/present.h"

#define MAX_ID 9007199254740991	/* what every JSON reader holds exactly */

static int what_from_code(const char *code)
{
	return strcmp(code, "permits") == 0 ? 1 : -1;
}

const struct web_field transfer_list_parameters[] = {
	{"state", WEB_QUERY, WEB_WORD, .many = 5, .from_code = transfer_state_from_code},
	{"kind", WEB_QUERY, WEB_WORD, .many = 2, .from_code = transfer_kind_from_code},
	{"gate", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"controller", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 1000},
	{"after", WEB_QUERY, WEB_INT, .lo = 1, .hi = MAX_ID},
	{0},
};
const struct web_field transfer_parameters[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = MAX_ID},
	{0},
};
const struct web_field transfer_fields[] = {
	{"kind", .type = WEB_WORD, .from_code = what_from_code, .required = true},
	{"gates", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 1000},
	{"all", .type = WEB_BOOL},
	{"full", .type = WEB_BOOL},
	{0},
};

static void put_transfer(struct json *json, const struct transfer *t)
{
	put_object(json, NULL);
	put_int(json, "id", t->id);
	put_string(json, "kind", t->kind);
	put_string(json, "state", t->state);
	put_ref(json, "controller", t->controller_id, t->controller_name);
	put_raw(json, "gates", t->gates);
	put_text_or_null(json, "stream", t->stream);
	put_bool(json, "full", t->full);
	put_int(json, "progress", t->progress);
	put_int(json, "total", t->total);
	put_int(json, "attempts", t->attempts);
	put_time_or_null(json, "next_at", strcmp(t->state, "queued") == 0 ? t->next_ms : 0);
	put_text_or_null(json, "reason", t->reason);
	put_text_or_null(json, "because", t->because);
	put_time(json, "created_at", t->created_ms);
	put_time_or_null(json, "started_at", t->started_ms);
	put_time_or_null(json, "finished_at", t->finished_ms);
	put_ref(json, "operator", t->operator_id, t->operator_name);
	put_end_object(json);
}

void list_transfers(struct web_request *request)
{
	const struct web_value *states = web_value(request, "state"), *kinds = web_value(request, "kind");
	struct transfer_filter filter = {
		.states = states->numbers,
		.state_count = (size_t)states->count,
		.kinds = kinds->numbers,
		.kind_count = (size_t)kinds->count,
		.gate = web_int(request, "gate", 0),
		.controller = web_int(request, "controller", 0),
		.before = web_int(request, "after", 0),
		.limit = (int)web_int(request, "limit", 200),
	};
	struct json *json = &request->json;
	struct transfer transfer = {0};
	struct db_rows *rows;
	char next[24];

	if (transfers_list(request->db, &filter, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "transfers");
	for (int i = 0; i < db_rows_count(rows); i++) {
		transfer_read(rows, i, &transfer);
		put_transfer(json, &transfer);
	}
	put_end_array(json);
	bool more = db_rows_count(rows) == filter.limit;
	snprintf(next, sizeof(next), "%lld", (long long)transfer.id);
	put_string(json, "next", more ? next : NULL);
	if (more)
		web_link_next(request, next);
	put_end_object(json);
	db_rows_free(rows);
}

static void answer(struct web_request *request, int64_t id)
{
	struct transfer transfer;
	struct db_rows *rows;
	enum db_result found = transfer_find(request->db, id, &rows);

	if (found == DB_FAILED) {
		web_database_problem(request);
	} else if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else {
		transfer_read(rows, 0, &transfer);
		put_transfer(&request->json, &transfer);
		db_rows_free(rows);
	}
}

/* The work is queued with this transaction; the reply says where to look. */
static void accepted(struct web_request *request, int64_t id)
{
	request->status = 202;
	web_header(request, "Location", "/api/v1/transfers/%lld", (long long)id);
	answer(request, id);
}

void get_transfer(struct web_request *request)
{
	answer(request, web_int(request, "id", 0));
}

void start_transfer(struct web_request *request)
{
	const struct web_value *gates = web_member(request, "gates"), *all = web_member(request, "all"), *full = web_member(request, "full");
	bool everywhere = all->count > 0 && all->numbers[0] != 0;
	int64_t id;

	if ((gates->count > 0) == everywhere) {
		web_field_problem(request, "/gates", "conflicting", "Give exactly one of gates, all.");
		return;
	}
	if (transfer_request(request->db, gates->numbers, (size_t)gates->count, full->count > 0 && full->numbers[0] != 0, &id) != DB_OK)
		web_database_problem(request);
	else
		accepted(request, id);
}

void stop_transfer(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0);

	if (transfer_stop(request->db, id) != DB_OK)
		web_database_problem(request);
	else
		answer(request, id);
}

void repeat_transfer(struct web_request *request)
{
	int64_t id;

	if (transfer_repeat(request->db, web_int(request, "id", 0), &id) != DB_OK)
		web_database_problem(request);
	else
		accepted(request, id);
}
