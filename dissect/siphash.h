/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_SIPHASH_H
#define BGPWHY_DISSECT_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * SipHash-1-3 over 64-bit words: a hash that nobody can steer without its seed (Aumasson and
 * Bernstein, 2012). Tables that are filled from the wire use nothing weaker.
 */
struct siphash_seed {
	uint64_t k0, k1;
};

static inline uint64_t
siphash_rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline void
siphash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = siphash_rotate(v[1], 13) ^ v[0];
	v[0] = siphash_rotate(v[0], 32);
	v[2] += v[3];
	v[3] = siphash_rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = siphash_rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = siphash_rotate(v[1], 17) ^ v[2];
	v[2] = siphash_rotate(v[2], 32);
}

/* Of 8 × count octets and those of `last`, whose highest octet is the number of all of them, modulo 256. */
static inline uint64_t
siphash_message(const struct siphash_seed *seed, const uint64_t *words, size_t count, uint64_t last)
{
	uint64_t v[4] = {
		seed->k0 ^ 0x736f6d6570736575ull,
		seed->k1 ^ 0x646f72616e646f6dull,
		seed->k0 ^ 0x6c7967656e657261ull,
		seed->k1 ^ 0x7465646279746573ull,
	};
	for (size_t i = 0; i < count; i++) {
		v[3] ^= words[i];
		siphash_round(v);
		v[0] ^= words[i];
	}
	v[3] ^= last;
	siphash_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	siphash_round(v);
	siphash_round(v);
	siphash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static inline uint64_t
siphash_words(const struct siphash_seed *seed, const uint64_t *words, size_t count)
{
	return siphash_message(seed, words, count, (uint64_t)count << 59);
}

/* From getrandom(2); where that fails, from the clock and an address. */
struct siphash_seed siphash_seed_random(void);

#endif
