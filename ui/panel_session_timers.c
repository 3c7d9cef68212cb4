/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tab Timers: what each side wanted, what was agreed on, and what the packets show of it. A session
 * that comes near to its hold time is one that will go down some night.
 */
#include <stdio.h>

#include "ui/dashboard_session.h"
#include "ui/text.h"

enum { CELL_MAX = 96 };

static const char *
margin_text(bool has, int64_t left_ns, uint64_t frame, char text[CELL_MAX])
{
	char duration[TEXT_DURATION_MAX];
	text[0] = '\0';
	if (!has) {
		return text;
	}
	if (left_ns <= 0) {
		snprintf(text, CELL_MAX, "ran out");
	} else {
		snprintf(text, CELL_MAX, "%s left", text_duration_ns((uint64_t)left_ns, duration));
	}
	if (frame > 0) {
		text_append(text, CELL_MAX, " at #%llu", (unsigned long long)frame);
	}
	return text;
}

static const char *
range_text(uint64_t count, uint64_t min_us, uint64_t mean_us, uint64_t max_us, char text[CELL_MAX])
{
	char duration[TEXT_DURATION_MAX];
	text[0] = '\0';
	if (count > 0) {
		text_append(text, CELL_MAX, "%s", text_duration_us(mean_us, duration));
		text_append(text, CELL_MAX, " (%s", text_duration_us(min_us, duration));
		text_append(text, CELL_MAX, " to %s)", text_duration_us(max_us, duration));
	}
	return text;
}

static const char *
span_text(uint64_t ns, char text[CELL_MAX])
{
	char duration[TEXT_DURATION_MAX];
	snprintf(text, CELL_MAX, "%s", ns > 0 ? text_duration_ns(ns, duration) : "");
	return text;
}

static const char *
number_text(bool has, uint64_t number, const char *unit, char text[CELL_MAX])
{
	text[0] = '\0';
	if (has) {
		snprintf(text, CELL_MAX, "%llu%s", (unsigned long long)number, unit);
	}
	return text;
}

static void
add_bgp(struct lines *lines, const struct event_session *info)
{
	const struct event_session_side *a = &info->side[0], *b = &info->side[1];
	char x[CELL_MAX], y[CELL_MAX], duration[TEXT_DURATION_MAX];
	lines_add_heading(lines, "BGP", &a->addr, &b->addr);
	lines_add_pair(lines, "offers hold",
		number_text(a->offered_hold_time_s >= 0, (uint64_t)a->offered_hold_time_s, " s", x),
		number_text(b->offered_hold_time_s >= 0, (uint64_t)b->offered_hold_time_s, " s", y),
		a->offered_hold_time_s != b->offered_hold_time_s && a->offered_hold_time_s >= 0 &&
			b->offered_hold_time_s >= 0);
	lines_add_pair(lines, "KEEPALIVEs",
		range_text(a->keepalives_measured, a->keepalive_min_ns / 1000,
			a->keepalive_mean_ns / 1000, a->keepalive_max_ns / 1000, x),
		range_text(b->keepalives_measured, b->keepalive_min_ns / 1000,
			b->keepalive_mean_ns / 1000, b->keepalive_max_ns / 1000, y),
		false);
	lines_add_pair(lines, "silence, max", span_text(a->longest_silence_ns, x),
		span_text(b->longest_silence_ns, y), false);
	lines_add_pair(lines, "of hold time",
		margin_text(a->has_hold_margin, a->hold_margin_ns, a->hold_margin_frame, x),
		margin_text(b->has_hold_margin, b->hold_margin_ns, b->hold_margin_frame, y), false);
	lines_add_pair(lines, "calls again in", span_text(a->connect_retry_ns, x),
		span_text(b->connect_retry_ns, y), false);
	lines_add_pair(lines, "sent twice",
		number_text(a->retransmissions > 0, a->retransmissions, " segments", x),
		number_text(b->retransmissions > 0, b->retransmissions, " segments", y), false);
	for (size_t i = 0; i < a->end_of_rib_count || i < b->end_of_rib_count; i++) {
		const struct event_session_side *sides[2] = {a, b};
		char *cells[2] = {x, y};
		for (size_t k = 0; k < 2; k++) {
			cells[k][0] = '\0';
			if (i < sides[k]->end_of_rib_count) {
				const struct event_end_of_rib *e = &sides[k]->end_of_rib[i];
				char family[BGP_FAMILY_TEXT_MAX];
				snprintf(cells[k], CELL_MAX, "%s",
					bgp_family_text(e->family, family));
				text_append(cells[k], CELL_MAX, " after %s",
					text_duration_ns(e->after_ns, duration));
			}
		}
		lines_add_pair(lines, i == 0 ? "End-of-RIB" : "", x, y, false);
	}
	if (info->hold_time_s > 0) {
		lines_add_text(lines, STYLE_NORMAL, 0,
			"agreed: hold time %d s, the lower offer; a KEEPALIVE every %d s (RFC 4271 4.2)",
			info->hold_time_s, info->hold_time_s / 3);
	} else if (info->hold_time_s == 0) {
		lines_add_text(lines, STYLE_BUSY, 0,
			"agreed: hold time 0: no KEEPALIVEs, and no failure is noticed (RFC 4271 4.2)");
	}
	if (info->has_setup) {
		lines_add_text(lines, STYLE_NORMAL, 0, "from the first SYN to Established: %s",
			text_duration_ns(info->setup_ns, duration));
	}
}

