/* Commands to gates: one request, one outcome per gate. */
#ifndef DB_COMMAND_H
#define DB_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

struct command_order {
	const int64_t *gates;		/* or: */
	size_t gate_count;
	int64_t gate_group, management_group;	/* those of it that are in scope */
	const char *command, *value;	/* words; value NULL without */
	const char *kind;		/* "command" or "lockdown" */
	const char *comment;
	const char *idempotency_key;	/* NULL without */
};

/* Queues it. With a key that this operator used before: *id is that request. SQLSTATE KD003: a gate is not there. */
enum db_result command_create(struct db *db, const struct command_order *order, int64_t *id) __attribute__((warn_unused_result));

struct command_request {
	int64_t id, at_ms;
	const char *kind, *comment, *operator_name;
	int operator_id, command, value;
};
/* rows: one per gate, for command_outcome_read. DB_NONE: not there or out of scope. Text belongs to the rows. */
enum db_result command_find(struct db *db, int64_t id, struct db_rows **rows, struct command_request *request) __attribute__((warn_unused_result));

struct command_outcome {
	int gate_id, outcome;
	const char *gate, *reason;	/* "" for none */
	int64_t queued_ms, sent_ms, finished_ms;	/* 0: not yet */
};
void command_outcome_read(const struct db_rows *rows, int row, struct command_outcome *outcome);

#endif
