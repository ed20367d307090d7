#include "day.h"

#include "inside.h"

/* By hours of the day in Asia/Tokyo; between them in a straight line. */
static const double busy[25] = {.02, .01, .01, .01, .01, .03, .08, .35, 1., .85, .45, .5, .9, .8, .5, .45, .45, .65, .85, .6, .35, .2, .1, .05, .02};
static const double leaving[25] = {.9, .8, .7, .6, .5, .3, .15, .05, .06, .15, .4, .5, .6, .4, .45, .5, .5, .7, .85, .9, .92, .95, .95, .95, .9};

enum { DAY_S = 86400, THURSDAY = 4 /* 1 January 1970 */ };

static double between(const double table[25], uint64_t time_ms)
{
	double hours = (double)((time_ms / 1000 + INSIDE_UTC_OFFSET_S) % DAY_S) / 3600.;
	int hour = (int)hours;

	return table[hour] + (table[hour + 1] - table[hour]) * (hours - hour);
}

double day_busy(uint64_t time_ms)
{
	int weekday = (inside_day(time_ms) + THURSDAY) % 7;

	return between(busy, time_ms) * (weekday == 0 ? .08 : weekday == 6 ? .2 : 1.);
}

double day_leaving(uint64_t time_ms)
{
	return between(leaving, time_ms);
}
