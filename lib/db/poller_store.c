/* The two big writes of gate-poller: what controllers are, and what happened at them. Many controllers in one statement. */
#include "db/poller.h"

#include <string.h>

#include "base/log.h"

void poller_status_begin(struct poller_status *s)
{
	pg_array_begin(&s->controller, PG_INT4);
	pg_array_begin(&s->token, PG_INT8);
	pg_array_begin(&s->seen_at, PG_TIMESTAMPTZ);
	pg_array_begin(&s->communication, PG_INT2);
	pg_array_begin(&s->reason, PG_TEXT);
	pg_array_begin(&s->boot_id, PG_INT8);
	pg_array_begin(&s->firmware, PG_TEXT);
	pg_array_begin(&s->model, PG_TEXT);
	pg_array_begin(&s->clock_offset_ms, PG_INT4);
	pg_array_begin(&s->newest_seq, PG_INT4);
	pg_array_begin(&s->rtt_ms, PG_INT4);
	pg_array_begin(&s->g_controller, PG_INT4);
	pg_array_begin(&s->g_door, PG_INT2);
	pg_array_begin(&s->g_lock_state, PG_INT2);
	pg_array_begin(&s->g_arm_state, PG_INT2);
	pg_array_begin(&s->g_door_state, PG_INT2);
	pg_array_begin(&s->g_verification_mode, PG_INT2);
	pg_array_begin(&s->g_unlock_mode, PG_INT2);
	pg_array_begin(&s->g_alarms, PG_INT4);
}

static struct pg_array *status_column(struct poller_status *s, int i)
{
	struct pg_array *const columns[] = {
		&s->controller, &s->token, &s->seen_at, &s->communication, &s->reason, &s->boot_id, &s->firmware, &s->model,
		&s->clock_offset_ms, &s->newest_seq, &s->rtt_ms, &s->g_controller, &s->g_door, &s->g_lock_state,
		&s->g_arm_state, &s->g_door_state, &s->g_verification_mode, &s->g_unlock_mode, &s->g_alarms,
	};

	return i < (int)lengthof(columns) ? columns[i] : NULL;
}

void poller_status_free(struct poller_status *s)
{
	struct pg_array *column;

	for (int i = 0; (column = status_column(s, i)) != NULL; i++)
		pg_array_free(column);
}

static void add_text_or_null(struct pg_array *a, const char *text)
{
	if (text != NULL && text[0] != '\0')
		pg_array_add_text(a, text);
	else
		pg_array_add_null(a);
}

void poller_status_add(struct poller_status *s, const struct poller_controller_status *c)
{
	pg_array_add_int4(&s->controller, c->controller);
	pg_array_add_int8(&s->token, c->token);
	if (c->seen_at_ms != 0)
		pg_array_add_time(&s->seen_at, c->seen_at_ms);
	else
		pg_array_add_null(&s->seen_at);
	pg_array_add_int2(&s->communication, (int16_t)c->communication);
	pg_array_add_text(&s->reason, c->reason);
	add_text_or_null(&s->firmware, c->firmware);
	add_text_or_null(&s->model, c->model);
	if (!c->greeted) {
		pg_array_add_null(&s->boot_id);
		pg_array_add_null(&s->clock_offset_ms);
		pg_array_add_null(&s->newest_seq);
		pg_array_add_null(&s->rtt_ms);
		return;
	}
	pg_array_add_int8(&s->boot_id, c->boot);
	pg_array_add_int4(&s->clock_offset_ms, c->clock_offset_ms);
	pg_array_add_int4(&s->newest_seq, (int32_t)c->newest);
	pg_array_add_int4(&s->rtt_ms, c->rtt_ms);
}

void poller_status_add_door(struct poller_status *s, int32_t controller, int door, int lock, int arm, int door_state,
    int verification, int unlock, uint32_t alarms)
{
	pg_array_add_int4(&s->g_controller, controller);
	pg_array_add_int2(&s->g_door, (int16_t)door);
	pg_array_add_int2(&s->g_lock_state, (int16_t)lock);
	pg_array_add_int2(&s->g_arm_state, (int16_t)arm);
	pg_array_add_int2(&s->g_door_state, (int16_t)door_state);
	pg_array_add_int2(&s->g_verification_mode, (int16_t)verification);
	pg_array_add_int2(&s->g_unlock_mode, (int16_t)unlock);
	pg_array_add_int4(&s->g_alarms, (int32_t)alarms);
}

