#include "syncer.h"

#include <errno.h>
#include <unistd.h>

#include "base/str.h"
#include "workers.h"

struct sync {
	struct work work;
	int fd, error;
	uint64_t generation;
	void *owner;
};

struct taker {
	void (*done)(void *owner, uint64_t generation, int error);
};

static void sync_file(struct work *work)
{
	struct sync *sync = (struct sync *)work;

	sync->error = fdatasync(sync->fd) < 0 ? errno : 0;
}

static void hand_over(struct work *work, void *arg)
{
	const struct sync *sync = (struct sync *)work;
	const struct taker *taker = arg;

	taker->done(sync->owner, sync->generation, sync->error);
}

struct workers *syncer_new(unsigned threads)
{
	return workers_new(threads, sync_file);
}

void syncer_submit(struct workers *workers, int fd, uint64_t generation, void *owner)
{
	struct sync *sync = xcalloc(1, sizeof(*sync));

	sync->fd = fd;
	sync->generation = generation;
	sync->owner = owner;
	workers_submit(workers, &sync->work);
}

void syncer_collect(struct workers *workers, void (*done)(void *owner, uint64_t generation, int error))
{
	workers_collect(workers, hand_over, &(struct taker){done});
}
