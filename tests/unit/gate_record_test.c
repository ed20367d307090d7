/*
 * Records: events (and their quarantine), permits, card numbers, PINs, digests, identities, nudges, the enrolment key.
 */
#include <stdio.h>
#include <string.h>

#include "gate/codec.h"
#include "gate/codes.h"
#include "gate/digest.h"
#include "gate/key.h"
#include "gate_vector.h"
#include "tap.h"

/* --- events ------------------------------------------------------------------------------------------------ */

static struct gate_event
sample_event(void)
{
	return (struct gate_event){ .seq = 7, .time_ms = 1760000000000, .kind = EVENT_ENTRY, .door = 1,
		.reader = READER_SIDE_ENTRY, .credential = 1, .revision = 2, .card = "12345678", .detail = "x" };
}

static void
test_event_round_trip(void)
{
	struct gate_event e = sample_event(), back;
	uint8_t buf[EVENT_LONGEST];
	int size;

	memset(e.card, 'Z', GATE_CARD_MAX);
	memset(e.detail, 'd', GATE_DETAIL_MAX);
	e.flags = GATE_EVENT_BY_COMMAND | GATE_EVENT_CLOCK_UNSET;
	size = event_encode(&e, buf, sizeof buf);
	CU_ASSERT_EQUAL(size, EVENT_LONGEST);
	CU_ASSERT_EQUAL((size_t)size + 1, gate_event_size(&e));
	CU_ASSERT_EQUAL(event_decode(buf, (size_t)size, &back), GATE_OK);
	CU_ASSERT_FALSE(back.quarantined);
	CU_ASSERT_STRING_EQUAL(back.card, e.card);
	CU_ASSERT_STRING_EQUAL(back.detail, e.detail);
	CU_ASSERT_EQUAL(event_encode(&e, buf, sizeof buf - 1), -1);
}

/* A byte put over a good record; the record behind it must still arrive. */
static const struct { const char *what; size_t at; uint8_t value; } spoiled[] = {
	{ "unknown kind", 13, 99 },
	{ "door 9", 14, 9 },
	{ "reader 3", 15, 3 },
	{ "revision beyond 2^63", 20, 0x80 },
	{ "time beyond 2^63", 4, 0x80 },
	{ "unknown flag", 28, 0x10 },
	{ "raised and cleared", 28, 3 },
	{ "command flag without a command", 28, 4 },
	{ "card longer than allowed", 29, 17 },
	{ "card longer than the record", 29, 12 },
	{ "card with a space", 30, ' ' },
	{ "card that ends before its length", 33, 0 },
	{ "detail that ends before its length", 39, 0 },
	{ "detail longer than the record", 38, 2 },
	{ "detail with a control character", 39, 0x07 },
};

static void
test_quarantine(void)
{
	struct gate_event e = sample_event(), back;
	uint8_t buf[EVENT_LONGEST];

	for (size_t i = 0; i < sizeof spoiled / sizeof spoiled[0]; i++) {
		int size = event_encode(&e, buf, sizeof buf);

		CU_ASSERT_EQUAL_FATAL(size, 40);
		buf[spoiled[i].at] = spoiled[i].value;
		memset(&back, 0xFF, sizeof back);
		CU_ASSERT_EQUAL(event_decode(buf, (size_t)size, &back), GATE_OK);
		if (!back.quarantined)
			printf("# not quarantined: %s\n", spoiled[i].what);
		CU_ASSERT_TRUE(back.quarantined);
		CU_ASSERT_EQUAL(back.seq, 7);
		CU_ASSERT_EQUAL(back.kind, 0);
		CU_ASSERT_EQUAL(strncmp(back.detail, "00000007", 8), 0);
		CU_ASSERT_EQUAL(strlen(back.detail), 80);
	}
}

