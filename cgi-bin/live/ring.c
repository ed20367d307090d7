/* The ring of messages. */
#include "cgi-bin/live/ring.h"

#include <stdio.h>
#include <stdlib.h>

void ring_init(struct ring *ring)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&ring->mutex, NULL);
	pthread_cond_init(&ring->more, &attributes);
	pthread_condattr_destroy(&attributes);
}

void ring_begin(struct ring *ring, int64_t batch)
{
	pthread_mutex_lock(&ring->mutex);
	ring->before_first = ring->newest = (struct place){batch, INT32_MAX};
	pthread_mutex_unlock(&ring->mutex);
}

static bool is_after(struct place a, struct place b)
{
	return a.batch > b.batch || (a.batch == b.batch && a.index > b.index);
}

void ring_add(struct ring *ring, const struct message *message)
{
	pthread_mutex_lock(&ring->mutex);
	struct message *slot = &ring->messages[ring->next % RING_MESSAGES];
	if (ring->next - ring->first == RING_MESSAGES) {
		ring->before_first = slot->place;
		ring->first++;
	}
	free(slot->text);
	free(slot->operators);
	*slot = *message;
	ring->newest = message->place;
	ring->next++;
	pthread_mutex_unlock(&ring->mutex);
}

void ring_wake(struct ring *ring)
{
	pthread_mutex_lock(&ring->mutex);
	pthread_cond_broadcast(&ring->more);
	pthread_mutex_unlock(&ring->mutex);
}

bool ring_find(const struct ring *ring, struct place place, uint64_t *next)
{
	if (is_after(ring->before_first, place))
		return false;
	for (*next = ring->first; *next < ring->next; ++*next)
		if (is_after(ring->messages[*next % RING_MESSAGES].place, place))
			break;
	return true;
}

static bool may_see(const struct message *message, int operator_id)
{
	for (int i = 0; i < message->operator_count; i++)
		if (message->operators[i] == operator_id)
			return true;
	return false;
}

bool ring_read(const struct ring *ring, int operator_id, uint64_t *next, size_t most, struct buf *out)
{
	if (*next < ring->first) {
		*next = ring->next;
		return false;
	}
	for (; *next < ring->next && out->len < most; ++*next) {
		const struct message *message = &ring->messages[*next % RING_MESSAGES];
		if (may_see(message, operator_id))
			buf_add(out, message->text, message->len);
	}
	return true;
}

bool place_parse(const char *text, struct place *place)
{
	long long batch, index = INT32_MAX;
	char end;

	int parts = sscanf(text, "%18lld-%9lld%c", &batch, &index, &end);
	if ((parts != 1 && parts != 2) || batch < 0 || index < 0)
		return false;
	*place = (struct place){batch, index};
	return true;
}
