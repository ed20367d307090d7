/*
 * What a gate controller says and hears: one struct per message of the gate protocol, version 1.
 * Source of truth for the bytes: doc/gate-protocol.md. Pure: no socket, no clock, no memory allocation.
 *
 * Every message travels in one DTLS record, at most GATE_MESSAGE_MAX bytes, integers big-endian:
 *   u8 version, u8 type, u16 length (all of it), u32 exchange, body.
 * A reply has the request's type with GATE_REPLY set and the request's exchange; GATE_ERROR may stand for any reply.
 * Times called *_ms are milliseconds since 1970-01-01T00:00:00Z.
 */
#ifndef KIDOBAN_GATE_MESSAGE_H
#define KIDOBAN_GATE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GATE_PROTOCOL_VERSION = 1,
	GATE_PORT = 11000,		/* UDP, on the controller (DTLS) and on the server (nudge) */
	GATE_MESSAGE_MAX = 1200,
	GATE_HEADER_SIZE = 8,
	GATE_NUDGE_SIZE = 16,

	GATE_DOORS_MAX = 8,
	GATE_STREAMS = 7,		/* streams are numbered 1..GATE_STREAMS, see codes.tsv */
	GATE_LOG_SIZE = 16,
	GATE_ID_SIZE = 16,		/* command and transfer ids */
	GATE_KEY_SIZE = 32,
	GATE_SUM_SIZE = 16,		/* one digest sum */
	GATE_HASH_SIZE = 32,
	GATE_BUCKETS = 256,
	GATE_BUCKETS_A_MESSAGE = 64,
	GATE_CARD_MAX = 16,		/* letters and digits of a card number */
	GATE_DETAIL_MAX = 120,
	GATE_REASON_MAX = 120,
	GATE_NAME_MAX = 32,		/* firmware and model */
	GATE_TZ_MAX = 64,
	GATE_TRANSITIONS_MAX = 16,
	GATE_EVENTS_A_MESSAGE = 36,	/* what fits when no record has a card, an id or details */
	GATE_REVOCATIONS_A_MESSAGE = 80,
	GATE_MOVES_A_MESSAGE = 80,
	GATE_CHUNK_SIZE = 1024,
	GATE_COMMANDS_REMEMBERED = 64,	/* a controller keeps this many command ids with their answers */
};

enum gate_type {
	GATE_HELLO = 0x01,
	GATE_STATUS = 0x02,
	GATE_EVENTS = 0x03,
	GATE_COMMAND = 0x04,
	GATE_CLOCK = 0x05,
	GATE_DIGEST = 0x06,
	GATE_TRANSFER_BEGIN = 0x07,
	GATE_TRANSFER_CHUNK = 0x08,
	GATE_TRANSFER_COMMIT = 0x09,
	GATE_TRANSFER_ABORT = 0x0A,
	GATE_REVOKE = 0x0B,
	GATE_KEY_STAGE = 0x0C,
	GATE_KEY_RETIRE = 0x0D,
	GATE_READ_BACK = 0x0E,
	GATE_RESTART = 0x0F,
	GATE_ALARM_STOP = 0x10,
	GATE_APB_MOVE = 0x11,
	GATE_TYPE_LAST = GATE_APB_MOVE,

	GATE_NUDGE = 0x70,	/* not secured, its own frame */
	GATE_REPLY = 0x80,	/* set in the type of a reply */
	GATE_ERROR = 0xFF,
};

/* What a controller answers instead of a reply. */
enum gate_error_code {
	GATE_ERROR_MALFORMED = 1,	/* length, type or field out of range */
	GATE_ERROR_UNSUPPORTED = 2,	/* this controller does not have that message */
	GATE_ERROR_NO_SUCH_DOOR = 3,
	GATE_ERROR_NO_SUCH_STREAM = 4,
	GATE_ERROR_NO_SUCH_TRANSFER = 5,
	GATE_ERROR_BUSY = 6,		/* ask again later */
	GATE_ERROR_NO_SPACE = 7,
	GATE_ERROR_BASE = 8,		/* the delta does not start at the revision held */
	GATE_ERROR_NOT_ENROLLED = 9,	/* under epoch 0 only hello and key_stage are heard */
	GATE_ERROR_STORAGE = 10,	/* could not write its memory; nothing changed */
	GATE_ERROR_KEY_RULE = 11,	/* epoch not higher, or the key in use would be retired */
	GATE_ERROR_VERSION = 12,	/* no protocol version in common */
	GATE_ERROR_NOT_GREETED = 13,	/* hello comes first in a session */
	GATE_ERROR_LAST = GATE_ERROR_NOT_GREETED,
};

