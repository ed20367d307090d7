/* The controller's side of each message but transfers. */
#include "answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "gate/codes.h"

/* Between the answer to a restart command and the restart, so that the answer gets out. */
enum { RESTART_DELAY_MS = 300 };

static uint16_t answer_hello(struct answer *answer)
{
	struct controller *controller = answer->controller;
	struct memory *memory = &controller->memory;
	const struct gate_hello *hello = &answer->request->u.hello;
	struct gate_hello_reply *reply = &answer->reply.u.hello_reply;

	if (hello->version_low > GATE_PROTOCOL_VERSION || hello->version_high < GATE_PROTOCOL_VERSION)
		return GATE_ERROR_VERSION;
	if (memcmp(memory->digest_key, hello->digest_key, GATE_KEY_SIZE) != 0) {
		memory_digest_key(memory, hello->digest_key);
		if (controller_commit(controller, true) < 0)
			return GATE_ERROR_STORAGE;
		transfers_rekey(&controller->transfers);
	}
	if (permits_rekey(&controller->permits, controller->dir, hello->digest_key) < 0)
		return GATE_ERROR_STORAGE;
	*peer_greeted(answer->peer) = true;
	*reply = (struct gate_hello_reply){
		.serial = controller->site->serial,
		.version = GATE_PROTOCOL_VERSION,
		.version_low = GATE_PROTOCOL_VERSION,
		.version_high = GATE_PROTOCOL_VERSION,
		.capabilities = GATE_CAN_SET_MODES | GATE_CAN_ARM | GATE_CAN_READ_BACK | GATE_CAN_BUCKETS | GATE_CAN_NUDGE,
		.doors = controller->site->doors,
		.oldest = memory_oldest(memory),
		.newest = memory->newest,
		.acked = memory->acked,
		.boot = memory->boot,
		.time_ms = controller_clock(controller),
		.epochs = {memory->keys[0].epoch, memory->keys[1].epoch},
		.firmware = "simulator 1",
		.model = "Kidoban gate simulator",
	};
	memcpy(reply->log, memory->log, GATE_LOG_SIZE);
	reply->revisions[STREAM_PERMITS - 1] = controller->permits.revision;
	reply->revisions[STREAM_REVOCATIONS - 1] = memory->revoked_to;
	for (unsigned i = STREAM_TIMETABLES - 1; i < GATE_STREAMS; i++)
		reply->revisions[i] = controller->transfers.streams[i].revision;
	return 0;
}

static uint16_t status_flags(const struct controller *controller)
{
	const struct memory *memory = &controller->memory;
	uint32_t alarms = memory->doors[0].alarms;
	uint16_t flags = 0;

	for (unsigned i = 0; i < controller->site->doors; i++)
		alarms |= controller->doors[i].kept.alarms;
	if (alarms & GATE_ALARM_BIT(EVENT_TAMPER))
		flags |= GATE_FLAG_TAMPER;
	if (alarms & GATE_ALARM_BIT(EVENT_FIRE))
		flags |= GATE_FLAG_FIRE;
	if (memory->clock_unset)
		flags |= GATE_FLAG_CLOCK_UNSET;
	if (memory_oldest(memory) > memory->acked + 1)
		flags |= GATE_FLAG_EVENTS_LOST;
	if (memory->memory_lost)
		flags |= GATE_FLAG_MEMORY_LOST;
	return flags;
}

static uint16_t answer_status(struct answer *answer)
{
	struct controller *controller = answer->controller;
	const struct memory *memory = &controller->memory;
	struct gate_status_reply *reply = &answer->reply.u.status_reply;
	uint32_t own = memory->doors[0].alarms;

	*reply = (struct gate_status_reply){
		.time_ms = controller_clock(controller),
		.boot = memory->boot,
		.oldest = memory_oldest(memory),
		.newest = memory->newest,
		.flags = status_flags(controller),
		.power = own & GATE_ALARM_BIT(EVENT_BATTERY_LOW)  ? GATE_POWER_BATTERY_LOW
			 : own & GATE_ALARM_BIT(EVENT_POWER_FAIL) ? GATE_POWER_BATTERY
								  : GATE_POWER_MAINS,
		.door_count = controller->site->doors,
	};
	memcpy(reply->log, memory->log, GATE_LOG_SIZE);
	for (unsigned i = 0; i < controller->site->doors; i++)
		door_status(&controller->doors[i], &reply->doors[i]);
	for (uint8_t stream = 1; stream <= GATE_STREAMS; stream++) {
		struct gate_stream_status *status = &reply->streams[reply->stream_count];
		struct gate_digest digest;

		/* A digest that can not be made is left out, as one that is being made. */
		if (answer_stream(controller, stream, &status->revision, &digest) < 0)
			continue;
		status->stream = stream;
		gate_digest_whole(&digest, status->digest);
		reply->stream_count++;
	}
	return 0;
}

