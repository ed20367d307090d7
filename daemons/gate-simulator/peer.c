#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

static const char suite[] = "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+ECDHE-PSK:-CIPHER-ALL:+CHACHA20-POLY1305";

enum {
	PEERS_MAX = 8,		    /* handshakes beyond it push out the oldest unfinished one */
	HANDSHAKE_MS = 10000,	    /* a handshake that takes longer is given up */
	RETRANSMIT_MS = 1000,
	MTU = 1400,
	RECORD_HEADER = 13,
	CONTENT_HANDSHAKE = 22,
	CLIENT_HELLO = 1,
	PROTECTED_IN_VAIN = 3,
};

struct peer {
	struct peer *next;
	struct peers *peers;
	gnutls_session_t session;
	struct sockaddr_in address;
	struct timer timer;
	bool up, dead, busy, greeted;
	bool named;	    /* it gave an identity that has a key */
	bool nameless;	    /* it gave another */
	unsigned protected; /* datagrams under the handshake's new keys, so far */
	uint32_t epoch;
	int64_t since, born;
	const uint8_t *in; /* the datagram being taken, or NULL */
	size_t in_length;
};

static struct {
	gnutls_priority_t priority;
	gnutls_psk_server_credentials_t credentials;
	gnutls_datum_t cookie_key;
} global;

static ssize_t push(gnutls_transport_ptr_t arg, const void *bytes, size_t length)
{
	struct peer *peer = arg;

	peer->peers->owner->send(peer->peers->owner->arg, &peer->address, bytes, length);
	return (ssize_t)length;
}

static ssize_t pull(gnutls_transport_ptr_t arg, void *into, size_t room)
{
	struct peer *peer = arg;
	size_t length = peer->in_length;

	if (!peer->in) {
		gnutls_transport_set_errno(peer->session, EAGAIN);
		return -1;
	}
	if (length > room)
		length = room;
	memcpy(into, peer->in, length);
	peer->in = NULL;
	return (ssize_t)length;
}

static int pull_timeout(gnutls_transport_ptr_t arg, unsigned ms)
{
	const struct peer *peer = arg;

	(void)ms; /* nothing here ever waits */
	return peer->in ? 1 : 0;
}

static int psk(gnutls_session_t session, const char *identity, gnutls_datum_t *key)
{
	struct peer *peer = gnutls_session_get_ptr(session);
	const struct peers_owner *owner = peer->peers->owner;
	uint8_t found[GATE_KEY_SIZE];

	if (owner->key(owner->arg, identity, found, &peer->epoch) < 0) {
		log_debug("identity %s is none of ours", identity);
		peer->nameless = true;
		return -1;
	}
	peer->named = true;
	key->data = gnutls_malloc(sizeof(found));
	if (!key->data)
		return -1;
	memcpy(key->data, found, sizeof(found));
	key->size = sizeof(found);
	gnutls_memset(found, 0, sizeof(found));
	return 0;
}

static void must(int code, const char *what)
{
	if (code < 0)
		fatalx("%s: %s", what, gnutls_strerror(code));
}

void peers_global_init(void)
{
	must(gnutls_global_init(), "gnutls");
	must(gnutls_priority_init(&global.priority, suite, NULL), "cipher suite");
	must(gnutls_psk_allocate_server_credentials(&global.credentials), "credentials");
	gnutls_psk_set_server_credentials_function(global.credentials, psk);
	must(gnutls_key_generate(&global.cookie_key, GNUTLS_COOKIE_KEY_SIZE), "cookie key");
}

void peers_global_free(void)
{
	gnutls_psk_free_server_credentials(global.credentials);
	gnutls_priority_deinit(global.priority);
	gnutls_free(global.cookie_key.data);
	gnutls_global_deinit();
}

static void reap(struct peers *peers)
{
	struct peer **at = &peers->first, *peer;

	while ((peer = *at)) {
		if (!peer->dead || peer->busy) {
			at = &peer->next;
			continue;
		}
		*at = peer->next;
		peers->count--;
		timer_stop(peers->timers, &peer->timer);
		peers->owner->down(peers->owner->arg, peer);
		gnutls_deinit(peer->session);
		free(peer);
	}
}

static void end(struct peer *peer, bool farewell)
{
	if (peer->dead)
		return;
	if (farewell && peer->up)
		(void)gnutls_bye(peer->session, GNUTLS_SHUT_WR);
	peer->dead = true;
}

