/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened, in order of time. By default only what matters: routine (BFD packets, the small
 * steps of the state machines) is for -v, and of a long story the beginning and the end are told.
 * Frames that prove the headline are marked.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/report_internal.h"
#include "ui/text.h"

enum {
	LINES_MAX = 40,   /* without -v */
	LINES_FIRST = 20, /* of these, how many at the beginning */
	ENTRY_TEXT_MAX = 512,
};

const char *
report_relative(const struct report *r, uint64_t time_ns, char text[RELATIVE_MAX])
{
	uint64_t base = model_first_ns(r->model);
	uint64_t ns = time_ns > base ? time_ns - base : 0;
	uint64_t seconds = ns / UINT64_C(1000000000);
	uint64_t micros = ns / 1000 % 1000000;
	if (r->options.verbose > 0) {
		snprintf(text, RELATIVE_MAX, "+%" PRIu64 ".%06" PRIu64, seconds, micros);
	} else {
		snprintf(text, RELATIVE_MAX, "+%" PRIu64 ".%03" PRIu64, seconds, micros / 1000);
	}
	return text;
}

static bool
is_shown(const struct report *r, const struct timeline_entry *e)
{
	/* Findings are told above; a replay from the database has no alerts. */
	if (e->kind == TIMELINE_FINDING || e->kind == TIMELINE_CHECK || e->kind == TIMELINE_RECORDING) {
		return false;
	}
	return r->options.verbose > 0 || e->weight != TIMELINE_QUIET;
}

static bool
is_evidence(const struct report_session *s, const struct timeline_entry *e)
{
	if (s->primary == NULL || e->frame == 0 || e->kind == TIMELINE_TRANSITION ||
		e->kind == TIMELINE_BFD_TRANSITION) {
		return false;
	}
	for (size_t i = 0; i < s->primary->evidence_count; i++) {
		uint64_t frame = s->primary->evidence[i];
		if (frame == e->frame || (e->count > 1 && frame == e->last_frame)) {
			return true;
		}
	}
	return false;
}

/* Without -v the reasons are short: how a session came up is plain, and the section of the RFC is
 * for those who ask. */
static void
shorten(const struct timeline_entry *e, char *text)
{
	char *good = strstr(text, "→ Established:");
	if (good == NULL) {
		good = strstr(text, "→ Up:");
	}
	char *rfc = strstr(text, " (RFC ");
	if (e->kind != TIMELINE_TRANSITION && e->kind != TIMELINE_BFD_TRANSITION) {
		return;
	}
	if (good != NULL) {
		*strchr(good, ':') = '\0';
	} else if (rfc != NULL) {
		*rfc = '\0';
	}
}

static void
entry_text(const struct report *r, const struct timeline_entry *e, char text[ENTRY_TEXT_MAX])
{
	char until[RELATIVE_MAX];
	char count[TEXT_COUNT_MAX];
	snprintf(text, ENTRY_TEXT_MAX, "%s", e->text);
	if (r->options.verbose == 0) {
		shorten(e, text);
	}
	if (e->count > 1) {
		text_append(text, ENTRY_TEXT_MAX, " ×%s", text_count(e->count, count));
	}
	if (e->kind == TIMELINE_UPDATE && e->announced > 0) {
		text_append(text, ENTRY_TEXT_MAX, ", %s announced",
			text_count(e->announced, count));
	}
	if (e->withdrawn > 0) {
		text_append(text, ENTRY_TEXT_MAX, ", %s withdrawn",
			text_count(e->withdrawn, count));
	}
	if (e->count > 1) {
		text_append(text, ENTRY_TEXT_MAX, ", last %s",
			report_relative(r, e->last_ns, until));
		if (e->last_frame != 0) {
			text_append(text, ENTRY_TEXT_MAX, " (frame %" PRIu64 ")", e->last_frame);
		}
	}
	if (e->inferred) {
		text_append(text, ENTRY_TEXT_MAX, " (inferred)");
	}
}

static void
left_out_line(struct report *r, uint64_t count, bool verbose_shows)
{
	char text[TEXT_COUNT_MAX];
	if (count > 0) {
		page_text(&r->page, 4, 4, STYLE_DIM "… %s %s left out%s" STYLE_END,
			text_count(count, text), count == 1 ? "entry" : "entries",
			verbose_shows ? " (-v shows all)" : "");
	}
}

struct columns {
	size_t time, frame, speaker;
};

