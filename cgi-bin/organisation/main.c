/* The FastCGI program organisation. What it answers is in routes.c. */
#include "cgi-bin/organisation/routes.h"
#include "web/server.h"

int main(int argc, char **argv)
{
	return web_main(argc, argv, "organisation", organisation_routes, organisation_route_count);
}
