/*
 * Reading a message: hostile bytes. Nothing is read before length and type are known to fit; every field is held
 * against its range; nothing is allocated.
 */
#include <string.h>

#include "gate/codec.h"

static const uint8_t *
take(struct cursor *c, size_t size)
{
	const uint8_t *p = c->in;

	if (size > c->left)
		return NULL;
	c->in += size;
	c->left -= size;
	return p;
}

static enum gate_fault decode_fields(const struct field *f, uint8_t *body, struct cursor *c);

static enum gate_fault
decode_int(struct cursor *c, const struct field *f, uint8_t *at)
{
	const uint8_t *p = take(c, f->size);
	uint64_t value;

	if (p == NULL)
		return GATE_FAULT_SHORT;
	value = wire_get(p, f->size);
	if (value < f->lo || value > f->hi)
		return GATE_FAULT_RANGE;
	memory_put(at, f->size, value);
	return GATE_OK;
}

static enum gate_fault
decode_offset(struct cursor *c, uint8_t *at)
{
	const uint8_t *p = take(c, 4);
	int32_t offset;

	if (p == NULL)
		return GATE_FAULT_SHORT;
	offset = (int32_t)(uint32_t)wire_get(p, 4);
	if (!offset_in_range(offset))
		return GATE_FAULT_RANGE;
	memcpy(at, &offset, sizeof offset);
	return GATE_OK;
}

static enum gate_fault
decode_text(struct cursor *c, const struct field *f, uint8_t *at)
{
	const uint8_t *n = take(c, 1), *p;

	if (n == NULL)
		return GATE_FAULT_SHORT;
	if (*n > f->size)
		return GATE_FAULT_COUNT;
	if ((p = take(c, *n)) == NULL)
		return GATE_FAULT_COUNT;
	if (!text_is_clean((const char *)p, *n))
		return GATE_FAULT_TEXT;
	memcpy(at, p, *n);
	at[*n] = '\0';
	return GATE_OK;
}

static enum gate_fault
decode_data(struct cursor *c, const struct field *f, uint8_t *at, uint8_t *partner)
{
	const uint8_t *n = take(c, 2), *p;
	uint64_t size;

	if (n == NULL)
		return GATE_FAULT_SHORT;
	size = wire_get(n, 2);
	if (size < f->lo || size > f->hi || (p = take(c, size)) == NULL)
		return GATE_FAULT_COUNT;
	memory_put(partner, 2, size);
	memcpy(at, &p, sizeof p);
	return GATE_OK;
}

static enum gate_fault
decode_list(struct cursor *c, const struct field *f, uint8_t *at, uint8_t *partner)
{
	const uint8_t *n = take(c, 1);
	enum gate_fault fault;

	if (n == NULL)
		return GATE_FAULT_SHORT;
	if (*n < f->lo || *n > f->hi)
		return GATE_FAULT_COUNT;
	*partner = *n;
	for (unsigned left = *n; left > 0; left--, at += f->size)
		if ((fault = decode_fields(f->items, at, c)) != GATE_OK)
			return fault == GATE_FAULT_SHORT ? GATE_FAULT_COUNT : fault;
	return GATE_OK;
}

static enum gate_fault
decode_events(struct cursor *c, const struct field *f, uint8_t *at, uint8_t *partner)
{
	const uint8_t *n = take(c, 1), *size, *record;
	enum gate_fault fault;

	if (n == NULL)
		return GATE_FAULT_SHORT;
	if (*n > f->hi)
		return GATE_FAULT_COUNT;
	*partner = *n;
	for (unsigned left = *n; left > 0; left--, at += f->size) {
		if ((size = take(c, 1)) == NULL || (record = take(c, *size)) == NULL)
			return GATE_FAULT_COUNT;
		if ((fault = event_decode(record, *size, (struct gate_event *)(void *)at)) != GATE_OK)
			return fault;
	}
	return GATE_OK;
}

static enum gate_fault
decode_field(const struct field *f, uint8_t *body, struct cursor *c)
{
	uint8_t *at = body + f->at;
	const uint8_t *p;

	switch (f->kind) {
	case FIELD_INT:
		return decode_int(c, f, at);
	case FIELD_OFFSET:
		return decode_offset(c, at);
	case FIELD_BYTES:
		if ((p = take(c, f->size)) == NULL)
			return GATE_FAULT_SHORT;
		memcpy(at, p, f->size);
		return GATE_OK;
	case FIELD_TEXT:
		return decode_text(c, f, at);
	case FIELD_DATA:
		return decode_data(c, f, at, body + f->partner);
	case FIELD_LIST:
		return decode_list(c, f, at, body + f->partner);
	case FIELD_EVENTS:
		return decode_events(c, f, at, body + f->partner);
	case FIELD_END:
		break;
	}
	return GATE_FAULT_TYPE;
}

static enum gate_fault
decode_fields(const struct field *f, uint8_t *body, struct cursor *c)
{
	enum gate_fault fault;

	for (; f->kind != FIELD_END; f++)
		if ((fault = decode_field(f, body, c)) != GATE_OK)
			return fault;
	return GATE_OK;
}

enum gate_fault
gate_decode(const uint8_t *buf, size_t size, struct gate_message *m)
{
	const struct message_layout *l;
	struct cursor c;
	enum gate_fault fault;

	m->type = 0;
	m->exchange = 0;
	if (size < GATE_HEADER_SIZE)
		return GATE_FAULT_SHORT;
	m->type = buf[1];
	m->exchange = (uint32_t)wire_get(buf + 4, 4);
	if (buf[0] != GATE_PROTOCOL_VERSION)
		return GATE_FAULT_VERSION;
	if (wire_get(buf + 2, 2) != size)
		return GATE_FAULT_LENGTH;
	if ((l = message_layout(m->type)) == NULL)
		return GATE_FAULT_TYPE;
	if (size < l->info.least)
		return GATE_FAULT_SHORT;
	if (size > l->info.greatest)
		return GATE_FAULT_LONG;
	c.in = buf + GATE_HEADER_SIZE;
	c.left = size - GATE_HEADER_SIZE;
	if ((fault = decode_fields(l->fields, (uint8_t *)&m->u, &c)) != GATE_OK)
		return fault;
	if (c.left > 0)
		return GATE_FAULT_LONG;
	return l->rule == NULL || l->rule(&m->u) ? GATE_OK : GATE_FAULT_RANGE;
}
