/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own reassembly. What comes in order goes straight from the packet to the receiver, with no
 * copy. What comes early waits in an array sorted by sequence number, to whose end nearly
 * everything is added. A receiver of TCP waits for ever for what lacks; a capture may never get
 * it, so a hole is given up
 *
 * - when the other side has acknowledged all of it (so it was there, and the capture lost it) and a
 *   grace has passed, for captures show packets in another order than the hosts saw them: 8 later
 *   segments and 3 ms (or 64, whatever the time), or 100 ms;
 * - when no ACK is in sight, after 3 s; when there are ACKs, but not past it, after 60 s in which
 *   nothing came at its front;
 * - when too much waits behind it; at a RST; at the end.
 *
 * Octets acknowledged though nothing was seen behind them are a hole, too. Where a stream is joined
 * in the middle, what lacks before the first octets handed on was never in the capture: no gap.
 *
 * The first copy of an octet wins. A later copy that differs is CONN_OVERLAP: it is compared with
 * what waits, and, for the last LIMIT_RECENT segments handed on, by their sums.
 *
 * Holes stand in two lists, acknowledged or not. In each the patience is the same for all, so they
 * run out in the order in which they were added.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "capture/input.h"
#include "capture/limits.h"
#include "capture/stream.h"

/* Octets that wait, with the packet that brought them. */
struct held {
	struct packet_info from;
	uint8_t octets[];
};

struct piece {
	uint32_t seq;
	uint32_t size; /* octets held */
	uint32_t cut;  /* octets after them that the snaplen cut */
	struct held *held;
};

enum hole_list { HOLE_UNACKED, HOLE_ACKED, HOLE_LISTS };

struct native_conn;

/* A hole, and what waits behind it. */
struct hole {
	struct native_conn *native;
	uint8_t dir;
	uint8_t list;
	uint8_t later; /* segments since it was acknowledged */
	struct piece *pieces; /* sorted, none overlap: [head, head + count) */
	uint32_t head, count, capacity;
	size_t buffered;
	uint32_t evidence;  /* HOLE_ACKED: the ACK that proves it */
	uint64_t since_ns;  /* in its list */
	uint64_t opened_ns;
	struct hole *newer, *older;
	struct packet_info at; /* the packet that showed it */
};

struct recent {
	uint32_t seq;
	uint16_t size, sum;
};

struct direction {
	uint32_t next; /* the octet to be handed on next */
	bool started;
	bool fresh; /* joined in the middle, nothing handed on yet */
	uint8_t recent_at;
	struct hole *hole;
	struct recent recent[LIMIT_RECENT];
};

struct native_conn {
	struct conn *conn;
	struct direction dir[2];
};

struct stream {
	struct flow_sink sink;
	struct stream_limits limits;
	size_t buffered; /* over all holes */
	uint64_t now_ns;
	struct {
		struct hole *oldest, *newest;
	} list[HOLE_LISTS];
};

static void
list_add(struct stream *stream, struct hole *hole, uint8_t list)
{
	hole->list = list;
	hole->since_ns = stream->now_ns;
	hole->newer = NULL;
	hole->older = stream->list[list].newest;
	if (hole->older != NULL) {
		hole->older->newer = hole;
	} else {
		stream->list[list].oldest = hole;
	}
	stream->list[list].newest = hole;
}

static void
list_remove(struct stream *stream, struct hole *hole)
{
	uint8_t list = hole->list;
	if (hole->newer != NULL) {
		hole->newer->older = hole->older;
	} else {
		stream->list[list].newest = hole->older;
	}
	if (hole->older != NULL) {
		hole->older->newer = hole->newer;
	} else {
		stream->list[list].oldest = hole->newer;
	}
}

static struct hole *
hole_open(struct stream *stream, struct native_conn *native, uint8_t dir,
	const struct packet_info *at)
{
	struct hole *hole = capture_allocate(sizeof(*hole));
	hole->native = native;
	hole->dir = dir;
	hole->opened_ns = stream->now_ns;
	hole->at = *at;
	list_add(stream, hole, HOLE_UNACKED);
	native->dir[dir].hole = hole;
	return hole;
}

static void
hole_close(struct stream *stream, struct hole *hole)
{
	list_remove(stream, hole);
	for (uint32_t i = 0; i < hole->count; i++) {
		free(hole->pieces[hole->head + i].held);
	}
	stream->buffered -= hole->buffered;
	hole->native->dir[hole->dir].hole = NULL;
	free(hole->pieces);
	free(hole);
}

