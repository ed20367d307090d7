/*
 * The uhppote driver over time, against a board in a few arrays: greeting, events and their log, opening once, the listener,
 * the card list. Time is a number here; nothing is sent anywhere.
 */
#include <stdlib.h>
#include <string.h>

#include "gate/codes.h"
#include "gate/driver.h"
#include "gate/uhppote_session.h"
#include "tap.h"

enum { SERIAL = 405000001, CARDS = 300, EVENTS = 4000 };
#define WALL INT64_C(1795386882000)	/* 2026-11-22 22:34:42 of a wall without offset */

static struct {
	struct uhppote_card cards[CARDS];	/* slots; number 0 = end, UHPPOTE_CARD_DELETED = hole */
	uint32_t first, newest;			/* events it holds */
	uint32_t salt;				/* what its events look like */
	struct uhppote_listener listener;
	uint8_t mode;
	bool mute[256], refuses_open, mangles_pin;
	unsigned asked[256];
	uint32_t serial;
} board;

static struct {
	struct gate_session *session;
	int64_t now;
	bool channel, slot;
	uint8_t log[GATE_LOG_SIZE], tail[GATE_TAIL_SIZE];
	uint32_t mark, gaps, stored, by_command;
	bool store_fails;
	int communication, outcome;
	bool ended, ended_ok, confirmed;
	uint32_t logs, notes;
	struct gate_board_report report;
	int replaced;
	struct gate_door_status door;
	int held;
	int64_t wake;
} site;

static struct gate_actions out;
static void step(const struct gate_input *in);

static uint32_t
live(void)
{
	uint32_t n = 0;

	for (size_t i = 0; i < CARDS && board.cards[i].number != 0; i++)
		n += board.cards[i].number != UHPPOTE_CARD_DELETED;
	return n;
}

static struct uhppote_card *
slot_of(uint32_t number)
{
	for (size_t i = 0; i < CARDS; i++)
		if (board.cards[i].number == number)
			return &board.cards[i];
	return NULL;
}

/* One that must be there. */
static struct uhppote_card *
held(uint32_t number)
{
	struct uhppote_card *c = slot_of(number);

	if (c == NULL)
		abort();
	return c;
}

static void
event(uint32_t index, struct uhppote_event *e)
{
	uint32_t i = index == 0 ? board.first : index;

	if (i > board.newest || board.newest == 0)
		return;
	e->type = i < board.first ? UHPPOTE_EVENT_OVERWRITTEN : UHPPOTE_EVENT_CARD;
	if (i < board.first)
		return;
	*e = (struct uhppote_event){ i, i % 10 == 4 ? 2 : 1, true, 1, 1, 1000 + i + board.salt,
		{ { 2026, 11, 22 }, { 22, 0, (uint8_t)(i % 60) } }, i % 10 == 4 ? 44 : 1 };
}

