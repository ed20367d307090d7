/* Log-in and sessions. The database decides (api.session_*); here its answers become structs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/token.h"
#include "db/session.h"

static const char *const function_names[FUNCTION_COUNT] = {
	"history", "cardholders", "cardholder_import", "vein_import", "gates", "management_groups", "departments", "operators",
	"calendars", "data_interface", "permit_transfer", "calendar_transfer", "system_log", "change_history",
	"system_administration", "gate_parameters", "ic_card_parameters", "global_apb", "mutual_auth_password"};
static const char *const level_names[] = {"none", "view", "edit"};

static const struct db_statement context_statement = {
	"session_context",
	"SELECT session_id, operator_id, name, display_name, role, rights::text, all_management_groups, all_departments,"
	" array_to_json(management_groups), array_to_json(departments), floor(extract(epoch FROM expires_at) * 1000)::int8,"
	" idle_timeout_s, origin, revision, remote_user FROM api.session_context()"};
static const struct db_statement open_statement = {
	"session_open",
	"SELECT api.login_tries($1), o.operator_id, o.password_hash, o.disabled"
	" FROM (SELECT) one LEFT JOIN api.session_open($1) o ON true"};
static const struct db_statement failed_statement = {"login_failed", "SELECT api.login_failed($1)"};
static const struct db_statement create_statement = {
	"session_create", "SELECT api.session_create($1, $2, 'password', nullif($3, '')::inet)"};
static const struct db_statement remote_statement = {
	"session_remote", "SELECT api.session_remote($1, $2, nullif($3, '')::inet)"};
static const struct db_statement end_statement = {"session_end", "SELECT api.session_end()"};
static const struct db_statement site_statement = {
	"site", "SELECT (SELECT name FROM edition), (SELECT value FROM setting WHERE name = 'time_zone'),"
	" (SELECT value FROM setting WHERE name = 'password_min_length')"};
static const struct db_statement times_statement = {
	"session_times", "SELECT floor(extract(epoch FROM created_at) * 1000)::int8, floor(extract(epoch FROM previous_login_at) * 1000)::int8"
	" FROM api.session_times()"};
static const struct db_statement own_statement = {
	"session_password", "SELECT name, display_name, remote_user, password_hash, tries FROM api.session_password()"};
static const struct db_statement own_change_statement = {"session_password_change", "SELECT api.session_password_change($1, $2, $3)"};
static const struct db_statement ping_statement = {"ping", "SELECT 1"};

const char *right_function_name(enum right_function function)
{
	return function_names[function];
}

const char *right_level_name(enum right_level level)
{
	return level_names[level];
}

/* {"gates": "edit", …}: names and words are ours, so looking for the quoted name is enough. */
static void read_rights(const char *json, enum right_level rights[FUNCTION_COUNT])
{
	for (int f = 0; f < FUNCTION_COUNT; f++) {
		char quoted[40];
		snprintf(quoted, sizeof(quoted), "\"%s\": \"", function_names[f]);
		const char *found = strstr(json, quoted);
		rights[f] = LEVEL_NONE;
		if (found == NULL)
			continue;
		found += strlen(quoted);
		rights[f] = strncmp(found, "edit", 4) == 0 ? LEVEL_EDIT : strncmp(found, "view", 4) == 0 ? LEVEL_VIEW : LEVEL_NONE;
	}
}

/* FNV-1a over whatever decides what the operator sees. */
static void make_scope_key(struct session *session, const struct db_rows *rows)
{
	uint64_t hash = 14695981039346656037u;

	for (int column = 1; column <= 9; column++)
		for (const char *text = db_text(rows, 0, column);; text++) {
			hash = (hash ^ (unsigned char)*text) * 1099511628211u;
			if (*text == '\0')
				break;
		}
	snprintf(session->scope_key, sizeof(session->scope_key), "%016llx", (unsigned long long)hash);
}

static void read_session(const struct db_rows *rows, struct session *session)
{
	session->id = db_int(rows, 0, 0);
	session->operator_id = (int)db_int(rows, 0, 1);
	session->name = xstrdup(db_text(rows, 0, 2));
	session->display_name = xstrdup(db_text(rows, 0, 3));
	session->role = xstrdup(db_text(rows, 0, 4));
	read_rights(db_text(rows, 0, 5), session->rights);
	session->all_management_groups = db_bool(rows, 0, 6);
	session->all_departments = db_bool(rows, 0, 7);
	session->management_groups = xstrdup(db_text(rows, 0, 8));
	session->departments = xstrdup(db_text(rows, 0, 9));
	session->expires_ms = db_int(rows, 0, 10);
	session->idle_timeout_s = (int)db_int(rows, 0, 11);
	session->by_remote_user = strcmp(db_text(rows, 0, 12), "remote_user") == 0;
	session->revision = db_int(rows, 0, 13);
	make_scope_key(session, rows);
}

enum db_result session_load(struct db *db, const char *remote_user, struct session *session)
{
	struct db_rows *rows;

