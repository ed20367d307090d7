/* History as CSV, of any size: a page at a time, each in a transaction of its own that looks at session and right again. Once the
 * first byte is out there is no status left to change, so what goes wrong later is said in the file and breaks the transfer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "cgi-bin/history/handlers.h"
#include "db/session.h"
#include "gate/codes.h"
#include "web/csv.h"

#define PAGE 500

static const char *const headings[][2] = {
	{"日時", "Time"},	   {"種別", "Kind"},	      {"発生・復旧", "Raised or cleared"}, {"リーダー", "Reader"},
	{"ゲート", "Gate"},	   {"管理グループ", "Management group"}, {"電気錠制御器", "Controller"},	   {"カード番号", "Card number"},
	{"社員番号", "Employee number"}, {"氏名", "Name"},	      {"カナ", "Kana"},			   {"所属", "Department"},
	{"オペレーター", "Operator"},  {"詳細", "Details"},      {"ID", "ID"},
};

struct export {
	struct web_request *request;
	struct csv csv;
	const char *lang;
	bool english;
};

/* The site's local time; a spreadsheet takes yyyy/MM/dd for what it is. The worker has one thread, so TZ is its own. */
static void put_local_time(struct csv *csv, int64_t t_ms)
{
	time_t t = (time_t)(t_ms / 1000);
	struct tm tm;
	char text[40];

	localtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y/%m/%d %H:%M:%S", &tm);
	csv_cell(csv, text);
}

static void put_label(struct csv *csv, const char *label)
{
	csv_cell(csv, label ? label : "");
}

static int put_row(struct export *export, const struct event *event, char lacking[8])
{
	struct csv *csv = &export->csv;
	char id[40];

	put_local_time(csv, event->t_ms);
	put_label(csv, event_label(event->kind, export->lang));
	csv_cell(csv, event->raised < 0 ? "" : event->raised ? (export->english ? "Raised" : "発生") : (export->english ? "Cleared" : "復旧"));
	put_label(csv, event->reader == 0 ? "" : reader_side_label(event->reader, export->lang));
	csv_cell(csv, event->gate);
	csv_cell(csv, event->management_group);
	csv_cell(csv, event->controller);
	csv_cell(csv, event->card_number);
	csv_cell(csv, event->employee_number);
	csv_cell(csv, event->name);
	csv_cell(csv, event->kana);
	csv_cell(csv, event->department);
	csv_cell(csv, event->operator_name);
	csv_cell(csv, event->details);
	snprintf(id, sizeof(id), "%d-%d", event->log, event->seq);
	csv_cell(csv, id);
	return csv_end_row(csv, lacking);
}

static void put_headings(struct export *export)
{
	char lacking[8];

	for (size_t i = 0; i < lengthof(headings); i++)
		csv_cell(&export->csv, headings[i][export->english]);
	if (csv_end_row(&export->csv, lacking) != 0)
		panic("a heading that CP932 can not hold");
}

static int send(struct export *export)
{
	int result = export->csv.out.len == 0 ? 0 : web_stream(export->request, export->csv.out.data, export->csv.out.len);

	buf_clear(&export->csv.out);
	return result;
}

/* The file says what happened, and the transfer breaks off. */
static int give_up(struct export *export, const char *what)
{
	char lacking[8];

	csv_cell(&export->csv, "#ERROR");
	csv_cell(&export->csv, what);
	if (csv_end_row(&export->csv, lacking) == 0 && send(export) == 0)
		web_stream_abort(export->request);
	return -1;
}

static int put_page(struct export *export, const char *category, const struct history_page *page)
{
	struct event event;
	char lacking[8], text[200];

	for (int i = 0; i < page->count; i++) {
		event_read(page->rows, i, category, &event);
		if (put_row(export, &event, lacking) == 0)
			continue;
		const unsigned char *b = (const unsigned char *)lacking;
		snprintf(text, sizeof(text), "event %d-%d: the character with the UTF-8 bytes %02X %02X %02X %02X is not in CP932; export as utf-8",
			 event.log, event.seq, b[0], b[1], b[1] ? b[2] : 0, b[1] && b[2] ? b[3] : 0);
		return give_up(export, text);
	}
	return send(export);
}

static int start(struct export *export, const struct history_filter *filter)
{
	struct web_request *request = export->request;
	struct buf name = {0};
	bool cp932 = web_int(request, "encoding", 0) == 1;

	web_encode(&name, event_category_label(event_category_from_code(filter->category), export->lang));
	web_header(request, "Content-Disposition", "attachment; filename=\"%s.csv\"; filename*=UTF-8''%s.csv", filter->category, buf_text(&name));
	buf_free(&name);
	request->content_type = cp932 ? "text/csv; charset=Shift_JIS; header=present" : "text/csv; charset=utf-8; header=present";
	csv_start(&export->csv, cp932);
	put_headings(export);
	return web_stream_begin(request);
}

static void walk(struct export *export, struct history_filter *filter, struct history_page *page)
{
	struct web_request *request = export->request;

	for (;;) {
		int result = put_page(export, filter->category, page);
		bool more = page->more;
		filter->before = page->next;
		db_rows_free(page->rows);
		page->rows = NULL;
		if (result != 0 || !more)
			return;
		web_progress(request);
		if (web_begin(request) != 0 || history_read_page(request->db, filter, page) != DB_OK || web_commit(request) != 0) {
			if (request->problem.kind == WEB_PROBLEM_NONE)
				web_database_problem(request);
			db_rollback(request->db);
			give_up(export, web_problem_code(request->problem.kind));
			db_rows_free(page->rows);
			return;
		}
	}
}

void export_history(struct web_request *request, struct history_filter *filter)
{
	struct export export = {.request = request, .english = web_int(request, "lang", 0) == 1};
	struct history_page page = {0};
	struct site site;

	export.lang = export.english ? "en" : "ja";
	filter->limit = PAGE;
	filter->before = (struct history_cursor){0};
	if (site_load(request->db, &site) != DB_OK || history_read_page(request->db, filter, &page) != DB_OK) {
		web_database_problem(request);
		return;
	}
	setenv("TZ", site.time_zone, 1);
	tzset();
	if (web_commit(request) == 0 && start(&export, filter) == 0)
		walk(&export, filter, &page);
	else
		db_rows_free(page.rows);
	csv_free(&export.csv);
}
