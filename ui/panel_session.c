/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen of one session. Its head says who the two are, how they stand, why, and what to do; below
 * it are tabs: what happened, as arrows and in words, what both offered, all that was found, the timers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/dashboard_session.h"
#include "ui/text.h"

enum tab { TAB_LADDER, TAB_EVENTS, TAB_OPENS, TAB_FINDINGS, TAB_TIMERS, TAB_COUNT };

enum { FILTER_MAX = 128, REASON_MAX = FINDING_SUMMARY_MAX };

struct session_panel {
	uint64_t session, bfd_session;
	const struct ui_options *options;
	struct session_row row;
	bool taken; /* `row` is filled */
	enum tab tab;
	struct scroll scroll[TAB_COUNT];
	struct events events;
	struct ladder ladder;
	struct lines opens, findings, timers;
	char reason[REASON_MAX], fix[FINDING_FIX_TEXT_MAX];
	enum severity severity;
	uint8_t time_digits;
	bool quiet;  /* the routine is shown too */
	bool follow; /* the cursor stays at the end of the time line */
	char filter[FILTER_MAX];
	unsigned width;
	struct area body; /* of the tab, as it was drawn, for a click */
	unsigned body_top;
	unsigned more; /* rows that the ladder's cursor takes beyond its first */
};

static void *
session_create(uint64_t session, uint64_t bfd_session)
{
	struct session_panel *p = memory_zero(1, sizeof(*p));
	p->session = session;
	p->bfd_session = bfd_session;
	p->quiet = true;
	p->follow = true;
	return p;
}

static void
session_destroy(void *self)
{
	struct session_panel *p = self;
	events_finish(&p->events);
	lines_finish(&p->opens);
	lines_finish(&p->findings);
	lines_finish(&p->timers);
	ladder_finish(&p->ladder);
	free(p);
}

static void
take_reason(struct session_panel *p, const struct model *model, const struct model_session *session,
	const struct model_bfd_session *bfd)
{
	const struct model_finding *first = session_row_finding(model, session, bfd);
	p->reason[0] = p->fix[0] = '\0';
	if (first == NULL) {
		return;
	}
	snprintf(p->reason, sizeof(p->reason), "%s", first->summary);
	p->severity = first->severity;
	if (first->fix_count > 0) {
		snprintf(p->fix, sizeof(p->fix), "%s", first->fix[0]);
	}
}

static void
session_update(void *self, const struct panel_view *view)
{
	struct session_panel *p = self;
	const struct model *model = view->model;
	const struct model_session *session;
	const struct model_bfd_session *bfd;
	if (!session_find_both(model, p->session, p->bfd_session, &session, &bfd)) {
		return;
	}
	p->options = view->options;
	session_row_take(&p->row, model, session, bfd);
	p->taken = true;
	p->time_digits = model_time_digits(model);
	take_reason(p, model, session, bfd);
	events_take(&p->events, session, bfd, &p->row, p->quiet, p->filter);
	lines_opens(&p->opens, session, bfd, &p->row);
	lines_findings(&p->findings, view, session, bfd, p->width);
	lines_timers(&p->timers, session, bfd, &p->row);
	ladder_take(&p->ladder, &p->events, &p->row);
	p->ladder.copies = model_has_artefact(model, "duplicates");
	p->scroll[TAB_EVENTS].count = p->events.count;
	p->scroll[TAB_LADDER].count = p->ladder.count;
	for (size_t i = TAB_LADDER; i <= TAB_EVENTS; i++) {
		if (p->follow && p->scroll[i].count > 0) {
			p->scroll[i].at = p->scroll[i].count - 1;
		}
		scroll_settle(&p->scroll[i]);
	}
}

static void
session_resize(void *self, unsigned height, unsigned width)
{
	struct session_panel *p = self;
	(void)height;
	p->width = width;
}

