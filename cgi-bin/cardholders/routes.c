/* cardholders: who holds which cards, and what they may pass. */
#include "cgi-bin/cardholders/routes.h"

#include "base/str.h"
#include "cgi-bin/cardholders/handlers.h"

const struct web_route cardholders_routes[] = {
	ROUTE(GET, "/cardholders", VIEW(CARDHOLDERS), list_cardholders, .parameters = cardholder_list_parameters),
	ROUTE(GET, "/cardholders/anchors", VIEW(CARDHOLDERS), list_anchors, .parameters = anchor_parameters),
	ROUTE(POST, "/cardholders", EDIT(CARDHOLDERS), create_cardholder, .body = cardholder_fields),
	ROUTE(POST, "/cardholders/bulk", EDIT(CARDHOLDERS), change_cardholders, .body = bulk_fields),
	ROUTE(GET, "/cardholders/{id}", VIEW(CARDHOLDERS), get_cardholder, .parameters = id_parameters),
	ROUTE(PATCH, "/cardholders/{id}", EDIT(CARDHOLDERS), patch_cardholder, .parameters = id_parameters, .body = cardholder_change_fields,
	      .flags = WEB_IF_MATCH),
	ROUTE(DELETE, "/cardholders/{id}", EDIT(CARDHOLDERS), delete_cardholder, .parameters = id_parameters, .flags = WEB_IF_MATCH),
	ROUTE(POST, "/cardholders/{id}/lost", EDIT(CARDHOLDERS), lose_cards, .parameters = id_parameters, .body = lost_fields),
	ROUTE(POST, "/cardholders/{id}/reissue", EDIT(CARDHOLDERS), reissue_card, .parameters = id_parameters, .body = reissue_fields,
	      .flags = WEB_IF_MATCH),
	ROUTE(GET, "/permits", VIEW(CARDHOLDERS), list_permits, .parameters = permit_list_parameters),
	ROUTE(GET, "/permits/gates", EDIT(CARDHOLDERS), list_permit_gates),
	ROUTE(POST, "/permits", EDIT(CARDHOLDERS), create_permits, .body = permit_fields),
	ROUTE(GET, "/permits/{id}", VIEW(CARDHOLDERS), get_permit, .parameters = id_parameters),
	ROUTE(PATCH, "/permits/{id}", EDIT(CARDHOLDERS), patch_permit, .parameters = id_parameters, .body = permit_change_fields,
	      .flags = WEB_IF_MATCH),
	ROUTE(DELETE, "/permits/{id}", EDIT(CARDHOLDERS), delete_permit, .parameters = id_parameters, .flags = WEB_IF_MATCH),
};
const size_t cardholders_route_count = lengthof(cardholders_routes);
