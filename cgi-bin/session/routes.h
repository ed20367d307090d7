#ifndef SESSION_ROUTES_H
#define SESSION_ROUTES_H

#include "web/route.h"

extern const struct web_route session_routes[];
extern const size_t session_route_count;

#endif
