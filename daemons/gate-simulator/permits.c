#include "permits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "gate/codes.h"
#include "wire.h"

static const char name[] = "permits", name_next[] = "permits.next";
static const uint8_t magic[8] = {'K', 'G', 'S', 'I', 'M', 'P', 'M', '1'};

enum {
	AT_REVISION = 8,
	AT_RECORDS = 16,
	AT_KEY = 20,
	AT_SUMS = AT_KEY + GATE_KEY_SIZE,
	HEAD = AT_SUMS + GATE_BUCKETS * GATE_SUM_SIZE,
	CARD_AT = 4, /* of the card number in a record */
};

/* By card number; of one card number as they were listed, for the last one counts. */
static int by_card(const void *a, const void *b, void *records)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	const uint8_t *base = records;
	int order = memcmp(base + (size_t)left * GATE_PERMIT_SIZE + CARD_AT, base + (size_t)right * GATE_PERMIT_SIZE + CARD_AT,
			   GATE_CARD_SIZE);

	return order ? order : left < right ? -1 : left > right;
}

/* A sorted copy. */
static uint8_t *sorted(uint8_t *records, size_t count)
{
	uint32_t *order = xcalloc(count + 1, sizeof(*order));
	uint8_t *out = xcalloc(count + 1, GATE_PERMIT_SIZE);

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), by_card, records);
	for (size_t i = 0; i < count; i++)
		memcpy(out + i * GATE_PERMIT_SIZE, records + (size_t)order[i] * GATE_PERMIT_SIZE, GATE_PERMIT_SIZE);
	free(order);
	return out;
}

