/*
 * Keys from and to the database, wrapped there by the master key, and the steps of an exchange of keys with a controller.
 * The database is always written before the controller can have acted on it, or after it has answered; keys.c decides.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/token.h"
#include "poller.h"

enum { CONTEXT_MAX = 64, AGAIN_MS = 5000 };

static void context_of(int32_t controller, uint32_t epoch, char out[CONTEXT_MAX])
{
	snprintf(out, CONTEXT_MAX, "controller_key/%d/%u", controller, epoch);
}

static int unwrap(struct controller *c, uint32_t epoch, const uint8_t *sealed, size_t size, uint8_t out[GATE_KEY_SIZE])
{
	struct buf plain = { 0 };
	char context[CONTEXT_MAX];
	int result = -1;

	context_of(c->id, epoch, context);
	if (seal_unwrap(&c->poller->master, context, sealed, size, &plain) == 0 && plain.len == GATE_KEY_SIZE) {
		memcpy(out, plain.data, GATE_KEY_SIZE);
		result = 0;
	} else {
		log_warnx("controller %d: its key of epoch %u does not open under this master key", c->id, epoch);
	}
	if (plain.data != NULL)
		OPENSSL_cleanse(plain.data, plain.len);
	buf_free(&plain);
	return result;
}

/* The lease gives the active key, and of the others the staged one, else the one before: a staged epoch is the higher. */
void key_ring_load(struct controller *c, const struct poller_lease_row *row)
{
	key_ring_clear(&c->keys);
	c->held_epochs[0] = c->held_epochs[1] = GATE_EPOCH_NONE;
	if (row->key_epoch > 0 && unwrap(c, (uint32_t)row->key_epoch, row->key, row->key_size, c->keys.active_key) == 0)
		c->keys.active = (uint32_t)row->key_epoch;
	if (row->old_key_epoch <= 0)
		return;
	if (row->old_key_epoch > row->key_epoch) {
		if (unwrap(c, (uint32_t)row->old_key_epoch, row->old_key, row->old_key_size, c->keys.staged_key) == 0)
			c->keys.staged = (uint32_t)row->old_key_epoch;
	} else if (unwrap(c, (uint32_t)row->old_key_epoch, row->old_key, row->old_key_size, c->keys.retired_key) == 0) {
		c->keys.retired = (uint32_t)row->old_key_epoch;
	}
}

/* A step that waits for the database. */
struct key_step {
	struct poller *poller;
	int32_t controller;
	int64_t token;
	enum key_move move;
	uint32_t epoch;
	uint8_t key[GATE_KEY_SIZE];
};

static struct key_step *step_new(const struct controller *c, enum key_move move, uint32_t epoch)
{
	struct key_step *s = xcalloc(1, sizeof *s);

	*s = (struct key_step){ .poller = c->poller, .controller = c->id, .token = c->token, .move = move, .epoch = epoch };
	return s;
}

static void send_key(struct controller *c, uint32_t epoch, const uint8_t *key, int64_t now_ms)
{
	struct gate_input in = { .kind = GATE_IN_KEY_STAGE, .u.key.epoch = epoch };

	memcpy(in.u.key.key, key, GATE_KEY_SIZE);
	session_step(c, &in, now_ms);
	OPENSSL_cleanse(&in, sizeof in);
}

static void send_retire(struct controller *c, uint32_t epoch, int64_t now_ms)
{
	session_step(c, &(struct gate_input){ .kind = GATE_IN_KEY_RETIRE, .u.key.epoch = epoch }, now_ms);
}

/* What could not be done is decided anew: by then the session may be under another key. */
static void decide_later(struct controller *c, int64_t now_ms)
{
	c->key_due = KEY_MOVE_NEW;
	loop_timer_set(c->poller->loop, &c->key_timer, now_ms + AGAIN_MS);
}

void key_ring_failed(struct controller *c, int64_t now_ms)
{
	decide_later(c, now_ms);
}

