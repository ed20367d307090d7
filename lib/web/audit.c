/* When an entry of the system log is written, and by whom it is. What it says of the request's content is in audit_details.c. */
#include "web/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/system_log.h"

#define MAX_OBJECT 256
#define MAX_PATH 300

static char *copy(const char *text, size_t most)
{
	size_t len = strlen(text);

	if (len > most)
		for (len = most; len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80; len--)
			;
	return xstrndup(text, len);
}

void web_audit_object(struct web_request *request, const char *object)
{
	free(request->audit.object);
	request->audit.object = utf8_valid(object, strlen(object)) ? copy(object, MAX_OBJECT) : NULL;
}

void web_audit_details(struct web_request *request, const char *json)
{
	free(request->audit.details);
	request->audit.details = xstrdup(json);
}

void web_audit_as(struct web_request *request, const char *action)
{
	request->audit.action = action;
}

void web_audit_operator(struct web_request *request, int operator_id, const char *name)
{
	free(request->audit.operator_name);
	request->audit.named = true;
	request->audit.operator_id = operator_id;
	request->audit.operator_name = name ? xstrdup(name) : NULL;
}

void web_audit_free(struct web_audit *audit)
{
	free(audit->object);
	free(audit->details);
	free(audit->operator_name);
	*audit = (struct web_audit){0};
}

static bool is_export(const struct web_request *request)
{
	return strncmp(request->content_type, "text/csv", 8) == 0 || strncmp(request->content_type, "application/jsonl", 17) == 0;
}

/* The pattern's n-th fixed segment as a part of a word; "" when there is none. last: of those after the first, the last. */
static void fixed_segment(const char *pattern, bool last, char out[32])
{
	bool first = true;

	out[0] = '\0';
	while (*pattern == '/') {
		size_t len = strcspn(++pattern, "/");
		if (pattern[0] != '{' && first == !last && len < 32) {
			for (size_t i = 0; i < len; i++)
				out[i] = pattern[i] == '-' ? '_' : pattern[i];
			out[len] = '\0';
			if (!last)
				return;
		}
		first &= pattern[0] == '{';
		pattern += len;
	}
}

void web_audit_action(const struct web_request *request, char out[65])
{
	static const char *const verbs[] = {
		[WEB_GET] = "view", [WEB_POST] = "create", [WEB_PATCH] = "update", [WEB_PUT] = "update", [WEB_DELETE] = "delete"};
	char family[32], verb[32] = "";

	fixed_segment(request->route->pattern, false, family);
	if (request->method != WEB_GET)
		fixed_segment(request->route->pattern, true, verb);
	else if (is_export(request) && request->status < 400)
		snprintf(verb, sizeof(verb), "export");
	snprintf(out, 65, "%s_%s", family, verb[0] != '\0' ? verb : verbs[request->method]);
}

/* An id, whose text is no secret: digits, or a UUID. */
static bool is_id(const char *text)
{
	size_t len = strlen(text);

	return (len > 0 && len <= 20 && strspn(text, "0123456789") == len) || (len == 36 && strspn(text, "0123456789abcdef-") == len);
}

/* "/gates/12": the pattern with its ids; anything else that was sent in their place stays {id}. */
static void put_path(const struct web_request *request, struct buf *out, struct buf *object)
{
	const char *pattern = request->route->pattern;
	int segment = 0;

	while (*pattern == '/') {
		size_t len = strcspn(++pattern, "/");
		const char *sent = pattern[0] == '{' ? request->segments[segment++] : NULL;
		buf_addc(out, '/');
		if (sent != NULL && is_id(sent)) {
			buf_adds(out, sent);
			if (object->len > 0 && strchr(object->data, '/') == NULL)
				buf_addf(object, "/%s", sent);
		} else {
			buf_add(out, pattern, len);
			if (object->len == 0)
				buf_add(object, pattern, len);
		}
		pattern += len;
	}
	if (out->len > MAX_PATH)
		panic("%s is longer than the log takes", request->route->pattern);
}

