/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ladder: two lifelines, and between them what one says to the other as an arrow, what each does
 * by itself beside its own line, and what is known of both across. A row is composed as text of a
 * known width, so that the screen and the saved file are the same. KEEPALIVEs that go both ways and
 * have nothing between them say one thing only, that all is quiet: one row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/dashboard_session.h"
#include "ui/panel_machine.h"
#include "ui/text.h"

enum { ROW_MAX = 2048, WIDE = 110, WITH_STATES = 130, STATE_WIDTH = 11, MARGIN_MAX = 64, REST_ROWS = 2 };

void
ladder_finish(struct ladder *ladder)
{
	free(ladder->rung);
	*ladder = (struct ladder){0};
}

static bool
is_quiet(const struct event_line *line)
{
	return line->entry.kind == TIMELINE_KEEPALIVE && line->side >= 0;
}

/* Two connections at a time (a collision): each gets a number, so that one sees which is which. */
static void
mark_connections(struct ladder *ladder)
{
	struct {
		uint64_t id;
		size_t first, last;
		uint8_t number; /* 0: it overlaps with none */
	} seen[PANEL_CONNECTIONS_MAX];
	size_t count = 0;
	uint8_t number = 0;
	for (size_t i = 0; i < ladder->count; i++) {
		uint64_t id = ladder->rung[i].entry.connection;
		size_t k = 0;
		while (k < count && seen[k].id != id) {
			k++;
		}
		if (id == 0 || k == PANEL_CONNECTIONS_MAX) {
			continue;
		}
		if (k == count) {
			seen[k].id = id;
			seen[k].first = i;
			seen[k].number = 0;
			count++;
		}
		seen[k].last = i;
	}
	for (size_t k = 0; k < count; k++) {
		for (size_t other = 0; other < count; other++) {
			if (other != k && seen[other].first < seen[k].last &&
				seen[k].first < seen[other].last && seen[k].number == 0) {
				seen[k].number = ++number;
			}
		}
	}
	for (size_t i = 0; i < ladder->count; i++) {
		for (size_t k = 0; k < count; k++) {
			if (seen[k].id == ladder->rung[i].entry.connection) {
				ladder->rung[i].connection = seen[k].number;
			}
		}
	}
}

void
ladder_take(struct ladder *ladder, const struct events *events, const struct session_row *row)
{
	struct machines machines = {.protocol = row->has_session ? PROTOCOL_BGP : PROTOCOL_BFD};
	if (events->count > ladder->room) {
		ladder->room = events->count + 64;
		ladder->rung = memory_resize(ladder->rung, ladder->room * sizeof(*ladder->rung));
	}
	ladder->count = 0;
	for (size_t i = 0; i < events->count; i++) {
		const struct event_line *line = &events->line[i];
		struct rung *before = ladder->count > 0 ? &ladder->rung[ladder->count - 1] : NULL;
		if (is_quiet(line) && before != NULL &&
			before->entry.kind == TIMELINE_KEEPALIVE && before->side >= 0 &&
			(line->entry.count > 1 || before->entry.count > 1 ||
				before->keepalives[0] + before->keepalives[1] > 0)) {
			if (before->keepalives[0] + before->keepalives[1] == 0) {
				before->keepalives[before->side] = before->entry.count;
			}
			before->keepalives[line->side] += line->entry.count;
			if (line->entry.last_ns > before->entry.last_ns) {
				before->entry.last_ns = line->entry.last_ns;
				before->entry.last_frame = line->entry.last_frame;
			}
			continue;
		}
		struct rung *rung = &ladder->rung[ladder->count++];
		*rung = (struct rung){
			.entry = line->entry, .side = line->side, .toward = line->toward};
		machines_step(&machines, &line->entry, line->side);
		rung->state[0] = machines.state[0];
		rung->state[1] = machines.state[1];
		if (is_quiet(line) && line->entry.count > 1) {
			rung->keepalives[line->side] = line->entry.count;
		}
	}
	mark_connections(ladder);
}

