/* transfers: what is on its way to controllers, and the proof of what has arrived. */
#include "cgi-bin/transfers/routes.h"

#include "base/str.h"
#include "cgi-bin/transfers/handlers.h"

const struct web_route transfers_routes[] = {
	ROUTE(GET, "/transfers", VIEW(PERMIT_TRANSFER), list_transfers, .parameters = transfer_list_parameters),
	ROUTE(GET, "/transfers/{id}", VIEW(PERMIT_TRANSFER), get_transfer, .parameters = transfer_parameters),
	ROUTE(POST, "/transfers", EDIT(PERMIT_TRANSFER), start_transfer, .body = transfer_fields),
	ROUTE(POST, "/transfers/{id}/stop", EDIT(PERMIT_TRANSFER), stop_transfer, .parameters = transfer_parameters),
	ROUTE(POST, "/transfers/{id}/repeat", EDIT(PERMIT_TRANSFER), repeat_transfer, .parameters = transfer_parameters),
	ROUTE(GET, "/cardholders/{id}/proof", VIEW(CARDHOLDERS), get_proof, .parameters = transfer_parameters),
};
const size_t transfers_route_count = lengthof(transfers_routes);
