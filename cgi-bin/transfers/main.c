/* The FastCGI program transfers. What it answers is in routes.c. */
#include "cgi-bin/transfers/routes.h"
#include "web/server.h"

int main(int argc, char **argv)
{
	return web_main(argc, argv, "transfers", transfers_routes, transfers_route_count);
}