static void
test_one_bad_record_stops_no_other(void)
{
	struct gate_message m;
	uint8_t buf[GATE_MESSAGE_MAX];
	int size;

	memset(&m, 0, sizeof m);
	m.type = GATE_EVENTS | GATE_REPLY;
	m.u.events_reply.oldest = 7;
	m.u.events_reply.newest = 9;
	m.u.events_reply.count = 3;
	for (uint32_t i = 0; i < 3; i++) {
		m.u.events_reply.events[i] = sample_event();
		m.u.events_reply.events[i].seq = 7 + i;
	}
	size = gate_encode(&m, buf, sizeof buf);
	CU_ASSERT_FATAL(size > 0);
	buf[33 + 41 + 1 + 14] = 9;	/* the door of the second */
	CU_ASSERT_EQUAL(gate_decode(buf, (size_t)size, &m), GATE_OK);
	CU_ASSERT_FALSE(m.u.events_reply.events[0].quarantined);
	CU_ASSERT_TRUE(m.u.events_reply.events[1].quarantined);
	CU_ASSERT_EQUAL(m.u.events_reply.events[1].seq, 8);
	CU_ASSERT_FALSE(m.u.events_reply.events[2].quarantined);
	CU_ASSERT_EQUAL(m.u.events_reply.events[2].seq, 9);
}

static void
test_full_reply(void)
{
	struct gate_message m;
	uint8_t buf[GATE_MESSAGE_MAX];
	size_t room = 0;

	memset(&m, 0, sizeof m);
	m.type = GATE_EVENTS | GATE_REPLY;
	m.u.events_reply.oldest = 1;
	m.u.events_reply.newest = m.u.events_reply.count = GATE_EVENTS_A_MESSAGE;
	for (uint32_t i = 0; i < GATE_EVENTS_A_MESSAGE; i++) {
		m.u.events_reply.events[i] = (struct gate_event){ .seq = i + 1, .kind = EVENT_EXIT, .door = 1 };
		room += gate_event_size(&m.u.events_reply.events[i]);
	}
	CU_ASSERT(room <= GATE_EVENTS_ROOM);
	CU_ASSERT(room + 32 > GATE_EVENTS_ROOM);
	CU_ASSERT(gate_encode(&m, buf, sizeof buf) > 0);
	CU_ASSERT_EQUAL(gate_decode(buf, (size_t)wire_get(buf + 2, 2), &m), GATE_OK);
}

/* --- permits ----------------------------------------------------------------------------------------------- */

static void
test_cards(void)
{
	static const char *const cards[] = { "", "0", "00", "000123", "z", "zzzzzzzzzzzzzzzz", "0000000000000000",
		"00123Az", "AbC", "9A", "Za" };
	uint8_t number[GATE_CARD_SIZE];
	char back[GATE_CARD_MAX + 1];

	for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
		CU_ASSERT_EQUAL(gate_card_pack(cards[i], number), 0);
		CU_ASSERT_EQUAL(gate_card_unpack(number, back), 0);
		CU_ASSERT_STRING_EQUAL(back, cards[i]);
	}
	CU_ASSERT_EQUAL(gate_card_pack("12345678901234567", number), -1);
	CU_ASSERT_EQUAL(gate_card_pack("12-4", number), -1);
	CU_ASSERT_EQUAL(gate_card_pack("\xE3\x81\x82", number), -1);
	memset(number, 0xFF, sizeof number);	/* more than 16 digits can say */
	CU_ASSERT_EQUAL(gate_card_unpack(number, back), -1);
}

/* Bijective: counting up from 0 gives "", 0, 1, ... z, 00, 01 ... without a repetition. */
static void
test_card_order(void)
{
	uint8_t number[GATE_CARD_SIZE] = { 0 }, again[GATE_CARD_SIZE];
	char back[GATE_CARD_MAX + 1];

	for (uint32_t n = 0; n < 10000; n++) {
		wire_put(number + 4, 8, n);
		CU_ASSERT_EQUAL(gate_card_unpack(number, back), 0);
		CU_ASSERT_EQUAL(gate_card_pack(back, again), 0);
		CU_ASSERT_EQUAL(memcmp(number, again, sizeof number), 0);
	}
	wire_put(number + 4, 8, 63);
	CU_ASSERT_EQUAL(gate_card_unpack(number, back), 0);
	CU_ASSERT_STRING_EQUAL(back, "00");
}

