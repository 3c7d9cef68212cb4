/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session: the verdict first, in one sentence, with what it rests on and what to do; then what
 * else was found, the story, the two OPENs, the timers, BFD and where it ended. A healthy session
 * is told in a few facts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui/report_internal.h"
#include "ui/text.h"

enum { EVIDENCE_SHOWN = 12, LONG_MAX = 1024 };

const char *
report_speaker(const struct report_session *s, int side, char text[SPEAKER_MAX])
{
	char addr[2][ADDRESS_TEXT_MAX];
	for (int i = 0; i < 2; i++) {
		const struct address *a = s->session != NULL ? &s->session->info.side[i].addr
							     : &s->bfd->info.side[i].addr;
		address_text(a, addr[i]);
	}
	if (strlen(addr[0]) < SPEAKER_MAX && strlen(addr[1]) < SPEAKER_MAX) {
		snprintf(text, SPEAKER_MAX, "%.*s", SPEAKER_MAX - 1, addr[side]);
	} else {
		snprintf(text, SPEAKER_MAX, "%s", side == 0 ? "local" : "remote");
	}
	return text;
}

static const char *
verdict_style(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_HEALTHY:
		return STYLE_GREEN;
	case VERDICT_DOWN:
	case VERDICT_FLAPPING:
		return STYLE_RED;
	case VERDICT_DEGRADED:
		return STYLE_YELLOW;
	case VERDICT_UNKNOWN:
		break;
	}
	return STYLE_BOLD;
}

static const char *
verdict_word(enum verdict verdict)
{
	static const char *const words[] = {
		[VERDICT_UNKNOWN] = "UNKNOWN",
		[VERDICT_HEALTHY] = "HEALTHY",
		[VERDICT_DOWN] = "DOWN",
		[VERDICT_FLAPPING] = "FLAPPING",
		[VERDICT_DEGRADED] = "DEGRADED",
	};
	return (size_t)verdict < sizeof(words) / sizeof(words[0]) ? words[verdict] : "?";
}

/* "192.0.2.10 (AS 65009)" */
static void
append_side(char *text, size_t room, const struct event_session_side *side)
{
	char addr[ADDRESS_TEXT_MAX];
	text_append(text, room, "%s", address_text(&side->addr, addr));
	if (side->has_asn) {
		text_append(text, room, " (AS %u)", side->asn);
	}
}

static void
append_prefixes(char *text, size_t room, const struct event_session *info)
{
	for (int i = 0; i < 2; i++) {
		char addr[ADDRESS_TEXT_MAX];
		char count[TEXT_COUNT_MAX];
		const struct event_session_side *side = &info->side[i];
		if (side->prefixes_announced > 0 || side->prefixes_withdrawn > 0) {
			text_append(text, room, " %s announced %s", address_text(&side->addr, addr),
				text_count(side->prefixes_announced, count));
			if (side->prefixes_withdrawn > 0) {
				text_append(text, room, " and withdrew %s",
					text_count(side->prefixes_withdrawn, count));
			}
			text_append(text, room, " prefix%s.",
				side->prefixes_announced + side->prefixes_withdrawn == 1 ? ""
											 : "es");
		}
	}
}

/* The sentence for a session that is well. */
static void
healthy_sentence(const struct report *r, const struct event_session *info, char *text, size_t room)
{
	char time[RELATIVE_MAX];
	uint64_t since = 0;
	bool established = true;
	for (int i = 0; i < 2; i++) {
		established = established && info->side[i].state == BGP_STATE_ESTABLISHED;
		if (info->side[i].state_since_ns > since) {
			since = info->side[i].state_since_ns;
		}
	}
	if (established) {
		text_append(text, room, "Established on both sides");
		if (info->established_count > 0 && since > model_first_ns(r->model)) {
			text_append(text, room, " since %s s", report_relative(r, since, time));
		} else if (info->established_count == 0) {
			text_append(text, room, ", and has been since before the capture");
		}
	} else {
		text_append(text, room, "nothing is wrong in these packets");
	}
	text_append(text, room, ".");
	append_prefixes(text, room, info);
}

