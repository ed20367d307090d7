/* Leases, slots, commands, keys and counters of gate-poller; its two big writes are in poller_store.c. */
#include "db/poller.h"

#include <stddef.h>

static int32_t epoch_or_none(const struct async_rows *rows, int row, int column)
{
	return async_is_null(rows, row, column) ? -1 : (int32_t)async_int(rows, row, column);
}

void poller_start(struct async *db, const char *name, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT api.poller_start($1)", done, arg);

	async_call_text(c, name);
	async_send(db, c);
}

int32_t poller_start_row(const struct async_rows *rows)
{
	return async_rows_count(rows) == 1 ? (int32_t)async_int(rows, 0, 0) : 0;
}

static void send_poller(struct async *db, const char *sql, int32_t poller, async_done *done, void *arg)
{
	struct async_call *c = async_call_new(sql, done, arg);

	async_call_int4(c, poller);
	async_send(db, c);
}

void poller_stop(struct async *db, int32_t poller, async_done *done, void *arg)
{
	send_poller(db, "SELECT api.poller_stop($1)", poller, done, arg);
}

void poller_lease(struct async *db, int32_t poller, async_done *done, void *arg)
{
	send_poller(db, "SELECT controller_id, token, driver, host(address), port, serial, log, mark, key_epoch, key_wrapped,"
	    " old_key_epoch, old_key_wrapped, enrolled, doors, gates, tail, keypads, contacts, delays, door_events,"
	    " take_listener FROM api.poller_lease($1)", poller, done, arg);
}

void poller_lease_read(const struct async_rows *rows, int row, struct poller_lease_row *out)
{
	size_t log_size;
	const uint8_t *log = async_bytes(rows, row, 6, &log_size);

	*out = (struct poller_lease_row){
		.controller = (int32_t)async_int(rows, row, 0),
		.token = async_int(rows, row, 1),
		.driver = async_text(rows, row, 2),
		.address = async_text(rows, row, 3),
		.port = (int)async_int(rows, row, 4),
		.serial = async_text(rows, row, 5),
		.log = log_size == POLLER_LOG_SIZE ? log : NULL,
		.mark = (int32_t)async_int(rows, row, 7),
		.key_epoch = epoch_or_none(rows, row, 8),
		.old_key_epoch = epoch_or_none(rows, row, 10),
		.enrolled = async_bool(rows, row, 12),
	};
	out->key = async_bytes(rows, row, 9, &out->key_size);
	out->old_key = async_bytes(rows, row, 11, &out->old_key_size);
	int doors = async_ints(rows, row, 13, out->doors, POLLER_DOORS);
	int gates = async_ints(rows, row, 14, out->gates, POLLER_DOORS);
	out->gate_count = doors < gates ? doors : gates;
	if (out->gate_count > POLLER_DOORS)
		out->gate_count = POLLER_DOORS;
	size_t tail_size;
	out->tail = async_bytes(rows, row, 15, &tail_size);
	if (tail_size != POLLER_TAIL_SIZE)
		out->tail = NULL;
	out->keypads = (int)async_int(rows, row, 16);
	out->contacts = (int)async_int(rows, row, 17);
	async_ints(rows, row, 18, out->delays, POLLER_BOARD_DOORS);
	out->door_events = async_bool(rows, row, 19);
	out->take_listener = async_bool(rows, row, 20);
}

void poller_slots(struct async *db, int32_t poller, int want, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT api.slot_lease($1, $2)", done, arg);

	async_call_int4(c, poller);
	async_call_int4(c, want);
	async_send_first(db, c);
}

int poller_slots_row(const struct async_rows *rows)
{
	return async_rows_count(rows) == 1 ? (int)async_int(rows, 0, 0) : 0;
}

void poller_site(struct async *db, async_done *done, void *arg)
{
	async_send(db, async_call_new("SELECT mutual_auth_password, time_zone, clock_due_at FROM api.poller_site()", done,
	    arg));
}

