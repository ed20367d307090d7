#include "timer.h"

#include <stdlib.h>

#include "base/log.h"

static void put(struct timers *timers, size_t at, struct timer *timer)
{
	timers->heap[at] = timer;
	timer->place = at + 1;
}

static void sift_up(struct timers *timers, size_t at)
{
	struct timer *moving = timers->heap[at];

	while (at > 0) {
		size_t parent = (at - 1) / 2;

		if (timers->heap[parent]->due <= moving->due)
			break;
		put(timers, at, timers->heap[parent]);
		at = parent;
	}
	put(timers, at, moving);
}

static void sift_down(struct timers *timers, size_t at)
{
	struct timer *moving = timers->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= timers->count)
			break;
		if (child + 1 < timers->count && timers->heap[child + 1]->due < timers->heap[child]->due)
			child++;
		if (timers->heap[child]->due >= moving->due)
			break;
		put(timers, at, timers->heap[child]);
		at = child;
	}
	put(timers, at, moving);
}

void timers_free(struct timers *timers)
{
	free(timers->heap);
	*timers = (struct timers){0};
}

void timer_start(struct timers *timers, struct timer *timer, int64_t due, void (*fire)(void *, int64_t), void *arg)
{
	timer_stop(timers, timer);
	if (timers->count == timers->room) {
		size_t room = timers->room ? 2 * timers->room : 64;
		struct timer **heap = reallocarray(timers->heap, room, sizeof(*heap));

		if (!heap)
			fatal("timers");
		timers->heap = heap;
		timers->room = room;
	}
	timer->due = due;
	timer->fire = fire;
	timer->arg = arg;
	put(timers, timers->count, timer);
	timers->count++;
	sift_up(timers, timers->count - 1);
}

void timer_stop(struct timers *timers, struct timer *timer)
{
	size_t at;
	struct timer *last;

	if (timer->place == 0)
		return;
	at = timer->place - 1;
	timer->place = 0;
	last = timers->heap[--timers->count];
	if (last == timer)
		return;
	put(timers, at, last);
	sift_up(timers, at);
	sift_down(timers, last->place - 1);
}

void timers_run(struct timers *timers, int64_t now)
{
	while (timers->count && timers->heap[0]->due <= now) {
		struct timer *timer = timers->heap[0];

		timer_stop(timers, timer);
		timer->fire(timer->arg, now);
	}
}

int timers_wait(const struct timers *timers, int64_t now, int longest)
{
	int64_t wait;

	if (timers->count == 0)
		return longest;
	wait = timers->heap[0]->due - now;
	if (wait < 0)
		return 0;
	return wait < longest ? (int)wait : longest;
}
