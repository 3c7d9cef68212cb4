/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long things took and how near the timers were, side by side, in the words of the RFCs. */
#include <stdio.h>

#include "ui/report_internal.h"
#include "ui/text.h"

void
report_row(struct report *r, const char *label, char cells[2][REPORT_CELL_MAX])
{
	size_t width = (r->page.width - REPORT_LABEL_WIDTH - 10) / 2;
	const struct page_cell row[] = {
		{.width = REPORT_LABEL_WIDTH, .text = label},
		{.width = width, .text = cells[0]},
		{.width = width, .text = cells[1]},
	};
	page_row(&r->page, 6, row, 3);
}

static void
interval_cell(char cell[REPORT_CELL_MAX], uint64_t min_us, uint64_t max_us)
{
	char min[TEXT_DURATION_MAX], max[TEXT_DURATION_MAX];
	snprintf(cell, REPORT_CELL_MAX, "%s to %s", text_duration_us(min_us, min),
		text_duration_us(max_us, max));
}

static void
margin_cell(char cell[REPORT_CELL_MAX], int64_t left_us, uint64_t of_us)
{
	char left[TEXT_DURATION_MAX], of[TEXT_DURATION_MAX];
	if (left_us <= 0) {
		snprintf(cell, REPORT_CELL_MAX, "none: it ran out");
		return;
	}
	snprintf(cell, REPORT_CELL_MAX, "%s of %s", text_duration_us((uint64_t)left_us, left),
		text_duration_us(of_us, of));
}

static void
end_of_rib(struct report *r, const struct report_session *s)
{
	const struct event_session *info = &s->session->info;
	char name[SPEAKER_MAX], family[BGP_FAMILY_TEXT_MAX], after[TEXT_DURATION_MAX];
	char count[TEXT_COUNT_MAX];
	for (int i = 0; i < 2; i++) {
		const struct event_session_side *side = &info->side[i];
		for (size_t k = 0; k < side->end_of_rib_count; k++) {
			const struct event_end_of_rib *rib = &side->end_of_rib[k];
			page_text(&r->page, 6, 8, "End-of-RIB of %s (%s) %s after Established, %s prefix%s before it.",
				report_speaker(s, i, name), bgp_family_text(rib->family, family),
				text_duration_ns(rib->after_ns, after), text_count(rib->prefixes, count),
				rib->prefixes == 1 ? "" : "es");
		}
	}
}

/* What the packets say of the last restart of each side. */
static void
graceful_restart(struct report *r, const struct report_session *s)
{
	const struct event_session *info = &s->session->info;
	for (int i = 0; i < 2; i++) {
		const struct event_restart *e = info->side[i].restart;
		char name[SPEAKER_MAX], helper[SPEAKER_MAX], after[TEXT_DURATION_MAX], back[160] = "", what[200];
		if (e == NULL) {
			continue;
		}
		if (e->back_ns != 0) {
			snprintf(back, sizeof(back), "; Established again after %s%s, with %u of %u famil%s kept",
				text_duration_ns(e->back_ns > e->began_ns ? e->back_ns - e->began_ns : 0, after),
				e->restart_bit ? " with the restart bit" : "", e->kept, e->families,
				e->families == 1 ? "y" : "ies");
		}
		switch (e->state) {
		case RESTART_WAITING:
			snprintf(what, sizeof(what), "that time runs still");
			break;
		case RESTART_BACK:
			snprintf(what, sizeof(what), "%u of %u End-of-RIBs have come", e->end_of_ribs, e->kept);
			break;
		case RESTART_COMPLETE:
			snprintf(what, sizeof(what), "its End-of-RIB came %s after the loss (frame %llu): complete",
				text_duration_ns(e->ended_ns > e->began_ns ? e->ended_ns - e->began_ns : 0, after),
				(unsigned long long)e->ended_frame);
			break;
		case RESTART_NOT_KEPT:
			snprintf(what, sizeof(what), "without forwarding state, so the routes went at once");
			break;
		case RESTART_CUT_SHORT:
			snprintf(what, sizeof(what), "lost again before the End-of-RIB (%u of %u)",
				e->end_of_ribs, e->kept);
			break;
		case RESTART_STALE:
			snprintf(what, sizeof(what), "that time is over, and stale routes stay for up to %u s (RFC 9494)",
				e->stale_time_s);
			break;
		case RESTART_STALE_EXPIRED:
			snprintf(what, sizeof(what), "that time is over, and so is the stale time of %u s (RFC 9494)",
				e->stale_time_s);
			break;
		default:
			snprintf(what, sizeof(what), "that time is over: the routes are dropped");
			break;
		}
		page_text(&r->page, 6, 8,
			"Graceful restart of %s, with %s as helper: the session was lost%s in frame %llu, restart time %u s%s; %s.",
			report_speaker(s, i, name), report_speaker(s, 1 - i, helper),
			e->notified ? " (RFC 8538: with a NOTIFICATION or by its hold timer)" : "",
			(unsigned long long)e->began_frame, e->time_s, back, what);
	}
}

