/*
 * What can be done to a controller on command: troubles of the network, of the box and of its doors, and people at them.
 * The table in faults.c is the list; doc/gate-simulator.md explains each.
 */
#ifndef SIMULATOR_FAULTS_H
#define SIMULATOR_FAULTS_H

#include "controller.h"
#include "traffic.h"

enum { FAULT_WORDS_MAX = 8 };

struct fault_call {
	struct controller *controller;
	struct traffic *traffic;
	int count; /* of words after the fault's name */
	char *words[FAULT_WORDS_MAX];
	struct buf *json; /* members of the answer's object, each with a comma before it */
};

/* Does `text` ("loss 30", "pass 1 0001234") to a controller. NULL, or what was wrong with it. `text` is cut into words. */
const char *fault_do(struct fault_call *call, char *text);

#endif
