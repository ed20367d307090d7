/* One call of kidoban-operator. */
#ifndef TOOLS_KIDOBAN_OPERATOR_H
#define TOOLS_KIDOBAN_OPERATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/password.h"
#include "base/program.h"

#define MAX_WORDS 3

/* Where a password comes from. */
enum source { SOURCE_TERMINAL, SOURCE_STDIN, SOURCE_GENERATE, SOURCE_NONE };

struct job {
	struct common_config common;
	const char *database;	/* NULL: the settings' */
	const char *words[MAX_WORDS];	/* command, name, … */
	int word_count;
	const char *role, *display_name, *remote_user;
	enum source source;
	bool all;
	char generated[PASSWORD_RANDOM_SIZE];	/* to be shown when it is sure that it is the one */
};

/* The command exists and has the words that it needs. */
bool job_is_known(const struct job *job);
/* Does it; the exit status. */
int job_run(struct job *job);

/* Asks for, reads or makes up a password of good standing and hashes it. 0, or -1 after saying why. own: the operator's names. */
int take_password(struct job *job, int min_length, const char *const *own, size_t own_count, char hash[PASSWORD_HASH_SIZE])
	__attribute__((warn_unused_result));

#endif
