/* Waiting for NOTIFY. A notification only wakes; what happened is read from tables. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "db/internal.h"

enum db_result db_listen(struct db *db, const char *const *channels)
{
	if (db->state == DB_SETTLING)
		db_settle(db);
	if (db_connect(db) != DB_OK)
		return DB_FAILED;
	for (; *channels != NULL; channels++) {
		char sql[100];
		char *name = PQescapeIdentifier(db->pg, *channels, 63);
		if (name == NULL)
			return DB_FAILED;
		snprintf(sql, sizeof(sql), "LISTEN %s", name);
		PQfreemem(name);
		if (PQsendQueryParams(db->pg, sql, 0, NULL, NULL, NULL, NULL, 0) != 1)
			return db_lost(db);
	}
	if (PQpipelineSync(db->pg) != 1)
		return db_lost(db);
	return db_settle(db);
}

int db_wait(struct db *db, int timeout_ms)
{
	int64_t until = clock_mono_ms() + timeout_ms;
	int count = 0;

	if (db->state == DB_SETTLING && db_settle(db) != DB_OK)
		return -1;
	while (db->pg != NULL) {
		PGnotify *note;
		if (PQconsumeInput(db->pg) != 1 || PQstatus(db->pg) != CONNECTION_OK) {
			db_disconnect(db);
			break;
		}
		while ((note = PQnotifies(db->pg)) != NULL) {
			PQfreemem(note);
			count++;
		}
		int64_t left = until - clock_mono_ms();
		if (count > 0 || left <= 0)
			return count > 0;
		struct pollfd fd = {.fd = PQsocket(db->pg), .events = POLLIN};
		int ready = poll(&fd, 1, (int)left);
		if (ready < 0 && errno != EINTR)
			return -1;
		if (ready < 0)
			return 0;
	}
	return -1;
}
