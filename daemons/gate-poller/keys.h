/*
 * Which keys a controller and we share, and what to do about it (P-3). The decision is a pure table over what the database
 * holds and what was just used, so that every crash between two steps is a row that a test can name.
 *
 * Epoch 0 is the enrolment key made of the site's password: it is tried last, and only a controller that lost its memory
 * (or has never been enrolled) answers to it.
 */
#ifndef KIDOBAN_GATE_POLLER_KEYS_H
#define KIDOBAN_GATE_POLLER_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/message.h"

struct key_ring {
	/* epochs; GATE_EPOCH_NONE = there is none */
	uint32_t active;	/* a handshake under it has finished */
	uint32_t staged;	/* the database has it; the controller may */
	uint32_t retired;	/* was active before; the controller may still hold it */
	uint8_t active_key[GATE_KEY_SIZE], staged_key[GATE_KEY_SIZE], retired_key[GATE_KEY_SIZE];
};

enum key_move {
	KEY_MOVE_NONE,
	KEY_MOVE_NEW,		/* make a key of `epoch`, commit it as staged, then KEY_MOVE_STAGE */
	KEY_MOVE_STAGE,		/* send the staged key (again) */
	KEY_MOVE_RESTAGE,	/* send the active key, which the controller has lost */
	KEY_MOVE_ACTIVATE,	/* commit: the staged epoch is in use */
	KEY_MOVE_RETIRE,	/* have the controller forget `epoch` */
};
const char *key_move_name(enum key_move);

void key_ring_clear(struct key_ring *);

/* The epochs to try, one after the other and over again until a handshake succeeds, the preferred first. An epoch may come
 * several times: on a bad network a handshake fails more often for want of datagrams than for the wrong key, and the
 * enrolment key opens only a controller that has lost its own. Gives how many, 1..KEY_EPOCHS. */
enum { KEY_EPOCHS = 5 };
int key_epochs(const struct key_ring *, uint32_t out[KEY_EPOCHS]);

/* After a handshake under `used`. `held`: what the controller said it has. */
enum key_move key_decide(const struct key_ring *, uint32_t used, const uint32_t held[2], uint32_t *epoch);

/* The key of an epoch, NULL when it is not in the ring (0 never is). */
const uint8_t *key_of(const struct key_ring *, uint32_t epoch);

/* What the database has committed. */
void key_staged(struct key_ring *, uint32_t epoch, const uint8_t key[GATE_KEY_SIZE]);
void key_activated(struct key_ring *);

#endif
