/* What goes to the database: binary arrays byte by byte, batches, and the site's time zone as controllers get it. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemons/gate-poller/zone.h"
#include "db/poller.h"
#include "tap.h"

static int32_t int4_at(const struct buf *b, size_t at)
{
	uint32_t v;

	memcpy(&v, b->data + at, sizeof v);
	return (int32_t)be32toh(v);
}

static void test_int4_array(void)
{
	struct pg_array a = { 0 };

	pg_array_begin(&a, PG_INT4);
	pg_array_add_int4(&a, 1);
	pg_array_add_null(&a);
	pg_array_add_int4(&a, -2);
	const struct buf *b = pg_array_finish(&a);
	const int32_t expected[] = { 1, 1, PG_INT4, 3, 1, 4, 1, -1, 4, -2 };
	CU_ASSERT_EQUAL_FATAL(b->len, sizeof expected);
	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
		CU_ASSERT_EQUAL(int4_at(b, i * 4), expected[i]);
	pg_array_free(&a);
}

static void test_array_is_reused(void)
{
	struct pg_array a = { 0 };

	pg_array_begin(&a, PG_TEXT);
	for (int i = 0; i < 1000; i++)
		pg_array_add_text(&a, "\"{},\\ 木戸");
	pg_array_finish(&a);
	const char *memory = a.bytes.data;
	pg_array_begin(&a, PG_TEXT);
	pg_array_add_text(&a, "x");
	const struct buf *b = pg_array_finish(&a);
	CU_ASSERT_PTR_EQUAL(b->data, memory);
	CU_ASSERT_EQUAL(b->len, 20 + 4 + 1);
	CU_ASSERT_EQUAL(int4_at(b, 4), 0);
	CU_ASSERT_EQUAL(int4_at(b, 12), 1);
	pg_array_free(&a);
}

static void test_time(void)
{
	CU_ASSERT_EQUAL(pg_time_from_ms(946684800000), 0);
	CU_ASSERT_EQUAL(pg_time_from_ms(946684800001), 1000);
	CU_ASSERT_EQUAL(pg_time_to_ms(-1), 946684799999);
	CU_ASSERT_EQUAL(pg_time_to_ms(pg_time_from_ms(-12345)), -12345);
}

static void test_ingest_columns_run_in_parallel(void)
{
	struct poller_ingest b;
	static const uint8_t log[POLLER_LOG_SIZE] = { 1 }, id[POLLER_ID_SIZE] = { 2 };
	struct poller_event e = { .seq = 5, .time_ms = 946684800000, .kind = 101, .door = 1, .reader = 1, .card = "0007",
		.detail = "" };

	memset(&b, 0, sizeof b);
	poller_ingest_begin(&b);
	poller_ingest_add_log(&b, 7, 70, log, 1, NULL);
	for (int i = 0; i < 20000; i++) {
		e.seq++;
		e.command = i % 2 ? id : NULL;
		poller_ingest_add_event(&b, 7, &e);
	}
	const struct pg_array *columns[] = { &b.e_controller, &b.e_seq, &b.e_t, &b.e_kind, &b.e_door, &b.e_reader,
		&b.e_credential, &b.e_card, &b.e_revision, &b.e_flags, &b.e_command, &b.e_detail };
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
		CU_ASSERT_EQUAL(columns[i]->count, 20000);
	CU_ASSERT_EQUAL(b.l_log.count, 1);
	CU_ASSERT(b.e_command.has_null);
	poller_ingest_begin(&b);
	CU_ASSERT_EQUAL(b.e_seq.count, 0);
	poller_ingest_free(&b);
}

/* A time that no timestamptz can hold must not make the statement fail for everybody. */
static void test_impossible_time(void)
{
	struct poller_ingest b;
	struct poller_event e = { .seq = 1, .card = "", .detail = "" };
	uint64_t raw;

	memset(&b, 0, sizeof b);
	poller_ingest_begin(&b);
	e.time_ms = (int64_t)UINT64_MAX;
	poller_ingest_add_event(&b, 1, &e);
	e.time_ms = INT64_MAX;
	poller_ingest_add_event(&b, 1, &e);
	for (size_t i = 0; i < 2; i++) {
		memcpy(&raw, b.e_t.bytes.data + 20 + i * 12 + 4, sizeof raw);
		int64_t micros = (int64_t)be64toh(raw);
		CU_ASSERT(micros > 0 && micros < INT64_C(9223371331200000000));
	}
	poller_ingest_free(&b);
}

