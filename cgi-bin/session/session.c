/* GET, POST and DELETE /session. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/token.h"
#include "cgi-bin/session/handlers.h"
#include "web/audit.h"
#include "web/password.h"
#include "web/present.h"
#include "web/server.h"

#define COOKIE "__Host-kidoban=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s"

const struct web_field login_fields[] = {
	{"operator", .type = WEB_TEXT, .lo = 1, .hi = 100, .required = true},
	{"password", .type = WEB_TEXT, .lo = 1, .hi = 500, .required = true},
	{0},
};

void set_cookie(struct web_request *request, const char *token)
{
	web_header(request, "Set-Cookie", COOKIE, token, token[0] == '\0' ? "; Max-Age=0" : "");
}

/* The reply of GET and POST; in the session's transaction. */
static void put_session(struct web_request *request)
{
	const struct session *session = &request->session;
	struct json *json = &request->json;
	struct site site;
	int64_t created_ms, previous_ms;

	if (site_load(request->db, &site) != DB_OK || session_times(request->db, &created_ms, &previous_ms) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_object(json, "operator");
	put_int(json, "id", session->operator_id);
	put_string(json, "name", session->name);
	put_string(json, "display_name", session->display_name);
	put_string(json, "role", session->role);
	put_end_object(json);
	put_object(json, "rights");
	for (int f = 0; f < FUNCTION_COUNT; f++)
		put_string(json, right_function_name(f), right_level_name(session->rights[f]));
	put_end_object(json);
	put_object(json, "scope");
	put_bool(json, "all_management_groups", session->all_management_groups);
	put_bool(json, "all_departments", session->all_departments);
	put_raw(json, "management_groups", session->management_groups);
	put_raw(json, "departments", session->departments);
	put_end_object(json);
	put_time(json, "logged_in_at", created_ms);
	put_time_or_null(json, "previous_login_at", previous_ms);
	put_time(json, "expires_at", session->expires_ms);
	put_int(json, "idle_timeout_s", session->idle_timeout_s);
	put_string(json, "login", session->by_remote_user ? "remote_user" : "password");
	put_object(json, "server");
	put_string(json, "name", "Kidoban");
	put_string(json, "version", PACKAGE_VERSION);
	put_string(json, "edition", site.edition);
	put_string(json, "time_zone", site.time_zone);
	put_time(json, "now", clock_wall_ms());
	put_int(json, "password_min_length", site.password_min_length);
	put_end_object(json);
	put_end_object(json);
}

/* Makes token the request's session and answers it. */
static void answer_new_session(struct web_request *request, const char *token)
{
	memcpy(request->token, token, sizeof(request->token));
	if (web_begin(request) != 0)
		return;
	set_cookie(request, token);
	put_session(request);
}

/* The session that the browser had must not live on beside the new one. */
static int end_old_session(struct web_request *request)
{
	if (request->token[0] == '\0')
		return 0;
	if (db_begin(request->db, DB_WRITE, request->token) != DB_OK || session_end(request->db) != DB_OK)
		return web_database_problem(request);
	web_audit_as(request, "session_replace");
	return web_commit(request);
}

/* Apache has asked who it is, and the site has mapped that name to an operator. */
static void open_remote_session(struct web_request *request, const char *remote_user)
{
	char token[TOKEN_HEX];

	web_audit_operator(request, WEB_AUDIT_REMOTE_USER, remote_user);
	if (end_old_session(request) != 0)
		return;
	token_new(token);
	enum db_result made = db_begin(request->db, DB_WRITE, NULL);
	if (made == DB_OK)
		made = session_create_remote(request->db, remote_user, token, web_variable(request, "REMOTE_ADDR"));
	if (made == DB_FAILED) {
		web_database_problem(request);
	} else if (made == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_LOGGED_IN, "No operator is mapped to the name that the web server gives, or log-in by it is off.");
	} else {
		web_audit_as(request, "session_create");
		if (web_commit(request) == 0)
			answer_new_session(request, token);
	}
}

