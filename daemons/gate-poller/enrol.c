/*
 * Enrolment keys cost some 50 ms of computing each, on purpose. They are made by threads of their own, as many as there are
 * processors but few, so that a thousand new controllers do not keep the loop from those that work. A thread knows nothing
 * but password and serial; the loop hears of a finished key through an eventfd.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/log.h"
#include "base/str.h"
#include "gate/key.h"
#include "poller.h"

enum { THREADS_MOST = 4 };

struct wish {
	struct wish *next;
	int32_t controller;
	int64_t token;
	uint64_t serial;
	char *password;
	bool made;
	uint8_t key[GATE_KEY_SIZE];
};

struct line {
	struct wish *first, **last;
};

struct enrol {
	struct poller *poller;
	struct loop_watch watch;
	int event;
	pthread_t threads[THREADS_MOST];
	int count;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct line wishes, finished;
	bool stop;
};

static void line_add(struct line *l, struct wish *w)
{
	w->next = NULL;
	*l->last = w;
	l->last = &w->next;
}

static struct wish *line_take(struct line *l)
{
	struct wish *w = l->first;

	if (w != NULL) {
		l->first = w->next;
		if (l->first == NULL)
			l->last = &l->first;
	}
	return w;
}

static void wish_free(struct wish *w)
{
	free_secret(&w->password);
	OPENSSL_cleanse(w->key, sizeof w->key);
	free(w);
}

static void *make_keys(void *arg)
{
	struct enrol *e = arg;
	const uint64_t one = 1;

	pthread_mutex_lock(&e->lock);
	for (;;) {
		struct wish *w;

		while (!e->stop && e->wishes.first == NULL)
			pthread_cond_wait(&e->more, &e->lock);
		if (e->stop)
			break;
		w = line_take(&e->wishes);
		pthread_mutex_unlock(&e->lock);
		w->made = gate_enrolment_key(w->password, w->serial, w->key) == 0;
		pthread_mutex_lock(&e->lock);
		line_add(&e->finished, w);
		if (write(e->event, &one, sizeof one) < 0)
			log_warn("eventfd");
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

static void finished(void *arg, uint32_t events, int64_t now_ms)
{
	struct enrol *e = arg;
	uint64_t count;
	struct wish *w;

	(void)events;
	if (read(e->event, &count, sizeof count) < 0 && errno != EAGAIN)
		log_warn("eventfd");
	for (;;) {
		pthread_mutex_lock(&e->lock);
		w = line_take(&e->finished);
		pthread_mutex_unlock(&e->lock);
		if (w == NULL)
			return;
		struct controller *c = controller_with_token(e->poller, w->controller, w->token);
		if (c != NULL && w->made)
			session_key_ready(c, w->key, now_ms);
		else if (c != NULL)
			session_key_failed(c);
		wish_free(w);
	}
}

struct enrol *enrol_new(struct poller *p)
{
	struct enrol *e = xcalloc(1, sizeof *e);

	e->poller = p;
	e->wishes.last = &e->wishes.first;
	e->finished.last = &e->finished.first;
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->more, NULL);
	e->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	loop_watch_init(&e->watch, finished, e);
	if (e->event < 0 || loop_watch_set(p->loop, &e->watch, e->event, EPOLLIN) < 0)
		fatal("eventfd");
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	for (; e->count < THREADS_MOST && (e->count == 0 || e->count < processors); e->count++)
		if (pthread_create(&e->threads[e->count], NULL, make_keys, e) != 0)
			fatalx("no thread for enrolment keys");
	return e;
}

void enrol_free(struct enrol *e)
{
	struct wish *w;

	if (e == NULL)
		return;
	pthread_mutex_lock(&e->lock);
	e->stop = true;
	pthread_cond_broadcast(&e->more);
	pthread_mutex_unlock(&e->lock);
	for (int i = 0; i < e->count; i++)
		pthread_join(e->threads[i], NULL);
	while ((w = line_take(&e->wishes)) != NULL || (w = line_take(&e->finished)) != NULL)
		wish_free(w);
	loop_watch_clear(e->poller->loop, &e->watch);
	close(e->event);
	pthread_mutex_destroy(&e->lock);
	pthread_cond_destroy(&e->more);
	free(e);
}

void enrol_key(struct enrol *e, const char *password, const struct controller *c)
{
	struct wish *w = xcalloc(1, sizeof *w);

	*w = (struct wish){ .controller = c->id, .token = c->token, .serial = c->serial, .password = xstrdup(password) };
	pthread_mutex_lock(&e->lock);
	line_add(&e->wishes, w);
	pthread_cond_signal(&e->more);
	pthread_mutex_unlock(&e->lock);
}
