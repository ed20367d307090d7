/* The poller as a whole: what it starts with, what it does each round and each second, and how it stops. */
#include "poller.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/str.h"
#include "db/poller_stream.h"

enum {
	SECOND_MS = 1000,		/* commands */
	LEASE_EVERY_MS = 3000,
	TRANSFERS_EVERY_MS = 2000,
	SITE_EVERY_MS = 30000,
	COUNTERS_EVERY_MS = 30000,
	SLOTS_AGAIN_MS = 200,
	STOP_MOST_MS = 5000,
};

static void counted(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	(void)arg, (void)outcome, (void)rows;
}

/* Refused datagrams and the like, for those who look at them in the database. */
static void store_counters(struct poller *p)
{
	struct pg_array names = { 0 }, values = { 0 };
	const struct channels_count *n = channels_counts(p->channels);

	if (p->id == 0 || !async_is_up(control(p)))
		return;
	pg_array_begin(&names, PG_TEXT);
	pg_array_begin(&values, PG_INT8);
	for (int i = 0; i < GATE_COUNTERS; i++) {
		pg_array_add_text(&names, gate_counter_name(i));
		pg_array_add_int8(&values, (int64_t)p->counters[i]);
	}
	for (int i = 0; i < CHANNEL_REFUSALS; i++) {
		char name[64];

		snprintf(name, sizeof name, "refused_%s", channel_refusal_name(i));
		pg_array_add_text(&names, name);
		pg_array_add_int8(&values, (int64_t)n->refused[i]);
	}
	for (int i = 0; i < NUDGE_VERDICTS; i++) {
		char name[64];

		snprintf(name, sizeof name, "nudge_%s", nudge_verdict_name(i));
		pg_array_add_text(&names, name);
		pg_array_add_int8(&values, (int64_t)nudge_counts(p->nudge)[i]);
	}
	for (int i = 0; i < PUSH_VERDICTS; i++) {
		char name[64];

		snprintf(name, sizeof name, "push_%s", push_verdict_name(i));
		pg_array_add_text(&names, name);
		pg_array_add_int8(&values, (int64_t)push_counts(p->push)[i]);
	}
	poller_counters(control(p), p->id, &names, &values, counted, NULL);
	pg_array_free(&names);
	pg_array_free(&values);
}

static void each_second(void *arg, int64_t now_ms)
{
	struct poller *p = arg;

	commands_poll(p->commands);
	notify_status("%zu controllers, %d of %d slots in use, database %s", p->controller_count, p->slots.used,
	    p->slots.leased, async_state_name(async_state(control(p))));
	loop_timer_set(p->loop, &p->second, now_ms + SECOND_MS);
}

static void each_lease(void *arg, int64_t now_ms)
{
	struct poller *p = arg;

	if (p->id == 0 && async_is_up(control(p)))
		controllers_begin(p);
	if (!p->site_known)
		controllers_site(p);
	controllers_lease(p);
	controllers_slots(p, now_ms);
	loop_timer_set(p->loop, &p->lease_timer, now_ms + LEASE_EVERY_MS);
}

static void each_transfer(void *arg, int64_t now_ms)
{
	struct poller *p = arg;

	transfers_poll(p->transfers);
	boards_search(p->boards);
	loop_timer_set(p->loop, &p->slot_timer, now_ms + TRANSFERS_EVERY_MS);
}

static void peers_told(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct poller *p = arg;

	if (outcome == ASYNC_OK && async_rows_count(rows) == 1)
		p->peers = (int)async_int(rows, 0, 0);
}

static void each_half_minute(void *arg, int64_t now_ms)
{
	struct poller *p = arg;

	controllers_site(p);
	if (p->config.total_kbit > 0 && async_is_up(control(p)))
		poller_peers(control(p), peers_told, p);
	store_counters(p);
	loop_timer_set(p->loop, &p->counter_timer, now_ms + COUNTERS_EVERY_MS);
}

static void feed_watchdog(void *arg, int64_t now_ms)
{
	struct poller *p = arg;

	notify_watchdog();
	loop_timer_set(p->loop, &p->watchdog, now_ms + notify_watchdog_ms());
}

static void gave_back(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct poller *p = arg;

	(void)outcome, (void)rows;
	p->stopped = true;
	loop_stop(p->loop);
}

/* Nobody new is spoken to. When nothing is on its way to the database any more the leases go back, so that others need
 * not wait for them to run out. */
static void stop_step(struct poller *p, int64_t now_ms)
{
	bool idle = store_is_idle(p->store) && status_is_idle(p->status) && commands_are_idle(p->commands) &&
	    transfers_are_idle(p->transfers) && p->slots.used == 0;

	if (p->stopped || (!idle && loop_timer_is_set(&p->stop_deadline)))
		return;
	p->stopped = true;
	controllers_drop_all(p);
	if (p->id == 0 || !async_is_up(control(p))) {
		loop_stop(p->loop);
		return;
	}
	poller_stop(control(p), p->id, gave_back, p);
	loop_timer_set(p->loop, &p->stop_deadline, now_ms + STOP_MOST_MS);
}

