/* The duty that looks after the system itself, and what it judges by, which tests try without a system. */
#ifndef KIDOBAN_KEEPER_ALARMS_H
#define KIDOBAN_KEEPER_ALARMS_H

#include <stdbool.h>

#include "keeper.h"

enum duty_result duty_alarms(struct keeper_db *, const struct keeper_config *);

/* alarm_judge.c */

/* The whole file as text; NULL when it can not be read. The caller frees it. */
char *alarm_read_file(const char *path);
/* /proc/net/unix has a socket at path on which somebody listens. */
bool alarm_listens(const char *sockets, const char *path);
/* When the first certificate of a PEM file ends, in milliseconds since 1970. 0, or -1 when there is none. */
int alarm_certificate_end(const char *path, int64_t *ends_ms);

struct alarm_clock {
	int64_t difference_ms;		/* wall − monotonic at the last look; 0: none yet */
	int64_t stepped_at_ms;		/* monotonic; 0: never */
};
/* True when the wall clock was set by more than two seconds since the last look. */
bool alarm_clock_stepped(struct alarm_clock *, int64_t wall_ms, int64_t mono_ms, int64_t *stepped_ms);

#endif
