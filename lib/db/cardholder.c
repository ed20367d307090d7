/* Cardholders. The functions in sql/api/cardholder.sql and cardholder_edit.sql do the work. */
#include "db/cardholder.h"

#include "db/call.h"
#include "db/gate.h"

#define CARDHOLDER_COLUMNS \
	"id, employee_number, name, kana, department_id, department, cards, " SQL_MS("valid_from") ", " SQL_MS("valid_to") \
	", enabled, lost, " SQL_MS("lost_at") ", has_pin, extended_unlock, apb_exempt, vein_count, note, revision"

static const struct db_statement page_statement = {
	"cardholders_page", "SELECT " CARDHOLDER_COLUMNS ", total FROM api.cardholders_page($1, $2, $3, $4, $5)"};
static const struct db_statement count_statement = {"cardholders_count", "SELECT api.cardholders_count($1)"};
static const struct db_statement anchors_statement = {
	"cardholder_anchors", "SELECT key, id FROM api.cardholder_anchors($1, $2, $3)"};
static const struct db_statement find_statement = {
	"cardholder_find", "SELECT " CARDHOLDER_COLUMNS " FROM api.cardholder_find($1)"};
static const struct db_statement id_statement = {"cardholder_id", "SELECT api.cardholder_id()"};
static const struct db_statement create_statement = {"cardholder_create", "SELECT api.cardholder_create($1, $2, $3)"};
static const struct db_statement update_statement = {"cardholder_update", "SELECT api.cardholder_update($1, $2, $3, $4, $5)"};
static const struct db_statement delete_statement = {"cardholder_delete", "SELECT api.cardholder_delete($1, $2)"};
static const struct db_statement lost_statement = {"cardholder_lost", "SELECT api.cardholder_lost($1, $2, $3, $4)"};
static const struct db_statement reissue_statement = {"cardholder_reissue", "SELECT api.cardholder_reissue($1, $2, $3)"};
static const struct db_statement bulk_statement = {
	"cardholders_bulk", "SELECT changed, revision FROM api.cardholders_bulk($1, $2, $3, $4, $5)"};

static const char *sort_name(enum cardholder_sort sort)
{
	return sort == CARDHOLDER_BY_KANA ? "kana" : "employee_number";
}

void cardholder_read(const struct db_rows *rows, int row, struct cardholder *cardholder)
{
	*cardholder = (struct cardholder){
		.id = (int)db_int(rows, row, 0),
		.employee_number = db_text(rows, row, 1),
		.name = db_text(rows, row, 2),
		.kana = db_text(rows, row, 3),
		.department_id = (int)db_int(rows, row, 4),
		.department = db_text(rows, row, 5),
		.cards = db_text(rows, row, 6),
		.valid_from_ms = db_int(rows, row, 7),
		.valid_to_ms = db_int(rows, row, 8),
		.enabled = db_bool(rows, row, 9),
		.lost = db_bool(rows, row, 10),
		.lost_at_ms = db_int(rows, row, 11),
		.has_pin = db_bool(rows, row, 12),
		.extended_unlock = db_bool(rows, row, 13),
		.apb_exempt = db_bool(rows, row, 14),
		.vein_count = (int)db_int(rows, row, 15),
		.note = db_text(rows, row, 16),
		.revision = db_int(rows, row, 17),
	};
}

enum db_result cardholders_page(struct db *db, const char *search, enum cardholder_sort sort, const struct cardholder_cursor *after,
				int limit, struct db_rows **rows, int64_t *total)
{
	struct db_params params = {0};

	db_param_text(&params, search);
	db_param_text(&params, sort_name(sort));
	db_param_text(&params, after->key);
	db_param_int(&params, after->id);
	db_param_int(&params, limit);
	enum db_result result = db_call(db, &page_statement, &params, rows);
	if (result != DB_OK)
		return result;
	if (db_rows_count(*rows) > 0) {
		*total = db_int(*rows, 0, 18);
		return DB_OK;
	}
	result = cardholders_count(db, search, total);
	if (result != DB_OK)
		db_rows_free(*rows);
	return result;
}

enum db_result cardholders_count(struct db *db, const char *search, int64_t *count)
{
	struct db_params params = {0};

	db_param_text(&params, search);
	return db_call_number(db, &count_statement, &params, count);
}

enum db_result cardholder_anchors(struct db *db, const char *search, enum cardholder_sort sort, int step, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_text(&params, search);
	db_param_text(&params, sort_name(sort));
	db_param_int(&params, step);
	return db_call(db, &anchors_statement, &params, rows);
}

enum db_result cardholder_find(struct db *db, int64_t id, struct db_rows **rows, struct cardholder *cardholder)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	enum db_result result = db_call_found(db, &find_statement, &params, rows);
	if (result == DB_OK)
		cardholder_read(*rows, 0, cardholder);
	return result;
}

enum db_result cardholder_new_id(struct db *db, int64_t *id)
{
	struct db_params params = {0};

	return db_call_number(db, &id_statement, &params, id);
}

static void param_pin(struct db_params *params, const struct buf *pin)
{
	if (pin != NULL && pin->len > 0)
		db_param_bytes(params, pin->data, pin->len);
	else
		db_param_null(params);
}

enum db_result cardholder_create(struct db *db, int64_t id, const char *fields, const struct buf *pin)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	db_param_text(&params, fields);
	param_pin(&params, pin);
	return db_call_number(db, &create_statement, &params, NULL);
}

enum db_result cardholder_update(struct db *db, int64_t id, int64_t if_match, const char *change, const struct buf *pin)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	db_param_text(&params, change);
	db_param_bool(&params, pin != NULL);
	param_pin(&params, pin);
	return db_call_number(db, &update_statement, &params, NULL);
}

enum db_result cardholder_delete(struct db *db, int64_t id, int64_t if_match, int64_t *revision)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	return db_call_number(db, &delete_statement, &params, revision);
}

enum db_result cardholder_lost(struct db *db, int64_t id, bool lost, int64_t card, const char *comment)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_bool(&params, lost);
	db_param_int_or_null(&params, card);
	db_param_text(&params, comment);
	return db_call_number(db, &lost_statement, &params, NULL);
}

enum db_result cardholder_reissue(struct db *db, int64_t id, int64_t if_match, const char *card_number)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	db_param_text(&params, card_number);
	return db_call_number(db, &reissue_statement, &params, NULL);
}

enum db_result cardholders_bulk(struct db *db, const struct cardholder_bulk *bulk, int64_t *changed, int64_t *revision)
{
	struct db_params params = {0};
	struct db_rows *rows;

	db_param_text(&params, bulk->search);
	db_param_ints(&params, bulk->ids, bulk->id_count);
	db_param_int(&params, bulk->expected_count);
	db_param_text(&params, bulk->change);
	db_param_bool(&params, bulk->change == NULL);
	enum db_result result = db_call(db, &bulk_statement, &params, &rows);
	if (result != DB_OK)
		return result;
	*changed = db_int(rows, 0, 0);
	*revision = db_int(rows, 0, 1);
	db_rows_free(rows);
	return DB_OK;
}
