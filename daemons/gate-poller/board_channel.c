#include "board_channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "gate/uhppote_message.h"

enum { READS_A_WAKE = 16, DATAGRAM_MAX = 1500 };

struct board_channel {
	struct loop *loop;
	const struct board_channel_calls *calls;
	void *arg;
	int fd;
	struct loop_watch watch;
	struct loop_timer begin;
	bool inside, closed;
};

static void release(struct board_channel *c)
{
	close(c->fd);
	free(c);
}

static void ready(void *arg, uint32_t events, int64_t now_ms)
{
	struct board_channel *c = arg;
	uint8_t bytes[DATAGRAM_MAX];

	(void)events;
	c->inside = true;
	for (int i = 0; i < READS_A_WAKE && !c->closed; i++) {
		ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);

		if (n < 0 && (errno == ECONNREFUSED || errno == EINTR || errno == EHOSTUNREACH))
			continue;	/* an ICMP answer can be forged: only silence counts */
		if (n < 0)
			break;
		c->calls->message(c->arg, bytes, (size_t)n, now_ms);
	}
	c->inside = false;
	if (c->closed)
		release(c);
}

static void begin(void *arg, int64_t now_ms)
{
	struct board_channel *c = arg;

	c->inside = true;
	c->calls->up(c->arg, now_ms);
	c->inside = false;
	if (c->closed)
		release(c);
}

static int connected(const struct sockaddr_in *to, struct sockaddr_in *local)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof *local;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)to, sizeof *to) < 0 || getsockname(fd, (struct sockaddr *)local, &size) < 0) {
		int e = errno;

		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

/* From the boards' port our own words might come back to us and look like theirs. */
static int socket_to(const struct sockaddr_in *to)
{
	struct sockaddr_in local;
	int fd = connected(to, &local);

	if (fd < 0 || ntohs(local.sin_port) != UHPPOTE_PORT)
		return fd;
	int other = connected(to, &local);
	close(fd);
	return other;
}

int board_channel_local(const struct sockaddr_in *to, struct in_addr *out)
{
	struct sockaddr_in local;
	int fd = connected(to, &local);

	if (fd < 0)
		return -1;
	close(fd);
	*out = local.sin_addr;
	return 0;
}

struct board_channel *board_channel_open(struct loop *loop, const struct board_channel_calls *calls,
    const struct sockaddr_in *to, void *arg, int64_t now_ms)
{
	struct board_channel *c = xcalloc(1, sizeof *c);

	*c = (struct board_channel){ .loop = loop, .calls = calls, .arg = arg };
	loop_watch_init(&c->watch, ready, c);
	loop_timer_init(&c->begin, begin, c);
	c->fd = socket_to(to);
	if (c->fd < 0 || loop_watch_set(loop, &c->watch, c->fd, EPOLLIN) < 0) {
		int e = errno;

		if (c->fd >= 0)
			close(c->fd);
		free(c);
		errno = e;
		return NULL;
	}
	loop_timer_set(loop, &c->begin, now_ms);
	return c;
}

void board_channel_send(struct board_channel *c, const uint8_t *bytes, size_t size)
{
	/* The first send after an ICMP answer reports that answer and sends nothing. */
	for (int i = 0; i < 2 && send(c->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED; i++)
		;
}

void board_channel_close(struct board_channel *c)
{
	if (c == NULL || c->closed)
		return;
	loop_watch_clear(c->loop, &c->watch);
	loop_timer_clear(c->loop, &c->begin);
	c->closed = true;
	if (!c->inside)
		release(c);
}
