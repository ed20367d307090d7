/* Jobs of the transfer daemon: claimed under a lease, told of, ended. Each call runs in the caller's transaction. */
#ifndef DB_JOB_H
#define DB_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

struct job {
	int64_t id, token;	/* every later call carries the token */
	char *kind, *payload;	/* payload: a JSON object */
	int attempts;		/* before this one */
	int created_by;		/* operator, 0 = nobody */
};

/* The next that is due of these kinds, with a lease of 30 s. DB_NONE: there is none. */
enum db_result job_claim(struct db *db, const char *const *kinds, size_t count, struct job *job) __attribute__((warn_unused_result));
void job_free(struct job *job);

/* The next three: DB_NONE when the job was stopped or is somebody else's by now; then nothing was written. */
enum db_result job_renew(struct db *db, int64_t id, int64_t token) __attribute__((warn_unused_result));
enum db_result job_progress(struct db *db, int64_t id, int64_t token, int64_t done, int64_t total) __attribute__((warn_unused_result));
/* outcome: "done", "retry" (later), "failed", "given_up" (claimable again when it was not stopped) */
enum db_result job_end(struct db *db, int64_t id, int64_t token, const char *outcome, const char *reason) __attribute__((warn_unused_result));

#endif
