/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings while they may still change. The same cause of the same session, done by the same side, is
 * one finding that counts; it is told once, at the end. What explained why a session did not come up
 * is history when it comes up after all: it stays, as a warning at most.
 */
#include "track/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

/* The rank up to which a cause keeps a session from coming up, and is past when it is up. */
enum { RANK_OF_SETUP = 49, RANK_OF_ENDS = 54, RANK_OF_LAST_END = 75 };

static const struct address nobody;

static struct finding *
look_up(const struct finding_args *args)
{
	struct finding *f = args->session != NULL ? args->session->findings
			    : args->bfd != NULL   ? args->bfd->findings
						  : NULL;
	const struct address *subject = args->subject != NULL ? args->subject : &nobody;
	for (; f != NULL; f = f->next) {
		if (f->cause == args->cause && f->variant == args->variant &&
		    address_equal(&f->subject, subject)) {
			return f;
		}
	}
	return NULL;
}

struct finding *
finding_find(const struct session *s, enum finding_cause cause)
{
	struct finding *f = s->findings;
	while (f != NULL && f->cause != cause) {
		f = f->next;
	}
	return f;
}

struct finding *
bfd_finding_find(const struct bfd_session *b, enum finding_cause cause)
{
	struct finding *f = b->findings;
	while (f != NULL && f->cause != cause) {
		f = f->next;
	}
	return f;
}

void
finding_evidence(struct finding *f, uint64_t frame)
{
	size_t i = f->evidence_count;
	if (frame == 0) {
		return;
	}
	for (size_t k = 0; k < f->evidence_count; k++) {
		if (f->evidence[k] == frame) {
			return;
		}
	}
	/* The first ones prove it, the last one shows that it goes on. */
	if (i == FINDING_EVIDENCE_MAX) {
		f->evidence[--i] = 0;
	} else {
		f->evidence_count++;
	}
	while (i > 0 && f->evidence[i - 1] > frame) {
		f->evidence[i] = f->evidence[i - 1];
		i--;
	}
	f->evidence[i] = frame;
}

/* A BFD finding concerns the BGP session that it serves, too. */
static uint64_t
session_of(const struct finding *f)
{
	const struct session *s = f->session != NULL ? f->session
				  : f->bfd != NULL   ? f->bfd->session
						     : NULL;
	return s != NULL ? s->id : 0;
}

/* Borrows from `f`. */
static struct event
event_of(const struct track *t, const struct finding *f, enum event_kind kind)
{
	return (struct event){
		.kind = kind,
		.finding = {
			.id = f->id,
			.cause = f->cause,
			.severity = f->severity,
			.confidence = f->confidence,
			.session = session_of(f),
			.bfd_session = f->bfd != NULL ? f->bfd->id : 0,
			.blame = f->blame,
			.summary = f->summary,
			.evidence = f->evidence,
			.evidence_count = f->evidence_count,
			.first_time_ns = shown_ns(t, f->first.time_ns),
			.last_time_ns = shown_ns(t, f->last.time_ns),
			.count = f->count,
		},
	};
}

void
finding_over(struct session *s, enum finding_cause cause)
{
	struct finding *f = finding_find(s, cause);
	if (f != NULL && s->up) {
		f->resolved = true;
		f->severity = SEVERITY_INFO;
	}
}

void
finding_withdraw(struct finding *f)
{
	f->resolved = true;
	f->severity = SEVERITY_INFO;
	f->confidence = CONFIDENCE_POSSIBLE;
}

static struct finding *
create(struct track *t, const struct finding_args *args)
{
	uint32_t homeless = 0; /* as many as are expected: the list of them is bounded */
	uint32_t *count = args->session != NULL ? &args->session->finding_count
			  : args->bfd != NULL   ? &args->bfd->finding_count
						: &homeless;
	if (*count >= TRACK_SESSION_FINDINGS_MAX || t->finding_count >= TRACK_FINDINGS_MAX) {
		if (!t->findings_full) {
			t->findings_full = true;
			emit_fault(t, NULL, "evicted-finding", 0,
				"there are too many findings: further ones are evicted", &t->now);
		}
		return NULL;
	}
	(*count)++;
	struct finding *f = memory_zero(1, sizeof(*f));
	f->id = ++t->finding_ids;
	f->cause = args->cause;
	f->session = args->session;
	f->bfd = args->bfd;
	f->first = args->at;
	if (args->subject != NULL) {
		f->subject = *args->subject;
	}
	f->variant = args->variant;
	if (args->session != NULL || args->bfd != NULL) {
		struct finding **head = args->session != NULL ? &args->session->findings
							      : &args->bfd->findings;
		while (*head != NULL) {
			head = &(*head)->next;
		}
		*head = f;
	}
	f->all_previous = t->findings_last;
	*(t->findings_last != NULL ? &t->findings_last->all_next : &t->findings_first) = f;
	t->findings_last = f;
	t->finding_count++;
	return f;
}

