/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tabs OPENs and Findings as lines of text. Two OPENs stand side by side, one capability a line,
 * and what differs is marked with a sign, not by colour alone; most sessions that do not come up are
 * explained by one such line.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/dashboard_session.h"
#include "ui/describe.h"
#include "ui/text.h"

enum { CAPABILITIES_MAX = 96, CAPABILITY_TEXT_MAX = 160, FINDINGS_MAX = 64 };

void
lines_clear(struct lines *lines)
{
	lines->count = 0;
}

void
lines_finish(struct lines *lines)
{
	free(lines->line);
	*lines = (struct lines){0};
}

static struct line *
add_line(struct lines *lines)
{
	if (lines->count == lines->room) {
		lines->room = lines->room * 2 + 32;
		lines->line = memory_resize(lines->line, lines->room * sizeof(*lines->line));
	}
	struct line *line = &lines->line[lines->count++];
	line->style = STYLE_NORMAL;
	line->table = line->differs = false;
	line->indent = 0;
	for (size_t i = 0; i < LINE_CELLS; i++) {
		line->cell[i][0] = '\0';
	}
	return line;
}


void
lines_add_text(struct lines *lines, unsigned style, unsigned indent, const char *format, ...)
{
	struct line *line = add_line(lines);
	line->style = style;
	line->indent = indent;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line->cell[0], LINE_TEXT_MAX, format, arguments);
	va_end(arguments);
}

static void
add_wrapped(struct lines *lines, unsigned style, unsigned indent, unsigned width, const char *text)
{
	unsigned columns = width > indent + 10 ? width - indent : 10;
	while (*text != '\0') {
		const char *next;
		size_t size = text_wrap(text, columns, &next);
		lines_add_text(lines, style, indent, "%.*s", (int)size, text);
		text = next;
	}
}

void
lines_add_pair(struct lines *lines, const char *label, const char *a, const char *b, bool differs)
{
	struct line *line = add_line(lines);
	line->table = true;
	line->differs = differs;
	snprintf(line->cell[0], LINE_TEXT_MAX, "%s", label);
	snprintf(line->cell[1], LINE_TEXT_MAX, "%s", a);
	snprintf(line->cell[2], LINE_TEXT_MAX, "%s", b);
}

/* A row of two numbers. What must differ, or may, is marked by the caller's word. */
static void
add_numbers(struct lines *lines, const char *label, const char *unit, uint64_t a, uint64_t b,
	const bool has[2], bool compare)
{
	char text[2][64] = {"", ""};
	uint64_t value[2] = {a, b};
	for (size_t i = 0; i < 2; i++) {
		if (has[i]) {
			snprintf(text[i], sizeof(text[i]), "%llu%s", (unsigned long long)value[i],
				unit);
		}
	}
	lines_add_pair(lines, label, text[0], text[1], compare && has[0] && has[1] && a != b);
}

struct offer {
	bool seen;
	struct bgp_message message;
	size_t count;
	struct {
		uint8_t code;
		bool matched;
		char text[CAPABILITY_TEXT_MAX];
	} capability[CAPABILITIES_MAX];
};

static void
take_offer(const struct model_open *open, struct offer *offer)
{
	offer->count = 0;
	offer->seen = model_open_decode(open, &offer->message);
	if (!offer->seen) {
		return;
	}
	struct bgp_capability_iter iter = bgp_capabilities(&offer->message.open);
	struct bgp_capability capability;
	while (offer->count < CAPABILITIES_MAX && bgp_next_capability(&iter, &capability)) {
		offer->capability[offer->count].code = capability.code;
		offer->capability[offer->count].matched = false;
		describe_capability(&capability, offer->capability[offer->count].text,
			CAPABILITY_TEXT_MAX);
		offer->count++;
	}
}

/* The other side's capability that stands on the same line: the same one, else another value of
 * the same number where that can be there only once. */
static size_t
find_match(const struct offer *other, uint8_t code, const char *text)
{
	size_t match = other->count;
	for (size_t i = other->count; i-- > 0;) {
		if (other->capability[i].matched || other->capability[i].code != code) {
			continue;
		}
		if (strcmp(other->capability[i].text, text) == 0) {
			return i;
		}
		match = code == 1 ? match : i;
	}
	return match;
}