static void
answer(const struct uhppote_message *q)
{
	struct uhppote_message a = { .function = q->function, .reply = true, .serial = board.serial, .request = q->request };
	struct uhppote_card *card;
	uint8_t bytes[UHPPOTE_SIZE];

	switch (q->function) {
	case UHPPOTE_GET_CONTROLLER:
		a.u.controller = (struct uhppote_controller){ { 192, 168, 1, 20 }, { 0 }, { 0 }, { 0 }, 8, 92, { 2018, 11, 5 } };
		break;
	case UHPPOTE_GET_STATUS:
		event(board.newest, &a.u.status.event);
		a.u.status.date = (struct uhppote_date){ 2026, 11, 22 };
		a.u.status.time = (struct uhppote_time){ 22, 34, 42 };
		a.u.status.relays = board.mode == UHPPOTE_MODE_OPEN;
		break;
	case UHPPOTE_GET_EVENT:
		event(q->u.number, &a.u.event);
		break;
	case UHPPOTE_GET_LISTENER:
		a.u.listener = board.listener;
		break;
	case UHPPOTE_SET_LISTENER:
		board.listener = q->u.listener;
		a.u.ok = true;
		break;
	case UHPPOTE_GET_DOOR_CONTROL:
		a.u.control = (struct uhppote_control){ q->u.door, board.mode, board.mode == UHPPOTE_MODE_OPEN ? 0 : 7 };
		break;
	case UHPPOTE_SET_DOOR_CONTROL:
		board.mode = q->u.control.mode;
		a.u.control = q->u.control;
		break;
	case UHPPOTE_OPEN_DOOR:
		a.u.ok = !board.refuses_open;
		break;
	case UHPPOTE_SET_TIME:
		a.u.moment = q->u.moment;
		break;
	case UHPPOTE_COUNT_CARDS:
		a.u.number = live();
		break;
	case UHPPOTE_GET_CARD_AT:
		if (q->u.number <= CARDS)
			a.u.card = board.cards[q->u.number - 1];
		break;
	case UHPPOTE_GET_CARD:
		if ((card = slot_of(q->u.number)) != NULL)
			a.u.card = *card;
		break;
	case UHPPOTE_PUT_CARD:
		card = slot_of(q->u.card.number);
		card = card != NULL ? card : slot_of(UHPPOTE_CARD_DELETED);
		card = card != NULL ? card : held(0);
		*card = q->u.card;
		if (board.mangles_pin)
			card->pin++;
		a.u.ok = true;
		break;
	case UHPPOTE_DELETE_CARD:
		card = slot_of(q->u.number);
		a.u.ok = card != NULL;
		if (card != NULL)
			*card = (struct uhppote_card){ .number = UHPPOTE_CARD_DELETED };
		break;
	default:
		a.u.ok = true;
		break;
	}
	CU_ASSERT_EQUAL_FATAL(uhppote_encode(&a, bytes), 0);
	step(&(struct gate_input){ .kind = GATE_IN_MESSAGE, .u.message = { bytes, sizeof bytes } });
}

static void
store(const struct gate_action *a)
{
	if (site.store_fails) {
		step(&(struct gate_input){ .kind = GATE_IN_STORE_FAILED });
		return;
	}
	if (memcmp(site.log, a->u.events.log, GATE_LOG_SIZE) != 0) {
		site.logs++;
		site.mark = 0;
		memcpy(site.log, a->u.events.log, GATE_LOG_SIZE);
	}
	if (a->u.events.oldest > site.mark + 1)
		site.gaps += a->u.events.oldest - site.mark - 1;
	for (uint32_t i = 0; i < a->u.events.count; i++) {
		CU_ASSERT_EQUAL(a->u.events.events[i].seq, a->u.events.oldest + i);
		site.by_command += (a->u.events.events[i].flags & GATE_EVENT_BY_COMMAND) != 0;
	}
	site.stored += a->u.events.count;
	site.mark = a->u.events.oldest + a->u.events.count - 1;
	memcpy(site.tail, a->u.events.tail, GATE_TAIL_SIZE);
	step(&(struct gate_input){ .kind = GATE_IN_STORED, .u.stored = { site.log, site.mark } });
}

/* Notes what a step asked for; what leads to another step is done by go(). */
static struct { struct gate_action events, send; bool has_events, connect, want_slot; struct uhppote_message question; bool asked; } todo;

static void
step(const struct gate_input *in)
{
	gate_step(site.session, in, site.now, WALL + site.now, &out);
	for (size_t i = 0; i < out.count; i++) {
		const struct gate_action *a = &out.item[i];

		switch (a->kind) {
		case GATE_ACT_SEND:
			CU_ASSERT_FATAL(site.channel && site.slot && a->u.send.size == UHPPOTE_SIZE);
			CU_ASSERT_FALSE_FATAL(todo.asked);	/* one outstanding request */
			CU_ASSERT_EQUAL_FATAL(uhppote_decode(a->u.send.bytes, a->u.send.size, false, &todo.question), UHPPOTE_OK);
			board.asked[todo.question.function]++;
			todo.asked = !board.mute[todo.question.function] && !board.mute[0];
			break;
		case GATE_ACT_CONNECT:
			todo.connect = true;
			break;
		case GATE_ACT_DISCONNECT:
			site.channel = todo.asked = false;
			break;
		case GATE_ACT_WANT_SLOT:
			todo.want_slot = true;
			break;
		case GATE_ACT_RELEASE_SLOT:
			site.slot = false;
			break;
		case GATE_ACT_EVENTS:
			todo.events = *a;
			todo.has_events = true;
			break;
		case GATE_ACT_COMMUNICATION:
			site.communication = a->u.communication.communication;
			break;
		case GATE_ACT_COMMAND:
			site.outcome = a->u.command.outcome;
			break;
		case GATE_ACT_STATUS:
			if (a->u.status.reply->door_count > 0)
				site.door = a->u.status.reply->doors[0];
			break;
		case GATE_ACT_BOARD:
			site.report = *a->u.board;
			site.replaced += a->u.board->replaced;
			break;
		case GATE_ACT_HELD:
			site.held++;
			break;
		case GATE_ACT_STREAM_CONFIRMED:
			site.confirmed = true;
			break;
		case GATE_ACT_TRANSFER_ENDED:
			site.ended = true;
			site.ended_ok = a->u.ended.ok;
			break;
		case GATE_ACT_NOTE:
			site.notes++;
			break;
		case GATE_ACT_WAKE_AT:
			site.wake = a->u.wake_ms;
			break;
		default:
			break;
		}
	}
}

