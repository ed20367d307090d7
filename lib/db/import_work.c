#include "db/import_work.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct import_db {
	char *conninfo;
	PGconn *work, *control;
	int piece;		/* of the file, that control was asked for; 0: none */
	PGresult *pins;
	char state[6], message[300], hint[100];
};

struct import_db *import_db_open(const char *conninfo)
{
	struct import_db *db = xcalloc(1, sizeof(*db));

	db->conninfo = xstrdup(conninfo);
	return db;
}

void import_db_close(struct import_db *db)
{
	if (db == NULL)
		return;
	PQclear(db->pins);
	PQfinish(db->work);
	PQfinish(db->control);
	free(db->conninfo);
	free(db);
}

const char *import_db_state(const struct import_db *db)
{
	return db->state;
}

const char *import_db_message(const struct import_db *db)
{
	return db->message;
}

const char *import_db_hint(const struct import_db *db)
{
	return db->hint;
}

static void ignore_notice(void *arg, const char *message)
{
	(void)arg;
	log_debug("PostgreSQL: %.*s", (int)strcspn(message, "\n"), message);
}

static void note(struct import_db *db, const char *state, const char *message, const char *hint)
{
	snprintf(db->state, sizeof(db->state), "%s", state ? state : "08006");
	snprintf(db->message, sizeof(db->message), "%.*s", (int)strcspn(message ? message : "", "\n"), message ? message : "");
	snprintf(db->hint, sizeof(db->hint), "%s", hint ? hint : "");
}

static int connected(struct import_db *db, PGconn **pg)
{
	if (*pg != NULL && PQstatus(*pg) == CONNECTION_OK)
		return 0;
	PQfinish(*pg);
	*pg = PQconnectdb(db->conninfo);
	if (PQstatus(*pg) != CONNECTION_OK) {
		note(db, "08006", PQerrorMessage(*pg), NULL);
		return -1;
	}
	PQsetNoticeProcessor(*pg, ignore_notice, NULL);
	if (pg == &db->control)
		PQclear(PQexec(*pg, "LISTEN kidoban_import"));
	return 0;
}

/* One statement: its rows, or NULL with the failure noted. */
static PGresult *run(struct import_db *db, PGconn **pg, const char *sql, int count, const char *const *values)
{
	if (connected(db, pg) != 0)
		return NULL;
	if (pg == &db->control)
		db->piece = 0;	/* its answer is thrown away */
	PGresult *result = count > 0 ? PQexecParams(*pg, sql, count, NULL, values, NULL, NULL, 0) : PQexec(*pg, sql);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_COPY_IN)
		return result;
	note(db, PQresultErrorField(result, PG_DIAG_SQLSTATE), PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) ?
	     PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : PQerrorMessage(*pg), PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));
	PQclear(result);
	return NULL;
}

static int done(PGresult *result)
{
	PQclear(result);
	return result != NULL ? 0 : -1;
}

struct numbers {
	char text[3][24];
	const char *values[3];
};

static const char *const *numbers(struct numbers *n, int64_t a, int64_t b, int64_t c)
{
	int64_t all[3] = {a, b, c};

	for (int i = 0; i < 3; i++) {
		snprintf(n->text[i], sizeof(n->text[i]), "%lld", (long long)all[i]);
		n->values[i] = n->text[i];
	}
	return n->values;
}

int import_claim(struct import_db *db, struct import_job *job)
{
	PGresult *r = run(db, &db->control, "SELECT id, kind, mode, encoding, blank, state, token FROM api.import_claim()", 0, NULL);
	int found = r == NULL ? -1 : PQntuples(r);

	if (found == 1) {
		note(db, "", "", NULL);	/* what failed before was another's */
		*job = (struct import_job){
			.id = strtoll(PQgetvalue(r, 0, 0), NULL, 10), .token = strtoll(PQgetvalue(r, 0, 6), NULL, 10),
			.departments = strcmp(PQgetvalue(r, 0, 1), "departments") == 0, .update = strcmp(PQgetvalue(r, 0, 2), "update") == 0,
			.delete = strcmp(PQgetvalue(r, 0, 2), "delete") == 0, .clear = strcmp(PQgetvalue(r, 0, 4), "clear") == 0,
			.applying = strcmp(PQgetvalue(r, 0, 5), "applying") == 0,
		};
		snprintf(job->encoding, sizeof(job->encoding), "%s", PQgetvalue(r, 0, 3));
	}
	PQclear(r);
	return found;
}

void import_wait(struct import_db *db, int timeout_ms)
{
	struct pollfd wait = {.fd = -1, .events = POLLIN};
	PGnotify *told;

	if (connected(db, &db->control) == 0) {
		PQconsumeInput(db->control);
		wait.fd = PQsocket(db->control);
		if ((told = PQnotifies(db->control)) != NULL)
			timeout_ms = 0;
		for (; told != NULL; told = PQnotifies(db->control))
			PQfreemem(told);
	}
	(void)poll(&wait, 1, timeout_ms);
}

