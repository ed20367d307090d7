/* Time, from a source that tests can replace. Wall time is milliseconds since 1970-01-01T00:00:00Z; monotonic time is
 * milliseconds from an arbitrary start that never goes back and is comparable within one run of one machine only.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);

/* For tests: both clocks read from here; NULL restores the system's. Not to be changed while other threads run. */
struct clock_source {
	int64_t wall_ms;
	int64_t mono_ms;
};
void clock_inject(const struct clock_source *source);

/* Longest text of clock_format, with its '\0'. */
#define CLOCK_TEXT 40
/* RFC 3339 with milliseconds, "2024-03-01T09:30:00.250+09:00"; 'Z' when the offset is 0. Years 0000 to 9999; else "". */
void clock_format(int64_t wall_ms, int offset_minutes, char out[CLOCK_TEXT]);
/* Any RFC 3339 time with an offset. A leap second (:60) reads as the next second. 0, or -1 when it is not one. */
int clock_parse(const char *text, int64_t *wall_ms) __attribute__((warn_unused_result));

#endif
