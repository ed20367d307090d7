/* The process: many controllers in one event loop. */
#ifndef SIMULATOR_SIMULATOR_H
#define SIMULATOR_SIMULATOR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct simulator_options {
	const char *state, *site, *control; /* control NULL = no socket */
	struct sockaddr_in nudge;	    /* port 0 = nobody */
	uint64_t seed;
	int rate, backfill_hours;
	bool steady;
};

/* Runs until SIGTERM or SIGINT. Exit code. */
int simulator_run(const struct simulator_options *options);

#endif
