/*
 * The controller in memory.
 */
#include <openssl/evp.h>
#include <string.h>

#include "gate/codes.h"
#include "model.h"

void
model_new_log(struct model *c)
{
	memset(c->log, ++c->logs, sizeof c->log);
	c->oldest = 1;
	c->newest = c->acked = 0;
}

void
model_init(struct model *c, uint64_t serial)
{
	memset(c, 0, sizeof *c);
	c->serial = serial;
	c->boot = 1;
	c->epochs[0] = 1;
	c->epochs[1] = GATE_EPOCH_NONE;
	model_new_log(c);
}

void
model_event(const struct model *c, uint32_t seq, struct gate_event *e)
{
	memset(e, 0, sizeof *e);
	e->seq = seq;
	e->time_ms = UINT64_C(1760000000000) + seq * UINT64_C(1000) + c->logs;
	e->kind = seq % 7 == 0 ? EVENT_UNKNOWN_CARD : EVENT_ENTRY;
	e->door = (uint8_t)(1 + seq % 2);
	e->reader = READER_SIDE_ENTRY;
	e->credential = seq % 7 == 0 ? 0 : 100 + seq;
	if (seq % 7 == 0)
		memcpy(e->card, "0012Ab", 7);
}

const struct model_command *
model_find(const struct model *c, const uint8_t *id)
{
	for (size_t i = 0; i < c->command_count; i++)
		if (memcmp(c->commands[i].id, id, GATE_ID_SIZE) == 0)
			return &c->commands[i];
	return NULL;
}

static void
refuse(struct gate_message *r, uint16_t code)
{
	r->type = GATE_ERROR;
	r->u.error.code = code;
	r->u.error.text[0] = '\0';
}

static void
answer_hello(struct model *c, struct gate_message *r, int64_t wall)
{
	struct gate_hello_reply *h = &r->u.hello_reply;

	c->greeted = true;
	h->serial = c->serial;
	h->version = h->version_low = h->version_high = 1;
	h->capabilities = GATE_CAN_ALL;
	h->doors = 2;
	memcpy(h->log, c->log, sizeof h->log);
	h->oldest = c->oldest;
	h->newest = c->newest;
	h->acked = c->acked;
	h->boot = c->boot;
	h->time_ms = (uint64_t)(wall + c->clock_error_ms);
	memcpy(h->epochs, c->epochs, sizeof h->epochs);
	memcpy(h->revisions, c->revisions, sizeof h->revisions);
}

static void
answer_status(const struct model *c, struct gate_message *r, int64_t wall)
{
	struct gate_status_reply *s = &r->u.status_reply;

	s->time_ms = (uint64_t)(wall + c->clock_error_ms);
	s->boot = c->boot;
	memcpy(s->log, c->log, sizeof s->log);
	s->oldest = c->oldest;
	s->newest = c->newest;
	s->power = GATE_POWER_MAINS;
	s->door_count = 2;
	for (uint8_t i = 0; i < 2; i++)
		s->doors[i] = (struct gate_door_status){ (uint8_t)(i + 1), LOCK_STATE_LOCKED, ARM_STATE_DISARMED,
			DOOR_STATE_CLOSED, VERIFICATION_MODE_CARD, UNLOCK_MODE_ONE_SHOT, 0 };
}

static void
answer_events(struct model *c, const struct gate_events *q, struct gate_message *r)
{
	struct gate_events_reply *e = &r->u.events_reply;
	bool known = memcmp(q->log, c->log, sizeof c->log) == 0;
	uint32_t seq = known ? q->after + 1 : 1;
	size_t room = GATE_EVENTS_ROOM;

	if (known && q->acked > c->newest) {
		refuse(r, GATE_ERROR_MALFORMED);
		return;
	}
	if (known && q->acked > c->acked)
		c->acked = q->acked;
	memcpy(e->log, c->log, sizeof e->log);
	e->oldest = c->oldest;
	e->newest = c->newest;
	if (seq < c->oldest)
		seq = c->oldest;
	for (; seq <= c->newest && e->count < q->max && e->count < GATE_EVENTS_A_MESSAGE; seq++) {
		struct gate_event *one = &e->events[e->count];

		if (seq == c->hole)
			continue;
		model_event(c, seq, one);
		if (gate_event_size(one) > room)
			break;
		room -= gate_event_size(one);
		e->count++;
	}
}

