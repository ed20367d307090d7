/* Opening and closing the connection: back-off, and refusing a transaction pooler. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "db/internal.h"

#define BACK_OFF_FIRST_MS 100
#define BACK_OFF_LAST_MS 1000	/* a local refusal costs nothing; people wait */

struct db *db_new(const char *conninfo, int timeout_ms)
{
	struct db *db = xcalloc(1, sizeof(*db));

	db->conninfo = xstrdup(conninfo);
	db->timeout_ms = timeout_ms;
	return db;
}

void db_free(struct db *db)
{
	if (db == NULL)
		return;
	db_disconnect(db);
	free(db->conninfo);
	free(db);
}

const struct db_error *db_error(const struct db *db)
{
	return &db->error;
}

bool db_is_away(const struct db *db)
{
	const char *state = db->error.sqlstate;

	return strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0 || strncmp(state, "53", 2) == 0;
}

void db_note_text(struct db *db, const char *sqlstate, const char *message)
{
	struct db_error *error = &db->error;

	*error = (struct db_error){0};
	snprintf(error->sqlstate, sizeof(error->sqlstate), "%s", sqlstate);
	snprintf(error->message, sizeof(error->message), "%s", message);
	error->message[strcspn(error->message, "\n")] = '\0';
}

static void copy_field(char *out, size_t size, const PGresult *result, int field)
{
	const char *text = PQresultErrorField(result, field);

	snprintf(out, size, "%s", text ? text : "");
}

void db_note(struct db *db, const PGresult *result)
{
	struct db_error *error = &db->error;

	*error = (struct db_error){0};
	copy_field(error->sqlstate, sizeof(error->sqlstate), result, PG_DIAG_SQLSTATE);
	copy_field(error->message, sizeof(error->message), result, PG_DIAG_MESSAGE_PRIMARY);
	copy_field(error->detail, sizeof(error->detail), result, PG_DIAG_MESSAGE_DETAIL);
	copy_field(error->hint, sizeof(error->hint), result, PG_DIAG_MESSAGE_HINT);
	copy_field(error->constraint, sizeof(error->constraint), result, PG_DIAG_CONSTRAINT_NAME);
	copy_field(error->column, sizeof(error->column), result, PG_DIAG_COLUMN_NAME);
	if (error->sqlstate[0] == '\0')	/* libpq's own: the connection */
		db_note_text(db, "08006", PQresultErrorMessage(result));
}

void db_disconnect(struct db *db)
{
	PQfinish(db->pg);
	db->pg = NULL;
	db->state = DB_CLOSED;
	db->prepared_count = 0;
	db->owed = 0;	/* what the dead connection owed nobody will give */
}

enum db_result db_lost(struct db *db)
{
	db_note_text(db, "08006", PQerrorMessage(db->pg));
	db_disconnect(db);
	return DB_FAILED;
}

/* One value by one simple statement, before pipeline mode; -1 when it fails. */
static int64_t ask(PGconn *pg, const char *sql)
{
	PGresult *result = PQexec(pg, sql);
	int64_t value = -1;

	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
		value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return value;
}

/* Behind a pooler the process that answers is not the one that was promised at start. That is fine when it stays ours as long as
 * the connection does. So ask by a second connection: when it reaches the same process while we are still connected, server
 * processes are lent by the transaction, and prepared statements and notifications can not work. */
static bool behind_transaction_pooler(const struct db *db)
{
	int64_t mine = ask(db->pg, "SELECT pg_backend_pid()");

	if (mine == PQbackendPID(db->pg) || mine < 0)
		return false;
	PGconn *other = PQconnectdb(db->conninfo);
	int64_t theirs = PQstatus(other) == CONNECTION_OK ? ask(other, "SELECT pg_backend_pid()") : -1;
	PQfinish(other);
	return theirs == mine;
}

static enum db_result failed(struct db *db, const char *message)
{
	int shift = db->failures < 6 ? db->failures : 6;
	int64_t wait = (int64_t)BACK_OFF_FIRST_MS << shift;

	if (db->failures++ == 0)
		log_warnx("no database: %s", message);
	db->retry_at_ms = clock_mono_ms() + (wait > BACK_OFF_LAST_MS ? BACK_OFF_LAST_MS : wait);
	db_note_text(db, "08006", message);
	db_disconnect(db);
	return DB_FAILED;
}

static void ignore_notice(void *arg, const char *message)
{
	(void)arg;
	log_debug("PostgreSQL: %s", message);
}

enum db_result db_connect(struct db *db)
{
	if (db->pg != NULL && PQstatus(db->pg) == CONNECTION_OK)
		return DB_OK;
	db_disconnect(db);
	if (clock_mono_ms() < db->retry_at_ms) {
		db_note_text(db, "08006", "waiting before the next attempt to connect");
		return DB_FAILED;
	}
	db->pg = PQconnectdb(db->conninfo);
	if (PQstatus(db->pg) != CONNECTION_OK) {
		char *message = xstrdup(PQerrorMessage(db->pg));
		message[strcspn(message, "\n")] = '\0';
		enum db_result result = failed(db, message);
		free(message);
		return result;
	}
	PQsetNoticeProcessor(db->pg, ignore_notice, NULL);
	if (PQserverVersion(db->pg) < 150000)
		return failed(db, "PostgreSQL 15 or newer is needed");
	if (behind_transaction_pooler(db))
		return failed(db, "the database is behind a pooler that lends connections by the transaction; "
				  "connect directly, or set its pool_mode to session");
	if (PQenterPipelineMode(db->pg) != 1)
		return failed(db, "libpq refused pipeline mode");
	if (db->failures > 0)
		log_info("the database is back");
	db->failures = 0;
	db->retry_at_ms = 0;
	db->state = DB_IDLE;
	return DB_OK;
}
