/* One browser's stream. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "cgi-bin/live/live.h"

#define CHUNK 65536
#define STACK 262144
#define PATIENCE_MS 300

static void open_stream(struct web_request *request);

static const struct web_field live_parameters[] = {
	{"Last-Event-ID", WEB_HEADER, WEB_TOKEN, .lo = 1, .hi = 30},
	{0},
};

const struct web_route live_routes[] = {
	/* Each event is shown only to those with the right to its kind; this is for having any. */
	ROUTE(GET, "/live", VIEW_ANY(GATES, HISTORY), open_stream, .parameters = live_parameters),
};
const size_t live_route_count = lengthof(live_routes);

/* Answers the headers; the rest is written by the stream's own thread. */
static void open_stream(struct web_request *request)
{
	struct live *live = (struct live *)(void *)request->server;
	const char *last = web_text(request, "Last-Event-ID", NULL);
	struct place place = {0};

	if (last != NULL && !place_parse(last, &place)) {
		web_field_problem(request, "Last-Event-ID:", "malformed", "Give the id as it was given.");
		return;
	}
	pthread_mutex_lock(&live->ring.mutex);
	bool full = live->stream_count >= live->server.config.streams;
	pthread_mutex_unlock(&live->ring.mutex);
	if (full || !atomic_load(&live->ready)) {
		web_problem(request, WEB_PROBLEM_TOO_BUSY, full ? "Too many browsers are listening. Close one, or try again later." : NULL);
		return;
	}
	request->content_type = "text/event-stream";
	if (web_commit(request) != 0 || request->head || web_stream_begin(request) != 0)
		return;
	struct stream *stream = xcalloc(1, sizeof(*stream));
	stream->live = live;
	stream->transport = request->transport;
	stream->session_id = request->session.id;
	stream->operator_id = request->session.operator_id;
	stream->resumes = last != NULL;
	stream->place = place;
	live->adopted = stream;
}

static int send(struct stream *stream, struct buf *text)
{
	struct web_transport *transport = stream->transport;
	int result = transport->write(transport, text->data, text->len);

	buf_clear(text);
	return result != 0 ? -1 : transport->flush(transport);
}

static void add_reset(struct buf *out, struct place newest)
{
	buf_addf(out, "event: reset\nid: %lld-%lld\ndata: {}\n\n", (long long)newest.batch, (long long)newest.index);
}

/* The id alone moves the browser's place on, past what others were told meanwhile. */
static void add_heartbeat(struct buf *out, struct place newest)
{
	buf_addf(out, ": still here\nid: %lld-%lld\n\n", (long long)newest.batch, (long long)newest.index);
}

/* What the stream begins with; *next is where it goes on. */
static void greet(struct stream *stream, uint64_t *next, struct buf *out)
{
	struct ring *ring = &stream->live->ring;
	struct json json = {0};
	char cursor[50];

	pthread_mutex_lock(&ring->mutex);
	struct place newest = ring->newest;
	bool whole = !stream->resumes || ring_find(ring, stream->place, next);
	if (!stream->resumes || !whole)
		*next = ring->next;
	pthread_mutex_unlock(&ring->mutex);

	struct place from = stream->resumes && whole ? stream->place : newest;
	snprintf(cursor, sizeof(cursor), "%lld-%lld", (long long)from.batch, (long long)from.index);
	put_object(&json, NULL);
	put_string(&json, "cursor", cursor);
	put_time(&json, "now", clock_wall_ms());
	put_int(&json, "heartbeat_s", HEARTBEAT_S);
	put_end_object(&json);
	buf_addf(out, "retry: 2000\n\nevent: hello\nid: %s\ndata: %s\n\n", cursor, buf_text(&json.text));
	buf_free(&json.text);
	if (!whole)
		add_reset(out, newest);
}

/* Waits for something to write and puts it into out: a comment when there was nothing for long. */
static void wait_for_more(struct stream *stream, uint64_t *next, struct buf *out)
{
	struct ring *ring = &stream->live->ring;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += HEARTBEAT_S;
	pthread_mutex_lock(&ring->mutex);
	while (out->len == 0 && !atomic_load(&stream->ending)) {
		if (!ring_read(ring, stream->operator_id, next, CHUNK, out))
			add_reset(out, ring->newest);
		else if (out->len == 0 && pthread_cond_timedwait(&ring->more, &ring->mutex, &until) != 0)
			add_heartbeat(out, ring->newest);
	}
	pthread_mutex_unlock(&ring->mutex);
}

static void forget(struct stream *stream)
{
	struct live *live = stream->live;

	pthread_mutex_lock(&live->ring.mutex);
	for (struct stream **at = &live->streams; *at != NULL; at = &(*at)->next_stream)
		if (*at == stream) {
			*at = stream->next_stream;
			break;
		}
	live->stream_count--;
	pthread_mutex_unlock(&live->ring.mutex);
	web_connection_finish(stream->connection);
	free(stream);
}

static void *run(void *arg)
{
	struct stream *stream = arg;
	struct buf out = {0};
	uint64_t next = 0;

	greet(stream, &next, &out);
	while (!atomic_load(&stream->ending) && send(stream, &out) == 0)
		wait_for_more(stream, &next, &out);
	buf_free(&out);
	forget(stream);
	return NULL;
}

void stream_end(struct stream *stream)
{
	if (!atomic_exchange(&stream->ending, true))
		stream->ending_since_ms = clock_mono_ms();
	else if (clock_mono_ms() - stream->ending_since_ms > PATIENCE_MS)
		web_connection_cut(stream->connection);
}

void stream_start(struct live *live, struct stream *stream, struct web_connection *connection)
{
	pthread_attr_t attributes;
	pthread_t thread;

	stream->connection = connection;
	pthread_mutex_lock(&live->ring.mutex);
	stream->next_stream = live->streams;
	live->streams = stream;
	live->stream_count++;
	pthread_mutex_unlock(&live->ring.mutex);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK);
	if (pthread_create(&thread, &attributes, run, stream) != 0) {
		log_warnx("no thread for another stream");
		forget(stream);
	}
	pthread_attr_destroy(&attributes);
}
