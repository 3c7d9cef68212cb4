/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time line of one session, BGP and BFD together: time, frame, who, what. An arrow says who
 * acts, as in the head of the screen. A text that is longer than the line goes on below it: at three
 * in the morning nobody wants to scroll sideways. On a narrow screen the RFC's section is said of
 * the entry under the cursor only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/dashboard_session.h"
#include "ui/text.h"

enum { TEXT_MAX = EVENT_TEXT_MAX, ENTRIES_MAX = 2 * MODEL_TIMELINE_MAX, ROWS_MAX = 4, LOOK_AHEAD = 32 };

void
events_finish(struct events *events)
{
	free(events->line);
	*events = (struct events){0};
}

char *
event_text(const struct timeline_entry *entry, bool brief, char text[TEXT_MAX])
{
	text[0] = '\0';
	if (entry->left_out > 0) {
		text_append(text, TEXT_MAX, "(%u entries left out) ", entry->left_out);
	}
	bool again = entry->kind == TIMELINE_RESENT;
	if (entry->count > 1 && !again) {
		text_append(text, TEXT_MAX, "%u× ", entry->count);
	}
	const char *rfc = brief ? strstr(entry->text, " (RFC ") : NULL;
	size_t size = rfc != NULL ? (size_t)(rfc - entry->text) : strlen(entry->text);
	text_append(text, TEXT_MAX, "%.*s", (int)size, entry->text);
	if (again && entry->count > 1) {
		text_append(text, TEXT_MAX, " ×%u", entry->count);
	}
	if (again && entry->octets > 0) {
		char count[TEXT_COUNT_MAX];
		text_append(text, TEXT_MAX, ", %s octets", text_count(entry->octets, count));
	}
	if (entry->kind == TIMELINE_UPDATE && entry->count > 1) {
		text_append(text, TEXT_MAX, ": %u announced, %u withdrawn", entry->announced,
			entry->withdrawn);
	}
	if (entry->count > 1 && entry->last_ns > entry->time_ns) {
		char duration[TEXT_DURATION_MAX];
		text_append(text, TEXT_MAX, ", over %s",
			text_duration_ns(entry->last_ns - entry->time_ns, duration));
		if (entry->last_frame > 0) {
			text_append(text, TEXT_MAX, " up to #%llu",
				(unsigned long long)entry->last_frame);
		}
	}
	if (entry->inferred) {
		text_append(text, TEXT_MAX, " (inferred)");
	}
	return text;
}

static bool
passes(const struct timeline_entry *entry, bool quiet, const char *filter)
{
	if (entry->weight == TIMELINE_QUIET && entry->kind != TIMELINE_RESENT && !quiet) {
		return false;
	}
	char text[TEXT_MAX];
	return filter[0] == '\0' || strcasestr(event_text(entry, false, text), filter) != NULL;
}

static int8_t
side_of(const struct model_session *session, const struct model_bfd_session *bfd,
	const struct session_row *row, const struct timeline_entry *entry)
{
	const struct address *speaker = model_entry_speaker(session, bfd, entry);
	for (size_t side = 0; speaker != NULL && side < 2; side++) {
		if (address_equal(speaker, session_row_address(row, side)) ||
			(row->has_bfd && address_equal(speaker, &row->bfd.side[side].addr))) {
			return (int8_t)side;
		}
	}
	return -1;
}

/* An ICMP error comes from somebody on the path and goes to the one that called. */
static int8_t
toward_of(const struct model_session *session, const struct session_row *row,
	const struct timeline_entry *entry)
{
	if (session == NULL || entry->kind != TIMELINE_FINDING ||
		strncmp(entry->text, "icmp-", strlen("icmp-")) != 0) {
		return -1;
	}
	for (int8_t side = 0; side < 2; side++) {
		if (address_equal(&session->client, session_row_address(row, (size_t)side))) {
			return side;
		}
	}
	return -1;
}

/*
 * The steps of one machine in their own order. One that is inferred has the time of the packet that it
 * follows from, which may have gone by before the packet of the step before it did.
 */
