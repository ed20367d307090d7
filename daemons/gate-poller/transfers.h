/* Inside the transfers: permits (transfers_permits.c) and revocations (transfers_revoke.c) under transfers.c. */
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
};

struct transfers {
	struct poller *poller;
	bool asking, again;
	int loading;			/* statements on the plan connection */
	size_t bytes;			/* of all records in memory */
};

void permits_start(struct transfers *, struct controller *, const struct poller_stream *);
void permits_action(struct controller *, const struct gate_action *, int64_t now_ms);
void permits_forget(struct controller *);
void revoke_start(struct transfers *, struct controller *, const struct poller_stream *);
void revoke_action(struct controller *, const struct gate_action *, int64_t now_ms);
void revoke_forget(struct controller *);

/* The database, and what we remember, have it as confirmed. */
void stream_confirmed(struct controller *, const struct work *, uint64_t revision, const uint8_t *digest);
void work_ended(struct controller *, const struct work *, bool ok, const char *reason, int64_t now_ms);
void transfers_ignore(void *arg, enum async_outcome, const struct async_rows *);

#endif
