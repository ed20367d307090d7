/* The CSV reader against files from outside: each hostile one by name, whole and byte by byte. */
#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_reader.h"
#include "base/str.h"
#include "tap.h"

struct seen {
	struct buf text;	/* fields with | after each, rows with / */
	int stop_at;
};

static int take(void *arg, int64_t n, char *const *fields, size_t count)
{
	struct seen *seen = arg;

	for (size_t i = 0; i < count; i++) {
		buf_adds(&seen->text, fields[i]);
		buf_addc(&seen->text, '|');
	}
	buf_addc(&seen->text, '/');
	return n == seen->stop_at;
}

static enum csv_fault read_pieces(enum csv_encoding encoding, const char *data, size_t len, size_t piece, struct seen *seen)
{
	struct csv_reader *reader = csv_reader_new(encoding, take, seen);
	int result = 0;

	for (size_t at = 0; result == 0 && at < len; at += piece)
		result = csv_reader_feed(reader, data + at, len - at < piece ? len - at : piece);
	if (result == 0)
		result = csv_reader_end(reader);
	enum csv_fault fault = csv_reader_fault(reader);
	CU_ASSERT_EQUAL(result == 0, fault == CSV_FINE);
	csv_reader_free(reader);
	return fault;
}

/* The same in one piece, in threes and byte by byte; the fault it has, and with expected the rows. */
static enum csv_fault read_bytes(enum csv_encoding encoding, const char *data, size_t len, const char *expected)
{
	static const size_t pieces[] = {1 << 20, 3, 1};
	enum csv_fault fault = CSV_FINE;

	for (size_t i = 0; i < lengthof(pieces); i++) {
		struct seen seen = {0};
		enum csv_fault now = read_pieces(encoding, data, len, pieces[i], &seen);
		if (i > 0)
			CU_ASSERT_EQUAL(now, fault);
		fault = now;
		if (expected != NULL)
			CU_ASSERT_STRING_EQUAL(buf_text(&seen.text), expected);
		buf_free(&seen.text);
	}
	return fault;
}

#define READ(encoding, text, expected) read_bytes(encoding, text, sizeof(text) - 1, expected)

static void plain(void)
{
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "a,b\r\n1, 2 \r\n", "a|b|/1| 2 |/"), CSV_FINE);
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "a,b\n1,2", "a|b|/1|2|/"), CSV_FINE);
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "\"a\"\"\n,x\",\r\n", "a\"\n,x||/"), CSV_FINE);
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "0012,\xE7\xA4\xBE\r\n", "0012|\xE7\xA4\xBE|/"), CSV_FINE);
}

static void byte_order_mark(void)
{
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "\xEF\xBB\xBF" "a\r\n", "a|/"), CSV_FINE);
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "\xEF\xBB\xBF\xEF\xBB\xBF" "a\r\n", "\xEF\xBB\xBF" "a|/"), CSV_FINE);	/* the second is text */
}

static void cp932(void)
{
	CU_ASSERT_EQUAL(READ(CSV_CP932, "\x8E\xD0\x88\xF5,\xFB\xFC\r\n", "\xE7\xA4\xBE\xE5\x93\xA1|\xE9\xAB\x99|/"), CSV_FINE);	/* 髙 */
	/* 表: its second byte is a backslash; 能 and ソ as well */
	CU_ASSERT_EQUAL(READ(CSV_CP932, "\x95\x5C,\"\x83\x5C\"\r\n", "\xE8\xA1\xA8|\xE3\x82\xBD|/"), CSV_FINE);
}