static void
test_pins(void)
{
	static const struct { const char *pin; uint32_t number; } pins[] = { { "", 0 }, { "0000", 1 }, { "0042", 43 },
		{ "9999", 10000 }, { "00000", 10001 }, { "99999", 110000 }, { "000000", 110001 }, { "999999", 1110000 },
		{ "0000000", 1110001 }, { "9999999", 11110000 }, { "00000000", 11110001 }, { "99999999", 111110000 } };
	static const char *const bad[] = { "1", "123", "123456789", "12a4", " 1234", "-123" };
	char back[GATE_PIN_MAX + 1];
	uint32_t number;

	for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
		CU_ASSERT_EQUAL(gate_pin_pack(pins[i].pin, &number), 0);
		CU_ASSERT_EQUAL(number, pins[i].number);
		CU_ASSERT_EQUAL(gate_pin_unpack(pins[i].number, back), 0);
		CU_ASSERT_STRING_EQUAL(back, pins[i].pin);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CU_ASSERT_EQUAL(gate_pin_pack(bad[i], &number), -1);
	CU_ASSERT_EQUAL(gate_pin_unpack(111110001, back), -1);
}

static void
test_permit_round_trip(void)
{
	struct gate_permit p, back;
	uint8_t record[GATE_PERMIT_SIZE];

	gate_vector_permit(&p);
	CU_ASSERT_EQUAL(gate_permit_encode(&p, record), 0);
	CU_ASSERT_EQUAL(gate_permit_credential(record), 4711);
	CU_ASSERT_EQUAL(gate_permit_decode(record, &back), 0);
	CU_ASSERT_STRING_EQUAL(back.card, p.card);
	CU_ASSERT_STRING_EQUAL(back.pin, "0042");
	CU_ASSERT_EQUAL(memcmp(back.levels, p.levels, sizeof p.levels), 0);
	CU_ASSERT_TRUE(back.apb_exempt);
	CU_ASSERT_FALSE(back.extended_unlock);
	CU_ASSERT_FALSE(gate_permit_is_removal(&back));
	p = (struct gate_permit){ .credential = 9, .valid_to = GATE_MINUTE_UNBOUNDED_TO };
	CU_ASSERT_TRUE(gate_permit_is_removal(&p));
	CU_ASSERT_EQUAL(gate_permit_encode(&p, record), 0);
	CU_ASSERT_EQUAL(gate_permit_decode(record, &back), 0);
	CU_ASSERT_TRUE(gate_permit_is_removal(&back));
}

static void
test_permit_refused(void)
{
	struct gate_permit good, p;
	uint8_t record[GATE_PERMIT_SIZE];

	gate_vector_permit(&good);
	p = good, p.credential = 0;
	CU_ASSERT_EQUAL(gate_permit_encode(&p, record), -1);
	p = good, p.levels[7] = 9;
	CU_ASSERT_EQUAL(gate_permit_encode(&p, record), -1);
	p = good, p.valid_from = 2, p.valid_to = 1;
	CU_ASSERT_EQUAL(gate_permit_encode(&p, record), -1);
	p = good, p.card[0] = '\0';
	CU_ASSERT_EQUAL(gate_permit_encode(&p, record), -1);
	CU_ASSERT_EQUAL(gate_permit_encode(&good, record), 0);
	record[24] = 0x90;	/* level 9 at door 8 */
	CU_ASSERT_EQUAL(gate_permit_decode(record, &p), -1);
	CU_ASSERT_EQUAL(gate_permit_encode(&good, record), 0);
	record[28] |= 0x40;	/* a bit without meaning */
	CU_ASSERT_EQUAL(gate_permit_decode(record, &p), -1);
	CU_ASSERT_EQUAL(gate_permit_encode(&good, record), 0);
	memset(record + 28, 0x07, 1), memset(record + 29, 0xFF, 3);	/* PIN beyond the list */
	CU_ASSERT_EQUAL(gate_permit_decode(record, &p), -1);
}

