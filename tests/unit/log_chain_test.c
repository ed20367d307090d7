/* The chain of the system log: the canonical encoding, signatures, and what the verifier says of every kind of tampering. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/keeper/alarms.h"
#include "db/log_verify.h"
#include "tap.h"

#define COUNT 40
#define LOG "0f8fad5b-d9cb-469f-a165-70867728950e"

struct entry {
	char texts[LOG_FIELDS][40];
	unsigned char hash[LOG_HASH];
};

static struct entry entries[COUNT + 1];	/* 1 .. COUNT */
static unsigned char private_key[LOG_KEY], public_key[LOG_KEY];
static struct log_finding findings[50];
static int found;

static const char *const *fields_of(const struct entry *entry, const char *fields[LOG_FIELDS])
{
	for (int i = 0; i < LOG_FIELDS; i++)
		fields[i] = entry->texts[i];
	return fields;
}

static void make_chain(void)
{
	const char *fields[LOG_FIELDS];
	unsigned char hash[LOG_HASH];

	log_genesis(LOG, hash);
	for (int n = 1; n <= COUNT; n++) {
		struct entry *entry = &entries[n];
		for (int i = 0; i < LOG_FIELDS; i++)
			snprintf(entry->texts[i], sizeof(entry->texts[i]), "%d of %d", i, n);
		snprintf(entry->texts[LOG_NUMBER], sizeof(entry->texts[LOG_NUMBER]), "%d", n);
		log_link(hash, fields_of(entry, fields), entry->hash);
		memcpy(hash, entry->hash, LOG_HASH);
	}
}

static void on_found(void *arg, const struct log_finding *finding)
{
	(void)arg;
	if (found < (int)lengthof(findings))
		findings[found] = *finding;
	found++;
}

static struct log_checkpoint checkpoint_at(int number, int first)
{
	struct log_checkpoint checkpoint = {.log = LOG, .number = number, .first = first, .at = "2026-11-23T00:00:00.000000Z"};

	memcpy(checkpoint.hash, entries[number].hash, LOG_HASH);
	CU_ASSERT_EQUAL(log_checkpoint_sign(&checkpoint, private_key), 0);
	return checkpoint;
}

/* Verifies the entries whose pointers are given, NULL at the end, against checkpoints at 20 and COUNT. */
static struct log_verdict judge(const struct entry *const *list)
{
	struct log_verifier *verifier = log_verifier_new(LOG, on_found, NULL);
	struct log_checkpoint middle = checkpoint_at(20, 1), last = checkpoint_at(COUNT, 1);
	const char *fields[LOG_FIELDS];
	struct log_verdict verdict;

	found = 0;
	log_verifier_key(verifier, public_key);
	log_verifier_checkpoint(verifier, &last);
	log_verifier_checkpoint(verifier, &middle);
	for (; *list != NULL; list++)
		log_verifier_entry(verifier, fields_of(*list, fields), (*list)->hash);
	log_verifier_end(verifier, 0, &verdict);
	log_verifier_free(verifier);
	return verdict;
}

/* The whole chain as a list that a test may change; its pointers stay valid until the next call. */
static const struct entry **whole(void)
{
	static const struct entry *list[COUNT + 10];

	memset(list, 0, sizeof(list));
	for (int n = 1; n <= COUNT; n++)
		list[n - 1] = &entries[n];
	return list;
}

static void take_out(const struct entry **list, int at, int count)
{
	memmove(&list[at], &list[at + count], (size_t)(COUNT + 10 - at - count) * sizeof(*list));
}

static void expect(enum log_finding_kind kind, int64_t from, int64_t to)
{
	CU_ASSERT_EQUAL(found, 1);
	CU_ASSERT_EQUAL(findings[0].kind, kind);
	CU_ASSERT_EQUAL(findings[0].from, from);
	CU_ASSERT_EQUAL(findings[0].to, to);
	if (found != 1 || findings[0].kind != kind || findings[0].from != from)
		printf("# %d: %s\n", found, findings[0].text);
}

static void test_encoding(void)
{
	static const char expected[] = "0000000131" "0000000161" "00000000" "0000000162" "0000000163" "00000002c3a9";
	const char *fields[LOG_FIELDS] = {"1", "a", "", "b", "c", "\xC3\xA9", "", "", "", "", "", "", "", "", ""};
	struct buf out = {0}, hex = {0};

	log_encode(fields, &out);
	buf_add_hex(&hex, out.data, out.len);
	CU_ASSERT_EQUAL(strncmp(buf_text(&hex), expected, strlen(expected)), 0);
	CU_ASSERT_EQUAL(out.len, 4 * LOG_FIELDS + 6);
	buf_free(&out);
	buf_free(&hex);
	/* Moving a letter from one field to the next is another encoding. */
	const char *moved[LOG_FIELDS] = {"1", "", "a", "b", "c", "\xC3\xA9", "", "", "", "", "", "", "", "", ""};
	unsigned char zero[LOG_HASH] = {0}, one[LOG_HASH], other[LOG_HASH];
	log_link(zero, fields, one);
	log_link(zero, moved, other);
	CU_ASSERT_NOT_EQUAL(memcmp(one, other, LOG_HASH), 0);
}