void get_session(struct web_request *request)
{
	const char *remote_user = web_variable(request, "REMOTE_USER");

	if (web_begin(request) == 0) {
		put_session(request);
		return;
	}
	/* No operator has a name that is no text. */
	if (request->problem.kind != WEB_PROBLEM_NOT_LOGGED_IN || remote_user[0] == '\0' || !utf8_valid(remote_user, strlen(remote_user)))
		return;
	db_rollback(request->db);
	request->problem.kind = WEB_PROBLEM_NONE;
	request->status = 200;
	open_remote_session(request, remote_user);
}

/* 0, or -1 with the problem set. The password is computed outside any transaction, in turn: at most two at once in all workers. */
static int check_password(struct web_request *request, const struct login *login, const char *password)
{
	bool usable = login->operator_id != 0 && !login->disabled && login->password_hash[0] != '\0';
	/* An unknown name costs as much time as a known one. */
	int same = web_password_matches(request, password, usable ? login->password_hash : NULL);

	if (same < 0)
		return -1;
	return same == 1 && usable ? 0 : web_problem(request, WEB_PROBLEM_LOGIN_FAILED, NULL);
}

int check_tries(struct web_request *request, int tries)
{
	if (tries < MAX_TRIES)
		return 0;
	request->problem.retry_after_s = TRIES_MINUTES * 60;
	return web_problem(request, WEB_PROBLEM_TOO_MANY_TRIES, NULL);
}

static int find_login(struct web_request *request, const char *name, struct login *login)
{
	if (db_begin(request->db, DB_READ, NULL) != DB_OK || login_find(request->db, name, login) == DB_FAILED)
		return web_database_problem(request);
	web_audit_operator(request, login->operator_id, name);
	return web_commit(request) == 0 ? check_tries(request, login->tries) : -1;
}

/* The name that was typed is not written: it may be a password. -1 with the problem set when others failed meanwhile, and this one is too many. */
int note_failure(struct web_request *request, const char *name)
{
	int tries = 0;

	log_info("a password was wrong, from %s", web_variable(request, "REMOTE_ADDR"));
	if (db_begin(request->db, DB_WRITE, NULL) != DB_OK || login_failed(request->db, name, &tries) != DB_OK || db_commit(request->db) != DB_OK)
		log_warnx("a failed log-in could not be counted");
	db_rollback(request->db);
	return check_tries(request, tries - 1);
}

void create_session(struct web_request *request)
{
	const char *name = web_member(request, "operator")->texts[0];
	const char *password = web_member(request, "password")->texts[0];
	char token[TOKEN_HEX];
	struct login login;

	if (find_login(request, name, &login) != 0)
		return;
	if (check_password(request, &login, password) != 0) {
		if (request->problem.kind == WEB_PROBLEM_LOGIN_FAILED)
			(void)note_failure(request, name);
		return;
	}
	if (end_old_session(request) != 0)
		return;
	token_new(token);
	if (db_begin(request->db, DB_WRITE, NULL) != DB_OK ||
	    session_create(request->db, login.operator_id, token, web_variable(request, "REMOTE_ADDR")) != DB_OK) {
		web_database_problem(request);
		if (request->problem.kind == WEB_PROBLEM_TOO_MANY_TRIES)
			(void)check_tries(request, MAX_TRIES);
		return;
	}
	request->status = 201;
	if (web_commit(request) != 0)
		return;
	answer_new_session(request, token);
}

void delete_session(struct web_request *request)
{
	if (session_end(request->db) != DB_OK) {
		web_database_problem(request);
		return;
	}
	set_cookie(request, "");
	request->status = 204;
}

void get_health(struct web_request *request)
{
	bool works = db_begin(request->db, DB_READ, NULL) == DB_OK && database_ping(request->db) == DB_OK;

	put_object(&request->json, NULL);
	put_string(&request->json, "status", works ? "ok" : "degraded");
	put_end_object(&request->json);
	if (!works)
		request->status = 503;
}
