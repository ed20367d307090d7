/* lib/base: clocks and RFC 3339. */
#include "base/clock.h"
#include "base/str.h"
#include "tap.h"

static void format_is(int64_t ms, int offset, const char *want)
{
	char text[CLOCK_TEXT];

	clock_format(ms, offset, text);
	CU_ASSERT_STRING_EQUAL(text, want);
}

static void test_format(void)
{
	format_is(0, 0, "1970-01-01T00:00:00.000Z");
	format_is(-1, 0, "1969-12-31T23:59:59.999Z");
	format_is(1709253000250, 540, "2024-03-01T09:30:00.250+09:00");
	format_is(1709253000250, -210, "2024-02-29T21:00:00.250-03:30");
	format_is(253402300799999, 0, "9999-12-31T23:59:59.999Z");
	format_is(253402300800000, 0, "");
}

static void parse_is(const char *text, int64_t want)
{
	int64_t ms = -7;

	CU_ASSERT_EQUAL(clock_parse(text, &ms), 0);
	CU_ASSERT_EQUAL(ms, want);
}

static void test_parse(void)
{
	parse_is("1970-01-01T00:00:00Z", 0);
	parse_is("2024-03-01T09:30:00.250+09:00", 1709253000250);
	parse_is("2024-03-01t00:30:00.2509z", 1709253000250);
	parse_is("2024-03-01 00:30:00.25-00:00", 1709253000250);
	parse_is("2016-12-31T23:59:60Z", 1483228800000);
	parse_is("2024-02-29T00:00:00Z", 1709164800000);
}

static void test_parse_refuses(void)
{
	static const char *const bad[] = {
		"", "2024", "2024-03-01", "2024-03-01T09:30", "2024-03-01T09:30:00", "2024-03-01T09:30:00.Z", "2024-13-01T00:00:00Z",
		"2024-00-01T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-04-31T00:00:00Z", "2024-04-00T00:00:00Z",
		"2024-03-01T24:00:00Z", "2024-03-01T00:60:00Z", "2024-03-01T00:00:61Z", "2024-03-01T00:00:00+0900", "2024-03-01T00:00:00+24:00",
		"2024-03-01T00:00:00Z ", " 2024-03-01T00:00:00Z", "2024-3-01T00:00:00Z", "+024-03-01T00:00:00Z", "2024-03-01T00:00:00+09:60",
	};
	int64_t ms = 5;

	for (size_t i = 0; i < lengthof(bad); i++) {
		CU_ASSERT_EQUAL(clock_parse(bad[i], &ms), -1);
		CU_ASSERT_EQUAL(ms, 5);
	}
}

static void test_round_trip(void)
{
	char text[CLOCK_TEXT];
	int64_t back;

	for (int64_t ms = -62167219200000; ms < 253402300000000; ms += 86400000LL * 977 + 12345) {
		clock_format(ms, (int)(ms % 800), text);
		if (text[0] == '\0')
			continue;
		CU_ASSERT_EQUAL_FATAL(clock_parse(text, &back), 0);
		CU_ASSERT_EQUAL_FATAL(back, ms);
	}
}

static void test_injected(void)
{
	struct clock_source source = {.wall_ms = 1000, .mono_ms = 5};
	int64_t before;

	clock_inject(&source);
	CU_ASSERT_EQUAL(clock_wall_ms(), 1000);
	source.mono_ms += 7;
	CU_ASSERT_EQUAL(clock_mono_ms(), 12);
	clock_inject(NULL);
	CU_ASSERT_TRUE(clock_wall_ms() > 1600000000000);
	before = clock_mono_ms();
	CU_ASSERT_TRUE(clock_mono_ms() >= before);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"formats with offset", test_format}, {"parses RFC 3339", test_parse}, {"refuses what is not RFC 3339", test_parse_refuses},
		{"format and parse agree over all years", test_round_trip}, {"tests can set the clock", test_injected}, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"base/clock", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	return tap_main(suites);
}
