/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a segment says about its connection. Captures lie by omission: packets lack, come twice, or
 * in another order than they were sent. So nothing here trusts a single number that a receiver
 * would not accept: acknowledgements far ahead, sequence numbers out of every window and RSTs that
 * do not fit leave the facts alone. All sequence arithmetic is unsigned, RFC 9293, 3.4.
 */
#include <stdlib.h>

#include "capture/conn_private.h"
#include "capture/input.h"

/* A handshake whose ACK is farther from its ISN than this acknowledges something else. */
enum { HANDSHAKE_NEAR = 1 << 16 };

/* A quiet connection on which a SYN comes is dead: longer than TIME_WAIT. */
#define REUSE_QUIET_NS (240 * LIMIT_S)

static bool
is_syn(const struct seg *seg)
{
	return (seg->flags & (SEG_SYN | SEG_ACK | SEG_RST)) == SEG_SYN;
}

static bool
is_synack(const struct seg *seg)
{
	return (seg->flags & (SEG_SYN | SEG_ACK | SEG_RST)) == (SEG_SYN | SEG_ACK);
}

static uint32_t
payload_seq(const struct seg *seg)
{
	return seg->seq + ((seg->flags & SEG_SYN) != 0 ? 1u : 0u);
}

/* Whether the ACK of this segment acknowledges the SYN of the side `side`, or a little more. */
static bool
acknowledges_syn(const struct conn_side *side, uint32_t ack)
{
	return ack - side->isn - 1 < HANDSHAKE_NEAR;
}

static bool
syn_reuses(struct conn_entry *entry, const struct tcp_header *header, const struct seg *seg,
	uint8_t dir, uint64_t now_ns)
{
	const struct conn_side *side = &entry->conn.side[dir];
	const struct conn_track *track = &entry->track[dir];
	if (track->has_isn && side->isn == seg->seq) {
		return false; /* a retry, or a SYN that the capture shows late */
	}
	if (entry->state != CONN_STATE_OPENING && entry->state != CONN_STATE_OPEN) {
		return true;
	}
	if (entry->state == CONN_STATE_OPENING) {
		/* Another attempt; or, where this side has not begun yet, a simultaneous open. */
		return side->syn_count > 0;
	}
	if (!track->has_isn && track->has_seq && side->next_seq - seg->seq < HANDSHAKE_NEAR &&
	    now_ns - entry->used_ns < HOLE_GRACE_NS && side->segments < 8) {
		return false; /* the capture shows the SYN after the ACK */
	}
	if (now_ns - entry->used_ns > REUSE_QUIET_NS) {
		return true;
	}
	if (entry->pending == NULL) {
		entry->pending = capture_allocate(2 * sizeof(entry->pending[0]));
	}
	entry->pending[dir] = (struct conn_pending){
		.set = true,
		.scale = header->window_scale,
		.mss = seg->mss,
		.seq = seg->seq,
		.frame = seg->ip->frame,
		.ns = seg->ip->time_ns,
	};
	return false;
}

bool
conn_facts_reused(struct conn_entry *entry, const struct tcp_header *header,
	const struct seg *seg, uint8_t dir, uint64_t now_ns, struct conn_pending *from)
{
	const struct conn_side *side = &entry->conn.side[dir];
	const struct conn_side *other = &entry->conn.side[1 - dir];
	const struct conn_track *track = &entry->track[dir];
	if (is_syn(seg)) {
		return syn_reuses(entry, header, seg, dir, now_ns);
	}
	if (is_synack(seg)) {
		if (entry->pending != NULL && entry->pending[1 - dir].set &&
		    seg->ack == entry->pending[1 - dir].seq + 1) {
			*from = entry->pending[1 - dir];
			return true;
		}
		if (track->has_isn) {
			return seg->seq != side->isn && entry->state != CONN_STATE_OPENING &&
				entry->state != CONN_STATE_OPEN;
		}
		/* Joined in the middle, and now a handshake: unless the capture shows it late. */
		return entry->announced && entry->conn.midstream && other->has_acked &&
			seg->seq + 1 != other->acked && seg->seq + 1 != side->next_seq;
	}
	if ((seg->flags & SEG_RST) == 0 && entry->pending != NULL && entry->pending[dir].set &&
	    seg->seq == entry->pending[dir].seq + 1 && seg->seq != side->next_seq) {
		*from = entry->pending[dir];
		return true;
	}
	return false;
}

