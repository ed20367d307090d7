#include "db/async.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "db/async_call.h"
#include "db/async_internal.h"

enum {
	RETRY_FIRST_MS = 250,
	RETRY_MOST_MS = 5000,
	CONNECT_DEADLINE_MS = 10000,	/* of one attempt, all hosts together */
	STATEMENT_DEADLINE_MS = 120000,	/* then the server is taken for hung and the connection dropped */
	PING_EVERY_MS = 10000,		/* an idle connection is asked, else a silent loss would stay unseen */
};

struct async {
	PGconn *pg;
	char *conninfo;
	const char *name;
	const char *const *channels;
	async_notified *notified;
	async_changed *changed;
	void *arg;
	enum async_state state;
	bool want_write, fd_is_new, complained;
	int64_t deadline_ms;	/* of what the state waits for; ASYNC_DOWN: when to try again */
	int64_t ping_ms;
	int retry_ms;
	struct async_call *first, *last;	/* BUSY: `first` is under way */
	size_t queued;
	enum async_outcome outcome;	/* so far, of the call under way */
	PGresult *rows;
	bool warned;
};

const char *async_outcome_name(enum async_outcome o)
{
	static const char *const names[] = {
		[ASYNC_OK] = "ok", [ASYNC_REFUSED] = "refused", [ASYNC_WARNED] = "warned", [ASYNC_AWAY] = "away",
	};

	return o <= ASYNC_AWAY ? names[o] : "?";
}

const char *async_state_name(enum async_state s)
{
	static const char *const names[] = {
		[ASYNC_DOWN] = "down", [ASYNC_CONNECTING] = "connecting", [ASYNC_SETTLING] = "settling",
		[ASYNC_IDLE] = "idle", [ASYNC_BUSY] = "busy",
	};

	return s <= ASYNC_BUSY ? names[s] : "?";
}

struct async *async_new(const struct async_config *config)
{
	struct async *a = xcalloc(1, sizeof *a);

	a->conninfo = xstrdup(config->conninfo);
	a->name = config->name;
	a->channels = config->channels;
	a->notified = config->notified;
	a->changed = config->changed;
	a->arg = config->arg;
	a->retry_ms = RETRY_FIRST_MS;
	return a;
}

static struct async_call *pop(struct async *a)
{
	struct async_call *c = a->first;

	a->first = c->next;
	if (a->first == NULL)
		a->last = NULL;
	a->queued--;
	return c;
}

/* Everything that was under way or waiting when the connection went is answered once; what is queued by those answers
 * waits for the next connection. */
static void fail_all(struct async *a)
{
	for (size_t n = a->queued; n > 0; n--) {
		struct async_call *c = pop(a);

		c->done(c->arg, ASYNC_AWAY, NULL);
		async_call_free(c);
	}
}

void async_free(struct async *a)
{
	if (a == NULL)
		return;
	a->changed = NULL;
	fail_all(a);
	while (a->first != NULL)
		async_call_free(pop(a));
	PQclear(a->rows);
	PQfinish(a->pg);
	free(a->conninfo);
	free(a);
}

int async_fd(const struct async *a)
{
	return a->pg != NULL ? PQsocket(a->pg) : -1;
}

uint32_t async_events(const struct async *a)
{
	if (a->state == ASYNC_CONNECTING)
		return a->want_write ? EPOLLOUT : EPOLLIN;
	return EPOLLIN | (a->want_write ? EPOLLOUT : 0);
}

bool async_fd_is_new(struct async *a)
{
	bool is_new = a->fd_is_new;

	a->fd_is_new = false;
	return is_new;
}

bool async_is_up(const struct async *a)
{
	return a->state == ASYNC_IDLE || a->state == ASYNC_BUSY;
}

size_t async_queued(const struct async *a)
{
	return a->queued;
}

enum async_state async_state(const struct async *a)
{
	return a->state;
}

int64_t async_next_ms(const struct async *a)
{
	return a->state == ASYNC_IDLE ? a->ping_ms : a->deadline_ms;
}

