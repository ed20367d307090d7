/* The FastCGI program cardholders. What it answers is in routes.c. */
#include "cgi-bin/cardholders/routes.h"
#include "web/server.h"

int main(int argc, char **argv)
{
	return web_main(argc, argv, "cardholders", cardholders_routes, cardholders_route_count);
}
