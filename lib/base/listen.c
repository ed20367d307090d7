/* Listening Unix sockets. See listen.h. */
#include "base/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"

/* The one stream socket that the service manager handed over, or -1. */
static int inherited(void)
{
	int count = sd_listen_fds(1);

	if (count <= 0)
		return -1;
	if (count > 1)
		log_warnx("%d sockets were handed over; only the first is used", count);
	if (sd_is_socket(SD_LISTEN_FDS_START, AF_UNIX, SOCK_STREAM, 1) <= 0) {
		log_warnx("what was handed over is not a listening Unix stream socket; making our own");
		return -1;
	}
	return SD_LISTEN_FDS_START;
}

/* True when somebody answers at that address. */
static int in_use(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int alive;

	if (fd < 0)
		return 1;
	/* A full backlog (EAGAIN) is alive as well. */
	alive = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || (errno != ECONNREFUSED && errno != ENOENT);
	close(fd);
	return alive;
}

static int bind_own(int fd, const struct sockaddr_un *address, mode_t mode)
{
	/* Nobody may connect between bind and chmod. */
	mode_t before = umask(0777);
	int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(before);
	if (result == 0)
		result = chmod(address->sun_path, mode);
	return result;
}

int listen_unix(const char *path, mode_t mode, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = inherited();
	size_t len = strlen(path);

	if (fd >= 0)
		return fd;
	if (len >= sizeof(address.sun_path)) {
		log_warnx("socket %s: the path may have %zu bytes at most; choose a shorter run_dir", path,
			  sizeof(address.sun_path) - 1);
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, len + 1);
	if (access(path, F_OK) == 0) {
		if (in_use(&address)) {
			log_warnx("socket %s: another program listens there", path);
			errno = EADDRINUSE;
			return -1;
		}
		unlink(path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind_own(fd, &address, mode) != 0 || listen(fd, backlog) != 0) {
		int error = errno;

		log_warn("socket %s", path);
		if (fd >= 0)
			close(fd);
		errno = error;
		return -1;
	}
	return fd;
}
