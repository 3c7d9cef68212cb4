/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both OPENs side by side. Most of what differs is meant to differ (AS numbers, identifiers), or
 * costs nothing (one side has a capability more). What matters is marked apart: a family that only
 * one side offers, roles that do not fit, equal identifiers, and whatever the headline is about.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ui/describe.h"
#include "ui/report_internal.h"
#include "ui/text.h"

enum { CELL_MAX = 1024 };

enum mark {
	MARK_SAME,
	MARK_PRESENT, /* not to be compared */
	MARK_NORMAL,  /* differs, as it may */
	MARK_MATTERS,
};

struct opens {
	struct report *r;
	const struct report_session *s;
	bool have[2];
	struct bgp_message message[2];
	size_t label_width, cell_width;
};

static void
open_row(const struct opens *o, enum mark mark, const char *label, const char *left,
	const char *right)
{
	char first[CELL_MAX];
	const char *sign = mark == MARK_MATTERS ? STYLE_RED "≠" STYLE_END
		: mark == MARK_NORMAL           ? "~"
						: "";
	snprintf(first, sizeof(first), "%s", label);
	const struct page_cell cells[] = {
		{.width = 2, .text = sign},
		{.width = o->label_width, .text = first},
		{.width = o->cell_width, .text = left},
		{.width = o->cell_width, .text = right},
	};
	page_row(&o->r->page, 2, cells, 4);
}

static bool
cause_is(const struct opens *o, const enum finding_cause *causes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < o->s->finding_count; k++) {
			if (o->s->findings[k]->cause == causes[i]) {
				return true;
			}
		}
	}
	return false;
}

#define CAUSE_IS(o, ...) \
	cause_is(o, (const enum finding_cause[]){__VA_ARGS__}, \
		sizeof((const enum finding_cause[]){__VA_ARGS__}) / sizeof(enum finding_cause))

/* How a value of the fixed part compares. */
static enum mark
compare(const struct opens *o, bool equal, bool matters)
{
	if (!o->have[0] || !o->have[1]) {
		return matters ? MARK_MATTERS : MARK_PRESENT;
	}
	return matters ? MARK_MATTERS : equal ? MARK_SAME : MARK_NORMAL;
}

/* One side's value, or "-" where its OPEN is not known. */
__attribute__((format(printf, 4, 5))) static void
cell(const struct opens *o, int side, char text[CELL_MAX], const char *format, ...)
{
	if (!o->have[side]) {
		snprintf(text, CELL_MAX, "-");
		return;
	}
	va_list args;
	va_start(args, format);
	vsnprintf(text, CELL_MAX, format, args);
	va_end(args);
}

static void
fixed_part(const struct opens *o)
{
	const struct bgp_open *a = &o->message[0].open;
	const struct bgp_open *b = &o->message[1].open;
	char left[CELL_MAX];
	char right[CELL_MAX];
	char id[ADDRESS_TEXT_MAX];
	struct address addr;
	bool both = o->have[0] && o->have[1];

	if ((o->have[0] && a->version != 4) || (o->have[1] && b->version != 4)) {
		cell(o, 0, left, "%u", a->version);
		cell(o, 1, right, "%u", b->version);
		open_row(o, MARK_MATTERS, "Version", left, right);
	}

	cell(o, 0, left, "%u", a->asn);
	cell(o, 1, right, "%u", b->asn);
	open_row(o,
		compare(o, a->asn == b->asn,
			CAUSE_IS(o, FINDING_BAD_PEER_AS, FINDING_SILENT_ASN_MISMATCH,
				FINDING_AS4_TROUBLE)),
		"AS number", left, right);

	cell(o, 0, left, "%u s%s", a->hold_time_s, a->hold_time_s == 0 ? " (no KEEPALIVEs)" : "");
	cell(o, 1, right, "%u s%s", b->hold_time_s, b->hold_time_s == 0 ? " (no KEEPALIVEs)" : "");
	open_row(o,
		compare(o, a->hold_time_s == b->hold_time_s,
			CAUSE_IS(o, FINDING_UNACCEPTABLE_HOLD_TIME, FINDING_HOLD_TIME_ZERO)),
		"Hold time", left, right);

	addr = address_from_u32(a->bgp_id);
	cell(o, 0, left, "%s", address_text(&addr, id));
	addr = address_from_u32(b->bgp_id);
	cell(o, 1, right, "%s", address_text(&addr, id));
	/* Equal identifiers are the trouble here (RFC 6286: within one AS). */
	bool equal = both && a->bgp_id == b->bgp_id;
	open_row(o,
		compare(o, a->bgp_id == b->bgp_id,
			(equal && a->asn == b->asn) || (o->have[0] && a->bgp_id == 0) ||
				(o->have[1] && b->bgp_id == 0) ||
				CAUSE_IS(o, FINDING_BAD_BGP_IDENTIFIER)),
		"BGP identifier", left, right);
}

