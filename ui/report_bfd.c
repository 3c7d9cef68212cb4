/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD in the report: both sides' states and timers in a table, as `show bfd peers` has them. */
#include <inttypes.h>
#include <stdio.h>

#include "ui/report_internal.h"
#include "ui/text.h"

/* The sides of the BFD session in the order of the columns: those of the BGP session. */
static const struct event_bfd_side *
column_side(const struct report_session *s, int column, int *index)
{
	const struct event_bfd_session *info = &s->bfd->info;
	bool turned = s->session != NULL &&
		address_equal(&s->session->info.side[0].addr, &info->side[1].addr);
	*index = turned ? 1 - column : column;
	return &info->side[*index];
}

static void
timer_rows(struct report *r, const struct report_session *s)
{
	char cells[4][2][REPORT_CELL_MAX];
	char duration[TEXT_DURATION_MAX];
	char count[TEXT_COUNT_MAX];
	for (int i = 0; i < 2; i++) {
		int index;
		const struct event_bfd_side *side = column_side(s, i, &index);
		snprintf(cells[0][i], REPORT_CELL_MAX, "%s",
			side->has_timers ? text_duration_us(side->negotiated_tx_us, duration)
					 : "-");
		snprintf(cells[1][i], REPORT_CELL_MAX, "%s",
			side->has_timers ? text_duration_us(side->detection_time_us, duration)
					 : "-");
		snprintf(cells[2][i], REPORT_CELL_MAX, "%s",
			side->packets > 1 ? text_duration_us(side->max_gap_us, duration) : "-");
		snprintf(cells[3][i], REPORT_CELL_MAX, "%s", text_count(side->packets, count));
	}
	int turned;
	const struct event_bfd_side *const sides[2] = {
		column_side(s, 0, &turned), column_side(s, 1, &turned)};
	report_row(r, "Sends every", cells[0]);
	report_row(r, "Detection time", cells[1]);
	report_row(r, "Its largest gap", cells[2]);
	report_row(r, "Packets sent", cells[3]);
	report_bfd_timing(r, sides);
}

/* The gap that the other side could not bear. Only where BFD is known to have failed of it: while
 * it comes up, packets are a second apart and nobody minds. */
static void
gap_remark(struct report *r, const struct report_session *s)
{
	bool expired = false;
	for (size_t i = 0; i < s->finding_count; i++) {
		expired = expired || s->findings[i]->cause == FINDING_BFD_DETECT_EXPIRED;
	}
	if (!expired) {
		return;
	}
	for (int i = 0; i < 2; i++) {
		int index;
		int other_index;
		const struct event_bfd_side *side = column_side(s, i, &index);
		const struct event_bfd_side *other = column_side(s, 1 - i, &other_index);
		char name[SPEAKER_MAX];
		char gap[TEXT_DURATION_MAX];
		char limit[TEXT_DURATION_MAX];
		if (side->packets > 1 && other->has_timers && other->detection_time_us > 0 &&
			side->max_gap_us > other->detection_time_us) {
			page_text(&r->page, 6, 6,
				"%s was silent for %s; the other side waits %s before it calls BFD down.",
				report_speaker(s, i, name), text_duration_us(side->max_gap_us, gap),
				text_duration_us(other->detection_time_us, limit));
		}
	}
}

void
report_bfd(struct report *r, const struct report_session *s)
{
	if (s->bfd == NULL) {
		return;
	}
	const struct event_bfd_session *info = &s->bfd->info;
	char cells[2][REPORT_CELL_MAX];
	char title[REPORT_CELL_MAX];
	snprintf(title, sizeof(title), "BFD%s%s", info->mode != NULL ? ", " : "",
		info->mode != NULL ? info->mode : "");
	page_subheading(&r->page, title);
	for (int i = 0; i < 2; i++) {
		report_speaker(s, i, cells[i]);
	}
	report_row(r, "", cells);
	for (int i = 0; i < 2; i++) {
		int index;
		const struct event_bfd_side *side = column_side(s, i, &index);
		snprintf(cells[i], REPORT_CELL_MAX, "%s", track_state_name(PROTOCOL_BFD, side->state));
		if (side->diag != 0) {
			text_append(cells[i], REPORT_CELL_MAX, ", diag %u %s", side->diag,
				bfd_diagnostic_name(side->diag));
		}
	}
	report_row(r, "State", cells);
	bool any = false;
	for (int i = 0; i < 2; i++) {
		int index;
		column_side(s, i, &index);
		const struct bfd_packet *p = &s->bfd->last[index];
		char tx[TEXT_DURATION_MAX];
		char rx[TEXT_DURATION_MAX];
		snprintf(cells[i], REPORT_CELL_MAX, "-");
		if (s->bfd->has_last[index]) {
			any = true;
			snprintf(cells[i], REPORT_CELL_MAX, "tx %s, rx %s, mult %u",
				text_duration_us(p->desired_min_tx_us, tx),
				text_duration_us(p->required_min_rx_us, rx), p->detect_mult);
		}
	}
	if (any) {
		report_row(r, "Says", cells);
	}
	timer_rows(r, s);
	if (info->flaps > 0) {
		page_text(&r->page, 6, 6, "It went down %u time%s.", info->flaps,
			info->flaps == 1 ? "" : "s");
	}
	gap_remark(r, s);
}
