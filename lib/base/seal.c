/* AES-256-GCM under the master key. See seal.h.
 *
 * Must not: log a secret, or say why an unseal failed; the difference would help somebody who tries.
 */
#include "base/seal.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/token.h"

#define SEALED_VERSION 1
#define NONCE_LENGTH 12
#define TAG_LENGTH 16
#define HEADER_LENGTH (1 + NONCE_LENGTH)

int seal_load(const char *path, struct seal_key *key)
{
	char text[2 * SEAL_KEY_LENGTH + 2] = "";
	struct stat st;
	int result = -1;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) != 0) {
		log_warn("master key %s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0) {
		log_warnx("master key %s: others may use it; chmod 600 it", path);
		goto out;
	}
	if ((got = read(fd, text, sizeof(text) - 1)) < 0) {
		log_warn("master key %s", path);
		goto out;
	}
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (parse_hex(text, key->bytes, sizeof(key->bytes)) != 0) {
		log_warnx("master key %s: want one line of 64 hexadecimal digits, as openssl rand -hex 32 makes", path);
		goto out;
	}
	result = 0;
out:
	OPENSSL_cleanse(text, sizeof(text));
	if (fd >= 0)
		close(fd);
	return result;
}

void seal_clear(struct seal_key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}

static int encrypt(EVP_CIPHER_CTX *ctx, const struct seal_key *key, const char *context, const unsigned char *plain, int len,
		   unsigned char *sealed)
{
	unsigned char *nonce = sealed + 1, *text = sealed + HEADER_LENGTH;
	int part;

	sealed[0] = SEALED_VERSION;
	token_random(nonce, NONCE_LENGTH);
	if (EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, nonce) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &part, sealed, 1) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &part, (const unsigned char *)context, (int)strlen(context)) != 1 ||
	    (len > 0 && EVP_EncryptUpdate(ctx, text, &part, plain, len) != 1) || EVP_EncryptFinal_ex(ctx, text + len, &part) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LENGTH, text + len) != 1)
		return -1;
	return 0;
}

static int decrypt(EVP_CIPHER_CTX *ctx, const struct seal_key *key, const char *context, const unsigned char *sealed, int len,
		   unsigned char *plain)
{
	const unsigned char *text = sealed + HEADER_LENGTH;
	unsigned char tag[TAG_LENGTH];
	int part;

	memcpy(tag, text + len, TAG_LENGTH);
	if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, sealed + 1) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &part, sealed, 1) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &part, (const unsigned char *)context, (int)strlen(context)) != 1 ||
	    (len > 0 && EVP_DecryptUpdate(ctx, plain, &part, text, len) != 1) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LENGTH, tag) != 1 || EVP_DecryptFinal_ex(ctx, plain + len, &part) != 1)
		return -1;
	return 0;
}

int seal_wrap(const struct seal_key *key, const char *context, const void *plain, size_t len, struct buf *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int result = -1;

	if (ctx != NULL && len <= INT_MAX - SEAL_OVERHEAD) {
		unsigned char *sealed = (unsigned char *)buf_reserve(out, len + SEAL_OVERHEAD);

		result = encrypt(ctx, key, context, plain, (int)len, sealed);
	}
	if (result == 0)
		out->len += len + SEAL_OVERHEAD;
	if (out->data != NULL)
		out->data[out->len] = '\0';
	EVP_CIPHER_CTX_free(ctx);
	return result;
}

int seal_unwrap(const struct seal_key *key, const char *context, const void *sealed, size_t len, struct buf *out)
{
	const unsigned char *bytes = sealed;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int result = -1;

	if (ctx != NULL && len >= SEAL_OVERHEAD && len <= INT_MAX && bytes[0] == SEALED_VERSION) {
		size_t plain_len = len - SEAL_OVERHEAD;
		unsigned char *plain = (unsigned char *)buf_reserve(out, plain_len);

		result = decrypt(ctx, key, context, bytes, (int)plain_len, plain);
		if (result == 0)
			out->len += plain_len;
		else
			OPENSSL_cleanse(plain, plain_len);
	}
	if (out->data != NULL)
		out->data[out->len] = '\0';
	EVP_CIPHER_CTX_free(ctx);
	return result;
}
