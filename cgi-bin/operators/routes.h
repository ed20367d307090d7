#ifndef OPERATORS_ROUTES_H
#define OPERATORS_ROUTES_H

#include "web/route.h"

extern const struct web_route operators_routes[];
extern const size_t operators_route_count;

#endif
