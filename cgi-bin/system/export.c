/* The system log as CSV, of any size: a page at a time, each in a transaction of its own that looks at session and right again. What goes wrong
 * after the first byte is said in the file and breaks the transfer. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "cgi-bin/system/handlers.h"
#include "db/session.h"
#include "gate/codes.h"
#include "web/csv.h"

#define PAGE 500

static const char *const headings[][2] = {
	{"番号", "Number"}, {"日時", "Time"}, {"オペレーター", "Operator"}, {"操作", "Action"}, {"対象", "Object"}, {"結果", "Outcome"}, {"ステータス", "Status"},
	{"契機", "Origin"}, {"アドレス", "Address"}, {"メソッド", "Method"}, {"パス", "Path"}, {"詳細", "Details"}, {"ハッシュ", "Hash"}, {"ID", "ID"},
};

struct export {
	struct web_request *request;
	struct csv csv;
	const char *lang;
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
	char text[24] = "";

	if (value != 0)
		snprintf(text, sizeof(text), "%lld", (long long)value);
	csv_cell(csv, text);
}

/* The label, or the word itself when it is of a newer version. */
static void put_word_cell(struct csv *csv, const char *label, const char *word)
{
	csv_cell(csv, label ? label : word);
}

static int put_row(struct export *export, const struct log_entry *entry, char lacking[8])
{
	struct csv *csv = &export->csv;

	put_int_cell(csv, entry->number);
	put_time_cell(csv, entry->at_ms);
	csv_cell(csv, entry->operator_name);
	put_word_cell(csv, system_action_label(system_action_from_code(entry->action), export->lang), entry->action);
	csv_cell(csv, entry->object);
	put_word_cell(csv, system_outcome_label(system_outcome_from_code(entry->outcome), export->lang), entry->outcome);
	put_int_cell(csv, entry->status);
	put_word_cell(csv, system_origin_label(system_origin_from_code(entry->origin), export->lang), entry->origin);
	csv_cell(csv, entry->remote_addr);
	csv_cell(csv, entry->method);
	csv_cell(csv, entry->path);
	csv_cell(csv, entry->details);
	csv_cell(csv, entry->hash);
	put_int_cell(csv, entry->id);
	return csv_end_row(csv, lacking);
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

/* 0; -1 when the client is gone or the file was given up. */
static int put_page(struct export *export, const struct log_page *page)
{
	struct log_entry entry;
	char lacking[8], text[120];

	for (int i = 0; i < page->count; i++) {
		log_entry_read(page, i, &entry);
		if (put_row(export, &entry, lacking) == 0)
			continue;
		snprintf(text, sizeof(text), "entry %lld: a character is not in CP932; export as utf-8", (long long)entry.id);
		give_up(export, text);
		return -1;
	}
	return send(export);
}

static void walk(struct export *export, struct log_filter *filter, struct log_page *page)
{
	struct web_request *request = export->request;

	for (;;) {
		int result = put_page(export, page);
		bool more = page->more;
		filter->after = page->next;
		db_rows_free(page->rows);
		page->rows = NULL;
		if (result != 0 || !more)
			return;
		web_progress(request);
		if (web_begin(request) != 0 || log_read_page(request->db, filter, page) != DB_OK || web_commit(request) != 0) {
			if (request->problem.kind == WEB_PROBLEM_NONE)
				web_database_problem(request);
			db_rollback(request->db);
			give_up(export, web_problem_code(request->problem.kind));
			db_rows_free(page->rows);
			return;
		}
	}
}

static int start(struct export *export, bool cp932)
{
	struct web_request *request = export->request;
	char lacking[8];

	web_header(request, "Content-Disposition", "attachment; filename=\"system-log.csv\"");
	request->content_type = cp932 ? "text/csv; charset=Shift_JIS; header=present" : "text/csv; charset=utf-8; header=present";
	csv_start(&export->csv, cp932);
	for (size_t i = 0; i < lengthof(headings); i++)
		csv_cell(&export->csv, headings[i][export->lang[0] == 'e']);
	if (csv_end_row(&export->csv, lacking) != 0)
		panic("a heading that CP932 can not hold");
	return web_stream_begin(request);
}

void export_log(struct web_request *request, struct log_filter *filter)
{
	struct export export = {.request = request, .lang = web_int(request, "lang", 0) == 1 ? "en" : "ja"};
	struct log_page page = {0};
	struct site site;

	filter->limit = PAGE;
	if (site_load(request->db, &site) != DB_OK || log_read_page(request->db, filter, &page) != DB_OK) {
		web_database_problem(request);
		return;
	}
	setenv("TZ", site.time_zone, 1);
	tzset();
	if (web_commit(request) == 0 && start(&export, web_int(request, "encoding", 0) == 1) == 0)
		walk(&export, filter, &page);
	else
		db_rows_free(page.rows);
	csv_free(&export.csv);
}
