/*
 * Digest of what a controller holds of a stream: for each of 256 buckets the sum modulo 2^128 of
 * HMAC-SHA-256(digest key, u8 stream || record)[0..15], read as a big-endian number, over its records.
 * Adding and removing a record are the same cost, so both sides keep it incrementally; order does not matter.
 * The digest key belongs to the controller and comes with hello; it does not change when the session key does.
 */
#ifndef KIDOBAN_GATE_DIGEST_H
#define KIDOBAN_GATE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "gate/message.h"

struct gate_digest_key;		/* prepared HMAC; own one per thread */

struct gate_digest {
	uint32_t records;
	uint8_t sums[GATE_BUCKETS][GATE_SUM_SIZE];
};

/* NULL when the crypto library refuses. */
struct gate_digest_key *gate_digest_key_new(const uint8_t key[GATE_KEY_SIZE]);
void gate_digest_key_free(struct gate_digest_key *);

/* The digest key of a controller, made from a secret of the server (its master key): HMAC-SHA-256(secret, "kidoban gate
 * digest" || u64 serial). 0 or -1. */
int gate_digest_key_derive(const uint8_t *secret, size_t size, uint64_t serial, uint8_t out[GATE_KEY_SIZE]);

/* Bucket of a record by its key (permits: the credential, 4 bytes big-endian): first byte of SHA-256(key).
 * -1 when the crypto library refuses. */
int gate_digest_bucket(const uint8_t *key, size_t size);
int gate_digest_bucket_credential(uint32_t credential);

void gate_digest_clear(struct gate_digest *);
/* 0 or -1 */
int gate_digest_add(struct gate_digest *, struct gate_digest_key *, uint8_t stream, int bucket,
    const uint8_t *record, size_t size);
int gate_digest_remove(struct gate_digest *, struct gate_digest_key *, uint8_t stream, int bucket,
    const uint8_t *record, size_t size);
/* Sum of all buckets: what status and commit report. */
void gate_digest_whole(const struct gate_digest *, uint8_t out[GATE_SUM_SIZE]);

/* a += b and a -= b modulo 2^128, big-endian */
void gate_sum_add(uint8_t a[GATE_SUM_SIZE], const uint8_t b[GATE_SUM_SIZE]);
void gate_sum_subtract(uint8_t a[GATE_SUM_SIZE], const uint8_t b[GATE_SUM_SIZE]);

#endif
