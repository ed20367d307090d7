/*
 * What controllers are to hold: asks the database who is behind, starts the work, and compares what a controller says it
 * holds with what is confirmed; one that lost its memory or drifted is filled again without anyone asking (T-8).
 */
#include "transfers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

enum {
	LOADING_MOST = 4,
	BYTES_MOST = 256 * 1024 * 1024,	/* of prepared records; who comes later waits */
	RETRY_FIRST_MS = 5000,
	RETRY_MOST_MS = 300000,
	PROGRESS_MS = 500,
};

void transfers_ignore(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	(void)arg, (void)outcome, (void)rows;
}

struct transfers *transfers_new(struct poller *p)
{
	struct transfers *t = xcalloc(1, sizeof *t);

	t->poller = p;
	return t;
}

void transfers_free(struct transfers *t)
{
	confirm_free(t);
	free(t->waiting);
	free(t);
}

bool transfers_are_idle(const struct transfers *t)
{
	return t->confirmed == NULL && t->confirming == 0;
}

/* Under the enrolment key a controller hears nothing of this, and to one that is away there is nobody to speak. */
static bool is_able(const struct controller *c)
{
	if (!gate_driver_is_secured(c->driver))
		return !c->outside && gate_session_state(c->session) == GATE_SESSION_STEADY;
	return !c->outside && c->keys.active != GATE_EPOCH_NONE && c->connecting_epoch != 0 &&
	    gate_session_state(c->session) == GATE_SESSION_STEADY;
}

/* It confirmed while the database was asked who is behind. */
static bool is_told(const struct controller *c, const struct poller_stream *s)
{
	const struct stream_held *held = &c->held[s->stream - 1];

	return held->known && s->held_known && held->revision >= (uint64_t)s->wanted;
}

static bool may_load(const struct transfers *t)
{
	return t->loading < LOADING_MOST && t->bytes < BYTES_MOST;
}

static void wait_for_others(struct transfers *t, const struct poller_stream *s)
{
	if (t->waiting_count == t->waiting_room) {
		t->waiting_room = t->waiting_room ? t->waiting_room * 2 : 64;
		t->waiting = xreallocarray(t->waiting, t->waiting_room, sizeof *t->waiting);
	}
	t->waiting[t->waiting_count++] = *s;
}

static void consider(struct transfers *t, const struct poller_stream *s, int64_t now_ms)
{
	struct controller *c = controller_with_token(t->poller, s->controller, s->token);

	if (c == NULL || !is_able(c) || s->stream < 1 || s->stream > GATE_STREAMS || now_ms < c->retry_at[s->stream - 1])
		return;
	if (!gate_driver_is_secured(c->driver)) {	/* a board has cards and nothing else */
		if (s->stream != STREAM_PERMITS)
			return;
		if (c->cards != NULL)
			cards_revoke(t, c, s);
		else if (may_load(t))
			cards_start(t, c, s);
		else
			wait_for_others(t, s);
		return;
	}
	switch (s->stream) {
	case STREAM_PERMITS:
		if (c->transfer != NULL)
			break;
		if (may_load(t))
			permits_start(t, c, s);
		else
			wait_for_others(t, s);
		break;
	case STREAM_REVOCATIONS:
		if (!is_told(c, s))
			revoke_start(t, c, s);
		break;
	default:	/* nothing makes records of the others yet */
		break;
	}
}

static void streams_told(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct transfers *t = arg;
	int64_t now = clock_mono_ms();

	t->asking = false;
	if (outcome == ASYNC_OK)
		t->waiting_count = t->waiting_at = 0;
	for (int i = 0; outcome == ASYNC_OK && i < async_rows_count(rows); i++) {
		struct poller_stream s;

		poller_stream_read(rows, i, &s);
		consider(t, &s, now);
	}
	revoke_ask(t);
	if (t->again) {
		t->again = false;
		transfers_poll(t);
	}
}

