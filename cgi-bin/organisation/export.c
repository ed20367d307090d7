/* Departments as CSV (O-2), in the columns that an import reads. 5,000 at most: one piece. */
#include <string.h>

#include "base/log.h"
#include "cgi-bin/organisation/handlers.h"
#include "web/csv_reply.h"

const struct web_field department_list_parameters[] = {CSV_PARAMETERS, {0}};

static int put_row(struct web_request *request, struct csv *csv, const char *const *cells)
{
	char lacking[8];

	for (int c = 0; c < 3; c++)
		csv_cell(csv, cells[c]);
	if (csv_end_row(csv, lacking) == 0)
		return 0;
	return web_field_problem(request, "?encoding", "not_in_encoding", "The department %.64s has a character (%s) that CP932 lacks. Take utf-8.",
				 cells[0], lacking);
}

void export_departments(struct web_request *request)
{
	static const char *const headings[2][3] = {{"所属コード", "所属名", "上位所属コード"}, {"Department code", "Name", "Parent code"}};
	bool cp932 = web_int(request, "encoding", 0) == 1;
	struct csv csv;
	struct db_rows *rows;

	if (departments_csv(request->db, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	csv_start(&csv, cp932);
	int result = put_row(request, &csv, headings[web_int(request, "lang", 0) == 1]);
	for (int i = 0; result == 0 && i < db_rows_count(rows); i++)
		result = put_row(request, &csv, (const char *const[]){db_text(rows, i, 0), db_text(rows, i, 1), db_text(rows, i, 2)});
	db_rows_free(rows);
	if (result == 0) {
		web_header(request, "Content-Disposition", "attachment; filename=\"departments.csv\"; filename*=UTF-8''%%E6%%89%%80%%E5%%B1%%9E.csv");
		request->content_type = cp932 ? "text/csv; charset=Shift_JIS; header=present" : "text/csv; charset=utf-8; header=present";
		buf_clear(&request->json.text);
		buf_add(&request->json.text, csv.out.data, csv.out.len);
	}
	csv_free(&csv);
}
