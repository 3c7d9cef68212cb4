/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies below TCP: a host that does not answer ARP or NDP, a link that was down for a while (catalogue,
 * A5 and C14).
 *
 * Who was asked for in vain and has been heard since is there; and a silence counts only where something
 * was due.
 */
#include "track/scene.h"

enum {
	REQUESTS_ENOUGH = 3, /* unanswered ARP requests or NDP solicitations */
	LONELY_CONTACTS = 4, /* pairs of ARP or NDP in a capture that is about one of them */
	BACKOFF = 3,         /* times the last interval: doubled, and some slack */
};

/* Its target was asked for by ARP or NDP in vain and has not been heard since. */
static bool
in_vain(const struct track *t, const struct contact *c)
{
	if (c->unanswered < REQUESTS_ENOUGH ||
	    c->last.time_ns < c->unanswered_since.time_ns + 2 * SECOND_NS) {
		return false;
	}
	const struct host *h = host_find(t, &c->target);
	return h == NULL || h->alive.time_ns < c->unanswered_since.time_ns;
}

const struct contact *
rule_asked_in_vain(struct track *t, const struct address *asker, const struct address *target)
{
	const struct contact *c = contact_find(t, asker, target);
	return c != NULL && in_vain(t, c) ? c : NULL;
}

void
rule_no_route(struct track *t, struct session *s, const struct contact *c,
	enum confidence confidence)
{
	char asker[ADDRESS_TEXT_MAX], target[ADDRESS_TEXT_MAX];
	unsigned x = session_side(s, &c->asker);
	if (finding_find(s, FINDING_SOURCE_ADDRESS_GONE) == NULL) {
		rule_card_goes_on(t, s, c);
	}
	struct finding *f = finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_NO_ROUTE,
			.confidence = confidence,
			.session = s,
			.subject = &s->side[x].addr,
			.at = c->last,
			.evidence = c->frames,
			.evidence_count = c->frame_count,
			.past = s->up, /* unless its hold timer runs out: see rule_hold_expired() */
		},
		"%s asks for %s with %s and nobody answers (%u requests in %.1f s): packets to %s do not even leave",
		address_text(&c->asker, asker), address_text(&c->target, target),
		c->target.family == 4 ? "ARP" : "neighbor solicitations", c->unanswered,
		scene_seconds(c->last.time_ns - c->unanswered_since.time_ns), target);
	if (f != NULL) {
		f->first = c->unanswered_since;
		f->count = c->unanswered;
	}
}

/* ARP and NDP in vain. Where a session of the pair is known it is judged as it happens; a pair of
 * which nothing else was seen is judged at the end only, with care: it need not be about BGP. */
void
rule_contacts(struct track *t, bool last)
{
	size_t count = last || t->contact_count < TRACK_CONTACTS_A_TICK ? t->contact_count
									: TRACK_CONTACTS_A_TICK;
	if (count == t->contact_count) {
		t->contact_judged = 0;
	}
	for (size_t i = 0; i < count; i++) {
		struct contact *c = contact_number(t, t->contact_judged++ % t->contact_count);
		if (c->judged || !in_vain(t, c)) {
			continue;
		}
		struct session *s = session_find(t, &c->asker, &c->target);
		bool known = s != NULL;
		if (!known) {
			/* ARP alone need not be about BGP: only where the capture has nothing else. */
			if (!last || t->session_count > 0 || t->bfd_count > 0 ||
			    t->contact_count > LONELY_CONTACTS) {
				continue;
			}
			s = session_get(t, &c->asker, &c->target, -1, 0, &c->first);
		}
		/* A capture of one direction has no answers. */
		unsigned y = session_side(s, &c->target);
		if (s->established_count > 0 && s->side[y].alive.time_ns == 0) {
			continue;
		}
		c->judged = last;
		struct finding *f = finding_find(s, FINDING_NO_ROUTE);
		if (f != NULL && f->count >= c->unanswered && !f->resolved) {
			continue;
		}
		if (known && s->total_links + (s->bfd != NULL ? 1u : 0u) > 0) {
			rule_no_route(t, s, c, CONFIDENCE_LIKELY);
		} else {
			rule_no_route(t, s, c,
				t->session_count == 1 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
		}
	}
}

/* The address was asked for in vain, and yet the connection of before went on: it was a moment. */
void
rule_route_came_back(const struct link *link)
{
	struct session *s = link->session;
	struct finding *f = finding_find(s, FINDING_NO_ROUTE);
	if (f == NULL || f->resolved || s->exits > 0) {
		return;
	}
	unsigned target = address_equal(&link->conn->side[0].addr, &f->subject) ? 1 : 0;
	const struct conn_side *side = &link->conn->side[target];
	if (link->first.time_ns < f->first.time_ns && side->last_ns > f->last.time_ns &&
	    side->rst_count == 0 && side->fin_count == 0) {
		f->resolved = true;
		f->severity = SEVERITY_INFO;
	}
}

/*
 * Nothing of any kind came from a host, its session or BFD fell meanwhile, and then the connection it
 * had before goes on: it was not restarted, it was cut off.
 */
void
rule_link_returned(struct track *t, struct link *link, unsigned dir, bool ended)
{
	struct session *s = link->session;
	struct speaker *x = &s->side[link_side(link, dir)];
	const struct host *h = x->host;
	const struct machine *m = &link->machine[dir];
	if (m->retransmission.time_ns == t->now.time_ns &&
	    (m->backoff_before_ns > 0 ? m->backoff_ns < BACKOFF * m->backoff_before_ns : link->conn->midstream)) {
		return; /* it had nothing to send but this, and its timer was not up, or may not have been */
	}
	if (h->silence_to.time_ns == 0 || !h->silence_resolved ||
	    t->now.time_ns > h->silence_to.time_ns + 5 * SECOND_NS ||
	    link->first.time_ns > h->silence_from.time_ns ||
	    finding_find(s, FINDING_LINK_DOWN) != NULL) {
		return;
	}
	uint64_t fell = s->bfd_lost.time_ns > s->lost.time_ns ? s->bfd_lost.time_ns : s->lost.time_ns;
	/* It ends a session now, of which its peer heard nothing for the whole hold time: nobody could say so. */
	bool unheard = ended && link->hold_ns != 0 && !s->lacks &&
		       h->silence_to.time_ns >= h->silence_from.time_ns + link->hold_ns;
	if (!unheard && (fell < h->silence_from.time_ns || fell > h->silence_to.time_ns + SECOND_NS)) {
		return;
	}
	char a[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {h->silence_from.frame, h->silence_to.frame, t->now.frame};
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_LINK_DOWN,
			.confidence = CONFIDENCE_LIKELY,
			.session = s,
			.subject = &x->addr,
			.at = h->silence_to,
			.evidence = frames,
			.evidence_count = 3,
			.took_down = true,
		},
		"nothing of any kind came from %s for %.1f s (after frame %llu), and then its old connection went on: its link was down, it was not restarted",
		address_text(&x->addr, a), scene_seconds(h->silence_to.time_ns - h->silence_from.time_ns),
		(unsigned long long)h->silence_from.frame);
}
