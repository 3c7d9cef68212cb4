/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring. It begins small and doubles: positions are taken modulo its size, and since no entry goes over the
 * end, one that moves to a ring twice the size stays in one piece. The newest position of each chain is in a
 * table of buckets; a key that is driven out of it loses the packets that it had, which costs a recording its
 * beginning where tens of thousands of pairs talk, and nothing else.
 */
#include "record/record_ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "record/limits.h"
#include "track/memory.h"

enum { WAYS = 4 };

#define FILLER UINT32_MAX /* `chains` of what only leads to the end of the ring */

/* The first eight octets of every entry. */
struct head {
	uint32_t size, chains;
};

void
ring_init(struct ring *ring, size_t least, size_t limit)
{
	*ring = (struct ring){.capacity = least, .limit = limit, .tail = 8, .head = 8};
	static_assert(sizeof(struct ring_packet) % 8 == 0, "entries are aligned");
	ring->octets = memory_zero(least, 1);
	ring->slots = memory_zero(RECORD_BUCKETS * WAYS, sizeof(*ring->slots));
	ring->seed = siphash_seed_random();
}

void
ring_finish(struct ring *ring)
{
	free(ring->octets);
	free(ring->slots);
}

static void
put_address(const struct address *a, uint64_t words[2])
{
	memcpy(words, a->octets, 2 * sizeof(*words));
	words[0] ^= (uint64_t)a->family << 56;
}

uint64_t
ring_key_pair(const struct ring *ring, const struct address *a, const struct address *b)
{
	bool swap = address_compare(a, b) > 0;
	uint64_t words[5] = {2};
	put_address(swap ? b : a, words + 1);
	put_address(swap ? a : b, words + 3);
	return siphash_words(&ring->seed, words, 5);
}

uint64_t
ring_key_address(const struct ring *ring, const struct address *a)
{
	uint64_t words[3] = {1};
	put_address(a, words + 1);
	return siphash_words(&ring->seed, words, 3);
}

static void *
place(struct ring *ring, uint64_t position)
{
	return ring->octets + position % ring->capacity;
}

static void
drop_oldest(struct ring *ring)
{
	const struct head *oldest = place(ring, ring->tail);
	ring->tail += oldest->size;
}

static void
grow(struct ring *ring)
{
	size_t capacity = 2 * ring->capacity;
	uint8_t *octets = memory_zero(capacity, 1);
	for (uint64_t at = ring->tail; at < ring->head;) {
		const struct head *entry = place(ring, at);
		memcpy(octets + at % capacity, entry, entry->size);
		at += entry->size;
	}
	free(ring->octets);
	ring->octets = octets;
	ring->capacity = capacity;
}

/* Octets that are left before the end of the ring. */
static size_t
to_end(const struct ring *ring)
{
	return ring->capacity - ring->head % ring->capacity;
}

void
ring_age(struct ring *ring, uint64_t clock_ns, uint64_t age_ns)
{
	while (ring->tail < ring->head) {
		const struct ring_packet *oldest = place(ring, ring->tail);
		if (oldest->chains != FILLER && oldest->clock_ns + age_ns >= clock_ns) {
			return;
		}
		drop_oldest(ring);
	}
}

