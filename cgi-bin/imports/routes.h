#ifndef IMPORTS_ROUTES_H
#define IMPORTS_ROUTES_H

#include "web/route.h"

extern const struct web_route imports_routes[];
extern const size_t imports_route_count;

#endif
