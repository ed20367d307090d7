/* Commands and lockdown: 202 with the request, whose outcomes are read at its Location (G-3, G-9). */
#include "db/command.h"

#include <string.h>

#include "cgi-bin/gates/handlers.h"
#include "gate/codes.h"
#include "web/present.h"

/* restart and alarm_stop are commands too, but not an operator's of this program. */
static int operators_command(const char *code)
{
	int command = command_from_code(code);

	return command == COMMAND_RESTART || command == COMMAND_ALARM_STOP ? -1 : command;
}

/* The modes of both kinds: which of them a command takes is looked at with the command. */
static int any_mode(const char *code)
{
	int verification = verification_mode_from_code(code), unlock = unlock_mode_from_code(code);

	return strcmp(code, "unknown") == 0 || (verification < 0 && unlock < 0) ? -1 : verification > 0 ? verification : 100 + unlock;
}

const struct web_field command_parameters[] = {
	{"Idempotency-Key", WEB_HEADER, WEB_TOKEN, .lo = 1, .hi = 64},
	{0},
};
const struct web_field command_fields[] = {
	{"gates", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 1000},
	{"gate_group", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"management_group", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"command", .type = WEB_WORD, .from_code = operators_command, .required = true},
	{"value", .type = WEB_WORD, .from_code = any_mode},
	{0},
};
const struct web_field lockdown_fields[] = {
	{"gate_group", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"management_group", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"comment", .type = WEB_TEXT, .lo = 1, .hi = 500, .required = true},
	{0},
};

static void put_outcomes(struct json *json, const struct db_rows *rows)
{
	int counts[OUTCOME_CODES + 1] = {0}, unfinished = 0;
	struct command_outcome outcome;

	put_array(json, "outcomes");
	for (int i = 0; i < db_rows_count(rows); i++) {
		command_outcome_read(rows, i, &outcome);
		const char *code = outcome_code(outcome.outcome);
		if (code == NULL)
			outcome.outcome = OUTCOME_UNKNOWN;
		counts[outcome.outcome]++;
		unfinished += outcome.outcome == OUTCOME_QUEUED || outcome.outcome == OUTCOME_SENT;
		put_object(json, NULL);
		put_ref(json, "gate", outcome.gate_id, outcome.gate);
		put_string(json, "outcome", outcome_code(outcome.outcome));
		put_text_or_null(json, "reason", outcome.reason);
		put_time(json, "queued_at", outcome.queued_ms);
		put_time_or_null(json, "sent_at", outcome.sent_ms);
		put_time_or_null(json, "finished_at", outcome.finished_ms);
		put_end_object(json);
	}
	put_end_array(json);
	put_object(json, "counts");
	for (int i = 1; i <= OUTCOME_CODES; i++)
		put_int(json, outcome_code(i), counts[i]);
	put_end_object(json);
	put_bool(json, "finished", unfinished == 0);
}

static void put_request(struct json *json, const struct command_request *command, const struct db_rows *rows)
{
	put_object(json, NULL);
	put_int(json, "id", command->id);
	put_string(json, "kind", command->kind);
	put_time(json, "at", command->at_ms);
	put_ref(json, "operator", command->operator_id, command->operator_name);
	put_string(json, "command", command_code(command->command));
	put_string(json, "value", command_value_word(command->command, command->value));
	put_string(json, "comment", command->comment);
	put_outcomes(json, rows);
	put_end_object(json);
}

void get_command(struct web_request *request)
{
	struct command_request command;
	struct db_rows *rows;
	enum db_result found = command_find(request->db, web_int(request, "id", 0), &rows, &command);

	if (found == DB_FAILED) {
		web_database_problem(request);
	} else if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else {
		put_request(&request->json, &command, rows);
		db_rows_free(rows);
	}
}

/* A key that was used for something else would silently swallow this order. */
static bool is_same_order(const struct command_order *order, const struct command_request *command, const struct db_rows *rows)
{
	const char *value = command_value_word(command->command, command->value);
	struct command_outcome outcome;

	if (strcmp(order->command, command_code(command->command)) != 0 || strcmp(order->kind, command->kind) != 0 ||
	    strcmp(order->comment, command->comment) != 0 || strcmp(order->value ? order->value : "", value ? value : "") != 0)
		return false;
	for (int i = 0; order->gates != NULL && i < db_rows_count(rows); i++) {
		bool there = false;
		command_outcome_read(rows, i, &outcome);
		for (size_t j = 0; j < order->gate_count && !there; j++)
			there = order->gates[j] == outcome.gate_id;
		if (!there)
			return false;
	}
	return true;
}

static void create(struct web_request *request, struct command_order *order)
{
	struct command_request command;
	struct db_rows *rows;
	int64_t id;

	order->idempotency_key = web_text(request, "Idempotency-Key", NULL);
	if (command_create(request->db, order, &id) != DB_OK) {
		web_database_problem(request);
		return;
	}
	enum db_result found = command_find(request->db, id, &rows, &command);
	if (found != DB_OK) {
		if (found == DB_FAILED)
			web_database_problem(request);
		else
			web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	if (is_same_order(order, &command, rows)) {
		request->status = 202;
		web_header(request, "Location", "/api/v1/gates/commands/%lld", (long long)id);
		put_request(&request->json, &command, rows);
	} else {
		web_problem(request, WEB_PROBLEM_KEY_REUSED, NULL);
	}
	db_rows_free(rows);
}

static int check_value(struct web_request *request, int command, const struct web_value *value)
{
	bool wanted = command == COMMAND_SET_VERIFICATION_MODE || command == COMMAND_SET_UNLOCK_MODE;

	if (!wanted && value->count > 0)
		return web_field_problem(request, "/value", "conflicting", "This command takes no value.");
	if (wanted && value->count == 0)
		return web_field_problem(request, "/value", "missing", "This command needs a value.");
	if (wanted && (value->numbers[0] >= 100) != (command == COMMAND_SET_UNLOCK_MODE))
		return web_field_problem(request, "/value", "not_in_list", "Not a mode of that kind.");
	return 0;
}

void command_gates(struct web_request *request)
{
	const struct web_value *gates = web_member(request, "gates"), *group = web_member(request, "gate_group");
	const struct web_value *management_group = web_member(request, "management_group"), *value = web_member(request, "value");
	int command = (int)web_member(request, "command")->numbers[0];

	if ((gates->count > 0) + group->count + management_group->count != 1) {
		web_field_problem(request, "/gates", "conflicting", "Give exactly one of gates, gate_group, management_group.");
		return;
	}
	if (check_value(request, command, value) != 0)
		return;
	struct command_order order = {
		.gates = gates->numbers,
		.gate_count = (size_t)gates->count,
		.gate_group = group->count ? group->numbers[0] : 0,
		.management_group = management_group->count ? management_group->numbers[0] : 0,
		.command = command_code(command),
		.value = value->count == 0 ? NULL : command_value_word(command, (int)(value->numbers[0] % 100)),
		.kind = "command",
		.comment = "",
	};
	create(request, &order);
}

void lock_down(struct web_request *request)
{
	const struct web_value *group = web_member(request, "gate_group"), *management_group = web_member(request, "management_group");

	if (group->count + management_group->count != 1) {
		web_field_problem(request, "/management_group", "conflicting", "Give exactly one of management_group, gate_group.");
		return;
	}
	struct command_order order = {
		.gate_group = group->count ? group->numbers[0] : 0,
		.management_group = management_group->count ? management_group->numbers[0] : 0,
		.command = command_code(COMMAND_LOCK),
		.kind = "lockdown",
		.comment = web_member(request, "comment")->texts[0],
	};
	create(request, &order);
}
