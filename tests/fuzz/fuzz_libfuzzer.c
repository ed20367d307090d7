/*
 * The same properties under libFuzzer (clang -fsanitize=fuzzer): `make fuzz` builds it where clang is there.
 */
#include "fuzz_gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 4) {
	case 0:
		if (data[0] & 4)
			fuzz_board(data + 1, size - 1);
		else
			fuzz_session(data + 1, size - 1);
		break;
	case 2:
		fuzz_record(data + 1, size - 1);
		break;
	case 3:	/* 0x17, the first byte of a board's */
		fuzz_uhppote(data, size);
		break;
	default:	/* messages begin with their version, 1: the examples are a corpus as they are */
		fuzz_message(data, size);
	}
	return 0;
}
