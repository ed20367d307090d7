/* The FastCGI program explanations. What it answers is in routes.c. */
#include "cgi-bin/explanations/routes.h"
#include "web/server.h"

int main(int argc, char **argv)
{
	return web_main(argc, argv, "explanations", explanations_routes, explanations_route_count);
}
