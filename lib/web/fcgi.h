/* FastCGI as a web_transport. Nobody outside lib/web includes libfcgi. */
#ifndef WEB_FCGI_H
#define WEB_FCGI_H

#include "db/conn.h"
#include "web/request.h"
#include "web/server.h"

/* Answers requests on the listening socket until told to stop (SIGTERM); then the request under way is finished first. */
void web_fcgi_serve(struct web_server *server, struct db *db, int socket);

/* The same for programs that keep many requests open at once, one thread each: accepted requests as objects. */
struct web_connection;
/* The next request; NULL when stopping. Only one thread accepts. */
struct web_connection *web_connection_accept(int socket);
struct web_transport *web_connection_transport(struct web_connection *connection);
/* Makes what another thread is writing to it fail, at once. */
void web_connection_cut(struct web_connection *connection);
void web_connection_finish(struct web_connection *connection);
/* Call once before the first accept. */
void web_connections_init(void);

#endif
