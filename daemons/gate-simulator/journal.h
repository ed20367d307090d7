/*
 * An append-only file of checksummed frames: what survives kill -9 and loss of power.
 *
 * A frame is everything that one act changes: it is there as a whole or not at all. Frames are written by one pwrite at the
 * end of the file and made durable later by journal_sync(), which may run in another thread; nothing that a frame says may be
 * shown to anybody before that. Opening reads every frame and cuts off a torn tail, which by that rule nobody has seen.
 *
 * File: 8 bytes magic, then frames of u32 payload length, u32 CRC-32 of (length, payload), payload; big-endian.
 */
#ifndef SIMULATOR_JOURNAL_H
#define SIMULATOR_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

enum { JOURNAL_FRAME_MAX = 1 << 20, JOURNAL_MAGIC_LENGTH = 8, JOURNAL_HEAD_LENGTH = 8 };

struct journal {
	int fd;
	uint64_t end;	    /* where the next frame goes */
	uint64_t torn;	    /* bytes cut off when it was opened */
	uint64_t written;   /* generation: counts frames that must be durable before they show */
	uint64_t synced;    /* generation known to be on the disk */
};

/* Called for each frame; `offset` is that of the frame's head. Non-zero stops: the caller's error. */
typedef int journal_reader(void *arg, uint64_t offset, const uint8_t *payload, size_t length);

/* Opens or makes the file, gives every whole frame to `reader`, cuts the rest. -1 with errno, or what `reader` returned. */
int journal_open(struct journal *journal, int dir, const char *name, journal_reader *reader, void *arg);

/* Reads a file that another process may be writing; changes nothing. */
int journal_scan(int dir, const char *name, journal_reader *reader, void *arg);

/* Appends one frame; -1 with errno, and then the file is as before. `durable` = it must be synced before it shows. */
int journal_append(struct journal *journal, const uint8_t *payload, size_t length, int durable);

/* Gives the frames from `offset` on to `reader` until it returns non-zero, which is returned; 0 at the end, -1 on error. */
int journal_read(const struct journal *journal, uint64_t offset, journal_reader *reader, void *arg);

/* Makes everything written so far durable. */
int journal_sync(struct journal *journal);

void journal_close(struct journal *journal);

#endif
