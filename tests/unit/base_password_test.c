/* lib/base: passwords hashed and judged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/password.h"
#include "base/str.h"
#include "tap.h"

static char *list, site_list[] = "/tmp/kidoban-password-XXXXXX";

static enum password_verdict judge(const char *password, size_t min_length, const char *own)
{
	struct password_rules rules = {.min_length = min_length, .list_file = list, .site_list_file = site_list};

	return password_judge(password, &rules, &own, 1);
}

static void test_hash(void)
{
	char hash[PASSWORD_HASH_SIZE], other[PASSWORD_HASH_SIZE];

	CU_ASSERT_EQUAL(password_hash("正しい馬の電池", hash), 0);
	CU_ASSERT_EQUAL(password_hash("正しい馬の電池", other), 0);
	CU_ASSERT_EQUAL(strncmp(hash, "$y$", 3), 0);
	CU_ASSERT_STRING_NOT_EQUAL(hash, other);	/* salted */
	CU_ASSERT_TRUE(password_matches("正しい馬の電池", hash));
	CU_ASSERT_FALSE(password_matches("正しい馬の電地", hash));
	CU_ASSERT_FALSE(password_matches("", hash));
	CU_ASSERT_FALSE(password_matches("x", NULL));
	CU_ASSERT_FALSE(password_matches("x", ""));
	CU_ASSERT_FALSE(password_matches("*0", "*0"));
}

static void test_longest(void)
{
	char longest[4 * PASSWORD_LENGTH + 1], hash[PASSWORD_HASH_SIZE];

	for (int i = 0; i < PASSWORD_LENGTH; i++)	/* four bytes each: the most that crypt(3) has to take */
		memcpy(longest + 4 * i, "\xf0\xa0\xae\xb7", 4);
	longest[4 * PASSWORD_LENGTH] = '\0';
	CU_ASSERT_EQUAL(password_hash(longest, hash), 0);
	CU_ASSERT_TRUE(password_matches(longest, hash));
	longest[4 * PASSWORD_LENGTH - 1] = '\xb6';
	CU_ASSERT_FALSE(password_matches(longest, hash));	/* the last byte counts */
	CU_ASSERT_EQUAL(judge(longest, 15, NULL), PASSWORD_LISTED);
}

static void test_good(void)
{
	static const char *const good[] = {"correct horse battery staple", "x7Kp2mQ9vR4tL1z", "青い自転車で海まで走った話をした", "ねこがまどからそらをみていたひる",
		"the old bridge sings at dawn", "Grüße aus dem Schwarzwald", "nine purple umbrellas float", "8f3a-91cc-07de-b2"};

	for (size_t i = 0; i < lengthof(good); i++)
		if (judge(good[i], 15, "yamada.taro") != PASSWORD_GOOD) {
			printf("# %s\n", good[i]);
			CU_FAIL("refused");
		}
	CU_ASSERT_EQUAL(judge("x7Kp2mQ9", 8, NULL), PASSWORD_GOOD);
	CU_PASS("all");
}

static void test_short(void)
{
	CU_ASSERT_EQUAL(judge("x7Kp2mQ9vR4tL1", 15, NULL), PASSWORD_SHORT);
	CU_ASSERT_EQUAL(judge("", 8, NULL), PASSWORD_SHORT);
	CU_ASSERT_EQUAL(judge("青い自転車で海まで走った話", 15, NULL), PASSWORD_SHORT);	/* characters, not bytes */
}

