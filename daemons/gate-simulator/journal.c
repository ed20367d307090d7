#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire.h"

static const uint8_t magic[JOURNAL_MAGIC_LENGTH] = {'K', 'G', 'S', 'I', 'M', 'L', 'G', '1'};

enum { WINDOW = 64 * 1024 };

/* CRC-32 (IEEE), four bits at a time: small table, fast enough for a disk. */
static uint32_t crc32_add(uint32_t crc, const uint8_t *bytes, size_t length)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

static uint32_t frame_crc(const uint8_t *head, const uint8_t *payload, size_t length)
{
	return ~crc32_add(crc32_add(~0u, head, 4), payload, length);
}

static int read_all(int fd, void *into, size_t length, uint64_t offset)
{
	uint8_t *at = into;

	while (length > 0) {
		ssize_t got = pread(fd, at, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		at += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

static int write_all(int fd, const void *from, size_t length, uint64_t offset)
{
	const uint8_t *at = from;

	while (length > 0) {
		ssize_t put = pwrite(fd, at, length, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		at += put;
		offset += (uint64_t)put;
		length -= (size_t)put;
	}
	return 0;
}

/*
 * Walks the frames from *offset to `size`. Small frames come out of one window so that a long log costs few system calls.
 * Stops at the first frame that is not whole; *offset is then where it begins.
 */
static int walk(int fd, uint64_t *offset, uint64_t size, journal_reader *reader, void *arg)
{
	uint8_t *window = malloc(JOURNAL_HEAD_LENGTH + JOURNAL_FRAME_MAX);
	uint64_t from = 0;
	size_t held = 0;
	int answer = 0;

	if (!window)
		return -1;
	while (*offset + JOURNAL_HEAD_LENGTH <= size) {
		const uint8_t *head;
		size_t want = JOURNAL_HEAD_LENGTH, length;

		for (;;) {
			if (*offset < from || *offset + want > from + held) {
				size_t ask = want > WINDOW ? want : WINDOW;

				if (ask > size - *offset)
					ask = (size_t)(size - *offset);
				if (ask < want || read_all(fd, window, ask, *offset) < 0)
					goto out;
				from = *offset;
				held = ask;
			}
			head = window + (*offset - from);
			length = wire_get32(head);
			if (length == 0 || length > JOURNAL_FRAME_MAX)
				goto out;
			if (want == JOURNAL_HEAD_LENGTH + length)
				break;
			want = JOURNAL_HEAD_LENGTH + length;
		}
		if (wire_get32(head + 4) != frame_crc(head, head + JOURNAL_HEAD_LENGTH, length))
			break;
		answer = reader(arg, *offset, head + JOURNAL_HEAD_LENGTH, length);
		if (answer != 0)
			break;
		*offset += JOURNAL_HEAD_LENGTH + length;
	}
out:
	free(window);
	return answer;
}

static int begin(struct journal *journal)
{
	if (ftruncate(journal->fd, 0) < 0 || write_all(journal->fd, magic, sizeof(magic), 0) < 0)
		return -1;
	journal->end = sizeof(magic);
	return fsync(journal->fd);
}

static int scan(int fd, uint64_t size, uint64_t *end, journal_reader *reader, void *arg)
{
	uint8_t found[sizeof(magic)];

	if (read_all(fd, found, sizeof(found), 0) < 0)
		return -1;
	if (memcmp(found, magic, sizeof(magic)) != 0) {
		errno = EPROTO;
		return -1;
	}
	*end = sizeof(magic);
	return walk(fd, end, size, reader, arg);
}

int journal_open(struct journal *journal, int dir, const char *name, journal_reader *reader, void *arg)
{
	struct stat st;
	int answer;

	*journal = (struct journal){.fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
	if (journal->fd < 0)
		return -1;
	if (fstat(journal->fd, &st) < 0)
		goto fail;
	/* Shorter than its magic: killed while it was being made, so it never held anything. */
	if (st.st_size < (off_t)sizeof(magic)) {
		if (begin(journal) < 0 || fsync(dir) < 0)
			goto fail;
		return 0;
	}
	answer = scan(journal->fd, (uint64_t)st.st_size, &journal->end, reader, arg);
	if (answer != 0) {
		journal_close(journal);
		return answer;
	}
	journal->torn = (uint64_t)st.st_size - journal->end;
	if (journal->torn && (ftruncate(journal->fd, (off_t)journal->end) < 0 || fdatasync(journal->fd) < 0))
		goto fail;
	/* What was read may still be only in the page cache of a killed process's writes. */
	if (fdatasync(journal->fd) < 0)
		goto fail;
	return 0;
fail:
	journal_close(journal);
	return -1;
}

int journal_scan(int dir, const char *name, journal_reader *reader, void *arg)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint64_t end;
	int answer = -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0)
		answer = st.st_size < (off_t)sizeof(magic) ? 0 : scan(fd, (uint64_t)st.st_size, &end, reader, arg);
	close(fd);
	return answer;
}

int journal_append(struct journal *journal, const uint8_t *payload, size_t length, int durable)
{
	uint8_t small[1024], *frame = small;
	int answer, saved;

	if (length == 0 || length > JOURNAL_FRAME_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (length + JOURNAL_HEAD_LENGTH > sizeof(small) && !(frame = malloc(length + JOURNAL_HEAD_LENGTH)))
		return -1;
	wire_put32(frame, (uint32_t)length);
	memcpy(frame + JOURNAL_HEAD_LENGTH, payload, length);
	wire_put32(frame + 4, frame_crc(frame, payload, length));
	answer = write_all(journal->fd, frame, length + JOURNAL_HEAD_LENGTH, journal->end);
	saved = errno;
	if (frame != small)
		free(frame);
	if (answer < 0) {
		/* A half frame would be cut at the next opening as well; cutting it now keeps the next append in place. */
		if (ftruncate(journal->fd, (off_t)journal->end) < 0)
			saved = errno;
		errno = saved;
		return -1;
	}
	journal->end += length + JOURNAL_HEAD_LENGTH;
	if (durable)
		journal->written++;
	return 0;
}

int journal_read(const struct journal *journal, uint64_t offset, journal_reader *reader, void *arg)
{
	return walk(journal->fd, &offset, journal->end, reader, arg);
}

int journal_sync(struct journal *journal)
{
	uint64_t generation = journal->written;

	if (generation == journal->synced)
		return 0;
	if (fdatasync(journal->fd) < 0)
		return -1;
	journal->synced = generation;
	return 0;
}

void journal_close(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
}
