/*
 * Bandwidth (L-21): when the next window of a bulk transfer may go, so that all together stay within a rate. What was sent
 * is owed and pays itself off with time: a window goes at once when nothing is owed, however large it is. Pure.
 */
#ifndef KIDOBAN_GATE_POLLER_PACE_H
#define KIDOBAN_GATE_POLLER_PACE_H

#include <stddef.h>
#include <stdint.h>

/* What a message costs on the wire besides itself: DTLS record 29, UDP 8, IPv4 20 bytes. */
enum { PACE_OVERHEAD = 57 };

/* Zero it first. */
struct pace {
	int64_t free_us;	/* monotonic: when what was sent so far is paid off */
};

/* kbit 0: no limit, nothing is owed. */
void pace_sent(struct pace *, size_t bytes, int64_t kbit, int64_t now_ms);
/* When the next may go: now_ms or later. */
int64_t pace_next_ms(const struct pace *, int64_t now_ms);

#endif
