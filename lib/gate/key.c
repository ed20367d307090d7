/*
 * The enrolment key. scrypt makes guessing the password from one handshake dear; the password itself never travels.
 */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "gate/key.h"

enum { SCRYPT_N = 1 << 14, SCRYPT_R = 8, SCRYPT_P = 1, SCRYPT_MEMORY = 32 << 20, SERIAL_DIGITS = 16 };

int
gate_enrolment_key(const char *password, uint64_t serial, uint8_t out[GATE_KEY_SIZE])
{
	char salt[SERIAL_DIGITS + 1];

	snprintf(salt, sizeof salt, "%016" PRIx64, serial);
	return EVP_PBE_scrypt(password, strlen(password), (const unsigned char *)salt, SERIAL_DIGITS, SCRYPT_N, SCRYPT_R,
	    SCRYPT_P, SCRYPT_MEMORY, out, GATE_KEY_SIZE) == 1 ? 0 : -1;
}