	*session = (struct session){0};
	if (db_run(db, &context_statement, NULL, &rows) != DB_OK)
		return DB_FAILED;
	if (db_rows_count(rows) == 1)
		read_session(rows, session);
	bool named = session->id != 0 && (!session->by_remote_user || strcmp(remote_user, db_text(rows, 0, 14)) == 0);
	db_rows_free(rows);
	if (!named) {
		session_free(session);
		return DB_NONE;
	}
	return DB_OK;
}

void session_free(struct session *session)
{
	free(session->name);
	free(session->display_name);
	free(session->role);
	free(session->management_groups);
	free(session->departments);
	*session = (struct session){0};
}

enum db_result login_find(struct db *db, const char *name, struct login *login)
{
	struct db_params params = {0};
	struct db_rows *rows;

	*login = (struct login){0};
	db_param_text(&params, name);
	enum db_result result = db_run(db, &open_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	login->tries = (int)db_int(rows, 0, 0);
	login->operator_id = (int)db_int(rows, 0, 1);
	snprintf(login->password_hash, sizeof(login->password_hash), "%s", db_text(rows, 0, 2));
	login->disabled = db_bool(rows, 0, 3);
	db_rows_free(rows);
	return login->operator_id == 0 ? DB_NONE : DB_OK;
}

enum db_result login_failed(struct db *db, const char *name, int *tries)
{
	struct db_params params = {0};
	struct db_rows *rows;

	*tries = 0;
	db_param_text(&params, name);
	enum db_result result = db_run(db, &failed_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return result;
	*tries = (int)db_int(rows, 0, 0);
	db_rows_free(rows);
	return DB_OK;
}

static void add_token_hash(struct db_params *params, const char *token)
{
	unsigned char bytes[TOKEN_LENGTH], hash[SHA256_LENGTH];

	if (parse_hex(token, bytes, sizeof(bytes)) != 0)
		memset(bytes, 0, sizeof(bytes));
	sha256(bytes, sizeof(bytes), hash);
	db_param_bytes(params, hash, sizeof(hash));
}

enum db_result session_create(struct db *db, int operator_id, const char *token, const char *addr)
{
	struct db_params params = {0};

	db_param_int(&params, operator_id);
	add_token_hash(&params, token);
	db_param_text(&params, addr);
	enum db_result result = db_run(db, &create_statement, &params, NULL);
	db_params_clear(&params);
	return result;
}

enum db_result session_create_remote(struct db *db, const char *remote_user, const char *token, const char *addr)
{
	struct db_params params = {0};
	struct db_rows *rows;

	db_param_text(&params, remote_user);
	add_token_hash(&params, token);
	db_param_text(&params, addr);
	enum db_result result = db_run(db, &remote_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	result = db_null(rows, 0, 0) ? DB_NONE : DB_OK;
	db_rows_free(rows);
	return result;
}

enum db_result session_end(struct db *db)
{
	return db_run(db, &end_statement, NULL, NULL);
}

enum db_result session_times(struct db *db, int64_t *created_ms, int64_t *previous_ms)
{
	struct db_rows *rows;

	if (db_run(db, &times_statement, NULL, &rows) != DB_OK)
		return DB_FAILED;
	bool there = db_rows_count(rows) == 1;
	*created_ms = there ? db_int(rows, 0, 0) : 0;
	*previous_ms = there ? db_int(rows, 0, 1) : 0;
	db_rows_free(rows);
	return DB_OK;
}

enum db_result own_password_find(struct db *db, struct own_password *own)
{
	struct db_rows *rows;

	*own = (struct own_password){0};
	if (db_run(db, &own_statement, NULL, &rows) != DB_OK)
		return DB_FAILED;
	bool there = db_rows_count(rows) == 1;
	if (there) {
		own->name = xstrdup(db_text(rows, 0, 0));
		own->display_name = xstrdup(db_text(rows, 0, 1));
		own->remote_user = xstrdup(db_text(rows, 0, 2));
		own->hash = xstrdup(db_text(rows, 0, 3));
		own->tries = (int)db_int(rows, 0, 4);
	}
	db_rows_free(rows);
	return there ? DB_OK : DB_NONE;
}

void own_password_free(struct own_password *own)
{
	free(own->name);
	free(own->display_name);
	free(own->remote_user);
	free(own->hash);
	*own = (struct own_password){0};
}

enum db_result own_password_change(struct db *db, const char *present, const char *hash, const char *token, int64_t *ended)
{
	struct db_params params = {0};
	struct db_rows *rows;

	db_param_text(&params, present);
	db_param_text(&params, hash);
	db_param_text(&params, token);
	enum db_result result = db_run(db, &own_change_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	*ended = db_int(rows, 0, 0);
	db_rows_free(rows);
	return DB_OK;
}

enum db_result site_load(struct db *db, struct site *site)
{
	struct db_rows *rows;

	if (db_run(db, &site_statement, NULL, &rows) != DB_OK)
		return DB_FAILED;
	snprintf(site->edition, sizeof(site->edition), "%s", db_text(rows, 0, 0));
	snprintf(site->time_zone, sizeof(site->time_zone), "%s", db_text(rows, 0, 1));
	site->password_min_length = (int)db_int(rows, 0, 2);
	db_rows_free(rows);
	return DB_OK;
}

enum db_result database_ping(struct db *db)
{
	return db_run(db, &ping_statement, NULL, NULL);
}
