/*
 * What the fuzzers try with one input. Returns when it held; aborts with a sentence when it did not.
 */
#ifndef TESTS_FUZZ_FUZZ_GATE_H
#define TESTS_FUZZ_FUZZ_GATE_H

#include <stddef.h>
#include <stdint.h>

/* The input is a datagram: decode, and what is accepted must encode to the same bytes. */
void fuzz_message(const uint8_t *data, size_t size);
/* The input is a row of records, permits first, then one event. */
void fuzz_record(const uint8_t *data, size_t size);
/* The input drives a session: each byte pair is an input kind and its argument, datagrams come from the rest. */
void fuzz_session(const uint8_t *data, size_t size);
/* The input is a datagram from or to a UHPPOTE board: what is accepted encodes, and reads the same again. */
void fuzz_uhppote(const uint8_t *data, size_t size);

/* The input drives a board's session: kinds of input and arguments, its datagrams answer what was asked, or nearly so. */
void fuzz_board(const uint8_t *data, size_t size);

#endif
