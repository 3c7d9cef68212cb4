/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The summary of an UPDATE's attributes: their types, flags and lengths as JSON. A table of a million prefixes has a
 * few hundred different ones, and to write each anew took a quarter of what its rows cost. So they are kept, by what
 * they are made from; the text of one that is met again is the same text.
 */
#include "store/writer.h"

#include <string.h>

/* Types, flags and lengths, four octets for each attribute. False where there are too many. */
static bool
make_key(const struct bgp_update *update, struct writer_attributes *key)
{
	struct cursor list = update->attributes;
	struct bgp_attribute a;
	key->key_size = 0;
	while (bgp_next_attribute(&list, &a)) {
		size_t length = cursor_left(&a.value);
		if (key->key_size == sizeof(key->key)) {
			return false;
		}
		uint8_t *at = key->key + key->key_size;
		at[0] = a.type;
		at[1] = a.flags;
		at[2] = (uint8_t)(length >> 8);
		at[3] = (uint8_t)length;
		key->key_size += 4;
	}
	return true;
}

static size_t
slot_of(const struct writer_attributes *key)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < key->key_size; i++) {
		hash = (hash ^ key->key[i]) * 16777619u;
	}
	return (hash ^ hash >> 16) % WRITER_ATTRIBUTES_SLOTS;
}

void
row_attributes(struct row *row, const struct bgp_update *update)
{
	struct writer_attributes key;
	if (row->stmt == NULL) {
		return;
	}
	bool may_keep = make_key(update, &key);
	struct writer_attributes *slot = may_keep ? &row->writer->attributes[slot_of(&key)] : NULL;
	if (slot != NULL && slot->size > 0 && slot->key_size == key.key_size &&
		memcmp(slot->key, key.key, key.key_size) == 0) {
		row_static(row, slot->text, slot->size);
		return;
	}
	struct json *j = row_new_json(row);
	json_attributes(j, NULL, update);
	if (slot != NULL && j->size <= sizeof(slot->text)) {
		memcpy(slot->key, key.key, key.key_size);
		memcpy(slot->text, j->text, j->size);
		slot->key_size = key.key_size;
		slot->size = j->size;
	}
	row_json(row);
}