void poller_store_status(struct async *db, struct poller_status *s, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT * FROM api.poller_store_status($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
	    " $11, $12, $13, $14, $15, $16, $17, $18, $19)", done, arg);
	struct pg_array *column;

	for (int i = 0; (column = status_column(s, i)) != NULL; i++)
		async_call_array(c, column);
	async_send(db, c);
}

static struct pg_array *ingest_column(struct poller_ingest *b, int i)
{
	struct pg_array *const columns[] = {
		&b->l_controller, &b->l_token, &b->l_log, &b->l_oldest, &b->e_controller, &b->e_seq, &b->e_t, &b->e_kind,
		&b->e_door, &b->e_reader, &b->e_credential, &b->e_card, &b->e_revision, &b->e_flags, &b->e_command,
		&b->e_detail, &b->l_tail,
	};

	return i < (int)lengthof(columns) ? columns[i] : NULL;
}

void poller_ingest_begin(struct poller_ingest *b)
{
	static const enum pg_type types[] = {
		PG_INT4, PG_INT8, PG_BYTEA, PG_INT4, PG_INT4, PG_INT4, PG_TIMESTAMPTZ, PG_INT2, PG_INT2, PG_INT2, PG_INT4,
		PG_TEXT, PG_INT8, PG_INT2, PG_UUID, PG_TEXT, PG_BYTEA,
	};
	struct pg_array *column;

	for (int i = 0; (column = ingest_column(b, i)) != NULL; i++)
		pg_array_begin(column, types[i]);
}

void poller_ingest_free(struct poller_ingest *b)
{
	struct pg_array *column;

	for (int i = 0; (column = ingest_column(b, i)) != NULL; i++)
		pg_array_free(column);
}

void poller_ingest_add_log(struct poller_ingest *b, int32_t controller, int64_t token, const uint8_t log[POLLER_LOG_SIZE],
    uint32_t oldest, const uint8_t *tail)
{
	pg_array_add_int4(&b->l_controller, controller);
	pg_array_add_int8(&b->l_token, token);
	pg_array_add_bytes(&b->l_log, log, POLLER_LOG_SIZE);
	pg_array_add_int4(&b->l_oldest, (int32_t)oldest);
	if (tail != NULL)
		pg_array_add_bytes(&b->l_tail, tail, POLLER_TAIL_SIZE);
	else
		pg_array_add_null(&b->l_tail);
}

/* The stored range of a time is the server's to judge; only what no timestamptz can hold is cut here. */
static int64_t storable(int64_t wall_ms)
{
	static const int64_t most = INT64_C(9000000000000);	/* year 2255 */

	return wall_ms < 0 || wall_ms > most ? most : wall_ms;
}

void poller_ingest_add_event(struct poller_ingest *b, int32_t controller, const struct poller_event *e)
{
	pg_array_add_int4(&b->e_controller, controller);
	pg_array_add_int4(&b->e_seq, (int32_t)e->seq);
	pg_array_add_time(&b->e_t, storable(e->time_ms));
	pg_array_add_int2(&b->e_kind, (int16_t)e->kind);
	pg_array_add_int2(&b->e_door, (int16_t)e->door);
	pg_array_add_int2(&b->e_reader, (int16_t)e->reader);
	pg_array_add_int4(&b->e_credential, (int32_t)e->credential);
	pg_array_add_text(&b->e_card, e->card);
	pg_array_add_int8(&b->e_revision, (int64_t)e->revision);
	pg_array_add_int2(&b->e_flags, (int16_t)e->flags);
	if (e->command != NULL)
		pg_array_add_bytes(&b->e_command, e->command, POLLER_ID_SIZE);
	else
		pg_array_add_null(&b->e_command);
	pg_array_add_text(&b->e_detail, e->detail);
}

void poller_ingest_send(struct async *db, struct poller_ingest *b, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT controller_id, log, mark FROM api.poller_ingest($1, $2, $3, $4, $5, $6,"
	    " $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)", done, arg);
	struct pg_array *column;

	for (int i = 0; (column = ingest_column(b, i)) != NULL; i++)
		async_call_array(c, column);
	async_send(db, c);
}

void poller_mark_read(const struct async_rows *rows, int row, struct poller_mark *out)
{
	size_t size;

	out->controller = (int32_t)async_int(rows, row, 0);
	out->log = async_bytes(rows, row, 1, &size);
	if (size != POLLER_LOG_SIZE)
		out->log = NULL;
	out->mark = (int32_t)async_int(rows, row, 2);
}
