/*
 * One table for every message: what stands where, as what, within which bounds. Encoding and decoding walk the same row.
 */
#include <string.h>

#include "gate/uhppote_message.h"
#include "gate/uhppote_value.h"

#define GUARD UINT32_C(0x55AAAA55)

enum kind { END, U8, U16, U24, U32, BOOL, FLAG, DATE, SHORT_DATE, TIME, MOMENT, HHMM, BYTES4, BYTES6, BCD, GUARD_WORD };

/* BOOL is 0 or 1; FLAG, in what a board only reports, anything but 0 is true. */
struct field {
	uint8_t at;		/* in the datagram */
	uint8_t kind;
	uint8_t count;		/* so many in a row */
	uint16_t member, step;	/* in struct uhppote_message, and from one of the row to the next */
	uint32_t low, high;
};

#define M(member) (uint16_t)offsetof(struct uhppote_message, u.member)
#define S(member) (uint16_t)sizeof ((struct uhppote_message *)0)->u.member
#define ONE(at, kind, member, low, high) { at, kind, 1, M(member), 0, low, high }
#define ROW(at, kind, n, member, low, high) { at, kind, n, M(member[0]), S(member[0]), low, high }
#define ANY(at, kind, member) ONE(at, kind, member, 0, UINT32_MAX)
#define ALL(at, kind, n, member) ROW(at, kind, n, member, 0, UINT32_MAX)
#define GUARD_AT(at) { at, GUARD_WORD, 1, 0, 0, 0, 0 }
#define FIELDS(name, ...) static const struct field name[] = { __VA_ARGS__, { 0, END, 0, 0, 0, 0, 0 } }

static const struct field nothing[] = { { 0, END, 0, 0, 0, 0, 0 } };
FIELDS(guard, GUARD_AT(8));
FIELDS(ok, ANY(8, BOOL, ok));
FIELDS(guard_ok, GUARD_AT(8), ANY(12, BOOL, ok));
FIELDS(number, ANY(8, U32, number));
FIELDS(index_guard, ANY(8, U32, number), GUARD_AT(12));
FIELDS(index_from_1, ONE(8, U32, number, 1, UINT32_MAX));
FIELDS(door, ONE(8, U8, door, 1, 4));
FIELDS(moment, ANY(8, MOMENT, moment));
FIELDS(load_code, ANY(8, U8, code));
FIELDS(passback_mode, ONE(8, U8, mode, 0, 4));
FIELDS(interlock_mode, ONE(8, U8, mode, 0, 8));
#define CARD ANY(8, U32, card.number), ANY(12, DATE, card.from), ANY(16, DATE, card.to), \
	ROW(20, U8, 4, card.doors, 0, 254), ONE(24, U24, card.pin, 0, 999999), ONE(27, U8, card.first_card, 0, 15)
FIELDS(card, CARD);
FIELDS(load_card, CARD, ANY(32, U24, card.total), ANY(35, U24, card.position));
/* What a board holds may be another's work: it is told as it is. */
FIELDS(held_card, ANY(8, U32, card.number), ANY(12, DATE, card.from), ANY(16, DATE, card.to), ALL(20, U8, 4, card.doors),
	ANY(24, U24, card.pin), ANY(27, U8, card.first_card));
FIELDS(control, ONE(8, U8, control.door, 1, 4), ONE(9, U8, control.mode, 1, 3), ONE(10, U8, control.delay_s, 1, 255));
FIELDS(held_control, ONE(8, U8, control.door, 0, 4), ONE(9, U8, control.mode, 0, 3), ANY(10, U8, control.delay_s));
FIELDS(profile, ONE(8, U8, profile.id, 2, 254), ANY(9, DATE, profile.from), ANY(13, DATE, profile.to),
	ALL(17, BOOL, 7, profile.weekdays), ANY(24, HHMM, profile.segments[0].start), ANY(26, HHMM, profile.segments[0].end),
	ANY(28, HHMM, profile.segments[1].start), ANY(30, HHMM, profile.segments[1].end),
	ANY(32, HHMM, profile.segments[2].start), ANY(34, HHMM, profile.segments[2].end), ONE(36, U8, profile.linked, 0, 254),
	ONE(37, U8, profile.limited_by_segment, 0, 1), ANY(38, U8, profile.limit_day), ANY(39, U8, profile.limit_month),
	ALL(44, U8, 3, profile.limit_segment), ONE(47, U8, profile.no_weekend, 0, 1));