static uint32_t
piece_span(const struct piece *piece)
{
	return piece->size + piece->cut;
}

static size_t
piece_cost(const struct piece *piece)
{
	return piece->size + sizeof(struct held) + sizeof(struct piece);
}

static void
give_bytes(struct stream *stream, struct native_conn *native, uint8_t dir, const uint8_t *octets,
	uint32_t size, const struct packet_info *from)
{
	struct direction *direction = &native->dir[dir];
	uint32_t seq = direction->next;
	direction->next += size;
	direction->fresh = false;
	stream->sink.bytes(stream->sink.ctx, native->conn, dir, octets, size, seq, from);
}

static void
give_gap(struct stream *stream, struct native_conn *native, uint8_t dir, uint32_t missing,
	enum gap_why why, const struct packet_info *at)
{
	struct direction *direction = &native->dir[dir];
	uint32_t seq = direction->next;
	direction->next += missing;
	if (!direction->fresh || why == GAP_CUT) {
		direction->fresh = false;
		stream->sink.gap(stream->sink.ctx, native->conn, dir, seq, missing, why, at);
	}
}

/* Hands on the pieces that are in order now. Returns whether the hole is closed. */
static bool
hole_drain(struct stream *stream, struct hole *hole)
{
	struct native_conn *native = hole->native;
	struct direction *direction = &native->dir[hole->dir];
	while (hole->count > 0) {
		struct piece piece = hole->pieces[hole->head];
		uint32_t done = direction->next - piece.seq;
		if ((int32_t)done < 0) {
			return false;
		}
		hole->head++;
		hole->count--;
		hole->buffered -= piece_cost(&piece);
		stream->buffered -= piece_cost(&piece);
		if (done < piece.size) {
			give_bytes(stream, native, hole->dir, piece.held->octets + done, piece.size - done,
				&piece.held->from);
			done = piece.size;
		}
		if (done < piece_span(&piece)) {
			give_gap(stream, native, hole->dir, piece_span(&piece) - done, GAP_CUT,
				&piece.held->from);
		}
		free(piece.held);
	}
	hole_close(stream, hole);
	return true;
}

/* Gives the first hole up, and hands on what comes after it. Returns whether none is left. */
static bool
hole_give_up(struct stream *stream, struct hole *hole, enum gap_why why)
{
	struct direction *direction = &hole->native->dir[hole->dir];
	if (hole->count > 0) {
		const struct piece *first = &hole->pieces[hole->head];
		uint32_t missing = first->seq - direction->next;
		if ((int32_t)missing > 0) {
			give_gap(stream, hole->native, hole->dir, missing, why, &first->held->from);
		}
	} else {
		/* Acknowledged, with nothing behind it; the last one may be that of the FIN. */
		const struct conn_side *side = &hole->native->conn->side[hole->dir];
		bool finished = side->fin_count > 0 && hole->evidence == side->next_seq;
		uint32_t missing = hole->evidence - direction->next - (finished ? 1u : 0u);
		if (hole->list == HOLE_ACKED && (int32_t)missing > 0) {
			give_gap(stream, hole->native, hole->dir, missing, why, &hole->at);
		}
	}
	return hole_drain(stream, hole);
}

static void
hole_give_up_all(struct stream *stream, struct hole *hole, enum gap_why why)
{
	while (!hole_give_up(stream, hole, why)) {
	}
}

/* Gives up what the ACK proves, which may be several holes. */
static void
hole_give_up_acked(struct stream *stream, struct hole *hole)
{
	uint32_t evidence = hole->evidence;
	while (hole->count == 0 || (int32_t)(evidence - hole->pieces[hole->head].seq) >= 0) {
		if (hole_give_up(stream, hole, GAP_ACKED)) {
			return;
		}
	}
	/* The next one has its own patience. */
	list_remove(stream, hole);
	hole->opened_ns = stream->now_ns;
	list_add(stream, hole, HOLE_UNACKED);
}

