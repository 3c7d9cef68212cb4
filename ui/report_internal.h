/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_REPORT_INTERNAL_H
#define BGPWHY_UI_REPORT_INTERNAL_H

/* Between the files of the report; nobody else includes it. */

#include "ui/model.h"
#include "ui/report_page.h"

enum { SPEAKER_MAX = 20 };

struct report_messages;

struct report {
	struct page page;
	struct ui_options options;
	struct model *model;
	struct report_messages *messages; /* NULL: none kept */
};

/* A session as the report tells it: all that belongs together. */
struct report_session {
	const struct model_session *session; /* NULL: BFD that serves no BGP session */
	const struct model_bfd_session *bfd; /* NULL: none */
	const struct model_finding *findings[REPORT_FINDINGS_MAX];
	size_t finding_count;
	/* The finding of the headline, or NULL. */
	const struct model_finding *primary;
};

/* Both OPENs side by side, and what was negotiated. */
void report_opens(struct report *r, const struct report_session *s);
void report_negotiated(struct report *r, const struct report_session *s);

/* How long things took, and how near the hold timers were. */
void report_timing(struct report *r, const struct report_session *s);
void report_bfd_timing(struct report *r, const struct event_bfd_side *const side[2]);

/* A row of a table: what it is about, and a cell for each side. */
enum { REPORT_CELL_MAX = 96, REPORT_LABEL_WIDTH = 22 };
void report_row(struct report *r, const char *label, char cells[2][REPORT_CELL_MAX]);

/* With -vv or -x: keeps what will be told in full, tells it, and frees it. */
void report_keep_message(struct report *r, const struct event *event);
void report_messages(struct report *r, const struct report_session *s);
void report_forget_messages(struct report *r);

/* What the BFD of a session does; nothing where there is none. */
void report_bfd(struct report *r, const struct report_session *s);

/* What happened, with relative times and frames. */
void report_timeline(struct report *r, const struct report_session *s);

/* One whole session. `number` counts from 1; 0: it is the only one. */
void report_session(struct report *r, const struct report_session *s, size_t number);

/* Findings that are not the headline, and those of nobody's session. */
void report_also_seen(struct report *r, const struct model_finding *const *findings, size_t count,
	const struct model_finding *except);

/* Inputs and what they do to certainty. */
void report_captures(struct report *r);

/* "192.0.2.10", or "local"/"remote" where addresses are too long for a column. */
const char *report_speaker(const struct report_session *s, int side, char text[SPEAKER_MAX]);

/* Seconds since the first event: "+12.345". Returns `text`. */
enum { RELATIVE_MAX = 32 };
const char *report_relative(const struct report *r, uint64_t time_ns, char text[RELATIVE_MAX]);

#endif
