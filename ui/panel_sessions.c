/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first screen: one line for each session, the worst first, and below them in words why the one
 * under the cursor is as it is. Lines are copies of what the model knew at the last update. All of
 * them are taken, filtered and sorted anew when sessions appear and once a second; between that only
 * those on the screen, so that a thousand busy sessions cost little and do not jump about.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/dashboard_panel.h"
#include "ui/text.h"

enum { FILTER_MAX = 128, CAUSE_MIN = 18, PEERS_MIN = 18, CAUSE_WIDE = 34, DETAIL_MIN = 7, DETAIL_MAX = 14, MANY = 500, SECOND_NS = 1000000000 };

struct sessions {
	struct session_row *rows; /* all, by appearance */
	size_t count, room;
	size_t *order; /* those shown, sorted */
	size_t shown;
	struct scroll scroll;
	enum column sort;
	bool reverse;
	char filter[FILTER_MAX];
	bool stale;        /* the order must be made anew */
	size_t seen;       /* sessions of the model at the last full update */
	uint64_t built_ns; /* when that was */
	bool held;         /* the cursor was moved: it stays with its session */
	uint64_t held_session, held_bfd;
	unsigned peers_width, short_width, asns_width; /* the widest of those shown */
	bool has_bfd;                                  /* any of them */
	unsigned columns[COLUMN_COUNT];                /* the width of each; 0: not shown */
	unsigned height, width, table_height;
};

static const struct {
	const char *title, *help;
	bool fixed;
	unsigned width; /* where there is room; 0: as wide as what is in it */
} columns[COLUMN_COUNT] = {
	[COLUMN_STATE] = {"STATE", "the state of both sides; one word where they agree", true, 13},
	[COLUMN_PEERS] = {"PEERS", "both addresses", true, 0},
	[COLUMN_AS] = {"AS", "both AS numbers", false, 0},
	[COLUMN_SINCE] = {"SINCE", "how long it has been in this state", false, 10},
	[COLUMN_FLAPS] = {"UPS", "how often it came up", false, 4},
	[COLUMN_HOLD] = {"HOLD TIME", "what is left of the hold time, each way", false, 25},
	[COLUMN_BFD] = {"BFD", "the state of BFD, interval and multiplier", false, 16},
	[COLUMN_MESSAGES] = {"MESSAGES", "how many were sent, each way", false, 13},
	[COLUMN_PREFIXES] = {"PREFIXES", "how many were announced, each way", false, 13},
	[COLUMN_CAUSE] = {"CAUSE", "what it is, in words", true, 0},
};

const char *
column_title(enum column column)
{
	return columns[column].title;
}

const char *
column_help(enum column column)
{
	return columns[column].help;
}

bool
column_is_fixed(enum column column)
{
	return columns[column].fixed;
}

static void *
sessions_create(uint64_t session, uint64_t bfd_session)
{
	(void)session;
	(void)bfd_session;
	struct sessions *s = memory_zero(1, sizeof(*s));
	s->stale = true;
	return s;
}

static void
sessions_destroy(void *self)
{
	struct sessions *s = self;
	free(s->rows);
	free(s->order);
	free(s);
}

static int
compare_indices(const void *left, const void *right, void *self)
{
	const struct sessions *s = self;
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	int order = session_row_compare(&s->rows[a], &s->rows[b], s->sort);
	if (s->reverse) {
		order = -order;
	}
	return order != 0 ? order : (a > b) - (a < b);
}

static void
find_held(struct sessions *s)
{
	if (!s->held) {
		return;
	}
	for (size_t i = 0; i < s->shown; i++) {
		const struct session_row *row = &s->rows[s->order[i]];
		if ((row->has_session ? row->info.session : 0) == s->held_session &&
			(row->has_session || row->bfd.bfd_session == s->held_bfd)) {
			s->scroll.at = i;
			return;
		}
	}
}

/* Between the table and the words below it, which get what a short table leaves. */
static void
share_rows(struct sessions *s)
{
	unsigned detail = s->height / 3 < DETAIL_MIN ? DETAIL_MIN
		: s->height / 3 > 12                 ? 12
						     : s->height / 3;
	size_t table = s->shown + 2;
	if (table + detail < s->height) {
		size_t left = s->height - table;
		detail = left < DETAIL_MAX ? (unsigned)left : detail > DETAIL_MAX ? detail : DETAIL_MAX;
	}
	s->table_height = s->height > detail + 3 ? s->height - detail : s->height;
	s->scroll.height = s->table_height > 1 ? s->table_height - 1 : 1;
	scroll_settle(&s->scroll);
}