/* Why a datagram was not a message. Names: gate_fault_name(). */
enum gate_fault {
	GATE_OK = 0,
	GATE_FAULT_SHORT,	/* less than a header, or than the type's least length */
	GATE_FAULT_LONG,	/* more than the type's greatest length, or bytes left over */
	GATE_FAULT_LENGTH,	/* the length field is not the length */
	GATE_FAULT_VERSION,
	GATE_FAULT_TYPE,
	GATE_FAULT_RANGE,	/* a field outside its range */
	GATE_FAULT_COUNT,	/* a count above its limit, or a list that runs past the end */
	GATE_FAULT_TEXT,	/* text that is not what its field takes */
	GATE_FAULT_LAST = GATE_FAULT_TEXT,
};

/* hello reply `capabilities` */
enum {
	GATE_CAN_SET_MODES = 1 << 0,	/* verification and unlock mode by command */
	GATE_CAN_ARM = 1 << 1,
	GATE_CAN_VEIN = 1 << 2,
	GATE_CAN_APB = 1 << 3,
	GATE_CAN_READ_BACK = 1 << 4,
	GATE_CAN_BUCKETS = 1 << 5,	/* transfers of mode GATE_TRANSFER_BUCKETS */
	GATE_CAN_NUDGE = 1 << 6,
	GATE_CAN_ALL = (1 << 7) - 1,
};

/* status reply `flags` */
enum {
	GATE_FLAG_TAMPER = 1 << 0,
	GATE_FLAG_CLOCK_UNSET = 1 << 1,		/* the clock was lost and has not been set since */
	GATE_FLAG_EVENTS_LOST = 1 << 2,		/* unread events were overwritten since the last acknowledgement */
	GATE_FLAG_MEMORY_LOST = 1 << 3,		/* a stream is empty because memory was lost */
	GATE_FLAG_STORAGE_FAULT = 1 << 4,
	GATE_FLAG_FIRE = 1 << 5,
	GATE_FLAGS_ALL = (1 << 6) - 1,
};

enum gate_power { GATE_POWER_MAINS = 1, GATE_POWER_BATTERY = 2, GATE_POWER_BATTERY_LOW = 3 };

/* Bit of an alarm kind (EVENT_LOST_CARD = 201 .. 218) in the `alarms` bitmap of a door: 1 << (kind - 201). */
#define GATE_ALARM_BIT(kind) (UINT32_C(1) << ((kind) - 201))
#define GATE_ALARMS_ALL ((UINT32_C(1) << 18) - 1)

/* --- 0x01 hello: always first in a session ---------------------------------------------------------------- */

struct gate_hello {
	uint8_t version_low, version_high;	/* protocol versions the server speaks, 1..255 */
	uint8_t digest_key[GATE_KEY_SIZE];	/* key of the digests, the same whatever the epoch; see digest.h */
	uint64_t time_ms;			/* the server's clock, for the controller's log only */
};

struct gate_hello_reply {
	uint64_t serial;
	uint8_t version;		/* the one chosen for this session */
	uint8_t version_low, version_high;
	uint32_t capabilities;
	uint8_t doors;			/* 1..8 */
	uint8_t log[GATE_LOG_SIZE];
	uint32_t oldest, newest, acked;	/* sequence numbers; newest 0 = none ever; oldest = newest + 1 when none is held */
	uint32_t boot;			/* how often it has started, 1.. */
	uint64_t time_ms;
	uint32_t epochs[2];		/* of the key slots; GATE_EPOCH_NONE = empty slot */
	uint64_t revisions[GATE_STREAMS];	/* held per stream, [0] = stream 1; 0 = nothing */
	char firmware[GATE_NAME_MAX + 1];
	char model[GATE_NAME_MAX + 1];
};
#define GATE_EPOCH_NONE UINT32_C(0xFFFFFFFF)

/* --- 0x02 status: the request has no body ----------------------------------------------------------------- */

struct gate_door_status {
	uint8_t door;		/* 1..8 */
	uint8_t lock_state, arm_state, door_state, verification_mode, unlock_mode;	/* codes.tsv */
	uint32_t alarms;	/* GATE_ALARM_BIT() of what is raised now */
};

struct gate_stream_status {
	uint8_t stream;
	uint64_t revision;
	uint8_t digest[GATE_SUM_SIZE];
};