void transfers_flush(struct transfers *t, int64_t now_ms)
{
	if (t->confirming == 0)
		confirm_send(t);
	while (t->waiting_at < t->waiting_count && may_load(t) && !t->poller->stopping)
		consider(t, &t->waiting[t->waiting_at++], now_ms);
}

void transfers_poll(struct transfers *t)
{
	struct poller *p = t->poller;

	if (t->asking) {
		t->again = true;
		return;
	}
	if (p->id == 0 || p->stopping || p->controller_count == 0 || !async_is_up(control(p)))
		return;
	t->asking = true;
	confirm_send(t);
	poller_streams(control(p), p->id, streams_told, t);
}

static void held_told(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct transfers *t = arg;

	for (int i = 0; outcome == ASYNC_OK && i < async_rows_count(rows); i++) {
		struct poller_held h;

		poller_held_read(rows, i, &h);
		struct controller *c = controller_find(t->poller, h.controller);
		if (c == NULL || h.stream < 1 || h.stream > GATE_STREAMS || c->held[h.stream - 1].known)
			continue;
		struct stream_held *held = &c->held[h.stream - 1];
		held->known = true;
		held->revision = (uint64_t)h.revision;
		held->has_digest = h.digest_size == GATE_SUM_SIZE;
		if (held->has_digest)
			memcpy(held->digest, h.digest, GATE_SUM_SIZE);
	}
}

void transfers_ask_held(struct transfers *t)
{
	poller_held(control(t->poller), t->poller->id, held_told, t);
}

static bool is_busy(const struct controller *c, int stream)
{
	return stream == STREAM_PERMITS ? c->transfer != NULL || c->cards != NULL : stream == STREAM_REVOCATIONS && c->revoke != NULL;
}

/* An empty delta advances a stream without traffic, so the controller may well say an older revision; what it holds is
 * told by the digest. Nothing at all (revision 0) is always a loss. */
static bool has_drifted(const struct stream_held *held, const struct gate_stream_status *told)
{
	static const uint8_t nothing[GATE_SUM_SIZE];

	if (!held->known || held->revision == 0)
		return false;
	if (held->has_digest)
		return memcmp(held->digest, told->digest, GATE_SUM_SIZE) != 0;
	return told->revision == 0 && memcmp(told->digest, nothing, GATE_SUM_SIZE) == 0;
}

/* A memory that holds no permits any more holds no deny list either. */
static void forget_revocations(struct controller *c)
{
	c->held[STREAM_REVOCATIONS - 1].known = false;
	poller_stream_lost(control(c->poller), c->id, c->token, STREAM_REVOCATIONS, 0, "memory lost", transfers_ignore, NULL);
}

void transfers_status(struct controller *c, const struct gate_status_reply *r)
{
	for (int i = 0; i < r->stream_count; i++) {
		const struct gate_stream_status *told = &r->streams[i];

		if (told->stream != STREAM_PERMITS && told->stream != STREAM_REVOCATIONS)
			continue;
		struct stream_held *held = &c->held[told->stream - 1];
		c->told_revision[told->stream - 1] = told->revision;
		if (told->stream != STREAM_PERMITS || is_busy(c, told->stream) || !has_drifted(held, told))
			continue;
		log_warnx("controller %d holds something else than was confirmed of %s (revision %llu): it is filled again",
		    c->id, stream_code(told->stream), (unsigned long long)told->revision);
		held->known = false;
		confirm_send(c->poller->transfers);
		if (told->revision == 0)
			forget_revocations(c);
		poller_stream_lost(control(c->poller), c->id, c->token, told->stream, (int64_t)told->revision,
		    told->revision == 0 ? "memory lost" : "digest differs", transfers_ignore, NULL);
	}
}

