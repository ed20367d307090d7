#include "controller.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/token.h"
#include "gate/codes.h"

enum { NUDGE_EVERY_MS = 100, FAILED_SILENT_MS = 60000, RESTART_MS = 500 };

uint64_t controller_clock(const struct controller *controller)
{
	return (uint64_t)(clock_wall_ms() + controller->memory.clock_offset_ms);
}

struct door_world controller_world(struct controller *controller)
{
	return (struct door_world){
		.mono = clock_mono_ms(),
		.clock = controller_clock(controller),
		.memory = &controller->memory,
		.permits = &controller->permits,
		.clock_unset = controller->memory.clock_unset,
	};
}

/* --- doors' times ------------------------------------------------------------------------------------------------ */

static void doors_due(void *arg, int64_t now)
{
	struct controller *controller = arg;
	struct door_world world = controller_world(controller);

	(void)now;
	for (unsigned i = 0; i < controller->site->doors; i++)
		door_tick(&controller->doors[i], &world);
	(void)controller_commit(controller, false);
}

static void schedule_doors(struct controller *controller)
{
	int64_t next = INT64_MAX;

	for (unsigned i = 0; i < controller->site->doors; i++) {
		int64_t at = door_next(&controller->doors[i]);

		if (at < next)
			next = at;
	}
	if (next == INT64_MAX)
		timer_stop(&controller->shared->timers, &controller->door_timer);
	else
		timer_start(&controller->shared->timers, &controller->door_timer, next, doors_due, controller);
}

/* --- the disk, the nudge ----------------------------------------------------------------------------------------- */

static void sync_soon(struct controller *controller)
{
	const struct journal *journal = &controller->memory.journal;

	if (controller->syncing || journal->written == journal->synced)
		return;
	controller->syncing = true;
	syncer_submit(controller->shared->syncer, journal->fd, journal->written, controller);
}

static void send_waiting(struct controller *controller)
{
	struct waiting *waiting;

	while ((waiting = controller->first) && waiting->generation <= controller->memory.journal.synced) {
		controller->first = waiting->next;
		if (!controller->first)
			controller->last = &controller->first;
		if (waiting->peer)
			(void)peer_send(waiting->peer, waiting->bytes, waiting->length);
		free(waiting);
	}
}

static void nudge(void *arg, int64_t now)
{
	struct controller *controller = arg;
	uint8_t bytes[GATE_NUDGE_SIZE];

	controller->nudged_at = now;
	gate_nudge_encode(controller->site->serial, bytes);
	link_send(&controller->link, &controller->shared->nudge, bytes, sizeof(bytes));
}

/* At once when the last one is long enough ago; several events in the meantime share one. */
static void nudge_soon(struct controller *controller)
{
	int64_t now = clock_mono_ms(), at = controller->nudged_at ? controller->nudged_at + NUDGE_EVERY_MS : now;

	if (controller->shared->nudge.sin_port == 0 || controller->nudge_timer.place)
		return;
	timer_start(&controller->shared->timers, &controller->nudge_timer, at > now ? at : now, nudge, controller);
}

void controller_synced(void *arg, uint64_t generation, int error)
{
	struct controller *controller = arg;

	controller->syncing = false;
	if (error) {
		errno = error;
		fatal("%016" PRIx64 ": journal", controller->site->serial);
	}
	controller->memory.journal.synced = generation;
	send_waiting(controller);
	sync_soon(controller);
}

int controller_commit(struct controller *controller, bool quiet)
{
	bool anything = controller->memory.act.len > 0;
	int answer = memory_commit(&controller->memory, true);

	schedule_doors(controller);
	sync_soon(controller);
	if (anything && answer == 0 && !quiet)
		nudge_soon(controller);
	/* Raised once, until what is missing has been read over. */
	if (answer == 0 && memory_oldest(&controller->memory) > controller->memory.acked + 1)
		controller_alarm(controller, EVENT_EVENT_OVERFLOW, true, "");
	return answer;
}

void controller_reply(struct controller *controller, struct peer *peer, const uint8_t *bytes, size_t length)
{
	const struct journal *journal = &controller->memory.journal;
	struct waiting *waiting;

	if (journal->synced == journal->written && !controller->first) {
		(void)peer_send(peer, bytes, length);
		return;
	}
	waiting = xcalloc(1, sizeof(*waiting) + length);
	waiting->peer = peer;
	waiting->generation = journal->written;
	waiting->length = length;
	memcpy(waiting->bytes, bytes, length);
	*controller->last = waiting;
	controller->last = &waiting->next;
	sync_soon(controller);
}

/* --- sessions ---------------------------------------------------------------------------------------------------- */

void controller_keyed(void *arg, const uint8_t key[GATE_KEY_SIZE])
{
	struct controller *controller = arg;

	memcpy(controller->enrol_key, key, GATE_KEY_SIZE);
	controller->enrol_key_made = true;
	if (controller->hello_length > 0)
		peers_receive(&controller->peers, &controller->hello_from, controller->hello, controller->hello_length);
	controller->hello_length = 0;
	free_null(&controller->hello);
}

