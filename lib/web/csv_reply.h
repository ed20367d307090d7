/* A CSV file of any size as the reply: a page of rows at a time, each in a transaction of its own that looks at session and right again, so
 * that memory does not grow with the file. Once the first byte is out there is no status left to change: what goes wrong later is said in
 * the file, by a row #ERROR, and breaks the transfer. The request has the parameters lang (ja, en) and encoding (utf-8, cp932). */
#ifndef WEB_CSV_REPLY_H
#define WEB_CSV_REPLY_H

#include "db/conn.h"
#include "web/csv.h"
#include "web/request.h"

struct csv_reply {
	struct web_request *request;
	const char *name;			/* of the file, without its ending */
	const char *label;			/* the same in words; NULL: it has no other name */
	const char *const (*headings)[2];	/* Japanese and English; NULL ends them */
	/* Writes the rows of the next page and sets more when there is another. DB_NONE: the first finds nothing to be written of. */
	enum db_result (*page)(struct csv_reply *reply, void *context);
	void *context;
	bool more;

	struct csv csv;
	const char *lang;	/* "ja" or "en", for headings and labels */
	char wrong[200];	/* why the file ends here */
};

/* The parameters that every such request has. */
#define CSV_PARAMETERS \
	{"lang", WEB_QUERY, WEB_WORD, .from_code = csv_language_from_code}, {"encoding", WEB_QUERY, WEB_WORD, .from_code = csv_encoding_from_code}
int csv_language_from_code(const char *code);
int csv_encoding_from_code(const char *code);
/* What the client takes: 0 JSON, 1 CSV, which is asked for by name only; -1 neither, with the problem set. */
int csv_accepted(struct web_request *request) __attribute__((warn_unused_result));

/* Writes the file, or sets a problem. The reply is done when it returns. */
void csv_reply_run(struct csv_reply *reply);
/* Ends a row. False, and nothing of the page may follow, when it has a character that the encoding lacks; the rest says which row it is. */
bool csv_reply_row(struct csv_reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3), warn_unused_result));
/* The site's local time; a spreadsheet takes yyyy/MM/dd for what it is. */
void csv_cell_time(struct csv *csv, int64_t ms);
/* 0: none, an empty cell. */
void csv_cell_int(struct csv *csv, int64_t value);

#endif
