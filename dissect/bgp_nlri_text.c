/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NLRI for people: on one line, and as fields. An IP prefix is written as everyone writes it. What
 * is in any other is told by the walk of its family, and both forms are made from that.
 */
#include "dissect/bgp_fields.h"
#include "dissect/bgp_walk.h"

#include <stdarg.h>
#include <stdio.h>

enum { PATH_TEXT_MAX = 40, DEPTH_MAX = 8 };

/* A text that grows, and ends in "..." where it does not fit. */
struct line {
	char *text;
	size_t size, length;
	bool full;
	bool braces[DEPTH_MAX]; /* of the groups that are open */
	unsigned depth;
	bool tight; /* no gap before the next one: it begins a group */
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
put(struct line *l, const char *format, ...)
{
	static const char more[] = "...";
	va_list arguments;
	if (l->full) {
		return;
	}
	size_t room = l->size - l->length - (sizeof(more) - 1);
	va_start(arguments, format);
	int written = vsnprintf(l->text + l->length, room, format, arguments);
	va_end(arguments);
	if (written < 0 || (size_t)written >= room) {
		l->full = true;
		memcpy(l->text + l->length, more, sizeof(more));
		return;
	}
	l->length += (size_t)written;
}

static void
put_hex(struct line *l, struct cursor c)
{
	while (cursor_left(&c) > 0 && !l->full) {
		put(l, "%02x", cursor_u8(&c));
	}
}

static void
put_value(struct line *l, const struct bgp_item *item)
{
	if (item->brief != NULL) {
		put(l, "%s", item->brief);
		return;
	}
	switch (item->kind) {
	case BGP_ITEM_NUMBER:
		if (item->text != NULL) {
			put(l, "%s", item->text);
		} else {
			put(l, "%llu", (unsigned long long)item->number);
		}
		break;
	case BGP_ITEM_HEX:
		put(l, "0x%0*llx", (int)(2 * cursor_left(&item->span)),
			(unsigned long long)item->number);
		break;
	case BGP_ITEM_ADDRESS:
	case BGP_ITEM_TEXT:
	case BGP_ITEM_GROUP:
		put(l, "%s", item->text);
		break;
	case BGP_ITEM_BYTES:
		put(l, "0x");
		put_hex(l, item->span);
		break;
	case BGP_ITEM_GROUP_END:
	case BGP_ITEM_MALFORMED:
		break;
	}
}

static void
open_group(struct line *l, bool braces)
{
	if (l->depth < DEPTH_MAX) {
		l->braces[l->depth] = braces;
	}
	l->depth++;
	if (braces) {
		put(l, "{");
		l->tight = true;
	}
}

static void
close_group(struct line *l)
{
	l->depth--;
	if (l->depth < DEPTH_MAX && l->braces[l->depth]) {
		put(l, "}");
		l->tight = false;
	}
}

static void
put_item(void *self, const struct bgp_item *item)
{
	struct line *l = self;
	if (item->kind == BGP_ITEM_GROUP_END) {
		close_group(l);
		return;
	}
	if (item->key != NULL) {
		if (l->length > 0 && !l->tight) {
			put(l, "%s", item->gap != NULL ? item->gap : " ");
		}
		l->tight = false;
		put(l, "%s%s", item->key, item->key[0] != '\0' ? " " : "");
		if (item->kind != BGP_ITEM_GROUP || item->text != NULL) {
			put_value(l, item);
		}
	}
	if (item->kind == BGP_ITEM_GROUP) {
		open_group(l, item->key != NULL && item->text == NULL);
	}
}

static void
put_labels(struct line *l, const struct bgp_nlri *nlri)
{
	struct cursor labels = nlri->labels;
	const char *gap = " label ";
	uint32_t first = cursor_u24(&labels);
	/* RFC 8277 section 2.4: in a withdrawal these two stand for no label. */
	if (!nlri->has_label || (nlri->withdrawn && (first == 0x800000 || first == 0))) {
		return;
	}
	labels = nlri->labels;
	while (cursor_left(&labels) > 0) {
		put(l, "%s%u", gap, cursor_u24(&labels) >> 4);
		gap = "/";
	}
}

static void
put_prefix(struct line *l, const struct bgp_nlri *nlri)
{
	char rd[BGP_RD_TEXT_MAX];
	char prefix[ADDRESS_TEXT_MAX];
	if (nlri->has_rd) {
		put(l, "%s:", bgp_rd_text(nlri->rd, rd));
	}
	put(l, "%s/%u", address_text(&nlri->prefix, prefix), nlri->prefix_length);
	put_labels(l, nlri);
}

const char *
bgp_nlri_text(const struct bgp_nlri *nlri, char text[BGP_NLRI_TEXT_MAX])
{
	struct line l = {.text = text, .size = BGP_NLRI_TEXT_MAX - PATH_TEXT_MAX};
	struct bgp_walk w = {.on_item = put_item, .self = &l};
	bgp_nlri_walker *walk = bgp_family_walker(nlri->family);
	struct cursor c = nlri->value;
	text[0] = '\0';
	if (nlri->has_prefix) {
		put_prefix(&l, nlri);
	} else if (walk != NULL && !nlri->malformed) {
		walk(&w, &c, nlri->family);
	} else {
		put(&l, "%s", nlri->malformed ? "malformed " : "");
		put_hex(&l, nlri->value);
	}
	if (nlri->has_path_id) {
		size_t length = strlen(text);
		snprintf(text + length, BGP_NLRI_TEXT_MAX - length, " path-id %u%s", nlri->path_id,
			nlri->path_id_guessed ? " (guessed)" : "");
	}
	return text;
}

static void
tell_item(void *self, const struct bgp_item *item)
{
	static const enum field_kind kinds[] = {
		[BGP_ITEM_NUMBER] = FIELD_NUMBER,
		[BGP_ITEM_HEX] = FIELD_HEX,
		[BGP_ITEM_ADDRESS] = FIELD_ADDRESS,
		[BGP_ITEM_TEXT] = FIELD_TEXT,
		[BGP_ITEM_BYTES] = FIELD_BYTES,
		[BGP_ITEM_GROUP] = FIELD_GROUP,
		[BGP_ITEM_MALFORMED] = FIELD_BYTES,
	};
	struct fields *f = self;
	if (item->kind == BGP_ITEM_GROUP_END) {
		f->depth--;
		return;
	}
	struct field field = {
		.name = item->name,
		.kind = kinds[item->kind],
		.number = item->number,
		.text = item->text,
		.malformed = item->kind == BGP_ITEM_MALFORMED,
	};
	if (field.kind == FIELD_BYTES) {
		field.bytes = item->span;
	}
	field_tell(f, item->span, field);
	if (item->kind == BGP_ITEM_GROUP) {
		f->depth++;
	}
}

void
bgp_fields_nlri_inside(struct fields *f, struct cursor *nlri, struct bgp_family family)
{
	bgp_nlri_walker *walk = bgp_family_walker(family);
	struct bgp_walk w = {.on_item = tell_item, .self = f};
	struct cursor c = cursor_rest(nlri);
	walk(&w, &c, family);
	bgp_walk_close(&w, &c, false);
}
