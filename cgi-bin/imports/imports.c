/* /imports: uploaded, listed, applied, cancelled. A file goes to the database in sealed pieces as it comes, so its size is no matter of
 * memory here, and what it holds (PINs may be in it) is in nobody's reach there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/seal.h"
#include "cgi-bin/imports/handlers.h"
#include "web/present.h"
#include "web/server.h"

#define PIECE (512 * 1024)

static int word(const char *code, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(code, words[i]) == 0)
			return i;
	return -1;
}

static const char *const kinds[] = {"cardholders", "departments", NULL};
static const char *const modes[] = {"upsert", "update", "delete", NULL};
static const char *const encodings[] = {"auto", "cp932", "utf-8", NULL};
static const char *const blanks[] = {"keep", "clear", NULL};

static int kind_from_code(const char *code) { return word(code, kinds); }
static int mode_from_code(const char *code) { return word(code, modes); }
static int encoding_from_code(const char *code) { return word(code, encodings); }
static int blank_from_code(const char *code) { return word(code, blanks); }

const struct web_field upload_parameters[] = {
	{"kind", .where = WEB_QUERY, .type = WEB_WORD, .required = true, .from_code = kind_from_code},
	{"mode", .where = WEB_QUERY, .type = WEB_WORD, .required = true, .from_code = mode_from_code},
	{"encoding", .where = WEB_QUERY, .type = WEB_WORD, .from_code = encoding_from_code},
	{"blank", .where = WEB_QUERY, .type = WEB_WORD, .from_code = blank_from_code},
	{"file_name", WEB_QUERY, WEB_TEXT, .lo = 0, .hi = 200},
	{"Idempotency-Key", WEB_HEADER, WEB_TOKEN, .lo = 1, .hi = 64},
	{0},
};
const struct web_field import_list_parameters[] = {
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 200},
	{"after", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT64_MAX},
	{0},
};
const struct web_field import_parameters[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = 9007199254740991},
	{0},
};
const struct web_field apply_fields[] = {
	{"agree_deletions", .type = WEB_BOOL},
	{0},
};
const struct web_field no_fields[] = {{0}};

static void put_import(struct json *json, const struct import *import)
{
	put_object(json, NULL);
	put_int(json, "id", import->id);
	put_string(json, "kind", import->kind);
	put_string(json, "mode", import->mode);
	put_string(json, "encoding", import->encoding);
	put_string(json, "blank", import->blank);
	put_string(json, "state", import->state);
	put_string(json, "file_name", import->file_name);
	put_int(json, "bytes", import->bytes);
	put_int(json, "rows", import->rows);
	put_raw(json, "counts", import->counts);
	put_int(json, "progress", import->progress);
	put_int(json, "total", import->total);
	put_string(json, "reason", import->reason);
	put_raw(json, "fault", import->fault[0] ? import->fault : "null");
	if (import->change_set > 0)
		put_int(json, "change_set", import->change_set);
	else
		put_null(json, "change_set");
	put_object(json, "deletion_cap");
	put_raw(json, "share", import->deletion_share);
	put_bool(json, "exceeded", import->deletion_exceeded);
	put_bool(json, "agreed", import->deletion_agreed);
	put_end_object(json);
	put_bool(json, "rows_lost", import->rows_lost);
	put_ref(json, "operator", import->operator_id, import->operator_name);
	put_time(json, "at", import->at_ms);
	put_time_or_null(json, "finished_at", import->finished_ms);
	put_end_object(json);
}

int find_import(struct web_request *request, int64_t id, struct db_rows **rows, struct import *import)
{
	if (imports_list(request->db, id, 0, 1, rows) != DB_OK)
		return web_database_problem(request);
	if (db_rows_count(*rows) == 0) {
		db_rows_free(*rows);
		return web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	}
	import_read(*rows, 0, import);
	return 0;
}

void reply_import(struct web_request *request, int64_t id)
{
	struct db_rows *rows;
	struct import import;

	if (find_import(request, id, &rows, &import) != 0)
		return;
	put_import(&request->json, &import);
	db_rows_free(rows);
}

void get_import(struct web_request *request)
{
	reply_import(request, web_int(request, "id", 0));
}

void list_imports(struct web_request *request)
{
	struct json *json = &request->json;
	int limit = (int)web_int(request, "limit", 50);
	struct import import = {0};
	struct db_rows *rows;
	char next[24] = "";

	if (imports_list(request->db, 0, web_int(request, "after", 0), limit, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "imports");
	for (int i = 0; i < db_rows_count(rows); i++) {
		import_read(rows, i, &import);
		put_import(json, &import);
	}
	put_end_array(json);
	if (db_rows_count(rows) == limit) {
		snprintf(next, sizeof(next), "%lld", (long long)import.id);
		web_link_next(request, next);
	}
	put_string(json, "next", next[0] ? next : NULL);
	put_end_object(json);
	db_rows_free(rows);
}

/* --- upload ------------------------------------------------------------------------------------------------------------------------ */

