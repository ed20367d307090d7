/* The FastCGI program operators. What it answers is in routes.c. */
#include "cgi-bin/operators/routes.h"
#include "web/server.h"

int main(int argc, char **argv)
{
	return web_main(argc, argv, "operators", operators_routes, operators_route_count);
}
