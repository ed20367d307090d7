/*
 * The "short packet" messages of UHPPOTE boards: 64 bytes each way over UDP, not secured in any way. What a board can say
 * and hear, as tables; no socket, no clock, no allocation. doc/uhppote.md tells what a site needs to know of them.
 */
#ifndef KIDOBAN_GATE_UHPPOTE_MESSAGE_H
#define KIDOBAN_GATE_UHPPOTE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	UHPPOTE_SIZE = 64,
	UHPPOTE_PORT = 60000,
	UHPPOTE_DOORS = 4,
	UHPPOTE_START = 0x17,
	UHPPOTE_START_OLD = 0x19,	/* pushes of old firmware */
};
#define UHPPOTE_PIN_MOST UINT32_C(999999)
#define UHPPOTE_CARD_MOST UINT32_C(0xFFFFFEFF)
#define UHPPOTE_CARD_NONE UINT32_C(0)
#define UHPPOTE_CARD_DELETED UINT32_C(0xFFFFFFFF)	/* a slot of the list whose card was deleted */
#define UHPPOTE_INDEX_OLDEST UINT32_C(0)
#define UHPPOTE_INDEX_NEWEST UINT32_C(0xFFFFFFFF)
#define UHPPOTE_REQUEST_FIRST UINT32_C(0x40000001)
#define UHPPOTE_REQUEST_LAST UINT32_C(0x4FFFFFFE)

enum uhppote_function {
	UHPPOTE_GET_STATUS = 0x20,
	UHPPOTE_SET_TIME = 0x30,
	UHPPOTE_GET_TIME = 0x32,
	UHPPOTE_OPEN_DOOR = 0x40,
	UHPPOTE_PUT_CARD = 0x50,
	UHPPOTE_DELETE_CARD = 0x52,
	UHPPOTE_DELETE_ALL_CARDS = 0x54,
	UHPPOTE_LOAD_CARD = 0x56,
	UHPPOTE_COUNT_CARDS = 0x58,
	UHPPOTE_GET_CARD = 0x5A,
	UHPPOTE_GET_CARD_AT = 0x5C,
	UHPPOTE_SET_DOOR_CONTROL = 0x80,
	UHPPOTE_GET_DOOR_CONTROL = 0x82,
	UHPPOTE_SET_ANTI_PASSBACK = 0x84,
	UHPPOTE_GET_ANTI_PASSBACK = 0x86,
	UHPPOTE_SET_PROFILE = 0x88,
	UHPPOTE_CLEAR_PROFILES = 0x8A,
	UHPPOTE_SET_PASSCODES = 0x8C,
	UHPPOTE_RECORD_DOOR_EVENTS = 0x8E,
	UHPPOTE_SET_LISTENER = 0x90,
	UHPPOTE_GET_LISTENER = 0x92,
	UHPPOTE_GET_CONTROLLER = 0x94,
	UHPPOTE_SET_ADDRESS = 0x96,
	UHPPOTE_GET_PROFILE = 0x98,
	UHPPOTE_SET_PC_CONTROL = 0xA0,
	UHPPOTE_SET_INTERLOCK = 0xA2,
	UHPPOTE_SET_KEYPADS = 0xA4,
	UHPPOTE_CLEAR_TASKS = 0xA6,
	UHPPOTE_ADD_TASK = 0xA8,
	UHPPOTE_SET_FIRST_CARD = 0xAA,
	UHPPOTE_REFRESH_TASKS = 0xAC,
	UHPPOTE_GET_EVENT = 0xB0,
	UHPPOTE_SET_EVENT_INDEX = 0xB2,
	UHPPOTE_GET_EVENT_INDEX = 0xB4,
	UHPPOTE_RESTORE_DEFAULTS = 0xC8,
};

enum uhppote_door_mode { UHPPOTE_MODE_OPEN = 1, UHPPOTE_MODE_CLOSED = 2, UHPPOTE_MODE_CONTROLLED = 3 };
enum uhppote_event_type {
	UHPPOTE_EVENT_NONE = 0,
	UHPPOTE_EVENT_CARD = 1,
	UHPPOTE_EVENT_DOOR = 2,
	UHPPOTE_EVENT_ALARM = 3,
	UHPPOTE_EVENT_OVERWRITTEN = 0xFF,
};
enum { UHPPOTE_LOADED = 1, UHPPOTE_LOAD_NOT_ASCENDING = 0xE1 };

/* Wall clock time of the board. year 0 = none: unset, all zero, or digits that are none. */
struct uhppote_date { uint16_t year; uint8_t month, day; };
struct uhppote_time { uint8_t hour, minute, second; };
struct uhppote_moment { struct uhppote_date date; struct uhppote_time time; };
struct uhppote_hhmm { uint8_t hour, minute; };	/* 00:00-24:00 */

struct uhppote_card {
	uint32_t number;
	struct uhppote_date from, to;	/* whole days, `to` inclusive */
	uint8_t doors[UHPPOTE_DOORS];	/* 0 no access, 1 always, 2-254 time profile */
	uint32_t pin;			/* 0 = none */
	uint8_t first_card;		/* bit 0 = door 1 */
	uint32_t total, position;	/* LOAD_CARD only: of how many, which from 1 */
};

