/* kidoban-seal: seals a secret from standard input for its place in the database.
 *
 *	kidoban-seal [-c file] context
 *
 * Prints the sealed value as hexadecimal. The secret is what comes before the first line feed or the end; it is never an
 * argument, where others could read it. Must not log or print it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/program.h"
#include "base/seal.h"

#define SECRET_MAX 4096

int main(int argc, char **argv)
{
	struct common_config common = {0};
	struct config_table table = COMMON_TABLE(&common);
	struct buf sealed = {0}, hex = {0};
	struct seal_key key;
	char secret[SECRET_MAX];
	const char *context = argc > 1 ? argv[argc - 1] : "-";

	/* The context is the last word; the options before it are those of every program. */
	if (context[0] == '-' || strchr(context, '/') == NULL) {
		fprintf(stderr, "usage: kidoban-seal [-c file] context    (such as site_secret/mutual_auth_password)\n");
		return 2;
	}
	program_start(argc - 1, argv, "kidoban-seal", &table, 1);
	if (seal_load(common.master_key_file, &key) != 0)
		return 1;
	if (fgets(secret, sizeof(secret), stdin) == NULL)
		fatalx("no secret on standard input");
	secret[strcspn(secret, "\n")] = '\0';
	if (seal_wrap(&key, context, secret, strlen(secret), &sealed) != 0)
		fatalx("OpenSSL does not seal");
	explicit_bzero(secret, sizeof(secret));
	buf_add_hex(&hex, sealed.data, sealed.len);
	puts(buf_text(&hex));
	buf_free(&sealed);
	buf_free(&hex);
	seal_clear(&key);
	config_free(&table, 1);
	return 0;
}
