/* lib/base: buffers, parsers, UTF-8, JSON strings. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tap.h"

static void test_buffer_grows(void)
{
	struct buf buf = {0};
	char *text;

	CU_ASSERT_STRING_EQUAL(buf_text(&buf), "");
	for (int i = 0; i < 1000; i++)
		buf_addf(&buf, "%d,", i);
	CU_ASSERT_EQUAL(buf.len, 10 * 2 + 90 * 3 + 900 * 4);
	CU_ASSERT_EQUAL(strlen(buf.data), buf.len);
	CU_ASSERT_EQUAL(strncmp(buf.data, "0,1,2,", 6), 0);
	buf_clear(&buf);
	CU_ASSERT_STRING_EQUAL(buf_text(&buf), "");
	buf_add(&buf, "a\0b", 3);
	CU_ASSERT_EQUAL(buf.len, 3);
	text = buf_take(&buf);
	CU_ASSERT_EQUAL(memcmp(text, "a\0b\0", 4), 0);
	CU_ASSERT_PTR_NULL(buf.data);
	free(text);
	text = buf_take(&buf);
	CU_ASSERT_STRING_EQUAL(text, "");
	free(text);
	buf_free(&buf);
}

static void test_buffer_numbers(void)
{
	struct buf buf = {0};

	buf_add_int(&buf, 0);
	buf_addc(&buf, ' ');
	buf_add_int(&buf, INT64_MIN);
	buf_addc(&buf, ' ');
	buf_add_int(&buf, INT64_MAX);
	buf_addc(&buf, ' ');
	buf_add_hex(&buf, "\x00\xff\x1a", 3);
	CU_ASSERT_STRING_EQUAL(buf_text(&buf), "0 -9223372036854775808 9223372036854775807 00ff1a");
	buf_free(&buf);
}

static void json_is(const char *text, size_t len, const char *want)
{
	struct buf buf = {0};

	buf_json_bytes(&buf, text, len);
	CU_ASSERT_STRING_EQUAL(buf_text(&buf), want);
	buf_free(&buf);
}

static void test_json(void)
{
	struct buf buf = {0};

	json_is("", 0, "\"\"");
	json_is("入室 ok", 9, "\"入室 ok\"");
	json_is("a\"b\\c\n\r\t\x01\x7f", 10, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f\"");
	json_is("a\0b", 3, "\"a\\u0000b\"");
	json_is("x\xe2\x80\xa8y\xe2\x80\xa9", 8, "\"x\\u2028y\\u2029\"");
	json_is("\xff" "a\xe5\x85", 4, "\"\xef\xbf\xbd" "a\xef\xbf\xbd\xef\xbf\xbd\"");
	json_is("\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\"");
	buf_json_string(&buf, NULL);
	CU_ASSERT_STRING_EQUAL(buf_text(&buf), "null");
	buf_free(&buf);
}

static void test_parse_int(void)
{
	int64_t value = 77;

	CU_ASSERT_EQUAL(parse_int("42", 0, 100, &value), 0);
	CU_ASSERT_EQUAL(value, 42);
	CU_ASSERT_EQUAL(parse_int("-5", -10, 0, &value), 0);
	CU_ASSERT_EQUAL(value, -5);
	CU_ASSERT_EQUAL(parse_int("9223372036854775807", 0, INT64_MAX, &value), 0);
	CU_ASSERT_EQUAL(value, INT64_MAX);
	static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "0x10", "1e3", "1.0", "101", "-1", "9223372036854775808", "１"};

	for (size_t i = 0; i < lengthof(bad); i++)
		CU_ASSERT_EQUAL(parse_int(bad[i], 0, 100, &value), -1);
	CU_ASSERT_EQUAL(value, INT64_MAX);
}

static void test_parse_words(void)
{
	unsigned char bytes[3] = {9, 9, 9};
	bool flag = false;

	CU_ASSERT_EQUAL(parse_bool("true", &flag), 0);
	CU_ASSERT_TRUE(flag);
	CU_ASSERT_EQUAL(parse_bool("false", &flag), 0);
	CU_ASSERT_FALSE(flag);
	CU_ASSERT_EQUAL(parse_bool("TRUE", &flag), -1);
	CU_ASSERT_EQUAL(parse_bool("1", &flag), -1);
	CU_ASSERT_EQUAL(parse_hex("00fFa1", bytes, 3), 0);
	CU_ASSERT_EQUAL(memcmp(bytes, "\x00\xff\xa1", 3), 0);
	CU_ASSERT_EQUAL(parse_hex("00fFa", bytes, 3), -1);
	CU_ASSERT_EQUAL(parse_hex("00fFa1b2", bytes, 3), -1);
	CU_ASSERT_EQUAL(parse_hex("00fFg1", bytes, 3), -1);
	CU_ASSERT_EQUAL(memcmp(bytes, "\x00\xff\xa1", 3), 0);
}

static void test_utf8(void)
{
	static const char *const good[] = {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
					   "\xf0\x90\x80\x80", "\xf1\x80\x80\x80", "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe3\x81", "\xf0\x8f\xbf\xbf",
					  "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xfe", "\xe3\x81\x41", "\xc3\x28", "\xf1\x80\x80\x41"};

	static const char *const unseen[] = {"山田\u202e太郎", "\u202a", "\u2066x", "\u2069", "a\u200b", "\u200e", "\u2028", "\u00ad", "\u061c", "\u180e", "\u2060", "\ufeff",
					     "\ufffb", "\U000e0041"};
	/* The last two: 辻 with one dot, by its variation selector, and a joined letter. */
	static const char *const seen[] = {"髙橋﨑①", "ﾔﾏﾀﾞ", "é ü ß", "Зая", "عمر", "𠮷野家", "😀", "a\u3000b", "辻\U000e0100", "\u0645\u200c\u06cc"};

	for (size_t i = 0; i < lengthof(good); i++)
		CU_ASSERT_TRUE(utf8_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < lengthof(bad); i++)
		CU_ASSERT_FALSE(utf8_valid(bad[i], strlen(bad[i])));
	CU_ASSERT_EQUAL(utf8_length("髙橋 a", 8), 4);
	CU_ASSERT_TRUE(utf8_has_control("a\tb", 3));
	CU_ASSERT_TRUE(utf8_has_control("\x7f", 1));
	CU_ASSERT_TRUE(utf8_has_control("\xc2\x85", 2));
	CU_ASSERT_FALSE(utf8_has_control("木戸番 \xc2\xa0", 12));
	for (size_t i = 0; i < lengthof(unseen); i++)
		CU_ASSERT_TRUE(utf8_has_control(unseen[i], strlen(unseen[i])));
	for (size_t i = 0; i < lengthof(seen); i++)
		CU_ASSERT_FALSE(utf8_has_control(seen[i], strlen(seen[i])));
}

static void test_memory(void)
{
	char *copy = xstrndup("abcdef", 3);
	char *text = xasprintf("%s-%d", copy, 7);

	CU_ASSERT_STRING_EQUAL(copy, "abc");
	CU_ASSERT_STRING_EQUAL(text, "abc-7");
	free_null(&copy);
	CU_ASSERT_PTR_NULL(copy);
	free_secret(&text);
	CU_ASSERT_PTR_NULL(text);
	free_secret(&text);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"a buffer grows and is handed over", test_buffer_grows}, {"numbers and hexadecimal", test_buffer_numbers},
		{"JSON strings are always valid", test_json}, {"whole numbers are taken strictly", test_parse_int},
		{"words and hexadecimal are taken strictly", test_parse_words}, {"UTF-8 well-formedness and controls", test_utf8},
		{"memory helpers", test_memory}, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"base/str", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	return tap_main(suites);
}