static void
answer_command(struct model *c, const struct gate_command *q, struct gate_message *r, int64_t now)
{
	const struct model_command *found = model_find(c, q->id);
	struct model_command *known = found == NULL ? NULL : &c->commands[found - c->commands];

	memcpy(r->u.command_reply.id, q->id, GATE_ID_SIZE);
	if (known == NULL) {
		known = &c->commands[c->command_count++ % MODEL_COMMANDS];
		memset(known, 0, sizeof *known);
		memcpy(known->id, q->id, GATE_ID_SIZE);
		if (now - c->session_ms > q->ttl_ms) {
			known->outcome = OUTCOME_EXPIRED;
		} else {
			known->outcome = OUTCOME_DONE;
			known->acts++;
			c->newest++;
		}
	} else {
		r->u.command_reply.repeated = 1;
	}
	known->asked++;
	r->u.command_reply.outcome = known->outcome;
	r->u.command_reply.door = (struct gate_door_status){ q->door, LOCK_STATE_UNLOCKED, ARM_STATE_DISARMED,
		DOOR_STATE_CLOSED, VERIFICATION_MODE_CARD, UNLOCK_MODE_ONE_SHOT, 0 };
}

static void
answer_clock(struct model *c, const struct gate_message *q, struct gate_message *r, int64_t wall)
{
	r->u.clock_reply.before_ms = (uint64_t)(wall + c->clock_error_ms);
	if (q->u.clock.set && q->exchange > c->last_clock) {
		c->last_clock = q->exchange;
		c->clock_error_ms = (int64_t)q->u.clock.time_ms - wall;
		c->clock_sets++;
	}
	r->u.clock_reply.after_ms = (uint64_t)(wall + c->clock_error_ms);
}

static uint32_t
contiguous(const struct model *c)
{
	uint32_t n = 0;

	while (n < c->begin.chunks && c->have[n])
		n++;
	return n;
}

static void
answer_begin(struct model *c, const struct gate_transfer_begin *q, struct gate_message *r)
{
	struct gate_transfer_begin_reply *b = &r->u.transfer_begin_reply;

	if (q->bytes > MODEL_PAYLOAD_MAX) {
		refuse(r, GATE_ERROR_NO_SPACE);
		return;
	}
	if (q->mode == GATE_TRANSFER_DELTA && q->from != c->revisions[q->stream - 1] &&
	    memcmp(q->transfer, c->committed_id, GATE_ID_SIZE) != 0) {
		refuse(r, GATE_ERROR_BASE);
		return;
	}
	b->state = GATE_TRANSFER_RESUMED;
	if (!c->staged || memcmp(q->transfer, c->begin.transfer, GATE_ID_SIZE) != 0) {
		memset(c->have, 0, sizeof c->have);
		c->begin = *q;
		c->staged = true;
		b->state = GATE_TRANSFER_FRESH;
	}
	if (memcmp(q->transfer, c->committed_id, GATE_ID_SIZE) == 0)
		b->state = GATE_TRANSFER_ALREADY;
	b->handle = c->session;
	b->contiguous = contiguous(c);
}

static void
answer_chunk(struct model *c, const struct gate_transfer_chunk *q, struct gate_message *r)
{
	struct gate_transfer_chunk_reply *a = &r->u.transfer_chunk_reply;

	if (!c->staged || q->handle != c->session || q->index >= c->begin.chunks) {
		refuse(r, GATE_ERROR_NO_SUCH_TRANSFER);
		return;
	}
	if (c->have[q->index])
		c->chunks_again++;
	else
		c->chunks_new++;
	memcpy(c->payload + (size_t)q->index * GATE_CHUNK_SIZE, q->data, q->size);
	c->have[q->index] = true;
	a->handle = q->handle;
	a->contiguous = contiguous(c);
	for (uint32_t i = 0; i < 64 && a->contiguous + 1 + i < c->begin.chunks; i++)
		a->bitmap |= (uint64_t)c->have[a->contiguous + 1 + i] << i;
}

static void
answer_commit(struct model *c, uint32_t handle, struct gate_message *r)
{
	struct gate_transfer_commit_reply *a = &r->u.transfer_commit_reply;
	uint8_t hash[GATE_HASH_SIZE];

	if (!c->staged || handle != c->session) {
		refuse(r, GATE_ERROR_NO_SUCH_TRANSFER);
		return;
	}
	a->handle = handle;
	EVP_Digest(c->payload, c->begin.bytes, hash, NULL, EVP_sha256(), NULL);
	if (contiguous(c) < c->begin.chunks) {
		a->outcome = GATE_TRANSFER_INCOMPLETE;
	} else if (memcmp(hash, c->begin.sha256, sizeof hash) != 0) {
		a->outcome = GATE_TRANSFER_BAD_HASH;
		c->staged = false;
	} else {
		a->outcome = GATE_TRANSFER_SWITCHED;
		if (memcmp(c->committed_id, c->begin.transfer, GATE_ID_SIZE) != 0)
			c->commits++;
		memcpy(c->committed_id, c->begin.transfer, GATE_ID_SIZE);
		c->revisions[c->begin.stream - 1] = c->begin.to;
	}
	a->revision = c->revisions[c->begin.stream - 1];
}

