/* The keeper's round: each duty at its own interval, its health told to the database, the service manager's watchdog fed. */
#include "keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "alarms.h"
#include "base/str.h"
#include "seal.h"

enum { RETRY_MS = 2000, LONGEST_SLEEP_MS = 1000, HEALTH_EVERY_MS = 30000 };

static struct duty duties[] = {
	{ .name = "partitions", .every_ms = 600000, .run = duty_partitions },	/* first: nothing is stored without them */
	{ .name = "seal", .every_ms = 1000, .run = duty_seal },
	{ .name = "expiry", .every_ms = 1000, .run = duty_expiry },
	{ .name = "timetable", .every_ms = 5000, .run = duty_timetable },
	{ .name = "retention", .every_ms = 3600000, .run = duty_retention },
	{ .name = "tidy", .every_ms = 60000, .run = duty_tidy },
	{ .name = "quiet", .every_ms = 30000, .run = duty_quiet },
	{ .name = "checkpoint", .run = duty_checkpoint },	/* how often, the settings say */
	{ .name = "alarms", .run = duty_alarms },
};

static int alarms_on;
static char first_alarm[120];

void keeper_status(int alarms, const char *first)
{
	alarms_on = alarms;
	snprintf(first_alarm, sizeof first_alarm, "%s", first);
}

static void tell_status(void)
{
	if (alarms_on == 0)
		notify_status("keeping");
	else
		notify_status("keeping; %d alarms of the system: %s%s", alarms_on, first_alarm, alarms_on > 1 ? " and others" : "");
}

static void set_intervals(const struct keeper_config *config)
{
	for (size_t i = 0; i < lengthof(duties); i++) {
		if (duties[i].run == duty_checkpoint)
			duties[i].every_ms = config->checkpoint_interval_s * 1000;
		if (duties[i].run == duty_alarms)
			duties[i].every_ms = config->alarm_interval_s * 1000;
	}
}

/* What was done until now is sealed and signed before nobody is there to do it. */
static void finish(struct keeper_db *db, const struct keeper_config *config)
{
	if (keeper_is_connected(db) && duty_seal(db, config) == DUTY_DONE)
		(void)duty_checkpoint(db, config);
}

static void tell_health(struct keeper_db *db, const struct duty *d)
{
	if (d->last != DUTY_AWAY)
		(void)keeper_health(db, d->name, d->last == DUTY_DONE ? "ok" : "failed",
		    d->last == DUTY_DONE ? "" : "see the keeper's log");
}

static void run_due(struct keeper_db *db, const struct keeper_config *config, int64_t now_ms)
{
	for (size_t i = 0; i < lengthof(duties); i++) {
		struct duty *d = &duties[i];
		enum duty_result before = d->last;

		if (now_ms < d->next_ms)
			continue;
		notify_watchdog();
		d->last = d->run(db, config);
		d->next_ms = now_ms + (d->last == DUTY_DONE || d->every_ms < RETRY_MS ? d->every_ms : RETRY_MS);
		if (d->last != before)
			tell_health(db, d);
		if (d->last == DUTY_AWAY)
			return;		/* the others would find the same */
	}
}

static int64_t sleep_for(int64_t now_ms)
{
	int64_t next = now_ms + LONGEST_SLEEP_MS;

	for (size_t i = 0; i < lengthof(duties); i++)
		if (duties[i].next_ms < next)
			next = duties[i].next_ms;
	return next > now_ms ? next - now_ms : 1;
}

/* Sleeps, unless a signal says stop. */
static bool wait_or_stop(const sigset_t *stop, int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	return sigtimedwait(stop, NULL, &t) > 0;
}

int keeper_run(const struct keeper_config *config)
{
	char *conninfo = program_conninfo(&config->common, "keeper");
	struct keeper_db *db = keeper_open(conninfo);
	int64_t health_ms = 0;
	sigset_t stop;

	free(conninfo);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &stop, NULL) < 0)
		fatal("signals");
	set_intervals(config);
	notify_ready();
	for (;;) {
		int64_t now = clock_mono_ms();

		if (!keeper_is_connected(db)) {
			notify_status("the database is away");
			notify_watchdog();
			if (wait_or_stop(&stop, RETRY_MS))
				break;
			continue;
		}
		run_due(db, config, now);
		if (now >= health_ms) {
			for (size_t i = 0; i < lengthof(duties); i++)
				tell_health(db, &duties[i]);
			health_ms = now + HEALTH_EVERY_MS;
			tell_status();
		}
		notify_watchdog();
		if (wait_or_stop(&stop, sleep_for(clock_mono_ms())))
			break;
	}
	notify_stopping();
	finish(db, config);
	keeper_close(db);
	return 0;
}
