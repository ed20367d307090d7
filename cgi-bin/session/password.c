/* Comparing a password with a crypt(3) hash (yescrypt, or whatever the site's tools made). */
#include "cgi-bin/session/password.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/token.h"

/* A yescrypt setting of the usual cost, of no password: for names that do not exist. */
static const char nobody[] = "$y$j9T$ioKRENQ1YxKyR4.wGxLrK0$";

bool password_matches(const char *password, const char *hash)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *made = crypt_r(password, hash ? hash : nobody, data);
	bool same = made != NULL && made[0] != '*' && hash != NULL && strlen(made) == strlen(hash) && token_equal(made, hash, strlen(hash));

	explicit_bzero(data, sizeof(*data));
	free(data);
	return same;
}
