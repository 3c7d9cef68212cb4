/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Framing with a memory for holes. Three situations:
 *
 * in step   the next octet is the first of a header: whole messages are handed on in place;
 * gathering a message has begun and is not whole: it is copied until it is, or until a hole that is
 *           not larger than what it lacks took part of it (then it is handed on cut, and the place of
 *           the next header is still known);
 * hunting   the place was lost (mid-stream, a hole over a header, a bad header): octets pass until
 *           16 × 0xFF and a header that can be.
 */
#include "track/framer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

enum { MARKER_SIZE = 16, HUNT_STEP = 2048 };

void
framer_init(struct framer *f, bool hunting)
{
	*f = (struct framer){.hunting = hunting, .max = BGP_EXTENDED_MESSAGE_MAX};
}

void
framer_finish(struct framer *f)
{
	free(f->buffer);
	f->buffer = NULL;
	f->held = f->room = 0;
}

static void
drop(struct framer *f)
{
	framer_finish(f);
	f->wanted = f->lost = 0;
}

static void
keep(struct framer *f, const uint8_t *bytes, size_t size, const struct framer_origin *origin)
{
	if (size == 0) {
		return;
	}
	size_t need = f->held + size;
	assert(need <= BGP_EXTENDED_MESSAGE_MAX);
	if (need > f->room) {
		/* What a header announces is not believed before it comes. */
		size_t room = f->room > 0 ? (size_t)f->room * 2 : 64;
		room = room < need ? need : room;
		f->buffer = memory_resize(f->buffer, room);
		f->room = (uint32_t)room;
	}
	memcpy(f->buffer + f->held, bytes, size);
	f->held = (uint32_t)need;
	f->last = *origin;
}

/* A header that a hunter may believe: everything but the marker alone is checked, too. */
static bool
plausible(const uint8_t *header)
{
	uint16_t length;
	uint8_t type;
	enum bgp_fault_code code =
		bgp_header_check(header, BGP_EXTENDED_MESSAGE_MAX, &length, &type);
	return code == BGP_FAULT_NONE;
}

/* Drops octets up to the next marker that starts a header, or leaves the last few that may be the
 * beginning of one. */
static void
hunt(struct framer *f)
{
	uint32_t at = 0;
	while (at < f->held) {
		uint32_t run = 0;
		while (at + run < f->held && run < MARKER_SIZE && f->buffer[at + run] == 0xff) {
			run++;
		}
		if (at + run == f->held && run < MARKER_SIZE) {
			break; /* perhaps the beginning of a marker */
		}
		if (run == MARKER_SIZE) {
			if (f->held - at < BGP_HEADER_SIZE) {
				break;
			}
			if (plausible(f->buffer + at)) {
				f->hunting = false;
				break;
			}
			at++;
			continue;
		}
		at += run + 1;
	}
	if (at > f->held) {
		at = f->held;
	}
	memmove(f->buffer, f->buffer + at, f->held - at);
	f->held -= at;
}

static void
hand_on(struct framer *f, const struct framer_sink *sink, uint32_t seq_end)
{
	struct framer_origin origin = f->last;
	sink->message(sink->ctx, f->buffer, f->held, f->wanted, seq_end, &origin);
	drop(f);
}

/* Looks at the header in the buffer; false where it cannot be one. */
static bool
read_header(struct framer *f, const struct framer_sink *sink)
{
	uint16_t length;
	uint8_t type;
	enum bgp_fault_code code =
		bgp_header_check(f->buffer, f->max, &length, &type);
	if (code == BGP_FAULT_MARKER || code == BGP_FAULT_LENGTH) {
		sink->fault(sink->ctx, code, f->buffer, &f->last);
		/* The hunt goes on behind the first octet of what was no header. */
		f->held--;
		memmove(f->buffer, f->buffer + 1, f->held);
		f->hunting = true;
		return false;
	}
	/* A type that is not known, or a length that does not fit it, is the decoder's to tell: the
	 * length still says where the next header is. */
	f->wanted = length;
	return true;
}

/* Takes from the buffer all that is whole. */
static void
settle(struct framer *f, const struct framer_sink *sink, uint32_t seq)
{
	for (;;) {
		if (f->hunting) {
			hunt(f);
			if (f->hunting) {
				return;
			}
		}
		if (f->wanted == 0 && (f->held < BGP_HEADER_SIZE || !read_header(f, sink))) {
			if (f->hunting) {
				continue;
			}
			return;
		}
		if (f->held < f->wanted) {
			return;
		}
		uint32_t over = f->held - f->wanted;
		if (over == 0) {
			hand_on(f, sink, seq);
			return;
		}
		/* Only after a hunt the buffer holds more than one message. */
		uint8_t *rest = memory_copy(f->buffer + f->wanted, over);
		struct framer_origin last = f->last;
		f->held = f->wanted;
		hand_on(f, sink, seq - over);
		keep(f, rest, over, &last);
		free(rest);
	}
}

void
framer_bytes(struct framer *f, const struct framer_sink *sink, const uint8_t *bytes, size_t size,
	uint32_t seq, const struct framer_origin *origin)
{
	while (size > 0) {
		if (!f->hunting && f->held == 0 && f->wanted == 0 && size >= BGP_HEADER_SIZE) {
			uint16_t length;
			uint8_t type;
			enum bgp_fault_code code = bgp_header_check(
				bytes, f->max, &length, &type);
			if (code != BGP_FAULT_MARKER && code != BGP_FAULT_LENGTH && length <= size) {
				sink->message(sink->ctx, bytes, length, length, seq + length, origin);
				bytes += length;
				size -= length;
				seq += length;
				continue;
			}
		}
		size_t need = f->hunting ? HUNT_STEP
			      : f->wanted > 0 ? f->wanted - f->held - f->lost
					      : BGP_HEADER_SIZE - f->held;
		size_t part = need < size ? need : size;
		if (f->lost > 0) {
			/* Behind a hole in this message: its octets serve to count only. */
			f->lost += (uint32_t)part;
			if (f->lost == f->wanted) {
				drop(f);
			}
		} else {
			keep(f, bytes, part, origin);
		}
		bytes += part;
		size -= part;
		seq += (uint32_t)part;
		if (f->held > 0) {
			settle(f, sink, seq);
		}
	}
}

void
framer_gap(struct framer *f, const struct framer_sink *sink, uint32_t missing, uint32_t seq,
	const struct framer_origin *origin)
{
	(void)origin;
	if (f->hunting) {
		drop(f);
		return;
	}
	if (f->wanted == 0) {
		/* The hole takes (part of) a header. */
		drop(f);
		f->hunting = true;
		return;
	}
	uint32_t lacks = f->wanted - f->held - f->lost;
	if (missing < lacks) {
		/* What comes behind the hole belongs to this message, but at another place: only what
		 * was before the hole is a prefix that can be read. */
		if (f->lost == 0) {
			struct framer_origin at = f->last;
			sink->message(sink->ctx, f->buffer, f->held, f->wanted, seq + lacks, &at);
		}
		uint32_t wanted = f->wanted;
		uint32_t gone = f->held + f->lost + missing;
		drop(f);
		f->wanted = wanted;
		f->lost = gone;
		return;
	}
	if (f->lost == 0) {
		hand_on(f, sink, seq + lacks);
	} else {
		drop(f);
	}
	f->hunting = missing > lacks;
}

void
framer_end(struct framer *f, const struct framer_sink *sink, uint32_t seq)
{
	if (!f->hunting && f->wanted > 0 && f->held > 0 && f->lost == 0) {
		hand_on(f, sink, seq);
	}
	drop(f);
}
