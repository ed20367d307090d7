/* explanations: why somebody could or could not pass, and who changed what. */
#include "cgi-bin/explanations/routes.h"

#include "base/str.h"
#include "cgi-bin/explanations/handlers.h"

const struct web_route explanations_routes[] = {
	ROUTE(GET, "/explanations", VIEW(CARDHOLDERS), get_explanation, .parameters = explanation_parameters),
	ROUTE(GET, "/explanations/gate", VIEW(CARDHOLDERS), list_passers, .parameters = passers_parameters),
	ROUTE(GET, "/explanations/cardholder", VIEW(CARDHOLDERS), list_opened, .parameters = opened_parameters),
	ROUTE(GET, "/change-sets", VIEW(CHANGE_HISTORY), list_change_sets, .parameters = change_set_list_parameters),
	ROUTE(GET, "/change-sets/{revision}", VIEW(CHANGE_HISTORY), get_change_set, .parameters = change_set_parameters),
};
const size_t explanations_route_count = lengthof(explanations_routes);
