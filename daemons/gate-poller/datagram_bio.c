#include "datagram_bio.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/str.h"

enum { DATAGRAM_ROOM = 1400 };	/* what we let DTLS fill; fits an Ethernet frame with IP and UDP headers */

struct port {
	int fd;
	uint64_t received;
};

static int port_write(BIO *bio, const char *bytes, int size)
{
	const struct port *p = BIO_get_data(bio);
	ssize_t n = send(p->fd, bytes, (size_t)size, MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	/* A datagram that could not leave is a datagram lost on its way: resending is somebody's duty anyway. */
	if (n < 0)
		return size;
	return (int)n;
}

static int port_read(BIO *bio, char *bytes, int size)
{
	struct port *p = BIO_get_data(bio);
	ssize_t n = recv(p->fd, bytes, (size_t)size, 0);

	BIO_clear_retry_flags(bio);
	if (n < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
			BIO_set_retry_read(bio);
		return -1;
	}
	p->received++;
	if (n == 0) {	/* an empty datagram is not an end */
		BIO_set_retry_read(bio);
		return -1;
	}
	return (int)n;
}

static long port_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
	case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
		return 1;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		return DATAGRAM_ROOM;
	case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
		return 28;
	default:
		return 0;
	}
}

static int port_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static int port_destroy(BIO *bio)
{
	if (bio == NULL)
		return 0;
	free(BIO_get_data(bio));
	BIO_set_data(bio, NULL);
	return 1;
}

static const BIO_METHOD *method(void)
{
	static BIO_METHOD *m;

	if (m != NULL)
		return m;
	m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "kidoban datagram");
	if (m != NULL) {
		BIO_meth_set_write(m, port_write);
		BIO_meth_set_read(m, port_read);
		BIO_meth_set_ctrl(m, port_ctrl);
		BIO_meth_set_create(m, port_create);
		BIO_meth_set_destroy(m, port_destroy);
	}
	return m;
}

BIO *datagram_bio_new(int fd)
{
	const BIO_METHOD *m = method();
	BIO *bio = m != NULL ? BIO_new(m) : NULL;

	if (bio == NULL)
		return NULL;
	struct port *p = xcalloc(1, sizeof *p);
	p->fd = fd;
	BIO_set_data(bio, p);
	return bio;
}

uint64_t datagram_bio_received(BIO *bio)
{
	const struct port *p = BIO_get_data(bio);

	return p->received;
}
