/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One word for a session, and the cause that stands at its root: of all that was found the one with
 * the lowest rank (findings.def), for causes of the link explain those of TCP, these the ones of BGP.
 * What the user expects has no part in it: a session may be healthy and yet not the one that was wanted.
 */
#include "track/internal.h"

/*
 * Trouble with TCP that began after the session had been taken down is a consequence; and where the two
 * did exchange OPENs and one was refused, a call that failed is beside the point. What lies below TCP (a
 * dead link, an address used twice) may be the root all the same.
 */
enum { RANK_OF_OPEN = 38, RANK_OF_SETUP = 49, RANK_OF_LASTING = 76, RANK_OF_CONSEQUENCE = 86, GUESS = 15, REPEATS = 3 };

static bool
tcp_is_beside_the_point(const struct session *s)
{
	for (const struct finding *f = s->findings; f != NULL; f = f->next) {
		int rank = finding_rank(f->cause);
		if (!f->resolved && f->severity == SEVERITY_ERROR && rank >= RANK_OF_OPEN &&
		    rank < RANK_OF_CONSEQUENCE && f->confidence == CONFIDENCE_CERTAIN) {
			return true;
		}
	}
	return rule_after_exit(s);
}

/* The session ended in good order, to come back by itself; and its keys do not fit since. */
static bool
keys_changed(const struct finding *f)
{
	if (f->session == NULL || f->confidence < CONFIDENCE_LIKELY ||
	    (f->cause != FINDING_MD5_MISMATCH && f->cause != FINDING_MD5_ONE_SIDED && f->cause != FINDING_AO_MISMATCH)) {
		return false;
	}
	for (const struct finding *o = f->session->findings; o != NULL; o = o->next) {
		if (o->took_down && !o->resolved && o->severity == SEVERITY_ERROR) {
			return false;
		}
	}
	return true;
}

static bool
is_consequence(const struct finding *f, bool beside)
{
	return beside && !f->took_down && f->cause != FINDING_NO_ROUTE && !keys_changed(f) &&
	       (finding_is_failed_call(f->cause) || f->cause == FINDING_PEER_NOT_CONFIGURED ||
		       f->cause == FINDING_CEASE_REJECTED ||
		       f->cause == FINDING_SILENT_ASN_MISMATCH ||
		       ((f->cause == FINDING_OPEN_UNANSWERED || f->cause == FINDING_STUCK_OPENCONFIRM) &&
			       f->session != NULL && rule_after_exit(f->session)));
}

/*
 * What called fails to do has changed since: the later failure is the one that lasts. And who refuses, yet calls
 * itself, is a daemon that does not listen, and need not: what stops its own calls is the matter.
 */
static bool
is_superseded(const struct session *s, const struct finding *f)
{
	if (f->cause == FINDING_NO_ROUTE) {
		/* Nobody answers for an address that was given up. */
		const struct finding *gone = finding_find(s, FINDING_SOURCE_ADDRESS_GONE);
		return gone != NULL && !gone->resolved && gone->confidence >= CONFIDENCE_LIKELY;
	}
	if (f->cause != FINDING_CONNECTION_REFUSED) {
		return false;
	}
	for (const struct finding *later = s->findings; later != NULL; later = later->next) {
		int rank = finding_rank(later->cause);
		if (later == f || later->resolved || later->severity != SEVERITY_ERROR) {
			continue;
		}
		if (rank < RANK_OF_OPEN && later->first.time_ns > f->last.time_ns) {
			return true;
		}
		if (finding_is_failed_call(later->cause) && later->cause != f->cause &&
		    address_equal(&later->subject, &f->subject)) {
			return true;
		}
	}
	return false;
}

static int
weight(const struct finding *f, bool beside)
{
	int rank = finding_rank(f->cause);
	if (is_consequence(f, beside) || (f->session != NULL && is_superseded(f->session, f))) {
		return RANK_OF_CONSEQUENCE;
	}
	/* Of what ended the session, a guess gives way to what is known. */
	if (f->confidence == CONFIDENCE_POSSIBLE && rank > RANK_OF_SETUP && rank < RANK_OF_LASTING) {
		rank = rank + GUESS < RANK_OF_LASTING ? rank + GUESS : RANK_OF_LASTING;
	}
	return rank;
}

/* Before the last word: consequences are no errors of their own. */
void
verdict_settle(struct session *s)
{
	bool beside = tcp_is_beside_the_point(s);
	for (struct finding *f = s->findings; f != NULL; f = f->next) {
		if (f->severity == SEVERITY_ERROR &&
		    (is_consequence(f, beside) || is_superseded(s, f))) {
			f->severity = SEVERITY_WARNING;
		}
	}
}

/* The root of the two; of one rank, the surer one. */
static bool
is_nearer(const struct finding *f, const struct finding *best, bool beside)
{
	int one = weight(f, beside), other = weight(best, beside);
	return one != other ? one < other : f->confidence > best->confidence;
}

static void
weigh(const struct finding *f, bool beside, const struct finding **best, bool *trouble)
{
	for (; f != NULL; f = f->next) {
		if (f->resolved || f->severity == SEVERITY_INFO ||
		    finding_is_expectation(f->cause)) {
			continue;
		}
		*trouble = true;
		if (*best == NULL || is_nearer(f, *best, beside)) {
			*best = f;
		}
	}
}

/*
 * The capture starts late, and what it has of this connection is one side that sends the same again and again
 * and hears nothing: that the session stands was inferred from the first copy, and need not have been true even then.
 */
bool
verdict_in_doubt_of(const struct link *link)
{
	for (unsigned dir = 0; dir < 2 && link->conn->midstream; dir++) {
		const struct machine *m = &link->machine[dir];
		if (m->retransmissions >= REPEATS && m->received.time_ns <= m->since_ns &&
		    m->retransmission.time_ns >= m->sent.time_ns) {
			return true;
		}
	}
	return false;
}

/* Of none of its connections it is known that they stand, and of one it seems so. */
bool
verdict_in_doubt(const struct session *s)
{
	bool doubt = s->ended_doubt;
	for (const struct link *link = s->links; link != NULL && !s->ended_sure; link = link->next) {
		if (link->up && !verdict_in_doubt_of(link)) {
			return false;
		}
		doubt = doubt || link->up;
	}
	return s->up && doubt && !s->ended_sure;
}

enum verdict
verdict_of(const struct track *t, const struct session *s, enum finding_cause *primary)
{
	(void)t;
	const struct finding *best = NULL;
	bool trouble = false;
	bool beside = tcp_is_beside_the_point(s);
	weigh(s->findings, beside, &best, &trouble);
	if (s->bfd != NULL) {
		weigh(s->bfd->findings, beside, &best, &trouble);
	}
	*primary = best != NULL ? best->cause : FINDING_NONE;
	if (s->exits > 0 && best == NULL && finding_find(s, FINDING_GRACEFUL_RESTART) != NULL) {
		*primary = FINDING_GRACEFUL_RESTART;
	}
	bool doubt = verdict_in_doubt(s);
	if (doubt && s->exits == 0) {
		return trouble ? VERDICT_DOWN : VERDICT_UNKNOWN;
	}
	if (s->up) {
		return s->exits > 0 ? VERDICT_FLAPPING : trouble ? VERDICT_DEGRADED
		     : s->unread ? VERDICT_UNKNOWN : VERDICT_HEALTHY;
	}
	return trouble || s->established_count > 0 ? VERDICT_DOWN : VERDICT_UNKNOWN;
}
