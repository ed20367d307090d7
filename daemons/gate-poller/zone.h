/* The site's time zone as controllers need it: a POSIX TZ string and the next changes of offset. */
#ifndef KIDOBAN_GATE_POLLER_ZONE_H
#define KIDOBAN_GATE_POLLER_ZONE_H

#include <stdint.h>

#include "gate/driver.h"

struct zone {
	char name[64];
	char tz[GATE_TZ_MAX + 1];
	uint8_t count;
	struct gate_transition transitions[GATE_TRANSITIONS_MAX];
	struct gate_offsets offsets;	/* around now, past ones too */
};

/* Reads the system's zone data (`directory` "/usr/share/zoneinfo"). 0, or -1 when there is no such zone: then it is "". */
int zone_load(struct zone *, const char *directory, const char *name, int64_t now_s);

#endif
