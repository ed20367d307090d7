/*
 * The world around a session. Whatever the scenario does to network, database and controller, these must hold:
 * nothing is sent or connected without a slot; the controller hears no acknowledgement of what is not committed; what is
 * stored has no hole that was not declared and is what the controller made; a command acts at most once and has one last
 * outcome; a step stays within its bounds and always says when to wake it.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/codes.h"
#include "world.h"

#define WALL_MS INT64_C(1760000000000)	/* wall clock at virtual time 0 */

static void
broke(struct world *w, const char *rule)
{
	if (w->broken[0] == '\0')
		snprintf(w->broken, sizeof w->broken, "%s at %lld ms", rule, (long long)w->now);
}

static uint32_t
random_below(struct world *w, uint32_t below)
{
	w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return below == 0 ? 0 : (uint32_t)(w->random >> 33) % below;
}

static struct pending *
plan(struct world *w, enum pending_kind kind, int64_t after)
{
	struct pending *p;

	if (w->pending_count == WORLD_PENDING_MAX)
		abort();
	p = &w->pending[w->pending_count++];
	p->kind = kind;
	p->at = w->now + after;
	p->order = w->order++;
	p->channel = w->channel;
	p->batch = NULL;
	return p;
}

/* --- the network ------------------------------------------------------------------------------------------- */

static bool
takes(unsigned *n)
{
	return *n > 0 && (*n)-- > 0;
}

static void
travel(struct world *w, enum pending_kind kind, const uint8_t *bytes, size_t size, uint32_t channel)
{
	uint8_t type = size > 1 ? bytes[1] : 0;
	int64_t extra = w->hold[type];
	unsigned copies = 1;

	w->hold[type] = 0;
	if (takes(&w->drop[type]) || random_below(w, 100) < w->loss)
		return;
	if (takes(&w->twice[type]) || random_below(w, 100) < w->duplicate)
		copies = 2;
	for (; copies > 0; copies--) {
		struct pending *p = plan(w, kind, w->delay_ms + extra + random_below(w, (uint32_t)w->jitter_ms + 1));

		p->channel = channel;
		p->size = size;
		memcpy(p->bytes, bytes, size);
		if (takes(&w->garble[type]))
			p->bytes[random_below(w, 2) ? 3 : size - 1] ^= 0x55;
	}
}

static void
connect_channel(struct world *w, uint32_t epoch)
{
	bool known = epoch == w->controller.epochs[0] || epoch == w->controller.epochs[1];

	if (!w->slot_held)
		broke(w, "connected without a slot");
	w->channel = ++w->channels;
	w->connect_epoch = epoch;
	if (w->controller.hangs || random_below(w, 100) < w->loss)
		return;
	plan(w, known && epoch != GATE_EPOCH_NONE ? CHANNEL_UP : CHANNEL_DOWN, 3 * w->delay_ms + 1);
}

/* --- the database ------------------------------------------------------------------------------------------ */

static size_t
log_of(struct world *w, const uint8_t *log)
{
	for (size_t i = 0; i < w->log_count; i++)
		if (memcmp(w->logs[i].log, log, GATE_LOG_SIZE) == 0)
			return i;
	if (w->log_count == WORLD_LOGS_MAX)
		abort();
	memcpy(w->logs[w->log_count].log, log, GATE_LOG_SIZE);
	return w->log_count++;
}

static void
check_event(struct world *w, const struct gate_event *e)
{
	struct gate_event made;

	model_event(&w->controller, e->seq, &made);
	if (!e->quarantined && (e->time_ms != made.time_ms || e->kind != made.kind || e->credential != made.credential))
		broke(w, "stored another event than the controller made");
}

/* Begins with the action and ends, with commit or failure, when its time has come. */
static void
store(struct world *w, const struct gate_action *a)
{
	int64_t begin = w->store_free_ms > w->now ? w->store_free_ms : w->now;
	struct pending *p = plan(w, STORED, begin + w->store_ms - w->now);
	struct batch *b = calloc(1, sizeof *b);

	if (b == NULL || a->u.events.count > GATE_EVENTS_A_MESSAGE)
		abort();
	w->store_free_ms = begin + w->store_ms;
	memcpy(b->log, a->u.events.log, GATE_LOG_SIZE);
	b->oldest = a->u.events.oldest;
	b->count = a->u.events.count;
	for (uint32_t i = 0; i < b->count; i++) {
		b->events[i] = a->u.events.events[i];
		if (i > 0 && b->events[i].seq != b->events[i - 1].seq + 1)
			broke(w, "a hole was handed to the database");
		check_event(w, &b->events[i]);
	}
	p->batch = b;
	if (++w->storing > w->storing_most)
		w->storing_most = w->storing;
}

