/* system: the log of what operators and the system did, and alarms of the system itself. */
#include "cgi-bin/system/routes.h"

#include "base/str.h"
#include "cgi-bin/system/handlers.h"

const struct web_route system_routes[] = {
	ROUTE(GET, "/system/log", VIEW(SYSTEM_LOG), list_log, .parameters = log_parameters),
	ROUTE(GET, "/system/log/checkpoints", VIEW(SYSTEM_LOG), download_checkpoints, .parameters = checkpoint_parameters),
	ROUTE(GET, "/system/log/keys", VIEW(SYSTEM_LOG), list_keys),
	ROUTE(GET, "/system/alarms", VIEW_ANY(SYSTEM_LOG, SYSTEM_ADMINISTRATION), list_alarms, .parameters = alarm_parameters),
};
const size_t system_route_count = lengthof(system_routes);