static void
update_syn(struct conn_entry *entry, const struct tcp_header *header, struct seg *seg,
	conn_changes *changes)
{
	struct conn *conn = &entry->conn;
	struct conn_side *side = &conn->side[seg->dir];
	struct conn_side *other = &conn->side[1 - seg->dir];
	struct conn_track *track = &entry->track[seg->dir];
	if (entry->pending != NULL && entry->pending[seg->dir].set && is_syn(seg)) {
		return; /* another incarnation, perhaps */
	}
	if (is_synack(seg) && other->syn_count > 0 && !acknowledges_syn(other, seg->ack)) {
		return; /* it answers an older SYN */
	}
	if (track->has_isn && side->isn != seg->seq) {
		return;
	}
	uint32_t before = is_syn(seg) ? side->syn_count : side->synack_count;
	seg->retransmission = track->has_isn && before > 0;
	track->has_isn = true;
	side->isn = seg->seq;
	if (!track->has_seq) {
		track->has_seq = true;
		side->next_seq = seg->seq;
	}
	track->scale = header->window_scale;
	track->scale_lost = seg->ip->cut;
	side->window_scale = track->scale == TCP_NO_SCALE ? 0 : track->scale;
	side->mss = seg->mss;
	if (is_syn(seg)) {
		if (side->syn_count == 0) {
			side->first_syn_frame = seg->ip->frame;
			side->first_syn_ns = seg->ip->time_ns;
		}
		side->syn_count = count_one(side->syn_count);
		conn->simultaneous = other->syn_count > 0;
		if (conn->client == CONN_NO_CLIENT) {
			conn->client = (int8_t)seg->dir;
		}
		*changes |= conn_change_bit(CONN_SYN);
		return;
	}
	if (side->synack_count == 0) {
		side->first_synack_frame = seg->ip->frame;
	}
	side->synack_count = count_one(side->synack_count);
	if (conn->client == CONN_NO_CLIENT) {
		conn->client = (int8_t)(1 - seg->dir);
	}
	*changes |= conn_change_bit(CONN_SYNACK);
}

/* How many of the octets [begin, end) were not seen before; the hole shrinks by them. */
static uint32_t
fill_hole(struct conn_track *track, uint32_t begin, uint32_t end)
{
	if (!track->has_hole) {
		return 0;
	}
	uint32_t from = seq_before(begin, track->hole_start) ? track->hole_start : begin;
	uint32_t to = seq_before(track->hole_end, end) ? track->hole_end : end;
	if (!seq_before(from, to)) {
		return 0;
	}
	if (from == track->hole_start) {
		track->hole_start = to;
	} else if (to == track->hole_end) {
		track->hole_end = from;
	}
	track->has_hole = track->hole_start != track->hole_end;
	return to - from;
}

/*
 * Whether the segment lies wholly beyond what its receiver has room for. Known only where both SYNs
 * told how windows are scaled, and as long as the capture has the ACKs; what continues the stream is
 * never beyond.
 */
static bool
is_beyond_window(struct conn_entry *entry, const struct seg *seg, uint32_t begin)
{
	const struct conn_side *side = &entry->conn.side[seg->dir];
	const struct conn_side *other = &entry->conn.side[1 - seg->dir];
	struct conn_track *track = &entry->track[seg->dir];
	const struct conn_track *receiver = &entry->track[1 - seg->dir];
	if (!track->has_isn || !receiver->has_isn || track->scale_lost || receiver->scale_lost ||
	    !other->has_acked || !seq_before(side->next_seq, begin) ||
	    side->next_seq - other->acked > receiver->window_max ||
	    begin - other->acked < receiver->window_max) {
		return false;
	}
	return track->beyond < LIMIT_BEYOND_WINDOW && ++track->beyond > 0;
}

