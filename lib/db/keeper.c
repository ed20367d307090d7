#include "db/keeper.h"

#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/log.h"
#include "base/str.h"
#include "db/keeper_internal.h"

struct keeper_db {
	char *conninfo;
	PGconn *pg;
	bool complained;
};

struct keeper_db *keeper_open(const char *conninfo)
{
	struct keeper_db *db = xcalloc(1, sizeof *db);

	db->conninfo = xstrdup(conninfo);
	return db;
}

void keeper_close(struct keeper_db *db)
{
	if (db == NULL)
		return;
	PQfinish(db->pg);
	free(db->conninfo);
	free(db);
}

static void disconnect(struct keeper_db *db, const char *why)
{
	if (!db->complained)
		log_warnx("database: %.*s; trying again by itself", (int)strcspn(why, "\n"), why);
	db->complained = true;
	PQfinish(db->pg);
	db->pg = NULL;
}

static void on_notice(void *arg, const char *text)
{
	(void)arg;
	log_debug("database: %.*s", (int)strcspn(text, "\n"), text);
}

bool keeper_is_connected(struct keeper_db *db)
{
	if (db->pg != NULL)
		return true;
	db->pg = PQconnectdb(db->conninfo);
	if (PQstatus(db->pg) != CONNECTION_OK) {
		disconnect(db, PQerrorMessage(db->pg));
		return false;
	}
	PQsetNoticeProcessor(db->pg, on_notice, NULL);
	if (db->complained)
		log_info("database: connected to %s", PQhost(db->pg));
	db->complained = false;
	return true;
}

enum keeper_result keeper_ask(struct keeper_db *db, const char *sql, int count, const char *const *values, PGresult **out)
{
	if (!keeper_is_connected(db))
		return KEEPER_AWAY;
	PGresult *r = PQexecParams(db->pg, sql, count, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		if (out != NULL)
			*out = r;
		else
			PQclear(r);
		return KEEPER_OK;
	}
	enum keeper_result result = PQstatus(db->pg) == CONNECTION_BAD ? KEEPER_AWAY : KEEPER_REFUSED;
	const char *why = PQresultErrorMessage(r);
	if (result == KEEPER_AWAY)
		disconnect(db, PQerrorMessage(db->pg));
	else
		log_warnx("database refuses %.60s: %.*s", sql, (int)strcspn(why, "\n"), why);
	PQclear(r);
	return result;
}

/* A statement that answers one number. */
static enum keeper_result run_number(struct keeper_db *db, const char *sql, int count, const char *const *values, int *out)
{
	PGresult *r;
	enum keeper_result result = keeper_ask(db, sql, count, values, &r);

	if (result != KEEPER_OK)
		return result;
	*out = PQntuples(r) == 1 ? atoi(PQgetvalue(r, 0, 0)) : 0;
	PQclear(r);
	return KEEPER_OK;
}

enum keeper_result keeper_partitions_ensure(struct keeper_db *db, int days_ahead, int *made)
{
	char days[16];
	const char *values[] = { days };

	snprintf(days, sizeof days, "%d", days_ahead);
	return run_number(db, "SELECT api.keeper_partitions_ensure($1::int4)", 1, values, made);
}

static enum keeper_step step_of(const char *word)
{
	if (strcmp(word, "drop") == 0)
		return KEEPER_DROP;
	return strcmp(word, "finalize") == 0 ? KEEPER_FINALIZE : KEEPER_DETACH;
}

enum keeper_result keeper_partitions_due(struct keeper_db *db, struct keeper_partition **out, size_t *count)
{
	PGresult *r;
	enum keeper_result result = keeper_ask(db, "SELECT parent, partition, step FROM api.keeper_partitions_due()", 0, NULL, &r);

	*out = NULL;
	*count = 0;
	if (result != KEEPER_OK)
		return result;
	*out = xcalloc((size_t)PQntuples(r) + 1, sizeof **out);
	for (int i = 0; i < PQntuples(r); i++) {
		struct keeper_partition *p = &(*out)[*count];

		if (PQgetlength(r, i, 0) >= (int)sizeof p->parent || PQgetlength(r, i, 1) >= (int)sizeof p->partition)
			continue;
		snprintf(p->parent, sizeof p->parent, "%s", PQgetvalue(r, i, 0));
		snprintf(p->partition, sizeof p->partition, "%s", PQgetvalue(r, i, 1));
		p->step = step_of(PQgetvalue(r, i, 2));
		(*count)++;
	}
	PQclear(r);
	return KEEPER_OK;
}

/* The names come from our own function, quoted by format('%I'): statements of this kind take no parameters. */
enum keeper_result keeper_partition_step(struct keeper_db *db, const struct keeper_partition *p)
{
	struct buf sql = { 0 };

	switch (p->step) {
	case KEEPER_DETACH:
		buf_addf(&sql, "ALTER TABLE %s DETACH PARTITION %s CONCURRENTLY", p->parent, p->partition);
		break;
	case KEEPER_FINALIZE:
		buf_addf(&sql, "ALTER TABLE %s DETACH PARTITION %s FINALIZE", p->parent, p->partition);
		break;
	case KEEPER_DROP:
		buf_addf(&sql, "DROP TABLE %s", p->partition);
		break;
	}
	enum keeper_result result = keeper_ask(db, buf_text(&sql), 0, NULL, NULL);
	buf_free(&sql);
	return result;
}

enum keeper_result keeper_timetable(struct keeper_db *db, void (*told)(const char *name, const char *kind, int queued))
{
	PGresult *r;
	enum keeper_result result = keeper_ask(db, "SELECT name, job_kind, queued FROM api.keeper_timetable_due(clock_timestamp())",
	    0, NULL, &r);

	if (result != KEEPER_OK)
		return result;
	for (int i = 0; i < PQntuples(r); i++)
		told(PQgetvalue(r, i, 0), PQgetvalue(r, i, 1), atoi(PQgetvalue(r, i, 2)));
	PQclear(r);
	return KEEPER_OK;
}

enum keeper_result keeper_expire_commands(struct keeper_db *db, int *expired)
{
	return run_number(db, "SELECT api.keeper_expire_commands()", 0, NULL, expired);
}

enum keeper_result keeper_expire_sessions(struct keeper_db *db)
{
	return keeper_ask(db, "SELECT api.keeper_expire_sessions()", 0, NULL, NULL);
}

enum keeper_result keeper_tidy(struct keeper_db *db)
{
	return keeper_ask(db, "SELECT api.keeper_tidy()", 0, NULL, NULL);
}

enum keeper_result keeper_health(struct keeper_db *db, const char *name, const char *status, const char *detail)
{
	const char *values[] = { name, status, detail };

	return keeper_ask(db, "SELECT api.keeper_health($1, $2, $3)", 3, values, NULL);
}
