#include "keys.h"

#include <string.h>

#include <openssl/crypto.h>

static const uint32_t NONE = GATE_EPOCH_NONE;

const char *key_move_name(enum key_move m)
{
	static const char *const names[] = {
		[KEY_MOVE_NONE] = "none", [KEY_MOVE_NEW] = "new", [KEY_MOVE_STAGE] = "stage",
		[KEY_MOVE_RESTAGE] = "stage again", [KEY_MOVE_ACTIVATE] = "activate", [KEY_MOVE_RETIRE] = "retire",
	};

	return m <= KEY_MOVE_RETIRE ? names[m] : "?";
}

void key_ring_clear(struct key_ring *r)
{
	OPENSSL_cleanse(r, sizeof *r);
	r->active = r->staged = r->retired = NONE;
}

/*
 * staged before active: after the controller has answered `stage` both work, and finishing the change is what is wanted;
 * active before password: a controller that lost its memory has only the latter. The password is never left out: the
 * memory may be lost at any step of a change.
 */
int key_epochs(const struct key_ring *r, uint32_t out[KEY_EPOCHS])
{
	int n = 0, turns = r->active == NONE ? 1 : r->staged == NONE ? 3 : 2;

	while (turns-- > 0) {
		if (r->staged != NONE)
			out[n++] = r->staged;
		if (r->active != NONE)
			out[n++] = r->active;
	}
	out[n++] = 0;
	return n;
}

static uint32_t highest(const struct key_ring *r)
{
	uint32_t top = 0;

	if (r->active != NONE)
		top = r->active;
	if (r->staged != NONE && r->staged > top)
		top = r->staged;
	if (r->retired != NONE && r->retired > top)
		top = r->retired;
	return top;
}

enum key_move key_decide(const struct key_ring *r, uint32_t used, const uint32_t held[2], uint32_t *epoch)
{
	*epoch = NONE;
	if (r->staged != NONE && used == r->staged) {
		*epoch = used;
		return KEY_MOVE_ACTIVATE;
	}
	if (r->active != NONE && used == r->active) {
		if (r->staged != NONE) {
			*epoch = r->staged;
			return KEY_MOVE_STAGE;
		}
		for (int i = 0; i < 2; i++)
			if (held[i] != NONE && held[i] != used) {
				*epoch = held[i];
				return KEY_MOVE_RETIRE;
			}
		return KEY_MOVE_NONE;
	}
	/* An older one: enrolment, or a memory lost. What is staged already is staged again, never a second one. */
	if (r->staged != NONE && r->staged > used) {
		*epoch = r->staged;
		return KEY_MOVE_STAGE;
	}
	if (used == 0) {
		*epoch = highest(r) + 1;
		return KEY_MOVE_NEW;
	}
	if (r->active != NONE && r->active > used) {
		*epoch = r->active;
		return KEY_MOVE_RESTAGE;
	}
	return KEY_MOVE_NONE;
}

const uint8_t *key_of(const struct key_ring *r, uint32_t epoch)
{
	if (epoch == NONE || epoch == 0)
		return NULL;
	if (epoch == r->staged)
		return r->staged_key;
	if (epoch == r->active)
		return r->active_key;
	if (epoch == r->retired)
		return r->retired_key;
	return NULL;
}

void key_staged(struct key_ring *r, uint32_t epoch, const uint8_t key[GATE_KEY_SIZE])
{
	r->staged = epoch;
	memcpy(r->staged_key, key, GATE_KEY_SIZE);
}

void key_activated(struct key_ring *r)
{
	r->retired = r->active;
	memcpy(r->retired_key, r->active_key, GATE_KEY_SIZE);
	r->active = r->staged;
	memcpy(r->active_key, r->staged_key, GATE_KEY_SIZE);
	r->staged = NONE;
	OPENSSL_cleanse(r->staged_key, sizeof r->staged_key);
}
