/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a message as nested members, for -vv: the same tree that the lines show. A field
 * comes before its children and does not know how many it has, so that an object is closed when the
 * next field is not below it.
 */
#include "track/json_internal.h"

struct tree {
	struct json *j;
	int last; /* depth of the field whose object is open; -1: none */
};

/* Closes objects until one at `depth` may begin. */
static void
close_to(struct tree *t, int depth)
{
	if (t->last < depth) {
		return;
	}
	json_object_end(t->j);
	while (t->last > depth) {
		json_array_end(t->j);
		json_object_end(t->j);
		t->last--;
	}
}

static void
write_value(struct json *j, const struct field *field)
{
	const uint8_t *bytes = field->bytes.at;
	size_t size = cursor_left(&field->bytes);
	switch (field->kind) {
	case FIELD_GROUP:
		json_null(j, "value");
		break;
	case FIELD_NUMBER:
	case FIELD_HEX:
		json_uint(j, "value", field->number);
		break;
	case FIELD_FLAG:
		json_bool(j, "value", field->number != 0);
		break;
	case FIELD_ADDRESS:
	case FIELD_TEXT:
		json_string(j, "value", field->text);
		break;
	case FIELD_WIRE_TEXT:
		json_text(j, "value", bytes, size);
		json_hex(j, "data", bytes, size);
		break;
	case FIELD_BYTES:
		json_hex(j, "value", bytes, size);
		break;
	}
	bool is_value = field->kind == FIELD_ADDRESS || field->kind == FIELD_TEXT;
	bool has_text = field->text != NULL && field->text[0] != '\0' && !is_value;
	json_string(j, "text", has_text ? field->text : NULL);
}

static void
on_field(void *self, const struct field *field)
{
	struct tree *t = self;
	struct json *j = t->j;
	if (t->last >= 0 && field->depth > t->last) {
		json_array(j, "fields");
	}
	close_to(t, field->depth);
	t->last = field->depth;
	json_object(j, NULL);
	json_string(j, "name", field->name);
	write_value(j, field);
	json_uint(j, "offset", field->offset);
	json_uint(j, "length", field->size);
	if (field->malformed) {
		json_bool(j, "malformed", true);
	}
	if (field->cut) {
		json_bool(j, "cut", true);
	}
	if (field->guessed) {
		json_bool(j, "guessed", true);
	}
}

void
json_bfd_fields(struct json *j, const struct bfd_packet *packet)
{
	struct tree tree = {.j = j, .last = -1};
	const struct field_sink sink = {.self = &tree, .on_field = on_field};
	json_array(j, "fields");
	bfd_fields(packet, &sink);
	close_to(&tree, 0);
	json_array_end(j);
}

void
json_message_fields(struct json *j, const struct event_message *e)
{
	static const struct bgp_context unknown;
	struct tree tree = {.j = j, .last = -1};
	const struct field_sink sink = {.self = &tree, .on_field = on_field};
	json_array(j, "fields");
	bgp_fields(e->message, e->context != NULL ? e->context : &unknown, &sink);
	close_to(&tree, 0);
	json_array_end(j);
}
