/* One request, in this order: read it all, find the row, refuse cross-site writes, session, right, parameters, body, handler, commit, reply. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "web/audit.h"
#include "web/field.h"
#include "web/request.h"
#include "web/server.h"

#define PREFIX "/api/v1"
#define COOKIE "__Host-kidoban="

/* The body is read to its very end even when nobody wants it: a FastCGI server that is cut off while it sends answers 503. */
static bool read_all(struct web_request *request, struct buf *body)
{
	char chunk[8192];
	size_t got, total = 0;

	while ((got = request->transport->read(request->transport, chunk, sizeof(chunk))) > 0) {
		total += got;
		if (total <= WEB_MAX_BODY)
			buf_add(body, chunk, got);
	}
	return total <= WEB_MAX_BODY;
}

static void find_token(struct web_request *request)
{
	const char *cookies = web_variable(request, "HTTP_COOKIE");
	unsigned char bytes[32];

	for (const char *at = cookies; at != NULL && *at != '\0'; at = strchr(at, ';')) {
		at += strspn(at, "; ");
		if (strncmp(at, COOKIE, strlen(COOKIE)) != 0)
			continue;
		at += strlen(COOKIE);
		char token[65];
		size_t len = strcspn(at, "; ");
		if (len != 64 || request->token[0] != '\0') {	/* two of them: somebody planted one */
			request->token[0] = '\0';
			return;
		}
		memcpy(token, at, 64);
		token[64] = '\0';
		if (parse_hex(token, bytes, 32) == 0)
			memcpy(request->token, token, sizeof(token));
	}
}

static void allow_header(struct web_request *request, unsigned methods)
{
	struct buf names = {0};

	for (enum web_method m = WEB_GET; m <= WEB_DELETE; m++)
		if (methods & (1u << m))
			buf_addf(&names, "%s%s%s", names.len ? ", " : "", web_method_name(m), m == WEB_GET ? ", HEAD" : "");
	web_header(request, "Allow", "%s", buf_text(&names));
	buf_free(&names);
}

static int find_route(struct web_request *request)
{
	const char *uri = web_variable(request, "REQUEST_URI");
	size_t len = strcspn(uri, "?#");
	unsigned methods;

	request->method = web_method_from(web_variable(request, "REQUEST_METHOD"));
	request->head = strcmp(web_variable(request, "REQUEST_METHOD"), "HEAD") == 0;
	request->query = xstrdup(web_variable(request, "QUERY_STRING"));
	if (len <= strlen(PREFIX) || strncmp(uri, PREFIX "/", strlen(PREFIX) + 1) != 0)
		return web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	request->path = xstrndup(uri + strlen(PREFIX), len - strlen(PREFIX));
	switch (web_route_find(&request->server->routes, request->method, request->path, &request->route, request->segments, &methods)) {
	case WEB_MATCH:
		return 0;
	case WEB_NO_METHOD:
		allow_header(request, methods);
		return web_problem(request, WEB_PROBLEM_METHOD_NOT_ALLOWED, NULL);
	case WEB_NO_PATH:
		break;
	}
	return web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
}

/* A form of another site can send neither this Content-Type nor a Sec-Fetch-Site of same-origin. */
static int check_origin(struct web_request *request)
{
	const char *site = web_variable(request, "HTTP_SEC_FETCH_SITE");
	const char *type = web_variable(request, "CONTENT_TYPE");
	size_t len = strcspn(type, "; ");

	if (request->method == WEB_GET)
		return 0;
	if (site[0] != '\0' && strcmp(site, "same-origin") != 0)
		return web_problem(request, WEB_PROBLEM_CROSS_SITE, NULL);
	const char *wanted = request->route->flags & WEB_UPLOAD ? "text/csv" : "application/json";
	if (len != strlen(wanted) || strncasecmp(type, wanted, len) != 0)
		return web_problem(request, WEB_PROBLEM_UNSUPPORTED_TYPE, request->route->flags & WEB_UPLOAD ? "Send Content-Type: text/csv." : NULL);
	return 0;
}

#ifdef WEB_UNCHECKED
/* Only in test programs, which are never installed: with this lock open, the database's own must hold. */
const char web_unchecked[] = "built without the check of rights";

