/*
 * May this card pass here now? Decided from what the controller holds, in the order of DOMAIN 2; every reason that would
 * refuse is collected, the first one names the event.
 */
#ifndef SIMULATOR_DECIDE_H
#define SIMULATOR_DECIDE_H

#include "door.h"

struct decision {
	uint16_t refused; /* event kind of the first reason, 0 = passes */
	bool lost;	  /* the card is on the lost list: also an alarm */
	bool wrong_pin;
	bool passback; /* passes, but is recorded as a passback */
	bool extended;
	uint32_t credential; /* 0 = unknown */
	uint64_t revision;
	uint16_t last;	     /* the latest reason */
	unsigned reasons;
	char detail[GATE_DETAIL_MAX + 1]; /* the reasons' codes in order, separated by spaces */
};

/* Changes nothing: what follows from it is door.c. */
void decide(const struct door *door, const struct door_world *world, const struct door_read *read, struct decision *decision);

#endif
