/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Graceful restart as its helper must take it: RFC 4724 section 4.2, RFC 8538 for sessions that end with a
 * NOTIFICATION, RFC 9494 for what outlives the restart time.
 *
 * A session that is lost without a NOTIFICATION begins it, if both offered the capability and the one that
 * was lost named families whose routes are to be kept; with the N bit of both, a NOTIFICATION begins it too,
 * unless it is a Hard Reset. The restart time is over when the session is Established again, not at
 * the OPEN. What the helper kept of a family is replaced at its End-of-RIB; of a family that comes back
 * without its forwarding bit nothing is kept. All this the packets show; whether a daemon does keep the routes
 * they do not.
 */
#include "track/internal.h"

#include <stdlib.h>

#include "track/memory.h"

/* What the last agreement says of `x`: how many families may be kept, and for how long after the time. */
static unsigned
families_of(const struct bgp_agreement *a, unsigned x, bool kept, uint32_t *stale_time_s)
{
	unsigned count = 0;
	*stale_time_s = 0;
	for (size_t i = 0; i < a->family_count; i++) {
		const struct bgp_agreed_family *f = &a->families[i];
		count += f->graceful[x] && (!kept || f->forwarding[x]);
		if (a->llgr && f->has_stale_time[x] && f->stale_time_s[x] > *stale_time_s) {
			*stale_time_s = f->stale_time_s[x];
		}
	}
	return count;
}

bool
restart_begin(struct session *s, unsigned x, bool notified, const struct moment *at)
{
	const struct bgp_agreement *a = s->agreement;
	uint32_t stale;
	if (a == NULL || !a->graceful_restart || (notified && !a->notification)) {
		return false;
	}
	unsigned families = families_of(a, x, false, &stale);
	if (families == 0 || (a->side[x].restart_time_s == 0 && stale == 0)) {
		return false;
	}
	struct event_restart *r = s->restart[x];
	if (r == NULL) {
		r = s->restart[x] = memory_zero(1, sizeof(*r));
	} else if (r->state == RESTART_WAITING) {
		return true;
	}
	*r = (struct event_restart){
		.state = RESTART_WAITING,
		.count = r->count + 1,
		.notified = notified,
		.time_s = a->side[x].restart_time_s,
		.stale_time_s = stale,
		.families = (uint8_t)families,
		.began_ns = at->time_ns,
		.began_frame = at->frame,
	};
	return true;
}

bool
restart_waits(const struct session *s, unsigned x)
{
	return s->restart[x] != NULL && s->restart[x]->state == RESTART_WAITING;
}

static void
end(struct event_restart *r, enum restart_state state, const struct moment *at)
{
	r->state = state;
	r->ended_ns = at->time_ns;
	r->ended_frame = at->frame;
}

void
restart_undo(struct session *s, unsigned x, const struct moment *at)
{
	struct event_restart *r = s->restart[x];
	if (r != NULL && r->state == RESTART_WAITING && r->began_ns == at->time_ns) {
		free(r);
		s->restart[x] = NULL;
	}
}

void
restart_established(struct session *s, const struct moment *at)
{
	const struct bgp_agreement *a = s->agreement;
	uint32_t stale;
	for (unsigned x = 0; x < 2; x++) {
		struct event_restart *r = s->restart[x];
		if (r == NULL || (r->state != RESTART_WAITING && r->state != RESTART_STALE)) {
			continue;
		}
		r->back_ns = at->time_ns;
		r->back_frame = at->frame;
		r->state = RESTART_BACK;
		if (a == NULL) {
			continue; /* its capabilities are not in the capture */
		}
		r->restart_bit = a->side[x].restarting;
		r->kept = (uint8_t)families_of(a, x, true, &stale);
		if (r->kept == 0) {
			end(r, RESTART_NOT_KEPT, at);
		}
	}
}

