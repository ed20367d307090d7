/*
 * The message codec: the document's examples byte for byte, round trips, lengths, and bad input of every kind by name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/codec.h"
#include "gate/codes.h"
#include "gate_vector.h"
#include "tap.h"

#define EXCHANGE 0x01020304u

static int
encode_vector(size_t i, uint8_t buf[GATE_MESSAGE_MAX])
{
	struct gate_message m;

	memset(&m, 0, sizeof m);
	gate_vectors[i].build(&m);
	m.exchange = EXCHANGE;
	return gate_encode(&m, buf, GATE_MESSAGE_MAX);
}

static size_t
vector_by_name(const char *name)
{
	for (size_t i = 0; i < gate_vector_count; i++)
		if (strcmp(gate_vectors[i].name, name) == 0)
			return i;
	abort();
}

/* --- the document ------------------------------------------------------------------------------------------ */

static char *
read_document(void)
{
	const char *top = getenv("top_srcdir");
	char path[4096], *text;
	size_t size;
	FILE *f;

	snprintf(path, sizeof path, "%s/doc/gate-protocol.md", top == NULL ? "." : top);
	if ((f = fopen(path, "r")) == NULL || (text = calloc(1, 1 << 20)) == NULL)
		return NULL;
	size = fread(text, 1, (1 << 20) - 1, f);
	fclose(f);
	text[size] = '\0';
	return text;
}

/* The hex under "#### name" as bytes; -1 when the document has none. */
static int
document_example(const char *document, const char *name, uint8_t *out, size_t size)
{
	char heading[64];
	const char *p;
	size_t n = 0;
	unsigned byte;
	int used;

	snprintf(heading, sizeof heading, "\n#### %s\n", name);
	if ((p = strstr(document, heading)) == NULL || (p = strstr(p, "```\n")) == NULL)
		return -1;
	for (p += 4; *p != '`' && *p != '\0' && n < size; p += used) {
		if (sscanf(p, " %2x%n", &byte, &used) != 1)
			break;
		out[n++] = (uint8_t)byte;
	}
	return (int)n;
}

static void
test_document(void)
{
	uint8_t ours[GATE_MESSAGE_MAX], theirs[GATE_MESSAGE_MAX];
	char *document = read_document();
	struct gate_permit permit;
	int size;

	CU_ASSERT_PTR_NOT_NULL_FATAL(document);
	for (size_t i = 0; i < gate_vector_count; i++) {
		size = encode_vector(i, ours);
		if (size <= 0 || document_example(document, gate_vectors[i].name, theirs, sizeof theirs) != size ||
		    memcmp(ours, theirs, (size_t)size) != 0) {
			printf("# the document's example of \"%s\" is not what is encoded\n", gate_vectors[i].name);
			CU_FAIL("example differs");
		}
	}
	gate_vector_permit(&permit);
	CU_ASSERT_EQUAL(gate_permit_encode(&permit, ours), 0);
	CU_ASSERT_EQUAL(document_example(document, "permit record", theirs, sizeof theirs), GATE_PERMIT_SIZE);
	CU_ASSERT_EQUAL(memcmp(ours, theirs, GATE_PERMIT_SIZE), 0);
	gate_nudge_encode(UINT64_C(0x00005e0053000101), ours);
	CU_ASSERT_EQUAL(document_example(document, "nudge", theirs, sizeof theirs), GATE_NUDGE_SIZE);
	CU_ASSERT_EQUAL(memcmp(ours, theirs, GATE_NUDGE_SIZE), 0);
	free(document);
}

/* Writes the document's section of examples. */
static int
print_hex(const char *name, const uint8_t *p, int size)
{
	printf("#### %s\n```", name);
	for (int i = 0; i < size; i++)
		printf("%s%02x", i % 32 == 0 ? "\n" : " ", p[i]);
	printf("\n```\n");
	return size > 0 ? 0 : 1;
}

static int
print_document(void)
{
	uint8_t buf[GATE_MESSAGE_MAX];
	struct gate_permit permit;
	int bad = 0;

	for (size_t i = 0; i < gate_vector_count; i++)
		bad |= print_hex(gate_vectors[i].name, buf, encode_vector(i, buf));
	gate_vector_permit(&permit);
	bad |= gate_permit_encode(&permit, buf) | print_hex("permit record", buf, GATE_PERMIT_SIZE);
	gate_nudge_encode(UINT64_C(0x00005e0053000101), buf);
	return bad | print_hex("nudge", buf, GATE_NUDGE_SIZE);
}

