/* A session's channel: under which key it is opened, and what comes through it or becomes of it. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "poller.h"

static void remember_gone(struct controller *c, const char *why)
{
	strncpy(c->gone_text, why, sizeof c->gone_text - 1);
	c->gone_text[sizeof c->gone_text - 1] = '\0';
	c->gone = c->gone_text;
}

static void open_channel(struct controller *c, uint32_t epoch, const uint8_t *key, int64_t now_ms)
{
	channel_close(c->channel);
	c->channel = channel_open(c->poller->channels, &c->address, c->serial, epoch, key, c, now_ms);
	c->connecting_epoch = epoch;
	if (c->channel == NULL) {
		log_warn("controller %d: no socket", c->id);
		remember_gone(c, "no socket");
	}
}

static void board_is_up(void *arg, int64_t now_ms)
{
	session_step(arg, &(struct gate_input){ .kind = GATE_IN_CHANNEL_UP }, now_ms);
}

static void board_says(void *arg, const uint8_t *bytes, size_t size, int64_t now_ms)
{
	session_step(arg, &(struct gate_input){ .kind = GATE_IN_MESSAGE, .u.message = { bytes, size } }, now_ms);
}

static void open_board_channel(struct controller *c, int64_t now_ms)
{
	static const struct board_channel_calls calls = { .up = board_is_up, .message = board_says };

	board_channel_close(c->board_channel);
	c->board_channel = board_channel_open(c->poller->loop, &calls, &c->address, c, now_ms);
	if (c->board_channel == NULL) {
		log_warn("controller %d: no socket", c->id);
		remember_gone(c, "no socket");
	}
}

void session_disconnect(struct controller *c)
{
	channel_close(c->channel);
	c->channel = NULL;
	board_channel_close(c->board_channel);
	c->board_channel = NULL;
}

void session_want_key(struct controller *c)
{
	if (c->key_wanted)
		return;
	c->key_wanted = true;
	enrol_key(c->poller->enrol, c->poller->password, c);
}

/* Which key is tried is ours to say, for a session knows of two and there may be three: the next one after each handshake
 * that failed, the first again after one that did not. */
static void connect_secured(struct controller *c, int64_t now_ms)
{
	uint32_t epochs[KEY_EPOCHS];
	int count = key_epochs(&c->keys, epochs);
	uint32_t epoch = epochs[c->key_tries++ % (unsigned)count];
	const uint8_t *key = key_of(&c->keys, epoch);

	c->connecting_epoch = epoch;
	if (key != NULL) {
		open_channel(c, epoch, key, now_ms);
	} else if (epoch != 0) {
		remember_gone(c, "no key of that epoch");
	} else if (c->enrol_key_made) {
		open_channel(c, 0, c->enrol_key, now_ms);
	} else if (c->poller->password == NULL) {
		remember_gone(c, "not enrolled, and no mutual authentication password is set");
	} else {
		session_want_key(c);
	}
}

void session_connect(struct controller *c, int64_t now_ms)
{
	if (gate_driver_is_secured(c->driver))
		connect_secured(c, now_ms);
	else
		open_board_channel(c, now_ms);
}

/* The epoch that the next handshake will be under. */
static uint32_t next_epoch(const struct controller *c)
{
	uint32_t epochs[KEY_EPOCHS];
	int count = key_epochs(&c->keys, epochs);

	return epochs[c->key_tries % (unsigned)count];
}

bool session_lacks_key(const struct controller *c)
{
	return gate_driver_is_secured(c->driver) && c->channel == NULL && !c->enrol_key_made && c->poller->password != NULL && next_epoch(c) == 0;
}

/* The enrolment key was asked for some time ago: the session may have given up waiting, or may wait for a slot till now. */
void session_key_ready(struct controller *c, const uint8_t key[GATE_KEY_SIZE], int64_t now_ms)
{
	c->key_wanted = false;
	c->enrol_key_made = true;
	memcpy(c->enrol_key, key, GATE_KEY_SIZE);
	if (c->slot_put_off) {
		c->slot_put_off = false;
		slots_want(&c->poller->slots, &c->slot, c->put_off_class, c->put_off_silent);
		return;
	}
	if (c->channel != NULL || c->connecting_epoch != 0 || gate_session_state(c->session) != GATE_SESSION_CONNECTING)
		return;
	open_channel(c, 0, key, now_ms);
	if (c->gone != NULL)
		session_step(c, &(struct gate_input){ .kind = GATE_IN_TICK }, now_ms);
}

/* Then it goes the long way: a slot, and from there it is asked for again. */
void session_key_failed(struct controller *c)
{
	c->key_wanted = false;
	if (c->slot_put_off)
		slots_want(&c->poller->slots, &c->slot, c->put_off_class, c->put_off_silent);
	c->slot_put_off = false;
}

static void channel_is_up(void *arg, int64_t now_ms)
{
	struct controller *c = arg;

	c->key_tries = 0;
	session_step(c, &(struct gate_input){ .kind = GATE_IN_CHANNEL_UP, .u.channel.epoch = c->connecting_epoch }, now_ms);
}

static void channel_is_down(void *arg, const char *why, bool spoke, int64_t now_ms)
{
	struct controller *c = arg;
	char text[160];

	(void)spoke;
	strncpy(text, why, sizeof text - 1);
	text[sizeof text - 1] = '\0';
	channel_close(c->channel);
	c->channel = NULL;
	session_step(c, &(struct gate_input){ .kind = GATE_IN_CHANNEL_DOWN, .u.text = text }, now_ms);
}

static void channel_says(void *arg, const uint8_t *bytes, size_t size, int64_t now_ms)
{
	session_step(arg, &(struct gate_input){ .kind = GATE_IN_MESSAGE, .u.message = { bytes, size } }, now_ms);
}

void session_channel_calls(struct channel_calls *calls)
{
	*calls = (struct channel_calls){ .up = channel_is_up, .down = channel_is_down, .message = channel_says };
}