void
report_timing(struct report *r, const struct report_session *s)
{
	if (s->session == NULL || s->session->info.established_count == 0) {
		return;
	}
	const struct event_session *info = &s->session->info;
	char cells[4][2][REPORT_CELL_MAX];
	char setup[TEXT_DURATION_MAX], text[TEXT_DURATION_MAX];
	bool keepalives = false, margins = false, retries = false;
	for (int i = 0; i < 2; i++) {
		const struct event_session_side *side = &info->side[i];
		/* The hold timer of a side is fed by the other one. */
		const struct event_session_side *other = &info->side[1 - i];
		report_speaker(s, i, cells[0][i]);
		snprintf(cells[1][i], REPORT_CELL_MAX, "-");
		snprintf(cells[2][i], REPORT_CELL_MAX, "-");
		snprintf(cells[3][i], REPORT_CELL_MAX, "-");
		if (side->keepalives_measured > 0) {
			keepalives = true;
			interval_cell(cells[1][i], side->keepalive_min_ns / 1000,
				side->keepalive_max_ns / 1000);
		}
		if (other->has_hold_margin && info->hold_time_s > 0) {
			margins = true;
			margin_cell(cells[2][i], other->hold_margin_ns / 1000,
				(uint64_t)info->hold_time_s * 1000000);
		}
		if (side->connect_retry_ns > 0) {
			retries = true;
			snprintf(cells[3][i], REPORT_CELL_MAX, "%s",
				text_duration_ns(side->connect_retry_ns, text));
		}
	}
	bool restarts = info->side[0].restart != NULL || info->side[1].restart != NULL;
	if (!keepalives && !margins && !retries && !restarts && !info->has_setup) {
		return;
	}
	page_subheading(&r->page, "Timing");
	report_row(r, "", cells[0]);
	if (keepalives) {
		report_row(r, "KEEPALIVE every", cells[1]);
	}
	if (margins) {
		report_row(r, "Least hold time left", cells[2]);
	}
	if (retries) {
		report_row(r, "Calls again after", cells[3]);
	}
	if (info->has_setup) {
		page_text(&r->page, 6, 8, "%s from the first SYN to Established.",
			text_duration_ns(info->setup_ns, setup));
	}
	end_of_rib(r, s);
	graceful_restart(r, s);
}

void
report_bfd_timing(struct report *r, const struct event_bfd_side *const side[2])
{
	char cells[2][2][REPORT_CELL_MAX];
	for (int i = 0; i < 2; i++) {
		snprintf(cells[0][i], REPORT_CELL_MAX, "-");
		snprintf(cells[1][i], REPORT_CELL_MAX, "-");
		if (side[i]->intervals > 0) {
			interval_cell(cells[0][i], side[i]->interval_min_us, side[i]->interval_max_us);
		}
		if (side[i]->has_margin) {
			margin_cell(cells[1][i], side[i]->margin_us, side[i]->detection_time_us);
		}
	}
	if (side[0]->intervals > 0 || side[1]->intervals > 0) {
		report_row(r, "Measured", cells[0]);
	}
	if (side[0]->has_margin || side[1]->has_margin) {
		report_row(r, "Least detection left", cells[1]);
	}
}
