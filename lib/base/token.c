/* Random tokens and SHA-256, by OpenSSL. See token.h. */
#include "base/token.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

void token_random(void *out, size_t len)
{
	if (len > INT_MAX || RAND_bytes(out, (int)len) != 1)
		fatalx("the system gives no random bytes");
}

void token_new(char out[TOKEN_HEX])
{
	unsigned char bytes[TOKEN_LENGTH];

	token_random(bytes, sizeof(bytes));
	format_hex(bytes, sizeof(bytes), out);
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

void token_uuid(char out[37])
{
	unsigned char bytes[16];
	char hex[33];

	token_random(bytes, sizeof(bytes));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	format_hex(bytes, sizeof(bytes), hex);
	snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

void sha256(const void *data, size_t len, unsigned char out[SHA256_LENGTH])
{
	if (EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) != 1)
		fatalx("OpenSSL has no SHA-256");
}

bool token_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
