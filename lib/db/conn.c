/* Transactions and statements over one pipeline. See conn.h for why it is like that.
 *
 * Order on the wire of a READ transaction: context, statement, flush | statement, flush ... | sync. The results of what
 * carries no rows (preparing, BEGIN, context) are read together with the first statement's: `owed` counts them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "db/internal.h"

static const struct db_statement begin_statement = {"begin", "BEGIN"};
static const struct db_statement commit_statement = {"commit", "COMMIT"};
static const struct db_statement rollback_statement = {"rollback", "ROLLBACK"};
/* Generic plans: a statement with every filter of a list in it always looks cheaper when planned anew for the filters given, and
 * planning it, policies and all, takes longer than running it. The functions that need plans of the moment ask for them. */
static const struct db_statement context_statement = {
	"context", "SELECT set_config('kidoban.session', $1, true), set_config('statement_timeout', $2, true),"
		   " set_config('plan_cache_mode', 'force_generic_plan', true)"};

PGresult *db_take(struct db *db)
{
	PGresult *result = PQgetResult(db->pg);

	if (result == NULL)	/* between two results, or at the end of a dead connection */
		result = PQgetResult(db->pg);
	if (result == NULL || PQstatus(db->pg) != CONNECTION_OK) {
		if (result != NULL && PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL)
			db_note(db, result);
		else
			db_note_text(db, "08006", PQerrorMessage(db->pg));
		PQclear(result);
		return NULL;
	}
	return result;
}

static bool is_prepared(const struct db *db, const struct db_statement *statement)
{
	for (int i = 0; i < db->prepared_count; i++)
		if (db->prepared[i] == statement)
			return true;
	return false;
}

/* Queues one statement (and its preparation when it is the first time); nothing is sent yet. */
static enum db_result queue(struct db *db, const struct db_statement *statement, const struct db_params *params)
{
	static const struct db_params none;

	if (!is_prepared(db, statement)) {
		if (db->prepared_count == DB_MAX_PREPARED)
			panic("more than %d statements", DB_MAX_PREPARED);
		if (PQsendPrepare(db->pg, statement->name, statement->sql, 0, NULL) != 1)
			return db_lost(db);
		db->prepared[db->prepared_count++] = statement;
		db->owed++;
	}
	if (params == NULL)
		params = &none;
	return PQsendQueryPrepared(db->pg, statement->name, params->count, params->values, params->lengths, params->formats, 0) == 1 ? DB_OK : db_lost(db);
}

/* Takes one result that must be a success. */
enum db_result db_expect(struct db *db, PGresult **out)
{
	PGresult *result = db_take(db);

	*out = NULL;
	if (result == NULL) {
		db_disconnect(db);
		return DB_FAILED;
	}
	ExecStatusType status = PQresultStatus(result);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		*out = result;
		return DB_OK;
	}
	if (status != PGRES_PIPELINE_ABORTED)
		db_note(db, result);
	PQclear(result);
	db->state = DB_BROKEN;
	/* A migration made a plan wrong, or the prepared statement went away. */
	if (strcmp(db->error.sqlstate, "0A000") == 0 || strcmp(db->error.sqlstate, "26000") == 0)
		db->restart = true;
	if (strncmp(db->error.sqlstate, "57P", 3) == 0)	/* its last words */
		db_disconnect(db);
	return DB_FAILED;
}

/* Takes the results that come before the next statement's. */
enum db_result db_expect_owed(struct db *db)
{
	PGresult *result;

	for (; db->owed > 0; db->owed--) {
		if (db_expect(db, &result) != DB_OK) {
			db->restart = true;	/* what was being prepared may not have been */
			return DB_FAILED;
		}
		PQclear(result);
	}
	return DB_OK;
}

/* Everything up to the sync. */
enum db_result db_settle(struct db *db)
{
	for (;;) {
		PGresult *result = db_take(db);
		if (result == NULL) {
			db_disconnect(db);
			return DB_FAILED;
		}
		ExecStatusType status = PQresultStatus(result);
		if (status == PGRES_FATAL_ERROR)
			db_note(db, result);
		PQclear(result);
		if (status == PGRES_PIPELINE_SYNC)
			break;
	}
	db->state = DB_IDLE;
	db->owed = 0;
	return DB_OK;
}

static enum db_result sync_now(struct db *db)
{
	return PQpipelineSync(db->pg) == 1 ? DB_OK : db_lost(db);
}

static enum db_result queue_begin(struct db *db)
{
	struct db_params params = {0};
	enum db_result result = DB_OK;

	db_param_text(&params, db->token);
	db_param_int(&params, db->timeout_ms);
	if (db->mode == DB_WRITE) {
		result = queue(db, &begin_statement, NULL);
		db->owed++;
	}
	if (result == DB_OK)
		result = queue(db, &context_statement, &params);
	db->owed++;
	db_params_clear(&params);
	if (result == DB_OK)
		db->state = DB_OPEN;
	return result;
}