static void
order_steps(const struct timeline_entry **entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct timeline_entry *e = entries[i];
		size_t to = i;
		if (e->kind != TIMELINE_TRANSITION && e->kind != TIMELINE_BFD_TRANSITION) {
			continue;
		}
		for (size_t k = i + 1; k < count && k <= i + LOOK_AHEAD; k++) {
			const struct timeline_entry *other = entries[k];
			if (other->kind == e->kind && other->side == e->side &&
				other->connection == e->connection && other->seq < e->seq) {
				to = k;
			}
		}
		if (to > i) {
			for (size_t k = i; k < to; k++) {
				entries[k] = entries[k + 1];
			}
			entries[to] = e;
			i--; /* another one stands here now */
		}
	}
}

void
events_take(struct events *events, const struct model_session *session,
	const struct model_bfd_session *bfd, const struct session_row *row, bool quiet,
	const char *filter)
{
	static const struct timeline_entry *entries[ENTRIES_MAX]; /* one thread */
	size_t count = model_timeline_merged(session, bfd, entries, ENTRIES_MAX);
	order_steps(entries, count);
	if (count > events->room) {
		events->room = count + 64;
		events->line = memory_resize(events->line, events->room * sizeof(*events->line));
	}
	events->count = 0;
	events->hidden = 0;
	for (size_t i = 0; i < count; i++) {
		if (!passes(entries[i], quiet, filter)) {
			events->hidden++;
			continue;
		}
		struct event_line *line = &events->line[events->count++];
		line->entry = *entries[i];
		line->side = side_of(session, bfd, row, entries[i]);
		line->toward = toward_of(session, row, entries[i]);
	}
}

unsigned
event_style(const struct timeline_entry *entry)
{
	if (entry->weight == TIMELINE_QUIET && entry->kind != TIMELINE_RESENT) {
		return STYLE_FAINT;
	}
	switch (entry->kind) {
	case TIMELINE_NOTIFICATION:
	case TIMELINE_FAULT:
		return STYLE_BAD;
	case TIMELINE_FINDING:
	case TIMELINE_GAP:
	case TIMELINE_RESENT:
	case TIMELINE_CHECK:
		return STYLE_BUSY;
	case TIMELINE_OPEN:
		return STYLE_STRONG;
	default:
		return entry->weight == TIMELINE_LOUD ? STYLE_STRONG : STYLE_NORMAL;
	}
}

struct layout {
	unsigned time, frame, who,
		text; /* columns at which each begins; the text goes to the end */
	uint8_t digits;
	bool addresses, deltas;
};

static struct layout
lay_out(const struct area *area, uint8_t time_digits)
{
	bool wide = area->width >= 110;
	struct layout layout = {.digits = time_digits, .addresses = wide, .deltas = wide};
	if (!wide && layout.digits > 3) {
		layout.digits = 3;
	} else if (layout.digits > 6) {
		layout.digits = 6;
	}
	unsigned time_width = 8 + (layout.digits > 0 ? layout.digits + 1u : 0);
	layout.time = 1;
	layout.frame = layout.time + time_width + (layout.deltas ? 11 : 0);
	layout.who = layout.frame + 8;
	layout.text = layout.who + (layout.addresses ? 18 : 2);
	return layout;
}

static unsigned
entry_rows(const struct timeline_entry *entry, unsigned columns, bool brief)
{
	char text[TEXT_MAX];
	const char *at = event_text(entry, brief, text);
	unsigned rows = 0;
	while (*at != '\0' && rows < ROWS_MAX) {
		text_wrap(at, columns, &at);
		rows++;
	}
	return rows > 0 ? rows : 1;
}

static void
draw_delta(const struct area *area, unsigned at, unsigned column, unsigned style, uint64_t delta)
{
	char number[32];
	if (delta < 1000000) {
		snprintf(number, sizeof(number), "+%u us", (unsigned)(delta / 1000));
	} else if (delta < 1000000000) {
		snprintf(number, sizeof(number), "+%u ms", (unsigned)(delta / 1000000));
	} else {
		snprintf(number, sizeof(number), "+%llu.%u s",
			(unsigned long long)(delta / 1000000000),
			(unsigned)(delta / 100000000 % 10));
	}
	area_text_right(area, at, column, 10, style, number);
}