/* Like the real one: the mark decides what is new, a declared gap is recorded, the rest must continue the mark. */
static uint32_t
commit(struct world *w, const struct batch *b)
{
	size_t at = log_of(w, b->log);
	uint32_t mark = w->logs[at].mark;

	if (b->oldest > mark + 1) {
		w->logs[at].gaps += b->oldest - mark - 1;
		mark = b->oldest - 1;
	}
	for (uint32_t i = 0; i < b->count && b->events[i].seq <= mark + 1; i++) {
		if (b->events[i].seq <= mark)
			continue;
		mark = b->events[i].seq;
		w->logs[at].stored++;
		w->logs[at].quarantined += b->events[i].quarantined;
	}
	return w->logs[at].mark = mark;
}

/* --- actions ----------------------------------------------------------------------------------------------- */

static void
send_datagram(struct world *w, const struct gate_action *a)
{
	struct gate_message m;

	if (!w->slot_held)
		broke(w, "sent without a slot");
	if (gate_decode(a->u.send.bytes, a->u.send.size, &m) != GATE_OK)
		broke(w, "sent what it would not accept");
	w->sent[m.type]++;
	if (m.type == GATE_EVENTS && m.u.events.acked > w->logs[log_of(w, m.u.events.log)].mark)
		broke(w, "acknowledged what is not committed");
	travel(w, TO_CONTROLLER, a->u.send.bytes, a->u.send.size, w->channel);
}

static void
hear_outcome(struct world *w, const struct gate_action *a)
{
	struct outcome *o = NULL;

	for (size_t i = 0; i < w->outcome_count; i++)
		if (memcmp(w->outcomes[i].id, a->u.command.id, GATE_ID_SIZE) == 0)
			o = &w->outcomes[i];
	if (o == NULL) {
		if (w->outcome_count == WORLD_OUTCOMES_MAX)
			abort();
		o = &w->outcomes[w->outcome_count++];
		memcpy(o->id, a->u.command.id, GATE_ID_SIZE);
	}
	if (a->u.command.outcome == OUTCOME_SENT) {
		o->sent = true;
	} else {
		o->last = a->u.command.outcome;
		if (++o->lasts > 1)
			broke(w, "a command ended twice");
	}
}

static void
want_slot(struct world *w)
{
	if (w->slot_held)
		broke(w, "wanted a slot while holding one");
	if (!w->slot_wanted && !w->slots_closed)
		plan(w, SLOT, 0);
	w->slot_wanted = true;
}

static void
hear_ended(struct world *w, const struct gate_action *a, unsigned *ok, unsigned *failed)
{
	(*(a->u.ended.ok ? ok : failed))++;
	snprintf(w->ended_reason, sizeof w->ended_reason, "%s", a->u.ended.reason);
}

static void
act(struct world *w, const struct gate_action *a)
{
	switch (a->kind) {
	case GATE_ACT_SEND:
		send_datagram(w, a);
		break;
	case GATE_ACT_CONNECT:
		connect_channel(w, a->u.connect.epoch);
		break;
	case GATE_ACT_DISCONNECT:
		w->channel = 0;
		break;
	case GATE_ACT_COMMUNICATION:
		w->communication = a->u.communication.communication;
		w->communication_changes++;
		break;
	case GATE_ACT_EVENTS:
		store(w, a);
		break;
	case GATE_ACT_COMMAND:
		hear_outcome(w, a);
		break;
	case GATE_ACT_TRANSFER_PROGRESS:
		w->progress = a->u.progress.done;
		break;
	case GATE_ACT_TRANSFER_ENDED:
		hear_ended(w, a, &w->transfers_ok, &w->transfers_failed);
		break;
	case GATE_ACT_REVOKE_ENDED:
		hear_ended(w, a, &w->revokes_ok, &w->revokes_failed);
		break;
	case GATE_ACT_STREAM_CONFIRMED:
		w->confirmed[a->u.confirmed.stream] = a->u.confirmed.revision;
		if (w->controller.revisions[a->u.confirmed.stream - 1] != a->u.confirmed.revision)
			broke(w, "confirmed a revision that the controller does not hold");
		break;
	case GATE_ACT_KEY_STAGED:
		w->keys_staged++;
		break;
	case GATE_ACT_KEY_IN_USE:
		w->key_in_use = a->u.epoch;
		break;
	case GATE_ACT_KEY_RETIRED:
		w->keys_retired++;
		break;
	case GATE_ACT_KEY_FAILED:
		w->keys_failed++;
		break;
	case GATE_ACT_WANT_SLOT:
		want_slot(w);
		break;
	case GATE_ACT_RELEASE_SLOT:
		w->slot_held = w->slot_wanted = false;
		break;
	case GATE_ACT_COUNT:
		w->counters[a->u.counter]++;
		break;
	case GATE_ACT_NOTE:
		w->notes++;
		break;
	case GATE_ACT_BOARD:
	case GATE_ACT_HELD:		/* of boards */
		break;
	case GATE_ACT_WAKE_AT:
		w->wake = a->u.wake_ms;
		break;
	case GATE_ACT_HELLO:
	case GATE_ACT_STATUS:
	case GATE_ACT_CLOCK:
	case GATE_ACT_DIGEST:
		break;
	}
}

