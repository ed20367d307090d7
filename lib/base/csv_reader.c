/* Bytes to UTF-8 by iconv, UTF-8 to rows by libcsv. Both are streams: what a piece ends in the middle of waits for the next. */
#include "base/csv_reader.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

#define PIECE 4096

struct csv_reader {
	iconv_t converter;
	bool cp932, begun;
	enum csv_fault fault;
	char held[8];		/* the beginning of a character, or of a byte order mark */
	size_t held_len;
	struct csv_parser parser;
	csv_row_function *row;
	void *arg;
	struct buf text;	/* the fields of the row, each with its '\0' */
	size_t starts[CSV_FIELDS_MAX];
	char *fields[CSV_FIELDS_MAX];
	size_t count;
	int64_t n, bytes;
};

const char *csv_fault_code(enum csv_fault fault)
{
	static const char *const codes[] = {
		[CSV_FINE] = "", [CSV_EMPTY] = "empty", [CSV_NUL] = "nul_byte", [CSV_BAD_ENCODING] = "bad_encoding",
		[CSV_HALF_CHARACTER] = "half_character", [CSV_MIXED_ENCODINGS] = "mixed_encodings", [CSV_BAD_QUOTE] = "bad_quote",
		[CSV_OPEN_QUOTE] = "open_quote", [CSV_LARGE_FIELD] = "large_field", [CSV_MANY_FIELDS] = "many_fields",
		[CSV_STOPPED] = "stopped",
	};

	return codes[fault];
}

/* --- which encoding ------------------------------------------------------------------------------------------------------ */

/* Bytes at the end of text that begin a character which is not whole: at most 3. */
static size_t unfinished(const unsigned char *text, size_t len)
{
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char byte = text[len - back];
		if (byte < 0x80)
			return 0;
		if (byte >= 0xC0) {
			size_t whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
			return whole > back ? back : 0;
		}
	}
	return 0;
}

void csv_guess_feed(struct csv_guess *guess, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	if (!guess->started && len > 0) {
		guess->started = true;
		guess->bom = len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0;
	}
	if (guess->not_utf8 || len == 0)
		return;
	struct buf joined = {0};
	if (guess->held_len > 0) {
		buf_add(&joined, guess->held, guess->held_len);
		buf_add(&joined, data, len);
		bytes = (const unsigned char *)joined.data;
		len = joined.len;
	}
	size_t rest = unfinished(bytes, len);
	guess->not_utf8 = !utf8_valid((const char *)bytes, len - rest);
	memcpy(guess->held, bytes + len - rest, rest);
	guess->held_len = rest;
	buf_free(&joined);
}

enum csv_encoding csv_guess_end(const struct csv_guess *guess)
{
	return guess->bom || !guess->not_utf8 ? CSV_UTF8 : CSV_CP932;
}

/* --- rows ------------------------------------------------------------------------------------------------------------------ */

static int stop(struct csv_reader *reader, enum csv_fault fault)
{
	if (reader->fault == CSV_FINE)
		reader->fault = fault;
	return -1;
}

static void take_field(void *data, size_t len, void *arg)
{
	struct csv_reader *reader = arg;

	if (reader->fault != CSV_FINE)
		return;
	if (reader->count == CSV_FIELDS_MAX) {
		stop(reader, CSV_MANY_FIELDS);
		return;
	}
	reader->starts[reader->count++] = reader->text.len;
	buf_add(&reader->text, data, len);
	buf_addc(&reader->text, '\0');
}

static void take_row(int terminator, void *arg)
{
	struct csv_reader *reader = arg;

	(void)terminator;
	if (reader->fault != CSV_FINE)
		return;
	for (size_t i = 0; i < reader->count; i++)
		reader->fields[i] = reader->text.data + reader->starts[i];
	reader->n++;
	if (reader->row(reader->arg, reader->n, reader->fields, reader->count) != 0)
		stop(reader, CSV_STOPPED);
	reader->count = 0;
	buf_clear(&reader->text);
}

/* libcsv's buffer is one field long. */
static void *bounded(void *memory, size_t size)
{
	return size > CSV_FIELD_MAX ? NULL : realloc(memory, size);
}

static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

struct csv_reader *csv_reader_new(enum csv_encoding encoding, csv_row_function *row, void *arg)
{
	struct csv_reader *reader = xcalloc(1, sizeof(*reader));

