/* UHPPOTE boards: searches for new ones on a network, and what the server is to do with one. All text belongs to the rows. */
#ifndef DB_UHPPOTE_H
#define DB_UHPPOTE_H

#include "db/conn.h"

struct uhppote_search {
	int64_t id;
	const char *network;		/* "192.0.2.0/24", or one address */
	int port;
	int64_t asked_ms, finished_ms;	/* 0: under way */
	const char *reason;		/* why it could not be done; "" for none */
};

struct uhppote_found {
	const char *serial, *address, *netmask, *gateway, *mac, *firmware, *firmware_date;	/* "" for not said */
	int port;
	int64_t controller_id;		/* 0: not added yet */
	const char *controller;
};

/* Asks for the boards on a network ("address" or "address/length"); a gate-poller does it. */
enum db_result uhppote_search_create(struct db *db, const char *network, int64_t port, int64_t *id) __attribute__((warn_unused_result));
/* One row for each board found. When none was there is one row, of which uhppote_found_read says false. */
enum db_result uhppote_search_find(struct db *db, int64_t id, struct db_rows **rows, struct uhppote_search *search)
	__attribute__((warn_unused_result));
bool uhppote_found_read(const struct db_rows *rows, int row, struct uhppote_found *found);

/* May its one listener be taken from whoever has it, and are door events to be made? -1: as it is. */
enum db_result uhppote_board_set(struct db *db, int64_t controller, int take_listener, int door_events) __attribute__((warn_unused_result));

#endif
