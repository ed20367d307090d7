/* What every program of ours does first: options, settings, log. main() then only calls its own run function.
 *
 * Options: -c FILE reads that file instead of SYSCONFDIR/kidoban/kidoban.conf (which may be absent; FILE may not);
 * -n checks the settings, prints them and exits; -v logs debug messages; -V prints the version and exits.
 * $KIDOBAN_CONF names the file when -c does not.
 */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include "base/config.h"

/* Settings that all programs have. */
struct common_config {
	char *database;		/* libpq conninfo without user, "host=... dbname=kidoban" */
	char *database_user;	/* "" means the program's own role, kidoban_<program> */
	char *master_key_file;	/* 64 hexadecimal digits; "" when the program needs none */
	char *run_dir;		/* where Unix sockets are */
	char *password_list_file, *password_site_list_file;	/* words that passwords must not consist of: ours, and the site's if it is there */
	int log_level;		/* enum log_level */
};

extern const struct setting common_settings[];
extern const size_t common_settings_count;
/* The sections that a settings file may have. */
extern const char *const config_programs[];

/* A config_table for these settings: struct config_table tables[] = {COMMON_TABLE(&config.common), {own, n, &config}}; */
#define COMMON_TABLE(config) {common_settings, common_settings_count, (config)}

/* Reads options and settings; exits when they are wrong or were only to be shown. name is the program's section. */
void program_start(int argc, char **argv, const char *name, const struct config_table *tables, size_t count);
/* conninfo for libpq: database, user (when it names none) and application_name. The caller frees it. */
char *program_conninfo(const struct common_config *config, const char *name);

#endif