/* Lets `ms` pass, doing what is asked for as it comes. */
static void
go(int64_t ms)
{
	int64_t until = site.now + ms;

	for (int guard = 0; guard < 100000; guard++) {
		if (todo.asked && site.now < until) {	/* an answer takes a millisecond */
			struct uhppote_message q = todo.question;

			todo.asked = false;
			site.now++;
			answer(&q);
		} else if (todo.connect) {
			todo.connect = false;
			site.channel = true;
			step(&(struct gate_input){ .kind = GATE_IN_CHANNEL_UP });
		} else if (todo.has_events) {
			struct gate_action events = todo.events;

			todo.has_events = false;
			store(&events);
		} else if (todo.want_slot && !site.slot) {
			todo.want_slot = false;
			site.slot = true;
			step(&(struct gate_input){ .kind = GATE_IN_SLOT });
		} else if (site.wake <= until && site.wake > site.now) {
			site.now = site.wake;
			step(&(struct gate_input){ .kind = GATE_IN_TICK });
		} else if (site.now < until) {
			site.now = until;
			step(&(struct gate_input){ .kind = GATE_IN_TICK });
		} else {
			return;
		}
	}
	CU_FAIL("it goes round in circles");
}

static struct gate_config config;

static void
new_session(void)
{
	gate_session_free(site.session);
	memset(&todo, 0, sizeof todo);
	site.channel = site.slot = false;
	site.wake = 0;
	config.mark = site.mark;
	memcpy(config.log, site.log, sizeof config.log);
	config.tail_known = site.mark > 0;
	memcpy(config.tail, site.tail, sizeof config.tail);
	config.fresh_log[0]++;
	site.session = gate_session_new(&gate_driver_uhppote, &config);
	step(&(struct gate_input){ .kind = GATE_IN_TICK });
}

static int
begin(void)
{
	memset(&board, 0, sizeof board);
	memset(&site, 0, sizeof site);
	board.serial = SERIAL;
	board.mode = UHPPOTE_MODE_CONTROLLED;
	config = (struct gate_config){ .serial = SERIAL, .fresh_log = { 1, 2, 3 }, .board = { .doors = 1, .contacts = 1,
		.door_events = true, .address = { 192, 168, 1, 2 }, .port = 60001 } };
	new_session();
	return 0;
}

static int
end(void)
{
	gate_session_free(site.session);
	return 0;
}

static void
test_greeting(void)
{
	go(1000);
	CU_ASSERT_EQUAL(site.communication, COMMUNICATION_UP);
	CU_ASSERT_EQUAL(gate_session_state(site.session), GATE_SESSION_STEADY);
	CU_ASSERT_EQUAL(board.asked[UHPPOTE_SET_TIME], 1);
	CU_ASSERT_EQUAL(board.asked[UHPPOTE_RECORD_DOOR_EVENTS], 1);
	CU_ASSERT(site.report.listener_ours);		/* nobody's: taken without asking */
	CU_ASSERT_EQUAL(board.listener.port, 60001);
	CU_ASSERT_EQUAL(site.report.delay_s[0], 7);
	CU_ASSERT_EQUAL(site.door.lock_state, LOCK_STATE_LOCKED);
	CU_ASSERT_EQUAL(site.door.door_state, DOOR_STATE_CLOSED);
	CU_ASSERT_EQUAL(site.door.arm_state, ARM_STATE_UNKNOWN);
	CU_ASSERT_FALSE(site.slot);
}

