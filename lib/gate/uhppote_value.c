/*
 * Values as UHPPOTE boards write them: little-endian numbers, dates and times in BCD, card numbers, PINs.
 */
#include <stdio.h>
#include <string.h>

#include "gate/uhppote_value.h"

enum { NO_DIGITS = 0xFF };

void
uhppote_put_number(uint32_t value, uint8_t *out, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

uint32_t
uhppote_get_number(const uint8_t *in, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint32_t)in[i] << 8 * i;
	return value;
}

int
uhppote_put_bcd(uint8_t value, uint8_t *out)
{
	if (value > 99)
		return -1;
	*out = (uint8_t)(value / 10 << 4 | value % 10);
	return 0;
}

uint8_t
uhppote_get_bcd(uint8_t byte)
{
	return byte >> 4 > 9 || (byte & 15) > 9 ? NO_DIGITS : (uint8_t)((byte >> 4) * 10 + (byte & 15));
}

static int
days_of(int year, int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

bool
uhppote_date_is_valid(const struct uhppote_date *d)
{
	return d->year >= 2000 && d->year <= 2099 && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
	    d->day <= days_of(d->year, d->month);
}

static bool
is_time(const struct uhppote_time *t)
{
	return t->hour <= 23 && t->minute <= 59 && t->second <= 59;
}

int
uhppote_put_date(const struct uhppote_date *d, uint8_t out[4])
{
	memset(out, 0, 4);
	if (d->year == 0)
		return 0;
	if (!uhppote_date_is_valid(d))
		return -1;
	out[0] = 0x20;
	return uhppote_put_short_date(d, out + 1);
}

void
uhppote_get_date(const uint8_t in[4], struct uhppote_date *d)
{
	uhppote_get_short_date(in + 1, d);
	if (in[0] != 0x20)
		memset(d, 0, sizeof *d);
}

int
uhppote_put_short_date(const struct uhppote_date *d, uint8_t out[3])
{
	memset(out, 0, 3);
	if (d->year == 0)
		return 0;
	if (!uhppote_date_is_valid(d))
		return -1;
	uhppote_put_bcd((uint8_t)(d->year % 100), out);
	uhppote_put_bcd(d->month, out + 1);
	return uhppote_put_bcd(d->day, out + 2);
}

void
uhppote_get_short_date(const uint8_t in[3], struct uhppote_date *d)
{
	uint8_t year = uhppote_get_bcd(in[0]);

	*d = (struct uhppote_date){ (uint16_t)(2000 + year), uhppote_get_bcd(in[1]), uhppote_get_bcd(in[2]) };
	if (year == NO_DIGITS || !uhppote_date_is_valid(d))
		memset(d, 0, sizeof *d);
}

int
uhppote_put_time(const struct uhppote_time *t, uint8_t out[3])
{
	if (!is_time(t))
		return -1;
	uhppote_put_bcd(t->hour, out);
	uhppote_put_bcd(t->minute, out + 1);
	return uhppote_put_bcd(t->second, out + 2);
}

void
uhppote_get_time(const uint8_t in[3], struct uhppote_time *t)
{
	*t = (struct uhppote_time){ uhppote_get_bcd(in[0]), uhppote_get_bcd(in[1]), uhppote_get_bcd(in[2]) };
	if (!is_time(t))
		memset(t, 0, sizeof *t);
}

int
uhppote_put_moment(const struct uhppote_moment *m, uint8_t out[7])
{
	memset(out, 0, 7);
	if (m->date.year == 0)
		return 0;
	return uhppote_put_date(&m->date, out) == 0 ? uhppote_put_time(&m->time, out + 4) : -1;
}

void
uhppote_get_moment(const uint8_t in[7], struct uhppote_moment *m)
{
	uint8_t again[3];

	uhppote_get_date(in, &m->date);
	uhppote_get_time(in + 4, &m->time);
	uhppote_put_time(&m->time, again);
	if (m->date.year == 0 || memcmp(again, in + 4, sizeof again) != 0)	/* a time that is none makes it none */
		memset(m, 0, sizeof *m);
}

int
uhppote_put_hhmm(const struct uhppote_hhmm *t, uint8_t out[2])
{
	if ((t->hour > 23 || t->minute > 59) && !(t->hour == 24 && t->minute == 0))
		return -1;
	uhppote_put_bcd(t->hour, out);
	return uhppote_put_bcd(t->minute, out + 1);
}

void
uhppote_get_hhmm(const uint8_t in[2], struct uhppote_hhmm *t)
{
	uint8_t unused[2];

	*t = (struct uhppote_hhmm){ uhppote_get_bcd(in[0]), uhppote_get_bcd(in[1]) };
	if (uhppote_put_hhmm(t, unused) < 0)
		memset(t, 0, sizeof *t);
}

/* --- cards, PINs, serial numbers --------------------------------------------------------------------------- */

bool
uhppote_card_is_valid(uint32_t number)
{
	return number != UHPPOTE_CARD_NONE && number <= UHPPOTE_CARD_MOST && number != UINT32_C(0x00FFFFFF);
}

/* Up to `most` decimal digits; -1 for anything else. */
static int64_t
decimal(const char *text, size_t most)
{
	int64_t value = 0;
	size_t n = 0;

	for (; text[n] >= '0' && text[n] <= '9' && n < most; n++)
		value = value * 10 + (text[n] - '0');
	return n == 0 || text[n] != '\0' ? -1 : value;
}

int
uhppote_card_parse(const char *text, uint32_t *out)
{
	int64_t value = decimal(text, 10);

	if (value < 1 || value > UHPPOTE_CARD_MOST || text[0] == '0' || !uhppote_card_is_valid((uint32_t)value))
		return -1;
	*out = (uint32_t)value;
	return 0;
}

void
uhppote_card_format(uint32_t number, char out[UHPPOTE_CARD_TEXT])
{
	snprintf(out, UHPPOTE_CARD_TEXT, "%lu", (unsigned long)number);
}

int
uhppote_pin_parse(const char *text, uint32_t *out)
{
	int64_t value = text[0] == '\0' ? 0 : decimal(text, 6);

	if (value < 0 || (value == 0 && text[0] != '\0'))
		return -1;
	*out = (uint32_t)value;
	return 0;
}

int
uhppote_doors_of(uint32_t serial)
{
	uint32_t first = serial / 100000000;

	return first == 1 || first == 2 || first == 4 ? (int)first : 0;
}

bool
uhppote_has_exit_readers(uint32_t serial)
{
	int doors = uhppote_doors_of(serial);

	return doors == 1 || doors == 2;
}

/* --- time -------------------------------------------------------------------------------------------------- */

/* Days since 1970-01-01 of a date of the civil calendar, counted from March so that February ends the year. */
static int64_t
days_from_civil(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400, in_era = y - era * 400;
	int64_t in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

int64_t
uhppote_local_seconds(const struct uhppote_moment *m)
{
	return days_from_civil(m->date.year, m->date.month, m->date.day) * 86400 + m->time.hour * 3600 +
	    m->time.minute * 60 + m->time.second;
}

void
uhppote_moment_from_local(int64_t local_s, struct uhppote_moment *out)
{
	int64_t days = local_s / 86400, rest = local_s % 86400;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	int64_t z = days + 719468, era = z / 146097, in_era = z - era * 146097;
	int64_t year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * in_year + 2) / 153;
	int64_t year = year_of_era + era * 400 + (month >= 10);

	out->date = (struct uhppote_date){ (uint16_t)year, (uint8_t)(month < 10 ? month + 3 : month - 9),
		(uint8_t)(in_year - (153 * month + 2) / 5 + 1) };
	out->time = (struct uhppote_time){ (uint8_t)(rest / 3600), (uint8_t)(rest / 60 % 60), (uint8_t)(rest % 60) };
}
