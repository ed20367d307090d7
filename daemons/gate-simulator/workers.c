#include "workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

struct queue {
	struct work *first, **last;
};

struct workers {
	void (*run)(struct work *);
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct queue todo, done;
	bool ending, finish;
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

/* The next thing to do, waited for; NULL at the end. Called with the lock held. */
static struct work *next(struct workers *workers)
{
	struct work *work;

	for (;;) {
		if (workers->ending && !workers->finish)
			return NULL;
		work = get(&workers->todo);
		if (work || workers->ending)
			return work;
		pthread_cond_wait(&workers->wake, &workers->lock);
	}
}

static void *work_on(void *arg)
{
	struct workers *workers = arg;
	struct work *work;

	pthread_mutex_lock(&workers->lock);
	while ((work = next(workers))) {
		pthread_mutex_unlock(&workers->lock);
		workers->run(work);
		pthread_mutex_lock(&workers->lock);
		put(&workers->done, work);
		if (eventfd_write(workers->event, 1) < 0)
			log_warn("eventfd");
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

struct workers *workers_new(unsigned threads, void (*run)(struct work *))
{
	struct workers *workers = xcalloc(1, sizeof(*workers) + threads * sizeof(pthread_t));

	workers->run = run;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->wake, NULL);
	workers->todo.last = &workers->todo.first;
	workers->done.last = &workers->done.first;
	workers->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (workers->event < 0)
		fatal("eventfd");
	for (; workers->count < threads; workers->count++) {
		errno = pthread_create(&workers->threads[workers->count], NULL, work_on, workers);
		if (errno)
			fatal("thread");
	}
	return workers;
}

void workers_free(struct workers *workers, bool finish)
{
	struct work *work;

	pthread_mutex_lock(&workers->lock);
	workers->ending = true;
	workers->finish = finish;
	pthread_cond_broadcast(&workers->wake);
	pthread_mutex_unlock(&workers->lock);
	for (unsigned i = 0; i < workers->count; i++)
		pthread_join(workers->threads[i], NULL);
	while ((work = get(&workers->todo)) || (work = get(&workers->done)))
		free(work);
	close(workers->event);
	pthread_cond_destroy(&workers->wake);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}

int workers_fd(const struct workers *workers)
{
	return workers->event;
}

void workers_submit(struct workers *workers, struct work *work)
{
	pthread_mutex_lock(&workers->lock);
	put(&workers->todo, work);
	pthread_cond_signal(&workers->wake);
	pthread_mutex_unlock(&workers->lock);
}

void workers_collect(struct workers *workers, void (*done)(struct work *, void *arg), void *arg)
{
	eventfd_t count;
	struct work *work;

	if (eventfd_read(workers->event, &count) < 0 && errno != EAGAIN)
		fatal("eventfd");
	for (;;) {
		pthread_mutex_lock(&workers->lock);
		work = get(&workers->done);
		pthread_mutex_unlock(&workers->lock);
		if (!work)
			break;
		done(work, arg);
		free(work);
	}
}