struct layout {
	unsigned time, delta, frame, ladder; /* columns at which each begins */
	unsigned width;  /* of the ladder itself */
	unsigned states; /* columns beside each lifeline for its state; 0: none */
	uint8_t digits;
	bool brief;
};

struct pieces {
	const char *begin, *lead; /* before the text */
	const char *fill;
	const char *tail, *end; /* at the other end */
	bool right;             /* the text stands at the right */
};

/* For the text, of `width` columns. */
static size_t
text_room(const struct pieces *p, unsigned width)
{
	size_t fixed = text_width(p->begin) + text_width(p->lead) + text_width(p->tail) +
		text_width(p->end) + 2;
	return width > fixed ? width - fixed : 0;
}

/* `width` columns: begin, lead, the text, what fills the rest, tail, end. */
static void
compose(char *out, size_t room, unsigned width, const struct pieces *p, const char *text)
{
	size_t most = text_room(p, width);
	char cut[EVENT_TEXT_MAX + 16];
	snprintf(cut, sizeof(cut), "%s", text);
	if (text_width(cut) > most) {
		cut[text_fit(cut, most > 0 ? most - 1 : 0)] = '\0';
		text_append(cut, sizeof(cut), "%s", most > 0 ? "…" : "");
	}
	size_t fill = most - text_width(cut);
	text_append(out, room, "%s%s", p->begin, p->lead);
	if (!p->right) {
		text_append(out, room, " %s ", cut);
	}
	for (size_t i = 0; i < fill; i++) {
		text_append(out, room, "%s", p->fill);
	}
	if (p->right) {
		text_append(out, room, " %s ", cut);
	}
	text_append(out, room, "%s%s", p->tail, p->end);
}

/* What a stretch of KEEPALIVEs says: that all was quiet. */
static void
quiet_text(const struct rung *rung, char *text, size_t room)
{
	char duration[TEXT_DURATION_MAX];
	snprintf(text, room, "KEEPALIVE");
	if (rung->keepalives[0] > 0) {
		text_append(text, room, " →%llu×", (unsigned long long)rung->keepalives[0]);
	}
	if (rung->keepalives[1] > 0) {
		text_append(text, room, " ←%llu×", (unsigned long long)rung->keepalives[1]);
	}
	text_append(text, room, ", over %s",
		text_duration_ns(rung->entry.last_ns - rung->entry.time_ns, duration));
}

/* Of the characters that a row is composed of, each becomes one: the columns stay. */
static void
make_ascii(char *text)
{
	static const char *const pairs[][2] = {{"│", "|"}, {"├", "|"}, {"┤", "|"}, {"─", "-"},
		{"→", ">"}, {"←", "<"}, {"╳", "%"}, {"╌", "="}, {"●", "@"}, {"·", "."}, {"…", "~"}, {"×", "x"}};
	char *to = text;
	for (const char *at = text; *at != '\0';) {
		size_t size = 1;
		char c = *at;
		for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
			size_t length = strlen(pairs[i][0]);
			if (strncmp(at, pairs[i][0], length) == 0) {
				c = pairs[i][1][0];
				size = length;
				break;
			}
		}
		*to++ = c;
		at += size;
	}
	*to = '\0';
}

