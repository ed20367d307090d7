/*
 * How the poller is, in Prometheus' text form, for the site's monitoring (M-4): a listener that is meant for loopback, off
 * unless configured. Any request gets the same page. Few clients at a time, each with a deadline; nothing is read that matters.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "base/log.h"
#include "base/str.h"
#include "poller.h"

enum { CLIENTS_MOST = 8, CLIENT_MS = 2000, REQUEST_MOST = 4096 };

struct client {
	struct metrics *metrics;
	struct loop_watch watch;
	struct loop_timer deadline;
	int fd;			/* -1 = free */
	size_t heard;
	char tail[3];		/* last bytes heard: the end of a head may be split */
	struct buf page;
	size_t sent;
};

struct metrics {
	struct poller *poller;
	struct loop_watch watch;
	int fd;
	struct client clients[CLIENTS_MOST];
};

static void type(struct buf *b, const char *name, const char *kind, const char *help)
{
	buf_addf(b, "# HELP kidoban_poller_%s %s\n# TYPE kidoban_poller_%s %s\n", name, help, name, kind);
}

static void number(struct buf *b, const char *name, const char *kind, const char *help, int64_t value)
{
	type(b, name, kind, help);
	buf_addf(b, "kidoban_poller_%s %lld\n", name, (long long)value);
}

static void add_datagrams(struct buf *b, const struct poller *p)
{
	const struct channels_count *n = channels_counts(p->channels);

	type(b, "datagrams_refused_total", "counter", "Datagrams that changed nothing, by reason");
	for (int i = 0; i < CHANNEL_REFUSALS; i++)
		buf_addf(b, "kidoban_poller_datagrams_refused_total{reason=\"%s\"} %llu\n", channel_refusal_name(i),
		    (unsigned long long)n->refused[i]);
	const enum gate_counter refused[] = { GATE_COUNT_MALFORMED, GATE_COUNT_STALE_REPLY, GATE_COUNT_WRONG_REPLY,
		GATE_COUNT_UNEXPECTED };
	for (size_t i = 0; i < lengthof(refused); i++)
		buf_addf(b, "kidoban_poller_datagrams_refused_total{reason=\"%s\"} %llu\n", gate_counter_name(refused[i]),
		    (unsigned long long)p->counters[refused[i]]);
	type(b, "protocol_total", "counter", "What the sessions counted");
	for (int i = 0; i < GATE_COUNTERS; i++)
		buf_addf(b, "kidoban_poller_protocol_total{what=\"%s\"} %llu\n", gate_counter_name(i),
		    (unsigned long long)p->counters[i]);
	type(b, "nudges_total", "counter", "Poll-me datagrams, by what became of them");
	for (int i = 0; i < NUDGE_VERDICTS; i++)
		buf_addf(b, "kidoban_poller_nudges_total{verdict=\"%s\"} %llu\n", nudge_verdict_name(i),
		    (unsigned long long)nudge_counts(p->nudge)[i]);
	type(b, "board_pushes_total", "counter", "Datagrams that UHPPOTE boards pushed, by what became of them");
	for (int i = 0; i < PUSH_VERDICTS; i++)
		buf_addf(b, "kidoban_poller_board_pushes_total{verdict=\"%s\"} %llu\n", push_verdict_name(i),
		    (unsigned long long)push_counts(p->push)[i]);
	number(b, "datagrams_received_total", "counter", "Datagrams received", (int64_t)n->datagrams_in);
	number(b, "handshakes_total", "counter", "Handshakes begun", (int64_t)n->opened);
	number(b, "handshakes_failed_total", "counter", "Handshakes that failed", (int64_t)n->failed);
}

static void add_work(struct buf *b, struct poller *p)
{
	const struct store_count *s = store_counts(p->store);
	size_t down = 0;

	for (size_t i = 0; i < p->controller_count; i++)
		down += p->controllers[i]->outside;
	number(b, "controllers", "gauge", "Controllers leased", (int64_t)p->controller_count);
	number(b, "controllers_down", "gauge", "Of these, without communication", (int64_t)down);
	number(b, "slots_leased", "gauge", "Slots that we may use", p->slots.leased);
	number(b, "slots_used", "gauge", "Slots in use", p->slots.used);
	type(b, "slots_waiting", "gauge", "Controllers that wait for a slot, by class");
	for (int i = 0; i < SLOT_CLASSES; i++)
		buf_addf(b, "kidoban_poller_slots_waiting{class=\"%s\"} %d\n", slot_class_name(i),
		    slots_waiting(&p->slots, i));
	number(b, "exchanges_total", "counter", "Slots granted", (int64_t)p->exchanges);
	number(b, "events_stored_total", "counter", "Events handed to committed statements", (int64_t)s->events);
	number(b, "store_batches_total", "counter", "Statements of events committed", (int64_t)s->batches);
	number(b, "store_failed_total", "counter", "Statements of events that did not commit", (int64_t)s->failed);
	number(b, "store_stale_total", "counter", "Controllers whose lease was lost before the commit", (int64_t)s->stale);
	number(b, "store_waiting_events", "gauge", "Events gathered for the next statement", (int64_t)s->waiting);
	number(b, "store_last_milliseconds", "gauge", "Time of the last statement of events", s->last_ms);
	type(b, "database_up", "gauge", "1 when the connection works");
	static const char *const names[DATABASES] = { "control", "store", "plan" };
	for (int i = 0; i < DATABASES; i++)
		buf_addf(b, "kidoban_poller_database_up{connection=\"%s\"} %d\n", names[i],
		    async_is_up(p->databases[i].async));
}

