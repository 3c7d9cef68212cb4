/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_UI_H
#define BGPWHY_UI_UI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "track/event.h"

/* The views. Each is a sink that builds what it shows from events alone. */

struct ui_options {
	FILE *out;
	bool color;        /* ANSI colours */
	int verbose;       /* -v is 1, -vv is 2 */
	bool hex;          /* -x */
	bool numeric;      /* -n */
	bool utf8;         /* the terminal can show it */
	unsigned width;    /* columns of the terminal; 0 unknown (a file or a pipe) */
	const char *title; /* what is looked at: a file's name, "eth0" */
	bool live;
	bool learn;        /* the dashboard begins with the lessons */
	/* Writes the packets of a pair of addresses into a new file of the working directory and says into
	 * `text` (room octets) what was written, or why not. False where the file is there already. NULL where
	 * there are no packets (a database). */
	bool (*save_packets)(void *ctx, const struct address pair[2], const char *file, char *text,
		size_t room);
	void *save_ctx;
};

/* Whether writing to `out` has failed is told by close(). */
bool ui_report_open(const struct ui_options *options, struct sink *sink);
bool ui_lines_open(const struct ui_options *options, struct sink *sink);
bool ui_json_open(const struct ui_options *options, struct sink *sink);

/* The catalogue of causes: the list of them where `count` is 0, else these. False: it could not be written. */
bool ui_explain(const struct ui_options *options, const enum finding_cause *causes, size_t count,
	bool json);

/* The dashboard owns the terminal from open to destroy. It is fed as a sink; main drives it. */
struct dashboard;

struct dashboard *dashboard_open(const struct ui_options *options, char *error, size_t error_size);
struct sink dashboard_sink(struct dashboard *dashboard);
int dashboard_fd(const struct dashboard *dashboard); /* keys: poll for reading */
/* Handles what keys there are and draws if something changed (or a second of `now_ns` passed:
 * bars run down). `loading` 0 to 100, or -1 for live; `done` when the input has ended. Returns false
 * when the user quits. */
bool dashboard_step(struct dashboard *dashboard, uint64_t now_ns, int loading, bool done);
/* The lessons of --learn: their captures in pcaps/, NULL beyond the last; whoever reads one plays its events
 * into its sink, which needs no close. A lesson without is said to be not installed. */
const char *dashboard_lesson_file(size_t index);
struct sink dashboard_lesson_sink(struct dashboard *dashboard, size_t index);
/* A line about the capture itself (an interface went down); for some seconds, or until the next. */
void dashboard_notice(struct dashboard *dashboard, const char *line, bool lasting);
void dashboard_destroy(struct dashboard *dashboard); /* restores the terminal; takes NULL */

#endif
