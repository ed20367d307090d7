/*
 * When a controller's timetable wants something of it: state each minute (L-3), events each five minutes (L-10), the clock
 * at the times the database says (L-19). Spread over the interval by the controller's serial, so that a thousand are not
 * due in one second. Missed times are not made up for. Pure.
 */
#ifndef KIDOBAN_GATE_POLLER_SCHEDULE_H
#define KIDOBAN_GATE_POLLER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SCHEDULE_CLOCK_SPREAD_MS = 60000,
	SCHEDULE_TRUST_MS = 2000,		/* an exchange that took longer does not tell the time */
	SCHEDULE_DRIFT_MS = 5000,		/* beyond it a clock is wrong */
	SCHEDULE_DRIFT_EVERY_MS = 180000,	/* and is set at most so often for that */
};

struct schedule_intervals {
	int64_t state_ms, events_ms;
};

struct schedule {
	struct schedule_intervals every;
	uint64_t serial;
	int64_t state_at, events_at, clock_at;	/* monotonic; INT64_MAX = not wanted */
	int64_t drift_at;			/* last set for being wrong; 0 = never */
};

void schedule_begin(struct schedule *, uint64_t serial, const struct schedule_intervals *, int64_t now_ms);
/* The clocks are to be set, spread over a minute from now. */
void schedule_clock(struct schedule *, int64_t now_ms);
/* A status told how far the clock is off: is it to be set for that, at once? */
bool schedule_clock_drifts(struct schedule *, int32_t offset_ms, int64_t now_ms);
/* What is due: bits of enum gate_want; each time is given once. */
uint32_t schedule_take(struct schedule *, int64_t now_ms);
int64_t schedule_next(const struct schedule *);

#endif
