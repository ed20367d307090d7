/* /explanations: one person at one gate at a moment, or an event; everybody at a gate; every gate of a person (G-10). */
#include <stdio.h>

#include "base/clock.h"
#include "cgi-bin/explanations/handlers.h"
#include "db/explanation.h"
#include "web/present.h"

#define AT {"at", .where = WEB_QUERY, .type = WEB_TIME}
#define PAGE {"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 1000}, {"after", WEB_QUERY, WEB_INT, .lo = 0, .hi = INT32_MAX}
#define TIME_LO (-62135596800000LL)
#define TIME_HI 253402300799000LL

const struct web_field explanation_parameters[] = {
	{"cardholder", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"card", WEB_QUERY, WEB_TOKEN, .lo = 1, .hi = 16},
	{"gate", WEB_QUERY, WEB_INT, .lo = 1, .hi = 32767},
	AT,
	{"event", WEB_QUERY, WEB_TOKEN, .lo = 3, .hi = 40},
	{"t", .where = WEB_QUERY, .type = WEB_TIME},
	{0},
};
const struct web_field passers_parameters[] = {
	{"gate", WEB_QUERY, WEB_INT, .lo = 1, .hi = 32767, .required = true},
	AT, PAGE, {0},
};
const struct web_field opened_parameters[] = {
	{"cardholder", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX, .required = true},
	AT, PAGE, {0},
};

/* The moment asked about; now when none was given. 0, or -1 with the problem set. */
static int read_moment(struct web_request *request, const char *name, int64_t *at_ms)
{
	*at_ms = web_int(request, name, clock_wall_ms());
	if (*at_ms < TIME_LO || *at_ms > TIME_HI)
		return web_field_problem(request, name[0] == 't' ? "?t" : "?at", "out_of_range", "Years 0001 to 9999.");
	return 0;
}

static void put_revision(struct json *json, const char *key, int64_t revision)
{
	if (revision == 0)
		put_null(json, key);
	else
		put_int(json, key, revision);
}

static void put_held(struct json *json, const struct explanation_held *held)
{
	put_revision(json, "held_revision", held->revision);
	put_time_or_null(json, "held_since", held->since_ms);
	put_revision(json, "list_revision", held->list_revision);
	put_time_or_null(json, "list_since", held->list_since_ms);
	put_int(json, "server_revision", held->server_revision);
}

static void put_person(struct json *json, const char *key, int64_t id, const char *employee_number, const char *name)
{
	if (id == 0) {
		put_null(json, key);
		return;
	}
	put_object(json, key);
	put_int(json, "id", id);
	put_string(json, "employee_number", employee_number);
	put_string(json, "name", name);
	put_end_object(json);
}

static void put_explanation(struct json *json, const struct explanation *explanation)
{
	put_object(json, NULL);
	put_person(json, "cardholder", explanation->cardholder_id, explanation->employee_number, explanation->name);
	put_text_or_null(json, "card_number", explanation->card_number);
	put_ref(json, "gate", explanation->gate_id, explanation->gate);
	put_time(json, "at", explanation->at_ms);
	put_string(json, "verdict", explanation->verdict);
	put_string(json, "server_verdict", explanation->server_verdict);
	put_raw(json, "reasons", explanation->reasons);
	put_held(json, &explanation->held);
	put_raw(json, "event", explanation->event[0] != '\0' ? explanation->event : "null");
	put_end_object(json);
}

static void reply(struct web_request *request, enum db_result found, struct db_rows *rows, const struct explanation *explanation)
{
	if (found == DB_FAILED) {
		web_database_problem(request);
	} else if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else {
		put_explanation(&request->json, explanation);
		db_rows_free(rows);
	}
}

static void explain_event(struct web_request *request)
{
	struct db_rows *rows = NULL;
	struct explanation explanation;
	long long log, seq;
	int64_t t_ms;
	char end;

	if (web_given(request, "cardholder") || web_given(request, "gate") || web_given(request, "at") || web_given(request, "card")) {
		web_field_problem(request, "?event", "conflicting", "Give either event and t, or cardholder, gate and at.");
	} else if (!web_given(request, "t")) {
		web_field_problem(request, "?t", "missing", "The time of the event, as the history gives it.");
	} else if (sscanf(web_text(request, "event", ""), "%lld-%lld%c", &log, &seq, &end) != 2 || log <= 0 || log > INT32_MAX || seq < 0 ||
		   seq > INT32_MAX) {
		web_field_problem(request, "?event", "malformed", "Give the id as the history gave it.");
	} else if (read_moment(request, "t", &t_ms) == 0) {
		enum db_result found = explanation_of_event(request->db, log, seq, t_ms, &rows, &explanation);
		reply(request, found, rows, &explanation);
	}
}