void stream_confirmed(struct controller *c, const struct work *w, uint64_t revision, const uint8_t *digest)
{
	struct stream_held *held = &c->held[w->stream - 1];

	held->known = true;
	held->revision = revision;
	held->has_digest = digest != NULL;
	c->told_revision[w->stream - 1] = revision;
	if (digest != NULL)
		memcpy(held->digest, digest, GATE_SUM_SIZE);
	confirm_add(c, w->stream, revision, digest);
}

/* Which job was asked about: its controller may have gone, or be at something else, when the answer comes. */
struct question {
	struct poller *poller;
	int32_t controller;
	int64_t token, job;
};

static void progress_told(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct question *q = arg;
	struct controller *c = controller_with_token(q->poller, q->controller, q->token);

	if (outcome == ASYNC_OK && async_rows_count(rows) == 1 && !async_bool(rows, 0, 0) && c != NULL) {
		permits_stop(c, q->job, clock_mono_ms());
		cards_stop(c, q->job, clock_mono_ms());
	}
	free(q);
}

void work_progress(struct controller *c, struct work *w, int64_t done, int64_t total, int64_t now_ms)
{
	if (w->job == 0 || (w->told_ms != 0 && now_ms - w->told_ms < PROGRESS_MS && done < total))
		return;
	w->told_ms = now_ms;
	struct question *q = xcalloc(1, sizeof *q);
	*q = (struct question){ c->poller, c->id, c->token, w->job };
	poller_job_progress(control(c->poller), w->job, c->token, done, total, progress_told, q);
}

void work_ended(struct controller *c, const struct work *w, bool ok, const char *reason, int64_t now_ms)
{
	struct transfers *t = c->poller->transfers;
	int64_t *backoff = &c->retry_backoff[w->stream - 1];

	if (ok || w->stopped) {
		*backoff = 0;
		c->retry_at[w->stream - 1] = 0;
	} else {
		*backoff = *backoff == 0 ? RETRY_FIRST_MS : *backoff * 2 < RETRY_MOST_MS ? *backoff * 2 : RETRY_MOST_MS;
		c->retry_at[w->stream - 1] = now_ms + *backoff;
		log_warnx("controller %d: transfer of %s failed: %s; again in %lld s", c->id, stream_code(w->stream), reason,
		    (long long)(*backoff / 1000));
	}
	if (w->job != 0) {
		confirm_send(t);
		poller_job_end(control(c->poller), w->job, c->token, ok, reason, transfers_ignore, NULL);
	}
	if (ok && (w->behind || (w->job != 0 && t->waiting_at == t->waiting_count)))	/* what comes next need not wait for the timer */
		transfers_poll(t);
}

void work_stop(struct controller *c, struct work *w, int64_t job, int64_t now_ms)
{
	if (w->job != job || w->stopped)
		return;
	log_info("controller %d: the transfer of %s was stopped", c->id, stream_code(w->stream));
	w->stopped = true;
	if (w->state == WORK_SENDING)
		session_step(c, &(struct gate_input){ .kind = GATE_IN_TRANSFER_STOP }, now_ms);
}

bool work_abandon(struct work *w)
{
	w->controller = NULL;
	return w->state != WORK_LOADING;
}

void transfers_board(struct controller *c, const struct gate_board_report *r)
{
	if (r->compared)
		cards_compared(c, r->differed);
}

void transfers_action(struct controller *c, const struct gate_action *a, int64_t now_ms)
{
	if (c->cards != NULL) {
		cards_action(c, a, now_ms);
		return;
	}
	switch (a->kind) {
	case GATE_ACT_REVOKE_ENDED:
		revoke_action(c, a, now_ms);
		break;
	case GATE_ACT_STREAM_CONFIRMED:
		if (a->u.confirmed.stream == STREAM_REVOCATIONS)
			revoke_action(c, a, now_ms);
		else
			permits_action(c, a, now_ms);
		break;
	default:
		permits_action(c, a, now_ms);
		break;
	}
}

void transfers_forget(struct controller *c)
{
	permits_forget(c);
	cards_forget(c);
	revoke_forget(c);
}
