/* Saved searches. The operator is a condition here and a policy in the database. */
#include "db/saved_search.h"

static const struct db_statement list_statement = {
	"saved_searches",
	"SELECT id, screen, name, search FROM saved_search WHERE operator_id = $1 AND ($2::text IS NULL OR screen = $2)"
	" ORDER BY screen, name"};
static const struct db_statement create_statement = {
	"saved_search_create", "INSERT INTO saved_search (operator_id, screen, name, search) VALUES ($1, $2, $3, $4) RETURNING id"};
static const struct db_statement delete_statement = {
	"saved_search_delete", "DELETE FROM saved_search WHERE operator_id = $1 AND id = $2 RETURNING id"};

enum db_result saved_searches_list(struct db *db, int operator_id, const char *screen, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_int(&params, operator_id);
	db_param_text(&params, screen);
	enum db_result result = db_run(db, &list_statement, &params, rows);
	db_params_clear(&params);
	return result;
}

enum db_result saved_search_create(struct db *db, int operator_id, const char *screen, const char *name, const char *search, int64_t *id)
{
	struct db_params params = {0};
	struct db_rows *rows;

	db_param_int(&params, operator_id);
	db_param_text(&params, screen);
	db_param_text(&params, name);
	db_param_text(&params, search);
	enum db_result result = db_run(db, &create_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	*id = db_int(rows, 0, 0);
	db_rows_free(rows);
	return DB_OK;
}

enum db_result saved_search_delete(struct db *db, int operator_id, int64_t id)
{
	struct db_params params = {0};
	struct db_rows *rows;

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, operator_id);
	db_param_int(&params, id);
	enum db_result result = db_run(db, &delete_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	result = db_rows_count(rows) == 1 ? DB_OK : DB_NONE;
	db_rows_free(rows);
	return result;
}
