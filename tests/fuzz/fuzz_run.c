/*
 * A mutation runner without a fuzzing engine, the same run for the same seed: starts from every example message, bends
 * it, and tries all properties. `make check` runs it briefly, `make fuzz` for long.
 *	fuzz_run [rounds [seed]]		TAP
 *	fuzz_run --corpus DIRECTORY		writes the examples as files for libFuzzer
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_gate.h"
#include "gate_vector.h"

enum { INPUT_MAX = 4096, ROUNDS = 200000 };

static uint64_t state;

static uint32_t
below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % n;
}

static size_t
example(size_t i, uint8_t *out)
{
	struct gate_message m;
	int size;

	memset(&m, 0, sizeof m);
	gate_vectors[i % gate_vector_count].build(&m);
	m.exchange = below(5);
	size = gate_encode(&m, out, GATE_MESSAGE_MAX);
	return size < 0 ? 0 : (size_t)size;
}

/* One change: a bit, a byte, an interesting byte, a cut, a repeated piece; then, usually, the length put right again. */
static size_t
bend(uint8_t *p, size_t size)
{
	static const uint8_t interesting[] = { 0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF, 0x20, 0x24 };
	uint32_t at = below((uint32_t)size), n;

	switch (below(5)) {
	case 0:
		p[at] ^= (uint8_t)(1u << below(8));
		break;
	case 1:
		p[at] = (uint8_t)below(256);
		break;
	case 2:
		p[at] = interesting[below(sizeof interesting)];
		break;
	case 3:
		size = at + 1;
		break;
	default:
		n = 1 + below(64);
		if (at + n <= size && size + n <= INPUT_MAX) {
			memmove(p + at + n, p + at, size - at);
			size += n;
		}
	}
	if (size >= GATE_HEADER_SIZE && below(8) != 0) {
		p[2] = (uint8_t)(size >> 8);
		p[3] = (uint8_t)size;
	}
	return size;
}

/* A datagram of a board: one of the 35 functions, mostly plausible bytes in it. */
static void
one_board_datagram(void)
{
	static const uint8_t likely[] = { 0x00, 0x01, 0x02, 0x04, 0x20, 0x26, 0x11, 0x55, 0xAA, 0xFF };
	uint8_t *tight = malloc(64);

	if (tight == NULL)
		exit(99);
	for (size_t i = 0; i < 64; i++)
		tight[i] = below(4) ? likely[below(sizeof likely)] : (uint8_t)below(256);
	tight[0] = below(16) ? 0x17 : 0x19;
	tight[1] = below(16) ? (uint8_t)(0x20 + 2 * below(0x60)) : 0x20;
	if (below(2))
		memset(tight + 20 + below(40), 0, 4);
	if (!below(3))
		memcpy(tight + (below(2) ? 8 : 12), "\x55\xAA\xAA\x55", 4);
	fuzz_uhppote(tight, 64 - (below(32) == 0));
	free(tight);
}

static void
one_round(size_t round)
{
	uint8_t *input = malloc(INPUT_MAX), *tight;
	size_t size;

	if (input == NULL)
		exit(99);
	size = example(round, input);
	for (uint32_t n = below(6); n > 0 && size > 0; n--)
		size = bend(input, size);
	tight = malloc(size == 0 ? 1 : size);	/* so that reading one byte too far is seen */
	if (tight == NULL)
		exit(99);
	memcpy(tight, input, size);
	fuzz_message(tight, size);
	if (size > GATE_HEADER_SIZE)
		fuzz_record(tight + GATE_HEADER_SIZE, size - GATE_HEADER_SIZE);
	free(tight);
	one_board_datagram();
	if (round % 16 == 0) {
		for (size = 0; size < INPUT_MAX; size++)
			input[size] = (uint8_t)below(256);
		fuzz_session(input, below(INPUT_MAX));
		fuzz_board(input, below(INPUT_MAX));
	}
	free(input);
}

static int
write_corpus(const char *directory)
{
	uint8_t bytes[GATE_MESSAGE_MAX];
	char path[4096];

	for (size_t i = 0; i < gate_vector_count; i++) {
		size_t size = example(i, bytes);
		FILE *f;

		snprintf(path, sizeof path, "%s/%02zu", directory, i);
		if ((f = fopen(path, "wb")) == NULL || fwrite(bytes, 1, size, f) != size || fclose(f) != 0) {
			perror(path);
			return 1;
		}
	}
	return 0;
}

int
main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : ROUNDS;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) | 1 : 88172645463325252u;
	if (argc == 3 && strcmp(argv[1], "--corpus") == 0)
		return write_corpus(argv[2]);
	printf("1..1\n");
	for (unsigned long i = 0; i < rounds; i++)
		one_round(i);
	printf("ok 1 - %lu bent messages, records and sessions broke nothing\n", rounds);
	return 0;
}
