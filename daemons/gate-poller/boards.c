/* What boards say of themselves, to the database; and the searches for boards that nobody knows yet. */
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
#include "db/poller_board.h"
#include "poller.h"

enum {
	SEARCH_MS = 3000,		/* answers that come later are not heard */
	STEP_MS = 20,
	STEP_ADDRESSES = 16,		/* a network is asked slowly, not flooded */
	FOUND_MOST = 1024,
};

struct boards {
	struct poller *poller;
	bool asking;
	int32_t search;			/* 0 = none under way */
	uint32_t next, last, broadcast;	/* addresses to be asked, host order; broadcast 0 = none */
	int port, found;
	int fd;
	struct loop_watch watch;
	struct loop_timer timer;
	int64_t until_ms;
};

static void ignore(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	(void)arg, (void)outcome, (void)rows;
}

static void print_date(const struct uhppote_date *d, char out[16])
{
	if (d->year == 0)
		out[0] = '\0';
	else
		snprintf(out, 16, "%04u-%02u-%02u", d->year, d->month, d->day);
}

static void print_address(const uint8_t a[4], char out[INET_ADDRSTRLEN])
{
	snprintf(out, INET_ADDRSTRLEN, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

static void print_mac(const uint8_t m[6], char out[18])
{
	snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void print_listener(const struct uhppote_listener *l, char out[24])
{
	snprintf(out, 24, "%u.%u.%u.%u:%u", l->address[0], l->address[1], l->address[2], l->address[3], l->port);
}

void boards_reported(struct controller *c, const struct gate_board_report *r)
{
	char listener[24] = "", replaced[24] = "", mac[18], date[16];
	struct poller_board b = { .controller = c->id, .token = c->token, .listener = listener, .replaced = replaced, .mac = mac,
		.firmware_date = date, .listener_ours = r->listener_ours, .cards = r->cards_known ? (int64_t)r->cards : -1,
		.drift = r->compared && cards_drift_counts(c) ? (int64_t)r->differed : -1 };

	if (r->listener_known)
		print_listener(&r->listener, listener);
	if (r->replaced)
		print_listener(&r->before, replaced);
	print_mac(r->controller.mac, mac);
	print_date(&r->controller.firmware_date, date);
	for (int i = 0; i < UHPPOTE_DOORS; i++)
		b.delays[i] = r->delay_s[i];
	poller_board(control(c->poller), &b, ignore, NULL);
}

/* --- searching --------------------------------------------------------------------------------------------- */

static void search_over(struct boards *s, const char *reason)
{
	loop_watch_clear(s->poller->loop, &s->watch);
	loop_timer_clear(s->poller->loop, &s->timer);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	poller_search_end(control(s->poller), s->search, reason, ignore, NULL);
	s->search = 0;
	boards_search(s);
}

static void ask(struct boards *s, uint32_t address)
{
	struct uhppote_message m = { .function = UHPPOTE_GET_CONTROLLER };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(address) };
	uint8_t bytes[UHPPOTE_SIZE];

	if (uhppote_encode(&m, bytes) == 0 &&
	    sendto(s->fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to) < 0)
		log_debug("search: %s", strerror(errno));
}

static void answer(void *arg, uint32_t events, int64_t now_ms)
{
	struct boards *s = arg;
	uint8_t bytes[UHPPOTE_SIZE + 1];
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	ssize_t n;

	(void)events, (void)now_ms;
	while ((n = recvfrom(s->fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &size)) >= 0 || errno == EINTR ||
	    errno == ECONNREFUSED) {
		char serial[16], address[INET_ADDRSTRLEN], netmask[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN], mac[18], firmware[8],
		    date[16];
		struct poller_found f = { serial, address, netmask, gateway, mac, firmware, date, ntohs(from.sin_port) };
		struct uhppote_message m;

		if (n < 0 || uhppote_decode(bytes, (size_t)n, true, &m) != UHPPOTE_OK || m.function != UHPPOTE_GET_CONTROLLER ||
		    m.serial == 0 || s->found >= FOUND_MOST)
			continue;
		s->found++;
		snprintf(serial, sizeof serial, "%lu", (unsigned long)m.serial);
		inet_ntop(AF_INET, &from.sin_addr, address, sizeof address);
		print_address(m.u.controller.netmask, netmask);
		print_address(m.u.controller.gateway, gateway);
		print_mac(m.u.controller.mac, mac);
		snprintf(firmware, sizeof firmware, "%u.%02u", m.u.controller.version_major, m.u.controller.version_minor);
		print_date(&m.u.controller.firmware_date, date);
		poller_search_found(control(s->poller), s->search, &f, ignore, NULL);
	}
}

/* Every address is asked by itself, for routers pass that and broadcasts seldom; the broadcast finds boards whose own address
 * belongs to another network. Asked twice, for datagrams are lost. */
static void search_on(void *arg, int64_t now_ms)
{
	struct boards *s = arg;

	if (s->broadcast != 0) {
		ask(s, s->broadcast);
		ask(s, s->broadcast);
		s->broadcast = 0;
	}
	for (int i = 0; i < STEP_ADDRESSES && s->next <= s->last; i++) {
		ask(s, s->next);
		ask(s, s->next++);
	}
	if (s->next <= s->last)
		s->until_ms = now_ms + SEARCH_MS;
	else if (now_ms >= s->until_ms) {
		search_over(s, "");
		return;
	}
	loop_timer_set(s->poller->loop, &s->timer, now_ms + STEP_MS);
}

static int open_socket(struct boards *s)
{
	struct sockaddr_in local = { .sin_family = AF_INET };
	socklen_t size = sizeof local;
	int one = 1;

	for (int tries = 0; tries < 3; tries++) {
		s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (s->fd < 0)
			return -1;
		if (setsockopt(s->fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one) == 0 &&
		    bind(s->fd, (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET }, sizeof local) == 0 &&
		    getsockname(s->fd, (struct sockaddr *)&local, &size) == 0 && ntohs(local.sin_port) != UHPPOTE_PORT &&
		    loop_watch_set(s->poller->loop, &s->watch, s->fd, EPOLLIN) == 0)
			return 0;
		close(s->fd);
		s->fd = -1;
	}
	return -1;
}

static void begin(struct boards *s, const struct poller_search *in, int64_t now_ms)
{
	struct in_addr network;
	uint32_t mask = in->bits == 0 ? 0 : UINT32_MAX << (32 - in->bits);

	s->search = in->id;
	s->found = 0;
	s->port = in->port;
	if (inet_pton(AF_INET, in->network, &network) != 1 || in->bits < 22 || in->bits > 32 || open_socket(s) < 0) {
		search_over(s, "no socket for this search");
		return;
	}
	uint32_t base = ntohl(network.s_addr) & mask;
	s->next = in->bits > 30 ? base : base + 1;
	s->last = in->bits > 30 ? base | ~mask : (base | ~mask) - 1;
	s->broadcast = in->bits > 30 ? 0 : base | ~mask;
	s->until_ms = now_ms + SEARCH_MS;
	loop_timer_set(s->poller->loop, &s->timer, now_ms);
}

static void searches_told(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct boards *s = arg;
	struct poller_search search;

	s->asking = false;
	if (outcome != ASYNC_OK || async_rows_count(rows) == 0 || s->search != 0 || s->poller->stopping)
		return;
	poller_search_read(rows, 0, &search);
	begin(s, &search, clock_mono_ms());
}

void boards_search(struct boards *s)
{
	if (s->asking || s->search != 0 || s->poller->id == 0 || s->poller->stopping || !async_is_up(control(s->poller)))
		return;
	s->asking = true;
	poller_searches(control(s->poller), searches_told, s);
}

struct boards *boards_new(struct poller *p)
{
	struct boards *s = xcalloc(1, sizeof *s);

	s->poller = p;
	s->fd = -1;
	loop_watch_init(&s->watch, answer, s);
	loop_timer_init(&s->timer, search_on, s);
	return s;
}

void boards_free(struct boards *s)
{
	if (s == NULL)
		return;
	loop_watch_clear(s->poller->loop, &s->watch);
	loop_timer_clear(s->poller->loop, &s->timer);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}
