/* The only user of libfcgi. */
#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "web/fcgi.h"

/* FCGI_FAIL_ACCEPT_ON_INTR: a signal ends the waiting, so that a stop is not slept through. */
#define ACCEPT_FLAGS FCGI_FAIL_ACCEPT_ON_INTR

struct web_connection {
	struct web_transport transport;
	FCGX_Request fcgi;
};

static volatile sig_atomic_t stopping;

static FCGX_Request *fcgi_of(struct web_transport *transport)
{
	return &((struct web_connection *)(void *)((char *)transport - offsetof(struct web_connection, transport)))->fcgi;
}

static const char *variable(struct web_transport *transport, const char *name)
{
	return FCGX_GetParam(name, fcgi_of(transport)->envp);
}

static size_t read_body(struct web_transport *transport, char *out, size_t len)
{
	int got = FCGX_GetStr(out, (int)len, fcgi_of(transport)->in);

	return got > 0 ? (size_t)got : 0;
}

static int write_reply(struct web_transport *transport, const char *data, size_t len)
{
	return FCGX_PutStr(data, (int)len, fcgi_of(transport)->out) < 0 ? -1 : 0;
}

static int flush_reply(struct web_transport *transport)
{
	return FCGX_FFlush(fcgi_of(transport)->out) < 0 ? -1 : 0;
}

static void abort_reply(struct web_transport *transport)
{
	FCGX_Request *fcgi = fcgi_of(transport);

	if (fcgi->ipcFd >= 0)
		shutdown(fcgi->ipcFd, SHUT_RDWR);
}

static const struct web_transport fcgi_transport = {variable, read_body, write_reply, flush_reply, abort_reply};

static void stop(int number)
{
	(void)number;
	stopping = 1;
	FCGX_ShutdownPending();
}

void web_connections_init(void)
{
	struct sigaction action = {.sa_handler = stop};	/* no SA_RESTART: accept has to return */
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	if (FCGX_Init() != 0)
		fatalx("libfcgi does not start");
}

void web_fcgi_serve(struct web_server *server, struct db *db, int socket)
{
	struct web_connection connection = {.transport = fcgi_transport};

	web_connections_init();
	if (FCGX_InitRequest(&connection.fcgi, socket, ACCEPT_FLAGS) != 0)
		fatalx("libfcgi takes no requests");
	while (!stopping) {
		if (FCGX_Accept_r(&connection.fcgi) < 0) {
			if (stopping || errno != EINTR)
				break;
			continue;
		}
		if (server->slot != NULL)
			atomic_store(&server->slot->busy_since_ms, clock_mono_ms());
		web_handle(server, db, &connection.transport);
		FCGX_Finish_r(&connection.fcgi);
		if (server->slot != NULL)
			atomic_store(&server->slot->busy_since_ms, 0);
	}
	FCGX_Free(&connection.fcgi, 1);
}

struct web_connection *web_connection_accept(int socket)
{
	struct web_connection *connection = xcalloc(1, sizeof(*connection));

	connection->transport = fcgi_transport;
	if (FCGX_InitRequest(&connection->fcgi, socket, ACCEPT_FLAGS) == 0)
		while (!stopping) {
			if (FCGX_Accept_r(&connection->fcgi) >= 0)
				return connection;
			if (errno != EINTR)
				log_warn("accept");
		}
	free(connection);
	return NULL;
}

struct web_transport *web_connection_transport(struct web_connection *connection)
{
	return &connection->transport;
}

void web_connection_cut(struct web_connection *connection)
{
	abort_reply(&connection->transport);
}

void web_connection_finish(struct web_connection *connection)
{
	FCGX_Finish_r(&connection->fcgi);
	FCGX_Free(&connection->fcgi, 1);
	free(connection);
}
