/* Gates, alarms and events as JSON. */
#include <json-c/json_tokener.h>
#include <stdio.h>
#include <string.h>

#include "gate/codes.h"
#include "web/present.h"

#define FIRST_ALARM 201

void put_time_or_null(struct json *json, const char *key, int64_t ms)
{
	if (ms == 0)
		put_null(json, key);
	else
		put_time(json, key, ms);
}

void put_text_or_null(struct json *json, const char *key, const char *text)
{
	put_string(json, key, text[0] == '\0' ? NULL : text);
}

/* A number that a newer controller may have sent and we have no word for is unknown. */
static const char *word(const char *code)
{
	return code ? code : "unknown";
}

void put_gate_contact(struct json *json, const struct gate_contact *contact)
{
	put_string(json, "communication", word(communication_code(contact->communication)));
	put_time_or_null(json, "communication_since", contact->since_ms);
	put_time_or_null(json, "last_seen_at", contact->last_seen_ms);
	put_text_or_null(json, "reason", contact->reason);
}

void put_gate_state(struct json *json, const struct gate_state *state, int64_t now_ms)
{
	put_object(json, "state");
	put_string(json, "lock_state", word(lock_state_code(state->lock_state)));
	put_string(json, "arm_state", word(arm_state_code(state->arm_state)));
	put_string(json, "door_state", word(door_state_code(state->door_state)));
	put_string(json, "verification_mode", word(verification_mode_code(state->verification_mode)));
	put_string(json, "unlock_mode", word(unlock_mode_code(state->unlock_mode)));
	put_array(json, "alarms");
	for (int bit = 0; bit < 32; bit++) {
		const char *code = (state->alarms >> bit & 1) ? event_code(FIRST_ALARM + bit) : NULL;
		if (code != NULL)
			put_string(json, NULL, code);
	}
	put_end_array(json);
	put_time_or_null(json, "seen_at", state->seen_ms);
	put_time_or_null(json, "changed_at", state->changed_ms);
	if (state->seen_ms == 0)
		put_null(json, "age_s");
	else
		put_int(json, "age_s", now_ms > state->seen_ms ? (now_ms - state->seen_ms) / 1000 : 0);
	put_end_object(json);
}

void put_gate(struct json *json, const struct gate *gate, int64_t now_ms)
{
	put_int(json, "id", gate->id);
	put_string(json, "name", gate->name);
	put_string(json, "building", gate->building);
	put_string(json, "place", gate->place);
	put_int(json, "door", gate->door);
	put_ref(json, "management_group", gate->management_group_id, gate->management_group);
	put_object(json, "controller");
	put_int(json, "id", gate->controller_id);
	put_string(json, "name", gate->controller);
	put_string(json, "driver", gate->driver);
	put_string(json, "address", gate->address);
	put_int(json, "port", gate->port);
	put_string(json, "serial", gate->serial);
	put_gate_contact(json, &gate->contact);
	put_end_object(json);
	put_gate_state(json, &gate->state, now_ms);
	put_int(json, "revision", gate->revision);
}

void put_alarm(struct json *json, const char *key, const struct alarm *alarm)
{
	put_object(json, key);
	put_int(json, "id", alarm->id);
	put_string(json, "kind", word(event_code(alarm->kind)));
	put_ref(json, "gate", alarm->gate_id, alarm->gate);
	put_ref(json, "management_group", alarm->management_group_id, alarm->management_group);
	put_ref(json, "controller", alarm->controller_id, alarm->controller);
	put_time(json, "raised_at", alarm->raised_ms);
	put_time_or_null(json, "cleared_at", alarm->cleared_ms);
	put_time_or_null(json, "acknowledged_at", alarm->acknowledged_ms);
	put_ref(json, "acknowledged_by", alarm->acknowledged_by, alarm->acknowledged_by_name);
	if (alarm->acknowledged_ms == 0)
		put_null(json, "comment");
	else
		put_string(json, "comment", alarm->comment);
	put_end_object(json);
}

const char *command_value_word(int command, int value)
{
	if (command == COMMAND_SET_VERIFICATION_MODE)
		return verification_mode_code(value);
	if (command == COMMAND_SET_UNLOCK_MODE)
		return unlock_mode_code(value);
	return NULL;
}

/* Details are JSON that a poller wrote, and may be what a controller said: looked at before they go into ours. */
static void put_details(struct json *json, const char *details)
{
	if (details[0] == '\0') {
		put_raw(json, "details", "{}");
		return;
	}
	struct json_object *object = json_tokener_parse(details);
	if (json_object_get_type(object) == json_type_object) {
		put_raw(json, "details", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	} else {
		put_object(json, "details");
		put_string(json, "text", details);
		put_end_object(json);
	}
	json_object_put(object);
}

/* A name without a link: id is null where the thing is out of scope or gone. */
static void put_id_or_null(struct json *json, const char *key, int64_t id)
{
	if (id == 0)
		put_null(json, key);
	else
		put_int(json, key, id);
}

static void put_persons(struct json *json, const struct event *event)
{
	if (event->employee_number[0] == '\0' && event->name[0] == '\0') {
		put_null(json, "cardholder");
	} else {
		put_object(json, "cardholder");
		put_id_or_null(json, "id", event->cardholder_id);
		put_string(json, "employee_number", event->employee_number);
		put_string(json, "name", event->name);
		put_string(json, "kana", event->kana);
		put_end_object(json);
	}
	if (event->department[0] == '\0') {
		put_null(json, "department");
	} else {
		put_object(json, "department");
		put_id_or_null(json, "id", event->department_id);
		put_string(json, "name", event->department);
		put_end_object(json);
	}
	put_ref(json, "operator", event->operator_id, event->operator_name);
}

void put_event(struct json *json, const char *key, const struct event *event)
{
	char id[40];

	snprintf(id, sizeof(id), "%d-%d", event->log, event->seq);
	put_object(json, key);
	put_string(json, "id", id);
	put_time(json, "t", event->t_ms);
	put_string(json, "category", event->category);
	put_string(json, "kind", word(event_code(event->kind)));
	put_string(json, "reader", event->reader == 0 ? NULL : reader_side_code(event->reader));
	put_ref(json, "gate", event->gate_id, event->gate);
	put_ref(json, "management_group", event->management_group_id, event->management_group);
	put_ref(json, "controller", event->controller_id, event->controller);
	put_text_or_null(json, "card_number", event->card_number);
	put_persons(json, event);
	if (event->raised < 0)
		put_null(json, "raised");
	else
		put_bool(json, "raised", event->raised != 0);
	put_details(json, event->details);
	put_end_object(json);
}
