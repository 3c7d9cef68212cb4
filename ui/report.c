/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report: what people come for. It hears the events, keeps the model, and writes when the last
 * word is said: what was read, a table where there are several sessions, then each session, the
 * worst first.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/report_internal.h"
#include "ui/text.h"

enum {
	DETAILS_MAX = 40, /* sessions told at length, without -v */
	TABLE_MAX = 200,  /* rows of the table, without -v */
	LONG_MAX = 1024,
};

static const struct {
	const char *key, *text;
} artefacts[] = {
	{"midstream",
		"The capture starts in the middle of a connection: its OPENs, and with them "
		"4-octet AS numbers and ADD-PATH, are unknown."},
	{"kernel-drops",
		"The kernel dropped packets of this capture: what is missing here may have "
		"been on the wire, so silence proves less."},
	{"capture-loss",
		"Some octets were acknowledged and yet are not here: the capture lost them, "
		"not the network."},
	{"snaplen",
		"Packets were cut when they were captured: messages are read as far as they "
		"are there."},
	{"duplicates",
		"Packets appear more than once (a mirror port, a bridge or `any`): copies "
		"are not taken for retransmissions."},
	{"one-direction",
		"Of some traffic only one direction is here: what the other side did is "
		"inferred or unknown."},
	{"checksum-offload",
		"Checksums are filled in by the network card, behind the capture: bad "
		"ones are held against nobody."},
	{"segment-offload",
		"Segments are larger than the MTU, since the network card cuts and joins "
		"them: sizes on the wire were others."},
	{"clock-step",
		"The clock was set during the capture: durations across that step are not "
		"reliable."},
	{"port-reuse",
		"A pair of ports was used again for a new connection; the two are told apart "
		"by their sequence numbers."},
	{"evicted-candidates",
		"There was too much other TCP at once for --any-port: connections were evicted before it "
		"was known whether they carry BGP."},
	{"interface-down",
		"An interface was down or gone for some time: what happened meanwhile is not here, "
		"and that silence is held against nobody."},
	{"evicted-fragments",
		"There were too many IP datagrams in pieces at once: the oldest were evicted, "
		"incomplete."},
	{"too-deep",
		"Headers lie in one another deeper than is followed: what is inside of such packets is not seen."},
};

static void
report_artefacts(struct report *r, uint32_t found)
{
	for (uint32_t bit = 0; bit < 32; bit++) {
		if ((found >> bit & 1) == 0) {
			continue;
		}
		const char *key = track_artefact_key((uint32_t)1 << bit);
		const char *text = "it lowers what can be said with certainty.";
		for (size_t i = 0; i < sizeof(artefacts) / sizeof(artefacts[0]); i++) {
			if (strcmp(artefacts[i].key, key) == 0) {
				text = artefacts[i].text;
			}
		}
		page_text(&r->page, 2, 4, STYLE_YELLOW "%s" STYLE_END ": %s", key, text);
	}
}

void
report_captures(struct report *r)
{
	char time[TIME_TEXT_MAX];
	char duration[TEXT_DURATION_MAX];
	char count[TEXT_COUNT_MAX];
	uint64_t first = model_first_ns(r->model);
	uint64_t last = model_last_ns(r->model);
	size_t inputs = model_input_count(r->model);
	uint32_t found = 0;
	for (size_t i = 0; i < inputs; i++) {
		const struct model_input *input = model_input_at(r->model, i);
		char text[LONG_MAX] = "";
		text_append(text, sizeof(text), STYLE_BOLD "%s" STYLE_END, input->name);
		if (input->ended) {
			text_append(text, sizeof(text), ": %s packet%s",
				text_count(input->packets, count), input->packets == 1 ? "" : "s");
			if (input->dropped > 0) {
				text_append(text, sizeof(text), ", %s dropped by the kernel",
					text_count(input->dropped, count));
			}
		}
		if (input->link_type != NULL) {
			text_append(text, sizeof(text), ", %s", input->link_type);
		}
		/* The time line is one for all inputs. */
		if (i + 1 == inputs && first != 0) {
			time_text(first, 0, time);
			text_append(text, sizeof(text), "; %s%s from %.10s %.8s UTC",
				inputs > 1 ? "together " : "",
				text_duration_ns(last - first, duration), time, time + 11);
		}
		page_text(&r->page, 0, 2, "%s", text);
		found |= input->artefacts;
	}
	report_artefacts(r, found); /* each once, whichever input has it */
}