/* It has changed: the next snapshots have it. A finding may be raised with each packet. */
static void
dirty(struct track *t, struct finding *f)
{
	if (f->dirty || !t->snapshots) {
		return;
	}
	f->dirty = true;
	f->dirty_previous = NULL;
	f->dirty_next = t->findings_dirty;
	if (f->dirty_next != NULL) {
		f->dirty_next->dirty_previous = f;
	}
	t->findings_dirty = f;
}

static void
clean(struct track *t, struct finding *f)
{
	if (!f->dirty) {
		return;
	}
	f->dirty = false;
	*(f->dirty_previous != NULL ? &f->dirty_previous->dirty_next : &t->findings_dirty) = f->dirty_next;
	if (f->dirty_next != NULL) {
		f->dirty_next->dirty_previous = f->dirty_previous;
	}
}

struct finding *
finding_raise(struct track *t, const struct finding_args *args, const char *summary, ...)
{
	struct finding *f = look_up(args);
	if (f == NULL) {
		f = create(t, args);
		if (f == NULL) {
			return NULL;
		}
	}
	char text[FINDING_SUMMARY_MAX];
	va_list list;
	va_start(list, summary);
	vsnprintf(text, sizeof(text), summary, list);
	va_end(list);
	free(f->summary);
	f->summary = memory_copy(text, strlen(text) + 1);
	f->confidence = args->confidence;
	f->severity = finding_severity(args->cause);
	if (args->lower_severity && f->severity > SEVERITY_INFO) {
		f->severity--;
	}
	f->blame = args->blame != NULL ? *args->blame : nobody;
	f->resolved = args->past;
	f->severity = args->past ? SEVERITY_INFO : args->severe ? SEVERITY_ERROR : f->severity;
	f->took_down = f->took_down || args->took_down;
	f->last = args->at;
	f->count++;
	finding_evidence(f, args->at.frame);
	for (size_t i = 0; i < args->evidence_count; i++) {
		finding_evidence(f, args->evidence[i]);
	}
	if (args->session != NULL) {
		session_dirty(t, args->session);
	}
	dirty(t, f);
	if (!f->alerted) {
		f->alerted = true;
		struct event event = event_of(t, f, EVENT_ALERT);
		emit(t, &event, &args->at);
	}
	return f;
}

/* What it rests on: that something did not come. 2: a message may simply not be in the capture. */
static int
rests_on_absence(enum finding_cause cause)
{
	switch (cause) {
	case FINDING_PEER_NOT_CONFIGURED:
	case FINDING_SILENT_ASN_MISMATCH:
	case FINDING_OPEN_UNANSWERED:
	case FINDING_STUCK_OPENCONFIRM:
	case FINDING_CLOSED_WITHOUT_NOTIFICATION:
		return 2;
	case FINDING_LINK_DOWN:
	case FINDING_NO_ROUTE:
	case FINDING_MD5_ONE_SIDED:
	case FINDING_GTSM_MISMATCH:
	case FINDING_RETURN_PATH_DROP:
	case FINDING_FIREWALL_DROP:
	case FINDING_INITIATOR_SILENT:
	case FINDING_BOTH_PASSIVE:
	case FINDING_HOLD_TIMER_EXPIRED:
	case FINDING_STALE_CONNECTION:
	case FINDING_PEER_REBOOTED:
	case FINDING_GRACEFUL_RESTART_EXPIRED:
	case FINDING_TREAT_AS_WITHDRAW:
	case FINDING_BFD_ONE_WAY:
	case FINDING_BFD_ONE_SIDED:
	case FINDING_BFD_ZOMBIE:
	case FINDING_BFD_UP_BGP_DOWN:
		return 1;
	default:
		return 0;
	}
}

/* Whether the clock was set so shortly before that a hold timer may have run out unseen. */
static bool
clock_was_set(const struct track *t, const struct finding *f)
{
	const uint64_t longest_ns = 240 * SECOND_NS;
	const struct session *s = f->session;
	if (s != NULL && s->first.time_ns == s->last.time_ns && s->first.frame != s->last.frame) {
		return true; /* or there was none */
	}
	for (size_t i = 0; i < t->clock_step_count; i++) {
		const struct clock_step *step = &t->clock_steps[i];
		if (step->to_ns == UINT64_MAX && step->from_ns <= f->last.time_ns &&
		    f->first.time_ns < step->from_ns + longest_ns) {
			return true;
		}
	}
	return false;
}

