/* The lists that gates are filtered by. */
#include "db/organisation.h"

#include "cgi-bin/gates/handlers.h"

void list_management_groups(struct web_request *request)
{
	struct json *json = &request->json;
	struct db_rows *rows;

	if (management_groups_list(request->db, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "management_groups");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_int(json, "id", db_int(rows, i, 0));
		put_string(json, "name", db_text(rows, i, 1));
		put_int(json, "gates", db_int(rows, i, 2));
		put_int(json, "revision", db_int(rows, i, 3));
		put_end_object(json);
	}
	put_end_array(json);
	put_end_object(json);
	db_rows_free(rows);
}

void list_gate_groups(struct web_request *request)
{
	struct json *json = &request->json;
	struct db_rows *rows;

	if (gate_groups_list(request->db, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "gate_groups");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_int(json, "id", db_int(rows, i, 0));
		put_string(json, "name", db_text(rows, i, 1));
		put_int(json, "gates", db_int(rows, i, 2));
		put_end_object(json);
	}
	put_end_array(json);
	put_end_object(json);
	db_rows_free(rows);
}

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