/* How far an unlucky session got, for want of a cause. */
static void
no_cause_sentence(const struct model_session *s, char *text, size_t room)
{
	const struct event_session *info = &s->info;
	uint64_t opens = info->side[0].messages[COUNT_OPEN] + info->side[1].messages[COUNT_OPEN];
	if (info->verdict == VERDICT_UNKNOWN) {
		text_append(text, room, "these packets do not show whether the session is up");
	} else {
		text_append(text, room, "no cause can be named from these packets");
	}
	if (s->connection_count == 0 && s->syn_count == 0 && opens == 0) {
		text_append(text, room, "; there is no TCP between the two on BGP's port.");
	} else if (s->connection_count == 0 && opens == 0) {
		text_append(text, room, "; no TCP connection came about.");
	} else if (opens == 0) {
		text_append(text, room, "; no OPEN was seen.");
	} else {
		text_append(text, room, ".");
	}
}

static void
append_evidence(char *text, size_t room, const struct model_finding *f, size_t max)
{
	if (f->evidence_count == 0) {
		return;
	}
	text_append(text, room, " %s", f->evidence_count == 1 ? "Frame" : "Frames");
	for (size_t i = 0; i < f->evidence_count && i < max; i++) {
		text_append(text, room, "%s %" PRIu64, i > 0 ? "," : "", f->evidence[i]);
	}
	if (f->evidence_count > max) {
		text_append(text, room, " and %zu more", f->evidence_count - max);
	}
	text_append(text, room, ".");
}

static void
certainty(struct report *r, const struct model_finding *f)
{
	static const char *const words[] = {
		[CONFIDENCE_CERTAIN] = "certain",
		[CONFIDENCE_LIKELY] = "likely",
		[CONFIDENCE_POSSIBLE] = "possible: the packets allow other causes too",
	};
	char text[LONG_MAX] = "";
	char addr[ADDRESS_TEXT_MAX];
	char first[RELATIVE_MAX];
	char last[RELATIVE_MAX];
	char count[TEXT_COUNT_MAX];
	text_append(text, sizeof(text), "Cause %s, %s.",
		finding_key(f->cause) != NULL ? finding_key(f->cause) : "unknown",
		words[f->confidence]);
	if (f->blame.family != 0) {
		text_append(text, sizeof(text), " Look at %s.", address_text(&f->blame, addr));
	}
	append_evidence(text, sizeof(text), f, EVIDENCE_SHOWN);
	if (f->count > 1) {
		text_append(text, sizeof(text), " Seen %s times from %s to %s s.",
			text_count(f->count, count), report_relative(r, f->first_time_ns, first),
			report_relative(r, f->last_time_ns, last));
	}
	page_text(&r->page, 4, 4, "%s", text);
}

/* A summary is a sentence, whether it has its full stop or not. */
static const char *
full_stop(const char *sentence)
{
	size_t size = strlen(sentence);
	return size > 0 && strchr(".!?", sentence[size - 1]) != NULL ? "" : ".";
}

static void
verdict_line(struct report *r, const struct report_session *s)
{
	char sentence[LONG_MAX] = "";
	const struct event_session *info = &s->session->info;
	if (s->primary != NULL) {
		text_append(sentence, sizeof(sentence), "%s%s", s->primary->summary,
			full_stop(s->primary->summary));
	} else if (info->verdict == VERDICT_HEALTHY) {
		healthy_sentence(r, info, sentence, sizeof(sentence));
	} else {
		no_cause_sentence(s->session, sentence, sizeof(sentence));
	}
	const char *word = verdict_word(info->verdict);
	page_text(&r->page, 2, 4 + strlen(word), "%s%s" STYLE_END "  " STYLE_BOLD "%s" STYLE_END,
		verdict_style(info->verdict), word, sentence);
}

static void
what_to_do(struct report *r, const struct model_finding *f)
{
	if (f->fix_count == 0) {
		return;
	}
	page_subheading(&r->page, "What to do");
	for (size_t i = 0; i < f->fix_count; i++) {
		page_text(&r->page, 4, 6, "• %s", f->fix[i]);
	}
}

/* What the user expects and did not get; the same advice is given once. */
static void
not_as_expected(struct report *r, const struct report_session *s)
{
	bool headed = false;
	bool advised[FINDING_CAUSE_COUNT] = {false};
	for (size_t i = 0; i < s->finding_count; i++) {
		const struct model_finding *f = s->findings[i];
		char text[LONG_MAX] = "";
		if (!finding_is_expectation(f->cause) || f->severity != SEVERITY_ERROR) {
			continue;
		}
		if (!headed) {
			page_subheading(&r->page, "Not as expected");
			headed = true;
		}
		append_evidence(text, sizeof(text), f, EVIDENCE_SHOWN / 2);
		page_text(&r->page, 4, 6, STYLE_RED "%s" STYLE_END " (%s): %s%s%s", finding_key(f->cause),
			confidence_name(f->confidence), f->summary, full_stop(f->summary), text);
		for (size_t k = 0; k < f->fix_count && !advised[f->cause]; k++) {
			page_text(&r->page, 6, 8, "• %s", f->fix[k]);
		}
		advised[f->cause] = true;
	}
}

