/* The program live: one feed reads the database and fills a ring; each browser has a thread that writes from it.
 *
 *   main thread    accepts, checks session and right, starts a stream
 *   feed thread    LISTEN, reads what happened, ends streams whose session is over, feeds the watchdog
 *   stream threads wait on the ring, write, and beat every 15 seconds
 */
#ifndef LIVE_LIVE_H
#define LIVE_LIVE_H

#include <stdatomic.h>

#include "cgi-bin/live/ring.h"
#include "web/fcgi.h"
#include "web/request.h"
#include "web/server.h"

#define HEARTBEAT_S 15

struct stream {
	struct stream *next_stream;
	struct live *live;
	struct web_connection *connection;
	struct web_transport *transport;
	int64_t session_id;
	int operator_id;
	bool resumes;		/* from place; else from now */
	struct place place;
	atomic_bool ending;
	int64_t ending_since_ms;	/* monotonic */
};

struct live {
	struct web_server server;	/* first: a request knows it and thereby us */
	struct ring ring;
	/* Under the ring's mutex: */
	struct stream *streams;
	int stream_count;
	/* The stream that the handler made for the request being answered. */
	struct stream *adopted;
	atomic_bool ready, stopping;
	char *conninfo;
};

extern const struct web_route live_routes[];
extern const size_t live_route_count;

/* Takes the connection over: starts the stream's thread. Finishes it when that fails. */
void stream_start(struct live *live, struct stream *stream, struct web_connection *connection);
/* With the ring's mutex held: makes the stream end, and cuts it when it was told so before and still writes to a browser that does
 * not read. An orderly end matters: after a cut Apache keeps the browser waiting for as long as KeepAliveTimeout. */
void stream_end(struct stream *stream);
/* The feed's thread; arg is the struct live. */
void *feed_run(void *arg);

#endif
