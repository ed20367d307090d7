/*
 * Who came in at one door today and has not left: for first in, last out and the traffic's choice of who goes.
 * Made from events alone, so a restart finds it again by reading them. Sorted by credential.
 */
#ifndef SIMULATOR_INSIDE_H
#define SIMULATOR_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/message.h"

struct inside_one {
	uint32_t credential;
	char card[GATE_CARD_MAX + 1];
};

struct inside {
	int32_t day; /* local day that `used` is about */
	bool used;   /* somebody has come in on that day */
	size_t count, room;
	struct inside_one *list;
};

/* Offset of the site's day from UTC days: Asia/Tokyo, without summer time. */
enum { INSIDE_UTC_OFFSET_S = 9 * 3600 };
int32_t inside_day(uint64_t time_ms);

/* Takes one event of the door into account. */
void inside_event(struct inside *inside, const struct gate_event *event);

bool inside_has(const struct inside *inside, uint32_t credential);

/* Would an entry at `time_ms` be the day's first, would this leaving be the last. */
bool inside_first(const struct inside *inside, uint64_t time_ms);
bool inside_last(const struct inside *inside, uint32_t credential);

void inside_free(struct inside *inside);

#endif
