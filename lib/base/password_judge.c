/* Whether a password is one that people guess. Characters that a guesser's list would give are crossed out: words of the lists (also with digits for
 * letters), the operator's own names, rows of keys, sequences, years, repetitions. What is left is counted. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/password.h"
#include "base/str.h"

#define WORD_MAX 64	/* bytes; longer lines of a list are passed over */

/* Words in order, as bytes of UTF-8 after folding. */
struct words {
	char **words;
	size_t count, room, longest;
};

/* A password after folding: UTF-8 again, with where each character begins. */
struct folded {
	char text[4 * PASSWORD_LENGTH + 1];
	size_t at[PASSWORD_LENGTH + 1];
	size_t count;
};

static size_t put_character(char *out, uint32_t c)
{
	if (c < 0x80)
		return out[0] = (char)c, 1;
	if (c < 0x800)
		return out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 0x3f)), 2;
	if (c < 0x10000)
		return out[0] = (char)(0xe0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 0x3f)), out[2] = (char)(0x80 | (c & 0x3f)), 3;
	return out[0] = (char)(0xf0 | c >> 18), out[1] = (char)(0x80 | (c >> 12 & 0x3f)), out[2] = (char)(0x80 | (c >> 6 & 0x3f)),
	       out[3] = (char)(0x80 | (c & 0x3f)), 4;
}

/* Full width as half width, capitals as small letters, hiragana as katakana; with from and to, digits and signs as the letters that they stand for. */
static uint32_t fold_character(uint32_t c, const char *from, const char *to)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xff01 - 0x21;
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (c >= 0x3041 && c <= 0x3096)
		c += 0x60;
	const char *found = c < 0x80 && c != 0 ? strchr(from, (int)c) : NULL;
	return found ? (uint32_t)(unsigned char)to[found - from] : c;
}

/* text is valid UTF-8; what is behind PASSWORD_LENGTH characters is left out. */
static void fold(struct folded *folded, const char *text, const char *from, const char *to)
{
	size_t len = 0;

	folded->count = 0;
	while (*text != '\0' && folded->count < PASSWORD_LENGTH) {
		folded->at[folded->count++] = len;
		len += put_character(folded->text + len, fold_character(utf8_take(&text), from, to));
	}
	folded->at[folded->count] = len;
	folded->text[len] = '\0';
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_word(struct words *words, char *line)
{
	struct folded folded;
	size_t len = strcspn(line, "\r\n");

	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	line[len] = '\0';
	if (line[0] == '#' || len == 0 || !utf8_valid(line, len))
		return;
	fold(&folded, line, "", "");
	/* Two letters are in everything; two Japanese characters are a word. */
	if (folded.count < 2 || (folded.count == 2 && folded.at[2] == 2) || folded.at[folded.count] > WORD_MAX)
		return;
	if (words->count == words->room) {
		words->room = words->room ? 2 * words->room : 1024;
		words->words = xreallocarray(words->words, words->room, sizeof(*words->words));
	}
	words->words[words->count++] = xstrdup(folded.text);
	if (folded.at[folded.count] > words->longest)
		words->longest = folded.at[folded.count];
}

/* 0, or -1 after a warning. */
static int read_words(struct words *words, const char *path, bool needed)
{
	FILE *file = path != NULL && path[0] != '\0' ? fopen(path, "re") : NULL;
	char *line = NULL;
	size_t room = 0;

	if (file == NULL) {
		if (!needed && (path == NULL || path[0] == '\0' || errno == ENOENT))
			return 0;
		log_warn("%s: the list of refused passwords can not be read", path ? path : "");
		return -1;
	}
	while (getline(&line, &room, file) >= 0)
		add_word(words, line);
	bool whole = !ferror(file);
	free(line);
	fclose(file);
	return whole ? 0 : -1;
}

static void free_words(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->words[i]);
	free(words->words);
}

static bool is_listed(const struct words *words, const char *text, size_t len)
{
	char word[WORD_MAX + 1];
	const char *key = word;

	memcpy(word, text, len);
	word[len] = '\0';
	return bsearch(&key, words->words, words->count, sizeof(*words->words), compare_words) != NULL;
}

static void cross_out(bool *gone, size_t from, size_t count)
{
	for (size_t i = from; i < from + count; i++)
		gone[i] = true;
}

static void cross_listed(const struct folded *folded, const struct words *words, bool *gone)
{
	for (size_t i = 0; i < folded->count; i++)
		for (size_t j = i + 2; j <= folded->count && folded->at[j] - folded->at[i] <= words->longest; j++)
			if (is_listed(words, folded->text + folded->at[i], folded->at[j] - folded->at[i]))
				cross_out(gone, i, j - i);
}

/* How many ASCII characters from i on follow each other by that step. */
static size_t run(const struct folded *folded, size_t i, int step)
{
	size_t len = 1;
	int first = (unsigned char)folded->text[folded->at[i]];

	while (first < 0x80 && i + len < folded->count && (unsigned char)folded->text[folded->at[i + len]] == first + step * (int)len)
		len++;
	return len;
}

