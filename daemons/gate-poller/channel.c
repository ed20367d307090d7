#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/log.h"
#include "base/str.h"
#include "datagram_bio.h"

enum {
	LINK_MTU = 1400,
	RECORD_MAX = 2048,
	READS_A_WAKE = 64,		/* then the others have their turn */
	SOCKET_BUFFER = 256 * 1024,
	RESEND_FIRST_US = 400000,	/* of DTLS's handshake, doubling */
	RESEND_MOST_US = 1600000,
};

struct channels {
	struct loop *loop;
	struct channel_calls calls;
	SSL_CTX *ctx;
	struct channels_count count;
};

struct channel {
	struct channels *all;
	void *arg;
	int fd;
	SSL *ssl;
	enum channel_state state;
	struct loop_watch watch;
	struct loop_timer resend;
	uint64_t serial;
	uint32_t epoch;
	uint8_t key[GATE_KEY_SIZE];
	bool begun;		/* the first flight is out */
	bool spoke;		/* a datagram came */
	bool inside;		/* a callback is under way */
	bool closed;		/* from within it */
};

const char *channel_refusal_name(enum channel_refusal r)
{
	static const char *const names[CHANNEL_REFUSALS] = {
		[CHANNEL_REFUSED_RECORD] = "record", [CHANNEL_REFUSED_HANDSHAKE] = "handshake",
		[CHANNEL_REFUSED_TOO_LONG] = "too_long",
	};

	return r < CHANNEL_REFUSALS ? names[r] : "?";
}

static unsigned give_key(SSL *ssl, const char *hint, char *identity, unsigned identity_size, unsigned char *psk,
    unsigned psk_size)
{
	const struct channel *c = SSL_get_app_data(ssl);

	(void)hint;
	if (psk_size < GATE_KEY_SIZE || gate_identity_format(c->serial, c->epoch, identity, identity_size) < 0)
		return 0;
	memcpy(psk, c->key, GATE_KEY_SIZE);
	return GATE_KEY_SIZE;
}

static SSL_CTX *context_new(void)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_client_method());

	if (ctx == NULL)
		return NULL;
	if (!SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) || !SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) ||
	    !SSL_CTX_set_cipher_list(ctx, "ECDHE-PSK-CHACHA20-POLY1305")) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_psk_client_callback(ctx, give_key);
	return ctx;
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warn("can not raise the limit of open files");
}

struct channels *channels_new(struct loop *loop, const struct channel_calls *calls)
{
	struct channels *all = xcalloc(1, sizeof *all);

	raise_file_limit();
	all->loop = loop;
	all->calls = *calls;
	all->ctx = context_new();
	if (all->ctx == NULL) {
		log_warnx("OpenSSL gives no DTLS 1.2 with ECDHE-PSK-CHACHA20-POLY1305");
		free(all);
		return NULL;
	}
	return all;
}

void channels_free(struct channels *all)
{
	if (all == NULL)
		return;
	SSL_CTX_free(all->ctx);
	free(all);
}

const struct channels_count *channels_counts(const struct channels *all)
{
	return &all->count;
}

static unsigned resend_after(SSL *ssl, unsigned last_us)
{
	(void)ssl;
	if (last_us == 0)
		return RESEND_FIRST_US;
	return last_us * 2 < RESEND_MOST_US ? last_us * 2 : RESEND_MOST_US;
}

static void arm(struct channel *c, int64_t now_ms)
{
	struct timeval left;

	if (c->state == CHANNEL_HANDSHAKE && DTLSv1_get_timeout(c->ssl, &left) == 1)
		loop_timer_set(c->all->loop, &c->resend, now_ms + left.tv_sec * 1000 + left.tv_usec / 1000 + 1);
	else
		loop_timer_clear(c->all->loop, &c->resend);
}

static void release(struct channel *c)
{
	SSL_free(c->ssl);
	close(c->fd);
	OPENSSL_cleanse(c->key, sizeof c->key);
	free(c);
}

static void fail(struct channel *c, const char *why, int64_t now_ms)
{
	loop_watch_clear(c->all->loop, &c->watch);
	loop_timer_clear(c->all->loop, &c->resend);
	c->all->count.failed += c->state == CHANNEL_HANDSHAKE;
	c->state = CHANNEL_FAILED;
	c->all->calls.down(c->arg, why, c->spoke, now_ms);
}

/* What OpenSSL or the system says, in one short line. */
static const char *reason(int ssl_error, char out[160])
{
	unsigned long e = ERR_peek_error();

	if (ssl_error == SSL_ERROR_ZERO_RETURN)
		return "closed by the controller";
	if (e != 0) {
		const char *text = ERR_reason_error_string(e);

		return text != NULL ? text : "DTLS error";
	}
	if (ssl_error == SSL_ERROR_SYSCALL && errno != 0 && strerror_r(errno, out, 160) != NULL)
		return errno == ECONNREFUSED ? "nothing listens there" : strerror(errno);
	return "DTLS error";
}

/* True when the channel can go on. */
static bool may_go_on(struct channel *c, int rc, int64_t now_ms)
{
	char text[160];
	int e = SSL_get_error(c->ssl, rc);

	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
		return true;
	/* A lone ICMP answer can be forged or belong to a reboot: inside a session only silence ends it. */
	if (e == SSL_ERROR_SYSCALL && c->state == CHANNEL_UP && ERR_peek_error() == 0)
		return true;
	fail(c, reason(e, text), now_ms);
	return false;
}

static bool handshake(struct channel *c, int64_t now_ms)
{
	ERR_clear_error();
	errno = 0;
	int rc = SSL_do_handshake(c->ssl);
	if (rc != 1) {
		if (!may_go_on(c, rc, now_ms))
			return false;
		arm(c, now_ms);
		return true;
	}
	c->state = CHANNEL_UP;
	c->all->count.up++;
	arm(c, now_ms);
	c->all->calls.up(c->arg, now_ms);
	return !c->closed;
}