/* Both lifelines and what is between them. `rest` takes what there is no room for; NULL: it is cut. */
static void
compose_rung(const struct rung *rung, unsigned width, bool brief, bool utf8, char *out, size_t room,
	char rest[EVENT_TEXT_MAX + 8])
{
	static const struct pieces right = {"│", "─", "─", "─→", "│", false},
				   left = {"│", "←─", "─", "─", "│", false},
				   both = {"│", "←─", "─", "─→", "│", false},
				   local = {"├", "", " ", "", "│", false},
				   remote = {"│", "", " ", "", "┤", true},
				   across = {"│", "", " ", "", "│", false},
				   trouble = {"│", " !", " ", "", "│", false},
				   lost = {"│", " ╳", " ", "╳ ", "│", false},
				   lost_right = {"│", "─╳", " ", "→", "│", false},
				   lost_left = {"│", "←", " ", "╳─", "│", false},
				   told_local = {"│", "←─", " ", "", "│", false},
				   told_remote = {"│", "", " ", "─→", "│", true},
				   again_right = {"│", "╌", "╌", "╌→", "│", false},
				   again_left = {"│", "←╌", "╌", "╌", "│", false},
				   taped = {"│", " ●", " ", "", "│", false},
				   calm = {"│", " ·", " ", "", "│", false};
	const struct timeline_entry *entry = &rung->entry;
	char text[EVENT_TEXT_MAX + 8], words[EVENT_TEXT_MAX];
	event_text(entry, brief, words);
	text[0] = '\0';
	if (rung->connection > 0) {
		text_append(text, sizeof(text), "(%u) ", rung->connection);
	}
	text_append(text, sizeof(text), "%s", words);
	const struct pieces *p = rung->side == 0 ? &right : rung->side == 1 ? &left : &both;
	switch (entry->kind) {
	case TIMELINE_TRANSITION:
	case TIMELINE_BFD_TRANSITION:
		p = rung->side == 1 ? &remote : rung->side == 0 ? &local : &across;
		break;
	case TIMELINE_FAULT:
	case TIMELINE_FINDING:
	case TIMELINE_CHECK:
		p = rung->toward == 0 ? &told_local : rung->toward == 1 ? &told_remote : &trouble;
		break;
	case TIMELINE_GAP:
		p = rung->side == 0 ? &lost_right : rung->side == 1 ? &lost_left : &lost;
		break;
	case TIMELINE_RECORDING:
		p = &taped;
		if (strrchr(words, '/') != NULL) { /* Events tell the folder, too */
			snprintf(text, sizeof(text), "recorded in %s", strrchr(words, '/') + 1);
		}
		break;
	case TIMELINE_RESENT:
		p = rung->side == 1 ? &again_left : &again_right;
		break;
	case TIMELINE_KEEPALIVE:
		if (rung->keepalives[0] + rung->keepalives[1] > 0) {
			quiet_text(rung, text, sizeof(text));
			p = &calm;
		}
		break;
	default:
		break;
	}
	if (rest != NULL) {
		size_t most = text_room(p, width);
		rest[0] = '\0';
		if (text_width(text) > most && most > 0) {
			const char *next;
			size_t size = text_wrap(text, most, &next);
			snprintf(rest, EVENT_TEXT_MAX + 8, "%s", next);
			text[size] = '\0';
		}
	}
	compose(out, room, width, p, text);
	if (!utf8) {
		make_ascii(out);
	}
}

/* What the row under the cursor goes on with, below it; returns how many rows. */
static unsigned
draw_rest(const struct area *area, unsigned at, const struct layout *l, unsigned style, const char *rest, bool draws)
{
	static const struct pieces more = {"│", "  ", " ", "", "│", false};
	unsigned used = 0;
	while (*rest != '\0' && used < REST_ROWS) {
		const char *next;
		char piece[EVENT_TEXT_MAX + 8], text[ROW_MAX] = "";
		size_t size = text_wrap(rest, text_room(&more, l->width), &next);
		snprintf(piece, sizeof(piece), "%.*s", (int)size, rest);
		if (draws) {
			compose(text, sizeof(text), l->width, &more, piece);
			if (!area_utf8(area)) {
				make_ascii(text);
			}
			area_fill(area, at + used, 0, area->width, STYLE_BAND);
			area_text(area, at + used, l->ladder, l->width, style, text);
		}
		used++;
		rest = next;
	}
	return used;
}

