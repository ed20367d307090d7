#ifndef CARDHOLDERS_ROUTES_H
#define CARDHOLDERS_ROUTES_H

#include "web/route.h"

extern const struct web_route cardholders_routes[];
extern const size_t cardholders_route_count;

#endif
