/* The FastCGI program system. What it answers is in routes.c. */
#include "cgi-bin/system/routes.h"
#include "web/server.h"

int main(int argc, char **argv)
{
	return web_main(argc, argv, "system", system_routes, system_route_count);
}