void poller_site_read(const struct async_rows *rows, struct poller_site *out)
{
	*out = (struct poller_site){ .time_zone = "" };
	if (async_rows_count(rows) != 1)
		return;
	out->password = async_bytes(rows, 0, 0, &out->password_size);
	out->time_zone = async_text(rows, 0, 1);
	out->clock_due_ms = async_time_ms(rows, 0, 2);
}

void poller_commands(struct async *db, int32_t poller, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT * FROM api.poller_commands($1)", done, arg);

	async_call_int4(c, poller);
	async_send_first(db, c);
}

int poller_command_read(const struct async_rows *rows, int row, struct poller_command *out)
{
	size_t size;

	*out = (struct poller_command){
		.id = async_bytes(rows, row, 0, &size),
		.controller = (int32_t)async_int(rows, row, 1),
		.token = async_int(rows, row, 2),
		.door = (int)async_int(rows, row, 3),
		.command = (int)async_int(rows, row, 4),
		.value = (int)async_int(rows, row, 5),
		.ttl_ms = (int32_t)async_int(rows, row, 6),
		.operator_id = (int32_t)async_int(rows, row, 7),
	};
	return size == POLLER_ID_SIZE ? 0 : -1;
}

void poller_outcomes_begin(struct poller_outcomes *o)
{
	pg_array_begin(&o->id, PG_UUID);
	pg_array_begin(&o->token, PG_INT8);
	pg_array_begin(&o->outcome, PG_INT2);
	pg_array_begin(&o->reason, PG_TEXT);
}

void poller_outcomes_free(struct poller_outcomes *o)
{
	pg_array_free(&o->id);
	pg_array_free(&o->token);
	pg_array_free(&o->outcome);
	pg_array_free(&o->reason);
}

void poller_outcomes_add(struct poller_outcomes *o, const uint8_t id[POLLER_ID_SIZE], int64_t token, int outcome,
    const char *reason)
{
	pg_array_add_bytes(&o->id, id, POLLER_ID_SIZE);
	pg_array_add_int8(&o->token, token);
	pg_array_add_int2(&o->outcome, (int16_t)outcome);
	pg_array_add_text(&o->reason, reason);
}

void poller_outcomes_send(struct async *db, struct poller_outcomes *o, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT api.poller_command_outcome($1, $2, $3, $4)", done, arg);

	async_call_array(c, &o->id);
	async_call_array(c, &o->token);
	async_call_array(c, &o->outcome);
	async_call_array(c, &o->reason);
	async_send_first(db, c);
}

static struct async_call *key_call(const char *sql, int32_t controller, int64_t token, uint32_t epoch, async_done *done,
    void *arg)
{
	struct async_call *c = async_call_new(sql, done, arg);

	async_call_int4(c, controller);
	async_call_int8(c, token);
	async_call_int4(c, (int32_t)epoch);
	return c;
}

void poller_key_stage(struct async *db, int32_t controller, int64_t token, uint32_t epoch, const void *wrapped, size_t size,
    async_done *done, void *arg)
{
	struct async_call *c = key_call("SELECT api.poller_key_stage($1, $2, $3, $4)", controller, token, epoch, done, arg);

	async_call_bytes(c, wrapped, size);
	async_send(db, c);
}

void poller_key_activate(struct async *db, int32_t controller, int64_t token, uint32_t epoch, async_done *done, void *arg)
{
	async_send(db, key_call("SELECT api.poller_key_activate($1, $2, $3)", controller, token, epoch, done, arg));
}

void poller_key_retire(struct async *db, int32_t controller, int64_t token, uint32_t epoch, async_done *done, void *arg)
{
	async_send(db, key_call("SELECT api.poller_key_retire($1, $2, $3)", controller, token, epoch, done, arg));
}

void poller_counters(struct async *db, int32_t poller, struct pg_array *names, struct pg_array *values, async_done *done,
    void *arg)
{
	struct async_call *c = async_call_new("SELECT api.poller_counters($1, $2, $3)", done, arg);

	async_call_int4(c, poller);
	async_call_array(c, names);
	async_call_array(c, values);
	async_send(db, c);
}

void poller_nudge(struct async *db, const char *serial, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT pg_notify('kidoban_nudge', $1)", done, arg);

	async_call_text(c, serial);
	async_send(db, c);
}