/* Filters and sorts the rows there are: also while the picture stands still. */
static void
make_order(struct sessions *s, const struct area *area)
{
	s->shown = 0;
	s->peers_width = s->short_width = s->asns_width = 5;
	s->has_bfd = false;
	for (size_t i = 0; i < s->count; i++) {
		const struct session_row *row = &s->rows[i];
		if (!session_row_matches(row, s->filter)) {
			continue;
		}
		s->order[s->shown++] = i;
		char text[ROW_TEXT_MAX];
		unsigned peers = (unsigned)text_width(
			session_row_peers(row, area, UINT32_MAX, text));
		unsigned asns = (unsigned)text_width(session_row_asns(row, area, text));
		unsigned less = (unsigned)text_width(session_row_peers(row, area, 0, text));
		s->peers_width = peers > s->peers_width ? peers : s->peers_width;
		s->short_width = less > s->short_width ? less : s->short_width;
		s->has_bfd |= row->has_bfd;
		s->asns_width = asns > s->asns_width ? asns : s->asns_width;
	}
	if (s->shown > 1) {
		qsort_r(s->order, s->shown, sizeof(*s->order), compare_indices, s);
	}
	s->stale = false;
	s->scroll.count = s->shown;
	find_held(s);
	share_rows(s);
}

static void
make_room(struct sessions *s, size_t count)
{
	if (count <= s->room) {
		return;
	}
	s->room = count + count / 2 + 16;
	s->rows = memory_resize(s->rows, s->room * sizeof(*s->rows));
	s->order = memory_resize(s->order, s->room * sizeof(*s->order));
}

static void
take_all(struct sessions *s, const struct model *model)
{
	size_t sessions = model_session_count(model), bfd_sessions = model_bfd_session_count(model);
	make_room(s, sessions + bfd_sessions);
	s->count = 0;
	for (size_t i = 0; i < sessions; i++) {
		const struct model_session *session = model_session_at(model, i);
		session_row_take(&s->rows[s->count++], model, session,
			model_bfd_of(model, session));
	}
	for (size_t i = 0; i < bfd_sessions; i++) { /* BFD that serves no BGP session */
		const struct model_bfd_session *bfd = model_bfd_session_at(model, i);
		if (model_served_by(model, bfd) == NULL) {
			session_row_take(&s->rows[s->count++], model, NULL, bfd);
		}
	}
	s->stale = true;
}

static void
sessions_update(void *self, const struct panel_view *view)
{
	struct sessions *s = self;
	const struct model *model = view->model;
	size_t there = model_session_count(model) + model_bfd_session_count(model);
	uint64_t age = view->clock_ns - s->built_ns;
	/* Of some hundred all are taken in a millisecond; of ten thousand while nobody waits. */
	bool many = there > MANY, fresh = there != s->seen && (!many || age >= SECOND_NS / 5);
	bool due = fresh || age >= SECOND_NS;
	if (s->built_ns == 0 || view->done || (due && !(many && view->hasty))) {
		take_all(s, model);
		s->seen = there;
		s->built_ns = view->clock_ns;
		return;
	}
	for (size_t i = s->scroll.top; i < s->shown && i < s->scroll.top + s->scroll.height; i++) {
		struct session_row *row = &s->rows[s->order[i]];
		const struct model_session *session = row->has_session
			? model_session_find(model, row->info.session)
			: NULL;
		const struct model_bfd_session *bfd = row->has_bfd
			? model_bfd_session_find(model, row->bfd.bfd_session)
			: NULL;
		if (session != NULL || bfd != NULL) {
			session_row_take(row, model, session, bfd);
		}
	}
}

static void
sessions_resize(void *self, unsigned height, unsigned width)
{
	struct sessions *s = self;
	s->height = height;
	s->width = width;
	share_rows(s);
}

