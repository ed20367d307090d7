/*
 * The permit record codec: card number as a base-62 number, PIN as its place in an enumeration, one nibble a door.
 */
#include <string.h>

#include "gate/codec.h"
#include "gate/permit.h"

/* Where the record's parts are. */
enum {
	AT_CREDENTIAL = 0,
	AT_CARD = 4,
	AT_VALID_FROM = 16,
	AT_VALID_TO = 20,
	AT_LEVELS = 24,
	AT_PIN = 28,

	MASK_SIZE = 4,		/* of a packed record: bit i, lowest first, says that byte i is another */
	PIN_BITS = 27,
	BIT_EXTENDED_UNLOCK = 27,
	BIT_APB_EXEMPT = 28,
	BIT_DISABLED = 29,
	BITS_UNUSED_FROM = 30,
};
#define YEAR_2000_S INT64_C(946684800)
#define PIN_MASK ((UINT32_C(1) << PIN_BITS) - 1)
#define PIN_LAST UINT32_C(111110000)

__extension__ typedef unsigned __int128 wide;

/* 1..62, or 0 when it is no letter or digit. */
static unsigned
card_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 1;
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A') + 11;
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 37;
	return 0;
}

int
gate_card_pack(const char *card, uint8_t out[GATE_CARD_SIZE])
{
	wide n = 0;
	size_t size = 0;

	for (; card[size] != '\0'; size++) {
		unsigned digit = card_digit(card[size]);

		if (digit == 0 || size == GATE_CARD_MAX)
			return -1;
		n = n * 62 + digit;
	}
	wire_put(out, 4, (uint64_t)(n >> 64));
	wire_put(out + 4, 8, (uint64_t)n);
	return 0;
}

int
gate_card_unpack(const uint8_t in[GATE_CARD_SIZE], char out[GATE_CARD_MAX + 1])
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	wide n = (wide)wire_get(in, 4) << 64 | wire_get(in + 4, 8);
	char reversed[GATE_CARD_MAX];
	size_t size = 0;

	for (; n > 0; n = (n - 1) / 62) {
		if (size == GATE_CARD_MAX)
			return -1;
		reversed[size++] = digits[(n - 1) % 62];
	}
	for (size_t i = 0; i < size; i++)
		out[i] = reversed[size - 1 - i];
	out[size] = '\0';
	return 0;
}

int
gate_pin_pack(const char *pin, uint32_t *out)
{
	uint32_t value = 0, before = 0, span = 10000;
	size_t size = 0;

	for (; pin[size] != '\0'; size++) {
		if (pin[size] < '0' || pin[size] > '9' || size == GATE_PIN_MAX)
			return -1;
		value = value * 10 + (uint32_t)(pin[size] - '0');
	}
	if (size == 0) {
		*out = 0;
		return 0;
	}
	if (size < GATE_PIN_MIN)
		return -1;
	for (size_t shorter = GATE_PIN_MIN; shorter < size; shorter++, span *= 10)
		before += span;
	*out = 1 + before + value;
	return 0;
}

int
gate_pin_unpack(uint32_t number, char out[GATE_PIN_MAX + 1])
{
	uint32_t span = 10000;
	size_t size = GATE_PIN_MIN;

	if (number > PIN_LAST)
		return -1;
	if (number == 0) {
		out[0] = '\0';
		return 0;
	}
	for (number--; number >= span; number -= span, span *= 10, size++)
		;
	out[size] = '\0';
	for (size_t i = size; i-- > 0; number /= 10)
		out[i] = (char)('0' + number % 10);
	return 0;
}

uint32_t
gate_minute_from_unix(int64_t seconds)
{
	int64_t minutes = (seconds - YEAR_2000_S) / 60;

	if (seconds < YEAR_2000_S || minutes < 1)
		return 1;
	return minutes >= (int64_t)UINT32_MAX ? UINT32_MAX - 1 : (uint32_t)minutes;
}

int64_t
gate_minute_to_unix(uint32_t minutes)
{
	return YEAR_2000_S + (int64_t)minutes * 60;
}