/* Neighbours on the keyboard, and by code (abc, 321), from three on; four on the keyboard, whose threes are in many words. */
static void cross_sequences(const struct folded *folded, bool *gone)
{
	static const char *const rows[] = {"qwertyuiop", "poiuytrewq", "asdfghjkl", "lkjhgfdsa", "zxcvbnm", "mnbvcxz", "1234567890",
					   "0987654321", "1qaz2wsx3edc4rfv5tgb", "qazwsxedcrfvtgb", "!@#$%^&*()", "!\"#$%&'()"};

	for (size_t i = 0; i < folded->count; i++) {
		size_t up = run(folded, i, 1), down = run(folded, i, -1);
		if (up >= 3 || down >= 3)
			cross_out(gone, i, up > down ? up : down);
		for (size_t row = 0; row < lengthof(rows); row++)
			for (const char *at = rows[row]; *at != '\0'; at++) {
				size_t len = 0;
				while (at[len] != '\0' && i + len < folded->count && folded->text[folded->at[i + len]] == at[len])
					len++;
				if (len >= 4)
					cross_out(gone, i, len);
			}
	}
}

static bool same_character(const struct folded *folded, size_t i, size_t j)
{
	size_t len = folded->at[i + 1] - folded->at[i];

	return folded->at[j + 1] - folded->at[j] == len && memcmp(folded->text + folded->at[i], folded->text + folded->at[j], len) == 0;
}

/* The same character again and again, and whatever of four or more was there before. */
static void cross_repetitions(const struct folded *folded, bool *gone)
{
	for (size_t i = 1; i < folded->count; i++) {
		if (i >= 2 && same_character(folded, i - 1, i) && same_character(folded, i - 2, i))
			cross_out(gone, i - 1, 2);
		for (size_t j = 0; j < i; j++) {
			size_t len = 0;
			while (i + len < folded->count && j + len < i && same_character(folded, j + len, i + len))
				len++;
			if (len >= 4)
				cross_out(gone, i, len);
		}
	}
}

static bool is_digit(const struct folded *folded, size_t i)
{
	return folded->text[folded->at[i]] >= '0' && folded->text[folded->at[i]] <= '9';
}

static void cross_years(const struct folded *folded, bool *gone)
{
	for (size_t i = 0; i + 4 <= folded->count; i++)
		if ((strncmp(folded->text + folded->at[i], "19", 2) == 0 || strncmp(folded->text + folded->at[i], "20", 2) == 0) &&
		    is_digit(folded, i + 2) && is_digit(folded, i + 3))
			cross_out(gone, i, 4);
}

static size_t count_left(const struct folded *folded, const bool *gone)
{
	size_t left = 0;

	for (size_t i = 0; i < folded->count; i++)
		left += !gone[i];
	return left;
}

/* As written, and twice with the letters that digits and signs stand for: 1 and ! are l to one, i to another. */
static void cross_words(const char *password, const struct words *words, bool *gone)
{
	static const char *const letters[][2] = {{"", ""}, {"013457@$!", "oleastasl"}, {"013457@$!", "oieastasi"}};
	struct folded folded;

	for (size_t i = 0; i < lengthof(letters); i++) {
		fold(&folded, password, letters[i][0], letters[i][1]);
		cross_listed(&folded, words, gone);
	}
	explicit_bzero(&folded, sizeof(folded));
}

static void sort_words(struct words *words)
{
	if (words->count > 1)
		qsort(words->words, words->count, sizeof(*words->words), compare_words);
}

/* A name as it is, its parts between signs, and these without the signs. */
static void add_own(struct words *words, const char *name)
{
	static const char signs[] = " \t.,;:@/\\_-+'\"()";
	char *copy = xstrdup(name), *rest = copy;
	struct buf joined = {0};

	for (char *part = strsep(&rest, signs); part != NULL; part = strsep(&rest, signs)) {
		buf_adds(&joined, part);
		add_word(words, part);
	}
	free(copy);
	copy = xstrdup(name);
	add_word(words, copy);
	free(copy);
	copy = buf_take(&joined);
	add_word(words, copy);
	free(copy);
}

enum password_verdict password_judge(const char *password, const struct password_rules *rules, const char *const *own, size_t own_count)
{
	size_t length = utf8_length(password, strlen(password)), needed = (rules->min_length + 1) / 2;
	enum password_verdict verdict = PASSWORD_UNJUDGED;
	bool gone[PASSWORD_LENGTH] = {false};
	struct words listed = {0}, names = {0};
	struct folded folded;

	if (length < rules->min_length)
		return PASSWORD_SHORT;
	if (read_words(&listed, rules->list_file, true) == 0 && read_words(&listed, rules->site_list_file, false) == 0) {
		sort_words(&listed);
		for (size_t i = 0; i < own_count; i++)
			if (own[i] != NULL)
				add_own(&names, own[i]);
		sort_words(&names);
		fold(&folded, password, "", "");
		cross_words(password, &listed, gone);
		cross_sequences(&folded, gone);
		cross_repetitions(&folded, gone);
		cross_years(&folded, gone);
		verdict = PASSWORD_GOOD;
		if (count_left(&folded, gone) < needed)
			verdict = PASSWORD_LISTED;
		cross_words(password, &names, gone);
		if (verdict == PASSWORD_GOOD && count_left(&folded, gone) < needed)
			verdict = PASSWORD_OWN_WORD;
		explicit_bzero(&folded, sizeof(folded));
	}
	free_words(&listed);
	free_words(&names);
	return verdict;
}

const char *password_advice(enum password_verdict verdict)
{
	switch (verdict) {
	case PASSWORD_GOOD:
		return "";
	case PASSWORD_SHORT:
		return "Make it longer: a few words that do not belong together are easy to keep in mind.";
	case PASSWORD_LISTED:
		return "Too easy to guess: it is mostly common words, rows of keys, sequences or repetitions.";
	case PASSWORD_OWN_WORD:
		return "Too easy to guess: it is mostly the operator's own name.";
	case PASSWORD_UNJUDGED:
		return "The list of refused passwords can not be read; the log says why.";
	}
	return "";
}
