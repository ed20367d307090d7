#include "keymaker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/log.h"
#include "base/str.h"
#include "workers.h"

enum { SCRYPT_N = 16384, SCRYPT_R = 8, SCRYPT_P = 1, SCRYPT_MEMORY = 64 << 20, SERIAL_DIGITS = 16 };

struct wanted {
	struct work work;
	const char *password;
	uint64_t serial;
	void *owner;
	uint8_t key[GATE_KEY_SIZE];
};

struct taker {
	void (*done)(void *owner, const uint8_t key[GATE_KEY_SIZE]);
};

void keymaker_make(const char *password, uint64_t serial, uint8_t key[GATE_KEY_SIZE])
{
	char salt[SERIAL_DIGITS + 1];

	snprintf(salt, sizeof(salt), "%016" PRIx64, serial);
	if (EVP_PBE_scrypt(password, strlen(password), (const unsigned char *)salt, SERIAL_DIGITS, SCRYPT_N, SCRYPT_R, SCRYPT_P,
			   SCRYPT_MEMORY, key, GATE_KEY_SIZE) != 1)
		fatalx("scrypt failed");
}

static void make(struct work *work)
{
	struct wanted *wanted = (struct wanted *)work;

	keymaker_make(wanted->password, wanted->serial, wanted->key);
}

static void hand_over(struct work *work, void *arg)
{
	const struct wanted *wanted = (struct wanted *)work;
	const struct taker *taker = arg;

	taker->done(wanted->owner, wanted->key);
}

struct workers *keymaker_new(unsigned threads)
{
	return workers_new(threads, make);
}

void keymaker_want(struct workers *workers, const char *password, uint64_t serial, void *owner)
{
	struct wanted *wanted = xcalloc(1, sizeof(*wanted));

	wanted->password = password;
	wanted->serial = serial;
	wanted->owner = owner;
	workers_submit(workers, &wanted->work);
}

void keymaker_collect(struct workers *workers, void (*done)(void *owner, const uint8_t key[GATE_KEY_SIZE]))
{
	workers_collect(workers, hand_over, &(struct taker){done});
}
