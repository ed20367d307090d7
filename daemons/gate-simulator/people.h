/* Who comes to a door: somebody who may pass, somebody inside who leaves, somebody who may not. */
#ifndef SIMULATOR_PEOPLE_H
#define SIMULATOR_PEOPLE_H

#include "controller.h"

struct person {
	uint8_t reader; /* reader_side */
	char card[GATE_CARD_MAX + 1];
	char pin[GATE_PIN_MAX + 1]; /* "" = has none */
};

/* Somebody for this door at this time of day. -1 when nobody is known: no permits are held. */
int people_choose(struct controller *controller, unsigned door, uint64_t time_ms, struct random *random, struct person *person);

#endif
