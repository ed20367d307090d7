/* The permits of one controller: records from the database as what differs from one to the next, sent in windows by its session. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/token.h"
#include "gate/permit.h"
#include "transfers.h"

struct transfer_work {
	struct work work;
	struct gate_transfer_plan plan;
	struct buf records;			/* packed */
	uint8_t last[GATE_PERMIT_SIZE];
	uint32_t count;
	struct gate_digest_key *digest_key;	/* of a full load: what it must come to */
	struct gate_digest *digest;
	uint8_t expected[GATE_SUM_SIZE];
	uint32_t skipped;			/* records that the controller can not hold */
};

static void work_free(struct transfer_work *w)
{
	w->work.transfers->bytes -= w->records.len;
	if (w->records.data != NULL)
		OPENSSL_cleanse(w->records.data, w->records.len);	/* PINs */
	OPENSSL_cleanse(w->last, sizeof w->last);
	buf_free(&w->records);
	gate_digest_key_free(w->digest_key);
	free(w->digest);
	free(w);
}

static int read_payload(void *context, uint32_t offset, uint8_t *out, uint16_t size)
{
	const struct transfer_work *w = context;

	if ((size_t)offset + size > w->records.len)
		return -1;
	memcpy(out, w->records.data + offset, size);
	return 0;
}

static int open_pin(const struct transfer_work *w, const struct poller_permit *in, char out[GATE_PIN_MAX + 1])
{
	struct buf plain = { 0 };
	char context[64];
	int result = -1;

	out[0] = '\0';
	if (in->pin_size == 0)
		return 0;
	snprintf(context, sizeof context, "cardholder_pin/%d", in->cardholder);
	if (seal_unwrap(&w->work.transfers->poller->master, context, in->pin, in->pin_size, &plain) == 0 &&
	    plain.len <= GATE_PIN_MAX) {
		memcpy(out, plain.data, plain.len);
		out[plain.len] = '\0';
		result = 0;
	}
	if (plain.data != NULL)
		OPENSSL_cleanse(plain.data, plain.len);
	buf_free(&plain);
	return result;
}

static int make_record(const struct transfer_work *w, const struct poller_permit *in, uint8_t out[GATE_PERMIT_SIZE])
{
	struct gate_permit p = {
		.credential = in->credential,
		.valid_from = in->from_bounded ? gate_minute_from_unix(in->valid_from_s) : GATE_MINUTE_UNBOUNDED_FROM,
		.valid_to = in->to_bounded ? gate_minute_from_unix(in->valid_to_s) : GATE_MINUTE_UNBOUNDED_TO,
		.extended_unlock = in->extended_unlock,
		.apb_exempt = in->apb_exempt,
		.disabled = in->disabled,
	};

	if (in->removed)
		p = (struct gate_permit){ .credential = in->credential };
	else if (strlen(in->card) > GATE_CARD_MAX || open_pin(w, in, p.pin) < 0)
		return -1;
	else
		memcpy(p.card, in->card, strlen(in->card) + 1);
	for (int i = 0; i < POLLER_DOORS && !in->removed; i++) {
		if (in->levels[i] < 0 || in->levels[i] > GATE_LEVEL_MAX)
			return -1;
		p.levels[i] = (uint8_t)in->levels[i];
	}
	int result = gate_permit_encode(&p, out);
	OPENSSL_cleanse(&p, sizeof p);
	return result;
}

static void take_record(void *arg, const struct async_rows *row)
{
	struct transfer_work *w = arg;
	uint8_t record[GATE_PERMIT_SIZE], packed[GATE_PERMIT_PACKED_MAX];
	struct poller_permit in;

	if (w->work.controller == NULL)
		return;
	poller_permit_read(row, 0, &in);
	if (make_record(w, &in, record) < 0) {
		w->skipped++;
		return;
	}
	size_t size = gate_permit_pack(w->last, record, packed);
	if (size == 0)		/* two stretches within the same minutes */
		return;
	memcpy(w->last, record, sizeof record);
	buf_add(&w->records, packed, size);
	w->count++;
	w->work.transfers->bytes += size;
	if (w->digest != NULL && gate_digest_add(w->digest, w->digest_key, STREAM_PERMITS,
	    gate_digest_bucket_credential(in.credential), record, sizeof record) < 0)
		fatalx("OpenSSL gives no digest");
}

/* The same content for the same job has the same id, whoever sends it and after whatever crash: so it resumes. */
static void make_plan(struct transfer_work *w, uint64_t from)
{
	struct gate_transfer_begin *b = &w->plan.begin;
	unsigned char id[SHA256_LENGTH];
	struct buf name = { 0 };

	*b = (struct gate_transfer_begin){
		.stream = STREAM_PERMITS,
		.mode = w->work.from < 0 ? GATE_TRANSFER_FULL : GATE_TRANSFER_DELTA,
		.from = from, .to = (uint64_t)w->work.to,
		.bytes = (uint32_t)w->records.len,
		.chunks = (uint32_t)((w->records.len + GATE_CHUNK_SIZE - 1) / GATE_CHUNK_SIZE),
	};
	sha256(buf_text(&w->records), w->records.len, b->sha256);
	buf_addf(&name, "%d/%d/%llu/%llu/", b->stream, b->mode, (unsigned long long)b->from, (unsigned long long)b->to);
	if (b->mode == GATE_TRANSFER_FULL)	/* what it took once and lost since it must not take for done */
		buf_addf(&name, "%lld/", (long long)w->work.job);
	buf_add_hex(&name, b->sha256, sizeof b->sha256);
	sha256(buf_text(&name), name.len, id);
	memcpy(b->transfer, id, sizeof b->transfer);
	buf_free(&name);
	w->plan.read = read_payload;
	w->plan.context = w;
}

