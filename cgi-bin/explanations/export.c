/* Change history as CSV, of any size: a page at a time, each in a transaction of its own that looks at session and right again. What
 * goes wrong after the first byte is said in the file and breaks the transfer. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "cgi-bin/explanations/handlers.h"
#include "db/gate.h"
#include "web/csv.h"

#define PAGE 500

static const char *const set_headings[][2] = {
	{"リビジョン", "Revision"}, {"日時", "Time"}, {"オペレーター", "Operator"}, {"契機", "Origin"}, {"種別", "Kind"}, {"コメント", "Comment"},
	{"件数", "Counts"}, {NULL, NULL},
};
static const char *const row_headings[][2] = {
	{"リビジョン", "Revision"}, {"日時", "Time"}, {"オペレーター", "Operator"}, {"種別", "Kind"}, {"対象", "Table"}, {"ID", "ID"},
	{"名称", "Name"}, {"操作", "Action"}, {"変更項目", "Changed"}, {"変更前", "Before"}, {"変更後", "After"}, {NULL, NULL},
};

struct export {
	struct web_request *request;
	struct csv csv;
	struct change_filter *filter;	/* of the list, or NULL */
	int64_t revision;		/* of the one change set */
	int table_number, id;		/* its cursor */
	int count;			/* rows of the page just written */
};

/* The site's local time. The worker has one thread, so TZ is its own. */
static void put_time_cell(struct csv *csv, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char text[40];

	localtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y/%m/%d %H:%M:%S", &tm);
	csv_cell(csv, text);
}

static void put_int_cell(struct csv *csv, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	csv_cell(csv, text);
}

static int put_set(struct csv *csv, const struct change_set *set, char lacking[8])
{
	put_int_cell(csv, set->revision);
	put_time_cell(csv, set->at_ms);
	csv_cell(csv, set->operator_name);
	csv_cell(csv, set->origin);
	csv_cell(csv, set->kind);
	csv_cell(csv, set->comment);
	csv_cell(csv, set->counts);
	return csv_end_row(csv, lacking);
}

static int put_row(struct csv *csv, const struct change_set *set, const struct change_row *row, char lacking[8])
{
	put_int_cell(csv, set->revision);
	put_time_cell(csv, set->at_ms);
	csv_cell(csv, set->operator_name);
	csv_cell(csv, set->kind);
	csv_cell(csv, row->table);
	put_int_cell(csv, row->id);
	csv_cell(csv, row->label);
	csv_cell(csv, row->action);
	csv_cell(csv, row->changed);
	csv_cell(csv, row->before);
	csv_cell(csv, row->after);
	return csv_end_row(csv, lacking);
}

/* The next page into the buffer: DB_NONE when the change set is not there, DB_FAILED after a problem was set, or with *lacking filled
 * when a character can not be written. */
static enum db_result put_sets_page(struct export *export, char lacking[8])
{
	struct db_rows *rows;
	struct change_set set;

	if (change_sets_list(export->request->db, export->filter, &rows) != DB_OK)
		return DB_FAILED;
	export->count = db_rows_count(rows);
	for (int i = 0; i < export->count && lacking[0] == '\0'; i++) {
		change_set_read(rows, i, &set);
		export->filter->before = set.revision;
		if (put_set(&export->csv, &set, lacking) != 0)
			export->count = 0;
	}
	db_rows_free(rows);
	return DB_OK;
}

static enum db_result put_rows_page(struct export *export, char lacking[8])
{
	struct db_rows *head, *rows;
	struct change_set set;
	struct change_row row;
	enum db_result found = change_set_find(export->request->db, export->revision, &head, &set);

	if (found != DB_OK)
		return found;
	if (change_rows_list(export->request->db, export->revision, export->table_number, export->id, PAGE, &rows) != DB_OK) {
		db_rows_free(head);
		return DB_FAILED;
	}
	export->count = db_rows_count(rows);
	for (int i = 0; i < export->count && lacking[0] == '\0'; i++) {
		change_row_read(rows, i, &row);
		export->table_number = row.table_number;
		export->id = row.id;
		if (put_row(&export->csv, &set, &row, lacking) != 0)
			export->count = 0;
	}
	db_rows_free(rows);
	db_rows_free(head);
	return DB_OK;
}

static enum db_result put_page(struct export *export, char lacking[8])
{
	return export->filter != NULL ? put_sets_page(export, lacking) : put_rows_page(export, lacking);
}

static int send(struct export *export)
{
	int result = export->csv.out.len == 0 ? 0 : web_stream(export->request, export->csv.out.data, export->csv.out.len);

	buf_clear(&export->csv.out);
	return result;
}

static void give_up(struct export *export, const char *what)
{
	char lacking[8];

	csv_cell(&export->csv, "#ERROR");
	csv_cell(&export->csv, what);
	if (csv_end_row(&export->csv, lacking) == 0 && send(export) == 0)
		web_stream_abort(export->request);
}

static void walk(struct export *export, char lacking[8])
{
	struct web_request *request = export->request;

	for (;;) {
		if (lacking[0] != '\0') {
			give_up(export, "a character is not in CP932; export as utf-8");
			return;
		}
		if (send(export) != 0 || export->count < PAGE)
			return;
		web_progress(request);
		if (web_begin(request) != 0 || put_page(export, lacking) != DB_OK || web_commit(request) != 0) {
			if (request->problem.kind == WEB_PROBLEM_NONE)
				web_database_problem(request);
			db_rollback(request->db);
			give_up(export, web_problem_code(request->problem.kind));
			return;
		}
	}
}

static void run(struct export *export, const char *name, const char *const headings[][2])
{
	struct web_request *request = export->request;
	bool english = web_int(request, "lang", 0) == 1, cp932 = web_int(request, "encoding", 0) == 1;
	char lacking[8] = "";
	struct site site;

	if (site_load(request->db, &site) != DB_OK) {
		web_database_problem(request);
		return;
	}
	setenv("TZ", site.time_zone, 1);
	tzset();
	csv_start(&export->csv, cp932);
	for (size_t i = 0; headings[i][0] != NULL; i++)
		csv_cell(&export->csv, headings[i][english]);
	if (csv_end_row(&export->csv, lacking) != 0)
		panic("a heading that CP932 can not hold");
	enum db_result found = put_page(export, lacking);
	if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else if (found != DB_OK) {
		web_database_problem(request);
	} else if (web_commit(request) == 0) {
		web_header(request, "Content-Disposition", "attachment; filename=\"%s.csv\"", name);
		request->content_type = cp932 ? "text/csv; charset=Shift_JIS; header=present" : "text/csv; charset=utf-8; header=present";
		if (web_stream_begin(request) == 0)
			walk(export, lacking);
	}
	csv_free(&export->csv);
}

void export_change_sets(struct web_request *request, struct change_filter *filter)
{
	struct export export = {.request = request, .filter = filter};

	filter->limit = PAGE;
	filter->before = 0;
	run(&export, "change-sets", set_headings);
}

void export_change_set(struct web_request *request, int64_t revision)
{
	struct export export = {.request = request, .revision = revision};
	char name[40];

	snprintf(name, sizeof(name), "change-set-%lld", (long long)revision);
	run(&export, name, row_headings);
}
