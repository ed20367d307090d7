/*
 * The control socket: one line in, "SERIAL FAULT ARGS" or "all FAULT ARGS"; one line of JSON out for each controller
 * concerned, then {"end":true,"controllers":N,"failed":M}. A connection may ask many times, one after the other.
 */
#ifndef SIMULATOR_CONTROL_H
#define SIMULATOR_CONTROL_H

#include "controller.h"
#include "traffic.h"

struct control;

/* Listens at `path`. NULL, with the reason logged, when that can not be had. */
struct control *control_new(const char *path, struct shared *shared, struct controller *controllers, size_t count,
			    struct traffic *traffic);
void control_free(struct control *control);

/* Is this what epoll reported one of ours? Handles it then. */
bool control_event(struct control *control, void *what);

/* One line as it would come over the socket; answers are added to `out`. `line` is cut into words. */
void control_line(struct controller *controllers, size_t count, struct traffic *traffic, char *line, struct buf *out);

/* The client: sends one line, prints the answers. The exit code: 0, 1 when a controller refused, 2 when nobody answers. */
int control_client(const char *path, int argc, char **argv);

#endif
