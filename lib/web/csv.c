/* CSV rows, one at a time. */
#include "web/csv.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

void csv_start(struct csv *csv, bool cp932)
{
	*csv = (struct csv){.converter = (iconv_t)-1, .back = (iconv_t)-1};
	if (!cp932) {
		buf_adds(&csv->out, "\xEF\xBB\xBF");
		return;
	}
	csv->converter = iconv_open("CP932", "UTF-8");
	csv->back = iconv_open("UTF-8", "CP932");
	if (csv->converter == (iconv_t)-1 || csv->back == (iconv_t)-1)
		fatal("iconv knows no CP932");
}

static bool is_formula(const char *text)
{
	/* A ' that is there already gets another one in front, so that taking one away always gives back what it was. */
	const char *first = text + strspn(text, "'");

	return *first != '\0' && strchr("=+-@\t\r", *first) != NULL;
}

void csv_cell(struct csv *csv, const char *text)
{
	static const bool special[256] = {['"'] = true, [','] = true, ['\r'] = true, ['\n'] = true};
	static const bool guarded[256] = {['\''] = true, ['='] = true, ['+'] = true, ['-'] = true, ['@'] = true, ['\t'] = true, ['\r'] = true};
	bool quote = text[0] == ' ';
	size_t len = 0;

	for (; text[len] != '\0'; len++)
		quote |= special[(unsigned char)text[len]];
	bool formula = guarded[(unsigned char)text[0]] && is_formula(text);
	char *to = buf_reserve(&csv->line, 2 * len + 4), *at = to;
	if (csv->cells)
		*at++ = ',';
	csv->cells = true;
	if (quote)
		*at++ = '"';
	if (formula)
		*at++ = '\'';
	if (quote) {
		for (size_t i = 0; i < len; i++) {
			if (text[i] == '"')
				*at++ = '"';
			*at++ = text[i];
		}
		*at++ = '"';
	} else {
		memcpy(at, text, len);
		at += len;
	}
	*at = '\0';
	csv->line.len += (size_t)(at - to);
}

/* One UTF-8 character of valid text. */
static void copy_character(const char *text, size_t left, char out[8])
{
	size_t len = 1;

	while (len < left && len < 4 && ((unsigned char)text[len] & 0xC0) == 0x80)
		len++;
	memcpy(out, text, len);
	out[len] = '\0';
}

/* True when text comes back from CP932 as it went in: some characters go in as another that looks alike (U+301C as U+FF5E). */
static bool comes_back(iconv_t back, const char *cp932, size_t len, const char *text, size_t text_len, size_t *differs)
{
	struct buf out = {0};
	char *in = (char *)(uintptr_t)cp932, *to = buf_reserve(&out, 2 * len + 4);
	size_t room = 2 * len + 4;

	iconv(back, NULL, NULL, NULL, NULL);
	bool same = iconv(back, &in, &len, &to, &room) != (size_t)-1;
	size_t got = (size_t)(to - out.data), at = 0;
	while (at < got && at < text_len && out.data[at] == text[at])
		at++;
	same = same && at == text_len && got == text_len;
	while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
		at--;
	*differs = at;
	buf_free(&out);
	return same;
}

int csv_end_row(struct csv *csv, char lacking[8])
{
	int result = 0;

	buf_adds(&csv->line, "\r\n");
	if (csv->converter == (iconv_t)-1) {
		buf_add(&csv->out, csv->line.data, csv->line.len);
	} else {
		size_t before = csv->out.len, in_left = csv->line.len, room = 2 * csv->line.len;
		char *in = csv->line.data, *out = buf_reserve(&csv->out, room + 1);
		iconv(csv->converter, NULL, NULL, NULL, NULL);
		size_t differs;
		/* A positive count is of characters that were replaced: as bad as none. */
		if (iconv(csv->converter, &in, &in_left, &out, &room) != 0) {
			copy_character(in, in_left, lacking);
			result = -1;
		} else if (!comes_back(csv->back, csv->out.data + before, (size_t)(out - csv->out.data) - before, csv->line.data, csv->line.len, &differs)) {
			copy_character(csv->line.data + differs, csv->line.len - differs, lacking);
			result = -1;
		} else {
			csv->out.len = (size_t)(out - csv->out.data);
		}
		if (result != 0)
			csv->out.len = before;
		if (csv->out.data != NULL)
			csv->out.data[csv->out.len] = '\0';
	}
	buf_clear(&csv->line);
	csv->cells = false;
	return result;
}

void csv_free(struct csv *csv)
{
	if (csv->converter != (iconv_t)-1)
		iconv_close(csv->converter);
	if (csv->back != (iconv_t)-1)
		iconv_close(csv->back);
	buf_free(&csv->line);
	buf_free(&csv->out);
}
