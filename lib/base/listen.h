/* Listening Unix sockets: the one that the service manager hands over (LISTEN_FDS), or our own. */
#ifndef BASE_LISTEN_H
#define BASE_LISTEN_H

#include <sys/types.h>

/* A listening stream socket for connections to path, close-on-exec, blocking. When LISTEN_FDS brought one (for this
 * process) it is used and path is only for messages; else one is bound to path with that mode (usually 0660). A file left by
 * a dead program is replaced; a living one's is not (-1, EADDRINUSE). -1 after a warning otherwise. */
int listen_unix(const char *path, mode_t mode, int backlog) __attribute__((warn_unused_result));

#endif
