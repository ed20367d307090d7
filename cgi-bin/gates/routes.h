#ifndef GATES_ROUTES_H
#define GATES_ROUTES_H

#include "web/route.h"

extern const struct web_route gates_routes[];
extern const size_t gates_route_count;

#endif
