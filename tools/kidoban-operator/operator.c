/* What kidoban-operator does, each command in one transaction. */
#include "tools/kidoban-operator/operator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "db/conn.h"
#include "db/operator_tool.h"

/* 0, or -1 after saying what is wrong. */
typedef int (*act)(struct job *job, struct db *db);

static int failed(struct db *db)
{
	const struct db_error *error = db_error(db);

	if (strcmp(error->sqlstate, "42501") == 0)
		log_warnx("%s: run this as PostgreSQL's superuser, for example sudo -u postgres kidoban-operator …", error->message);
	else if (strcmp(error->sqlstate, "23505") == 0)
		log_warnx("there is an operator of that name already");
	else
		log_warnx("%s", error->message);
	return -1;
}

static int find(struct job *job, struct db *db, struct db_rows **rows)
{
	enum db_result found = tool_operator_find(db, job->words[1], rows);

	if (found == DB_FAILED)
		return failed(db);
	if (found == DB_NONE)
		log_warnx("there is no operator %s; list shows them", job->words[1]);
	return found == DB_OK ? 0 : -1;
}

static void add_member(struct buf *json, const char *name, const char *text)
{
	if (text == NULL)
		return;
	buf_addf(json, "%s\"%s\":", json->len > 1 ? "," : "", name);
	buf_json_string(json, text);
}

/* Runs the change and notes it. */
static int change(struct job *job, struct db *db, int64_t id, const char *json)
{
	if (tool_operator_change(db, id, json) != DB_OK || tool_log(db, "operators_update", job->words[1]) != DB_OK)
		return failed(db);
	return 0;
}

static int list(struct job *job, struct db *db)
{
	struct db_rows *rows;

	(void)job;
	if (tool_operators(db, &rows) != DB_OK)
		return failed(db);
	for (int i = 0; i < db_rows_count(rows); i++)
		printf("%s\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\n", db_text(rows, i, 0), db_text(rows, i, 2), db_bool(rows, i, 3) ? "disabled" : "enabled",
		       db_bool(rows, i, 4) ? "password" : "no-password", db_null(rows, i, 5) ? "-" : db_text(rows, i, 5), (long long)db_int(rows, i, 6),
		       db_null(rows, i, 7) ? "-" : db_text(rows, i, 7), db_text(rows, i, 1));
	db_rows_free(rows);
	return 0;
}

static int hash_for(struct job *job, struct db *db, const struct db_rows *present, char hash[PASSWORD_HASH_SIZE])
{
	const char *own[] = {job->words[1], job->display_name, job->remote_user, present ? db_text(present, 0, 1) : NULL, present ? db_text(present, 0, 2) : NULL};
	int length;

	if (tool_password_length(db, &length) != DB_OK)
		return failed(db);
	return take_password(job, length, own, lengthof(own), hash);
}

static int create(struct job *job, struct db *db)
{
	char hash[PASSWORD_HASH_SIZE] = "";
	struct buf json = {0};

	if (job->source != SOURCE_NONE && hash_for(job, db, NULL, hash) != 0)
		return -1;
	buf_addc(&json, '{');
	add_member(&json, "name", job->words[1]);
	add_member(&json, "role", job->role ? job->role : "general");
	add_member(&json, "display_name", job->display_name);
	add_member(&json, "remote_user", job->remote_user);
	add_member(&json, "password_hash", hash[0] ? hash : NULL);
	/* A system administrator sees everything, or could give nobody anything. */
	if (job->role != NULL && strcmp(job->role, "system") == 0)
		buf_adds(&json, ",\"scope\":{\"all_management_groups\":true,\"all_departments\":true}");
	buf_addc(&json, '}');
	bool done = tool_operator_create(db, buf_text(&json)) == DB_OK && tool_log(db, "operators_create", job->words[1]) == DB_OK;
	buf_free(&json);
	return done ? 0 : failed(db);
}

static int set_password(struct job *job, struct db *db)
{
	char hash[PASSWORD_HASH_SIZE];
	struct db_rows *rows;
	struct buf json = {0};
	int64_t ended;

	if (find(job, db, &rows) != 0)
		return -1;
	int result = hash_for(job, db, rows, hash);
	if (result == 0) {
		buf_addc(&json, '{');
		add_member(&json, "password_hash", hash);
		buf_addc(&json, '}');
		result = change(job, db, db_int(rows, 0, 0), buf_text(&json));
		buf_free(&json);
	}
	if (result == 0 && tool_sessions_end(db, db_int(rows, 0, 0), &ended) != DB_OK)
		result = failed(db);
	db_rows_free(rows);
	return result;
}