static void
test_permit_packed(void)
{
	struct gate_permit p;
	uint8_t first[GATE_PERMIT_SIZE], second[GATE_PERMIT_SIZE], back[GATE_PERMIT_SIZE] = { 0 }, nothing[GATE_PERMIT_SIZE] = { 0 };
	uint8_t packed[2 * GATE_PERMIT_PACKED_MAX];
	size_t size;

	gate_vector_permit(&p);
	CU_ASSERT_EQUAL(gate_permit_encode(&p, first), 0);
	p.credential++;
	p.levels[0] = 7;
	CU_ASSERT_EQUAL(gate_permit_encode(&p, second), 0);
	size = gate_permit_pack(nothing, first, packed);
	CU_ASSERT_EQUAL(gate_permit_pack(first, second, packed + size), 6);	/* the mask and two bytes */
	CU_ASSERT_EQUAL(gate_permit_unpack(packed, size + 6, back), size);
	CU_ASSERT_EQUAL(memcmp(back, first, sizeof first), 0);
	CU_ASSERT_EQUAL(gate_permit_unpack(packed + size, 6, back), 6);
	CU_ASSERT_EQUAL(memcmp(back, second, sizeof second), 0);
	CU_ASSERT_EQUAL(gate_permit_pack(second, second, packed), 0);
	memset(second, 0xAA, sizeof second);
	CU_ASSERT_EQUAL(gate_permit_pack(nothing, second, packed), GATE_PERMIT_PACKED_MAX);
}

static void
test_packed_refused(void)
{
	static const uint8_t none[] = { 0, 0, 0, 0, 1 }, same[] = { 0, 0, 0, 1, 0 }, half[] = { 0, 0, 0, 3, 1 };
	uint8_t record[GATE_PERMIT_SIZE] = { 0 };

	CU_ASSERT_EQUAL(gate_permit_unpack(none, sizeof none, record), 0);
	CU_ASSERT_EQUAL(gate_permit_unpack(same, sizeof same, record), 0);
	CU_ASSERT_EQUAL(gate_permit_unpack(half, sizeof half, record), 0);
	CU_ASSERT_EQUAL(gate_permit_unpack(half, 3, record), 0);
	CU_ASSERT_EQUAL(gate_permit_unpack(half, 0, record), 0);
}

static void
test_minutes(void)
{
	CU_ASSERT_EQUAL(gate_minute_from_unix(946684800 + 60), 1);
	CU_ASSERT_EQUAL(gate_minute_from_unix(0), 1);
	CU_ASSERT_EQUAL(gate_minute_from_unix(INT64_MAX), UINT32_MAX - 1);
	CU_ASSERT_EQUAL(gate_minute_to_unix(gate_minute_from_unix(1760000040)), 1760000040);
}

/* --- digest ------------------------------------------------------------------------------------------------ */

