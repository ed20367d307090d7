/*
 * When a controller's timetable wants something of it: state each minute (L-3), events each five minutes (L-10), the clock
 * at the times the database says (L-19). Spread over the interval by the controller's serial, so that a thousand are not
 * due in one second. Missed times are not made up for. Pure.
 */
#ifndef KIDOBAN_GATE_POLLER_SCHEDULE_H
#define KIDOBAN_GATE_POLLER_SCHEDULE_H

#include <stdint.h>

enum { SCHEDULE_CLOCK_SPREAD_MS = 60000 };

struct schedule_intervals {
	int64_t state_ms, events_ms;
};

struct schedule {
	struct schedule_intervals every;
	uint64_t serial;
	int64_t state_at, events_at, clock_at;	/* monotonic; INT64_MAX = not wanted */
};

void schedule_begin(struct schedule *, uint64_t serial, const struct schedule_intervals *, int64_t now_ms);
/* The clocks are to be set, spread over a minute from now. */
void schedule_clock(struct schedule *, int64_t now_ms);
/* What is due: bits of enum gate_want; each time is given once. */
uint32_t schedule_take(struct schedule *, int64_t now_ms);
int64_t schedule_next(const struct schedule *);

#endif
