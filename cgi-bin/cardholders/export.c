/* The list as CSV (C-4): what its filter shows, of any size, in the columns that an import reads. A page at a time, each in a transaction
 * of its own that looks at session and right again; what goes wrong after the first byte is said in the file and breaks the transfer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "cgi-bin/cardholders/handlers.h"
#include "db/export_cells.h"
#include "web/csv_reply.h"

#define PAGE 8000
#define SLICE 500	/* rows written before the database is looked after again */

static const char *const headings[][2] = {
	{"社員番号", "Employee number"}, {"氏名", "Name"}, {"カナ", "Kana"}, {"所属コード", "Department code"}, {"所属", "Department"},
	{"カード番号", "Card number"}, {"発行回数", "Issue count"}, {"有効期間開始", "Valid from"}, {"有効期間終了", "Valid to"},
	{"有効", "Enabled"}, {"紛失", "Lost"}, {"延長解錠", "Extended unlock"}, {"アンチパスバック免除", "Anti-passback exempt"},
	{"備考", "Note"}, {"出入許可", "Permits"},
};

struct export {
	struct web_request *request;
	struct csv csv;
	const char *search;
	enum cardholder_sort sort;
	struct cardholder_cursor after;
	char *key;		/* of after */
	struct export_words *words;
};

static int send(struct export *export)
{
	int result = export->csv.out.len == 0 ? 0 : web_stream(export->request, export->csv.out.data, export->csv.out.len);

	buf_clear(&export->csv.out);
	return result;
}

static int give_up(struct export *export, const char *what)
{
	char lacking[8];

	csv_cell(&export->csv, "#ERROR");
	csv_cell(&export->csv, what);
	if (csv_end_row(&export->csv, lacking) == 0 && send(export) == 0)
		web_stream_abort(export->request);
	return -1;
}

static int lacks(struct export *export, const char *number, const char *lacking)
{
	const unsigned char *b = (const unsigned char *)lacking;
	char text[200];

	snprintf(text, sizeof(text), "cardholder %.40s: the character with the UTF-8 bytes %02X %02X %02X %02X is not in CP932; export as utf-8",
		 number, b[0], b[1], b[1] ? b[2] : 0, b[1] && b[2] ? b[3] : 0);
	return give_up(export, text);
}

static int put_page(struct export *export, const struct cardholder_export *page)
{
	struct export_rows *rows = export_rows_new(export->words, page);
	const char *cells[EXPORT_CELLS];
	char lacking[8];
	int result = 0;

	for (int i = 0; result == 0 && i < db_rows_count(page->people); i++) {
		export_cells(rows, i, cells);
		for (int c = 0; c < EXPORT_CELLS; c++)
			csv_cell(&export->csv, cells[c]);
		if (csv_end_row(&export->csv, lacking) != 0)
			result = lacks(export, db_text(page->people, i, PERSON_NUMBER), lacking);
		else if (i % SLICE == SLICE - 1)
			result = send(export);
		if (i % SLICE == SLICE - 1)
			db_cursors_take(export->request->db);
	}
	export_rows_free(rows);
	return result == 0 ? send(export) : -1;
}

static int load_words(struct export *export)
{
	struct db_rows *departments, *targets;

	if (cardholders_csv_words(export->request->db, &departments, &targets) != DB_OK)
		return web_database_problem(export->request);
	export_words_free(export->words);
	export->words = export_words_new(departments, targets);
	db_rows_free(departments);
	db_rows_free(targets);
	return 0;
}

static int ask_page(struct export *export)
{
	return cardholders_csv_ask(export->request->db, export->search, export->sort, &export->after, PAGE) == DB_OK
		       ? 0 : web_database_problem(export->request);
}

/* The page that was asked for, and all the words it takes. */
static int read_page(struct export *export, struct cardholder_export *page)
{
	if (cardholders_csv_read(export->request->db, page) != DB_OK)
		return web_database_problem(export->request);
	if (export_words_know(export->words, page) || (load_words(export) == 0 && export_words_know(export->words, page))) {
		if (web_commit(export->request) == 0)
			return 0;
	} else if (export->request->problem.kind == WEB_PROBLEM_NONE) {
		web_problem(export->request, WEB_PROBLEM_INTERNAL, NULL);
	}
	cardholders_csv_free(page);
	return -1;
}

static void note_last(struct export *export, const struct cardholder_export *page)
{
	int last = db_rows_count(page->people) - 1;

	free(export->key);
	export->key = xstrdup(db_text(page->people, last, export->sort == CARDHOLDER_BY_KANA ? PERSON_KANA : PERSON_NUMBER));
	export->after = (struct cardholder_cursor){export->key, db_binary(page->people, last, PERSON_ID)};
}

static int start(struct export *export)
{
	struct web_request *request = export->request;
	bool cp932 = web_int(request, "encoding", 0) == 1;
	char lacking[8];

	web_header(request, "Content-Disposition", "attachment; filename=\"cardholders.csv\"; filename*=UTF-8''%%E5%%87%%BA%%E5%%85%%A5%%E3%%83%%A6%%E3%%83%%BC%%E3%%82%%B6%%E3%%83%%BC.csv");
	request->content_type = cp932 ? "text/csv; charset=Shift_JIS; header=present" : "text/csv; charset=utf-8; header=present";
	csv_start(&export->csv, cp932);
	for (size_t i = 0; i < lengthof(headings); i++)
		csv_cell(&export->csv, headings[i][web_int(request, "lang", 0) == 1]);
	if (csv_end_row(&export->csv, lacking) != 0)
		panic("a heading that CP932 can not hold");
	return web_stream_begin(request);
}

/* The database reads a page while the one before is written. */
static void walk(struct export *export, struct cardholder_export *page)
{
	struct web_request *request = export->request;

	for (;;) {
		bool more = db_rows_count(page->people) == PAGE, asked = false;
		if (more) {
			note_last(export, page);
			asked = web_begin(request) == 0 && ask_page(export) == 0;
		}
		int result = put_page(export, page);
		cardholders_csv_free(page);
		if (result == 0 && asked && read_page(export, page) == 0)
			continue;
		db_rollback(request->db);
		if (result == 0 && more)
			give_up(export, web_problem_code(request->problem.kind));
		return;
	}
}

void export_cardholders(struct web_request *request, const char *search, enum cardholder_sort sort)
{
	struct export export = {.request = request, .search = search, .sort = sort};
	struct cardholder_export page;
	struct site site;

	if (site_load(request->db, &site) != DB_OK) {
		web_database_problem(request);
		return;
	}
	setenv("TZ", site.time_zone, 1);
	tzset();
	if (load_words(&export) == 0 && ask_page(&export) == 0 && read_page(&export, &page) == 0) {
		if (start(&export) == 0)
			walk(&export, &page);
		else
			cardholders_csv_free(&page);
		csv_free(&export.csv);
	}
	export_words_free(export.words);
	free(export.key);
}
