#include "db/transfer.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "db/gate.h"

static const char *const states[] = {"queued", "running", "done", "failed", "stopped"};
static const char *const kinds[] = {"permit_plan", "permit_transfer"};

static const struct db_statement plan_statement = {"transfer_plan", "SELECT queued, advanced FROM api.transfer_plan($1, $2)"};
static const struct db_statement watch_statement = {"transfer_watch", "SELECT api.transfer_watch()"};
static const struct db_statement request_statement = {"transfer_request", "SELECT api.transfer_request($1::int4[], $2)"};
static const struct db_statement stop_statement = {"transfer_stop", "SELECT api.transfer_stop($1)"};
static const struct db_statement repeat_statement = {"transfer_repeat", "SELECT api.transfer_repeat($1)"};

#define TRANSFER_COLUMNS \
	"SELECT j.id, j.kind, j.state, j.controller_id, c.name, CASE j.stream WHEN 1 THEN 'permits' END, j.progress, j.total, j.attempts," \
	" " SQL_MS("j.next_at") ", j.reason, j.payload ->> 'because', coalesce((j.payload ->> 'full')::bool, false)," \
	" " SQL_MS("j.created_at") ", " SQL_MS("j.started_at") ", " SQL_MS("j.finished_at") ", j.created_by," \
	" coalesce(nullif(o.display_name, ''), o.name, '')," \
	" (SELECT coalesce(json_agg(json_build_object('id', g.id, 'name', g.name) ORDER BY g.door), '[]') FROM gate g WHERE g.controller_id = j.controller_id)" \
	" FROM job j LEFT JOIN controller c ON c.id = j.controller_id LEFT JOIN operator o ON o.id = j.created_by"

static const struct db_statement list_statement = {
	"transfers_list", TRANSFER_COLUMNS
	" WHERE ($1::text IS NULL OR j.state = ANY (string_to_array($1, ','))) AND ($2::text IS NULL OR j.kind = ANY (string_to_array($2, ',')))"
	" AND ($3::int4 IS NULL OR j.controller_id = (SELECT g.controller_id FROM gate g WHERE g.id = $3))"
	" AND ($4::int4 IS NULL OR j.controller_id = $4) AND ($5::int8 IS NULL OR j.id < $5) ORDER BY j.id DESC LIMIT $6"};
static const struct db_statement find_statement = {"transfer_find", TRANSFER_COLUMNS " WHERE j.id = $1"};
static const struct db_statement proof_statement = {
	"cardholder_proof",
	"SELECT revision, concerned, exposed, pending, gate_id, gate, controller_id, state, reason, held_revision, " SQL_MS("since")
	", communication, job_id FROM api.cardholder_proof($1)"};

static int word_number(const char *const *words, size_t count, const char *code)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], code) == 0)
			return (int)i;
	return -1;
}

int transfer_state_from_code(const char *code)
{
	return word_number(states, lengthof(states), code);
}

int transfer_kind_from_code(const char *code)
{
	return word_number(kinds, lengthof(kinds), code);
}

static void add_words(struct db_params *params, struct buf *list, const char *const *words, const int64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_addf(list, "%s%s", i > 0 ? "," : "", words[numbers[i]]);
	db_param_text(params, count > 0 ? buf_text(list) : NULL);
}

static void add_number(struct db_params *params, int64_t number)
{
	if (number != 0)
		db_param_int(params, number);
	else
		db_param_null(params);
}

enum db_result transfer_plan(struct db *db, int64_t job, int64_t token, struct transfer_plan *plan)
{
	struct db_params params = {0};
	struct db_rows *rows;

	db_param_int(&params, job);
	db_param_int(&params, token);
	enum db_result result = db_run(db, &plan_statement, &params, &rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	if (db_rows_count(rows) == 0)
		result = DB_NONE;
	else
		*plan = (struct transfer_plan){(int)db_int(rows, 0, 0), (int)db_int(rows, 0, 1)};
	db_rows_free(rows);
	return result;
}

enum db_result transfer_watch(struct db *db, int *queued)
{
	struct db_rows *rows;

	if (db_run(db, &watch_statement, NULL, &rows) != DB_OK)
		return DB_FAILED;
	*queued = (int)db_int(rows, 0, 0);
	db_rows_free(rows);
	return DB_OK;
}

enum db_result transfers_list(struct db *db, const struct transfer_filter *filter, struct db_rows **rows)
{
	struct db_params params = {0};
	struct buf state_list = {0}, kind_list = {0};

