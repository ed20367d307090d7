/* Adding, changing, deleting, logging out. How far it may go, the database says. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cgi-bin/operators/handlers.h"
#include "web/audit.h"
#include "web/password.h"

static int level_from_word(const char *word)
{
	for (enum right_level level = LEVEL_NONE; level <= LEVEL_EDIT; level++)
		if (strcmp(word, right_level_name(level)) == 0)
			return (int)level;
	return -1;
}

#define RIGHT(name) {name, .type = WEB_WORD, .from_code = level_from_word}
static const struct web_field rights_members[] = {
	RIGHT("history"), RIGHT("cardholders"), RIGHT("cardholder_import"), RIGHT("vein_import"), RIGHT("gates"), RIGHT("management_groups"),
	RIGHT("departments"), RIGHT("operators"), RIGHT("calendars"), RIGHT("data_interface"), RIGHT("permit_transfer"), RIGHT("calendar_transfer"),
	RIGHT("system_log"), RIGHT("change_history"), RIGHT("system_administration"), RIGHT("gate_parameters"), RIGHT("ic_card_parameters"),
	RIGHT("global_apb"), RIGHT("mutual_auth_password"), {0},
};
_Static_assert(lengthof(rights_members) == FUNCTION_COUNT + 1, "every function of A-2 has a right");
static const struct web_field scope_members[] = {
	{"all_management_groups", .type = WEB_BOOL},
	{"all_departments", .type = WEB_BOOL},
	{"management_groups", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 500, .nullable = true},
	{"departments", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 5000, .nullable = true},
	{0},
};
const struct web_field operator_fields[] = {
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64, .required = true},
	{"display_name", .type = WEB_TEXT, .lo = 0, .hi = 64},
	{"role", .type = WEB_WORD, .from_code = role_from_word, .required = true},
	{"disabled", .type = WEB_BOOL},
	{"password", .type = WEB_TEXT, .lo = 1, .hi = PASSWORD_LENGTH},
	{"remote_user", .type = WEB_TEXT, .lo = 1, .hi = 256, .nullable = true},
	{"rights", .type = WEB_OBJECT, .hi = 2000, .members = rights_members},
	{"scope", .type = WEB_OBJECT, .hi = 70000, .members = scope_members},
	{0},
};
const struct web_field operator_change_fields[] = {
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64},
	{"display_name", .type = WEB_TEXT, .lo = 0, .hi = 64},
	{"role", .type = WEB_WORD, .from_code = role_from_word},
	{"disabled", .type = WEB_BOOL},
	{"password", .type = WEB_TEXT, .lo = 1, .hi = PASSWORD_LENGTH, .nullable = true},
	{"remote_user", .type = WEB_TEXT, .lo = 1, .hi = 256, .nullable = true},
	{"rights", .type = WEB_OBJECT, .hi = 2000, .members = rights_members},
	{"scope", .type = WEB_OBJECT, .hi = 70000, .members = scope_members},
	{0},
};

static void put_given(struct web_request *request, struct json *json, const char *name)
{
	const struct web_value *value = web_member(request, name);

	if (value->none)
		put_null(json, name);
	else if (value->count > 0)
		put_string(json, name, value->texts[0]);
}

/* What was given, as the database takes it. hash: of the password, NULL when none was given. The caller frees it. */
static char *given_change(struct web_request *request, const char *hash)
{
	static const char *const objects[] = {"rights", "scope"};
	struct json json = {0};

	put_object(&json, NULL);
	put_given(request, &json, "name");
	put_given(request, &json, "display_name");
	put_given(request, &json, "remote_user");
	if (web_member(request, "role")->count > 0)
		put_string(&json, "role", role_word(web_member(request, "role")->numbers[0]));
	if (web_member(request, "disabled")->count > 0)
		put_bool(&json, "disabled", web_member(request, "disabled")->numbers[0] != 0);
	if (web_member(request, "password")->none || hash != NULL)
		put_string(&json, "password_hash", hash);
	for (size_t i = 0; i < lengthof(objects); i++)
		if (web_member(request, objects[i])->count > 0)
			put_raw(&json, objects[i], web_member(request, objects[i])->texts[0]);
	put_end_object(&json);
	return buf_take(&json.text);
}

