/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts of time lines, each kept once. Ten thousand sessions come up with the same sentences: with
 * its own copy in each entry a time line took three times the memory.
 */
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/model_internal.h"

struct model_text {
	struct model_text *next; /* in its slot */
	uint32_t hash;
	uint32_t users;
	char text[];
};

enum { SLOTS_MIN = 256 };

/* FNV-1a. The texts are ours, with what the wire says cut short: a slot that grows long costs time, and
 * is bounded by the entries of all time lines. */
static uint32_t
hash_of(const char *text)
{
	uint32_t hash = 2166136261u;
	for (; *text != '\0'; text++) {
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	}
	return hash;
}

static void
grow(struct model_texts *texts)
{
	size_t count = texts->slot_count > 0 ? texts->slot_count * 2 : SLOTS_MIN;
	struct model_text **slots = memory_zero(count, sizeof(*slots));
	for (size_t i = 0; i < texts->slot_count; i++) {
		struct model_text *next;
		for (struct model_text *t = texts->slots[i]; t != NULL; t = next) {
			next = t->next;
			t->next = slots[t->hash % count];
			slots[t->hash % count] = t;
		}
	}
	free(texts->slots);
	texts->slots = slots;
	texts->slot_count = count;
}

const char *
model_text_keep(struct model_texts *texts, const char *text)
{
	if (texts->count >= texts->slot_count) {
		grow(texts);
	}
	uint32_t hash = hash_of(text);
	struct model_text **slot = &texts->slots[hash % texts->slot_count];
	for (struct model_text *t = *slot; t != NULL; t = t->next) {
		if (t->hash == hash && strcmp(t->text, text) == 0) {
			t->users++;
			return t->text;
		}
	}
	size_t size = strlen(text) + 1;
	struct model_text *t = memory_resize(NULL, sizeof(*t) + size);
	*t = (struct model_text){.next = *slot, .hash = hash, .users = 1};
	memcpy(t->text, text, size);
	*slot = t;
	texts->count++;
	return t->text;
}

void
model_text_drop(struct model_texts *texts, const char *text)
{
	if (text == NULL) {
		return;
	}
	struct model_text **at = &texts->slots[hash_of(text) % texts->slot_count];
	while ((*at)->text != text) {
		at = &(*at)->next;
	}
	struct model_text *t = *at;
	if (--t->users == 0) {
		*at = t->next;
		texts->count--;
		free(t);
	}
}

void
model_texts_finish(struct model_texts *texts)
{
	for (size_t i = 0; i < texts->slot_count; i++) {
		while (texts->slots[i] != NULL) {
			struct model_text *t = texts->slots[i];
			texts->slots[i] = t->next;
			free(t);
		}
	}
	free(texts->slots);
	*texts = (struct model_texts){0};
}