struct gate_status_reply {
	uint64_t time_ms;
	uint32_t boot;
	uint8_t log[GATE_LOG_SIZE];
	uint32_t oldest, newest;
	uint16_t flags;
	uint8_t power;
	uint8_t door_count, stream_count;
	struct gate_door_status doors[GATE_DOORS_MAX];
	struct gate_stream_status streams[GATE_STREAMS];
};

/* --- 0x03 events ------------------------------------------------------------------------------------------- */

struct gate_events {
	uint8_t log[GATE_LOG_SIZE];
	uint32_t acked;		/* everything of `log` up to it is committed by the server: may be forgotten */
	uint32_t after;		/* give what follows this sequence number; >= acked */
	uint16_t max;		/* at most so many records; 0 = acknowledge only */
};

enum {
	GATE_EVENT_RAISED = 1 << 0,
	GATE_EVENT_CLEARED = 1 << 1,
	GATE_EVENT_BY_COMMAND = 1 << 2,	/* `command` is present */
	GATE_EVENT_CLOCK_UNSET = 1 << 3,	/* time_ms is not to be trusted */
	GATE_EVENT_FLAGS = (1 << 4) - 1,
};

/* One event. On the wire each record starts with its own length, so one that makes no sense can be stepped over:
 * the decoder then sets `quarantined`, keeps seq, sets kind 0 and puts the record's bytes as hex into detail (cut). */
struct gate_event {
	uint32_t seq;		/* 1.. within its log, strictly +1 */
	uint64_t time_ms;
	uint16_t kind;		/* class event of codes.tsv */
	uint8_t door;		/* 0 = the controller itself */
	uint8_t reader;		/* class reader_side */
	uint32_t credential;	/* 0 = none */
	uint64_t revision;	/* permits (or revocations) revision that decided it; 0 = none */
	uint8_t flags;
	uint8_t command[GATE_ID_SIZE];	/* zero without GATE_EVENT_BY_COMMAND */
	char card[GATE_CARD_MAX + 1];	/* "" = none */
	char detail[GATE_DETAIL_MAX + 1];	/* UTF-8 without control characters */
	bool quarantined;
};

struct gate_events_reply {
	uint8_t log[GATE_LOG_SIZE];
	uint32_t oldest, newest;
	uint8_t count;
	struct gate_event events[GATE_EVENTS_A_MESSAGE];
};

/* --- 0x04 command ------------------------------------------------------------------------------------------ */

struct gate_command {
	uint8_t id[GATE_ID_SIZE];
	uint8_t door;		/* 0 only with COMMAND_RESTART */
	uint8_t command;	/* class command */
	uint16_t value;		/* the mode to set; 0 otherwise */
	uint32_t ttl_ms;	/* from the establishment of this session; later it is answered `expired`, not acted */
	uint32_t operator_id;	/* 0 = the system */
};

struct gate_command_reply {
	uint8_t id[GATE_ID_SIZE];
	uint8_t outcome;	/* done, refused, expired or not_supported */
	uint8_t repeated;	/* 1 = this id was answered before; the answer is the same, the act was not repeated */
	struct gate_door_status door;	/* after the act; door 0 when it was for the controller */
	char reason[GATE_REASON_MAX + 1];
};

/* --- 0x05 clock -------------------------------------------------------------------------------------------- */

struct gate_transition {
	uint64_t at_s;		/* seconds since 1970 from which the offset holds */
	int32_t offset_s;	/* local - UTC, -86400..86400 */
};

struct gate_clock {
	uint8_t set;		/* 0 = only tell the time */
	uint64_t time_ms;
	char tz[GATE_TZ_MAX + 1];	/* POSIX TZ string, "" = leave it */
	uint8_t transition_count;
	struct gate_transition transitions[GATE_TRANSITIONS_MAX];
};

struct gate_clock_reply {
	uint64_t before_ms, after_ms;
};

/* --- 0x06 digest ------------------------------------------------------------------------------------------- */

struct gate_digest_request {
	uint8_t stream;
	uint8_t first;		/* first bucket */
	uint8_t count;		/* 1..64, first + count <= 256 */
};

struct gate_digest_reply {
	uint8_t stream;
	uint64_t revision;
	uint32_t records;
	uint8_t whole[GATE_SUM_SIZE];
	uint8_t first;
	uint8_t count;
	uint8_t sums[GATE_BUCKETS_A_MESSAGE][GATE_SUM_SIZE];
};

/* --- 0x07 .. 0x0A transfer --------------------------------------------------------------------------------- */

