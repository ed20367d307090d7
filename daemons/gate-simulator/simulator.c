#include "simulator.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/str.h"
#include "control.h"
#include "controller.h"
#include "keymaker.h"
#include "workers.h"

enum { SYNC_THREADS = 4, KEY_THREADS = 2, EVENTS_AT_ONCE = 256, LONGEST_WAIT_MS = 60000, FILES_EACH = 4 };

struct simulator {
	struct shared shared;
	struct site site;
	struct controller *controllers;
	size_t open;
	struct traffic *traffic;
	struct control *control;
	struct act_timer {
		struct timer timer;
		struct simulator *simulator;
		const struct site_act *act;
	} *acts;
	int signals;
};

static void raise_file_limit(size_t controllers)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		fatal("file limit");
	if (limit.rlim_cur >= controllers * FILES_EACH + 64)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < controllers * FILES_EACH + 64)
		log_warnx("%zu controllers need %zu open files; allowed are %llu", controllers, controllers * FILES_EACH + 64,
			  (unsigned long long)limit.rlim_cur);
}

static int open_state(const char *path)
{
	int fd;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		fatal("%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fatal("%s", path);
	/* Two processes on one state would both append. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		fatalx("%s: another simulator is using it", path);
	return fd;
}

static int watch(int epoll, int fd, void *what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int catch_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || (fd = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
		fatal("signals");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		fatal("signals");
	return fd;
}

static void do_act(void *arg, int64_t now)
{
	const struct act_timer *timer = arg;
	struct simulator *simulator = timer->simulator;
	char *line = xasprintf("%s %s", timer->act->serial, timer->act->text);
	struct buf out = {0};

	(void)now;
	control_line(simulator->controllers, simulator->site.count, simulator->traffic, line, &out);
	if (strstr(buf_text(&out), "\"ok\":false"))
		log_warnx("act \"%s %s\": %s", timer->act->serial, timer->act->text, buf_text(&out));
	buf_free(&out);
	free(line);
}

static void start_acts(struct simulator *simulator)
{
	int64_t now = clock_mono_ms();

	simulator->acts = xcalloc(simulator->site.act_count + 1, sizeof(*simulator->acts));
	for (size_t i = 0; i < simulator->site.act_count; i++) {
		struct act_timer *timer = &simulator->acts[i];

		timer->simulator = simulator;
		timer->act = &simulator->site.acts[i];
		timer_start(&simulator->shared.timers, &timer->timer, now + timer->act->at_ms, do_act, timer);
	}
}

static int start(struct simulator *simulator, const struct simulator_options *options)
{
	struct shared *shared = &simulator->shared;

	if (site_read(&simulator->site, options->site) < 0)
		return -1;
	raise_file_limit(simulator->site.count);
	peers_global_init();
	shared->state = open_state(options->state);
	shared->nudge = options->nudge;
	shared->rate = options->rate;
	shared->backfill_hours = options->backfill_hours;
	shared->random.state = options->seed;
	for (size_t i = 0; i < simulator->site.count; i++)
		shared->doors += simulator->site.controllers[i].doors;
	if (watch(shared->epoll, simulator->signals, &simulator->signals) < 0)
		fatal("epoll");
	shared->syncer = syncer_new(SYNC_THREADS);
	if (watch(shared->epoll, workers_fd(shared->syncer), &shared->syncer) < 0)
		fatal("epoll");
	shared->keymaker = keymaker_new(KEY_THREADS);
	if (watch(shared->epoll, workers_fd(shared->keymaker), &shared->keymaker) < 0)
		fatal("epoll");
	simulator->controllers = xcalloc(simulator->site.count + 1, sizeof(*simulator->controllers));
	for (; simulator->open < simulator->site.count; simulator->open++) {
		if (controller_open(&simulator->controllers[simulator->open], &simulator->site.controllers[simulator->open], shared) < 0) {
			simulator->open++;
			return -1;
		}
	}
	simulator->traffic = traffic_new(shared, simulator->controllers, simulator->site.count, options->steady);
	start_acts(simulator);
	if (options->control) {
		simulator->control = control_new(options->control, shared, simulator->controllers, simulator->site.count, simulator->traffic);
		if (!simulator->control)
			return -1;
	}
	return 0;
}

static void loop(struct simulator *simulator)
{
	struct shared *shared = &simulator->shared;

	for (;;) {
		struct epoll_event events[EVENTS_AT_ONCE];
		int count = epoll_wait(shared->epoll, events, EVENTS_AT_ONCE, timers_wait(&shared->timers, clock_mono_ms(), LONGEST_WAIT_MS));

		if (count < 0 && errno != EINTR)
			fatal("epoll");
		for (int i = 0; i < count; i++) {
			void *what = events[i].data.ptr;

			if (what == &simulator->signals)
				return;
			if (what == &shared->syncer)
				syncer_collect(shared->syncer, controller_synced);
			else if (what == &shared->keymaker)
				keymaker_collect(shared->keymaker, controller_keyed);
			else if (!simulator->control || !control_event(simulator->control, what))
				link_read(&((struct controller *)what)->link);
		}
		timers_run(&shared->timers, clock_mono_ms());
	}
}

static void stop(struct simulator *simulator)
{
	struct shared *shared = &simulator->shared;

	control_free(simulator->control);
	if (simulator->traffic)
		traffic_free(simulator->traffic);
	for (size_t i = 0; simulator->acts && i < simulator->site.act_count; i++)
		timer_stop(&shared->timers, &simulator->acts[i].timer);
	free(simulator->acts);
	/* The threads first: they use the controllers' files. */
	if (shared->syncer)
		workers_free(shared->syncer, true);
	if (shared->keymaker)
		workers_free(shared->keymaker, false);
	for (size_t i = 0; i < simulator->open; i++)
		controller_close(&simulator->controllers[i]);
	free(simulator->controllers);
	timers_free(&shared->timers);
	site_free(&simulator->site);
	close(shared->epoll);
	close(simulator->signals);
}

int simulator_run(const struct simulator_options *options)
{
	struct simulator simulator = {.shared.state = -1};
	int answer;

	simulator.signals = catch_signals();
	simulator.shared.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (simulator.shared.epoll < 0)
		fatal("epoll");
	answer = start(&simulator, options);
	if (answer == 0) {
		log_info("%zu controllers, %zu doors", simulator.site.count, simulator.shared.doors);
		notify_ready();
		loop(&simulator);
	}
	stop(&simulator);
	if (simulator.shared.state >= 0) {
		close(simulator.shared.state);
		peers_global_free();
	}
	return answer == 0 ? 0 : 1;
}
