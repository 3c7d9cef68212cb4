/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hand that tells fields: it reads from a cursor as the decoders do, and says each time what was
 * read and where. It knows nothing of any protocol. A short read is told once, as the octets that
 * are there; after it the cursor has failed and is silent.
 */
#include "dissect/field.h"

#include <stdarg.h>
#include <stdio.h>

void
field_tell(struct fields *f, struct cursor span, struct field field)
{
	if (f->depth >= FIELD_DEPTH_MAX) {
		return;
	}
	field.depth = f->depth;
	field.offset = (uint32_t)cursor_offset(&span);
	field.size = (uint32_t)(span.end - span.at);
	f->sink->on_field(f->sink->self, &field);
}

/* Octets are missing at the end of `c`: because the message ends there, or the capture. */
static void
blame(const struct fields *f, const struct cursor *c, struct field *field)
{
	field->cut = f->cut != NULL && c->end == f->cut;
	field->malformed = !field->cut;
}

/* Whether `size` octets can be read. Where not, what there is of them is told. */
static bool
has(struct fields *f, struct cursor *c, size_t size, const char *name)
{
	if (c->failed || cursor_left(c) >= size) {
		return !c->failed;
	}
	struct cursor rest = cursor_rest(c);
	struct field field = {.name = name, .kind = FIELD_BYTES, .bytes = rest};
	blame(f, &rest, &field);
	field_tell(f, rest, field);
	c->failed = true;
	return false;
}

static uint64_t
read_number(struct cursor *c, unsigned size)
{
	uint64_t number = 0;
	for (unsigned i = 0; i < size; i++) {
		number = number << 8 | cursor_u8(c);
	}
	return number;
}

static uint64_t
number_of(struct fields *f, struct cursor *c, unsigned size, const char *name, enum field_kind kind,
	const char *(*meaning)(uint64_t))
{
	if (!has(f, c, size, name)) {
		return 0;
	}
	struct cursor from = *c;
	uint64_t number = read_number(c, size);
	field_tell(f, field_span(&from, c),
		(struct field){
			.name = name,
			.kind = kind,
			.number = number,
			.text = meaning != NULL ? meaning(number) : NULL,
		});
	return number;
}

uint64_t
field_number(struct fields *f, struct cursor *c, unsigned size, const char *name)
{
	return number_of(f, c, size, name, FIELD_NUMBER, NULL);
}

uint64_t
field_hex(struct fields *f, struct cursor *c, unsigned size, const char *name)
{
	return number_of(f, c, size, name, FIELD_HEX, NULL);
}

uint64_t
field_named(struct fields *f, struct cursor *c, unsigned size, const char *name,
	const char *(*meaning)(uint64_t number))
{
	return number_of(f, c, size, name, FIELD_NUMBER, meaning);
}

uint64_t
field_flags(struct fields *f, struct cursor *c, unsigned size, const char *name,
	const struct field_bit *bits, size_t count)
{
	struct cursor from = *c;
	uint64_t number = number_of(f, c, size, name, FIELD_HEX, NULL);
	if (c->failed) {
		return 0;
	}
	f->depth++;
	for (size_t i = 0; i < count; i++) {
		field_flag(f, field_span(&from, c), bits[i].name, (number & bits[i].mask) != 0);
	}
	f->depth--;
	return number;
}

struct address
field_address(struct fields *f, struct cursor *c, uint8_t family, const char *name)
{
	struct address address = {0};
	char text[ADDRESS_TEXT_MAX];
	if (!has(f, c, family == 4 ? 4 : 16, name)) {
		return address;
	}
	struct cursor from = *c;
	address = address_read(c, family);
	field_tell(f, field_span(&from, c),
		(struct field){
			.name = name,
			.kind = FIELD_ADDRESS,
			.text = address_text(&address, text),
		});
	return address;
}

static void
bytes_of(struct fields *f, struct cursor *c, size_t size, const char *name, enum field_kind kind)
{
	if (has(f, c, size, name)) {
		struct cursor bytes = cursor_take(c, size);
		field_tell(f, bytes, (struct field){.name = name, .kind = kind, .bytes = bytes});
	}
}

void
field_bytes(struct fields *f, struct cursor *c, size_t size, const char *name)
{
	bytes_of(f, c, size, name, FIELD_BYTES);
}

void
field_wire_text(struct fields *f, struct cursor *c, size_t size, const char *name)
{
	bytes_of(f, c, size, name, FIELD_WIRE_TEXT);
}

void
field_rest(struct fields *f, struct cursor *c, const char *name)
{
	if (cursor_left(c) > 0) {
		field_bytes(f, c, cursor_left(c), name);
	}
}

void
field_text(struct fields *f, struct cursor span, const char *name, const char *format, ...)
{
	char text[FIELD_TEXT_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	field_tell(f, span, (struct field){.name = name, .kind = FIELD_TEXT, .text = text});
}

void
field_part(struct fields *f, struct cursor span, const char *name, uint64_t number,
	const char *meaning)
{
	field_tell(f, span,
		(struct field){
			.name = name,
			.kind = FIELD_NUMBER,
			.number = number,
			.text = meaning,
		});
}

void
field_flag(struct fields *f, struct cursor span, const char *name, bool set)
{
	field_tell(f, span, (struct field){.name = name, .kind = FIELD_FLAG, .number = set});
}

void
field_begin(struct fields *f, struct cursor span, const char *name, const char *format, ...)
{
	char text[FIELD_TEXT_MAX];
	if (format != NULL) {
		va_list arguments;
		va_start(arguments, format);
		vsnprintf(text, sizeof(text), format, arguments);
		va_end(arguments);
	}
	field_tell(f, span,
		(struct field){
			.name = name,
			.kind = FIELD_GROUP,
			.text = format != NULL ? text : NULL,
		});
	f->depth++;
}

struct cursor
field_take(struct fields *f, struct cursor *c, size_t size, const char *name, const char *format,
	...)
{
	char text[FIELD_TEXT_MAX];
	struct field field = {.name = name, .kind = FIELD_GROUP};
	if (c->failed) {
		/* Silent, but the level must be there for field_end(). */
		f->depth++;
		return (struct cursor){.base = c->base, .at = c->at, .end = c->at, .failed = true};
	}
	if (format != NULL) {
		va_list arguments;
		va_start(arguments, format);
		vsnprintf(text, sizeof(text), format, arguments);
		va_end(arguments);
		field.text = text;
	}
	struct cursor child = cursor_take_some(c, size);
	if (c->failed) {
		blame(f, &child, &field);
		field.bytes = child;
	}
	field_tell(f, child, field);
	f->depth++;
	return child;
}

void
field_surplus(struct fields *f, struct cursor *c)
{
	if (cursor_left(c) > 0) {
		struct cursor rest = cursor_rest(c);
		field_tell(f, rest,
			(struct field){
				.name = "Surplus octets",
				.kind = FIELD_BYTES,
				.malformed = true,
				.bytes = rest,
			});
	}
}

void
field_end(struct fields *f, struct cursor *child)
{
	if (child != NULL) {
		field_surplus(f, child);
	}
	f->depth--;
}
