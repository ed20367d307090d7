/* Operators. The functions in sql/api/operator.sql and operator_edit.sql decide. */
#include "db/operator.h"

#include "base/str.h"
#include "db/call.h"

#define OPERATORS \
	"SELECT id, name, display_name, role, disabled, remote_user, has_password, rights, fixed, all_management_groups, all_departments," \
	" management_groups, departments, logged_in, floor(extract(epoch FROM last_login_at) * 1000)::int8, editable, revision, total"

static const struct db_statement list_statement = {"operators", OPERATORS " FROM api.operators(NULL, $1, $2, $3, $4, $5)"};
static const struct db_statement find_statement = {"operator", OPERATORS " FROM api.operators($1, NULL, NULL, NULL, NULL, 1)"};
static const struct db_statement create_statement = {"operator_create", "SELECT api.operator_create($1)"};
static const struct db_statement update_statement = {"operator_update", "SELECT api.operator_update($1, $2, $3)"};
static const struct db_statement delete_statement = {"operator_delete", "SELECT api.operator_delete($1, $2)"};
static const struct db_statement log_out_statement = {"operator_log_out", "SELECT api.operator_log_out($1)"};
static const struct db_statement session_end_statement = {"operator_session_end", "SELECT api.operator_session_end($1)"};
static const struct db_statement roles_statement = {"operator_roles", "SELECT role, rights, fixed FROM api.operator_roles()"};
static const struct db_statement sessions_statement = {
	"operator_sessions", "SELECT id, operator_id, name, origin, remote_addr, floor(extract(epoch FROM created_at) * 1000)::int8,"
	" floor(extract(epoch FROM last_seen_at) * 1000)::int8, own FROM api.operator_sessions()"};

enum db_result operators_list(struct db *db, const struct operator_filter *filter, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_text(&params, filter->q);
	db_param_text(&params, filter->role);
	if (filter->disabled < 0)
		db_param_null(&params);
	else
		db_param_bool(&params, filter->disabled != 0);
	db_param_text(&params, filter->after);
	db_param_int(&params, filter->limit);
	return db_call(db, &list_statement, &params, rows);
}

enum db_result operator_find(struct db *db, int64_t id, struct db_rows **rows)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	return db_call_found(db, &find_statement, &params, rows);
}

enum db_result operator_create(struct db *db, const char *change, int64_t *id)
{
	struct db_params params = {0};

	db_param_text(&params, change);
	return db_call_number(db, &create_statement, &params, id);
}

enum db_result operator_update(struct db *db, int64_t id, int64_t if_match, const char *change)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	db_param_text(&params, change);
	return db_call_number(db, &update_statement, &params, NULL);
}

enum db_result operator_delete(struct db *db, int64_t id, int64_t if_match)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	return db_call_number(db, &delete_statement, &params, NULL);
}

enum db_result operator_log_out(struct db *db, int64_t id, int64_t *ended)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	return db_call_number(db, &log_out_statement, &params, ended);
}

enum db_result operator_session_end(struct db *db, int64_t session)
{
	struct db_params params = {0};

	db_param_int(&params, session);
	return db_call_number(db, &session_end_statement, &params, NULL);
}

enum db_result operator_roles(struct db *db, struct db_rows **rows)
{
	return db_run(db, &roles_statement, NULL, rows);
}

enum db_result operator_sessions(struct db *db, struct db_rows **rows)
{
	return db_run(db, &sessions_statement, NULL, rows);
}