struct uhppote_control { uint8_t door, mode, delay_s; };

struct uhppote_profile {
	uint8_t id;
	struct uhppote_date from, to;
	bool weekdays[7];		/* Monday first */
	struct { struct uhppote_hhmm start, end; } segments[3];
	uint8_t linked;
	uint8_t limited_by_segment, limit_day, limit_month, limit_segment[3], no_weekend;
};

struct uhppote_passcodes { uint8_t door; uint32_t codes[4]; };
struct uhppote_listener { uint8_t address[4]; uint16_t port; uint8_t interval_s; };

struct uhppote_controller {
	uint8_t address[4], netmask[4], gateway[4], mac[6];
	uint8_t version_major, version_minor;
	struct uhppote_date firmware_date;
};

struct uhppote_address { uint8_t address[4], netmask[4], gateway[4]; };

struct uhppote_task {
	struct uhppote_date from, to;
	bool weekdays[7];
	struct uhppote_hhmm start;
	uint8_t door, task, cards;
};

struct uhppote_first_card {
	uint8_t door;
	struct uhppote_hhmm start, end;
	uint8_t mode, end_mode;
	bool weekdays[7];
};

struct uhppote_event {
	uint32_t index;
	uint8_t type;			/* enum uhppote_event_type; judge by the reason */
	bool granted;
	uint8_t door;			/* 1-4 */
	uint8_t direction;		/* 1 in, 2 out */
	uint32_t card;			/* a code, not a card, unless type 1 or a swipe's reason */
	struct uhppote_moment at;
	uint8_t reason;
};

struct uhppote_status {
	struct uhppote_event event;	/* the newest; index 0 = none stored, the rest is then nothing */
	bool open[UHPPOTE_DOORS];	/* an input with nothing wired reads open */
	bool button[UHPPOTE_DOORS];
	uint8_t fault;
	struct uhppote_time time;
	uint8_t key;
	uint8_t relays;			/* bit 0 = door 1; 1 = unlocked */
	uint8_t inputs;			/* bit 0 forced lock, bit 1 fire alarm */
	struct uhppote_date date;
};

struct uhppote_message {
	uint8_t function;
	bool reply;
	bool old;			/* began with UHPPOTE_START_OLD: a push of old firmware */
	uint32_t serial;
	uint32_t request;		/* id; 0 = none. Firmware returns it, or 0 */
	union {
		bool ok;		/* most replies; also requests that turn something on */
		uint8_t door, mode, code;
		uint32_t number;	/* card, index or count */
		struct uhppote_moment moment;
		struct uhppote_card card;
		struct uhppote_control control;
		struct uhppote_profile profile;
		struct uhppote_passcodes passcodes;
		struct uhppote_listener listener;
		struct uhppote_controller controller;
		struct uhppote_address address;
		bool keypads[UHPPOTE_DOORS];
		struct uhppote_task task;
		struct uhppote_first_card first_card;
		struct uhppote_event event;
		struct uhppote_status status;
	} u;
};

enum uhppote_fault {
	UHPPOTE_OK,
	UHPPOTE_BAD_LENGTH,
	UHPPOTE_BAD_START,
	UHPPOTE_BAD_FUNCTION,
	UHPPOTE_BAD_VALUE,
};
const char *uhppote_fault_name(enum uhppote_fault);
const char *uhppote_function_name(uint8_t function);	/* "unknown" when there is none */
/* May the request be sent again when its reply did not come? Not what opens or adds a second time. */
bool uhppote_is_repeatable(uint8_t function);
bool uhppote_has_reply(uint8_t function);

/* 0, or -1 when the function does not exist or a value is outside what a board takes. */
int uhppote_encode(const struct uhppote_message *, uint8_t out[UHPPOTE_SIZE]);
/* `reply`: what comes from a board. Numbers that a board would not send are refused, dates read as none. */
enum uhppote_fault uhppote_decode(const uint8_t *bytes, size_t size, bool reply, struct uhppote_message *out);
/* Is `reply` the answer to `request`? */
bool uhppote_answers(const struct uhppote_message *request, const struct uhppote_message *reply);

/* --- values ------------------------------------------------------------------------------------------------ */

bool uhppote_card_is_valid(uint32_t number);
/* Card number as text <-> number: decimal without leading zeros, so that no two texts are one card. 0 or -1. */
int uhppote_card_parse(const char *text, uint32_t *out);
enum { UHPPOTE_CARD_TEXT = 11 };
void uhppote_card_format(uint32_t number, char out[UHPPOTE_CARD_TEXT]);
/* 0, or -1: more than 6 digits, other than digits, or all zeros (which a board takes for no PIN). */
int uhppote_pin_parse(const char *text, uint32_t *out);

bool uhppote_date_is_valid(const struct uhppote_date *);
/* Seconds of the board's wall clock since 1970-01-01 00:00 of that clock. */
int64_t uhppote_local_seconds(const struct uhppote_moment *);
void uhppote_moment_from_local(int64_t local_s, struct uhppote_moment *out);
/* By the leading digit of the serial number: 1, 2 or 4 doors; 0 = no such board. */
int uhppote_doors_of(uint32_t serial);
/* Up to two doors each have a reader on both sides. */
bool uhppote_has_exit_readers(uint32_t serial);

#endif
