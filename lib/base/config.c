/* Settings files. See config.h.
 *
 * Fails how: the first thing that is wrong is reported with file, line, name and remedy; nothing is guessed.
 */
#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct reader {
	const char *path;
	int line;
	const char *program;
	const char *const *programs;
	const struct config_table *tables;
	size_t table_count;
	bool ours;	     /* the line stands before any section or in our own */
	bool own_section;
	struct buf seen;     /* names of this section, each followed by '\n' */
	char *error;
	size_t error_size;
};

static int fail(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct reader *reader, const char *format, ...)
{
	struct buf text = {0};
	va_list args;

	if (reader->line > 0)
		buf_addf(&text, "%s:%d: ", reader->path, reader->line);
	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	snprintf(reader->error, reader->error_size, "%s", buf_text(&text));
	buf_free(&text);
	return -1;
}

static void *field(const struct config_table *table, const struct setting *setting)
{
	return (char *)table->target + setting->offset;
}

static int find_word(const char *const *words, const char *value)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], value) == 0)
			return i;
	return -1;
}

static int fail_word(struct reader *reader, const struct setting *setting, const char *value)
{
	struct buf list = {0};
	int result;

	for (int i = 0; setting->words[i] != NULL; i++)
		buf_addf(&list, "%s%s", i > 0 ? ", " : "", setting->words[i]);
	result = fail(reader, "%s: \"%s\" is not one of: %s", setting->name, value, buf_text(&list));
	buf_free(&list);
	return result;
}

static int set_text(char **target, const char *value)
{
	free(*target);
	*target = xstrdup(value);
	return 0;
}

static int set_value(struct reader *reader, const struct config_table *table, const struct setting *setting, const char *value)
{
	void *target = field(table, setting);
	int64_t number;
	int word;

	switch (setting->type) {
	case SETTING_TEXT:
		return set_text(target, value);
	case SETTING_PATH:
		if (value[0] != '\0' && value[0] != '/')
			return fail(reader, "%s: \"%s\" must be a path from the root, starting with /", setting->name, value);
		return set_text(target, value);
	case SETTING_INT:
		if (parse_int(value, setting->lo, setting->hi, &number) != 0)
			return fail(reader, "%s: \"%s\" must be a whole number from %lld to %lld", setting->name, value,
				    (long long)setting->lo, (long long)setting->hi);
		*(int64_t *)target = number;
		return 0;
	case SETTING_BOOL:
		if (parse_bool(value, target) != 0)
			return fail(reader, "%s: \"%s\" must be true or false", setting->name, value);
		return 0;
	case SETTING_WORD:
		if ((word = find_word(setting->words, value)) < 0)
			return fail_word(reader, setting, value);
		*(int *)target = word;
		return 0;
	}
	return fail(reader, "%s: unknown type of setting", setting->name);
}

static int set_by_name(struct reader *reader, const char *name, const char *value)
{
	for (size_t t = 0; t < reader->table_count; t++)
		for (size_t i = 0; i < reader->tables[t].count; i++)
			if (strcmp(reader->tables[t].settings[i].name, name) == 0)
				return set_value(reader, &reader->tables[t], &reader->tables[t].settings[i], value);
	return fail(reader, "%s: no such setting; see kidoban.conf(5), or run the program with -n for those it has", name);
}

