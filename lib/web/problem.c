/* The table of problems, and the one mapping from SQLSTATE. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "web/json.h"
#include "web/problem.h"
#include "web/request.h"

static const struct {
	int status;
	const char *code, *title, *detail;
} kinds[WEB_PROBLEM_KINDS] = {
	[WEB_PROBLEM_NONE] = {200, "none", "", ""},
	[WEB_PROBLEM_BAD_REQUEST] = {400, "bad_request", "Bad request", "Correct the fields that errors names."},
	[WEB_PROBLEM_NOT_LOGGED_IN] = {401, "not_logged_in", "Not logged in", "Log in (again): POST /api/v1/session."},
	[WEB_PROBLEM_LOGIN_FAILED] = {401, "login_failed", "Log-in failed",
		"Operator name or password is wrong, or the operator is disabled. Check both, or ask an administrator."},
	[WEB_PROBLEM_FORBIDDEN] = {403, "forbidden", "Not allowed", "You have no right to this. Ask an administrator for it."},
	[WEB_PROBLEM_CROSS_SITE] = {403, "cross_site", "Sent from another site",
		"Changes are taken from this server's own pages only (Sec-Fetch-Site same-origin or absent)."},
	[WEB_PROBLEM_NOT_FOUND] = {404, "not_found", "Not found", "It does not exist, or is outside your scope."},
	[WEB_PROBLEM_METHOD_NOT_ALLOWED] = {405, "method_not_allowed", "Method not allowed", "Use one of the methods in the Allow header."},
	[WEB_PROBLEM_NOT_ACCEPTABLE] = {406, "not_acceptable", "Not acceptable", "Accept application/json or text/csv."},
	[WEB_PROBLEM_CONFLICT] = {409, "conflict", "Conflict", "It does not fit what is there, a name that is taken for instance. Change it and try again."},
	[WEB_PROBLEM_LIMIT_REACHED] = {409, "limit_reached", "Limit reached", "A limit of this edition is reached."},
	[WEB_PROBLEM_BUSY] = {409, "busy", "Busy", "Somebody else's change is under way. Try again in a moment."},
	[WEB_PROBLEM_CHANGED] = {412, "changed", "Changed meanwhile",
		"Somebody changed it after you read it. Look at current, and send your change again with its ETag."},
	[WEB_PROBLEM_TOO_LARGE] = {413, "too_large", "Too large", "The body is larger than 262144 bytes. Send less at a time."},
	[WEB_PROBLEM_UNSUPPORTED_TYPE] = {415, "unsupported_type", "Unsupported media type", "Send Content-Type: application/json."},
	[WEB_PROBLEM_INVALID] = {422, "invalid", "Refused", "It is well-formed but breaks a rule."},
	[WEB_PROBLEM_KEY_REUSED] = {422, "key_reused", "Idempotency-Key used before", "The key belongs to another request. Use a new one."},
	[WEB_PROBLEM_IF_MATCH_REQUIRED] = {428, "if_match_required", "If-Match required",
		"Send If-Match with the ETag of the object as you read it."},
	[WEB_PROBLEM_TOO_MANY_TRIES] = {429, "too_many_tries", "Too many tries", "Too many failed log-ins. Wait as Retry-After says."},
	[WEB_PROBLEM_INTERNAL] = {500, "internal", "Internal error", "A fault in the server. Its log says more."},
	[WEB_PROBLEM_DATABASE_UNAVAILABLE] = {503, "database_unavailable", "Database unavailable",
		"PostgreSQL does not answer. The server goes on by itself when it is back."},
	[WEB_PROBLEM_TOO_BUSY] = {503, "too_busy", "Too busy", "All places are taken. Try again in a moment."},
};

int web_problem_status(enum web_problem_kind kind)
{
	return kinds[kind].status;
}

const char *web_problem_code(enum web_problem_kind kind)
{
	return kinds[kind].code;
}

int web_problem(struct web_request *request, enum web_problem_kind kind, const char *detail)
{
	struct web_problem *problem = &request->problem;

	problem->kind = kind;
	request->status = kinds[kind].status;
	snprintf(problem->detail, sizeof(problem->detail), "%s", detail ? detail : "");
	if (request->status == 503 && problem->retry_after_s == 0)
		problem->retry_after_s = 1;
	return -1;
}

int web_field_problem(struct web_request *request, const char *pointer, const char *code, const char *format, ...)
{
	struct web_problem *problem = &request->problem;
	char detail[300];
	va_list args;

	if (problem->kind != WEB_PROBLEM_BAD_REQUEST && problem->kind != WEB_PROBLEM_INVALID)
		web_problem(request, WEB_PROBLEM_BAD_REQUEST, NULL);
	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	web_problem_field(request, pointer, code, detail);
	return -1;
}

void web_problem_field(struct web_request *request, const char *pointer, const char *code, const char *detail)
{
	struct web_problem *problem = &request->problem;
	struct json json = {0};

	if (problem->errors.len > 8000)	/* a hostile request may have thousands */
		return;
	put_object(&json, NULL);
	put_string(&json, "pointer", pointer);
	put_string(&json, "code", code);
	put_string(&json, "detail", detail);
	put_end_object(&json);
	if (problem->errors.len > 0)
		buf_addc(&problem->errors, ',');
	buf_add(&problem->errors, json.text.data, json.text.len);
	buf_free(&json.text);
}

