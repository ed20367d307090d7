/* kidoban-audit: proves that the system log was not touched, or says where it was; from a file or from the live database.
 *
 *	kidoban-audit verify [--checkpoints FILE]... [--key FILE]... [--from NUMBER] LOGFILE | --database CONNINFO
 *	kidoban-audit export [--from NUMBER] --database CONNINFO
 *	kidoban-audit checkpoints --database CONNINFO
 *	kidoban-audit key --database CONNINFO
 *
 * Exit status 0: nothing was touched; 1: something was, or could not be judged; 2: wrongly called. Run as PostgreSQL's superuser, who alone reads past
 * the policies. It only reads. What is worked out is in lib/db/log_verify.c, what is read from where in audit_source.c.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit_source.h"
#include "base/log.h"

static void usage(void)
{
	fputs("usage: kidoban-audit verify [--checkpoints FILE]... [--key FILE]... [--from NUMBER] LOGFILE\n"
	      "       kidoban-audit verify [--checkpoints FILE]... [--key FILE]... [--from NUMBER] --database CONNINFO\n"
	      "       kidoban-audit export [--from NUMBER] --database CONNINFO\n"
	      "       kidoban-audit checkpoints|key --database CONNINFO\n", stderr);
	exit(2);
}

static void on_found(void *arg, const struct log_finding *finding)
{
	(void)arg;
	printf("%s: %s\n", log_finding_word(finding->kind), finding->text);
}

static void say(const struct audit *audit, const struct log_verdict *verdict)
{
	if (verdict->entries == 0)
		printf("no entries\n");
	else
		printf("%lld entries, %lld to %lld; %lld checkpoints agree\n", (long long)verdict->entries, (long long)verdict->first, (long long)verdict->last,
		       (long long)verdict->matched);
	if (verdict->covered < verdict->last)
		printf("note: no checkpoint is as new as entry %lld; what comes after %lld could have been made anew, or cut off\n", (long long)verdict->last,
		       (long long)verdict->covered);
	if (audit->own_keys)
		printf("note: the keys are those of the database itself; compare with a copy kept elsewhere: --key\n");
	if (audit->own_checkpoints)
		printf("note: the checkpoints are those of the database itself; use copies kept elsewhere as well: --checkpoints\n");
	if (audit->unsealed > 0)
		printf("note: %lld entries wait to be sealed\n", (long long)audit->unsealed);
	printf(verdict->findings == 0 ? "the log was not touched\n" : "the log WAS TOUCHED: %lld findings\n", (long long)verdict->findings);
}

static int verify(struct audit *audit)
{
	struct log_verdict verdict;

	if (audit_open(audit) != 0)
		return 1;
	struct log_verifier *verifier = log_verifier_new(audit->log, on_found, NULL);
	if (audit->from > 0)
		log_verifier_from(verifier, audit->from);
	if (audit_feed_keys(audit, verifier) != 0 || audit_feed_checkpoints(audit, verifier) != 0 || audit_feed_entries(audit, verifier) != 0) {
		log_verifier_free(verifier);
		return 1;
	}
	log_verifier_end(verifier, audit->head, &verdict);
	log_verifier_free(verifier);
	say(audit, &verdict);
	return verdict.findings == 0 ? 0 : 1;
}

static void add_file(const char **files, int *count, const char *file)
{
	if (*count == AUDIT_FILES) {
		fprintf(stderr, "kidoban-audit: more than %d files of a kind\n", AUDIT_FILES);
		exit(2);
	}
	files[(*count)++] = file;
}

static void read_options(struct audit *audit, int argc, char **argv)
{
	static const struct option options[] = {
		{"checkpoints", required_argument, NULL, 'c'}, {"key", required_argument, NULL, 'k'}, {"from", required_argument, NULL, 'f'},
		{"database", required_argument, NULL, 'd'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			add_file(audit->checkpoint_files, &audit->checkpoint_file_count, optarg);
			break;
		case 'k':
			add_file(audit->key_files, &audit->key_file_count, optarg);
			break;
		case 'f':
			if (parse_int(optarg, 1, INT64_MAX / 2, &audit->from) != 0)
				usage();
			break;
		case 'd':
			audit->conninfo = optarg;
			break;
		default:
			usage();
		}
	}
}

int main(int argc, char **argv)
{
	struct audit audit = {0};
	int result = 2;

	log_init("kidoban-audit");
	read_options(&audit, argc, argv);
	int words = argc - optind;
	const char *act = words > 0 ? argv[optind] : "";
	if (words == 2 && audit.conninfo == NULL)
		audit.file = argv[optind + 1];
	else if (words != 1 || audit.conninfo == NULL)
		usage();
	if (strcmp(act, "verify") == 0)
		result = verify(&audit);
	else if (audit.file != NULL)
		usage();
	else if (strcmp(act, "export") == 0)
		result = audit_open(&audit) == 0 && audit_export(&audit, stdout) == 0 ? 0 : 1;
	else if (strcmp(act, "checkpoints") == 0)
		result = audit_open(&audit) == 0 && audit_print_checkpoints(&audit, stdout) == 0 ? 0 : 1;
	else if (strcmp(act, "key") == 0)
		result = audit_open(&audit) == 0 && audit_print_keys(&audit, stdout) == 0 ? 0 : 1;
	else
		usage();
	audit_close(&audit);
	return result;
}
