/* A FastCGI program: a master that keeps N single-threaded workers alive.
 *
 * Each worker has a watchdog: one that has been at one request for longer than request_timeout_s without progress is killed and replaced, as is
 * one that died. A worker ends by itself after its program's file was replaced only when told to (SIGTERM): it finishes its request first.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/program.h"
#include "web/route.h"

struct web_config {
	struct common_config common;
	int64_t workers;
	int64_t request_timeout_s;
	int64_t streams;	/* live only: how many at once */
};

/* In memory that master and workers share. */
struct web_slot {
	atomic_int pid;
	atomic_llong busy_since_ms;	/* monotonic; 0: waiting for a request */
};

struct web_server {
	const char *name;
	struct web_routes routes;
	struct web_config config;
	struct web_slot *slot;	/* of this worker; NULL in tests */
	int lock_fd;		/* what workers lock parts of, to take turns */
};

/* The settings of a FastCGI program: its own and the common ones. tables has room for two. */
void web_config_tables(struct web_config *config, struct config_table tables[2]);

/* main() of a FastCGI program with pre-forked workers. Returns the exit status. */
int web_main(int argc, char **argv, const char *name, const struct web_route *rows, size_t count);

/* At most `places` processes of this program at a time are between take and give; waits up to timeout_ms. The place, or -1 when none got free. A process that
 * dies gives its place back. */
int web_turn_take(const struct web_server *server, int places, int timeout_ms) __attribute__((warn_unused_result));
void web_turn_give(const struct web_server *server, int place);

#endif
