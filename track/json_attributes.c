/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attributes of an UPDATE: their types, flags and lengths. A table of a million prefixes has a few hundred
 * different ones, and to write them anew for each UPDATE took a quarter of what its rows cost the database, and
 * half of what it cost the JSON. So they may be kept, by what they are made from; the text of one that is met again is
 * the same text.
 */
#include "track/json.h"

#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

enum { SLOTS = 256, KEY_MAX = 64, TEXT_MAX = 1200 };

struct slot {
	size_t key_size, size; /* size 0: free */
	uint8_t key[KEY_MAX];
	char text[TEXT_MAX];
};

struct json_attribute_texts {
	struct json json;
	struct slot slots[SLOTS];
};

void
json_attributes(struct json *j, const char *key, const struct bgp_update *update)
{
	size_t size;
	const char *text = j->attributes != NULL ? json_attributes_text(j->attributes, update, &size) : NULL;
	if (text != NULL) {
		json_value(j, key, text, size);
		return;
	}
	struct cursor attributes = update->attributes;
	struct bgp_attribute a;
	json_array(j, key);
	while (bgp_next_attribute(&attributes, &a)) {
		json_object(j, NULL);
		json_uint(j, "type", a.type);
		json_string(j, "name", bgp_attribute_name(a.type));
		json_uint(j, "flags", a.flags);
		json_uint(j, "length", cursor_left(&a.value));
		json_object_end(j);
	}
	json_array_end(j);
}

struct json_attribute_texts *
json_attribute_texts_create(void)
{
	struct json_attribute_texts *texts = memory_zero(1, sizeof(*texts));
	json_init(&texts->json);
	return texts;
}

void
json_attribute_texts_destroy(struct json_attribute_texts *texts)
{
	if (texts != NULL) {
		json_finish(&texts->json);
		free(texts);
	}
}

/* Types, flags and lengths, four octets for each attribute. Returns the size; more than KEY_MAX where there are too
 * many. */
static size_t
make_key(const struct bgp_update *update, uint8_t key[KEY_MAX])
{
	struct cursor list = update->attributes;
	struct bgp_attribute a;
	size_t size = 0;
	while (bgp_next_attribute(&list, &a)) {
		size_t length = cursor_left(&a.value);
		if (size == KEY_MAX) {
			return KEY_MAX + 1;
		}
		uint8_t *at = key + size;
		at[0] = a.type;
		at[1] = a.flags;
		at[2] = (uint8_t)(length >> 8);
		at[3] = (uint8_t)length;
		size += 4;
	}
	return size;
}

static size_t
slot_of(const uint8_t *key, size_t size)
{
	uint32_t hash = 2166136261u; /* FNV-1a, over the four octets of each */
	for (size_t i = 0; i < size; i += 4) {
		uint32_t word;
		memcpy(&word, key + i, sizeof(word));
		hash = (hash ^ word) * 16777619u;
		hash ^= hash >> 15;
	}
	return hash % SLOTS;
}

const char *
json_attributes_text(struct json_attribute_texts *texts, const struct bgp_update *update, size_t *size)
{
	uint8_t key[KEY_MAX];
	size_t key_size = make_key(update, key);
	if (key_size > KEY_MAX) {
		return NULL;
	}
	struct slot *slot = &texts->slots[slot_of(key, key_size)];
	if (slot->size == 0 || slot->key_size != key_size || memcmp(slot->key, key, key_size) != 0) {
		struct json *j = &texts->json;
		json_clear(j);
		json_attributes(j, NULL, update);
		if (j->size > sizeof(slot->text)) {
			return NULL;
		}
		memcpy(slot->key, key, key_size);
		memcpy(slot->text, j->text, j->size);
		slot->key_size = key_size;
		slot->size = j->size;
	}
	*size = slot->size;
	return slot->text;
}