static void
add_capabilities(struct lines *lines, struct offer *a, struct offer *b)
{
	const char *label = "capabilities";
	for (size_t i = 0; i < a->count; i++) {
		const char *text = a->capability[i].text;
		size_t match = find_match(b, a->capability[i].code, text);
		bool found = match < b->count;
		if (found) {
			b->capability[match].matched = true;
		}
		/* An ASN is each one's own: no difference worth a mark. */
		bool differs = b->seen && a->capability[i].code != 65 &&
			(!found || strcmp(b->capability[match].text, text) != 0);
		lines_add_pair(lines, label, text,
			found             ? b->capability[match].text
				: b->seen ? "-"
					  : "",
			differs || (b->seen && !found));
		label = "";
	}
	for (size_t i = 0; i < b->count; i++) {
		if (!b->capability[i].matched) {
			lines_add_pair(lines, label, a->seen ? "-" : "", b->capability[i].text, a->seen);
			label = "";
		}
	}
}

void
lines_add_heading(struct lines *lines, const char *title, const struct address *a,
	const struct address *b)
{
	char text[2][ADDRESS_TEXT_MAX];
	lines_add_pair(lines, title, address_text(a, text[0]), address_text(b, text[1]), false);
	lines->line[lines->count - 1].style = STYLE_ACCENT;
}

static void
add_negotiated(struct lines *lines, const struct event_session *info)
{
	if (info->hold_time_s > 0) {
		lines_add_text(lines, STYLE_NORMAL, 0, "agreed: hold time %d s, KEEPALIVE every %d s",
			info->hold_time_s, info->hold_time_s / 3);
	} else if (info->hold_time_s == 0) {
		lines_add_text(lines, STYLE_NORMAL, 0, "agreed: hold time 0, no KEEPALIVEs");
	}
	if (!info->has_families) {
		return;
	}
	char text[LINE_TEXT_MAX] = "";
	for (size_t i = 0; i < info->family_count && i < BGP_CONTEXT_FAMILIES; i++) {
		char family[BGP_FAMILY_TEXT_MAX];
		text_append(text, sizeof(text), " %s", bgp_family_text(info->families[i], family));
	}
	bool none = info->family_count == 0;
	lines_add_text(lines, none ? STYLE_BAD : STYLE_NORMAL, 0, "both offer:%s",
		none ? " nothing" : text);
}

static void
add_opens(struct lines *lines, const struct model_session *session)
{
	static struct offer offers[2]; /* large; one thread (house.md rule 13) */
	bool has[2];
	for (size_t i = 0; i < 2; i++) {
		take_offer(&session->open[i], &offers[i]);
		has[i] = offers[i].seen;
	}
	const struct event_session *info = &session->info;
	lines_add_heading(lines, "OPEN", &info->side[0].addr, &info->side[1].addr);
	if (!has[0] && !has[1]) {
		lines_add_text(lines, STYLE_NORMAL, 0, "Neither side's OPEN is in these packets.");
		return;
	}
	const struct bgp_open *a = &offers[0].message.open, *b = &offers[1].message.open;
	char text[2][64];
	for (size_t i = 0; i < 2; i++) {
		snprintf(text[i], sizeof(text[i]), "%s", has[i] ? "" : "no OPEN seen");
		if (has[i] && session->open[i].frame > 0) {
			snprintf(text[i], sizeof(text[i]), "#%llu",
				(unsigned long long)session->open[i].frame);
		}
	}
	lines_add_pair(lines, "frame", text[0], text[1], false);
	add_numbers(lines, "version", "", has[0] ? a->version : 0, has[1] ? b->version : 0, has,
		true);
	add_numbers(lines, "AS", "", has[0] ? a->asn : 0, has[1] ? b->asn : 0, has, false);
	add_numbers(lines, "hold time", " s", has[0] ? a->hold_time_s : 0,
		has[1] ? b->hold_time_s : 0, has, true);
	for (size_t i = 0; i < 2; i++) {
		struct address id = address_from_u32(has[i] ? offers[i].message.open.bgp_id : 0);
		char id_text[ADDRESS_TEXT_MAX];
		snprintf(text[i], sizeof(text[i]), "%s", has[i] ? address_text(&id, id_text) : "");
	}
	lines_add_pair(lines, "BGP identifier", text[0], text[1], false);
	if (has[0] && has[1] && a->bgp_id == b->bgp_id) {
		lines->line[lines->count - 1].style = STYLE_BAD;
	}
	add_capabilities(lines, &offers[0], &offers[1]);
	add_negotiated(lines, info);
}

