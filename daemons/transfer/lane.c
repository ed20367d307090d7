/* One thread with its own connection: claims a job of its kinds, runs its handler, ends it, and looks for the next. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "transfer.h"

enum { POLL_MS = 2000, STATEMENT_MS = 600000 };

static bool is_ending(struct lane *l)
{
	return atomic_load(&l->ending);
}

static void wait_for_work(struct lane *l)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += POLL_MS / 1000;
	pthread_mutex_lock(&l->lock);
	while (!l->woken && !is_ending(l))
		if (pthread_cond_timedwait(&l->wake, &l->lock, &until) == ETIMEDOUT)
			break;
	l->woken = false;
	pthread_mutex_unlock(&l->lock);
}

static void running(struct lane *l, const struct job *job)
{
	pthread_mutex_lock(&l->lock);
	l->job = job != NULL ? job->id : 0;
	l->token = job != NULL ? job->token : 0;
	atomic_store(&l->stop, is_ending(l));
	pthread_mutex_unlock(&l->lock);
}

static const struct job_kind *kind_of(const struct job *job)
{
	for (const struct job_kind *k = job_kinds; k->kind != NULL; k++)
		if (strcmp(k->kind, job->kind) == 0)
			return k;
	return NULL;
}

int job_tell(struct job_run *run, int64_t done, int64_t total)
{
	if (atomic_load(run->stop))
		return -1;
	if (db_begin(run->db, DB_WRITE, NULL) != DB_OK)
		return -1;
	enum db_result result = job_progress(run->db, run->job->id, run->job->token, done, total);
	if (result == DB_OK && db_commit(run->db) == DB_OK)
		return 0;
	db_rollback(run->db);
	return -1;
}

enum job_result job_database_failed(struct job_run *run)
{
	snprintf(run->reason, sizeof run->reason, "%.*s", (int)sizeof run->reason - 1, db_error(run->db)->message);
	db_rollback(run->db);
	return atomic_load(run->stop) ? JOB_GIVEN_UP : JOB_RETRY;
}

/* The database may be away just now: then the lease runs out and the job is done once more. */
static void end(struct db *db, const struct job *job, enum job_result result, const char *reason)
{
	static const char *const outcomes[] = { [JOB_DONE] = "done", [JOB_RETRY] = "retry", [JOB_FAILED] = "failed",
		[JOB_GIVEN_UP] = "given_up" };
	enum db_result ended = db_begin(db, DB_WRITE, NULL);

	if (ended == DB_OK)
		ended = job_end(db, job->id, job->token, outcomes[result], reason);
	if (ended == DB_OK)
		ended = db_commit(db);
	if (ended == DB_FAILED)
		log_warnx("job %lld: %s, but that could not be stored: %s", (long long)job->id, outcomes[result],
		    db_error(db)->message);
	db_rollback(db);
}

static void run(struct lane *l, struct db *db, const struct job *job)
{
	const struct job_kind *kind = kind_of(job);
	struct job_run r = { .config = l->config, .db = db, .job = job, .stop = &l->stop };

	if (kind == NULL)
		panic("a job of kind %s was claimed", job->kind);
	running(l, job);
	log_debug("job %lld (%s): begins", (long long)job->id, job->kind);
	enum job_result result = kind->handle(&r);
	db_rollback(db);
	if (result == JOB_RETRY || result == JOB_FAILED)
		log_warnx("job %lld (%s): %s%s", (long long)job->id, job->kind, r.reason,
		    result == JOB_RETRY ? "; it is tried again" : "");
	end(db, job, result, r.reason);
	running(l, NULL);
}

/* True when there was one. */
static bool run_next(struct lane *l, struct db *db)
{
	const char *kinds[16];
	size_t count = 0;
	struct job job;

	for (const struct job_kind *k = job_kinds; k->kind != NULL; k++)
		if (k->lane == l->id && count < sizeof kinds / sizeof kinds[0])
			kinds[count++] = k->kind;
	if (count == 0 || db_begin(db, DB_WRITE, NULL) != DB_OK)
		return false;
	enum db_result claimed = job_claim(db, kinds, count, &job);
	if (claimed == DB_OK && db_commit(db) != DB_OK) {
		job_free(&job);
		claimed = DB_FAILED;
	}
	if (claimed == DB_FAILED && !db_is_away(db))
		log_warnx("the database gives no job: %s", db_error(db)->message);
	db_rollback(db);
	if (claimed != DB_OK)
		return false;
	run(l, db, &job);
	job_free(&job);
	return true;
}

static void *lane_main(void *arg)
{
	struct lane *l = arg;
	struct db *db = db_new(l->conninfo, STATEMENT_MS);

	while (!is_ending(l)) {
		if (l->id == LANE_PERMITS)
			permits_watch(db);
		while (!is_ending(l) && run_next(l, db))
			;
		wait_for_work(l);
	}
	db_free(db);
	return NULL;
}

void lane_start(struct lane *l, enum lane_id id, const struct transfer_config *config, const char *conninfo)
{
	pthread_condattr_t monotonic;

	memset(l, 0, sizeof *l);
	l->id = id;
	l->config = config;
	l->conninfo = conninfo;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&l->thread, NULL, lane_main, l) != 0)
		fatalx("no thread for the jobs");
	l->started = true;
}

void lane_wake(struct lane *l)
{
	pthread_mutex_lock(&l->lock);
	l->woken = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
}

int64_t lane_job(struct lane *l, int64_t *token)
{
	pthread_mutex_lock(&l->lock);
	int64_t job = l->job;
	*token = l->token;
	pthread_mutex_unlock(&l->lock);
	return job;
}

void lane_end(struct lane *l)
{
	atomic_store(&l->ending, true);
	atomic_store(&l->stop, true);
	lane_wake(l);
}

void lane_join(struct lane *l)
{
	if (!l->started)
		return;
	pthread_join(l->thread, NULL);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
}
