/* lib/base: log lines, notify and listening sockets, against the real system calls. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/listen.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/str.h"
#include "tap.h"

static char heard[4096];
static enum log_level heard_level;

static void note(enum log_level level, const char *text, void *arg)
{
	(void)arg;
	heard_level = level;
	snprintf(heard, sizeof(heard), "%s", text);
}

static void test_log(void)
{
	log_set_sink(note, NULL);
	errno = ENOENT;
	log_warn("file %s", "x");
	CU_ASSERT_STRING_EQUAL(heard, "file x: No such file or directory");
	CU_ASSERT_EQUAL(heard_level, LOG_LEVEL_WARN);
	CU_ASSERT_EQUAL(errno, ENOENT);
	log_info("card %s", "1\n<3>forged\x1b[2J");
	CU_ASSERT_STRING_EQUAL(heard, "card 1?<3>forged?[2J");
	log_debug("hidden");
	CU_ASSERT_STRING_EQUAL(heard, "card 1?<3>forged?[2J");
	log_set_level(LOG_LEVEL_WARN);
	log_info("hidden");
	CU_ASSERT_STRING_EQUAL(heard, "card 1?<3>forged?[2J");
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(NULL, NULL);
}

/* Runs act in a child whose stderr is read; returns its wait status. */
static int in_child(void (*act)(void), char *text, size_t size)
{
	int pipe_fd[2], status = 0;
	size_t used = 0;
	ssize_t got;
	pid_t child;

	if (pipe(pipe_fd) != 0 || (child = fork()) < 0)
		return -1;
	if (child == 0) {
		dup2(pipe_fd[1], STDERR_FILENO);
		close(pipe_fd[0]);
		act();
		_exit(42);
	}
	close(pipe_fd[1]);
	while (used < size - 1 && (got = read(pipe_fd[0], text + used, size - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	close(pipe_fd[0]);
	waitpid(child, &status, 0);
	return status;
}

static void act_journal(void)
{
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_init("prog");
	log_info("a");
	log_warnx("b");
	fatalx("c %d", 1);
}

static void act_plain(void)
{
	unsetenv("JOURNAL_STREAM");
	log_init("prog");
	panic("bug %s", "here");
}

static void test_failure_words(void)
{
	char text[4096];
	int status = in_child(act_journal, text, sizeof(text));

	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	CU_ASSERT_STRING_EQUAL(text, "<6>a\n<4>warning: b\n<3>fatal: c 1\n");
	status = in_child(act_plain, text, sizeof(text));
	CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "Z prog["));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "]: fatal: bug here\n"));
}

static char folder[64];

static int make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/base_system_test.XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void)
{
	return rmdir(folder);
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

static void test_listen_own(void)
{
	char *path = xasprintf("%s/s", folder);
	struct sockaddr_un address = address_of(path);
	struct stat st;
	int fd = listen_unix(path, 0660, 8), client = socket(AF_UNIX, SOCK_STREAM, 0);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	CU_ASSERT_EQUAL(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	close(client);

	/* A living program keeps its socket. */
	log_set_sink(note, NULL);
	CU_ASSERT_EQUAL(listen_unix(path, 0660, 8), -1);
	CU_ASSERT_EQUAL(errno, EADDRINUSE);
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "another program listens"));

	/* A dead one's is replaced. */
	close(fd);
	fd = listen_unix(path, 0600, 8);
	CU_ASSERT_TRUE(fd >= 0);
	log_set_sink(NULL, NULL);
	close(fd);
	unlink(path);
	free(path);
}

static void test_listen_long_path(void)
{
	char path[200];

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	log_set_sink(note, NULL);
	CU_ASSERT_EQUAL(listen_unix(path, 0660, 8), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "107 bytes"));
	log_set_sink(NULL, NULL);
}

static char *inherited_path;

/* As a service manager would: the socket is number 3, and LISTEN_PID is ours. */
static void act_inherited(void)
{
	struct sockaddr_un address = address_of(inherited_path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char *pid = xasprintf("%ld", (long)getpid());

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 3) != 0 || dup2(fd, 3) != 3)
		_exit(1);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	free(pid);
	_exit(listen_unix("/nonexistent/never/bound", 0660, 8) == 3 && (fcntl(3, F_GETFD) & FD_CLOEXEC) ? 0 : 2);
}

static void test_listen_inherited(void)
{
	char text[1024];
	int status;

	inherited_path = xasprintf("%s/inherited", folder);
	status = in_child(act_inherited, text, sizeof(text));
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	unlink(inherited_path);
	free_null(&inherited_path);
}

static void test_notify(void)
{
	char *path = xasprintf("%s/notify", folder), text[256], *pid = xasprintf("%ld", (long)getpid());
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ssize_t got;

	notify_ready(); /* nobody listens: nothing happens */
	CU_ASSERT_EQUAL(notify_watchdog_ms(), 0);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "3000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	notify_ready();
	got = recv(fd, text, sizeof(text), 0);
	CU_ASSERT_EQUAL(got, 7);
	CU_ASSERT_EQUAL(memcmp(text, "READY=1", 7), 0);
	notify_status("%d gates", 40);
	got = recv(fd, text, sizeof(text), 0);
	CU_ASSERT_EQUAL(got, 15);
	CU_ASSERT_EQUAL(memcmp(text, "STATUS=40 gates", 15), 0);
	CU_ASSERT_EQUAL(notify_watchdog_ms(), 1500);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	close(fd);
	unlink(path);
	free(path);
	free(pid);
}

int main(void)
{
	CU_TestInfo log_tests[] = {
		{"adds errno, hides controls, keeps to the level", test_log}, {"fatal exits with 1, panic aborts", test_failure_words}, CU_TEST_INFO_NULL,
	};
	CU_TestInfo socket_tests[] = {
		{"own socket: mode, living and dead owner", test_listen_own}, {"a path that is too long", test_listen_long_path},
		{"inherited socket", test_listen_inherited}, {"service manager is told", test_notify}, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{"base/log", NULL, NULL, NULL, NULL, log_tests},
		{"base/listen", make_folder, remove_folder, NULL, NULL, socket_tests}, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
