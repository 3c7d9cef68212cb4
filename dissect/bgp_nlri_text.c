/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NLRI for people: on one line, and as fields. An IP prefix is written as everyone writes it. What
 * is in any other is told by the walk of its family, and both forms are made from that.
 */
#include "dissect/bgp_fields.h"
#include "dissect/bgp_text.h"
#include "dissect/bgp_walk.h"

#include <stdio.h>

enum { PATH_TEXT_MAX = 40, DEPTH_MAX = 8 };

struct line {
	struct bgp_text text;
	bool braces[DEPTH_MAX]; /* of the groups that are open */
	unsigned depth;
	bool tight; /* no gap before the next one: it begins a group */
};

static void
put_value(struct line *l, const struct bgp_item *item)
{
	if (item->brief != NULL) {
		bgp_text_put(&l->text, "%s", item->brief);
		return;
	}
	switch (item->kind) {
	case BGP_ITEM_NUMBER:
		if (item->text != NULL) {
			bgp_text_put(&l->text, "%s", item->text);
		} else {
			bgp_text_put(&l->text, "%llu", (unsigned long long)item->number);
		}
		break;
	case BGP_ITEM_HEX:
		bgp_text_put(&l->text, "0x%0*llx", (int)(2 * cursor_left(&item->span)),
			(unsigned long long)item->number);
		break;
	case BGP_ITEM_ADDRESS:
	case BGP_ITEM_TEXT:
	case BGP_ITEM_GROUP:
		bgp_text_put(&l->text, "%s", item->text);
		break;
	case BGP_ITEM_BYTES:
		bgp_text_put(&l->text, "0x");
		bgp_text_put_hex(&l->text, item->span);
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
		bgp_text_put(&l->text, "{");
		l->tight = true;
	}
}

static void
close_group(struct line *l)
{
	l->depth--;
	if (l->depth < DEPTH_MAX && l->braces[l->depth]) {
		bgp_text_put(&l->text, "}");
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
		if (l->text.length > 0 && !l->tight) {
			bgp_text_put(&l->text, "%s", item->gap != NULL ? item->gap : " ");
		}
		l->tight = false;
		bgp_text_put(&l->text, "%s%s", item->key, item->key[0] != '\0' ? " " : "");
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
		bgp_text_put(&l->text, "%s%u", gap, cursor_u24(&labels) >> 4);
		gap = "/";
	}
}

static void
put_prefix(struct line *l, const struct bgp_nlri *nlri)
{
	char rd[BGP_RD_TEXT_MAX];
	char prefix[ADDRESS_TEXT_MAX];
	if (nlri->has_rd) {
		bgp_text_put(&l->text, "%s:", bgp_rd_text(nlri->rd, rd));
	}
	bgp_text_put(&l->text, "%s/%u", address_text(&nlri->prefix, prefix), nlri->prefix_length);
	put_labels(l, nlri);
}

const char *
bgp_nlri_text(const struct bgp_nlri *nlri, char text[BGP_NLRI_TEXT_MAX])
{
	struct line l = {.text = {.text = text, .size = BGP_NLRI_TEXT_MAX - PATH_TEXT_MAX}};
	struct bgp_walk w = {.on_item = put_item, .self = &l};
	bgp_nlri_walker *walk = bgp_family_walker(nlri->family);
	struct cursor c = nlri->value;
	text[0] = '\0';
	if (nlri->has_prefix) {
		put_prefix(&l, nlri);
	} else if (walk != NULL && !nlri->malformed) {
		walk(&w, &c, nlri->family);
	} else {
		bgp_text_put(&l.text, "%s", nlri->malformed ? "malformed " : "");
		bgp_text_put_hex(&l.text, nlri->value);
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
