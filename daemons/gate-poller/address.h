/* "127.0.0.1:11000" to a socket address. */
#ifndef KIDOBAN_GATE_POLLER_ADDRESS_H
#define KIDOBAN_GATE_POLLER_ADDRESS_H

#include <netinet/in.h>

/* 0, or -1 when it is not IPv4 and a port 1..65535. */
int socket_address(const char *text, struct sockaddr_in *out);

#endif
