/*
 * The secured sessions of one controller: GnuTLS as DTLS 1.2 server, one suite, many peers on one socket.
 *
 * A source address must first return a cookie; nothing is kept for it before. The session in use stays until a newer one has
 * finished its handshake: then the older ones end. Which PSK belongs to an identity is asked of the owner.
 */
#ifndef SIMULATOR_PEER_H
#define SIMULATOR_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/message.h"
#include "timer.h"

struct peer;

struct peers_owner {
	/* The key for an identity; -1 = there is none. */
	int (*key)(void *arg, const char *identity, uint8_t key[GATE_KEY_SIZE], uint32_t *epoch);
	/* May a handshake begin? Until then a hello goes unanswered and is sent again. NULL = always. */
	bool (*ready)(void *arg);
	/* One decrypted record. It may end peers, this one too. */
	void (*message)(void *arg, struct peer *peer, const uint8_t *bytes, size_t length);
	/* A datagram for the network. */
	void (*send)(void *arg, const struct sockaddr_in *to, const uint8_t *bytes, size_t length);
	void (*up)(void *arg, struct peer *peer);
	void (*down)(void *arg, struct peer *peer); /* its memory goes after this */
	void (*failed)(void *arg);		    /* a handshake did: identity unknown or key wrong */
	void *arg;
};

struct peers {
	const struct peers_owner *owner;
	struct timers *timers;
	struct peer *first;
	unsigned count;
	uint64_t handshakes, refused, foreign; /* finished; failed or unknown identity; datagrams that were nothing of ours */
};

/* Once a process: credentials, cookie secret. Failure is fatal. */
void peers_global_init(void);
void peers_global_free(void);

/* A datagram came from `from`. `bytes` may be written to. */
void peers_receive(struct peers *peers, const struct sockaddr_in *from, uint8_t *bytes, size_t length);

/* Sends one record. 0, or -1 when the session is no longer good. */
int peer_send(struct peer *peer, const uint8_t *bytes, size_t length);

uint32_t peer_epoch(const struct peer *peer);
int64_t peer_since_ms(const struct peer *peer); /* monotonic time at which its handshake ended */
struct peer *peers_current(const struct peers *peers); /* the session in use, or NULL */

/* Has hello been heard in this session: the owner's mark. */
bool *peer_greeted(struct peer *peer);

/* Ends every session; with `silently` no farewell is sent (power lost). */
void peers_end(struct peers *peers, bool silently);

#endif
