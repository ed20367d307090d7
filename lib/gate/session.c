/*
 * What all drivers share: the table of drivers, the words for states and counters, and the list of actions.
 */
#include <stdlib.h>
#include <string.h>

#include "gate/session.h"

static const struct gate_driver *const drivers[] = { &gate_driver_kidoban, &gate_driver_uhppote };

static const char *const counter_names[GATE_COUNTERS] = {
	[GATE_COUNT_SENT] = "sent",
	[GATE_COUNT_RESENT] = "resent",
	[GATE_COUNT_RECEIVED] = "received",
	[GATE_COUNT_MALFORMED] = "malformed",
	[GATE_COUNT_STALE_REPLY] = "stale_reply",
	[GATE_COUNT_WRONG_REPLY] = "wrong_reply",
	[GATE_COUNT_UNEXPECTED] = "unexpected",
	[GATE_COUNT_ERROR_REPLY] = "error_reply",
	[GATE_COUNT_NO_ANSWER] = "no_answer",
	[GATE_COUNT_HANDSHAKE_FAILED] = "handshake_failed",
	[GATE_COUNT_EVENT_BATCHES] = "event_batches",
	[GATE_COUNT_EVENTS_OUT_OF_ORDER] = "events_out_of_order",
	[GATE_COUNT_EVENTS_QUARANTINED] = "events_quarantined",
	[GATE_COUNT_LOG_CHANGED] = "log_changed",
	[GATE_COUNT_STORE_FAILED] = "store_failed",
};

static const char *const state_names[] = {
	[GATE_SESSION_DOWN] = "down",
	[GATE_SESSION_WAITING] = "waiting for a slot",
	[GATE_SESSION_CONNECTING] = "connecting",
	[GATE_SESSION_GREETING] = "greeting",
	[GATE_SESSION_STEADY] = "steady",
};

const struct gate_driver *
gate_driver_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

const char *
gate_driver_name(const struct gate_driver *driver)
{
	return driver->name;
}

bool
gate_driver_is_secured(const struct gate_driver *driver)
{
	return driver->secured;
}

struct gate_session *
gate_session_new(const struct gate_driver *driver, const struct gate_config *config)
{
	return driver->create(config);
}

void
gate_session_free(struct gate_session *s)
{
	if (s != NULL)
		s->driver->destroy(s);
}

void
gate_step(struct gate_session *s, const struct gate_input *in, int64_t now_mono_ms, int64_t now_wall_ms,
    struct gate_actions *out)
{
	out->count = 0;
	out->sends = 0;
	s->driver->step(s, in, now_mono_ms, now_wall_ms, out);
}

const char *
gate_counter_name(enum gate_counter counter)
{
	return (unsigned)counter < GATE_COUNTERS ? counter_names[counter] : "unknown";
}

enum gate_session_state
gate_session_state(const struct gate_session *s)
{
	return s->driver->state(s);
}

const char *
gate_session_state_name(enum gate_session_state state)
{
	return (unsigned)state <= GATE_SESSION_STEADY ? state_names[state] : "unknown";
}

bool
gate_session_holds_slot(const struct gate_session *s)
{
	return s->driver->holds_slot(s);
}

bool
gate_session_is_doubtful(const struct gate_session *s)
{
	return s->driver->is_doubtful(s);
}

bool
gate_session_is_transferring(const struct gate_session *s)
{
	return s->driver->is_transferring(s);
}

uint32_t
gate_session_mark(const struct gate_session *s)
{
	return s->driver->mark(s);
}

struct gate_action *
emit(struct gate_actions *out, enum gate_action_kind kind)
{
	struct gate_action *a;

	if (out->count == GATE_ACTIONS_MAX)
		abort();	/* our bug: a step is bounded */
	a = &out->item[out->count++];
	memset(a, 0, sizeof *a);
	a->kind = kind;
	return a;
}

void
emit_text(struct gate_actions *out, enum gate_action_kind kind, const char *text)
{
	emit(out, kind)->u.text = text;
}

void
emit_epoch(struct gate_actions *out, enum gate_action_kind kind, uint32_t epoch)
{
	emit(out, kind)->u.epoch = epoch;
}

void
emit_count(struct gate_actions *out, enum gate_counter counter)
{
	emit(out, GATE_ACT_COUNT)->u.counter = counter;
}

void
emit_ended(struct gate_actions *out, enum gate_action_kind kind, bool ok, const char *reason)
{
	struct gate_action *a = emit(out, kind);

	a->u.ended.ok = ok;
	a->u.ended.reason = reason;
}

bool
emit_bytes(struct gate_actions *out, const uint8_t *bytes, size_t size)
{
	struct gate_action *a;

	if (out->sends == GATE_SENDS_MAX || size > sizeof out->datagrams[0])
		return false;
	memcpy(out->datagrams[out->sends], bytes, size);
	a = emit(out, GATE_ACT_SEND);
	a->u.send.bytes = out->datagrams[out->sends++];
	a->u.send.size = size;
	emit_count(out, GATE_COUNT_SENT);
	return true;
}

bool
emit_send(struct gate_actions *out, const struct gate_message *m)
{
	uint8_t bytes[GATE_MESSAGE_MAX];
	int size = gate_encode(m, bytes, sizeof bytes);

	return size != -1 && emit_bytes(out, bytes, (size_t)size);
}
