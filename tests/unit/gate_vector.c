/*
 * The worked examples. Their values are chosen to be told apart in hex, not to be likely.
 */
#include <string.h>

#include "gate/codes.h"
#include "gate_vector.h"

#define TIME_MS UINT64_C(1760000000123)	/* 2025-10-09T08:53:20.123Z */

static void
fill(uint8_t *p, size_t size, uint8_t first)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(first + i);
}

static void
hello(struct gate_message *m)
{
	m->type = GATE_HELLO;
	m->u.hello.version_low = m->u.hello.version_high = 1;
	fill(m->u.hello.digest_key, GATE_KEY_SIZE, 0x40);
	m->u.hello.time_ms = TIME_MS;
}

static void
hello_reply(struct gate_message *m)
{
	struct gate_hello_reply *r = &m->u.hello_reply;

	m->type = GATE_HELLO | GATE_REPLY;
	r->serial = UINT64_C(0x00005e0053000101);
	r->version = r->version_low = r->version_high = 1;
	r->capabilities = GATE_CAN_ALL;
	r->doors = 2;
	fill(r->log, GATE_LOG_SIZE, 0xA0);
	r->oldest = 1001;
	r->newest = 1234;
	r->acked = 1200;
	r->boot = 7;
	r->time_ms = TIME_MS;
	r->epochs[0] = 1;
	r->epochs[1] = GATE_EPOCH_NONE;
	r->revisions[STREAM_PERMITS - 1] = 56;
	r->revisions[STREAM_REVOCATIONS - 1] = 57;
	strcpy(r->firmware, "1.0.3");
	strcpy(r->model, "KD-2");
}

static void
status(struct gate_message *m)
{
	m->type = GATE_STATUS;
}

static void
status_reply(struct gate_message *m)
{
	struct gate_status_reply *r = &m->u.status_reply;

	m->type = GATE_STATUS | GATE_REPLY;
	r->time_ms = TIME_MS;
	r->boot = 7;
	fill(r->log, GATE_LOG_SIZE, 0xA0);
	r->oldest = 1001;
	r->newest = 1234;
	r->flags = GATE_FLAG_TAMPER;
	r->power = GATE_POWER_MAINS;
	r->door_count = 2;
	r->doors[0] = (struct gate_door_status){ 1, LOCK_STATE_LOCKED, ARM_STATE_DISARMED, DOOR_STATE_CLOSED,
		VERIFICATION_MODE_CARD, UNLOCK_MODE_ONE_SHOT, 0 };
	r->doors[1] = (struct gate_door_status){ 2, LOCK_STATE_UNLOCKED, ARM_STATE_DISARMED, DOOR_STATE_OPEN,
		VERIFICATION_MODE_CARD_AND_PIN, UNLOCK_MODE_CONTINUOUS, GATE_ALARM_BIT(EVENT_DOOR_OPEN_TOO_LONG) };
	r->stream_count = 1;
	r->streams[0].stream = STREAM_PERMITS;
	r->streams[0].revision = 56;
	fill(r->streams[0].digest, GATE_SUM_SIZE, 0xD0);
}

static void
events(struct gate_message *m)
{
	m->type = GATE_EVENTS;
	fill(m->u.events.log, GATE_LOG_SIZE, 0xA0);
	m->u.events.acked = 1200;
	m->u.events.after = 1200;
	m->u.events.max = GATE_EVENTS_A_MESSAGE;
}

static void
events_reply(struct gate_message *m)
{
	struct gate_events_reply *r = &m->u.events_reply;

	m->type = GATE_EVENTS | GATE_REPLY;
	fill(r->log, GATE_LOG_SIZE, 0xA0);
	r->oldest = 1001;
	r->newest = 1203;
	r->count = 3;
	r->events[0] = (struct gate_event){ .seq = 1201, .time_ms = TIME_MS, .kind = EVENT_ENTRY, .door = 1,
		.reader = READER_SIDE_ENTRY, .credential = 4711, .revision = 56 };
	r->events[1] = (struct gate_event){ .seq = 1202, .time_ms = TIME_MS + 2000, .kind = EVENT_UNKNOWN_CARD, .door = 2,
		.reader = READER_SIDE_ENTRY, .revision = 56, .card = "00123Az", .detail = "読取1回" };
	r->events[2] = (struct gate_event){ .seq = 1203, .time_ms = TIME_MS + 3000, .kind = EVENT_UNLOCK, .door = 1,
		.flags = GATE_EVENT_BY_COMMAND };
	fill(r->events[2].command, GATE_ID_SIZE, 0x10);
}

static void
command(struct gate_message *m)
{
	m->type = GATE_COMMAND;
	fill(m->u.command.id, GATE_ID_SIZE, 0x10);
	m->u.command.door = 1;
	m->u.command.command = COMMAND_SET_UNLOCK_MODE;
	m->u.command.value = UNLOCK_MODE_TOGGLE;
	m->u.command.ttl_ms = 95000;
	m->u.command.operator_id = 3;
}

