/*
 * Inside lib/gate: how a UHPPOTE board writes numbers, dates and times. put: 0, or -1 when there is no such value;
 * get: what makes no sense reads as none.
 */
#ifndef KIDOBAN_GATE_UHPPOTE_VALUE_H
#define KIDOBAN_GATE_UHPPOTE_VALUE_H

#include "gate/uhppote_message.h"

void uhppote_put_number(uint32_t value, uint8_t *out, size_t size);	/* little-endian */
uint32_t uhppote_get_number(const uint8_t *in, size_t size);
int uhppote_put_bcd(uint8_t value, uint8_t *out);			/* 0-99 */
uint8_t uhppote_get_bcd(uint8_t byte);					/* 0xFF = no digits */
int uhppote_put_date(const struct uhppote_date *, uint8_t out[4]);	/* year 0: all zero */
void uhppote_get_date(const uint8_t in[4], struct uhppote_date *);
int uhppote_put_short_date(const struct uhppote_date *, uint8_t out[3]);
void uhppote_get_short_date(const uint8_t in[3], struct uhppote_date *);
int uhppote_put_time(const struct uhppote_time *, uint8_t out[3]);
void uhppote_get_time(const uint8_t in[3], struct uhppote_time *);
int uhppote_put_moment(const struct uhppote_moment *, uint8_t out[7]);
void uhppote_get_moment(const uint8_t in[7], struct uhppote_moment *);
int uhppote_put_hhmm(const struct uhppote_hhmm *, uint8_t out[2]);
void uhppote_get_hhmm(const uint8_t in[2], struct uhppote_hhmm *);

#endif