enum gate_transfer_mode {
	GATE_TRANSFER_FULL = 1,		/* replaces all */
	GATE_TRANSFER_DELTA = 2,	/* from `from` to `to`; permits only: replaces what it names */
	GATE_TRANSFER_BUCKETS = 3,	/* replaces the buckets set in `buckets` */
};

struct gate_transfer_begin {
	uint8_t transfer[GATE_ID_SIZE];	/* same id = same content: resumes */
	uint8_t stream;
	uint8_t mode;
	uint64_t from, to;		/* revisions; from 0 unless delta */
	uint32_t bytes, chunks;		/* chunks = ceil(bytes / 1024) */
	uint8_t sha256[GATE_HASH_SIZE];	/* of the whole payload */
	uint8_t buckets[GATE_BUCKETS / 8];	/* bit b of byte b/8, lowest first; zero unless mode is buckets */
};

enum gate_transfer_state {
	GATE_TRANSFER_FRESH = 1,
	GATE_TRANSFER_RESUMED = 2,
	GATE_TRANSFER_ALREADY = 3,	/* this id was committed: nothing to send, commit answers again */
};

struct gate_transfer_begin_reply {
	uint8_t state;
	uint32_t handle;		/* names the staged transfer in this session; not 0 */
	uint32_t contiguous;		/* chunks held from the first on */
};

struct gate_transfer_chunk {
	uint32_t handle;
	uint32_t index;			/* 0.. */
	uint16_t size;			/* 1..1024; only the last one is short */
	const uint8_t *data;		/* decode: points into the datagram */
};

struct gate_transfer_chunk_reply {
	uint32_t handle;
	uint32_t contiguous;		/* = index of the first missing chunk */
	uint64_t bitmap;		/* bit i: chunk contiguous + 1 + i is held */
};

struct gate_transfer_handle {		/* commit and abort */
	uint32_t handle;
};

enum gate_transfer_outcome {
	GATE_TRANSFER_SWITCHED = 1,
	GATE_TRANSFER_INCOMPLETE = 2,
	GATE_TRANSFER_BAD_HASH = 3,	/* staged bytes were dropped: begin again */
	GATE_TRANSFER_BAD_RECORD = 4,
	GATE_TRANSFER_BAD_BASE = 5,
	GATE_TRANSFER_NO_SPACE = 6,
	GATE_TRANSFER_STORAGE = 7,
	GATE_TRANSFER_OUTCOME_LAST = GATE_TRANSFER_STORAGE,
};

struct gate_transfer_commit_reply {
	uint32_t handle;
	uint8_t outcome;
	uint64_t revision;		/* held now */
	uint32_t records;
	uint8_t digest[GATE_SUM_SIZE];
	char reason[GATE_REASON_MAX + 1];
};

/* --- 0x0B revoke ------------------------------------------------------------------------------------------- */

enum gate_revoke_mode { GATE_REVOKE_REPLACE = 1, GATE_REVOKE_ADD = 2 };

struct gate_revocation {
	uint32_t credential;
	uint8_t reason;			/* class revocation_reason */
	uint64_t revision;		/* falls away when permits are held at this revision or later */
};

struct gate_revoke {
	uint8_t mode;
	uint8_t last;			/* 1 = the last part: only then `to` is confirmed and, in replace, others dropped */
	uint16_t part;			/* 0.. */
	uint64_t from;			/* add: the revocations revision that must be held; replace: 0 */
	uint64_t to;
	uint8_t count;
	struct gate_revocation entries[GATE_REVOCATIONS_A_MESSAGE];
};

struct gate_revoke_reply {
	uint64_t revision;		/* of the revocations stream, held now */
	uint32_t entries;		/* in force now */
	uint16_t next_part;		/* the part expected next */
};

/* --- 0x0C, 0x0D keys --------------------------------------------------------------------------------------- */

struct gate_key_stage {
	uint32_t epoch;			/* higher than the one in use */
	uint8_t key[GATE_KEY_SIZE];
};

struct gate_key_retire {
	uint32_t epoch;			/* never the one this session uses */
};

struct gate_key_reply {
	uint32_t epochs[2];		/* held now, GATE_EPOCH_NONE = empty */
};

/* --- 0x0E read back, 0x0F restart, 0x10 alarm stop, 0x11 anti-passback positions --------------------------- */

struct gate_read_back {
	uint8_t stream;
	uint32_t offset;
};

struct gate_read_back_reply {
	uint8_t stream;
	uint64_t revision;
	uint32_t total;
	uint32_t offset;
	uint16_t size;			/* 0 at the end */
	const uint8_t *data;
};

struct gate_restart {
	uint16_t delay_ms;		/* after the reply */
};

