/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The states of all sessions over time, a bar for BGP and one for the BFD that serves it, on one axis:
 * what goes down together is seen at once. A bar is as high as the state has come; a column stands for
 * a span of time and shows the worst state in it, so that a short flap does not hide in a long day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/dashboard_session.h"
#include "ui/panel_machine.h"
#include "ui/text.h"

enum { COLUMNS_MAX = 512, LABEL_NARROW = 24, LABEL_WIDE = 40 };

static const uint64_t span_min_ns = 1000000; /* of all that is shown */

struct timeline_panel {
	struct session_row *rows;
	size_t count, room;
	struct scroll scroll; /* in sessions */
	bool all;             /* all of the time there is, also as it goes on */
	uint64_t from_ns, to_ns;
	uint64_t first_ns, last_ns; /* of the model */
	uint64_t wanted_session;
	size_t seen;
	uint64_t built_ns;
	struct events events;       /* of the session under the cursor */
	unsigned lines_of_row[COLUMNS_MAX]; /* index from the top of each line on the screen, plus 1 */
};

static void *
timeline_create(uint64_t session, uint64_t bfd_session)
{
	(void)bfd_session;
	struct timeline_panel *p = memory_zero(1, sizeof(*p));
	p->all = true;
	p->wanted_session = session;
	return p;
}

static void
timeline_destroy(void *self)
{
	struct timeline_panel *p = self;
	events_finish(&p->events);
	free(p->rows);
	free(p);
}

static int
compare_rows(const void *left, const void *right)
{
	const struct session_row *a = left, *b = right;
	int order = session_row_compare(a, b, COLUMN_STATE);
	if (order != 0) {
		return order;
	}
	uint64_t x = a->has_session ? a->info.session : UINT64_MAX;
	uint64_t y = b->has_session ? b->info.session : UINT64_MAX;
	return (x > y) - (x < y);
}

static void
take_rows(struct timeline_panel *p, const struct model *model)
{
	size_t sessions = model_session_count(model), bfd_sessions = model_bfd_session_count(model);
	if (sessions + bfd_sessions > p->room) {
		p->room = sessions + bfd_sessions + 16;
		p->rows = memory_resize(p->rows, p->room * sizeof(*p->rows));
	}
	p->count = 0;
	for (size_t i = 0; i < sessions; i++) {
		const struct model_session *session = model_session_at(model, i);
		session_row_take(&p->rows[p->count++], model, session,
			model_bfd_of(model, session));
	}
	for (size_t i = 0; i < bfd_sessions; i++) {
		const struct model_bfd_session *bfd = model_bfd_session_at(model, i);
		if (model_served_by(model, bfd) == NULL) {
			session_row_take(&p->rows[p->count++], model, NULL, bfd);
		}
	}
	if (p->count > 1) {
		qsort(p->rows, p->count, sizeof(*p->rows), compare_rows);
	}
	p->scroll.count = p->count;
	for (size_t i = 0; p->wanted_session != 0 && i < p->count; i++) {
		if (p->rows[i].has_session && p->rows[i].info.session == p->wanted_session) {
			p->scroll.at = i;
		}
	}
	p->wanted_session = 0;
}

static void
timeline_update(void *self, const struct panel_view *view)
{
	enum { SECOND_NS = 1000000000 };
	struct timeline_panel *p = self;
	size_t there = model_session_count(view->model) + model_bfd_session_count(view->model);
	if (p->built_ns == 0 || there != p->seen || view->clock_ns - p->built_ns >= SECOND_NS ||
		view->done) {
		take_rows(p, view->model);
		p->seen = there;
		p->built_ns = view->clock_ns;
	}
	p->first_ns = model_first_ns(view->model);
	p->last_ns = view->now_ns > model_last_ns(view->model) ? view->now_ns
							       : model_last_ns(view->model);
	if (p->all) {
		p->from_ns = p->first_ns;
		p->to_ns = p->last_ns;
	}
	if (p->to_ns < p->from_ns + span_min_ns) {
		p->to_ns = p->from_ns + span_min_ns;
	}
	scroll_settle(&p->scroll);
}

static void
timeline_resize(void *self, unsigned height, unsigned width)
{
	(void)self;
	(void)height;
	(void)width;
}

/* The worst state of each column; 0: nothing is known there. */
struct bar {
	unsigned width;
	uint64_t from_ns, to_ns;
	uint8_t worst[COLUMNS_MAX];
};

