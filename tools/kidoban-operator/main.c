/* kidoban-operator: operators from the command line, for whoever owns the database; see kidoban-operator(8).
 *
 * It is the way in for a site whose last administrator is lost. It connects as the account that runs it (PostgreSQL's superuser, by the
 * local socket) and needs no session. What it does is in the system log, with that account. A password comes from the terminal or standard
 * input, never from the command line, where others could read it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "tools/kidoban-operator/operator.h"

static void usage(FILE *out)
{
	fputs("usage: kidoban-operator [-c file] [--database conninfo] command …\n\n"
	      "list                                    who there is\n"
	      "create NAME [--role general|system] [--display-name TEXT] [--remote-user NAME] [PASSWORD]\n"
	      "password NAME [PASSWORD]                sets another one and ends the operator's sessions\n"
	      "role NAME general|system                with the role's default rights\n"
	      "enable NAME | disable NAME\n"
	      "end-sessions NAME | end-sessions --all  logs out\n"
	      "recover NAME [PASSWORD]                 makes NAME, new or not, a system administrator with everything\n\n"
	      "PASSWORD: --stdin (one line), --generate (made up and printed), --none (create only: by Apache alone); without it the terminal is asked\n",
	      out);
}

/* Takes the options that may stand anywhere after the command, and leaves the plain words. */
static int read_words(struct job *job, int argc, char **argv)
{
	static const struct {
		const char *name;
		size_t offset;
	} texts[] = {{"--role", offsetof(struct job, role)}, {"--display-name", offsetof(struct job, display_name)},
		     {"--remote-user", offsetof(struct job, remote_user)}, {"--database", offsetof(struct job, database)}};

	for (int i = 0; i < argc; i++) {
		const char **text = NULL;
		for (size_t t = 0; t < lengthof(texts); t++)
			if (strcmp(argv[i], texts[t].name) == 0)
				text = (const char **)(void *)((char *)job + texts[t].offset);
		if (text != NULL && i + 1 < argc)
			*text = argv[++i];
		else if (strcmp(argv[i], "--stdin") == 0)
			job->source = SOURCE_STDIN;
		else if (strcmp(argv[i], "--generate") == 0)
			job->source = SOURCE_GENERATE;
		else if (strcmp(argv[i], "--none") == 0)
			job->source = SOURCE_NONE;
		else if (strcmp(argv[i], "--all") == 0)
			job->all = true;
		else if (argv[i][0] == '-' && argv[i][1] == '-')
			return -1;
		else if (job->word_count < MAX_WORDS)
			job->words[job->word_count++] = argv[i];
		else
			return -1;
	}
	return 0;
}

/* Where the options of every program end: at the command, or at a long option. */
static int count_common(int argc, char **argv)
{
	int i = 1;

	while (i < argc && argv[i][0] == '-' && argv[i][1] != '-')
		i += strcmp(argv[i], "-c") == 0 ? 2 : 1;
	return i < argc ? i : argc;
}

int main(int argc, char **argv)
{
	struct job job = {0};
	struct config_table table = COMMON_TABLE(&job.common);
	int common = count_common(argc, argv);

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		usage(stdout);
		return 0;
	}
	program_start(common, argv, "kidoban-operator", &table, 1);
	int status = 2;
	if (read_words(&job, argc - common, argv + common) == 0 && job_is_known(&job))
		status = job_run(&job);
	else
		usage(stderr);
	config_free(&table, 1);
	return status;
}
