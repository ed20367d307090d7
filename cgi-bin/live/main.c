/* The FastCGI program live: Server-Sent Events. See live.h for its threads. */
#include <stdlib.h>
#include <time.h>

#include "base/listen.h"
#include "base/log.h"
#include "base/notify.h"
#include "cgi-bin/live/live.h"

static void end_all(struct live *live)
{
	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&live->ring.mutex);
		for (struct stream *stream = live->streams; stream != NULL; stream = stream->next_stream)
			stream_end(stream);
		pthread_cond_broadcast(&live->ring.more);
		int left = live->stream_count;
		pthread_mutex_unlock(&live->ring.mutex);
		if (left == 0)
			return;
		nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
	}
}

/* One at a time: looking at a session takes a millisecond, and then the stream has a thread of its own. */
static void serve(struct live *live, struct db *db, int socket)
{
	struct web_connection *connection;

	while ((connection = web_connection_accept(socket)) != NULL) {
		live->adopted = NULL;
		web_handle(&live->server, db, web_connection_transport(connection));
		if (live->adopted != NULL)
			stream_start(live, live->adopted, connection);
		else
			web_connection_finish(connection);
	}
}

int main(int argc, char **argv)
{
	static struct live live;	/* static: a ring is large */
	struct config_table tables[2];
	pthread_t feed;

	live.server.name = "live";
	live.server.routes = (struct web_routes){live_routes, live_route_count};
	if (web_routes_asked(argc, argv))
		return web_routes_print("live", &live.server.routes, stdout) == 0 ? 0 : 1;
	web_config_tables(&live.server.config, tables);
	program_start(argc, argv, "live", tables, lengthof(tables));
	live.conninfo = program_conninfo(&live.server.config.common, "live");
	ring_init(&live.ring);
	char *path = xasprintf("%s/live.sock", live.server.config.common.run_dir);
	int socket = listen_unix(path, 0660, 511);
	if (socket < 0)
		fatalx("%s: can not listen there; is another live running?", path);
	struct db *db = db_new(live.conninfo, 10000);

	web_connections_init();
	if (pthread_create(&feed, NULL, feed_run, &live) != 0)
		fatal("pthread_create");
	log_info("up to %lld streams on %s", (long long)live.server.config.streams, path);
	notify_ready();
	serve(&live, db, socket);
	notify_stopping();
	atomic_store(&live.stopping, true);
	end_all(&live);
	pthread_join(feed, NULL);
	db_free(db);
	free(path);
	free(live.conninfo);
	config_free(tables, lengthof(tables));
	return 0;
}
