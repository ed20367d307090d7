/* /cardholders/{id}/proof: which gates hold the latest about somebody, and which are exposed. */
#include "db/transfer.h"

#include <string.h>

#include "cgi-bin/transfers/handlers.h"
#include "gate/codes.h"
#include "web/present.h"

static void put_rows(struct json *json, const char *key, const struct db_rows *rows, const struct proof *proof)
{
	bool confirmed = strcmp(key, "confirmed") == 0;

	put_array(json, key);
	for (int i = 0; i < proof->rows; i++) {
		struct proof_gate gate;

		proof_gate_read(rows, i, &gate);
		if (strcmp(gate.state, key) != 0)
			continue;
		put_object(json, NULL);
		put_ref(json, "gate", gate.gate_id, gate.gate);
		put_int(json, confirmed ? "confirmed_revision" : "held_revision", gate.held_revision);
		put_time_or_null(json, confirmed ? "confirmed_at" : "since", gate.since_ms);
		if (!confirmed) {
			put_string(json, "reason", gate.reason);
			put_string(json, "communication", gate.communication > 0 ? communication_code(gate.communication) : "unknown");
			if (gate.job > 0)
				put_int(json, "transfer", gate.job);
			else
				put_null(json, "transfer");
		}
		put_end_object(json);
	}
	put_end_array(json);
}

void get_proof(struct web_request *request)
{
	struct json *json = &request->json;
	struct db_rows *rows;
	struct proof proof;
	enum db_result found = proof_find(request->db, web_int(request, "id", 0), &rows, &proof);

	if (found == DB_FAILED) {
		web_database_problem(request);
		return;
	}
	if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	put_object(json, NULL);
	put_int(json, "revision", proof.revision);
	put_rows(json, "confirmed", rows, &proof);
	put_rows(json, "exposed", rows, &proof);
	put_rows(json, "pending", rows, &proof);
	put_int(json, "concerned", proof.concerned);
	put_int(json, "exposed_count", proof.exposed);
	put_int(json, "pending_count", proof.pending);
	put_end_object(json);
	db_rows_free(rows);
}