void
report_also_seen(struct report *r, const struct model_finding *const *findings, size_t count,
	const struct model_finding *except)
{
	bool headed = false;
	for (size_t i = 0; i < count; i++) {
		const struct model_finding *f = findings[i];
		char text[LONG_MAX] = "";
		if (f == except || (f->session != 0 && f->severity == SEVERITY_ERROR &&
					    finding_is_expectation(f->cause))) {
			continue; /* told before */
		}
		if (!headed) {
			page_subheading(&r->page, "Also seen");
			headed = true;
		}
		const char *style = f->severity == SEVERITY_ERROR ? STYLE_RED
			: f->severity == SEVERITY_WARNING         ? STYLE_YELLOW
								  : STYLE_DIM;
		append_evidence(text, sizeof(text), f, EVIDENCE_SHOWN / 2);
		page_text(&r->page, 4, 6, "%s%s" STYLE_END " %s (%s): %s%s%s", style,
			severity_name(f->severity),
			finding_key(f->cause) != NULL ? finding_key(f->cause) : "",
			confidence_name(f->confidence), f->summary, full_stop(f->summary), text);
		for (size_t k = 0; k < f->fix_count && r->options.verbose > 0; k++) {
			page_text(&r->page, 6, 8, "• %s", f->fix[k]);
		}
	}
}

static void
append_messages(char *text, size_t room, const struct event_session_side *side)
{
	const char *comma = " ";
	for (size_t i = 0; i < COUNT_SLOTS; i++) {
		char count[TEXT_COUNT_MAX];
		if (side->messages[i] > 0) {
			text_append(text, room, "%s%s %s", comma,
				text_count(side->messages[i], count), count_slot_name(i));
			comma = ", ";
		}
	}
	if (comma[0] == ' ') {
		text_append(text, room, " nothing");
	}
}

static void
final_states(struct report *r, const struct report_session *s)
{
	const struct event_session *info = &s->session->info;
	page_subheading(&r->page, "At the end");
	for (int i = 0; i < 2; i++) {
		char text[LONG_MAX] = "";
		char name[SPEAKER_MAX];
		append_messages(text, sizeof(text), &info->side[i]);
		report_speaker(s, i, name);
		if (info->side[i].state == BGP_STATE_UNKNOWN) {
			page_text(&r->page, 4, 6, "%s: state unknown; it sent%s.", name, text);
		} else {
			page_text(&r->page, 4, 6, "%s: %s; it sent%s.", name,
				bgp_state_name((uint8_t)info->side[i].state), text);
		}
	}
	char text[LONG_MAX] = "";
	char count[TEXT_COUNT_MAX];
	if (info->established_count > 0) {
		text_append(text, sizeof(text), "Established %u time%s.", info->established_count,
			info->established_count == 1 ? "" : "s");
	}
	if (s->session->gap_count > 0) {
		text_append(text, sizeof(text),
			"%s%s octets of the streams are not in the capture.",
			text[0] != '\0' ? " " : "", text_count(s->session->gap_bytes, count));
	}
	if (info->verdict != VERDICT_HEALTHY) {
		append_prefixes(text, sizeof(text), info);
	}
	if (text[0] != '\0') {
		page_text(&r->page, 4, 4, "%s", text[0] == ' ' ? text + 1 : text);
	}
}

/* What --check found: nothing where it was not asked. */
static void
checked(struct report *r, const struct report_session *s)
{
	const struct model_checks *m = s->session->checks;
	if (m == NULL) {
		return;
	}
	uint64_t all = m->results[CHECKED_AGREE] + m->results[CHECKED_STOPPED] +
		m->results[CHECKED_OUTSIDE];
	char count[TEXT_COUNT_MAX], name[SPEAKER_MAX];
	page_subheading(&r->page, "Read by a strict receiver (libnids) as well");
	if (m->results[CHECKED_AGREE] > 0) {
		page_text(&r->page, 4, 6, "It reads the same in %" PRIu64 " of %" PRIu64
			" directions, %s octets in all.", m->results[CHECKED_AGREE], all,
			text_count(m->bytes, count));
	}
	for (size_t i = 0; i < m->count; i++) {
		const struct model_check *c = &m->list[i];
		const char *style = c->result == CHECKED_OUTSIDE ? STYLE_YELLOW : STYLE_RED;
		page_text(&r->page, 4, 6, "%s: %s%s" STYLE_END " after %s octets (frame %" PRIu64 "): %s.",
			c->side >= 0 ? report_speaker(s, c->side, name) : "?", style,
			check_result_name(c->result), text_count(c->bytes, count), c->frame,
			check_text(c->result, c->reason));
	}
	if (all - m->results[CHECKED_AGREE] > m->count) {
		page_text(&r->page, 4, 6, "… and more (--json tells all).");
	}
}

