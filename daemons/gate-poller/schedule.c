#include "schedule.h"

#include "gate/driver.h"

/* 0 .. interval - 1, even over serials that follow one another. */
static int64_t phase(uint64_t serial, int64_t interval_ms)
{
	return (int64_t)(((serial * UINT64_C(0x9E3779B97F4A7C15)) >> 33) % (uint64_t)interval_ms);
}

/* The next time of this phase after now. */
static int64_t next_after(uint64_t serial, int64_t interval_ms, int64_t now_ms)
{
	int64_t at = now_ms - now_ms % interval_ms + phase(serial, interval_ms);

	return at > now_ms ? at : at + interval_ms;
}

void schedule_begin(struct schedule *s, uint64_t serial, const struct schedule_intervals *every, int64_t now_ms)
{
	s->every = *every;
	s->serial = serial;
	s->state_at = next_after(serial, every->state_ms, now_ms);
	s->events_at = next_after(serial, every->events_ms, now_ms);
	s->clock_at = INT64_MAX;
	s->drift_at = 0;
}

void schedule_clock(struct schedule *s, int64_t now_ms)
{
	s->clock_at = now_ms + phase(s->serial, SCHEDULE_CLOCK_SPREAD_MS);
}

bool schedule_clock_drifts(struct schedule *s, int32_t offset_ms, int64_t now_ms)
{
	if (offset_ms <= SCHEDULE_DRIFT_MS && offset_ms >= -SCHEDULE_DRIFT_MS)
		return false;
	if (s->drift_at != 0 && now_ms - s->drift_at < SCHEDULE_DRIFT_EVERY_MS)
		return false;
	s->drift_at = s->clock_at = now_ms;
	return true;
}

uint32_t schedule_take(struct schedule *s, int64_t now_ms)
{
	uint32_t want = 0;

	if (now_ms >= s->state_at) {
		want |= GATE_WANT_STATUS;
		s->state_at = next_after(s->serial, s->every.state_ms, now_ms);
	}
	if (now_ms >= s->events_at) {
		want |= GATE_WANT_EVENTS;
		s->events_at = next_after(s->serial, s->every.events_ms, now_ms);
	}
	if (now_ms >= s->clock_at) {
		want |= GATE_WANT_CLOCK;
		s->clock_at = INT64_MAX;
	}
	return want;
}

int64_t schedule_next(const struct schedule *s)
{
	int64_t at = s->state_at < s->events_at ? s->state_at : s->events_at;

	return at < s->clock_at ? at : s->clock_at;
}
