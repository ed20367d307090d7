/* History: pages of events, newest first, and what is drawn from them. */
#ifndef DB_HISTORY_H
#define DB_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

/* Ids 0 and texts "" mean none; text belongs to the rows. */
struct event {
	const char *category;
	int64_t t_ms, t_us;
	int log, seq, kind, reader;
	int gate_id, management_group_id, controller_id, operator_id;
	const char *gate, *management_group, *controller, *operator_name;
	const char *card_number, *employee_number, *name, *kana, *department;
	int cardholder_id, department_id;
	int raised;		/* -1: not an alarm */
	const char *details;	/* JSON object, or "" */
};

/* After which event a page begins; t_us 0: at the newest. */
struct history_cursor {
	int64_t t_us;
	int64_t log, seq;
};

struct history_filter {
	const char *category;
	int64_t from_ms, to_ms;
	const int64_t *gates, *management_groups, *departments, *kinds;
	size_t gate_count, management_group_count, department_count, kind_count;
	int64_t cardholder;	/* 0: any */
	const char *text;	/* NULL: any; part of name, kana, employee number or card number */
	struct history_cursor before;
	int limit;
};

struct history_page {
	struct db_rows *rows;		/* event_read; the caller frees them */
	int count;
	bool stopped;			/* the search took long and stopped at next; there may be more */
	bool more;			/* ask on with next */
	struct history_cursor next;
};

enum db_result history_read_page(struct db *db, const struct history_filter *filter, struct history_page *page) __attribute__((warn_unused_result));
void event_read(const struct db_rows *rows, int row, const char *category, struct event *event);

/* Columns: t (ms), entry, exit, refused; one row an hour, oldest first. */
enum db_result history_passages_per_hour(struct db *db, const struct history_filter *filter, struct db_rows **rows) __attribute__((warn_unused_result));
/* Columns: gate id, name, kind, count; rows of a gate together, gates with most first. */
enum db_result history_alarms_per_gate(struct db *db, const struct history_filter *filter, struct db_rows **rows) __attribute__((warn_unused_result));

#endif