/* Judges and hashes the given password; hash "" when none was given. present: the operator as it is, NULL for a new one. */
static int take_password(struct web_request *request, const struct db_rows *present, char hash[PASSWORD_HASH_SIZE])
{
	const struct web_value *password = web_member(request, "password");
	const char *own[6] = {NULL};
	static const char *const names[] = {"name", "display_name", "remote_user"};
	struct site site;

	hash[0] = '\0';
	if (password->count == 0)
		return 0;
	for (size_t i = 0; i < lengthof(names); i++)
		if (web_member(request, names[i])->count > 0)
			own[i] = web_member(request, names[i])->texts[0];
	if (present != NULL) {
		own[3] = db_text(present, 0, OPERATOR_NAME);
		own[4] = db_text(present, 0, OPERATOR_DISPLAY_NAME);
		own[5] = db_text(present, 0, OPERATOR_REMOTE_USER);
	}
	if (site_load(request->db, &site) != DB_OK)
		return web_database_problem(request);
	return web_password_new(request, "/password", password->texts[0], site.password_min_length, own, lengthof(own), hash);
}

/* A write failed: the problem, and with CHANGED what the operator is now. */
static void operator_problem(struct web_request *request, enum db_result result, int64_t id)
{
	struct db_rows *rows;
	struct json json = {0};

	if (result == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	web_database_problem(request);
	if (request->problem.kind != WEB_PROBLEM_CHANGED)
		return;
	db_rollback(request->db);	/* the failed transaction can not be asked, so another one is */
	if (web_begin(request) != 0 || operator_find(request->db, id, &rows) != DB_OK)
		return;
	web_header(request, "ETag", "\"%lld\"", (long long)db_int(rows, 0, OPERATOR_REVISION));
	put_operator(&json, rows, 0);
	request->problem.current = json.text;
	db_rows_free(rows);
}

/* "operators/12 name": who it was is known after the operator is gone, too. */
static void note_name(struct web_request *request, int64_t id, const char *name)
{
	char *object = xasprintf("operators/%lld %s", (long long)id, name);

	web_audit_object(request, object);
	free(object);
}

void create_operator(struct web_request *request)
{
	char hash[PASSWORD_HASH_SIZE];
	int64_t id;

	if (take_password(request, NULL, hash) != 0)
		return;
	char *change = given_change(request, hash[0] ? hash : NULL);
	enum db_result result = operator_create(request->db, change, &id);
	free(change);
	if (result != DB_OK) {
		web_database_problem(request);
		return;
	}
	request->status = 201;
	note_name(request, id, web_member(request, "name")->texts[0]);
	web_header(request, "Location", "/api/v1/operators/%lld", (long long)id);
	reply_operator(request, id);
}

/* Whoever demotes or disables themselves can not be shown what became of it. */
static bool leaves_by_it(struct web_request *request, int64_t id)
{
	const struct web_value *role = web_member(request, "role"), *disabled = web_member(request, "disabled");

	return id == request->session.operator_id &&
	       ((role->count > 0 && strcmp(role_word(role->numbers[0]), "system") != 0) || (disabled->count > 0 && disabled->numbers[0] != 0));
}

/* For the system log: what is not the same any more, before and after. A password is only there or not. */
static void note_change(struct web_request *request, const struct db_rows *before, const struct db_rows *after)
{
	static const struct {
		enum operator_column column;
		const char *name;
		bool text;	/* else JSON already */
	} columns[] = {
		{OPERATOR_NAME, "name", true}, {OPERATOR_DISPLAY_NAME, "display_name", true}, {OPERATOR_ROLE, "role", true},
		{OPERATOR_REMOTE_USER, "remote_user", true}, {OPERATOR_RIGHTS, "rights", false},
		{OPERATOR_MANAGEMENT_GROUPS, "management_groups", false}, {OPERATOR_DEPARTMENTS, "departments", false},
	};
	static const struct {
		enum operator_column column;
		const char *name;
	} flags[] = {{OPERATOR_DISABLED, "disabled"}, {OPERATOR_HAS_PASSWORD, "has_password"},
		     {OPERATOR_ALL_MANAGEMENT_GROUPS, "all_management_groups"}, {OPERATOR_ALL_DEPARTMENTS, "all_departments"}};
	const struct db_rows *const sides[] = {before, after};
	struct json json = {0};

	put_object(&json, NULL);
	for (size_t side = 0; side < 2; side++) {
		put_object(&json, side == 0 ? "before" : "after");
		for (size_t i = 0; i < lengthof(columns); i++) {
			if (strcmp(db_text(before, 0, columns[i].column), db_text(after, 0, columns[i].column)) == 0)
				continue;
			(columns[i].text ? put_string : put_raw)(&json, columns[i].name, db_text(sides[side], 0, columns[i].column));
		}
		for (size_t i = 0; i < lengthof(flags); i++)
			if (db_bool(before, 0, flags[i].column) != db_bool(after, 0, flags[i].column))
				put_bool(&json, flags[i].name, db_bool(sides[side], 0, flags[i].column));
		put_end_object(&json);
	}
	put_end_object(&json);
	web_audit_details(request, buf_text(&json.text));
	buf_free(&json.text);
}

static void reply_changed(struct web_request *request, int64_t id, const struct db_rows *before)
{
	struct db_rows *after;

	if (operator_find(request->db, id, &after) != DB_OK) {
		web_database_problem(request);
		return;
	}
	note_change(request, before, after);
	web_header(request, "ETag", "\"%lld\"", (long long)db_int(after, 0, OPERATOR_REVISION));
	put_operator(&request->json, after, 0);
	db_rows_free(after);
}

static void change_operator(struct web_request *request, int64_t id, const struct db_rows *present, const char *change)
{
	enum db_result result = operator_update(request->db, id, request->if_match, change);

	if (result != DB_OK)
		operator_problem(request, result, id);
	else if (leaves_by_it(request, id))
		request->status = 204;
	else
		reply_changed(request, id, present);
}

void patch_operator(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0);
	char hash[PASSWORD_HASH_SIZE];
	struct db_rows *present;
	enum db_result found = operator_find(request->db, id, &present);

	if (found != DB_OK) {
		operator_problem(request, found, id);
		return;
	}
	note_name(request, id, db_text(present, 0, OPERATOR_NAME));
	if (take_password(request, present, hash) == 0) {
		char *change = given_change(request, hash[0] ? hash : NULL);
		if (strcmp(change, "{}") == 0)
			web_field_problem(request, "", "missing", "Give at least one field to change.");
		else
			change_operator(request, id, present, change);
		free(change);
	}
	db_rows_free(present);
}

void delete_operator(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0);
	struct db_rows *present;
	enum db_result result = operator_find(request->db, id, &present);

	if (result == DB_OK) {
		note_name(request, id, db_text(present, 0, OPERATOR_NAME));
		db_rows_free(present);
		result = operator_delete(request->db, id, request->if_match);
	}
	if (result == DB_OK)
		request->status = 204;
	else
		operator_problem(request, result, id);
}

void log_out_operator(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0), ended;
	enum db_result result = operator_log_out(request->db, id, &ended);

	if (result != DB_OK) {
		operator_problem(request, result, id);
		return;
	}
	put_object(&request->json, NULL);
	put_int(&request->json, "ended", ended);
	put_end_object(&request->json);
}

void end_session(struct web_request *request)
{
	if (operator_session_end(request->db, web_int(request, "id", 0)) == DB_OK)
		request->status = 204;
	else
		web_database_problem(request);
}
