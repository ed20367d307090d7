/*
 * One request at a time: sent, sent again with growing pauses where that does no harm, matched with what comes. A board has
 * no error replies: silence to one request may be a refusal, so before it counts as gone it is asked who it is.
 */
#include <stdio.h>
#include <string.h>

#include "gate/codes.h"
#include "gate/uhppote_session.h"

static int64_t
pause_after(const struct board *b)
{
	static const int64_t pauses[BOARD_TRIES] = { 500, 1000, 2000, 2500 };

	if (!uhppote_is_repeatable(b->request.function))
		return BOARD_OPEN_PATIENCE_MS;
	return pauses[b->tries > 0 && b->tries <= BOARD_TRIES ? b->tries - 1 : BOARD_TRIES - 1];
}

static void
put_on_wire(struct board *b)
{
	uint8_t bytes[UHPPOTE_SIZE];

	b->tries++;
	b->again_ms = b->now + pause_after(b);
	if (uhppote_encode(&b->request, bytes) == 0)
		emit_bytes(b->out, bytes, sizeof bytes);
}

static void
build(struct board *b, enum task task)
{
	struct uhppote_message *m = &b->request;

	memset(m, 0, sizeof *m);
	m->serial = (uint32_t)b->config.serial;
	switch (task) {
	case TASK_COMMAND:
		board_command_build(b, m);
		break;
	case TASK_URGENT_CARDS:
	case TASK_CARDS:
		board_cards_build(b, task == TASK_URGENT_CARDS, m);
		break;
	case TASK_TAIL:
	case TASK_EVENT:
	case TASK_OLDEST:
		board_event_build(b, task, m);
		break;
	default:
		state_build(b, task, m);
		break;
	}
}

void
board_request_start(struct board *b, enum task task)
{
	uint8_t unused[UHPPOTE_SIZE];

	build(b, task);
	b->last_request = b->last_request < UHPPOTE_REQUEST_FIRST || b->last_request >= UHPPOTE_REQUEST_LAST ?
	    UHPPOTE_REQUEST_FIRST : b->last_request + 1;
	b->request.request = b->last_request;
	if (uhppote_encode(&b->request, unused) < 0) {	/* a plan with what no board takes */
		if (task == TASK_CARDS || task == TASK_URGENT_CARDS)
			board_cards_failed(b, "a card that this controller can not hold");
		else
			b->retry_ms[task] = b->now + BOARD_RETRY_LAST_MS;
		return;
	}
	b->task = task;
	b->tries = 0;
	b->first_ms = b->now;
	put_on_wire(b);
}

void
board_request_drop(struct board *b)
{
	b->task = TASK_NONE;
	b->again_ms = BOARD_NEVER;
}

/* It is there, and silent to this: it does not know it, or refuses it. */
static void
refused_by_silence(struct board *b, enum task task)
{
	board_note(b, "it does not answer \"%s\"", uhppote_function_name(b->request.function));
	switch (task) {
	case TASK_COMMAND:
		board_command_failed(b, OUTCOME_REFUSED, "the controller does not answer this command");
		break;
	case TASK_URGENT_CARDS:
	case TASK_CARDS:
		board_cards_failed(b, "the controller does not answer about its cards");
		break;
	case TASK_TAIL:
		b->tail_checked = true;
		break;
	default:
		state_silent(b, task);
		break;
	}
	b->retry_ms[task] = b->now + BOARD_RETRY_LAST_MS;
}

/* Whether the door opened is not known, and a late answer must not be taken for one to the next command: what follows goes
 * through another socket. */
static void
gave_up_once(struct board *b)
{
	board_request_drop(b);
	board_command_failed(b, OUTCOME_UNKNOWN, "the controller did not answer: the door may have opened");
	board_lost(b, "no answer to a command");
	b->connect_ms = b->now;
}

void
board_request_overdue(struct board *b)
{
	enum task task = b->task;
	bool probing = b->silent != TASK_NONE;

	if (!uhppote_is_repeatable(b->request.function)) {
		emit_count(b->out, GATE_COUNT_NO_ANSWER);
		gave_up_once(b);
		return;
	}
	if (b->tries < BOARD_TRIES) {
		put_on_wire(b);
		emit_count(b->out, GATE_COUNT_RESENT);
		return;
	}
	emit_count(b->out, GATE_COUNT_NO_ANSWER);
	board_request_drop(b);
	if (probing || task == TASK_HELLO) {
		if (b->silent == TASK_COMMAND)
			board_command_failed(b, OUTCOME_UNKNOWN, "the controller did not answer in time");
		b->silent = TASK_NONE;
		board_lost(b, "no answer");
		return;
	}
	b->silent = task;
	board_request_start(b, TASK_PROBE);
}

static void
dispatch(struct board *b, enum task task, const struct uhppote_message *m)
{
	switch (task) {
	case TASK_COMMAND:
		board_command_answered(b, m);
		break;
	case TASK_URGENT_CARDS:
	case TASK_CARDS:
		board_cards_answered(b, m);
		break;
	case TASK_TAIL:
	case TASK_EVENT:
	case TASK_OLDEST:
		board_event_answered(b, task, &m->u.event);
		break;
	case TASK_PROBE:
		task = b->silent;
		b->silent = TASK_NONE;
		refused_by_silence(b, task);
		break;
	default:
		state_answered(b, task, m);
		break;
	}
}

void
board_reply_received(struct board *b, const uint8_t *bytes, size_t size)
{
	struct uhppote_message m;
	enum task task = b->task;

	emit_count(b->out, GATE_COUNT_RECEIVED);
	if (uhppote_decode(bytes, size, true, &m) != UHPPOTE_OK) {
		emit_count(b->out, GATE_COUNT_MALFORMED);
		return;
	}
	if (m.serial != (uint32_t)b->config.serial && task == TASK_HELLO && m.function == UHPPOTE_GET_CONTROLLER) {
		board_note(b, "another board answers here: serial %lu", (unsigned long)m.serial);
		return;
	}
	if (task == TASK_NONE || !uhppote_answers(&b->request, &m)) {
		emit_count(b->out, GATE_COUNT_STALE_REPLY);
		return;
	}
	if (b->tries == 1) {
		int32_t rtt = (int32_t)(b->now - b->first_ms);

		b->rtt_ms = b->rtt_ms == 0 ? rtt : (7 * b->rtt_ms + rtt) / 8;
	}
	board_request_drop(b);
	b->datagram = bytes;
	dispatch(b, task, &m);
	b->datagram = NULL;
}
