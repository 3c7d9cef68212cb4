/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TESTS_UNIT_FIELDS_TEXT_H
#define BGPWHY_TESTS_UNIT_FIELDS_TEXT_H

#include <inttypes.h>
#include <stdio.h>

#include "dissect/field.h"

/* Fields as lines of text, for comparing: "..Hold Time=90 @22+2". Not how a view prints them. */
struct fields_text {
	char text[65536];
	size_t size;
};

static inline void
fields_text_put(struct fields_text *t, const char *piece)
{
	int n = snprintf(t->text + t->size, sizeof(t->text) - t->size, "%s", piece);
	t->size += n > 0 ? (size_t)n : 0;
	if (t->size >= sizeof(t->text)) {
		t->size = sizeof(t->text) - 1;
	}
}

static inline void
fields_text_add(void *self, const struct field *field)
{
	struct fields_text *t = self;
	char piece[1024];
	for (unsigned i = 0; i < field->depth; i++) {
		fields_text_put(t, ".");
	}
	fields_text_put(t, field->name);
	switch (field->kind) {
	case FIELD_NUMBER:
	case FIELD_FLAG:
		snprintf(piece, sizeof(piece), "=%" PRIu64, field->number);
		fields_text_put(t, piece);
		if (field->text != NULL) {
			snprintf(piece, sizeof(piece), " (%s)", field->text);
			fields_text_put(t, piece);
		}
		break;
	case FIELD_HEX:
		snprintf(piece, sizeof(piece), "=0x%0*" PRIx64, (int)field->size * 2, field->number);
		fields_text_put(t, piece);
		break;
	case FIELD_GROUP:
	case FIELD_ADDRESS:
	case FIELD_TEXT:
		if (field->text != NULL && field->text[0] != '\0') {
			snprintf(piece, sizeof(piece), "=%s", field->text);
			fields_text_put(t, piece);
		}
		break;
	case FIELD_WIRE_TEXT:
		snprintf(piece, sizeof(piece), "=\"%.*s\"", (int)cursor_left(&field->bytes),
			(const char *)field->bytes.at);
		fields_text_put(t, piece);
		break;
	case FIELD_BYTES:
		fields_text_put(t, "=");
		for (const uint8_t *p = field->bytes.at; p < field->bytes.end; p++) {
			snprintf(piece, sizeof(piece), "%02x", *p);
			fields_text_put(t, piece);
		}
		break;
	}
	snprintf(piece, sizeof(piece), "%s%s%s @%u+%u\n", field->malformed ? " [malformed]" : "",
		field->cut ? " [cut]" : "", field->guessed ? " [guessed]" : "", field->offset,
		field->size);
	fields_text_put(t, piece);
}

#endif