FIELDS(held_profile, ANY(8, U8, profile.id), ANY(9, DATE, profile.from), ANY(13, DATE, profile.to),
	ALL(17, FLAG, 7, profile.weekdays), ANY(24, HHMM, profile.segments[0].start), ANY(26, HHMM, profile.segments[0].end),
	ANY(28, HHMM, profile.segments[1].start), ANY(30, HHMM, profile.segments[1].end),
	ANY(32, HHMM, profile.segments[2].start), ANY(34, HHMM, profile.segments[2].end), ANY(36, U8, profile.linked),
	ANY(37, U8, profile.limited_by_segment), ANY(38, U8, profile.limit_day), ANY(39, U8, profile.limit_month),
	ALL(44, U8, 3, profile.limit_segment), ANY(47, U8, profile.no_weekend));
FIELDS(profile_id, ONE(8, U8, door, 2, 254));
FIELDS(passcodes, ONE(8, U8, passcodes.door, 1, 4), ROW(12, U32, 4, passcodes.codes, 0, 999999));
FIELDS(listener, ANY(8, BYTES4, listener.address), ANY(12, U16, listener.port), ANY(14, U8, listener.interval_s));
FIELDS(controller, ANY(8, BYTES4, controller.address), ANY(12, BYTES4, controller.netmask),
	ANY(16, BYTES4, controller.gateway), ANY(20, BYTES6, controller.mac), ANY(26, BCD, controller.version_major),
	ANY(27, BCD, controller.version_minor), ANY(28, DATE, controller.firmware_date));
FIELDS(address, ANY(8, BYTES4, address.address), ANY(12, BYTES4, address.netmask), ANY(16, BYTES4, address.gateway),
	GUARD_AT(20));
FIELDS(keypads, ALL(8, BOOL, 4, keypads));
FIELDS(task, ANY(8, DATE, task.from), ANY(12, DATE, task.to), ALL(16, BOOL, 7, task.weekdays), ANY(23, HHMM, task.start),
	ONE(25, U8, task.door, 1, 4), ONE(26, U8, task.task, 0, 12), ANY(27, U8, task.cards));
FIELDS(first_card, ONE(8, U8, first_card.door, 1, 4), ANY(9, HHMM, first_card.start), ONE(11, U8, first_card.mode, 0, 2),
	ANY(12, HHMM, first_card.end), ONE(14, U8, first_card.end_mode, 0, 3), ALL(15, BOOL, 7, first_card.weekdays));
#define EVENT(m) ANY(8, U32, m.index), ANY(12, U8, m.type), ANY(13, FLAG, m.granted), ANY(14, U8, m.door), \
	ANY(15, U8, m.direction), ANY(16, U32, m.card), ANY(20, MOMENT, m.at), ANY(27, U8, m.reason)
FIELDS(event, EVENT(event));
FIELDS(status, EVENT(status.event), ALL(28, FLAG, 4, status.open),
	ALL(32, FLAG, 4, status.button), ANY(36, U8, status.fault), ANY(37, TIME, status.time), ANY(48, U8, status.key),
	ANY(49, U8, status.relays), ANY(50, U8, status.inputs), ANY(51, SHORT_DATE, status.date));

static const struct function {
	uint8_t code;
	bool once;		/* repeating it does it again */
	const char *name;
	const struct field *request, *reply;	/* reply NULL = none ever comes */
} functions[] = {
	{ UHPPOTE_GET_STATUS, false, "get status", nothing, status },
	{ UHPPOTE_SET_TIME, false, "set time", moment, moment },
	{ UHPPOTE_GET_TIME, false, "get time", nothing, moment },
	{ UHPPOTE_OPEN_DOOR, true, "open door", door, ok },
	{ UHPPOTE_PUT_CARD, false, "put card", card, ok },
	{ UHPPOTE_DELETE_CARD, false, "delete card", number, ok },
	{ UHPPOTE_DELETE_ALL_CARDS, false, "delete all cards", guard, ok },
	{ UHPPOTE_LOAD_CARD, false, "load card", load_card, load_code },
	{ UHPPOTE_COUNT_CARDS, false, "count cards", nothing, number },
	{ UHPPOTE_GET_CARD, false, "get card", number, held_card },
	{ UHPPOTE_GET_CARD_AT, false, "get card by index", index_from_1, held_card },
	{ UHPPOTE_SET_DOOR_CONTROL, false, "set door control", control, held_control },
	{ UHPPOTE_GET_DOOR_CONTROL, false, "get door control", door, held_control },
	{ UHPPOTE_SET_ANTI_PASSBACK, false, "set anti-passback", passback_mode, ok },
	{ UHPPOTE_GET_ANTI_PASSBACK, false, "get anti-passback", nothing, passback_mode },
	{ UHPPOTE_SET_PROFILE, false, "set time profile", profile, ok },
	{ UHPPOTE_CLEAR_PROFILES, false, "clear time profiles", guard, ok },
	{ UHPPOTE_SET_PASSCODES, false, "set door passcodes", passcodes, ok },
	{ UHPPOTE_RECORD_DOOR_EVENTS, false, "record door events", ok, ok },
	{ UHPPOTE_SET_LISTENER, false, "set listener", listener, ok },
	{ UHPPOTE_GET_LISTENER, false, "get listener", nothing, listener },
	{ UHPPOTE_GET_CONTROLLER, false, "get controller", nothing, controller },
	{ UHPPOTE_SET_ADDRESS, false, "set address", address, NULL },
	{ UHPPOTE_GET_PROFILE, false, "get time profile", profile_id, held_profile },
	{ UHPPOTE_SET_PC_CONTROL, false, "set PC control", guard_ok, ok },
	{ UHPPOTE_SET_INTERLOCK, false, "set interlock", interlock_mode, ok },
	{ UHPPOTE_SET_KEYPADS, false, "activate keypads", keypads, ok },
	{ UHPPOTE_CLEAR_TASKS, false, "clear task list", guard, ok },
	{ UHPPOTE_ADD_TASK, true, "add task", task, ok },
	{ UHPPOTE_SET_FIRST_CARD, false, "set first card", first_card, ok },
	{ UHPPOTE_REFRESH_TASKS, false, "refresh task list", guard, ok },
	{ UHPPOTE_GET_EVENT, false, "get event", number, event },
	{ UHPPOTE_SET_EVENT_INDEX, false, "set event index", index_guard, ok },
	{ UHPPOTE_GET_EVENT_INDEX, false, "get event index", nothing, number },
	{ UHPPOTE_RESTORE_DEFAULTS, false, "restore factory defaults", guard, ok },
};

