/* keeper: keeps time and house; the timetable, history partitions, what has expired, health. Its settings. */
#include "base/str.h"
#include "keeper.h"

static const struct setting settings[] = {
	{ .name = "partition_days_ahead", .type = SETTING_INT,
	    .offset = offsetof(struct keeper_config, partition_days_ahead), .fallback = "7", .lo = 2, .hi = 60,
	    .meaning = "days for which history partitions are made ahead" },
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
