/* Taking turns between the processes of a program: each place is one byte of a file in memory that is locked. The kernel unlocks
 * what a dying process held, which a semaphore would not. */
#include <fcntl.h>
#include <time.h>

#include "base/clock.h"
#include "web/server.h"

static int lock_byte(int fd, int place, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};

	return fcntl(fd, F_SETLK, &lock);
}

int web_turn_take(const struct web_server *server, int places, int timeout_ms)
{
	int64_t until = clock_mono_ms() + timeout_ms;

	for (;;) {
		for (int place = 0; place < places; place++)
			if (lock_byte(server->lock_fd, place, F_WRLCK) == 0)
				return place;
		if (clock_mono_ms() >= until)
			return -1;
		nanosleep(&(struct timespec){.tv_nsec = 5 * 1000000}, NULL);
	}
}

void web_turn_give(const struct web_server *server, int place)
{
	(void)lock_byte(server->lock_fd, place, F_UNLCK);
}
