#ifndef HISTORY_ROUTES_H
#define HISTORY_ROUTES_H

#include "web/route.h"

extern const struct web_route history_routes[];
extern const size_t history_route_count;

#endif
