/* The main thread: NOTIFY wakes the lanes, leases of what they run are renewed, the service manager's watchdog is fed. */
#include "import.h"
#include "transfer.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"

enum { RENEW_EVERY_MS = 5000, WAIT_MS = 500, AWAY_MS = 1000, STATEMENT_MS = 10000 };

static const char *const channels[] = { "kidoban_job", "kidoban_change", NULL };

static void wake_all(struct lane *lanes)
{
	for (int i = 0; i < LANES; i++)
		lane_wake(&lanes[i]);
}

/* A job that was stopped, or whose lease somebody else has, is given up by its handler at its next look. */
static void renew(struct db *db, struct lane *lanes)
{
	for (int i = 0; i < LANES; i++) {
		int64_t token, job = lane_job(&lanes[i], &token);

		if (job == 0 || db_begin(db, DB_WRITE, NULL) != DB_OK)
			continue;
		enum db_result result = job_renew(db, job, token);
		if (result == DB_OK)
			result = db_commit(db);
		db_rollback(db);
		int64_t now_token;
		if (result == DB_NONE && lane_job(&lanes[i], &now_token) == job && now_token == token)
			atomic_store(&lanes[i].stop, true);
	}
}

static bool stop_is_wanted(const sigset_t *stop, int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	return sigtimedwait(stop, NULL, &t) > 0;
}

static void serve(struct db *db, struct lane *lanes, const sigset_t *stop)
{
	int64_t renew_ms = 0;
	bool listening = false;

	while (!stop_is_wanted(stop, 0)) {
		notify_watchdog();
		if (!listening) {
			listening = db_listen(db, channels) == DB_OK;
			if (listening)
				wake_all(lanes);	/* whatever happened meanwhile */
			notify_status(listening ? "working" : "the database is away");
			if (!listening && stop_is_wanted(stop, AWAY_MS))
				return;
			continue;
		}
		int woken = db_wait(db, WAIT_MS);
		listening = woken >= 0;
		if (woken > 0)
			wake_all(lanes);
		if (listening && (woken > 0 || clock_mono_ms() >= renew_ms)) {
			renew(db, lanes);
			renew_ms = clock_mono_ms() + RENEW_EVERY_MS;
		}
	}
}

int transfer_run(const struct transfer_config *config)
{
	char *conninfo = program_conninfo(&config->common, "transfer");
	static struct lane lanes[LANES];
	struct db *db;
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (pthread_sigmask(SIG_BLOCK, &stop, NULL) != 0)	/* before the threads, which inherit it */
		fatal("signals");
	pid_t imports = import_worker_start(conninfo, config->common.master_key_file);
	db = db_new(conninfo, STATEMENT_MS);
	for (int i = 0; i < LANES; i++)
		lane_start(&lanes[i], i, config, conninfo);
	notify_ready();
	serve(db, lanes, &stop);
	notify_stopping();
	if (imports > 0)
		kill(imports, SIGTERM);
	for (int i = 0; i < LANES; i++)
		lane_end(&lanes[i]);
	for (int i = 0; i < LANES; i++)
		lane_join(&lanes[i]);
	db_free(db);
	free(conninfo);
	return 0;
}
