/*
 * One door: lock, door sensor, arming and alarms, with the times of DOMAIN 1. Knows no socket; time is an argument.
 *
 * Every function adds its events and the door's kept state to the memory's act under way; the caller commits. A passage is
 * recorded when the door opens, or at once where there is no sensor or the door stands open.
 */
#ifndef SIMULATOR_DOOR_H
#define SIMULATOR_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/message.h"
#include "memory.h"
#include "permits.h"

enum door_passback { DOOR_PASSBACK_OFF, DOOR_PASSBACK_SOFT, DOOR_PASSBACK_HARD };

/* Gate parameters that the simulator acts on; names and units as gate parameters have them. */
struct door_parameters {
	int unlock_time, extended_unlock_time, door_open_watch_time; /* s; watch 0 = off */
	int relock_delay;					     /* 0.1 s after closing */
	int wrong_pin_limit, lockout_time;			     /* tries; s */
	int reread_guard_time;					     /* s */
	bool door_sensor, arm_on_last_out, disarm_on_first_in;
	uint8_t entry_reader, exit_reader; /* reader_kind */
	char reader_code[GATE_PIN_MAX + 1]; /* "" = none */
	enum door_passback anti_passback;
};
extern const struct door_parameters door_parameters_default;

/* Somebody who may pass and has not opened the door yet. */
struct door_grant {
	bool waiting;
	int64_t until; /* monotonic ms */
	uint8_t reader;
	uint32_t credential;
	uint64_t revision;
	char card[GATE_CARD_MAX + 1];
	uint16_t kind; /* 0 = entry or exit, by the reader */
};

struct door {
	uint8_t number; /* 1..8 */
	struct door_parameters parameters;
	struct memory_door kept; /* codes of lock, arming, modes; alarms */
	bool open;
	bool held;  /* stays unlocked until it is told to lock */
	bool remote; /* relock_at runs for an unlock command, so who opens the door now passes on that */
	bool fire;  /* unlocked by the fire alarm */
	bool stuck; /* the lock does not move */
	uint32_t inputs; /* GATE_ALARM_BIT() of alarms whose cause is still there */
	struct door_grant grant;
	int64_t relock_at, watch_at; /* monotonic ms; 0 = not running */
	int64_t stop_at[2];	     /* when lost_card and wrong_pin fall silent */
	char last_card[GATE_CARD_MAX + 1];
	uint8_t last_reader;
	int64_t last_read;
	int wrong_pins;
	int64_t lockout_until;
};

/* What a door acts in: the times and what its controller holds. */
struct door_world {
	int64_t mono;  /* ms */
	uint64_t clock; /* what the controller's clock shows, ms since 1970 */
	struct memory *memory;
	const struct permits *permits;
	bool clock_unset;
};

/* Sets a door up from what the memory keeps, as after power comes back: locked, and old alarms without a cause cleared. */
void door_start(struct door *door, uint8_t number, const struct door_parameters *parameters, const struct door_world *world);

struct door_read {
	uint8_t reader; /* reader_side */
	const char *card;
	const char *pin; /* "" = not keyed in */
};

/* A card is read. Returns the kind of event that refuses it, 0 when it may pass, -1 when the reader does not take it again yet. */
int door_card(struct door *door, const struct door_world *world, const struct door_read *read);

/* The reader code is keyed in, without a card. As door_card(). */
int door_code(struct door *door, const struct door_world *world, uint8_t reader, const char *code);

void door_opens(struct door *door, const struct door_world *world);
void door_closes(struct door *door, const struct door_world *world);

/* Lets the times run out that have; and the next one, INT64_MAX when none runs. */
void door_tick(struct door *door, const struct door_world *world);
int64_t door_next(const struct door *door);

/*
 * A command: outcome_done, outcome_refused with a reason, or outcome_not_supported. `id` NULL = at the reader, else the
 * server's command, which its events then carry.
 */
uint8_t door_command(struct door *door, const struct door_world *world, uint8_t command, uint16_t value, const uint8_t *id,
		     const char **reason);

/* An alarm's cause appears or goes; nothing when it is as it was. */
void door_alarm(struct door *door, const struct door_world *world, uint16_t kind, bool raised, const char *detail);
void door_fire(struct door *door, const struct door_world *world, bool burning);

void door_status(const struct door *door, struct gate_door_status *status);

/* Adds an event of this door (0 = the controller) at the controller's time. */
void door_event(const struct door_world *world, struct gate_event *event);

/* Adds the door's kept state to the act when it changed. */
void door_keep(struct door *door, const struct door_world *world);

#endif
