#include "status.h"

#include <inttypes.h>

#include "gate/codes.h"

static void alarms_json(uint32_t alarms, struct buf *json)
{
	const char *comma = "";

	buf_adds(json, "[");
	for (int kind = EVENT_LOST_CARD; kind <= EVENT_AUTH_FAILED; kind++) {
		if (!(alarms & GATE_ALARM_BIT(kind)))
			continue;
		buf_adds(json, comma);
		buf_json_string(json, event_code(kind));
		comma = ",";
	}
	buf_adds(json, "]");
}

static void door_json(const struct controller *controller, unsigned number, struct buf *json)
{
	struct gate_door_status door;

	door_status(&controller->doors[number], &door);
	buf_addf(json, "{\"door\":%u,\"lock_state\":\"%s\",\"arm_state\":\"%s\",\"door_state\":\"%s\",", door.door,
		 lock_state_code(door.lock_state), arm_state_code(door.arm_state), door_state_code(door.door_state));
	buf_addf(json, "\"verification_mode\":\"%s\",\"unlock_mode\":\"%s\",\"inside\":%zu,\"alarms\":",
		 verification_mode_code(door.verification_mode), unlock_mode_code(door.unlock_mode), controller->memory.inside[number].count);
	alarms_json(door.alarms, json);
	buf_adds(json, "}");
}

static void keys_json(const struct memory *memory, struct buf *json)
{
	const char *comma = "";

	buf_adds(json, ",\"epochs\":[");
	for (unsigned i = 0; i < 2; i++) {
		if (memory->keys[i].epoch == GATE_EPOCH_NONE)
			continue;
		buf_addf(json, "%s%" PRIu32, comma, memory->keys[i].epoch);
		comma = ",";
	}
	buf_adds(json, "]");
}

void status_json(const struct controller *controller, struct buf *json)
{
	const struct memory *memory = &controller->memory;
	const struct link *link = &controller->link;
	bool session = peers_current(&controller->peers) != NULL;

	buf_adds(json, ",\"log\":\"");
	buf_add_hex(json, memory->log, GATE_LOG_SIZE);
	buf_addf(json, "\",\"oldest\":%" PRIu32 ",\"newest\":%" PRIu32 ",\"acked\":%" PRIu32 ",\"boot\":%" PRIu32, memory_oldest(memory),
		 memory->newest, memory->acked, memory->boot);
	buf_addf(json, ",\"session\":%s,\"handshakes\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"foreign\":%" PRIu64, session ? "true" : "false",
		 controller->peers.handshakes, controller->peers.refused, controller->peers.foreign);
	keys_json(memory, json);
	buf_addf(json, ",\"permits\":{\"revision\":%" PRIu64 ",\"records\":%" PRIu32 "}", controller->permits.revision,
		 controller->permits.digest.records);
	buf_addf(json, ",\"revocations\":{\"revision\":%" PRIu64 ",\"entries\":%zu}", memory->revoked_to, memory->revocation_count);
	buf_addf(json, ",\"clock_offset_ms\":%" PRId64 ",\"hanging\":%s,\"received\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"lost\":%" PRIu64,
		 memory->clock_offset_ms, link->deaf ? "true" : "false", link->received, link->sent, link->lost);
	buf_adds(json, ",\"alarms\":");
	alarms_json(memory->doors[0].alarms, json);
	buf_adds(json, ",\"doors\":[");
	for (unsigned i = 0; i < controller->site->doors; i++) {
		if (i)
			buf_adds(json, ",");
		door_json(controller, i, json);
	}
	buf_adds(json, "]");
}
