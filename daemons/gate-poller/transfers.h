/*
 * Inside the transfers: permits (transfers_permits.c), cards of boards (transfers_cards.c) and revocations
 * (transfers_revoke.c) under transfers.c; what controllers confirmed goes to the database by transfers_confirm.c.
 */
#ifndef KIDOBAN_GATE_POLLER_TRANSFERS_H
#define KIDOBAN_GATE_POLLER_TRANSFERS_H

#include "db/poller_stream.h"
#include "gate/digest.h"
#include "poller.h"

enum work_state { WORK_LOADING, WORK_SENDING };

/* What both kinds of work are about. */
struct work {
	struct transfers *transfers;
	struct controller *controller;	/* NULL = dropped meanwhile: free when the database has answered */
	int64_t token;
	int stream;
	int64_t from, to, job;		/* from < 0 = full */
	enum work_state state;
	bool stopped;			/* by an operator: not tried again */
	bool behind;			/* the database wants a newer revision by now */
	int64_t told_ms;		/* when the progress was last stored */
};

struct transfers {
	struct poller *poller;
	bool asking, again;
	int loading;			/* statements on the plan connection */
	size_t bytes;			/* of all records in memory */
	struct poller_stream *waiting;	/* permits and cards for which others must be loaded first */
	size_t waiting_count, waiting_room, waiting_at;
	struct revoke_lists *lists;	/* gathered to be asked for together */
	struct confirmations *confirmed;	/* gathered to be stored together */
	int confirming;			/* statements of those under way */
};

void permits_start(struct transfers *, struct controller *, const struct poller_stream *);
void permits_action(struct controller *, const struct gate_action *, int64_t now_ms);
void permits_stop(struct controller *, int64_t job, int64_t now_ms);
void permits_forget(struct controller *);
void cards_start(struct transfers *, struct controller *, const struct poller_stream *);
/* Cards that go while a transfer is under way. */
void cards_revoke(struct transfers *, struct controller *, const struct poller_stream *);
void cards_action(struct controller *, const struct gate_action *, int64_t now_ms);
void cards_compared(struct controller *, uint32_t differed);
void cards_stop(struct controller *, int64_t job, int64_t now_ms);
void cards_forget(struct controller *);
/* Gathers; revoke_ask() asks for the lists of all that were. */
void revoke_start(struct transfers *, struct controller *, const struct poller_stream *);
void revoke_ask(struct transfers *);
void revoke_action(struct controller *, const struct gate_action *, int64_t now_ms);
void revoke_forget(struct controller *);

void confirm_add(struct controller *, int stream, uint64_t revision, const uint8_t *digest);
void confirm_send(struct transfers *);	/* now: before whatever else builds upon it */
void confirm_free(struct transfers *);

/* The database, and what we remember, have it as confirmed. */
void stream_confirmed(struct controller *, const struct work *, uint64_t revision, const uint8_t *digest);
/* Stores how far the job is; one that was stopped is given up when the answer comes. */
void work_progress(struct controller *, struct work *, int64_t done, int64_t total, int64_t now_ms);
void work_ended(struct controller *, const struct work *, bool ok, const char *reason, int64_t now_ms);
/* The operator stopped that job; another one goes on. */
void work_stop(struct controller *c, struct work *, int64_t job, int64_t now_ms);
/* Its controller is not ours any more. False: it is freed when the database has answered. */
bool work_abandon(struct work *);
void transfers_ignore(void *arg, enum async_outcome, const struct async_rows *);

#endif
