/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving what the screen of a session shows: the ladder as text, the findings as Markdown for a ticket, and
 * its packets, of which main knows.
 * The names of the files are made of the two addresses, a file that is there is never written over and
 * no link is followed: the dashboard may run as root in somebody else's folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ui/dashboard_session.h"
#include "ui/text.h"
#include "ui/ui.h"

enum { PATH_LENGTH_MAX = 192, TRIES_MAX = 100, LADDER_WIDTH = 132 };

/* "bgpwhy-192.0.2.10-192.0.2.1-ladder.txt", or with -2, -3 … before its last part. */
static void
make_name(const struct session_row *row, const char *what, int number, char path[PATH_LENGTH_MAX])
{
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX], more[16] = "";
	address_text(session_row_address(row, 0), a);
	address_text(session_row_address(row, 1), b);
	if (number > 1) {
		snprintf(more, sizeof(more), "-%d", number);
	}
	snprintf(path, PATH_LENGTH_MAX, "bgpwhy-%s-%s%s-%s", a, b, more, what);
	for (char *c = path; *c != '\0'; c++) { /* of an address of IPv6 */
		*c = *c == ':' ? '_' : *c == '%' || *c == '/' ? '-' : *c;
	}
}

static FILE *
create_file(const struct session_row *row, const char *what, char path[PATH_LENGTH_MAX])
{
	for (int i = 1; i <= TRIES_MAX; i++) {
		make_name(row, what, i, path);
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd >= 0) {
			FILE *out = fdopen(fd, "w");
			if (out == NULL) {
				close(fd);
			}
			return out;
		}
		if (errno != EEXIST) {
			return NULL;
		}
	}
	return NULL;
}

static void
save_packets(const struct session_row *row, const struct ui_options *options, char *text, size_t room)
{
	const struct address pair[2] = {*session_row_address(row, 0), *session_row_address(row, 1)};
	char path[PATH_LENGTH_MAX];
	for (int i = 1; i <= TRIES_MAX; i++) {
		make_name(row, "packets.pcap", i, path);
		if (options->save_packets(options->save_ctx, pair, path, text, room)) {
			return;
		}
	}
}

/* What is text of ours or of the wire is no Markdown: its special characters lose their meaning. */
static void
put_markdown(FILE *out, const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		if (strchr("\\`*_{}[]<>#|~", *at) != NULL) {
			fputc('\\', out);
		}
		fputc(*at, out);
	}
}

static void
write_findings(FILE *out, const struct session_row *row, const struct lines *findings)
{
	char text[ROW_TEXT_MAX], a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	fprintf(out, "# %s and %s: ", address_text(session_row_address(row, 0), a),
		address_text(session_row_address(row, 1), b));
	put_markdown(out, session_row_states(row, UINT32_MAX, text));
	fputs("\n", out);
	unsigned indent = 0;
	for (size_t i = 0; i < findings->count; i++) {
		const struct line *line = &findings->line[i];
		const char *cell = line->cell[0];
		if (cell[0] == '\0') {
			continue;
		}
		/* A heading, paragraphs, and each fix as a point of a list; what was wrapped goes on. */
		bool fix = strncmp(cell, "Fix ", 4) == 0 && line->indent == 2;
		if (line->indent == 0 && line->style == STYLE_STRONG) {
			fputs(i == 0 ? "\n" : " ", out);
		} else if (line->indent == 0) {
			fputs("\n\n## ", out);
		} else if (fix) {
			fputs("\n- ", out);
			cell += 4;
		} else if (indent == 0 || (line->indent == 2 && line->style == STYLE_FAINT)) {
			fputs("\n\n", out);
		} else {
			fputc(' ', out);
		}
		put_markdown(out, cell);
		indent = line->indent;
	}
	fputs("\n", out);
}

static bool
close_file(FILE *out)
{
	bool good = ferror(out) == 0;
	return fclose(out) == 0 && good;
}

void
session_save(const struct session_row *row, const struct ladder *ladder,
	const struct lines *findings, uint8_t time_digits, const struct ui_options *options,
	char notice[SAVE_NOTICE_MAX])
{
	char packets[SAVE_NOTICE_MAX / 2] = "";
	char path[PATH_LENGTH_MAX], other[PATH_LENGTH_MAX];
	FILE *out = create_file(row, "ladder.txt", path);
	if (out == NULL) {
		snprintf(notice, SAVE_NOTICE_MAX, "not saved: %s: %s", path, strerror(errno));
		return;
	}
	ladder_write(ladder, row, time_digits, true, LADDER_WIDTH, out);
	bool good = close_file(out);
	out = create_file(row, "findings.md", other);
	if (out == NULL) {
		snprintf(notice, SAVE_NOTICE_MAX, "not saved: %.120s: %s", other, strerror(errno));
		return;
	}
	write_findings(out, row, findings);
	good = close_file(out) && good;
	if (options->save_packets != NULL) {
		save_packets(row, options, packets, sizeof(packets));
	}
	path[strlen(path) - strlen("ladder.txt")] = '\0';
	snprintf(notice, SAVE_NOTICE_MAX, "%s %.90sladder.txt, findings.md%s%s%s", good ? "saved" : "cut short:",
		path, packets[0] != '\0' ? ", packets.pcap (" : "", packets,
		packets[0] != '\0' ? ")" : "");
}