static void test_signature(void)
{
	struct log_checkpoint good = checkpoint_at(20, 1), bad = good;
	struct buf message = {0}, pem = {0};
	unsigned char read[LOG_KEY], other[LOG_KEY], other_public[LOG_KEY];
	char id[LOG_KEY_ID];

	log_checkpoint_message(&good, &message);
	CU_ASSERT_EQUAL(strncmp(buf_text(&message), "kidoban system log checkpoint 1\n" LOG "\n20\n", 72), 0);
	CU_ASSERT_TRUE(log_checkpoint_is_good(&good, public_key));
	log_key_id(public_key, id);
	CU_ASSERT_STRING_EQUAL(good.key, id);
	bad.first = 2;
	CU_ASSERT_FALSE(log_checkpoint_is_good(&bad, public_key));
	bad = good;
	bad.hash[31] ^= 1;
	CU_ASSERT_FALSE(log_checkpoint_is_good(&bad, public_key));
	CU_ASSERT_EQUAL(log_key_make(other, other_public), 0);
	CU_ASSERT_FALSE(log_checkpoint_is_good(&good, other_public));
	log_key_pem(public_key, &pem);
	log_key_pem(other_public, &pem);
	const char *text = buf_text(&pem);
	CU_ASSERT_EQUAL(log_key_from_pem(&text, read), 0);
	CU_ASSERT_EQUAL(memcmp(read, public_key, LOG_KEY), 0);
	CU_ASSERT_EQUAL(log_key_from_pem(&text, read), 0);
	CU_ASSERT_EQUAL(memcmp(read, other_public, LOG_KEY), 0);
	CU_ASSERT_EQUAL(log_key_from_pem(&text, read), -1);
	buf_free(&message);
	buf_free(&pem);
}

static void test_untouched(void)
{
	struct log_verdict verdict = judge(whole());

	CU_ASSERT_EQUAL(found, 0);
	CU_ASSERT_EQUAL(verdict.entries, COUNT);
	CU_ASSERT_EQUAL(verdict.matched, 2);
	CU_ASSERT_EQUAL(verdict.covered, COUNT);
}

static void test_changed(void)
{
	for (int n = 1; n <= COUNT; n++)	/* at every place, so also next to checkpoints and at the ends */
		for (int i = 0; i < LOG_FIELDS; i++) {
			const struct entry **list = whole();
			struct entry entry = entries[n];
			if (i == LOG_NUMBER)
				continue;
			entry.texts[i][0] ^= 1;
			list[n - 1] = &entry;
			judge(list);
			expect(LOG_FOUND_CHANGED, n, n);
		}
}

static void test_deleted(void)
{
	for (int n = 2; n < COUNT - 3; n++) {
		const struct entry **list = whole();
		take_out(list, n - 1, 2);
		judge(list);
		expect(LOG_FOUND_DELETED, n, n + 1);
	}
}

static void test_inserted(void)
{
	for (int n = 2; n < COUNT; n++) {
		const struct entry **list = whole();
		struct entry entry = entries[n];
		snprintf(entry.texts[LOG_OBJECT], sizeof(entry.texts[LOG_OBJECT]), "new");
		memmove(&list[n], &list[n - 1], (size_t)(COUNT + 1 - n) * sizeof(*list));
		list[n - 1] = &entry;
		judge(list);
		expect(LOG_FOUND_INSERTED, n, n);
	}
}

static void test_swapped(void)
{
	for (int n = 1; n < COUNT; n++) {
		const struct entry **list = whole();
		struct entry a = entries[n], b = entries[n + 1];
		memcpy(a.texts[LOG_NUMBER], entries[n + 1].texts[LOG_NUMBER], sizeof(a.texts[0]));
		memcpy(b.texts[LOG_NUMBER], entries[n].texts[LOG_NUMBER], sizeof(b.texts[0]));
		list[n - 1] = &b;
		list[n] = &a;
		judge(list);
		expect(LOG_FOUND_SWAPPED, n, n + 1);
	}
}