/* --- every type -------------------------------------------------------------------------------------------- */

static void
test_every_type_has_an_example(void)
{
	uint8_t buf[GATE_MESSAGE_MAX];
	bool seen[256] = { false };

	for (size_t i = 0; i < gate_vector_count; i++)
		if (encode_vector(i, buf) > 0)
			seen[buf[1]] = true;
	for (unsigned type = 0; type < 256; type++) {
		CU_ASSERT_EQUAL(seen[type], gate_type_info((uint8_t)type) != NULL);
		if (seen[type])
			CU_ASSERT_EQUAL(gate_type_info((uint8_t)type)->type, type);
	}
}

static void
test_round_trip(void)
{
	uint8_t first[GATE_MESSAGE_MAX], second[GATE_MESSAGE_MAX];
	struct gate_message m;

	for (size_t i = 0; i < gate_vector_count; i++) {
		int size = encode_vector(i, first);

		memset(&m, 0x5A, sizeof m);
		CU_ASSERT_EQUAL(gate_decode(first, (size_t)size, &m), GATE_OK);
		CU_ASSERT_EQUAL(m.exchange, EXCHANGE);
		CU_ASSERT_STRING_EQUAL(gate_type_name(m.type), gate_vectors[i].name);
		CU_ASSERT_EQUAL(gate_encode(&m, second, sizeof second), size);
		CU_ASSERT_EQUAL(memcmp(first, second, (size_t)size), 0);
	}
}

static void
test_values_arrive(void)
{
	uint8_t buf[GATE_MESSAGE_MAX];
	struct gate_message m;
	const struct gate_event *e = m.u.events_reply.events;
	int size = encode_vector(vector_by_name("events reply"), buf);

	CU_ASSERT_EQUAL_FATAL(gate_decode(buf, (size_t)size, &m), GATE_OK);
	CU_ASSERT_EQUAL(m.u.events_reply.count, 3);
	CU_ASSERT_EQUAL(e[0].seq, 1201);
	CU_ASSERT_EQUAL(e[0].credential, 4711);
	CU_ASSERT_STRING_EQUAL(e[1].card, "00123Az");
	CU_ASSERT_STRING_EQUAL(e[1].detail, "読取1回");
	CU_ASSERT_EQUAL(e[2].flags, GATE_EVENT_BY_COMMAND);
	CU_ASSERT_EQUAL(e[2].command[15], 0x1F);
	size = encode_vector(vector_by_name("clock"), buf);
	CU_ASSERT_EQUAL_FATAL(gate_decode(buf, (size_t)size, &m), GATE_OK);
	CU_ASSERT_EQUAL(m.u.clock.transitions[0].offset_s, -3600);
	CU_ASSERT_STRING_EQUAL(m.u.clock.tz, "JST-9");
}

static void
add_lengths(const struct field *f, size_t *least, size_t *greatest)
{
	for (; f->kind != FIELD_END; f++) {
		size_t item_least = 0, item_greatest = 0;

		switch (f->kind) {
		case FIELD_INT:
		case FIELD_OFFSET:
		case FIELD_BYTES:
			*least += f->size;
			*greatest += f->size;
			break;
		case FIELD_TEXT:
			*least += 1;
			*greatest += 1u + f->size;
			break;
		case FIELD_DATA:
			*least += 2 + f->lo;
			*greatest += 2 + f->hi;
			break;
		case FIELD_LIST:
			add_lengths(f->items, &item_least, &item_greatest);
			*least += 1 + f->lo * item_least;
			*greatest += 1 + f->hi * item_greatest;
			break;
		case FIELD_EVENTS:
			*least += 1;
			*greatest = GATE_MESSAGE_MAX;
			break;
		case FIELD_END:
			break;
		}
	}
}