void
world_step(struct world *w, const struct gate_input *in)
{
	w->wake = INT64_MIN;
	gate_step(w->session, in, w->now, WALL_MS + w->now, &w->out);
	for (size_t i = 0; i < w->out.count; i++)
		act(w, &w->out.item[i]);
	if (w->wake == INT64_MIN)
		broke(w, "a step did not say when to wake it");
	if (w->slot_held != gate_session_holds_slot(w->session))
		broke(w, "slot accounting differs");
}

/* --- time -------------------------------------------------------------------------------------------------- */

static void
establish(struct world *w, const struct pending *p)
{
	struct gate_input in = { .kind = GATE_IN_CHANNEL_UP };

	if (p->channel != w->channel || w->controller.hangs)
		return;
	w->controller.session = p->channel;
	w->controller.session_ms = w->now;
	w->controller.greeted = false;
	w->controller.last_clock = 0;
	in.u.channel.epoch = w->connect_epoch;
	world_step(w, &in);
}

static void
at_controller(struct world *w, const struct pending *p)
{
	uint8_t reply[GATE_MESSAGE_MAX];
	size_t size;

	if (p->channel != w->controller.session)
		return;
	size = model_answer(&w->controller, p->bytes, p->size, w->now, WALL_MS + w->now, reply);
	if (size > 0)
		travel(w, TO_SERVER, reply, size, p->channel);
	for (size_t i = 0; i < w->controller.command_count && i < MODEL_COMMANDS; i++)
		if (w->controller.commands[i].acts > 1)
			broke(w, "a command acted twice");
	if (w->controller.acked > w->logs[log_of(w, w->controller.log)].mark)
		broke(w, "the controller forgot what is not committed");
}

static void
finish_store(struct world *w, struct batch *b)
{
	struct gate_input in = { .kind = GATE_IN_STORE_FAILED };

	w->storing--;
	if (!w->database_down && !takes(&w->database_fails)) {
		in.kind = GATE_IN_STORED;
		in.u.stored.log = b->log;
		in.u.stored.mark = commit(w, b);
	}
	world_step(w, &in);
	free(b);
}

static void
happen(struct world *w, const struct pending *p)
{
	struct gate_input in = { .kind = GATE_IN_TICK };

	switch (p->kind) {
	case TO_CONTROLLER:
		at_controller(w, p);
		return;
	case TO_SERVER:
		if (p->channel != w->channel)
			return;
		in.kind = GATE_IN_MESSAGE;
		in.u.message.bytes = p->bytes;
		in.u.message.size = p->size;
		break;
	case CHANNEL_UP:
		establish(w, p);
		return;
	case CHANNEL_DOWN:
		if (p->channel != w->channel)
			return;
		in.kind = GATE_IN_CHANNEL_DOWN;
		in.u.text = "handshake failed";
		break;
	case SLOT:
		if (!w->slot_wanted || w->slot_held)
			return;
		w->slot_held = true;
		w->slots++;
		in.kind = GATE_IN_SLOT;
		break;
	case STORED:
		finish_store(w, p->batch);
		return;
	}
	world_step(w, &in);
}

static size_t
earliest(const struct world *w)
{
	size_t first = w->pending_count;

	for (size_t i = 0; i < w->pending_count; i++)
		if (first == w->pending_count || w->pending[i].at < w->pending[first].at ||
		    (w->pending[i].at == w->pending[first].at && w->pending[i].order < w->pending[first].order))
			first = i;
	return first;
}