/* The n-th capability with the same code (and, for code 1, the same family) as `wanted`. */
static bool
find_capability(const struct bgp_open *open, const struct bgp_capability *wanted,
	struct bgp_capability *found)
{
	struct bgp_capability_iter iter = bgp_capabilities(open);
	while (bgp_next_capability(&iter, found)) {
		if (found->code == wanted->code && found->malformed == wanted->malformed &&
			(found->code != 1 || wanted->malformed ||
				bgp_family_equal(found->multiprotocol, wanted->multiprotocol))) {
			return true;
		}
	}
	return false;
}

static bool
same_value(const struct bgp_capability *a, const struct bgp_capability *b)
{
	size_t size = cursor_left(&a->value);
	return size == cursor_left(&b->value) &&
		(size == 0 || memcmp(a->value.at, b->value.at, size) == 0);
}

/* RFC 9234 section 4.2: provider-customer, RS-RS client, peer-peer. */
static bool
roles_fit(uint8_t a, uint8_t b)
{
	static const uint8_t partner[] = {3, 2, 1, 0, 4};
	return a < sizeof(partner) && partner[a] == b;
}

static enum mark
capability_mark(const struct opens *o, const struct bgp_capability *a,
	const struct bgp_capability *b)
{
	if (!o->have[0] || !o->have[1]) {
		return MARK_PRESENT;
	}
	const struct bgp_capability *any = a != NULL ? a : b;
	if (any->malformed) {
		return o->s->session->open[a != NULL ? 0 : 1].cut ? MARK_PRESENT : MARK_MATTERS;
	}
	if (a == NULL || b == NULL) {
		/* A family that only one offers is not used; 4-octet AS numbers neither. */
		return any->code == 1 || any->code == 65 ? MARK_MATTERS : MARK_NORMAL;
	}
	switch (any->code) {
	case 9:
		return roles_fit(a->role.value, b->role.value) ? MARK_SAME : MARK_MATTERS;
	case 65: /* the AS number has its own row */
	case 73: /* names are meant to differ */
	case 75:
		return MARK_PRESENT;
	default:
		return same_value(a, b) ? MARK_SAME : MARK_NORMAL;
	}
}

/* What stands in the cell: the label already says the name. */
static void
capability_cell(const struct opens *o, int side, const struct bgp_capability *c,
	char text[CELL_MAX])
{
	if (!o->have[side]) {
		snprintf(text, CELL_MAX, "-");
		return;
	}
	if (c == NULL) {
		snprintf(text, CELL_MAX, "no");
		return;
	}
	if (c->malformed && o->s->session->open[side].cut) {
		snprintf(text, CELL_MAX, "cut off");
		return;
	}
	char whole[CELL_MAX];
	describe_capability(c, whole, sizeof(whole));
	const char *name = bgp_capability_name(c->code);
	size_t size = strlen(name);
	const char *rest = strncmp(whole, name, size) == 0 ? whole + size : "";
	while (*rest == ' ') {
		rest++;
	}
	snprintf(text, CELL_MAX, "%s", *rest != '\0' ? rest : "yes");
}

static void
capability_row(const struct opens *o, const struct bgp_capability *a,
	const struct bgp_capability *b)
{
	const struct bgp_capability *any = a != NULL ? a : b;
	char label[CELL_MAX];
	char left[CELL_MAX];
	char right[CELL_MAX];
	if (any->code == 1 && !any->malformed) {
		describe_capability(any, label, sizeof(label));
	} else if (strcmp(bgp_capability_name(any->code), "unassigned") == 0) {
		snprintf(label, sizeof(label), "Capability %u", any->code);
	} else {
		snprintf(label, sizeof(label), "%s", bgp_capability_name(any->code));
	}
	capability_cell(o, 0, a, left);
	capability_cell(o, 1, b, right);
	open_row(o, capability_mark(o, a, b), label, left, right);
}

