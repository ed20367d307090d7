/*
 * Commands: in the order given, one on the wire, the same id for ever. What is not answered in time is `unknown`,
 * what was never sent is `expired` or, without a session, `unreachable`.
 */
#include <string.h>

#include "gate/codes.h"
#include "gate/kidoban.h"

static struct waiting_command *
head(struct kidoban *k)
{
	return &k->commands[k->command_first];
}

static void
tell(struct kidoban *k, const uint8_t *id, int outcome, const char *reason, const struct gate_door_status *door)
{
	struct gate_action *a = emit(k->out, GATE_ACT_COMMAND);

	a->u.command.id = id;
	a->u.command.outcome = outcome;
	a->u.command.reason = reason;
	a->u.command.door = door;
}

/* The entry's bytes stay until a later command takes its place, so the action's id stays valid. */
static void
finish_head(struct kidoban *k, int outcome, const char *reason, const struct gate_door_status *door)
{
	struct waiting_command *c = head(k);

	exchange_drop(k, LANE_COMMAND);
	tell(k, c->order.id, outcome, reason, door);
	c->state = COMMAND_FREE;
	k->command_first = (k->command_first + 1) % COMMANDS_MAX;
	k->command_count--;
}

static bool
is_waiting(const struct kidoban *k, const uint8_t *id)
{
	for (size_t i = 0; i < k->command_count; i++)
		if (memcmp(k->commands[(k->command_first + i) % COMMANDS_MAX].order.id, id, GATE_ID_SIZE) == 0)
			return true;
	return false;
}

void
command_queue(struct kidoban *k, const struct gate_order *order)
{
	struct waiting_command *c;

	if (is_waiting(k, order->id))
		return;
	if (k->command_count == COMMANDS_MAX) {
		memcpy(k->refused_id, order->id, GATE_ID_SIZE);
		tell(k, k->refused_id, OUTCOME_REFUSED, "too many commands wait for this controller", NULL);
		return;
	}
	c = &k->commands[(k->command_first + k->command_count++) % COMMANDS_MAX];
	c->order = *order;
	c->state = COMMAND_QUEUED;
}

bool
command_due(const struct kidoban *k)
{
	return k->command_count > 0;
}

void
command_build(struct kidoban *k, struct gate_message *m)
{
	struct waiting_command *c = head(k);
	int64_t ttl = c->order.expires_mono_ms - k->up_ms;

	m->type = GATE_COMMAND;
	memcpy(m->u.command.id, c->order.id, GATE_ID_SIZE);
	m->u.command.door = c->order.door;
	m->u.command.command = c->order.command;
	m->u.command.value = c->order.value;
	m->u.command.ttl_ms = ttl < 0 ? 0 : ttl > UINT32_MAX ? UINT32_MAX : (uint32_t)ttl;
	m->u.command.operator_id = c->order.operator_id;
	if (c->state == COMMAND_QUEUED) {
		c->state = COMMAND_SENT;
		tell(k, c->order.id, OUTCOME_SENT, "", NULL);
	}
}

void
command_answered(struct kidoban *k, const struct gate_command_reply *r)
{
	finish_head(k, r->outcome, r->reason, r->door.door == 0 ? NULL : &r->door);
	kidoban_went_well(k, LANE_COMMAND);
	k->want |= GATE_WANT_EVENTS;	/* what it did is an event that somebody waits to see */
}

void
command_failed(struct kidoban *k, int outcome, const char *reason)
{
	finish_head(k, outcome, reason, NULL);
}

static int64_t
deadline(const struct waiting_command *c)
{
	return c->order.expires_mono_ms + (c->state == COMMAND_SENT ? COMMAND_GRACE_MS : 0);
}

static void
expire_head(struct kidoban *k)
{
	if (head(k)->state == COMMAND_SENT)
		finish_head(k, OUTCOME_UNKNOWN, "the gate did not answer in time", NULL);
	else if (k->state == GATE_SESSION_STEADY)
		finish_head(k, OUTCOME_EXPIRED, "not sent in time", NULL);
	else
		finish_head(k, OUTCOME_UNREACHABLE, "the controller does not answer", NULL);
}

/* Those behind the head may expire earlier than it: they wait for their turn, which is theirs when it is gone. */
void
commands_expire(struct kidoban *k)
{
	while (k->command_count > 0 && k->now >= deadline(head(k)))
		expire_head(k);
}

int64_t
commands_wake(const struct kidoban *k)
{
	return k->command_count == 0 ? NEVER : deadline(&k->commands[k->command_first]);
}