static void hostile_empty(void) { CU_ASSERT_EQUAL(READ(CSV_UTF8, "", ""), CSV_EMPTY); }
static void hostile_nul(void) { CU_ASSERT_EQUAL(READ(CSV_UTF8, "a,b\r\n1,\0\r\n", NULL), CSV_NUL); }
static void hostile_utf16(void) { CU_ASSERT_EQUAL(READ(CSV_UTF8, "\xFF\xFE" "a,", NULL), CSV_BAD_ENCODING); }
static void hostile_half_character(void)
{
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "a\r\n\xE7\xA4", NULL), CSV_HALF_CHARACTER);
	CU_ASSERT_EQUAL(READ(CSV_CP932, "a\r\n\x8E", NULL), CSV_HALF_CHARACTER);
}
static void hostile_not_utf8(void)
{
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "a\r\n\xC0\xAF\r\n", NULL), CSV_BAD_ENCODING);	/* overlong */
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "a\r\n\xED\xA0\x80\r\n", NULL), CSV_BAD_ENCODING);	/* surrogate */
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "\xEF\xBB\xBF" "a\r\n\x8E\xD0\r\n", NULL), CSV_BAD_ENCODING);
}
static void hostile_not_cp932(void) { CU_ASSERT_EQUAL(READ(CSV_CP932, "a\r\n\x81\x20\r\n", NULL), CSV_BAD_ENCODING); }
static void hostile_mixed_encodings(void)
{
	struct seen seen = {0};
	const char text[] = "a\r\n\x8E\xD0\x88\xF5\r\n\xE7\xA4\xBE\xE5\x93\xA1\r\n";

	CU_ASSERT_EQUAL(read_pieces(CSV_CP932, text, sizeof(text) - 1, 4096, &seen), CSV_MIXED_ENCODINGS);
	buf_free(&seen.text);
}
static void hostile_quotes(void)
{
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "a,b\r\n1,x\"y\r\n", NULL), CSV_BAD_QUOTE);
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "a,b\r\n1,\"x\"y\r\n", NULL), CSV_BAD_QUOTE);
	CU_ASSERT_EQUAL(READ(CSV_UTF8, "a,b\r\n1,\"x\r\n2,y\r\n", NULL), CSV_OPEN_QUOTE);
}

/* A field without end costs no more memory than the longest that is allowed. */
static void hostile_large_field(void)
{
	struct seen seen = {0};
	struct csv_reader *reader = csv_reader_new(CSV_UTF8, take, &seen);
	char piece[8192];
	int64_t fed = 0;

	memset(piece, 'x', sizeof(piece));
	while (csv_reader_feed(reader, piece, sizeof(piece)) == 0 && fed < (int64_t)1 << 30)
		fed += (int64_t)sizeof(piece);
	CU_ASSERT_EQUAL(csv_reader_fault(reader), CSV_LARGE_FIELD);
	CU_ASSERT(fed <= 2 * CSV_FIELD_MAX);
	csv_reader_free(reader);
	buf_free(&seen.text);
}

static void hostile_many_fields(void)
{
	char text[2 * CSV_FIELDS_MAX + 10];

	memset(text, ',', sizeof(text));
	CU_ASSERT_EQUAL(read_bytes(CSV_UTF8, text, sizeof(text), NULL), CSV_MANY_FIELDS);
}

static void row_function_stops(void)
{
	struct seen seen = {.stop_at = 2};

	CU_ASSERT_EQUAL(read_pieces(CSV_UTF8, "a\nb\nc\nd\n", 8, 1, &seen), CSV_STOPPED);
	CU_ASSERT_STRING_EQUAL(buf_text(&seen.text), "a|/b|/");
	buf_free(&seen.text);
}

static enum csv_encoding guess(const char *data, size_t len, size_t piece)
{
	struct csv_guess guess = {0};

	for (size_t at = 0; at < len; at += piece)
		csv_guess_feed(&guess, data + at, len - at < piece ? len - at : piece);
	return csv_guess_end(&guess);
}

static void told_apart(void)
{
	CU_ASSERT_EQUAL(guess("a\xE7\xA4\xBE", 4, 100), CSV_UTF8);
	CU_ASSERT_EQUAL(guess("a\xE7\xA4\xBE", 4, 1), CSV_UTF8);
	CU_ASSERT_EQUAL(guess("a\x8E\xD0", 3, 100), CSV_CP932);
	CU_ASSERT_EQUAL(guess("a\x8E\xD0", 3, 1), CSV_CP932);
	CU_ASSERT_EQUAL(guess("\xEF\xBB\xBF\x8E\xD0", 5, 100), CSV_UTF8);
	CU_ASSERT_EQUAL(guess("abc", 3, 2), CSV_UTF8);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"plain", plain}, {"byte_order_mark", byte_order_mark}, {"cp932", cp932}, {"hostile_empty", hostile_empty},
		{"hostile_nul", hostile_nul}, {"hostile_utf16", hostile_utf16}, {"hostile_half_character", hostile_half_character},
		{"hostile_not_utf8", hostile_not_utf8}, {"hostile_not_cp932", hostile_not_cp932},
		{"hostile_mixed_encodings", hostile_mixed_encodings}, {"hostile_quotes", hostile_quotes},
		{"hostile_large_field", hostile_large_field}, {"hostile_many_fields", hostile_many_fields},
		{"row_function_stops", row_function_stops}, {"told_apart", told_apart}, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{.pName = "csv_reader", .pTests = tests}, CU_SUITE_INFO_NULL};

	return tap_main(suites);
}
