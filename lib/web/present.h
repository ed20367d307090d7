/* What the API shows of a thing, the same wherever it is shown: in a list, alone, and on the live stream. */
#ifndef WEB_PRESENT_H
#define WEB_PRESENT_H

#include "db/alarm.h"
#include "db/command.h"
#include "db/gate.h"
#include "db/history.h"
#include "web/json.h"

/* Null when ms is 0. */
void put_time_or_null(struct json *json, const char *key, int64_t ms);
/* Null when text is "". */
void put_text_or_null(struct json *json, const char *key, const char *text);

/* Members of a Gate into an open object. now_ms: what ages count from. */
void put_gate(struct json *json, const struct gate *gate, int64_t now_ms);
void put_gate_state(struct json *json, const struct gate_state *state, int64_t now_ms);
void put_gate_contact(struct json *json, const struct gate_contact *contact);
/* One Alarm, one Event, as objects. */
void put_alarm(struct json *json, const char *key, const struct alarm *alarm);
void put_event(struct json *json, const char *key, const struct event *event);
/* The word that a command's value stands for, NULL when it takes none. */
const char *command_value_word(int command, int value);

#endif