static void stop_late(void *arg, int64_t now_ms)
{
	struct poller *p = arg;

	(void)now_ms;
	if (p->stopped)
		loop_stop(p->loop);
}

void poller_stop_soon(struct poller *p)
{
	if (p->stopping)
		return;
	log_info("stopping: finishing what is under way");
	notify_stopping();
	p->stopping = true;
	p->slots.leased = 0;
	loop_timer_set(p->loop, &p->stop_deadline, clock_mono_ms() + STOP_MOST_MS);
}

/* The end of each round: everything that came is heard; now speak, then hand all of it to the database at once. */
static void after_round(void *arg, int64_t now_ms)
{
	struct poller *p = arg;

	if (now_ms >= p->leases_until_ms || now_ms >= p->slots_until_ms)
		p->slots.leased = 0;
	sessions_grant(p, now_ms);
	int wanted = slots_wanted(&p->slots);
	/* more than ever asked for: at once; what others have: now and then */
	if (p->slots.leased < SLOTS_MOST && wanted > p->slots.leased &&
	    (wanted > p->slots_asked_for || now_ms - p->slots_asked_ms >= SLOTS_AGAIN_MS))
		controllers_slots(p, now_ms);
	commands_flush(p->commands);
	store_flush(p->store, now_ms);
	status_flush(p->status, now_ms);
	transfers_flush(p->transfers, now_ms);
	if (p->stopping)
		stop_step(p, now_ms);
	databases_round(p, now_ms);
}

struct signals {
	struct poller *poller;
	struct loop_watch watch;
	int fd;
};

static void signalled(void *arg, uint32_t events, int64_t now_ms)
{
	struct signals *s = arg;
	struct signalfd_siginfo info;

	(void)events, (void)now_ms;
	while (read(s->fd, &info, sizeof info) == sizeof info)
		poller_stop_soon(s->poller);
}

static void signals_open(struct signals *s, struct poller *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	s->poller = p;
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		fatal("signals");
	s->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	loop_watch_init(&s->watch, signalled, s);
	if (s->fd < 0 || loop_watch_set(p->loop, &s->watch, s->fd, EPOLLIN) < 0)
		fatal("signals");
}

static void timers_begin(struct poller *p)
{
	int64_t now = clock_mono_ms();

	loop_timer_init(&p->second, each_second, p);
	loop_timer_init(&p->lease_timer, each_lease, p);
	loop_timer_init(&p->slot_timer, each_transfer, p);
	loop_timer_init(&p->counter_timer, each_half_minute, p);
	loop_timer_init(&p->watchdog, feed_watchdog, p);
	loop_timer_init(&p->stop_deadline, stop_late, p);
	loop_timer_set(p->loop, &p->second, now + SECOND_MS);
	loop_timer_set(p->loop, &p->lease_timer, now + LEASE_EVERY_MS);
	loop_timer_set(p->loop, &p->slot_timer, now + TRANSFERS_EVERY_MS);
	loop_timer_set(p->loop, &p->counter_timer, now + COUNTERS_EVERY_MS);
	if (notify_watchdog_ms() > 0)
		loop_timer_set(p->loop, &p->watchdog, now);
}

static void parts_free(struct poller *p)
{
	controllers_drop_all(p);
	databases_close(p);
	metrics_free(p->metrics);
	nudge_free(p->nudge);
	push_free(p->push);
	boards_free(p->boards);
	enrol_free(p->enrol);
	transfers_free(p->transfers);
	commands_free(p->commands);
	status_free(p->status);
	store_free(p->store);
	channels_free(p->channels);
	free(p->actions);
	free(p->controllers);
	free_secret(&p->password);
	seal_clear(&p->master);
}

int poller_run(struct poller *p)
{
	struct channel_calls calls;
	struct signals signals;

	if (seal_load(p->config.common.master_key_file, &p->master) < 0)
		return -1;
	p->loop = loop_new();
	if (p->loop == NULL)
		fatal("epoll");
	signals_open(&signals, p);
	session_channel_calls(&calls);
	p->channels = channels_new(p->loop, &calls);
	if (p->channels == NULL)
		return -1;
	p->actions = xcalloc(1, sizeof *p->actions);
	p->conninfo = program_conninfo(&p->config.common, "gate-poller");
	p->enrol = enrol_new(p);
	p->store = store_new(p);
	p->status = status_new(p);
	p->commands = commands_new(p);
	p->transfers = transfers_new(p);
	p->nudge = nudge_new(p);
	p->boards = boards_new(p);
	p->push = push_new(p);
	p->metrics = metrics_new(p);
	databases_open(p);
	timers_begin(p);
	loop_after_round(p->loop, after_round, p);
	notify_ready();
	int result = loop_run(p->loop);
	if (result < 0)
		log_warn("epoll");
	parts_free(p);
	loop_watch_clear(p->loop, &signals.watch);
	close(signals.fd);
	loop_free(p->loop);
	free(p->conninfo);
	return result;
}