static void
test_gone(void)
{
	board.mute[0] = true;
	go(20000);
	CU_ASSERT_EQUAL(site.communication, COMMUNICATION_DOWN);
	CU_ASSERT_FALSE(site.slot && !gate_session_is_doubtful(site.session));
	board.mute[0] = false;
	go(60000);
	CU_ASSERT_EQUAL(site.communication, COMMUNICATION_UP);
}

static void
test_other_board(void)
{
	board.serial = SERIAL + 1;
	go(20000);
	CU_ASSERT_NOT_EQUAL(site.communication, COMMUNICATION_UP);
	CU_ASSERT(site.notes > 0);
}

static void
test_events(void)
{
	board.first = 1;
	board.newest = 100;
	go(2000);
	CU_ASSERT_EQUAL(site.mark, 100);
	CU_ASSERT_EQUAL(site.stored, 100);
	CU_ASSERT_EQUAL(site.gaps, 0);
	board.newest = 103;
	step(&(struct gate_input){ .kind = GATE_IN_WANT, .u.want = GATE_WANT_EVENTS });
	go(100);
	CU_ASSERT_EQUAL(site.mark, 103);
	new_session();		/* another poller goes on where this one stopped */
	go(1000);
	CU_ASSERT_EQUAL(site.stored, 103);
	CU_ASSERT_EQUAL(site.logs, 1);
}

static void
test_overwritten(void)
{
	board.first = 1;
	board.newest = 20;
	go(1000);
	board.first = 2049;
	board.newest = 2060;
	step(&(struct gate_input){ .kind = GATE_IN_WANT, .u.want = GATE_WANT_STATUS });
	go(1000);
	CU_ASSERT_EQUAL(site.mark, 2060);
	CU_ASSERT_EQUAL(site.gaps, 2028);
	CU_ASSERT_EQUAL(site.stored, 32);
	CU_ASSERT_EQUAL(site.logs, 1);
}

static void
test_cleared(void)
{
	board.first = 1;
	board.newest = 50;
	go(1000);
	board.newest = 2;		/* fewer than we have: it was cleared */
	board.salt = 7;
	step(&(struct gate_input){ .kind = GATE_IN_WANT, .u.want = GATE_WANT_STATUS });
	go(1000);
	CU_ASSERT_EQUAL(site.logs, 2);
	CU_ASSERT_EQUAL(site.mark, 2);
	board.newest = 60;		/* cleared again, and has grown beyond our mark before we looked */
	go(1000);
	step(&(struct gate_input){ .kind = GATE_IN_WANT, .u.want = GATE_WANT_STATUS });
	go(1000);
	CU_ASSERT_EQUAL(site.mark, 60);
	board.newest = 90;
	board.salt = 8;
	new_session();
	go(1000);
	CU_ASSERT_EQUAL(site.logs, 3);
	CU_ASSERT_EQUAL(site.mark, 90);
	CU_ASSERT_EQUAL(site.stored, 50 + 60 + 90);
}

static void
test_database_away(void)
{
	board.first = 1;
	board.newest = 40;
	site.store_fails = true;
	go(5000);
	CU_ASSERT_EQUAL(site.stored, 0);
	site.store_fails = false;
	go(5000);
	CU_ASSERT_EQUAL(site.mark, 40);
	CU_ASSERT_EQUAL(site.stored, 40);
}

static void
command(uint8_t id, uint8_t what, uint16_t value)
{
	struct gate_input in = { .kind = GATE_IN_COMMAND, .u.command = { .door = 1, .command = what, .value = value,
		.expires_mono_ms = site.now + 10000 } };

	site.outcome = 0;
	in.u.command.id[0] = id;
	step(&in);
}