static void make_enrol_key(struct controller *controller)
{
	uint8_t key[GATE_KEY_SIZE];

	keymaker_make(controller->site->password, controller->site->serial, key);
	controller_keyed(controller, key);
}

/* Who may be asked for epoch 0 has that key made first: 50 ms of work in the loop would keep all others waiting. */
static bool is_ready(void *arg)
{
	struct controller *controller = arg;
	const struct memory *memory = &controller->memory;

	if (controller->enrol_key_made || !controller->shared->keymaker || (memory->keys[0].epoch != 0 && memory->keys[1].epoch != 0))
		return true;
	controller->hello_waits = true;
	if (!controller->enrol_key_wanted) {
		controller->enrol_key_wanted = true;
		keymaker_want(controller->shared->keymaker, controller->site->password, controller->site->serial, controller);
	}
	return false;
}

static int key_of(void *arg, const char *identity, uint8_t key[GATE_KEY_SIZE], uint32_t *epoch)
{
	struct controller *controller = arg;
	uint64_t serial;

	if (gate_identity_parse(identity, &serial, epoch) < 0 || serial != controller->site->serial)
		return -1;
	for (unsigned i = 0; i < 2; i++) {
		if (controller->memory.keys[i].epoch != *epoch)
			continue;
		if (*epoch == 0 && !controller->enrol_key_made)
			make_enrol_key(controller);
		memcpy(key, *epoch == 0 ? controller->enrol_key : controller->memory.keys[i].key, GATE_KEY_SIZE);
		return 0;
	}
	return -1;
}

static void nobody_fails(void *arg, int64_t now)
{
	(void)now;
	controller_alarm(arg, EVENT_AUTH_FAILED, false, "");
}

/* Raised once, until nobody has tried for a minute. */
static void handshake_failed(void *arg)
{
	struct controller *controller = arg;

	controller_alarm(controller, EVENT_AUTH_FAILED, true, "");
	timer_start(&controller->shared->timers, &controller->failed_timer, clock_mono_ms() + FAILED_SILENT_MS, nobody_fails, controller);
}

static void session_up(void *arg, struct peer *peer)
{
	struct controller *controller = arg;

	(void)peer;
	controller->last_clock = 0;
	controller->revoke_next = 0;
	controller->transfers.handles = 0;
	for (unsigned i = 0; i < GATE_STREAMS; i++)
		controller->transfers.staged[i].handle = 0;
}

static void session_down(void *arg, struct peer *peer)
{
	struct controller *controller = arg;

	for (struct waiting *waiting = controller->first; waiting; waiting = waiting->next) {
		if (waiting->peer == peer)
			waiting->peer = NULL;
	}
}

static void session_send(void *arg, const struct sockaddr_in *to, const uint8_t *bytes, size_t length)
{
	struct controller *controller = arg;

	link_send(&controller->link, to, bytes, length);
}

static void datagram(void *arg, const struct sockaddr_in *from, uint8_t *bytes, size_t length)
{
	struct controller *controller = arg;

	controller->hello_waits = false;
	peers_receive(&controller->peers, from, bytes, length);
	if (!controller->hello_waits)
		return;
	/* The last one is kept until the key is made: the sender need not send it again. */
	controller->hello = xreallocarray(controller->hello, length, 1);
	memcpy(controller->hello, bytes, length);
	controller->hello_length = length;
	controller->hello_from = *from;
}

/* --- life -------------------------------------------------------------------------------------------------------- */

void controller_alarm(struct controller *controller, uint16_t kind, bool raised, const char *detail)
{
	struct door_world world = controller_world(controller);
	struct gate_event event = {.kind = kind, .flags = raised ? GATE_EVENT_RAISED : GATE_EVENT_CLEARED};
	struct memory_door own = controller->memory.doors[0];
	uint32_t bit = GATE_ALARM_BIT(kind);

	if (!(own.alarms & bit) == !raised)
		return;
	own.alarms = raised ? own.alarms | bit : own.alarms & ~bit;
	snprintf(event.detail, sizeof(event.detail), "%s", detail);
	door_event(&world, &event);
	memory_door(&controller->memory, 0, &own);
	(void)controller_commit(controller, false);
}

/* What happens when the power comes: one more start, doors as power_return says, alarms without a cause cleared. */
static int power_on(struct controller *controller)
{
	struct door_world world = controller_world(controller);
	uint32_t gone = controller->memory.doors[0].alarms & ~controller->inputs;

	memory_boot(&controller->memory, controller->memory.boot + 1);
	/* The permits were switched before the journal could say so. */
	if (controller->permits.revision && controller->memory.revocation_count)
		memory_permits_held(&controller->memory, controller->permits.revision);
	for (uint8_t i = 0; i < controller->site->doors; i++)
		door_start(&controller->doors[i], (uint8_t)(i + 1), &controller->site->parameters[i], &world);
	if (controller_commit(controller, false) < 0)
		return -1;
	for (uint16_t kind = EVENT_LOST_CARD; kind <= EVENT_AUTH_FAILED; kind++) {
		if (gone & GATE_ALARM_BIT(kind) && kind != EVENT_EVENT_OVERFLOW)
			controller_alarm(controller, kind, false, "");
	}
	return 0;
}

