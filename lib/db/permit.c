/* Permits. The functions in sql/api/permit.sql do the work. */
#include "db/permit.h"

#include <stdlib.h>

#include "base/str.h"
#include "db/gate.h"

static const struct db_statement list_statement = {
	"permits_list",
	"SELECT id, cardholder_id, employee_number, name, gate_id, gate_name, gate_group_id, gate_group_name, pass_level,"
	" " SQL_MS("valid_from") ", " SQL_MS("valid_to") ", editable, revision FROM api.permits_list($1, $2, $3, $4, $5, $6)"};
static const struct db_statement create_statement = {"permits_create", "SELECT api.permits_create($1, $2)"};
static const struct db_statement update_statement = {"permit_update", "SELECT api.permit_update($1, $2, $3)"};
static const struct db_statement delete_statement = {"permit_delete", "SELECT api.permit_delete($1, $2)"};
/* gate_names asks for scope only: granting is not watching, so the right to gates is not needed, but this one is. */
static const struct db_statement gates_statement = {
	"permit_gates",
	"SELECT id, name, management_group_id, management_group_name FROM kidoban.gate_names(kidoban.current_gates())"
	" WHERE (SELECT kidoban.may_edit('cardholders')) AND NOT deleted ORDER BY name, id"};
static const struct db_statement warnings_statement = {"permit_warnings", "SELECT * FROM api.permit_warnings($1)"};

static void param_id(struct db_params *params, int64_t id)
{
	if (id != 0)
		db_param_int(params, id);
	else
		db_param_null(params);
}

enum db_result permits_list(struct db *db, const struct permit_filter *filter, struct db_rows **rows)
{
	struct db_params params = {0};

	param_id(&params, filter->cardholder);
	param_id(&params, filter->gate);
	param_id(&params, filter->gate_group);
	db_param_ints(&params, filter->ids, filter->id_count);
	db_param_int(&params, filter->after);
	db_param_int(&params, filter->limit);
	enum db_result result = db_run(db, &list_statement, &params, rows);
	db_params_clear(&params);
	return result;
}

void permit_read(const struct db_rows *rows, int row, struct permit *permit)
{
	*permit = (struct permit){
		.id = (int)db_int(rows, row, 0),
		.cardholder_id = (int)db_int(rows, row, 1),
		.employee_number = db_text(rows, row, 2),
		.cardholder = db_text(rows, row, 3),
		.gate_id = (int)db_int(rows, row, 4),
		.gate = db_text(rows, row, 5),
		.gate_group_id = (int)db_int(rows, row, 6),
		.gate_group = db_text(rows, row, 7),
		.pass_level = (int)db_int(rows, row, 8),
		.valid_from_ms = db_int(rows, row, 9),
		.valid_to_ms = db_int(rows, row, 10),
		.editable = db_bool(rows, row, 11),
		.revision = db_int(rows, row, 12),
	};
}

enum db_result permit_find(struct db *db, int64_t id, struct db_rows **rows, struct permit *permit)
{
	struct permit_filter filter = {.ids = &id, .id_count = 1, .limit = 1};

	if (id > INT32_MAX)
		return DB_NONE;
	enum db_result result = permits_list(db, &filter, rows);
	if (result != DB_OK)
		return result;
	if (db_rows_count(*rows) == 0) {
		db_rows_free(*rows);
		return DB_NONE;
	}
	permit_read(*rows, 0, permit);
	return DB_OK;
}

struct id_list {
	int64_t *ids;
	size_t count;
};

static void add_id(void *arg, int64_t value)
{
	struct id_list *list = arg;

	list->ids = xreallocarray(list->ids, list->count + 1, sizeof(*list->ids));
	list->ids[list->count++] = value;
}

enum db_result permits_create(struct db *db, const int64_t *cardholders, size_t count, const char *grant, int64_t **ids, size_t *id_count)
{
	struct db_params params = {0};
	struct db_rows *rows;
	struct id_list list = {0};

	db_param_ints(&params, cardholders, count);
	db_param_text(&params, grant);
	enum db_result result = db_run(db, &create_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return result;
	db_each_int(rows, 0, 0, add_id, &list);
	db_rows_free(rows);
	*ids = list.ids;
	*id_count = list.count;
	return DB_OK;
}

enum db_result permit_update(struct db *db, int64_t id, int64_t if_match, const char *change)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	db_param_text(&params, change);
	enum db_result result = db_run(db, &update_statement, &params, NULL);
	db_params_clear(&params);
	return result;
}

enum db_result permit_delete(struct db *db, int64_t id, int64_t if_match, int64_t *revision)
{
	struct db_params params = {0};
	struct db_rows *rows;

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	enum db_result result = db_run(db, &delete_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return result;
	*revision = db_int(rows, 0, 0);
	db_rows_free(rows);
	return DB_OK;
}

enum db_result permit_gates(struct db *db, struct db_rows **rows)
{
	return db_run(db, &gates_statement, NULL, rows);
}

enum db_result permit_warnings(struct db *db, const int64_t *cardholders, size_t count, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_ints(&params, cardholders, count);
	enum db_result result = db_run(db, &warnings_statement, &params, rows);
	db_params_clear(&params);
	return result;
}
