/* The chain of the system log, as arithmetic: what is hashed, what is signed, with what. Pure: no connection, no clock. doc/system-log.md says the same in
 * words, so that a stranger can verify with other tools; sql/api/system_log.sql seals with an implementation of its own. */
#ifndef DB_LOG_CHAIN_H
#define DB_LOG_CHAIN_H

#include <stdint.h>

#include "base/str.h"

#define LOG_HASH 32
#define LOG_KEY 32		/* Ed25519, public and private alike */
#define LOG_SIGNATURE 64
#define LOG_KEY_ID 17		/* 16 hexadecimal digits and '\0' */

/* The fields of an entry in the order in which they are hashed, all as text. */
enum log_field {
	LOG_NUMBER, LOG_SEALED_AT, LOG_ID, LOG_AT, LOG_OPERATOR_ID, LOG_OPERATOR, LOG_ORIGIN, LOG_REMOTE_ADDR, LOG_ACTION, LOG_METHOD, LOG_PATH,
	LOG_OUTCOME, LOG_STATUS, LOG_OBJECT, LOG_DETAILS, LOG_FIELDS
};
/* Names in the file of kidoban-audit export. */
extern const char *const log_field_names[LOG_FIELDS];

/* Each field as four bytes of length, most significant first, and its UTF-8; appended to out. */
void log_encode(const char *const fields[LOG_FIELDS], struct buf *out);
/* hash = SHA-256(previous || encoding) */
void log_link(const unsigned char previous[LOG_HASH], const char *const fields[LOG_FIELDS], unsigned char hash[LOG_HASH]);
/* What comes before the first entry: SHA-256 of the log's name, a UUID as text. */
void log_genesis(const char *log, unsigned char hash[LOG_HASH]);

/* Entry number has that hash, and the entries from first on are there. number 0 is the genesis. */
struct log_checkpoint {
	char log[40];
	int64_t number;
	unsigned char hash[LOG_HASH];
	int64_t first;
	char at[32];
	char key[LOG_KEY_ID];
	unsigned char signature[LOG_SIGNATURE];
};

/* The bytes that are signed. */
void log_checkpoint_message(const struct log_checkpoint *checkpoint, struct buf *out);
/* Fills key and signature. 0, or -1 when OpenSSL fails. */
int log_checkpoint_sign(struct log_checkpoint *checkpoint, const unsigned char private_key[LOG_KEY]) __attribute__((warn_unused_result));
bool log_checkpoint_is_good(const struct log_checkpoint *checkpoint, const unsigned char public_key[LOG_KEY]);
/* One line of JSON, without the line feed. */
void log_checkpoint_write(const struct log_checkpoint *checkpoint, struct buf *out);

/* A fresh key. 0, or -1 when OpenSSL fails. */
int log_key_make(unsigned char private_key[LOG_KEY], unsigned char public_key[LOG_KEY]) __attribute__((warn_unused_result));
/* First 16 hexadecimal digits of the SHA-256 of the raw public key. */
void log_key_id(const unsigned char public_key[LOG_KEY], char out[LOG_KEY_ID]);
/* As `openssl pkey -pubin` takes it. */
void log_key_pem(const unsigned char public_key[LOG_KEY], struct buf *out);
/* The next public key in a text of PEM blocks; *text is moved on behind it. 0, or -1 when there is none any more. */
int log_key_from_pem(const char **text, unsigned char public_key[LOG_KEY]) __attribute__((warn_unused_result));

#endif