static void test_status_unknown_is_null(void)
{
	struct poller_status s;
	struct poller_controller_status c = { .controller = 1, .token = 2, .communication = 3, .reason = "no answer",
		.firmware = "", .model = "", .seen_at_ms = 1 };

	memset(&s, 0, sizeof s);
	poller_status_begin(&s);
	poller_status_add(&s, &c);
	CU_ASSERT(s.firmware.has_null && s.rtt_ms.has_null && s.boot_id.has_null);
	c.greeted = true;
	c.firmware = "1.0";
	poller_status_begin(&s);
	poller_status_add(&s, &c);
	CU_ASSERT(!s.firmware.has_null && !s.rtt_ms.has_null);
	CU_ASSERT_EQUAL(s.controller.count, s.rtt_ms.count);
	poller_status_free(&s);
}

static void test_zone(void)
{
	struct zone z;

	if (zone_load(&z, "/usr/share/zoneinfo", "Asia/Tokyo", 1700000000) == 0) {
		CU_ASSERT_EQUAL(z.offsets.count > 0 ? z.offsets.at[z.offsets.count - 1].offset_s : z.offsets.first_s, 9 * 3600);
		CU_ASSERT_STRING_EQUAL(z.tz, "JST-9");
		CU_ASSERT_EQUAL(z.count, 0);
	}
	if (zone_load(&z, "/usr/share/zoneinfo", "Europe/Berlin", 1700000000) == 0) {
		/* half of them past: the last change before was on 29 October 2023 */
		CU_ASSERT_EQUAL(z.offsets.count, GATE_OFFSETS_MAX);
		CU_ASSERT_EQUAL(z.offsets.at[GATE_OFFSETS_MAX / 2 - 1].at_s, 1698541200);
		CU_ASSERT_EQUAL(z.offsets.at[GATE_OFFSETS_MAX / 2 - 1].offset_s, 3600);
		CU_ASSERT_EQUAL(z.offsets.first_s, 3600);
		CU_ASSERT_STRING_EQUAL(z.tz, "CET-1CEST,M3.5.0,M10.5.0/3");
		for (int i = 0; i < z.count; i++)
			CU_ASSERT(z.transitions[i].at_s > 1700000000);
	}
	CU_ASSERT_EQUAL(zone_load(&z, "/usr/share/zoneinfo", "../../../etc/passwd", 0), -1);
	CU_ASSERT_EQUAL(zone_load(&z, "/nonexistent", "Asia/Tokyo", 0), -1);
	CU_ASSERT_STRING_EQUAL(z.tz, "");
}

int main(void)
{
	CU_TestInfo arrays[] = {
		{ "an array of int4 with a null", test_int4_array },
		{ "memory is kept from batch to batch", test_array_is_reused },
		{ "times", test_time },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo batches[] = {
		{ "columns of events run in parallel", test_ingest_columns_run_in_parallel },
		{ "an impossible time is storable", test_impossible_time },
		{ "what is not known is null", test_status_unknown_is_null },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo zone[] = { { "POSIX string and next changes", test_zone }, CU_TEST_INFO_NULL };
	CU_SuiteInfo suites[] = {
		{ "arrays", NULL, NULL, NULL, NULL, arrays },
		{ "batches", NULL, NULL, NULL, NULL, batches },
		{ "zone", NULL, NULL, NULL, NULL, zone },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