/* What was made is where the reply says it is. */
static void object_from_location(const struct web_request *request, struct buf *object)
{
	static const char location[] = "Location: /api/v1/";
	const char *found = strstr(buf_text(&request->headers), location);

	if (found == NULL || (found != request->headers.data && found[-1] != '\n'))
		return;
	found += strlen(location);
	size_t len = strcspn(found, "\r\n");
	if (len > MAX_OBJECT)
		return;
	buf_clear(object);
	buf_add(object, found, len);
}

static const char *address(const struct web_request *request)
{
	const char *text = web_variable(request, "REMOTE_ADDR");
	size_t len = strlen(text);

	return len < 46 && strspn(text, "0123456789abcdefABCDEF:.") == len ? text : "";
}

/* Calls write (now, or with the commit) with what the request is by now. */
static enum db_result put_entry(struct web_request *request, const char *outcome, enum db_result (*write)(struct db *, const struct log_note *))
{
	struct web_audit *audit = &request->audit;
	struct buf path = {0}, object = {0}, details = {0};
	char action[65];

	web_audit_action(request, action);
	put_path(request, &path, &object);
	object_from_location(request, &object);
	if (audit->action == NULL)
		web_audit_put_details(request, &details);
	struct log_note note = {
		/* Browsers send it with every request and let no script forge it; other programs have no reason to. */
		.origin = web_variable(request, "HTTP_SEC_FETCH_SITE")[0] != '\0' ? "screen" : "api",
		.remote_addr = address(request),
		.action = audit->action ? audit->action : action,
		.method = web_method_name(request->method),
		.path = buf_text(&path),
		.outcome = outcome,
		.status = request->status,
		.object = audit->object && audit->action == NULL ? audit->object : buf_text(&object),
		.details = buf_text(&details),
		.named = audit->named && audit->action == NULL,
		.operator_id = audit->operator_id,
		.operator_name = audit->operator_name,
	};
	enum db_result result = write(request->db, &note);
	buf_free(&path);
	buf_free(&object);
	buf_free(&details);
	return result;
}

static void note_written(struct web_audit *audit)
{
	if (audit->action != NULL)
		audit->action = NULL;	/* that was another act */
	else
		audit->written = true;
}

int web_audit_commit(struct web_request *request)
{
	if (!db_is_writing(request->db) || request->route == NULL || (request->audit.written && request->audit.action == NULL))
		return 0;
	if (put_entry(request, "done", log_queue) != DB_OK)
		return web_database_problem(request);
	note_written(&request->audit);
	return 0;
}

static enum db_result write_alone(struct web_request *request, const char *outcome)
{
	enum db_result result = db_begin(request->db, DB_WRITE, request->token[0] != '\0' ? request->token : NULL);

	if (result == DB_OK)
		result = put_entry(request, outcome, log_queue);
	if (result == DB_OK)
		result = db_commit(request->db);
	if (result != DB_OK)
		db_rollback(request->db);
	return result;
}

int web_audit_alone(struct web_request *request)
{
	if (request->route == NULL || request->audit.written || (request->method == WEB_GET && !is_export(request)))
		return 0;
	if (write_alone(request, "done") != DB_OK)
		return web_database_problem(request);
	request->audit.written = true;
	return 0;
}

void web_audit_refused(struct web_request *request)
{
	bool public = request->route != NULL && request->route->right.kind == WEB_RIGHT_PUBLIC;
	bool refusal = request->status == 401 || request->status == 403 || request->status == 429;

	if (request->route == NULL)	/* there is no such thing */
		return;
	/* Asking "am I logged in?" is no try to get in, unless Apache says who it is. */
	if (request->method == WEB_GET && (!refusal || (public && web_variable(request, "REMOTE_USER")[0] == '\0')))
		return;
	request->audit.action = NULL;
	if (write_alone(request, request->status >= 500 ? "failed" : "refused") != DB_OK)
		log_warnx("the system log: %s %s, answered with %d, could not be written: %s", web_method_name(request->method), request->route->pattern,
			  request->status, db_error(request->db)->message);
}