/* Payload, FIN and the place in sequence space. */
static void
update_sequence(struct conn_entry *entry, struct seg *seg, uint64_t now_ns)
{
	struct conn_side *side = &entry->conn.side[seg->dir];
	const struct conn_side *other = &entry->conn.side[1 - seg->dir];
	struct conn_track *track = &entry->track[seg->dir];
	uint32_t begin = payload_seq(seg);
	uint32_t end = begin + seg->wire_len + ((seg->flags & SEG_FIN) != 0 ? 1u : 0u);
	if (seg->wire_len > 0) {
		side->data_segments++;
	}
	if (!track->has_seq) {
		track->has_seq = true;
		side->next_seq = end;
		side->bytes += seg->wire_len;
		return;
	}
	if (seg->wire_len <= 1 && (seg->flags & (SEG_SYN | SEG_FIN)) == 0 &&
	    begin + 1 == side->next_seq &&
	    (seg->wire_len == 0 || (other->has_acked && other->acked == side->next_seq))) {
		seg->keepalive_probe = true;
		return;
	}
	if (seg->wire_len > 0 && is_beyond_window(entry, seg, begin)) {
		seg->beyond_window = true;
		return;
	}
	if (seq_before(side->next_seq, end)) {
		uint32_t ahead = begin - side->next_seq;
		uint32_t limit = seg->wire_len > 0 ? LIMIT_SEQ_AHEAD : LIMIT_ACK_AHEAD;
		if (!seq_before(begin, side->next_seq) && ahead > limit) {
			return;
		}
		if (seq_before(side->next_seq, begin)) {
			if (!track->has_hole || now_ns - track->hole_ns > LIMIT_S) {
				track->hole_start = side->next_seq;
			}
			track->has_hole = true;
			track->hole_end = begin;
			track->hole_ns = now_ns;
			side->bytes += seg->wire_len;
		} else {
			uint32_t old = side->next_seq - begin;
			side->bytes += old < seg->wire_len ? seg->wire_len - old : 0;
		}
		side->next_seq = end;
		return;
	}
	if (seg->wire_len == 0) {
		if ((seg->flags & SEG_FIN) != 0 && side->fin_count > 0) {
			seg->retransmission = true;
		}
		return;
	}
	uint32_t filled = fill_hole(track, begin, begin + seg->wire_len);
	side->bytes += filled;
	if (filled > 0 && now_ns - track->hole_ns < CONN_REORDER_NS) {
		return;
	}
	seg->retransmission = true;
}

static void
update_ack(struct conn_entry *entry, const struct seg *seg)
{
	struct conn_side *side = &entry->conn.side[seg->dir];
	const struct conn_side *other = &entry->conn.side[1 - seg->dir];
	const struct conn_track *other_track = &entry->track[1 - seg->dir];
	if (entry->state == CONN_STATE_OPENING && other_track->has_isn &&
	    !acknowledges_syn(other, seg->ack)) {
		return; /* of another incarnation: a challenge ACK, RFC 5961 */
	}
	if (other_track->has_seq && seq_before(other->next_seq, seg->ack) &&
	    seg->ack - other->next_seq > LIMIT_ACK_AHEAD) {
		return;
	}
	if (!side->has_acked || seq_before(side->acked, seg->ack)) {
		side->has_acked = true;
		side->acked = seg->ack;
		entry->track[1 - seg->dir].beyond = 0;
	}
}

static void
update_window(struct conn_entry *entry, const struct tcp_header *header, struct seg *seg,
	conn_changes *changes)
{
	struct conn_side *side = &entry->conn.side[seg->dir];
	struct conn_track *track = &entry->track[seg->dir];
	bool scaled = track->scale != TCP_NO_SCALE && entry->track[1 - seg->dir].scale != TCP_NO_SCALE;
	seg->window = header->raw_window;
	if (scaled && (seg->flags & SEG_SYN) == 0) {
		seg->window <<= track->scale;
	}
	if ((seg->flags & SEG_RST) != 0) {
		return;
	}
	track->window = seg->window;
	if (seg->window > track->window_max) {
		track->window_max = seg->window;
	}
	if ((seg->flags & SEG_SYN) != 0) {
		return;
	}
	if (seg->window == 0 && !side->window_zero) {
		side->window_zero = true;
		side->window_zero_since_ns = seg->ip->time_ns;
		side->window_zero_frame = seg->ip->frame;
		*changes |= conn_change_bit(CONN_WINDOW_ZERO);
	} else if (seg->window > 0 && side->window_zero) {
		side->window_zero = false;
		*changes |= conn_change_bit(CONN_WINDOW_OPEN);
	}
}