/* An OPEN without any Multiprotocol capability offers IPv4 unicast (RFC 4760 section 8). */
static bool
offers_families(const struct bgp_open *open)
{
	struct bgp_capability_iter iter = bgp_capabilities(open);
	struct bgp_capability c;
	while (bgp_next_capability(&iter, &c)) {
		if (c.code == 1 && !c.malformed) {
			return true;
		}
	}
	return false;
}

static void
capabilities(const struct opens *o)
{
	size_t rows = 0, left_out = 0;
	struct bgp_capability c;
	struct bgp_capability other;
	if (o->have[0]) {
		struct bgp_capability_iter iter = bgp_capabilities(&o->message[0].open);
		while (bgp_next_capability(&iter, &c)) {
			if (rows == REPORT_CAPABILITIES_MAX) {
				left_out++;
				continue;
			}
			rows++;
			bool found = o->have[1] && find_capability(&o->message[1].open, &c, &other);
			capability_row(o, &c, found ? &other : NULL);
		}
	}
	if (o->have[1]) {
		struct bgp_capability_iter iter = bgp_capabilities(&o->message[1].open);
		while (bgp_next_capability(&iter, &c)) {
			if (rows == REPORT_CAPABILITIES_MAX) {
				left_out++;
				continue;
			}
			if (o->have[0] && find_capability(&o->message[0].open, &c, &other)) {
				continue;
			}
			capability_row(o, NULL, &c);
			rows++;
		}
	}
	if (left_out > 0) {
		page_text(&o->r->page, 6, 6, "%zu more capabilities are left out here; --json has them all.", left_out);
	}
	if (o->have[0] && o->have[1] &&
		offers_families(&o->message[0].open) != offers_families(&o->message[1].open)) {
		int side = offers_families(&o->message[0].open) ? 1 : 0;
		char name[SPEAKER_MAX];
		page_text(&o->r->page, 6, 6,
			"%s names no family: that means ipv4-unicast (RFC 4760 section 8).",
			report_speaker(o->s, side, name));
	}
}

static void
open_heading(const struct opens *o, int side, char text[CELL_MAX])
{
	const struct model_open *open = &o->s->session->open[side];
	char name[SPEAKER_MAX];
	report_speaker(o->s, side, name);
	if (!open->seen) {
		snprintf(text, CELL_MAX, "%s (none seen)", name);
	} else if (open->frame == 0) {
		snprintf(text, CELL_MAX, "%s", name);
	} else {
		snprintf(text, CELL_MAX, "%s (frame %llu)", name, (unsigned long long)open->frame);
	}
}

void
report_opens(struct report *r, const struct report_session *s)
{
	struct opens o = {.r = r, .s = s, .label_width = 22};
	if (s->session == NULL) {
		return;
	}
	for (int i = 0; i < 2; i++) {
		o.have[i] = model_open_decode(&s->session->open[i], &o.message[i]);
	}
	if (!o.have[0] && !o.have[1]) {
		return;
	}
	/* Indent 2, mark 2, three gaps of 2. */
	o.cell_width = (r->page.width - o.label_width - 2 - 2 - 6) / 2;
	char left[CELL_MAX];
	char right[CELL_MAX];
	open_heading(&o, 0, left);
	open_heading(&o, 1, right);
	page_subheading(&r->page, "Both OPENs");
	open_row(&o, MARK_PRESENT, "", left, right);
	fixed_part(&o);
	capabilities(&o);
	for (int i = 0; i < 2; i++) {
		char name[SPEAKER_MAX];
		if (o.have[i] && s->session->open[i].cut) {
			page_text(&r->page, 6, 6,
				"The capture cuts the OPEN of %s off: there may be more.",
				report_speaker(s, i, name));
		}
	}
	if (o.have[0] && o.have[1]) {
		if (s->session->open[0].connection != s->session->open[1].connection) {
			page_text(&r->page, 6, 6,
				"The last one of each side; they are of different connections.");
		}
		page_text(&r->page, 6, 6,
			STYLE_DIM "≠ differs and matters   ~ differs, as it may" STYLE_END);
	}
}

