#include "db/poller_stream.h"

#include <string.h>

void poller_streams(struct async *db, int32_t poller, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT controller_id, token, stream, held_revision, wanted_revision, job_id,"
	    " \"full\" FROM api.poller_streams($1)", done, arg);

	async_call_int4(c, poller);
	async_send(db, c);
}

void poller_stream_read(const struct async_rows *rows, int row, struct poller_stream *out)
{
	*out = (struct poller_stream){
		.controller = (int32_t)async_int(rows, row, 0),
		.token = async_int(rows, row, 1),
		.stream = (int)async_int(rows, row, 2),
		.held_known = !async_is_null(rows, row, 3),
		.held = async_int(rows, row, 3),
		.wanted = async_int(rows, row, 4),
		.job = async_int(rows, row, 5),
		.full = async_bool(rows, row, 6),
	};
}

void poller_held(struct async *db, int32_t poller, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT s.controller_id, s.stream, s.confirmed_revision, s.digest"
	    " FROM kidoban.controller_stream s JOIN kidoban.controller_lease l ON l.controller_id = s.controller_id"
	    " WHERE l.poller_id = $1", done, arg);

	async_call_int4(c, poller);
	async_send(db, c);
}

void poller_held_read(const struct async_rows *rows, int row, struct poller_held *out)
{
	*out = (struct poller_held){
		.controller = (int32_t)async_int(rows, row, 0),
		.stream = (int)async_int(rows, row, 1),
		.revision = async_int(rows, row, 2),
	};
	out->digest = async_bytes(rows, row, 3, &out->digest_size);
}

void poller_permits(struct async *db, int32_t controller, int64_t from, int64_t to, async_each *each, async_done *done,
    void *arg)
{
	struct async_call *c = async_call_new("SELECT credential_id, card_number, valid_from, valid_to, levels, pin_sealed,"
	    " extended_unlock, apb_exempt, removed, cardholder_id, disabled FROM api.permit_records($1, $2, $3)", done, arg);

	async_call_int4(c, controller);
	async_call_int8_or_null(c, from < 0, from);
	async_call_int8(c, to);
	async_call_each(c, each);
	async_send(db, c);
}

/* An infinite timestamp is no bound at all. */
static bool bound(const struct async_rows *rows, int row, int column, int64_t *out_s)
{
	int64_t raw = async_int(rows, row, column);

	*out_s = 0;
	if (async_is_null(rows, row, column) || raw == INT64_MAX || raw == INT64_MIN)
		return false;
	int64_t ms = pg_time_to_ms(raw);
	*out_s = ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
	return true;
}

void poller_permit_read(const struct async_rows *rows, int row, struct poller_permit *out)
{
	*out = (struct poller_permit){
		.credential = (uint32_t)async_int(rows, row, 0),
		.card = async_text(rows, row, 1),
		.extended_unlock = async_bool(rows, row, 6),
		.apb_exempt = async_bool(rows, row, 7),
		.removed = async_bool(rows, row, 8),
		.cardholder = (int32_t)async_int(rows, row, 9),
		.disabled = async_bool(rows, row, 10),
	};
	out->from_bounded = bound(rows, row, 2, &out->valid_from_s);
	out->to_bounded = bound(rows, row, 3, &out->valid_to_s);
	async_ints(rows, row, 4, out->levels, POLLER_DOORS);
	out->pin = async_bytes(rows, row, 5, &out->pin_size);
}

void poller_revocations(struct async *db, struct pg_array *controllers, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT controller_id, credential_id, reason, revision FROM api.revocations($1)",
	    done, arg);

	async_call_array(c, controllers);
	async_send_first(db, c);
}

void poller_revocation_read(const struct async_rows *rows, int row, struct poller_revocation *out)
{
	*out = (struct poller_revocation){
		.controller = (int32_t)async_int(rows, row, 0),
		.credential = (uint32_t)async_int(rows, row, 1),
		.reason = (int)async_int(rows, row, 2),
		.revision = async_int(rows, row, 3),
	};
}

void poller_confirm_begin(struct poller_confirm *b)
{
	pg_array_begin(&b->controller, PG_INT4);
	pg_array_begin(&b->token, PG_INT8);
	pg_array_begin(&b->stream, PG_INT2);
	pg_array_begin(&b->revision, PG_INT8);
	pg_array_begin(&b->digest, PG_BYTEA);
}

void poller_confirm_free(struct poller_confirm *b)
{
	pg_array_free(&b->controller);
	pg_array_free(&b->token);
	pg_array_free(&b->stream);
	pg_array_free(&b->revision);
	pg_array_free(&b->digest);
}

void poller_confirm_add(struct poller_confirm *b, int32_t controller, int64_t token, int stream, int64_t revision,
    const uint8_t *digest, size_t digest_size)
{
	pg_array_add_int4(&b->controller, controller);
	pg_array_add_int8(&b->token, token);
	pg_array_add_int2(&b->stream, (int16_t)stream);
	pg_array_add_int8(&b->revision, revision);
	if (digest != NULL)
		pg_array_add_bytes(&b->digest, digest, digest_size);
	else
		pg_array_add_null(&b->digest);
}

void poller_stream_confirm(struct async *db, struct poller_confirm *b, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT api.poller_stream_confirm($1, $2, $3, $4, $5)", done, arg);

	async_call_array(c, &b->controller);
	async_call_array(c, &b->token);
	async_call_array(c, &b->stream);
	async_call_array(c, &b->revision);
	async_call_array(c, &b->digest);
	async_send(db, c);
}

void poller_stream_lost(struct async *db, int32_t controller, int64_t token, int stream, int64_t revision, const char *reason,
    async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT api.poller_stream_lost($1, $2, $3::int2, $4, $5)", done, arg);

	async_call_int4(c, controller);
	async_call_int8(c, token);
	async_call_int4(c, stream);
	async_call_int8(c, revision);
	async_call_text(c, reason);
	async_send(db, c);
}

void poller_job_progress(struct async *db, int64_t job, int64_t token, int64_t done_so_far, int64_t total, async_done *done,
    void *arg)
{
	struct async_call *c = async_call_new("SELECT api.poller_job_progress($1, $2, $3, $4)", done, arg);

	async_call_int8(c, job);
	async_call_int8(c, token);
	async_call_int8(c, done_so_far);
	async_call_int8(c, total);
	async_send(db, c);
}

void poller_job_end(struct async *db, int64_t job, int64_t token, bool ok, const char *reason, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT api.poller_job_end($1, $2, $3, $4)", done, arg);

	async_call_int8(c, job);
	async_call_int8(c, token);
	async_call_bool(c, ok);
	async_call_text(c, reason);
	async_send(db, c);
}

void poller_peers(struct async *db, async_done *done, void *arg)
{
	async_send(db, async_call_new("SELECT count(*)::int4 FROM kidoban.poller WHERE stopped_at IS NULL"
	    " AND heartbeat > clock_timestamp() - interval '15 seconds'", done, arg));
}