static void
test_digest_of_rfc4231(void)
{
	/* RFC 4231 case 1, seen through the first byte of the input being the stream: key 20 x 0b, data "Hi There". */
	static const uint8_t expected[GATE_HASH_SIZE] = { 0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53, 0x5c, 0xa8,
		0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b };
	uint8_t key[GATE_KEY_SIZE] = { 0 }, whole[GATE_SUM_SIZE];
	struct gate_digest_key *k;
	struct gate_digest d;

	memset(key, 0x0b, 20);	/* HMAC pads a short key with zeros, so 32 bytes are the same key */
	k = gate_digest_key_new(key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	gate_digest_clear(&d);
	CU_ASSERT_EQUAL(gate_digest_add(&d, k, 'H', 3, (const uint8_t *)"i There", 7), 0);
	CU_ASSERT_EQUAL(memcmp(d.sums[3], expected, GATE_SUM_SIZE), 0);
	gate_digest_whole(&d, whole);
	CU_ASSERT_EQUAL(memcmp(whole, expected, GATE_SUM_SIZE), 0);
	gate_digest_key_free(k);
}

static void
test_digest_is_a_set(void)
{
	uint8_t key[GATE_KEY_SIZE] = { 1 }, record[GATE_PERMIT_SIZE] = { 0 }, one[GATE_SUM_SIZE], other[GATE_SUM_SIZE];
	struct gate_digest_key *k = gate_digest_key_new(key);
	struct gate_digest up, down;

	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	gate_digest_clear(&up);
	gate_digest_clear(&down);
	for (uint32_t i = 0; i < 100; i++) {
		wire_put(record, 4, i + 1);
		CU_ASSERT_EQUAL(gate_digest_add(&up, k, 1, gate_digest_bucket_credential(i + 1), record, sizeof record), 0);
		wire_put(record, 4, 100 - i);
		CU_ASSERT_EQUAL(gate_digest_add(&down, k, 1, gate_digest_bucket_credential(100 - i), record, sizeof record), 0);
	}
	CU_ASSERT_EQUAL(memcmp(&up, &down, sizeof up), 0);
	for (uint32_t i = 51; i <= 100; i++) {
		wire_put(record, 4, i);
		CU_ASSERT_EQUAL(gate_digest_remove(&up, k, 1, gate_digest_bucket_credential(i), record, sizeof record), 0);
	}
	gate_digest_clear(&down);
	for (uint32_t i = 1; i <= 50; i++) {
		wire_put(record, 4, i);
		gate_digest_add(&down, k, 1, gate_digest_bucket_credential(i), record, sizeof record);
	}
	gate_digest_whole(&up, one);
	gate_digest_whole(&down, other);
	CU_ASSERT_EQUAL(memcmp(one, other, sizeof one), 0);
	CU_ASSERT_EQUAL(memcmp(&up, &down, sizeof up), 0);
	CU_ASSERT_EQUAL(gate_digest_add(&up, k, 1, GATE_BUCKETS, record, 1), -1);
	CU_ASSERT_EQUAL(gate_digest_add(&up, k, 1, -1, record, 1), -1);
	gate_digest_key_free(k);
}

static void
test_sums_carry(void)
{
	uint8_t a[GATE_SUM_SIZE], one[GATE_SUM_SIZE] = { [15] = 1 }, zero[GATE_SUM_SIZE] = { 0 };

	memset(a, 0xFF, sizeof a);
	gate_sum_add(a, one);
	CU_ASSERT_EQUAL(memcmp(a, zero, sizeof a), 0);
	gate_sum_subtract(a, one);
	CU_ASSERT_EQUAL(a[0], 0xFF);
	CU_ASSERT_EQUAL(a[15], 0xFF);
}

static void
test_derived_keys_differ(void)
{
	static const uint8_t secret[32] = { 5 };
	uint8_t one[GATE_KEY_SIZE], again[GATE_KEY_SIZE], other[GATE_KEY_SIZE];

	CU_ASSERT_EQUAL(gate_digest_key_derive(secret, sizeof secret, 1, one), 0);
	CU_ASSERT_EQUAL(gate_digest_key_derive(secret, sizeof secret, 1, again), 0);
	CU_ASSERT_EQUAL(gate_digest_key_derive(secret, sizeof secret, 2, other), 0);
	CU_ASSERT_EQUAL(memcmp(one, again, sizeof one), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(one, other, sizeof one), 0);
}

/* --- identity, nudge, enrolment ---------------------------------------------------------------------------- */

static void
test_identity(void)
{
	static const char *const bad[] = { "", "00005e0053000101", "00005e0053000101:", "00005E0053000101:1",
		"00005e0053000101:01", "00005e0053000101:1 ", "00005e0053000101:-1", "00005e005300010:1",
		"00005e0053000101:4294967296", "00005e0053000101:1x", "00005e00530001011:1" };
	char text[GATE_IDENTITY_MAX + 1];
	uint64_t serial;
	uint32_t epoch;

	CU_ASSERT_EQUAL(gate_identity_format(UINT64_C(0x5e0053000101), 4294967295u, text, sizeof text), GATE_IDENTITY_MAX);
	CU_ASSERT_STRING_EQUAL(text, "00005e0053000101:4294967295");
	CU_ASSERT_EQUAL(gate_identity_parse(text, &serial, &epoch), 0);
	CU_ASSERT_EQUAL(serial, UINT64_C(0x5e0053000101));
	CU_ASSERT_EQUAL(epoch, 4294967295u);
	CU_ASSERT_EQUAL(gate_identity_format(1, 1, text, 18), -1);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CU_ASSERT_EQUAL(gate_identity_parse(bad[i], &serial, &epoch), -1);
}

static void
test_nudge(void)
{
	uint8_t buf[GATE_NUDGE_SIZE + 1] = { 0 };
	uint64_t serial;

	gate_nudge_encode(UINT64_C(0xFEDCBA9876543210), buf);
	CU_ASSERT_EQUAL(gate_nudge_decode(buf, GATE_NUDGE_SIZE, &serial), 0);
	CU_ASSERT_EQUAL(serial, UINT64_C(0xFEDCBA9876543210));
	CU_ASSERT_EQUAL(gate_nudge_decode(buf, GATE_NUDGE_SIZE - 1, &serial), -1);
	CU_ASSERT_EQUAL(gate_nudge_decode(buf, GATE_NUDGE_SIZE + 1, &serial), -1);
	for (size_t i = 0; i < 8; i++) {
		buf[i] ^= 1;
		CU_ASSERT_EQUAL(gate_nudge_decode(buf, GATE_NUDGE_SIZE, &serial), -1);
		buf[i] ^= 1;
	}
}

static void
test_enrolment_key(void)
{
	/* computed with Python's hashlib.scrypt */
	static const uint8_t first[8] = { 0xd8, 0xf2, 0xfb, 0xd5, 0x6d, 0x79, 0x91, 0xb7 };
	uint8_t key[GATE_KEY_SIZE];

	CU_ASSERT_EQUAL(gate_enrolment_key("合言葉 open sesame", UINT64_C(0x5e0053000101), key), 0);
	CU_ASSERT_EQUAL(memcmp(key, first, sizeof first), 0);
}

static void
test_text(void)
{
	static const char *const bad[] = { "\n", "\x7F", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80", "\xE3\x81", "\x80", "\xC2\x85" };

	CU_ASSERT_TRUE(text_is_clean("", 0));
	CU_ASSERT_TRUE(text_is_clean("読取\xF0\x9F\x98\x80", 10));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CU_ASSERT_FALSE(text_is_clean(bad[i], strlen(bad[i])));
}

int
main(void)
{
	CU_TestInfo events[] = {
		{ "the longest round trip", test_event_round_trip },
		{ "what makes no sense is quarantined", test_quarantine },
		{ "one bad record stops no other", test_one_bad_record_stops_no_other },
		{ "a full reply", test_full_reply },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo permits[] = {
		{ "card numbers", test_cards },
		{ "card numbers are counted without a repetition", test_card_order },
		{ "PINs", test_pins },
		{ "round trip", test_permit_round_trip },
		{ "refused", test_permit_refused },
		{ "packed", test_permit_packed },
		{ "packed: refused", test_packed_refused },
		{ "minutes", test_minutes },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo digests[] = {
		{ "HMAC of RFC 4231", test_digest_of_rfc4231 },
		{ "order does not matter, removing undoes adding", test_digest_is_a_set },
		{ "sums carry", test_sums_carry },
		{ "each controller has its own key", test_derived_keys_differ },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo names[] = {
		{ "identity", test_identity },
		{ "nudge", test_nudge },
		{ "enrolment key", test_enrolment_key },
		{ "text", test_text },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "gate event", NULL, NULL, NULL, NULL, events },
		{ "gate permit", NULL, NULL, NULL, NULL, permits },
		{ "gate digest", NULL, NULL, NULL, NULL, digests },
		{ "gate names", NULL, NULL, NULL, NULL, names },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
