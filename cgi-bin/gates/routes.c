/* gates: watching gates, telling them what to do, the controllers they are on, and the buildings they are filtered by. */
#include "cgi-bin/gates/routes.h"

#include "base/str.h"
#include "cgi-bin/gates/handlers.h"

const struct web_route gates_routes[] = {
	ROUTE(GET, "/gates", VIEW(GATES), list_gates, .parameters = gate_list_parameters),
	ROUTE(GET, "/gates/{id}", VIEW(GATES), get_gate, .parameters = gate_parameters),
	ROUTE(PATCH, "/gates/{id}", EDIT(GATES), patch_gate, .parameters = gate_parameters, .body = gate_change_fields, .flags = WEB_IF_MATCH),
	ROUTE(POST, "/gates/commands", EDIT(GATES), command_gates, .parameters = command_parameters, .body = command_fields),
	ROUTE(GET, "/gates/commands/{id}", VIEW(GATES), get_command, .parameters = gate_parameters),
	ROUTE(POST, "/gates/lockdown", EDIT(GATES), lock_down, .parameters = command_parameters, .body = lockdown_fields),
	/* Adding, changing and deleting needs edit of gates besides (G-1): the database looks. */
	ROUTE(GET, "/controllers", VIEW(GATES), list_controllers),
	ROUTE(GET, "/controllers/{id}", VIEW(GATES), get_controller, .parameters = gate_parameters),
	ROUTE(POST, "/controllers", EDIT(SYSTEM_ADMINISTRATION), create_controller, .body = controller_fields),
	ROUTE(PATCH, "/controllers/{id}", EDIT(SYSTEM_ADMINISTRATION), patch_controller, .parameters = gate_parameters,
	      .body = controller_change_fields, .flags = WEB_IF_MATCH),
	ROUTE(DELETE, "/controllers/{id}", EDIT(SYSTEM_ADMINISTRATION), delete_controller, .parameters = gate_parameters, .flags = WEB_IF_MATCH),
	ROUTE(POST, "/controllers/discoveries", EDIT(SYSTEM_ADMINISTRATION), create_discovery, .body = discovery_fields),
	ROUTE(GET, "/controllers/discoveries/{id}", EDIT(SYSTEM_ADMINISTRATION), get_discovery, .parameters = gate_parameters),
	ROUTE(GET, "/buildings", VIEW_ANY(GATES, HISTORY), list_buildings, .flags = WEB_CONFIGURATION),
};
const size_t gates_route_count = lengthof(gates_routes);
