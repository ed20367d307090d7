/*
 * What controllers confirmed, to the database: those that confirm while a statement is on its way go into the next one
 * together, for a lost card is confirmed by all of them within seconds.
 */
#include <stdlib.h>

#include "base/str.h"
#include "transfers.h"

struct confirmation {
	int32_t controller;
	int64_t token;
	int stream;
};

struct confirmations {
	struct transfers *transfers;
	struct poller_confirm rows;
	struct confirmation *list;
	size_t count, room;
};

static void confirmations_free(struct confirmations *b)
{
	poller_confirm_free(&b->rows);
	free(b->list);
	free(b);
}

/* What the database does not have it will ask for again: then it must be sent again. */
static void forget(struct confirmations *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct confirmation *one = &b->list[i];
		struct controller *c = controller_with_token(b->transfers->poller, one->controller, one->token);

		if (c != NULL && one->stream == STREAM_REVOCATIONS)
			c->held[one->stream - 1].known = false;
	}
}

static void stored(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct confirmations *b = arg;

	(void)rows;
	b->transfers->confirming--;
	if (outcome != ASYNC_OK)
		forget(b);
	confirmations_free(b);
}

void confirm_add(struct controller *c, int stream, uint64_t revision, const uint8_t *digest)
{
	struct transfers *t = c->poller->transfers;
	struct confirmations *b = t->confirmed;

	if (b == NULL) {
		b = t->confirmed = xcalloc(1, sizeof *b);
		b->transfers = t;
		poller_confirm_begin(&b->rows);
	}
	if (b->count == b->room) {
		b->room = b->room ? b->room * 2 : 16;
		b->list = xreallocarray(b->list, b->room, sizeof *b->list);
	}
	b->list[b->count++] = (struct confirmation){ c->id, c->token, stream };
	poller_confirm_add(&b->rows, c->id, c->token, stream, (int64_t)revision, digest, digest != NULL ? GATE_SUM_SIZE : 0);
}

void confirm_send(struct transfers *t)
{
	struct confirmations *b = t->confirmed;

	if (b == NULL)
		return;
	t->confirmed = NULL;
	t->confirming++;
	poller_stream_confirm(control(t->poller), &b->rows, stored, b);
}

void confirm_free(struct transfers *t)
{
	if (t->confirmed != NULL)
		confirmations_free(t->confirmed);
	t->confirmed = NULL;
}
