/*
 * Commands to a board. Opening is sent once and never again, for a board that heard it twice opens twice: without an answer
 * its outcome is unknown. What a board has no command for is answered here, with the reason.
 */
#include <string.h>

#include "gate/codes.h"
#include "gate/uhppote_session.h"

enum { DELAY_DEFAULT_S = 5 };

static struct board_command *
head(struct board *b)
{
	return &b->commands[b->command_first];
}

static void
tell(struct board *b, const uint8_t *id, int outcome, const char *reason, const struct gate_door_status *door)
{
	struct gate_action *a = emit(b->out, GATE_ACT_COMMAND);

	a->u.command.id = id;
	a->u.command.outcome = outcome;
	a->u.command.reason = reason;
	a->u.command.door = door;
}

/* The entry's bytes stay until a later command takes its place, so the action's id stays valid. */
static void
finish_head(struct board *b, int outcome, const char *reason, const struct gate_door_status *door)
{
	tell(b, head(b)->order.id, outcome, reason, door);
	b->command_first = (b->command_first + 1) % BOARD_COMMANDS_MAX;
	b->command_count--;
}

static const char *
not_supported(const struct gate_order *o)
{
	switch (o->command) {
	case COMMAND_UNLOCK:
	case COMMAND_LOCK:
		return NULL;
	case COMMAND_SET_UNLOCK_MODE:
		return o->value == UNLOCK_MODE_TOGGLE ? "this controller has no toggle mode" : NULL;
	case COMMAND_ARM:
	case COMMAND_DISARM:
		return "this controller can not be armed";
	case COMMAND_SET_VERIFICATION_MODE:
		return "on this controller the kind of reader decides whether a PIN is asked for";
	case COMMAND_RESTART:
		return "this controller has no command to restart it";
	case COMMAND_ALARM_STOP:
		return "this controller has no alarm that could be stopped";
	default:
		return "this controller does not know this command";
	}
}

static bool
is_waiting(const struct board *b, const uint8_t *id)
{
	for (size_t i = 0; i < b->command_count; i++)
		if (memcmp(b->commands[(b->command_first + i) % BOARD_COMMANDS_MAX].order.id, id, GATE_ID_SIZE) == 0)
			return true;
	return false;
}

void
board_command_queue(struct board *b, const struct gate_order *order)
{
	const char *reason = not_supported(order);
	int outcome = OUTCOME_NOT_SUPPORTED;

	if (is_waiting(b, order->id))
		return;
	if (reason == NULL && b->command_count == BOARD_COMMANDS_MAX) {
		reason = "too many commands wait for this controller";
		outcome = OUTCOME_REFUSED;
	}
	if (reason == NULL && (order->door < 1 || order->door > UHPPOTE_DOORS)) {
		reason = "this controller has no such door";
		outcome = OUTCOME_REFUSED;
	}
	if (reason != NULL) {
		memcpy(b->refused_id, order->id, GATE_ID_SIZE);
		tell(b, b->refused_id, outcome, reason, NULL);
		return;
	}
	b->commands[(b->command_first + b->command_count++) % BOARD_COMMANDS_MAX] = (struct board_command){ .order = *order };
}

bool
board_command_due(const struct board *b)
{
	return b->command_count > 0;
}

static uint8_t
mode_of(const struct gate_order *o)
{
	return o->command == COMMAND_SET_UNLOCK_MODE && o->value == UNLOCK_MODE_CONTINUOUS ? UHPPOTE_MODE_OPEN :
	    UHPPOTE_MODE_CONTROLLED;
}

void
board_command_build(struct board *b, struct uhppote_message *m)
{
	struct board_command *c = head(b);
	const struct gate_order *o = &c->order;

	if (o->command == COMMAND_UNLOCK) {
		m->function = UHPPOTE_OPEN_DOOR;
		m->u.door = o->door;
	} else {
		uint8_t delay = b->config.board.delay_s[o->door - 1];

		if (delay == 0)		/* never read, because it is held open since before we knew it */
			delay = DELAY_DEFAULT_S;
		m->function = UHPPOTE_SET_DOOR_CONTROL;
		m->u.control = (struct uhppote_control){ o->door, mode_of(o), delay };
	}
	if (!c->sent) {
		c->sent = true;
		tell(b, o->id, OUTCOME_SENT, "", NULL);
	}
}

static void
opened(struct board *b, const struct gate_order *o)
{
	b->opened[o->door - 1].waits = true;
	b->opened[o->door - 1].until_ms = b->now + BOARD_OPENED_MS;
	memcpy(b->opened[o->door - 1].id, o->id, GATE_ID_SIZE);
}

void
board_command_answered(struct board *b, const struct uhppote_message *m)
{
	const struct gate_order *o = &head(b)->order;
	const struct uhppote_control *held = &m->u.control;

	b->want |= GATE_WANT_STATUS | GATE_WANT_EVENTS;		/* what it did is to be seen */
	if (m->function == UHPPOTE_OPEN_DOOR) {
		if (!m->u.ok) {
			finish_head(b, OUTCOME_REFUSED, "the controller refuses to open this door", NULL);
			return;
		}
		opened(b, o);
		finish_head(b, OUTCOME_DONE, "", NULL);
		return;
	}
	if (held->door != o->door || held->mode != mode_of(o)) {
		finish_head(b, OUTCOME_REFUSED, "the controller did not take the mode", NULL);
		return;
	}
	b->modes[o->door - 1] = held->mode;
	finish_head(b, OUTCOME_DONE, o->command == COMMAND_SET_UNLOCK_MODE && held->mode == UHPPOTE_MODE_OPEN ?
	    "the door is held open until the mode is one-shot again" : "", NULL);
}

void
board_command_failed(struct board *b, int outcome, const char *reason)
{
	finish_head(b, outcome, reason, NULL);
}

/* Those not sent yet: one under way is answered or given up by its request. */
void
board_commands_expire(struct board *b)
{
	while (b->command_count > 0 && b->task != TASK_COMMAND && b->silent != TASK_COMMAND &&
	    b->now >= head(b)->order.expires_mono_ms) {
		if (head(b)->sent)
			finish_head(b, OUTCOME_UNKNOWN, "the controller did not answer in time", NULL);
		else if (b->state == GATE_SESSION_STEADY)
			finish_head(b, OUTCOME_EXPIRED, "not sent in time", NULL);
		else
			finish_head(b, OUTCOME_UNREACHABLE, "the controller does not answer", NULL);
	}
}

int64_t
board_commands_wake(const struct board *b)
{
	return b->command_count == 0 || b->task == TASK_COMMAND || b->silent == TASK_COMMAND ? BOARD_NEVER :
	    b->commands[b->command_first].order.expires_mono_ms;
}
