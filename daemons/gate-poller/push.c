/*
 * What boards push: an unsecured datagram that looks like a status. It is worth one look at the board, no more, and nothing
 * in it is believed: a known serial number from its own address, an index other than our last, ten times a second at most.
 * Several pollers share the port; one that is not the lease holder forwards by NOTIFY, as with nudges.
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

enum { READS_A_WAKE = 256 };

struct push {
	struct poller *poller;
	struct loop_watch watch;
	int fd;
	uint64_t counts[PUSH_VERDICTS];
};

const char *push_verdict_name(enum push_verdict v)
{
	static const char *const names[PUSH_VERDICTS] = {
		[PUSH_TAKEN] = "taken", [PUSH_KNOWN] = "known", [PUSH_FORWARDED] = "forwarded", [PUSH_MALFORMED] = "malformed",
		[PUSH_FOREIGN] = "foreign", [PUSH_TOO_OFTEN] = "too_often",
	};

	return v < PUSH_VERDICTS ? names[v] : "?";
}

const uint64_t *push_counts(const struct push *u)
{
	return u->counts;
}

static enum push_verdict hear(struct push *u, const uint8_t *bytes, size_t size, const struct sockaddr_in *from, int64_t now_ms)
{
	struct uhppote_message m;

	if (uhppote_decode(bytes, size, true, &m) != UHPPOTE_OK || m.function != UHPPOTE_GET_STATUS)
		return PUSH_MALFORMED;
	struct controller *c = controller_by_serial(u->poller, m.serial);
	if (c == NULL)
		return nudge_forward(u->poller->nudge, m.serial, from, now_ms) ? PUSH_FORWARDED : PUSH_TOO_OFTEN;
	if (gate_driver_is_secured(c->driver) || c->address.sin_addr.s_addr != from->sin_addr.s_addr)
		return PUSH_FOREIGN;
	/* It says its newest event again every few seconds. A lower index is news: the board may have been cleared. */
	if (m.u.status.event.index == gate_session_mark(c->session))
		return PUSH_KNOWN;
	nudge_soon(c, now_ms);
	return PUSH_TAKEN;
}

static void ready(void *arg, uint32_t events, int64_t now_ms)
{
	struct push *u = arg;
	uint8_t bytes[UHPPOTE_SIZE + 1];

	(void)events;
	for (int i = 0; i < READS_A_WAKE; i++) {
		struct sockaddr_in from;
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(u->fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &size);

		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				log_warn("socket of boards' pushes");
			return;
		}
		u->counts[hear(u, bytes, (size_t)n, &from, now_ms)]++;
	}
}

struct push *push_new(struct poller *p)
{
	struct push *u = xcalloc(1, sizeof *u);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)p->config.uhppote_listen_port) };
	int one = 1;

	u->poller = p;
	u->fd = -1;
	loop_watch_init(&u->watch, ready, u);
	if (p->config.uhppote_listen_port == 0)
		return u;
	if (inet_pton(AF_INET, p->config.uhppote_listen_address, &at.sin_addr) != 1)
		fatalx("uhppote_listen_address = %s: write an IPv4 address, 0.0.0.0 for all", p->config.uhppote_listen_address);
	if (p->config.uhppote_listen_port == UHPPOTE_PORT)
		fatalx("uhppote_listen_port = %d: that is the boards' own port; 60001 is usual", UHPPOTE_PORT);
	u->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (u->fd < 0 || setsockopt(u->fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0 ||
	    bind(u->fd, (struct sockaddr *)&at, sizeof at) < 0 || loop_watch_set(p->loop, &u->watch, u->fd, EPOLLIN) < 0)
		fatal("uhppote_listen_address = %s, uhppote_listen_port = %lld", p->config.uhppote_listen_address,
		    (long long)p->config.uhppote_listen_port);
	return u;
}

void push_free(struct push *u)
{
	if (u == NULL)
		return;
	loop_watch_clear(u->poller->loop, &u->watch);
	if (u->fd >= 0)
		close(u->fd);
	free(u);
}

/* Where this board is to push to: the address we listen at, or ours on the way to it. */
void push_address(const struct poller *p, const struct sockaddr_in *board, uint8_t out[4], uint16_t *port)
{
	struct in_addr at = { .s_addr = INADDR_ANY };

	*port = 0;
	if (p->config.uhppote_listen_port == 0 || inet_pton(AF_INET, p->config.uhppote_listen_address, &at) != 1)
		return;
	if (at.s_addr == INADDR_ANY && board_channel_local(board, &at) < 0)
		return;
	memcpy(out, &at.s_addr, 4);
	*port = (uint16_t)p->config.uhppote_listen_port;
}
