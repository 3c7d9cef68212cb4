/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_RECORD_RECORD_RING_H
#define BGPWHY_RECORD_RECORD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"
#include "dissect/address.h"
#include "dissect/siphash.h"

/*
 * The packets in memory: one ring of octets, in which each packet stands in up to two chains, one for each key
 * that it was noted with (a pair of addresses, or one address), newest first. A position counts all octets that
 * were ever written, so that it stays good while the ring turns: what is below the tail has gone.
 */

enum { RING_CHAINS = 2, RING_NONE = 0 };

struct ring_packet {
	uint32_t size; /* of the whole entry, a multiple of 8 */
	uint32_t chains;
	uint64_t key[RING_CHAINS], previous[RING_CHAINS];
	uint64_t clock_ns; /* of the house, for its age */
	struct packet packet; /* `data` is behind it */
	uint32_t input;
	uint32_t stray; /* kept, and of nobody */
	uint8_t octets[];
};

struct ring_slot {
	uint64_t key, position;
};

struct ring {
	uint8_t *octets;
	size_t capacity, limit;
	uint64_t tail, head; /* positions: the oldest packet, and behind the newest */
	uint64_t newest;     /* the packet that was added last; RING_NONE: it was taken back */
	struct ring_slot *slots;
	struct siphash_seed seed;
};

void ring_init(struct ring *ring, size_t least, size_t limit);
void ring_finish(struct ring *ring);

uint64_t ring_key_pair(const struct ring *ring, const struct address *a, const struct address *b);
uint64_t ring_key_address(const struct ring *ring, const struct address *a);

/* A copy of the packet, at `newest`. False where the limit drove out packets that are not older than
 * `clock_ns` - `age_ns`. */
bool ring_add(struct ring *ring, const struct packet *packet, uint32_t input, uint64_t clock_ns, uint64_t age_ns);
/* The newest one goes again. */
void ring_drop(struct ring *ring);
/* What is older goes. */
void ring_age(struct ring *ring, uint64_t clock_ns, uint64_t age_ns);

/* The packet at a position; NULL where it has gone. `packet.data` is set. */
struct ring_packet *ring_at(struct ring *ring, uint64_t position);
/* From the oldest to the newest; RING_NONE: there is none. */
uint64_t ring_first(const struct ring *ring);
uint64_t ring_next(struct ring *ring, uint64_t position);
/* Into the chain of the key, unless it is in it. */
void ring_chain(struct ring *ring, uint64_t position, uint64_t key);
/* The newest packet of a chain, and the one before; RING_NONE: there is none. */
uint64_t ring_last(struct ring *ring, uint64_t key);
uint64_t ring_before(struct ring *ring, uint64_t position, uint64_t key);

#endif