static void drop(struct async *a, const char *why, int64_t now_ms)
{
	bool was_up = async_is_up(a);

	if (was_up || !a->complained)
		log_warnx("database (%s): %s; trying again by itself", a->name, why);
	a->complained = true;
	PQclear(a->rows);
	a->rows = NULL;
	PQfinish(a->pg);
	a->pg = NULL;
	a->fd_is_new = true;
	a->want_write = false;
	a->state = ASYNC_DOWN;
	a->deadline_ms = now_ms + a->retry_ms;
	a->retry_ms = a->retry_ms * 2 < RETRY_MOST_MS ? a->retry_ms * 2 : RETRY_MOST_MS;
	if (was_up && a->changed != NULL)
		a->changed(a->arg, false);
	fail_all(a);
}

/* The first line of what libpq or the server said, without its line feed. */
static const char *first_line(const char *text, char out[200])
{
	size_t n = strcspn(text, "\n");

	n = n < 199 ? n : 199;
	memcpy(out, text, n);
	out[n] = '\0';
	return out;
}

static void drop_by_libpq(struct async *a, int64_t now_ms)
{
	char why[200];

	first_line(PQerrorMessage(a->pg), why);
	drop(a, why[0] ? why : "connection lost", now_ms);
}

/* A warning about a commit (a synchronous standby that did not confirm it) must not pass for an unconditional one. */
static void on_notice(void *arg, const PGresult *notice)
{
	struct async *a = arg;
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
	char text[200];

	if (severity == NULL || strcmp(severity, "WARNING") != 0)
		return;
	a->warned = true;
	log_warnx("database (%s) warns: %s", a->name,
	    first_line(PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY), text));
}

static void connect_start(struct async *a, int64_t now_ms)
{
	a->pg = PQconnectStart(a->conninfo);
	a->fd_is_new = true;
	if (a->pg == NULL)
		fatal("database");
	a->state = ASYNC_CONNECTING;
	a->deadline_ms = now_ms + CONNECT_DEADLINE_MS;
	a->want_write = true;
	if (PQstatus(a->pg) == CONNECTION_BAD)
		drop_by_libpq(a, now_ms);
}

static void flush(struct async *a, int64_t now_ms)
{
	int rc = PQflush(a->pg);

	if (rc < 0)
		drop_by_libpq(a, now_ms);
	else
		a->want_write = rc == 1;
}

static void start_next(struct async *a, int64_t now_ms)
{
	const struct async_call *c = a->first;
	const char *values[ASYNC_MAX_PARAMS];
	int formats[ASYNC_MAX_PARAMS];

	if (a->state != ASYNC_IDLE || c == NULL)
		return;
	async_call_values(c, values, formats);
	a->state = ASYNC_BUSY;
	a->outcome = ASYNC_OK;
	a->warned = false;
	a->deadline_ms = now_ms + STATEMENT_DEADLINE_MS;
	if (!PQsendQueryParams(a->pg, c->sql, c->count, c->types, values, c->lengths, formats, 1)) {
		drop_by_libpq(a, now_ms);
		return;
	}
	if (c->each != NULL)
		PQsetSingleRowMode(a->pg);
	flush(a, now_ms);
}

static void became_idle(struct async *a, int64_t now_ms)
{
	a->state = ASYNC_IDLE;
	a->ping_ms = now_ms + PING_EVERY_MS;
}

/* Connected: LISTEN before anything else, so that no wake is missed between the first query and it. */
static void settle(struct async *a, int64_t now_ms)
{
	struct buf sql = { 0 };

	PQsetnonblocking(a->pg, 1);
	PQsetNoticeReceiver(a->pg, on_notice, a);
	buf_adds(&sql, "SELECT 1");
	for (const char *const *c = a->channels; c != NULL && *c != NULL; c++)
		buf_addf(&sql, "; LISTEN %s", *c);
	a->state = ASYNC_SETTLING;
	a->deadline_ms = now_ms + CONNECT_DEADLINE_MS;
	if (!PQsendQuery(a->pg, buf_text(&sql)))
		drop_by_libpq(a, now_ms);
	else
		flush(a, now_ms);
	buf_free(&sql);
}

static void connect_step(struct async *a, int64_t now_ms)
{
	int before = PQsocket(a->pg);

	switch (PQconnectPoll(a->pg)) {
	case PGRES_POLLING_READING:
		a->want_write = false;
		break;
	case PGRES_POLLING_WRITING:
		a->want_write = true;
		break;
	case PGRES_POLLING_OK:
		a->want_write = false;
		a->fd_is_new = true;
		settle(a, now_ms);
		return;
	default:
		drop_by_libpq(a, now_ms);
		return;
	}
	/* Another host or another try is another socket, often under the same number. */
	if (PQsocket(a->pg) != before || PQstatus(a->pg) == CONNECTION_STARTED || PQstatus(a->pg) == CONNECTION_MADE)
		a->fd_is_new = true;
}

