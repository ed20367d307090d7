/* POST /change-sets/{revision}/undo: the inverse of one act as another. */
#include <string.h>

#include "cgi-bin/imports/handlers.h"

const struct web_field undo_fields[] = {
	{"skip_changed", .type = WEB_BOOL},
	{0},
};

void undo_change_set(struct web_request *request)
{
	const struct web_value *skip = web_member(request, "skip_changed");
	struct db_rows *rows;

	if (change_undo(request->db, web_int(request, "id", 0), skip->count > 0 && skip->numbers[0] != 0, &rows) != DB_OK) {
		char changed[300];
		memcpy(changed, db_error(request->db)->detail, sizeof(changed));
		bool since = strcmp(db_error(request->db)->hint, "changed_since") == 0;
		web_database_problem(request);
		if (since)	/* ids by table, so that the console can show which */
			web_problem_field(request, "/skip_changed", "changed_rows", changed);
		return;
	}
	put_object(&request->json, NULL);
	put_int(&request->json, "revision", db_int(rows, 0, 0));
	put_raw(&request->json, "skipped", db_text(rows, 0, 1));
	put_end_object(&request->json);
	db_rows_free(rows);
}