static void
mark(struct bar *bar, uint64_t from_ns, uint64_t to_ns, uint8_t state)
{
	if (state == 0 || to_ns < bar->from_ns || from_ns > bar->to_ns) {
		return;
	}
	uint64_t from = from_ns < bar->from_ns ? bar->from_ns : from_ns;
	uint64_t to = to_ns > bar->to_ns ? bar->to_ns : to_ns;
	long double scale = (long double)bar->width / (long double)(bar->to_ns - bar->from_ns);
	unsigned first = (unsigned)((long double)(from - bar->from_ns) * scale);
	unsigned last = (unsigned)((long double)(to - bar->from_ns) * scale);
	for (unsigned i = first; i <= last && i < bar->width; i++) {
		if (bar->worst[i] == 0 || state < bar->worst[i]) {
			bar->worst[i] = state;
		}
	}
}

/* The worse of both sides; one that is not known does not count. */
static uint8_t
worse_state(const struct machines *machines)
{
	const uint8_t *side = machines->state;
	if (side[0] == 0 || side[1] == 0) {
		return side[0] == 0 ? side[1] : side[0];
	}
	return side[0] < side[1] ? side[0] : side[1];
}

static void
fill_bar(struct bar *bar, enum protocol protocol, const struct model_timeline *timeline,
	uint64_t end_ns)
{
	struct machines machines = {.protocol = protocol};
	uint64_t since = 0;
	uint8_t state = 0;
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_entry *e = &timeline->entries[i];
		if (!machines_step(&machines, e, e->side)) {
			continue;
		}
		uint8_t now = worse_state(&machines);
		if (now != state) {
			mark(bar, since, e->time_ns, state);
			state = now;
			since = e->time_ns;
		}
	}
	mark(bar, since, end_ns, state);
}

static void
draw_bar(const struct bar *bar, enum protocol protocol, const struct area *area, unsigned row,
	unsigned column)
{
	static const uint8_t bgp_levels[BGP_STATE_COUNT] = {0, 1, 2, 3, 4, 5, 7};
	static const uint8_t bfd_levels[] = {0, 1, 1, 4, 7};
	for (unsigned i = 0; i < bar->width; i++) {
		uint8_t state = bar->worst[i];
		if (state == 0) {
			area_text(area, row, column + i, 1, STYLE_FAINT,
				area_glyph(area, GLYPH_DOT));
			continue;
		}
		area_level(area, row, column + i, machine_style(protocol, state),
			protocol == PROTOCOL_BGP ? bgp_levels[state] : bfd_levels[state]);
	}
}

static void
draw_axis(const struct timeline_panel *p, const struct area *area, unsigned row, unsigned column,
	unsigned width)
{
	uint64_t span = p->to_ns - p->from_ns;
	uint8_t digits = span < UINT64_C(10000000000) ? 3 : 0;
	unsigned wide = 9 + (digits > 0 ? digits + 1u : 0);
	unsigned ticks = width / (wide + 4);
	area_rule(area, row, column, width, STYLE_FAINT);
	for (unsigned i = 0; i < ticks; i++) {
		unsigned at = width * i / ticks;
		char time[TIME_TEXT_MAX];
		time_text(p->from_ns +
				(uint64_t)((long double)span * (long double)at / (long double)width),
			digits, time);
		area_line(area, row, column + at, STYLE_FAINT, LINE_LEFT | LINE_RIGHT | LINE_BELOW);
		area_printf(area, row + 1, column + at, wide, STYLE_FAINT, "%.*s", (int)wide - 1,
			time + strlen("2026-01-31T"));
	}
	char duration[TEXT_DURATION_MAX];
	area_printf(area, row, 0, column, STYLE_ACCENT, "%s%s", p->all ? "all: " : "",
		text_duration_ns(span, duration));
	area_printf(area, row + 1, 0, column, STYLE_FAINT, "%.10s UTC",
		time_text(p->from_ns, 0, (char[TIME_TEXT_MAX]){0}));
}

