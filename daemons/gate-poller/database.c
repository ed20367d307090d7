/*
 * Three connections: control (leases, slots, commands, keys; short and urgent), store (events and states, as large as they
 * come) and plan (what is to be transferred, long answers), so that none waits for another's work. NOTIFY only wakes; all
 * of it is asked for regularly as well.
 */
#include <string.h>

#include "base/log.h"
#include "poller.h"

static const char *const channels[] = {
	"kidoban_command", "kidoban_controllers", "kidoban_transfer", "kidoban_nudge", "kidoban_uhppote", NULL,
};

static void notified(void *arg, const char *channel, const char *payload)
{
	struct database *d = arg;
	struct poller *p = d->poller;

	if (strcmp(channel, "kidoban_command") == 0)
		commands_poll(p->commands);
	else if (strcmp(channel, "kidoban_controllers") == 0)
		controllers_lease(p);
	else if (strcmp(channel, "kidoban_transfer") == 0)
		transfers_poll(p->transfers);
	else if (strcmp(channel, "kidoban_uhppote") == 0)
		boards_search(p->boards);
	else if (strcmp(channel, "kidoban_nudge") == 0)
		nudge_forwarded(p, payload, 0);
}

static void control_changed(void *arg, bool up)
{
	struct database *d = arg;

	if (up)
		controllers_begin(d->poller);
}

static void follow(struct database *d)
{
	struct loop *loop = d->poller->loop;
	int fd = async_fd(d->async);

	if (async_fd_is_new(d->async))
		loop_watch_clear(loop, &d->watch);
	if (fd < 0)
		loop_watch_clear(loop, &d->watch);
	else if (loop_watch_set(loop, &d->watch, fd, async_events(d->async)) < 0)
		log_warn("can not watch the database connection");
	loop_timer_set(loop, &d->timer, async_next_ms(d->async));
}

static void ready(void *arg, uint32_t events, int64_t now_ms)
{
	struct database *d = arg;

	(void)events;
	async_io(d->async, now_ms);
	follow(d);
}

static void tick(void *arg, int64_t now_ms)
{
	struct database *d = arg;

	async_tick(d->async, now_ms);
	follow(d);
}

void databases_open(struct poller *p)
{
	static const char *const names[DATABASES] = { "control", "store", "plan" };

	for (int i = 0; i < DATABASES; i++) {
		struct database *d = &p->databases[i];
		struct async_config config = { .conninfo = p->conninfo, .name = names[i], .arg = d };

		d->poller = p;
		if (i == DATABASE_CONTROL) {
			config.channels = channels;
			config.notified = notified;
			config.changed = control_changed;
		}
		d->async = async_new(&config);
		loop_watch_init(&d->watch, ready, d);
		loop_timer_init(&d->timer, tick, d);
	}
}

void databases_round(struct poller *p, int64_t now_ms)
{
	for (int i = 0; i < DATABASES; i++) {
		struct database *d = &p->databases[i];

		if (async_state(d->async) == ASYNC_IDLE ? async_queued(d->async) > 0 :
		    now_ms >= async_next_ms(d->async) || (async_state(d->async) == ASYNC_DOWN && async_queued(d->async) > 0))
			async_tick(d->async, now_ms);
		follow(d);
	}
}

void databases_close(struct poller *p)
{
	for (int i = 0; i < DATABASES; i++) {
		struct database *d = &p->databases[i];

		loop_watch_clear(p->loop, &d->watch);
		loop_timer_clear(p->loop, &d->timer);
		async_free(d->async);
		d->async = NULL;
	}
}