static void finished(struct peer *peer)
{
	struct peers *peers = peer->peers;

	peer->up = true;
	peer->since = clock_mono_ms();
	peers->handshakes++;
	timer_stop(peers->timers, &peer->timer);
	for (struct peer *other = peers->first; other; other = other->next) {
		if (other != peer && other->up)
			end(other, false);
	}
	peers->owner->up(peers->owner->arg, peer);
}

static void tick(void *arg, int64_t now);

/*
 * Somebody without the key, or only a handshake cut off by the network or by the client's end? An identity that nobody has is
 * the one; so is a client that goes on sending what its keys protect and that never fits ours.
 */
static bool is_stranger(const struct peer *peer)
{
	if (!peer->named)
		return peer->nameless;
	return peer->protected >= PROTECTED_IN_VAIN;
}

static void handshake(struct peer *peer, int64_t now)
{
	struct peers *peers = peer->peers;
	int code;

	do {
		code = gnutls_handshake(peer->session);
	} while (code == GNUTLS_E_INTERRUPTED || code == GNUTLS_E_WARNING_ALERT_RECEIVED);
	if (code == GNUTLS_E_SUCCESS) {
		finished(peer);
	} else if (code == GNUTLS_E_AGAIN && now - peer->born < HANDSHAKE_MS) {
		unsigned wait = gnutls_dtls_get_timeout(peer->session);

		timer_start(peers->timers, &peer->timer, now + (wait ? wait : 1), tick, peer);
	} else {
		log_debug("handshake: %s", gnutls_strerror(code));
		peers->refused++;
		if (is_stranger(peer))
			peers->owner->failed(peers->owner->arg);
		if (code != GNUTLS_E_AGAIN)
			(void)gnutls_alert_send_appropriate(peer->session, code);
		end(peer, false);
	}
}

static void tick(void *arg, int64_t now)
{
	struct peer *peer = arg;
	struct peers *peers = peer->peers;

	if (!peer->up && !peer->dead)
		handshake(peer, now);
	reap(peers);
}

static void receive_records(struct peer *peer)
{
	const struct peers_owner *owner = peer->peers->owner;
	uint8_t bytes[GATE_MESSAGE_MAX + 1];

	while (!peer->dead) {
		ssize_t got = gnutls_record_recv(peer->session, bytes, sizeof(bytes));

		if (got > 0)
			owner->message(owner->arg, peer, bytes, (size_t)got);
		else if (got == GNUTLS_E_AGAIN)
			return;
		else if (got == GNUTLS_E_INTERRUPTED || got == GNUTLS_E_WARNING_ALERT_RECEIVED || got == GNUTLS_E_REHANDSHAKE)
			continue;
		else
			end(peer, got != 0 && gnutls_error_is_fatal((int)got) == 0);
	}
}

/* Is one of the datagram's records under new keys? A Finished mostly shares a datagram with what goes before it. */
static bool has_protected(const uint8_t *bytes, size_t length)
{
	for (size_t at = 0; at + RECORD_HEADER <= length; at += RECORD_HEADER + (size_t)(bytes[at + 11] << 8 | bytes[at + 12])) {
		if (bytes[at + 3] || bytes[at + 4])
			return true;
	}
	return false;
}

static void feed(struct peer *peer, const uint8_t *bytes, size_t length)
{
	peer->busy = true;
	peer->protected += has_protected(bytes, length);
	peer->in = bytes;
	peer->in_length = length;
	if (!peer->up)
		handshake(peer, clock_mono_ms());
	/* Not only at the end of its time: who has no key is told of at once. */
	if (!peer->up && !peer->dead && peer->protected == PROTECTED_IN_VAIN && is_stranger(peer))
		peer->peers->owner->failed(peer->peers->owner->arg);
	if (peer->up)
		receive_records(peer);
	peer->in = NULL;
	peer->busy = false;
}

static struct peer *peer_new(struct peers *peers, const struct sockaddr_in *from, gnutls_dtls_prestate_st *prestate)
{
	struct peer *peer = xcalloc(1, sizeof(*peer));

