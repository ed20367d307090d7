/* session: logging in and out, one's saved searches, and whether the server works. */
#include "cgi-bin/session/routes.h"

#include "base/str.h"
#include "cgi-bin/session/handlers.h"

const struct web_route session_routes[] = {
	/* Public: without a session it answers 401, or opens one for whom Apache vouches. */
	ROUTE(GET, "/session", PUBLIC, get_session),
	ROUTE(POST, "/session", PUBLIC, create_session, .body = login_fields),
	ROUTE(DELETE, "/session", OPERATOR, delete_session),
	ROUTE(PUT, "/session/password", OPERATOR, change_password, .body = own_password_fields),
	ROUTE(GET, "/saved-searches", OPERATOR, list_saved_searches, .parameters = screen_parameters),
	ROUTE(POST, "/saved-searches", OPERATOR, create_saved_search, .body = saved_search_fields),
	ROUTE(DELETE, "/saved-searches/{id}", OPERATOR, delete_saved_search, .parameters = id_parameter),
	ROUTE(GET, "/health", PUBLIC, get_health),
};
const size_t session_route_count = lengthof(session_routes);