static struct layout
lay_out(unsigned width, uint8_t time_digits)
{
	bool wide = width >= WIDE;
	struct layout l = {.time = 1, .digits = 0, .brief = width < 150};
	if (wide) {
		l.digits = time_digits < 6 ? time_digits : 6;
	}
	l.delta = l.time + 8 + (l.digits > 0 ? l.digits + 1u : 0);
	l.frame = l.delta + 9;
	l.states = width >= WITH_STATES ? STATE_WIDTH + 1 : 0;
	l.ladder = l.frame + 8 + l.states;
	l.width = width > l.ladder + l.states + 2 ? width - l.ladder - l.states - 1 : 1;
	return l;
}

static void
delta_text(uint64_t delta, char text[MARGIN_MAX])
{
	if (delta < 1000000) {
		snprintf(text, MARGIN_MAX, "+%u us", (unsigned)(delta / 1000));
	} else if (delta < 1000000000) {
		snprintf(text, MARGIN_MAX, "+%u ms", (unsigned)(delta / 1000000));
	} else if (delta < UINT64_C(1000000000000)) {
		snprintf(text, MARGIN_MAX, "+%u.%u s", (unsigned)(delta / 1000000000),
			(unsigned)(delta / 100000000 % 10));
	} else {
		snprintf(text, MARGIN_MAX, "+%llu s", (unsigned long long)(delta / 1000000000));
	}
}

/* Time, how long after the row before, frame: as wide as the layout says. */
static void
compose_margin(const struct ladder *ladder, size_t index, const struct layout *l,
	char text[4 * MARGIN_MAX])
{
	const struct timeline_entry *entry = &ladder->rung[index].entry;
	char time[TIME_TEXT_MAX], delta[MARGIN_MAX] = "", frame[MARGIN_MAX] = "";
	time_text(entry->time_ns, l->digits, time);
	if (index > 0) {
		uint64_t before = ladder->rung[index - 1].entry.time_ns;
		delta_text(entry->time_ns > before ? entry->time_ns - before : 0, delta);
	}
	if (entry->frame > 0) {
		snprintf(frame, sizeof(frame), "#%llu", (unsigned long long)entry->frame);
	}
	snprintf(text, 4 * MARGIN_MAX, "%.*s%9s%7s", (int)(l->delta - l->time),
		time + strlen("2026-01-31T"), delta, frame);
}

/* Who stands at a lifeline: "192.0.2.10 AS 65009", with what was sent twice. */
static void
name_text(const struct session_row *row, size_t side, char *text, size_t room)
{
	char address[ADDRESS_TEXT_MAX];
	snprintf(text, room, "%s", address_text(session_row_address(row, side), address));
	if (!row->has_session) {
		return;
	}
	const struct event_session_side *s = &row->info.side[side];
	if (s->has_asn) {
		text_append(text, room, " AS %u", s->asn);
	}
	if (s->retransmissions > 0) {
		text_append(text, room, " (%llu resent)", (unsigned long long)s->retransmissions);
	}
}

static void
compose_names(const struct session_row *row, bool copies, unsigned width, char *out, size_t room)
{
	static const char twice[] = "packets stand twice: a mirror";
	char a[EVENT_TEXT_MAX], b[EVENT_TEXT_MAX];
	name_text(row, 0, a, sizeof(a));
	name_text(row, 1, b, sizeof(b));
	size_t used = text_width(a) + text_width(b), left = width > used ? width - used : 0;
	size_t middle = copies && left > sizeof(twice) + 2 ? sizeof(twice) - 1 : 0;
	size_t before = (left - middle) / 2;
	text_append(out, room, "%s", a);
	for (size_t i = 0; i < left - middle; i++) {
		if (i == before && middle > 0) {
			text_append(out, room, "%s", twice);
		}
		text_append(out, room, " ");
	}
	if (used >= width) {
		text_append(out, room, " ");
	}
	text_append(out, room, "%s", b);
}