static void
piece_insert(struct hole *hole, uint32_t at, struct piece piece)
{
	if (hole->head > 0 && hole->head + hole->count == hole->capacity) {
		memmove(hole->pieces, hole->pieces + hole->head, hole->count * sizeof(piece));
		hole->head = 0;
	}
	if (hole->count == hole->capacity) {
		hole->capacity = hole->capacity > 0 ? hole->capacity * 2 : 8;
		hole->pieces = capture_reallocate(hole->pieces, hole->capacity * sizeof(piece));
	}
	struct piece *to = hole->pieces + hole->head + at;
	memmove(to + 1, to, (hole->count - at) * sizeof(piece));
	*to = piece;
	hole->count++;
}

/* The octets [begin, end) of the segment's range wait from now on. */
static void
hole_hold(struct stream *stream, struct hole *hole, uint32_t at, uint32_t seq, uint32_t begin,
	uint32_t end, const struct seg *seg)
{
	uint32_t offset = begin - seq;
	uint32_t span = end - begin;
	uint32_t size = seg->cap_len > offset ? seg->cap_len - offset : 0;
	if (size > span) {
		size = span;
	}
	struct piece piece = {.seq = begin, .size = size, .cut = span - size};
	piece.held = capture_reallocate(NULL, sizeof(struct held) + size);
	piece.held->from = *seg->ip;
	memcpy(piece.held->octets, seg->data + offset, size);
	piece_insert(hole, at, piece);
	hole->buffered += piece_cost(&piece);
	stream->buffered += piece_cost(&piece);
}

/* Whether the segment's copy of [begin, end) differs from the piece's, where both have it. */
static bool
piece_differs(const struct piece *piece, uint32_t seq, uint32_t begin, uint32_t end,
	const struct seg *seg)
{
	uint32_t in_piece = begin - piece->seq, in_seg = begin - seq, size = end - begin;
	if (in_piece >= piece->size || in_seg >= seg->cap_len) {
		return false;
	}
	if (size > piece->size - in_piece) {
		size = piece->size - in_piece;
	}
	if (size > seg->cap_len - in_seg) {
		size = seg->cap_len - in_seg;
	}
	return memcmp(piece->held->octets + in_piece, seg->data + in_seg, size) != 0;
}

/*
 * Adds what is new of the segment to what waits. `seq` is that of its first octet, `begin` that of
 * the first one not yet handed on.
 */
static void
hole_add(struct stream *stream, struct hole *hole, uint32_t seq, uint32_t begin,
	const struct seg *seg)
{
	uint32_t end = seq + seg->wire_len;
	uint32_t at = hole->count;
	bool differs = false;
	if (at > 0) {
		const struct piece *pieces = hole->pieces + hole->head;
		const struct piece *last = &pieces[at - 1];
		if ((int32_t)(begin - (last->seq + piece_span(last))) < 0) {
			/* Not at the end: find the first piece that ends after it begins. */
			uint32_t low = 0, high = hole->count;
			while (low < high) {
				uint32_t middle = (low + high) / 2;
				const struct piece *piece = &pieces[middle];
				if ((int32_t)(piece->seq + piece_span(piece) - begin) > 0) {
					high = middle;
				} else {
					low = middle + 1;
				}
			}
			at = low;
		}
	}
	while ((int32_t)(end - begin) > 0) {
		/* It may move with every insertion. */
		const struct piece *piece = at < hole->count ? &hole->pieces[hole->head + at] : NULL;
		if (piece == NULL || (int32_t)(piece->seq - end) >= 0) {
			hole_hold(stream, hole, at, seq, begin, end, seg);
			break;
		}
		if ((int32_t)(piece->seq - begin) > 0) {
			uint32_t until = piece->seq;
			hole_hold(stream, hole, at, seq, begin, until, seg);
			at++;
			begin = until;
			continue;
		}
		uint32_t until = piece->seq + piece_span(piece);
		if ((int32_t)(until - end) > 0) {
			until = end;
		}
		differs = differs || piece_differs(piece, seq, begin, until, seg);
		begin = until;
		at++;
	}
	if (differs) {
		stream->sink.change(stream->sink.ctx, hole->native->conn, CONN_OVERLAP, seg->dir, seg);
	}
}

/* A segment of which everything was handed on before: does this copy differ? */
static void
check_copy(struct stream *stream, struct native_conn *native, uint32_t seq, const struct seg *seg)
{
	const struct direction *direction = &native->dir[seg->dir];
	for (int i = 0; i < LIMIT_RECENT; i++) {
		const struct recent *recent = &direction->recent[i];
		if (recent->size > 0 && recent->seq == seq && recent->size == seg->cap_len &&
		    recent->sum != seg->payload_sum) {
			stream->sink.change(stream->sink.ctx, native->conn, CONN_OVERLAP, seg->dir, seg);
			return;
		}
	}
}

