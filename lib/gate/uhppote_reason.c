/*
 * What a board's event is in the words of the history. It is judged by its reason: the type differs between firmwares.
 */
#include <stdio.h>
#include <string.h>

#include "gate/codes.h"
#include "gate/uhppote_session.h"

static const struct reason {
	uint16_t kind;
	bool card;		/* the number is a card's */
	bool raised;
	const char *detail;
} reasons[] = {
	[1] = { EVENT_ENTRY, true, false, "" },
	[2] = { EVENT_ENTRY, true, false, "locked by toggling" },
	[3] = { EVENT_ENTRY, true, false, "held open by toggling" },
	[4] = { EVENT_ENTRY, true, false, "card of limited times" },
	[5] = { EVENT_NO_PERMIT, true, false, "under PC control" },
	[6] = { EVENT_NO_PERMIT, true, false, "" },
	[7] = { EVENT_PIN_MISMATCH, true, false, "" },
	[8] = { EVENT_PASSBACK_HARD, true, false, "" },
	[9] = { EVENT_DUAL_CARD_INCOMPLETE, true, false, "more cards needed" },
	[10] = { EVENT_NO_PERMIT, true, false, "first card needed" },
	[11] = { EVENT_NO_PERMIT, true, false, "door closed to all cards" },
	[12] = { EVENT_NO_PERMIT, true, false, "interlock" },
	[13] = { EVENT_NO_PERMIT, true, false, "limited times used up" },
	[14] = { EVENT_NO_PERMIT, true, false, "too many persons inside" },
	[15] = { EVENT_OUT_OF_VALIDITY, true, false, "" },
	[16] = { EVENT_NO_PERMIT, true, false, "wrong order of doors" },
	[17] = { EVENT_NO_PERMIT, true, false, "swiped again too soon" },
	[18] = { EVENT_NO_PERMIT, true, false, "" },
	[19] = { EVENT_NO_PERMIT, true, false, "limited times used up" },
	[20] = { EVENT_EXIT_BUTTON, false, false, "" },
	[21] = { EVENT_EXIT_BUTTON, false, false, "held open" },
	[22] = { EVENT_EXIT_BUTTON, false, false, "closed" },
	[23] = { EVENT_DOOR_OPENED, false, false, "" },
	[24] = { EVENT_DOOR_CLOSED, false, false, "" },
	[25] = { EVENT_READER_CODE_UNLOCK, false, false, "" },
	[26] = { EVENT_READER_CODE_UNLOCK, false, false, "held open" },
	[27] = { EVENT_READER_CODE_UNLOCK, false, false, "closed" },
	[28] = { EVENT_RESTART, false, false, "power on" },
	[29] = { EVENT_RESTART, false, false, "reset" },
	[30] = { EVENT_BUTTON_REFUSED, false, false, "button disabled" },
	[31] = { EVENT_BUTTON_REFUSED, false, false, "forced lock" },
	[32] = { EVENT_BUTTON_REFUSED, false, false, "door not online" },
	[33] = { EVENT_BUTTON_REFUSED, false, false, "interlock" },
	[34] = { EVENT_DURESS, true, true, "" },
	[35] = { EVENT_DURESS, true, true, "" },
	[36] = { EVENT_DURESS, true, true, "" },
	[37] = { EVENT_DOOR_OPEN_TOO_LONG, false, true, "" },
	[38] = { EVENT_FORCED_OPEN, false, true, "" },
	[39] = { EVENT_FIRE, false, true, "" },
	[40] = { EVENT_LOCK, false, false, "forced lock input" },
	[41] = { EVENT_INTRUSION, false, true, "theft alarm" },
	[42] = { EVENT_FIRE, false, true, "24-hour zone: smoke, gas or heat" },
	[43] = { EVENT_DURESS, false, true, "emergency call" },
	[44] = { EVENT_UNLOCK, false, false, "" },
	[45] = { EVENT_UNLOCK, false, false, "USB reader" },
};

void
event_translate(const struct uhppote_event *from, struct gate_event *to)
{
	const struct reason *r = from->reason < sizeof reasons / sizeof reasons[0] ? &reasons[from->reason] : &reasons[0];

	*to = (struct gate_event){ .seq = from->index, .kind = r->kind };
	if (from->door >= 1 && from->door <= UHPPOTE_DOORS)
		to->door = from->door;
	if (r->kind == 0) {
		snprintf(to->detail, sizeof to->detail, "type %u, reason %u, door %u, number %lu", from->type, from->reason,
		    from->door, (unsigned long)from->card);
		to->quarantined = true;
		return;
	}
	snprintf(to->detail, sizeof to->detail, "%s", r->detail);
	if (r->kind == EVENT_ENTRY && from->direction == 2)
		to->kind = EVENT_EXIT;
	if (r->card) {
		to->reader = from->direction == 2 ? READER_SIDE_EXIT : READER_SIDE_ENTRY;
		if (uhppote_card_is_valid(from->card))
			uhppote_card_format(from->card, to->card);
	}
	if (r->raised)
		to->flags |= GATE_EVENT_RAISED;
}
