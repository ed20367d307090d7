#ifndef TRANSFERS_ROUTES_H
#define TRANSFERS_ROUTES_H

#include <stddef.h>

#include "web/route.h"

extern const struct web_route transfers_routes[];
extern const size_t transfers_route_count;

#endif
