/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_FIELD_H
#define BGPWHY_DISSECT_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "dissect/address.h"
#include "dissect/cursor.h"

/*
 * A message as a tree of fields: the one description from which the indented text, the members in
 * JSON and the dashboard's tree beside the octets are made. The fields are told to a visitor in the
 * order of the octets, a parent before its children; nothing is allocated or printed, and no more is
 * done than a visitor asks for. Only -vv and the dashboard ask.
 */

enum field_kind {
	FIELD_GROUP,     /* nothing of its own; `text` may sum the children up */
	FIELD_NUMBER,    /* `number`; `text` is its meaning, or NULL */
	FIELD_HEX,       /* the same, best read in hexadecimal, with two digits for each octet */
	FIELD_FLAG,      /* one bit of the parent: `number` is 0 or 1 */
	FIELD_ADDRESS,   /* `text` */
	FIELD_TEXT,      /* `text`: a value that is no plain number ("65001:100") */
	FIELD_WIRE_TEXT, /* `bytes`, to be escaped by the view; perhaps not UTF-8 */
	FIELD_BYTES,     /* `bytes` */
};

/* A field, and all it points to, is borrowed until on_field() returns; names are static. */
struct field {
	const char *name; /* as the RFC has it: "Hold Time" */
	enum field_kind kind;
	uint8_t depth;   /* 0 for the message's own; a child of the last field that has one less */
	bool malformed;  /* it does not fit: `bytes` has what there is of it */
	bool cut;        /* the same, because the capture ends here */
	bool guessed;    /* read in one of several ways, for lack of the OPENs */
	uint64_t number;
	const char *text;
	uint32_t offset, size; /* octets in the message; of a FLAG those of its parent */
	struct cursor bytes;
};

struct field_sink {
	void *self;
	void (*on_field)(void *self, const struct field *field);
};

/* Where a decoder that tells fields stands. */
struct fields {
	const struct field_sink *sink;
	const uint8_t *cut; /* where the capture ends inside the message; NULL: the message is whole */
	uint8_t depth;
};

enum {
	FIELD_DEPTH_MAX = 24, /* deeper fields are not told; no message has so many levels */
	FIELD_TEXT_MAX = 640, /* a longer text is cut */
};

struct field_bit {
	uint64_t mask;
	const char *name;
};

#if defined(__GNUC__)
#define FIELD_FORMAT(at, arguments) __attribute__((format(printf, at, arguments)))
#else
#define FIELD_FORMAT(at, arguments)
#endif

/*
 * Readers: each takes octets from `c`, tells them as one field and returns the value. Where there
 * are fewer octets than it needs, what there is becomes one field that is malformed (or cut, where
 * it is the capture that ends), and `c` fails; on a cursor that has failed nothing is told. So a
 * decoder names its fields one after the other and need not check between them.
 */
uint64_t field_number(struct fields *f, struct cursor *c, unsigned size, const char *name);
uint64_t field_hex(struct fields *f, struct cursor *c, unsigned size, const char *name);
/* With the meaning of the number, which may be NULL. */
uint64_t field_named(struct fields *f, struct cursor *c, unsigned size, const char *name,
	const char *(*meaning)(uint64_t number));
/* A FIELD_HEX and a FIELD_FLAG below it for each of the bits. */
uint64_t field_flags(struct fields *f, struct cursor *c, unsigned size, const char *name,
	const struct field_bit *bits, size_t count);
struct address field_address(struct fields *f, struct cursor *c, uint8_t family, const char *name);
void field_bytes(struct fields *f, struct cursor *c, size_t size, const char *name);
void field_wire_text(struct fields *f, struct cursor *c, size_t size, const char *name);
/* All that is left, as FIELD_BYTES; nothing where nothing is left. */
void field_rest(struct fields *f, struct cursor *c, const char *name);

/* The octets between two positions of the same cursor. */
static inline struct cursor
field_span(const struct cursor *from, const struct cursor *to)
{
	return (struct cursor){.base = from->base, .at = from->at, .end = to->at};
}

/* Tells of octets that were read already: a text, or a number that is a part of them. */
void field_text(struct fields *f, struct cursor span, const char *name, const char *format, ...)
	FIELD_FORMAT(4, 5);
void field_part(struct fields *f, struct cursor span, const char *name, uint64_t number,
	const char *meaning);
void field_flag(struct fields *f, struct cursor span, const char *name, bool set);

/* A field of any kind; depth, offset and size are set from where `f` is and from `span`. */
void field_tell(struct fields *f, struct cursor span, struct field field);

/*
 * Groups. What is told between begin and end is below the group. field_take() is a group over the
 * next `size` octets of `c`, as a cursor of its own; where there are fewer, `c` fails, the group is
 * malformed (or cut), and the child has what there is. field_end() tells what is left over of the
 * child as malformed, which is how every list is held against its length; NULL where there is no
 * child. `format` NULL: no text.
 */
void field_begin(struct fields *f, struct cursor span, const char *name, const char *format, ...)
	FIELD_FORMAT(4, 5);
struct cursor field_take(struct fields *f, struct cursor *c, size_t size, const char *name,
	const char *format, ...) FIELD_FORMAT(5, 6);
void field_end(struct fields *f, struct cursor *child);
/* What is left over of `c`, as malformed. */
void field_surplus(struct fields *f, struct cursor *c);

#endif