static void
test_opened(void)
{
	board.first = 1;
	board.newest = 3;
	go(1000);
	command(1, COMMAND_UNLOCK, 0);
	board.newest = 4;		/* reason 44 */
	go(500);
	CU_ASSERT_EQUAL(site.outcome, OUTCOME_DONE);
	CU_ASSERT_EQUAL(site.by_command, 1);
	board.newest = 14;		/* another one, not ours */
	go(2000);
	step(&(struct gate_input){ .kind = GATE_IN_WANT, .u.want = GATE_WANT_EVENTS });
	go(500);
	CU_ASSERT_EQUAL(site.mark, 14);
	CU_ASSERT_EQUAL(site.by_command, 1);
	board.refuses_open = true;
	command(2, COMMAND_UNLOCK, 0);
	go(500);
	CU_ASSERT_EQUAL(site.outcome, OUTCOME_REFUSED);
}

/* A lost answer: the door may have opened. It is not asked twice, and a late answer is not another command's. */
static void
test_opened_unknown(void)
{
	go(1000);
	board.mute[UHPPOTE_OPEN_DOOR] = true;
	command(1, COMMAND_UNLOCK, 0);
	go(30000);
	CU_ASSERT_EQUAL(site.outcome, OUTCOME_UNKNOWN);
	CU_ASSERT_EQUAL(board.asked[UHPPOTE_OPEN_DOOR], 1);
	CU_ASSERT_EQUAL(site.communication, COMMUNICATION_UP);
	CU_ASSERT(board.asked[UHPPOTE_GET_CONTROLLER] >= 2);	/* through another socket */
}

static void
test_modes(void)
{
	go(1000);
	command(1, COMMAND_SET_UNLOCK_MODE, UNLOCK_MODE_CONTINUOUS);
	go(500);
	CU_ASSERT_EQUAL(site.outcome, OUTCOME_DONE);
	CU_ASSERT_EQUAL(board.mode, UHPPOTE_MODE_OPEN);
	CU_ASSERT_EQUAL(site.door.lock_state, LOCK_STATE_UNLOCKED);
	CU_ASSERT_EQUAL(site.door.unlock_mode, UNLOCK_MODE_CONTINUOUS);
	CU_ASSERT_EQUAL(site.report.delay_s[0], 7);		/* what reads as 0 now is kept */
	command(2, COMMAND_LOCK, 0);
	go(500);
	CU_ASSERT_EQUAL(site.outcome, OUTCOME_DONE);
	CU_ASSERT_EQUAL(board.mode, UHPPOTE_MODE_CONTROLLED);
	command(3, COMMAND_ARM, 0);
	CU_ASSERT_EQUAL(site.outcome, OUTCOME_NOT_SUPPORTED);
	command(4, COMMAND_SET_UNLOCK_MODE, UNLOCK_MODE_TOGGLE);
	CU_ASSERT_EQUAL(site.outcome, OUTCOME_NOT_SUPPORTED);
	command(5, COMMAND_RESTART, 0);
	CU_ASSERT_EQUAL(site.outcome, OUTCOME_NOT_SUPPORTED);
}

/* Silence to one request while others are answered is a refusal, not an absence. */
static void
test_silent(void)
{
	board.mute[UHPPOTE_SET_KEYPADS] = true;
	go(20000);
	CU_ASSERT_EQUAL(site.communication, COMMUNICATION_UP);
	CU_ASSERT_EQUAL(gate_session_state(site.session), GATE_SESSION_STEADY);
	CU_ASSERT_EQUAL(board.asked[UHPPOTE_SET_KEYPADS], 4);
	CU_ASSERT(board.asked[UHPPOTE_COUNT_CARDS] > 0);	/* it goes on with the rest */
}

static void
test_listener(void)
{
	board.listener = (struct uhppote_listener){ { 10, 0, 0, 9 }, 60001, 0 };
	board.first = 1;
	go(1000);
	CU_ASSERT_EQUAL(board.asked[UHPPOTE_SET_LISTENER], 0);
	CU_ASSERT_FALSE(site.report.listener_ours);
	CU_ASSERT_EQUAL(site.report.listener.address[0], 10);
	board.newest = 5;		/* nobody tells us: we look each second */
	go(1500);
	CU_ASSERT_EQUAL(site.mark, 5);
	config.board.take_listener = true;
	new_session();
	go(1000);
	CU_ASSERT_EQUAL(board.listener.address[0], 192);
	CU_ASSERT(site.report.listener_ours);
	CU_ASSERT_EQUAL(site.replaced, 1);
	CU_ASSERT_EQUAL(site.report.before.address[0], 10);
	new_session();
	go(1000);
	CU_ASSERT_EQUAL(site.replaced, 1);
}

