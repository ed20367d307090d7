/* Growable buffers, strict parsers and small string helpers.
 *
 * Memory: running out of it is fatal (log.h), so nothing here returns NULL for that reason and callers need not check.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>

/* Bytes that grow. Zero-initialise: struct buf b = {0}. data, when not NULL, always has a '\0' after its len bytes. */
struct buf {
	char *data;
	size_t len;
	size_t cap;
};

void buf_add(struct buf *buf, const void *data, size_t len);
void buf_adds(struct buf *buf, const char *text);
void buf_addc(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *buf, const char *format, va_list args) __attribute__((format(printf, 2, 0), nonnull(2)));
void buf_add_int(struct buf *buf, int64_t value);
/* Lower-case hexadecimal of len bytes. */
void buf_add_hex(struct buf *buf, const void *data, size_t len);
/* A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD; control characters, ", \ and U+2028/9 are escaped. */
void buf_json_bytes(struct buf *buf, const char *text, size_t len);
/* The same for a '\0'-terminated string; NULL becomes the JSON word null. */
void buf_json_string(struct buf *buf, const char *text);
/* Makes room for more bytes and returns where they go; the caller then adds to len what it wrote. */
char *buf_reserve(struct buf *buf, size_t more);
/* The text, never NULL: "" when nothing was added. Belongs to the buffer. */
const char *buf_text(const struct buf *buf);
/* Empties, keeping the memory. */
void buf_clear(struct buf *buf);
/* Hands the '\0'-terminated memory to the caller, who frees it; the buffer is then empty. Never NULL. */
char *buf_take(struct buf *buf);
void buf_free(struct buf *buf);

/* Parsers take the whole string or fail: 0, or -1 and *out untouched. No leading space, no '+'. */
int parse_int(const char *text, int64_t lo, int64_t hi, int64_t *out) __attribute__((warn_unused_result));
int parse_bool(const char *text, bool *out) __attribute__((warn_unused_result)); /* true, false */
int parse_hex(const char *text, void *out, size_t len) __attribute__((warn_unused_result)); /* exactly 2 * len digits */
/* out has room for 2 * len + 1 bytes. */
void format_hex(const void *data, size_t len, char *out);

/* Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(const char *text, size_t len) __attribute__((pure));
/* Number of characters in valid UTF-8. */
size_t utf8_length(const char *text, size_t len) __attribute__((pure));
/* The character at *text, which is valid UTF-8, and *text behind it. */
uint32_t utf8_take(const char **text);
/* True when text, which is valid UTF-8, has a control character or another that can not be seen, as those that turn the direction of writing. */
bool utf8_has_control(const char *text, size_t len) __attribute__((pure));

void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
void *xreallocarray(void *memory, size_t count, size_t size) __attribute__((returns_nonnull, warn_unused_result));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull, warn_unused_result));
char *xstrndup(const char *text, size_t len) __attribute__((malloc, returns_nonnull, warn_unused_result));
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2), malloc, returns_nonnull, warn_unused_result));
/* Frees *pointer and makes it NULL. */
#define free_null(pointer) (free(*(pointer)), *(pointer) = NULL)
/* Overwrites and frees a secret. */
void free_secret(char **text);

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

#endif
