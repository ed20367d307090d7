#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/listen.h"
#include "base/log.h"
#include "base/str.h"
#include "faults.h"

enum { LINE_MAX_LENGTH = 1024, BACKLOG = 64 };

struct client {
	struct client *next;
	int fd;
	struct buf in;
};

struct control {
	int fd;
	char *path;
	struct shared *shared;
	struct controller *controllers;
	size_t count;
	struct traffic *traffic;
	struct client *clients;
};

static void answer_one(struct controller *controller, struct traffic *traffic, const char *text, struct buf *out, unsigned *failed)
{
	char copy[LINE_MAX_LENGTH];
	struct buf json = {0};
	struct fault_call call = {.controller = controller, .traffic = traffic, .json = &json};
	const char *error;

	snprintf(copy, sizeof(copy), "%s", text);
	error = fault_do(&call, copy);
	buf_addf(out, "{\"serial\":\"%016" PRIx64 "\",\"ok\":%s", controller->site->serial, error ? "false" : "true");
	if (error) {
		buf_adds(out, ",\"error\":");
		buf_json_string(out, error);
		++*failed;
	} else {
		buf_adds(out, buf_text(&json));
	}
	buf_adds(out, "}\n");
	buf_free(&json);
}

void control_line(struct controller *controllers, size_t count, struct traffic *traffic, char *line, struct buf *out)
{
	char *text = line + strcspn(line, " ");
	unsigned failed = 0, asked = 0;

	if (*text)
		*text++ = '\0';
	for (size_t i = 0; i < count; i++) {
		char serial[17];

		snprintf(serial, sizeof(serial), "%016" PRIx64, controllers[i].site->serial);
		if (strcmp(line, "all") != 0 && strcmp(line, serial) != 0)
			continue;
		asked++;
		answer_one(&controllers[i], traffic, text, out, &failed);
	}
	if (asked == 0) {
		buf_adds(out, "{\"ok\":false,\"error\":\"no such controller\"}\n");
		failed++;
	}
	buf_addf(out, "{\"end\":true,\"controllers\":%u,\"failed\":%u}\n", asked, failed);
}

static void client_free(struct control *control, struct client *client)
{
	struct client **at = &control->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	close(client->fd);
	buf_free(&client->in);
	free(client);
}

/* The socket waits for its reader only here, so that answers need no queue; a reader that stops for seconds is cut off. */
static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t put = send(fd, text, length, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		text += put;
		length -= (size_t)put;
	}
	return 0;
}

static void client_read(struct control *control, struct client *client)
{
	ssize_t got = recv(client->fd, buf_reserve(&client->in, LINE_MAX_LENGTH), LINE_MAX_LENGTH, MSG_DONTWAIT);
	char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		client_free(control, client);
		return;
	}
	client->in.len += (size_t)got;
	client->in.data[client->in.len] = '\0';
	while ((end = memchr(client->in.data, '\n', client->in.len))) {
		struct buf out = {0};
		size_t used = (size_t)(end - client->in.data) + 1;
		int answer;

		*end = '\0';
		control_line(control->controllers, control->count, control->traffic, client->in.data, &out);
		answer = write_all(client->fd, out.data, out.len);
		buf_free(&out);
		if (answer < 0) {
			client_free(control, client);
			return;
		}
		memmove(client->in.data, client->in.data + used, client->in.len - used + 1);
		client->in.len -= used;
	}
	if (client->in.len >= LINE_MAX_LENGTH)
		client_free(control, client);
}

static void accept_one(struct control *control)
{
	struct timeval patience = {.tv_sec = 5};
	struct epoll_event event = {.events = EPOLLIN};
	struct client *client;
	int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	client = xcalloc(1, sizeof(*client));
	client->fd = fd;
	event.data.ptr = client;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    epoll_ctl(control->shared->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		log_warn("control");
		close(fd);
		free(client);
		return;
	}
	client->next = control->clients;
	control->clients = client;
}

bool control_event(struct control *control, void *what)
{
	if (what == control) {
		accept_one(control);
		return true;
	}
	for (struct client *client = control->clients; client; client = client->next) {
		if (client == what) {
			client_read(control, client);
			return true;
		}
	}
	return false;
}

struct control *control_new(const char *path, struct shared *shared, struct controller *controllers, size_t count,
			    struct traffic *traffic)
{
	struct control *control = xcalloc(1, sizeof(*control));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = control};

	control->fd = listen_unix(path, 0600, BACKLOG);
	if (control->fd < 0 || fcntl(control->fd, F_SETFL, O_NONBLOCK) < 0 ||
	    epoll_ctl(shared->epoll, EPOLL_CTL_ADD, control->fd, &event) < 0) {
		log_warn("%s", path);
		free(control);
		return NULL;
	}
	control->path = xstrdup(path);
	control->shared = shared;
	control->controllers = controllers;
	control->count = count;
	control->traffic = traffic;
	return control;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	while (control->clients)
		client_free(control, control->clients);
	close(control->fd);
	unlink(control->path);
	free(control->path);
	free(control);
}

static int print_answers(int fd)
{
	static const char failed[] = "\"failed\":0}";
	FILE *in = fdopen(fd, "r");
	char *line = NULL;
	size_t room = 0;
	int answer = 2;

	if (!in)
		return 2;
	while (answer == 2 && getline(&line, &room, in) > 0) {
		if (strncmp(line, "{\"end\":true", 11) == 0)
			answer = strstr(line, failed) ? 0 : 1;
		else
			fputs(line, stdout);
	}
	free(line);
	fclose(in);
	return answer;
}

int control_client(const char *path, int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct buf line = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), answer;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path)) {
		log_warnx("%s: no such socket", path);
		return 2;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		log_warn("%s", path);
		close(fd);
		return 2;
	}
	for (int i = 0; i < argc; i++)
		buf_addf(&line, "%s%s", i ? " " : "", argv[i]);
	buf_addc(&line, '\n');
	answer = write_all(fd, line.data, line.len) < 0 ? 2 : print_answers(fd);
	buf_free(&line);
	return answer;
}
