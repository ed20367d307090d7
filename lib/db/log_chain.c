/* What is hashed and what is signed. See the header. */
#include "db/log_chain.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#define PEM_BEGIN "-----BEGIN PUBLIC KEY-----\n"
#define PEM_END "-----END PUBLIC KEY-----\n"
#define BASE64_KEY 60	/* of 12 + 32 bytes */

const char *const log_field_names[LOG_FIELDS] = {
	"number", "sealed_at", "id", "at", "operator_id", "operator", "origin", "remote_addr", "action", "method", "path", "outcome", "status", "object", "details"};

/* SubjectPublicKeyInfo of Ed25519 (RFC 8410) up to the key itself. */
static const unsigned char spki[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

void log_encode(const char *const fields[LOG_FIELDS], struct buf *out)
{
	for (int i = 0; i < LOG_FIELDS; i++) {
		size_t len = strlen(fields[i]);
		unsigned char length[4] = {(unsigned char)(len >> 24), (unsigned char)(len >> 16), (unsigned char)(len >> 8), (unsigned char)len};
		buf_add(out, length, sizeof(length));
		buf_add(out, fields[i], len);
	}
}

void log_link(const unsigned char previous[LOG_HASH], const char *const fields[LOG_FIELDS], unsigned char hash[LOG_HASH])
{
	struct buf bytes = {0};

	buf_add(&bytes, previous, LOG_HASH);
	log_encode(fields, &bytes);
	SHA256((const unsigned char *)bytes.data, bytes.len, hash);
	buf_free(&bytes);
}

void log_genesis(const char *log, unsigned char hash[LOG_HASH])
{
	SHA256((const unsigned char *)log, strlen(log), hash);
}

void log_checkpoint_message(const struct log_checkpoint *checkpoint, struct buf *out)
{
	buf_addf(out, "kidoban system log checkpoint 1\n%s\n%lld\n", checkpoint->log, (long long)checkpoint->number);
	buf_add_hex(out, checkpoint->hash, LOG_HASH);
	buf_addf(out, "\n%lld\n%s\n", (long long)checkpoint->first, checkpoint->at);
}

int log_checkpoint_sign(struct log_checkpoint *checkpoint, const unsigned char private_key[LOG_KEY])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private_key, LOG_KEY);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char public_key[LOG_KEY];
	size_t len = LOG_SIGNATURE, public_len = LOG_KEY;
	struct buf message = {0};

	log_checkpoint_message(checkpoint, &message);
	bool done = key != NULL && context != NULL && EVP_PKEY_get_raw_public_key(key, public_key, &public_len) == 1 &&
		    EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(context, checkpoint->signature, &len, (const unsigned char *)message.data, message.len) == 1 && len == LOG_SIGNATURE;
	if (done)
		log_key_id(public_key, checkpoint->key);
	buf_free(&message);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return done ? 0 : -1;
}

bool log_checkpoint_is_good(const struct log_checkpoint *checkpoint, const unsigned char public_key[LOG_KEY])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, LOG_KEY);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct buf message = {0};

	log_checkpoint_message(checkpoint, &message);
	bool good = key != NULL && context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(context, checkpoint->signature, LOG_SIGNATURE, (const unsigned char *)message.data, message.len) == 1;
	buf_free(&message);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return good;
}

static void add_member(struct buf *out, const char *name, const char *text)
{
	buf_addf(out, "%s\"%s\":\"%s\"", out->data[out->len - 1] == '{' ? "" : ",", name, text);
}

/* Every text is of digits, letters and - : . which need no escaping. */
void log_checkpoint_write(const struct log_checkpoint *checkpoint, struct buf *out)
{
	char hash[2 * LOG_HASH + 1], signature[2 * LOG_SIGNATURE + 1];

	format_hex(checkpoint->hash, LOG_HASH, hash);
	format_hex(checkpoint->signature, LOG_SIGNATURE, signature);
	buf_addc(out, '{');
	add_member(out, "log", checkpoint->log);
	buf_addf(out, ",\"number\":%lld", (long long)checkpoint->number);
	add_member(out, "hash", hash);
	buf_addf(out, ",\"first\":%lld", (long long)checkpoint->first);
	add_member(out, "at", checkpoint->at);
	add_member(out, "key", checkpoint->key);
	add_member(out, "signature", signature);
	buf_addc(out, '}');
}

int log_key_make(unsigned char private_key[LOG_KEY], unsigned char public_key[LOG_KEY])
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	size_t private_len = LOG_KEY, public_len = LOG_KEY;
	bool done = key != NULL && EVP_PKEY_get_raw_private_key(key, private_key, &private_len) == 1 &&
		    EVP_PKEY_get_raw_public_key(key, public_key, &public_len) == 1;

	EVP_PKEY_free(key);
	return done ? 0 : -1;
}

void log_key_id(const unsigned char public_key[LOG_KEY], char out[LOG_KEY_ID])
{
	unsigned char hash[LOG_HASH];

	SHA256(public_key, LOG_KEY, hash);
	format_hex(hash, (LOG_KEY_ID - 1) / 2, out);
}

void log_key_pem(const unsigned char public_key[LOG_KEY], struct buf *out)
{
	unsigned char der[sizeof(spki) + LOG_KEY], text[BASE64_KEY + 1];

	memcpy(der, spki, sizeof(spki));
	memcpy(der + sizeof(spki), public_key, LOG_KEY);
	EVP_EncodeBlock(text, der, sizeof(der));
	buf_addf(out, PEM_BEGIN "%s\n" PEM_END, (const char *)text);
}

int log_key_from_pem(const char **text, unsigned char public_key[LOG_KEY])
{
	const char *found = strstr(*text, PEM_BEGIN);
	unsigned char der[BASE64_KEY];

	while (found != NULL) {
		found += strlen(PEM_BEGIN);
		*text = found;
		size_t len = strcspn(found, "\r\n");
		/* Every three bytes are four letters, the last of them padding: 45 of which 44 count. */
		if (len == BASE64_KEY && EVP_DecodeBlock(der, (const unsigned char *)found, BASE64_KEY) == 45 && memcmp(der, spki, sizeof(spki)) == 0) {
			memcpy(public_key, der + sizeof(spki), LOG_KEY);
			return 0;
		}
		found = strstr(found, PEM_BEGIN);
	}
	return -1;
}