static void
test_lengths_of_the_table(void)
{
	for (unsigned type = 0; type < 256; type++) {
		const struct message_layout *l = message_layout((uint8_t)type);
		size_t least = GATE_HEADER_SIZE, greatest = GATE_HEADER_SIZE;

		if (l == NULL)
			continue;
		add_lengths(l->fields, &least, &greatest);
		if (least != l->info.least || greatest != l->info.greatest)
			printf("# %s: table says %u-%u, fields say %zu-%zu\n", l->info.name, l->info.least,
			    l->info.greatest, least, greatest);
		CU_ASSERT_EQUAL(least, l->info.least);
		CU_ASSERT_EQUAL(greatest, l->info.greatest);
		CU_ASSERT(l->info.greatest <= GATE_MESSAGE_MAX);
	}
}

/* --- bad input --------------------------------------------------------------------------------------------- */

static void
test_cut_anywhere(void)
{
	uint8_t buf[GATE_MESSAGE_MAX];
	struct gate_message m;

	for (size_t i = 0; i < gate_vector_count; i++) {
		int size = encode_vector(i, buf);

		for (int cut = 0; cut < size; cut++) {
			/* cut by the network, then with a length field that agrees */
			CU_ASSERT_NOT_EQUAL(gate_decode(buf, (size_t)cut, &m), GATE_OK);
			if (cut >= GATE_HEADER_SIZE) {
				wire_put(buf + 2, 2, (uint64_t)cut);
				CU_ASSERT_NOT_EQUAL(gate_decode(buf, (size_t)cut, &m), GATE_OK);
				wire_put(buf + 2, 2, (uint64_t)size);
			}
		}
	}
}

static void
test_bytes_left_over(void)
{
	uint8_t buf[GATE_MESSAGE_MAX + 1];
	struct gate_message m;

	for (size_t i = 0; i < gate_vector_count; i++) {
		int size = encode_vector(i, buf);

		buf[size] = 0;
		wire_put(buf + 2, 2, (uint64_t)size + 1);
		CU_ASSERT_EQUAL(gate_decode(buf, (size_t)size + 1, &m), GATE_FAULT_LONG);
	}
}

/* Every integer of every message, one above and one below its range. */
static void
test_every_range(void)
{
	uint8_t good[GATE_MESSAGE_MAX], bad[GATE_MESSAGE_MAX];
	struct gate_message m;
	unsigned tried = 0;

	for (size_t i = 0; i < gate_vector_count; i++) {
		size_t size = (size_t)encode_vector(i, good), at = GATE_HEADER_SIZE;
		const struct field *f = message_layout(good[1])->fields;

		for (; f->kind == FIELD_INT || f->kind == FIELD_BYTES; at += f->size, f++) {
			uint64_t most = f->kind != FIELD_INT || f->size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * f->size) - 1;

			memcpy(bad, good, size);
			if (f->kind == FIELD_INT && f->hi < most) {
				wire_put(bad + at, f->size, f->hi + 1);
				CU_ASSERT_EQUAL(gate_decode(bad, size, &m), GATE_FAULT_RANGE);
				tried++;
			}
			if (f->kind == FIELD_INT && f->lo > 0) {
				wire_put(bad + at, f->size, f->lo - 1);
				CU_ASSERT_EQUAL(gate_decode(bad, size, &m), GATE_FAULT_RANGE);
				tried++;
			}
		}
	}
	CU_ASSERT(tried > 60);
}