static void
draw_row(struct timeline_panel *p, const struct panel_view *view, const struct area *area,
	unsigned *row, size_t index, unsigned label, unsigned width)
{
	const struct session_row *s = &p->rows[index];
	char text[ROW_TEXT_MAX];
	struct bar bar = {.width = width, .from_ns = p->from_ns, .to_ns = p->to_ns};
	unsigned band = index == p->scroll.at ? STYLE_BAND : 0;
	area_fill(area, *row, 0, label, band);
	area_printf(area, *row, 0, label - 1, health_style(s->health) | band, "%s%s %s",
		band != 0 ? area_glyph(area, GLYPH_CURSOR) : " ",
		area_glyph(area, health_glyph(s->health)),
		session_row_peers(s, area, label - 4, text));
	const struct model_session *session = s->has_session
		? model_session_find(view->model, s->info.session)
		: NULL;
	const struct model_bfd_session *bfd = s->has_bfd
		? model_bfd_session_find(view->model, s->bfd.bfd_session)
		: NULL;
	if (session != NULL) {
		fill_bar(&bar, PROTOCOL_BGP, &session->timeline, p->last_ns);
		draw_bar(&bar, PROTOCOL_BGP, area, *row, label);
	}
	p->lines_of_row[*row] = (unsigned)index + 1;
	if (bfd != NULL && *row + 1 < area->height) {
		*row += session != NULL ? 1 : 0;
		memset(bar.worst, 0, sizeof(bar.worst));
		fill_bar(&bar, PROTOCOL_BFD, &bfd->timeline, p->last_ns);
		draw_bar(&bar, PROTOCOL_BFD, area, *row, label);
		area_text_right(area, *row, 0, label - 1, STYLE_FAINT, "BFD");
		p->lines_of_row[*row] = (unsigned)index + 1;
	}
	(*row)++;
}

/* What was loud in this span, of the session under the cursor: the latest, where there is room. */
static void
draw_events(struct timeline_panel *p, const struct panel_view *view, const struct area *area)
{
	const struct session_row *s = &p->rows[p->scroll.at];
	const struct model_session *session = s->has_session
		? model_session_find(view->model, s->info.session)
		: NULL;
	const struct model_bfd_session *bfd = s->has_bfd
		? model_bfd_session_find(view->model, s->bfd.bfd_session)
		: NULL;
	char text[EVENT_TEXT_MAX];
	events_take(&p->events, session, bfd, s, false, "");
	size_t kept = 0;
	for (size_t i = 0; i < p->events.count; i++) {
		const struct timeline_entry *e = &p->events.line[i].entry;
		if (e->weight == TIMELINE_LOUD && e->time_ns >= p->from_ns && e->time_ns <= p->to_ns) {
			p->events.line[kept++] = p->events.line[i];
		}
	}
	area_rule(area, 0, 0, area->width, STYLE_FAINT);
	area_printf(area, 0, 2, area->width - 4, STYLE_STRONG, " %s ",
		session_row_peers(s, area, UINT32_MAX, text));
	size_t top = kept > area->height - 1 ? kept - (area->height - 1) : 0;
	for (unsigned row = 1; row < area->height && top + row - 1 < kept; row++) {
		const struct event_line *line = &p->events.line[top + row - 1];
		char time[TIME_TEXT_MAX];
		time_text(line->entry.time_ns, 3, time);
		area_printf(area, row, 1, 14, STYLE_FAINT, "%.12s", time + strlen("2026-01-31T"));
		area_text(area, row, 14, 1, STYLE_NORMAL,
			line->side < 0 ? " "
				       : area_glyph(area, line->side == 0 ? GLYPH_RIGHT : GLYPH_LEFT));
		area_text(area, row, 16, area->width, event_style(&line->entry),
			event_text(&line->entry, true, text));
	}
}

