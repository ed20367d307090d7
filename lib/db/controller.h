/* Controllers with their gates, as who administers them sees them. All text belongs to the rows it was read from. */
#ifndef DB_CONTROLLER_H
#define DB_CONTROLLER_H

#include "db/conn.h"
#include "db/gate.h"

struct controller {
	int id;
	const char *name, *driver, *serial, *address, *note;
	int port;
	bool enabled;
	int64_t revision;
	struct gate_contact contact;
	const char *model, *firmware;	/* "" before it was heard */
	int64_t clock_offset_ms;
	bool has_clock_offset;
	const char *gates, *board;	/* JSON array; JSON object of a UHPPOTE board, else "null": ready to send */
};

/* All in scope, or the one of id, in order of name. */
enum db_result controllers_list(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* DB_NONE: not there, or out of scope. */
enum db_result controller_find(struct db *db, int64_t id, struct db_rows **rows, struct controller *controller)
	__attribute__((warn_unused_result));
void controller_read(const struct db_rows *rows, int row, struct controller *controller);

/* controller and change: a JSON object; gates: a JSON array. SQLSTATEs KD001, KD003, KD004, KD007 as in sql/api/controller.sql. */
enum db_result controller_create(struct db *db, const char *controller, const char *gates, int64_t *id) __attribute__((warn_unused_result));
enum db_result controller_update(struct db *db, int64_t id, int64_t if_match, const char *change) __attribute__((warn_unused_result));
enum db_result controller_delete(struct db *db, int64_t id, int64_t if_match, int64_t *revision) __attribute__((warn_unused_result));

#endif