bool
ring_add(struct ring *ring, const struct packet *packet, uint32_t input, uint64_t clock_ns, uint64_t age_ns)
{
	size_t size = (sizeof(struct ring_packet) + packet->cap_len + 7) / 8 * 8;
	bool whole = true;
	ring->newest = RING_NONE;
	if (size > ring->limit / 2) {
		return false;
	}
	ring_age(ring, clock_ns, age_ns);
	for (;;) {
		size_t filler = to_end(ring) < size ? to_end(ring) : 0;
		if (ring->head + filler + size <= ring->tail + ring->capacity && size <= ring->capacity) {
			break;
		}
		if (2 * ring->capacity <= ring->limit) {
			grow(ring);
		} else {
			const struct head *oldest = place(ring, ring->tail);
			whole = whole && oldest->chains == FILLER;
			drop_oldest(ring);
		}
	}
	if (to_end(ring) < size) {
		struct head *filler = place(ring, ring->head);
		*filler = (struct head){.size = (uint32_t)to_end(ring), .chains = FILLER};
		ring->head += filler->size;
	}
	struct ring_packet *entry = place(ring, ring->head);
	*entry = (struct ring_packet){
		.size = (uint32_t)size,
		.clock_ns = clock_ns,
		.packet = *packet,
		.input = input,
	};
	if (packet->cap_len > 0) {
		memcpy(entry->octets, packet->data, packet->cap_len);
	}
	ring->newest = ring->head;
	ring->head += size;
	return whole;
}

void
ring_drop(struct ring *ring)
{
	if (ring->newest != RING_NONE) {
		ring->head = ring->newest;
		ring->newest = RING_NONE;
	}
}

struct ring_packet *
ring_at(struct ring *ring, uint64_t position)
{
	if (position < ring->tail || position >= ring->head || position == RING_NONE) {
		return NULL;
	}
	struct ring_packet *entry = place(ring, position);
	entry->packet.data = entry->octets;
	return entry;
}

/* Over fillers. */
static uint64_t
skip(const struct ring *ring, uint64_t position)
{
	while (position < ring->head) {
		const struct head *entry = (const struct head *)(const void *)(ring->octets + position % ring->capacity);
		if (entry->chains != FILLER) {
			return position;
		}
		position += entry->size;
	}
	return RING_NONE;
}

uint64_t
ring_first(const struct ring *ring)
{
	return skip(ring, ring->tail);
}

uint64_t
ring_next(struct ring *ring, uint64_t position)
{
	const struct ring_packet *entry = ring_at(ring, position);
	return entry != NULL ? skip(ring, position + entry->size) : RING_NONE;
}

static struct ring_slot *
slot_of(struct ring *ring, uint64_t key, bool make)
{
	struct ring_slot *bucket = ring->slots + key % RECORD_BUCKETS * WAYS, *oldest = bucket;
	for (size_t i = 0; i < WAYS; i++) {
		if (bucket[i].key == key && bucket[i].position != RING_NONE) {
			return &bucket[i];
		}
		oldest = bucket[i].position < oldest->position ? &bucket[i] : oldest;
	}
	if (!make) {
		return NULL;
	}
	*oldest = (struct ring_slot){.key = key};
	return oldest;
}

void
ring_chain(struct ring *ring, uint64_t position, uint64_t key)
{
	struct ring_packet *entry = ring_at(ring, position);
	if (entry == NULL || entry->chains >= RING_CHAINS) {
		return;
	}
	for (size_t i = 0; i < entry->chains; i++) {
		if (entry->key[i] == key) {
			return;
		}
	}
	struct ring_slot *slot = slot_of(ring, key, true);
	/* A chain goes back in time: one that was noted late (its packet was held back) begins it anew. */
	entry->previous[entry->chains] = slot->position < position ? slot->position : RING_NONE;
	entry->key[entry->chains++] = key;
	slot->position = slot->position > position ? slot->position : position;
}

uint64_t
ring_last(struct ring *ring, uint64_t key)
{
	const struct ring_slot *slot = slot_of(ring, key, false);
	return slot != NULL && slot->position >= ring->tail ? slot->position : RING_NONE;
}

uint64_t
ring_before(struct ring *ring, uint64_t position, uint64_t key)
{
	const struct ring_packet *entry = ring_at(ring, position);
	for (size_t i = 0; entry != NULL && i < entry->chains; i++) {
		if (entry->key[i] == key) {
			return entry->previous[i] >= ring->tail ? entry->previous[i] : RING_NONE;
		}
	}
	return RING_NONE;
}