static void
add_bfd(struct lines *lines, const struct session_row *row)
{
	const struct event_bfd_side *a = &row->bfd.side[0], *b = &row->bfd.side[1];
	char x[CELL_MAX], y[CELL_MAX], duration[TEXT_DURATION_MAX];
	lines_add_heading(lines, "BFD", session_row_address(row, 0), session_row_address(row, 1));
	const struct event_bfd_side *sides[2] = {a, b};
	char *cells[2] = {x, y};
	for (size_t k = 0; k < 2; k++) {
		cells[k][0] = '\0';
		if (sides[k]->has_timers) {
			text_append(cells[k], CELL_MAX, "%s",
				text_duration_us(sides[k]->negotiated_tx_us, duration));
		}
	}
	lines_add_pair(lines, "sends every", x, y, false);
	lines_add_pair(lines, "seen every",
		range_text(a->intervals, a->interval_min_us, a->interval_mean_us, a->interval_max_us,
			x),
		range_text(b->intervals, b->interval_min_us, b->interval_mean_us, b->interval_max_us,
			y),
		false);
	lines_add_pair(lines, "multiplier", number_text(a->detect_mult > 0, a->detect_mult, "", x),
		number_text(b->detect_mult > 0, b->detect_mult, "", y), false);
	lines_add_pair(lines, "waits for",
		a->has_timers ? span_text(a->detection_time_us * 1000, x) : "",
		b->has_timers ? span_text(b->detection_time_us * 1000, y) : "", false);
	lines_add_pair(lines, "longest gap", span_text(a->max_gap_us * 1000, x),
		span_text(b->max_gap_us * 1000, y), false);
	lines_add_pair(lines, "of its wait",
		margin_text(a->has_margin, a->margin_us * 1000, a->margin_frame, x),
		margin_text(b->has_margin, b->margin_us * 1000, b->margin_frame, y), false);
	lines_add_pair(lines, "packets", number_text(true, a->packets, "", x),
		number_text(true, b->packets, "", y), false);
	lines_add_text(lines, STYLE_FAINT, 0,
		"it waits for its peer's multiplier times what both agree on (RFC 5880 6.8.4)");
}

void
lines_timers(struct lines *lines, const struct model_session *session,
	const struct model_bfd_session *bfd, const struct session_row *row)
{
	lines_clear(lines);
	if (session != NULL) {
		add_bgp(lines, &session->info);
	}
	if (bfd != NULL) {
		if (session != NULL) {
			lines_add_text(lines, STYLE_NORMAL, 0, "%s", "");
		}
		add_bfd(lines, row);
	}
}
