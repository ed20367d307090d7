/* How a program starts. See program.h. */
#include "base/program.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

#define DEFAULT_FILE KIDOBAN_SYSCONFDIR "/kidoban.conf"

static const char *const level_words[] = {"debug", "info", "warn", NULL};

const struct setting common_settings[] = {
	{"database", SETTING_TEXT, offsetof(struct common_config, database), "dbname=kidoban", 0, 0, NULL,
	 "libpq connection string without a user; several hosts may be named"},
	{"database_user", SETTING_TEXT, offsetof(struct common_config, database_user), "", 0, 0, NULL,
	 "database role; empty means kidoban_<program>"},
	{"master_key_file", SETTING_PATH, offsetof(struct common_config, master_key_file), KIDOBAN_SYSCONFDIR "/master.key", 0, 0,
	 NULL, "64 hexadecimal digits, readable by the programs that need keys only"},
	{"run_dir", SETTING_PATH, offsetof(struct common_config, run_dir), KIDOBAN_RUNDIR, 0, 0, NULL,
	 "directory of the programs' Unix sockets"},
	{"password_list_file", SETTING_PATH, offsetof(struct common_config, password_list_file), KIDOBAN_DATADIR "/passwords.txt", 0, 0, NULL,
	 "words that passwords must not consist of"},
	{"password_site_list_file", SETTING_PATH, offsetof(struct common_config, password_site_list_file), KIDOBAN_SYSCONFDIR "/passwords.txt", 0, 0,
	 NULL, "the site's own such words; need not be there"},
	{"log_level", SETTING_WORD, offsetof(struct common_config, log_level), "info", 0, 0, level_words,
	 "debug, info or warn"},
};
const size_t common_settings_count = lengthof(common_settings);

const char *const config_programs[] = {"session", "gates",	 "history", "live", "gate-poller",
				       "keeper",  "transfer", "cardholders", "organisation", "explanations", "transfers", "imports", "operators", "system", NULL};

/* The file to read, or NULL when none was named and the usual one is not there. */
static const char *choose_file(const char *option)
{
	const char *environment = getenv("KIDOBAN_CONF");

	if (option != NULL)
		return option;
	if (environment != NULL && environment[0] != '\0')
		return environment;
	return access(DEFAULT_FILE, F_OK) == 0 ? DEFAULT_FILE : NULL;
}

static void usage(const char *name)
{
	fprintf(stderr, "usage: %s [-nvV] [-c file]\n", name);
	exit(2);
}

void program_start(int argc, char **argv, const char *name, const struct config_table *tables, size_t count)
{
	const char *file = NULL;
	bool show = false, verbose = false;
	char error[1024];
	int option;

	log_init(name);
	while ((option = getopt(argc, argv, "c:nvV")) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'n':
			show = true;
			break;
		case 'v':
			verbose = true;
			break;
		case 'V':
			printf("%s (%s) %s\n", name, PACKAGE_NAME, PACKAGE_VERSION);
			exit(0);
		default:
			usage(name);
		}
	}
	if (optind != argc)
		usage(name);
	if (config_load(choose_file(file), name, config_programs, tables, count, error, sizeof(error)) != 0)
		fatalx("%s", error);
	if (show) {
		config_print(stdout, tables, count);
		exit(0);
	}
	for (size_t t = 0; t < count; t++)
		if (tables[t].settings == common_settings)
			log_set_level((enum log_level)((const struct common_config *)tables[t].target)->log_level);
	if (verbose)
		log_set_level(LOG_LEVEL_DEBUG);
}

/* Appends name='value' with libpq's quoting. */
static void add_parameter(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "%s%s='", out->len > 0 ? " " : "", name);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *value);
	}
	buf_addc(out, '\'');
}

/* True when a conninfo of name=value words sets that name. */
static bool has_parameter(const char *conninfo, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = conninfo; (p = strstr(p, name)) != NULL; p += len)
		if ((p == conninfo || p[-1] == ' ') && (p[len] == '=' || p[len] == ' '))
			return true;
	return false;
}

char *program_conninfo(const struct common_config *config, const char *name)
{
	struct buf out = {0};
	char *role = config->database_user[0] != '\0' ? xstrdup(config->database_user) : xasprintf("kidoban_%s", name);

	for (char *p = role; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	buf_adds(&out, config->database);
	if (!has_parameter(config->database, "user"))
		add_parameter(&out, "user", role);
	if (!has_parameter(config->database, "application_name"))
		add_parameter(&out, "application_name", name);
	free(role);
	return buf_take(&out);
}