static void
add_bfd(struct lines *lines, const struct model_bfd_session *bfd, const struct session_row *row)
{
	/* In the order of the row: the BFD session may have local and remote the other way round. */
	size_t first = address_equal(&bfd->info.side[0].addr, &row->bfd.side[0].addr) ? 0 : 1;
	const struct bfd_packet *p[2] = {&bfd->last[first], &bfd->last[1 - first]};
	bool has[2] = {bfd->has_last[first], bfd->has_last[1 - first]};
	char title[64], text[2][LINE_TEXT_MAX], duration[TEXT_DURATION_MAX];
	snprintf(title, sizeof(title), "BFD %s", bfd->info.mode != NULL ? bfd->info.mode : "");
	lines_add_heading(lines, title, session_row_address(row, 0), session_row_address(row, 1));
	for (size_t i = 0; i < 2; i++) {
		snprintf(text[i], LINE_TEXT_MAX, "%s",
			has[i] ? bfd_state_name(p[i]->state) : "no packet seen");
	}
	lines_add_pair(lines, "state", text[0], text[1], has[0] && has[1] && p[0]->state != p[1]->state);
	for (size_t i = 0; i < 2; i++) {
		snprintf(text[i], LINE_TEXT_MAX, "%s",
			has[i] ? bfd_diagnostic_name(p[i]->diag) : "");
	}
	lines_add_pair(lines, "diagnostic", text[0], text[1], false);
	add_numbers(lines, "multiplier", "", p[0]->detect_mult, p[1]->detect_mult, has, false);
	add_numbers(lines, "desired TX", " us", p[0]->desired_min_tx_us, p[1]->desired_min_tx_us,
		has, false);
	add_numbers(lines, "required RX", " us", p[0]->required_min_rx_us, p[1]->required_min_rx_us,
		has, false);
	for (size_t i = 0; i < 2; i++) {
		const struct event_bfd_side *side = &row->bfd.side[i];
		text[i][0] = '\0';
		if (side->has_timers) {
			snprintf(text[i], LINE_TEXT_MAX, "%s",
				text_duration_us(side->negotiated_tx_us, duration));
			text_append(text[i], LINE_TEXT_MAX, ", expires after %s",
				text_duration_us(side->detection_time_us, duration));
		}
	}
	lines_add_pair(lines, "sends every", text[0], text[1], false);
	for (size_t i = 0; i < 2; i++) {
		text[i][0] = '\0';
		if (has[i]) {
			snprintf(text[i], LINE_TEXT_MAX, "%u, knows %u", p[i]->my_discriminator,
				p[i]->your_discriminator);
		}
	}
	bool strangers = has[0] && has[1] &&
		((p[0]->your_discriminator != 0 &&
			 p[0]->your_discriminator != p[1]->my_discriminator) ||
			(p[1]->your_discriminator != 0 &&
				p[1]->your_discriminator != p[0]->my_discriminator));
	lines_add_pair(lines, "discriminator", text[0], text[1], strangers);
	for (size_t i = 0; i < 2; i++) {
		char flags[8];
		snprintf(text[i], LINE_TEXT_MAX, "%s",
			has[i] ? bfd_flags_text(p[i]->flags, flags) : "");
	}
	lines_add_pair(lines, "flags", text[0], text[1], false);
}

void
lines_opens(struct lines *lines, const struct model_session *session,
	const struct model_bfd_session *bfd, const struct session_row *row)
{
	lines_clear(lines);
	if (session != NULL) {
		add_opens(lines, session);
	}
	if (bfd != NULL) {
		if (session != NULL) {
			lines_add_text(lines, STYLE_NORMAL, 0, "%s", "");
		}
		add_bfd(lines, bfd, row);
	}
}