static void finish(struct controller *c, bool ok, const char *reason, int64_t now_ms)
{
	struct transfer_work *w = c->transfer;

	c->transfer = NULL;
	work_ended(c, &w->work, ok, reason, now_ms);
	work_free(w);
}

static void loaded(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct transfer_work *w = arg;
	struct controller *c = w->work.controller;
	int64_t now = clock_mono_ms();

	(void)rows;
	w->work.transfers->loading--;
	if (c == NULL) {
		work_free(w);
		return;
	}
	if (outcome != ASYNC_OK || w->work.stopped) {
		finish(c, false, w->work.stopped ? "stopped" : "the database did not give the records", now);
		return;
	}
	if (w->skipped > 0)
		log_warnx("controller %d: %u permits can not be held by it and are left out", c->id, w->skipped);
	if (w->digest != NULL)
		gate_digest_whole(w->digest, w->expected);
	if (w->work.from >= 0 && w->records.len == 0) {		/* nothing that concerns it: no traffic */
		const struct stream_held *held = &c->held[STREAM_PERMITS - 1];
		uint64_t told = c->told_revision[STREAM_PERMITS - 1];

		stream_confirmed(c, &w->work, (uint64_t)w->work.to, held->known && held->has_digest ? held->digest : NULL);
		c->told_revision[STREAM_PERMITS - 1] = told;
		finish(c, true, "", now);
		return;
	}
	make_plan(w, w->work.from < 0 ? 0 : c->told_revision[STREAM_PERMITS - 1]);
	w->work.state = WORK_SENDING;
	log_debug("controller %d: %s load of permits to revision %lld, %u records", c->id, w->work.from < 0 ? "full" :
	    "delta", (long long)w->work.to, w->count);
	session_step(c, &(struct gate_input){ .kind = GATE_IN_TRANSFER, .u.transfer = &w->plan }, now);
}

static void expect_digest(struct transfer_work *w, const struct controller *c)
{
	uint8_t key[GATE_KEY_SIZE];
	const struct seal_key *master = &c->poller->master;

	if (gate_digest_key_derive(master->bytes, sizeof master->bytes, c->serial, key) < 0)
		fatalx("OpenSSL gives no HMAC-SHA-256");
	w->digest_key = gate_digest_key_new(key);
	if (w->digest_key == NULL)
		fatalx("OpenSSL gives no HMAC-SHA-256");
	w->digest = xcalloc(1, sizeof *w->digest);
	gate_digest_clear(w->digest);
	OPENSSL_cleanse(key, sizeof key);
}

void permits_start(struct transfers *t, struct controller *c, const struct poller_stream *s)
{
	struct transfer_work *w = xcalloc(1, sizeof *w);
	/* without knowing what it holds, or when it holds nothing, only all of it will do */
	bool full = s->full || !s->held_known || s->held == 0 || c->told_revision[STREAM_PERMITS - 1] == 0;

	w->work = (struct work){ .transfers = t, .controller = c, .token = c->token, .stream = STREAM_PERMITS,
		.from = full ? -1 : s->held, .to = s->wanted, .job = s->job, .state = WORK_LOADING };
	if (full)
		expect_digest(w, c);
	c->transfer = w;
	t->loading++;
	work_progress(c, &w->work, 0, 0, clock_mono_ms());
	poller_permits(plan_db(t->poller), c->id, w->work.from, w->work.to, take_record, loaded, w);
}

void permits_action(struct controller *c, const struct gate_action *a, int64_t now_ms)
{
	struct transfer_work *w = c->transfer;

	if (w == NULL)
		return;
	switch (a->kind) {
	case GATE_ACT_TRANSFER_PROGRESS:
		work_progress(c, &w->work, a->u.progress.done, a->u.progress.total, now_ms);
		break;
	case GATE_ACT_STREAM_CONFIRMED:
		if (w->digest != NULL && a->u.confirmed.digest != NULL &&
		    memcmp(w->expected, a->u.confirmed.digest, GATE_SUM_SIZE) != 0)
			log_warnx("controller %d: what it holds after a full load is not what was sent", c->id);
		else
			stream_confirmed(c, &w->work, a->u.confirmed.revision, a->u.confirmed.digest);
		break;
	case GATE_ACT_TRANSFER_ENDED:
		finish(c, a->u.ended.ok, a->u.ended.reason != NULL ? a->u.ended.reason : "", now_ms);
		break;
	default:
		break;
	}
}

void permits_stop(struct controller *c, int64_t job, int64_t now_ms)
{
	if (c->transfer != NULL)
		work_stop(c, &c->transfer->work, job, now_ms);
}

void permits_forget(struct controller *c)
{
	struct transfer_work *w = c->transfer;

	if (w == NULL)
		return;
	c->transfer = NULL;
	if (work_abandon(&w->work))
		work_free(w);
}