/* Bytes put over an example, and what the decoder must say. */
static const struct bad_input {
	const char *what, *vector;
	size_t at, size;
	uint64_t value;
	enum gate_fault fault;
} bad_inputs[] = {
	{ "version 0", "hello", 0, 1, 0, GATE_FAULT_VERSION },
	{ "version 2", "hello", 0, 1, 2, GATE_FAULT_VERSION },
	{ "type 0", "hello", 1, 1, 0x00, GATE_FAULT_TYPE },
	{ "type after the last", "hello", 1, 1, GATE_TYPE_LAST + 1, GATE_FAULT_TYPE },
	{ "reply to type 0", "hello", 1, 1, 0x80, GATE_FAULT_TYPE },
	{ "nudge inside a session", "hello", 1, 1, GATE_NUDGE, GATE_FAULT_TYPE },
	{ "length field one less", "hello", 2, 2, 49, GATE_FAULT_LENGTH },
	{ "length field one more", "hello", 2, 2, 51, GATE_FAULT_LENGTH },
	{ "hello as a status", "hello", 1, 1, GATE_STATUS, GATE_FAULT_LONG },
	{ "status as a hello", "status", 1, 1, GATE_HELLO, GATE_FAULT_SHORT },
	{ "hello: lowest version above highest", "hello", 8, 2, 0x0201, GATE_FAULT_RANGE },
	{ "hello: time beyond 2^63", "hello", 42, 8, UINT64_C(1) << 63, GATE_FAULT_RANGE },
	{ "hello reply: no doors", "hello reply", 23, 1, 0, GATE_FAULT_RANGE },
	{ "hello reply: nine doors", "hello reply", 23, 1, 9, GATE_FAULT_RANGE },
	{ "hello reply: oldest beyond newest + 1", "hello reply", 40, 4, 1236, GATE_FAULT_RANGE },
	{ "hello reply: acknowledged beyond newest", "hello reply", 48, 4, 1235, GATE_FAULT_RANGE },
	{ "hello reply: chosen version outside its own", "hello reply", 16, 1, 2, GATE_FAULT_RANGE },
	{ "hello reply: firmware longer than the message", "hello reply", 128, 1, 32, GATE_FAULT_COUNT },
	{ "hello reply: firmware longer than allowed", "hello reply", 128, 1, 33, GATE_FAULT_COUNT },
	{ "hello reply: control character in firmware", "hello reply", 129, 1, 0x1B, GATE_FAULT_TEXT },
	{ "hello reply: broken UTF-8 in firmware", "hello reply", 129, 1, 0xFF, GATE_FAULT_TEXT },
	{ "status reply: unknown flag", "status reply", 44, 2, 1 << 6, GATE_FAULT_RANGE },
	{ "status reply: no power", "status reply", 46, 1, 0, GATE_FAULT_RANGE },
	{ "status reply: no door", "status reply", 47, 1, 0, GATE_FAULT_COUNT },
	{ "status reply: nine doors", "status reply", 47, 1, 9, GATE_FAULT_COUNT },
	{ "status reply: door twice", "status reply", 58, 1, 1, GATE_FAULT_RANGE },
	{ "status reply: unknown lock state", "status reply", 49, 1, 4, GATE_FAULT_RANGE },
	{ "status reply: unknown alarm bit", "status reply", 54, 4, 1 << 18, GATE_FAULT_RANGE },
	{ "status reply: stream 8", "status reply", 69, 1, 8, GATE_FAULT_RANGE },
	{ "events: acknowledged beyond after", "events", 24, 4, 1201, GATE_FAULT_RANGE },
	{ "events reply: more records than there are", "events reply", 32, 1, 4, GATE_FAULT_COUNT },
	{ "events reply: 37 records", "events reply", 32, 1, 37, GATE_FAULT_COUNT },
	{ "events reply: record too short for its number", "events reply", 33, 1, 3, GATE_FAULT_SHORT },
	{ "events reply: record 0", "events reply", 34, 4, 0, GATE_FAULT_RANGE },
	{ "command: door 9", "command", 24, 1, 9, GATE_FAULT_RANGE },
	{ "command: unknown command", "command", 25, 1, 9, GATE_FAULT_RANGE },
	{ "command: unknown value", "command", 26, 2, 7, GATE_FAULT_RANGE },
	{ "command reply: outcome sent", "command reply", 24, 1, OUTCOME_SENT, GATE_FAULT_RANGE },
	{ "command reply: outcome unknown", "command reply", 24, 1, OUTCOME_UNKNOWN, GATE_FAULT_RANGE },
	{ "clock: 17 transitions", "clock", 23, 1, 17, GATE_FAULT_COUNT },
	{ "clock: offset of two days", "clock", 32, 4, 172800, GATE_FAULT_RANGE },
	{ "digest: no bucket", "digest", 10, 1, 0, GATE_FAULT_RANGE },
	{ "digest: beyond bucket 255", "digest", 9, 1, 193, GATE_FAULT_RANGE },
	{ "digest reply: beyond bucket 255", "digest reply", 37, 1, 255, GATE_FAULT_RANGE },
	{ "transfer begin: chunks do not match bytes", "transfer begin", 46, 4, 3, GATE_FAULT_RANGE },
	{ "transfer begin: delta backwards", "transfer begin", 34, 8, 55, GATE_FAULT_RANGE },
	{ "transfer begin: full with a start", "transfer begin", 25, 1, GATE_TRANSFER_FULL, GATE_FAULT_RANGE },
	{ "transfer begin: delta with buckets", "transfer begin", 82, 1, 1, GATE_FAULT_RANGE },
	{ "transfer chunk: handle 0", "transfer chunk", 8, 4, 0, GATE_FAULT_RANGE },
	{ "transfer chunk: no bytes", "transfer chunk", 16, 2, 0, GATE_FAULT_COUNT },
	{ "transfer chunk: more bytes than there are", "transfer chunk", 16, 2, 33, GATE_FAULT_COUNT },
	{ "transfer chunk: fewer bytes than there are", "transfer chunk", 16, 2, 31, GATE_FAULT_LONG },
	{ "transfer commit: handle 0", "transfer commit", 8, 4, 0, GATE_FAULT_RANGE },
	{ "transfer commit reply: unknown outcome", "transfer commit reply", 12, 1, 8, GATE_FAULT_RANGE },
	{ "transfer abort: handle 0", "transfer abort", 8, 4, 0, GATE_FAULT_RANGE },
	{ "revoke: credential 0", "revoke", 29, 4, 0, GATE_FAULT_RANGE },
	{ "revoke: unknown reason", "revoke", 33, 1, 5, GATE_FAULT_RANGE },
	{ "revoke: backwards", "revoke", 12, 8, 62, GATE_FAULT_RANGE },
	{ "revoke: replace with a start", "revoke", 8, 1, GATE_REVOKE_REPLACE, GATE_FAULT_RANGE },
	{ "revoke: more entries than there are", "revoke", 28, 1, 3, GATE_FAULT_COUNT },
	{ "key stage: epoch 0", "key stage", 8, 4, 0, GATE_FAULT_RANGE },
	{ "key stage: no epoch", "key stage", 8, 4, GATE_EPOCH_NONE, GATE_FAULT_RANGE },
	{ "key retire: no epoch", "key retire", 8, 4, GATE_EPOCH_NONE, GATE_FAULT_RANGE },
	{ "read back: stream 0", "read back", 8, 1, 0, GATE_FAULT_RANGE },
	{ "read back reply: 1025 bytes", "read back reply", 25, 2, 1025, GATE_FAULT_COUNT },
	{ "alarm stop: door 9", "alarm stop", 8, 1, 9, GATE_FAULT_RANGE },
	{ "apb move: set with an area", "apb move", 9, 2, 1, GATE_FAULT_RANGE },
	{ "apb move: reset with positions", "apb move", 8, 1, GATE_APB_RESET_ALL, GATE_FAULT_RANGE },
	{ "apb move: unknown mode", "apb move", 8, 1, 4, GATE_FAULT_RANGE },
	{ "error: code 0", "error", 8, 2, 0, GATE_FAULT_RANGE },
	{ "error: text longer than the message", "error", 10, 1, 120, GATE_FAULT_COUNT },
};