enum rst_fate { RST_TAKEN, RST_REFUSES, RST_INEXACT, RST_IGNORED };

/*
 * What the other side makes of this RST. RFC 5961 section 3.2: it is taken at the very octet that is
 * expected next; elsewhere in the window it is answered with an ACK, so that a true sender can repeat it
 * rightly; outside it is dropped. The next octet lies between what was acknowledged and the highest one sent.
 */
static enum rst_fate
rst_fate(const struct conn_entry *entry, const struct seg *seg)
{
	const struct conn_side *side = &entry->conn.side[seg->dir];
	const struct conn_side *other = &entry->conn.side[1 - seg->dir];
	const struct conn_track *track = &entry->track[seg->dir];
	const struct conn_track *other_track = &entry->track[1 - seg->dir];
	if (entry->state == CONN_STATE_OPENING && other->syn_count > 0 && side->synack_count == 0 &&
	    side->syn_count == 0) {
		return (seg->flags & SEG_ACK) != 0 && acknowledges_syn(other, seg->ack) ? RST_REFUSES
											: RST_IGNORED;
	}
	if (entry->state == CONN_STATE_OPENING && side->syn_count > 0 && !other->has_acked &&
	    other->synack_count == 0) {
		/* The opener takes its SYN back; else it answers something of an older connection. */
		return seg->seq == side->isn + 1 ? RST_TAKEN : RST_IGNORED;
	}
	if (other->has_acked) {
		uint32_t high = other->acked + other_track->window;
		uint32_t next = track->has_seq && seq_before(other->acked, side->next_seq) ? side->next_seq
											   : other->acked;
		if (seq_before(high, next)) {
			high = next;
		}
		if (seq_before(seg->seq, other->acked) || seq_before(high, seg->seq)) {
			return RST_IGNORED;
		}
		return seq_before(next, seg->seq) ? RST_INEXACT : RST_TAKEN;
	}
	if (track->has_seq) {
		return seg->seq - side->next_seq + HANDSHAKE_NEAR < 2u * HANDSHAKE_NEAR ? RST_TAKEN
											: RST_IGNORED;
	}
	return RST_TAKEN;
}

static void
update_rst(struct conn_entry *entry, const struct seg *seg, conn_changes *changes)
{
	struct conn_side *side = &entry->conn.side[seg->dir];
	enum rst_fate fate = rst_fate(entry, seg);
	if (fate >= RST_INEXACT) {
		bool counts = entry->state == CONN_STATE_OPENING || entry->state == CONN_STATE_OPEN;
		if (counts) {
			*changes |= conn_change_bit(fate == RST_INEXACT ? CONN_RST_INEXACT : CONN_RST_IGNORED);
		}
		return;
	}
	side->rst_count = count_one(side->rst_count);
	if (entry->state == CONN_STATE_RESET || entry->state == CONN_STATE_REFUSED) {
		return;
	}
	*changes |= conn_change_bit(fate == RST_REFUSES ? CONN_REFUSED : CONN_RST);
	entry->state = fate == RST_REFUSES ? CONN_STATE_REFUSED : CONN_STATE_RESET;
	entry->reset_side = seg->dir;
	entry->reset_ns = seg->ip->time_ns;
}

/* Who was sent a RST goes on a while later, with payload or not: it did not take it. */
static void
update_reset(struct conn_entry *entry, const struct seg *seg)
{
	if (entry->state == CONN_STATE_RESET && seg->dir != entry->reset_side &&
	    (seg->flags & (SEG_RST | SEG_SYN | SEG_ACK)) == SEG_ACK &&
	    seg->ip->time_ns > entry->reset_ns + CONN_RESET_CROSSED_NS) {
		entry->state = CONN_STATE_OPEN;
	}
}

