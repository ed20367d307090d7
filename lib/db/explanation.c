/* Why. The functions in sql/api/explain.sql do the work, right and scope included. */
#include "db/explanation.h"

#include <stdio.h>

#include "db/gate.h"

#define HELD "held_revision, " SQL_MS("held_since") ", list_revision, " SQL_MS("list_since") ", server_revision"
#define EXPLANATION \
	"SELECT cardholder_id, employee_number, name, card_number, gate_id, gate_name, " SQL_MS("at_") ", verdict, server_verdict, reasons, event, " HELD

static const struct db_statement find_statement = {"explanation", EXPLANATION " FROM api.explanation($1, $2, $3, $4)"};
static const struct db_statement event_statement = {"explanation_of_event", EXPLANATION " FROM api.explanation_of_event($1, $2, $3)"};
static const struct db_statement gate_statement = {"explanation_gate", "SELECT name, " HELD " FROM api.explanation_gate($1, $2)"};
static const struct db_statement passers_statement = {
	"explanation_passers",
	"SELECT cardholder_id, employee_number, name, department_id, department, card_number, pass_level, held, server"
	" FROM api.explanation_passers($1, $2, $3, $4)"};
static const struct db_statement person_statement = {"explanation_person", "SELECT id, employee_number, name FROM api.explanation_person($1)"};
static const struct db_statement gates_statement = {
	"explanation_gates",
	"SELECT gate_id, gate_name, card_number, pass_level, held, server, held_revision, list_revision"
	" FROM api.explanation_gates($1, $2, $3, $4)"};

static struct explanation_held read_held(const struct db_rows *rows, int column)
{
	return (struct explanation_held){
		.revision = db_int(rows, 0, column),
		.since_ms = db_int(rows, 0, column + 1),
		.list_revision = db_int(rows, 0, column + 2),
		.list_since_ms = db_int(rows, 0, column + 3),
		.server_revision = db_int(rows, 0, column + 4),
	};
}

static enum db_result run_one(struct db *db, const struct db_statement *statement, struct db_params *params, struct db_rows **rows)
{
	enum db_result result = db_run(db, statement, params, rows);

	db_params_clear(params);
	if (result == DB_OK && db_rows_count(*rows) == 0) {
		db_rows_free(*rows);
		return DB_NONE;
	}
	return result;
}

static void read_explanation(const struct db_rows *rows, struct explanation *explanation)
{
	*explanation = (struct explanation){
		.cardholder_id = (int)db_int(rows, 0, 0),
		.employee_number = db_text(rows, 0, 1),
		.name = db_text(rows, 0, 2),
		.card_number = db_text(rows, 0, 3),
		.gate_id = (int)db_int(rows, 0, 4),
		.gate = db_text(rows, 0, 5),
		.at_ms = db_int(rows, 0, 6),
		.verdict = db_text(rows, 0, 7),
		.server_verdict = db_text(rows, 0, 8),
		.reasons = db_text(rows, 0, 9),
		.event = db_text(rows, 0, 10),
		.held = read_held(rows, 11),
	};
}

enum db_result explanation_find(struct db *db, int64_t cardholder, const char *card, int64_t gate, int64_t at_ms, struct db_rows **rows,
				struct explanation *explanation)
{
	struct db_params params = {0};

	db_param_int(&params, cardholder);
	db_param_text(&params, card);
	db_param_int(&params, gate);
	db_param_time(&params, at_ms);
	enum db_result result = run_one(db, &find_statement, &params, rows);
	if (result == DB_OK)
		read_explanation(*rows, explanation);
	return result;
}

enum db_result explanation_of_event(struct db *db, int64_t log, int64_t seq, int64_t t_ms, struct db_rows **rows, struct explanation *explanation)
{
	struct db_params params = {0};

	db_param_int(&params, log);
	db_param_int(&params, seq);
	db_param_time(&params, t_ms);
	enum db_result result = run_one(db, &event_statement, &params, rows);
	if (result == DB_OK)
		read_explanation(*rows, explanation);
	return result;
}

enum db_result explanation_gate(struct db *db, int64_t gate, int64_t at_ms, struct explanation_gate *out)
{
	struct db_params params = {0};
	struct db_rows *rows;

	db_param_int(&params, gate);
	db_param_time(&params, at_ms);
	enum db_result result = run_one(db, &gate_statement, &params, &rows);
	if (result != DB_OK)
		return result;
	snprintf(out->name, sizeof(out->name), "%s", db_text(rows, 0, 0));
	out->held = read_held(rows, 1);
	db_rows_free(rows);
	return DB_OK;
}

static enum db_result run_page(struct db *db, const struct db_statement *statement, int64_t of, int64_t at_ms, int64_t after, int limit,
			       struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_int(&params, of);
	db_param_time(&params, at_ms);
	db_param_int(&params, after);
	db_param_int(&params, limit);
	enum db_result result = db_run(db, statement, &params, rows);
	db_params_clear(&params);
	return result;
}

enum db_result explanation_passers(struct db *db, int64_t gate, int64_t at_ms, int64_t after, int limit, struct db_rows **rows)
{
	return run_page(db, &passers_statement, gate, at_ms, after, limit, rows);
}

enum db_result explanation_person(struct db *db, int64_t cardholder, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_int(&params, cardholder);
	return run_one(db, &person_statement, &params, rows);
}

enum db_result explanation_gates(struct db *db, int64_t cardholder, int64_t at_ms, int64_t after, int limit, struct db_rows **rows)
{
	return run_page(db, &gates_statement, cardholder, at_ms, after, limit, rows);
}
