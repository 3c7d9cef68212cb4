/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_DASHBOARD_SESSION_H
#define BGPWHY_UI_DASHBOARD_SESSION_H

#include <stdio.h>

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

/* What was agreed on, what was measured, how near it came. Either may be NULL. */
void lines_timers(struct lines *lines, const struct model_session *session,
	const struct model_bfd_session *bfd, const struct session_row *row);
/* One more row of three cells, and one more line of text. */
void lines_add_pair(struct lines *lines, const char *label, const char *a, const char *b,
	bool differs);
void lines_add_heading(struct lines *lines, const char *title, const struct address *a,
	const struct address *b);
void lines_add_text(struct lines *lines, unsigned style, unsigned indent, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void lines_draw(const struct lines *lines, const struct area *area, const struct scroll *scroll);

/* The time line: copies of the model's entries that pass the filter. */
struct events {
	struct event_line {
		struct timeline_entry entry;
		int8_t side;   /* as in struct session_row; -1 nobody */
		int8_t toward; /* of an ICMP error: who is told; -1 it is none */
	} * line;
	size_t count, room;
	uint64_t hidden; /* entries that the filter or the wish for quiet keeps back */
};

void events_finish(struct events *events);
void events_take(struct events *events, const struct model_session *session,
	const struct model_bfd_session *bfd, const struct session_row *row, bool quiet,
	const char *filter);
enum { EVENT_TEXT_MAX = 320 };
/* What an entry says, with its count and its end where it is a stretch. `brief` leaves out the
 * sections of RFCs that stand in parentheses at the end. Returns `text`. */
char *event_text(const struct timeline_entry *entry, bool brief, char text[EVENT_TEXT_MAX]);
unsigned event_style(const struct timeline_entry *entry);

/* The entry that a click on a row of what was drawn means; `count` where there is none. */
size_t events_at_row(const struct events *events, const struct area *area,
	const struct scroll *scroll, uint8_t time_digits, unsigned row);

/* Entries take as many rows as their text needs; moves scroll->top so that the cursor shows. */
void events_draw(const struct events *events, const struct area *area, struct scroll *scroll,
	const struct session_row *row, uint8_t time_digits);

/*
 * The ladder: the same entries between two lifelines, one row each; KEEPALIVEs that went both ways
 * with nothing between them are one row.
 */
struct ladder {
	struct rung {
		struct timeline_entry entry; /* of the first, where it is a stretch */
		int8_t side, toward; /* as in struct events */
		uint64_t keepalives[2]; /* both 0: it is no stretch of them */
		uint8_t state[2];       /* of both machines after it; of BGP where there is one */
		uint8_t connection;     /* which of those that overlap, from 1; 0: there is but one at a time */
	} *rung;
	size_t count, room;
	bool copies; /* the capture has packets twice, by a mirror */
};

/* Both machines of one protocol while a time line is gone through, entry by entry. */

struct machines {
	enum protocol protocol;
	struct {
		uint64_t connection;
		uint64_t seq[2]; /* of its last step: a time line is in the order of time, not of steps */
		uint8_t state[2];
	} connections[PANEL_MACHINES_MAX];
	size_t count;
	uint8_t state[2]; /* of each side: a BGP speaker is where its furthest connection is */
};

/* A step of `side`; true where it is a transition of these machines. */
bool machines_step(struct machines *machines, const struct timeline_entry *entry, int side);

void ladder_finish(struct ladder *ladder);
void ladder_take(struct ladder *ladder, const struct events *events, const struct session_row *row);
/* Returns how many rows more than one the one under the cursor takes. */
unsigned ladder_draw(const struct ladder *ladder, const struct area *area, struct scroll *scroll,
	const struct session_row *row, uint8_t time_digits);
/* The whole of it as text, `width` columns wide. */
bool ladder_write(const struct ladder *ladder, const struct session_row *row, uint8_t time_digits,
	bool utf8, unsigned width, FILE *out);

enum { SAVE_NOTICE_MAX = 256 };
/* Writes the ladder as text, the findings as Markdown and the packets, where there are any, into the
 * working directory, never over a file that is there, and says into `notice` what was written or why not. */
void session_save(const struct session_row *row, const struct ladder *ladder,
	const struct lines *findings, uint8_t time_digits, const struct ui_options *options,
	char notice[SAVE_NOTICE_MAX]);

#endif