static void test_cut(void)
{
	const struct entry **list = whole();

	list[35] = NULL;
	judge(list);
	expect(LOG_FOUND_CUT, 36, COUNT);
	list = whole();
	take_out(list, 0, 5);
	struct log_verdict verdict = judge(list);
	CU_ASSERT_EQUAL(findings[0].kind, LOG_FOUND_CUT);
	CU_ASSERT_EQUAL(findings[0].from, 1);
	CU_ASSERT_EQUAL(findings[0].to, 5);
	CU_ASSERT_EQUAL(verdict.first, 6);
	list[0] = NULL;
	judge(list);
	expect(LOG_FOUND_CUT, 1, COUNT);
}

/* From `at` on made anew with a right chain: only checkpoints tell. */
static void test_rewritten(void)
{
	static struct entry forged[COUNT + 1];
	const struct entry **list = whole();
	const char *fields[LOG_FIELDS];

	memcpy(forged, entries, sizeof(forged));
	snprintf(forged[25].texts[LOG_OPERATOR], sizeof(forged[25].texts[0]), "somebody else");
	for (int n = 25; n <= COUNT; n++) {
		log_link(forged[n - 1].hash, fields_of(&forged[n], fields), forged[n].hash);
		list[n - 1] = &forged[n];
	}
	struct log_verdict verdict = judge(list);
	expect(LOG_FOUND_REWRITTEN, 21, COUNT);
	CU_ASSERT_EQUAL(verdict.matched, 1);
}

/* After retention: the chain begins behind an entry that a checkpoint stands for, and nowhere else. */
static void test_anchor(void)
{
	struct log_checkpoint anchor = checkpoint_at(20, 21);

	for (int first = 20; first <= 22; first++) {
		struct log_verifier *verifier = log_verifier_new(LOG, on_found, NULL);
		const char *fields[LOG_FIELDS];
		struct log_verdict verdict;
		found = 0;
		log_verifier_key(verifier, public_key);
		log_verifier_checkpoint(verifier, &anchor);
		for (int n = first; n <= COUNT; n++)
			log_verifier_entry(verifier, fields_of(&entries[n], fields), entries[n].hash);
		log_verifier_end(verifier, 0, &verdict);
		log_verifier_free(verifier);
		CU_ASSERT_EQUAL(found, first == 22 ? 1 : 0);
		if (first == 22)
			expect(LOG_FOUND_CUT, 21, 21);
	}
}

static void test_alarm_judges(void)
{
	static const char sockets[] = "Num       RefCount Protocol Flags    Type St Inode Path\n"
				      "0000000000000000: 00000002 00000000 00010000 0001 01 1 /run/kidoban/gates.sock\n"
				      "0000000000000000: 00000003 00000000 00000000 0001 03 2 /run/kidoban/live.sock\n"
				      "0000000000000000: 00000002 00000000 00010000 0001 01 3 /x/run/kidoban/history.sock";
	struct alarm_clock clock = {0};
	int64_t by;

	CU_ASSERT_TRUE(alarm_listens(sockets, "/run/kidoban/gates.sock"));
	CU_ASSERT_FALSE(alarm_listens(sockets, "/run/kidoban/live.sock"));	/* only connections to it */
	CU_ASSERT_FALSE(alarm_listens(sockets, "/run/kidoban/history.sock"));
	CU_ASSERT_TRUE(alarm_listens(sockets, "/x/run/kidoban/history.sock"));
	CU_ASSERT_FALSE(alarm_clock_stepped(&clock, 1000000, 5000, &by));
	CU_ASSERT_FALSE(alarm_clock_stepped(&clock, 1010500, 15000, &by));	/* slewed by half a second */
	CU_ASSERT_TRUE(alarm_clock_stepped(&clock, 4620500, 25000, &by));
	CU_ASSERT_EQUAL(by, 3600000);
	CU_ASSERT_FALSE(alarm_clock_stepped(&clock, 4630500, 35000, &by));
	CU_ASSERT_TRUE(alarm_clock_stepped(&clock, 1040500, 45000, &by));
	CU_ASSERT_EQUAL(by, -3600000);
}

static CU_TestInfo tests[] = {
	{"the canonical encoding", test_encoding},
	{"checkpoints are signed, keys are PEM", test_signature},
	{"an untouched chain", test_untouched},
	{"an entry that was changed, in any field and place", test_changed},
	{"entries that were deleted", test_deleted},
	{"an entry that was inserted", test_inserted},
	{"two that were swapped", test_swapped},
	{"cut at the end and at the beginning", test_cut},
	{"a chain that was made anew", test_rewritten},
	{"a log that begins at a checkpoint", test_anchor},
	{"what alarms of the system are judged by", test_alarm_judges},
	CU_TEST_INFO_NULL,
};

int main(void)
{
	CU_SuiteInfo suites[] = {{"log chain", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	if (log_key_make(private_key, public_key) != 0)
		return 1;
	make_chain();
	return tap_main(suites);
}
