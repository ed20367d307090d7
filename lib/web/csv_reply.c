/* CSV files of any size, page by page. See csv_reply.h. */
#include "web/csv_reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "db/session.h"

static int from_list(const char *code, const char *const list[2])
{
	return strcmp(code, list[0]) == 0 ? 0 : strcmp(code, list[1]) == 0 ? 1 : -1;
}

int csv_language_from_code(const char *code)
{
	static const char *const languages[] = {"ja", "en"};

	return from_list(code, languages);
}

int csv_encoding_from_code(const char *code)
{
	static const char *const encodings[] = {"utf-8", "cp932"};

	return from_list(code, encodings);
}

int csv_accepted(struct web_request *request)
{
	const char *accept = web_variable(request, "HTTP_ACCEPT");

	if (strstr(accept, "text/csv") != NULL)
		return 1;
	if (accept[0] == '\0' || strstr(accept, "application/json") || strstr(accept, "application/*") || strstr(accept, "*/*"))
		return 0;
	web_problem(request, WEB_PROBLEM_NOT_ACCEPTABLE, NULL);
	return -1;
}

void csv_cell_time(struct csv *csv, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char text[40];

	localtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y/%m/%d %H:%M:%S", &tm);
	csv_cell(csv, text);
}

void csv_cell_int(struct csv *csv, int64_t value)
{
	char text[24] = "";

	if (value != 0)
		snprintf(text, sizeof(text), "%lld", (long long)value);
	csv_cell(csv, text);
}

bool csv_reply_row(struct csv_reply *reply, const char *format, ...)
{
	struct buf text = {0};
	char lacking[8];
	va_list args;

	if (csv_end_row(&reply->csv, lacking) == 0)
		return true;
	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	buf_adds(&text, ": the character with the UTF-8 bytes");
	for (const char *byte = lacking; *byte != '\0'; byte++)
		buf_addf(&text, " %02X", (unsigned char)*byte);
	snprintf(reply->wrong, sizeof(reply->wrong), "%s is not in CP932; export as utf-8", buf_text(&text));
	buf_free(&text);
	reply->more = false;
	return false;
}

static int send(struct csv_reply *reply)
{
	int result = reply->csv.out.len == 0 ? 0 : web_stream(reply->request, reply->csv.out.data, reply->csv.out.len);

	buf_clear(&reply->csv.out);
	return result;
}

static void give_up(struct csv_reply *reply, const char *what)
{
	char lacking[8];

	csv_cell(&reply->csv, "#ERROR");
	csv_cell(&reply->csv, what);
	if (csv_end_row(&reply->csv, lacking) == 0 && send(reply) == 0)
		web_stream_abort(reply->request);
}

static int begin(struct csv_reply *reply, bool cp932)
{
	struct web_request *request = reply->request;
	struct buf label = {0};

	if (reply->label != NULL) {
		web_encode(&label, reply->label);
		web_header(request, "Content-Disposition", "attachment; filename=\"%s.csv\"; filename*=UTF-8''%s.csv", reply->name, buf_text(&label));
		buf_free(&label);
	} else {
		web_header(request, "Content-Disposition", "attachment; filename=\"%s.csv\"", reply->name);
	}
	request->content_type = cp932 ? "text/csv; charset=Shift_JIS; header=present" : "text/csv; charset=utf-8; header=present";
	return web_stream_begin(request);
}

static void put_headings(struct csv_reply *reply)
{
	char lacking[8];

	for (size_t i = 0; reply->headings[i][0] != NULL; i++)
		csv_cell(&reply->csv, reply->headings[i][reply->lang[0] == 'e']);
	if (csv_end_row(&reply->csv, lacking) != 0)
		panic("a heading that CP932 can not hold");
}

/* Sends the page just written, then all that follow. */
static void walk(struct csv_reply *reply)
{
	struct web_request *request = reply->request;

	for (;;) {
		if (reply->wrong[0] != '\0') {
			give_up(reply, reply->wrong);
			return;
		}
		if (send(reply) != 0 || !reply->more)
			return;
		web_progress(request);
		if (web_begin(request) != 0 || reply->page(reply, reply->context) != DB_OK || web_commit(request) != 0) {
			if (request->problem.kind == WEB_PROBLEM_NONE)
				web_database_problem(request);
			db_rollback(request->db);
			buf_clear(&reply->csv.out);
			give_up(reply, web_problem_code(request->problem.kind));
			return;
		}
	}
}

void csv_reply_run(struct csv_reply *reply)
{
	struct web_request *request = reply->request;
	bool cp932 = web_int(request, "encoding", 0) == 1;
	struct site site;

	reply->lang = web_int(request, "lang", 0) == 1 ? "en" : "ja";
	if (site_load(request->db, &site) != DB_OK) {
		web_database_problem(request);
		return;
	}
	/* The worker has one thread, so TZ is its own. */
	setenv("TZ", site.time_zone, 1);
	tzset();
	csv_start(&reply->csv, cp932);
	put_headings(reply);
	enum db_result found = reply->page(reply, reply->context);
	if (found == DB_NONE)
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	else if (found != DB_OK)
		web_database_problem(request);
	else if (web_commit(request) == 0 && begin(reply, cp932) == 0)
		walk(reply);
	csv_free(&reply->csv);
}
