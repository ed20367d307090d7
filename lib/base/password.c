/* Hashing and comparing passwords (yescrypt, or whatever the site's tools made), and making one up. */
#include "base/password.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/token.h"

/* A yescrypt setting of the usual cost, of no password: for names that do not exist. */
static const char nobody[] = "$y$j9T$ioKRENQ1YxKyR4.wGxLrK0$";

int password_hash(const char *password, char out[PASSWORD_HASH_SIZE])
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *made = NULL;

	if (crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)) != NULL)
		made = crypt_r(password, setting, data);
	bool good = made != NULL && strncmp(made, "$y$", 3) == 0 && strlen(made) < PASSWORD_HASH_SIZE;
	if (good)
		snprintf(out, PASSWORD_HASH_SIZE, "%s", made);
	else
		log_warnx("crypt(3) makes no yescrypt hash");
	explicit_bzero(data, sizeof(*data));
	free(data);
	return good ? 0 : -1;
}

bool password_matches(const char *password, const char *hash)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *made = crypt_r(password, hash ? hash : nobody, data);
	bool same = made != NULL && made[0] != '*' && hash != NULL && strlen(made) == strlen(hash) && token_equal(made, hash, strlen(hash));

	explicit_bzero(data, sizeof(*data));
	free(data);
	return same;
}

/* Five groups of five, without 0 o 1 l i u v: 29 characters are left, 256 / 29 is taken evenly by drawing again. */
void password_random(char out[PASSWORD_RANDOM_SIZE])
{
	static const char letters[] = "23456789abcdefghjkmnpqrstwxyz";
	const unsigned even = 256 - 256 % (sizeof(letters) - 1);
	size_t at = 0;

	while (at < PASSWORD_RANDOM_SIZE - 1) {
		unsigned char byte;
		if (at % 6 == 5) {
			out[at++] = '-';
			continue;
		}
		token_random(&byte, 1);
		if (byte < even)
			out[at++] = letters[byte % (sizeof(letters) - 1)];
	}
	out[at] = '\0';
}
