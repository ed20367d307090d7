/* Why (G-10): may somebody pass a gate at a moment, by what the gate held then and by what the server had. */
#ifndef DB_EXPLANATION_H
#define DB_EXPLANATION_H

#include <stdint.h>

#include "db/conn.h"

/* What a controller had confirmed at a moment; 0: nothing. */
struct explanation_held {
	int64_t revision, since_ms;
	int64_t list_revision, list_since_ms;
	int64_t server_revision;
};

/* Ids 0 and texts "" mean none; text belongs to the rows. */
struct explanation {
	int cardholder_id, gate_id;
	const char *employee_number, *name, *card_number, *gate;
	int64_t at_ms;
	const char *verdict, *server_verdict;	/* pass, refuse, unknown */
	struct explanation_held held;
	const char *reasons;	/* JSON array, in the order of decision */
	const char *event;	/* JSON object, or "" */
};

/* DB_NONE: not there, or out of scope. card: one of the cardholder's, NULL for the one in use. With DB_OK the caller frees *rows. */
enum db_result explanation_find(struct db *db, int64_t cardholder, const char *card, int64_t gate, int64_t at_ms, struct db_rows **rows,
				struct explanation *explanation) __attribute__((warn_unused_result));
/* Of an event at t_ms. DB_NONE too for what is neither a passage nor a refusal. */
enum db_result explanation_of_event(struct db *db, int64_t log, int64_t seq, int64_t t_ms, struct db_rows **rows,
				    struct explanation *explanation) __attribute__((warn_unused_result));

struct explanation_gate {
	char name[64 * 4 + 1];
	struct explanation_held held;
};

/* What the gate's controller held; DB_NONE: out of scope. */
enum db_result explanation_gate(struct db *db, int64_t gate, int64_t at_ms, struct explanation_gate *out) __attribute__((warn_unused_result));
/* Rows: cardholder id, employee number, name, department id, department, card number, pass level, held (null: not known), server. */
enum db_result explanation_passers(struct db *db, int64_t gate, int64_t at_ms, int64_t after, int limit, struct db_rows **rows) __attribute__((warn_unused_result));

/* One row: id, employee number, name; none when out of scope. */
enum db_result explanation_person(struct db *db, int64_t cardholder, struct db_rows **rows) __attribute__((warn_unused_result));
/* Rows: gate id, gate, card number, pass level, held (null: not known), server, held revision, list revision. */
enum db_result explanation_gates(struct db *db, int64_t cardholder, int64_t at_ms, int64_t after, int limit, struct db_rows **rows) __attribute__((warn_unused_result));

#endif
