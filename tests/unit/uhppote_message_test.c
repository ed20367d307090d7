/*
 * The codec of UHPPOTE boards: exchanges captured between another's client and another's board byte for byte, every
 * function's bounds, and bad input.
 */
#include <stdio.h>
#include <string.h>

#include "gate/uhppote_message.h"
#include "tap.h"

enum { SERIAL = 405000001 };

static size_t
bytes_of(const char *hex, uint8_t out[UHPPOTE_SIZE])
{
	unsigned byte;
	size_t n = 0;
	int used;

	memset(out, 0, UHPPOTE_SIZE);
	for (; n < UHPPOTE_SIZE && sscanf(hex, " %2x%n", &byte, &used) == 1; hex += used)
		out[n++] = (uint8_t)byte;
	return n;
}

#define H "00 00 41 cf 23 18 "
#define DATE(y, m, d) { y, m, d }
#define YEARS DATE(2025, 1, 1), DATE(2030, 12, 31)

static const struct vector {
	const char *name, *hex;
	struct uhppote_message m;
} vectors[] = {
	{ "discover", "17 94 00 00 00 00 00 00", { .function = 0x94 } },
	{ "controller", "17 94 " H "7f 00 00 01 ff 00 00 00 7f 00 00 01 00 66 18 23 cf 41 08 92 20 18 11 05",
	    { .function = 0x94, .reply = true, .serial = SERIAL, .u.controller = { { 127, 0, 0, 1 }, { 255, 0, 0, 0 },
	    { 127, 0, 0, 1 }, { 0, 0x66, 0x18, 0x23, 0xcf, 0x41 }, 8, 92, DATE(2018, 11, 5) } } },
	{ "set address", "17 96 00 00 42 cf 23 18 7f 00 00 02 ff 00 00 00 7f 00 00 01 55 aa aa 55",
	    { .function = 0x96, .serial = 405000002, .u.address = { { 127, 0, 0, 2 }, { 255, 0, 0, 0 }, { 127, 0, 0, 1 } } } },
	{ "set time", "17 30 " H "20 26 11 22 22 34 42",
	    { .function = 0x30, .serial = SERIAL, .u.moment = { DATE(2026, 11, 22), { 22, 34, 42 } } } },
	{ "time set", "17 30 " H "20 26 11 22 22 34 42",
	    { .function = 0x30, .reply = true, .serial = SERIAL, .u.moment = { DATE(2026, 11, 22), { 22, 34, 42 } } } },
	{ "get time", "17 32 " H, { .function = 0x32, .serial = SERIAL } },
	{ "open door", "17 40 " H "02", { .function = 0x40, .serial = SERIAL, .u.door = 2 } },
	{ "opened", "17 40 " H "01", { .function = 0x40, .reply = true, .serial = SERIAL, .u.ok = true } },
	{ "put card", "17 50 " H "a0 7a 99 00 20 25 01 01 20 30 12 31 01 01 1e 1d 4d 05",
	    { .function = 0x50, .serial = SERIAL, .u.card = { 10058400, YEARS, { 1, 1, 30, 29 }, 1357, 0, 0, 0 } } },
	{ "put first card", "17 50 " H "a0 7a 99 00 20 25 01 01 20 30 12 31 01 01 01 01 6b 1d 00 09",
	    { .function = 0x50, .serial = SERIAL, .u.card = { 10058400, YEARS, { 1, 1, 1, 1 }, 7531, 9, 0, 0 } } },
	{ "get card", "17 5a " H "a0 7a 99", { .function = 0x5a, .serial = SERIAL, .u.number = 10058400 } },
	{ "card", "17 5a " H "a0 7a 99 00 20 25 01 01 20 30 12 31 01 01 1e 1d 4d 05",
	    { .function = 0x5a, .reply = true, .serial = SERIAL, .u.card = { 10058400, YEARS, { 1, 1, 30, 29 }, 1357, 0, 0, 0 } } },
	{ "absent card", "17 5a " H, { .function = 0x5a, .reply = true, .serial = SERIAL } },
	{ "deleted slot", "17 5c " H "ff ff ff ff",
	    { .function = 0x5c, .reply = true, .serial = SERIAL, .u.card.number = UHPPOTE_CARD_DELETED } },
	{ "count", "17 58 " H "02", { .function = 0x58, .reply = true, .serial = SERIAL, .u.number = 2 } },
	{ "delete card", "17 52 " H "a0 7a 99", { .function = 0x52, .serial = SERIAL, .u.number = 10058400 } },
	{ "delete all", "17 54 " H "55 aa aa 55", { .function = 0x54, .serial = SERIAL } },
	{ "door control", "17 80 " H "02 03 09", { .function = 0x80, .serial = SERIAL, .u.control = { 2, 3, 9 } } },
	{ "door controlled", "17 80 " H "02 03 09", { .function = 0x80, .reply = true, .serial = SERIAL, .u.control = { 2, 3, 9 } } },
	{ "profile", "17 88 " H "1d 20 25 01 01 20 30 12 31 01 00 01 00 01 00 00 00 00 09 30 11 00 15 00 16 00 23 59 03",
	    { .function = 0x88, .serial = SERIAL, .u.profile = { .id = 29, .from = DATE(2025, 1, 1), .to = DATE(2030, 12, 31),
	    .weekdays = { 1, 0, 1, 0, 1 }, .segments = { { { 0, 0 }, { 9, 30 } }, { { 11, 0 }, { 15, 0 } },
	    { { 16, 0 }, { 23, 59 } } }, .linked = 3 } } },
	{ "profile held", "17 98 " H "1d 20 25 01 01 20 30 12 31 01 00 01 00 01 00 00 00 00 09 30 11 00 15 00 16 00 23 59 03",
	    { .function = 0x98, .reply = true, .serial = SERIAL, .u.profile = { .id = 29, .from = DATE(2025, 1, 1),
	    .to = DATE(2030, 12, 31), .weekdays = { 1, 0, 1, 0, 1 }, .segments = { { { 0, 0 }, { 9, 30 } },
	    { { 11, 0 }, { 15, 0 } }, { { 16, 0 }, { 23, 59 } } }, .linked = 3 } } },
	{ "no profile", "17 98 " H, { .function = 0x98, .reply = true, .serial = SERIAL } },
	{ "passcodes", "17 8c " H "01 00 00 00 d2 04 00 00 2e 16",
	    { .function = 0x8c, .serial = SERIAL, .u.passcodes = { 1, { 1234, 5678 } } } },
	{ "door events", "17 8e " H "01", { .function = 0x8e, .serial = SERIAL, .u.ok = true } },
	{ "listener", "17 90 " H "7f 00 00 01 61 ea 01",
	    { .function = 0x90, .serial = SERIAL, .u.listener = { { 127, 0, 0, 1 }, 60001, 1 } } },
	{ "listener held", "17 92 " H "7f 00 00 01 61 ea 01",
	    { .function = 0x92, .reply = true, .serial = SERIAL, .u.listener = { { 127, 0, 0, 1 }, 60001, 1 } } },
	{ "PC control", "17 a0 " H "55 aa aa 55 01", { .function = 0xa0, .serial = SERIAL, .u.ok = true } },
	{ "interlock", "17 a2 " H "01", { .function = 0xa2, .serial = SERIAL, .u.mode = 1 } },
	{ "keypads", "17 a4 " H "01 01", { .function = 0xa4, .serial = SERIAL, .u.keypads = { true, true } } },
	{ "clear tasks", "17 a6 " H "55 aa aa 55", { .function = 0xa6, .serial = SERIAL } },
	{ "add task", "17 a8 " H "20 25 01 01 20 30 12 31 01 00 00 00 01 00 00 08 30 03 08 1d",
	    { .function = 0xa8, .serial = SERIAL, .u.task = { YEARS, { 1, 0, 0, 0, 1 }, { 8, 30 }, 3, 8, 29 } } },
	{ "first card", "17 aa " H "03 08 30 01 17 45 03 01 01 00 01 00 01",
	    { .function = 0xaa, .serial = SERIAL, .u.first_card = { 3, { 8, 30 }, { 17, 45 }, 1, 3, { 1, 1, 0, 1, 0, 1 } } } },
	{ "refresh", "17 ac " H "55 aa aa 55", { .function = 0xac, .serial = SERIAL } },
	{ "get event", "17 b0 " H "01", { .function = 0xb0, .serial = SERIAL, .u.number = 1 } },
	{ "event", "17 b0 " H "01 00 00 00 02 01 01 01 a0 7a 99 00 20 26 11 22 22 34 42 01",
	    { .function = 0xb0, .reply = true, .serial = SERIAL, .u.event = { 1, 2, true, 1, 1, 10058400,
	    { DATE(2026, 11, 22), { 22, 34, 42 } }, 1 } } },
	{ "event index", "17 b2 " H "03 00 00 00 55 aa aa 55", { .function = 0xb2, .serial = SERIAL, .u.number = 3 } },
	{ "anti-passback", "17 84 " H "01", { .function = 0x84, .serial = SERIAL, .u.mode = 1 } },
	{ "status", "17 20 " H "0f 00 00 00 02 01 02 01 ea ac cd e9 20 26 11 22 22 34 42 2c 01 00 00 00 00 01 00 00 00"
	    " 22 34 42 00 00 00 00 00 00 00 00 00 03 00 26 11 22",
	    { .function = 0x20, .reply = true, .serial = SERIAL, .u.status = { .event = { 15, 2, true, 2, 1, 0xe9cdacea,
	    { DATE(2026, 11, 22), { 22, 34, 42 } }, 44 }, .open = { 1 }, .button = { 0, 1 }, .time = { 22, 34, 42 },
	    .relays = 3, .date = DATE(2026, 11, 22) } } },
	{ "push of 6.62", "19 20 00 00 4a cf 23 18 02 00 00 00 01 00 01 01 01 00 00 00 20 26 11 22 22 42 32 12 00 00 00 00 00"
	    " 00 00 00 00 22 42 32 00 00 00 00 00 00 00 00 00 01 00 26 11 22",
	    { .function = 0x20, .reply = true, .old = true, .serial = 405000010, .u.status = { .event = { 2, 1, false, 1, 1, 1,
	    { DATE(2026, 11, 22), { 22, 42, 32 } }, 18 }, .time = { 22, 42, 32 }, .relays = 1, .date = DATE(2026, 11, 22) } } },
};

