/* Operators from the command line. The functions in sql/api/operator_edit.sql do it. */
#include "db/operator_tool.h"

#include <stddef.h>

#include "db/call.h"

static const struct db_statement list_statement = {
	"tool_operators",
	"SELECT o.name, o.display_name, o.role, o.disabled, o.password_hash IS NOT NULL, o.remote_user,"
	" (SELECT count(*) FROM kidoban.open_sessions() s WHERE s.operator_id = o.id), to_char(o.last_login_at, 'YYYY-MM-DD HH24:MI TZ')"
	" FROM kidoban.operator o WHERE o.deleted_at IS NULL ORDER BY o.name"};
static const struct db_statement find_statement = {
	"tool_operator", "SELECT id, display_name, remote_user FROM kidoban.operator WHERE id = kidoban.operator_named($1)"};
static const struct db_statement create_statement = {
	"tool_operator_create", "SELECT kidoban.operator_write(kidoban.operator_add($1::jsonb), $1::jsonb, NULL, NULL)"};
static const struct db_statement change_statement = {
	"tool_operator_change", "SELECT pg_advisory_xact_lock(7003), kidoban.operator_write($1, $2, NULL, NULL)"};
static const struct db_statement recover_statement = {"tool_operator_recover", "SELECT kidoban.operator_recover($1, $2)"};
static const struct db_statement end_statement = {
	"tool_sessions_end", "SELECT coalesce(sum(kidoban.operator_sessions_end(o.id, NULL)), 0) FROM kidoban.operator o WHERE $1 = 0 OR o.id = $1"};
static const struct db_statement log_statement = {"tool_log", "SELECT kidoban.system_log_add_cli($1, $2, 'done', '')"};
static const struct db_statement length_statement = {
	"tool_password_length", "SELECT value FROM kidoban.setting WHERE name = 'password_min_length'"};

enum db_result tool_operators(struct db *db, struct db_rows **rows)
{
	return db_run(db, &list_statement, NULL, rows);
}

enum db_result tool_operator_find(struct db *db, const char *name, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_text(&params, name);
	return db_call_found(db, &find_statement, &params, rows);
}

enum db_result tool_operator_create(struct db *db, const char *change)
{
	struct db_params params = {0};

	db_param_text(&params, change);
	return db_call_number(db, &create_statement, &params, NULL);
}

enum db_result tool_operator_change(struct db *db, int64_t id, const char *change)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	db_param_text(&params, change);
	return db_call_number(db, &change_statement, &params, NULL);
}

enum db_result tool_operator_recover(struct db *db, const char *name, const char *hash)
{
	struct db_params params = {0};

	db_param_text(&params, name);
	db_param_text(&params, hash);
	return db_call_number(db, &recover_statement, &params, NULL);
}

enum db_result tool_sessions_end(struct db *db, int64_t id, int64_t *ended)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	return db_call_number(db, &end_statement, &params, ended);
}

enum db_result tool_log(struct db *db, const char *action, const char *object)
{
	struct db_params params = {0};

	db_param_text(&params, action);
	db_param_text(&params, object);
	return db_call_number(db, &log_statement, &params, NULL);
}

enum db_result tool_password_length(struct db *db, int *length)
{
	struct db_params params = {0};
	int64_t number = 0;
	enum db_result result = db_call_number(db, &length_statement, &params, &number);

	*length = (int)number;
	return result;
}
