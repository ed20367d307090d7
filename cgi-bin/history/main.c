/* The FastCGI program history. What it answers is in routes.c. */
#include "cgi-bin/history/routes.h"
#include "web/server.h"

int main(int argc, char **argv)
{
	return web_main(argc, argv, "history", history_routes, history_route_count);
}
