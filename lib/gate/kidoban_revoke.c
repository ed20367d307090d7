/*
 * Revocations in parts, and the steps of a key's life that are exchanges.
 */
#include <string.h>

#include "gate/codes.h"
#include "gate/kidoban.h"

void
revoke_begin(struct kidoban *k, const struct gate_revoke_plan *plan)
{
	if (k->revoke != NULL)
		emit_ended(k->out, GATE_ACT_REVOKE_ENDED, false, "replaced by a newer list");
	exchange_drop(k, LANE_REVOKE);
	k->revoke = plan;
	kidoban_went_well(k, LANE_REVOKE);
	revoke_restart(k);
}

void
revoke_restart(struct kidoban *k)
{
	k->revoke_at = 0;
	k->revoke_part = 0;
}

static uint32_t
part_size(const struct kidoban *k)
{
	uint32_t left = k->revoke->count - k->revoke_at;

	return left < GATE_REVOCATIONS_A_MESSAGE ? left : GATE_REVOCATIONS_A_MESSAGE;
}

void
revoke_build(const struct kidoban *k, struct gate_message *m)
{
	struct gate_revoke *r = &m->u.revoke;

	m->type = GATE_REVOKE;
	r->mode = (uint8_t)k->revoke->mode;
	r->part = k->revoke_part;
	r->from = k->revoke->mode == GATE_REVOKE_ADD ? k->revoke->from : 0;
	r->to = k->revoke->to;
	r->count = (uint8_t)part_size(k);
	r->last = k->revoke_at + r->count == k->revoke->count;
	if (r->count > 0)
		memcpy(r->entries, k->revoke->entries + k->revoke_at, r->count * sizeof r->entries[0]);
}

static void
revoke_ended(struct kidoban *k, bool ok, const char *reason)
{
	exchange_drop(k, LANE_REVOKE);
	k->revoke = NULL;
	emit_ended(k->out, GATE_ACT_REVOKE_ENDED, ok, reason);
}

void
revoke_answered(struct kidoban *k, const struct gate_revoke_reply *r)
{
	bool last = k->revoke_at + part_size(k) == k->revoke->count;
	struct gate_action *a;

	if (!last) {
		if (r->next_part != (uint16_t)(k->revoke_part + 1)) {
			revoke_failed(k, "the controller lost a part of the list");
			return;
		}
		k->revoke_at += part_size(k);
		k->revoke_part++;
		return;
	}
	if (r->revision != k->revoke->to) {
		revoke_failed(k, "the controller did not take the list's revision");
		return;
	}
	a = emit(k->out, GATE_ACT_STREAM_CONFIRMED);
	a->u.confirmed.stream = STREAM_REVOCATIONS;
	a->u.confirmed.revision = r->revision;
	revoke_ended(k, true, "");
}

void
revoke_failed(struct kidoban *k, const char *reason)
{
	revoke_ended(k, false, reason);
}

/* --- keys -------------------------------------------------------------------------------------------------- */

void
key_begin(struct kidoban *k, uint8_t type, const struct gate_key_stage *key)
{
	exchange_drop(k, LANE_KEY);
	kidoban_went_well(k, LANE_KEY);
	k->key_type = type;
	k->key = *key;
}

void
key_build(const struct kidoban *k, struct gate_message *m)
{
	m->type = k->key_type;
	if (k->key_type == GATE_KEY_STAGE)
		m->u.key_stage = k->key;
	else
		m->u.key_retire.epoch = k->key.epoch;
}

static void
key_done(struct kidoban *k, enum gate_action_kind kind)
{
	exchange_drop(k, LANE_KEY);
	k->key_type = 0;
	explicit_bzero(k->key.key, sizeof k->key.key);
	emit_epoch(k->out, kind, k->key.epoch);
}

static bool
holds(const uint32_t epochs[2], uint32_t epoch)
{
	return epochs[0] == epoch || epochs[1] == epoch;
}

void
key_answered(struct kidoban *k, const struct gate_key_reply *r)
{
	bool held = holds(r->epochs, k->key.epoch);

	if (k->key_type == GATE_KEY_STAGE && held) {
		if (!holds(k->config.epochs, k->key.epoch))
			k->config.epochs[1 - k->epoch_index] = k->key.epoch;
		key_done(k, GATE_ACT_KEY_STAGED);
	} else if (k->key_type == GATE_KEY_RETIRE && !held) {
		for (size_t i = 0; i < 2; i++)
			if (k->config.epochs[i] == k->key.epoch)
				k->config.epochs[i] = GATE_EPOCH_NONE;
		key_done(k, GATE_ACT_KEY_RETIRED);
	} else {
		key_failed(k);
	}
}

void
key_failed(struct kidoban *k)
{
	key_done(k, GATE_ACT_KEY_FAILED);
}

/* A new session under `epoch`; the controller keeps the old one until the new handshake finished. */
void
key_use(struct kidoban *k, uint32_t epoch)
{
	k->epoch_told = GATE_EPOCH_NONE;	/* tell which one it became, also if the old one had to be used again */
	if (k->state == GATE_SESSION_STEADY && k->epoch == epoch) {
		k->epoch_told = epoch;
		emit_epoch(k->out, GATE_ACT_KEY_IN_USE, epoch);
		return;
	}
	if (k->state >= GATE_SESSION_CONNECTING)
		kidoban_lost(k, "a new key comes into use");
	if (k->config.epochs[k->epoch_index] != epoch) {
		k->epoch_index = 1 - k->epoch_index;
		k->config.epochs[k->epoch_index] = epoch;
	}
	k->connect_ms = k->now;
}
