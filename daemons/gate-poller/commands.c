/* Commands: taken from the database within a second, handed to the gate's session, and its own answer stored. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "poller.h"

enum { OUTCOMES_MOST = 20000 };

struct outcome {
	uint8_t id[GATE_ID_SIZE];
	int64_t token;
	int outcome;
	char reason[GATE_REASON_MAX + 1];
};

struct commands {
	struct poller *poller;
	bool asking, again;
	struct outcome *waiting;	/* the first `flying` of them are in the statement under way */
	size_t count, room, flying;
	struct poller_outcomes batch;
};

struct commands *commands_new(struct poller *p)
{
	struct commands *k = xcalloc(1, sizeof *k);

	k->poller = p;
	return k;
}

void commands_free(struct commands *k)
{
	if (k == NULL)
		return;
	poller_outcomes_free(&k->batch);
	free(k->waiting);
	free(k);
}

static void add_outcome(struct commands *k, const uint8_t *id, int64_t token, int outcome, const char *reason)
{
	if (k->count == OUTCOMES_MOST) {
		log_warnx("more than %d outcomes of commands wait for the database: one is lost", OUTCOMES_MOST);
		return;
	}
	if (k->count == k->room) {
		k->room = k->room ? k->room * 2 : 64;
		k->waiting = xreallocarray(k->waiting, k->room, sizeof *k->waiting);
	}
	struct outcome *o = &k->waiting[k->count++];
	memcpy(o->id, id, sizeof o->id);
	o->token = token;
	o->outcome = outcome;
	strncpy(o->reason, reason != NULL ? reason : "", sizeof o->reason - 1);
	o->reason[sizeof o->reason - 1] = '\0';
}

void commands_outcome(struct commands *k, const struct controller *c, const uint8_t id[GATE_ID_SIZE], int outcome,
    const char *reason)
{
	add_outcome(k, id, c->token, outcome, reason);
}

static void hand_over(struct commands *k, const struct poller_command *in, int64_t now_ms)
{
	struct controller *c = controller_with_token(k->poller, in->controller, in->token);
	struct gate_input step = { .kind = GATE_IN_COMMAND };
	struct gate_order *order = &step.u.command;

	if (c == NULL) {	/* taken under a lease that we do not know (yet): nothing was sent */
		add_outcome(k, in->id, in->token, OUTCOME_UNREACHABLE, "the controller is changing hands");
		return;
	}
	if (c->outside) {
		add_outcome(k, in->id, in->token, OUTCOME_UNREACHABLE, c->reason);
		return;
	}
	memcpy(order->id, in->id, sizeof order->id);
	order->door = (uint8_t)in->door;
	order->command = (uint8_t)in->command;
	order->value = (uint16_t)in->value;
	order->operator_id = (uint32_t)in->operator_id;
	order->expires_mono_ms = now_ms + in->ttl_ms;
	session_step(c, &step, now_ms);
}

static void taken(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct commands *k = arg;
	int64_t now = clock_mono_ms();

	k->asking = false;
	for (int i = 0; outcome == ASYNC_OK && i < async_rows_count(rows); i++) {
		struct poller_command command;

		if (poller_command_read(rows, i, &command) == 0)
			hand_over(k, &command, now);
	}
	if (k->again) {
		k->again = false;
		commands_poll(k);
	}
}

void commands_poll(struct commands *k)
{
	if (k->asking) {
		k->again = true;
		return;
	}
	if (k->poller->id == 0 || k->poller->stopping || !async_is_up(control(k->poller)))
		return;
	k->asking = true;
	poller_commands(control(k->poller), k->poller->id, taken, k);
}

static void outcomes_stored(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct commands *k = arg;
	size_t flown = k->flying;

	(void)rows;
	k->flying = 0;
	if (outcome == ASYNC_AWAY)
		return;	/* all of them again: an outcome stored twice is the same */
	memmove(k->waiting, k->waiting + flown, (k->count - flown) * sizeof *k->waiting);
	k->count -= flown;
}

/* An id may be in a statement only once: `sent` and `done` of one command may both wait. The later one says more. */
static bool is_superseded(const struct commands *k, size_t i)
{
	for (size_t later = i + 1; later < k->count; later++)
		if (memcmp(k->waiting[later].id, k->waiting[i].id, GATE_ID_SIZE) == 0)
			return true;
	return false;
}

void commands_flush(struct commands *k)
{
	if (k->flying > 0 || k->count == 0 || !async_is_up(control(k->poller)))
		return;
	poller_outcomes_begin(&k->batch);
	for (size_t i = 0; i < k->count; i++) {
		const struct outcome *o = &k->waiting[i];

		if (!is_superseded(k, i))
			poller_outcomes_add(&k->batch, o->id, o->token, o->outcome, o->reason);
	}
	k->flying = k->count;
	poller_outcomes_send(control(k->poller), &k->batch, outcomes_stored, k);
}

bool commands_are_idle(const struct commands *k)
{
	return k->count == 0 && !k->asking;
}
