/* The FastCGI program gates. What it answers is in routes.c. */
#include "cgi-bin/gates/routes.h"
#include "web/server.h"

int main(int argc, char **argv)
{
	return web_main(argc, argv, "gates", gates_routes, gates_route_count);
}