static void finish_call(struct async *a, int64_t now_ms)
{
	struct async_call *c = pop(a);
	struct async_rows rows = { a->rows };
	enum async_outcome outcome = a->outcome == ASYNC_OK && a->warned ? ASYNC_WARNED : a->outcome;

	a->rows = NULL;
	became_idle(a, now_ms);
	c->done(c->arg, outcome, outcome == ASYNC_OK ? &rows : NULL);
	PQclear((PGresult *)(uintptr_t)rows.result);
	async_call_free(c);
}

static void take_result(struct async *a, PGresult *result)
{
	struct async_call *c = a->first;
	char text[200];

	switch (PQresultStatus(result)) {
	case PGRES_SINGLE_TUPLE:
		c->each(c->arg, &(struct async_rows){ result });
		break;
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		PQclear(a->rows);
		a->rows = result;
		return;
	default:
		a->outcome = ASYNC_REFUSED;
		log_warnx("database (%s) refuses %.40s...: %s", a->name, c->sql,
		    first_line(PQresultErrorMessage(result), text));
	}
	PQclear(result);
}

static void read_results(struct async *a, int64_t now_ms)
{
	while ((a->state == ASYNC_BUSY || a->state == ASYNC_SETTLING) && !PQisBusy(a->pg)) {
		PGresult *result = PQgetResult(a->pg);

		if (result != NULL) {
			if (a->state == ASYNC_BUSY)
				take_result(a, result);
			else
				PQclear(result);
			continue;
		}
		if (PQstatus(a->pg) == CONNECTION_BAD) {
			drop_by_libpq(a, now_ms);
			return;
		}
		if (a->state == ASYNC_BUSY) {
			finish_call(a, now_ms);
		} else {
			if (a->complained)
				log_info("database (%s): connected to %s", a->name, PQhost(a->pg));
			a->complained = false;
			a->retry_ms = RETRY_FIRST_MS;
			became_idle(a, now_ms);
			if (a->changed != NULL)
				a->changed(a->arg, true);
		}
		start_next(a, now_ms);
	}
}

static void read_notifications(struct async *a)
{
	PGnotify *n;

	while (a->pg != NULL && (n = PQnotifies(a->pg)) != NULL) {
		if (a->notified != NULL)
			a->notified(a->arg, n->relname, n->extra);
		PQfreemem(n);
	}
}

void async_io(struct async *a, int64_t now_ms)
{
	if (a->state == ASYNC_DOWN)
		return;
	if (a->state == ASYNC_CONNECTING) {
		connect_step(a, now_ms);
		return;
	}
	if (!PQconsumeInput(a->pg)) {
		drop_by_libpq(a, now_ms);
		return;
	}
	if (a->want_write) {
		flush(a, now_ms);
		if (a->state == ASYNC_DOWN)
			return;
	}
	read_results(a, now_ms);
	read_notifications(a);
}

static void ignore(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	(void)arg, (void)outcome, (void)rows;
}

void async_tick(struct async *a, int64_t now_ms)
{
	switch (a->state) {
	case ASYNC_DOWN:
		fail_all(a);
		if (now_ms >= a->deadline_ms)
			connect_start(a, now_ms);
		break;
	case ASYNC_IDLE:
		if (now_ms >= a->ping_ms)
			async_send(a, async_call_new("SELECT 1", ignore, NULL));
		start_next(a, now_ms);
		break;
	case ASYNC_CONNECTING:
	case ASYNC_SETTLING:
	case ASYNC_BUSY:
		if (now_ms >= a->deadline_ms)
			drop(a, "no answer in time", now_ms);
		break;
	}
}

void async_send(struct async *a, struct async_call *c)
{
	if (a->last != NULL)
		a->last->next = c;
	else
		a->first = c;
	a->last = c;
	a->queued++;
}

void async_send_first(struct async *a, struct async_call *c)
{
	struct async_call *under_way = a->state == ASYNC_BUSY ? a->first : NULL;

	if (under_way == NULL || under_way == a->last) {
		if (a->first == NULL || under_way != NULL) {
			async_send(a, c);
			return;
		}
		c->next = a->first;
		a->first = c;
	} else {
		c->next = under_way->next;
		under_way->next = c;
	}
	a->queued++;
}
