#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { ROUND_EVENTS = 256, LONGEST_SLEEP_MS = 1000 };

struct loop {
	int epoll;
	bool stop;
	struct loop_timer **heap;	/* [1..count], smallest first */
	size_t count, room;
	struct epoll_event round[ROUND_EVENTS];	/* what epoll gave; data.ptr NULL = cleared since */
	int round_count;
	loop_fire *after;
	void *after_arg;
};

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		free(l);
		return NULL;
	}
	return l;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	close(l->epoll);
	free(l->heap);
	free(l);
}

void loop_watch_init(struct loop_watch *w, loop_ready *ready, void *arg)
{
	*w = (struct loop_watch){ .fd = -1, .ready = ready, .arg = arg };
}

int loop_watch_set(struct loop *l, struct loop_watch *w, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };

	if (w->fd == fd && w->events == events)
		return 0;
	if (w->fd >= 0 && w->fd != fd)
		loop_watch_clear(l, w);
	if (epoll_ctl(l->epoll, w->fd < 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &e) < 0)
		return -1;
	w->fd = fd;
	w->events = events;
	return 0;
}

void loop_watch_clear(struct loop *l, struct loop_watch *w)
{
	if (w->fd < 0)
		return;
	/* The descriptor may be closed already (libpq closes its own): epoll has forgotten it then. */
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	for (int i = 0; i < l->round_count; i++)
		if (l->round[i].data.ptr == w)
			l->round[i].data.ptr = NULL;
	w->fd = -1;
	w->events = 0;
}

void loop_timer_init(struct loop_timer *t, loop_fire *fire, void *arg)
{
	*t = (struct loop_timer){ .fire = fire, .arg = arg };
}

static void put(struct loop *l, size_t place, struct loop_timer *t)
{
	l->heap[place] = t;
	t->place = place;
}

static void sift_up(struct loop *l, size_t place)
{
	struct loop_timer *t = l->heap[place];

	for (; place > 1 && t->at_ms < l->heap[place / 2]->at_ms; place /= 2)
		put(l, place, l->heap[place / 2]);
	put(l, place, t);
}

static void sift_down(struct loop *l, size_t place)
{
	struct loop_timer *t = l->heap[place];

	for (size_t child; (child = place * 2) <= l->count; place = child) {
		if (child < l->count && l->heap[child + 1]->at_ms < l->heap[child]->at_ms)
			child++;
		if (l->heap[child]->at_ms >= t->at_ms)
			break;
		put(l, place, l->heap[child]);
	}
	put(l, place, t);
}

void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t at_ms)
{
	if (t->place == 0) {
		if (l->count + 1 >= l->room) {
			size_t room = l->room ? l->room * 2 : 256;
			struct loop_timer **heap = realloc(l->heap, room * sizeof *heap);

			if (heap == NULL)
				fatal("timers");
			l->heap = heap;
			l->room = room;
		}
		t->at_ms = at_ms;
		put(l, ++l->count, t);
		sift_up(l, t->place);
		return;
	}
	bool earlier = at_ms < t->at_ms;
	t->at_ms = at_ms;
	if (earlier)
		sift_up(l, t->place);
	else
		sift_down(l, t->place);
}

void loop_timer_clear(struct loop *l, struct loop_timer *t)
{
	size_t place = t->place;

	if (place == 0)
		return;
	t->place = 0;
	struct loop_timer *last = l->heap[l->count--];
	if (last == t)
		return;
	put(l, place, last);
	sift_up(l, place);
	sift_down(l, last->place);
}

int64_t loop_fire_due(struct loop *l, int64_t now_ms)
{
	while (l->count > 0 && l->heap[1]->at_ms <= now_ms) {
		struct loop_timer *t = l->heap[1];

		loop_timer_clear(l, t);
		t->fire(t->arg, now_ms);
	}
	return l->count > 0 ? l->heap[1]->at_ms : INT64_MAX;
}

void loop_after_round(struct loop *l, loop_fire *after, void *arg)
{
	l->after = after;
	l->after_arg = arg;
}

static int sleep_for(int64_t next_ms, int64_t now_ms)
{
	if (next_ms <= now_ms)
		return 0;
	return next_ms - now_ms < LONGEST_SLEEP_MS ? (int)(next_ms - now_ms) : LONGEST_SLEEP_MS;
}

int loop_run(struct loop *l)
{
	l->stop = false;
	while (!l->stop) {
		int64_t now = clock_mono_ms();
		int64_t next = loop_fire_due(l, now);

		if (l->after != NULL)
			l->after(l->after_arg, now);
		if (l->stop)
			break;
		if (l->count > 0)	/* what was flushed may have set an earlier one */
			next = l->heap[1]->at_ms;
		int n = epoll_wait(l->epoll, l->round, ROUND_EVENTS, sleep_for(next, clock_mono_ms()));
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		l->round_count = n;
		now = clock_mono_ms();
		for (int i = 0; i < n; i++) {
			struct loop_watch *w = l->round[i].data.ptr;

			if (w != NULL)
				w->ready(w->arg, l->round[i].events, now);
		}
		l->round_count = 0;
	}
	return 0;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}
