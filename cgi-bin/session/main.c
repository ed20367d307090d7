/* The FastCGI program session. What it answers is in routes.c. */
#include "cgi-bin/session/routes.h"
#include "web/server.h"

int main(int argc, char **argv)
{
	return web_main(argc, argv, "session", session_routes, session_route_count);
}
