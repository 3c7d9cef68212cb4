/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fingerprints of the last packets, in a ring with a hash table over it. Which packets are remembered
 * depends on their order alone, and not on the seed: the same packets are the same copies in each run.
 * A number that the ring has passed ends a chain, so that nothing is taken out.
 */
#include "capture/ghost.h"

#include <string.h>

/* A fingerprint of all that came before, and of these two words. None can make a packet look like another's copy
 * without knowing the seed. */
static uint64_t
fold(const struct siphash_seed *seed, uint64_t print, uint64_t a, uint64_t b)
{
	return hash_fold(a ^ seed->k0 ^ print, b ^ seed->k1) + (print >> 32);
}

static uint64_t
word_at(const uint8_t *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof(word));
	return word;
}

static uint64_t
fingerprint(const struct siphash_seed *seed, const struct packet_info *ip, uint32_t ip_id,
	const uint8_t *start, size_t size)
{
	enum { OCTETS_MAX = 64 };
	uint64_t head = (uint64_t)ip_id << 32 | (ip->ip_length << 8) | ip->protocol;
	size = size < OCTETS_MAX ? size : OCTETS_MAX;
	uint64_t print = seed->k1 ^ size;
	if (ip->src.family == 4) {
		uint32_t src, dst;
		memcpy(&src, ip->src.octets, 4);
		memcpy(&dst, ip->dst.octets, 4);
		print = fold(seed, print, (uint64_t)src << 32 | dst, head);
	} else {
		print = fold(seed, print, word_at(ip->src.octets), word_at(ip->src.octets + 8));
		print = fold(seed, print, word_at(ip->dst.octets), word_at(ip->dst.octets + 8));
		print = fold(seed, print, head, ip->src.family);
	}
	while (size >= 16) {
		print = fold(seed, print, word_at(start), word_at(start + 8));
		start += 16;
		size -= 16;
	}
	uint64_t last[2] = {0, size};
	for (size_t i = 0; i < size; i++) {
		last[i / 8] ^= (uint64_t)start[i] << i % 8 * 8;
	}
	return fold(seed, print, last[0], last[1]);
}

bool
ghosts_note(struct ghosts *ghosts, const struct packet_info *ip, uint32_t ip_id,
	const uint8_t *start, size_t size, bool weak)
{
	uint64_t print = fingerprint(&ghosts->seed, ip, ip_id, start, size);
	uint32_t *newest = &ghosts->newest[print % (4 * LIMIT_GHOSTS)];
	for (uint32_t number = *newest; number != 0 && ghosts->count - number < LIMIT_GHOSTS;
		number = ghosts->packet[number % LIMIT_GHOSTS].before) {
		if (ghosts->packet[number % LIMIT_GHOSTS].print != print) {
			continue;
		}
		uint64_t then = ghosts->packet[number % LIMIT_GHOSTS].time_ns;
		uint64_t apart = ip->time_ns > then ? ip->time_ns - then : then - ip->time_ns;
		if (apart < GHOST_WINDOW_NS) {
			ghosts->seen += !weak;
			return ghosts->seen > 0;
		}
		break; /* older ones are farther away */
	}
	ghosts->count += ghosts->count + 1 == 0 ? 2 : 1;
	uint32_t at = ghosts->count % LIMIT_GHOSTS;
	ghosts->packet[at].print = print;
	ghosts->packet[at].time_ns = ip->time_ns;
	ghosts->packet[at].before = *newest;
	*newest = ghosts->count;
	return false;
}
