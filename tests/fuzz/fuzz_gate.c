/*
 * The properties that any bytes must leave standing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_gate.h"
#include "gate/codec.h"
#include "gate/driver.h"
#include "gate/permit.h"
#include "gate/uhppote_message.h"

static void
broke(const char *what)
{
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

static int
has_quarantined(const struct gate_message *m)
{
	if (m->type == (GATE_EVENTS | GATE_REPLY))
		for (size_t i = 0; i < m->u.events_reply.count; i++)
			if (m->u.events_reply.events[i].quarantined)
				return 1;
	return 0;
}

void
fuzz_message(const uint8_t *data, size_t size)
{
	uint8_t again[GATE_MESSAGE_MAX];
	struct gate_message m;

	if (gate_decode(data, size, &m) != GATE_OK || has_quarantined(&m))
		return;
	if (gate_encode(&m, again, sizeof again) != (int)size || memcmp(again, data, size) != 0)
		broke("what was accepted does not encode to the same bytes");
}

static void
fuzz_packed(const uint8_t *data, size_t size)
{
	uint8_t before[GATE_PERMIT_SIZE] = { 0 }, record[GATE_PERMIT_SIZE] = { 0 }, again[GATE_PERMIT_PACKED_MAX];
	size_t taken;

	for (; (taken = gate_permit_unpack(data, size, record)) > 0; data += taken, size -= taken) {
		if (taken > size || gate_permit_pack(before, record, again) != taken || memcmp(again, data, taken) != 0)
			broke("a packed permit does not pack to the same bytes");
		memcpy(before, record, sizeof before);
	}
}

void
fuzz_record(const uint8_t *data, size_t size)
{
	uint8_t again[EVENT_LONGEST];	/* longer than a permit */
	struct gate_permit p;
	struct gate_event e;

	fuzz_packed(data, size);
	for (; size >= GATE_PERMIT_SIZE; data += GATE_PERMIT_SIZE, size -= GATE_PERMIT_SIZE)
		if (gate_permit_decode(data, &p) == 0 &&
		    (gate_permit_encode(&p, again) == -1 || memcmp(again, data, GATE_PERMIT_SIZE) != 0))
			broke("a permit does not encode to the same bytes");
	if (event_decode(data, size, &e) == GATE_OK && !e.quarantined &&
	    (event_encode(&e, again, sizeof again) != (int)size || memcmp(again, data, size) != 0))
		broke("an event does not encode to the same bytes");
}

void
fuzz_uhppote(const uint8_t *data, size_t size)
{
	uint8_t once[UHPPOTE_SIZE], twice[UHPPOTE_SIZE];
	struct uhppote_message m;

	for (int reply = 0; reply < 2; reply++) {
		if (uhppote_decode(data, size, reply, &m) != UHPPOTE_OK)
			continue;
		if (uhppote_encode(&m, once) < 0)
			broke("a board's datagram was accepted that can not be");
		if (uhppote_decode(once, sizeof once, reply, &m) != UHPPOTE_OK || uhppote_encode(&m, twice) < 0 ||
		    memcmp(once, twice, sizeof once) != 0)
			broke("a board's datagram does not read the same again");
	}
}

/* --- the session ------------------------------------------------------------------------------------------- */

struct play {
	struct gate_session *session;
	struct gate_actions *out;
	int64_t now;
	int slot, channel, storing;
	uint32_t exchange;		/* of the last datagram sent */
	uint8_t type;
	struct gate_transfer_plan plan;
	struct gate_revoke_plan revoke;
};

static int
read_zeros(void *context, uint32_t offset, uint8_t *out, uint16_t size)
{
	(void)context;
	(void)offset;
	memset(out, 0, size);
	return 0;
}

static void
obey(struct play *p)
{
	for (size_t i = 0; i < p->out->count; i++) {
		const struct gate_action *a = &p->out->item[i];

		switch (a->kind) {
		case GATE_ACT_SEND:
			if (!p->channel || !p->slot)
				broke("sent without a channel or a slot");
			p->type = a->u.send.bytes[1];
			p->exchange = (uint32_t)wire_get(a->u.send.bytes + 4, 4);
			break;
		case GATE_ACT_CONNECT:
			if (!p->slot)
				broke("connected without a slot");
			break;
		case GATE_ACT_DISCONNECT:
			p->channel = 0;
			break;
		case GATE_ACT_RELEASE_SLOT:
			p->slot = 0;
			break;
		case GATE_ACT_EVENTS:
			p->storing = 1;
			break;
		default:
			break;
		}
	}
}

