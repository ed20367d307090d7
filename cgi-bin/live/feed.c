/* From the database into the ring. NOTIFY wakes; what happened is read by cursor, so nothing depends on a notification arriving. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "cgi-bin/live/live.h"
#include "db/live.h"
#include "gate/codes.h"
#include "web/present.h"

#define LOOK_MS 1000		/* sessions are looked at so often, whatever happens */
#define BATCHES 200		/* at a time */
#define BEHIND 1000		/* how far back a new feed begins, for browsers that come back after a restart */

static const char *const channels[] = {"kidoban_live", "kidoban_session", NULL};

struct feed {
	struct live *live;
	struct db *db;
	bool listening;
	int64_t cursor;
	/* One round's messages, not yet in order. */
	struct message *messages;
	int count, room;
};

static void read_operators(const char *text, struct message *message)
{
	int room = 1;

	for (const char *at = text; *at != '\0'; at++)
		room += *at == ',';
	message->operators = xreallocarray(NULL, (size_t)room, sizeof(int));
	for (const char *at = text; *at != '\0';) {
		char *end;
		long id = strtol(at, &end, 10);
		if (end == at) {
			at++;
			continue;
		}
		message->operators[message->operator_count++] = (int)id;
		at = end;
	}
}

static void put_command(struct json *json, const struct live_item *item)
{
	put_object(json, NULL);
	put_int(json, "id", item->command.request_id);
	put_ref(json, "gate", item->command.gate_id, item->command.gate);
	put_string(json, "command", command_code(item->command.command));
	put_string(json, "value", command_value_word(item->command.command, item->command.value));
	put_string(json, "outcome", outcome_code(item->command.outcome));
	put_text_or_null(json, "reason", item->command.reason);
	put_object(json, "operator");
	put_int(json, "id", item->command.operator_id);
	put_end_object(json);
	put_time(json, "queued_at", item->command.queued_ms);
	put_time_or_null(json, "sent_at", item->command.sent_ms);
	put_time_or_null(json, "finished_at", item->command.finished_ms);
	put_end_object(json);
}

static void put_gate_change(struct json *json, const struct live_item *item)
{
	put_object(json, NULL);
	put_int(json, "id", item->gate.id);
	put_gate_state(json, &item->gate.state, clock_wall_ms());
	put_object(json, "controller");
	put_gate_contact(json, &item->gate.contact);
	put_end_object(json);
	put_end_object(json);
}

static const char *put_item(struct json *json, const struct live_item *item)
{
	switch (item->kind) {
	case LIVE_EVENT:
		put_event(json, NULL, &item->event);
		return item->event.category;
	case LIVE_GATE:
		put_gate_change(json, item);
		return "gate";
	case LIVE_ALARM:
		put_alarm(json, NULL, &item->alarm);
		return item->alarm.acknowledged_ms != 0 ? "acknowledged" : "alarm_state";
	case LIVE_COMMAND:
		put_command(json, item);
		return "command";
	case LIVE_SYSTEM:
		put_object(json, NULL);
		put_int(json, "open", item->system.open);
		put_end_object(json);
		return "system_alarm";
	}
	panic("an item of no kind");
}

/* Keeps the item's JSON; its id is not known before the round is in order. */
static void tell(void *arg, const struct live_item *item)
{
	struct feed *feed = arg;
	struct json json = {0};

	if (item->operators[0] == '\0' || strcmp(item->operators, "{}") == 0)
		return;
	if (feed->count == feed->room) {
		feed->room = feed->room ? 2 * feed->room : 64;
		feed->messages = xreallocarray(feed->messages, (size_t)feed->room, sizeof(*feed->messages));
	}
	struct message *message = &feed->messages[feed->count++];
	*message = (struct message){.place = {item->batch, feed->count}};
	read_operators(item->operators, message);
	buf_adds(&json.text, "data: ");
	const char *event = put_item(&json, item);
	buf_addf(&json.text, "\nevent: %s\n", event);
	message->len = json.text.len;
	message->text = buf_take(&json.text);
}

/* By batch, and within one as they came: places are drawn in that order. */
static int compare(const void *a, const void *b)
{
	const struct message *one = a, *other = b;

	if (one->place.batch != other->place.batch)
		return one->place.batch < other->place.batch ? -1 : 1;
	return one->place.index < other->place.index ? -1 : 1;
}

