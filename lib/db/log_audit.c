/* The system log straight from its tables. See the header. */
#include "db/log_audit.h"

#include <stdio.h>

#define TIME(column) "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

static const struct db_statement head_statement = {
	"audit_head", "SELECT log::text, number, (SELECT count(*) FROM kidoban.system_log_unsealed) FROM kidoban.system_log_head"};
/* The order in which they are stored as chain: by number, and for numbers that are there twice by id. */
#define ENTRIES \
	"SELECT number::text, " TIME("sealed_at") ", id::text, " TIME("at") ", operator_id::text, operator, origin, remote_addr, action, method, path," \
	" outcome, status::text, object, details, encode(hash, 'hex') FROM kidoban.system_log e"
static const struct db_statement open_statement = {
	"audit_open", "DECLARE entries NO SCROLL CURSOR FOR " ENTRIES " WHERE number >= current_setting('kidoban.audit_from')::int8 ORDER BY e.number, e.id"};
static const struct db_statement from_statement = {"audit_from", "SELECT set_config('kidoban.audit_from', $1, true)"};
static const struct db_statement next_statement = {"audit_next", "FETCH 1000 FROM entries"};
static const struct db_statement previous_statement = {
	"audit_previous",
	"SELECT encode(hash, 'hex') FROM kidoban.system_log WHERE number = $1::int8 - 1"
	" UNION ALL SELECT encode(hash, 'hex') FROM kidoban.system_log_checkpoint WHERE number = $1::int8 - 1"
	" UNION ALL SELECT encode(sha256(convert_to(log::text, 'UTF8')), 'hex') FROM kidoban.system_log_head WHERE $1::int8 = 1 LIMIT 1"};
static const struct db_statement checkpoints_statement = {
	"audit_checkpoints",
	"SELECT (SELECT log::text FROM kidoban.system_log_head), number, encode(hash, 'hex'), first, " TIME("at") ", key, encode(signature, 'hex')"
	" FROM kidoban.system_log_checkpoint ORDER BY number, first"};
static const struct db_statement keys_statement = {
	"audit_keys", "SELECT encode(public_key, 'hex') FROM kidoban.system_log_key ORDER BY created_at DESC"};

enum db_result log_audit_begin(struct db *db, char log[40], int64_t *head, int64_t *unsealed)
{
	struct db_rows *rows;

	if (db_begin(db, DB_WRITE, NULL) != DB_OK || db_run(db, &head_statement, NULL, &rows) != DB_OK)
		return DB_FAILED;
	snprintf(log, 40, "%s", db_rows_count(rows) == 1 ? db_text(rows, 0, 0) : "");
	*head = db_rows_count(rows) == 1 ? db_int(rows, 0, 1) : 0;
	*unsealed = db_rows_count(rows) == 1 ? db_int(rows, 0, 2) : 0;
	db_rows_free(rows);
	return DB_OK;
}

enum db_result log_audit_open(struct db *db, int64_t from)
{
	struct db_params params = {0};

	/* A cursor takes no parameters, so the number goes as a setting of the transaction. */
	db_param_int(&params, from > 0 ? from : INT64_MIN / 2);
	enum db_result result = db_run(db, &from_statement, &params, NULL);
	db_params_clear(&params);
	return result == DB_OK ? db_run(db, &open_statement, NULL, NULL) : result;
}

enum db_result log_audit_next(struct db *db, struct db_rows **rows)
{
	return db_run(db, &next_statement, NULL, rows);
}

enum db_result log_audit_previous(struct db *db, int64_t number, char hash[65])
{
	struct db_params params = {0};
	struct db_rows *rows;

	db_param_int(&params, number);
	enum db_result result = db_run(db, &previous_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return result;
	bool found = db_rows_count(rows) > 0;
	snprintf(hash, 65, "%s", found ? db_text(rows, 0, 0) : "");
	db_rows_free(rows);
	return found ? DB_OK : DB_NONE;
}

enum db_result log_audit_checkpoints(struct db *db, struct db_rows **rows)
{
	return db_run(db, &checkpoints_statement, NULL, rows);
}

enum db_result log_audit_keys(struct db *db, struct db_rows **rows)
{
	return db_run(db, &keys_statement, NULL, rows);
}