/* As much of the body as fits. */
static size_t fill(struct web_request *request, char *piece)
{
	size_t len = 0, got;

	while (len < PIECE && (got = web_read(request, piece + len, PIECE - len < 65536 ? PIECE - len : 65536)) > 0)
		len += got;
	return len;
}

static int kept(struct web_request *request, enum db_result result)
{
	if (result == DB_OK)
		return 0;
	web_database_problem(request);
	if (strcmp(db_error(request->db)->hint, "too_large") == 0)
		web_problem(request, WEB_PROBLEM_TOO_LARGE, db_error(request->db)->message);
	return -1;
}

static int keep(struct web_request *request, const struct seal_key *key, int64_t id, int n, const char *piece, size_t len)
{
	struct buf sealed = {0};
	char context[60];

	snprintf(context, sizeof(context), "import/%lld/%d", (long long)id, n);
	if (seal_wrap(key, context, piece, len, &sealed) != 0)
		return web_problem(request, WEB_PROBLEM_INTERNAL, NULL);
	int result = kept(request, import_chunk(request->db, id, n, len, sealed.data, sealed.len));
	buf_free(&sealed);
	return result;
}

/* The database keeps one piece while the next is read. */
static int keep_all(struct web_request *request, const struct seal_key *key, int64_t id)
{
	char *piece = xcalloc(1, PIECE);
	int64_t announced = -1, total = 0;
	int result = 0;

	if (parse_int(web_variable(request, "CONTENT_LENGTH"), 0, INT64_MAX, &announced) != 0)
		announced = -1;
	for (int n = 1; result == 0; n++) {
		size_t len = fill(request, piece);
		if (len == 0)
			break;
		total += (int64_t)len;
		result = keep(request, key, id, n, piece, len);
	}
	if (result == 0)
		result = kept(request, db_await(request->db));
	/* PINs may have been in it. */
	explicit_bzero(piece, PIECE);
	free(piece);
	if (result == 0 && announced >= 0 && announced != total)
		return web_field_problem(request, "", "incomplete", "%lld bytes came of %lld. Send the file again.", (long long)total, (long long)announced);
	return result;
}

static bool same_order(const struct import_order *order, const struct import *import)
{
	return strcmp(order->kind, import->kind) == 0 && strcmp(order->mode, import->mode) == 0 &&
	       strcmp(order->encoding, import->encoding) == 0 && strcmp(order->blank, import->blank) == 0 &&
	       strcmp(order->file_name, import->file_name) == 0;
}

/* The key came before: the body is read to its end, but only the order is compared. */
static void repeat(struct web_request *request, const struct import_order *order, int64_t id)
{
	struct db_rows *rows;
	struct import import;
	char piece[8192];

	while (web_read(request, piece, sizeof(piece)) > 0)
		;
	if (find_import(request, id, &rows, &import) != 0)
		return;
	if (same_order(order, &import)) {
		request->status = 202;
		put_import(&request->json, &import);
	} else {
		web_problem(request, WEB_PROBLEM_KEY_REUSED, NULL);
	}
	db_rows_free(rows);
}

void upload(struct web_request *request)
{
	struct import_order order = {
		.kind = kinds[web_int(request, "kind", 0)], .mode = modes[web_int(request, "mode", 0)],
		.encoding = encodings[web_int(request, "encoding", 0)], .blank = blanks[web_int(request, "blank", 0)],
		.file_name = web_text(request, "file_name", ""), .idempotency_key = web_text(request, "Idempotency-Key", NULL),
	};
	struct seal_key key;
	int64_t id;
	bool fresh;

	if (seal_load(request->server->config.common.master_key_file, &key) != 0) {
		log_warnx("files can not be sealed: set master_key_file");
		web_problem(request, WEB_PROBLEM_INTERNAL, NULL);
		return;
	}
	if (import_create(request->db, &order, &id, &fresh) != DB_OK) {
		web_database_problem(request);
	} else if (!fresh) {
		repeat(request, &order, id);
	} else if (keep_all(request, &key, id) == 0) {
		if (import_uploaded(request->db, id) != DB_OK) {
			web_database_problem(request);
		} else {
			request->status = 202;
			web_header(request, "Location", "/api/v1/imports/%lld", (long long)id);
			reply_import(request, id);
		}
	}
	seal_clear(&key);
}

/* --- what becomes of it ------------------------------------------------------------------------------------------------------------ */

void apply(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0);
	const struct web_value *agreed = web_member(request, "agree_deletions");

	if (import_apply(request->db, id, agreed->count > 0 && agreed->numbers[0] != 0) != DB_OK) {
		web_database_problem(request);
		return;
	}
	request->status = 202;
	reply_import(request, id);
}

void cancel(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0);

	if (import_cancel(request->db, id) != DB_OK) {
		web_database_problem(request);
		return;
	}
	request->status = 202;
	reply_import(request, id);
}