static const struct function *
function_of(uint8_t code)
{
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
		if (functions[i].code == code)
			return &functions[i];
	return NULL;
}

const char *
uhppote_function_name(uint8_t code)
{
	const struct function *f = function_of(code);

	return f != NULL ? f->name : "unknown";
}

bool
uhppote_is_repeatable(uint8_t code)
{
	const struct function *f = function_of(code);

	return f != NULL && !f->once;
}

bool
uhppote_has_reply(uint8_t code)
{
	const struct function *f = function_of(code);

	return f != NULL && f->reply != NULL;
}

const char *
uhppote_fault_name(enum uhppote_fault fault)
{
	static const char *const names[] = {
		[UHPPOTE_OK] = "no fault", [UHPPOTE_BAD_LENGTH] = "not 64 bytes", [UHPPOTE_BAD_START] = "wrong first byte",
		[UHPPOTE_BAD_FUNCTION] = "unknown function", [UHPPOTE_BAD_VALUE] = "a value out of range",
	};

	return (unsigned)fault < sizeof names / sizeof names[0] ? names[fault] : "unknown fault";
}

/* --- one value --------------------------------------------------------------------------------------------- */

static uint32_t
number_in(const void *member, enum kind kind)
{
	switch (kind) {
	case U16:
		return *(const uint16_t *)member;
	case U24:
	case U32:
		return *(const uint32_t *)member;
	case BOOL:
	case FLAG:
		return *(const bool *)member;
	default:
		return *(const uint8_t *)member;
	}
}

static void
number_out(void *member, enum kind kind, uint32_t value)
{
	switch (kind) {
	case U16:
		*(uint16_t *)member = (uint16_t)value;
		break;
	case U24:
	case U32:
		*(uint32_t *)member = value;
		break;
	case BOOL:
	case FLAG:
		*(bool *)member = value != 0;
		break;
	default:
		*(uint8_t *)member = (uint8_t)value;
		break;
	}
}

static size_t
size_of(enum kind kind)
{
	static const uint8_t sizes[] = {
		[END] = 0, [U8] = 1, [U16] = 2, [U24] = 3, [U32] = 4, [BOOL] = 1, [FLAG] = 1, [DATE] = 4, [SHORT_DATE] = 3,
		[TIME] = 3, [MOMENT] = 7, [HHMM] = 2, [BYTES4] = 4, [BYTES6] = 6, [BCD] = 1, [GUARD_WORD] = 4,
	};

	return sizes[kind];
}

static int
put_value(const struct field *f, const void *member, uint8_t *at)
{
	uint32_t value;

	switch ((enum kind)f->kind) {
	case DATE:
		return uhppote_put_date(member, at);
	case SHORT_DATE:
		return uhppote_put_short_date(member, at);
	case TIME:
		return uhppote_put_time(member, at);
	case MOMENT:
		return uhppote_put_moment(member, at);
	case HHMM:
		return uhppote_put_hhmm(member, at);
	case BCD:
		return uhppote_put_bcd(*(const uint8_t *)member, at);
	case BYTES4:
	case BYTES6:
		memcpy(at, member, size_of(f->kind));
		return 0;
	case GUARD_WORD:
		uhppote_put_number(GUARD, at, 4);
		return 0;
	default:
		break;
	}
	value = number_in(member, f->kind);
	if (value < f->low || value > f->high || (f->kind == U24 && value > 0xFFFFFF))
		return -1;
	uhppote_put_number(value, at, size_of(f->kind));
	return 0;
}

