/*
 * Keys of the gate protocol: the enrolment key made from the site's mutual authentication password.
 * Everything else (random keys, wrapping, storage) is the caller's.
 */
#ifndef KIDOBAN_GATE_KEY_H
#define KIDOBAN_GATE_KEY_H

#include <stdint.h>

#include "gate/message.h"

/* Epoch 0's key: scrypt(password as UTF-8, salt = the serial as 16 lower-case hex digits, N 2^14, r 8, p 1), 32 bytes.
 * Takes about 50 ms and 16 MiB. 0 or -1. */
int gate_enrolment_key(const char *password, uint64_t serial, uint8_t out[GATE_KEY_SIZE]);

#endif
