/* OpenSSL's view of one connected UDP socket: a read is a datagram, a write is a datagram, and what came is counted.
 * The stock one would set time-outs on the socket, and does not tell how many datagrams a record took. */
#ifndef KIDOBAN_GATE_POLLER_DATAGRAM_BIO_H
#define KIDOBAN_GATE_POLLER_DATAGRAM_BIO_H

#include <stdint.h>

#include <openssl/bio.h>

/* The descriptor stays the caller's. NULL when OpenSSL refuses. */
BIO *datagram_bio_new(int fd);
uint64_t datagram_bio_received(BIO *);

#endif
