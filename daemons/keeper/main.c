/* keeper: keeps time and house; the timetable, history partitions, what has expired, health. Its settings. */
#include "base/str.h"
#include "keeper.h"

static const struct setting settings[] = {
	{ .name = "partition_days_ahead", .type = SETTING_INT,
	    .offset = offsetof(struct keeper_config, partition_days_ahead), .fallback = "7", .lo = 2, .hi = 60,
	    .meaning = "days for which history partitions are made ahead" },
	{ .name = "checkpoint_interval_s", .type = SETTING_INT,
	    .offset = offsetof(struct keeper_config, checkpoint_interval_s), .fallback = "300", .lo = 1, .hi = 86400,
	    .meaning = "how often the chain of the system log is signed, when there is anything new" },
	{ .name = "alarm_interval_s", .type = SETTING_INT,
	    .offset = offsetof(struct keeper_config, alarm_interval_s), .fallback = "10", .lo = 1, .hi = 3600,
	    .meaning = "how often the keeper looks after the system itself" },
	{ .name = "watch", .type = SETTING_TEXT, .offset = offsetof(struct keeper_config, watch), .fallback = "gate-poller transfer",
	    .meaning = "daemons of which at least one must run on this site, on whatever machine" },
	{ .name = "disk_paths", .type = SETTING_TEXT, .offset = offsetof(struct keeper_config, disk_paths), .fallback = "/ /var /var/lib/postgresql",
	    .meaning = "directories whose file systems must not fill" },
	{ .name = "disk_low_percent", .type = SETTING_INT,
	    .offset = offsetof(struct keeper_config, disk_low_percent), .fallback = "10", .lo = 0, .hi = 100,
	    .meaning = "an alarm when less than that is free" },
	{ .name = "certificate_files", .type = SETTING_TEXT, .offset = offsetof(struct keeper_config, certificate_files), .fallback = "",
	    .meaning = "certificates that Apache serves; their end is watched" },
	{ .name = "certificate_days", .type = SETTING_INT,
	    .offset = offsetof(struct keeper_config, certificate_days), .fallback = "30", .lo = 1, .hi = 3650,
	    .meaning = "an alarm when a certificate ends in fewer days" },
	{ .name = "backlog_minutes", .type = SETTING_INT,
	    .offset = offsetof(struct keeper_config, backlog_minutes), .fallback = "60", .lo = 1, .hi = 100000,
	    .meaning = "an alarm when imports, transfers or events wait for longer" },
};

int main(int argc, char **argv)
{
	static struct keeper_config config;
	struct config_table tables[] = {
		COMMON_TABLE(&config.common),
		{ settings, lengthof(settings), &config },
	};

	program_start(argc, argv, "keeper", tables, lengthof(tables));
	int result = keeper_run(&config);
	config_free(tables, lengthof(tables));
	return result < 0;
}
