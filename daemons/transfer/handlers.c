/* Kinds of jobs, and who does them. */
#include "transfer.h"

const struct job_kind job_kinds[] = {
	{ "permit_plan", LANE_PERMITS, plan_permits },
	{ 0 },
};
