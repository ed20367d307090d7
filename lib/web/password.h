/* A password that somebody gives to keep: judged, then hashed, a few at once in all workers of the program. */
#ifndef WEB_PASSWORD_H
#define WEB_PASSWORD_H

#include "base/password.h"
#include "web/request.h"

/* One computation costs 15 to 20 ms of a processor; more at once would let log-ins slow everything else. */
#define PASSWORDS_AT_ONCE 2

/* Compares in turn. 1 the same, 0 another, -1 with the problem set (no turn came). hash NULL: nobody's; takes as long. */
int web_password_matches(struct web_request *request, const char *password, const char *hash) __attribute__((warn_unused_result));
/* Judges and hashes what was given as body member `pointer`. own: the operator's names. 0, or -1 with the problem set. */
int web_password_new(struct web_request *request, const char *pointer, const char *password, int min_length, const char *const *own, size_t own_count,
		     char hash[PASSWORD_HASH_SIZE]) __attribute__((warn_unused_result));

#endif
