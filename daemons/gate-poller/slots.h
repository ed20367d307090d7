/*
 * Who may talk now: at most 50 controllers at once in the whole system, of which this poller holds some.
 *
 * A slot is held for one exchange (a request and its answer, or one window of chunks), never for a session. Classes go
 * before one another strictly, inside a class first come first served; bulk never takes more than SLOTS_BULK_MOST, and
 * controllers that do not answer never more than SLOTS_SILENT_MOST, so that neither keeps the others waiting.
 * Pure: no clock, no socket; the fair-share and priority rules are tested without either.
 */
#ifndef KIDOBAN_GATE_POLLER_SLOTS_H
#define KIDOBAN_GATE_POLLER_SLOTS_H

#include <stdbool.h>

enum {
	SLOTS_MOST = 50,
	SLOTS_BULK_MOST = 30,
	SLOTS_SILENT_MOST = 10,
};

enum slot_class {
	SLOT_URGENT,		/* revocations and commands */
	SLOT_STATE,
	SLOT_EVENTS,
	SLOT_BULK,
	SLOT_CLASSES,
};

enum slot_holding { SLOT_NONE, SLOT_WAITING, SLOT_HELD };

/* Embedded in who asks; zero it first. */
struct slot {
	struct slot *next, *prev;	/* waiting */
	enum slot_holding holding;
	enum slot_class class;
	bool silent;			/* did not answer last time */
	void *owner;
};

struct slot_line {
	struct slot *first, *last;
	int length;
};

struct slots {
	int leased;		/* may be held by us now; may fall below `used`: then nobody new gets one */
	int used, used_bulk, used_silent;
	bool no_events;		/* the database is behind: nobody is asked for events now */
	struct slot_line lines[SLOT_CLASSES][2];	/* [class][silent] */
};

const char *slot_class_name(enum slot_class);

/* Ask for a slot. Asking again while waiting moves the wish to the class when that goes earlier; while holding one it
 * does nothing. */
void slots_want(struct slots *, struct slot *, enum slot_class, bool silent);
/* Give the slot back, or stop waiting for one. */
void slots_release(struct slots *, struct slot *);
/* The next one that may talk; it holds a slot then. NULL when nobody may. */
struct slot *slots_next(struct slots *);
/* How many could be used at once by those that hold and those that wait, 0..SLOTS_MOST. */
int slots_wanted(const struct slots *);
int slots_waiting(const struct slots *, enum slot_class);

#endif