/* Who one side is and how it stands: "→ 192.0.2.1 AS 65001 OpenSent". */
static void
draw_side(const struct session_panel *p, const struct panel_view *view, const struct area *area,
	unsigned at, size_t side)
{
	const struct session_row *row = &p->row;
	char text[256] = "", address[ADDRESS_TEXT_MAX], duration[TEXT_DURATION_MAX];
	unsigned left = area_text(area, at, 0, 1, side == 0 ? STYLE_ACCENT : STYLE_NORMAL,
				area_glyph(area, side == 0 ? GLYPH_RIGHT : GLYPH_LEFT)) +
		1;
	address_text(session_row_address(row, side), address);
	unsigned widest = (unsigned)strlen(address), other;
	char other_address[ADDRESS_TEXT_MAX];
	other = (unsigned)strlen(address_text(session_row_address(row, 1 - side), other_address));
	widest = other > widest ? other : widest;
	area_text(area, at, left, widest, STYLE_STRONG, address);
	left += widest + 1;
	if (row->has_session) {
		const struct event_session_side *s = &row->info.side[side];
		if (s->has_asn) {
			text_append(text, sizeof(text), "AS %u ", s->asn);
		}
		if (s->has_bgp_id && area->width >= 110) {
			struct address id = address_from_u32(s->bgp_id);
			char id_text[ADDRESS_TEXT_MAX];
			text_append(text, sizeof(text), "id %s ", address_text(&id, id_text));
		}
		text_append(text, sizeof(text), "%s", bgp_state_name((uint8_t)s->state));
	}
	left += area_text(area, at, left, area->width, STYLE_NORMAL, text) + 1;
	if (row->has_bfd) {
		const struct event_bfd_side *s = &row->bfd.side[side];
		text[0] = '\0';
		text_append(text, sizeof(text), "BFD %s", track_state_name(PROTOCOL_BFD, s->state));
		if (s->has_timers) {
			text_append(text, sizeof(text), " %s%s%u",
				text_duration_us(s->negotiated_tx_us, duration),
				area_glyph(area, GLYPH_TIMES), s->detect_mult);
		}
		left += area_text(area, at, left, area->width - left, STYLE_NORMAL, text) + 1;
	}
	if (row->has_session && area->width > left + 12) {
		unsigned room = area->width - left, width = room < 24 ? room : 24;
		session_row_draw_hold(row, side, view->now_ns, true, area, at, area->width - width,
			width, 0);
	}
}

static unsigned
draw_head(const struct session_panel *p, const struct panel_view *view, const struct area *area)
{
	const struct session_row *row = &p->row;
	char text[ROW_TEXT_MAX], head[512] = "";
	const char *dot = area_glyph(area, GLYPH_DOT);
	text_append(head, sizeof(head), "%s %s", area_glyph(area, health_glyph(row->health)),
		session_row_states(row, UINT32_MAX, text));
	if (session_row_since(row, view->now_ns, text)[0] != '\0') {
		text_append(head, sizeof(head), " for %s", text);
	}
	if (session_row_cause(row, text)[0] != '\0') {
		text_append(head, sizeof(head), " %s %s", dot, text);
	}
	if (row->has_session && row->info.hold_time_s >= 0) {
		text_append(head, sizeof(head), " %s hold time %d s", dot, row->info.hold_time_s);
	}
	area_text(area, 0, 0, area->width, health_style(row->health), head);
	draw_side(p, view, area, 1, 0);
	draw_side(p, view, area, 2, 1);
	unsigned at = 3, most = area->height >= 30 ? 4 : 2;
	if (p->reason[0] != '\0') {
		unsigned style = p->severity == SEVERITY_ERROR ? STYLE_BAD
			: p->severity == SEVERITY_WARNING      ? STYLE_BUSY
							       : STYLE_NORMAL;
		at += area_wrap(area, at, most, 0, style, p->reason);
	}
	if (p->fix[0] != '\0') {
		area_text(area, at, 0, 4, STYLE_ACCENT, "Fix");
		at += area_wrap(area, at, most, 4, STYLE_NORMAL, p->fix);
	}
	return at;
}