__attribute__((format(printf, 2, 3))) static void
append_item(char text[CELL_MAX], const char *format, ...)
{
	char item[CELL_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(item, sizeof(item), format, args);
	va_end(args);
	text_append(text, CELL_MAX, "%s%s", text[0] != '\0' ? "; " : "", item);
}

static void
append_agreed_family(char text[CELL_MAX], const struct bgp_agreed_family *f,
	char names[2][SPEAKER_MAX])
{
	char family[BGP_FAMILY_TEXT_MAX];
	bgp_family_text(f->family, family);
	if (f->add_path[0] && f->add_path[1]) {
		append_item(text, "ADD-PATH for %s both ways", family);
	} else if (f->add_path[0] || f->add_path[1]) {
		append_item(text, "ADD-PATH for %s from %s", family, names[f->add_path[0] ? 0 : 1]);
	}
}

/* RFC 8950: one item for all of them. */
static void
append_next_hops(char text[CELL_MAX], const struct bgp_agreement *a)
{
	char family[BGP_FAMILY_TEXT_MAX];
	bool any = false;
	for (size_t i = 0; i < a->family_count; i++) {
		if (a->families[i].extended_next_hop) {
			bgp_family_text(a->families[i].family, family);
			if (any) {
				text_append(text, CELL_MAX, ", %s", family);
			} else {
				append_item(text, "IPv6 next hops for %s", family);
			}
			any = true;
		}
	}
}

/* What both agree on beside hold time and families. */
static void
append_agreement(char text[CELL_MAX], const struct report_session *s,
	const struct bgp_agreement *a)
{
	char names[2][SPEAKER_MAX];
	report_speaker(s, 0, names[0]);
	report_speaker(s, 1, names[1]);
	append_item(text, "AS numbers of %d octets", a->as4 ? 4 : 2);
	if (a->route_refresh || a->enhanced_route_refresh) {
		append_item(text, "route refresh%s", a->enhanced_route_refresh ? " (enhanced)" : "");
	}
	if (a->side[0].extended_messages && a->side[1].extended_messages) {
		append_item(text, "extended messages");
	} else if (a->side[0].extended_messages || a->side[1].extended_messages) {
		append_item(text, "extended messages from %s",
			names[a->side[0].extended_messages ? 0 : 1]);
	}
	if (a->graceful_restart) {
		append_item(text, "graceful restart%s (%s %u s, %s %u s)",
			a->notification ? " also after a NOTIFICATION" : "", names[0],
			a->side[0].restart_time_s, names[1], a->side[1].restart_time_s);
	}
	bool keeps_long = false;
	for (size_t i = 0; i < a->family_count; i++) {
		keeps_long |= a->families[i].stale_time_s[0] > 0 || a->families[i].stale_time_s[1] > 0;
	}
	if (a->llgr && keeps_long) {
		append_item(text, "long-lived graceful restart");
	}
	for (size_t i = 0; i < a->family_count; i++) {
		append_agreed_family(text, &a->families[i], names);
	}
	append_next_hops(text, a);
	if (a->side[0].has_role && a->side[1].has_role) {
		append_item(text, "roles %s (%s) and %s (%s)", bgp_role_name(a->side[0].role),
			names[0], bgp_role_name(a->side[1].role), names[1]);
	}
}

void
report_negotiated(struct report *r, const struct report_session *s)
{
	if (s->session == NULL) {
		return;
	}
	const struct event_session *info = &s->session->info;
	char text[CELL_MAX] = "";
	char name[BGP_FAMILY_TEXT_MAX];
	if (info->hold_time_s == 0) {
		text_append(text, sizeof(text),
			"hold time 0: no KEEPALIVEs, a dead peer goes unnoticed");
	} else if (info->hold_time_s > 0) {
		text_append(text, sizeof(text), "hold time %d s, a KEEPALIVE every %d s",
			info->hold_time_s, info->hold_time_s / 3);
	}
	if (info->has_families) {
		text_append(text, sizeof(text), "%s%s", text[0] != '\0' ? "; " : "",
			info->family_count == 0           ? "no address family in common"
				: info->family_count == 1 ? "family "
							  : "families ");
		for (size_t i = 0; i < info->family_count; i++) {
			text_append(text, sizeof(text), "%s%s", i > 0 ? ", " : "",
				bgp_family_text(info->families[i], name));
		}
	}
	if (info->agreement != NULL) {
		append_agreement(text, s, info->agreement);
	}
	if (text[0] != '\0') {
		page_subheading(&r->page, "Negotiated");
		page_text(&r->page, 4, 4, "%s.", text);
	}
}
