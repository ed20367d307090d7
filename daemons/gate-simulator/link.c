#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

/* A datagram still under way. */
struct delayed {
	struct delayed *next, **from;
	struct timer timer;
	struct link *link;
	struct sockaddr_in peer;
	bool outgoing;
	size_t length;
	uint8_t bytes[];
};

enum { BATCH = 64, REORDER_LEAST_MS = 10, REORDER_SPREAD_MS = 50 };

int link_open(struct link *link, const struct sockaddr_in *address)
{
	int saved;

	link->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (link->fd < 0)
		return -1;
	if (bind(link->fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return 0;
	saved = errno;
	close(link->fd);
	link->fd = -1;
	errno = saved;
	return -1;
}

static void delayed_free(struct delayed *delayed)
{
	*delayed->from = delayed->next;
	if (delayed->next)
		delayed->next->from = delayed->from;
	timer_stop(delayed->link->timers, &delayed->timer);
	free(delayed);
}

void link_close(struct link *link)
{
	while (link->delayed)
		delayed_free(link->delayed);
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
}

static void pass(struct link *link, bool outgoing, const struct sockaddr_in *peer, uint8_t *bytes, size_t length)
{
	if (link->deaf) {
		link->lost++;
		return;
	}
	if (!outgoing) {
		link->received++;
		link->receive(link->arg, peer, bytes, length);
		return;
	}
	link->sent++;
	if (sendto(link->fd, bytes, length, MSG_NOSIGNAL, (const struct sockaddr *)peer, sizeof(*peer)) < 0) {
		link->lost++;
		log_debug("sendto: %s", strerror(errno));
	}
}

static void arrive(void *arg, int64_t now)
{
	struct delayed *delayed = arg;

	(void)now;
	/* Taken off its list first: receive() may close the link. */
	*delayed->from = delayed->next;
	if (delayed->next)
		delayed->next->from = delayed->from;
	pass(delayed->link, delayed->outgoing, &delayed->peer, delayed->bytes, delayed->length);
	free(delayed);
}

static void delay(struct link *link, int64_t ms, bool outgoing, const struct sockaddr_in *peer, const uint8_t *bytes, size_t length)
{
	struct delayed *delayed = xcalloc(1, sizeof(*delayed) + length);

	delayed->link = link;
	delayed->peer = *peer;
	delayed->outgoing = outgoing;
	delayed->length = length;
	memcpy(delayed->bytes, bytes, length);
	delayed->from = &link->delayed;
	delayed->next = link->delayed;
	if (delayed->next)
		delayed->next->from = &delayed->next;
	link->delayed = delayed;
	timer_start(link->timers, &delayed->timer, clock_mono_ms() + ms, arrive, delayed);
}

static void through_faults(struct link *link, bool outgoing, const struct sockaddr_in *peer, uint8_t *bytes, size_t length)
{
	const struct link_faults *faults = &link->faults;
	int64_t ms = outgoing ? faults->delay_ms / 2 : faults->delay_ms - faults->delay_ms / 2;

	if (faults->loss > 0 && random_chance(link->random, faults->loss)) {
		link->lost++;
		return;
	}
	if (faults->duplicate > 0 && random_chance(link->random, faults->duplicate))
		delay(link, ms + random_below(link->random, REORDER_SPREAD_MS), outgoing, peer, bytes, length);
	if (faults->reorder > 0 && random_chance(link->random, faults->reorder))
		ms += REORDER_LEAST_MS + random_below(link->random, REORDER_SPREAD_MS);
	if (ms > 0)
		delay(link, ms, outgoing, peer, bytes, length);
	else
		pass(link, outgoing, peer, bytes, length);
}

void link_read(struct link *link)
{
	uint8_t bytes[LINK_DATAGRAM_MAX + 1];

	/* Not for ever: others wait too. */
	for (int i = 0; i < BATCH && link->fd >= 0; i++) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t got = recvfrom(link->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size);

		if (got < 0)
			return;
		if (got == 0 || got > LINK_DATAGRAM_MAX || size != sizeof(from) || from.sin_family != AF_INET)
			continue;
		through_faults(link, false, &from, bytes, (size_t)got);
	}
}

void link_send(struct link *link, const struct sockaddr_in *to, const uint8_t *bytes, size_t length)
{
	uint8_t copy[LINK_DATAGRAM_MAX];

	if (length > sizeof(copy))
		return;
	memcpy(copy, bytes, length);
	through_faults(link, true, to, copy, length);
}