/* Whether SYN, SYN-ACK and the ACK that completes them have all been seen now. */
static void
update_handshake(struct conn_entry *entry, const struct seg *seg)
{
	struct conn *conn = &entry->conn;
	const struct conn_side *side = &conn->side[seg->dir];
	const struct conn_side *other = &conn->side[1 - seg->dir];
	if (conn->handshake || (seg->flags & SEG_ACK) == 0 || !entry->track[1 - seg->dir].has_isn ||
	    !acknowledges_syn(other, seg->ack)) {
		return;
	}
	if (conn->simultaneous) {
		conn->handshake = (side->synack_count > 0 || other->synack_count > 0);
	} else if ((seg->flags & SEG_SYN) == 0) {
		conn->handshake = side->syn_count > 0 && other->synack_count > 0;
	}
}

/* CONN_ESTABLISHED or CONN_MIDSTREAM, once: see conn.h. */
static void
update_open(struct conn_entry *entry, const struct seg *seg, conn_changes *changes)
{
	struct conn *conn = &entry->conn;
	const struct conn_side *side = &conn->side[seg->dir];
	const struct conn_side *other = &conn->side[1 - seg->dir];
	bool has_isn = entry->track[seg->dir].has_isn;
	bool other_has_isn = entry->track[1 - seg->dir].has_isn;
	if (!has_isn && !other_has_isn) {
		entry->announced = true;
		conn->midstream = true;
		entry->state = CONN_STATE_OPEN;
		*changes |= conn_change_bit(CONN_MIDSTREAM);
		return;
	}
	if ((seg->flags & SEG_ACK) == 0) {
		return;
	}
	bool proven = other_has_isn ? acknowledges_syn(other, seg->ack)
	                            : !other->seen && seg->seq - side->isn - 1 < HANDSHAKE_NEAR;
	/* The server's own ACK says nothing new before data does; a FIN may come before the handshake
	 * is over. */
	if (proven && has_isn && side->synack_count > 0 && !conn->simultaneous) {
		proven = seg->wire_len > 0;
	}
	if (!proven) {
		return;
	}
	entry->announced = true;
	entry->state = CONN_STATE_OPEN;
	*changes |= conn_change_bit(CONN_ESTABLISHED);
}

conn_changes
conn_facts_update(struct conn_entry *entry, const struct tcp_header *header, struct seg *seg,
	uint64_t now_ns)
{
	conn_changes changes = 0;
	struct conn *conn = &entry->conn;
	struct conn_side *side = &conn->side[seg->dir];
	const struct packet_info *ip = seg->ip;
	bool rst = (seg->flags & SEG_RST) != 0;
	if (!side->seen) {
		side->seen = true;
		side->ttl_first = ip->ttl;
		conn->one_direction = !conn->side[1 - seg->dir].seen;
	}
	side->segments++;
	side->last_ns = ip->time_ns;
	side->last_frame = ip->frame;
	side->options_seen |= seg->options;
	if (!rst && (side->ttl_min == 0 || ip->ttl < side->ttl_min)) {
		side->ttl_min = ip->ttl;
	}
	if (rst) {
		update_window(entry, header, seg, &changes);
		update_rst(entry, seg, &changes);
		return changes;
	}
	update_reset(entry, seg);
	bool waits = is_syn(seg) && entry->pending != NULL && entry->pending[seg->dir].set;
	if (waits) {
		return changes;
	}
	if ((seg->flags & SEG_SYN) != 0) {
		update_syn(entry, header, seg, &changes);
		if (changes == 0) {
			return changes; /* of another incarnation */
		}
	}
	update_sequence(entry, seg, now_ns);
	if (seg->beyond_window) {
		return changes;
	}
	if ((seg->flags & SEG_ACK) != 0) {
		update_ack(entry, seg);
	}
	update_window(entry, header, seg, &changes);
	update_handshake(entry, seg);
	if (!entry->announced && (seg->flags & SEG_SYN) == 0 && entry->state == CONN_STATE_OPENING) {
		update_open(entry, seg, &changes);
	}
	if ((seg->flags & SEG_FIN) != 0) {
		changes |= side->fin_count == 0 ? conn_change_bit(CONN_FIN) : 0;
		side->fin_count = count_one(side->fin_count);
		if (conn->side[1 - seg->dir].fin_count > 0 && entry->state == CONN_STATE_OPEN) {
			entry->state = CONN_STATE_CLOSED;
		}
	}
	return changes;
}