static uint16_t answer_events(struct answer *answer)
{
	struct controller *controller = answer->controller;
	struct memory *memory = &controller->memory;
	struct gate_events asked = answer->request->u.events;
	struct gate_events_reply *reply = &answer->reply.u.events_reply;
	int count;

	if (memcmp(asked.log, memory->log, GATE_LOG_SIZE) != 0)
		asked.acked = asked.after = 0;
	if (asked.acked > memory->newest)
		return GATE_ERROR_MALFORMED;
	/* An acknowledgement that is lost with the power is only given again: it need not be durable, nor does it hold up. */
	if (asked.acked > memory->acked) {
		memory_acked(memory, asked.acked);
		if (memory_commit(memory, false) < 0)
			return GATE_ERROR_STORAGE;
		if (memory_oldest(memory) <= memory->acked + 1)
			controller_alarm(controller, EVENT_EVENT_OVERFLOW, false, "");
	}
	memcpy(reply->log, memory->log, GATE_LOG_SIZE);
	reply->oldest = memory_oldest(memory);
	reply->newest = memory->newest;
	if (asked.max > GATE_EVENTS_A_MESSAGE)
		asked.max = GATE_EVENTS_A_MESSAGE;
	count = memory_events(memory, asked.after, asked.max, GATE_EVENTS_ROOM, reply->events);
	if (count < 0)
		return GATE_ERROR_STORAGE;
	reply->count = (uint8_t)count;
	return 0;
}

static uint8_t act(struct controller *controller, const struct gate_command *command, const char **reason)
{
	struct door_world world = controller_world(controller);

	if (command->command == COMMAND_RESTART) {
		struct gate_event event = {.kind = EVENT_RESTART, .flags = GATE_EVENT_BY_COMMAND};

		memcpy(event.command, command->id, GATE_ID_SIZE);
		door_event(&world, &event);
		return OUTCOME_DONE;
	}
	return door_command(&controller->doors[command->door - 1], &world, command->command, command->value, command->id, reason);
}

static uint16_t answer_command(struct answer *answer)
{
	struct controller *controller = answer->controller;
	const struct gate_command *command = &answer->request->u.command;
	struct gate_command_reply *reply = &answer->reply.u.command_reply;
	const struct gate_command_reply *before = memory_answer_of(&controller->memory, command->id);
	const char *reason = "";

	if (before) {
		*reply = *before;
		reply->repeated = 1;
		return 0;
	}
	if (command->command != COMMAND_RESTART && (command->door < 1 || command->door > controller->site->doors))
		return GATE_ERROR_NO_SUCH_DOOR;
	*reply = (struct gate_command_reply){0};
	memcpy(reply->id, command->id, GATE_ID_SIZE);
	if (clock_mono_ms() - peer_since_ms(answer->peer) > (int64_t)command->ttl_ms)
		reply->outcome = OUTCOME_EXPIRED;
	else
		reply->outcome = act(controller, command, &reason);
	if (command->command != COMMAND_RESTART)
		door_status(&controller->doors[command->door - 1], &reply->door);
	snprintf(reply->reason, sizeof(reply->reason), "%s", reason);
	/* Act, events and answer are one frame: a crash leaves all or nothing of them. */
	memory_answer(&controller->memory, reply);
	if (controller_commit(controller, false) < 0)
		return GATE_ERROR_STORAGE;
	if (command->command == COMMAND_RESTART && reply->outcome == OUTCOME_DONE)
		controller_restart_later(controller, RESTART_DELAY_MS);
	return 0;
}