/* Number, local, remote, verdict and cause; `narrow`: both addresses in one column. */
static void
table_row(struct report *r, const struct page_cell cells[5], bool narrow)
{
	char both[2 * ADDRESS_TEXT_MAX + 32];
	if (!narrow) {
		page_row(&r->page, 0, cells, 5);
		return;
	}
	snprintf(both, sizeof(both), "%s ↔ %s", cells[1].text, cells[2].text);
	const struct page_cell row[] = {
		cells[0],
		{.width = cells[1].width, .text = both},
		cells[3],
		cells[4],
	};
	page_row(&r->page, 0, row, 4);
}

static void
report_table(struct report *r, const struct model_session *const *sessions, size_t count)
{
	size_t addr_width = 6;
	bool all = r->options.verbose > 0;
	size_t rows = all || count < TABLE_MAX ? count : TABLE_MAX;
	char number[TEXT_COUNT_MAX];
	char addr[2][ADDRESS_TEXT_MAX];
	for (size_t i = 0; i < rows; i++) {
		for (int side = 0; side < 2; side++) {
			size_t width = strlen(
				address_text(&sessions[i]->info.side[side].addr, addr[side]));
			addr_width = width > addr_width ? width : addr_width;
		}
	}
	/* Number 4, two addresses, verdict 8, cause at least 22. Where the addresses are too long,
	 * they stand in one column, which is wrapped. */
	size_t room = (r->page.width - 4 - 8 - 22 - 8) / 2;
	bool narrow = addr_width > room;
	page_blank(&r->page);
	const struct page_cell heads[] = {
		{.width = 4, .right = true, .text = ""},
		{.width = narrow ? 2 * room + 2 : addr_width, .text = STYLE_BOLD "local" STYLE_END},
		{.width = addr_width, .text = STYLE_BOLD "remote" STYLE_END},
		{.width = 8, .text = STYLE_BOLD "verdict" STYLE_END},
		{.width = 0, .text = STYLE_BOLD "cause" STYLE_END},
	};
	table_row(r, heads, narrow);
	for (size_t i = 0; i < rows; i++) {
		const struct event_session *info = &sessions[i]->info;
		const char *key = finding_key(info->primary_cause);
		const char *style = info->verdict == VERDICT_HEALTHY ? STYLE_GREEN
			: info->verdict == VERDICT_DEGRADED          ? STYLE_YELLOW
			: info->verdict == VERDICT_UNKNOWN           ? ""
								     : STYLE_RED;
		char verdict[32];
		snprintf(number, sizeof(number), "%zu", i + 1);
		snprintf(verdict, sizeof(verdict), "%s%s%s", style, verdict_name(info->verdict),
			style[0] != '\0' ? STYLE_END : "");
		const struct page_cell cells[] = {
			{.width = 4, .right = true, .text = number},
			{.width = heads[1].width,
				.text = address_text(&info->side[0].addr, addr[0])},
			{.width = addr_width, .text = address_text(&info->side[1].addr, addr[1])},
			{.width = 8, .text = verdict},
			{.width = 0, .text = key != NULL ? key : "-"},
		};
		table_row(r, cells, narrow);
	}
	if (rows < count) {
		page_text(&r->page, 6, 6, "… and %s more (-v shows all)",
			text_count(count - rows, number));
	}
}

static void
gather(const struct report *r, const struct model_session *session,
	const struct model_bfd_session *bfd, struct report_session *s)
{
	*s = (struct report_session){.session = session, .bfd = bfd};
	s->finding_count = model_findings_of(r->model, session, bfd, s->findings,
		REPORT_FINDINGS_MAX);
	if (s->finding_count == 0) {
		return;
	}
	/* A session's headline is its primary cause; where there is none, nothing is that bad. */
	if (session == NULL || s->findings[0]->cause == session->info.primary_cause) {
		s->primary = s->findings[0];
	}
}

