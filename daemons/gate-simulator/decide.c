#include "decide.h"

#include <stdio.h>
#include <string.h>

#include "gate/codes.h"

static void refuse(struct decision *decision, uint16_t kind)
{
	size_t used = strlen(decision->detail), more = strlen(event_code(kind));

	if (decision->last == kind || used + 1 + more > GATE_DETAIL_MAX)
		return;
	decision->last = kind;
	if (decision->reasons++ == 0)
		decision->refused = kind;
	snprintf(decision->detail + used, sizeof(decision->detail) - used, "%s%s", used ? " " : "", event_code(kind));
}

/* All that the records of one card number grant at this door. */
struct united {
	bool known, disabled, valid, permitted, passes, extended, exempt;
	uint32_t credential;
	char pin[GATE_PIN_MAX + 1];
};

static void unite(const struct door *door, const struct door_world *world, const char *card, struct united *united)
{
	uint32_t count, first = permits_find(world->permits, card, &count);
	uint32_t minute = gate_minute_from_unix((int64_t)(world->clock / 1000));

	*united = (struct united){0};
	/* Of two credentials with one card number the one listed last counts. */
	for (uint32_t i = 0; i < count; i++) {
		struct gate_permit permit;

		if (permits_get(world->permits, first + i, &permit) == 0)
			united->credential = permit.credential;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct gate_permit permit;
		bool valid, permitted;

		if (permits_get(world->permits, first + i, &permit) < 0 || permit.credential != united->credential)
			continue;
		valid = minute >= permit.valid_from && (minute < permit.valid_to || permit.valid_to == GATE_MINUTE_UNBOUNDED_TO);
		permitted = permit.levels[door->number - 1] != 0;
		united->valid |= valid;
		united->permitted |= permitted;
		united->passes |= valid && permitted;
		if (united->known)
			continue;
		/* Its grants agree in these; should they not, the first decides. */
		united->known = true;
		united->disabled = permit.disabled;
		united->extended = permit.extended_unlock;
		united->exempt = permit.apb_exempt;
		memcpy(united->pin, permit.pin, sizeof(united->pin));
	}
}

static void check_revocation(const struct door_world *world, struct decision *decision)
{
	static const uint16_t kinds[] = {
		[REVOCATION_REASON_LOST] = EVENT_LOST_CARD_REFUSED,
		[REVOCATION_REASON_DISABLED] = EVENT_DISABLED_CARD,
		[REVOCATION_REASON_DELETED] = EVENT_DISABLED_CARD,
		[REVOCATION_REASON_PERMIT_WITHDRAWN] = EVENT_NO_PERMIT,
	};
	const struct gate_revocation *revocation = memory_revocation_of(world->memory, decision->credential);

	if (!revocation || revocation->reason == 0 || revocation->reason >= lengthof(kinds))
		return;
	/* A refusal by the list is decided by the list's revision, not by that of the permits. */
	decision->revision = world->memory->revoked_to;
	decision->lost = revocation->reason == REVOCATION_REASON_LOST;
	refuse(decision, kinds[revocation->reason]);
}

static void check_verification(const struct door *door, const struct door_world *world, const struct door_read *read,
			       const struct united *united, struct decision *decision)
{
	const char *expected = NULL;

	/* People leave by their card alone: the mode is about coming in. */
	if (read->reader != READER_SIDE_ENTRY)
		return;
	switch (door->kept.verification_mode) {
	case VERIFICATION_MODE_CARD_AND_PIN:
		expected = united->pin;
		break;
	case VERIFICATION_MODE_CARD_AND_READER_CODE:
		expected = door->parameters.reader_code;
		break;
	default:
		return;
	}
	if (world->mono < door->lockout_until) {
		refuse(decision, EVENT_PIN_MISMATCH);
	} else if (expected[0] == '\0' || strcmp(expected, read->pin) != 0) {
		refuse(decision, EVENT_PIN_MISMATCH);
		decision->wrong_pin = read->pin[0] != '\0';
	}
}

static void check_passback(const struct door *door, const struct door_world *world, const struct door_read *read,
			   const struct united *united, struct decision *decision)
{
	bool inside = inside_has(&world->memory->inside[door->number - 1], united->credential);

	if (door->parameters.anti_passback == DOOR_PASSBACK_OFF || united->exempt)
		return;
	if (read->reader == READER_SIDE_ENTRY ? !inside : inside)
		return;
	decision->passback = true;
	/* Leaving is never refused. */
	if (door->parameters.anti_passback == DOOR_PASSBACK_HARD && read->reader == READER_SIDE_ENTRY)
		refuse(decision, EVENT_PASSBACK_HARD);
}

void decide(const struct door *door, const struct door_world *world, const struct door_read *read, struct decision *decision)
{
	struct united united;

	*decision = (struct decision){.revision = world->permits->revision};
	unite(door, world, read->card, &united);
	if (!united.known) {
		refuse(decision, EVENT_UNKNOWN_CARD);
		return;
	}
	decision->credential = united.credential;
	decision->extended = united.extended;
	check_revocation(world, decision);
	if (united.disabled)
		refuse(decision, EVENT_DISABLED_CARD);
	if (!united.valid || (united.permitted && !united.passes))
		refuse(decision, EVENT_OUT_OF_VALIDITY);
	if (!united.permitted)
		refuse(decision, EVENT_NO_PERMIT);
	/* Every level may pass: no timetable is held. */
	if (door->kept.arm_state == ARM_STATE_ARMED && !door->parameters.disarm_on_first_in)
		refuse(decision, EVENT_ARMED);
	check_verification(door, world, read, &united, decision);
	check_passback(door, world, read, &united, decision);
}
