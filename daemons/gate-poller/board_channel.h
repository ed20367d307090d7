/*
 * The way to a board that has no security of its own: a UDP socket connected to its address, so that nothing from elsewhere
 * comes in, from a port that the system picks anew each time but never the boards' own.
 */
#ifndef KIDOBAN_GATE_POLLER_BOARD_CHANNEL_H
#define KIDOBAN_GATE_POLLER_BOARD_CHANNEL_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"

struct board_channel;

struct board_channel_calls {
	void (*up)(void *arg, int64_t now_ms);
	void (*message)(void *arg, const uint8_t *bytes, size_t size, int64_t now_ms);
};

/* `up` is called in the next turn of the loop. NULL with errno when there is no socket. */
struct board_channel *board_channel_open(struct loop *, const struct board_channel_calls *, const struct sockaddr_in *to,
    void *arg, int64_t now_ms);
/* Dropped when the socket is full, as on any network. */
void board_channel_send(struct board_channel *, const uint8_t *bytes, size_t size);
void board_channel_close(struct board_channel *);	/* also from within a call */
/* Our address as the board would see it: 0, or -1 when there is no way there. */
int board_channel_local(const struct sockaddr_in *to, struct in_addr *out);

#endif