	reader->cp932 = encoding == CSV_CP932;
	reader->converter = iconv_open("UTF-8", reader->cp932 ? "CP932" : "UTF-8");
	if (reader->converter == (iconv_t)-1)
		fatal("iconv knows no CP932");
	if (csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		panic("libcsv does not start");
	csv_set_space_func(&reader->parser, no_space);
	csv_set_blk_size(&reader->parser, 1024);
	csv_set_realloc_func(&reader->parser, bounded);
	reader->row = row;
	reader->arg = arg;
	return reader;
}

static int parse(struct csv_reader *reader, const char *text, size_t len)
{
	if (csv_parse(&reader->parser, text, len, take_field, take_row, reader) == len && reader->fault == CSV_FINE)
		return 0;
	return stop(reader, csv_error(&reader->parser) == CSV_ENOMEM || csv_error(&reader->parser) == CSV_ETOOBIG ? CSV_LARGE_FIELD
										  : CSV_BAD_QUOTE);
}

/* Lines of a CP932 file whose every foreign character is a three-byte sequence of UTF-8, and two or more of them: that is no chance,
 * somebody has joined two files. Looked at piece by piece; a line over the edge of a piece is not. */
static bool has_utf8_line(const char *data, size_t len)
{
	const char *end = data + len;

	for (const char *line = memchr(data, '\n', len); line != NULL;) {
		line++;
		const char *next = memchr(line, '\n', (size_t)(end - line));
		if (next == NULL)
			return false;
		int sequences = 0, others = 0;
		for (const unsigned char *at = (const unsigned char *)line; at < (const unsigned char *)next; at++) {
			if (*at < 0x80)
				continue;
			if ((*at & 0xF0) == 0xE0 && (at[1] & 0xC0) == 0x80 && (at[2] & 0xC0) == 0x80) {
				sequences++;
				at += 2;
			} else {
				others++;
				break;
			}
		}
		if (sequences >= 2 && others == 0)
			return true;
		line = next;
	}
	return false;
}

/* Without a character that only begins at the end. */
static size_t whole_characters(const char *text, size_t len)
{
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char c = (unsigned char)text[len - back];
		if (c >= 0xC0)
			return back < (c >= 0xF0 ? 4u : c >= 0xE0 ? 3u : 2u) ? len - back : len;
		if (c < 0x80)
			break;
	}
	return len;
}

static int convert(struct csv_reader *reader, char *in, size_t left)
{
	char out[PIECE];
	size_t whole = reader->cp932 ? 0 : whole_characters(in, left);

	if (whole > 0 && utf8_valid(in, whole)) {	/* as it is; what is wrong with other text, iconv finds out */
		if (parse(reader, in, whole) != 0)
			return -1;
		in += whole;
		left -= whole;
	}
	while (left > 0) {
		char *to = out;
		size_t room = sizeof(out);
		size_t done = iconv(reader->converter, &in, &left, &to, &room);
		int why = done == (size_t)-1 ? errno : 0;
		if (to > out && parse(reader, out, (size_t)(to - out)) != 0)
			return -1;
		if (why == EILSEQ)
			return stop(reader, CSV_BAD_ENCODING);
		if (why == EINVAL) {	/* a character goes on in the next piece */
			memcpy(reader->held, in, left);
			reader->held_len = left;
			return 0;
		}
	}
	return 0;
}

int csv_reader_feed(struct csv_reader *reader, const void *data, size_t len)
{
	struct buf joined = {0};

	if (reader->fault != CSV_FINE)
		return -1;
	if (len == 0)
		return 0;
	if (memchr(data, '\0', len) != NULL)
		return stop(reader, CSV_NUL);
	reader->bytes += (int64_t)len;
	buf_add(&joined, reader->held, reader->held_len);
	buf_add(&joined, data, len);
	reader->held_len = 0;
	size_t skip = 0;
	if (!reader->begun) {
		if (joined.len < 3 && memcmp(joined.data, "\xEF\xBB\xBF", joined.len) == 0) {
			memcpy(reader->held, joined.data, joined.len);
			reader->held_len = joined.len;
			buf_free(&joined);
			return 0;
		}
		reader->begun = true;
		if (!reader->cp932 && joined.len >= 3 && memcmp(joined.data, "\xEF\xBB\xBF", 3) == 0)
			skip = 3;
	}
	int result = reader->cp932 && has_utf8_line(joined.data, joined.len) ? stop(reader, CSV_MIXED_ENCODINGS)
									    : convert(reader, joined.data + skip, joined.len - skip);
	buf_free(&joined);
	return result;
}

int csv_reader_end(struct csv_reader *reader)
{
	if (reader->fault != CSV_FINE)
		return -1;
	if (reader->bytes == 0)
		return stop(reader, CSV_EMPTY);
	if (reader->held_len > 0)
		return stop(reader, CSV_HALF_CHARACTER);
	if (csv_fini(&reader->parser, take_field, take_row, reader) != 0)
		return stop(reader, CSV_OPEN_QUOTE);
	return reader->fault == CSV_FINE ? 0 : -1;
}

enum csv_fault csv_reader_fault(const struct csv_reader *reader)
{
	return reader->fault;
}

int64_t csv_reader_row(const struct csv_reader *reader)
{
	return reader->fault == CSV_STOPPED ? reader->n : reader->n + 1;
}

int64_t csv_reader_bytes(const struct csv_reader *reader)
{
	return reader->bytes;
}

void csv_reader_free(struct csv_reader *reader)
{
	if (reader == NULL)
		return;
	csv_free(&reader->parser);
	iconv_close(reader->converter);
	buf_free(&reader->text);
	free(reader);
}
