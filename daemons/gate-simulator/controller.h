/*
 * One simulated controller: its socket, sessions, memory and doors, and what it answers (answer.c).
 *
 * Everything it sends waits until what it may tell of is durable: a reply carries the journal's generation and goes out when
 * the syncer has reached it.
 */
#ifndef SIMULATOR_CONTROLLER_H
#define SIMULATOR_CONTROLLER_H

#include "door.h"
#include "keymaker.h"
#include "link.h"
#include "memory.h"
#include "peer.h"
#include "permits.h"
#include "random.h"
#include "site.h"
#include "syncer.h"
#include "timer.h"
#include "transfer.h"

/* What all controllers of the process share. */
struct shared {
	struct timers timers;
	struct workers *syncer;
	struct workers *keymaker; /* NULL: enrolment keys are made when asked for */
	struct random random;
	int state; /* directory */
	int epoll;
	struct sockaddr_in nudge; /* port 0 = nobody is nudged */
	int backfill_hours;
	int rate; /* events a minute of the whole site at its busiest */
	size_t doors; /* of all controllers */
};

/* A reply that waits for the disk. */
struct waiting {
	struct waiting *next;
	struct peer *peer;
	uint64_t generation;
	size_t length;
	uint8_t bytes[];
};

struct controller {
	const struct site_controller *site;
	struct shared *shared;
	struct link link;
	struct peers peers;
	struct peers_owner owner;
	struct memory memory;
	struct permits permits;
	struct transfers transfers;
	struct door doors[GATE_DOORS_MAX];
	int dir;
	bool syncing;
	struct waiting *first, **last;
	struct timer door_timer, nudge_timer, wake_timer, restart_timer, failed_timer;
	int64_t nudged_at;    /* monotonic; 0 = never */
	uint32_t inputs;      /* GATE_ALARM_BIT() of the controller's own troubles: power, battery, fire */
	uint32_t last_clock;  /* exchange of the last clock acted on in this session */
	uint8_t enrol_key[GATE_KEY_SIZE];
	bool enrol_key_made, enrol_key_wanted, restart_after_wake;
	bool hello_waits; /* for the enrolment key */
	uint8_t *hello;
	size_t hello_length;
	struct sockaddr_in hello_from;
	struct gate_revocation *revoke; /* parts of a replace so far */
	size_t revoke_count;
	uint16_t revoke_next;
	uint8_t revoke_mode;
};

/* Opens or makes its directory and starts it. 0, or -1 logged. */
int controller_open(struct controller *controller, const struct site_controller *site, struct shared *shared);
void controller_close(struct controller *controller);

struct door_world controller_world(struct controller *controller);
uint64_t controller_clock(const struct controller *controller);

/*
 * Commits the act under way: 0 or -1 (nothing happened). `quiet`: nothing that the server would want to fetch.
 * Starts the door's next timer, has the journal synced and nudges the server.
 */
int controller_commit(struct controller *controller, bool quiet);

/* Sends a reply once all that was committed so far is durable. */
void controller_reply(struct controller *controller, struct peer *peer, const uint8_t *bytes, size_t length);

/* The syncer is done for it. */
void controller_synced(void *controller, uint64_t generation, int error);

/* The keymaker is done for it. */
void controller_keyed(void *controller, const uint8_t key[GATE_KEY_SIZE]);

/* Starts again as after a power cut of so many milliseconds: sessions and staged parts in memory are gone. */
void controller_restart(struct controller *controller, int off_ms);

/* The same in so many milliseconds: what was said before is still sent. */
void controller_restart_later(struct controller *controller, int delay_ms);

/* Hears and says nothing for so long, then goes on where it was. */
void controller_hang(struct controller *controller, int ms);

/* Ends hanging, or the time without power, now. */
void controller_wake(struct controller *controller);

/* An alarm of the controller itself (door 0), such as power_fail. */
void controller_alarm(struct controller *controller, uint16_t kind, bool raised, const char *detail);

/* Loses permits, streams, log and counters; with `keys` it must be enrolled again. 0 or -1. */
int controller_forget(struct controller *controller, bool keys);

/* One message of a session (answer.c). */
void controller_message(void *controller, struct peer *peer, const uint8_t *bytes, size_t length);

#endif
