/* gate-poller: alone talks to controllers, under their leases. Its settings; everything else is in poller.c. */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "poller.h"

static const struct setting settings[] = {
	{ .name = "name", .type = SETTING_TEXT, .offset = offsetof(struct poller_config, name), .fallback = "",
	    .meaning = "how this poller is called in the database; empty: the machine's name" },
	{ .name = "nudge_address", .type = SETTING_TEXT, .offset = offsetof(struct poller_config, nudge_address),
	    .fallback = "0.0.0.0", .meaning = "IPv4 address where controllers may ask to be polled" },
	{ .name = "nudge_port", .type = SETTING_INT, .offset = offsetof(struct poller_config, nudge_port),
	    .fallback = "11000", .lo = 0, .hi = 65535, .meaning = "UDP port for that; 0: they can not" },
	{ .name = "uhppote_listen_address", .type = SETTING_TEXT, .offset = offsetof(struct poller_config, uhppote_listen_address),
	    .fallback = "0.0.0.0", .meaning = "IPv4 address where UHPPOTE boards push their events" },
	{ .name = "uhppote_listen_port", .type = SETTING_INT, .offset = offsetof(struct poller_config, uhppote_listen_port),
	    .fallback = "60001", .lo = 0, .hi = 65535, .meaning = "UDP port for that; 0: they are asked each second instead" },
	{ .name = "metrics_listen", .type = SETTING_TEXT, .offset = offsetof(struct poller_config, metrics_listen),
	    .fallback = "", .meaning = "address and port for Prometheus, 127.0.0.1:9180; empty: off" },
	{ .name = "state_interval", .type = SETTING_INT, .offset = offsetof(struct poller_config, state_interval),
	    .fallback = "60", .lo = 1, .hi = 60, .meaning = "seconds between two states of a gate (L-3)" },
	{ .name = "events_interval", .type = SETTING_INT, .offset = offsetof(struct poller_config, events_interval),
	    .fallback = "300", .lo = 1, .hi = 300, .meaning = "seconds between two collections of events (L-10)" },
	{ .name = "bandwidth_controller_kbit", .type = SETTING_INT, .offset = offsetof(struct poller_config, controller_kbit),
	    .fallback = "0", .lo = 0, .hi = 1000000, .meaning = "most kbit/s of transfers to one controller (L-21); 0: no limit" },
	{ .name = "bandwidth_total_kbit", .type = SETTING_INT, .offset = offsetof(struct poller_config, total_kbit),
	    .fallback = "0", .lo = 0, .hi = 10000000, .meaning = "the same for all controllers and gate-pollers together; 0: no limit" },
};

static void name_by_machine(struct poller_config *config)
{
	char host[128];

	if (config->name[0] != '\0')
		return;
	if (gethostname(host, sizeof host) < 0)
		fatal("the machine's name");
	host[sizeof host - 1] = '\0';
	free(config->name);
	config->name = xstrdup(host);
}

int main(int argc, char **argv)
{
	static struct poller poller;
	struct config_table tables[] = {
		COMMON_TABLE(&poller.config.common),
		{ settings, lengthof(settings), &poller.config },
	};

	program_start(argc, argv, "gate-poller", tables, lengthof(tables));
	name_by_machine(&poller.config);
	int result = poller_run(&poller);
	config_free(tables, lengthof(tables));
	return result < 0;
}
