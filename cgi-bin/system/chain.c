/* What proves the log: signed checkpoints and the public keys. And the system's own alarms. */
#include <string.h>

#include "base/str.h"
#include "cgi-bin/system/handlers.h"
#include "db/log_chain.h"
#include "web/present.h"

#define PAGE 1000

const struct web_field checkpoint_parameters[] = {
	{"since", WEB_QUERY, WEB_INT, .lo = 0, .hi = 9007199254740991},
	{0},
};
const struct web_field alarm_parameters[] = {
	{"open", .where = WEB_QUERY, .type = WEB_BOOL},
	{0},
};

/* One line, as kidoban-audit reads it. */
static void put_checkpoint(struct buf *out, const struct db_rows *rows, int i)
{
	struct json json = {0};

	put_object(&json, NULL);
	put_string(&json, "log", db_text(rows, i, 0));
	put_int(&json, "number", db_int(rows, i, 1));
	put_string(&json, "hash", db_text(rows, i, 2));
	put_int(&json, "first", db_int(rows, i, 3));
	put_string(&json, "at", db_text(rows, i, 4));
	put_string(&json, "key", db_text(rows, i, 5));
	put_string(&json, "signature", db_text(rows, i, 6));
	put_end_object(&json);
	buf_add(out, json.text.data, json.text.len);
	buf_addc(out, '\n');
	buf_free(&json.text);
}

void download_checkpoints(struct web_request *request)
{
	int64_t since = web_int(request, "since", 0), number = -1, first = 0;
	struct buf *out = &request->json.text;
	struct db_rows *rows;
	int count;

	request->content_type = "application/jsonl";
	do {	/* 250 bytes each, one every five minutes at most: a year of them is held with ease */
		if (log_checkpoints(request->db, since, number, first, PAGE, &rows) != DB_OK) {
			web_database_problem(request);
			return;
		}
		count = db_rows_count(rows);
		for (int i = 0; i < count; i++)
			put_checkpoint(out, rows, i);
		if (count > 0) {
			number = db_int(rows, count - 1, 1);
			first = db_int(rows, count - 1, 3);
		}
		db_rows_free(rows);
		web_progress(request);
	} while (count == PAGE);
	web_header(request, "Content-Disposition", "attachment; filename=\"checkpoints.jsonl\"");
}

void list_keys(struct web_request *request)
{
	struct json *json = &request->json;
	struct db_rows *rows;

	if (log_keys(request->db, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "keys");
	for (int i = 0; i < db_rows_count(rows); i++) {
		unsigned char key[LOG_KEY];
		struct buf pem = {0};
		if (parse_hex(db_text(rows, i, 1), key, sizeof(key)) != 0)
			continue;
		log_key_pem(key, &pem);
		put_object(json, NULL);
		put_string(json, "key", db_text(rows, i, 0));
		put_string(json, "algorithm", "Ed25519");
		put_string(json, "public_key", buf_text(&pem));
		put_time(json, "created_at", db_int(rows, i, 2));
		put_end_object(json);
		buf_free(&pem);
	}
	put_end_array(json);
	put_end_object(json);
	db_rows_free(rows);
}

void list_alarms(struct web_request *request)
{
	struct json *json = &request->json;
	struct db_rows *rows;

	if (system_alarms(request->db, web_int(request, "open", 1) != 0, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "alarms");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_int(json, "id", db_int(rows, i, 0));
		put_string(json, "kind", db_text(rows, i, 1));
		put_string(json, "subject", db_text(rows, i, 2));
		put_string(json, "severity", db_text(rows, i, 3));
		put_string(json, "detail", db_text(rows, i, 4));
		put_time(json, "raised_at", db_int(rows, i, 5));
		put_time_or_null(json, "cleared_at", db_int(rows, i, 6));
		put_end_object(json);
	}
	put_end_array(json);
	put_end_object(json);
	db_rows_free(rows);
}