struct gate_door {			/* alarm stop, request and reply; door 0 = all */
	uint8_t door;
};

enum gate_apb_mode { GATE_APB_SET = 1, GATE_APB_RESET_AREA = 2, GATE_APB_RESET_ALL = 3 };

struct gate_move {
	uint32_t credential;
	uint16_t area;			/* 0 = outside, GATE_AREA_UNKNOWN = next passage decides */
	uint64_t time_ms;		/* older than what the controller has of this credential: ignored */
};
#define GATE_AREA_UNKNOWN 0xFFFFu

struct gate_apb_move {
	uint8_t mode;
	uint16_t area;			/* reset_area only, else 0 */
	uint8_t count;			/* set only, else 0 */
	struct gate_move moves[GATE_MOVES_A_MESSAGE];
};

struct gate_apb_move_reply {
	uint32_t changed;
};

struct gate_error {
	uint16_t code;
	char text[GATE_REASON_MAX + 1];
};

/* --- a message --------------------------------------------------------------------------------------------- */

struct gate_message {
	uint8_t type;		/* enum gate_type, with GATE_REPLY for replies */
	uint32_t exchange;
	union {
		struct gate_hello hello;
		struct gate_hello_reply hello_reply;
		struct gate_status_reply status_reply;
		struct gate_events events;
		struct gate_events_reply events_reply;
		struct gate_command command;
		struct gate_command_reply command_reply;
		struct gate_clock clock;
		struct gate_clock_reply clock_reply;
		struct gate_digest_request digest;
		struct gate_digest_reply digest_reply;
		struct gate_transfer_begin transfer_begin;
		struct gate_transfer_begin_reply transfer_begin_reply;
		struct gate_transfer_chunk transfer_chunk;
		struct gate_transfer_chunk_reply transfer_chunk_reply;
		struct gate_transfer_handle transfer_handle;	/* commit, abort and the reply to abort */
		struct gate_transfer_commit_reply transfer_commit_reply;
		struct gate_revoke revoke;
		struct gate_revoke_reply revoke_reply;
		struct gate_key_stage key_stage;
		struct gate_key_retire key_retire;
		struct gate_key_reply key_reply;
		struct gate_read_back read_back;
		struct gate_read_back_reply read_back_reply;
		struct gate_restart restart;
		struct gate_door door;				/* alarm stop, both ways */
		struct gate_apb_move apb_move;
		struct gate_apb_move_reply apb_move_reply;
		struct gate_error error;
	} u;
};

/* The type table: what exists and how long it may be. NULL when `type` is no message. */
struct gate_type_info {
	uint8_t type;
	const char *name;	/* "hello", "hello reply", ... */
	uint16_t least, greatest;	/* bytes, header included */
};
const struct gate_type_info *gate_type_info(uint8_t type);
const char *gate_type_name(uint8_t type);	/* "unknown type" when it is none */
const char *gate_fault_name(enum gate_fault);
const char *gate_error_name(uint16_t code);

/* Writes `m` into buf. Returns its length, or -1 when a field is outside its range or it does not fit. */
int gate_encode(const struct gate_message *m, uint8_t *buf, size_t size);

/* Reads one datagram. Length and type are checked before any field, every field against its range.
 * Strings are terminated; `data` pointers point into buf. On a fault m->type and m->exchange are still set when
 * the header could be read (so an error reply can be addressed), else both are 0. */
enum gate_fault gate_decode(const uint8_t *buf, size_t size, struct gate_message *m);

/* How many bytes one event takes in an events reply (a controller packs by it). */
size_t gate_event_size(const struct gate_event *e);
enum { GATE_EVENTS_ROOM = GATE_MESSAGE_MAX - GATE_HEADER_SIZE - GATE_LOG_SIZE - 9 };	/* bytes for records */

/* "Poll me", controller to server, not secured: says only that someone claims to be `serial`. */
void gate_nudge_encode(uint64_t serial, uint8_t buf[GATE_NUDGE_SIZE]);
int gate_nudge_decode(const uint8_t *buf, size_t size, uint64_t *serial);	/* 0, or -1 when it is not one */

/* DTLS PSK identity: 16 lower-case hex digits of the serial, ':', epoch in decimal without leading zeros. */
enum { GATE_IDENTITY_MAX = 16 + 1 + 10 };
int gate_identity_format(uint64_t serial, uint32_t epoch, char *out, size_t size);	/* length or -1 */
int gate_identity_parse(const char *text, uint64_t *serial, uint32_t *epoch);	/* 0 or -1 */

#endif
