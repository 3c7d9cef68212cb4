/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissect/siphash.h"

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
