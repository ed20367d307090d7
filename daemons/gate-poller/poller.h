/*
 * What the parts of gate-poller share. One duty, one file:
 *	poller.c	start, the loop's round, stopping
 *	database.c	the connections and what wakes through them
 *	controllers.c	which controllers are ours: leases
 *	session.c	a controller's session: inputs to the step function, its actions done; session_channel.c	its channel
 *	slots.c schedule.c keys.c pace.c	rules, pure
 *	store.c status.c	batches of events and of states to the database
 *	commands.c	from the database to gates and their answers back
 *	enrol.c		enrolment keys, made beside the loop; key_ring.c	keys from and to the database
 *	transfers.c	what controllers are to hold
 *	boards.c push.c	what boards say of themselves, searches for them; what they push
 *	nudge.c metrics.c zone.c channel.c board_channel.c loop.c
 */
#ifndef KIDOBAN_GATE_POLLER_POLLER_H
#define KIDOBAN_GATE_POLLER_POLLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/program.h"
#include "base/seal.h"
#include "board_channel.h"
#include "channel.h"
#include "db/poller.h"
#include "gate/codes.h"
#include "gate/driver.h"
#include "keys.h"
#include "loop.h"
#include "pace.h"
#include "schedule.h"
#include "slots.h"
#include "zone.h"

struct poller_config {
	struct common_config common;
	char *name;
	char *nudge_address;
	char *metrics_listen;
	int64_t nudge_port;
	char *uhppote_listen_address;
	int64_t uhppote_listen_port;
	int64_t state_interval, events_interval;	/* seconds */
	int64_t controller_kbit, total_kbit;		/* L-21; 0 = no limit */
};

/* One connection and its place in the loop. */
struct database {
	struct poller *poller;
	struct async *async;
	struct loop_watch watch;
	struct loop_timer timer;
};

enum { DATABASE_CONTROL, DATABASE_STORE, DATABASE_PLAN, DATABASES };

struct controller {
	struct poller *poller;
	int32_t id;
	int64_t token;
	uint64_t serial;
	struct sockaddr_in address;
	const struct gate_driver *driver;
	struct gate_board board;	/* what the lease said of it */
	struct gate_session *session;
	struct channel *channel;
	struct board_channel *board_channel;	/* when its driver is not secured */
	const char *gone;		/* the channel ended inside a step: tell the session after it */
	char gone_text[120];
	struct slot slot;
	struct pace pace;
	struct loop_timer pace_timer;	/* a bulk slot is asked for then */
	bool pace_doubtful;
	bool slot_put_off, put_off_silent;	/* it asks for one when its enrolment key is made */
	enum slot_class put_off_class;
	struct schedule schedule;
	struct loop_timer timer, nudge_timer;
	int64_t nudged_ms;
	int64_t wake_ms;		/* what the session asked for */
	bool leased;			/* in the answer under way */
	bool outside;			/* of reach: communication is down */
	uint8_t doors[POLLER_DOORS];
	int gate_count;

	struct key_ring keys;
	uint32_t held_epochs[2];	/* said in hello */
	uint32_t connecting_epoch;	/* of the channel, or of the enrolment key that is waited for */
	unsigned key_tries;		/* handshakes since the last that succeeded */
	bool key_wanted, enrol_key_made;
	uint8_t enrol_key[GATE_KEY_SIZE];	/* until enrolled */
	enum key_move key_due;		/* of key_due_epoch, at the next turn */
	uint32_t key_due_epoch;
	struct loop_timer key_timer;

	/* status.c: the latest, to be stored */
	bool status_dirty, status_flying;
	struct controller *status_next;
	struct poller_controller_status status;
	char reason[128], firmware[GATE_NAME_MAX + 1], model[GATE_NAME_MAX + 1];
	int door_count;
	struct gate_door_status door[GATE_DOORS_MAX];

	/* store.c */
	uint64_t store_batch;		/* that it last gave something to, */
	size_t store_part;		/* and its place there */
	bool store_alone;		/* its last batch was refused: not together with others */

