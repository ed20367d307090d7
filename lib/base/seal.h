/* Secrets at rest: AES-256-GCM under the master key, which lives in a file outside the database.
 *
 * A sealed value is 1 byte version (1), 12 bytes random nonce, the ciphertext, 16 bytes tag: SEAL_OVERHEAD more than the plain.
 * The context (aad) binds it to its place, for instance "controller_key/17/2"; unsealing under another context fails, so
 * that a value copied to another row is of no use.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include "base/str.h"

#define SEAL_KEY_LENGTH 32
#define SEAL_OVERHEAD 29

struct seal_key {
	unsigned char bytes[SEAL_KEY_LENGTH];
};

/* Reads 64 hexadecimal digits. Refuses a file that others may read or write (mode & 077). 0, or -1 after a warning. */
int seal_load(const char *path, struct seal_key *key) __attribute__((warn_unused_result));
/* Appends the sealed plain to out. 0, or -1 when OpenSSL fails (out unchanged). */
int seal_wrap(const struct seal_key *key, const char *context, const void *plain, size_t len, struct buf *out)
	__attribute__((warn_unused_result));
/* Appends what was sealed to out; -1 when key, context or a single bit differs (out unchanged). */
int seal_unwrap(const struct seal_key *key, const char *context, const void *sealed, size_t len, struct buf *out)
	__attribute__((warn_unused_result));
/* Forgets the key. */
void seal_clear(struct seal_key *key);

#endif