/* Changes one member of the operator named. */
static int change_member(struct job *job, struct db *db, const char *json)
{
	struct db_rows *rows;

	if (find(job, db, &rows) != 0)
		return -1;
	int result = change(job, db, db_int(rows, 0, 0), json);
	db_rows_free(rows);
	return result;
}

static int enable(struct job *job, struct db *db)
{
	return change_member(job, db, "{\"disabled\":false}");
}

static int disable(struct job *job, struct db *db)
{
	return change_member(job, db, "{\"disabled\":true}");
}

static int set_role(struct job *job, struct db *db)
{
	if (strcmp(job->words[2], "general") != 0 && strcmp(job->words[2], "system") != 0) {
		log_warnx("a role is general or system");
		return -1;
	}
	return change_member(job, db, strcmp(job->words[2], "system") == 0 ? "{\"role\":\"system\"}" : "{\"role\":\"general\"}");
}

static int end_sessions(struct job *job, struct db *db)
{
	struct db_rows *rows;
	int64_t ended, id = 0;

	if (!job->all) {
		if (find(job, db, &rows) != 0)
			return -1;
		id = db_int(rows, 0, 0);
		db_rows_free(rows);
	}
	if (tool_sessions_end(db, id, &ended) != DB_OK || tool_log(db, "operators_log_out", job->all ? "all" : job->words[1]) != DB_OK)
		return failed(db);
	printf("ended: %lld\n", (long long)ended);
	return 0;
}

static int recover(struct job *job, struct db *db)
{
	char hash[PASSWORD_HASH_SIZE];

	if (hash_for(job, db, NULL, hash) != 0)
		return -1;
	if (tool_operator_recover(db, job->words[1], hash) != DB_OK || tool_log(db, "operators_update", job->words[1]) != DB_OK)
		return failed(db);
	return 0;
}

static const struct {
	const char *name;
	int words;
	act act;
} commands[] = {
	{"list", 1, list}, {"create", 2, create}, {"password", 2, set_password}, {"role", 3, set_role}, {"enable", 2, enable},
	{"disable", 2, disable}, {"end-sessions", 2, end_sessions}, {"recover", 2, recover},
};

/* Index into commands, or -1. */
static int find_command(const struct job *job)
{
	for (size_t i = 0; job->word_count > 0 && i < lengthof(commands); i++)
		if (strcmp(job->words[0], commands[i].name) == 0)
			return (int)i;
	return -1;
}

bool job_is_known(const struct job *job)
{
	int i = find_command(job);

	if (i < 0 || (job->role != NULL && strcmp(job->role, "general") != 0 && strcmp(job->role, "system") != 0))
		return false;
	bool create_only = job->role != NULL || job->display_name != NULL || job->remote_user != NULL || job->source == SOURCE_NONE;
	if (create_only && commands[i].act != create)
		return false;
	if (job->all)
		return commands[i].act == end_sessions && job->word_count == 1;
	return job->word_count == commands[i].words;
}

/* As in requests; the database knows of fewer such characters. */
static bool names_can_be_seen(const struct job *job)
{
	const char *const names[] = {job->words[1], job->display_name, job->remote_user};

	for (size_t i = 0; i < lengthof(names); i++) {
		if (names[i] == NULL || (utf8_valid(names[i], strlen(names[i])) && !utf8_has_control(names[i], strlen(names[i]))))
			continue;
		log_warnx("a name is UTF-8, without characters that can not be seen: type it anew");
		return false;
	}
	return true;
}

int job_run(struct job *job)
{
	if (!names_can_be_seen(job))
		return 1;

	char *conninfo = xasprintf("%s application_name=kidoban-operator", job->database ? job->database : job->common.database);
	struct db *db = db_new(conninfo, 30000);
	int result = -1;

	if (db_begin(db, DB_WRITE, NULL) != DB_OK)
		failed(db);
	else if (commands[find_command(job)].act(job, db) == 0)
		result = db_commit(db) == DB_OK ? 0 : failed(db);
	if (result != 0)
		db_rollback(db);
	else if (job->generated[0] != '\0')
		printf("operator: %s\npassword: %s\n", job->words[1], job->generated);
	explicit_bzero(job->generated, sizeof(job->generated));
	db_free(db);
	free(conninfo);
	return result == 0 ? 0 : 1;
}
