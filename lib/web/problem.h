/* Refusals: RFC 9457 problem replies with stable types. What the console shows is made from the codes; `detail` is for people who
 * script, and says what to do. */
#ifndef WEB_PROBLEM_H
#define WEB_PROBLEM_H

#include <stdbool.h>

#include "base/str.h"
#include "db/conn.h"

struct web_request;

enum web_problem_kind {
	WEB_PROBLEM_NONE,
	WEB_PROBLEM_BAD_REQUEST,
	WEB_PROBLEM_NOT_LOGGED_IN,
	WEB_PROBLEM_LOGIN_FAILED,
	WEB_PROBLEM_FORBIDDEN,
	WEB_PROBLEM_CROSS_SITE,
	WEB_PROBLEM_NOT_FOUND,
	WEB_PROBLEM_METHOD_NOT_ALLOWED,
	WEB_PROBLEM_NOT_ACCEPTABLE,
	WEB_PROBLEM_CONFLICT,
	WEB_PROBLEM_LIMIT_REACHED,
	WEB_PROBLEM_BUSY,
	WEB_PROBLEM_CHANGED,
	WEB_PROBLEM_TOO_LARGE,
	WEB_PROBLEM_UNSUPPORTED_TYPE,
	WEB_PROBLEM_INVALID,
	WEB_PROBLEM_KEY_REUSED,
	WEB_PROBLEM_IF_MATCH_REQUIRED,
	WEB_PROBLEM_TOO_MANY_TRIES,
	WEB_PROBLEM_INTERNAL,
	WEB_PROBLEM_DATABASE_UNAVAILABLE,
	WEB_PROBLEM_TOO_BUSY,
	WEB_PROBLEM_KINDS
};

struct web_problem {
	enum web_problem_kind kind;
	char detail[400];	/* "" for the kind's own sentence */
	char limit[64];		/* "L-12" with LIMIT_REACHED */
	struct buf errors;	/* JSON objects, comma between */
	struct buf current;	/* JSON of the object as it is now, with CHANGED */
	int64_t count;		/* the true count, with has_count */
	bool has_count;
	int retry_after_s;
};

int web_problem_status(enum web_problem_kind kind);
const char *web_problem_code(enum web_problem_kind kind);

/* Makes the reply this problem. detail NULL: the kind's own sentence. Returns -1, so that checks can `return web_problem(…)`. */
int web_problem(struct web_request *request, enum web_problem_kind kind, const char *detail);
/* Adds one field to a BAD_REQUEST (or INVALID, when that is the problem already). Returns -1. */
int web_field_problem(struct web_request *request, const char *pointer, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* What the last failure of the database means to the one who asked: the only place where SQLSTATEs become replies. Returns -1. */
int web_database_problem(struct web_request *request);
/* Adds one line to errors, whatever the kind is. */
void web_problem_field(struct web_request *request, const char *pointer, const char *code, const char *detail);
/* The kind for an error; separate so that it can be tested without a database. */
enum web_problem_kind web_problem_of(const struct db_error *error);
/* The body of the reply. */
void web_problem_write(const struct web_problem *problem, struct buf *out);
void web_problem_free(struct web_problem *problem);

#endif