/* A datagram made of the input, mostly one that answers what was asked last, so that it gets far. */
static size_t
make_datagram(const struct play *p, uint8_t choice, const uint8_t *data, size_t size, uint8_t *out)
{
	size_t body = size < 200 ? size : 200;

	out[0] = GATE_PROTOCOL_VERSION;
	out[1] = choice & 1 ? GATE_ERROR : p->type | GATE_REPLY;
	if (choice & 2 && gate_type_info(out[1]) != NULL)
		body = gate_type_info(out[1])->least - (size_t)GATE_HEADER_SIZE;
	memset(out + GATE_HEADER_SIZE, 1, body);
	memcpy(out + GATE_HEADER_SIZE, data, body < size ? body : size);
	wire_put(out + 2, 2, body + GATE_HEADER_SIZE);
	wire_put(out + 4, 4, p->exchange - (choice >> 6 == 3));
	return body + GATE_HEADER_SIZE;
}

static void
next_input(struct play *p, uint8_t kind, uint8_t argument, const uint8_t *data, size_t size)
{
	static const struct gate_revocation entries[200] = { { 1, 1, 1 } };
	struct gate_input in = { .kind = (enum gate_input_kind)(kind % (GATE_IN_CLOCK_RULES + 1)) };
	uint8_t datagram[GATE_MESSAGE_MAX], log[GATE_LOG_SIZE];

	memset(log, argument & 3, sizeof log);
	switch (in.kind) {
	case GATE_IN_SLOT:
		p->slot = 1;
		break;
	case GATE_IN_CHANNEL_UP:
		if (gate_session_state(p->session) != GATE_SESSION_CONNECTING)
			return;
		p->channel = 1;
		in.u.channel.epoch = argument & 1;
		break;
	case GATE_IN_CHANNEL_DOWN:
		p->channel = 0;
		in.u.text = "fuzz";
		break;
	case GATE_IN_MESSAGE:
		in.u.message.bytes = datagram;
		in.u.message.size = make_datagram(p, argument, data, size, datagram);
		break;
	case GATE_IN_STORED:
		in.u.stored.log = log;
		in.u.stored.mark = argument;
		break;
	case GATE_IN_COMMAND:
		in.u.command.id[0] = argument;
		in.u.command.door = 1;
		in.u.command.command = 1;
		in.u.command.expires_mono_ms = p->now + argument * 50;
		break;
	case GATE_IN_WANT:
		in.u.want = argument;
		break;
	case GATE_IN_DIGEST:
		in.u.digest = (struct gate_digest_request){ 1, 0, 64 };
		break;
	case GATE_IN_TRANSFER:
		if (gate_session_is_transferring(p->session))
			return;
		p->plan.begin.stream = 1;
		p->plan.begin.mode = GATE_TRANSFER_FULL;
		p->plan.begin.bytes = argument * 999u;
		p->plan.begin.chunks = (p->plan.begin.bytes + GATE_CHUNK_SIZE - 1) / GATE_CHUNK_SIZE;
		p->plan.read = read_zeros;
		in.u.transfer = &p->plan;
		break;
	case GATE_IN_REVOKE:
		p->revoke = (struct gate_revoke_plan){ GATE_REVOKE_REPLACE, 0, 9, argument % 2, entries };
		in.u.revoke = &p->revoke;
		break;
	case GATE_IN_KEY_STAGE:
	case GATE_IN_KEY_USE:
	case GATE_IN_KEY_RETIRE:
		in.u.key.epoch = 1 + argument % 4;
		break;
	case GATE_IN_CLOCK_RULES:
		in.u.clock_rules.tz = "JST-9";
		break;
	case GATE_IN_TICK:
	case GATE_IN_STORE_FAILED:
	case GATE_IN_TRANSFER_STOP:
	case GATE_IN_CARDS:
	case GATE_IN_CARDS_REVOKE:
	case GATE_INPUTS:
		break;
	}
	if (in.kind == GATE_IN_SLOT && gate_session_holds_slot(p->session))
		return;
	gate_step(p->session, &in, p->now, 1760000000000 + p->now, p->out);
	obey(p);
	if (p->slot != gate_session_holds_slot(p->session))
		broke("slot accounting differs");
}

void
fuzz_session(const uint8_t *data, size_t size)
{
	static struct gate_actions out;
	struct gate_config config = { .serial = 1, .epochs = { 1, 0 } };
	struct play p = { .out = &out, .session = gate_session_new(&gate_driver_kidoban, &config) };

	if (p.session == NULL)
		return;
	for (size_t steps = 0; size >= 3 && steps < 2000; data += 3, size -= 3, steps++) {
		p.now += data[2] * (data[2] > 200 ? 100 : 5);
		next_input(&p, data[0], data[1], data + 3, size - 3);
	}
	gate_session_free(p.session);
}

/* --- a board's session ------------------------------------------------------------------------------------- */

struct board_play {
	struct gate_session *session;
	struct gate_actions out;
	int64_t now;
	int slot, channel, storing;
	uint8_t asked[UHPPOTE_SIZE];
	uint32_t last;			/* index handed over */
	uint8_t log[GATE_LOG_SIZE];
	struct uhppote_card cards[8];
	uint32_t removed[4];
	struct gate_card_plan plan;
};

