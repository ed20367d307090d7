#include "db/export.h"

static const struct db_statement cardholders_statement = {
	"cardholders_csv", "SELECT * FROM api.cardholders_csv($1, $2, $3, $4, $5)"};
static const struct db_statement departments_statement = {"departments_csv", "SELECT code, name, parent_code FROM api.departments_csv()"};

enum db_result cardholders_csv(struct db *db, const char *search, enum cardholder_sort sort, const struct cardholder_cursor *after,
			       int limit, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_text(&params, search);
	db_param_text(&params, sort == CARDHOLDER_BY_KANA ? "kana" : "employee_number");
	db_param_text(&params, after->key);
	db_param_int(&params, after->id);
	db_param_int(&params, limit);
	enum db_result result = db_run(db, &cardholders_statement, &params, rows);
	db_params_clear(&params);
	return result;
}

enum db_result departments_csv(struct db *db, struct db_rows **rows)
{
	return db_run(db, &departments_statement, NULL, rows);
}