static void
timeline_draw(void *self, const struct panel_view *view, const struct area *area)
{
	struct timeline_panel *p = self;
	unsigned label = area->width >= 110 ? LABEL_WIDE : LABEL_NARROW;
	unsigned width = area->width - label - 1;
	width = width < COLUMNS_MAX ? width : COLUMNS_MAX;
	memset(p->lines_of_row, 0, sizeof(p->lines_of_row));
	if (p->count == 0) {
		area_text(area, 1, 1, area->width, STYLE_NORMAL, "There is no session yet.");
		return;
	}
	struct area list = area_rows(area, 0, area->height - 3);
	bool with_bfd = false;
	for (size_t i = 0; i < p->count; i++) {
		with_bfd |= p->rows[i].has_bfd && p->rows[i].has_session;
	}
	p->scroll.height = with_bfd ? list.height / 2 : list.height;
	scroll_settle(&p->scroll);
	unsigned row = 0;
	for (size_t i = p->scroll.top; i < p->count && row < list.height && row < COLUMNS_MAX; i++) {
		draw_row(p, view, &list, &row, i, label, width);
	}
	if (row + 5 <= list.height && p->scroll.at < p->count) {
		struct area events = area_rows(&list, row + 1, list.height);
		draw_events(p, view, &events);
	}
	draw_axis(p, area, area->height - 3, label, width);
	unsigned left = 0;
	static const struct {
		enum protocol protocol;
		uint8_t state, level;
	} legend[] = {
		{PROTOCOL_BGP, BGP_STATE_IDLE, 1},
		{PROTOCOL_BGP, BGP_STATE_CONNECT, 2},
		{PROTOCOL_BGP, BGP_STATE_ACTIVE, 3},
		{PROTOCOL_BGP, BGP_STATE_OPENSENT, 4},
		{PROTOCOL_BGP, BGP_STATE_OPENCONFIRM, 5},
		{PROTOCOL_BGP, BGP_STATE_ESTABLISHED, 7},
	};
	for (size_t i = 0; i < sizeof(legend) / sizeof(legend[0]); i++) {
		area_level(area, area->height - 1, left, machine_style(legend[i].protocol, legend[i].state),
			legend[i].level);
		left += 2 +
			area_text(area, area->height - 1, left + 2, 14, STYLE_NORMAL,
				bgp_state_name(legend[i].state)) +
			1;
	}
	if (area->width >= 110) {
		area_text(area, area->height - 1, left, area->width, STYLE_FAINT,
			"BFD likewise; a column shows the worst in it");
	}
}

static void
zoom(struct timeline_panel *p, bool in)
{
	uint64_t span = p->to_ns - p->from_ns;
	uint64_t middle = p->from_ns + span / 2;
	uint64_t whole = p->last_ns > p->first_ns ? p->last_ns - p->first_ns : span_min_ns;
	span = in ? span / 2 : span * 2;
	if (span >= whole) {
		p->all = true;
		return;
	}
	span = span < span_min_ns ? span_min_ns : span;
	p->all = false;
	p->from_ns = middle > span / 2 ? middle - span / 2 : 0;
	p->to_ns = p->from_ns + span;
}

static void
move(struct timeline_panel *p, bool later)
{
	uint64_t span = p->to_ns - p->from_ns, step = span / 4;
	if (p->all) {
		return;
	}
	if (later) {
		uint64_t room = p->last_ns > p->to_ns ? p->last_ns - p->to_ns : 0;
		p->from_ns += step < room ? step : room;
	} else {
		uint64_t room = p->from_ns > p->first_ns ? p->from_ns - p->first_ns : 0;
		p->from_ns -= step < room ? step : room;
	}
	p->to_ns = p->from_ns + span;
}

static void
timeline_handle_key(void *self, enum action action, struct panel_request *request)
{
	struct timeline_panel *p = self;
	if (scroll_act(&p->scroll, action)) {
		return;
	}
	switch (action) {
	case ACTION_ZOOM_IN:
	case ACTION_ZOOM_OUT:
		zoom(p, action == ACTION_ZOOM_IN);
		break;
	case ACTION_ZOOM_ALL:
		p->all = true;
		break;
	case ACTION_EARLIER:
	case ACTION_LATER:
		move(p, action == ACTION_LATER);
		break;
	case ACTION_OPEN:
	case ACTION_MACHINE:
		if (p->scroll.at < p->count) {
			const struct session_row *row = &p->rows[p->scroll.at];
			*request = (struct panel_request){.wish = WISH_OPEN,
				.panel = action == ACTION_OPEN ? &panel_session : &panel_machine,
				.session = row->has_session ? row->info.session : 0,
				.bfd_session = row->has_bfd ? row->bfd.bfd_session : 0};
		}
		break;
	default:
		break;
	}
}

static bool
timeline_click(void *self, unsigned row, unsigned column)
{
	struct timeline_panel *p = self;
	(void)column;
	if (row >= COLUMNS_MAX || p->lines_of_row[row] == 0) {
		return false;
	}
	size_t index = p->lines_of_row[row] - 1;
	bool again = p->scroll.at == index;
	p->scroll.at = index;
	return again;
}

const struct panel_class panel_timeline = {
	.name = "Time line",
	.place = PLACE_TIMELINE,
	.help = "The states of all sessions over time, the worst session first; below each the BFD that "
		"serves it. The higher the bar, the further its state has come; a column shows the "
		"worst state of its span, of both sides. + and - zoom, Left and Right move, 0 shows all.",
	.create = timeline_create,
	.destroy = timeline_destroy,
	.update = timeline_update,
	.resize = timeline_resize,
	.draw = timeline_draw,
	.handle_key = timeline_handle_key,
	.click = timeline_click,
};
