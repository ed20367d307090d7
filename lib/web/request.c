/* What a handler asks of its request, and how the reply goes out. */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "web/audit.h"
#include "web/field.h"
#include "web/request.h"
#include "web/server.h"

const struct web_value *web_value(const struct web_request *request, const char *name)
{
	int i = web_field_find(request->route->parameters, name, strlen(name), 0);

	if (i < 0)
		panic("%s has no parameter %s", request->route->pattern, name);
	return &request->parameters[i];
}

const struct web_value *web_member(const struct web_request *request, const char *name)
{
	int i = web_field_find(request->route->body, name, strlen(name), 0);

	if (i < 0)
		panic("%s has no member %s", request->route->pattern, name);
	return &request->members[i];
}

bool web_given(const struct web_request *request, const char *name)
{
	return web_value(request, name)->count > 0;
}

int64_t web_int(const struct web_request *request, const char *name, int64_t fallback)
{
	const struct web_value *value = web_value(request, name);

	return value->count > 0 ? value->numbers[0] : fallback;
}

const char *web_text(const struct web_request *request, const char *name, const char *fallback)
{
	const struct web_value *value = web_value(request, name);

	return value->count > 0 ? value->texts[0] : fallback;
}

const char *web_variable(const struct web_request *request, const char *name)
{
	const char *text = request->transport->variable(request->transport, name);

	return text ? text : "";
}

void web_header(struct web_request *request, const char *name, const char *format, ...)
{
	va_list args;

	buf_addf(&request->headers, "%s: ", name);
	va_start(args, format);
	buf_vaddf(&request->headers, format, args);
	va_end(args);
	buf_adds(&request->headers, "\r\n");
}

/* Everything that is not unreserved becomes %XX, so a link can not break out of its header. */
void web_encode(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || strchr("-_.~", byte))
			buf_addc(out, *text);
		else
			buf_addf(out, "%%%02X", byte);
	}
}

void web_link_next(struct web_request *request, const char *cursor)
{
	const char *uri = web_variable(request, "REQUEST_URI");
	char *query = xstrdup(web_variable(request, "QUERY_STRING"));
	struct buf link = {0};
	char *rest = query;

	buf_add(&link, uri, strcspn(uri, "?"));
	buf_addc(&link, '?');
	while (rest != NULL && *rest != '\0') {
		char *part = strsep(&rest, "&");
		char *text = strchr(part, '=');
		if (*part == '\0' || strncmp(part, "after=", 6) == 0 || web_decode(part, true) != 0)
			continue;
		text = text ? strchr(part, '=') : NULL;
		if (text != NULL)
			*text++ = '\0';
		web_encode(&link, part);
		buf_addc(&link, '=');
		web_encode(&link, text ? text : "");
		buf_addc(&link, '&');
	}
	buf_adds(&link, "after=");
	web_encode(&link, cursor);
	web_header(request, "Link", "<%s>; rel=\"next\"", buf_text(&link));
	buf_free(&link);
	free(query);
}

void web_progress(struct web_request *request)
{
	if (request->server->slot != NULL)
		atomic_store(&request->server->slot->busy_since_ms, clock_mono_ms());
}

size_t web_read(struct web_request *request, char *out, size_t len)
{
	web_progress(request);
	return request->transport->read(request->transport, out, len);
}

int web_commit(struct web_request *request)
{
	if (web_audit_commit(request) != 0)
		return -1;
	return db_commit(request->db) == DB_OK ? 0 : web_database_problem(request);
}

static int send_head(struct web_request *request, bool with_length, size_t length)
{
	struct buf head = {0};

	buf_addf(&head, "Status: %d\r\n", request->status);
	if (request->status != 204 && request->status != 304)
		buf_addf(&head, "Content-Type: %s\r\n", request->content_type);
	if (with_length && request->status != 204 && request->status != 304)
		buf_addf(&head, "Content-Length: %zu\r\n", length);
	if (request->problem.retry_after_s > 0)
		buf_addf(&head, "Retry-After: %d\r\n", request->problem.retry_after_s);
	buf_addf(&head, "Cache-Control: %s\r\n", request->route && (request->route->flags & WEB_CONFIGURATION) ? "private, no-cache" : "no-store");
	buf_add(&head, buf_text(&request->headers), request->headers.len);
	buf_adds(&head, "\r\n");
	int result = request->transport->write(request->transport, head.data, head.len);
	buf_free(&head);
	return result;
}

int web_stream_begin(struct web_request *request)
{
	if (web_audit_alone(request) != 0)	/* no file leaves without an entry */
		return -1;
	request->streaming = true;
	if (send_head(request, false, 0) == 0 && request->transport->flush(request->transport) == 0)
		return 0;
	request->client_gone = true;
	return -1;
}

int web_stream(struct web_request *request, const char *data, size_t len)
{
	web_progress(request);
	if (request->client_gone || request->transport->write(request->transport, data, len) != 0 ||
	    request->transport->flush(request->transport) != 0) {
		request->client_gone = true;
		return -1;
	}
	return 0;
}

void web_stream_abort(struct web_request *request)
{
	request->transport->abort(request->transport);
	request->client_gone = true;
}

void web_reply(struct web_request *request)
{
	struct buf *body = &request->json.text;

	if (request->streaming)
		return;
	if (request->problem.kind != WEB_PROBLEM_NONE) {
		buf_clear(body);
		web_problem_write(&request->problem, body);
		request->content_type = "application/problem+json";
	}
	if (request->status == 204 || request->status == 304)
		buf_clear(body);
	if (send_head(request, true, body->len) == 0 && !request->head && body->len > 0)
		(void)request->transport->write(request->transport, body->data, body->len);
}

void web_request_free(struct web_request *request)
{
	web_values_free(request->parameters);
	web_values_free(request->members);
	json_object_put(request->body);
	buf_free(&request->json.text);
	buf_free(&request->headers);
	web_problem_free(&request->problem);
	session_free(&request->session);
	web_audit_free(&request->audit);
	free(request->path);
	free(request->query);
}
