/*
 * One controller's UDP socket, and the bad network between it and the server: loss, doubles, reordering, delay.
 * Faults meet datagrams of both directions, before DTLS sees them.
 */
#ifndef SIMULATOR_LINK_H
#define SIMULATOR_LINK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "random.h"
#include "timer.h"

enum { LINK_DATAGRAM_MAX = 1500 };

struct link_faults {
	double loss, duplicate, reorder; /* 0..1 of the datagrams */
	int delay_ms;			 /* added to a round trip: half each way */
};

struct link {
	int fd;
	bool deaf; /* nothing comes in or goes out: hanging, or starting again */
	struct link_faults faults;
	struct timers *timers;
	struct random *random;
	struct delayed *delayed;
	void (*receive)(void *arg, const struct sockaddr_in *from, uint8_t *bytes, size_t length);
	void *arg;
	uint64_t received, sent, lost;
};

/* Binds to the address; timers, random, receive and arg are set by the caller before. 0, or -1 with errno. */
int link_open(struct link *link, const struct sockaddr_in *address);
void link_close(struct link *link);

/* Takes what waits on the socket, through the faults, to receive(). */
void link_read(struct link *link);

/* Sends, through the faults; what the kernel refuses is lost like any datagram. */
void link_send(struct link *link, const struct sockaddr_in *to, const uint8_t *bytes, size_t length);

#endif