enum { VECTORS = sizeof vectors / sizeof vectors[0] };

static void
test_vectors(void)
{
	for (size_t i = 0; i < VECTORS; i++) {
		const struct vector *v = &vectors[i];
		uint8_t theirs[UHPPOTE_SIZE], ours[UHPPOTE_SIZE], again[UHPPOTE_SIZE];
		struct uhppote_message m;

		bytes_of(v->hex, theirs);
		bool good = uhppote_encode(&v->m, ours) == 0 && memcmp(ours, theirs, sizeof ours) == 0 &&
		    uhppote_decode(theirs, sizeof theirs, v->m.reply, &m) == UHPPOTE_OK && m.serial == v->m.serial &&
		    m.old == v->m.old && uhppote_encode(&m, again) == 0 && memcmp(again, theirs, sizeof again) == 0;
		if (!good)
			printf("# vector \"%s\"\n", v->name);
		CU_ASSERT(good);
	}
}

static struct uhppote_message
decoded(const char *hex)
{
	uint8_t bytes[UHPPOTE_SIZE];
	struct uhppote_message m;

	bytes_of(hex, bytes);
	CU_ASSERT_EQUAL(uhppote_decode(bytes, sizeof bytes, true, &m), UHPPOTE_OK);
	return m;
}

static void
test_status_read(void)
{
	struct uhppote_message m = decoded(vectors[VECTORS - 2].hex);
	const struct uhppote_status *s = &m.u.status;

	CU_ASSERT_EQUAL(s->event.index, 15);
	CU_ASSERT_EQUAL(s->event.reason, 44);
	CU_ASSERT_EQUAL(s->event.at.date.year, 2026);
	CU_ASSERT_EQUAL(s->event.at.time.second, 42);
	CU_ASSERT(s->open[0] && !s->open[1] && s->button[1] && !s->button[0]);
	CU_ASSERT_EQUAL(s->relays, 3);
	CU_ASSERT_EQUAL(s->date.day, 22);
	CU_ASSERT_EQUAL(s->time.hour, 22);
}

