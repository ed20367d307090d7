/*
 * A board knows the hour on the wall and no more: from there to UTC and back, by the site's offsets.
 */
#include "gate/uhppote_session.h"

int32_t
offset_at(const struct gate_offsets *o, int64_t utc_s)
{
	int32_t offset = o->first_s;

	for (size_t i = 0; i < o->count && (int64_t)o->at[i].at_s <= utc_s; i++)
		offset = o->at[i].offset_s;
	return offset;
}

int64_t
local_to_utc(const struct gate_offsets *o, int64_t local_s, int64_t latest_s)
{
	int64_t best = INT64_MIN, soonest = INT64_MAX, utc;

	for (size_t i = 0; i <= o->count; i++) {
		int32_t offset = i == 0 ? o->first_s : o->at[i - 1].offset_s;

		utc = local_s - offset;
		if (offset_at(o, utc) != offset)
			continue;
		if (utc <= latest_s && utc > best)
			best = utc;
		if (utc < soonest)
			soonest = utc;
	}
	if (best != INT64_MIN || soonest != INT64_MAX)
		return best != INT64_MIN ? best : soonest;
	/* The hour that clocks skip does not exist: it is read by the offset before. */
	return local_s - offset_at(o, local_s - offset_at(o, local_s) - 3600);
}