static void
draw_tabs(const struct session_panel *p, const struct area *area, unsigned at)
{
	static const char *const names[TAB_COUNT] = {"1 Ladder", "2 Events", "3 OPENs", "4 Findings",
		"5 Timers"};
	area_rule(area, at, 0, area->width, STYLE_FAINT);
	unsigned left = 1;
	for (size_t i = 0; i < TAB_COUNT; i++) {
		bool chosen = p->tab == i;
		left += area_printf(area, at, left, area->width, chosen ? STYLE_BAND : STYLE_NORMAL,
			chosen ? "[%s]" : " %s ", names[i]);
		left += 1;
	}
	const struct scroll *scroll = &p->scroll[p->tab];
	char text[96] = "";
	if (scroll->count > 0) {
		snprintf(text, sizeof(text), " %zu of %zu ", scroll->at + 1, scroll->count);
	}
	if (p->tab <= TAB_EVENTS && p->events.hidden > 0) {
		text_append(text, sizeof(text), "(%llu hidden) ",
			(unsigned long long)p->events.hidden);
	}
	area_text_right(area, at, left, area->width - left - 1, STYLE_FAINT, text);
}

static void
draw_tab(struct session_panel *p, const struct area *area)
{
	struct scroll *scroll = &p->scroll[p->tab];
	scroll->height = area->height;
	if (p->tab <= TAB_EVENTS) {
		scroll_settle(scroll);
		if (p->tab == TAB_LADDER) {
			p->more = ladder_draw(&p->ladder, area, scroll, &p->row, p->time_digits);
		} else {
			events_draw(&p->events, area, scroll, &p->row, p->time_digits);
		}
		if (p->events.count == 0) {
			area_text(area, 1, 1, area->width, STYLE_NORMAL,
				p->events.hidden > 0 ? "Nothing passes the filter."
						     : "Nothing has happened yet.");
		}
		return;
	}
	/* Text to be read: the cursor is its first line on the screen. */
	const struct lines *lines = p->tab == TAB_OPENS ? &p->opens
		: p->tab == TAB_FINDINGS                ? &p->findings
							: &p->timers;
	scroll->count = lines->count > area->height ? lines->count - area->height + 1 : 1;
	scroll_settle(scroll);
	lines_draw(lines, area, scroll);
}

static void
session_draw(void *self, const struct panel_view *view, const struct area *area)
{
	struct session_panel *p = self;
	if (!p->taken) {
		area_text(area, 1, 1, area->width, STYLE_NORMAL,
			"This session is no longer known.");
		return;
	}
	unsigned at = draw_head(p, view, area);
	draw_tabs(p, area, at);
	struct area body = area_rows(area, at + 1, area->height);
	p->body = body;
	p->body_top = at + 1;
	if (body.height > 0) {
		draw_tab(p, &body);
	}
}

/* The entry under the cursor; NULL where the tab has none. */
static const struct timeline_entry *
chosen_entry(const struct session_panel *p)
{
	size_t at = p->scroll[p->tab].at;
	if (p->tab == TAB_LADDER && at < p->ladder.count) {
		return &p->ladder.rung[at].entry;
	}
	return p->tab == TAB_EVENTS && at < p->events.count ? &p->events.line[at].entry : NULL;
}

static void
open_panel(const struct session_panel *p, const struct panel_class *panel,
	struct panel_request *request)
{
	const struct timeline_entry *entry = chosen_entry(p);
	*request = (struct panel_request){.wish = WISH_OPEN,
		.panel = panel,
		.session = p->row.has_session ? p->row.info.session : 0,
		.bfd_session = p->row.has_bfd ? p->row.bfd.bfd_session : 0,
		.seq = entry != NULL ? entry->seq : 0};
}

static void
open_machine(const struct session_panel *p, struct panel_request *request)
{
	open_panel(p, &panel_machine, request);
}

/* A message opens as a tree, a transition as a machine; what was found stands under Findings. */
static void
open_event(struct session_panel *p, struct panel_request *request)
{
	const struct timeline_entry *entry = chosen_entry(p);
	if (entry == NULL) {
		return;
	}
	switch (entry->kind) {
	case TIMELINE_TRANSITION:
	case TIMELINE_BFD_TRANSITION:
		open_panel(p, &panel_machine, request);
		break;
	case TIMELINE_FINDING:
		p->tab = TAB_FINDINGS;
		break;
	case TIMELINE_RECORDING:
		request->notice = "What was on the wire then is in that capture: bgpwhy -r reads it.";
		break;
	case TIMELINE_CONNECTION:
	case TIMELINE_GAP:
	case TIMELINE_RESENT:
	case TIMELINE_CHECK:
		request->notice = "Nothing more is known of this: it is no BGP or BFD message.";
		break;
	default:
		open_panel(p, &panel_message, request);
		break;
	}
}

