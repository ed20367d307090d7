#include "address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

int socket_address(const char *text, struct sockaddr_in *out)
{
	const char *colon = strrchr(text, ':');
	char host[INET_ADDRSTRLEN];
	int64_t port;

	*out = (struct sockaddr_in){ .sin_family = AF_INET };
	if (colon == NULL || colon - text >= (long)sizeof host || parse_int(colon + 1, 1, 65535, &port) < 0)
		return -1;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	out->sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &out->sin_addr) == 1 ? 0 : -1;
}