/* Cuts spaces at both ends, in place. */
static char *trim(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* Takes a quoted value apart in place; what may follow it is a comment. */
static char *unquote(struct reader *reader, const char *name, char *value)
{
	char *from = value + 1, *to = value;

	while (*from != '\0' && *from != '"') {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		*to++ = *from++;
	}
	if (*from != '"') {
		fail(reader, "%s: the value has no closing \"", name);
		return NULL;
	}
	from = trim(from + 1);
	if (*from != '\0' && *from != '#') {
		fail(reader, "%s: \"%s\" follows the closing \"; remove it", name, from);
		return NULL;
	}
	*to = '\0';
	return value;
}

/* A # starts a comment at the start of the value or after a space. */
static char *cut_comment(char *value)
{
	for (char *p = value; *p != '\0'; p++)
		if (*p == '#' && (p == value || isspace((unsigned char)p[-1]))) {
			*p = '\0';
			break;
		}
	return trim(value);
}

static int note_seen(struct reader *reader, const char *name)
{
	char *mark = xasprintf("\n%s\n", name);
	bool twice = strstr(buf_text(&reader->seen), mark) != NULL;

	free(mark);
	if (twice)
		return fail(reader, "%s: is there twice; remove one", name);
	if (reader->seen.len == 0)
		buf_addc(&reader->seen, '\n');
	buf_addf(&reader->seen, "%s\n", name);
	return 0;
}

static int read_section(struct reader *reader, char *text)
{
	char *end = strchr(text, ']'), *name;

	if (end == NULL || *cut_comment(end + 1) != '\0')
		return fail(reader, "a section is written [program] on a line of its own");
	*end = '\0';
	name = trim(text + 1);
	if (find_word(reader->programs, name) < 0)
		return fail(reader, "[%s]: there is no such program", name);
	reader->ours = strcmp(name, reader->program) == 0;
	if (reader->ours && reader->own_section)
		return fail(reader, "[%s]: is there twice; put its settings together", name);
	reader->own_section |= reader->ours;
	buf_clear(&reader->seen);
	return 0;
}

static int read_line(struct reader *reader, char *text)
{
	char *equals, *name, *value;

	text = trim(text);
	if (*text == '\0' || *text == '#')
		return 0;
	if (!utf8_valid(text, strlen(text)))
		return fail(reader, "this line is not UTF-8");
	if (*text == '[')
		return read_section(reader, text);
	if ((equals = strchr(text, '=')) == NULL)
		return fail(reader, "\"%s\": want name = value", text);
	*equals = '\0';
	name = trim(text);
	value = trim(equals + 1);
	if (*name == '\0')
		return fail(reader, "want a name before =");
	if (note_seen(reader, name) != 0)
		return -1;
	if (!reader->ours)
		return 0;
	if (*value == '"') {
		if ((value = unquote(reader, name, value)) == NULL)
			return -1;
	} else {
		value = cut_comment(value);
	}
	return set_by_name(reader, name, value);
}

static int read_file(struct reader *reader, FILE *file)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int result = 0;

	while (result == 0 && (len = getline(&text, &size, file)) >= 0) {
		reader->line++;
		if (strlen(text) != (size_t)len)
			result = fail(reader, "this line has a zero byte");
		else
			result = read_line(reader, text);
	}
	reader->line = 0;
	if (result == 0 && ferror(file))
		result = fail(reader, "%s: %s", reader->path, strerror(errno));
	free(text);
	return result;
}

int config_load(const char *path, const char *program, const char *const *programs, const struct config_table *tables,
		size_t count, char *error, size_t error_size)
{
	struct reader reader = {.path = path, .program = program, .programs = programs, .tables = tables,
				.table_count = count, .ours = true, .error = error, .error_size = error_size};
	FILE *file;
	int result;

	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < tables[t].count; i++)
			if (set_value(&reader, &tables[t], &tables[t].settings[i], tables[t].settings[i].fallback) != 0)
				return -1;
	if (path == NULL)
		return 0;
	if ((file = fopen(path, "re")) == NULL)
		return fail(&reader, "%s: %s", path, strerror(errno));
	result = read_file(&reader, file);
	fclose(file);
	buf_free(&reader.seen);
	return result;
}

static void print_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void print_setting(FILE *out, const struct config_table *table, const struct setting *setting)
{
	const void *value = field(table, setting);

	if (setting->meaning != NULL)
		fprintf(out, "# %s\n", setting->meaning);
	fprintf(out, "%s = ", setting->name);
	switch (setting->type) {
	case SETTING_TEXT:
	case SETTING_PATH:
		print_quoted(out, *(char *const *)value);
		break;
	case SETTING_INT:
		fprintf(out, "%lld", (long long)*(const int64_t *)value);
		break;
	case SETTING_BOOL:
		fputs(*(const bool *)value ? "true" : "false", out);
		break;
	case SETTING_WORD:
		fputs(setting->words[*(const int *)value], out);
		break;
	}
	fputc('\n', out);
}

void config_print(FILE *out, const struct config_table *tables, size_t count)
{
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < tables[t].count; i++)
			print_setting(out, &tables[t], &tables[t].settings[i]);
}

void config_free(const struct config_table *tables, size_t count)
{
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct setting *setting = &tables[t].settings[i];

			if (setting->type == SETTING_TEXT || setting->type == SETTING_PATH)
				free_null((char **)field(&tables[t], setting));
		}
}
