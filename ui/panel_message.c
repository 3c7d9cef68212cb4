/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message: its fields as a tree, made by the same walk as the text of -vv, and its octets, with
 * those of the field under the cursor lit. Left and right go through the messages of the session, so
 * that a reader can leaf through it as through a book. The octets are copied: the model may drop them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/dashboard_panel.h"
#include "ui/describe.h"
#include "ui/text.h"

enum {
	FIELD_LINE_MAX = 256,
	OCTETS_IN_ROW = 16,
	HEX_WIDTH = 6 + OCTETS_IN_ROW * 3 + 2 + OCTETS_IN_ROW + 1,
	SIDE_BY_SIDE = 140, /* columns */
};

struct field_line {
	uint8_t depth;
	bool bad, flag;
	uint32_t offset, size;
	char text[FIELD_LINE_MAX];
};

struct message_panel {
	uint64_t session, bfd_session;
	uint64_t seq;
	struct model_octets octets; /* `bytes` is ours */
	bool found;
	char title[160];
	struct field_line *field;
	size_t count, room, left_out;
	int step; /* to another message, at the next update */
	struct scroll scroll;
	unsigned tree_top;
};

static void *
message_create(uint64_t session, uint64_t bfd_session)
{
	struct message_panel *p = memory_zero(1, sizeof(*p));
	p->session = session;
	p->bfd_session = bfd_session;
	return p;
}

static void
message_destroy(void *self)
{
	struct message_panel *p = self;
	free((void *)p->octets.bytes);
	free(p->field);
	free(p);
}

static void
on_field(void *self, const struct field *field)
{
	struct message_panel *p = self;
	if (p->count >= PANEL_FIELDS_MAX) {
		p->left_out++;
		return;
	}
	if (p->count == p->room) {
		p->room = p->room * 2 + 64;
		p->field = memory_resize(p->field, p->room * sizeof(*p->field));
	}
	struct field_line *line = &p->field[p->count++];
	line->depth = field->depth;
	line->bad = field->malformed || field->cut;
	line->flag = field->kind == FIELD_FLAG;
	line->offset = field->offset;
	line->size = field->size;
	describe_field(field, line->text, sizeof(line->text));
}

static void
take(struct message_panel *p, const struct model_octets *octets)
{
	free((void *)p->octets.bytes);
	p->octets = *octets;
	p->octets.bytes = memory_copy(octets->bytes, octets->size);
	p->seq = octets->seq;
	p->found = true;
	p->count = p->left_out = 0;
	const struct field_sink sink = {.self = p, .on_field = on_field};
	if (octets->session != 0) {
		struct bgp_message message;
		bgp_decode(p->octets.bytes, p->octets.size, &p->octets.context, &message);
		const struct event_message event = {.message = &message,
			.context = &p->octets.context};
		describe_message(&event, false, p->title, sizeof(p->title));
		bgp_fields(&message, &p->octets.context, &sink);
	} else {
		struct bfd_packet packet;
		bfd_decode(p->octets.bytes, p->octets.size, &packet);
		snprintf(p->title, sizeof(p->title), "BFD ");
		describe_bfd(&packet, false, p->title + 4, sizeof(p->title) - 4);
		bfd_fields(&packet, &sink);
	}
	p->scroll.count = p->count;
	p->scroll.at = p->scroll.top = 0;
}

static void
message_go(void *self, const struct panel_view *view, uint64_t seq)
{
	struct message_panel *p = self;
	const struct model_octets *octets = model_octets_find(view->model, seq);
	p->seq = seq;
	p->found = octets != NULL;
	if (octets != NULL) {
		take(p, octets);
	}
}

static void
message_update(void *self, const struct panel_view *view)
{
	struct message_panel *p = self;
	if (p->step != 0) {
		const struct model_octets *octets = model_octets_step(view->model, p->seq, p->step,
			p->session, p->bfd_session);
		if (octets != NULL) {
			take(p, octets);
		}
		p->step = 0;
	}
}

static void
message_resize(void *self, unsigned height, unsigned width)
{
	(void)self;
	(void)height;
	(void)width;
}

static void
draw_tree(struct message_panel *p, const struct area *area)
{
	p->scroll.height = area->height;
	scroll_settle(&p->scroll);
	for (unsigned row = 0; row < area->height; row++) {
		size_t index = p->scroll.top + row;
		if (index >= p->count) {
			break;
		}
		const struct field_line *line = &p->field[index];
		unsigned band = index == p->scroll.at ? STYLE_BAND : 0;
		unsigned style = line->bad ? STYLE_BAD : line->flag ? STYLE_FAINT : STYLE_NORMAL;
		if (band != 0) {
			area_fill(area, row, 0, area->width, band);
			area_text(area, row, 0, 1, band, area_glyph(area, GLYPH_CURSOR));
		}
		area_text(area, row, 1 + 2u * line->depth, area->width, style | band, line->text);
	}
}