/* "No value" has many faces; none of them is an error. */
static void
test_no_dates(void)
{
	CU_ASSERT_EQUAL(decoded("17 b0 " H "00 00 00 00 00 00 00 00 00 00 00 00 00 01 01 01").u.event.at.date.year, 0);
	struct uhppote_message m = decoded("17 b0 " H "00 00 00 00 ff 00 00 00 00 00 00 00 00 01 01 01");
	CU_ASSERT_EQUAL(m.u.event.type, UHPPOTE_EVENT_OVERWRITTEN);
	CU_ASSERT_EQUAL(m.u.event.at.date.year, 0);
	CU_ASSERT_EQUAL(decoded("17 32 " H "20 00 00 00 00 00 00").u.moment.date.year, 0);
	CU_ASSERT_EQUAL(decoded("17 32 " H "20 26 02 30 00 00 00").u.moment.date.year, 0);
	CU_ASSERT_EQUAL(decoded("17 32 " H "20 26 0a 01 00 00 00").u.moment.date.year, 0);
	CU_ASSERT_EQUAL(decoded("17 32 " H "20 26 10 01 24 00 00").u.moment.date.year, 0);
	CU_ASSERT_EQUAL(decoded("17 32 " H "20 24 02 29 23 59 59").u.moment.time.second, 59);
	CU_ASSERT_EQUAL(decoded("17 5a " H "01 00 00 00 ff ff ff ff").u.card.from.year, 0);
}

