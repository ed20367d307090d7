#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/token.h"
#include "transfer_file.h"
#include "wire.h"

/* In the file: what begin said, then a byte a chunk, then the payload. */
enum {
	AT_ID = 8,
	AT_STREAM = AT_ID + GATE_ID_SIZE,
	AT_MODE,
	AT_FROM,
	AT_TO = AT_FROM + 8,
	AT_BYTES = AT_TO + 8,
	AT_HASH = AT_BYTES + 4,
	AT_BUCKETS = AT_HASH + GATE_HASH_SIZE,
	HEAD = AT_BUCKETS + GATE_BUCKETS / 8,
	SYNC_EVERY = 64,
	KEEP_SECONDS = 7 * 86400,
	STAGED_MAX = 256 * 1024 * 1024,
};
static const uint8_t magic[8] = {'K', 'G', 'S', 'I', 'M', 'S', 'T', '1'};

struct name {
	char text[16];
};

static struct name staged_name(unsigned stream)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "staged-%u", stream);
	return name;
}

static struct transfer_staged *of(struct transfers *transfers, unsigned stream)
{
	return &transfers->staged[stream - 1];
}

static off_t payload_at(const struct transfer_staged *staged)
{
	return (off_t)HEAD + staged->begin.chunks;
}

static void encode(uint8_t head[HEAD], const struct gate_transfer_begin *begin)
{
	memcpy(head, magic, sizeof(magic));
	memcpy(head + AT_ID, begin->transfer, GATE_ID_SIZE);
	head[AT_STREAM] = begin->stream;
	head[AT_MODE] = begin->mode;
	wire_put64(head + AT_FROM, begin->from);
	wire_put64(head + AT_TO, begin->to);
	wire_put32(head + AT_BYTES, begin->bytes);
	memcpy(head + AT_HASH, begin->sha256, GATE_HASH_SIZE);
	memcpy(head + AT_BUCKETS, begin->buckets, GATE_BUCKETS / 8);
}

static int decode(const uint8_t head[HEAD], unsigned stream, struct gate_transfer_begin *begin)
{
	*begin = (struct gate_transfer_begin){
		.stream = head[AT_STREAM],
		.mode = head[AT_MODE],
		.from = wire_get64(head + AT_FROM),
		.to = wire_get64(head + AT_TO),
		.bytes = wire_get32(head + AT_BYTES),
	};
	begin->chunks = (begin->bytes + GATE_CHUNK_SIZE - 1) / GATE_CHUNK_SIZE;
	memcpy(begin->transfer, head + AT_ID, GATE_ID_SIZE);
	memcpy(begin->sha256, head + AT_HASH, GATE_HASH_SIZE);
	memcpy(begin->buckets, head + AT_BUCKETS, GATE_BUCKETS / 8);
	return memcmp(head, magic, sizeof(magic)) == 0 && begin->stream == stream && begin->bytes <= STAGED_MAX ? 0 : -1;
}

static void advance(struct transfer_staged *staged)
{
	while (staged->contiguous < staged->begin.chunks && staged->have[staged->contiguous])
		staged->contiguous++;
}

/* Takes up a staged transfer of an earlier run; what can not be read or is old is dropped. */
static void reopen(struct transfers *transfers, unsigned stream)
{
	struct transfer_staged *staged = of(transfers, stream);
	uint8_t head[HEAD];
	struct stat st;

	staged->fd = openat(transfers->dir, staged_name(stream).text, O_RDWR | O_CLOEXEC);
	if (staged->fd < 0)
		return;
	if (fstat(staged->fd, &st) < 0 || st.st_mtime < time(NULL) - KEEP_SECONDS || pread(staged->fd, head, HEAD, 0) != HEAD ||
	    decode(head, stream, &staged->begin) < 0) {
		transfer_drop(transfers, stream);
		return;
	}
	staged->have = xcalloc(staged->begin.chunks + 1, 1);
	/* Synced before a reply claims the chunks again. */
	if (pread(staged->fd, staged->have, staged->begin.chunks, HEAD) != (ssize_t)staged->begin.chunks || fdatasync(staged->fd) < 0)
		transfer_drop(transfers, stream);
	else
		advance(staged);
}

int transfers_open(struct transfers *transfers, int dir)
{
	*transfers = (struct transfers){.dir = dir};
	for (unsigned stream = 1; stream <= GATE_STREAMS; stream++) {
		reopen(transfers, stream);
		if (stream_file_read(dir, stream, &transfers->streams[stream - 1]) < 0)
			return -1;
	}
	return 0;
}

static void staged_close(struct transfer_staged *staged)
{
	if (staged->fd >= 0)
		close(staged->fd);
	free(staged->have);
	*staged = (struct transfer_staged){.fd = -1};
}

void transfers_close(struct transfers *transfers)
{
	for (unsigned i = 0; i < GATE_STREAMS; i++) {
		staged_close(&transfers->staged[i]);
		free_null(&transfers->streams[i].payload);
		free_null(&transfers->streams[i].digest);
	}
}

