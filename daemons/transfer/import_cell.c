/* One cell each: what may be in it, and how PostgreSQL's COPY wants it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "import.h"

void cell_escape(struct buf *out, const char *text, size_t len)
{
	static const char *const escapes[256] = {['\\'] = "\\\\", ['\t'] = "\\t", ['\n'] = "\\n", ['\r'] = "\\r"};
	size_t plain = 0;

	for (size_t i = 0; i < len; i++) {
		const char *with = escapes[(unsigned char)text[i]];
		if (with == NULL)
			continue;
		buf_add(out, text + plain, i - plain);
		buf_adds(out, with);
		plain = i + 1;
	}
	buf_add(out, text + plain, len - plain);
}

const char *cell_text(const char *text, size_t most, struct buf *out)
{
	size_t len = strlen(text);

	if (utf8_has_control(text, len))
		return "control_character";
	if (len > most && utf8_length(text, len) > most)
		return "too_long";
	cell_escape(out, text, len);
	return NULL;
}

const char *cell_card(const char *text, struct buf *out)
{
	size_t len = 0;

	while ((text[len] >= '0' && text[len] <= '9') || (text[len] >= 'A' && text[len] <= 'Z') || (text[len] >= 'a' && text[len] <= 'z'))
		len++;
	if (text[len] != '\0')
		return "malformed";
	if (len > 16)
		return "too_long";
	buf_add(out, text, len);
	return NULL;
}

const char *cell_number(const char *text, int64_t hi, struct buf *out)
{
	int64_t number;

	if (parse_int(text, 0, hi, &number) != 0)
		return "malformed";
	buf_add_int(out, number);
	return NULL;
}

const char *cell_flag(const char *text, struct buf *out)
{
	static const char *const on[] = {"1", "true", "TRUE", "○", "有効", "はい", "する"};
	static const char *const off[] = {"0", "false", "FALSE", "×", "無効", "いいえ", "しない"};

	for (size_t i = 0; i < lengthof(on); i++) {
		if (strcmp(text, on[i]) != 0 && strcmp(text, off[i]) != 0)
			continue;
		buf_addc(out, strcmp(text, on[i]) == 0 ? 't' : 'f');
		return NULL;
	}
	return "malformed";
}

const char *cell_pin(const char *text)
{
	size_t len = strlen(text);

	return len >= 4 && len <= 8 && strspn(text, "0123456789") == len ? NULL : "malformed";
}

/* Digits of exactly so many places; -1 else. */
static int digits(const char **at, int least, int most)
{
	int value = 0, places = 0;

	while (places < most && **at >= '0' && **at <= '9') {
		value = value * 10 + (*(*at)++ - '0');
		places++;
	}
	return places >= least ? value : -1;
}

