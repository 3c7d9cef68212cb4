/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_CURSOR_H
#define BGPWHY_DISSECT_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The only way to read wire bytes. A cursor borrows the bytes; it never owns them.
 *
 * The error is sticky: a read past the end returns 0, sets `failed` and leaves the position where
 * it was, so that a decoder checks once, at its end, and `cursor_offset` is the diagnostic.
 * Every length field of the wire becomes a child by cursor_take(); a child keeps the `base` of its
 * parent, so that offsets always count from the start of the message.
 */
struct cursor {
	const uint8_t *base;
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

static inline struct cursor
cursor_make(const void *bytes, size_t size)
{
	const uint8_t *p = (const uint8_t *)bytes;
	return (struct cursor){.base = p, .at = p, .end = size > 0 ? p + size : p};
}

/* Octets not yet read; 0 after a failure, so that every loop over a cursor ends. */
static inline size_t
cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : (size_t)(c->end - c->at);
}

/* Octets between the start of the message and the position (after a failure: where it failed). */
static inline size_t
cursor_offset(const struct cursor *c)
{
	return (size_t)(c->at - c->base);
}

/* Exact consumption is the length check: short or left over is malformed. */
static inline bool
cursor_exact(const struct cursor *c)
{
	return !c->failed && c->at == c->end;
}

/* The next `size` octets, or NULL (and failed) where there are fewer. */
static inline const uint8_t *
cursor_bytes(struct cursor *c, size_t size)
{
	if (c->failed || (size_t)(c->end - c->at) < size) {
		c->failed = true;
		return NULL;
	}
	const uint8_t *p = c->at;
	if (size > 0) {
		c->at += size;
	}
	return p;
}

/* The next `size` octets, which stay unread; NULL where there are fewer, which is no failure yet. */
static inline const uint8_t *
cursor_peek(const struct cursor *c, size_t size)
{
	return !c->failed && (size_t)(c->end - c->at) >= size ? c->at : NULL;
}

static inline uint8_t
cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 1);
	return p != NULL ? p[0] : 0;
}

static inline uint16_t
cursor_u16(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 2);
	return p != NULL ? (uint16_t)((unsigned)p[0] << 8 | p[1]) : 0;
}

static inline uint32_t
cursor_u24(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 3);
	return p != NULL ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t
cursor_u32(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 4);
	if (p == NULL) {
		return 0;
	}
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
cursor_u64(struct cursor *c)
{
	if (cursor_left(c) < 8) {
		c->failed = true;
		return 0;
	}
	uint64_t high = cursor_u32(c);
	return high << 32 | cursor_u32(c);
}

static inline void
cursor_skip(struct cursor *c, size_t size)
{
	(void)cursor_bytes(c, size);
}

/* A child over the next `size` octets, which the parent skips. Where there are fewer, the parent
 * fails, and the child is empty and failed. */
static inline struct cursor
cursor_take(struct cursor *c, size_t size)
{
	const uint8_t *p = cursor_bytes(c, size);
	if (p == NULL) {
		return (struct cursor){.base = c->base, .at = c->at, .end = c->at, .failed = true};
	}
	return (struct cursor){.base = c->base, .at = p, .end = p + size};
}

/* The same, into a child that is there: without copies, for the loops over long lists. False, and the
 * child as it was, where there are fewer octets. */
static inline bool
cursor_take_into(struct cursor *c, size_t size, struct cursor *child)
{
	const uint8_t *p = cursor_bytes(c, size);
	if (p == NULL) {
		return false;
	}
	child->base = c->base;
	child->at = p;
	child->end = p + size;
	child->failed = false;
	return true;
}

/* A copy of a cursor that was written a moment ago. In parts, as it was: a processor that loads in one what it
 * has just stored in two waits for the memory. */
static inline struct cursor
cursor_same(const struct cursor *c)
{
	struct cursor same;
	same.base = c->base;
	same.at = c->at;
	same.end = c->end;
	same.failed = c->failed;
	return same;
}

/* A child over all that is left. */
static inline struct cursor
cursor_rest(struct cursor *c)
{
	return cursor_take(c, cursor_left(c));
}

/* A child over what there is of `size` octets; the parent fails where there are fewer, the child
 * does not: for decoders that read a damaged message as far as it goes. */
static inline struct cursor
cursor_take_some(struct cursor *c, size_t size)
{
	size_t left = cursor_left(c);
	struct cursor child = cursor_take(c, size < left ? size : left);
	if (size > left) {
		c->failed = true;
	}
	return child;
}

#endif
