/* PUT /session/password: one's own. The passwords are computed outside any transaction. */
#include <string.h>

#include "base/str.h"
#include "base/token.h"
#include "cgi-bin/session/handlers.h"
#include "web/password.h"

const struct web_field own_password_fields[] = {
	{"current", .type = WEB_TEXT, .lo = 1, .hi = 500, .required = true},
	{"password", .type = WEB_TEXT, .lo = 1, .hi = PASSWORD_LENGTH, .required = true},
	{0},
};

static int refuse(struct web_request *request, const char *pointer, const char *code, const char *advice)
{
	web_problem(request, WEB_PROBLEM_INVALID, NULL);
	return web_field_problem(request, pointer, code, "%s", advice);
}

/* Whoever found an open screen must not learn the password by trying: wrong ones count as at the log-in. */
static int check_current(struct web_request *request, const struct own_password *own, const char *current)
{
	if (own->hash[0] == '\0')
		return refuse(request, "/current", "no_password", "You have none. An administrator can set one.");
	if (check_tries(request, own->tries) != 0)
		return -1;
	int same = web_password_matches(request, current, own->hash);
	if (same == 0) {
		if (note_failure(request, own->name) != 0)
			return -1;
		return refuse(request, "/current", "password_wrong", "This is not your present password.");
	}
	return same == 1 ? 0 : -1;
}

static int take_new(struct web_request *request, const struct own_password *own, int min_length, char hash[PASSWORD_HASH_SIZE])
{
	const char *current = web_member(request, "current")->texts[0], *password = web_member(request, "password")->texts[0];
	const char *const names[] = {own->name, own->display_name, own->remote_user};

	if (strcmp(current, password) == 0)
		return refuse(request, "/password", "password_same", "Take another one than before.");
	return web_password_new(request, "/password", password, min_length, names, lengthof(names), hash);
}

static void change(struct web_request *request, const struct own_password *own, const char *hash)
{
	char token[TOKEN_HEX];
	int64_t ended;

	token_new(token);
	if (web_begin(request) != 0)
		return;
	if (own_password_change(request->db, own->hash, hash, token, &ended) != DB_OK) {
		web_database_problem(request);
		return;
	}
	memcpy(request->token, token, sizeof(request->token));
	set_cookie(request, token);
	put_object(&request->json, NULL);
	put_int(&request->json, "ended", ended);
	put_end_object(&request->json);
}

void change_password(struct web_request *request)
{
	char hash[PASSWORD_HASH_SIZE];
	struct own_password own;
	struct site site;
	enum db_result found = own_password_find(request->db, &own);

	if (found == DB_NONE) {		/* ended just now */
		web_problem(request, WEB_PROBLEM_NOT_LOGGED_IN, NULL);
	} else if (found == DB_FAILED || site_load(request->db, &site) != DB_OK) {
		web_database_problem(request);
	} else {
		db_rollback(request->db);	/* nothing was written yet */
		if (check_current(request, &own, web_member(request, "current")->texts[0]) == 0 &&
		    take_new(request, &own, site.password_min_length, hash) == 0)
			change(request, &own, hash);
	}
	own_password_free(&own);
}