static void test_listed(void)
{
	static const char *const listed[] = {"Password12345678", "passwordpassword", "P4ssw0rd!P4ssw0rd!", "qwertyuiopasdfgh", "1qaz2wsx3edc4rfv", "aaaaaaaaaaaaaaaaaaaaaaa",
		"abcdefghijklmnop", "12345678901234567890", "kidoban-password-2026", "パスワードパスワードパスワード", "ぱすわーど１２３４５６７８９０１", "ＰＡＳＳＷＯＲＤ１２３４５６７８",
		"木戸番木戸番木戸番2026!!!", "Tr0ub4Tr0ub4Tr0ub4", "Winter2026Winter2026", "adminADMINadmin1!", "987654321987654", "letmein!letmein!letmein!", "x1x1x1x1x1x1x1x1x1"};

	for (size_t i = 0; i < lengthof(listed); i++)
		if (judge(listed[i], 15, NULL) != PASSWORD_LISTED) {
			printf("# %s\n", listed[i]);
			CU_FAIL("taken");
		}
	CU_ASSERT_EQUAL(judge("passw0rd", 8, NULL), PASSWORD_LISTED);
	CU_PASS("all");
}

static void test_own(void)
{
	CU_ASSERT_EQUAL(judge("Mizushima-Ren-9x", 15, "mizushima.ren"), PASSWORD_OWN_WORD);
	CU_ASSERT_EQUAL(judge("Mizushima-Ren-9x", 15, "okada"), PASSWORD_GOOD);
	CU_ASSERT_EQUAL(judge("水島蓮水島蓮水島蓮です！はい", 13, "水島 蓮"), PASSWORD_OWN_WORD);
	CU_ASSERT_EQUAL(judge("M1zush1ma-Ren-9x", 15, "mizushima.ren"), PASSWORD_OWN_WORD);
}

static void test_site(void)
{
	FILE *file = fopen(site_list, "w");

	CU_ASSERT_EQUAL(judge("Hoshizora Kogyo 77", 15, NULL), PASSWORD_GOOD);
	fputs("# ours\nhoshizora\r\nKOGYO  \n\xff\xfe\n\n", file);
	fclose(file);
	CU_ASSERT_EQUAL(judge("Hoshizora Kogyo 77", 15, NULL), PASSWORD_LISTED);
}

static void hush(enum log_level level, const char *text, void *arg)
{
	(void)level;
	(void)arg;
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "can not be read"));
}

static void test_unreadable(void)
{
	struct password_rules rules = {.min_length = 15, .list_file = "/nonexistent/list", .site_list_file = ""};

	log_set_sink(hush, NULL);
	CU_ASSERT_EQUAL(password_judge("correct horse battery staple", &rules, NULL, 0), PASSWORD_UNJUDGED);
	log_set_sink(NULL, NULL);
	rules = (struct password_rules){.min_length = 15, .list_file = list, .site_list_file = "/nonexistent/list"};
	CU_ASSERT_EQUAL(password_judge("correct horse battery staple", &rules, NULL, 0), PASSWORD_GOOD);
}

static void test_random(void)
{
	char one[PASSWORD_RANDOM_SIZE], other[PASSWORD_RANDOM_SIZE], *long_one;

	password_random(one);
	password_random(other);
	CU_ASSERT_STRING_NOT_EQUAL(one, other);
	CU_ASSERT_EQUAL(strlen(one), PASSWORD_RANDOM_SIZE - 1);
	CU_ASSERT_EQUAL(strspn(one, "23456789abcdefghjkmnpqrstwxyz-"), PASSWORD_RANDOM_SIZE - 1);
	long_one = xasprintf("%s%s", one, other);
	CU_ASSERT_EQUAL(judge(long_one, 15, NULL), PASSWORD_GOOD);
	free(long_one);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"a hash is salted and compares", test_hash}, {"the longest is hashed whole", test_longest}, {"good ones are taken", test_good},
		{"length is in characters", test_short}, {"what everybody takes is refused", test_listed}, {"so are the operator's own names", test_own},
		{"and the site's words", test_site}, {"without the list nothing is judged", test_unreadable}, {"made-up ones are good", test_random}, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"base/password", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
	const char *source = getenv("top_srcdir");

	list = xasprintf("%s/conf/passwords.txt", source ? source : ".");
	int fd = mkstemp(site_list);
	if (fd < 0)
		return 1;
	close(fd);
	int status = tap_main(suites);
	unlink(site_list);
	free(list);
	return status;
}
