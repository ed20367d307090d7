/* What the keeper's duties share: a plain connection, one duty per file, each done again and again at its own interval. */
#ifndef KIDOBAN_KEEPER_KEEPER_H
#define KIDOBAN_KEEPER_KEEPER_H

#include <stdint.h>

#include "base/program.h"
#include "db/keeper.h"

struct keeper_config {
	struct common_config common;
	int64_t partition_days_ahead;
	int64_t checkpoint_interval_s;
	int64_t alarm_interval_s;
	char *watch;			/* daemons that must run, by name */
	char *disk_paths, *certificate_files;
	int64_t disk_low_percent, certificate_days, backlog_minutes;
};

enum duty_result { DUTY_DONE, DUTY_FAILED, DUTY_AWAY };

struct duty {
	const char *name;		/* also its row in the health table */
	int64_t every_ms;
	enum duty_result (*run)(struct keeper_db *, const struct keeper_config *);
	int64_t next_ms;
	enum duty_result last;
};

/* duties.c */
enum duty_result duty_timetable(struct keeper_db *, const struct keeper_config *);
enum duty_result duty_expiry(struct keeper_db *, const struct keeper_config *);
enum duty_result duty_tidy(struct keeper_db *, const struct keeper_config *);
/* partitions.c */
enum duty_result duty_partitions(struct keeper_db *, const struct keeper_config *);
enum duty_result duty_retention(struct keeper_db *, const struct keeper_config *);

/* keeper.c: how many alarms of the system are on, and the first, for the service manager */
void keeper_status(int alarms, const char *first);

/* keeper.c: until SIGTERM or SIGINT */
int keeper_run(const struct keeper_config *);

#endif