	peer->peers = peers;
	peer->address = *from;
	peer->born = clock_mono_ms();
	must(gnutls_init(&peer->session, GNUTLS_SERVER | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK), "session");
	must(gnutls_priority_set(peer->session, global.priority), "session");
	must(gnutls_credentials_set(peer->session, GNUTLS_CRD_PSK, global.credentials), "session");
	gnutls_session_set_ptr(peer->session, peer);
	gnutls_transport_set_ptr(peer->session, peer);
	gnutls_transport_set_push_function(peer->session, push);
	gnutls_transport_set_pull_function(peer->session, pull);
	gnutls_transport_set_pull_timeout_function(peer->session, pull_timeout);
	gnutls_dtls_set_mtu(peer->session, MTU);
	gnutls_dtls_set_timeouts(peer->session, RETRANSMIT_MS, HANDSHAKE_MS);
	gnutls_dtls_prestate_set(peer->session, prestate);
	peer->next = peers->first;
	peers->first = peer;
	peers->count++;
	return peer;
}

/* Makes room for one more handshake. */
static void push_out(struct peers *peers)
{
	struct peer *oldest = NULL;

	if (peers->count < PEERS_MAX)
		return;
	for (struct peer *peer = peers->first; peer; peer = peer->next) {
		if (!peer->up && (!oldest || peer->born < oldest->born))
			oldest = peer;
	}
	if (oldest)
		end(oldest, false);
	reap(peers);
}

/* A stateless answer goes to where the question came from. */
struct stateless {
	struct peers *peers;
	const struct sockaddr_in *to;
};

static ssize_t push_stateless(gnutls_transport_ptr_t arg, const void *bytes, size_t length)
{
	const struct stateless *stateless = arg;

	stateless->peers->owner->send(stateless->peers->owner->arg, stateless->to, bytes, length);
	return (ssize_t)length;
}

/* A ClientHello from an address: cookie first, a session when it is brought back. */
static struct peer *greet(struct peers *peers, const struct sockaddr_in *from, uint8_t *bytes, size_t length)
{
	uint8_t client[6];
	gnutls_dtls_prestate_st prestate = {0};
	struct stateless stateless = {.peers = peers, .to = from};
	int code;

	memcpy(client, &from->sin_addr.s_addr, 4);
	memcpy(client + 4, &from->sin_port, 2);
	code = gnutls_dtls_cookie_verify(&global.cookie_key, client, sizeof(client), bytes, length, &prestate);
	if (code < 0) {
		code = gnutls_dtls_cookie_send(&global.cookie_key, client, sizeof(client), &prestate, &stateless, push_stateless);
		if (code < 0)
			log_debug("cookie: %s", gnutls_strerror(code));
		return NULL;
	}
	if (peers->owner->ready && !peers->owner->ready(peers->owner->arg))
		return NULL;
	push_out(peers);
	return peer_new(peers, from, &prestate);
}

void peers_receive(struct peers *peers, const struct sockaddr_in *from, uint8_t *bytes, size_t length)
{
	bool hello = length > RECORD_HEADER && bytes[0] == CONTENT_HANDSHAKE && bytes[3] == 0 && bytes[4] == 0 &&
		     bytes[RECORD_HEADER] == CLIENT_HELLO;
	struct peer *peer, *found = NULL;

	/* The newest session of an address is the first in the list; a hello while one is up begins another beside it. */
	for (peer = peers->first; peer && !found; peer = peer->next) {
		if (!peer->dead && peer->address.sin_port == from->sin_port &&
		    peer->address.sin_addr.s_addr == from->sin_addr.s_addr && !(hello && peer->up))
			found = peer;
	}
	if (!found && hello)
		found = greet(peers, from, bytes, length);
	else if (!found)
		peers->foreign++;
	if (found)
		feed(found, bytes, length);
	reap(peers);
}

int peer_send(struct peer *peer, const uint8_t *bytes, size_t length)
{
	ssize_t sent;

	if (peer->dead || !peer->up)
		return -1;
	sent = gnutls_record_send(peer->session, bytes, length);
	if (sent == (ssize_t)length)
		return 0;
	log_debug("record: %s", gnutls_strerror((int)sent));
	end(peer, false);
	return -1;
}

uint32_t peer_epoch(const struct peer *peer)
{
	return peer->epoch;
}

int64_t peer_since_ms(const struct peer *peer)
{
	return peer->since;
}

struct peer *peers_current(const struct peers *peers)
{
	for (struct peer *peer = peers->first; peer; peer = peer->next) {
		if (peer->up && !peer->dead)
			return peer;
	}
	return NULL;
}

bool *peer_greeted(struct peer *peer)
{
	return &peer->greeted;
}

void peers_end(struct peers *peers, bool silently)
{
	for (struct peer *peer = peers->first; peer; peer = peer->next)
		end(peer, !silently);
	reap(peers);
}