static struct uhppote_card wanted[100];

static struct gate_card_plan
plan_of(uint32_t count, bool full)
{
	for (uint32_t i = 0; i < count; i++)
		wanted[i] = (struct uhppote_card){ 1000 + 2 * i, { 2026, 1, 1 }, { 2029, 12, 31 }, { 1, 0, 1, 0 }, i, 0, 0, 0 };
	return (struct gate_card_plan){ .full = full, .to = 9, .count = count, .cards = wanted };
}

static void
transfer(const struct gate_card_plan *plan)
{
	site.ended = site.ended_ok = site.confirmed = false;
	step(&(struct gate_input){ .kind = GATE_IN_CARDS, .u.cards = plan });
	go(10000);
	CU_ASSERT(site.ended);
}

static void
test_cards(void)
{
	struct gate_card_plan full = plan_of(100, true), delta = plan_of(1, false);
	static const uint32_t gone[] = { 1004, 1006, 77 };

	go(1000);
	transfer(&full);
	CU_ASSERT(site.ended_ok && site.confirmed);
	CU_ASSERT_EQUAL(live(), 100);
	CU_ASSERT_EQUAL(held(1198)->pin, 99);
	CU_ASSERT_EQUAL(site.report.cards, 100);
	delta.removed = gone;
	delta.removed_count = 3;
	wanted[0].pin = 4711;
	transfer(&delta);
	CU_ASSERT(site.ended_ok && site.confirmed);
	CU_ASSERT_EQUAL(live(), 98);
	CU_ASSERT_EQUAL(held(1000)->pin, 4711);
	CU_ASSERT_PTR_NULL(slot_of(1004));
}

static void
test_drift(void)
{
	struct gate_card_plan full = plan_of(100, true);
	unsigned puts;

	go(1000);
	transfer(&full);
	puts = board.asked[UHPPOTE_PUT_CARD];
	transfer(&full);
	CU_ASSERT_EQUAL(board.asked[UHPPOTE_PUT_CARD], puts);	/* what is the same is not written again */
	CU_ASSERT(site.report.compared);
	CU_ASSERT_EQUAL(site.report.differed, 0);
	*held(1010) = (struct uhppote_card){ .number = UHPPOTE_CARD_DELETED };
	held(1020)->doors[1] = 1;
	*held(0) = (struct uhppote_card){ 5, { 2026, 1, 1 }, { 2029, 1, 1 }, { 1, 1, 1, 1 }, 0, 0, 0, 0 };
	transfer(&full);
	CU_ASSERT(site.ended_ok);
	CU_ASSERT_EQUAL(site.report.differed, 3);
	CU_ASSERT_EQUAL(live(), 100);
	CU_ASSERT_PTR_NULL(slot_of(5));
	CU_ASSERT_EQUAL(held(1020)->doors[1], 0);
}

/* A lost card does not wait for the end of a long transfer, and does not come back with it. */
static void
test_revoked(void)
{
	struct gate_card_plan full = plan_of(100, true);
	static const uint32_t lost[] = { 1000, 1002, 1198, 55, 1000 };
	static const uint32_t one[] = { 1010 };

	go(1000);
	site.ended = false;
	step(&(struct gate_input){ .kind = GATE_IN_CARDS, .u.cards = &full });
	while (board.asked[UHPPOTE_PUT_CARD] < 2)
		go(1);
	step(&(struct gate_input){ .kind = GATE_IN_CARDS_REVOKE, .u.revoked = { lost, 5 } });
	while (board.asked[UHPPOTE_DELETE_CARD] < 4)
		go(1);
	CU_ASSERT(board.asked[UHPPOTE_PUT_CARD] <= 3);
	while (board.asked[UHPPOTE_PUT_CARD] < 6)
		go(1);
	step(&(struct gate_input){ .kind = GATE_IN_CARDS_REVOKE, .u.revoked = { one, 1 } });
	go(10000);
	CU_ASSERT(site.ended && site.ended_ok && site.confirmed);
	CU_ASSERT_EQUAL(board.asked[UHPPOTE_DELETE_CARD], 5);
	CU_ASSERT_EQUAL(live(), 96);
	CU_ASSERT_PTR_NULL(slot_of(1000));
	CU_ASSERT_PTR_NULL(slot_of(1002));
	CU_ASSERT_PTR_NULL(slot_of(1010));
	CU_ASSERT_PTR_NULL(slot_of(1198));
}