void get_explanation(struct web_request *request)
{
	struct db_rows *rows = NULL;
	struct explanation explanation;
	int64_t at_ms;

	if (web_given(request, "event")) {
		explain_event(request);
		return;
	}
	if (!web_given(request, "cardholder") || !web_given(request, "gate")) {
		web_field_problem(request, web_given(request, "cardholder") ? "?gate" : "?cardholder", "missing", "Give cardholder and gate, or event and t.");
		return;
	}
	if (web_given(request, "t")) {
		web_field_problem(request, "?t", "conflicting", "t goes with event; the moment is at.");
		return;
	}
	if (read_moment(request, "at", &at_ms) != 0)
		return;
	enum db_result found = explanation_find(request->db, web_int(request, "cardholder", 0), web_text(request, "card", NULL),
						web_int(request, "gate", 0), at_ms, &rows, &explanation);
	reply(request, found, rows, &explanation);
}

static void put_next(struct web_request *request, const struct db_rows *rows, int limit)
{
	int count = db_rows_count(rows);
	char next[24];

	if (count < limit) {
		put_null(&request->json, "next");
		return;
	}
	snprintf(next, sizeof(next), "%lld", (long long)db_int(rows, count - 1, 0));
	put_string(&request->json, "next", next);
	web_link_next(request, next);
}

/* pass_level, held, server in adjoining columns. */
static void put_sides(struct json *json, const struct db_rows *rows, int row, int column)
{
	put_int(json, "pass_level", db_int(rows, row, column));
	if (db_null(rows, row, column + 1))
		put_null(json, "held");
	else
		put_bool(json, "held", db_bool(rows, row, column + 1));
	put_bool(json, "server", db_bool(rows, row, column + 2));
}

void list_passers(struct web_request *request)
{
	struct json *json = &request->json;
	int64_t gate = web_int(request, "gate", 0), at_ms;
	int limit = (int)web_int(request, "limit", 200);
	struct explanation_gate held;
	struct db_rows *rows;

	if (read_moment(request, "at", &at_ms) != 0)
		return;
	enum db_result found = explanation_gate(request->db, gate, at_ms, &held);
	if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	if (found != DB_OK || explanation_passers(request->db, gate, at_ms, web_int(request, "after", 0), limit, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_ref(json, "gate", gate, held.name);
	put_time(json, "at", at_ms);
	put_held(json, &held.held);
	put_array(json, "cardholders");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_person(json, "cardholder", db_int(rows, i, 0), db_text(rows, i, 1), db_text(rows, i, 2));
		put_ref(json, "department", db_int(rows, i, 3), db_text(rows, i, 4));
		put_string(json, "card_number", db_text(rows, i, 5));
		put_sides(json, rows, i, 6);
		put_end_object(json);
	}
	put_end_array(json);
	put_next(request, rows, limit);
	put_end_object(json);
	db_rows_free(rows);
}

void list_opened(struct web_request *request)
{
	struct json *json = &request->json;
	int64_t cardholder = web_int(request, "cardholder", 0), at_ms;
	int limit = (int)web_int(request, "limit", 1000);
	struct db_rows *person = NULL, *rows;

	if (read_moment(request, "at", &at_ms) != 0)
		return;
	enum db_result found = explanation_person(request->db, cardholder, &person);
	if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	if (found != DB_OK || explanation_gates(request->db, cardholder, at_ms, web_int(request, "after", 0), limit, &rows) != DB_OK) {
		web_database_problem(request);
		db_rows_free(person);
		return;
	}
	put_object(json, NULL);
	put_person(json, "cardholder", cardholder, db_text(person, 0, 1), db_text(person, 0, 2));
	put_time(json, "at", at_ms);
	put_array(json, "gates");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_ref(json, "gate", db_int(rows, i, 0), db_text(rows, i, 1));
		put_string(json, "card_number", db_text(rows, i, 2));
		put_sides(json, rows, i, 3);
		put_revision(json, "held_revision", db_int(rows, i, 6));
		put_revision(json, "list_revision", db_int(rows, i, 7));
		put_end_object(json);
	}
	put_end_array(json);
	put_next(request, rows, limit);
	put_end_object(json);
	db_rows_free(person);
	db_rows_free(rows);
}
