/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_DASHBOARD_SESSION_H
#define BGPWHY_UI_DASHBOARD_SESSION_H

#include "ui/dashboard_panel.h"

/*
 * Private to the screen of one session: what its tabs show, as lines that are ready to be drawn.
 */

enum { LINE_CELLS = 3, LINE_TEXT_MAX = 384 };

struct line {
	unsigned style;
	bool table; /* three cells side by side; else cell[0] alone */
	bool differs;
	unsigned indent;
	char cell[LINE_CELLS][LINE_TEXT_MAX];
};

struct lines {
	struct line *line;
	size_t count, room;
};

void lines_clear(struct lines *lines); /* keeps the memory */
void lines_finish(struct lines *lines);

/* Both OPENs side by side, then both BFD ends. Either may be NULL. */
void lines_opens(struct lines *lines, const struct model_session *session,
	const struct model_bfd_session *bfd, const struct session_row *row);
/* Every finding with its evidence and its fix, wrapped to `width`. */
void lines_findings(struct lines *lines, const struct panel_view *view,
	const struct model_session *session, const struct model_bfd_session *bfd, unsigned width);

void lines_draw(const struct lines *lines, const struct area *area, const struct scroll *scroll);

/* The time line: copies of the model's entries that pass the filter. */
struct events {
	struct event_line {
		struct timeline_entry entry;
		int8_t side; /* as in struct session_row; -1 nobody */
	} * line;
	size_t count, room;
	uint64_t hidden; /* entries that the filter or the wish for quiet keeps back */
};

void events_finish(struct events *events);
void events_take(struct events *events, const struct model_session *session,
	const struct model_bfd_session *bfd, const struct session_row *row, bool quiet,
	const char *filter);
/* Entries take as many rows as their text needs; moves scroll->top so that the cursor shows. */
void events_draw(const struct events *events, const struct area *area, struct scroll *scroll,
	const struct session_row *row, uint8_t time_digits);

#endif