static void
test_mangled(void)
{
	struct gate_card_plan delta = plan_of(2, false);

	go(1000);
	board.mangles_pin = true;
	transfer(&delta);
	CU_ASSERT_FALSE(site.ended_ok);
	CU_ASSERT_FALSE(site.confirmed);
}

static void
test_transfer_lost(void)
{
	struct gate_card_plan full = plan_of(50, true);

	go(1000);
	site.ended = false;
	step(&(struct gate_input){ .kind = GATE_IN_CARDS, .u.cards = &full });
	board.mute[0] = true;
	go(20000);
	CU_ASSERT(site.ended && !site.ended_ok && !site.confirmed);
	CU_ASSERT_FALSE(gate_session_is_transferring(site.session));
}

static void
test_stopped(void)
{
	struct gate_card_plan full = plan_of(50, true);

	go(1000);
	site.ended = false;
	step(&(struct gate_input){ .kind = GATE_IN_CARDS, .u.cards = &full });
	step(&(struct gate_input){ .kind = GATE_IN_TRANSFER_STOP });
	CU_ASSERT(site.ended && !site.ended_ok);
	todo.asked = false;
	go(1000);
	CU_ASSERT_EQUAL(gate_session_state(site.session), GATE_SESSION_STEADY);
}

static void
test_counted(void)
{
	go(1000);
	CU_ASSERT_EQUAL(site.held, 1);
	go(3700000);
	CU_ASSERT(site.held >= 2);
}

/* Berlin: clocks go forward on 29 March 2026 at 01:00 UTC and back on 25 October at 01:00 UTC. */
static void
test_wall_clock(void)
{
	static const struct gate_offsets berlin = { 3600, 2, { { 1774746000, 7200 }, { 1792890000, 3600 } } };
	const int64_t later = INT64_C(4000000000);

	CU_ASSERT_EQUAL(offset_at(&berlin, 1774745999), 3600);
	CU_ASSERT_EQUAL(offset_at(&berlin, 1774746000), 7200);
	for (int64_t utc = 1774746000 - 86400; utc < 1774746000 + 86400; utc += 600)
		CU_ASSERT_EQUAL(local_to_utc(&berlin, utc + offset_at(&berlin, utc), later), utc);
	/* 02:30 exists twice: the later one, unless that is still to come */
	CU_ASSERT_EQUAL(local_to_utc(&berlin, 1792891800 + 3600, later), 1792891800);
	CU_ASSERT_EQUAL(local_to_utc(&berlin, 1792891800 + 3600, 1792889000), 1792888200);
	/* 02:30 of the night in March does not exist: the clock was not set yet */
	CU_ASSERT_EQUAL(local_to_utc(&berlin, 1774746000 + 3600 + 1800, later), 1774746000 + 1800);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "wall clock and offsets", test_wall_clock },
		{ "greeting", test_greeting },
		{ "gone and back", test_gone },
		{ "another board at the address", test_other_board },
		{ "events by index", test_events },
		{ "events overwritten before they were fetched", test_overwritten },
		{ "a board that was cleared", test_cleared },
		{ "database away", test_database_away },
		{ "opened, and the event is the operator's", test_opened },
		{ "answer to opening lost", test_opened_unknown },
		{ "door modes, and what a board can not", test_modes },
		{ "silent to one request", test_silent },
		{ "listener of somebody else", test_listener },
		{ "cards put and deleted", test_cards },
		{ "cards changed by others", test_drift },
		{ "cards revoked during a transfer", test_revoked },
		{ "a card kept otherwise than sent", test_mangled },
		{ "transfer lost", test_transfer_lost },
		{ "transfer stopped", test_stopped },
		{ "cards counted each hour", test_counted },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "uhppote driver", begin, end, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