static void
add_finding(struct lines *lines, const struct model_finding *finding, uint8_t digits,
	unsigned width)
{
	unsigned style = finding->severity == SEVERITY_ERROR ? STYLE_BAD
		: finding->severity == SEVERITY_WARNING      ? STYLE_BUSY
							     : STYLE_STRONG;
	lines_add_text(lines, style, 0, "%s: %s (%s)", severity_name(finding->severity),
		finding_title(finding->cause), confidence_name(finding->confidence));
	add_wrapped(lines, STYLE_NORMAL, 2, width, finding->summary);
	char text[LINE_TEXT_MAX] = "", address[ADDRESS_TEXT_MAX], first[TIME_TEXT_MAX];
	if (finding->blame.family != 0) {
		text_append(text, sizeof(text), "look at %s; ",
			address_text(&finding->blame, address));
	}
	text_append(text, sizeof(text), "first %.12s",
		time_text(finding->first_time_ns, digits, first) + strlen("2026-01-31T"));
	if (finding->count > 1) {
		text_append(text, sizeof(text), ", %llu times, last %.12s",
			(unsigned long long)finding->count,
			time_text(finding->last_time_ns, digits, first) + strlen("2026-01-31T"));
	}
	for (size_t i = 0; i < finding->evidence_count && i < FINDING_EVIDENCE_MAX; i++) {
		text_append(text, sizeof(text), "%s%llu", i == 0 ? "; frames " : ", ",
			(unsigned long long)finding->evidence[i]);
	}
	add_wrapped(lines, STYLE_FAINT, 2, width, text);
	for (size_t i = 0; i < finding->fix_count; i++) {
		size_t from = lines->count;
		add_wrapped(lines, STYLE_NORMAL, 6, width, finding->fix[i]);
		if (from < lines->count) { /* a label before the first line of each */
			char *cell = lines->line[from].cell[0];
			snprintf(text, sizeof(text), "%s", cell);
			snprintf(cell, LINE_TEXT_MAX, "Fix ");
			text_append(cell, LINE_TEXT_MAX, "%s", text);
			lines->line[from].indent = 2;
		}
	}
	lines_add_text(lines, STYLE_NORMAL, 0, "%s", "");
}

/* What was found, in the order of time: often the first is the reason of the next. */
static void
add_order(struct lines *lines, const struct model_finding *const *findings, size_t count,
	unsigned width)
{
	char text[LINE_TEXT_MAX] = "In the order of time: ";
	size_t told = 0;
	bool done[FINDINGS_MAX] = {false};
	for (size_t i = 0; i < count; i++) {
		size_t next = count;
		for (size_t k = 0; k < count; k++) {
			bool first = next == count ||
				findings[k]->first_time_ns < findings[next]->first_time_ns;
			if (!done[k] && findings[k]->severity != SEVERITY_INFO && first) {
				next = k;
			}
		}
		if (next == count) {
			break;
		}
		done[next] = true;
		text_append(text, sizeof(text), "%s%s", told++ > 0 ? " → " : "",
			finding_title(findings[next]->cause));
	}
	if (told > 1) {
		add_wrapped(lines, STYLE_STRONG, 0, width, text);
		lines_add_text(lines, STYLE_NORMAL, 0, "%s", "");
	}
}

void
lines_findings(struct lines *lines, const struct panel_view *view,
	const struct model_session *session, const struct model_bfd_session *bfd, unsigned width)
{
	lines_clear(lines);
	const struct model_finding *findings[FINDINGS_MAX];
	size_t count = model_findings_of(view->model, session, bfd, findings, FINDINGS_MAX);
	add_order(lines, findings, count, width < 110 ? width : 110);
	for (size_t i = 0; i < count; i++) {
		add_finding(lines, findings[i], model_time_digits(view->model),
			width < 110 ? width : 110);
	}
	if (count == 0) {
		lines_add_text(lines, STYLE_NORMAL, 0,
			"Nothing was found that is wrong with this session.");
	}
}

void
lines_draw(const struct lines *lines, const struct area *area, const struct scroll *scroll)
{
	unsigned label = 15, half = area->width > label + 4 ? (area->width - label - 4) / 2 : 1;
	const char *between = area_glyph(area, GLYPH_MIDDLE);
	for (unsigned row = 0; row < area->height; row++) {
		size_t index = scroll->at + row;
		if (index >= lines->count) {
			return;
		}
		const struct line *line = &lines->line[index];
		if (!line->table) {
			area_text(area, row, line->indent, area->width, line->style, line->cell[0]);
			continue;
		}
		unsigned style = line->differs ? STYLE_BUSY : line->style;
		area_text(area, row, 0, label,
			line->style == STYLE_NORMAL ? STYLE_FAINT : line->style, line->cell[0]);
		area_text(area, row, label, half, style, line->cell[1]);
		area_text(area, row, label + half + 1, 1, line->differs ? STYLE_BUSY : STYLE_FAINT,
			line->differs ? area_glyph(area, GLYPH_DIFFERS) : between);
		area_text(area, row, label + half + 3, half, style, line->cell[2]);
	}
}
