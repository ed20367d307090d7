/*
 * The layouts of all messages, as tables. doc/gate-protocol.md has the same in prose; a unit test holds the least and
 * greatest lengths here against the fields.
 */
#include "gate/codec.h"

#define INT(S, M, LO, HI) { FIELD_INT, sizeof ((struct S *)0)->M, offsetof(struct S, M), 0, LO, HI, NULL, #M }
/* Any value; 64-bit ones (revisions, times) are signed elsewhere. */
#define ANY(S, M) INT(S, M, 0, sizeof ((struct S *)0)->M == 8 ? INT64_MAX : \
    (UINT64_C(1) << 8 * (sizeof ((struct S *)0)->M % 8)) - 1)
#define BYTES(S, M) { FIELD_BYTES, sizeof ((struct S *)0)->M, offsetof(struct S, M), 0, 0, 0, NULL, #M }
#define TEXT(S, M) { FIELD_TEXT, sizeof ((struct S *)0)->M - 1, offsetof(struct S, M), 0, 0, 0, NULL, #M }
#define DATA(S, M, LO, HI) { FIELD_DATA, 0, offsetof(struct S, M), offsetof(struct S, size), LO, HI, NULL, #M }
#define LIST(S, M, N, LO, HI, ITEMS) \
	{ FIELD_LIST, sizeof ((struct S *)0)->M[0], offsetof(struct S, M), offsetof(struct S, N), LO, HI, ITEMS, #M }
#define END { .kind = FIELD_END }

static const struct field empty_fields[] = { END };

static const struct field hello_fields[] = {
	INT(gate_hello, version_low, 1, 255),
	INT(gate_hello, version_high, 1, 255),
	BYTES(gate_hello, digest_key),
	ANY(gate_hello, time_ms),
	END,
};

static const struct field sum_items[] = { { FIELD_BYTES, GATE_SUM_SIZE, 0, 0, 0, 0, NULL, "sum" }, END };

static const struct field hello_reply_fields[] = {
	INT(gate_hello_reply, serial, 0, UINT64_MAX),
	INT(gate_hello_reply, version, 1, 255),
	INT(gate_hello_reply, version_low, 1, 255),
	INT(gate_hello_reply, version_high, 1, 255),
	ANY(gate_hello_reply, capabilities),
	INT(gate_hello_reply, doors, 1, GATE_DOORS_MAX),
	BYTES(gate_hello_reply, log),
	INT(gate_hello_reply, oldest, 1, UINT32_MAX),
	ANY(gate_hello_reply, newest),
	ANY(gate_hello_reply, acked),
	ANY(gate_hello_reply, boot),
	ANY(gate_hello_reply, time_ms),
	ANY(gate_hello_reply, epochs[0]),
	ANY(gate_hello_reply, epochs[1]),
	ANY(gate_hello_reply, revisions[0]),
	ANY(gate_hello_reply, revisions[1]),
	ANY(gate_hello_reply, revisions[2]),
	ANY(gate_hello_reply, revisions[3]),
	ANY(gate_hello_reply, revisions[4]),
	ANY(gate_hello_reply, revisions[5]),
	ANY(gate_hello_reply, revisions[6]),
	TEXT(gate_hello_reply, firmware),
	TEXT(gate_hello_reply, model),
	END,
};

static const struct field door_items[] = {
	INT(gate_door_status, door, 1, GATE_DOORS_MAX),
	INT(gate_door_status, lock_state, 0, 3),
	INT(gate_door_status, arm_state, 0, 2),
	INT(gate_door_status, door_state, 0, 3),
	INT(gate_door_status, verification_mode, 0, 6),
	INT(gate_door_status, unlock_mode, 0, 3),
	INT(gate_door_status, alarms, 0, GATE_ALARMS_ALL),
	END,
};

static const struct field stream_items[] = {
	INT(gate_stream_status, stream, 1, GATE_STREAMS),
	ANY(gate_stream_status, revision),
	BYTES(gate_stream_status, digest),
	END,
};

static const struct field status_reply_fields[] = {
	ANY(gate_status_reply, time_ms),
	ANY(gate_status_reply, boot),
	BYTES(gate_status_reply, log),
	INT(gate_status_reply, oldest, 1, UINT32_MAX),
	ANY(gate_status_reply, newest),
	INT(gate_status_reply, flags, 0, GATE_FLAGS_ALL),
	INT(gate_status_reply, power, GATE_POWER_MAINS, GATE_POWER_BATTERY_LOW),
	LIST(gate_status_reply, doors, door_count, 1, GATE_DOORS_MAX, door_items),
	LIST(gate_status_reply, streams, stream_count, 0, GATE_STREAMS, stream_items),
	END,
};

static const struct field events_fields[] = {
	BYTES(gate_events, log),
	ANY(gate_events, acked),
	ANY(gate_events, after),
	ANY(gate_events, max),
	END,
};

static const struct field events_reply_fields[] = {
	BYTES(gate_events_reply, log),
	INT(gate_events_reply, oldest, 1, UINT32_MAX),
	ANY(gate_events_reply, newest),
	{ FIELD_EVENTS, sizeof (struct gate_event), offsetof(struct gate_events_reply, events),
	    offsetof(struct gate_events_reply, count), 0, GATE_EVENTS_A_MESSAGE, NULL, "events" },
	END,
};

static const struct field command_fields[] = {
	BYTES(gate_command, id),
	INT(gate_command, door, 0, GATE_DOORS_MAX),
	INT(gate_command, command, 1, 8),
	INT(gate_command, value, 0, 6),
	ANY(gate_command, ttl_ms),
	ANY(gate_command, operator_id),
	END,
};

static const struct field command_reply_fields[] = {
	BYTES(gate_command_reply, id),
	INT(gate_command_reply, outcome, 3, 7),
	INT(gate_command_reply, repeated, 0, 1),
	INT(gate_command_reply, door.door, 0, GATE_DOORS_MAX),
	INT(gate_command_reply, door.lock_state, 0, 3),
	INT(gate_command_reply, door.arm_state, 0, 2),
	INT(gate_command_reply, door.door_state, 0, 3),
	INT(gate_command_reply, door.verification_mode, 0, 6),
	INT(gate_command_reply, door.unlock_mode, 0, 3),
	INT(gate_command_reply, door.alarms, 0, GATE_ALARMS_ALL),
	TEXT(gate_command_reply, reason),
	END,
};

static const struct field transition_items[] = {
	INT(gate_transition, at_s, 0, INT64_MAX / 1000),
	{ FIELD_OFFSET, 4, offsetof(struct gate_transition, offset_s), 0, 0, 0, NULL, "offset_s" },
	END,
};

static const struct field clock_fields[] = {
	INT(gate_clock, set, 0, 1),
	ANY(gate_clock, time_ms),
	TEXT(gate_clock, tz),
	LIST(gate_clock, transitions, transition_count, 0, GATE_TRANSITIONS_MAX, transition_items),
	END,
};

static const struct field clock_reply_fields[] = {
	ANY(gate_clock_reply, before_ms),
	ANY(gate_clock_reply, after_ms),
	END,
};

static const struct field digest_fields[] = {
	INT(gate_digest_request, stream, 1, GATE_STREAMS),
	ANY(gate_digest_request, first),
	INT(gate_digest_request, count, 1, GATE_BUCKETS_A_MESSAGE),
	END,
};

static const struct field digest_reply_fields[] = {
	INT(gate_digest_reply, stream, 1, GATE_STREAMS),
	ANY(gate_digest_reply, revision),
	ANY(gate_digest_reply, records),
	BYTES(gate_digest_reply, whole),
	ANY(gate_digest_reply, first),
	LIST(gate_digest_reply, sums, count, 1, GATE_BUCKETS_A_MESSAGE, sum_items),
	END,
};

static const struct field transfer_begin_fields[] = {
	BYTES(gate_transfer_begin, transfer),
	INT(gate_transfer_begin, stream, 1, GATE_STREAMS),
	INT(gate_transfer_begin, mode, GATE_TRANSFER_FULL, GATE_TRANSFER_BUCKETS),
	ANY(gate_transfer_begin, from),
	ANY(gate_transfer_begin, to),
	ANY(gate_transfer_begin, bytes),
	INT(gate_transfer_begin, chunks, 0, UINT32_MAX / GATE_CHUNK_SIZE + 1),
	BYTES(gate_transfer_begin, sha256),
	BYTES(gate_transfer_begin, buckets),
	END,
};

static const struct field transfer_begin_reply_fields[] = {
	INT(gate_transfer_begin_reply, state, GATE_TRANSFER_FRESH, GATE_TRANSFER_ALREADY),
	INT(gate_transfer_begin_reply, handle, 1, UINT32_MAX),
	ANY(gate_transfer_begin_reply, contiguous),
	END,
};

static const struct field transfer_chunk_fields[] = {
	INT(gate_transfer_chunk, handle, 1, UINT32_MAX),
	ANY(gate_transfer_chunk, index),
	DATA(gate_transfer_chunk, data, 1, GATE_CHUNK_SIZE),
	END,
};

static const struct field transfer_chunk_reply_fields[] = {
	INT(gate_transfer_chunk_reply, handle, 1, UINT32_MAX),
	ANY(gate_transfer_chunk_reply, contiguous),
	INT(gate_transfer_chunk_reply, bitmap, 0, UINT64_MAX),
	END,
};

static const struct field transfer_handle_fields[] = {
	INT(gate_transfer_handle, handle, 1, UINT32_MAX),
	END,
};

static const struct field transfer_commit_reply_fields[] = {
	INT(gate_transfer_commit_reply, handle, 1, UINT32_MAX),
	INT(gate_transfer_commit_reply, outcome, GATE_TRANSFER_SWITCHED, GATE_TRANSFER_OUTCOME_LAST),
	ANY(gate_transfer_commit_reply, revision),
	ANY(gate_transfer_commit_reply, records),
	BYTES(gate_transfer_commit_reply, digest),
	TEXT(gate_transfer_commit_reply, reason),
	END,
};

static const struct field revocation_items[] = {
	INT(gate_revocation, credential, 1, UINT32_MAX),
	INT(gate_revocation, reason, 1, 4),
	ANY(gate_revocation, revision),
	END,
};

static const struct field revoke_fields[] = {
	INT(gate_revoke, mode, GATE_REVOKE_REPLACE, GATE_REVOKE_ADD),
	INT(gate_revoke, last, 0, 1),
	ANY(gate_revoke, part),
	ANY(gate_revoke, from),
	ANY(gate_revoke, to),
	LIST(gate_revoke, entries, count, 0, GATE_REVOCATIONS_A_MESSAGE, revocation_items),
	END,
};

static const struct field revoke_reply_fields[] = {
	ANY(gate_revoke_reply, revision),
	ANY(gate_revoke_reply, entries),
	ANY(gate_revoke_reply, next_part),
	END,
};

static const struct field key_stage_fields[] = {
	INT(gate_key_stage, epoch, 1, GATE_EPOCH_NONE - 1),
	BYTES(gate_key_stage, key),
	END,
};

static const struct field key_retire_fields[] = {
	INT(gate_key_retire, epoch, 0, GATE_EPOCH_NONE - 1),
	END,
};

static const struct field key_reply_fields[] = {
	ANY(gate_key_reply, epochs[0]),
	ANY(gate_key_reply, epochs[1]),
	END,
};

static const struct field read_back_fields[] = {
	INT(gate_read_back, stream, 1, GATE_STREAMS),
	ANY(gate_read_back, offset),
	END,
};

static const struct field read_back_reply_fields[] = {
	INT(gate_read_back_reply, stream, 1, GATE_STREAMS),
	ANY(gate_read_back_reply, revision),
	ANY(gate_read_back_reply, total),
	ANY(gate_read_back_reply, offset),
	DATA(gate_read_back_reply, data, 0, GATE_CHUNK_SIZE),
	END,
};

static const struct field restart_fields[] = {
	ANY(gate_restart, delay_ms),
	END,
};

static const struct field door_fields[] = {
	INT(gate_door, door, 0, GATE_DOORS_MAX),
	END,
};

static const struct field move_items[] = {
	INT(gate_move, credential, 1, UINT32_MAX),
	ANY(gate_move, area),
	ANY(gate_move, time_ms),
	END,
};

static const struct field apb_move_fields[] = {
	INT(gate_apb_move, mode, GATE_APB_SET, GATE_APB_RESET_ALL),
	ANY(gate_apb_move, area),
	LIST(gate_apb_move, moves, count, 0, GATE_MOVES_A_MESSAGE, move_items),
	END,
};

static const struct field apb_move_reply_fields[] = {
	ANY(gate_apb_move_reply, changed),
	END,
};

static const struct field error_fields[] = {
	INT(gate_error, code, 1, UINT16_MAX),
	TEXT(gate_error, text),
	END,
};

/* --- the types ------------------------------------------------------------------------------------------- */

#define H GATE_HEADER_SIZE
#define REPLY(T) (GATE_ ## T | GATE_REPLY)

static const struct message_layout requests[GATE_TYPE_LAST + 1] = {
	[GATE_HELLO] = { { GATE_HELLO, "hello", H + 42, H + 42 }, hello_fields, hello_rule },
	[GATE_STATUS] = { { GATE_STATUS, "status", H, H }, empty_fields, NULL },
	[GATE_EVENTS] = { { GATE_EVENTS, "events", H + 26, H + 26 }, events_fields, events_rule },
	[GATE_COMMAND] = { { GATE_COMMAND, "command", H + 28, H + 28 }, command_fields, NULL },
	[GATE_CLOCK] = { { GATE_CLOCK, "clock", H + 11, H + 267 }, clock_fields, NULL },
	[GATE_DIGEST] = { { GATE_DIGEST, "digest", H + 3, H + 3 }, digest_fields, digest_rule },
	[GATE_TRANSFER_BEGIN] = { { GATE_TRANSFER_BEGIN, "transfer begin", H + 106, H + 106 }, transfer_begin_fields,
	    transfer_begin_rule },
	[GATE_TRANSFER_CHUNK] = { { GATE_TRANSFER_CHUNK, "transfer chunk", H + 11, H + 1034 }, transfer_chunk_fields, NULL },
	[GATE_TRANSFER_COMMIT] = { { GATE_TRANSFER_COMMIT, "transfer commit", H + 4, H + 4 }, transfer_handle_fields, NULL },
	[GATE_TRANSFER_ABORT] = { { GATE_TRANSFER_ABORT, "transfer abort", H + 4, H + 4 }, transfer_handle_fields, NULL },
	[GATE_REVOKE] = { { GATE_REVOKE, "revoke", H + 21, H + 1061 }, revoke_fields, revoke_rule },
	[GATE_KEY_STAGE] = { { GATE_KEY_STAGE, "key stage", H + 36, H + 36 }, key_stage_fields, NULL },
	[GATE_KEY_RETIRE] = { { GATE_KEY_RETIRE, "key retire", H + 4, H + 4 }, key_retire_fields, NULL },
	[GATE_READ_BACK] = { { GATE_READ_BACK, "read back", H + 5, H + 5 }, read_back_fields, NULL },
	[GATE_RESTART] = { { GATE_RESTART, "restart", H + 2, H + 2 }, restart_fields, NULL },
	[GATE_ALARM_STOP] = { { GATE_ALARM_STOP, "alarm stop", H + 1, H + 1 }, door_fields, NULL },
	[GATE_APB_MOVE] = { { GATE_APB_MOVE, "apb move", H + 4, H + 1124 }, apb_move_fields, apb_move_rule },
};

static const struct message_layout replies[GATE_TYPE_LAST + 1] = {
	[GATE_HELLO] = { { REPLY(HELLO), "hello reply", H + 122, H + 186 }, hello_reply_fields, hello_reply_rule },
	[GATE_STATUS] = { { REPLY(STATUS), "status reply", H + 51, H + 296 }, status_reply_fields, status_reply_rule },
	[GATE_EVENTS] = { { REPLY(EVENTS), "events reply", H + 25, GATE_MESSAGE_MAX }, events_reply_fields,
	    events_reply_rule },
	[GATE_COMMAND] = { { REPLY(COMMAND), "command reply", H + 29, H + 149 }, command_reply_fields, NULL },
	[GATE_CLOCK] = { { REPLY(CLOCK), "clock reply", H + 16, H + 16 }, clock_reply_fields, NULL },
	[GATE_DIGEST] = { { REPLY(DIGEST), "digest reply", H + 47, H + 1055 }, digest_reply_fields, digest_reply_rule },
	[GATE_TRANSFER_BEGIN] = { { REPLY(TRANSFER_BEGIN), "transfer begin reply", H + 9, H + 9 },
	    transfer_begin_reply_fields, NULL },
	[GATE_TRANSFER_CHUNK] = { { REPLY(TRANSFER_CHUNK), "transfer chunk reply", H + 16, H + 16 },
	    transfer_chunk_reply_fields, NULL },
	[GATE_TRANSFER_COMMIT] = { { REPLY(TRANSFER_COMMIT), "transfer commit reply", H + 34, H + 154 },
	    transfer_commit_reply_fields, NULL },
	[GATE_TRANSFER_ABORT] = { { REPLY(TRANSFER_ABORT), "transfer abort reply", H + 4, H + 4 }, transfer_handle_fields,
	    NULL },
	[GATE_REVOKE] = { { REPLY(REVOKE), "revoke reply", H + 14, H + 14 }, revoke_reply_fields, NULL },
	[GATE_KEY_STAGE] = { { REPLY(KEY_STAGE), "key stage reply", H + 8, H + 8 }, key_reply_fields, NULL },
	[GATE_KEY_RETIRE] = { { REPLY(KEY_RETIRE), "key retire reply", H + 8, H + 8 }, key_reply_fields, NULL },
	[GATE_READ_BACK] = { { REPLY(READ_BACK), "read back reply", H + 19, H + 1043 }, read_back_reply_fields, NULL },
	[GATE_RESTART] = { { REPLY(RESTART), "restart reply", H, H }, empty_fields, NULL },
	[GATE_ALARM_STOP] = { { REPLY(ALARM_STOP), "alarm stop reply", H + 1, H + 1 }, door_fields, NULL },
	[GATE_APB_MOVE] = { { REPLY(APB_MOVE), "apb move reply", H + 4, H + 4 }, apb_move_reply_fields, NULL },
};

static const struct message_layout error_layout = { { GATE_ERROR, "error", H + 3, H + 123 }, error_fields, NULL };

const struct message_layout *
message_layout(uint8_t type)
{
	const struct message_layout *table = type & GATE_REPLY ? replies : requests;
	uint8_t number = type & (GATE_REPLY - 1);

	if (type == GATE_ERROR)
		return &error_layout;
	if (number == 0 || number > GATE_TYPE_LAST)
		return NULL;
	return &table[number];
}

const struct gate_type_info *
gate_type_info(uint8_t type)
{
	const struct message_layout *l = message_layout(type);

	return l == NULL ? NULL : &l->info;
}
