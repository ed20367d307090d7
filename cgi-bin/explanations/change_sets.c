/* /change-sets: who changed what, when, before and after (M-2). As CSV see export.c. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cgi-bin/explanations/handlers.h"
#include "web/csv_reply.h"
#include "web/present.h"

static const char *const subjects[] = {"cardholder", "department", "gate", "gate_group", "management_group", "controller"};

static int subject_from_word(const char *word)
{
	for (size_t i = 0; i < lengthof(subjects); i++)
		if (strcmp(word, subjects[i]) == 0)
			return (int)i;
	return -1;
}

const struct web_field change_set_list_parameters[] = {
	{"kind", WEB_QUERY, WEB_TOKEN, .lo = 1, .hi = 64, .many = 40},
	{"operator", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"from", .where = WEB_QUERY, .type = WEB_TIME},
	{"to", .where = WEB_QUERY, .type = WEB_TIME},
	{"subject", WEB_QUERY, WEB_WORD, .from_code = subject_from_word},
	{"subject_id", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 500},
	{"after", WEB_QUERY, WEB_INT, .lo = 1, .hi = 9007199254740991},
	CSV_PARAMETERS, {0},
};
const struct web_field change_set_parameters[] = {
	{"revision", WEB_PATH, WEB_INT, .lo = 1, .hi = 9007199254740991},
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 1000},
	{"after", WEB_QUERY, WEB_TOKEN, .lo = 3, .hi = 24},
	CSV_PARAMETERS, {0},
};

/* Members of a ChangeSet into an open object. */
static void put_change_set(struct json *json, const struct change_set *set)
{
	put_int(json, "revision", set->revision);
	put_time(json, "at", set->at_ms);
	put_ref(json, "operator", set->operator_id, set->operator_name);
	put_string(json, "origin", set->origin);
	put_string(json, "kind", set->kind);
	put_string(json, "comment", set->comment);
	put_raw(json, "counts", set->counts);
}

static int read_filter(struct web_request *request, struct change_filter *filter)
{
	const struct web_value *kinds = web_value(request, "kind");

	*filter = (struct change_filter){
		.kinds = kinds->texts,
		.kind_count = (size_t)kinds->count,
		.operator_id = web_int(request, "operator", 0),
		.from_ms = web_int(request, "from", 0),
		.to_ms = web_int(request, "to", 0),
		.subject_id = web_int(request, "subject_id", 0),
		.before = web_int(request, "after", 0),
		.limit = (int)web_int(request, "limit", 50),
	};
	if (web_given(request, "subject") != web_given(request, "subject_id"))
		return web_field_problem(request, web_given(request, "subject") ? "?subject_id" : "?subject", "missing", "subject and subject_id go together.");
	if (web_given(request, "subject"))
		filter->subject = subjects[web_int(request, "subject", 0)];
	if (filter->from_ms != 0 && filter->to_ms != 0 && filter->from_ms > filter->to_ms)
		return web_field_problem(request, "?from", "conflicting", "from is after to.");
	return 0;
}

void list_change_sets(struct web_request *request)
{
	struct json *json = &request->json;
	struct change_filter filter;
	struct change_page page;
	struct change_set set;
	char next[24];
	int form = csv_accepted(request);

	if (form < 0 || read_filter(request, &filter) != 0)
		return;
	if (form == 1) {
		export_change_sets(request, &filter);
		return;
	}
	if (change_sets_list(request->db, &filter, &page) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "change_sets");
	for (int i = 0; i < page.count; i++) {
		change_set_read(page.rows, i, &set);
		put_object(json, NULL);
		put_change_set(json, &set);
		put_end_object(json);
	}
	put_end_array(json);
	snprintf(next, sizeof(next), "%lld", (long long)page.next);
	put_string(json, "next", page.more ? next : NULL);
	if (page.more)
		web_link_next(request, next);
	put_end_object(json);
	db_rows_free(page.rows);
}

static void put_change(struct json *json, const struct change_row *change)
{
	put_object(json, NULL);
	put_string(json, "table", change->table);
	put_int(json, "id", change->id);
	put_string(json, "label", change->label);
	put_string(json, "action", change->action);
	put_raw(json, "before", change->before[0] != '\0' ? change->before : "null");
	put_raw(json, "after", change->after[0] != '\0' ? change->after : "null");
	put_raw(json, "changed", change->changed[0] != '\0' ? change->changed : "null");
	put_end_object(json);
}

static void put_changes(struct web_request *request, const struct db_rows *rows, int limit)
{
	struct json *json = &request->json;
	struct change_row change = {0};
	bool more = db_rows_count(rows) == limit;
	char next[32];

	put_array(json, "changes");
	for (int i = 0; i < db_rows_count(rows); i++) {
		change_row_read(rows, i, &change);
		put_change(json, &change);
	}
	put_end_array(json);
	snprintf(next, sizeof(next), "%d-%d", change.table_number, change.id);
	put_string(json, "next", more ? next : NULL);
	if (more)
		web_link_next(request, next);
}

void get_change_set(struct web_request *request)
{
	int64_t revision = web_int(request, "revision", 0);
	int limit = (int)web_int(request, "limit", 200);
	long long table_number = 0, id = 0;
	const char *after = web_text(request, "after", NULL);
	struct db_rows *rows, *changes;
	struct change_set set;
	char end;
	int form = csv_accepted(request);

	if (form < 0)
		return;
	if (after != NULL && (sscanf(after, "%lld-%lld%c", &table_number, &id, &end) != 2 || table_number < 1 || table_number > 100 || id < 0 ||
			      id > INT32_MAX)) {
		web_field_problem(request, "?after", "malformed", "Give next as it was given.");
		return;
	}
	if (form == 1) {
		export_change_set(request, revision);
		return;
	}
	enum db_result found = change_set_find(request->db, revision, &rows, &set);
	if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	if (found != DB_OK || change_rows_list(request->db, revision, (int)table_number, (int)id, limit, &changes) != DB_OK) {
		web_database_problem(request);
		if (found == DB_OK)
			db_rows_free(rows);
		return;
	}
	put_object(&request->json, NULL);
	put_change_set(&request->json, &set);
	put_changes(request, changes, limit);
	put_end_object(&request->json);
	db_rows_free(changes);
	db_rows_free(rows);
}