static uint16_t answer_clock(struct answer *answer)
{
	struct controller *controller = answer->controller;
	const struct gate_clock *clock = &answer->request->u.clock;
	struct gate_clock_reply *reply = &answer->reply.u.clock_reply;
	int64_t offset, moved;

	reply->before_ms = reply->after_ms = controller_clock(controller);
	if (!clock->set)
		return 0;
	/* A time that was held up on its way is worse than none. */
	if (answer->request->exchange <= controller->last_clock) {
		answer->silent = true;
		return 0;
	}
	controller->last_clock = answer->request->exchange;
	offset = (int64_t)clock->time_ms - clock_wall_ms();
	moved = offset - controller->memory.clock_offset_ms;
	if (moved == 0 && !controller->memory.clock_unset)
		return 0;
	memory_clock(&controller->memory, offset, false);
	if (moved > 1000 || moved < -1000) {
		struct door_world world = controller_world(controller);
		struct gate_event event = {.kind = EVENT_CLOCK_SET};

		world.clock = clock->time_ms;
		world.clock_unset = false;
		snprintf(event.detail, sizeof(event.detail), "moved %" PRId64 " ms", moved);
		door_event(&world, &event);
	}
	if (controller_commit(controller, moved <= 1000 && moved >= -1000) < 0)
		return GATE_ERROR_STORAGE;
	reply->after_ms = controller_clock(controller);
	return 0;
}

static void key_reply(struct answer *answer)
{
	answer->reply.u.key_reply.epochs[0] = answer->controller->memory.keys[0].epoch;
	answer->reply.u.key_reply.epochs[1] = answer->controller->memory.keys[1].epoch;
}

static uint16_t answer_key_stage(struct answer *answer)
{
	struct controller *controller = answer->controller;
	const struct gate_key_stage *stage = &answer->request->u.key_stage;
	struct memory_key *keys = controller->memory.keys;
	uint32_t used = peer_epoch(answer->peer);
	/* The free slot is the one whose key this session does not use. */
	unsigned slot = keys[0].epoch == used ? 1 : 0;

	if (stage->epoch < used)
		return GATE_ERROR_KEY_RULE;
	if (stage->epoch == used && memcmp(keys[!slot].key, stage->key, GATE_KEY_SIZE) != 0)
		return GATE_ERROR_KEY_RULE;
	if (stage->epoch != used && (keys[slot].epoch != stage->epoch || memcmp(keys[slot].key, stage->key, GATE_KEY_SIZE) != 0)) {
		memory_key(&controller->memory, slot, stage->epoch, stage->key);
		if (controller_commit(controller, true) < 0)
			return GATE_ERROR_STORAGE;
	}
	key_reply(answer);
	return 0;
}

static uint16_t answer_key_retire(struct answer *answer)
{
	struct controller *controller = answer->controller;
	uint32_t epoch = answer->request->u.key_retire.epoch;

	if (epoch == peer_epoch(answer->peer))
		return GATE_ERROR_KEY_RULE;
	for (unsigned slot = 0; slot < 2; slot++) {
		if (controller->memory.keys[slot].epoch != epoch)
			continue;
		memory_key(&controller->memory, slot, GATE_EPOCH_NONE, NULL);
		if (controller_commit(controller, true) < 0)
			return GATE_ERROR_STORAGE;
	}
	key_reply(answer);
	return 0;
}

static uint16_t answer_restart(struct answer *answer)
{
	controller_restart_later(answer->controller, answer->request->u.restart.delay_ms);
	return 0;
}

static uint16_t answer_alarm_stop(struct answer *answer)
{
	struct controller *controller = answer->controller;
	struct door_world world = controller_world(controller);
	uint8_t door = answer->request->u.door.door;
	const char *reason;

	if (door > controller->site->doors)
		return GATE_ERROR_NO_SUCH_DOOR;
	for (unsigned i = 0; i < controller->site->doors; i++) {
		if (door == 0 || door == i + 1)
			(void)door_command(&controller->doors[i], &world, COMMAND_ALARM_STOP, 0, NULL, &reason);
	}
	answer->reply.u.door.door = door;
	return controller_commit(controller, false) < 0 ? GATE_ERROR_STORAGE : 0;
}

