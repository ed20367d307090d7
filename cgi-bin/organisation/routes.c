/* organisation: departments, management groups, gate groups. */
#include "cgi-bin/organisation/routes.h"

#include "base/str.h"
#include "cgi-bin/organisation/handlers.h"

#define ONE .parameters = organisation_parameters

const struct web_route organisation_routes[] = {
	ROUTE(GET, "/departments", VIEW_ANY3(HISTORY, CARDHOLDERS, DEPARTMENTS), list_departments,
	      .parameters = department_list_parameters, .flags = WEB_CONFIGURATION),
	ROUTE(GET, "/departments/{id}", VIEW_ANY3(HISTORY, CARDHOLDERS, DEPARTMENTS), get_department, ONE),
	ROUTE(POST, "/departments", EDIT(DEPARTMENTS), create_department, .body = department_fields),
	ROUTE(PATCH, "/departments/{id}", EDIT(DEPARTMENTS), patch_department, ONE, .body = department_change_fields, .flags = WEB_IF_MATCH),
	ROUTE(DELETE, "/departments/{id}", EDIT(DEPARTMENTS), delete_department, ONE, .flags = WEB_IF_MATCH),

	ROUTE(GET, "/management-groups", VIEW_ANY3(GATES, HISTORY, MANAGEMENT_GROUPS), list_management_groups, .flags = WEB_CONFIGURATION),
	ROUTE(GET, "/management-groups/{id}", VIEW_ANY3(GATES, HISTORY, MANAGEMENT_GROUPS), get_management_group, ONE),
	ROUTE(POST, "/management-groups", EDIT(MANAGEMENT_GROUPS), create_management_group, .body = management_group_fields),
	ROUTE(PATCH, "/management-groups/{id}", EDIT(MANAGEMENT_GROUPS), patch_management_group, ONE,
	      .body = management_group_change_fields, .flags = WEB_IF_MATCH),
	ROUTE(DELETE, "/management-groups/{id}", EDIT(MANAGEMENT_GROUPS), delete_management_group, ONE, .flags = WEB_IF_MATCH),

	ROUTE(GET, "/gate-groups", VIEW_ANY3(GATES, HISTORY, CARDHOLDERS), list_gate_groups, .flags = WEB_CONFIGURATION),
	ROUTE(GET, "/gate-groups/{id}", VIEW_ANY3(GATES, HISTORY, CARDHOLDERS), get_gate_group, ONE),
	ROUTE(POST, "/gate-groups", EDIT(GATES), create_gate_group, .body = gate_group_fields),
	ROUTE(PATCH, "/gate-groups/{id}", EDIT(GATES), patch_gate_group, ONE, .body = gate_group_change_fields, .flags = WEB_IF_MATCH),
	ROUTE(PUT, "/gate-groups/{id}/gates", EDIT(GATES), put_gate_group_gates, .parameters = preview_parameters,
	      .body = gate_group_gates_fields, .flags = WEB_IF_MATCH),
	ROUTE(DELETE, "/gate-groups/{id}", EDIT(GATES), delete_gate_group, .parameters = preview_parameters, .flags = WEB_IF_MATCH),
};
const size_t organisation_route_count = lengthof(organisation_routes);
