/* What controllers are to hold, as gate-poller asks for it and confirms it (DESIGN 1: streams and revisions). */
#ifndef DB_POLLER_STREAM_H
#define DB_POLLER_STREAM_H

#include "db/poller.h"

/* Streams of our controllers that are behind: at most one row for a controller and stream. */
struct poller_stream {
	int32_t controller;
	int64_t token;
	int stream;
	bool held_known;
	int64_t held, wanted;	/* revisions; held = what the database has as confirmed */
	int64_t job;		/* 0 = nobody asked for it by hand or timetable */
	bool full;
};
void poller_streams(struct async *, int32_t poller, async_done *, void *arg);
void poller_stream_read(const struct async_rows *, int row, struct poller_stream *);

/* What is confirmed for our controllers. */
struct poller_held {
	int32_t controller;
	int stream;
	int64_t revision;
	const uint8_t *digest;
	size_t digest_size;	/* 0 = not known */
};
void poller_held(struct async *, int32_t poller, async_done *, void *arg);
void poller_held_read(const struct async_rows *, int row, struct poller_held *);

/* Records of the permits stream, one at a time. from < 0 = everything. */
struct poller_permit {
	uint32_t credential;
	const char *card;
	bool from_bounded, to_bounded;
	int64_t valid_from_s, valid_to_s;	/* seconds since 1970 */
	int64_t levels[POLLER_DOORS];
	const uint8_t *pin;			/* sealed; size 0 = none */
	size_t pin_size;
	bool extended_unlock, apb_exempt, removed, disabled;
	int32_t cardholder;
};
void poller_permits(struct async *, int32_t controller, int64_t from, int64_t to, async_each *, async_done *, void *arg);
void poller_permit_read(const struct async_rows *, int row, struct poller_permit *);

struct poller_revocation {
	int32_t controller;
	uint32_t credential;
	int reason;
	int64_t revision;
};
/* The deny lists of these controllers (int4). */
void poller_revocations(struct async *, struct pg_array *controllers, async_done *, void *arg);
void poller_revocation_read(const struct async_rows *, int row, struct poller_revocation *);

/* What many controllers have confirmed, in one statement. Zero it first. */
struct poller_confirm {
	struct pg_array controller, token, stream, revision, digest;
};
void poller_confirm_begin(struct poller_confirm *);
void poller_confirm_free(struct poller_confirm *);
void poller_confirm_add(struct poller_confirm *, int32_t controller, int64_t token, int stream, int64_t revision,
    const uint8_t *digest, size_t digest_size);	/* digest NULL = not known */
void poller_stream_confirm(struct async *, struct poller_confirm *, async_done *, void *arg);
/* It holds something else than what is confirmed: forget that, so that it is filled again (T-8). */
void poller_stream_lost(struct async *, int32_t controller, int64_t token, int stream, int64_t revision, const char *reason,
    async_done *, void *arg);
/* Answers one bool: false = the job was stopped or is not ours any more. */
void poller_job_progress(struct async *, int64_t job, int64_t token, int64_t done, int64_t total, async_done *, void *arg);
/* One number: gate-pollers that are at work. */
void poller_peers(struct async *, async_done *, void *arg);
void poller_job_end(struct async *, int64_t job, int64_t token, bool ok, const char *reason, async_done *, void *arg);

#endif
