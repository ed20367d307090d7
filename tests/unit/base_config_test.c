/* lib/base: settings files, and the connection string that programs make of them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/program.h"
#include "base/str.h"
#include "tap.h"

struct settings {
	char *name;
	char *file;
	int64_t count;
	bool flag;
	int colour;
};

static const char *const colours[] = {"red", "green", NULL};
static const struct setting own[] = {
	{"name", SETTING_TEXT, offsetof(struct settings, name), "somebody", 0, 0, NULL, "who"},
	{"file", SETTING_PATH, offsetof(struct settings, file), "", 0, 0, NULL, "where"},
	{"count", SETTING_INT, offsetof(struct settings, count), "3", -2, 10, NULL, "how many"},
	{"flag", SETTING_BOOL, offsetof(struct settings, flag), "false", 0, 0, NULL, "whether"},
	{"colour", SETTING_WORD, offsetof(struct settings, colour), "green", 0, 0, colours, NULL},
};
static const char *const programs[] = {"mine", "other", NULL};

static char error[512];

/* Loads text as a settings file. The path in errors is cut off up to the ':' before the line. */
static int load(struct settings *settings, const char *text, size_t len)
{
	struct config_table table = {own, lengthof(own), settings};
	char path[] = "/tmp/base_config_test.XXXXXX";
	int fd = mkstemp(path), result;

	error[0] = '\0';
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return -2;
	close(fd);
	result = config_load(path, "mine", programs, &table, 1, error, sizeof(error));
	unlink(path);
	if (strncmp(error, path, strlen(path)) == 0)
		memmove(error, error + strlen(path), strlen(error + strlen(path)) + 1);
	return result;
}

static void release(struct settings *settings)
{
	struct config_table table = {own, lengthof(own), settings};

	config_free(&table, 1);
}

static void test_defaults(void)
{
	struct settings settings = {0};
	struct config_table table = {own, lengthof(own), &settings};

	CU_ASSERT_EQUAL(config_load(NULL, "mine", programs, &table, 1, error, sizeof(error)), 0);
	CU_ASSERT_STRING_EQUAL(settings.name, "somebody");
	CU_ASSERT_EQUAL(settings.count, 3);
	CU_ASSERT_FALSE(settings.flag);
	CU_ASSERT_EQUAL(settings.colour, 1);
	config_free(&table, 1);
	CU_ASSERT_PTR_NULL(settings.name);
}

static void test_reads(void)
{
	static const char text[] = "# a comment\n\n  name = for all # not this\ncount=-2\n[other]\ncount = any thing\n"
				   "[mine] # here\nname = \" a # \\\"b\\\\ \" # end\nflag = true\nfile = /a b/c#d\ncolour = red";
	struct settings settings = {0};

	CU_ASSERT_EQUAL(load(&settings, text, strlen(text)), 0);
	CU_ASSERT_STRING_EQUAL(error, "");
	CU_ASSERT_STRING_EQUAL(settings.name, " a # \"b\\ ");
	CU_ASSERT_STRING_EQUAL(settings.file, "/a b/c#d");
	CU_ASSERT_EQUAL(settings.count, -2);
	CU_ASSERT_TRUE(settings.flag);
	CU_ASSERT_EQUAL(settings.colour, 0);
	release(&settings);
}

static void refused(const char *text, size_t len, const char *want)
{
	struct settings settings = {0};

	CU_ASSERT_EQUAL(load(&settings, text, len), -1);
	CU_ASSERT_STRING_EQUAL(error, want);
	release(&settings);
}

#define REFUSED(text, want) refused(text, sizeof(text) - 1, want)