/* BFD that serves no BGP session. */
static size_t
report_lonely_bfd(struct report *r)
{
	size_t told = 0;
	size_t count = model_bfd_session_count(r->model);
	for (size_t i = 0; i < count; i++) {
		const struct model_bfd_session *bfd = model_bfd_session_at(r->model, i);
		struct report_session s;
		if (model_served_by(r->model, bfd) != NULL) {
			continue;
		}
		if (told++ < DETAILS_MAX || r->options.verbose > 0) {
			gather(r, NULL, bfd, &s);
			report_session(r, &s, 0);
		}
	}
	if (told > DETAILS_MAX && r->options.verbose == 0) {
		page_blank(&r->page);
		page_text(&r->page, 0, 2, "%zu more BFD sessions are left out (-v shows all).",
			told - DETAILS_MAX);
	}
	return told;
}

/* Findings that belong to no session. */
static size_t
report_homeless(struct report *r)
{
	const struct model_finding *findings[REPORT_FINDINGS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < model_finding_count(r->model) && count < REPORT_FINDINGS_MAX; i++) {
		const struct model_finding *f = model_finding_at(r->model, i);
		if (f->session == 0 && f->bfd_session == 0) {
			findings[count++] = f;
		}
	}
	if (count > 0) {
		page_blank(&r->page);
		page_heading(&r->page, "Of no session");
		report_also_seen(r, findings, count, NULL);
	}
	return count;
}

static void
report_sessions(struct report *r)
{
	size_t count = model_session_count(r->model);
	const struct model_session **sessions = memory_zero(count,
		sizeof(const struct model_session *));
	count = model_sessions_worst_first(r->model, sessions, count);
	if (count > 1) {
		report_table(r, sessions, count);
	}
	size_t told = r->options.verbose > 0 || count < DETAILS_MAX ? count : DETAILS_MAX;
	for (size_t i = 0; i < told; i++) {
		struct report_session s;
		gather(r, sessions[i], model_bfd_of(r->model, sessions[i]), &s);
		report_session(r, &s, count > 1 ? i + 1 : 0);
	}
	if (told < count) {
		page_blank(&r->page);
		page_text(&r->page, 0, 2,
			"%zu more sessions are only in the table; the worst are told (-v tells all).",
			count - told);
	}
	free(sessions);
}

static const char *
what_was_read(const struct report *r, char *text, size_t room)
{
	text[0] = '\0';
	for (size_t i = 0; i < model_input_count(r->model); i++) {
		text_append(text, room, "%s%s", i > 0 ? ", " : "",
			model_input_at(r->model, i)->name);
	}
	if (text[0] == '\0') {
		text_clean(r->options.title != NULL ? r->options.title : "the input", text, room);
	}
	return text;
}

static void
report_write(struct report *r)
{
	char text[LONG_MAX];
	report_captures(r);
	report_sessions(r);
	size_t others = report_lonely_bfd(r);
	others += report_homeless(r);
	if (others == 0 && model_session_count(r->model) == 0) {
		page_text(&r->page, 0, 2, "no BGP or BFD packets in %s",
			what_was_read(r, text, sizeof(text)));
	}
	if (model_not_stored(r->model) > 0) {
		page_blank(&r->page);
		page_text(&r->page, 0, 2, "%s events are not in the database: it was slower than what came.",
			text_count(model_not_stored(r->model), text));
	}
	if (model_left_out(r->model) > 0) {
		page_blank(&r->page);
		page_text(&r->page, 0, 2,
			"%s sessions and findings were evicted: there are too many "
			"to keep in memory.",
			text_count(model_left_out(r->model), text));
	}
}

static void
report_event(void *self, const struct event *event)
{
	struct report *r = self;
	model_event(r->model, event);
	report_keep_message(r, event);
}

static void
report_abandon(void *self)
{
	struct report *r = self;
	model_destroy(r->model);
	report_forget_messages(r);
	free(r);
}

static bool
report_close(void *self)
{
	struct report *r = self;
	report_write(r);
	bool ok = fflush(r->page.out) == 0 && !r->page.failed && !ferror(r->page.out);
	report_abandon(r);
	return ok;
}

bool
ui_report_open(const struct ui_options *options, struct sink *sink)
{
	struct report *r = memory_zero(1, sizeof(*r));
	r->options = *options;
	r->model = model_create();
	if (options->verbose == 0) {
		model_leave_quiet(r->model);
	}
	page_init(&r->page, options);
	*sink = (struct sink){
		.self = r,
		.takes_runs = true,
		.on_event = report_event,
		.close = report_close,
		.abandon = report_abandon,
	};
	return true;
}