void
findings_temper(struct track *t)
{
	uint64_t dropped = 0;
	for (uint32_t i = 0; i < t->input_count; i++) {
		dropped += t->inputs[i].dropped;
	}
	for (struct finding *f = t->findings_first; f != NULL; f = f->all_next) {
		enum confidence most = CONFIDENCE_CERTAIN;
		int absence = rests_on_absence(f->cause);
		bool lacks = f->session != NULL && f->session->lacks;
		if (absence == 0) {
			continue;
		}
		if (dropped > 0 || lacks) {
			most = CONFIDENCE_LIKELY;
		}
		if ((lacks && absence == 2) || clock_was_set(t, f)) {
			most = CONFIDENCE_POSSIBLE;
		}
		f->confidence = f->confidence < most ? f->confidence : most;
	}
}

void
finding_tell(struct track *t, struct finding *f, bool snapshot)
{
	struct event event = event_of(t, f, EVENT_FINDING);
	char *fix[FINDING_FIX_MAX];
	event.finding.fix = (const char *const *)fix;
	event.finding.fix_count = advice_make(t, f->cause, f->session, f->bfd, &f->subject, fix);
	if (snapshot) {
		emit_snapshot(t, &event);
	} else {
		t->problems = t->problems || f->severity == SEVERITY_ERROR;
		emit(t, &event, &f->last);
	}
	for (size_t i = 0; i < event.finding.fix_count; i++) {
		free(fix[i]);
	}
}

void
finding_snapshots(struct track *t, size_t *budget)
{
	while (t->findings_dirty != NULL && *budget > 0) {
		(*budget)--;
		struct finding *f = t->findings_dirty;
		clean(t, f);
		finding_tell(t, f, true);
	}
}

/* Silence and refusal: what a call meets that finds nobody at home. */
bool
finding_is_failed_call(enum finding_cause cause)
{
	switch (cause) {
	case FINDING_NO_ROUTE:
	case FINDING_ICMP_PROHIBITED:
	case FINDING_ICMP_UNREACHABLE:
	case FINDING_MD5_ONE_SIDED:
	case FINDING_MD5_MISMATCH:
	case FINDING_AO_MISMATCH:
	case FINDING_CONNECTION_REFUSED:
	case FINDING_RETURN_PATH_DROP:
	case FINDING_FIREWALL_DROP:
		return true;
	default:
		return false;
	}
}

/* It ended connections, none of which was a session: once there is one, that is past. */
static bool
is_of_setup(const struct finding *f)
{
	int rank = finding_rank(f->cause);
	return rank <= RANK_OF_SETUP ||
	       (rank >= RANK_OF_ENDS && rank <= RANK_OF_LAST_END && f->cause != FINDING_GRACEFUL_RESTART_EXPIRED);
}

void
findings_resolve(struct track *t, struct session *s, bool call, const struct moment *at)
{
	for (struct finding *f = s->findings; f != NULL; f = f->next) {
		if (f->resolved || f->took_down ||
		    (call ? !finding_is_failed_call(f->cause)
			  : !is_of_setup(f))) {
			continue;
		}
		f->resolved = true;
		if (f->severity > SEVERITY_INFO) {
			f->severity = SEVERITY_INFO;
		}
		char text[FINDING_SUMMARY_MAX];
		snprintf(text, sizeof(text), "%.400s; %s came up later (frame %llu)", f->summary,
			call ? "a connection" : "the session",
			(unsigned long long)at->frame);
		free(f->summary);
		f->summary = memory_copy(text, strlen(text) + 1);
		dirty(t, f);
	}
}

static void
destroy(struct finding *f)
{
	free(f->summary);
	free(f);
}

/* Their session is gone; they have been told. */
void
findings_forget(struct track *t, struct finding *first)
{
	while (first != NULL) {
		struct finding *f = first;
		first = f->next;
		*(f->all_previous != NULL ? &f->all_previous->all_next : &t->findings_first) = f->all_next;
		*(f->all_next != NULL ? &f->all_next->all_previous : &t->findings_last) =
			f->all_previous;
		t->finding_count--;
		clean(t, f);
		destroy(f);
	}
}

void
findings_destroy(struct track *t)
{
	while (t->findings_first != NULL) {
		struct finding *f = t->findings_first;
		t->findings_first = f->all_next;
		destroy(f);
	}
	t->findings_last = NULL;
	t->findings_dirty = NULL;
}