static void
save(const struct session_panel *p, struct panel_request *request)
{
	static char notice[SAVE_NOTICE_MAX];
	if (p->taken && p->options != NULL) {
		session_save(&p->row, &p->ladder, &p->findings, p->time_digits, p->options,
			notice);
		request->notice = notice;
	}
}

static bool
session_click(void *self, unsigned row, unsigned column)
{
	struct session_panel *p = self;
	(void)column;
	if (p->tab > TAB_EVENTS || row < p->body_top) {
		return false;
	}
	struct scroll *scroll = &p->scroll[p->tab];
	unsigned at = row - p->body_top;
	size_t index = scroll->count;
	if (p->tab == TAB_EVENTS) {
		index = events_at_row(&p->events, &p->body, scroll, p->time_digits, at);
	} else if (at > 0) {
		size_t below = scroll->at - scroll->top + 1; /* the row of the cursor; its others belong to it */
		at -= at <= below ? 0 : at - below < p->more ? at - (unsigned)below : p->more;
		index = scroll->top + at - 1;
	}
	if (index >= scroll->count) {
		return false;
	}
	bool again = scroll->at == index;
	scroll->at = index;
	p->follow = false;
	return again;
}

static void
session_handle_key(void *self, enum action action, struct panel_request *request)
{
	struct session_panel *p = self;
	struct scroll *scroll = &p->scroll[p->tab];
	if (scroll_act(scroll, action)) {
		if (p->tab <= TAB_EVENTS) {
			p->follow = scroll->at + 1 >= scroll->count;
		}
		return;
	}
	switch (action) {
	case ACTION_TAB_LADDER:
		p->tab = TAB_LADDER;
		break;
	case ACTION_TAB_TIMERS:
		p->tab = TAB_TIMERS;
		break;
	case ACTION_OPEN_EVENT:
		open_event(p, request);
		break;
	case ACTION_MACHINE:
		open_machine(p, request);
		break;
	case ACTION_SAVE:
		save(p, request);
		break;
	case ACTION_NEXT_TAB:
		p->tab = (enum tab)((p->tab + 1) % TAB_COUNT);
		break;
	case ACTION_TAB_EVENTS:
		p->tab = TAB_EVENTS;
		break;
	case ACTION_TAB_OPENS:
		p->tab = TAB_OPENS;
		break;
	case ACTION_TAB_FINDINGS:
		p->tab = TAB_FINDINGS;
		break;
	case ACTION_QUIET:
		p->quiet = !p->quiet;
		request->update = true;
		break;
	case ACTION_BACK:
		request->wish = WISH_CLOSE;
		break;
	default:
		break;
	}
}

static bool
session_filter(void *self, const char *text)
{
	struct session_panel *p = self;
	snprintf(p->filter, sizeof(p->filter), "%s", text);
	if (p->tab > TAB_EVENTS) {
		p->tab = TAB_LADDER;
	}
	return true;
}

const struct panel_class panel_session = {
	.name = "Session",
	.place = PLACE_SESSION,
	.help = "One session: how both sides stand, why, and the first thing to do. Arrows: what the "
		"first address sends points right, what the second sends points left. In the ladder "
		"each has its line; ! is what was found, \u2573 octets that the capture lacks, a broken arrow what was sent again, (1) and (2) "
		"connections that stand side by side. Enter opens a message. The bars are hold timers. A number after # is a frame, as Wireshark "
		"counts. Times are UTC.",
	.create = session_create,
	.destroy = session_destroy,
	.update = session_update,
	.resize = session_resize,
	.draw = session_draw,
	.handle_key = session_handle_key,
	.click = session_click,
	.filter = session_filter,
};
