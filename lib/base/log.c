/* Log lines to stderr: journald prefix or plain. See log.h.
 *
 * Fails how: a line that stderr does not take is lost; logging never stops a program.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *program_name = "kidoban";
static bool to_journal;
static enum log_level lowest = LOG_LEVEL_INFO;
static void (*sink_function)(enum log_level level, const char *text, void *arg);
static void *sink_arg;

/* syslog priorities, and the words of plain lines. */
static const int priority[] = {7, 6, 4, 3};
static const char *const word[] = {"debug: ", "", "warning: ", "fatal: "};

void log_init(const char *program)
{
	program_name = program;
	to_journal = getenv("JOURNAL_STREAM") != NULL;
}

void log_set_level(enum log_level level)
{
	lowest = level;
}

enum log_level log_get_level(void)
{
	return lowest;
}

void log_set_sink(void (*sink)(enum log_level level, const char *text, void *arg), void *arg)
{
	sink_function = sink;
	sink_arg = arg;
}

/* What came from outside must not start lines of its own or talk to the terminal. */
static void replace_controls(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
}

static void write_line(enum log_level level, const char *text)
{
	char line[LINE_MAX_BYTES + 128];
	int len;

	if (to_journal) {
		len = snprintf(line, sizeof(line), "<%d>%s%s\n", priority[level], word[level], text);
	} else {
		struct timespec now;
		struct tm tm;
		char stamp[32] = "";

		clock_gettime(CLOCK_REALTIME, &now);
		if (gmtime_r(&now.tv_sec, &tm) != NULL)
			strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
		len = snprintf(line, sizeof(line), "%s.%03ldZ %s[%ld]: %s%s\n", stamp, now.tv_nsec / 1000000L, program_name,
			       (long)getpid(), word[level], text);
	}
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(line)) {
		len = sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	/* One write, so that lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

static void log_line(enum log_level level, int error, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/* error: errno to append, or 0. */
static void log_line(enum log_level level, int error, const char *format, va_list args)
{
	char text[LINE_MAX_BYTES];
	int saved = errno;
	int len = vsnprintf(text, sizeof(text), format, args);

	if (len < 0)
		text[0] = '\0';
	if (error != 0) {
		size_t used = strlen(text);
		char message[128];

		snprintf(text + used, sizeof(text) - used, ": %s", strerror_r(error, message, sizeof(message)));
	}
	replace_controls(text);
	if (sink_function != NULL)
		sink_function(level, text, sink_arg);
	else
		write_line(level, text);
	errno = saved;
}

#define LOG_ARGS(level, error)                                                                                              \
	do {                                                                                                                \
		va_list args;                                                                                               \
		if ((level) < lowest)                                                                                       \
			return;                                                                                             \
		va_start(args, format);                                                                                     \
		log_line((level), (error), format, args);                                                                   \
		va_end(args);                                                                                               \
	} while (0)

void log_debug(const char *format, ...)
{
	LOG_ARGS(LOG_LEVEL_DEBUG, 0);
}

void log_info(const char *format, ...)
{
	LOG_ARGS(LOG_LEVEL_INFO, 0);
}

void log_warn(const char *format, ...)
{
	LOG_ARGS(LOG_LEVEL_WARN, errno);
}

void log_warnx(const char *format, ...)
{
	LOG_ARGS(LOG_LEVEL_WARN, 0);
}

void fatal(const char *format, ...)
{
	va_list args;
	int error = errno;

	va_start(args, format);
	log_line(LOG_LEVEL_FATAL, error, format, args);
	va_end(args);
	exit(1);
}

void fatalx(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_FATAL, 0, format, args);
	va_end(args);
	exit(1);
}

void panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_FATAL, 0, format, args);
	va_end(args);
	abort();
}