static void
obey_board(struct board_play *p)
{
	for (size_t i = 0; i < p->out.count; i++) {
		const struct gate_action *a = &p->out.item[i];

		if (a->kind == GATE_ACT_SEND) {
			if (!p->channel || !p->slot || a->u.send.size != UHPPOTE_SIZE)
				broke("a board was asked without a channel or a slot, or not in 64 bytes");
			if (p->asked[0] != 0 && p->asked[1] == 0x40 && memcmp(p->asked, a->u.send.bytes, UHPPOTE_SIZE) == 0)
				broke("a door was opened twice by one command");
			memcpy(p->asked, a->u.send.bytes, UHPPOTE_SIZE);
		} else if (a->kind == GATE_ACT_CONNECT) {
			p->channel = 1;
		} else if (a->kind == GATE_ACT_DISCONNECT) {
			p->channel = 0;
		} else if (a->kind == GATE_ACT_RELEASE_SLOT) {
			p->slot = 0;
		} else if (a->kind == GATE_ACT_EVENTS) {
			if (p->storing)
				broke("events were given before those before them were stored");
			p->storing = 1;
			p->last = a->u.events.oldest + a->u.events.count - 1;
			memcpy(p->log, a->u.events.log, sizeof p->log);
		}
	}
}

/* The question with other bytes behind it is nearly an answer. */
static void
board_input(struct board_play *p, uint8_t kind, uint8_t argument, const uint8_t *data, size_t size)
{
	struct gate_input in = { .kind = (enum gate_input_kind)(kind % GATE_INPUTS) };
	uint8_t datagram[UHPPOTE_SIZE];

	if (kind >= 128)
		in.kind = kind % 3 == 0 ? GATE_IN_TICK : kind % 3 == 1 ? GATE_IN_SLOT : GATE_IN_MESSAGE;
	switch (in.kind) {
	case GATE_IN_SLOT:
		if (gate_session_holds_slot(p->session))
			return;
		p->slot = 1;
		break;
	case GATE_IN_CHANNEL_UP:
		if (gate_session_state(p->session) != GATE_SESSION_CONNECTING)
			return;
		break;
	case GATE_IN_CHANNEL_DOWN:
		p->channel = 0;
		in.u.text = "fuzz";
		break;
	case GATE_IN_MESSAGE:
		memcpy(datagram, p->asked, sizeof datagram);
		memcpy(datagram + 8, data, size < 32 ? size : 32);
		if (argument & 1 && size > 2)
			memset(datagram + 8, data[0] & 1, 4);
		if (argument >= 250)
			datagram[argument % 8] ^= 1;
		in.u.message.bytes = datagram;
		in.u.message.size = argument == 249 ? 63 : sizeof datagram;
		break;
	case GATE_IN_STORED:
	case GATE_IN_STORE_FAILED:
		if (!p->storing)
			return;
		p->storing = 0;
		in.u.stored.log = p->log;
		in.u.stored.mark = argument & 1 ? p->last : argument;
		break;
	case GATE_IN_COMMAND:
		in.u.command.id[0] = argument;
		in.u.command.door = argument % 6;
		in.u.command.command = argument % 9;
		in.u.command.value = argument % 4;
		in.u.command.expires_mono_ms = p->now + argument * 50;
		break;
	case GATE_IN_WANT:
		in.u.want = argument;
		break;
	case GATE_IN_CARDS:
		if (gate_session_is_transferring(p->session))
			return;
		for (uint32_t i = 0; i < 8; i++)
			p->cards[i] = (struct uhppote_card){ .number = i + (argument & 1), .from = { 2026, 1, 1 }, .to = { 2029, 1, 1 } };
		p->plan = (struct gate_card_plan){ argument & 2, 5, argument % 9, argument % 5, p->cards, p->removed };
		in.u.cards = &p->plan;
		break;
	case GATE_IN_CARDS_REVOKE:
		in.u.revoked.numbers = p->removed;
		in.u.revoked.count = argument % 5;
		break;
	case GATE_IN_CLOCK_RULES:
		in.u.clock_rules.tz = "JST-9";
		break;
	default:
		break;
	}
	gate_step(p->session, &in, p->now, 1760000000000 + p->now, &p->out);
	obey_board(p);
	if (p->slot != gate_session_holds_slot(p->session))
		broke("slot accounting of a board differs");
}

void
fuzz_board(const uint8_t *data, size_t size)
{
	static struct board_play p;
	struct gate_config config = { .serial = 405000001, .fresh_log = { 1 }, .board = { .doors = 15, .port = 60001,
		.address = { 127, 0, 0, 1 }, .take_listener = size % 2 } };

	memset(&p, 0, sizeof p);
	config.mark = size % 3;
	config.tail_known = size % 5 > 0;
	if ((p.session = gate_session_new(&gate_driver_uhppote, &config)) == NULL)
		return;
	for (size_t steps = 0; size >= 3 && steps < 2000; data += 3, size -= 3, steps++) {
		p.now += data[2] * (data[2] > 200 ? 100 : 5);
		board_input(&p, data[0], data[1], data + 3, size - 3);
	}
	gate_session_free(p.session);
}