void
world_run(struct world *w, int64_t ms)
{
	const struct gate_input tick = { .kind = GATE_IN_TICK };
	int64_t end = w->now + ms;
	unsigned turns = 0;

	for (;;) {
		size_t next = earliest(w);
		bool something = next < w->pending_count && w->pending[next].at <= end;
		struct pending p;

		if (++turns > 2000000) {
			broke(w, "the session spins");
			break;
		}
		if (w->wake <= end && (!something || w->wake < w->pending[next].at)) {
			w->now = w->wake > w->now ? w->wake : w->now;
			world_step(w, &tick);
			continue;
		}
		if (!something)
			break;
		p = w->pending[next];
		w->pending[next] = w->pending[--w->pending_count];
		w->now = p.at > w->now ? p.at : w->now;
		happen(w, &p);
	}
	w->now = end;
}

/* --- plans ------------------------------------------------------------------------------------------------- */

static int
read_payload(void *context, uint32_t offset, uint8_t *out, uint16_t size)
{
	const struct world *w = context;

	if ((size_t)offset + size > w->plan.begin.bytes)
		return -1;
	memcpy(out, w->payload + offset, size);
	return 0;
}

void
world_transfer(struct world *w, uint8_t id, uint8_t stream, uint8_t mode, uint64_t from, uint64_t to, uint32_t bytes)
{
	struct gate_input in = { .kind = GATE_IN_TRANSFER };

	for (uint32_t i = 0; i < bytes; i++)
		w->payload[i] = (uint8_t)(i * 7 + i / 251 + id);
	memset(&w->plan, 0, sizeof w->plan);
	memset(w->plan.begin.transfer, id, GATE_ID_SIZE);
	w->plan.begin.stream = stream;
	w->plan.begin.mode = mode;
	w->plan.begin.from = from;
	w->plan.begin.to = to;
	w->plan.begin.bytes = bytes;
	w->plan.begin.chunks = (bytes + GATE_CHUNK_SIZE - 1) / GATE_CHUNK_SIZE;
	EVP_Digest(w->payload, bytes, w->plan.begin.sha256, NULL, EVP_sha256(), NULL);
	w->plan.read = read_payload;
	w->plan.context = w;
	in.u.transfer = &w->plan;
	world_step(w, &in);
}

void
world_revoke(struct world *w, enum gate_revoke_mode mode, uint64_t from, uint64_t to, uint32_t count)
{
	struct gate_input in = { .kind = GATE_IN_REVOKE };

	for (uint32_t i = 0; i < count; i++)
		w->entries[i] = (struct gate_revocation){ i + 1, REVOCATION_REASON_LOST, to };
	w->revoke_plan = (struct gate_revoke_plan){ mode, from, to, count, w->entries };
	in.u.revoke = &w->revoke_plan;
	world_step(w, &in);
}

static void
forget_pending(struct world *w)
{
	for (size_t i = 0; i < w->pending_count; i++)
		free(w->pending[i].batch);
	w->pending_count = w->storing = 0;
	w->store_free_ms = 0;
}

/* What the lease tells a poller that takes over: the log last stored and its mark. What was on its way is lost. */
void
world_take_over(struct world *w, uint32_t epoch, uint32_t other)
{
	const struct gate_input tick = { .kind = GATE_IN_TICK };
	struct gate_config config = { .serial = 0x101, .epochs = { epoch, other }, .tz = "JST-9" };

	if (w->log_count > 0) {
		memcpy(config.log, w->logs[w->log_count - 1].log, sizeof config.log);
		config.mark = w->logs[w->log_count - 1].mark;
	}
	gate_session_free(w->session);
	w->session = gate_session_new(gate_driver_by_name("kidoban"), &config);
	if (w->session == NULL)
		abort();
	forget_pending(w);
	w->channel = 0;
	w->slot_held = w->slot_wanted = false;
	world_step(w, &tick);
}

struct world *
world_new(void)
{
	struct world *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->delay_ms = 10;
	w->store_ms = 3;
	w->random = 1;
	model_init(&w->controller, 0x101);
	world_take_over(w, 1, GATE_EPOCH_NONE);
	return w;
}

void
world_free(struct world *w)
{
	forget_pending(w);
	gate_session_free(w->session);
	free(w);
}