static enum uhppote_fault
fault_of(const char *hex, bool reply)
{
	uint8_t bytes[UHPPOTE_SIZE];
	struct uhppote_message m;

	bytes_of(hex, bytes);
	return uhppote_decode(bytes, sizeof bytes, reply, &m);
}

static void
test_bad_input(void)
{
	uint8_t bytes[UHPPOTE_SIZE * 16] = { 0x17, 0x20 };
	struct uhppote_message m;

	for (size_t size = 0; size <= sizeof bytes; size++)
		CU_ASSERT_EQUAL(uhppote_decode(bytes, size, true, &m), size == UHPPOTE_SIZE ? UHPPOTE_OK : UHPPOTE_BAD_LENGTH);
	CU_ASSERT_EQUAL(fault_of("18 20 " H, true), UHPPOTE_BAD_START);
	CU_ASSERT_EQUAL(fault_of("19 30 " H, true), UHPPOTE_BAD_START);	/* old firmware pushes, it does not answer so */
	CU_ASSERT_EQUAL(fault_of("19 20 " H, false), UHPPOTE_BAD_START);
	CU_ASSERT_EQUAL(fault_of("17 22 " H, true), UHPPOTE_BAD_FUNCTION);
	CU_ASSERT_EQUAL(fault_of("17 c0 " H, true), UHPPOTE_BAD_FUNCTION);
	CU_ASSERT_EQUAL(fault_of("17 96 " H, true), UHPPOTE_BAD_FUNCTION);	/* never answered */
	CU_ASSERT_EQUAL(fault_of("17 40 " H "02", true), UHPPOTE_BAD_VALUE);
	CU_ASSERT_EQUAL(fault_of("17 40 " H "05", false), UHPPOTE_BAD_VALUE);
	CU_ASSERT_EQUAL(fault_of("17 54 " H "55 aa aa 54", false), UHPPOTE_BAD_VALUE);
	CU_ASSERT_EQUAL(fault_of("17 82 " H "05", true), UHPPOTE_BAD_VALUE);
}

