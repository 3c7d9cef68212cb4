/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fingerprints of the last packets, in a ring with a hash table over it. Which packets are remembered
 * depends on their order alone, and not on the seed: the same packets are the same copies in each run.
 * A number that the ring has passed ends a chain, so that nothing is taken out.
 */
#include "capture/ghost.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

struct siphash_seed
siphash_seed_random(void)
{
	struct siphash_seed seed;
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
		struct timespec now;
		clock_gettime(CLOCK_MONOTONIC, &now);
		seed.k0 = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15ull;
		seed.k1 = (uint64_t)(uintptr_t)&seed ^ (uint64_t)now.tv_sec << 32;
	}
	return seed;
}

/* Folded multiplication under a seed: quick, and none can make a packet look like another's copy
 * without knowing the seed. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
fingerprint(const struct siphash_seed *seed, const uint64_t *words, size_t count)
{
	uint64_t print = seed->k1;
	for (size_t i = 0; i + 1 < count; i += 2) {
		print = mix(words[i] ^ seed->k0 ^ print, words[i + 1] ^ seed->k1) + i;
	}
	if (count % 2 != 0) {
		print = mix(words[count - 1] ^ seed->k0 ^ print, seed->k1);
	}
	return print ^ count;
}

bool
ghosts_note(struct ghosts *ghosts, const struct packet_info *ip, uint32_t ip_id,
	const uint8_t *start, size_t size, bool weak)
{
	enum { WORDS = 8 };
	uint64_t words[5 + WORDS] = {0};
	size_t count;
	if (ip->src.family == 4) {
		uint32_t src, dst;
		memcpy(&src, ip->src.octets, 4);
		memcpy(&dst, ip->dst.octets, 4);
		words[0] = (uint64_t)src << 32 | dst;
		count = 1;
	} else {
		memcpy(words, ip->src.octets, 16);
		memcpy(words + 2, ip->dst.octets, 16);
		count = 4;
	}
	words[count++] = (uint64_t)ip_id << 32 | (ip->ip_length << 8) | ip->protocol;
	if (size > WORDS * 8) {
		size = WORDS * 8;
	}
	memcpy(words + count, start, size);
	count += (size + 7) / 8;
	uint64_t print = fingerprint(&ghosts->seed, words, count);
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