static void
command_reply(struct gate_message *m)
{
	struct gate_command_reply *r = &m->u.command_reply;

	m->type = GATE_COMMAND | GATE_REPLY;
	fill(r->id, GATE_ID_SIZE, 0x10);
	r->outcome = OUTCOME_REFUSED;
	r->repeated = 1;
	r->door = (struct gate_door_status){ 1, LOCK_STATE_FAULT, ARM_STATE_ARMED, DOOR_STATE_NO_SENSOR,
		VERIFICATION_MODE_VEIN, UNLOCK_MODE_TOGGLE, GATE_ALARM_BIT(EVENT_LOCK_FAULT) };
	strcpy(r->reason, "lock fault");
}

static void
clock_set(struct gate_message *m)
{
	struct gate_clock *c = &m->u.clock;

	m->type = GATE_CLOCK;
	c->set = 1;
	c->time_ms = TIME_MS;
	strcpy(c->tz, "JST-9");
	c->transition_count = 1;
	c->transitions[0] = (struct gate_transition){ 1761440400, -3600 };
}

static void
clock_reply(struct gate_message *m)
{
	m->type = GATE_CLOCK | GATE_REPLY;
	m->u.clock_reply.before_ms = TIME_MS - 1500;
	m->u.clock_reply.after_ms = TIME_MS;
}

static void
digest(struct gate_message *m)
{
	m->type = GATE_DIGEST;
	m->u.digest = (struct gate_digest_request){ STREAM_PERMITS, 192, 64 };
}

static void
digest_reply(struct gate_message *m)
{
	struct gate_digest_reply *r = &m->u.digest_reply;

	m->type = GATE_DIGEST | GATE_REPLY;
	r->stream = STREAM_PERMITS;
	r->revision = 56;
	r->records = 500;
	fill(r->whole, GATE_SUM_SIZE, 0xD0);
	r->first = 254;
	r->count = 2;
	fill(r->sums[0], GATE_SUM_SIZE, 0x20);
	fill(r->sums[1], GATE_SUM_SIZE, 0x30);
}

static void
transfer_begin(struct gate_message *m)
{
	struct gate_transfer_begin *t = &m->u.transfer_begin;

	m->type = GATE_TRANSFER_BEGIN;
	fill(t->transfer, GATE_ID_SIZE, 0x60);
	t->stream = STREAM_PERMITS;
	t->mode = GATE_TRANSFER_DELTA;
	t->from = 56;
	t->to = 60;
	t->bytes = 1056;
	t->chunks = 2;
	fill(t->sha256, GATE_HASH_SIZE, 0x80);
}

static void
transfer_begin_reply(struct gate_message *m)
{
	m->type = GATE_TRANSFER_BEGIN | GATE_REPLY;
	m->u.transfer_begin_reply = (struct gate_transfer_begin_reply){ GATE_TRANSFER_RESUMED, 9, 1 };
}

static void
transfer_chunk(struct gate_message *m)
{
	static const uint8_t data[] = "abcdefghijklmnopqrstuvwxyz012345";

	m->type = GATE_TRANSFER_CHUNK;
	m->u.transfer_chunk = (struct gate_transfer_chunk){ 9, 1, 32, data };
}

static void
transfer_chunk_reply(struct gate_message *m)
{
	m->type = GATE_TRANSFER_CHUNK | GATE_REPLY;
	m->u.transfer_chunk_reply = (struct gate_transfer_chunk_reply){ 9, 16, 5 };
}

static void
transfer_commit(struct gate_message *m)
{
	m->type = GATE_TRANSFER_COMMIT;
	m->u.transfer_handle.handle = 9;
}

static void
transfer_commit_reply(struct gate_message *m)
{
	struct gate_transfer_commit_reply *r = &m->u.transfer_commit_reply;

	m->type = GATE_TRANSFER_COMMIT | GATE_REPLY;
	r->handle = 9;
	r->outcome = GATE_TRANSFER_SWITCHED;
	r->revision = 60;
	r->records = 501;
	fill(r->digest, GATE_SUM_SIZE, 0xD0);
}

static void
transfer_abort(struct gate_message *m)
{
	transfer_commit(m);
	m->type = GATE_TRANSFER_ABORT;
}

static void
transfer_abort_reply(struct gate_message *m)
{
	transfer_commit(m);
	m->type = GATE_TRANSFER_ABORT | GATE_REPLY;
}

static void
revoke(struct gate_message *m)
{
	struct gate_revoke *r = &m->u.revoke;

	m->type = GATE_REVOKE;
	r->mode = GATE_REVOKE_ADD;
	r->last = 1;
	r->from = 57;
	r->to = 61;
	r->count = 2;
	r->entries[0] = (struct gate_revocation){ 4711, REVOCATION_REASON_LOST, 61 };
	r->entries[1] = (struct gate_revocation){ 815, REVOCATION_REASON_DISABLED, 60 };
}