static void read_records(struct channel *c, int64_t now_ms)
{
	uint8_t record[RECORD_MAX];

	for (int i = 0; i < READS_A_WAKE && c->state == CHANNEL_UP; i++) {
		uint64_t before = datagram_bio_received(SSL_get_rbio(c->ssl));

		ERR_clear_error();
		errno = 0;
		int n = SSL_read(c->ssl, record, sizeof record);
		uint64_t came = datagram_bio_received(SSL_get_rbio(c->ssl)) - before;

		c->all->count.datagrams_in += came;
		if (n <= 0) {
			c->all->count.refused[CHANNEL_REFUSED_RECORD] += came;
			may_go_on(c, n, now_ms);
			return;
		}
		if (came > 1)	/* the last one carried the record, those before it none */
			c->all->count.refused[CHANNEL_REFUSED_RECORD] += came - 1;
		if (n > GATE_MESSAGE_MAX) {
			c->all->count.refused[CHANNEL_REFUSED_TOO_LONG]++;
			continue;
		}
		c->all->calls.message(c->arg, record, (size_t)n, now_ms);
		if (c->closed)
			return;
	}
}

static void ready(void *arg, uint32_t events, int64_t now_ms)
{
	struct channel *c = arg;
	uint64_t before = datagram_bio_received(SSL_get_rbio(c->ssl));

	(void)events;
	c->inside = true;
	if (c->state == CHANNEL_HANDSHAKE) {
		bool goes_on = handshake(c, now_ms);
		uint64_t came = datagram_bio_received(SSL_get_rbio(c->ssl)) - before;

		c->all->count.datagrams_in += came;
		c->spoke = c->spoke || came > 0;
		if (!goes_on && !c->closed && came > 0)
			c->all->count.refused[CHANNEL_REFUSED_HANDSHAKE]++;
	}
	if (!c->closed && c->state == CHANNEL_UP)
		read_records(c, now_ms);
	c->inside = false;
	if (c->closed)
		release(c);
}

static void resend(void *arg, int64_t now_ms)
{
	struct channel *c = arg;

	if (!c->begun) {
		c->begun = true;
		ready(c, 0, now_ms);
		return;
	}
	c->inside = true;
	ERR_clear_error();
	errno = 0;
	int rc = DTLSv1_handle_timeout(c->ssl);
	if (rc < 0)
		may_go_on(c, rc, now_ms);
	if (!c->closed)
		arm(c, now_ms);
	c->inside = false;
	if (c->closed)
		release(c);
}

static int socket_to(const struct sockaddr_in *to)
{
	int size = SOCKET_BUFFER;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (connect(fd, (const struct sockaddr *)to, sizeof *to) < 0) {
		int e = errno;

		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

static SSL *ssl_new(struct channel *c)
{
	SSL *ssl = SSL_new(c->all->ctx);
	BIO *bio = datagram_bio_new(c->fd);

	if (ssl == NULL || bio == NULL) {
		SSL_free(ssl);
		BIO_free(bio);
		return NULL;
	}
	SSL_set_app_data(ssl, c);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_connect_state(ssl);
	DTLS_set_link_mtu(ssl, LINK_MTU);
	DTLS_set_timer_cb(ssl, resend_after);
	return ssl;
}

struct channel *channel_open(struct channels *all, const struct sockaddr_in *to, uint64_t serial, uint32_t epoch,
    const uint8_t key[GATE_KEY_SIZE], void *arg, int64_t now_ms)
{
	struct channel *c = xcalloc(1, sizeof *c);

	*c = (struct channel){ .all = all, .arg = arg, .serial = serial, .epoch = epoch, .state = CHANNEL_HANDSHAKE };
	memcpy(c->key, key, GATE_KEY_SIZE);
	loop_watch_init(&c->watch, ready, c);
	loop_timer_init(&c->resend, resend, c);
	c->fd = socket_to(to);
	if (c->fd < 0) {
		free(c);
		return NULL;
	}
	c->ssl = ssl_new(c);
	if (c->ssl == NULL || loop_watch_set(all->loop, &c->watch, c->fd, EPOLLIN) < 0) {
		release(c);
		errno = ENOMEM;
		return NULL;
	}
	all->count.opened++;
	/* It begins with the next turn of the loop: a controller nearby may have answered, even to the end, before the call
	 * that sends the first flight returns, and what becomes of it must not be told from within this one. */
	loop_timer_set(all->loop, &c->resend, now_ms);
	return c;
}

enum channel_state channel_state(const struct channel *c)
{
	return c->state;
}

void channel_send(struct channel *c, const uint8_t *bytes, size_t size)
{
	if (c->state != CHANNEL_UP)
		return;
	ERR_clear_error();
	if (SSL_write(c->ssl, bytes, (int)size) > 0)
		c->all->count.datagrams_out++;
}

void channel_close(struct channel *c)
{
	if (c == NULL || c->closed)
		return;
	loop_watch_clear(c->all->loop, &c->watch);
	loop_timer_clear(c->all->loop, &c->resend);
	if (c->state == CHANNEL_UP)
		SSL_shutdown(c->ssl);
	else if (c->state == CHANNEL_HANDSHAKE)
		log_debug("%016llx: handshake given up in state \"%s\" after %llu datagrams", (unsigned long long)c->serial,
		    SSL_state_string_long(c->ssl), (unsigned long long)datagram_bio_received(SSL_get_rbio(c->ssl)));
	c->closed = true;
	if (!c->inside)
		release(c);
}
