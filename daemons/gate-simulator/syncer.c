#include "syncer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

struct work {
	struct work *next;
	int fd, error;
	uint64_t generation;
	void *owner;
};

struct queue {
	struct work *first, **last;
};

struct syncer {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct queue todo, done;
	bool ending;
	int event;
	unsigned count;
	pthread_t threads[];
};

static void put(struct queue *queue, struct work *work)
{
	work->next = NULL;
	*queue->last = work;
	queue->last = &work->next;
}

static struct work *get(struct queue *queue)
{
	struct work *work = queue->first;

	if (work && !(queue->first = work->next))
		queue->last = &queue->first;
	return work;
}

static void *run(void *arg)
{
	struct syncer *syncer = arg;
	struct work *work;

	pthread_mutex_lock(&syncer->lock);
	for (;;) {
		while (!(work = get(&syncer->todo)) && !syncer->ending)
			pthread_cond_wait(&syncer->wake, &syncer->lock);
		if (!work)
			break;
		pthread_mutex_unlock(&syncer->lock);
		work->error = fdatasync(work->fd) < 0 ? errno : 0;
		pthread_mutex_lock(&syncer->lock);
		put(&syncer->done, work);
		if (eventfd_write(syncer->event, 1) < 0)
			log_warn("eventfd");
	}
	pthread_mutex_unlock(&syncer->lock);
	return NULL;
}

struct syncer *syncer_new(unsigned threads)
{
	struct syncer *syncer = xcalloc(1, sizeof(*syncer) + threads * sizeof(pthread_t));

	pthread_mutex_init(&syncer->lock, NULL);
	pthread_cond_init(&syncer->wake, NULL);
	syncer->todo.last = &syncer->todo.first;
	syncer->done.last = &syncer->done.first;
	syncer->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (syncer->event < 0)
		fatal("eventfd");
	for (; syncer->count < threads; syncer->count++) {
		errno = pthread_create(&syncer->threads[syncer->count], NULL, run, syncer);
		if (errno)
			fatal("thread");
	}
	return syncer;
}

void syncer_free(struct syncer *syncer)
{
	struct work *work;

	pthread_mutex_lock(&syncer->lock);
	syncer->ending = true;
	pthread_cond_broadcast(&syncer->wake);
	pthread_mutex_unlock(&syncer->lock);
	for (unsigned i = 0; i < syncer->count; i++)
		pthread_join(syncer->threads[i], NULL);
	while ((work = get(&syncer->done)))
		free(work);
	close(syncer->event);
	pthread_cond_destroy(&syncer->wake);
	pthread_mutex_destroy(&syncer->lock);
	free(syncer);
}

int syncer_fd(const struct syncer *syncer)
{
	return syncer->event;
}

void syncer_submit(struct syncer *syncer, int fd, uint64_t generation, void *owner)
{
	struct work *work = xcalloc(1, sizeof(*work));

	work->fd = fd;
	work->generation = generation;
	work->owner = owner;
	pthread_mutex_lock(&syncer->lock);
	put(&syncer->todo, work);
	pthread_cond_signal(&syncer->wake);
	pthread_mutex_unlock(&syncer->lock);
}

void syncer_collect(struct syncer *syncer, void (*done)(void *owner, uint64_t generation, int error))
{
	eventfd_t count;
	struct work *work;

	if (eventfd_read(syncer->event, &count) < 0 && errno != EAGAIN)
		fatal("eventfd");
	for (;;) {
		pthread_mutex_lock(&syncer->lock);
		work = get(&syncer->done);
		pthread_mutex_unlock(&syncer->lock);
		if (!work)
			break;
		done(work->owner, work->generation, work->error);
		free(work);
	}
}
