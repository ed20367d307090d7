/*
 * Enrolment keys, made by threads: one costs some 50 ms, and a thousand controllers are new at the same time.
 */
#ifndef SIMULATOR_KEYMAKER_H
#define SIMULATOR_KEYMAKER_H

#include <stdint.h>

#include "gate/message.h"

struct keymaker;

/* Never NULL: without memory or threads the process ends. */
struct keymaker *keymaker_new(unsigned threads);
/* What is still wanted is forgotten. */
void keymaker_free(struct keymaker *);
/* Readable when a key is made. */
int keymaker_fd(const struct keymaker *);
/* `password` must live as long as the keymaker. */
void keymaker_want(struct keymaker *, const char *password, uint64_t serial, void *owner);
/* Hands over what is made since. */
void keymaker_collect(struct keymaker *, void (*done)(void *owner, const uint8_t key[GATE_KEY_SIZE]));
/* The key itself, made here and now. */
void keymaker_make(const char *password, uint64_t serial, uint8_t key[GATE_KEY_SIZE]);

#endif
