/*
 * A secured channel to one controller: DTLS 1.2, ECDHE-PSK-CHACHA20-POLY1305 only, we are the client, over a UDP socket of
 * its own, connected, from a port that the system picks anew each time.
 *
 * Never blocks. The deadline of the handshake is the session's (it asks to disconnect); DTLS's own resending is driven
 * from here through the loop. After `down` the channel is finished; whoever opened it closes it, from within a callback
 * if it likes.
 */
#ifndef KIDOBAN_GATE_POLLER_CHANNEL_H
#define KIDOBAN_GATE_POLLER_CHANNEL_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/message.h"
#include "loop.h"

struct channel;
struct channels;	/* what all have in common */

enum channel_state { CHANNEL_HANDSHAKE, CHANNEL_UP, CHANNEL_FAILED };

/* Datagrams that were dropped, by reason; never reset. */
enum channel_refusal {
	CHANNEL_REFUSED_RECORD,		/* not of this session, replayed, or changed on its way */
	CHANNEL_REFUSED_HANDSHAKE,	/* answered the handshake with what is none */
	CHANNEL_REFUSED_TOO_LONG,
	CHANNEL_REFUSALS,
};
const char *channel_refusal_name(enum channel_refusal);

struct channels_count {
	uint64_t opened, up, failed, datagrams_in, datagrams_out;
	uint64_t refused[CHANNEL_REFUSALS];
};

struct channel_calls {
	void (*up)(void *arg, int64_t now_ms);
	/* `why` says what went wrong; `spoke`: something came back, so it is not a matter of reach. */
	void (*down)(void *arg, const char *why, bool spoke, int64_t now_ms);
	void (*message)(void *arg, const uint8_t *bytes, size_t size, int64_t now_ms);
};

/* Raises the limit of open files to what the system lets. NULL after a warning when OpenSSL refuses. */
struct channels *channels_new(struct loop *, const struct channel_calls *);
void channels_free(struct channels *);
const struct channels_count *channels_counts(const struct channels *);

/* Starts the handshake. NULL with errno when there is no socket. */
struct channel *channel_open(struct channels *, const struct sockaddr_in *to, uint64_t serial, uint32_t epoch,
    const uint8_t key[GATE_KEY_SIZE], void *arg, int64_t now_ms);
enum channel_state channel_state(const struct channel *);
/* One datagram; dropped when the channel is not up or the socket is full, as on any network. */
void channel_send(struct channel *, const uint8_t *bytes, size_t size);
/* Says good-bye to the other side once, closes the socket, forgets the key. */
void channel_close(struct channel *);

#endif