int permits_open(struct permits *permits, int dir)
{
	struct stat st;
	const uint8_t *head;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	*permits = (struct permits){0};
	if (fd < 0) {
		if (errno == ENOENT)
			return 0;
		log_warn("%s", name);
		return -1;
	}
	if (fstat(fd, &st) < 0 || st.st_size < HEAD) {
		log_warnx("%s: too short", name);
		close(fd);
		return -1;
	}
	permits->size = (size_t)st.st_size;
	permits->map = mmap(NULL, permits->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (permits->map == MAP_FAILED) {
		permits->map = NULL;
		log_warn("%s", name);
		return -1;
	}
	head = permits->map;
	permits->digest.records = wire_get32(head + AT_RECORDS);
	if (memcmp(head, magic, sizeof(magic)) != 0 ||
	    permits->size != HEAD + (size_t)permits->digest.records * GATE_PERMIT_SIZE) {
		log_warnx("%s: not a file of permits", name);
		permits_close(permits);
		return -1;
	}
	permits->revision = wire_get64(head + AT_REVISION);
	permits->records = head + HEAD;
	memcpy(permits->digest_key, head + AT_KEY, GATE_KEY_SIZE);
	memcpy(permits->digest.sums, head + AT_SUMS, sizeof(permits->digest.sums));
	return 0;
}

void permits_close(struct permits *permits)
{
	if (permits->map)
		munmap(permits->map, permits->size);
	*permits = (struct permits){0};
}

void permits_forget(struct permits *permits, int dir)
{
	permits_close(permits);
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		log_warn("%s", name);
}

static int write_file(int dir, const uint8_t *head, const uint8_t *records, size_t length)
{
	int fd = openat(dir, name_next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int answer = -1;

	if (fd < 0)
		return -1;
	for (size_t at = 0; at < HEAD + length;) {
		ssize_t put = at < HEAD ? write(fd, head + at, HEAD - at) : write(fd, records + (at - HEAD), HEAD + length - at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			goto out;
		at += (size_t)put;
	}
	answer = fsync(fd);
out:
	close(fd);
	return answer;
}

/* Writes the set, renames it into place and maps it. The old set stands when anything fails. */
static int replace(struct permits *permits, int dir, uint64_t revision, const struct gate_digest *digest,
		   const uint8_t key[GATE_KEY_SIZE], const uint8_t *records)
{
	uint8_t *head = xcalloc(1, HEAD);
	struct permits next;
	int answer;

	memcpy(head, magic, sizeof(magic));
	wire_put64(head + AT_REVISION, revision);
	wire_put32(head + AT_RECORDS, digest->records);
	memcpy(head + AT_KEY, key, GATE_KEY_SIZE);
	memcpy(head + AT_SUMS, digest->sums, sizeof(digest->sums));
	answer = write_file(dir, head, records, (size_t)digest->records * GATE_PERMIT_SIZE);
	free(head);
	if (answer < 0 || renameat(dir, name_next, dir, name) < 0 || fsync(dir) < 0) {
		log_warn("%s", name);
		return -1;
	}
	if (permits_open(&next, dir) < 0)
		return -1;
	permits_close(permits);
	*permits = next;
	return 0;
}

static int digest_all(struct gate_digest *digest, const uint8_t *records, size_t count, const uint8_t key[GATE_KEY_SIZE])
{
	struct gate_digest_key *prepared = gate_digest_key_new(key);
	int answer = prepared ? 0 : -1;

	gate_digest_clear(digest);
	for (size_t i = 0; i < count && answer == 0; i++, records += GATE_PERMIT_SIZE)
		answer = gate_digest_add(digest, prepared, STREAM_PERMITS, gate_digest_bucket_credential(gate_permit_credential(records)),
					 records, GATE_PERMIT_SIZE);
	gate_digest_key_free(prepared);
	return answer;
}

int permits_rekey(struct permits *permits, int dir, const uint8_t key[GATE_KEY_SIZE])
{
	struct gate_digest digest;

	if (!permits->map || memcmp(permits->digest_key, key, GATE_KEY_SIZE) == 0)
		return 0;
	if (digest_all(&digest, permits->records, permits->digest.records, key) < 0)
		return -1;
	return replace(permits, dir, permits->revision, &digest, key, permits->records);
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* The credentials that a delta names, sorted. */
static uint32_t *named(const struct permits_change *change)
{
	size_t count = change->length / GATE_PERMIT_SIZE;
	uint32_t *list = xcalloc(count + 1, sizeof(*list));

	for (size_t i = 0; i < count; i++)
		list[i] = gate_permit_credential(change->payload + i * GATE_PERMIT_SIZE);
	qsort(list, count, sizeof(*list), by_number);
	return list;
}

static bool in_buckets(const uint8_t *buckets, uint32_t credential)
{
	int bucket = gate_digest_bucket_credential(credential);

	return bucket >= 0 && buckets[bucket / 8] >> (bucket % 8) & 1;
}

/* Copies what stays of the old set to `out`; returns how many records. */
static size_t keep(const struct permits *permits, const struct permits_change *change, uint8_t *out)
{
	size_t count = 0, names = change->length / GATE_PERMIT_SIZE;
	uint32_t *list = change->mode == GATE_TRANSFER_DELTA ? named(change) : NULL;

	for (uint32_t i = 0; i < permits->digest.records && change->mode != GATE_TRANSFER_FULL; i++) {
		const uint8_t *record = permits->records + (size_t)i * GATE_PERMIT_SIZE;
		uint32_t credential = gate_permit_credential(record);

		if (list ? bsearch(&credential, list, names, sizeof(*list), by_number) != NULL
			 : in_buckets(change->buckets, credential))
			continue;
		memcpy(out + count++ * GATE_PERMIT_SIZE, record, GATE_PERMIT_SIZE);
	}
	free(list);
	return count;
}

/* Checks the payload and adds it to the `count` records at `out`. */
static const char *add(const struct permits_change *change, uint8_t *out, size_t *count)
{
	for (size_t at = 0; at < change->length; at += GATE_PERMIT_SIZE) {
		struct gate_permit permit;

		if (gate_permit_decode(change->payload + at, &permit) < 0)
			return "a record makes no sense";
		if (gate_permit_is_removal(&permit)) {
			if (change->mode != GATE_TRANSFER_DELTA)
				return "a removal outside a delta";
			continue;
		}
		if (change->mode == GATE_TRANSFER_BUCKETS && !in_buckets(change->buckets, permit.credential))
			return "a record of another bucket";
		memcpy(out + (*count)++ * GATE_PERMIT_SIZE, change->payload + at, GATE_PERMIT_SIZE);
	}
	return NULL;
}

enum gate_transfer_outcome permits_apply(struct permits *permits, int dir, const struct permits_change *change, const char **reason)
{
	enum gate_transfer_outcome outcome = GATE_TRANSFER_BAD_RECORD;
	size_t room = permits->digest.records + change->length / GATE_PERMIT_SIZE, count;
	struct gate_digest digest;
	uint8_t *records, *unsorted;

	*reason = "not whole records";
	if (change->length % GATE_PERMIT_SIZE != 0)
		return GATE_TRANSFER_BAD_RECORD;
	records = xcalloc(room + 1, GATE_PERMIT_SIZE);
	count = keep(permits, change, records);
	*reason = add(change, records, &count);
	if (*reason)
		goto out;
	unsorted = records;
	records = sorted(unsorted, count);
	free(unsorted);
	outcome = GATE_TRANSFER_STORAGE;
	*reason = "could not be stored";
	if (digest_all(&digest, records, count, change->digest_key) < 0)
		goto out;
	if (replace(permits, dir, change->to, &digest, change->digest_key, records) < 0)
		goto out;
	outcome = GATE_TRANSFER_SWITCHED;
	*reason = "";
out:
	free(records);
	return outcome;
}

uint32_t permits_find(const struct permits *permits, const char *card, uint32_t *count)
{
	uint8_t key[GATE_CARD_SIZE];
	uint32_t low = 0, high = permits->digest.records, end;

	*count = 0;
	if (card[0] == '\0' || gate_card_pack(card, key) < 0)
		return 0;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (memcmp(permits->records + (size_t)middle * GATE_PERMIT_SIZE + CARD_AT, key, GATE_CARD_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < permits->digest.records; end++) {
		if (memcmp(permits->records + (size_t)end * GATE_PERMIT_SIZE + CARD_AT, key, GATE_CARD_SIZE) != 0)
			break;
	}
	*count = end - low;
	return low;
}

int permits_get(const struct permits *permits, uint32_t number, struct gate_permit *permit)
{
	if (number >= permits->digest.records)
		return -1;
	return gate_permit_decode(permits->records + (size_t)number * GATE_PERMIT_SIZE, permit);
}
