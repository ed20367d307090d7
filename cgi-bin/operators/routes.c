/* operators: who logs in, what they may do and see, and who is logged in now. */
#include "cgi-bin/operators/routes.h"

#include "base/str.h"
#include "cgi-bin/operators/handlers.h"

#define ONE .parameters = operator_parameters

const struct web_route operators_routes[] = {
	ROUTE(GET, "/operators", VIEW(OPERATORS), list_operators, .parameters = operator_list_parameters),
	ROUTE(POST, "/operators", EDIT(OPERATORS), create_operator, .body = operator_fields),
	ROUTE(GET, "/operators/{id}", VIEW(OPERATORS), get_operator, ONE),
	ROUTE(PATCH, "/operators/{id}", EDIT(OPERATORS), patch_operator, ONE, .body = operator_change_fields, .flags = WEB_IF_MATCH),
	ROUTE(DELETE, "/operators/{id}", EDIT(OPERATORS), delete_operator, ONE, .flags = WEB_IF_MATCH),
	ROUTE(POST, "/operators/{id}/log-out", EDIT(OPERATORS), log_out_operator, ONE),
	ROUTE(GET, "/operators/roles", VIEW(OPERATORS), list_roles),
	ROUTE(GET, "/operators/sessions", VIEW(OPERATORS), list_sessions),
	ROUTE(DELETE, "/operators/sessions/{id}", EDIT(OPERATORS), end_session, ONE),
};
const size_t operators_route_count = lengthof(operators_routes);
