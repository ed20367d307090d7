/*
 * "Poll me": an unsecured datagram by which a controller, or anyone who claims to be one, says that it has something.
 * It is worth one wish to fetch, no more: only known serials, ten times a second at most for a controller whoever asks,
 * and never any data. One that comes too soon is not forgotten but put off: it may tell of an event that the last fetch
 * was too early for. Several pollers share the port; one that is not the lease holder forwards by NOTIFY.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "poller.h"

enum {
	BATCH = 64,
	SOCKET_BUFFER = 1024 * 1024,	/* a thousand may speak at once, each datagram counts as 768 bytes */
	BUCKETS = 4096,			/* of remembered (source, serial) */
	QUIET_MS = 100,			/* between two fetches because of nudges */
	FORWARD_QUIET_MS = 200,
	FORWARDS_A_SECOND = 100,	/* of all: strangers can not make the database busy */
};

struct nudge {
	struct poller *poller;
	struct loop_watch watch;
	int fd;
	int64_t heard_ms[BUCKETS];
	int64_t second_ms;
	int forwards;
	uint64_t counts[NUDGE_VERDICTS];
};

const char *nudge_verdict_name(enum nudge_verdict v)
{
	static const char *const names[NUDGE_VERDICTS] = {
		[NUDGE_TAKEN] = "taken", [NUDGE_FORWARDED] = "forwarded", [NUDGE_MALFORMED] = "malformed",
		[NUDGE_TOO_OFTEN] = "too_often",
	};

	return v < NUDGE_VERDICTS ? names[v] : "?";
}

const uint64_t *nudge_counts(const struct nudge *n)
{
	return n->counts;
}

void nudge_due(void *arg, int64_t now_ms)
{
	struct controller *c = arg;

	c->nudged_ms = now_ms;
	session_want(c, GATE_WANT_EVENTS | GATE_WANT_CONNECT, now_ms);
}

void nudge_soon(struct controller *c, int64_t now_ms)
{
	if (loop_timer_is_set(&c->nudge_timer))
		return;
	if (now_ms - c->nudged_ms >= QUIET_MS)
		nudge_due(c, now_ms);
	else
		loop_timer_set(c->poller->loop, &c->nudge_timer, c->nudged_ms + QUIET_MS);
}

static void forgotten(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	(void)arg, (void)outcome, (void)rows;
}

static enum nudge_verdict forward(struct nudge *n, uint64_t serial, int64_t now_ms)
{
	char text[17];

	if (now_ms - n->second_ms >= 1000) {
		n->second_ms = now_ms;
		n->forwards = 0;
	}
	if (n->forwards++ >= FORWARDS_A_SECOND || !async_is_up(control(n->poller)))
		return NUDGE_TOO_OFTEN;
	snprintf(text, sizeof text, "%016llx", (unsigned long long)serial);
	poller_nudge(control(n->poller), text, forgotten, NULL);
	return NUDGE_FORWARDED;
}

/* Strangers can not make the database busy: one a source and serial in a while, and so many altogether. */
static enum nudge_verdict forward_seldom(struct nudge *n, uint64_t serial, const struct sockaddr_in *from, int64_t now_ms)
{
	uint64_t mix = (serial ^ from->sin_addr.s_addr) * UINT64_C(0x9E3779B97F4A7C15);
	int64_t *heard = &n->heard_ms[(mix >> 40) % BUCKETS];

	if (*heard != 0 && now_ms - *heard < FORWARD_QUIET_MS)
		return NUDGE_TOO_OFTEN;
	*heard = now_ms;
	return forward(n, serial, now_ms);
}

bool nudge_forward(struct nudge *n, uint64_t serial, const struct sockaddr_in *from, int64_t now_ms)
{
	return forward_seldom(n, serial, from, now_ms) == NUDGE_FORWARDED;
}

static enum nudge_verdict hear(struct nudge *n, const uint8_t *bytes, size_t size, const struct sockaddr_in *from,
    int64_t now_ms)
{
	uint64_t serial;

	if (gate_nudge_decode(bytes, size, &serial) < 0)
		return NUDGE_MALFORMED;
	struct controller *c = controller_by_serial(n->poller, serial);
	if (c != NULL) {
		nudge_soon(c, now_ms);
		return NUDGE_TAKEN;
	}
	return forward_seldom(n, serial, from, now_ms);
}

static void ready(void *arg, uint32_t events, int64_t now_ms)
{
	struct nudge *n = arg;
	uint8_t bytes[BATCH][GATE_NUDGE_SIZE + 1];
	struct sockaddr_in from[BATCH];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];

	(void)events;
	memset(messages, 0, sizeof messages);
	for (int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){ bytes[i], sizeof bytes[i] };
		messages[i].msg_hdr = (struct msghdr){ .msg_name = &from[i], .msg_namelen = sizeof from[i],
			.msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	int count = recvmmsg(n->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	if (count < 0 && errno != EAGAIN && errno != EINTR)
		log_warn("nudge socket");
	for (int i = 0; i < count; i++)
		n->counts[hear(n, bytes[i], messages[i].msg_len, &from[i], now_ms)]++;
}

/* From another poller; the payload was written by one of ours, but is checked all the same. */
void nudge_forwarded(struct poller *p, const char *serial, int64_t now_ms)
{
	uint8_t bytes[8];
	uint64_t number = 0;

	if (parse_hex(serial, bytes, sizeof bytes) < 0)
		return;
	for (size_t i = 0; i < sizeof bytes; i++)
		number = number << 8 | bytes[i];
	struct controller *c = controller_by_serial(p, number);
	if (c != NULL)
		nudge_soon(c, now_ms != 0 ? now_ms : clock_mono_ms());
}

struct nudge *nudge_new(struct poller *p)
{
	struct nudge *n = xcalloc(1, sizeof *n);
	struct sockaddr_in at;
	int one = 1, buffer = SOCKET_BUFFER;

	n->poller = p;
	n->fd = -1;
	loop_watch_init(&n->watch, ready, n);
	if (p->config.nudge_port == 0)
		return n;
	at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)p->config.nudge_port) };
	if (inet_pton(AF_INET, p->config.nudge_address, &at.sin_addr) != 1)
		fatalx("nudge_address = %s: write an IPv4 address, 0.0.0.0 for all", p->config.nudge_address);
	n->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (n->fd < 0 || setsockopt(n->fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0 ||
	    setsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer) < 0 ||
	    bind(n->fd, (struct sockaddr *)&at, sizeof at) < 0 ||
	    loop_watch_set(p->loop, &n->watch, n->fd, EPOLLIN) < 0)
		fatal("nudge_address = %s, nudge_port = %lld", p->config.nudge_address, (long long)p->config.nudge_port);
	return n;
}

void nudge_free(struct nudge *n)
{
	if (n == NULL)
		return;
	loop_watch_clear(n->poller->loop, &n->watch);
	if (n->fd >= 0)
		close(n->fd);
	free(n);
}
