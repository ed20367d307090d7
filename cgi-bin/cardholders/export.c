/* The list as CSV (C-4): what its filter shows, of any size, in the columns that an import reads. A page at a time, each in a transaction
 * of its own that looks at session and right again; what goes wrong after the first byte is said in the file and breaks the transfer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cgi-bin/cardholders/handlers.h"
#include "web/csv.h"

#define PAGE 10000

static const char *const headings[][2] = {
	{"社員番号", "Employee number"}, {"氏名", "Name"}, {"カナ", "Kana"}, {"所属コード", "Department code"}, {"所属", "Department"},
	{"カード番号", "Card number"}, {"発行回数", "Issue count"}, {"有効期間開始", "Valid from"}, {"有効期間終了", "Valid to"},
	{"有効", "Enabled"}, {"紛失", "Lost"}, {"延長解錠", "Extended unlock"}, {"アンチパスバック免除", "Anti-passback exempt"},
	{"備考", "Note"}, {"出入許可", "Permits"},
};

int export_lang_from_code(const char *code)
{
	return strcmp(code, "ja") == 0 ? 0 : strcmp(code, "en") == 0 ? 1 : -1;
}

int export_encoding_from_code(const char *code)
{
	return strcmp(code, "utf-8") == 0 ? 0 : strcmp(code, "cp932") == 0 ? 1 : -1;
}

bool wants_csv(const struct web_request *request)
{
	return strstr(web_variable(request, "HTTP_ACCEPT"), "text/csv") != NULL;
}

struct export {
	struct web_request *request;
	struct csv csv;
	const char *search;
	enum cardholder_sort sort;
	struct cardholder_cursor after;
	char *key;		/* of after */
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

static int put_rows(struct export *export, const struct db_rows *rows)
{
	char lacking[8], text[200];

	for (int i = 0; i < db_rows_count(rows); i++) {
		for (int c = 1; c <= (int)lengthof(headings); c++)
			csv_cell(&export->csv, db_text(rows, i, c));
		if (csv_end_row(&export->csv, lacking) == 0)
			continue;
		const unsigned char *b = (const unsigned char *)lacking;
		snprintf(text, sizeof(text), "cardholder %.40s: the character with the UTF-8 bytes %02X %02X %02X %02X is not in CP932; export as utf-8",
			 db_text(rows, i, 1), b[0], b[1], b[1] ? b[2] : 0, b[1] && b[2] ? b[3] : 0);
		return give_up(export, text);
	}
	int last = db_rows_count(rows) - 1;
	if (last >= 0) {
		free(export->key);
		export->key = xstrdup(db_text(rows, last, export->sort == CARDHOLDER_BY_KANA ? 3 : 1));
		export->after = (struct cardholder_cursor){export->key, db_int(rows, last, 0)};
	}
	return send(export);
}

static int next_page(struct export *export, struct db_rows **rows)
{
	return cardholders_csv(export->request->db, export->search, export->sort, &export->after, PAGE, rows) == DB_OK
		       ? 0 : web_database_problem(export->request);
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

static void walk(struct export *export, struct db_rows *rows)
{
	struct web_request *request = export->request;

	for (;;) {
		int count = db_rows_count(rows), result = put_rows(export, rows);
		db_rows_free(rows);
		if (result != 0 || count < PAGE)
			return;
		if (web_begin(request) == 0 && next_page(export, &rows) == 0) {
			if (web_commit(request) == 0)
				continue;
			db_rows_free(rows);
		}
		db_rollback(request->db);
		give_up(export, web_problem_code(request->problem.kind));
		return;
	}
}

void export_cardholders(struct web_request *request, const char *search, enum cardholder_sort sort)
{
	struct export export = {.request = request, .search = search, .sort = sort};
	struct db_rows *rows;

	if (next_page(&export, &rows) != 0)
		return;
	if (web_commit(request) == 0 && start(&export) == 0)
		walk(&export, rows);
	else
		db_rows_free(rows);
	csv_free(&export.csv);
	free(export.key);
}
