/* Random tokens and SHA-256. */
#ifndef BASE_TOKEN_H
#define BASE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#define SHA256_LENGTH 32
#define TOKEN_LENGTH 32			  /* bytes of a session token */
#define TOKEN_HEX (2 * TOKEN_LENGTH + 1) /* as text with its '\0' */

/* Cryptographically strong bytes; a system that has none is fatal. */
void token_random(void *out, size_t len);
/* A new token as 64 hexadecimal digits. */
void token_new(char out[TOKEN_HEX]);
/* A random UUID (version 4), 36 characters and '\0'. */
void token_uuid(char out[37]);
void sha256(const void *data, size_t len, unsigned char out[SHA256_LENGTH]);
/* Compares in time that does not depend on where they differ. */
bool token_equal(const void *a, const void *b, size_t len) __attribute__((warn_unused_result));

#endif
