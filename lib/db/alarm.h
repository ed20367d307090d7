/* Alarms that are on, wait for somebody, or are recent. */
#ifndef DB_ALARM_H
#define DB_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

/* Ids 0 and times 0 mean none; text belongs to the rows. */
struct alarm {
	int64_t id;
	int kind, gate_id, management_group_id, controller_id, acknowledged_by;
	const char *gate, *management_group, *controller, *acknowledged_by_name, *comment;
	int64_t raised_ms, cleared_ms, acknowledged_ms;
	int64_t raised_us;	/* for the cursor */
};

struct alarm_filter {
	int open;		/* -1 all, 1 still on or not acknowledged, 0 the others */
	const int64_t *gates, *management_groups, *ids;
	size_t gate_count, management_group_count, id_count;
	int64_t before_us, before_id;	/* 0: from the newest */
	int limit;
};

enum db_result alarms_list(struct db *db, const struct alarm_filter *filter, struct db_rows **rows) __attribute__((warn_unused_result));
void alarm_read(const struct db_rows *rows, int row, struct alarm *alarm);
/* Those in scope that are on, and those that nobody acknowledged. */
enum db_result alarms_count(struct db *db, int64_t *open, int64_t *unacknowledged) __attribute__((warn_unused_result));
/* SQLSTATE KD003: one is not there. */
enum db_result alarms_acknowledge(struct db *db, const int64_t *ids, size_t count, const char *comment) __attribute__((warn_unused_result));

#endif
