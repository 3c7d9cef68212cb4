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

#include "capture/flow.h"
#include "track/memory.h"

enum { MARKER_SIZE = 16, HUNT_STEP = 2048, PART_GRAIN = 64 };

struct framer_part {
	struct framer_origin last; /* of the last octet */
	uint32_t held, room;       /* octets */
	uint8_t octets[];
};

static uint32_t
held(const struct framer *f)
{
	return f->part != NULL ? f->part->held : 0;
}

void
framer_init(struct framer *f, bool hunting)
{
	*f = (struct framer){.hunting = hunting, .max = BGP_EXTENDED_MESSAGE_MAX};
}

void
framer_finish(struct framer *f)
{
	free(f->part);
	f->part = NULL;
}

void
framer_near(const struct framer *f)
{
	enum { FIRST = 256 }; /* octets: what follows, the processor fetches by itself */
	near_fetch(f->part, FIRST);
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
	size_t need = held(f) + size;
	assert(need <= BGP_EXTENDED_MESSAGE_MAX);
	if (f->part == NULL || need > f->part->room) {
		/* What a header announces is not believed before it comes. */
		size_t room = f->part != NULL ? (size_t)f->part->room * 2 : 0;
		room = room < need ? need : room;
		/* Few sizes, which malloc() finds again. */
		room += (PART_GRAIN - (sizeof(*f->part) + room) % PART_GRAIN) % PART_GRAIN;
		uint32_t before = held(f);
		f->part = memory_resize(f->part, sizeof(*f->part) + room);
		f->part->held = before;
		f->part->room = (uint32_t)room;
	}
	memcpy(f->part->octets + f->part->held, bytes, size);
	f->part->held = (uint32_t)need;
	f->part->last = *origin;
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
	struct framer_part *part = f->part;
	uint32_t at = 0;
	while (at < part->held) {
		uint32_t run = 0;
		while (at + run < part->held && run < MARKER_SIZE && part->octets[at + run] == 0xff) {
			run++;
		}
		if (at + run == part->held && run < MARKER_SIZE) {
			break; /* perhaps the beginning of a marker */
		}
		if (run == MARKER_SIZE) {
			if (part->held - at < BGP_HEADER_SIZE) {
				break;
			}
			if (plausible(part->octets + at)) {
				f->hunting = false;
				break;
			}
			at++;
			continue;
		}
		at += run + 1;
	}
	if (at > part->held) {
		at = part->held;
	}
	memmove(part->octets, part->octets + at, part->held - at);
	part->held -= at;
}

static void
hand_on(struct framer *f, const struct framer_sink *sink, uint32_t seq_end)
{
	const struct framer_part *part = f->part;
	sink->message(sink->ctx, part->octets, part->held, f->wanted, seq_end, &part->last);
	drop(f);
}

/* Looks at the header in the buffer; false where it cannot be one. */
static bool
read_header(struct framer *f, const struct framer_sink *sink)
{
	struct framer_part *part = f->part;
	uint16_t length;
	uint8_t type;
	enum bgp_fault_code code =
		bgp_header_check(part->octets, f->max, &length, &type);
	if (code == BGP_FAULT_MARKER || code == BGP_FAULT_LENGTH) {
		sink->fault(sink->ctx, code, part->octets, &part->last);
		/* The hunt goes on behind the first octet of what was no header. */
		part->held--;
		memmove(part->octets, part->octets + 1, part->held);
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
		if (f->wanted == 0 && (held(f) < BGP_HEADER_SIZE || !read_header(f, sink))) {
			if (f->hunting) {
				continue;
			}
			return;
		}
		if (held(f) < f->wanted) {
			return;
		}
		struct framer_part *part = f->part;
		uint32_t over = part->held - f->wanted;
		if (over == 0) {
			hand_on(f, sink, seq);
			return;
		}
		/* Only after a hunt the buffer holds more than one message. */
		uint8_t *rest = memory_copy(part->octets + f->wanted, over);
		struct framer_origin last = part->last;
		part->held = f->wanted;
		hand_on(f, sink, seq - over);
		keep(f, rest, over, &last);
		free(rest);
	}
}

/* The rest of a message of which the beginning waits. It is put together where all of them are, so that what waits needs
 * neither to grow nor to be written again. */
static void
complete(struct framer *f, const struct framer_sink *sink, const uint8_t *bytes, size_t size, uint32_t seq_end,
	const struct framer_origin *origin)
{
	struct framer_part *part = f->part;
	memcpy(sink->whole, part->octets, part->held);
	memcpy(sink->whole + part->held, bytes, size);
	uint32_t wanted = f->wanted;
	drop(f);
	sink->message(sink->ctx, sink->whole, wanted, wanted, seq_end, origin);
}

void
framer_bytes(struct framer *f, const struct framer_sink *sink, const uint8_t *bytes, size_t size,
	uint32_t seq, const struct framer_origin *origin)
{
	while (size > 0) {
		if (!f->hunting && f->part == NULL && f->wanted == 0 && size >= BGP_HEADER_SIZE) {
			uint16_t length;
			uint8_t type;
			enum bgp_fault_code code = bgp_header_check(
				bytes, f->max, &length, &type);
			if (code != BGP_FAULT_MARKER && code != BGP_FAULT_LENGTH) {
				if (length > size) {
					f->wanted = length;
					keep(f, bytes, size, origin);
					return;
				}
				sink->message(sink->ctx, bytes, length, length, seq + length, origin);
				bytes += length;
				size -= length;
				seq += length;
				continue;
			}
		}
		size_t need = f->hunting ? HUNT_STEP
			      : f->wanted > 0 ? f->wanted - held(f) - f->lost
					      : BGP_HEADER_SIZE - held(f);
		size_t part = need < size ? need : size;
		if (part == need && f->wanted > 0 && f->part != NULL && f->lost == 0) {
			seq += (uint32_t)part;
			complete(f, sink, bytes, part, seq, origin);
			bytes += part;
			size -= part;
			continue;
		}
		if (f->lost > 0) {
			/* Behind a hole in this message: its octets serve to count only. */
			f->lost = (uint16_t)(f->lost + part);
			if (f->lost == f->wanted) {
				drop(f);
			}
		} else {
			keep(f, bytes, part, origin);
		}
		bytes += part;
		size -= part;
		seq += (uint32_t)part;
		if (f->part != NULL) {
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
	uint32_t lacks = f->wanted - held(f) - f->lost;
	if (missing < lacks) {
		/* What comes behind the hole belongs to this message, but at another place: only what
		 * was before the hole is a prefix that can be read. */
		if (f->lost == 0) {
			sink->message(sink->ctx, f->part->octets, f->part->held, f->wanted, seq + lacks,
				&f->part->last);
		}
		uint16_t wanted = f->wanted;
		uint16_t gone = (uint16_t)(held(f) + f->lost + missing);
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
	if (!f->hunting && f->wanted > 0 && f->part != NULL && f->lost == 0) {
		hand_on(f, sink, seq);
	}
	drop(f);
}
