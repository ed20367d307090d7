/* imports: files of cardholders and departments on their way in, and the undo of what was changed. */
#include "cgi-bin/imports/routes.h"

#include "base/str.h"
#include "cgi-bin/imports/handlers.h"

/* Which of the two rights an import needs, its kind says: the database asks for that one. */
const struct web_route imports_routes[] = {
	ROUTE(POST, "/imports", EDIT_ANY(CARDHOLDER_IMPORT, DEPARTMENTS), upload, .parameters = upload_parameters, .flags = WEB_UPLOAD),
	ROUTE(GET, "/imports", VIEW_ANY(CARDHOLDER_IMPORT, DEPARTMENTS), list_imports, .parameters = import_list_parameters),
	ROUTE(GET, "/imports/{id}", VIEW_ANY(CARDHOLDER_IMPORT, DEPARTMENTS), get_import, .parameters = import_parameters),
	ROUTE(GET, "/imports/{id}/rows", VIEW_ANY(CARDHOLDER_IMPORT, DEPARTMENTS), list_import_rows, .parameters = row_parameters),
	ROUTE(GET, "/imports/{id}/result", VIEW_ANY(CARDHOLDER_IMPORT, DEPARTMENTS), get_result, .parameters = result_parameters),
	ROUTE(POST, "/imports/{id}/apply", EDIT_ANY(CARDHOLDER_IMPORT, DEPARTMENTS), apply, .parameters = import_parameters, .body = apply_fields),
	ROUTE(POST, "/imports/{id}/cancel", EDIT_ANY(CARDHOLDER_IMPORT, DEPARTMENTS), cancel, .parameters = import_parameters, .body = no_fields),
	ROUTE(POST, "/change-sets/{id}/undo", EDIT_ANY(CARDHOLDERS, DEPARTMENTS), undo_change_set, .parameters = import_parameters, .body = undo_fields),
};
const size_t imports_route_count = lengthof(imports_routes);
