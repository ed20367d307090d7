/* What a controller remembers of the hours before the server first gave it permits, and quick events for measurements. */
#ifndef SIMULATOR_BACKFILL_H
#define SIMULATOR_BACKFILL_H

#include "controller.h"

/* Once in the life of an event log, after the first permits: passages of the hours asked for, decided by those permits. */
void backfill(struct controller *controller);

/* Adds `count` passages of now as fast as the disk takes them. Returns the last sequence number; 0 when it failed. */
uint32_t backfill_burst(struct controller *controller, uint32_t count);

#endif