static void
note_copy(struct direction *direction, uint32_t seq, const struct seg *seg)
{
	direction->recent[direction->recent_at] = (struct recent){
		.seq = seq,
		.size = seg->cap_len <= UINT16_MAX ? (uint16_t)seg->cap_len : 0,
		.sum = seg->payload_sum,
	};
	direction->recent_at = (uint8_t)((direction->recent_at + 1) % LIMIT_RECENT);
}

static void
take_payload(struct stream *stream, struct native_conn *native, const struct seg *seg)
{
	uint8_t dir = seg->dir;
	struct direction *direction = &native->dir[dir];
	uint32_t seq = seg->seq + ((seg->flags & SEG_SYN) != 0 ? 1u : 0u);
	if (!direction->started) {
		direction->started = direction->fresh = true;
		direction->next = seq;
		struct direction *other = &native->dir[1 - dir];
		if (!other->started && (seg->flags & SEG_ACK) != 0) {
			other->started = other->fresh = true;
			other->next = seg->ack;
		}
	}
	uint32_t ahead = seq - direction->next;
	if ((int32_t)ahead <= 0) {
		uint32_t old = direction->next - seq;
		if (old >= seg->wire_len) {
			if (!seg->keepalive_probe) {
				check_copy(stream, native, seq, seg);
			}
			return;
		}
		if (direction->hole == NULL || direction->hole->count == 0) {
			note_copy(direction, seq, seg);
			if (old < seg->cap_len) {
				give_bytes(stream, native, dir, seg->data + old, seg->cap_len - old, seg->ip);
				old = seg->cap_len;
			}
			if (old < seg->wire_len) {
				give_gap(stream, native, dir, seg->wire_len - old, GAP_CUT, seg->ip);
			}
			if (direction->hole != NULL &&
			    (int32_t)(direction->hole->evidence - direction->next) <= 1) {
				hole_close(stream, direction->hole);
			}
			return;
		}
	} else if (ahead > LIMIT_SEQ_AHEAD) {
		return;
	}
	struct hole *hole = direction->hole;
	if (hole == NULL) {
		hole = hole_open(stream, native, dir, seg->ip);
	}
	uint32_t before = direction->next;
	hole_add(stream, hole, seq, (int32_t)ahead > 0 ? seq : before, seg);
	if (hole_drain(stream, hole)) {
		return;
	}
	if (direction->next != before && hole->list == HOLE_UNACKED) {
		/* The stream goes on: nothing lacks yet. What waits was sent ahead, or forged. */
		list_remove(stream, hole);
		hole->opened_ns = stream->now_ns;
		list_add(stream, hole, HOLE_UNACKED);
	}
	while (hole->buffered > stream->limits.max_buffered_direction || hole->count > LIMIT_PIECES) {
		if (hole_give_up(stream, hole, GAP_BUDGET)) {
			break;
		}
	}
	while (stream->buffered > stream->limits.max_buffered) {
		struct hole *oldest = stream->list[HOLE_ACKED].oldest;
		if (oldest == NULL) {
			oldest = stream->list[HOLE_UNACKED].oldest;
		}
		hole_give_up(stream, oldest, GAP_BUDGET);
	}
}

/* The ACKs of the other side as evidence about what lacks in this direction. */
static void
review(struct stream *stream, struct native_conn *native, uint8_t dir, const struct seg *seg)
{
	struct direction *direction = &native->dir[dir];
	const struct conn_side *side = &native->conn->side[dir];
	const struct conn_side *other = &native->conn->side[1 - dir];
	struct hole *hole = direction->hole;
	if (!direction->started || !other->has_acked) {
		return;
	}
	uint32_t acked = other->acked;
	if (side->fin_count > 0 && acked == side->next_seq) {
		acked--; /* of the FIN */
	}
	uint32_t ahead = acked - direction->next;
	if (hole == NULL) {
		/* One octet may be a FIN that the capture lost. A side never seen is no loss. */
		if ((int32_t)ahead <= 1 || ahead > LIMIT_ACK_AHEAD || !side->seen ||
		    (seg->flags & SEG_RST) != 0) {
			return;
		}
		hole = hole_open(stream, native, dir, seg->ip);
	} else if (hole->list == HOLE_ACKED) {
		hole->later++;
		if ((hole->later >= LIMIT_HOLE_SEGMENTS &&
		     stream->now_ns - hole->since_ns >= CONN_REORDER_NS) ||
		    hole->later >= LIMIT_HOLE_SEGMENTS_MAX) {
			hole_give_up_acked(stream, hole);
		}
		return;
	}
	bool proven = hole->count > 0
		? (int32_t)(acked - hole->pieces[hole->head].seq) >= 0
		: (int32_t)ahead > 1;
	if (proven) {
		list_remove(stream, hole);
		hole->evidence = acked;
		hole->later = 0;
		list_add(stream, hole, HOLE_ACKED);
	} else if (hole->count == 0) {
		hole_close(stream, hole);
	}
}

