/* What people do at the doors by themselves: a seeded working day, now and then with trouble. */
#ifndef SIMULATOR_TRAFFIC_H
#define SIMULATOR_TRAFFIC_H

#include "controller.h"

struct traffic;

/* `rate` events a minute of the whole site at its busiest; `steady` leaves the time of day out. 0 = nobody comes. */
struct traffic *traffic_new(struct shared *shared, struct controller *controllers, size_t count, bool steady);
void traffic_free(struct traffic *traffic);

/* From now on so many a minute, whatever the time of day. */
void traffic_rate(struct traffic *traffic, int rate);

/* Opens the door in `open_ms` and closes it `stay_ms` later; for people who passed and for scripts. */
void traffic_walk_through(struct traffic *traffic, struct controller *controller, unsigned door, int open_ms, int stay_ms);

#endif