static void
revoke_reply(struct gate_message *m)
{
	m->type = GATE_REVOKE | GATE_REPLY;
	m->u.revoke_reply = (struct gate_revoke_reply){ 61, 5, 1 };
}

static void
key_stage(struct gate_message *m)
{
	m->type = GATE_KEY_STAGE;
	m->u.key_stage.epoch = 2;
	fill(m->u.key_stage.key, GATE_KEY_SIZE, 0xE0);
}

static void
key_stage_reply(struct gate_message *m)
{
	m->type = GATE_KEY_STAGE | GATE_REPLY;
	m->u.key_reply = (struct gate_key_reply){ { 1, 2 } };
}

static void
key_retire(struct gate_message *m)
{
	m->type = GATE_KEY_RETIRE;
	m->u.key_retire.epoch = 1;
}

static void
key_retire_reply(struct gate_message *m)
{
	m->type = GATE_KEY_RETIRE | GATE_REPLY;
	m->u.key_reply = (struct gate_key_reply){ { GATE_EPOCH_NONE, 2 } };
}

static void
read_back(struct gate_message *m)
{
	m->type = GATE_READ_BACK;
	m->u.read_back = (struct gate_read_back){ STREAM_GATE_PARAMETERS, 1024 };
}

static void
read_back_reply(struct gate_message *m)
{
	/* door 1: unlock_time 7 s, door_open_watch_time 45 s */
	static const uint8_t data[] = { 1, 0, 9, 1, 2, 2, 1, 7, 4, 2, 0, 45 };

	m->type = GATE_READ_BACK | GATE_REPLY;
	m->u.read_back_reply = (struct gate_read_back_reply){ STREAM_GATE_PARAMETERS, 33, sizeof data, 0, sizeof data, data };
}

static void
restart(struct gate_message *m)
{
	m->type = GATE_RESTART;
	m->u.restart.delay_ms = 500;
}

static void
restart_reply(struct gate_message *m)
{
	m->type = GATE_RESTART | GATE_REPLY;
}

static void
alarm_stop(struct gate_message *m)
{
	m->type = GATE_ALARM_STOP;
	m->u.door.door = 2;
}

static void
alarm_stop_reply(struct gate_message *m)
{
	m->type = GATE_ALARM_STOP | GATE_REPLY;
	m->u.door.door = 2;
}

static void
apb_move(struct gate_message *m)
{
	struct gate_apb_move *a = &m->u.apb_move;

	m->type = GATE_APB_MOVE;
	a->mode = GATE_APB_SET;
	a->count = 2;
	a->moves[0] = (struct gate_move){ 4711, 3, TIME_MS };
	a->moves[1] = (struct gate_move){ 815, GATE_AREA_UNKNOWN, TIME_MS };
}

static void
apb_move_reply(struct gate_message *m)
{
	m->type = GATE_APB_MOVE | GATE_REPLY;
	m->u.apb_move_reply.changed = 1;
}

static void
error(struct gate_message *m)
{
	m->type = GATE_ERROR;
	m->u.error.code = GATE_ERROR_BUSY;
	strcpy(m->u.error.text, "switching");
}

const struct gate_vector gate_vectors[] = {
	{ "hello", hello }, { "hello reply", hello_reply },
	{ "status", status }, { "status reply", status_reply },
	{ "events", events }, { "events reply", events_reply },
	{ "command", command }, { "command reply", command_reply },
	{ "clock", clock_set }, { "clock reply", clock_reply },
	{ "digest", digest }, { "digest reply", digest_reply },
	{ "transfer begin", transfer_begin }, { "transfer begin reply", transfer_begin_reply },
	{ "transfer chunk", transfer_chunk }, { "transfer chunk reply", transfer_chunk_reply },
	{ "transfer commit", transfer_commit }, { "transfer commit reply", transfer_commit_reply },
	{ "transfer abort", transfer_abort }, { "transfer abort reply", transfer_abort_reply },
	{ "revoke", revoke }, { "revoke reply", revoke_reply },
	{ "key stage", key_stage }, { "key stage reply", key_stage_reply },
	{ "key retire", key_retire }, { "key retire reply", key_retire_reply },
	{ "read back", read_back }, { "read back reply", read_back_reply },
	{ "restart", restart }, { "restart reply", restart_reply },
	{ "alarm stop", alarm_stop }, { "alarm stop reply", alarm_stop_reply },
	{ "apb move", apb_move }, { "apb move reply", apb_move_reply },
	{ "error", error },
};
const size_t gate_vector_count = sizeof gate_vectors / sizeof gate_vectors[0];

void
gate_vector_permit(struct gate_permit *p)
{
	*p = (struct gate_permit){ .credential = 4711, .card = "00123Az", .valid_from = 13510080,
		.valid_to = GATE_MINUTE_UNBOUNDED_TO, .levels = { 1, 0, 8 }, .pin = "0042", .apb_exempt = true };
}