static bool take(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static const char *parse_time(const char *text, bool last, struct buf *out)
{
	const char *at = text;
	struct tm tm = {.tm_isdst = -1}, utc;
	int micro = 0;
	bool with_time = false;

	tm.tm_year = digits(&at, 4, 4) - 1900;
	char separator = *at == '-' ? '-' : '/';
	if (tm.tm_year < 0 || !take(&at, separator))
		return "malformed";
	tm.tm_mon = digits(&at, 1, 2) - 1;
	if (tm.tm_mon < 0 || tm.tm_mon > 11 || !take(&at, separator))
		return "malformed";
	tm.tm_mday = digits(&at, 1, 2);
	int day = tm.tm_mday, month = tm.tm_mon;
	if (*at != '\0') {
		with_time = true;
		if (!take(&at, ' ') || (tm.tm_hour = digits(&at, 1, 2)) < 0 || !take(&at, ':') || (tm.tm_min = digits(&at, 2, 2)) < 0)
			return "malformed";
		if (take(&at, ':') && (tm.tm_sec = digits(&at, 2, 2)) < 0)
			return "malformed";
		if (take(&at, '.')) {
			const char *begin = at;
			micro = digits(&at, 1, 6);
			for (long places = at - begin; micro > 0 && places < 6; places++)
				micro *= 10;
		}
	}
	if (*at != '\0' || day < 1 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
		return "malformed";
	if (tm.tm_sec != 0 || micro != 0)
		return "not_whole_minute";
	struct tm noon = {.tm_year = tm.tm_year, .tm_mon = month, .tm_mday = day, .tm_hour = 12, .tm_isdst = -1};
	if (mktime(&noon) == (time_t)-1 || noon.tm_mday != day || noon.tm_mon != month)	/* 31 April */
		return "malformed";
	if (!with_time && last)
		tm.tm_mday++;
	time_t t = mktime(&tm);
	gmtime_r(&t, &utc);
	buf_addf(out, "%04d-%02d-%02d %02d:%02d+00", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min);
	return NULL;
}

/* Few days, many who begin or end on them: what was worked out last for a text is kept where its hash points. */
static struct time_seen {
	char text[32], out[40];
	bool last;
} seen[1024];

void cell_times_forget(void)
{
	memset(seen, 0, sizeof(seen));
}

const char *cell_time(const char *text, bool last, struct buf *out)
{
	size_t len = strlen(text), begin = out->len;
	unsigned hash = last;

	for (size_t i = 0; i < len; i++)
		hash = hash * 31 + (unsigned char)text[i];
	struct time_seen *known = &seen[hash % lengthof(seen)];
	if (len > 0 && strcmp(known->text, text) == 0 && known->last == last) {
		buf_adds(out, known->out);
		return NULL;
	}
	const char *wrong = parse_time(text, last, out);
	if (wrong == NULL && len < sizeof(known->text) && out->len - begin < sizeof(known->out)) {
		memcpy(known->text, text, len + 1);
		snprintf(known->out, sizeof(known->out), "%s", buf_text(out) + begin);
		known->last = last;
	}
	return wrong;
}

/* --- permits ------------------------------------------------------------------------------------------------------------------- */

/* A name up to the @ that ends it; \ takes the next character for what it is. */
static const char *permit_name(const char **at, struct buf *out)
{
	const char *text = *at;
	size_t begin = out->len;

	for (; *text != '\0' && *text != '@' && *text != ';'; text++) {
		if (*text == '\\' && text[1] != '\0')
			text++;
		buf_addc(out, *text);
	}
	*at = text;
	return *text == '@' && out->len > begin && out->len - begin <= 256 ? NULL : "malformed";
}

/* A time up to the sign that ends it; nothing when there is none. */
static const char *permit_time(const char **at, const char *ends, bool last, struct buf *out)
{
	size_t len = strcspn(*at, ends);
	char text[40];

	if (len >= sizeof(text))
		return "malformed";
	memcpy(text, *at, len);
	text[len] = '\0';
	*at += len;
	return len == 0 ? NULL : cell_time(text, last, out);
}

/* kind, name, level, from, to. */
static const char *permit(const char **at, struct buf *out)
{
	bool group = strncmp(*at, "group:", 6) == 0;

	if (!group && strncmp(*at, "gate:", 5) != 0)
		return "malformed";
	*at += group ? 6 : 5;
	buf_adds(out, group ? "group\x1f" : "gate\x1f");
	const char *wrong = permit_name(at, out);
	if (wrong == NULL && ((*at)[1] < '1' || (*at)[1] > '8'))
		wrong = "malformed";
	if (wrong != NULL)
		return wrong;
	buf_addc(out, '\x1f');
	buf_addc(out, (*at)[1]);
	buf_addc(out, '\x1f');
	*at += 2;
	bool limited = take(at, ' ');
	if (limited)
		wrong = permit_time(at, "~;", false, out);
	if (wrong == NULL && limited && !take(at, '~'))
		wrong = "malformed";
	buf_addc(out, '\x1f');
	if (wrong == NULL && limited)
		wrong = permit_time(at, ";", true, out);
	return wrong;
}

const char *cell_permits(const char *text, struct buf *out)
{
	struct buf words = {0};
	const char *wrong = NULL;

	if (strlen(text) > 16384)
		return "too_long";
	if (utf8_has_control(text, strlen(text)))
		return "control_character";
	for (const char *at = text; wrong == NULL && *at != '\0';) {
		if (words.len > 0)
			buf_addc(&words, '\x1e');
		wrong = permit(&at, &words);
		if (wrong == NULL && *at != '\0' && !take(&at, ';'))
			wrong = "malformed";
	}
	if (wrong == NULL)
		cell_escape(out, words.data, words.len);
	buf_free(&words);
	return wrong;
}
