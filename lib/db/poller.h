/*
 * What gate-poller says to the database: one function per api.poller_* function, non-blocking (async.h).
 * Every write carries the lease token; the database leaves out what a stale one asks. `done` gets the rows; the
 * poller_*_row() functions below read them.
 */
#ifndef DB_POLLER_H
#define DB_POLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/async.h"

enum { POLLER_LOG_SIZE = 16, POLLER_ID_SIZE = 16, POLLER_DOORS = 8, POLLER_WRAPPED_MAX = 128,
	POLLER_BOARD_DOORS = 4, POLLER_TAIL_SIZE = 16 };

/* --- the poller itself, leases, slots ------------------------------------------------------------------------------- */

void poller_start(struct async *, const char *name, async_done *, void *arg);
int32_t poller_start_row(const struct async_rows *);
void poller_stop(struct async *, int32_t poller, async_done *, void *arg);
void poller_lease(struct async *, int32_t poller, async_done *, void *arg);
void poller_slots(struct async *, int32_t poller, int want, async_done *, void *arg);
int poller_slots_row(const struct async_rows *);

/* A controller that is ours. Texts and bytes point into the rows. */
struct poller_lease_row {
	int32_t controller;
	int64_t token;
	const char *driver, *address, *serial;
	int port;
	const uint8_t *log;		/* NULL = none yet */
	int32_t mark;
	int32_t key_epoch, old_key_epoch;	/* -1 = none */
	const uint8_t *key, *old_key;	/* wrapped */
	size_t key_size, old_key_size;
	bool enrolled;
	int gate_count;
	int64_t doors[POLLER_DOORS], gates[POLLER_DOORS];
	/* of UHPPOTE boards */
	const uint8_t *tail;		/* what the event of the mark looks like; NULL = not known */
	int keypads, contacts;		/* bits of readers and of doors */
	int64_t delays[POLLER_BOARD_DOORS];	/* 0 = not known */
	bool door_events, take_listener;
};
void poller_lease_read(const struct async_rows *, int row, struct poller_lease_row *);

/* What is true of the whole site. */
struct poller_site {
	const uint8_t *password;	/* for enrolment, wrapped; size 0 = none is set */
	size_t password_size;
	const char *time_zone;		/* "Asia/Tokyo" */
	int64_t clock_due_ms;		/* when clocks were last to be set; 0 = never */
};
void poller_site(struct async *, async_done *, void *arg);
void poller_site_read(const struct async_rows *, struct poller_site *);

/* --- status --------------------------------------------------------------------------------------------------------- */

struct poller_status {			/* columns of poller_store_status, in its order */
	struct pg_array controller, token, seen_at, communication, reason, boot_id, firmware, model, clock_offset_ms,
	    newest_seq, rtt_ms;
	struct pg_array g_controller, g_door, g_lock_state, g_arm_state, g_door_state, g_verification_mode, g_unlock_mode,
	    g_alarms;
};
void poller_status_begin(struct poller_status *);
void poller_status_free(struct poller_status *);
struct poller_controller_status {
	int32_t controller;
	int64_t token;
	int64_t seen_at_ms;		/* 0 = not seen */
	int communication;
	const char *reason, *firmware, *model;	/* "" = not told; firmware and model then stay as stored */
	bool greeted;			/* boot .. rtt are known */
	uint32_t boot;
	int32_t clock_offset_ms, rtt_ms;
	uint32_t newest;
};
void poller_status_add(struct poller_status *, const struct poller_controller_status *);
void poller_status_add_door(struct poller_status *, int32_t controller, int door, int lock, int arm, int door_state,
    int verification, int unlock, uint32_t alarms);
void poller_store_status(struct async *, struct poller_status *, async_done *, void *arg);

/* --- events --------------------------------------------------------------------------------------------------------- */

struct poller_ingest {			/* columns of poller_ingest, in its order */
	struct pg_array l_controller, l_token, l_log, l_oldest, l_tail;
	struct pg_array e_controller, e_seq, e_t, e_kind, e_door, e_reader, e_credential, e_card, e_revision, e_flags,
	    e_command, e_detail;
};
void poller_ingest_begin(struct poller_ingest *);
void poller_ingest_free(struct poller_ingest *);
void poller_ingest_add_log(struct poller_ingest *, int32_t controller, int64_t token, const uint8_t log[POLLER_LOG_SIZE],
    uint32_t oldest, const uint8_t *tail);	/* tail NULL = the controller names its logs */
struct poller_event {
	uint32_t seq;
	int64_t time_ms;
	int kind, door, reader;
	uint32_t credential;
	const char *card;		/* "" = none */
	uint64_t revision;
	int flags;
	const uint8_t *command;		/* NULL = none */
	const char *detail;
};
void poller_ingest_add_event(struct poller_ingest *, int32_t controller, const struct poller_event *);
void poller_ingest_send(struct async *, struct poller_ingest *, async_done *, void *arg);
struct poller_mark {
	int32_t controller;
	const uint8_t *log;
	int32_t mark;
};
void poller_mark_read(const struct async_rows *, int row, struct poller_mark *);

/* --- commands ------------------------------------------------------------------------------------------------------- */

struct poller_command {
	const uint8_t *id;
	int32_t controller;
	int64_t token;
	int door, command, value;
	int32_t ttl_ms;
	int32_t operator_id;
};
void poller_commands(struct async *, int32_t poller, async_done *, void *arg);
int poller_command_read(const struct async_rows *, int row, struct poller_command *);	/* 0, -1 = makes no sense */

struct poller_outcomes {
	struct pg_array id, token, outcome, reason;
};
void poller_outcomes_begin(struct poller_outcomes *);
void poller_outcomes_free(struct poller_outcomes *);
void poller_outcomes_add(struct poller_outcomes *, const uint8_t id[POLLER_ID_SIZE], int64_t token, int outcome,
    const char *reason);
void poller_outcomes_send(struct async *, struct poller_outcomes *, async_done *, void *arg);

/* --- keys, counters ------------------------------------------------------------------------------------------------- */

void poller_key_stage(struct async *, int32_t controller, int64_t token, uint32_t epoch, const void *wrapped, size_t size,
    async_done *, void *arg);
void poller_key_activate(struct async *, int32_t controller, int64_t token, uint32_t epoch, async_done *, void *arg);
void poller_key_retire(struct async *, int32_t controller, int64_t token, uint32_t epoch, async_done *, void *arg);
void poller_counters(struct async *, int32_t poller, struct pg_array *names, struct pg_array *values, async_done *,
    void *arg);

/* A nudge for a controller that another poller may hold: wakes that one. */
void poller_nudge(struct async *, const char *serial, async_done *, void *arg);

#endif