static void make_page(struct client *k)
{
	struct buf body = { 0 };

	add_datagrams(&body, k->metrics->poller);
	add_work(&body, k->metrics->poller);
	buf_clear(&k->page);
	buf_addf(&k->page, "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n\r\n", body.len);
	buf_add(&k->page, buf_text(&body), body.len);
	buf_free(&body);
	k->sent = 0;
}

static void hang_up(struct client *k)
{
	loop_watch_clear(k->metrics->poller->loop, &k->watch);
	loop_timer_clear(k->metrics->poller->loop, &k->deadline);
	close(k->fd);
	k->fd = -1;
	buf_free(&k->page);
}

static void too_slow(void *arg, int64_t now_ms)
{
	(void)now_ms;
	hang_up(arg);
}

static void send_page(struct client *k)
{
	ssize_t n = send(k->fd, k->page.data + k->sent, k->page.len - k->sent, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		k->sent += (size_t)n;
	if (n < 0 || k->sent == k->page.len)
		hang_up(k);
}

/* The head of a request ends with an empty line. */
static bool head_ended(struct client *k, const char *bytes, size_t size)
{
	char text[sizeof k->tail + 512];

	memcpy(text, k->tail, sizeof k->tail);
	memcpy(text + sizeof k->tail, bytes, size);
	size_t length = sizeof k->tail + size;
	memcpy(k->tail, text + length - sizeof k->tail, sizeof k->tail);
	return memmem(text, length, "\r\n\r\n", 4) != NULL;
}

static void ready(void *arg, uint32_t events, int64_t now_ms)
{
	struct client *k = arg;
	char bytes[512];

	(void)events, (void)now_ms;
	if (k->page.len > 0) {
		send_page(k);
		return;
	}
	ssize_t n = recv(k->fd, bytes, sizeof bytes, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	k->heard += n > 0 ? (size_t)n : 0;
	if (n <= 0 || k->heard > REQUEST_MOST) {
		hang_up(k);
		return;
	}
	if (!head_ended(k, bytes, (size_t)n))
		return;
	make_page(k);
	if (loop_watch_set(k->metrics->poller->loop, &k->watch, k->fd, EPOLLOUT) < 0)
		hang_up(k);
}

static void called(void *arg, uint32_t events, int64_t now_ms)
{
	struct metrics *m = arg;
	int fd = accept4(m->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	for (int i = 0; i < CLIENTS_MOST; i++) {
		struct client *k = &m->clients[i];

		if (k->fd >= 0)
			continue;
		*k = (struct client){ .metrics = m, .fd = fd };
		loop_watch_init(&k->watch, ready, k);
		loop_timer_init(&k->deadline, too_slow, k);
		loop_timer_set(m->poller->loop, &k->deadline, now_ms + CLIENT_MS);
		if (loop_watch_set(m->poller->loop, &k->watch, fd, EPOLLIN) < 0)
			hang_up(k);
		return;
	}
	close(fd);
}

struct metrics *metrics_new(struct poller *p)
{
	struct metrics *m = xcalloc(1, sizeof *m);
	struct sockaddr_in at;
	int one = 1;

	m->poller = p;
	m->fd = -1;
	for (int i = 0; i < CLIENTS_MOST; i++)
		m->clients[i].fd = -1;
	loop_watch_init(&m->watch, called, m);
	if (p->config.metrics_listen[0] == '\0')
		return m;
	if (socket_address(p->config.metrics_listen, &at) < 0)
		fatalx("metrics_listen = %s: write an IPv4 address and a port, 127.0.0.1:9180", p->config.metrics_listen);
	m->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (m->fd < 0 || setsockopt(m->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(m->fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(m->fd, CLIENTS_MOST) < 0 ||
	    loop_watch_set(p->loop, &m->watch, m->fd, EPOLLIN) < 0)
		fatal("metrics_listen = %s", p->config.metrics_listen);
	return m;
}

void metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	for (int i = 0; i < CLIENTS_MOST; i++)
		if (m->clients[i].fd >= 0)
			hang_up(&m->clients[i]);
	loop_watch_clear(m->poller->loop, &m->watch);
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}
