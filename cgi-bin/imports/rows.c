/* The rows of an import: a page of them, or all as the result file. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cgi-bin/imports/handlers.h"
#include "web/csv_reply.h"

#define PAGE 2000

static const char *const statuses[] = {"add", "change", "unchanged", "delete", "error"};

static int status_from_code(const char *code)
{
	for (size_t i = 0; i < lengthof(statuses); i++)
		if (strcmp(code, statuses[i]) == 0)
			return (int)i;
	return -1;
}

const struct web_field row_parameters[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = 9007199254740991},
	{"status", .where = WEB_QUERY, .type = WEB_WORD, .from_code = status_from_code},
	{"lang", .where = WEB_QUERY, .type = WEB_WORD, .from_code = csv_language_from_code},
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 1000},
	{"after", WEB_QUERY, WEB_INT, .lo = 0, .hi = INT32_MAX},
	{0},
};
const struct web_field result_parameters[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = 9007199254740991},
	CSV_PARAMETERS, {0},
};

static void put_row(struct json *json, const struct db_rows *rows, int i, bool english)
{
	const char *code = db_text(rows, i, 3);

	put_object(json, NULL);
	put_int(json, "row", db_int(rows, i, 0));
	put_string(json, "key", db_text(rows, i, 1));
	put_string(json, "status", db_text(rows, i, 2));
	put_string(json, "code", code[0] ? code : NULL);
	put_string(json, "field", db_null(rows, i, 4) ? NULL : db_text(rows, i, 4));
	put_string(json, "message", code[0] ? import_code_words(code, english) : NULL);
	put_raw(json, "before", db_null(rows, i, 5) ? "null" : db_text(rows, i, 5));
	put_raw(json, "after", db_null(rows, i, 6) ? "null" : db_text(rows, i, 6));
	put_end_object(json);
}

void list_import_rows(struct web_request *request)
{
	struct json *json = &request->json;
	int limit = (int)web_int(request, "limit", 100);
	const char *status = web_given(request, "status") ? statuses[web_int(request, "status", 0)] : NULL;
	struct db_rows *rows;
	char next[24] = "";

	if (import_rows(request->db, web_int(request, "id", 0), status, web_int(request, "after", 0), limit, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "rows");
	for (int i = 0; i < db_rows_count(rows); i++)
		put_row(json, rows, i, web_int(request, "lang", 0) == 1);
	put_end_array(json);
	if (db_rows_count(rows) == limit) {
		snprintf(next, sizeof(next), "%lld", (long long)db_int(rows, limit - 1, 0));
		web_link_next(request, next);
	}
	put_string(json, "next", next[0] ? next : NULL);
	put_end_object(json);
	db_rows_free(rows);
}

/* --- the result file: row number, key, OK or NG, code, message (DOMAIN 7) ------------------------------------------------------------ */

struct result {
	struct web_request *request;
	struct csv csv;
	bool english;
	int64_t after;
};

static int send(struct result *result)
{
	int sent = result->csv.out.len == 0 ? 0 : web_stream(result->request, result->csv.out.data, result->csv.out.len);

	buf_clear(&result->csv.out);
	return sent;
}

/* A key that the encoding lacks is left out, the row is not: a result says something of every row. */
static void end_row(struct result *result, const char *const *cells)
{
	char lacking[8];

	for (int i = 0; i < 6; i++)
		csv_cell(&result->csv, cells[i]);
	if (csv_end_row(&result->csv, lacking) == 0)
		return;
	for (int i = 0; i < 6; i++)
		csv_cell(&result->csv, i == 1 ? "" : cells[i]);
	if (csv_end_row(&result->csv, lacking) != 0)
		panic("words that CP932 can not hold");
}

static void put_result(struct result *result, const struct db_rows *rows)
{
	char number[24];

	for (int i = 0; i < db_rows_count(rows); i++) {
		const char *code = db_text(rows, i, 3);
		result->after = db_int(rows, i, 0);
		snprintf(number, sizeof(number), "%lld", (long long)result->after);
		end_row(result, (const char *const[]){number, db_text(rows, i, 1), code[0] ? "NG" : "OK", db_text(rows, i, 2), code,
						      code[0] ? import_code_words(code, result->english) : ""});
	}
}

static int next_page(struct result *result, struct db_rows **rows)
{
	return import_rows(result->request->db, web_int(result->request, "id", 0), NULL, result->after, PAGE, rows) == DB_OK
		       ? 0 : web_database_problem(result->request);
}

/* One transaction a page; each looks at session and right again. */
static void walk(struct result *result, struct db_rows *rows)
{
	struct web_request *request = result->request;

	for (;;) {
		int count = db_rows_count(rows);
		put_result(result, rows);
		db_rows_free(rows);
		if (send(result) != 0 || count < PAGE)
			return;
		if (web_begin(request) == 0 && next_page(result, &rows) == 0) {
			if (web_commit(request) == 0)
				continue;
			db_rows_free(rows);
		}
		db_rollback(request->db);
		web_stream_abort(request);
		return;
	}
}

void get_result(struct web_request *request)
{
	static const char *const ja[] = {"行", "キー", "結果", "処理", "コード", "メッセージ"};
	static const char *const en[] = {"Row", "Key", "Result", "Action", "Code", "Message"};
	struct result result = {.request = request, .english = web_int(request, "lang", 0) == 1};
	struct db_rows *found, *rows;
	struct import import;

	if (find_import(request, web_int(request, "id", 0), &found, &import) != 0)
		return;
	struct buf name = {0};
	web_encode(&name, import.file_name[0] ? import.file_name : "import.csv");
	db_rows_free(found);
	if (next_page(&result, &rows) == 0 && web_commit(request) == 0) {
		bool cp932 = web_int(request, "encoding", 0) == 1;
		web_header(request, "Content-Disposition", "attachment; filename=\"import_RESULT.csv\"; filename*=UTF-8''%s_RESULT.csv", buf_text(&name));
		request->content_type = cp932 ? "text/csv; charset=Shift_JIS; header=present" : "text/csv; charset=utf-8; header=present";
		csv_start(&result.csv, cp932);
		end_row(&result, result.english ? en : ja);
		if (web_stream_begin(request) == 0)
			walk(&result, rows);
		else
			db_rows_free(rows);
		csv_free(&result.csv);
	}
	buf_free(&name);
}