/* Which columns there is room for, and how wide; 0: not shown. */
static void
lay_out(struct sessions *s, const struct choices *choices)
{
	/* In the order in which they are wanted. */
	static const enum column extras[] = {COLUMN_BFD, COLUMN_SINCE, COLUMN_HOLD, COLUMN_FLAPS,
		COLUMN_PREFIXES, COLUMN_MESSAGES};
	unsigned *width = s->columns;
	memset(width, 0, sizeof(s->columns));
	width[COLUMN_STATE] = columns[COLUMN_STATE].width;
	width[COLUMN_AS] = s->asns_width < 21 ? s->asns_width : 21;
	width[COLUMN_HOLD] = 9;
	width[COLUMN_BFD] = s->has_bfd ? 5 : 0;
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (choices->show[i] == SHOW_NEVER && !columns[i].fixed) {
			width[i] = 0;
		} else if (choices->show[i] == SHOW_ALWAYS && columns[i].width > 0) {
			width[i] = i == COLUMN_HOLD && s->width < 120 ? 9 : columns[i].width;
		}
	}
	unsigned fixed = 1 + 1; /* the cursor's column, the blank after PEERS */
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		fixed += width[i] > 0 ? width[i] + 1 : 0;
	}
	unsigned room = s->width > fixed + CAUSE_MIN ? s->width - fixed - CAUSE_MIN : 0;
	room = room < PEERS_MIN ? PEERS_MIN : room;
	unsigned peers = s->peers_width <= room ? s->peers_width : s->short_width;
	width[COLUMN_PEERS] = peers < room ? peers : room;
	fixed += width[COLUMN_PEERS];
	unsigned cause = s->width > fixed ? s->width - fixed : 0;
	for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++) {
		enum column column = extras[i];
		unsigned old = width[column];
		if ((column == COLUMN_BFD && old == 0) || choices->show[column] == SHOW_NEVER ||
			old >= columns[column].width) {
			continue;
		}
		unsigned more = columns[column].width - old + (old == 0 ? 1 : 0);
		if (cause >= CAUSE_WIDE + more) {
			width[column] = columns[column].width;
			cause -= more;
		}
	}
	width[COLUMN_CAUSE] = cause;
}

static void
draw_titles(const struct sessions *s, const struct area *area, const unsigned width[COLUMN_COUNT])
{
	unsigned at = 1;
	area_fill(area, 0, 0, area->width, STYLE_ACCENT);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (width[i] == 0) {
			continue;
		}
		bool sorted = s->sort == i;
		area_printf(area, 0, at, width[i], sorted ? STYLE_STRONG : STYLE_ACCENT, "%s%s",
			columns[i].title,
			!sorted ? "" : area_glyph(area, s->reverse ? GLYPH_UP : GLYPH_DOWN));
		at += width[i] + 1;
	}
}

static void
draw_counts(const struct area *area, unsigned at, unsigned column, unsigned width, unsigned style,
	uint64_t out, uint64_t in)
{
	area_printf(area, at, column, width, style, "%s%llu %s%llu", area_glyph(area, GLYPH_RIGHT),
		(unsigned long long)out, area_glyph(area, GLYPH_LEFT), (unsigned long long)in);
}

static void
draw_cell(const struct session_row *row, enum column column, uint64_t now_ns,
	const struct area *area, unsigned at, unsigned left, unsigned width, unsigned band)
{
	char text[ROW_TEXT_MAX];
	unsigned bars = (width - 1) / 2;
	switch (column) {
	case COLUMN_STATE:
		/* Also under the cursor it is red or green. */
		area_printf(area, at, left, width,
			health_style(row->health) | (band != 0 ? STYLE_LIT : 0), "%s %s",
			area_glyph(area, health_glyph(row->health)),
			session_row_states(row, width - 2, text));
		break;
	case COLUMN_PEERS:
		area_text(area, at, left, width, band, session_row_peers(row, area, width, text));
		break;
	case COLUMN_AS:
		area_text(area, at, left, width, band, session_row_asns(row, area, text));
		break;
	case COLUMN_SINCE:
		area_text(area, at, left, width, band, session_row_since(row, now_ns, text));
		break;
	case COLUMN_FLAPS:
		area_printf(area, at, left, width, band, "%u",
			row->has_session ? row->info.established_count : row->bfd.flaps);
		break;
	case COLUMN_HOLD:
		for (unsigned side = 0; row->has_session && side < 2; side++) {
			session_row_draw_hold(row, side, now_ns, bars >= 12, area, at,
				left + side * (bars + 1), bars, band);
		}
		break;
	case COLUMN_BFD:
		area_text(area, at, left, width,
			(!row->has_bfd ? STYLE_FAINT : STYLE_NORMAL) | band,
			session_row_bfd(row, area, width > 5, text));
		break;
	case COLUMN_MESSAGES:
		if (row->has_session) {
			draw_counts(area, at, left, width, band, session_row_messages(row, 0),
				session_row_messages(row, 1));
		}
		break;
	case COLUMN_PREFIXES:
		if (row->has_session) {
			draw_counts(area, at, left, width, band,
				row->info.side[0].prefixes_announced,
				row->info.side[1].prefixes_announced);
		}
		break;
	case COLUMN_CAUSE:
		area_text(area, at, left, width,
			(row->cause != FINDING_NONE ? health_style(row->health) : STYLE_NORMAL) |
				band,
			session_row_cause(row, text));
		break;
	case COLUMN_COUNT:
		break;
	}
}