	struct transfer_work *transfer;	/* transfers.c */
	struct card_work *cards;
	struct revoke_work *revoke;
	struct stream_held { uint64_t revision; uint8_t digest[GATE_SUM_SIZE]; bool known, has_digest; } held[GATE_STREAMS];
	uint64_t told_revision[GATE_STREAMS];	/* what it said last */
	int64_t retry_at[GATE_STREAMS], retry_backoff[GATE_STREAMS];
};

struct store;
struct status;
struct commands;
struct transfers;
struct nudge;
struct metrics;
struct enrol;
struct boards;
struct push;

struct poller {
	struct poller_config config;
	char *conninfo;
	struct seal_key master;
	struct loop *loop;
	struct database databases[DATABASES];
	struct channels *channels;
	struct slots slots;
	struct pace pace;
	int peers;			/* pollers that share the bandwidth, ourselves too */
	struct gate_actions *actions;	/* one for all sessions */

	int32_t id;			/* 0 = not registered with the database yet */
	bool starting, stopping, stopped;
	int64_t leases_until_ms;	/* what we lease is ours until then */
	int64_t slots_until_ms;
	bool leasing, lease_again, slotting;
	int slots_peak, slots_asked_for;
	int64_t slots_asked_ms;
	struct controller **controllers;	/* by id, ascending */
	size_t controller_count, controller_room;

	struct zone zone;
	int64_t clock_due_ms;
	bool site_known;
	char *password;			/* NULL = none set */

	struct store *store;
	struct status *status;
	struct commands *commands;
	struct transfers *transfers;
	struct nudge *nudge;
	struct metrics *metrics;
	struct enrol *enrol;
	struct boards *boards;
	struct push *push;

	uint64_t counters[GATE_COUNTERS];
	uint64_t exchanges;
	struct loop_timer second, lease_timer, slot_timer, counter_timer, watchdog, stop_deadline;
};

static inline struct async *control(struct poller *p) { return p->databases[DATABASE_CONTROL].async; }
static inline struct async *store_db(struct poller *p) { return p->databases[DATABASE_STORE].async; }
static inline struct async *plan_db(struct poller *p) { return p->databases[DATABASE_PLAN].async; }

/* poller.c */
int poller_run(struct poller *);
void poller_stop_soon(struct poller *);

/* database.c */
void databases_open(struct poller *);
void databases_close(struct poller *);
void databases_round(struct poller *, int64_t now_ms);	/* send what was queued, watch what changed */

/* controllers.c */
void controllers_begin(struct poller *);
void controllers_lease(struct poller *);		/* now; once more when one is under way */
struct controller *controller_find(struct poller *, int32_t id);
struct controller *controller_by_serial(struct poller *, uint64_t serial);
/* NULL when it is not ours any more, or ours again under another lease. */
struct controller *controller_with_token(struct poller *, int32_t id, int64_t token);
void controllers_drop_all(struct poller *);
void controllers_slots(struct poller *, int64_t now_ms);
void controllers_site(struct poller *);

/* session.c */
int session_begin(struct controller *, const struct gate_config *, int64_t now_ms);
void session_end(struct controller *);
void session_step(struct controller *, const struct gate_input *, int64_t now_ms);
void session_want(struct controller *, uint32_t want, int64_t now_ms);
void sessions_grant(struct poller *, int64_t now_ms);

/* session_channel.c */
void session_connect(struct controller *, int64_t now_ms);
void session_disconnect(struct controller *);
bool session_lacks_key(const struct controller *);	/* the next handshake waits for an enrolment key */
void session_want_key(struct controller *);
void session_channel_calls(struct channel_calls *);
void session_key_ready(struct controller *, const uint8_t key[GATE_KEY_SIZE], int64_t now_ms);
void session_key_failed(struct controller *);