static int
get_value(const struct field *f, const uint8_t *at, void *member)
{
	uint32_t value;

	switch ((enum kind)f->kind) {
	case DATE:
		uhppote_get_date(at, member);
		return 0;
	case SHORT_DATE:
		uhppote_get_short_date(at, member);
		return 0;
	case TIME:
		uhppote_get_time(at, member);
		return 0;
	case MOMENT:
		uhppote_get_moment(at, member);
		return 0;
	case HHMM:
		uhppote_get_hhmm(at, member);
		return 0;
	case BCD:
		*(uint8_t *)member = uhppote_get_bcd(at[0]) > 99 ? 0 : uhppote_get_bcd(at[0]);
		return 0;
	case BYTES4:
	case BYTES6:
		memcpy(member, at, size_of(f->kind));
		return 0;
	case GUARD_WORD:
		return uhppote_get_number(at, 4) == GUARD ? 0 : -1;
	default:
		break;
	}
	value = uhppote_get_number(at, size_of(f->kind));
	if (value < f->low || value > f->high || (f->kind == BOOL && value > 1))
		return -1;
	number_out(member, f->kind, value);
	return 0;
}

/* --- a message --------------------------------------------------------------------------------------------- */

/* What no single field can tell. */
static bool
makes_sense(const struct uhppote_message *m)
{
	if (m->reply)
		return true;
	switch (m->function) {
	case UHPPOTE_LOAD_CARD:
		if (m->u.card.position < 1 || m->u.card.position > m->u.card.total)
			return false;
		/* fall through */
	case UHPPOTE_PUT_CARD:
		return uhppote_card_is_valid(m->u.card.number) && m->u.card.from.year > 2001 && m->u.card.to.year > 2001;
	case UHPPOTE_SET_TIME:
		return m->u.moment.date.year != 0;
	case UHPPOTE_SET_INTERLOCK:
		return m->u.mode <= 4 || m->u.mode == 8;
	default:
		return true;
	}
}

int
uhppote_encode(const struct uhppote_message *m, uint8_t out[UHPPOTE_SIZE])
{
	const struct function *f = function_of(m->function);
	const struct field *fields;

	memset(out, 0, UHPPOTE_SIZE);
	if (f == NULL || (m->reply && f->reply == NULL) || (m->old && !(m->reply && m->function == UHPPOTE_GET_STATUS)) ||
	    !makes_sense(m))
		return -1;
	fields = m->reply ? f->reply : f->request;
	out[0] = m->old ? UHPPOTE_START_OLD : UHPPOTE_START;
	out[1] = m->function;
	uhppote_put_number(m->serial, out + 4, 4);
	uhppote_put_number(m->request, out + 40, 4);
	for (; fields->kind != END; fields++)
		for (size_t i = 0; i < fields->count; i++)
			if (put_value(fields, (const uint8_t *)m + fields->member + i * fields->step,
			    out + fields->at + i * size_of(fields->kind)) < 0)
				return -1;
	return 0;
}

enum uhppote_fault
uhppote_decode(const uint8_t *bytes, size_t size, bool reply, struct uhppote_message *out)
{
	const struct function *f;
	const struct field *fields;

	memset(out, 0, sizeof *out);
	if (size != UHPPOTE_SIZE)
		return UHPPOTE_BAD_LENGTH;
	out->old = reply && bytes[0] == UHPPOTE_START_OLD && bytes[1] == UHPPOTE_GET_STATUS;
	if (bytes[0] != UHPPOTE_START && !out->old)
		return UHPPOTE_BAD_START;
	f = function_of(bytes[1]);
	fields = f == NULL ? NULL : reply ? f->reply : f->request;
	if (fields == NULL)
		return UHPPOTE_BAD_FUNCTION;
	out->function = bytes[1];
	out->reply = reply;
	out->serial = uhppote_get_number(bytes + 4, 4);
	out->request = uhppote_get_number(bytes + 40, 4);
	for (; fields->kind != END; fields++)
		for (size_t i = 0; i < fields->count; i++)
			if (get_value(fields, bytes + fields->at + i * size_of(fields->kind),
			    (uint8_t *)out + fields->member + i * fields->step) < 0)
				return UHPPOTE_BAD_VALUE;
	return makes_sense(out) ? UHPPOTE_OK : UHPPOTE_BAD_VALUE;
}

bool
uhppote_answers(const struct uhppote_message *request, const struct uhppote_message *reply)
{
	return reply->reply && !reply->old && reply->function == request->function &&
	    (reply->serial == request->serial || request->serial == 0) &&
	    (reply->request == 0 || reply->request == request->request);
}