static void
draw_table(const struct sessions *s, uint64_t now_ns, const struct area *area)
{
	const unsigned *width = s->columns;
	draw_titles(s, area, width);
	for (unsigned at = 1; at < area->height; at++) {
		size_t index = s->scroll.top + at - 1;
		if (index >= s->shown) {
			break;
		}
		unsigned band = index == s->scroll.at ? STYLE_BAND : 0;
		if (band != 0) {
			area_fill(area, at, 0, area->width, band);
			area_text(area, at, 0, 1, band, area_glyph(area, GLYPH_CURSOR));
		}
		unsigned left = 1;
		for (size_t i = 0; i < COLUMN_COUNT; i++) {
			if (width[i] > 0) {
				draw_cell(&s->rows[s->order[index]], (enum column)i, now_ns, area,
					at, left, width[i], band);
				left += width[i] + 1;
			}
		}
	}
}

static void
draw_detail_head(const struct session_row *row, uint64_t now_ns, const struct area *area)
{
	char text[ROW_TEXT_MAX], since[ROW_TEXT_MAX], facts[512] = "";
	area_rule(area, 0, 0, area->width, STYLE_FAINT);
	area_printf(area, 0, 2, area->width - 4, STYLE_STRONG, " %s ",
		session_row_peers(row, area, UINT32_MAX, text));
	const char *dot = area_glyph(area, GLYPH_DOT);
	text_append(facts, sizeof(facts), "%s", session_row_states(row, UINT32_MAX, text));
	if (session_row_since(row, now_ns, since)[0] != '\0') {
		text_append(facts, sizeof(facts), " for %s", since);
	}
	if (row->has_session) {
		if (session_row_asns(row, area, text)[0] != '\0') {
			text_append(facts, sizeof(facts), " %s AS %s", dot, text);
		}
		uint32_t ups = row->info.established_count;
		text_append(facts, sizeof(facts), " %s %s", dot, ups == 0 ? "never up" : "up ");
		if (ups > 0) {
			text_append(facts, sizeof(facts), ups == 1 ? "once" : "%u times", ups);
		}
		if (row->info.hold_time_s >= 0) {
			text_append(facts, sizeof(facts), " %s hold %d s", dot,
				row->info.hold_time_s);
		}
	}
	if (row->has_bfd) {
		text_append(facts, sizeof(facts), " %s BFD %s", dot,
			session_row_bfd(row, area, true, text));
	}
	area_text(area, 1, 0, area->width, STYLE_NORMAL, facts);
}

static void
draw_detail(const struct sessions *s, const struct panel_view *view, const struct area *area)
{
	const struct session_row *row = &s->rows[s->order[s->scroll.at]];
	draw_detail_head(row, view->now_ns, area);
	const struct model_session *session = row->has_session
		? model_session_find(view->model, row->info.session)
		: NULL;
	const struct model_bfd_session *bfd = row->has_bfd
		? model_bfd_session_find(view->model, row->bfd.bfd_session)
		: NULL;
	if (session == NULL && bfd == NULL) {
		return;
	}
	const struct model_finding *finding = session_row_finding(view->model, session, bfd);
	if (finding == NULL) {
		static const char *const words[] = {
			[HEALTH_BAD] =
				"Down, and no cause is proved yet. Enter shows what happened.",
			[HEALTH_BUSY] = "On its way up. Enter shows what happened so far.",
			[HEALTH_WARN] = "Up, but not as it should be. Enter shows what happened.",
			[HEALTH_UNKNOWN] = "The packets do not tell its state yet.",
			[HEALTH_GOOD] = "Healthy: nothing is wrong with it.",
		};
		area_wrap(area, 2, 2, 0, health_style(row->health), words[row->health]);
		return;
	}
	unsigned rows = area->height - 2, fix_rows = finding->fix_count > 0 ? rows / 2 : 0;
	unsigned style = finding->severity == SEVERITY_ERROR ? STYLE_BAD
		: finding->severity == SEVERITY_WARNING      ? STYLE_BUSY
							     : STYLE_NORMAL;
	unsigned used = area_wrap(area, 2, rows - fix_rows, 0, style, finding->summary);
	if (fix_rows > 0) {
		unsigned label = area_text(area, 2 + used, 0, 6, STYLE_ACCENT, "Fix");
		for (size_t i = 0; i < finding->fix_count && used < rows; i++) {
			used += area_wrap(area, 2 + used, rows - used, label + 1, STYLE_NORMAL, finding->fix[i]);
		}
	}
}