/* store.c */
struct store *store_new(struct poller *);
void store_free(struct store *);
void store_events(struct store *, struct controller *, const struct gate_action *);
void store_flush(struct store *, int64_t now_ms);
bool store_is_idle(const struct store *);
bool store_is_full(const struct store *);		/* nobody should be asked for more now */
struct store_count { uint64_t events, batches, failed, stale; int64_t last_ms; size_t waiting; };
const struct store_count *store_counts(const struct store *);

/* status.c */
struct status *status_new(struct poller *);
void status_free(struct status *);
void status_changed(struct controller *);
void status_forget(struct controller *);
void status_flush(struct status *, int64_t now_ms);
bool status_is_idle(const struct status *);

/* commands.c */
struct commands *commands_new(struct poller *);
void commands_free(struct commands *);
void commands_poll(struct commands *);
void commands_outcome(struct commands *, const struct controller *, const uint8_t id[GATE_ID_SIZE], int outcome,
    const char *reason);
void commands_flush(struct commands *);
bool commands_are_idle(const struct commands *);

/* key_ring.c */
void key_ring_load(struct controller *, const struct poller_lease_row *);
void key_ring_in_use(struct controller *, uint32_t epoch, int64_t now_ms);
void key_ring_staged(struct controller *, uint32_t epoch, int64_t now_ms);
void key_ring_retired(struct controller *, uint32_t epoch);
void key_ring_failed(struct controller *, int64_t now_ms);	/* the controller refused */
void key_ring_due(void *controller, int64_t now_ms);

/* enrol.c */
struct enrol *enrol_new(struct poller *);
void enrol_free(struct enrol *);
/* Makes the key beside the loop; session_key_ready() when done. */
void enrol_key(struct enrol *, const char *password, const struct controller *);

/* transfers.c */
struct transfers *transfers_new(struct poller *);
void transfers_free(struct transfers *);
void transfers_poll(struct transfers *);
void transfers_flush(struct transfers *, int64_t now_ms);	/* what was gathered goes, what waits begins */
bool transfers_are_idle(const struct transfers *);
void transfers_ask_held(struct transfers *);
void transfers_action(struct controller *, const struct gate_action *, int64_t now_ms);
void transfers_status(struct controller *, const struct gate_status_reply *);
void transfers_board(struct controller *, const struct gate_board_report *);
void transfers_forget(struct controller *);

/* nudge.c */
struct nudge *nudge_new(struct poller *);
void nudge_free(struct nudge *);
void nudge_forwarded(struct poller *, const char *serial, int64_t now_ms);
void nudge_due(void *controller, int64_t now_ms);
void nudge_soon(struct controller *, int64_t now_ms);	/* at once, but not too often */
/* To whoever holds the lease; false when there were too many. */
bool nudge_forward(struct nudge *, uint64_t serial, const struct sockaddr_in *from, int64_t now_ms);
enum nudge_verdict { NUDGE_TAKEN, NUDGE_FORWARDED, NUDGE_MALFORMED, NUDGE_TOO_OFTEN, NUDGE_VERDICTS };
const uint64_t *nudge_counts(const struct nudge *);
const char *nudge_verdict_name(enum nudge_verdict);

/* boards.c */
struct boards *boards_new(struct poller *);
void boards_free(struct boards *);
void boards_reported(struct controller *, const struct gate_board_report *);
void boards_search(struct boards *);	/* is one asked for? */
bool cards_drift_counts(const struct controller *);	/* transfers_cards.c: nobody but others can have changed its list */

/* push.c */
struct push *push_new(struct poller *);
void push_free(struct push *);
void push_address(const struct poller *, const struct sockaddr_in *board, uint8_t out[4], uint16_t *port);
enum push_verdict { PUSH_TAKEN, PUSH_KNOWN, PUSH_FORWARDED, PUSH_MALFORMED, PUSH_FOREIGN, PUSH_TOO_OFTEN, PUSH_VERDICTS };
const uint64_t *push_counts(const struct push *);
const char *push_verdict_name(enum push_verdict);

/* metrics.c */
struct metrics *metrics_new(struct poller *);
void metrics_free(struct metrics *);

#endif