static bool may(const struct web_route *route, const struct session *session)
{
	(void)session;
	return route->right.kind != WEB_RIGHT_PUBLIC && web_unchecked[0] != '\0';
}
#else
static bool may(const struct web_route *route, const struct session *session)
{
	const struct web_right *right = &route->right;

	if (right->kind == WEB_RIGHT_LEVEL)
		return session->rights[right->function] >= right->level || session->rights[right->other] >= right->level ||
		       session->rights[right->third] >= right->level;
	return right->kind == WEB_RIGHT_OPERATOR;
}
#endif

int web_begin(struct web_request *request)
{
	struct session session;

	if (request->token[0] == '\0')
		return web_problem(request, WEB_PROBLEM_NOT_LOGGED_IN, NULL);
	enum db_result found = db_begin(request->db, request->method == WEB_GET ? DB_READ : DB_WRITE, request->token);
	if (found == DB_OK)
		found = session_load(request->db, web_variable(request, "REMOTE_USER"), &session);
	if (found == DB_FAILED)
		return web_database_problem(request);
	if (found == DB_NONE)
		return web_problem(request, WEB_PROBLEM_NOT_LOGGED_IN, NULL);
	session_free(&request->session);
	request->session = session;
	if (request->route->right.kind != WEB_RIGHT_PUBLIC && !may(request->route, &session))
		return web_problem(request, WEB_PROBLEM_FORBIDDEN, NULL);
	return 0;
}

/* "12" with its quotes, as GET gave it; `*` would mean "whatever it is", which is what If-Match is there to prevent. */
static int read_if_match(struct web_request *request)
{
	const char *text = web_variable(request, "HTTP_IF_MATCH");
	char digits[24] = "";
	size_t len = strlen(text);

	if (!(request->route->flags & WEB_IF_MATCH))
		return 0;
	if (len == 0)
		return web_problem(request, WEB_PROBLEM_IF_MATCH_REQUIRED, NULL);
	if (len > 2 && len < sizeof(digits) && text[0] == '"' && text[len - 1] == '"')
		memcpy(digits, text + 1, len - 2);
	if (parse_int(digits, 0, INT64_MAX, &request->if_match) != 0)
		return web_field_problem(request, "If-Match:", "malformed", "Send the ETag as it was given, with its quotes.");
	return 0;
}

/* True when the client has this already. */
static bool unchanged(struct web_request *request)
{
	char etag[80];

	if (!(request->route->flags & WEB_CONFIGURATION))
		return false;
	snprintf(etag, sizeof(etag), "W/\"%lld-%s\"", (long long)request->session.revision, request->session.scope_key);
	web_header(request, "ETag", "%s", etag);
	if (strcmp(web_variable(request, "HTTP_IF_NONE_MATCH"), etag) != 0)
		return false;
	request->status = 304;
	return true;
}

static void run(struct web_request *request, const struct buf *body, bool whole)
{
	bool public = request->route->right.kind == WEB_RIGHT_PUBLIC;

	if (!public && web_begin(request) != 0)
		return;
	if (!whole) {
		web_problem(request, WEB_PROBLEM_TOO_LARGE, NULL);
		return;
	}
	if (web_read_parameters(request, request->segments) != 0 || read_if_match(request) != 0)
		return;
	if (request->method != WEB_GET && !(request->route->flags & WEB_UPLOAD) && web_parse_body(request, buf_text(body), body->len) != 0)
		return;
	request->read = true;
	if (!unchanged(request))
		request->route->handle(request);
}

/* Commits or rolls back, either way with an entry of the system log where one belongs. */
static void end(struct web_request *request)
{
	if (request->status < 400 && (!db_is_open(request->db) || web_commit(request) == 0) && (request->streaming || web_audit_alone(request) == 0))
		return;
	db_rollback(request->db);
	web_audit_refused(request);
}

void web_handle(struct web_server *server, struct db *db, struct web_transport *transport)
{
	struct web_request request = {.server = server, .db = db, .transport = transport, .status = 200, .content_type = "application/json"};
	struct buf body = {0};

	bool found = find_route(&request) == 0;
	bool upload = found && request.route->flags & WEB_UPLOAD;
	bool whole = upload || read_all(&request, &body);
	find_token(&request);
	if (found && check_origin(&request) == 0)
		run(&request, &body, whole);
	if (upload && request.status >= 400)	/* what is left of it; nobody keeps it */
		(void)read_all(&request, &body);
	end(&request);
	web_reply(&request);
	buf_free(&body);
	web_request_free(&request);
}