/* Exact states first, then classes (two characters). */
static const struct {
	const char *state;
	enum web_problem_kind kind;
} states[] = {
	{"KD001", WEB_PROBLEM_CHANGED},
	{"KD002", WEB_PROBLEM_LIMIT_REACHED},
	{"KD003", WEB_PROBLEM_NOT_FOUND},
	{"KD004", WEB_PROBLEM_FORBIDDEN},
	{"KD006", WEB_PROBLEM_CONFLICT},
	{"KD007", WEB_PROBLEM_INVALID},
	{"KD008", WEB_PROBLEM_TOO_MANY_TRIES},
	{"42501", WEB_PROBLEM_FORBIDDEN},	/* row-level security refused a row that the handler did not */
	{"23505", WEB_PROBLEM_CONFLICT},	/* unique */
	{"23P01", WEB_PROBLEM_CONFLICT},	/* exclusion */
	{"23503", WEB_PROBLEM_INVALID},		/* foreign key */
	{"23514", WEB_PROBLEM_INVALID},		/* check */
	{"23502", WEB_PROBLEM_INVALID},		/* not null */
	{"22", WEB_PROBLEM_INVALID},		/* a value that PostgreSQL can not hold */
	{"55P03", WEB_PROBLEM_BUSY},		/* lock_timeout */
	{"40", WEB_PROBLEM_BUSY},		/* deadlock, serialisation */
	{"57014", WEB_PROBLEM_TOO_BUSY},	/* statement_timeout */
	{"08", WEB_PROBLEM_DATABASE_UNAVAILABLE},
	{"57P", WEB_PROBLEM_DATABASE_UNAVAILABLE},
	{"53", WEB_PROBLEM_DATABASE_UNAVAILABLE},
	{"25006", WEB_PROBLEM_DATABASE_UNAVAILABLE},	/* a standby */
};

enum web_problem_kind web_problem_of(const struct db_error *error)
{
	for (size_t i = 0; i < lengthof(states); i++)
		if (strncmp(error->sqlstate, states[i].state, strlen(states[i].state)) == 0)
			return states[i].kind;
	return WEB_PROBLEM_INTERNAL;
}