static void
answer_revoke(struct model *c, const struct gate_revoke *q, struct gate_message *r)
{
	uint64_t *held = &c->revisions[STREAM_REVOCATIONS - 1];

	if (q->mode == GATE_REVOKE_ADD && q->from != *held && q->to != *held) {
		refuse(r, GATE_ERROR_BASE);
		return;
	}
	if (q->part == 0) {
		c->revoke_part = 0;
		c->revoke_entries = 0;
	}
	if (q->part > c->revoke_part) {
		refuse(r, GATE_ERROR_NO_SUCH_TRANSFER);
		return;
	}
	if (q->part == c->revoke_part) {
		c->revoke_part++;
		c->revoke_entries += q->count;
	}
	if (q->last) {
		*held = q->to;
		c->revoked = q->mode == GATE_REVOKE_REPLACE ? c->revoke_entries : c->revoked + c->revoke_entries;
	}
	r->u.revoke_reply.revision = *held;
	r->u.revoke_reply.entries = c->revoked;
	r->u.revoke_reply.next_part = c->revoke_part;
}

static void
answer_key(struct model *c, const struct gate_message *q, struct gate_message *r)
{
	uint32_t epoch = q->type == GATE_KEY_STAGE ? q->u.key_stage.epoch : q->u.key_retire.epoch;
	size_t at = c->epochs[0] == epoch ? 0 : c->epochs[1] == epoch ? 1 : 2;

	if (q->type == GATE_KEY_STAGE && at == 2)
		c->epochs[c->epochs[0] == GATE_EPOCH_NONE ? 0 : 1] = epoch;
	else if (q->type == GATE_KEY_RETIRE && at < 2)
		c->epochs[at] = GATE_EPOCH_NONE;
	memcpy(r->u.key_reply.epochs, c->epochs, sizeof c->epochs);
}

static void
answer(struct model *c, const struct gate_message *q, struct gate_message *r, int64_t now, int64_t wall)
{
	switch (q->type) {
	case GATE_HELLO:
		answer_hello(c, r, wall);
		break;
	case GATE_STATUS:
		answer_status(c, r, wall);
		break;
	case GATE_EVENTS:
		answer_events(c, &q->u.events, r);
		break;
	case GATE_COMMAND:
		answer_command(c, &q->u.command, r, now);
		break;
	case GATE_CLOCK:
		answer_clock(c, q, r, wall);
		break;
	case GATE_TRANSFER_BEGIN:
		answer_begin(c, &q->u.transfer_begin, r);
		break;
	case GATE_TRANSFER_CHUNK:
		answer_chunk(c, &q->u.transfer_chunk, r);
		break;
	case GATE_TRANSFER_COMMIT:
		answer_commit(c, q->u.transfer_handle.handle, r);
		break;
	case GATE_REVOKE:
		answer_revoke(c, &q->u.revoke, r);
		break;
	case GATE_KEY_STAGE:
	case GATE_KEY_RETIRE:
		answer_key(c, q, r);
		break;
	default:
		refuse(r, GATE_ERROR_UNSUPPORTED);
	}
}

/* Puts nonsense into the record of c->bad_event: door 99. */
static void
spoil(const struct model *c, uint8_t *out)
{
	uint8_t *record = out + GATE_HEADER_SIZE + 25;

	for (unsigned n = out[GATE_HEADER_SIZE + 24]; n > 0; n--, record += 1 + record[0])
		if (((uint32_t)record[1] << 24 | (uint32_t)record[2] << 16 | (uint32_t)record[3] << 8 | record[4]) ==
		    c->bad_event)
			record[1 + 14] = 99;
}

size_t
model_answer(struct model *c, const uint8_t *in, size_t size, int64_t now, int64_t wall, uint8_t *out)
{
	struct gate_message q, r;
	int length;

	if (c->hangs)
		return 0;
	memset(&r, 0, sizeof r);
	if (gate_decode(in, size, &q) != GATE_OK)
		refuse(&r, GATE_ERROR_MALFORMED);
	else if (!c->greeted && q.type != GATE_HELLO)
		refuse(&r, GATE_ERROR_NOT_GREETED);
	else if (c->refusals > 0 && q.type == c->refuse_type && c->refusals-- > 0)
		refuse(&r, c->refuse_code);
	else {
		r.type = q.type | GATE_REPLY;
		answer(c, &q, &r, now, wall);
	}
	r.exchange = q.exchange;
	length = gate_encode(&r, out, GATE_MESSAGE_MAX);
	if (length > 0 && r.type == (GATE_EVENTS | GATE_REPLY) && c->bad_event != 0)
		spoil(c, out);
	return length < 0 ? 0 : (size_t)length;
}
