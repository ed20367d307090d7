/* lib/base: sealed secrets, tokens. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/seal.h"
#include "base/token.h"
#include "tap.h"

static char warned[512];

static void note(enum log_level level, const char *text, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(warned, sizeof(warned), "%s", text);
}

static const struct seal_key key = {{1, 2, 3}};
static const struct seal_key other_key = {{1, 2, 4}};

static void test_round_trip(void)
{
	struct buf sealed = {0}, plain = {0};

	buf_adds(&sealed, "pre");
	CU_ASSERT_EQUAL(seal_wrap(&key, "pin/7", "1234", 4, &sealed), 0);
	CU_ASSERT_EQUAL(sealed.len, 3 + 4 + SEAL_OVERHEAD);
	CU_ASSERT_EQUAL(seal_unwrap(&key, "pin/7", sealed.data + 3, sealed.len - 3, &plain), 0);
	CU_ASSERT_STRING_EQUAL(buf_text(&plain), "1234");
	buf_clear(&sealed);
	buf_clear(&plain);
	CU_ASSERT_EQUAL(seal_wrap(&key, "", "", 0, &sealed), 0);
	CU_ASSERT_EQUAL(seal_unwrap(&key, "", sealed.data, sealed.len, &plain), 0);
	CU_ASSERT_EQUAL(plain.len, 0);
	buf_free(&sealed);
	buf_free(&plain);
}

static void test_every_bit_counts(void)
{
	struct buf sealed = {0}, plain = {0};

	CU_ASSERT_EQUAL(seal_wrap(&key, "a", "secret", 6, &sealed), 0);
	for (size_t bit = 0; bit < sealed.len * 8; bit++) {
		sealed.data[bit / 8] = (char)(sealed.data[bit / 8] ^ (1 << bit % 8));
		CU_ASSERT_EQUAL(seal_unwrap(&key, "a", sealed.data, sealed.len, &plain), -1);
		sealed.data[bit / 8] = (char)(sealed.data[bit / 8] ^ (1 << bit % 8));
	}
	for (size_t len = 0; len < sealed.len; len++)
		CU_ASSERT_EQUAL(seal_unwrap(&key, "a", sealed.data, len, &plain), -1);
	CU_ASSERT_EQUAL(seal_unwrap(&other_key, "a", sealed.data, sealed.len, &plain), -1);
	CU_ASSERT_EQUAL(seal_unwrap(&key, "b", sealed.data, sealed.len, &plain), -1);
	CU_ASSERT_EQUAL(plain.len, 0);
	CU_ASSERT_EQUAL(seal_unwrap(&key, "a", sealed.data, sealed.len, &plain), 0);
	buf_free(&sealed);
	buf_free(&plain);
}

static void test_never_the_same(void)
{
	struct buf first = {0}, second = {0};

	CU_ASSERT_EQUAL(seal_wrap(&key, "a", "x", 1, &first), 0);
	CU_ASSERT_EQUAL(seal_wrap(&key, "a", "x", 1, &second), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(first.data, second.data, first.len), 0);
	buf_free(&first);
	buf_free(&second);
}

/* Loads a key file of that text and mode. */
static int load(const char *text, mode_t mode, struct seal_key *loaded)
{
	char path[] = "/tmp/base_seal_test.XXXXXX";
	int fd = mkstemp(path), result;

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, mode) != 0)
		return -2;
	close(fd);
	log_set_sink(note, NULL);
	result = seal_load(path, loaded);
	log_set_sink(NULL, NULL);
	unlink(path);
	return result;
}

static void test_key_file(void)
{
	static const char digits[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	struct seal_key loaded;
	char line[80];

	CU_ASSERT_EQUAL(load(digits, 0600, &loaded), 0);
	CU_ASSERT_EQUAL(loaded.bytes[31], 0x1f);
	snprintf(line, sizeof(line), "%s\n", digits);
	CU_ASSERT_EQUAL(load(line, 0400, &loaded), 0);
	CU_ASSERT_EQUAL(load(line, 0640, &loaded), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(warned, "chmod 600"));
	CU_ASSERT_EQUAL(load("", 0600, &loaded), -1);
	CU_ASSERT_EQUAL(load("0001", 0600, &loaded), -1);
	CU_ASSERT_PTR_NULL(strstr(warned, "0001"));
	snprintf(line, sizeof(line), "%s00", digits);
	CU_ASSERT_EQUAL(load(line, 0600, &loaded), -1);
	seal_clear(&loaded);
	CU_ASSERT_EQUAL(loaded.bytes[0], 0);
}

static void test_tokens(void)
{
	char first[TOKEN_HEX], second[TOKEN_HEX], uuid[37];
	unsigned char digest[SHA256_LENGTH], want[SHA256_LENGTH];

	token_new(first);
	token_new(second);
	CU_ASSERT_EQUAL(strlen(first), 64);
	CU_ASSERT_STRING_NOT_EQUAL(first, second);
	token_uuid(uuid);
	CU_ASSERT_EQUAL(strlen(uuid), 36);
	CU_ASSERT_EQUAL(uuid[14], '4');
	CU_ASSERT_PTR_NOT_NULL(strchr("89ab", uuid[19]));
	CU_ASSERT_EQUAL(uuid[8] == '-' && uuid[13] == '-' && uuid[18] == '-' && uuid[23] == '-', 1);
	sha256("abc", 3, digest);
	CU_ASSERT_EQUAL(parse_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", want, sizeof(want)), 0);
	CU_ASSERT_TRUE(token_equal(digest, want, sizeof(want)));
	want[31] ^= 1;
	CU_ASSERT_FALSE(token_equal(digest, want, sizeof(want)));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"what is sealed comes back", test_round_trip}, {"a changed bit, key, length or context does not", test_every_bit_counts},
		{"the same plain seals differently each time", test_never_the_same}, {"key files are private and well-formed", test_key_file},
		{"tokens, UUIDs, SHA-256", test_tokens}, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"base/seal", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	return tap_main(suites);
}
