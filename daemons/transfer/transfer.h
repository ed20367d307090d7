/*
 * What the parts of the transfer daemon share.
 *	transfer.c	start, waking, leases renewed, stopping
 *	lane.c		one thread: claims jobs of its kinds one after another and runs them
 *	handlers.c	which kinds there are, and who does them
 *	permits.c	planning of permit transfers; gate-poller sends them
 *
 * A job is a row of kidoban.job. A lane claims it (SKIP LOCKED, a lease of JOB_LEASE_S under a token), its handler works
 * in transactions of its own, and the lane ends it: done, tried again later, or failed with a reason. The main thread
 * renews the leases of what is running, so a handler may take as long as it needs. When the daemon dies the leases run
 * out and the jobs are claimed again: a handler must be able to go on, or to start anew, whatever was done before.
 */
#ifndef KIDOBAN_TRANSFER_TRANSFER_H
#define KIDOBAN_TRANSFER_TRANSFER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/program.h"
#include "db/conn.h"
#include "db/job.h"

struct transfer_config {
	struct common_config common;
};

/* What a handler has. */
struct job_run {
	const struct transfer_config *config;
	struct db *db;			/* the lane's; between two jobs no transaction is open */
	const struct job *job;
	char reason[256];		/* why it is tried again or failed; what was done when it is done */
	const atomic_bool *stop;	/* give up soon: the job was stopped, the lease lost, or the daemon ends */
};

/* JOB_RETRY: again after 5 s, 10 s, ... 5 minutes. JOB_FAILED: not by itself. JOB_GIVEN_UP: because of `stop`; whatever
 * state the job was put in by others stays, and one that is still ours is claimed again later. */
enum job_result { JOB_DONE, JOB_RETRY, JOB_FAILED, JOB_GIVEN_UP };

typedef enum job_result job_handler(struct job_run *);

/* One row for each kind. Kinds of one lane wait for one another; what may take minutes is not in the lane of permits. */
enum lane_id { LANE_PERMITS, LANE_FILES, LANES };
struct job_kind {
	const char *kind;		/* as in kidoban.job */
	enum lane_id lane;
	job_handler *handle;
};
extern const struct job_kind job_kinds[];	/* ends with a row without kind */

/* Says how far it is. 0, or -1: give up (JOB_GIVEN_UP). Outside of any transaction. */
int job_tell(struct job_run *, int64_t done, int64_t total) __attribute__((warn_unused_result));
/* The handler's answer after a statement failed: JOB_RETRY with the database's words as the reason. */
enum job_result job_database_failed(struct job_run *);

/* permits.c */
job_handler plan_permits;
/* What is looked at without a job, whenever something changed and every few seconds. */
void permits_watch(struct db *);

struct lane {
	enum lane_id id;
	const struct transfer_config *config;
	const char *conninfo;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;		/* of what follows */
	pthread_cond_t wake;
	bool woken;
	int64_t job, token;		/* running; 0 = none */
	atomic_bool stop;		/* the job under way */
	atomic_bool ending;		/* the daemon */
};

/* lane.c */
void lane_start(struct lane *, enum lane_id, const struct transfer_config *, const char *conninfo);
void lane_wake(struct lane *);
/* What is running there, 0 when nothing is. */
int64_t lane_job(struct lane *, int64_t *token);
void lane_end(struct lane *);		/* tells it to; lane_join waits for it */
void lane_join(struct lane *);

/* transfer.c: until SIGTERM or SIGINT */
int transfer_run(const struct transfer_config *);

#endif