/* Beside each lifeline the state of its machine: loud where it changes. */
static void
draw_states(const struct ladder *ladder, size_t index, const struct layout *l, const struct area *area,
	unsigned at, enum protocol protocol, unsigned band)
{
	const struct rung *rung = &ladder->rung[index];
	for (size_t side = 0; l->states > 0 && side < 2; side++) {
		uint8_t before = index > 0 ? ladder->rung[index - 1].state[side] : 0;
		bool changes = rung->state[side] != before;
		unsigned style = changes ? machine_style(protocol, rung->state[side]) : STYLE_FAINT;
		const char *name = rung->state[side] != 0
			? track_state_name(protocol, rung->state[side])
			: "";
		if (side == 0) {
			area_text_right(area, at, l->ladder - l->states, STATE_WIDTH, style | band, name);
		} else {
			area_text(area, at, l->ladder + l->width + 1, STATE_WIDTH, style | band, name);
		}
	}
}

static unsigned
rung_style(const struct rung *rung)
{
	if (rung->keepalives[0] + rung->keepalives[1] > 0) {
		return STYLE_FAINT;
	}
	return event_style(&rung->entry);
}

unsigned
ladder_draw(const struct ladder *ladder, const struct area *area, struct scroll *scroll,
	const struct session_row *row, uint8_t time_digits)
{
	struct layout l = lay_out(area->width, time_digits);
	unsigned width = l.width;
	char text[ROW_MAX] = "", margin[4 * MARGIN_MAX];
	compose_names(row, ladder->copies, width, text, sizeof(text));
	area_text(area, 0, l.ladder, width, STYLE_ACCENT, text);
	/* What has no room is said of the row under the cursor alone, in rows below it. */
	char rest[EVENT_TEXT_MAX + 8] = "";
	unsigned more = 0;
	if (scroll->at < ladder->count) {
		text[0] = '\0';
		compose_rung(&ladder->rung[scroll->at], width, false, true, text, sizeof(text), rest);
		more = draw_rest(area, 0, &l, 0, rest, false);
	}
	scroll->height = area->height > 1 + more ? area->height - 1 - more : 1;
	scroll_settle(scroll);
	size_t index = scroll->top;
	for (unsigned at = 1; at < area->height && index < ladder->count; at++, index++) {
		const struct rung *rung = &ladder->rung[index];
		unsigned band = index == scroll->at ? STYLE_BAND : 0;
		if (band != 0) {
			area_fill(area, at, 0, area->width, band);
			area_text(area, at, 0, 1, band, area_glyph(area, GLYPH_CURSOR));
		}
		compose_margin(ladder, index, &l, margin);
		area_text(area, at, l.time, l.ladder - l.states - l.time, STYLE_FAINT | band, margin);
		draw_states(ladder, index, &l, area, at,
			row->has_session ? PROTOCOL_BGP : PROTOCOL_BFD, band);
		text[0] = '\0';
		compose_rung(rung, width, l.brief && band == 0, area_utf8(area), text, sizeof(text),
			band != 0 ? rest : NULL);
		area_text(area, at, l.ladder, width, rung_style(rung) | band, text);
		if (band != 0) {
			at += draw_rest(area, at + 1, &l, rung_style(rung) | band, rest, true);
		}
	}
	return more;
}

bool
ladder_write(const struct ladder *ladder, const struct session_row *row, uint8_t time_digits,
	bool utf8, unsigned width, FILE *out)
{
	struct layout l = lay_out(width, time_digits);
	unsigned inner = l.width;
	char text[ROW_MAX] = "", margin[4 * MARGIN_MAX], ascii[ROW_MAX];
	compose_names(row, ladder->copies, inner, text, sizeof(text));
	fprintf(out, "%*s%s\n", (int)(l.ladder - l.time), "", text);
	for (size_t i = 0; i < ladder->count; i++) {
		compose_margin(ladder, i, &l, margin);
		text[0] = '\0';
		compose_rung(&ladder->rung[i], inner, l.brief, utf8, text, sizeof(text), NULL);
		fprintf(out, "%-*s%s\n", (int)(l.ladder - l.time), margin,
			utf8 ? text : text_ascii(text, ascii, sizeof(ascii)));
	}
	return ferror(out) == 0;
}