bool
gate_permit_is_removal(const struct gate_permit *p)
{
	for (size_t i = 0; i < GATE_DOORS_MAX; i++)
		if (p->levels[i] != 0)
			return false;
	return !p->disabled;
}

uint32_t
gate_permit_credential(const uint8_t record[GATE_PERMIT_SIZE])
{
	return (uint32_t)wire_get(record + AT_CREDENTIAL, 4);
}

int
gate_permit_encode(const struct gate_permit *p, uint8_t out[GATE_PERMIT_SIZE])
{
	uint32_t pin, levels = 0;

	if (p->credential == 0 || p->valid_from > p->valid_to || (p->card[0] == '\0' && !gate_permit_is_removal(p)) ||
	    gate_card_pack(p->card, out + AT_CARD) == -1 || gate_pin_pack(p->pin, &pin) == -1)
		return -1;
	for (size_t i = GATE_DOORS_MAX; i-- > 0;) {
		if (p->levels[i] > GATE_LEVEL_MAX)
			return -1;
		levels = levels << 4 | p->levels[i];
	}
	pin |= (uint32_t)p->extended_unlock << BIT_EXTENDED_UNLOCK | (uint32_t)p->apb_exempt << BIT_APB_EXEMPT |
	    (uint32_t)p->disabled << BIT_DISABLED;
	wire_put(out + AT_CREDENTIAL, 4, p->credential);
	wire_put(out + AT_VALID_FROM, 4, p->valid_from);
	wire_put(out + AT_VALID_TO, 4, p->valid_to);
	wire_put(out + AT_LEVELS, 4, levels);
	wire_put(out + AT_PIN, 4, pin);
	return 0;
}

int
gate_permit_decode(const uint8_t in[GATE_PERMIT_SIZE], struct gate_permit *p)
{
	uint32_t levels = (uint32_t)wire_get(in + AT_LEVELS, 4), pin = (uint32_t)wire_get(in + AT_PIN, 4);

	p->credential = (uint32_t)wire_get(in + AT_CREDENTIAL, 4);
	p->valid_from = (uint32_t)wire_get(in + AT_VALID_FROM, 4);
	p->valid_to = (uint32_t)wire_get(in + AT_VALID_TO, 4);
	p->extended_unlock = pin >> BIT_EXTENDED_UNLOCK & 1;
	p->apb_exempt = pin >> BIT_APB_EXEMPT & 1;
	p->disabled = pin >> BIT_DISABLED & 1;
	for (size_t i = 0; i < GATE_DOORS_MAX; i++, levels >>= 4)
		if ((p->levels[i] = levels & 15) > GATE_LEVEL_MAX)
			return -1;
	if (p->credential == 0 || p->valid_from > p->valid_to || pin >> BITS_UNUSED_FROM != 0 ||
	    gate_card_unpack(in + AT_CARD, p->card) == -1 || gate_pin_unpack(pin & PIN_MASK, p->pin) == -1)
		return -1;
	return p->card[0] == '\0' && !gate_permit_is_removal(p) ? -1 : 0;
}

size_t
gate_permit_pack(const uint8_t before[GATE_PERMIT_SIZE], const uint8_t record[GATE_PERMIT_SIZE],
    uint8_t out[GATE_PERMIT_PACKED_MAX])
{
	uint32_t mask = 0;
	size_t size = MASK_SIZE;

	for (size_t i = 0; i < GATE_PERMIT_SIZE; i++)
		if (record[i] != before[i]) {
			mask |= UINT32_C(1) << i;
			out[size++] = record[i];
		}
	wire_put(out, MASK_SIZE, mask);
	return mask != 0 ? size : 0;
}

size_t
gate_permit_unpack(const uint8_t *in, size_t size, uint8_t record[GATE_PERMIT_SIZE])
{
	uint32_t mask = size >= MASK_SIZE ? (uint32_t)wire_get(in, MASK_SIZE) : 0;
	size_t at = MASK_SIZE;

	for (size_t i = 0; i < GATE_PERMIT_SIZE; i++) {
		if (!(mask >> i & 1))
			continue;
		if (at == size || in[at] == record[i])
			return 0;
		record[i] = in[at++];
	}
	return mask != 0 ? at : 0;
}
