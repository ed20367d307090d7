#include "transfer_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "record.h"
#include "wire.h"

enum { HEAD = 16 };
static const uint8_t magic[8] = {'K', 'G', 'S', 'I', 'M', 'S', 'R', '1'};

struct name {
	char text[24];
};

static struct name stream_name(unsigned stream, const char *suffix)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "stream-%u%s", stream, suffix);
	return name;
}

int stream_file_read(int dir, unsigned stream, struct transfer_stream *held)
{
	struct name name = stream_name(stream, "");
	uint8_t head[HEAD];
	struct stat st;
	int fd = openat(dir, name.text, O_RDONLY | O_CLOEXEC), answer = -1;

	*held = (struct transfer_stream){0};
	if (fd < 0) {
		if (errno == ENOENT)
			return 0;
		log_warn("%s", name.text);
		return -1;
	}
	if (fstat(fd, &st) < 0 || st.st_size < HEAD || pread(fd, head, HEAD, 0) != HEAD || memcmp(head, magic, sizeof(magic)) != 0) {
		log_warnx("%s: not a stream", name.text);
		goto out;
	}
	held->revision = wire_get64(head + 8);
	held->length = (size_t)st.st_size - HEAD;
	held->payload = xcalloc(held->length + 1, 1);
	if (pread(fd, held->payload, held->length, HEAD) != (ssize_t)held->length) {
		log_warn("%s", name.text);
		free_null(&held->payload);
		goto out;
	}
	answer = 0;
out:
	close(fd);
	return answer;
}

void stream_file_forget(int dir, unsigned stream, struct transfer_stream *held)
{
	free_null(&held->payload);
	free_null(&held->digest);
	*held = (struct transfer_stream){0};
	if (unlinkat(dir, stream_name(stream, "").text, 0) < 0 && errno != ENOENT)
		log_warn("%s", stream_name(stream, "").text);
}

static int write_next(int dir, unsigned stream, uint64_t revision, const uint8_t *payload, size_t length)
{
	struct name next = stream_name(stream, ".next");
	uint8_t head[HEAD];
	int fd = openat(dir, next.text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), answer = -1;

	if (fd < 0)
		return -1;
	memcpy(head, magic, sizeof(magic));
	wire_put64(head + 8, revision);
	if (pwrite(fd, head, HEAD, 0) == HEAD && pwrite(fd, payload, length, HEAD) == (ssize_t)length && fsync(fd) == 0)
		answer = 0;
	close(fd);
	if (answer < 0 || renameat(dir, next.text, dir, stream_name(stream, "").text) < 0)
		return -1;
	return fsync(dir);
}

static bool chosen(const uint8_t *buckets, const struct record *record)
{
	int bucket = gate_digest_bucket(record->key, record->key_size);

	return bucket >= 0 && buckets[bucket / 8] >> (bucket % 8) & 1;
}

/* Adds to `out` the records whose bucket is (or is not) among the chosen; false when one of them was not `wanted`. */
static bool copy(unsigned stream, const uint8_t *payload, size_t length, const uint8_t *buckets, bool wanted, struct buf *out)
{
	struct record record;
	size_t at = 0;
	bool all = true;

	while (record_next(stream, payload, length, &at, &record) > 0) {
		if (chosen(buckets, &record) == wanted)
			buf_add(out, record.bytes, record.size);
		else
			all = false;
	}
	return all;
}

enum gate_transfer_outcome transfer_switch(struct transfers *transfers, unsigned stream, uint8_t *payload, const char **reason)
{
	const struct gate_transfer_begin *begin = &transfers->staged[stream - 1].begin;
	struct transfer_stream *held = &transfers->streams[stream - 1];
	enum gate_transfer_outcome outcome = GATE_TRANSFER_BAD_RECORD;
	struct buf next = {0};

	*reason = record_check(stream, payload, begin->bytes);
	if (*reason)
		goto out;
	if (begin->mode == GATE_TRANSFER_BUCKETS) {
		(void)copy(stream, held->payload, held->length, begin->buckets, false, &next);
		*reason = "a record of another bucket";
		if (!copy(stream, payload, begin->bytes, begin->buckets, true, &next))
			goto out;
	} else {
		buf_add(&next, payload, begin->bytes);
	}
	outcome = GATE_TRANSFER_STORAGE;
	*reason = "could not be stored";
	if (write_next(transfers->dir, stream, begin->to, (const uint8_t *)buf_text(&next), next.len) < 0)
		goto out;
	free(held->payload);
	free_null(&held->digest);
	held->revision = begin->to;
	held->length = next.len;
	held->payload = (uint8_t *)buf_take(&next);
	outcome = GATE_TRANSFER_SWITCHED;
	*reason = "";
out:
	buf_free(&next);
	free(payload);
	return outcome;
}

const struct gate_digest *transfer_digest(struct transfers *transfers, unsigned stream, const uint8_t key[GATE_KEY_SIZE])
{
	struct transfer_stream *held = &transfers->streams[stream - 1];
	struct gate_digest_key *prepared;
	struct record record;
	size_t at = 0;
	int answer = 0;

	if (held->digest)
		return held->digest;
	prepared = gate_digest_key_new(key);
	if (!prepared)
		return NULL;
	held->digest = xcalloc(1, sizeof(*held->digest));
	gate_digest_clear(held->digest);
	while (answer == 0 && record_next(stream, held->payload, held->length, &at, &record) > 0)
		answer = gate_digest_add(held->digest, prepared, (uint8_t)stream, gate_digest_bucket(record.key, record.key_size),
					 record.bytes, record.size);
	gate_digest_key_free(prepared);
	if (answer < 0)
		free_null(&held->digest);
	return held->digest;
}