char *import_time_zone(struct import_db *db)
{
	PGresult *r = run(db, &db->control, "SELECT value FROM kidoban.setting WHERE name = 'time_zone'", 0, NULL);
	char *zone = r != NULL && PQntuples(r) == 1 ? xstrdup(PQgetvalue(r, 0, 0)) : NULL;

	PQclear(r);
	return zone;
}

void import_tidy(struct import_db *db)
{
	(void)done(run(db, &db->control, "SELECT api.import_tidy()", 0, NULL));
}

int import_begin(struct import_db *db, int64_t id)
{
	struct numbers n;

	if (done(run(db, &db->work, "BEGIN", 0, NULL)) != 0)
		return -1;
	/* A statement of minutes ends soon after this process does, so that the next one can begin anew. */
	return done(run(db, &db->work, "SELECT set_config('kidoban.import', $1, true), set_config('work_mem', '64MB', true),"
			" set_config('client_connection_check_interval', '1s', true)", 1, numbers(&n, id, 0, 0)));
}

int import_commit(struct import_db *db)
{
	PGresult *r = run(db, &db->work, "COMMIT", 0, NULL);
	bool committed = r != NULL && strcmp(PQcmdStatus(r), "COMMIT") == 0;

	PQclear(r);
	return committed ? 0 : -1;
}

void import_rollback(struct import_db *db)
{
	if (db->work != NULL && PQpipelineStatus(db->work) != PQ_PIPELINE_OFF) {	/* in the middle of a page: the next one begins anew */
		PQfinish(db->work);
		db->work = NULL;
	}
	if (db->work != NULL && PQstatus(db->work) == CONNECTION_OK && PQtransactionStatus(db->work) == PQTRANS_ACTIVE) {
		PQputCopyEnd(db->work, "given up");	/* within a COPY */
		for (PGresult *r = PQgetResult(db->work); r != NULL; r = PQgetResult(db->work))
			PQclear(r);
	}
	if (db->work != NULL && PQstatus(db->work) == CONNECTION_OK)
		PQclear(PQexec(db->work, "ROLLBACK"));
}

int import_stage(struct import_db *db, int64_t id, int64_t *basis)
{
	struct numbers n;
	PGresult *r = run(db, &db->work, "SELECT api.import_stage($1)", 1, numbers(&n, id, 0, 0));

	if (r != NULL)
		*basis = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
	return done(r);
}

static int noted(struct import_db *db, const PGresult *result)
{
	note(db, PQresultErrorField(result, PG_DIAG_SQLSTATE), result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(db->work), NULL);
	return -1;
}

int import_known_ask(struct import_db *db, int64_t id, int64_t after, int most)
{
	static const char *const then[] = {"FETCH ALL FROM people", "FETCH ALL FROM cards", "FETCH ALL FROM permits", "CLOSE ALL"};
	struct numbers n;
	bool sent = PQenterPipelineMode(db->work) == 1 &&
		    PQsendQueryParams(db->work, "SELECT api.import_known($1, $2, $3)", 3, NULL, numbers(&n, id, after, most), NULL, NULL, 0) == 1;

	for (size_t i = 0; sent && i < lengthof(then); i++)
		sent = PQsendQueryParams(db->work, then[i], 0, NULL, NULL, NULL, NULL, 1) == 1;
	return sent && PQpipelineSync(db->work) == 1 ? 0 : noted(db, NULL);
}

void import_known_take(struct import_db *db)
{
	(void)PQconsumeInput(db->work);	/* what goes wrong shows when the page is read */
}

/* The answer to one statement of several. NULL when that fails. */
static struct db_rows *answer(struct import_db *db)
{
	PGresult *r = PQgetResult(db->work);

	if (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK) {
		noted(db, r);
		PQclear(r);
		return NULL;
	}
	PQclear(PQgetResult(db->work));	/* nothing: there it ends */
	return (struct db_rows *)r;
}

static bool answered(struct import_db *db)
{
	struct db_rows *rows = answer(db);

	db_rows_free(rows);
	return rows != NULL;
}

int import_known_page(struct import_db *db, struct cardholder_export *page)
{
	*page = (struct cardholder_export){0};
	if (answered(db) && (page->people = answer(db)) != NULL && (page->cards = answer(db)) != NULL && (page->permits = answer(db)) != NULL &&
	    answered(db)) {
		PQclear(PQgetResult(db->work));	/* of the sync */
		if (PQexitPipelineMode(db->work) == 1)
			return 0;
		noted(db, NULL);
	}
	cardholders_csv_free(page);
	return -1;
}

int import_words(struct import_db *db, struct db_rows **departments, struct db_rows **targets)
{
	*departments = (struct db_rows *)run(db, &db->work, "SELECT id, code, path FROM api.import_departments()", 0, NULL);
	*targets = *departments == NULL ? NULL : (struct db_rows *)run(db, &db->work, "SELECT id, word, place FROM api.import_targets()", 0, NULL);
	if (*targets != NULL)
		return 0;
	db_rows_free(*departments);
	*departments = NULL;
	return -1;
}

