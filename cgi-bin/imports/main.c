/* The FastCGI program imports. What it answers is in routes.c. */
#include "cgi-bin/imports/routes.h"
#include "web/server.h"

int main(int argc, char **argv)
{
	return web_main(argc, argv, "imports", imports_routes, imports_route_count);
}
