/* Permits: which controllers have to be told something. What they are told, gate-poller asks for when it sends it. */
#include <stdio.h>

#include "base/log.h"
#include "db/transfer.h"
#include "transfer.h"

enum job_result plan_permits(struct job_run *run)
{
	struct transfer_plan plan;

	if (db_begin(run->db, DB_WRITE, NULL) != DB_OK)
		return job_database_failed(run);
	switch (transfer_plan(run->db, run->job->id, run->job->token, &plan)) {
	case DB_OK:
		break;
	case DB_NONE:		/* stopped, or somebody else's by now */
		db_rollback(run->db);
		return JOB_GIVEN_UP;
	case DB_FAILED:
		return job_database_failed(run);
	}
	if (db_commit(run->db) != DB_OK)
		return job_database_failed(run);
	log_info("permits: %d controllers are behind, %d more needed nothing sent", plan.queued, plan.advanced);
	snprintf(run->reason, sizeof run->reason, "%d queued, %d without traffic", plan.queued, plan.advanced);
	return JOB_DONE;
}

void permits_watch(struct db *db)
{
	int queued;

	if (db_begin(db, DB_WRITE, NULL) != DB_OK)
		return;
	enum db_result result = transfer_watch(db, &queued);
	if (result == DB_OK && db_commit(db) == DB_OK) {
		if (queued > 0)
			log_info("permits: %d controllers are told at once that somebody may pass less", queued);
		return;
	}
	if (!db_is_away(db))
		log_warnx("permits: the database refuses to look for revocations: %s", db_error(db)->message);
	db_rollback(db);
}