void
restart_end_of_rib(struct session *s, unsigned x, struct bgp_family family, const struct moment *at)
{
	const struct bgp_agreement *a = s->agreement;
	struct event_restart *r = s->restart[x];
	if (r == NULL || r->state != RESTART_BACK || a == NULL) {
		return;
	}
	for (size_t i = 0; i < a->family_count; i++) {
		const struct bgp_agreed_family *f = &a->families[i];
		if (!bgp_family_equal(f->family, family) || !f->graceful[x] || !f->forwarding[x]) {
			continue;
		}
		r->end_of_ribs++;
		if (r->end_of_ribs >= r->kept) {
			end(r, RESTART_COMPLETE, at);
		}
	}
}

void
restart_lost(struct session *s, const struct moment *at)
{
	for (unsigned x = 0; x < 2; x++) {
		if (s->restart[x] != NULL && s->restart[x]->state == RESTART_BACK) {
			end(s->restart[x], RESTART_CUT_SHORT, at);
		}
	}
}

static uint64_t
due_ns(const struct event_restart *r)
{
	uint64_t time = r->began_ns + r->time_s * SECOND_NS;
	return r->state == RESTART_WAITING ? time
	       : r->state == RESTART_STALE ? time + r->stale_time_s * SECOND_NS
					   : CLOCK_NEVER;
}

static void
expired(struct track *t, struct session *s, unsigned x, const struct moment *at)
{
	const struct event_restart *r = s->restart[x];
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {r->began_frame};
	struct finding_args args = {
		.cause = FINDING_GRACEFUL_RESTART_EXPIRED,
		.confidence = CONFIDENCE_CERTAIN,
		.session = s,
		.blame = &s->side[x].addr,
		.subject = &s->side[x].addr,
		.at = *at,
		.evidence = frames,
		.evidence_count = 1,
		.took_down = true,
	};
	address_text(&s->side[x].addr, a);
	address_text(&s->side[1 - x].addr, b);
	if (r->stale_time_s > 0) {
		finding_raise(t, &args,
			"the session was lost in frame %llu with graceful restart announced by %s (restart time %u s), and it did not come back in time: %s keeps its routes as stale for up to %u s more (long-lived graceful restart, RFC 9494)",
			(unsigned long long)r->began_frame, a, r->time_s, b, r->stale_time_s);
	} else {
		finding_raise(t, &args,
			"the session was lost in frame %llu with graceful restart announced by %s (restart time %u s), and it did not come back in time: %s drops the routes it has kept (RFC 4724 section 4.2)",
			(unsigned long long)r->began_frame, a, r->time_s, b);
	}
}

void
restart_tick(struct track *t, struct session *s)
{
	for (unsigned x = 0; x < 2; x++) {
		struct event_restart *r = s->restart[x];
		if (r == NULL || t->now.time_ns < due_ns(r)) {
			continue;
		}
		struct moment at = {.time_ns = due_ns(r), .input = t->now.input};
		if (r->state == RESTART_STALE) {
			end(r, RESTART_STALE_EXPIRED, &at);
			continue;
		}
		if (r->stale_time_s > 0) {
			r->state = RESTART_STALE;
		} else {
			end(r, RESTART_EXPIRED, &at);
		}
		/* A session that stands on another connection, unseen from here, is no such case. */
		if (!s->up) {
			expired(t, s, x, &at);
		}
	}
}

uint64_t
restart_due(const struct track *t, const struct session *s)
{
	uint64_t due = CLOCK_NEVER;
	for (unsigned x = 0; x < 2; x++) {
		if (s->restart[x] != NULL && due_ns(s->restart[x]) != CLOCK_NEVER) {
			due = clock_sooner(due, clock_due(t, due_ns(s->restart[x])));
		}
	}
	return due;
}

void
restart_tell(const struct track *t, const struct session *s, struct event_session *e,
	struct event_restart told[2])
{
	for (unsigned x = 0; x < 2; x++) {
		if (s->restart[x] == NULL) {
			continue;
		}
		struct event_restart *r = &told[x];
		e->side[x].restart = r;
		*r = *s->restart[x];
		r->began_ns = shown_ns(t, r->began_ns);
		r->back_ns = shown_ns(t, r->back_ns);
		r->ended_ns = shown_ns(t, r->ended_ns);
	}
}

void
restart_destroy(struct session *s)
{
	free(s->restart[0]);
	free(s->restart[1]);
}
