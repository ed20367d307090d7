/* What gate-poller asks and says of UHPPOTE boards: their cards, what they said of themselves, searches for new ones. */
#ifndef DB_POLLER_BOARD_H
#define DB_POLLER_BOARD_H

#include "db/poller.h"

/* Cards of a board, one at a time; from < 0 = everything. */
struct poller_card {
	const char *card;
	int64_t from_day, to_day;	/* days since 1970-01-01 of the site, both inclusive */
	uint32_t doors;			/* bit 0 = door 1; 0 = the card is to go */
	const uint8_t *pin;		/* sealed; size 0 = none */
	size_t pin_size;
	int32_t cardholder;
};
void poller_cards(struct async *, int32_t controller, int64_t from, int64_t to, async_each *, async_done *, void *arg);
void poller_card_read(const struct async_rows *, int row, struct poller_card *);

struct poller_board {
	int32_t controller;
	int64_t token;
	const char *listener;		/* "" = not said; so for all texts */
	bool listener_ours;
	const char *replaced, *mac, *firmware_date;
	int64_t cards, drift;		/* -1 = not said */
	int delays[POLLER_BOARD_DOORS];
};
void poller_board(struct async *, const struct poller_board *, async_done *, void *arg);

struct poller_search {
	int32_t id;
	const char *network;
	int bits;			/* of its mask; 32 = one address */
	int port;
};
void poller_searches(struct async *, async_done *, void *arg);
void poller_search_read(const struct async_rows *, int row, struct poller_search *);

struct poller_found {
	const char *serial, *address, *netmask, *gateway, *mac, *firmware, *firmware_date;
	int port;
};
void poller_search_found(struct async *, int32_t search, const struct poller_found *, async_done *, void *arg);
void poller_search_end(struct async *, int32_t search, const char *reason, async_done *, void *arg);

#endif
