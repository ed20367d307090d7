#ifndef SYSTEM_ROUTES_H
#define SYSTEM_ROUTES_H

#include "web/route.h"

extern const struct web_route system_routes[];
extern const size_t system_route_count;

#endif
