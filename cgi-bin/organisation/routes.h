#ifndef ORGANISATION_ROUTES_H
#define ORGANISATION_ROUTES_H

#include "web/route.h"

extern const struct web_route organisation_routes[];
extern const size_t organisation_route_count;

#endif