	add_words(&params, &state_list, states, filter->states, filter->state_count);
	add_words(&params, &kind_list, kinds, filter->kinds, filter->kind_count);
	add_number(&params, filter->gate);
	add_number(&params, filter->controller);
	add_number(&params, filter->before);
	db_param_int(&params, filter->limit);
	enum db_result result = db_run(db, &list_statement, &params, rows);
	db_params_clear(&params);
	buf_free(&state_list);
	buf_free(&kind_list);
	return result;
}

enum db_result transfer_find(struct db *db, int64_t id, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	enum db_result result = db_run(db, &find_statement, &params, rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	if (db_rows_count(*rows) > 0)
		return DB_OK;
	db_rows_free(*rows);
	return DB_NONE;
}

void transfer_read(const struct db_rows *rows, int row, struct transfer *t)
{
	*t = (struct transfer){
		.id = db_int(rows, row, 0),
		.kind = db_text(rows, row, 1),
		.state = db_text(rows, row, 2),
		.controller_id = (int)db_int(rows, row, 3),
		.controller_name = db_text(rows, row, 4),
		.stream = db_text(rows, row, 5),
		.progress = db_int(rows, row, 6),
		.total = db_int(rows, row, 7),
		.attempts = (int)db_int(rows, row, 8),
		.next_ms = db_int(rows, row, 9),
		.reason = db_text(rows, row, 10),
		.because = db_text(rows, row, 11),
		.full = db_bool(rows, row, 12),
		.created_ms = db_int(rows, row, 13),
		.started_ms = db_int(rows, row, 14),
		.finished_ms = db_int(rows, row, 15),
		.operator_id = (int)db_int(rows, row, 16),
		.operator_name = db_text(rows, row, 17),
		.gates = db_text(rows, row, 18),
	};
}

static enum db_result run_id(struct db *db, const struct db_statement *statement, struct db_params *params, int64_t *id)
{
	struct db_rows *rows;
	enum db_result result = db_run(db, statement, params, &rows);

	db_params_clear(params);
	if (result != DB_OK)
		return DB_FAILED;
	*id = db_int(rows, 0, 0);
	db_rows_free(rows);
	return DB_OK;
}

enum db_result transfer_request(struct db *db, const int64_t *gates, size_t count, bool full, int64_t *id)
{
	struct db_params params = {0};

	db_param_ints(&params, gates, count);
	db_param_bool(&params, full);
	return run_id(db, &request_statement, &params, id);
}

enum db_result transfer_stop(struct db *db, int64_t id)
{
	struct db_params params = {0};
	int64_t nothing;

	db_param_int(&params, id);
	return run_id(db, &stop_statement, &params, &nothing);
}

enum db_result transfer_repeat(struct db *db, int64_t id, int64_t *fresh)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	return run_id(db, &repeat_statement, &params, fresh);
}

enum db_result proof_find(struct db *db, int64_t cardholder, struct db_rows **rows, struct proof *proof)
{
	struct db_params params = {0};

	db_param_int(&params, cardholder);
	enum db_result result = db_run(db, &proof_statement, &params, rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	if (db_rows_count(*rows) == 0) {
		db_rows_free(*rows);
		return DB_NONE;
	}
	*proof = (struct proof){
		.revision = db_int(*rows, 0, 0),
		.concerned = (int)db_int(*rows, 0, 1),
		.exposed = (int)db_int(*rows, 0, 2),
		.pending = (int)db_int(*rows, 0, 3),
		.rows = db_null(*rows, 0, 4) ? 0 : db_rows_count(*rows),
	};
	return DB_OK;
}

void proof_gate_read(const struct db_rows *rows, int row, struct proof_gate *gate)
{
	*gate = (struct proof_gate){
		.gate_id = (int)db_int(rows, row, 4),
		.gate = db_text(rows, row, 5),
		.controller_id = (int)db_int(rows, row, 6),
		.state = db_text(rows, row, 7),
		.reason = db_text(rows, row, 8),
		.held_revision = db_int(rows, row, 9),
		.since_ms = db_int(rows, row, 10),
		.communication = (int)db_int(rows, row, 11),
		.job = db_int(rows, row, 12),
	};
}