static struct stream *
native_open(const struct stream_limits *limits, const struct flow_sink *sink, char *error,
	size_t error_size)
{
	(void)error;
	(void)error_size;
	struct stream *stream = capture_allocate(sizeof(*stream));
	stream->sink = *sink;
	stream->limits = *limits;
	return stream;
}

static void
native_segment(struct stream *stream, struct conn *conn, const struct seg *seg)
{
	struct native_conn *native = conn->stream;
	if (native == NULL) {
		native = capture_allocate(sizeof(*native));
		native->conn = conn;
		conn->stream = native;
	}
	struct direction *direction = &native->dir[seg->dir];
	struct direction *other = &native->dir[1 - seg->dir];
	if ((seg->flags & SEG_SYN) != 0) {
		if (!direction->started) {
			direction->started = true;
			direction->next = seg->seq + 1;
		}
		if ((seg->flags & SEG_ACK) != 0 && !other->started) {
			other->started = true;
			other->next = seg->ack;
		}
	}
	if ((seg->flags & SEG_RST) != 0) {
		/* Nothing is sent again after it. Its payload is a text for people, RFC 9293, 3.5.3. */
		for (int dir = 0; dir < 2; dir++) {
			if (native->dir[dir].hole != NULL) {
				hole_give_up_all(stream, native->dir[dir].hole, GAP_END);
			}
		}
		return;
	}
	if (seg->wire_len > 0 && !seg->beyond_window) {
		take_payload(stream, native, seg);
	}
	for (uint8_t dir = 0; dir < 2; dir++) {
		/* Mostly all that was acknowledged is here, and nothing waits. */
		if (native->dir[dir].hole != NULL || conn->side[1 - dir].acked != native->dir[dir].next) {
			review(stream, native, dir, seg);
		}
	}
}

static void
native_tick(struct stream *stream, uint64_t now_ns)
{
	stream->now_ns = now_ns;
	struct hole *hole;
	while ((hole = stream->list[HOLE_ACKED].oldest) != NULL &&
	       now_ns - hole->since_ns >= HOLE_GRACE_NS) {
		hole_give_up_acked(stream, hole);
	}
	while ((hole = stream->list[HOLE_UNACKED].oldest) != NULL &&
	       now_ns - hole->since_ns >= HOLE_WAIT_NS) {
		const struct conn_side *other = &hole->native->conn->side[1 - hole->dir];
		if (!other->has_acked || now_ns - hole->opened_ns >= HOLE_WAIT_MAX_NS) {
			if (!hole_give_up(stream, hole, GAP_TIME)) {
				list_remove(stream, hole);
				hole->opened_ns = now_ns;
				list_add(stream, hole, HOLE_UNACKED);
			}
		} else {
			list_remove(stream, hole);
			list_add(stream, hole, HOLE_UNACKED);
		}
	}
}

static void
native_end(struct stream *stream, struct conn *conn)
{
	struct native_conn *native = conn->stream;
	if (native == NULL) {
		return;
	}
	for (int dir = 0; dir < 2; dir++) {
		struct hole *hole = native->dir[dir].hole;
		if (hole != NULL) {
			hole_give_up_all(stream, hole, hole->list == HOLE_ACKED ? GAP_ACKED : GAP_END);
		}
	}
	free(native);
	conn->stream = NULL;
}

static void
native_close(struct stream *stream)
{
	if (stream != NULL) {
		assert(stream->buffered == 0);
		free(stream);
	}
}

const struct stream_engine stream_native = {
	.name = "native",
	.open = native_open,
	.segment = native_segment,
	.tick = native_tick,
	.end = native_end,
	.close = native_close,
};
