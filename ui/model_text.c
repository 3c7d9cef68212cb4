/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What many things in a model share, each kept once: the texts of time lines, and what two OPENs agree on. Ten
 * thousand sessions come up with the same sentences and the same capabilities.
 */
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/model_internal.h"

struct model_shared {
	struct model_shared *next; /* in its slot */
	uint32_t hash, users, size;
	_Alignas(8) uint8_t octets[];
};

enum { SLOTS_MIN = 256 };

/* Much of it comes from the wire: whoever could choose the slot would make it long. */
static uint32_t
hash_of(const struct model_pool *pool, const uint8_t *octets, size_t size)
{
	enum { PIECE = 16 };
	uint64_t hash = size;
	for (size_t at = 0; at < size; at += PIECE * sizeof(uint64_t)) {
		uint64_t words[1 + PIECE] = {hash}; /* behind what came before */
		size_t some = size - at < PIECE * sizeof(uint64_t) ? size - at : PIECE * sizeof(uint64_t);
		memcpy(words + 1, octets + at, some);
		hash = siphash_words(&pool->seed, words, 1 + (some + 7) / 8);
	}
	return (uint32_t)hash;
}

static void
grow(struct model_pool *pool)
{
	size_t count = pool->slot_count > 0 ? pool->slot_count * 2 : SLOTS_MIN;
	struct model_shared **slots = memory_zero(count, sizeof(*slots));
	for (size_t i = 0; i < pool->slot_count; i++) {
		struct model_shared *next;
		for (struct model_shared *s = pool->slots[i]; s != NULL; s = next) {
			next = s->next;
			s->next = slots[s->hash % count];
			slots[s->hash % count] = s;
		}
	}
	free(pool->slots);
	pool->slots = slots;
	pool->slot_count = count;
}

const void *
model_share(struct model_pool *pool, const void *octets, size_t size)
{
	if (pool->slot_count == 0) {
		pool->seed = siphash_seed_random();
	}
	if (pool->count >= pool->slot_count) {
		grow(pool);
	}
	uint32_t hash = hash_of(pool, octets, size);
	struct model_shared **slot = &pool->slots[hash % pool->slot_count];
	for (struct model_shared *s = *slot; s != NULL; s = s->next) {
		if (s->hash == hash && s->size == size && memcmp(s->octets, octets, size) == 0) {
			s->users++;
			return s->octets;
		}
	}
	struct model_shared *s = memory_resize(NULL, sizeof(*s) + size);
	*s = (struct model_shared){.next = *slot, .hash = hash, .users = 1, .size = (uint32_t)size};
	memcpy(s->octets, octets, size);
	*slot = s;
	pool->count++;
	return s->octets;
}

const char *
model_text_keep(struct model_pool *pool, const char *text)
{
	return model_share(pool, text, strlen(text) + 1);
}

static struct model_shared *
shared_of(const void *octets)
{
	return (struct model_shared *)((uintptr_t)octets - offsetof(struct model_shared, octets));
}

const void *
model_share_again(const void *octets)
{
	shared_of(octets)->users++;
	return octets;
}

void
model_unshare(struct model_pool *pool, const void *octets)
{
	if (octets == NULL) {
		return;
	}
	struct model_shared *s = shared_of(octets);
	if (--s->users > 0) {
		return;
	}
	struct model_shared **at = &pool->slots[s->hash % pool->slot_count];
	while (*at != s) {
		at = &(*at)->next;
	}
	*at = s->next;
	pool->count--;
	free(s);
}

void
model_pool_finish(struct model_pool *pool)
{
	for (size_t i = 0; i < pool->slot_count; i++) {
		while (pool->slots[i] != NULL) {
			struct model_shared *s = pool->slots[i];
			pool->slots[i] = s->next;
			free(s);
		}
	}
	free(pool->slots);
	*pool = (struct model_pool){0};
}
