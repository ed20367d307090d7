/* Shared by the files of lib/db that speak to libpq; nobody else includes it. */
#ifndef DB_INTERNAL_H
#define DB_INTERNAL_H

#include <libpq-fe.h>

#include "db/conn.h"

#define DB_MAX_PREPARED 64

enum db_state {
	DB_CLOSED,	/* no connection */
	DB_IDLE,	/* nothing open */
	DB_SETTLING,	/* a READ transaction ended; its sync is on the way */
	DB_OPEN,	/* in a transaction */
	DB_BROKEN,	/* in one that failed */
};

struct db {
	PGconn *pg;
	char *conninfo;
	int timeout_ms;
	enum db_state state;
	enum db_mode mode;
	int64_t retry_at_ms;	/* monotonic; no connection attempt before */
	int failures;		/* in a row, for the back-off */
	const struct db_statement *prepared[DB_MAX_PREPARED];
	int prepared_count;
	int owed;		/* results without rows that come before the next statement's */
	bool may_retry;		/* nothing was done on a connection that may have died while idle */
	bool restart;		/* what is prepared is no longer known: reconnect after this transaction */
	char token[65];
	struct db_error error;
};

/* Opens when closed and the back-off allows; DB_FAILED with error set otherwise. */
enum db_result db_connect(struct db *db);
void db_disconnect(struct db *db);
/* What libpq says of a connection on which nothing can be sent, as the error; disconnects. DB_FAILED. */
enum db_result db_lost(struct db *db);
/* Reads one result of the pipeline: NULL (error set) when the connection is gone. The caller clears it. */
PGresult *db_take(struct db *db);
/* Takes one result that must be a success; the results that are owed before it. */
enum db_result db_expect(struct db *db, PGresult **out);
enum db_result db_expect_owed(struct db *db);
/* Reads everything up to the sync, after which nothing is open. */
enum db_result db_settle(struct db *db);
void db_note(struct db *db, const PGresult *result);
void db_note_text(struct db *db, const char *sqlstate, const char *message);

#endif