static void committed(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct key_step *s = arg;
	struct controller *c = controller_with_token(s->poller, s->controller, s->token);
	int64_t now = clock_mono_ms();

	/* false: the lease was lost, nothing is stored */
	if (c != NULL && outcome == ASYNC_OK && async_bool(rows, 0, 0)) {
		switch (s->move) {
		case KEY_MOVE_NEW:
			key_staged(&c->keys, s->epoch, s->key);
			send_key(c, s->epoch, s->key, now);
			break;
		case KEY_MOVE_ACTIVATE:
			key_activated(&c->keys);
			OPENSSL_cleanse(c->enrol_key, sizeof c->enrol_key);
			c->enrol_key_made = false;
			for (int i = 0; i < 2; i++)
				if (c->held_epochs[i] != GATE_EPOCH_NONE && c->held_epochs[i] != s->epoch)
					send_retire(c, c->held_epochs[i], now);
			log_info("controller %d: key of epoch %u is in use", c->id, s->epoch);
			break;
		default:
			break;
		}
	} else if (c != NULL) {
		log_warnx("controller %d: key epoch %u, %s: %s; trying again", c->id, s->epoch, key_move_name(s->move),
		    outcome == ASYNC_OK ? "the lease is lost" : async_outcome_name(outcome));
		decide_later(c, now);
	}
	OPENSSL_cleanse(s, sizeof *s);
	free(s);
}

static void make_new(struct controller *c, uint32_t epoch)
{
	struct key_step *s = step_new(c, KEY_MOVE_NEW, epoch);
	struct buf sealed = { 0 };
	char context[CONTEXT_MAX];

	token_random(s->key, sizeof s->key);
	context_of(c->id, epoch, context);
	if (seal_wrap(&c->poller->master, context, s->key, sizeof s->key, &sealed) < 0) {
		log_warnx("controller %d: its new key can not be sealed", c->id);
		free(s);
		return;
	}
	poller_key_stage(control(c->poller), c->id, c->token, epoch, sealed.data, sealed.len, committed, s);
	buf_free(&sealed);
}

/* These run inside a step of the session; what they want of it is put off until the database answers or, where nothing
 * has to be stored, to the next turn of the loop by way of a statement that does nothing else. */
void key_ring_in_use(struct controller *c, uint32_t epoch, int64_t now_ms)
{
	uint32_t which;
	enum key_move move = key_decide(&c->keys, epoch, c->held_epochs, &which);

	if (epoch == 0 && c->keys.active != GATE_EPOCH_NONE)
		log_warnx("controller %d (%016llx) has lost its keys and enrols again", c->id,
		    (unsigned long long)c->serial);
	switch (move) {
	case KEY_MOVE_NONE:
		break;
	case KEY_MOVE_NEW:
		make_new(c, which);
		break;
	case KEY_MOVE_ACTIVATE:
		poller_key_activate(control(c->poller), c->id, c->token, which, committed, step_new(c, move, which));
		break;
	case KEY_MOVE_STAGE:
	case KEY_MOVE_RESTAGE:
	case KEY_MOVE_RETIRE:
		c->key_due = move;
		c->key_due_epoch = which;
		loop_timer_set(c->poller->loop, &c->key_timer, now_ms);
		break;
	}
}

void key_ring_due(void *arg, int64_t now_ms)
{
	struct controller *c = arg;
	const uint8_t *key = key_of(&c->keys, c->key_due_epoch);

	switch (c->key_due) {
	case KEY_MOVE_STAGE:
	case KEY_MOVE_RESTAGE:
		if (key != NULL)
			send_key(c, c->key_due_epoch, key, now_ms);
		break;
	case KEY_MOVE_RETIRE:
		send_retire(c, c->key_due_epoch, now_ms);
		break;
	case KEY_MOVE_ACTIVATE:	/* both sides have it: prove it */
		session_step(c, &(struct gate_input){ .kind = GATE_IN_KEY_USE, .u.key.epoch = c->key_due_epoch }, now_ms);
		break;
	case KEY_MOVE_NEW:
		if (gate_session_state(c->session) == GATE_SESSION_STEADY)
			key_ring_in_use(c, c->connecting_epoch, now_ms);
		break;
	case KEY_MOVE_NONE:
		break;
	}
}

void key_ring_staged(struct controller *c, uint32_t epoch, int64_t now_ms)
{
	c->key_due = KEY_MOVE_ACTIVATE;
	c->key_due_epoch = epoch;
	loop_timer_set(c->poller->loop, &c->key_timer, now_ms);
}

void key_ring_retired(struct controller *c, uint32_t epoch)
{
	for (int i = 0; i < 2; i++)
		if (c->held_epochs[i] == epoch)
			c->held_epochs[i] = GATE_EPOCH_NONE;
	if (epoch == 0)
		return;		/* never in the database */
	if (c->keys.retired == epoch)
		c->keys.retired = GATE_EPOCH_NONE;
	poller_key_retire(control(c->poller), c->id, c->token, epoch, committed, step_new(c, KEY_MOVE_RETIRE, epoch));
}
