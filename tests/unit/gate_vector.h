/*
 * One worked example of every gate message: what doc/gate-protocol.md shows in hex, what the tests bend, and what the
 * fuzzer starts from.
 */
#ifndef TESTS_UNIT_GATE_VECTOR_H
#define TESTS_UNIT_GATE_VECTOR_H

#include "gate/message.h"
#include "gate/permit.h"

struct gate_vector {
	const char *name;	/* the heading of its hex in the document */
	void (*build)(struct gate_message *);
};

extern const struct gate_vector gate_vectors[];
extern const size_t gate_vector_count;

/* The permit record of the document. */
void gate_vector_permit(struct gate_permit *);

#endif
