/* The tagged records of streams 3 to 7: u8 tag, u16 length, body. */
#ifndef SIMULATOR_RECORD_H
#define SIMULATOR_RECORD_H

#include <stddef.h>
#include <stdint.h>

struct record {
	const uint8_t *bytes; /* with tag and length */
	size_t size;
	uint8_t tag;
	const uint8_t *body;
	size_t length;
	uint8_t key[8]; /* the tag and the body's key fields */
	size_t key_size;
};

/* Takes the next record: 1, 0 at the end, -1 when it is cut, unknown in this stream or too short for its key. *at begins as 0. */
int record_next(unsigned stream, const uint8_t *payload, size_t length, size_t *at, struct record *record);

/* NULL when every record of the payload makes sense, else why not. */
const char *record_check(unsigned stream, const uint8_t *payload, size_t length);

#endif