int import_copy_begin(struct import_db *db, const char *table, int64_t id, const char *columns)
{
	char sql[120];

	snprintf(sql, sizeof(sql), "COPY stage.%.20s_%lld %.40s FROM STDIN", table, (long long)id, columns);
	return done(run(db, &db->work, sql, 0, NULL));
}

int import_copy(struct import_db *db, const struct buf *lines)
{
	if (PQputCopyData(db->work, buf_text(lines), (int)lines->len) == 1)
		return 0;
	note(db, NULL, PQerrorMessage(db->work), NULL);
	return -1;
}

int import_copy_end(struct import_db *db)
{
	int result = PQputCopyEnd(db->work, NULL) == 1 ? 0 : -1;

	for (PGresult *r = PQgetResult(db->work); r != NULL; r = PQgetResult(db->work)) {
		if (PQresultStatus(r) != PGRES_COMMAND_OK) {
			note(db, PQresultErrorField(r, PG_DIAG_SQLSTATE), PQresultErrorMessage(r), NULL);
			result = -1;
		}
		PQclear(r);
	}
	return result;
}

int import_piece_ask(struct import_db *db, int64_t id, int n)
{
	struct numbers values;

	if (connected(db, &db->control) != 0)
		return -1;
	for (PGresult *r = PQgetResult(db->control); r != NULL; r = PQgetResult(db->control))
		PQclear(r);	/* of one that nobody came for */
	bool sent = PQsendQueryParams(db->control, "SELECT api.import_piece($1, $2)", 2, NULL, numbers(&values, id, n, 0), NULL, NULL, 1) == 1;
	db->piece = sent ? n : 0;
	if (!sent)
		note(db, NULL, PQerrorMessage(db->control), NULL);
	return sent ? 0 : -1;
}

int import_piece(struct import_db *db, int64_t id, int n, struct buf *out)
{
	if (db->piece != n && import_piece_ask(db, id, n) != 0)
		return -1;
	PGresult *r = PQgetResult(db->control);
	int result = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 ? PQgetisnull(r, 0, 0) : -1;
	if (result == 0)
		buf_add(out, PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0));
	else if (result < 0)
		note(db, PQresultErrorField(r, PG_DIAG_SQLSTATE), PQresultErrorMessage(r), NULL);
	PQclear(r);
	PQclear(PQgetResult(db->control));	/* nothing: there it ends */
	db->piece = 0;
	return result;
}

int import_pins(struct import_db *db, int64_t id, int after, struct import_pin *pins, int most, int *count)
{
	struct numbers n;

	PQclear(db->pins);
	db->pins = run(db, &db->work, "SELECT n, id, pin, encode(sealed, 'hex') FROM api.import_pins($1, $2, $3)", 3, numbers(&n, id, after, most));
	if (db->pins == NULL)
		return -1;
	*count = PQntuples(db->pins);
	for (int i = 0; i < *count; i++)
		pins[i] = (struct import_pin){atoi(PQgetvalue(db->pins, i, 0)), atoi(PQgetvalue(db->pins, i, 1)),
					      PQgetvalue(db->pins, i, 2), PQgetvalue(db->pins, i, 3)};
	return 0;
}

int import_check(struct import_db *db, int64_t id, int64_t basis)
{
	struct numbers n;

	return done(run(db, &db->work, "SELECT api.import_check($1, $2)", 2, numbers(&n, id, basis, 0)));
}

int import_step(struct import_db *db, int64_t id, int step, int *next)
{
	struct numbers n;
	PGresult *r = run(db, &db->work, "SELECT api.import_step($1, $2)", 2, numbers(&n, id, step, 0));

	if (r != NULL)
		*next = atoi(PQgetvalue(r, 0, 0));
	return done(r);
}

int import_progress(struct import_db *db, const struct import_job *job, int progress, int total)
{
	char text[4][24];
	const char *values[4] = {text[0], text[1], text[2], text[3]};
	int64_t all[4] = {job->id, job->token, progress, total};

	for (int i = 0; i < 4; i++)
		snprintf(text[i], sizeof(text[i]), "%lld", (long long)all[i]);
	PGresult *r = run(db, &db->control, "SELECT api.import_progress($1, $2, $3, $4)", 4, values);
	int answer = r == NULL ? -1 : PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return answer;
}

int import_end(struct import_db *db, const struct import_job *job, const char *state, const char *reason, const char *fault)
{
	char id[24], token[24];
	const char *values[5] = {id, token, state, reason, fault};

	snprintf(id, sizeof(id), "%lld", (long long)job->id);
	snprintf(token, sizeof(token), "%lld", (long long)job->token);
	return done(run(db, &db->control, "SELECT api.import_end($1, $2, $3, $4, $5)", 5, values));
}

void import_keep(struct import_db *db, int64_t id)
{
	struct numbers n;

	if (done(run(db, &db->control, "SELECT api.import_keep($1)", 1, numbers(&n, id, 0, 0))) != 0)
		log_warnx("import %lld: what became of its rows is not kept: %s", (long long)id, db->message);
}