static bool
refused(struct uhppote_message m)
{
	uint8_t bytes[UHPPOTE_SIZE];

	return uhppote_encode(&m, bytes) == -1;
}

static struct uhppote_message
card(uint32_t number, uint16_t from, uint16_t to, uint8_t door, uint32_t pin)
{
	return (struct uhppote_message){ .function = 0x50, .serial = SERIAL, .u.card = { number, DATE(from, 1, 1),
		DATE(to, 12, 31), { door }, pin, 0, 0, 0 } };
}

static void
test_bounds(void)
{
	CU_ASSERT_FALSE(refused(card(1, 2026, 2029, 1, 999999)));
	CU_ASSERT(refused(card(1, 2026, 2029, 1, 1000000)));	/* a board would say true and keep another one */
	CU_ASSERT(refused(card(1, 2026, 2029, 255, 0)));
	CU_ASSERT(refused(card(0, 2026, 2029, 1, 0)));
	CU_ASSERT(refused(card(0x00FFFFFF, 2026, 2029, 1, 0)));
	CU_ASSERT(refused(card(0xFFFFFF00, 2026, 2029, 1, 0)));
	CU_ASSERT_FALSE(refused(card(0xFFFFFEFF, 2026, 2029, 1, 0)));
	CU_ASSERT(refused(card(1, 0, 2029, 1, 0)));
	CU_ASSERT(refused(card(1, 2001, 2029, 1, 0)));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x40, .u.door = 0 }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x40, .u.door = 5 }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x80, .u.control = { 1, 4, 5 } }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x80, .u.control = { 1, 3, 0 } }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x30 }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x30, .u.moment = { DATE(2026, 2, 29), { 0, 0, 0 } } }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x30, .u.moment = { DATE(2026, 2, 28), { 24, 0, 0 } } }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x88, .u.profile.id = 1 }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x88, .u.profile.id = 255 }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0xa2, .u.mode = 5 }));
	CU_ASSERT_FALSE(refused((struct uhppote_message){ .function = 0xa2, .u.mode = 8 }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x84, .u.mode = 5 }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x8c, .u.passcodes = { 1, { 1000000 } } }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0xa8, .u.task = { YEARS, { 1 }, { 24, 1 }, 1, 0, 0 } }));
	CU_ASSERT_FALSE(refused((struct uhppote_message){ .function = 0xa8, .u.task = { YEARS, { 1 }, { 24, 0 }, 1, 0, 0 } }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x96, .reply = true }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0xc2 }));
	CU_ASSERT(refused((struct uhppote_message){ .function = 0x5c, .u.number = 0 }));
}

static void
test_load(void)
{
	struct uhppote_message m = card(10058400, 2026, 2029, 1, 0);
	uint8_t bytes[UHPPOTE_SIZE];

	m.function = UHPPOTE_LOAD_CARD;
	CU_ASSERT(refused(m));
	m.u.card.total = 0x030201;
	m.u.card.position = 0x030200;
	CU_ASSERT_EQUAL(uhppote_encode(&m, bytes), 0);
	CU_ASSERT_EQUAL(memcmp(bytes + 32, "\x01\x02\x03\x00\x02\x03", 6), 0);
	CU_ASSERT_EQUAL(decoded("17 56 " H "e1").u.code, UHPPOTE_LOAD_NOT_ASCENDING);
}

static void
test_matching(void)
{
	struct uhppote_message asked = { .function = 0x40, .serial = SERIAL, .request = UHPPOTE_REQUEST_FIRST, .u.door = 1 };
	struct uhppote_message reply = { .function = 0x40, .reply = true, .serial = SERIAL };

	CU_ASSERT(uhppote_answers(&asked, &reply));
	reply.request = UHPPOTE_REQUEST_FIRST;
	CU_ASSERT(uhppote_answers(&asked, &reply));
	reply.request++;
	CU_ASSERT_FALSE(uhppote_answers(&asked, &reply));
	reply.request = 0;
	reply.serial++;
	CU_ASSERT_FALSE(uhppote_answers(&asked, &reply));
	reply.serial--;
	reply.function = 0x50;
	CU_ASSERT_FALSE(uhppote_answers(&asked, &reply));
	CU_ASSERT_FALSE(uhppote_answers(&asked, &asked));
	asked = (struct uhppote_message){ .function = 0x94 };
	reply.function = 0x94;
	CU_ASSERT(uhppote_answers(&asked, &reply));
}

