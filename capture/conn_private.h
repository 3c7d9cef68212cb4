/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_CONN_PRIVATE_H
#define BGPWHY_CAPTURE_CONN_PRIVATE_H

#include "capture/conn.h"
#include "capture/limits.h"

/* Between conn.c (the table) and conn_facts.c (what segments say about a connection). */

enum conn_state {
	CONN_STATE_OPENING,
	CONN_STATE_OPEN, /* established, or joined in the middle */
	CONN_STATE_CLOSED, /* both FINs */
	CONN_STATE_RESET,
	CONN_STATE_REFUSED,
};

/* A SYN on a live connection: perhaps its next incarnation. */
struct conn_pending {
	bool set;
	uint8_t scale; /* TCP_NO_SCALE: none offered */
	uint16_t mss;
	uint32_t seq;
	uint64_t frame, ns;
};

/* What the table keeps of a side beyond the facts. */
struct conn_track {
	uint32_t window; /* as last advertised, scaled */
	uint32_t window_max; /* the largest one */
	bool has_hole;
	bool has_seq; /* next_seq is set */
	bool has_isn;
	uint8_t scale; /* TCP_NO_SCALE: none offered */
	bool scale_lost; /* the snaplen cut its SYN */
	uint8_t beyond;  /* segments beyond the other's window, since that last acknowledged anything */
	uint32_t hole_start, hole_end; /* octets that came late or never */
	uint64_t hole_ns;
};

struct conn_entry {
	struct conn conn; /* first: the receiver's view */
	struct conn_entry *newer, *older; /* in its list, by use */
	uint64_t used_ns;
	uint8_t list;
	uint8_t state; /* enum conn_state */
	uint8_t low_side; /* the side that stands first in the key */
	uint8_t reset_side; /* whose RST made the state RESET */
	bool announced; /* CONN_ESTABLISHED or CONN_MIDSTREAM was given */
	struct conn_track track[2];
	uint64_t reset_ns;  /* when */
	struct conn_pending *pending; /* two, where a SYN came on a live connection; else NULL */
};

/* What a segment changes: enum conn_change, each a bit. */
typedef uint32_t conn_changes;

static inline conn_changes
conn_change_bit(enum conn_change change)
{
	return (conn_changes)1 << change;
}

conn_changes conn_facts_update(struct conn_entry *entry, const struct tcp_header *header,
	struct seg *seg, uint64_t now_ns);

/* Whether the segment begins another connection on this four-tuple; `from` gets the SYN that
 * stood before it, if it was one that waited. */
bool conn_facts_reused(struct conn_entry *entry, const struct tcp_header *header,
	const struct seg *seg, uint8_t dir, uint64_t now_ns, struct conn_pending *from);

/* One more, as far as it counts. */
static inline uint16_t
count_one(uint16_t count)
{
	return count < UINT16_MAX ? (uint16_t)(count + 1) : count;
}

/* a is before b, in sequence space. */
static inline bool
seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

#endif
