/* One request, from what was asked to what is answered. Zeroed before each, freed after it; nothing else keeps state.
 *
 * A handler runs in a transaction of the asking operator (READ for GET, WRITE else), after session, right, parameters and body have been
 * checked. It writes its reply into request->json and returns; status 200 unless it says otherwise. When it sets a problem, or any
 * status from 400 on, the transaction is rolled back; else it is committed before a byte is sent.
 */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "db/conn.h"
#include "db/session.h"
#include "web/json.h"
#include "web/problem.h"
#include "web/route.h"

#define WEB_MAX_BODY (256 * 1024)

struct json_object;
struct web_server;

/* The outer world: FastCGI, or a test's. */
struct web_transport {
	/* A CGI variable, NULL when unset. */
	const char *(*variable)(struct web_transport *transport, const char *name);
	/* Up to len bytes of the body; 0 at its end. */
	size_t (*read)(struct web_transport *transport, char *out, size_t len);
	/* 0, or -1 when the client is gone. */
	int (*write)(struct web_transport *transport, const char *data, size_t len);
	int (*flush)(struct web_transport *transport);
	/* Breaks the connection, so that the client sees that the reply is not whole. */
	void (*abort)(struct web_transport *transport);
};

struct web_value {
	int count;		/* 0: absent, or none */
	bool none;		/* given as null, or as a list without elements */
	int64_t *numbers;	/* WEB_INT, WEB_BOOL, WEB_TIME, WEB_WORD */
	const char **texts;	/* WEB_TEXT, WEB_TOKEN, WEB_OBJECT (as JSON) */
};

/* What the system log is to know besides; see audit.h. */
struct web_audit {
	const char *action;	/* of the next commit, when it is not the route's */
	bool written;
	bool named;
	int operator_id;
	char *operator_name, *object, *details;
};

struct web_request {
	struct web_transport *transport;
	struct web_server *server;
	struct db *db;

	enum web_method method;
	bool head;
	char *path;		/* cut into segments */
	char *query;		/* cut into parameters */
	const struct web_route *route;
	char *segments[WEB_MAX_SEGMENTS];	/* the path's parameters as they were sent, in path */
	bool read;		/* parameters and body were found good */
	struct web_value parameters[WEB_MAX_FIELDS];	/* as in route->parameters */
	struct web_value members[WEB_MAX_FIELDS];	/* as in route->body */
	struct json_object *body;
	int64_t if_match;	/* with WEB_IF_MATCH */
	char token[65];		/* of the session cookie, "" without */
	struct session session;

	int status;
	struct json json;	/* the reply's body */
	struct buf headers;	/* more reply headers, "Name: value\r\n" each */
	const char *content_type;
	struct web_problem problem;	/* status >= 400 */
	struct web_audit audit;
	bool streaming;		/* headers are out, the handler writes the rest itself */
	bool client_gone;
};

/* Parameters and body members by name; asking for one that the route does not have is our bug (panic). */
bool web_given(const struct web_request *request, const char *name);
/* The value, or fallback when it was not given. */
int64_t web_int(const struct web_request *request, const char *name, int64_t fallback);
const char *web_text(const struct web_request *request, const char *name, const char *fallback);
/* All values of a list; never NULL. */
const struct web_value *web_value(const struct web_request *request, const char *name);
/* The same for the body. */
const struct web_value *web_member(const struct web_request *request, const char *name);

/* The given members among fields (of single values) as a JSON object, null where null was given, without the one called but; the caller frees it. */
char *web_given_members(const struct web_request *request, const struct web_field *fields, const char *but);

/* A CGI variable; never NULL. */
const char *web_variable(const struct web_request *request, const char *name);
void web_header(struct web_request *request, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Link: <…>; rel="next": this request again with after=cursor. */
void web_link_next(struct web_request *request, const char *cursor);

/* Ends the handler's transaction early, for replies that stream: 0, or -1 with the problem set. The entry of the system log goes with it. */
int web_commit(struct web_request *request) __attribute__((warn_unused_result));
/* Sends status and headers now; then web_stream writes. Only after web_commit. 0, or -1 when the client is gone. */
int web_stream_begin(struct web_request *request) __attribute__((warn_unused_result));
int web_stream(struct web_request *request, const char *data, size_t len) __attribute__((warn_unused_result));
/* Ends a stream that can not be finished: the client sees a broken transfer. */
void web_stream_abort(struct web_request *request);
/* Percent-encodes everything but letters, digits and -_.~ */
void web_encode(struct buf *out, const char *text);
/* With WEB_UPLOAD: up to len bytes of the body; 0 at its end. Keeps the watchdog quiet. */
size_t web_read(struct web_request *request, char *out, size_t len);
/* Tells the watchdog that there is progress. */
void web_progress(struct web_request *request);
/* A new transaction of the same operator, looking at session and right again: 0, or -1 with the problem set. */
int web_begin(struct web_request *request) __attribute__((warn_unused_result));

/* The whole of it: reads, checks, runs the handler, replies. */
void web_handle(struct web_server *server, struct db *db, struct web_transport *transport);

/* Puts the reply on its way, unless it streamed. */
void web_reply(struct web_request *request);
void web_request_free(struct web_request *request);

/* Parts of web_handle, each 0, or -1 with the problem set. */
int web_read_parameters(struct web_request *request, char *segments[]);
int web_parse_body(struct web_request *request, const char *text, size_t len);
void web_values_free(struct web_value *values);

#endif