static void
sessions_draw(void *self, const struct panel_view *view, const struct area *area)
{
	struct sessions *s = self;
	if (s->stale) {
		make_order(s, area);
	}
	struct area table = area_rows(area, 0, s->table_height);
	lay_out(s, view->choices);
	draw_table(s, view->now_ns, &table);
	if (s->shown > 0) {
		struct area detail = area_rows(area, s->table_height, area->height);
		if (detail.height > 2) {
			draw_detail(s, view, &detail);
		}
		return;
	}
	const char *why = "Waiting for BGP (TCP 179) or BFD (UDP 3784, 4784) packets.";
	if (s->count > 0) {
		why = "No session fits this filter. Esc clears it.";
	} else if (view->done) {
		why = "There is no BGP or BFD session in these packets.";
	}
	area_wrap(area, 2, 3, 2, STYLE_NORMAL, why);
}

static void
sessions_sort_by(struct sessions *s, int step)
{
	do { /* the first column is always shown */
		s->sort = (enum column)(((int)s->sort + step + COLUMN_COUNT) % COLUMN_COUNT);
	} while (s->columns[s->sort] == 0 && s->sort != COLUMN_STATE);
	s->stale = true;
}

static void
sessions_handle_key(void *self, enum action action, struct panel_request *request)
{
	struct sessions *s = self;
	if (scroll_act(&s->scroll, action)) {
		s->held = action != ACTION_FIRST; /* at the top, the worst stays under the cursor */
	} else if (action == ACTION_SORT_LEFT || action == ACTION_SORT_RIGHT) {
		sessions_sort_by(s, action == ACTION_SORT_LEFT ? -1 : 1);
	} else if (action == ACTION_REVERSE) {
		s->reverse = !s->reverse;
		s->stale = true;
	}
	if (action == ACTION_COLUMNS) {
		*request = (struct panel_request){.wish = WISH_OPEN, .panel = &panel_columns};
		return;
	}
	if (s->scroll.at >= s->shown) {
		return;
	}
	const struct session_row *row = &s->rows[s->order[s->scroll.at]];
	s->held_session = row->has_session ? row->info.session : 0;
	s->held_bfd = row->has_bfd ? row->bfd.bfd_session : 0;
	if (action == ACTION_OPEN || action == ACTION_MACHINE || action == ACTION_TIMELINE) {
		s->held = true;
		*request = (struct panel_request){.wish = WISH_OPEN,
			.panel = action == ACTION_OPEN     ? &panel_session
				: action == ACTION_MACHINE ? &panel_machine
							   : &panel_timeline,
			.session = s->held_session,
			.bfd_session = s->held_bfd};
	}
}

/* On a title: sort by it; on a session: choose it. */
static bool
sessions_click(void *self, unsigned row, unsigned column)
{
	struct sessions *s = self;
	if (row == 0) {
		unsigned left = 1;
		for (size_t i = 0; i < COLUMN_COUNT; i++) {
			unsigned right = left + (s->columns[i] > 0 ? s->columns[i] + 1 : 0);
			if (column >= left && column < right) {
				s->reverse = s->sort == i && !s->reverse;
				s->sort = (enum column)i;
				s->stale = true;
			}
			left = right;
		}
		return false;
	}
	size_t index = s->scroll.top + row - 1;
	if (row > s->scroll.height || index >= s->shown) {
		return false;
	}
	bool again = s->scroll.at == index;
	const struct session_row *chosen = &s->rows[s->order[index]];
	s->scroll.at = index;
	s->held = true;
	s->held_session = chosen->has_session ? chosen->info.session : 0;
	s->held_bfd = chosen->has_bfd ? chosen->bfd.bfd_session : 0;
	return again;
}

static bool
sessions_filter(void *self, const char *text)
{
	struct sessions *s = self;
	snprintf(s->filter, sizeof(s->filter), "%s", text);
	s->stale = true;
	return false;
}

const struct panel_class panel_sessions = {
	.name = "Sessions",
	.place = PLACE_SESSIONS,
	.help = "Every BGP session (and BFD session without one) that the packets show, the worst "
		"first. STATE: both sides' state; one word where they agree. HOLD TIME: a bar for "
		"each direction that runs down until the next message; empty means expired. "
		"UPS: how often it came up. The text below tells why, and how to mend it.",
	.create = sessions_create,
	.destroy = sessions_destroy,
	.update = sessions_update,
	.resize = sessions_resize,
	.draw = sessions_draw,
	.handle_key = sessions_handle_key,
	.click = sessions_click,
	.filter = sessions_filter,
};
