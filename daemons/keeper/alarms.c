/*
 * Alarms of the system itself (M-1): a program that is down, a disk that fills, a certificate that expires, a clock that jumps, work that piles up.
 * Each look judges every one anew and tells the database what is so; the database knows what is new, and writes it to the system log. What is judged
 * here is in alarm_judge.c.
 */
#include "alarms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "db/keeper_log.h"

enum { CLOCK_KEPT_MS = 600000, MISSES = 2 };

static const char *const web_programs[] = {"session", "gates", "history", "live", "cardholders", "organisation", "explanations", "transfers", "imports",
	"operators", "system"};

struct look {
	struct keeper_db *db;
	const struct keeper_config *config;
	enum keeper_result result;
	int open;		/* alarms that are on, for the status line */
	char first[120];
};

static void set(struct look *look, const char *kind, const char *subject, const char *severity, const char *detail, bool raised)
{
	bool changed = false;

	if (look->result == KEEPER_AWAY)
		return;
	enum keeper_result r = keeper_alarm(look->db, kind, subject, severity, detail, raised, &changed);
	if (r != KEEPER_OK) {
		look->result = r;
		return;
	}
	if (changed)
		log_info("alarm %s: %s %s %s", raised ? "raised" : "cleared", kind, subject, raised ? detail : "");
	if (raised && look->open++ == 0)
		snprintf(look->first, sizeof look->first, "%s %s", kind, subject);
}

/* Calls each for every word of a setting. */
static void each_word(const char *words, void (*each)(struct look *, const char *word), struct look *look)
{
	char *copy = xstrdup(words), *rest = copy, *word;

	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			each(look, word);
	free(copy);
}

static bool is_watched(const struct look *look, const char *name)
{
	const char *found = look->config->watch;
	size_t len = strlen(name);

	while ((found = strstr(found, name)) != NULL) {
		if ((found == look->config->watch || found[-1] == ' ') && (found[len] == '\0' || found[len] == ' '))
			return true;
		found += len;
	}
	return false;
}

/* Only what is missed twice in a row: programs may be started anew. */
static bool missed(const char *name, bool now)
{
	static struct { char name[32]; int times; } known[32];

	for (size_t i = 0; i < lengthof(known); i++) {
		if (known[i].name[0] == '\0')
			snprintf(known[i].name, sizeof known[i].name, "%s", name);
		if (strcmp(known[i].name, name) != 0)
			continue;
		known[i].times = now ? known[i].times + 1 : 0;
		return known[i].times >= MISSES;
	}
	return now;
}

static void on_daemon(void *arg, const char *name, int64_t unused, int64_t age_s)
{
	struct look *look = arg;
	char detail[120];
	bool down = is_watched(look, name) && (age_s < 0 || age_s > 30);

	(void)unused;
	if (age_s < 0)
		snprintf(detail, sizeof detail, "%s is not running", name);
	else
		snprintf(detail, sizeof detail, "%s has given no sign of life for %lld seconds", name, (long long)age_s);
	set(look, "daemon_down", name, "alarm", detail, missed(name, down));
}

/* A FastCGI program whose socket is there has been started here; nobody listens on it any more when it, and its service manager, are gone. */
static void look_at_web_programs(struct look *look)
{
	char *sockets = alarm_read_file("/proc/self/net/unix");

	for (size_t i = 0; i < lengthof(web_programs) && sockets != NULL; i++) {
		char *path = xasprintf("%s/%s.sock", look->config->common.run_dir, web_programs[i]);
		char *detail = xasprintf("nobody listens on %s", path);
		bool down = access(path, F_OK) == 0 && !alarm_listens(sockets, path);

		set(look, "daemon_down", web_programs[i], "alarm", detail, missed(web_programs[i], down));
		free(detail);
		free(path);
	}
	free(sockets);
}

static void look_at_disk(struct look *look, const char *path)
{
	struct statvfs fs;
	char detail[160];

	if (statvfs(path, &fs) != 0 || fs.f_blocks == 0)
		return;		/* of another machine, or not for us to see */
	int64_t percent = (int64_t)(fs.f_bavail * 100 / fs.f_blocks), low = look->config->disk_low_percent;
	snprintf(detail, sizeof detail, "%lld %% of %s is free", (long long)percent, path);
	set(look, "disk_low", path, percent * 2 < low ? "alarm" : "warn", detail, percent < low);
}

static void look_at_certificate(struct look *look, const char *path)
{
	int64_t ends_ms;
	char detail[300], ends[CLOCK_TEXT];

	if (alarm_certificate_end(path, &ends_ms) != 0) {
		snprintf(detail, sizeof detail, "%.200s can not be read as a certificate", path);
		set(look, "certificate_expiry", path, "warn", detail, true);
		return;
	}
	int64_t days = (ends_ms - clock_wall_ms()) / 86400000;
	clock_format(ends_ms, 0, ends);
	snprintf(detail, sizeof detail, "%.200s %s %s", path, ends_ms < clock_wall_ms() ? "expired" : "expires", ends);
	set(look, "certificate_expiry", path, days < 7 ? "alarm" : "warn", detail, days < look->config->certificate_days);
}

/* Our own clock against time that only goes on, and against the database's. */
static void look_at_clock(struct look *look)
{
	static struct alarm_clock clock;
	int64_t wall = clock_wall_ms(), mono = clock_mono_ms(), theirs, stepped_ms;
	char detail[120];

	if (alarm_clock_stepped(&clock, wall, mono, &stepped_ms)) {
		snprintf(detail, sizeof detail, "the clock was set by %+.1f seconds", (double)stepped_ms / 1000);
		log_warnx("%s", detail);
		set(look, "clock_stepped", "", "warn", detail, true);
	} else if (clock.stepped_at_ms != 0 && mono - clock.stepped_at_ms < CLOCK_KEPT_MS) {
		look->open++;
	} else {
		set(look, "clock_stepped", "", "warn", "", false);
	}
	look->result = look->result == KEEPER_OK ? keeper_clock(look->db, &theirs) : look->result;
	if (look->result != KEEPER_OK)
		return;
	int64_t apart = theirs - clock_wall_ms();
	snprintf(detail, sizeof detail, "the database's clock is %+.1f seconds off ours", (double)apart / 1000);
	set(look, "clock_stepped", "database", "warn", detail, apart > 5000 || apart < -5000);
}

static void on_backlog(void *arg, const char *kind, int64_t waiting, int64_t age_s)
{
	struct look *look = arg;
	int64_t limit_s = strcmp(kind, "seal_backlog") == 0 ? 60 : look->config->backlog_minutes * 60;
	char detail[120];

	snprintf(detail, sizeof detail, "%lld wait, the oldest for %lld minutes", (long long)waiting, (long long)age_s / 60);
	set(look, kind, "", "warn", detail, waiting > 0 && age_s > limit_s);
}

enum duty_result duty_alarms(struct keeper_db *db, const struct keeper_config *config)
{
	struct look look = {.db = db, .config = config};

	look.result = keeper_daemons(db, on_daemon, &look);
	look_at_web_programs(&look);
	each_word(config->disk_paths, look_at_disk, &look);
	each_word(config->certificate_files, look_at_certificate, &look);
	look_at_clock(&look);
	if (look.result == KEEPER_OK)
		look.result = keeper_backlogs(db, on_backlog, &look);
	keeper_status(look.open, look.first);
	return look.result == KEEPER_OK ? DUTY_DONE : look.result == KEEPER_REFUSED ? DUTY_FAILED : DUTY_AWAY;
}