static void
draw_entry(const struct events *events, size_t index, const struct area *area, unsigned at,
	unsigned rows, const struct layout *layout, const struct session_row *row, bool chosen)
{
	const struct event_line *line = &events->line[index];
	const struct timeline_entry *entry = &line->entry;
	unsigned band = chosen ? STYLE_BAND : 0, style = event_style(entry) | band;
	for (unsigned i = 0; chosen && i < rows; i++) {
		area_fill(area, at + i, 0, area->width, band);
	}
	if (chosen) {
		area_text(area, at, 0, 1, band, area_glyph(area, GLYPH_CURSOR));
	}
	char time[TIME_TEXT_MAX], text[TEXT_MAX];
	time_text(entry->time_ns, layout->digits, time);
	area_printf(area, at, layout->time, 15, band, "%.*s",
		8 + (layout->digits > 0 ? layout->digits + 1 : 0), time + strlen("2026-01-31T"));
	if (layout->deltas && index > 0) {
		uint64_t before = events->line[index - 1].entry.time_ns;
		draw_delta(area, at, layout->frame - 11, STYLE_FAINT | band,
			entry->time_ns > before ? entry->time_ns - before : 0);
	}
	if (entry->frame > 0) {
		snprintf(text, sizeof(text), "#%llu", (unsigned long long)entry->frame);
		area_text_right(area, at, layout->frame, 7, STYLE_FAINT | band, text);
	}
	if (line->side >= 0) {
		char address[ADDRESS_TEXT_MAX];
		bool local = line->side == 0;
		area_text(area, at, layout->who, 1, local ? STYLE_ACCENT | band : band,
			area_glyph(area, local ? GLYPH_RIGHT : GLYPH_LEFT));
		if (layout->addresses) {
			area_text(area, at, layout->who + 2, 15, band,
				address_text(session_row_address(row, (size_t)line->side),
					address));
		}
	}
	area_wrap(area, at, rows, layout->text, style,
		event_text(entry, !layout->addresses && !chosen, text));
}

void
events_draw(const struct events *events, const struct area *area, struct scroll *scroll,
	const struct session_row *row, uint8_t time_digits)
{
	struct layout layout = lay_out(area, time_digits);
	unsigned columns = area->width > layout.text ? area->width - layout.text : 1;
	/* Bring the cursor on the screen: as few entries above it as must go. */
	unsigned needed = 0;
	size_t top = scroll->at + 1;
	while (top > scroll->top && top > 0 && top <= events->count) {
		unsigned rows = entry_rows(&events->line[top - 1].entry, columns,
			!layout.addresses && top - 1 != scroll->at);
		if (needed + rows > area->height && needed > 0) {
			break;
		}
		needed += rows;
		top--;
	}
	scroll->top = top;
	unsigned at = 0;
	for (size_t i = scroll->top; i < events->count && at < area->height; i++) {
		unsigned rows = entry_rows(&events->line[i].entry, columns,
			!layout.addresses && i != scroll->at);
		rows = rows < area->height - at ? rows : area->height - at;
		draw_entry(events, i, area, at, rows, &layout, row, i == scroll->at);
		at += rows;
	}
}

size_t
events_at_row(const struct events *events, const struct area *area, const struct scroll *scroll,
	uint8_t time_digits, unsigned row)
{
	struct layout layout = lay_out(area, time_digits);
	unsigned columns = area->width > layout.text ? area->width - layout.text : 1;
	unsigned at = 0;
	for (size_t i = scroll->top; i < events->count && at < area->height; i++) {
		at += entry_rows(&events->line[i].entry, columns,
			!layout.addresses && i != scroll->at);
		if (row < at) {
			return i;
		}
	}
	return events->count;
}
