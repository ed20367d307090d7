/* The buildings that gates are filtered by. */
#include "cgi-bin/gates/handlers.h"
#include "db/organisation.h"

void list_buildings(struct web_request *request)
{
	struct json *json = &request->json;
	struct db_rows *rows;

	if (buildings_list(request->db, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "buildings");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_string(json, "name", db_text(rows, i, 0));
		put_int(json, "gates", db_int(rows, i, 1));
		put_end_object(json);
	}
	put_end_array(json);
	put_end_object(json);
	db_rows_free(rows);
}