void transfer_drop(struct transfers *transfers, unsigned stream)
{
	staged_close(of(transfers, stream));
	if (unlinkat(transfers->dir, staged_name(stream).text, 0) < 0 && errno != ENOENT)
		log_warn("%s", staged_name(stream).text);
}

void transfers_forget(struct transfers *transfers)
{
	for (unsigned stream = 1; stream <= GATE_STREAMS; stream++) {
		transfer_drop(transfers, stream);
		stream_file_forget(transfers->dir, stream, &transfers->streams[stream - 1]);
	}
}

bool transfer_is_staged(const struct transfers *transfers, const struct gate_transfer_begin *begin)
{
	const struct transfer_staged *staged = &transfers->staged[begin->stream - 1];

	return staged->fd >= 0 && memcmp(staged->begin.transfer, begin->transfer, GATE_ID_SIZE) == 0 &&
	       staged->begin.bytes == begin->bytes && memcmp(staged->begin.sha256, begin->sha256, GATE_HASH_SIZE) == 0;
}

int transfer_begin(struct transfers *transfers, const struct gate_transfer_begin *begin, bool *resumed)
{
	struct transfer_staged *staged = of(transfers, begin->stream);
	uint8_t head[HEAD];

	*resumed = transfer_is_staged(transfers, begin);
	if (*resumed)
		return 0;
	if (begin->bytes > STAGED_MAX) {
		errno = EFBIG;
		return -1;
	}
	transfer_drop(transfers, begin->stream);
	staged->fd = openat(transfers->dir, staged_name(begin->stream).text, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (staged->fd < 0)
		return -1;
	staged->begin = *begin;
	staged->have = xcalloc(begin->chunks + 1, 1);
	encode(head, begin);
	if (ftruncate(staged->fd, payload_at(staged) + begin->bytes) < 0 || pwrite(staged->fd, head, HEAD, 0) != HEAD ||
	    fsync(staged->fd) < 0 || fsync(transfers->dir) < 0) {
		log_warn("%s", staged_name(begin->stream).text);
		transfer_drop(transfers, begin->stream);
		return -1;
	}
	return 0;
}

int transfer_chunk(struct transfers *transfers, unsigned stream, const struct gate_transfer_chunk *chunk)
{
	static const uint8_t here = 1;
	struct transfer_staged *staged = of(transfers, stream);
	uint32_t size = GATE_CHUNK_SIZE;

	if (chunk->index >= staged->begin.chunks)
		return -2;
	if (chunk->index == staged->begin.chunks - 1)
		size = staged->begin.bytes - chunk->index * GATE_CHUNK_SIZE;
	if (chunk->size != size)
		return -2;
	if (staged->have[chunk->index])
		return 0;
	if (pwrite(staged->fd, chunk->data, size, payload_at(staged) + (off_t)chunk->index * GATE_CHUNK_SIZE) != (ssize_t)size ||
	    pwrite(staged->fd, &here, 1, (off_t)HEAD + chunk->index) != 1)
		return -1;
	staged->have[chunk->index] = 1;
	advance(staged);
	if (++staged->unsynced >= SYNC_EVERY) {
		staged->unsynced = 0;
		if (fdatasync(staged->fd) < 0)
			return -1;
	}
	return 0;
}

void transfer_progress(const struct transfers *transfers, unsigned stream, struct gate_transfer_chunk_reply *reply)
{
	const struct transfer_staged *staged = &transfers->staged[stream - 1];

	reply->contiguous = staged->contiguous;
	reply->bitmap = 0;
	for (uint32_t i = 0; i < 64 && (uint64_t)staged->contiguous + 1 + i < staged->begin.chunks; i++)
		reply->bitmap |= (uint64_t)staged->have[staged->contiguous + 1 + i] << i;
}

uint8_t *transfer_payload(struct transfers *transfers, unsigned stream, enum gate_transfer_outcome *outcome, const char **reason)
{
	struct transfer_staged *staged = of(transfers, stream);
	uint8_t hash[SHA256_LENGTH], *payload;
	size_t got = 0;

	*outcome = GATE_TRANSFER_INCOMPLETE;
	*reason = "chunks are missing";
	if (staged->contiguous < staged->begin.chunks)
		return NULL;
	payload = xcalloc(staged->begin.bytes + 1u, 1);
	while (got < staged->begin.bytes) {
		ssize_t part = pread(staged->fd, payload + got, staged->begin.bytes - got, payload_at(staged) + (off_t)got);

		if (part <= 0) {
			*outcome = GATE_TRANSFER_STORAGE;
			*reason = "can not read what is staged";
			free(payload);
			return NULL;
		}
		got += (size_t)part;
	}
	sha256(payload, got, hash);
	if (memcmp(hash, staged->begin.sha256, sizeof(hash)) != 0) {
		*outcome = GATE_TRANSFER_BAD_HASH;
		*reason = "the payload is not what begin described";
		free(payload);
		return NULL;
	}
	return payload;
}

void transfers_rekey(struct transfers *transfers)
{
	for (unsigned i = 0; i < GATE_STREAMS; i++)
		free_null(&transfers->streams[i].digest);
}
