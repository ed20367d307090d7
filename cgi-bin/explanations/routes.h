#ifndef EXPLANATIONS_ROUTES_H
#define EXPLANATIONS_ROUTES_H

#include "web/route.h"

extern const struct web_route explanations_routes[];
extern const size_t explanations_route_count;

#endif