/* What --record wrote of it: which capture, when, and what for. */
static void
recorded(struct report *r, const struct report_session *s)
{
	const struct model_recordings *all = s->session != NULL ? &s->session->recordings : &s->bfd->recordings;
	const struct model_recordings *both[2] = {all,
		s->session != NULL && s->bfd != NULL ? &s->bfd->recordings : NULL};
	uint64_t left_out = 0;
	bool headed = false;
	for (size_t k = 0; k < 2 && both[k] != NULL; k++) {
		left_out += both[k]->all - both[k]->count;
		for (size_t i = 0; i < both[k]->count; i++) {
			const struct model_recording *one = &both[k]->list[i];
			if (!headed) {
				page_subheading(&r->page, "Recorded");
				headed = true;
			}
			page_line(&r->page, 4, one->file);
			for (size_t c = 0; c < one->cause_count; c++) {
				char relative[RELATIVE_MAX], frame[32] = "";
				if (one->causes[c].frame != 0) {
					snprintf(frame, sizeof(frame), " (frame %" PRIu64 ")", one->causes[c].frame);
				}
				page_text(&r->page, 6, 8, "for %s, %s%s", one->causes[c].key,
					report_relative(r, one->causes[c].time_ns, relative), frame);
			}
		}
	}
	if (left_out > 0) {
		page_text(&r->page, 4, 6, "… and %" PRIu64 " before (--json tells all).", left_out);
	}
}

static void
session_heading(struct report *r, const struct report_session *s, size_t number)
{
	char text[LONG_MAX] = "";
	char name[SPEAKER_MAX];
	char addr[2][ADDRESS_TEXT_MAX];
	if (number > 0) {
		text_append(text, sizeof(text), "%zu  ", number);
	}
	if (s->session != NULL) {
		append_side(text, sizeof(text), &s->session->info.side[0]);
		text_append(text, sizeof(text), " ↔ ");
		append_side(text, sizeof(text), &s->session->info.side[1]);
	} else {
		text_append(text, sizeof(text), "BFD %s ↔ %s",
			address_text(&s->bfd->info.side[0].addr, addr[0]),
			address_text(&s->bfd->info.side[1].addr, addr[1]));
	}
	page_blank(&r->page);
	page_heading(&r->page, "%s", text);
	page_blank(&r->page);
	/* Where the columns below say "local" and "remote". */
	if (strcmp(report_speaker(s, 0, name), "local") == 0) {
		for (int i = 0; i < 2; i++) {
			const struct address *a = s->session != NULL
				? &s->session->info.side[i].addr
				: &s->bfd->info.side[i].addr;
			page_text(&r->page, 2, 4, "%s: %s", i == 0 ? "local " : "remote",
				address_text(a, addr[i]));
		}
		page_blank(&r->page);
	}
}

void
report_session(struct report *r, const struct report_session *s, size_t number)
{
	session_heading(r, s, number);
	if (s->session != NULL) {
		verdict_line(r, s);
	} else if (s->primary != NULL) {
		page_text(&r->page, 2, 4, STYLE_BOLD "%s%s" STYLE_END, s->primary->summary,
			full_stop(s->primary->summary));
	} else {
		page_text(&r->page, 2, 4, "Nothing is wrong in these packets.");
	}
	if (s->primary != NULL) {
		certainty(r, s->primary);
		what_to_do(r, s->primary);
	}
	not_as_expected(r, s);
	report_also_seen(r, s->findings, s->finding_count, s->primary);
	bool brief = s->session != NULL && s->session->info.verdict == VERDICT_HEALTHY &&
		s->primary == NULL && r->options.verbose == 0;
	recorded(r, s);
	if (!brief) {
		report_timeline(r, s);
		report_opens(r, s);
	}
	report_negotiated(r, s);
	report_timing(r, s);
	report_messages(r, s);
	report_bfd(r, s);
	if (s->session != NULL) {
		final_states(r, s);
		checked(r, s);
	}
}
