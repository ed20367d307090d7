/*
 * Writing a message: walks its field table. Every field is held against its range, so that we never send what we
 * would refuse.
 */
#include <string.h>

#include "gate/codec.h"

static uint8_t *
room(struct cursor *c, size_t size)
{
	uint8_t *p = c->out;

	if (size > c->left)
		return NULL;
	c->out += size;
	c->left -= size;
	return p;
}

static int encode_fields(const struct field *f, const uint8_t *body, struct cursor *c);

static int
encode_int(struct cursor *c, const struct field *f, const uint8_t *at)
{
	uint64_t value = memory_get(at, f->size);
	uint8_t *p = room(c, f->size);

	if (p == NULL || value < f->lo || value > f->hi)
		return -1;
	wire_put(p, f->size, value);
	return 0;
}

static int
encode_offset(struct cursor *c, const uint8_t *at)
{
	int32_t offset;
	uint8_t *p = room(c, sizeof offset);

	memcpy(&offset, at, sizeof offset);
	if (p == NULL || !offset_in_range(offset))
		return -1;
	wire_put(p, sizeof offset, (uint32_t)offset);
	return 0;
}

static int
encode_text(struct cursor *c, const struct field *f, const uint8_t *at)
{
	const char *text = (const char *)at;
	size_t size = strnlen(text, f->size + 1u);
	uint8_t *p = room(c, 1 + size);

	if (p == NULL || size > f->size || !text_is_clean(text, size))
		return -1;
	p[0] = (uint8_t)size;
	memcpy(p + 1, text, size);
	return 0;
}

static int
encode_data(struct cursor *c, const struct field *f, const uint8_t *at, size_t size)
{
	const uint8_t *data;
	uint8_t *p = room(c, 2 + size);

	memcpy(&data, at, sizeof data);
	if (p == NULL || size < f->lo || size > f->hi)
		return -1;
	wire_put(p, 2, size);
	if (size > 0)
		memcpy(p + 2, data, size);
	return 0;
}

static int
encode_list(struct cursor *c, const struct field *f, const uint8_t *at, size_t count)
{
	uint8_t *p = room(c, 1);

	if (p == NULL || count < f->lo || count > f->hi)
		return -1;
	*p = (uint8_t)count;
	for (; count > 0; count--, at += f->size)
		if (encode_fields(f->items, at, c) == -1)
			return -1;
	return 0;
}

static int
encode_events(struct cursor *c, const struct field *f, const uint8_t *at, size_t count)
{
	uint8_t *p = room(c, 1);
	int size;

	if (p == NULL || count > f->hi)
		return -1;
	*p = (uint8_t)count;
	for (; count > 0; count--, at += f->size) {
		if ((p = room(c, 1)) == NULL ||
		    (size = event_encode((const struct gate_event *)(const void *)at, c->out, c->left)) == -1)
			return -1;
		*p = (uint8_t)size;
		room(c, (size_t)size);
	}
	return 0;
}

static int
encode_field(const struct field *f, const uint8_t *body, struct cursor *c)
{
	const uint8_t *at = body + f->at;
	uint8_t *p;

	switch (f->kind) {
	case FIELD_INT:
		return encode_int(c, f, at);
	case FIELD_OFFSET:
		return encode_offset(c, at);
	case FIELD_BYTES:
		if ((p = room(c, f->size)) == NULL)
			return -1;
		memcpy(p, at, f->size);
		return 0;
	case FIELD_TEXT:
		return encode_text(c, f, at);
	case FIELD_DATA:
		return encode_data(c, f, at, memory_get(body + f->partner, 2));
	case FIELD_LIST:
		return encode_list(c, f, at, body[f->partner]);
	case FIELD_EVENTS:
		return encode_events(c, f, at, body[f->partner]);
	case FIELD_END:
		break;
	}
	return -1;
}

static int
encode_fields(const struct field *f, const uint8_t *body, struct cursor *c)
{
	for (; f->kind != FIELD_END; f++)
		if (encode_field(f, body, c) == -1)
			return -1;
	return 0;
}

int
gate_encode(const struct gate_message *m, uint8_t *buf, size_t size)
{
	const struct message_layout *l = message_layout(m->type);
	struct cursor c = { .out = buf + GATE_HEADER_SIZE };
	size_t length;

	if (l == NULL || size < GATE_HEADER_SIZE)
		return -1;
	c.left = (size < GATE_MESSAGE_MAX ? size : GATE_MESSAGE_MAX) - GATE_HEADER_SIZE;
	if (encode_fields(l->fields, (const uint8_t *)&m->u, &c) == -1 || (l->rule != NULL && !l->rule(&m->u)))
		return -1;
	length = (size_t)(c.out - buf);
	buf[0] = GATE_PROTOCOL_VERSION;
	buf[1] = m->type;
	wire_put(buf + 2, 2, length);
	wire_put(buf + 4, 4, m->exchange);
	return (int)length;
}
