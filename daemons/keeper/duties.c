/* The short duties: the timetable, what has expired, small tables. */
#include "base/log.h"
#include "keeper.h"

static enum duty_result result_of(enum keeper_result r)
{
	switch (r) {
	case KEEPER_OK:
		return DUTY_DONE;
	case KEEPER_REFUSED:
		return DUTY_FAILED;
	case KEEPER_AWAY:
		break;
	}
	return DUTY_AWAY;
}

static void timetable_told(const char *name, const char *kind, int queued)
{
	log_info("timetable: %s (%s), %d jobs queued", name, kind, queued);
}

enum duty_result duty_timetable(struct keeper_db *db, const struct keeper_config *config)
{
	(void)config;
	return result_of(keeper_timetable(db, timetable_told));
}

enum duty_result duty_expiry(struct keeper_db *db, const struct keeper_config *config)
{
	int expired = 0;
	enum keeper_result r = keeper_expire_commands(db, &expired);

	(void)config;
	if (r == KEEPER_OK && expired > 0)
		log_info("%d commands had no answer in time", expired);
	if (r == KEEPER_OK)
		r = keeper_expire_sessions(db);
	return result_of(r);
}

enum duty_result duty_tidy(struct keeper_db *db, const struct keeper_config *config)
{
	(void)config;
	return result_of(keeper_tidy(db));
}
