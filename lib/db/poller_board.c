#include "db/poller_board.h"

void poller_cards(struct async *db, int32_t controller, int64_t from, int64_t to, async_each *each, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT card_number, valid_from - date '1970-01-01', valid_to - date '1970-01-01', doors,"
	    " pin_sealed, cardholder_id FROM api.poller_cards($1, $2, $3)", done, arg);

	async_call_int4(c, controller);
	async_call_int8_or_null(c, from < 0, from);
	async_call_int8(c, to);
	async_call_each(c, each);
	async_send(db, c);
}

void poller_card_read(const struct async_rows *rows, int row, struct poller_card *out)
{
	*out = (struct poller_card){
		.card = async_text(rows, row, 0),
		.from_day = async_int(rows, row, 1),
		.to_day = async_int(rows, row, 2),
		.doors = (uint32_t)async_int(rows, row, 3),
		.cardholder = (int32_t)async_int(rows, row, 5),
	};
	out->pin = async_bytes(rows, row, 4, &out->pin_size);
}

void poller_board(struct async *db, const struct poller_board *b, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT api.poller_board($1, $2, nullif($3, ''), CASE WHEN $3 <> '' THEN $4 END,"
	    " nullif($5, ''), $6, nullif($7, '')::date, nullif($8, -1), nullif($9, -1), ARRAY[$10, $11, $12, $13]::int2[])", done, arg);

	async_call_int4(c, b->controller);
	async_call_int8(c, b->token);
	async_call_text(c, b->listener);
	async_call_bool(c, b->listener_ours);
	async_call_text(c, b->replaced);
	async_call_text(c, b->mac);
	async_call_text(c, b->firmware_date);
	async_call_int4(c, (int32_t)b->cards);
	async_call_int4(c, (int32_t)b->drift);
	for (int i = 0; i < POLLER_BOARD_DOORS; i++)
		async_call_int4(c, b->delays[i]);
	async_send(db, c);
}

void poller_searches(struct async *db, async_done *done, void *arg)
{
	async_send(db, async_call_new("SELECT id, network, masklen, port FROM api.poller_searches()", done, arg));
}

void poller_search_read(const struct async_rows *rows, int row, struct poller_search *out)
{
	*out = (struct poller_search){
		.id = (int32_t)async_int(rows, row, 0),
		.network = async_text(rows, row, 1),
		.bits = (int)async_int(rows, row, 2),
		.port = (int)async_int(rows, row, 3),
	};
}

void poller_search_found(struct async *db, int32_t search, const struct poller_found *f, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT api.poller_search_found($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, '')::date)",
	    done, arg);

	async_call_int4(c, search);
	async_call_text(c, f->serial);
	async_call_text(c, f->address);
	async_call_int4(c, f->port);
	async_call_text(c, f->netmask);
	async_call_text(c, f->gateway);
	async_call_text(c, f->mac);
	async_call_text(c, f->firmware);
	async_call_text(c, f->firmware_date);
	async_send(db, c);
}

void poller_search_end(struct async *db, int32_t search, const char *reason, async_done *done, void *arg)
{
	struct async_call *c = async_call_new("SELECT api.poller_search_end($1, $2)", done, arg);

	async_call_int4(c, search);
	async_call_text(c, reason);
	async_send(db, c);
}