enum db_result db_begin(struct db *db, enum db_mode mode, const char *token)
{
	if (db->state == DB_OPEN || db->state == DB_BROKEN)
		panic("a transaction is open already");
	if (db->state == DB_SETTLING && db_settle(db) != DB_OK)
		db->retry_at_ms = 0;	/* it was there a moment ago: try at once */
	bool was_open = db->pg != NULL;
	if (db_connect(db) != DB_OK)
		return DB_FAILED;
	db->mode = mode;
	db->owed = 0;
	db->may_retry = was_open;
	db->restart = false;
	snprintf(db->token, sizeof(db->token), "%s", token ? token : "");
	if (queue_begin(db) == DB_OK)
		return DB_OK;
	/* libpq found only now, in sending, that the server had been restarted while we were idle. */
	db->may_retry = false;
	db->owed = 0;
	return was_open && db_connect(db) == DB_OK ? queue_begin(db) : DB_FAILED;
}

static enum db_result run_once(struct db *db, const struct db_statement *statement, const struct db_params *params, PGresult **result)
{
	if (queue(db, statement, params) != DB_OK)
		return DB_FAILED;
	if (PQsendFlushRequest(db->pg) != 1)
		return db_lost(db);
	if (db_expect_owed(db) != DB_OK)
		return DB_FAILED;
	return db_expect(db, result);
}

enum db_result db_run(struct db *db, const struct db_statement *statement, const struct db_params *params, struct db_rows **rows)
{
	PGresult *result = NULL;

	if (rows != NULL)
		*rows = NULL;
	if (db->state != DB_OPEN)
		return DB_FAILED;
	enum db_result done = run_once(db, statement, params, &result);
	/* The server was restarted while we were idle: nothing has been done yet, so begin anew once. */
	if (done != DB_OK && db->may_retry && db->state == DB_CLOSED) {
		db->may_retry = false;
		if (db_connect(db) == DB_OK && queue_begin(db) == DB_OK)
			done = run_once(db, statement, params, &result);
	}
	db->may_retry = false;
	if (done != DB_OK)
		return DB_FAILED;
	if (rows != NULL)
		*rows = (struct db_rows *)result;
	else
		PQclear(result);
	return DB_OK;
}

enum db_result db_queue(struct db *db, const struct db_statement *statement, const struct db_params *params)
{
	if (db->state != DB_OPEN || queue(db, statement, params) != DB_OK)
		return DB_FAILED;
	db->owed++;
	return DB_OK;
}

enum db_result db_ask(struct db *db, const struct db_statement *statement, const struct db_params *params)
{
	if (db_queue(db, statement, params) != DB_OK)
		return DB_FAILED;
	return PQflush(db->pg) >= 0 ? DB_OK : db_lost(db);
}

enum db_result db_await(struct db *db)
{
	if (db->state != DB_OPEN)
		return DB_FAILED;
	if (db->owed > 0 && PQsendFlushRequest(db->pg) != 1)	/* without it the server keeps its answers to itself */
		return db_lost(db);
	return db_expect_owed(db);
}

/* After a sync that was read to its end: what BEGIN opened may still be there, failed. */
static void end_failed(struct db *db)
{
	if (PQtransactionStatus(db->pg) != PQTRANS_IDLE && queue(db, &rollback_statement, NULL) == DB_OK && sync_now(db) == DB_OK)
		(void)db_settle(db);
}

enum db_result db_commit(struct db *db)
{
	PGresult *result;

	if (db->state != DB_OPEN)
		return DB_FAILED;
	if (db->mode == DB_READ) {	/* its answer is read before the next transaction, while nobody waits */
		if (sync_now(db) != DB_OK)
			return DB_FAILED;
		db->state = DB_SETTLING;
		return PQflush(db->pg) < 0 ? DB_FAILED : DB_OK;
	}
	if (queue(db, &commit_statement, NULL) != DB_OK || sync_now(db) != DB_OK)
		return DB_FAILED;
	enum db_result done = db_expect_owed(db);
	if (done == DB_OK)
		done = db_expect(db, &result);
	if (done == DB_OK) {
		PQclear(result);
		return db_settle(db);
	}
	if (db->state == DB_BROKEN) {	/* a failed COMMIT has rolled back, one that was not reached has not */
		struct db_error error = db->error;
		if (db_settle(db) == DB_OK)
			end_failed(db);
		if (db->restart && db->pg != NULL)
			db_disconnect(db);
		db->error = error;
	}
	return DB_FAILED;
}

void db_rollback(struct db *db)
{
	struct db_error error = db->error;
	bool broken = db->state == DB_BROKEN;

	if (db->state != DB_OPEN && !broken)
		return;
	if (sync_now(db) != DB_OK || db_settle(db) != DB_OK)
		goto out;
	if (PQtransactionStatus(db->pg) != PQTRANS_IDLE &&
	    (queue(db, &rollback_statement, NULL) != DB_OK || sync_now(db) != DB_OK || db_settle(db) != DB_OK))
		goto out;
	if (broken && db->restart)
		db_disconnect(db);
out:
	db->error = error;
}

bool db_is_writing(const struct db *db)
{
	return db->state == DB_OPEN && db->mode == DB_WRITE;
}

bool db_is_open(const struct db *db)
{
	return db->state == DB_OPEN || db->state == DB_BROKEN;
}