static uint16_t answer_apb_move(struct answer *answer)
{
	struct memory *memory = &answer->controller->memory;
	const struct gate_apb_move *move = &answer->request->u.apb_move;
	uint32_t changed = 0;

	if (move->mode == GATE_APB_SET) {
		for (unsigned i = 0; i < move->count; i++) {
			const struct gate_move *held = memory_position(memory, move->moves[i].credential);

			if (held && held->time_ms > move->moves[i].time_ms)
				continue;
			memory_move(memory, &move->moves[i]);
			changed++;
		}
	} else {
		for (size_t i = 0; i < memory->move_count; i++)
			changed += move->mode == GATE_APB_RESET_ALL || memory->moves[i].area == move->area;
		memory_moves_reset(memory, move->mode == GATE_APB_RESET_ALL, move->area);
	}
	answer->reply.u.apb_move_reply.changed = changed;
	return controller_commit(answer->controller, true) < 0 ? GATE_ERROR_STORAGE : 0;
}

static answer_function *const functions[GATE_TYPE_LAST + 1] = {
	[GATE_HELLO] = answer_hello,
	[GATE_STATUS] = answer_status,
	[GATE_EVENTS] = answer_events,
	[GATE_COMMAND] = answer_command,
	[GATE_CLOCK] = answer_clock,
	[GATE_DIGEST] = answer_digest,
	[GATE_TRANSFER_BEGIN] = answer_transfer_begin,
	[GATE_TRANSFER_CHUNK] = answer_transfer_chunk,
	[GATE_TRANSFER_COMMIT] = answer_transfer_commit,
	[GATE_TRANSFER_ABORT] = answer_transfer_abort,
	[GATE_REVOKE] = answer_revoke,
	[GATE_KEY_STAGE] = answer_key_stage,
	[GATE_KEY_RETIRE] = answer_key_retire,
	[GATE_READ_BACK] = answer_read_back,
	[GATE_RESTART] = answer_restart,
	[GATE_ALARM_STOP] = answer_alarm_stop,
	[GATE_APB_MOVE] = answer_apb_move,
};

static uint16_t dispatch(struct answer *answer, enum gate_fault fault)
{
	uint8_t type = answer->request->type;

	if (fault != GATE_OK)
		return GATE_ERROR_MALFORMED;
	if (type > GATE_TYPE_LAST || !functions[type])
		return GATE_ERROR_UNSUPPORTED;
	if (type != GATE_HELLO && !*peer_greeted(answer->peer))
		return GATE_ERROR_NOT_GREETED;
	if (peer_epoch(answer->peer) == 0 && type != GATE_HELLO && type != GATE_KEY_STAGE)
		return GATE_ERROR_NOT_ENROLLED;
	return functions[type](answer);
}

void controller_message(void *arg, struct peer *peer, const uint8_t *bytes, size_t length)
{
	struct controller *controller = arg;
	struct gate_message request;
	enum gate_fault fault = gate_decode(bytes, length, &request);
	struct answer answer = {.controller = controller, .peer = peer, .request = &request};
	uint8_t out[GATE_MESSAGE_MAX];
	uint16_t error;
	int size;

	if (controller->link.deaf || (fault != GATE_OK && request.type == 0 && request.exchange == 0))
		return;
	answer.reply.type = request.type | GATE_REPLY;
	answer.reply.exchange = request.exchange;
	error = dispatch(&answer, fault);
	if (answer.silent)
		return;
	if (error) {
		answer.reply = (struct gate_message){.type = GATE_ERROR, .exchange = request.exchange};
		answer.reply.u.error.code = error;
		snprintf(answer.reply.u.error.text, sizeof(answer.reply.u.error.text), "%s%s%s", gate_error_name(error),
			 fault ? ": " : "", fault ? gate_fault_name(fault) : "");
	}
	size = gate_encode(&answer.reply, out, sizeof(out));
	if (size < 0) {
		log_warnx("%016" PRIx64 ": can not encode %s", controller->site->serial, gate_type_name(answer.reply.type));
		return;
	}
	controller_reply(controller, peer, out, (size_t)size);
}