static void test_refuses(void)
{
	REFUSED("nmae = x\n", ":1: nmae: no such setting; see kidoban.conf(5), or run the program with -n for those it has");
	REFUSED("name = x\n# y\nname = z\n", ":3: name: is there twice; remove one");
	REFUSED("[mine]\nname = x\n[other]\n[mine]\n", ":4: [mine]: is there twice; put its settings together");
	REFUSED("[others]\n", ":1: [others]: there is no such program");
	REFUSED("[mine\n", ":1: a section is written [program] on a line of its own");
	REFUSED("count = 11\n", ":1: count: \"11\" must be a whole number from -2 to 10");
	REFUSED("count = many\n", ":1: count: \"many\" must be a whole number from -2 to 10");
	REFUSED("count = \n", ":1: count: \"\" must be a whole number from -2 to 10");
	REFUSED("flag = yes\n", ":1: flag: \"yes\" must be true or false");
	REFUSED("colour = blue\n", ":1: colour: \"blue\" is not one of: red, green");
	REFUSED("file = a/b\n", ":1: file: \"a/b\" must be a path from the root, starting with /");
	REFUSED("just words\n", ":1: \"just words\": want name = value");
	REFUSED("= x\n", ":1: want a name before =");
	REFUSED("name = \"x\n", ":1: name: the value has no closing \"");
	REFUSED("name = \"x\" y\n", ":1: name: \"y\" follows the closing \"; remove it");
	REFUSED("name = \xff\n", ":1: this line is not UTF-8");
	REFUSED("name = a\0b\n", ":1: this line has a zero byte");
}

static void test_missing_file(void)
{
	struct settings settings = {0};
	struct config_table table = {own, lengthof(own), &settings};

	CU_ASSERT_EQUAL(config_load("/nonexistent/x.conf", "mine", programs, &table, 1, error, sizeof(error)), -1);
	CU_ASSERT_STRING_EQUAL(error, "/nonexistent/x.conf: No such file or directory");
	release(&settings);
}

static void test_prints_back(void)
{
	static const char text[] = "name = \" \\\"q\\\" \\\\ # 木戸\"\ncount = 10\nflag = true\ncolour = red\nfile = /x\n";
	struct settings first = {0}, second = {0};
	struct config_table table = {own, lengthof(own), &first};
	char *printed = NULL;
	size_t size = 0;
	FILE *out;

	CU_ASSERT_EQUAL(load(&first, text, strlen(text)), 0);
	out = open_memstream(&printed, &size);
	config_print(out, &table, 1);
	fclose(out);
	CU_ASSERT_EQUAL(load(&second, printed, size), 0);
	CU_ASSERT_STRING_EQUAL(error, "");
	CU_ASSERT_STRING_EQUAL(first.name, second.name);
	CU_ASSERT_STRING_EQUAL(second.name, " \"q\" \\ # 木戸");
	CU_ASSERT_STRING_EQUAL(first.file, second.file);
	CU_ASSERT_EQUAL(first.count, second.count);
	CU_ASSERT_EQUAL(first.flag, second.flag);
	CU_ASSERT_EQUAL(first.colour, second.colour);
	free(printed);
	release(&first);
	release(&second);
}

static void conninfo_is(const char *database, const char *user, const char *want)
{
	char *owned_database = xstrdup(database), *owned_user = xstrdup(user);
	struct common_config config = {.database = owned_database, .database_user = owned_user};
	char *conninfo = program_conninfo(&config, "gate-poller");

	CU_ASSERT_STRING_EQUAL(conninfo, want);
	free(conninfo);
	free(owned_database);
	free(owned_user);
}

static void test_conninfo(void)
{
	conninfo_is("host=/x dbname=k", "", "host=/x dbname=k user='kidoban_gate_poller' application_name='gate-poller'");
	conninfo_is("dbname=k", "o'x", "dbname=k user='o\\'x' application_name='gate-poller'");
	conninfo_is("user=me application_name = a", "", "user=me application_name = a");
	conninfo_is("dbname=user", "", "dbname=user user='kidoban_gate_poller' application_name='gate-poller'");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"defaults without a file", test_defaults}, {"reads sections, quotes and comments", test_reads},
		{"names file, line, setting and remedy", test_refuses}, {"a file that is not there", test_missing_file},
		{"prints back what it read", test_prints_back}, {"adds the program's role", test_conninfo}, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"base/config", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	return tap_main(suites);
}
