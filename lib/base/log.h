/* What a program tells its operator: one line per message on stderr, with journald's <priority> prefix when stderr is the
 * journal (JOURNAL_STREAM), and plain with time and program name otherwise.
 *
 * Three words for failure: warn (goes on), fatal (the environment is wrong: exit 1), panic (our own bug: abort).
 * Messages hold no secrets. Control characters in what is logged are replaced, so that hostile input can not forge lines.
 * Thread-safe. Keeps errno.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_FATAL };

/* Names the program in plain lines and finds out whether stderr is the journal. The string is kept, not copied. */
void log_init(const char *program);
/* Messages below this level are dropped; the default is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* For tests: every line goes to sink instead of stderr; NULL restores. */
void log_set_sink(void (*sink)(enum log_level level, const char *text, void *arg), void *arg);

void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Adds ": " and the text of errno. */
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Adds errno's text; exits with 1. */
void fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void fatalx(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Our own bug: aborts, leaving a core. */
void panic(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