static void
test_bad_inputs(void)
{
	uint8_t buf[GATE_MESSAGE_MAX];
	struct gate_message m;

	for (size_t i = 0; i < sizeof bad_inputs / sizeof bad_inputs[0]; i++) {
		const struct bad_input *b = &bad_inputs[i];
		size_t size = (size_t)encode_vector(vector_by_name(b->vector), buf);
		enum gate_fault fault;

		wire_put(buf + b->at, b->size, b->value);
		fault = gate_decode(buf, size, &m);
		if (fault != b->fault)
			printf("# %s: %s, want %s\n", b->what, gate_fault_name(fault), gate_fault_name(b->fault));
		CU_ASSERT_EQUAL(fault, b->fault);
	}
}

static void
test_header_is_kept_for_the_error_reply(void)
{
	uint8_t buf[GATE_MESSAGE_MAX];
	struct gate_message m;
	size_t size = (size_t)encode_vector(vector_by_name("command"), buf);

	buf[24] = 9;
	CU_ASSERT_EQUAL(gate_decode(buf, size, &m), GATE_FAULT_RANGE);
	CU_ASSERT_EQUAL(m.type, GATE_COMMAND);
	CU_ASSERT_EQUAL(m.exchange, EXCHANGE);
	CU_ASSERT_EQUAL(gate_decode(buf, 7, &m), GATE_FAULT_SHORT);
	CU_ASSERT_EQUAL(m.exchange, 0);
}

