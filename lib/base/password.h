/* Passwords: hashed by crypt(3), and judged before they are taken. A password or its hash is never logged. */
#ifndef BASE_PASSWORD_H
#define BASE_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#define PASSWORD_HASH_SIZE 256
#define PASSWORD_LENGTH 127	/* characters; crypt(3) takes 511 bytes */

/* yescrypt at the system's usual cost, which takes 15 to 20 ms. 0, or -1 after a warning when crypt(3) does not. */
int password_hash(const char *password, char out[PASSWORD_HASH_SIZE]) __attribute__((warn_unused_result));
/* hash: whatever crypt(3) knows. NULL: nobody's; takes as long and is false. */
bool password_matches(const char *password, const char *hash) __attribute__((warn_unused_result));

enum password_verdict {
	PASSWORD_GOOD,
	PASSWORD_SHORT,
	PASSWORD_LISTED,	/* too little is left of it without listed words, rows of keys, sequences, years and repetitions */
	PASSWORD_OWN_WORD,	/* too little is left of it without the operator's own names besides */
	PASSWORD_UNJUDGED,	/* a list can not be read; warned */
};

struct password_rules {
	size_t min_length;		/* characters */
	const char *list_file;		/* what comes with Kidoban: one word a line, '#' begins a comment */
	const char *site_list_file;	/* the site's own; need not be there */
};

/* own: the operator's names, whole ones; NULL and "" are skipped. What is left has to be half of min_length. There are no rules of composition. */
enum password_verdict password_judge(const char *password, const struct password_rules *rules, const char *const *own, size_t own_count)
	__attribute__((warn_unused_result));
/* What to do about a verdict, in English. */
const char *password_advice(enum password_verdict verdict);
/* A new one that nobody chose: letters and digits that are not mistaken for each other, about 121 bits. */
#define PASSWORD_RANDOM_SIZE 30
void password_random(char out[PASSWORD_RANDOM_SIZE]);

#endif
