/* What happened since a batch, with the operators that may see it: for the program that tells browsers. */
#ifndef DB_LIVE_H
#define DB_LIVE_H

#include <stddef.h>
#include <stdint.h>

#include "db/alarm.h"
#include "db/gate.h"
#include "db/history.h"

/* One thing to tell. Exactly one of the five is meant, by kind; text belongs to the rows. */
struct live_item {
	enum { LIVE_EVENT, LIVE_GATE, LIVE_ALARM, LIVE_COMMAND, LIVE_SYSTEM } kind;
	int64_t batch;
	const char *operators;	/* "{1,2}" */
	union {
		struct event event;
		struct {
			int id;
			struct gate_state state;
			struct gate_contact contact;
		} gate;
		struct alarm alarm;
		struct {
			int64_t request_id;
			int gate_id, command, value, outcome, operator_id;
			const char *gate, *operator_name, *reason;
			int64_t queued_ms, sent_ms, finished_ms;
		} command;
		struct {
			int open;	/* alarms of the system itself */
		} system;
	};
};

/* Columns: session id, operator id; of everybody who is logged in and may see something of what is told. watching: sessions that have a stream. */
enum db_result live_sessions(struct db *db, const int64_t *watching, size_t count, struct db_rows **rows) __attribute__((warn_unused_result));
/* Newest and oldest batch that are kept. */
enum db_result live_cursor(struct db *db, int64_t *newest, int64_t *oldest) __attribute__((warn_unused_result));
/* Calls tell for each item of the batches after `after` up to and with `to`; of one kind they come in order of batch. */
enum db_result live_read(struct db *db, int64_t after, int64_t to, void (*tell)(void *arg, const struct live_item *item), void *arg)
	__attribute__((warn_unused_result));

#endif