static void publish(struct feed *feed)
{
	int64_t batch = 0, index = 0;

	if (feed->count > 1)
		qsort(feed->messages, (size_t)feed->count, sizeof(*feed->messages), compare);
	for (int i = 0; i < feed->count; i++) {
		struct message *message = &feed->messages[i];
		struct buf text = {.data = message->text, .len = message->len, .cap = message->len + 1};
		index = message->place.batch == batch ? index + 1 : 1;
		batch = message->place.batch;
		message->place.index = index;
		buf_addf(&text, "id: %lld-%lld\n\n", (long long)batch, (long long)index);
		message->len = text.len;
		message->text = buf_take(&text);
		ring_add(&feed->live->ring, message);
	}
	if (feed->count > 0)
		ring_wake(&feed->live->ring);
	feed->count = 0;
}

static void drop(struct feed *feed)
{
	for (int i = 0; i < feed->count; i++) {
		free(feed->messages[i].text);
		free(feed->messages[i].operators);
	}
	feed->count = 0;
}

/* The sessions of the streams that there are now. The caller frees them. */
static int64_t *watching(struct feed *feed, size_t *count)
{
	struct live *live = feed->live;

	pthread_mutex_lock(&live->ring.mutex);
	int64_t *ids = xcalloc((size_t)live->stream_count + 1, sizeof(*ids));
	*count = 0;
	for (struct stream *stream = live->streams; stream != NULL; stream = stream->next_stream)
		ids[(*count)++] = stream->session_id;
	pthread_mutex_unlock(&live->ring.mutex);
	return ids;
}

static bool is_watched(const int64_t *ids, size_t count, int64_t session)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == session)
			return true;
	return false;
}

/* Ends the streams whose session is not among those that live; of one that began after these were read, nothing is known yet. */
static void check_sessions(struct feed *feed, const int64_t *watched, size_t count, const struct db_rows *rows)
{
	struct live *live = feed->live;

	pthread_mutex_lock(&live->ring.mutex);
	for (struct stream *stream = live->streams; stream != NULL; stream = stream->next_stream) {
		bool lives = !is_watched(watched, count, stream->session_id);
		for (int i = 0; i < db_rows_count(rows) && !lives; i++)
			lives = db_int(rows, i, 0) == stream->session_id;
		if (!lives)
			stream_end(stream);
	}
	pthread_cond_broadcast(&live->ring.more);
	pthread_mutex_unlock(&live->ring.mutex);
}

static enum db_result look_at_sessions(struct feed *feed)
{
	struct db_rows *rows;
	size_t count;
	int64_t *watched = watching(feed, &count);
	enum db_result result = live_sessions(feed->db, watched, count, &rows);

	if (result == DB_OK) {
		check_sessions(feed, watched, count, rows);
		db_rows_free(rows);
	}
	free(watched);
	return result;
}

static enum db_result look(struct feed *feed)
{
	int64_t newest, oldest;

	if (db_begin(feed->db, DB_READ, NULL) != DB_OK || look_at_sessions(feed) != DB_OK)
		return DB_FAILED;
	do {
		if (live_cursor(feed->db, &newest, &oldest) != DB_OK)
			return DB_FAILED;
		if (!atomic_load(&feed->live->ready)) {
			feed->cursor = newest - BEHIND > oldest - 1 ? newest - BEHIND : oldest - 1;
			feed->cursor = feed->cursor < 0 ? 0 : feed->cursor;
			ring_begin(&feed->live->ring, feed->cursor);
			atomic_store(&feed->live->ready, true);
		}
		int64_t to = newest > feed->cursor + BATCHES ? feed->cursor + BATCHES : newest;
		if (to > feed->cursor && live_read(feed->db, feed->cursor, to, tell, feed) != DB_OK)
			return DB_FAILED;
		publish(feed);
		if (to > feed->cursor)
			feed->cursor = to;
	} while (newest > feed->cursor);
	return db_commit(feed->db);
}

void *feed_run(void *arg)
{
	struct feed feed = {.live = arg};

	feed.db = db_new(feed.live->conninfo, 10000);
	while (!atomic_load(&feed.live->stopping)) {
		if (!feed.listening)
			feed.listening = db_listen(feed.db, channels) == DB_OK;
		if (!feed.listening) {
			nanosleep(&(struct timespec){.tv_nsec = 200 * 1000000}, NULL);
		} else if (look(&feed) != DB_OK) {
			log_debug("live: %s", db_error(feed.db)->message);
			db_rollback(feed.db);
			drop(&feed);
			feed.listening = false;
		} else if (db_wait(feed.db, LOOK_MS) < 0) {
			feed.listening = false;
		}
		notify_watchdog();
	}
	drop(&feed);
	free(feed.messages);
	db_free(feed.db);
	return NULL;
}
