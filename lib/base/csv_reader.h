/* CSV files from outside, read piece by piece in bounded memory: encoding first, then rows (libcsv, strict).
 *
 * Nothing of a file is trusted. What makes the file as a whole unfit is a fault, after which nothing more is taken: a NUL byte, a
 * character that is half or not of the encoding, rows of another encoding than the rest, a quote that is not closed or stands
 * where none may, a field or row that is too large. What is wrong within a row is the caller's business.
 */
#ifndef BASE_CSV_READER_H
#define BASE_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum csv_encoding { CSV_AUTO, CSV_UTF8, CSV_CP932 };

enum csv_fault {
	CSV_FINE,
	CSV_EMPTY,		/* no byte at all */
	CSV_NUL,
	CSV_BAD_ENCODING,	/* a byte sequence that the encoding does not have */
	CSV_HALF_CHARACTER,	/* the file ends within a character */
	CSV_MIXED_ENCODINGS,	/* a row in UTF-8 within a CP932 file */
	CSV_BAD_QUOTE,
	CSV_OPEN_QUOTE,		/* the file ends within a quoted field */
	CSV_LARGE_FIELD,
	CSV_MANY_FIELDS,
	CSV_STOPPED,		/* the caller's row function said so */
};

/* Longest field in bytes of UTF-8, most fields in a row. */
#define CSV_FIELD_MAX 65536
#define CSV_FIELDS_MAX 200

/* The code of a fault, "open_quote", as the API shows it. */
const char *csv_fault_code(enum csv_fault fault);

/* Tells encodings apart: feed the whole file, then ask. Zero-initialise. */
struct csv_guess {
	bool started, bom, not_utf8;
	unsigned char held[4];
	size_t held_len;
};
void csv_guess_feed(struct csv_guess *guess, const void *data, size_t len);
/* CSV_UTF8 with a byte order mark or when all of it is well-formed UTF-8, else CSV_CP932 (whose reader finds what is neither). */
enum csv_encoding csv_guess_end(const struct csv_guess *guess);

/* One row: fields are UTF-8 and '\0'-terminated; they live until the function returns. n counts rows from 1, blank lines not. Returns 0 to go on. */
typedef int csv_row_function(void *arg, int64_t n, char *const *fields, size_t count);

struct csv_reader;
struct csv_reader *csv_reader_new(enum csv_encoding encoding, csv_row_function *row, void *arg)
	__attribute__((returns_nonnull, warn_unused_result));
/* 0, or -1: there is a fault (for good). */
int csv_reader_feed(struct csv_reader *reader, const void *data, size_t len) __attribute__((warn_unused_result));
/* The file is over: 0, or -1 with a fault. */
int csv_reader_end(struct csv_reader *reader) __attribute__((warn_unused_result));
enum csv_fault csv_reader_fault(const struct csv_reader *reader);
/* The row being read when it stopped, and how many bytes of the file had been taken by then. */
int64_t csv_reader_row(const struct csv_reader *reader);
int64_t csv_reader_bytes(const struct csv_reader *reader);
void csv_reader_free(struct csv_reader *reader);

#endif
