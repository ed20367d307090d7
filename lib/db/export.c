#include "db/export.h"

static const struct db_statement cardholders_statement = {"cardholders_csv", "SELECT api.cardholders_csv($1, $2, $3, $4, $5)"};
static const struct db_statement csv_departments_statement = {"csv_departments", "SELECT id, code, path FROM api.csv_departments()"};
static const struct db_statement targets_statement = {"csv_targets", "SELECT id, word, place FROM api.csv_targets()"};
static const struct db_statement departments_statement = {"departments_csv", "SELECT code, name, parent_code FROM api.departments_csv()"};

enum db_result cardholders_csv_ask(struct db *db, const char *search, enum cardholder_sort sort, const struct cardholder_cursor *after, int limit)
{
	static const char *const fetches[] = {"FETCH ALL FROM people", "FETCH ALL FROM cards", "FETCH ALL FROM permits", NULL};
	struct db_params params = {0};

	db_param_text(&params, search);
	db_param_text(&params, sort == CARDHOLDER_BY_KANA ? "kana" : "employee_number");
	db_param_text(&params, after->key);
	db_param_int(&params, after->id);
	db_param_int(&params, limit);
	enum db_result result = db_queue(db, &cardholders_statement, &params);
	db_params_clear(&params);
	return result == DB_OK ? db_cursors_ask(db, fetches) : result;
}

enum db_result cardholders_csv_read(struct db *db, struct cardholder_export *page)
{
	*page = (struct cardholder_export){0};
	if (db_cursor_read(db, &page->people) == DB_OK && db_cursor_read(db, &page->cards) == DB_OK && db_cursor_read(db, &page->permits) == DB_OK)
		return DB_OK;
	cardholders_csv_free(page);
	return DB_FAILED;
}

void cardholders_csv_free(struct cardholder_export *page)
{
	db_rows_free(page->people);
	db_rows_free(page->cards);
	db_rows_free(page->permits);
	*page = (struct cardholder_export){0};
}

enum db_result cardholders_csv_words(struct db *db, struct db_rows **departments, struct db_rows **targets)
{
	*targets = NULL;
	if (db_run(db, &csv_departments_statement, NULL, departments) == DB_OK && db_run(db, &targets_statement, NULL, targets) == DB_OK)
		return DB_OK;
	db_rows_free(*departments);
	*departments = NULL;
	return DB_FAILED;
}

enum db_result departments_csv(struct db *db, struct db_rows **rows)
{
	return db_run(db, &departments_statement, NULL, rows);
}
