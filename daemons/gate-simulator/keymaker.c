#include "keymaker.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/log.h"
#include "base/str.h"

enum { SCRYPT_N = 16384, SCRYPT_R = 8, SCRYPT_P = 1, SCRYPT_MEMORY = 64 << 20, SERIAL_DIGITS = 16 };

struct work {
	struct work *next;
	const char *password;
	uint64_t serial;
	void *owner;
	uint8_t key[GATE_KEY_SIZE];
};

struct queue {
	struct work *first, **last;
};

struct keymaker {
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

void keymaker_make(const char *password, uint64_t serial, uint8_t key[GATE_KEY_SIZE])
{
	char salt[SERIAL_DIGITS + 1];

	snprintf(salt, sizeof(salt), "%016" PRIx64, serial);
	if (EVP_PBE_scrypt(password, strlen(password), (const unsigned char *)salt, SERIAL_DIGITS, SCRYPT_N, SCRYPT_R, SCRYPT_P,
			   SCRYPT_MEMORY, key, GATE_KEY_SIZE) != 1)
		fatalx("scrypt failed");
}

static void *run(void *arg)
{
	struct keymaker *keymaker = arg;
	struct work *work;

	pthread_mutex_lock(&keymaker->lock);
	while (!keymaker->ending) {
		work = get(&keymaker->todo);
		if (!work) {
			pthread_cond_wait(&keymaker->wake, &keymaker->lock);
			continue;
		}
		pthread_mutex_unlock(&keymaker->lock);
		keymaker_make(work->password, work->serial, work->key);
		pthread_mutex_lock(&keymaker->lock);
		put(&keymaker->done, work);
		if (eventfd_write(keymaker->event, 1) < 0)
			log_warn("eventfd");
	}
	pthread_mutex_unlock(&keymaker->lock);
	return NULL;
}

struct keymaker *keymaker_new(unsigned threads)
{
	struct keymaker *keymaker = xcalloc(1, sizeof(*keymaker) + threads * sizeof(pthread_t));

	pthread_mutex_init(&keymaker->lock, NULL);
	pthread_cond_init(&keymaker->wake, NULL);
	keymaker->todo.last = &keymaker->todo.first;
	keymaker->done.last = &keymaker->done.first;
	keymaker->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (keymaker->event < 0)
		fatal("eventfd");
	for (; keymaker->count < threads; keymaker->count++) {
		errno = pthread_create(&keymaker->threads[keymaker->count], NULL, run, keymaker);
		if (errno)
			fatal("thread");
	}
	return keymaker;
}

void keymaker_free(struct keymaker *keymaker)
{
	struct work *work;

	pthread_mutex_lock(&keymaker->lock);
	keymaker->ending = true;
	pthread_cond_broadcast(&keymaker->wake);
	pthread_mutex_unlock(&keymaker->lock);
	for (unsigned i = 0; i < keymaker->count; i++)
		pthread_join(keymaker->threads[i], NULL);
	while ((work = get(&keymaker->todo)) || (work = get(&keymaker->done)))
		free(work);
	close(keymaker->event);
	pthread_cond_destroy(&keymaker->wake);
	pthread_mutex_destroy(&keymaker->lock);
	free(keymaker);
}

int keymaker_fd(const struct keymaker *keymaker)
{
	return keymaker->event;
}

void keymaker_want(struct keymaker *keymaker, const char *password, uint64_t serial, void *owner)
{
	struct work *work = xcalloc(1, sizeof(*work));

	work->password = password;
	work->serial = serial;
	work->owner = owner;
	pthread_mutex_lock(&keymaker->lock);
	put(&keymaker->todo, work);
	pthread_cond_signal(&keymaker->wake);
	pthread_mutex_unlock(&keymaker->lock);
}

void keymaker_collect(struct keymaker *keymaker, void (*done)(void *owner, const uint8_t key[GATE_KEY_SIZE]))
{
	eventfd_t count;
	struct work *work;

	if (eventfd_read(keymaker->event, &count) < 0 && errno != EAGAIN)
		fatal("eventfd");
	for (;;) {
		pthread_mutex_lock(&keymaker->lock);
		work = get(&keymaker->done);
		pthread_mutex_unlock(&keymaker->lock);
		if (!work)
			break;
		done(work->owner, work->key);
		free(work);
	}
}
