/*
 * Digest sums. HMAC and SHA-256 are OpenSSL's; the prepared context is reused so a record costs no key schedule.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "gate/codec.h"
#include "gate/digest.h"

struct gate_digest_key {
	EVP_MAC *mac;
	EVP_MAC_CTX *context;
};

void
gate_digest_key_free(struct gate_digest_key *k)
{
	if (k == NULL)
		return;
	EVP_MAC_CTX_free(k->context);
	EVP_MAC_free(k->mac);
	free(k);
}

static struct gate_digest_key *
key_new(const uint8_t *key, size_t size)
{
	char sha256[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_end(),
	};
	struct gate_digest_key *k = calloc(1, sizeof *k);

	if (k == NULL)
		return NULL;
	if ((k->mac = EVP_MAC_fetch(NULL, "HMAC", NULL)) == NULL || (k->context = EVP_MAC_CTX_new(k->mac)) == NULL ||
	    EVP_MAC_init(k->context, key, size, params) != 1) {
		gate_digest_key_free(k);
		return NULL;
	}
	return k;
}

struct gate_digest_key *
gate_digest_key_new(const uint8_t key[GATE_KEY_SIZE])
{
	return key_new(key, GATE_KEY_SIZE);
}

static int
hmac(struct gate_digest_key *k, const void *head, size_t head_size, const void *body, size_t body_size,
    uint8_t out[GATE_HASH_SIZE])
{
	size_t length;

	if (EVP_MAC_init(k->context, NULL, 0, NULL) != 1 || EVP_MAC_update(k->context, head, head_size) != 1 ||
	    EVP_MAC_update(k->context, body, body_size) != 1 ||
	    EVP_MAC_final(k->context, out, &length, GATE_HASH_SIZE) != 1 || length != GATE_HASH_SIZE)
		return -1;
	return 0;
}

int
gate_digest_key_derive(const uint8_t *secret, size_t size, uint64_t serial, uint8_t out[GATE_KEY_SIZE])
{
	static const char label[] = "kidoban gate digest";
	struct gate_digest_key *k = key_new(secret, size);
	uint8_t number[8];
	int result;

	if (k == NULL)
		return -1;
	wire_put(number, sizeof number, serial);
	result = hmac(k, label, sizeof label - 1, number, sizeof number, out);
	gate_digest_key_free(k);
	return result;
}

int
gate_digest_bucket(const uint8_t *key, size_t size)
{
	uint8_t hash[GATE_HASH_SIZE];

	return EVP_Digest(key, size, hash, NULL, EVP_sha256(), NULL) == 1 ? hash[0] : -1;
}

int
gate_digest_bucket_credential(uint32_t credential)
{
	uint8_t key[4];

	wire_put(key, sizeof key, credential);
	return gate_digest_bucket(key, sizeof key);
}

void
gate_sum_add(uint8_t a[GATE_SUM_SIZE], const uint8_t b[GATE_SUM_SIZE])
{
	unsigned carry = 0;

	for (size_t i = GATE_SUM_SIZE; i-- > 0; carry >>= 8) {
		carry += (unsigned)a[i] + b[i];
		a[i] = (uint8_t)carry;
	}
}

void
gate_sum_subtract(uint8_t a[GATE_SUM_SIZE], const uint8_t b[GATE_SUM_SIZE])
{
	unsigned borrow = 0;

	for (size_t i = GATE_SUM_SIZE; i-- > 0;) {
		unsigned difference = 256u + a[i] - b[i] - borrow;

		a[i] = (uint8_t)difference;
		borrow = difference < 256;
	}
}

void
gate_digest_clear(struct gate_digest *d)
{
	memset(d, 0, sizeof *d);
}

int
gate_digest_add(struct gate_digest *d, struct gate_digest_key *k, uint8_t stream, int bucket, const uint8_t *record,
    size_t size)
{
	uint8_t sum[GATE_HASH_SIZE];

	if (bucket < 0 || bucket >= GATE_BUCKETS || hmac(k, &stream, 1, record, size, sum) == -1)
		return -1;
	gate_sum_add(d->sums[bucket], sum);
	d->records++;
	return 0;
}

int
gate_digest_remove(struct gate_digest *d, struct gate_digest_key *k, uint8_t stream, int bucket, const uint8_t *record,
    size_t size)
{
	uint8_t sum[GATE_HASH_SIZE];

	if (bucket < 0 || bucket >= GATE_BUCKETS || d->records == 0 || hmac(k, &stream, 1, record, size, sum) == -1)
		return -1;
	gate_sum_subtract(d->sums[bucket], sum);
	d->records--;
	return 0;
}

void
gate_digest_whole(const struct gate_digest *d, uint8_t out[GATE_SUM_SIZE])
{
	memset(out, 0, GATE_SUM_SIZE);
	for (size_t i = 0; i < GATE_BUCKETS; i++)
		gate_sum_add(out, d->sums[i]);
}
