/*
 * Enrolment keys, made by threads: one costs some 50 ms, and a thousand controllers are new at the same time.
 */
#ifndef SIMULATOR_KEYMAKER_H
#define SIMULATOR_KEYMAKER_H

#include <stdint.h>

#include "gate/message.h"

struct workers;

/* Free it with workers_free(). */
struct workers *keymaker_new(unsigned threads);
/* `password` must live as long as the workers. */
void keymaker_want(struct workers *, const char *password, uint64_t serial, void *owner);
/* Hands over what is made since workers_fd() became readable. */
void keymaker_collect(struct workers *, void (*done)(void *owner, const uint8_t key[GATE_KEY_SIZE]));
/* The key itself, made here and now. */
void keymaker_make(const char *password, uint64_t serial, uint8_t key[GATE_KEY_SIZE]);

#endif
