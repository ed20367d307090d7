/* Clocks and RFC 3339. See clock.h. */
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

static const struct clock_source *injected;

static int64_t read_ms(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now) != 0)
		fatal("clock %d", (int)id);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
	return injected != NULL ? injected->wall_ms : read_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return injected != NULL ? injected->mono_ms : read_ms(CLOCK_MONOTONIC);
}

void clock_inject(const struct clock_source *source)
{
	injected = source;
}

void clock_format(int64_t wall_ms, int offset_minutes, char out[CLOCK_TEXT])
{
	int64_t local = wall_ms + (int64_t)offset_minutes * 60000;
	int64_t ms = ((local % 1000) + 1000) % 1000;
	time_t seconds = (time_t)((local - ms) / 1000);
	struct tm tm;
	int len;

	out[0] = '\0';
	if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year < -1900 || tm.tm_year > 8099)
		return;
	len = snprintf(out, CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		       tm.tm_hour, tm.tm_min, tm.tm_sec, (int)ms);
	if (offset_minutes == 0) {
		snprintf(out + len, (size_t)(CLOCK_TEXT - len), "Z");
	} else {
		int away = offset_minutes < 0 ? -offset_minutes : offset_minutes;

		snprintf(out + len, (size_t)(CLOCK_TEXT - len), "%c%02d:%02d", offset_minutes < 0 ? '-' : '+', away / 60 % 100,
			 away % 60);
	}
}

/* Takes exactly `digits` decimal digits; -1 when there are not. */
static int take_number(const char **text, int digits)
{
	int value = 0;

	for (int i = 0; i < digits; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		value = value * 10 + (**text - '0');
	}
	return value;
}

static bool take(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static int take_date(const char **p, struct tm *tm)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day, last;

	if ((year = take_number(p, 4)) < 0 || !take(p, '-') || (month = take_number(p, 2)) < 1 || month > 12 || !take(p, '-') ||
	    (day = take_number(p, 2)) < 1)
		return -1;
	last = days[month - 1] + (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)));
	if (day > last)
		return -1;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return 0;
}

static int take_time(const char **p, struct tm *tm)
{
	if ((tm->tm_hour = take_number(p, 2)) < 0 || tm->tm_hour > 23 || !take(p, ':') || (tm->tm_min = take_number(p, 2)) < 0 ||
	    tm->tm_min > 59 || !take(p, ':') || (tm->tm_sec = take_number(p, 2)) < 0 || tm->tm_sec > 60)
		return -1;
	return 0;
}

/* Fraction of a second to milliseconds, the rest cut off. */
static int take_fraction(const char **p)
{
	int ms = 0, scale = 100;

	if (!take(p, '.'))
		return 0;
	if (**p < '0' || **p > '9')
		return -1;
	for (; **p >= '0' && **p <= '9'; (*p)++, scale /= 10)
		ms += (**p - '0') * scale;
	return ms;
}

static int take_offset(const char **p, int *minutes)
{
	int hours, rest, sign;

	*minutes = 0;
	if (take(p, 'Z') || take(p, 'z'))
		return 0;
	if (**p != '+' && **p != '-')
		return -1;
	sign = *(*p)++ == '-' ? -1 : 1;
	if ((hours = take_number(p, 2)) < 0 || hours > 23 || !take(p, ':') || (rest = take_number(p, 2)) < 0 || rest > 59)
		return -1;
	*minutes = sign * (hours * 60 + rest);
	return 0;
}

int clock_parse(const char *text, int64_t *wall_ms)
{
	const char *p = text;
	struct tm tm = {0};
	int ms, offset;

	if (take_date(&p, &tm) != 0 || !(take(&p, 'T') || take(&p, 't') || take(&p, ' ')) || take_time(&p, &tm) != 0 ||
	    (ms = take_fraction(&p)) < 0 || take_offset(&p, &offset) != 0 || *p != '\0')
		return -1;
	*wall_ms = ((int64_t)timegm(&tm) - (int64_t)offset * 60) * 1000 + ms;
	return 0;
}
