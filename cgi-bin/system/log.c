/* /system/log: who did what (M-1). As CSV see export.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cgi-bin/system/handlers.h"
#include "gate/codes.h"
#include "web/csv_reply.h"
#include "web/present.h"

const struct web_field log_parameters[] = {
	{"from", .where = WEB_QUERY, .type = WEB_TIME},
	{"to", .where = WEB_QUERY, .type = WEB_TIME},
	{"operator", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"action", WEB_QUERY, WEB_WORD, .many = 40, .from_code = system_action_from_code},
	{"outcome", WEB_QUERY, WEB_WORD, .many = 3, .from_code = system_outcome_from_code},
	{"origin", WEB_QUERY, WEB_WORD, .many = 4, .from_code = system_origin_from_code},
	{"q", WEB_QUERY, WEB_TEXT, .lo = 1, .hi = 100},
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 500},
	{"after", WEB_QUERY, WEB_TOKEN, .lo = 5, .hi = 64},
	CSV_PARAMETERS, {0},
};

/* The words of a list as a text array; they are ours, so they need no quotes. NULL when the list was not given. */
static char *word_array(const struct web_request *request, const char *name, const char *(*word)(int number))
{
	const struct web_value *value = web_value(request, name);
	struct buf out = {0};

	if (value->count == 0)
		return NULL;
	for (int i = 0; i < value->count; i++)
		buf_addf(&out, "%c%s", i == 0 ? '{' : ',', word((int)value->numbers[i]));
	buf_addc(&out, '}');
	return buf_take(&out);
}

static int read_after(struct web_request *request, struct log_cursor *after)
{
	const char *text = web_text(request, "after", NULL);
	long long at, id;
	int month;
	char end;

	if (text == NULL)
		return 0;
	if (sscanf(text, "%d-%lld-%lld%c", &month, &at, &id, &end) != 3 || month < 190001 || month > 999912 || month % 100 < 1 || month % 100 > 12 ||
	    at < 0 || at > 253402300799000000 || id < 0)
		return web_field_problem(request, "?after", "malformed", "Give next as it was given.");
	*after = (struct log_cursor){month, at, id};
	return 0;
}

static void put_entry(struct json *json, const struct log_entry *entry)
{
	put_object(json, NULL);
	put_int(json, "id", entry->id);
	if (entry->number != 0)
		put_int(json, "number", entry->number);
	else
		put_null(json, "number");
	put_text_or_null(json, "hash", entry->hash);
	put_time_or_null(json, "sealed_at", entry->sealed_ms);
	put_time(json, "at", entry->at_ms);
	if (entry->operator_id != 0 || entry->operator_name[0] != '\0') {
		put_object(json, "operator");
		if (entry->operator_id != 0)
			put_int(json, "id", entry->operator_id);
		else
			put_null(json, "id");
		put_string(json, "name", entry->operator_name);
		put_end_object(json);
	} else {
		put_null(json, "operator");
	}
	put_string(json, "origin", entry->origin);
	put_text_or_null(json, "remote_addr", entry->remote_addr);
	put_string(json, "action", entry->action);
	put_text_or_null(json, "method", entry->method);
	put_text_or_null(json, "path", entry->path);
	put_string(json, "outcome", entry->outcome);
	if (entry->status != 0)
		put_int(json, "status", entry->status);
	else
		put_null(json, "status");
	put_text_or_null(json, "object", entry->object);
	if (entry->details[0] != '\0')
		put_raw(json, "details", entry->details);
	else
		put_null(json, "details");
	put_end_object(json);
}

static int put_sealed(struct web_request *request)
{
	struct json *json = &request->json;
	struct db_rows *rows;

	if (log_sealed(request->db, &rows) != DB_OK)
		return web_database_problem(request);
	if (db_rows_count(rows) == 1) {
		put_object(json, "sealed");
		put_int(json, "number", db_int(rows, 0, 0));
		put_string(json, "hash", db_text(rows, 0, 1));
		put_time(json, "at", db_int(rows, 0, 2));
		put_end_object(json);
	} else {
		put_null(json, "sealed");
	}
	db_rows_free(rows);
	return 0;
}

static void put_page(struct web_request *request, const struct log_page *page)
{
	struct json *json = &request->json;
	struct log_entry entry;
	char next[80];

	put_array(json, "entries");
	for (int i = 0; i < page->count; i++) {
		log_entry_read(page, i, &entry);
		put_entry(json, &entry);
	}
	put_end_array(json);
	snprintf(next, sizeof(next), "%d-%lld-%lld", page->next.month, (long long)page->next.at_us, (long long)page->next.id);
	put_string(json, "next", page->more ? next : NULL);
	if (page->more)
		web_link_next(request, next);
}

static void list(struct web_request *request, const struct log_filter *filter)
{
	struct log_page page;

	if (log_read_page(request->db, filter, &page) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(&request->json, NULL);
	put_page(request, &page);
	db_rows_free(page.rows);
	if (put_sealed(request) == 0)
		put_end_object(&request->json);
}

void list_log(struct web_request *request)
{
	char *actions = word_array(request, "action", system_action_code);
	char *outcomes = word_array(request, "outcome", system_outcome_code);
	char *origins = word_array(request, "origin", system_origin_code);
	struct log_filter filter = {
		.from_ms = web_int(request, "from", 0),
		.to_ms = web_int(request, "to", 0),
		.operator_id = (int)web_int(request, "operator", 0),
		.actions = actions,
		.outcomes = outcomes,
		.origins = origins,
		.q = web_text(request, "q", NULL),
		.limit = (int)web_int(request, "limit", 50),
	};
	int form = csv_accepted(request);

	if (form >= 0 && filter.from_ms != 0 && filter.to_ms != 0 && filter.from_ms > filter.to_ms)
		web_field_problem(request, "?from", "conflicting", "from is after to.");
	else if (form == 1)
		export_log(request, &filter);
	else if (form == 0 && read_after(request, &filter.after) == 0)
		list(request, &filter);
	free(actions);
	free(outcomes);
	free(origins);
}
