/*
 * Inside lib/gate: what every driver gives, and the actions it emits.
 */
#ifndef KIDOBAN_GATE_SESSION_H
#define KIDOBAN_GATE_SESSION_H

#include "gate/driver.h"

struct gate_driver {
	const char *name;
	bool secured;
	struct gate_session *(*create)(const struct gate_config *);
	void (*destroy)(struct gate_session *);
	void (*step)(struct gate_session *, const struct gate_input *, int64_t mono_ms, int64_t wall_ms,
	    struct gate_actions *);
	enum gate_session_state (*state)(const struct gate_session *);
	bool (*holds_slot)(const struct gate_session *);
	bool (*is_doubtful)(const struct gate_session *);
	bool (*is_transferring)(const struct gate_session *);
	uint32_t (*mark)(const struct gate_session *);
};

/* First member of every driver's session. */
struct gate_session {
	const struct gate_driver *driver;
};

/* session.c: the next action; there is always room, for no step can need more (a test holds the bound). */
struct gate_action *emit(struct gate_actions *out, enum gate_action_kind kind);
void emit_text(struct gate_actions *out, enum gate_action_kind kind, const char *text);
void emit_epoch(struct gate_actions *out, enum gate_action_kind kind, uint32_t epoch);
void emit_count(struct gate_actions *out, enum gate_counter counter);
void emit_ended(struct gate_actions *out, enum gate_action_kind kind, bool ok, const char *reason);
/* Encodes and sends; false when the message can not be encoded or the step has sent its fill. */
bool emit_send(struct gate_actions *out, const struct gate_message *m);
/* Sends what is encoded already; false as above. */
bool emit_bytes(struct gate_actions *out, const uint8_t *bytes, size_t size);

#endif
