/* transfer: plans what goes to controllers, and runs the jobs that take longer than a request. Its settings. */
#include "base/str.h"
#include "transfer.h"

int main(int argc, char **argv)
{
	static struct transfer_config config;
	struct config_table tables[] = { COMMON_TABLE(&config.common) };

	program_start(argc, argv, "transfer", tables, lengthof(tables));
	int result = transfer_run(&config);
	config_free(tables, lengthof(tables));
	return result < 0;
}
