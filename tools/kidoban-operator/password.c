/* A password from the terminal (twice, unseen), from standard input, or made up. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "tools/kidoban-operator/operator.h"

#define LINE_MAX_BYTES 1024

/* A line without its end. 0, or -1 when there is none. */
static int read_line(FILE *in, char line[LINE_MAX_BYTES])
{
	if (fgets(line, LINE_MAX_BYTES, in) == NULL || strchr(line, '\n') == NULL)
		return -1;
	line[strcspn(line, "\r\n")] = '\0';
	return 0;
}

static int ask(FILE *terminal, const char *question, char line[LINE_MAX_BYTES])
{
	struct termios before, unseen;

	if (tcgetattr(fileno(terminal), &before) != 0)
		return -1;
	unseen = before;
	unseen.c_lflag &= ~(tcflag_t)ECHO;
	/* Before the question: who types fast would be seen, or lose the first letters to the flush. */
	tcsetattr(fileno(terminal), TCSAFLUSH, &unseen);
	fputs(question, terminal);
	fflush(terminal);
	int result = read_line(terminal, line);
	tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	fputc('\n', terminal);
	return result;
}

static int ask_twice(char line[LINE_MAX_BYTES])
{
	char again[LINE_MAX_BYTES];
	FILE *terminal = fopen("/dev/tty", "r+e");

	if (terminal == NULL) {
		log_warnx("no terminal to ask for a password: use --stdin or --generate");
		return -1;
	}
	int result = ask(terminal, "new password: ", line) == 0 && ask(terminal, "once more: ", again) == 0 ? 0 : -1;
	if (result == 0 && strcmp(line, again) != 0) {
		log_warnx("the two differ; nothing was changed");
		result = -1;
	}
	explicit_bzero(again, sizeof(again));
	fclose(terminal);
	return result;
}

static int judge(const struct job *job, const char *line, int min_length, const char *const *own, size_t own_count)
{
	struct password_rules rules = {.min_length = (size_t)min_length, .list_file = job->common.password_list_file,
				       .site_list_file = job->common.password_site_list_file};

	if (!utf8_valid(line, strlen(line)) || utf8_has_control(line, strlen(line)) || utf8_length(line, strlen(line)) > PASSWORD_LENGTH) {
		log_warnx("a password is at most %d characters of UTF-8, without control characters", PASSWORD_LENGTH);
		return -1;
	}
	enum password_verdict verdict = password_judge(line, &rules, own, own_count);
	if (verdict == PASSWORD_GOOD)
		return 0;
	if (verdict == PASSWORD_SHORT)
		log_warnx("a password needs %d characters; nothing was changed", min_length);
	else
		log_warnx("%s", password_advice(verdict));
	return -1;
}

int take_password(struct job *job, int min_length, const char *const *own, size_t own_count, char hash[PASSWORD_HASH_SIZE])
{
	char line[LINE_MAX_BYTES] = "";
	int result = 0;

	if (job->source == SOURCE_GENERATE) {
		password_random(job->generated);
		snprintf(line, sizeof(line), "%s", job->generated);
	} else {
		result = job->source == SOURCE_STDIN ? read_line(stdin, line) : ask_twice(line);
		if (result != 0 && job->source == SOURCE_STDIN)
			log_warnx("no line with a password on standard input");
		if (result == 0)
			result = judge(job, line, min_length, own, own_count);
	}
	if (result == 0)
		result = password_hash(line, hash);
	explicit_bzero(line, sizeof(line));
	return result;
}