static void
entry_line(struct report *r, const struct report_session *s, const struct timeline_entry *e,
	const struct timeline_entry *before, const struct columns *columns)
{
	char time[RELATIVE_MAX] = "";
	char marked[2 * RELATIVE_MAX];
	char frame[RELATIVE_MAX] = "";
	char speaker[SPEAKER_MAX] = "";
	char plain[ENTRY_TEXT_MAX];
	char text[ENTRY_TEXT_MAX + 8];
	/* What the same packet brought stands under it. */
	if (before == NULL || before->frame == 0 || before->frame != e->frame) {
		report_relative(r, e->time_ns, time);
		if (e->frame != 0) {
			snprintf(frame, sizeof(frame), "%" PRIu64, e->frame);
		}
	}
	const struct address *addr = model_entry_speaker(s->session, s->bfd, e);
	if (addr != NULL) {
		const struct address *local = s->session != NULL ? &s->session->info.side[0].addr
								 : &s->bfd->info.side[0].addr;
		report_speaker(s, address_equal(addr, local) ? 0 : 1, speaker);
	}
	entry_text(r, e, plain);
	const char *style = e->weight != TIMELINE_LOUD                    ? ""
		: strstr(plain, "→ Established") || strstr(plain, "→ Up") ? STYLE_GREEN
		: e->kind == TIMELINE_CONNECTION                          ? STYLE_YELLOW
									  : STYLE_RED;
	snprintf(text, sizeof(text), "%s%s%s", style, plain, style[0] != '\0' ? STYLE_END : "");
	snprintf(marked, sizeof(marked), "%s %*s",
		is_evidence(s, e) ? STYLE_RED "!" STYLE_END : " ", (int)columns->time, time);
	const struct page_cell cells[] = {
		{.width = columns->time + 2, .text = marked},
		{.width = columns->frame, .right = true, .text = frame},
		{.width = columns->speaker, .text = speaker},
		{.width = 0, .text = text},
	};
	page_row(&r->page, 1, cells, 4);
}

void
report_timeline(struct report *r, const struct report_session *s)
{
	enum { MERGED_MAX = 2 * MODEL_TIMELINE_MAX };
	const struct timeline_entry **all = memory_zero(MERGED_MAX,
		sizeof(const struct timeline_entry *));
	size_t total = model_timeline_merged(s->session, s->bfd, all, MERGED_MAX);
	struct columns columns = {.time = 4, .frame = 5, .speaker = 6};
	size_t count = 0;
	uint64_t before_next = 0; /* left out before the next one that is shown */
	uint64_t *left_out = memory_zero(MERGED_MAX + 1, sizeof(*left_out));
	char text[RELATIVE_MAX];
	for (size_t i = 0; i < total; i++) {
		before_next += all[i]->left_out;
		if (!is_shown(r, all[i])) {
			continue;
		}
		size_t width = strlen(report_relative(r, all[i]->time_ns, text));
		columns.time = width > columns.time ? width : columns.time;
		width = (size_t)snprintf(text, sizeof(text), "%" PRIu64, all[i]->frame);
		columns.frame = width > columns.frame ? width : columns.frame;
		left_out[count] = before_next;
		before_next = 0;
		all[count++] = all[i];
	}
	for (int side = 0; side < 2; side++) {
		char speaker[SPEAKER_MAX];
		size_t width = strlen(report_speaker(s, side, speaker));
		columns.speaker = width > columns.speaker ? width : columns.speaker;
	}
	if (count > 0) {
		page_subheading(&r->page, "What happened");
		const struct page_cell heads[] = {
			{.width = columns.time + 2,
				.right = true,
				.text = STYLE_DIM "time" STYLE_END},
			{.width = columns.frame,
				.right = true,
				.text = STYLE_DIM "frame" STYLE_END},
			{.width = columns.speaker, .text = STYLE_DIM "who" STYLE_END},
			{.width = 0,
				.text = s->primary != NULL && s->primary->evidence_count > 0
					? STYLE_DIM "what (! proves the cause)" STYLE_END
					: STYLE_DIM "what" STYLE_END},
		};
		page_row(&r->page, 1, heads, 4);
	}
	bool all_shown = r->options.verbose > 0 || count <= LINES_MAX;
	for (size_t i = 0; i < count; i++) {
		if (!all_shown && i == LINES_FIRST) {
			size_t skip = count - LINES_MAX;
			uint64_t skipped = 0;
			for (size_t k = 0; k <= skip; k++) {
				skipped += left_out[i + k] + (k < skip);
			}
			left_out_line(r, skipped, true);
			i += skip;
			entry_line(r, s, all[i], NULL, &columns);
			continue;
		}
		left_out_line(r, left_out[i], false);
		entry_line(r, s, all[i], i > 0 ? all[i - 1] : NULL, &columns);
	}
	free(left_out);
	free(all);
}