static int factory_keys(struct controller *controller)
{
	memory_key(&controller->memory, 0, 0, NULL);
	memory_key(&controller->memory, 1, GATE_EPOCH_NONE, NULL);
	return memory_commit(&controller->memory, true);
}

static int open_memory(struct controller *controller)
{
	char name[17];
	bool fresh;

	snprintf(name, sizeof(name), "%016" PRIx64, controller->site->serial);
	if (mkdirat(controller->shared->state, name, 0700) < 0 && errno != EEXIST) {
		log_warn("%s", name);
		return -1;
	}
	controller->dir = openat(controller->shared->state, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (controller->dir < 0) {
		log_warn("%s", name);
		return -1;
	}
	if (memory_open(&controller->memory, controller->dir, controller->site->capacity, &fresh) < 0)
		return -1;
	if (controller->memory.keys[0].epoch == GATE_EPOCH_NONE && controller->memory.keys[1].epoch == GATE_EPOCH_NONE &&
	    factory_keys(controller) < 0)
		return -1;
	if (permits_open(&controller->permits, controller->dir) < 0 || transfers_open(&controller->transfers, controller->dir) < 0)
		return -1;
	return 0;
}

int controller_open(struct controller *controller, const struct site_controller *site, struct shared *shared)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = controller};

	*controller = (struct controller){.site = site, .shared = shared, .dir = -1, .link.fd = -1};
	controller->last = &controller->first;
	controller->memory.journal.fd = -1;
	for (unsigned i = 0; i < GATE_STREAMS; i++)
		controller->transfers.staged[i].fd = -1;
	controller->owner = (struct peers_owner){
		.key = key_of,
		.ready = is_ready,
		.message = controller_message,
		.send = session_send,
		.up = session_up,
		.down = session_down,
		.failed = handshake_failed,
		.arg = controller,
	};
	controller->peers = (struct peers){.owner = &controller->owner, .timers = &shared->timers};
	controller->link = (struct link){
		.fd = -1, .timers = &shared->timers, .random = &shared->random, .receive = datagram, .arg = controller};
	if (open_memory(controller) < 0)
		return -1;
	if (link_open(&controller->link, &site->address) < 0) {
		log_warn("%016" PRIx64 ": port %u", site->serial, ntohs(site->address.sin_port));
		return -1;
	}
	if (epoll_ctl(shared->epoll, EPOLL_CTL_ADD, controller->link.fd, &event) < 0) {
		log_warn("epoll");
		return -1;
	}
	return power_on(controller);
}

void controller_close(struct controller *controller)
{
	peers_end(&controller->peers, false);
	while (controller->first) {
		struct waiting *waiting = controller->first;

		controller->first = waiting->next;
		free(waiting);
	}
	timer_stop(&controller->shared->timers, &controller->door_timer);
	timer_stop(&controller->shared->timers, &controller->nudge_timer);
	timer_stop(&controller->shared->timers, &controller->wake_timer);
	timer_stop(&controller->shared->timers, &controller->restart_timer);
	timer_stop(&controller->shared->timers, &controller->failed_timer);
	link_close(&controller->link);
	transfers_close(&controller->transfers);
	permits_close(&controller->permits);
	memory_close(&controller->memory);
	free_null(&controller->revoke);
	free_null(&controller->hello);
	if (controller->dir >= 0)
		close(controller->dir);
	controller->dir = -1;
}

static void wake(void *arg, int64_t now)
{
	struct controller *controller = arg;

	(void)now;
	controller->link.deaf = false;
	if (controller->restart_after_wake) {
		controller->restart_after_wake = false;
		(void)power_on(controller);
	}
}

void controller_wake(struct controller *controller)
{
	timer_stop(&controller->shared->timers, &controller->wake_timer);
	wake(controller, clock_mono_ms());
}

void controller_hang(struct controller *controller, int ms)
{
	controller->link.deaf = true;
	timer_start(&controller->shared->timers, &controller->wake_timer, clock_mono_ms() + ms, wake, controller);
}

void controller_restart(struct controller *controller, int off_ms)
{
	peers_end(&controller->peers, true);
	controller->revoke_next = 0;
	controller->restart_after_wake = true;
	controller_hang(controller, off_ms);
}

static void restart_now(void *arg, int64_t now)
{
	(void)now;
	controller_restart(arg, RESTART_MS);
}

void controller_restart_later(struct controller *controller, int delay_ms)
{
	timer_start(&controller->shared->timers, &controller->restart_timer, clock_mono_ms() + delay_ms, restart_now, controller);
}

int controller_forget(struct controller *controller, bool keys)
{
	uint8_t log[GATE_LOG_SIZE];

	token_random(log, sizeof(log));
	permits_forget(&controller->permits, controller->dir);
	transfers_forget(&controller->transfers);
	memory_forget(&controller->memory, keys);
	memory_new_log(&controller->memory, log);
	if (controller_commit(controller, true) < 0 || (keys && factory_keys(controller) < 0))
		return -1;
	controller_restart_later(controller, 0);
	return 0;
}
