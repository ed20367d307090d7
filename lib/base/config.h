/* Settings of a program: read from one file, checked against tables, printed back.
 *
 * The file holds `name = value` lines, `#` comments and `[program]` sections. What stands before the first section is for
 * all programs; a program also reads its own section, which wins. A value may be "quoted" (\" and \\ inside) to keep spaces
 * at its ends or a #. An unknown or repeated name, an unknown section and a bad value are errors that name file, line,
 * setting and remedy: a setting that has no effect is never silent.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum setting_type {
	SETTING_TEXT,	/* char *, owned by the target; config_free frees it */
	SETTING_PATH,	/* char *, absolute or empty */
	SETTING_INT,	/* int64_t within lo..hi */
	SETTING_BOOL,	/* bool: true or false */
	SETTING_WORD,	/* int: the index in words */
};

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;		 /* of the field in the table's target */
	const char *fallback;	 /* default, written as in the file; checked like it */
	int64_t lo, hi;		 /* SETTING_INT */
	const char *const *words; /* SETTING_WORD: NULL-terminated */
	const char *meaning;	 /* one line for config_print and error messages */
};

struct config_table {
	const struct setting *settings;
	size_t count;
	void *target;
};

/* Fills the targets from defaults and then the file (NULL: defaults only).
 * programs: NULL-terminated names of all sections a file may have; `program` picks ours.
 * 0, or -1 with a sentence in error. The targets must be zeroed or loaded before; afterwards config_free them either way. */
int config_load(const char *path, const char *program, const char *const *programs, const struct config_table *tables,
		size_t count, char *error, size_t error_size) __attribute__((warn_unused_result));
/* Writes the settings in force as a file that config_load reads back to the same values. */
void config_print(FILE *out, const struct config_table *tables, size_t count);
void config_free(const struct config_table *tables, size_t count);

#endif
