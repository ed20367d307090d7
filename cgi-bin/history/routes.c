/* history: events, alarms, plots. */
#include "cgi-bin/history/routes.h"

#include "base/str.h"
#include "cgi-bin/history/handlers.h"

const struct web_route history_routes[] = {
	ROUTE(GET, "/history/{category}", VIEW(HISTORY), list_history, .parameters = history_parameters),
	ROUTE(GET, "/history/plots/passages-per-hour", VIEW(HISTORY), plot_passages, .parameters = plot_parameters),
	ROUTE(GET, "/history/plots/alarms-per-gate", VIEW(HISTORY), plot_alarms, .parameters = alarm_plot_parameters),
	ROUTE(GET, "/alarms", VIEW(HISTORY), list_alarms, .parameters = alarm_parameters),
	ROUTE(POST, "/alarms/acknowledge", EDIT(HISTORY), acknowledge_alarms, .body = acknowledge_fields),
};
const size_t history_route_count = lengthof(history_routes);