static void
draw_octet_row(const struct message_panel *p, const struct area *area, unsigned row, size_t offset,
	size_t from, size_t to)
{
	area_printf(area, row, 0, 5, STYLE_FAINT, "%04zx", offset);
	for (size_t i = 0; i < OCTETS_IN_ROW && offset + i < p->octets.size; i++) {
		uint8_t octet = p->octets.bytes[offset + i];
		bool lit = offset + i >= from && offset + i < to;
		bool joined = lit && offset + i + 1 < to && i + 1 < OCTETS_IN_ROW;
		unsigned column = 6 + (unsigned)i * 3 + (i >= OCTETS_IN_ROW / 2 ? 1 : 0);
		unsigned style = lit ? STYLE_STRONG | STYLE_BAND : STYLE_NORMAL;
		char plain[2] = {octet >= 0x20 && octet < 0x7f ? (char)octet : '.', '\0'};
		area_printf(area, row, column, 2, style, "%02x", octet);
		if (joined) {
			area_fill(area, row, column + 2, i == OCTETS_IN_ROW / 2 - 1 ? 2 : 1, style);
		}
		area_text(area, row, HEX_WIDTH - OCTETS_IN_ROW + (unsigned)i, 1, style, plain);
	}
}

static void
draw_octets(const struct message_panel *p, const struct area *area)
{
	const struct field_line *chosen = p->scroll.at < p->count ? &p->field[p->scroll.at] : NULL;
	size_t from = chosen != NULL ? chosen->offset : 0;
	size_t to = chosen != NULL ? from + chosen->size : 0;
	size_t rows = (p->octets.size + OCTETS_IN_ROW - 1) / OCTETS_IN_ROW;
	size_t first = from / OCTETS_IN_ROW;
	/* All of the field on the screen, and a row before it, where there is room. */
	size_t last = to > from ? (to - 1) / OCTETS_IN_ROW : first;
	size_t top = 0;
	if (rows > area->height && last >= area->height) {
		top = last - first + 1 < area->height ? last + 1 - area->height : first;
		top = top + area->height > rows ? rows - area->height : top;
	}
	for (unsigned row = 0; row < area->height && top + row < rows; row++) {
		draw_octet_row(p, area, row, (top + row) * OCTETS_IN_ROW, from, to);
	}
}

static void
draw_title(const struct message_panel *p, const struct area *area)
{
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX], time[TIME_TEXT_MAX];
	time_text(p->octets.time_ns, 6, time);
	area_printf(area, 0, 0, area->width, STYLE_STRONG, "%s", p->title);
	area_printf(area, 1, 0, area->width, STYLE_FAINT, "%s %s %s  #%llu  %s  %zu octets",
		address_text(&p->octets.src, a), area_glyph(area, GLYPH_RIGHT),
		address_text(&p->octets.dst, b), (unsigned long long)p->octets.frame,
		time + strlen("2026-01-31T"), p->octets.size);
	if (p->left_out > 0) {
		area_printf(area, 1, area->width - 34, 34, STYLE_BUSY, "%zu more fields not shown",
			p->left_out);
	}
}

static void
message_draw(void *self, const struct panel_view *view, const struct area *area)
{
	struct message_panel *p = self;
	(void)view;
	if (!p->found) {
		area_wrap(area, 1, 4, 1, STYLE_NORMAL,
			"The octets of this message are not kept any more, or the database does not "
			"hold them. Left and right go to those that are.");
		return;
	}
	draw_title(p, area);
	p->tree_top = 3;
	struct area below = area_rows(area, 3, area->height);
	if (area->width >= SIDE_BY_SIDE) {
		unsigned left = area->width - HEX_WIDTH - 1;
		struct area tree = area_columns(&below, 0, left - 1);
		struct area hex = area_columns(&below, left, HEX_WIDTH + 1);
		area_rule(area, 2, 0, area->width, STYLE_FAINT);
		draw_tree(p, &tree);
		draw_octets(p, &hex);
		return;
	}
	size_t rows = (p->octets.size + OCTETS_IN_ROW - 1) / OCTETS_IN_ROW;
	unsigned most = below.height / 2;
	unsigned hex_rows = rows < most ? (unsigned)rows : most;
	unsigned tree_rows = below.height > hex_rows + 1 ? below.height - hex_rows - 1 : 1;
	struct area tree = area_rows(&below, 0, tree_rows);
	struct area hex = area_rows(&below, tree_rows + 1, hex_rows);
	area_rule(area, 2, 0, area->width, STYLE_FAINT);
	draw_tree(p, &tree);
	area_rule(&below, tree_rows, 0, area->width, STYLE_FAINT);
	draw_octets(p, &hex);
}

static void
message_handle_key(void *self, enum action action, struct panel_request *request)
{
	struct message_panel *p = self;
	if (action == ACTION_NEXT || action == ACTION_PREVIOUS) {
		p->step = action == ACTION_NEXT ? 1 : -1;
		request->update = true;
		return;
	}
	scroll_act(&p->scroll, action);
}

static bool
message_click(void *self, unsigned row, unsigned column)
{
	struct message_panel *p = self;
	(void)column;
	if (row >= p->tree_top && p->scroll.top + row - p->tree_top < p->count &&
		row - p->tree_top < p->scroll.height) {
		p->scroll.at = p->scroll.top + row - p->tree_top;
	}
	return false;
}

const struct panel_class panel_message = {
	.name = "Message",
	.place = PLACE_MESSAGE,
	.help = "One message, field by field, with its octets; those of the field under the cursor are "
		"lit. Names are those of the RFCs. Left and right leaf through the messages of the "
		"session. Of very many messages the oldest octets are dropped.",
	.create = message_create,
	.destroy = message_destroy,
	.update = message_update,
	.resize = message_resize,
	.draw = message_draw,
	.handle_key = message_handle_key,
	.go = message_go,
	.click = message_click,
};
