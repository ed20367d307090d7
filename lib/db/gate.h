/* Gates with their state, as an operator sees them. All text belongs to the rows it was read from. */
#ifndef DB_GATE_H
#define DB_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

/* Times are wall milliseconds, 0: never. States are numbers of the vocabulary. */
struct gate_state {
	int lock_state, arm_state, door_state, verification_mode, unlock_mode;
	uint32_t alarms;	/* bit n: alarm 201 + n */
	int64_t seen_ms, changed_ms;
};

struct gate_contact {
	int communication;
	int64_t since_ms, last_seen_ms;
	const char *reason;	/* "" for none */
};

struct gate {
	int id, door;
	const char *name, *building, *place;
	int management_group_id;
	const char *management_group;
	int controller_id;
	const char *controller, *driver, *address, *serial;
	int port;
	struct gate_contact contact;
	struct gate_state state;
	int64_t revision;
	const char *entry_reader, *exit_reader, *parameters;	/* parameters: JSON object */
	const char *gate_groups, *streams;			/* JSON arrays, ready to send; with gate_find only */
};

struct gate_filter {
	const int64_t *management_groups, *communications, *lock_states, *arm_states, *door_states;
	size_t management_group_count, communication_count, lock_state_count, arm_state_count, door_state_count;
	int64_t gate_group;	/* 0: any */
	const char *building, *text;	/* NULL: any */
	int alarm;		/* -1 any, 0 without, 1 with */
	int64_t after_id;
	int limit;
};

/* Up to limit rows in order of id; *total counts the filter without after and limit. */
enum db_result gates_list(struct db *db, const struct gate_filter *filter, struct db_rows **rows, int64_t *total)
	__attribute__((warn_unused_result));
void gate_read(const struct db_rows *rows, int row, struct gate *gate);
/* DB_NONE: not there, or out of scope. */
enum db_result gate_find(struct db *db, int64_t id, struct db_rows **rows, struct gate *gate) __attribute__((warn_unused_result));

struct gate_change {
	int64_t id, if_match;
	const char *name, *building, *place;	/* NULL: as it is */
	int64_t management_group;		/* 0: as it is */
};
/* SQLSTATE KD001 when it was changed since, KD003 when it is not there. */
enum db_result gate_update(struct db *db, const struct gate_change *change) __attribute__((warn_unused_result));

/* State and contact out of columns in the order of the two structs, beginning at column. */
void gate_state_read(const struct db_rows *rows, int row, int column, struct gate_state *state);
void gate_contact_read(const struct db_rows *rows, int row, int column, struct gate_contact *contact);

#define SQL_MS(time) "floor(extract(epoch FROM " time ") * 1000)::int8"

#endif
