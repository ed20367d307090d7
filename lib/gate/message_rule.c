/*
 * What must hold between the fields of a message, beyond each field's own range.
 */
#include "gate/codec.h"

bool
hello_rule(const void *body)
{
	const struct gate_hello *h = body;

	return h->version_low <= h->version_high;
}

/* The log holds oldest..newest; oldest = newest + 1 when it holds none. */
static bool
log_bounds_hold(uint32_t oldest, uint32_t newest)
{
	return oldest <= (uint64_t)newest + 1;
}

bool
hello_reply_rule(const void *body)
{
	const struct gate_hello_reply *h = body;

	return h->version_low <= h->version && h->version <= h->version_high && log_bounds_hold(h->oldest, h->newest) &&
	    h->acked <= h->newest;
}

bool
status_reply_rule(const void *body)
{
	const struct gate_status_reply *s = body;
	unsigned seen = 0;

	for (size_t i = 0; i < s->door_count; i++) {
		if (seen & 1u << s->doors[i].door)
			return false;
		seen |= 1u << s->doors[i].door;
	}
	seen = 0;
	for (size_t i = 0; i < s->stream_count; i++) {
		if (seen & 1u << s->streams[i].stream)
			return false;
		seen |= 1u << s->streams[i].stream;
	}
	return log_bounds_hold(s->oldest, s->newest);
}

bool
events_rule(const void *body)
{
	const struct gate_events *e = body;

	return e->acked <= e->after;
}

bool
events_reply_rule(const void *body)
{
	const struct gate_events_reply *e = body;

	return log_bounds_hold(e->oldest, e->newest);
}

bool
digest_rule(const void *body)
{
	const struct gate_digest_request *d = body;

	return d->first + d->count <= GATE_BUCKETS;
}

bool
digest_reply_rule(const void *body)
{
	const struct gate_digest_reply *d = body;

	return d->first + d->count <= GATE_BUCKETS;
}

bool
transfer_begin_rule(const void *body)
{
	const struct gate_transfer_begin *t = body;
	uint64_t chunks = ((uint64_t)t->bytes + GATE_CHUNK_SIZE - 1) / GATE_CHUNK_SIZE;

	if (t->mode != GATE_TRANSFER_BUCKETS)
		for (size_t i = 0; i < sizeof t->buckets; i++)
			if (t->buckets[i] != 0)
				return false;
	if (t->mode == GATE_TRANSFER_DELTA ? t->from > t->to : t->from != 0)
		return false;
	return t->chunks == chunks;
}

bool
revoke_rule(const void *body)
{
	const struct gate_revoke *r = body;

	return r->mode == GATE_REVOKE_ADD ? r->from <= r->to : r->from == 0;
}

bool
apb_move_rule(const void *body)
{
	const struct gate_apb_move *a = body;

	return a->mode == GATE_APB_SET ? a->area == 0 : a->count == 0 && (a->mode == GATE_APB_RESET_AREA || a->area == 0);
}