static void
test_cards(void)
{
	static const char *const bad[] = {
		"", "0", "16777215", "4294967040", "4294967295", "4294967296", "42949672960", "010058400", "1005840x", " 1", "-1", "A1",
	};
	char text[UHPPOTE_CARD_TEXT];
	uint32_t number, pin;

	CU_ASSERT_EQUAL(uhppote_card_parse("10058400", &number), 0);
	CU_ASSERT_EQUAL(number, 10058400);
	CU_ASSERT_EQUAL(uhppote_card_parse("4294967039", &number), 0);
	CU_ASSERT_EQUAL(number, UHPPOTE_CARD_MOST);
	uhppote_card_format(number, text);
	CU_ASSERT_STRING_EQUAL(text, "4294967039");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CU_ASSERT_EQUAL(uhppote_card_parse(bad[i], &number), -1);
	CU_ASSERT_EQUAL(uhppote_pin_parse("", &pin), 0);
	CU_ASSERT_EQUAL(pin, 0);
	CU_ASSERT_EQUAL(uhppote_pin_parse("999999", &pin), 0);
	CU_ASSERT_EQUAL(pin, 999999);
	CU_ASSERT_EQUAL(uhppote_pin_parse("0000", &pin), -1);	/* a board takes it for no PIN at all */
	CU_ASSERT_EQUAL(uhppote_pin_parse("1234567", &pin), -1);
	CU_ASSERT_EQUAL(uhppote_pin_parse("12a4", &pin), -1);
}

static void
test_time(void)
{
	struct uhppote_moment m = { DATE(2026, 11, 22), { 22, 34, 42 } }, back;
	int64_t s = uhppote_local_seconds(&m);

	CU_ASSERT_EQUAL(s, 1795386882);
	uhppote_moment_from_local(s, &back);
	CU_ASSERT(back.date.year == 2026 && back.date.month == 11 && back.date.day == 22);
	CU_ASSERT(back.time.hour == 22 && back.time.minute == 34 && back.time.second == 42);
	for (int64_t day = 10957; day < 47482; day++) {	/* 2000 to 2099 */
		uhppote_moment_from_local(day * 86400 + 86399, &back);
		CU_ASSERT(uhppote_date_is_valid(&back.date) && uhppote_local_seconds(&back) == day * 86400 + 86399);
	}
}

static void
test_models(void)
{
	CU_ASSERT_EQUAL(uhppote_doors_of(123456789), 1);
	CU_ASSERT_EQUAL(uhppote_doors_of(223456789), 2);
	CU_ASSERT_EQUAL(uhppote_doors_of(SERIAL), 4);
	CU_ASSERT_EQUAL(uhppote_doors_of(323456789), 0);
	CU_ASSERT_EQUAL(uhppote_doors_of(4), 0);
	CU_ASSERT(uhppote_has_exit_readers(223456789) && !uhppote_has_exit_readers(SERIAL));
	CU_ASSERT_FALSE(uhppote_is_repeatable(0x40));
	CU_ASSERT_FALSE(uhppote_is_repeatable(0xa8));
	CU_ASSERT(uhppote_is_repeatable(0x50) && uhppote_is_repeatable(0x80));
	CU_ASSERT_FALSE(uhppote_has_reply(0x96));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "captured exchanges, byte for byte", test_vectors },
		{ "status is read whole", test_status_read },
		{ "dates that are none", test_no_dates },
		{ "bad input", test_bad_input },
		{ "values that are not sent", test_bounds },
		{ "sorted load", test_load },
		{ "which reply answers which request", test_matching },
		{ "card numbers and PINs", test_cards },
		{ "wall clock", test_time },
		{ "models and what may be sent again", test_models },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "uhppote message", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
