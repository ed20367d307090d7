/* Passwords by crypt(3). */
#ifndef SESSION_PASSWORD_H
#define SESSION_PASSWORD_H

#include <stdbool.h>

/* One check costs 15 to 20 ms of a processor; more at once would let log-ins slow everything else. */
#define PASSWORDS_AT_ONCE 2

/* hash NULL: nobody's; takes as long and is false. */
bool password_matches(const char *password, const char *hash);

#endif