/* Constraints and what they are about. Of what is taken, who has it is not said: they may be out of scope. */
static const struct {
	const char *constraint, *pointer, *code, *words;
} constraints[] = {
	{"cardholder_employee_number", "/employee_number", "taken", "There is one already."},
	{"credential_card_number", "/card_number", "taken", "There is one already."},
	{"department_code", "/code", "taken", "There is one already."},
	{"management_group_name", "/name", "taken", "There is one already."},
	{"gate_group_name", "/name", "taken", "There is one already."},
	{"controller_serial", "/serial", "taken", "There is one already."},
	{"controller_address", "/address", "taken", "There is one already."},
	{"permit_once", "/valid_from", "taken", "There is one already."},
	{"cardholder_check", "/valid_to", "out_of_range", "Later than valid_from."},
	{"permit_check", "/valid_to", "out_of_range", "Later than valid_from."},
	{"cardholder_valid_from_minute", "/valid_from", "not_whole_minute", "A time in whole minutes is wanted."},
	{"cardholder_valid_to_minute", "/valid_to", "not_whole_minute", "A time in whole minutes is wanted."},
	{"permit_valid_from_minute", "/valid_from", "not_whole_minute", "A time in whole minutes is wanted."},
	{"permit_valid_to_minute", "/valid_to", "not_whole_minute", "A time in whole minutes is wanted."},
	{"operator_name", "/name", "taken", "There is one already."},
	{"operator_remote_user_key", "/remote_user", "taken", "There is one already."},
};

/* The field that the database refused, where it says which. */
static void name_field(struct web_request *request, const struct db_error *error, bool ours)
{
	char pointer[80];

	if (ours && (error->column[0] != '\0' || error->hint[0] != '\0')) {
		snprintf(pointer, sizeof(pointer), "%s%s", error->column[0] ? "/" : "", error->column);
		web_problem_field(request, pointer, error->hint[0] ? error->hint : "refused", error->message);
	}
	for (size_t i = 0; strncmp(error->sqlstate, "23", 2) == 0 && i < lengthof(constraints); i++)
		if (strcmp(error->constraint, constraints[i].constraint) == 0)
			web_problem_field(request, constraints[i].pointer, constraints[i].code, constraints[i].words);
}

int web_database_problem(struct web_request *request)
{
	const struct db_error *error = db_error(request->db);
	enum web_problem_kind kind = web_problem_of(error);
	bool ours = strncmp(error->sqlstate, "KD", 2) == 0;	/* its words were written to be shown */

	if (kind == WEB_PROBLEM_INTERNAL)
		log_warnx("database: %s %s", error->sqlstate, error->message);
	else
		log_debug("database: %s %s", error->sqlstate, error->message);
	/* Of what is out of scope nothing is named, so a conflict's own words stay here. */
	web_problem(request, kind, ours && kind != WEB_PROBLEM_NOT_FOUND && kind != WEB_PROBLEM_CONFLICT ? error->message : NULL);
	if (kind == WEB_PROBLEM_LIMIT_REACHED)
		snprintf(request->problem.limit, sizeof(request->problem.limit), "%s", error->constraint);
	if (kind != WEB_PROBLEM_NOT_FOUND)
		name_field(request, error, ours);
	return -1;
}

void web_problem_write(const struct web_problem *problem, struct buf *out)
{
	struct json json = {.text = *out};
	char type[80];

	snprintf(type, sizeof(type), "urn:kidoban:problem:%s", kinds[problem->kind].code);
	put_object(&json, NULL);
	put_string(&json, "type", type);
	put_string(&json, "title", kinds[problem->kind].title);
	put_int(&json, "status", kinds[problem->kind].status);
	put_string(&json, "detail", problem->detail[0] ? problem->detail : kinds[problem->kind].detail);
	if (problem->limit[0] != '\0')
		put_string(&json, "limit", problem->limit);
	if (problem->has_count)
		put_int(&json, "count", problem->count);
	if (problem->errors.len > 0) {
		put_array(&json, "errors");
		put_raw(&json, NULL, buf_text(&problem->errors));
		put_end_array(&json);
	}
	if (problem->current.len > 0)
		put_raw(&json, "current", buf_text(&problem->current));
	put_end_object(&json);
	*out = json.text;
}

void web_problem_free(struct web_problem *problem)
{
	buf_free(&problem->errors);
	buf_free(&problem->current);
}