static void
test_encoder_refuses(void)
{
	uint8_t buf[GATE_MESSAGE_MAX];
	struct gate_message m = { .type = 0x30 };

	CU_ASSERT_EQUAL(gate_encode(&m, buf, sizeof buf), -1);
	gate_vectors[vector_by_name("command")].build(&m);
	CU_ASSERT_EQUAL(gate_encode(&m, buf, 35), -1);
	CU_ASSERT_EQUAL(gate_encode(&m, buf, 7), -1);
	m.u.command.door = 9;
	CU_ASSERT_EQUAL(gate_encode(&m, buf, sizeof buf), -1);
	memset(&m, 0, sizeof m);
	gate_vectors[vector_by_name("error")].build(&m);
	strcpy(m.u.error.text, "line\nfeed");
	CU_ASSERT_EQUAL(gate_encode(&m, buf, sizeof buf), -1);
	memset(m.u.error.text, 'a', sizeof m.u.error.text);	/* not terminated */
	CU_ASSERT_EQUAL(gate_encode(&m, buf, sizeof buf), -1);
}

/* --- random bytes ------------------------------------------------------------------------------------------ */

static uint64_t random_state = 0x9E3779B97F4A7C15u;

static uint32_t
random_number(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % below;
}

/* What is accepted says itself again in the same bytes, so no two messages mean the same. */
static void
check_canonical(const uint8_t *buf, size_t size, struct gate_message *m)
{
	uint8_t again[GATE_MESSAGE_MAX];

	if (m->type == (GATE_EVENTS | GATE_REPLY))
		for (size_t i = 0; i < m->u.events_reply.count; i++)
			if (m->u.events_reply.events[i].quarantined)
				return;
	CU_ASSERT_EQUAL(gate_encode(m, again, sizeof again), (int)size);
	CU_ASSERT_EQUAL(memcmp(buf, again, size), 0);
}

static void
test_random_bytes(void)
{
	uint8_t buf[GATE_MESSAGE_MAX];
	struct gate_message m;

	for (unsigned round = 0; round < 20000; round++) {
		size_t size = random_number(GATE_MESSAGE_MAX + 1);

		for (size_t i = 0; i < size; i++)
			buf[i] = (uint8_t)random_number(256);
		if (size >= GATE_HEADER_SIZE && round % 2 == 0) {
			buf[0] = GATE_PROTOCOL_VERSION;
			wire_put(buf + 2, 2, size);
		}
		if (gate_decode(buf, size, &m) == GATE_OK)
			check_canonical(buf, size, &m);
	}
}

static void
test_random_changes(void)
{
	uint8_t buf[GATE_MESSAGE_MAX];
	struct gate_message m;
	unsigned accepted = 0;

	for (unsigned round = 0; round < 50000; round++) {
		size_t size = (size_t)encode_vector(round % gate_vector_count, buf);

		for (unsigned n = random_number(3); n > 0; n--)
			buf[random_number((uint32_t)size)] = (uint8_t)random_number(256);
		if (gate_decode(buf, size, &m) == GATE_OK) {
			check_canonical(buf, size, &m);
			accepted++;
		}
	}
	CU_ASSERT(accepted > 1000);
}

int
main(int argc, char **argv)
{
	CU_TestInfo examples[] = {
		{ "the document's hex is what is encoded", test_document },
		{ "every type has an example", test_every_type_has_an_example },
		{ "encode, decode, encode", test_round_trip },
		{ "values arrive", test_values_arrive },
		{ "least and greatest lengths agree with the fields", test_lengths_of_the_table },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo bad[] = {
		{ "cut anywhere", test_cut_anywhere },
		{ "bytes left over", test_bytes_left_over },
		{ "every integer outside its range", test_every_range },
		{ "by name", test_bad_inputs },
		{ "the header is kept for the error reply", test_header_is_kept_for_the_error_reply },
		{ "the encoder refuses what the decoder would", test_encoder_refuses },
		{ "random bytes", test_random_bytes },
		{ "random changes", test_random_changes },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "gate message", NULL, NULL, NULL, NULL, examples },
		{ "gate message, bad input", NULL, NULL, NULL, NULL, bad },
		CU_SUITE_INFO_NULL,
	};

	if (argc == 2 && strcmp(argv[1], "--print") == 0)
		return print_document();
	return tap_main(suites);
}
