/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why no usable TCP connection comes about: SYNs that nobody answers, that are refused, that ICMP sends
 * back, that never leave because ARP or NDP finds nobody (catalogue, part A).
 *
 * Absence is evidence only as far as the capture reaches: a SYN counts as unanswered when its sender
 * itself repeats it, never because the file ends.
 */
#include "track/scene.h"

#include <stdio.h>
#include <string.h>

enum {
	SYNS_ENOUGH = 3,          /* unanswered ones before anything is said */
	REQUESTS_ENOUGH = 3,      /* unanswered ARP requests or NDP solicitations */
	OPEN_PATIENCE_S = 20,     /* for an OPEN or a first KEEPALIVE to come */
	SYNACKS_ENOUGH = 3,
	STUCK_S = 15,  /* how long a window may stay closed */
	SILENT_S = 30, /* how long two that are alive may not call */
	CLAIMS_ENOUGH = 2,
	SMALL_TTL = 4,       /* what an eBGP speaker sends that is not multihop, or too few hops */
	LONELY_CONTACTS = 4, /* pairs of ARP or NDP in a capture that is about one of them */
	RETRANSMISSIONS_ENOUGH = 3,
	BACKOFF = 3, /* times the last interval: doubled, and some slack */
	CAPABILITY_STRICT_BFD = 74,
	STORM_COUNT = 10, /* so often, */
	STORM_S = 5,      /* and no rarer than that, is a storm */
	RANK_OF_OPEN = 38, /* of findings.def */
	RANK_OF_ESTABLISHED = 50,
};

/* For an answer to a SYN. */
#define SYN_PATIENCE_NS (SECOND_NS * 9 / 10)

static double
seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

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

static const struct contact *
asked_in_vain(struct track *t, const struct address *asker, const struct address *target)
{
	const struct contact *c = contact_find(t, asker, target);
	return c != NULL && in_vain(t, c) ? c : NULL;
}

static void
raise_no_route(struct track *t, struct session *s, const struct contact *c,
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
		seconds(c->last.time_ns - c->unanswered_since.time_ns), target);
	if (f != NULL) {
		f->first = c->unanswered_since;
		f->count = c->unanswered;
	}
}

static void
syns_unanswered(struct track *t, struct session *s, unsigned x)
{
	struct speaker *from = &s->side[x];
	struct speaker *to = &s->side[1 - x];
	if (s->up || from->syns_unanswered < SYNS_ENOUGH ||
	    from->judged_syns == from->syns_unanswered ||
	    t->now.time_ns < from->syn_last.time_ns + SYN_PATIENCE_NS ||
	    from->syn_last.time_ns < from->syn_first.time_ns + 2 * SECOND_NS) {
		return;
	}
	from->judged_syns = from->syns_unanswered;
	if (s->icmp.time_ns >= from->syn_first.time_ns) {
		return; /* somebody did answer */
	}
	const struct contact *c = asked_in_vain(t, &from->addr, &to->addr);
	if (c != NULL) {
		raise_no_route(t, s, c, CONFIDENCE_CERTAIN);
		return;
	}
	bool explained = rule_signed_syns(t, s, x);
	/* A key may be the reason as well, unless both are known to have it. */
	bool in_doubt = (from->signature.options & (SEG_OPT_MD5 | SEG_OPT_AO)) != 0 &&
			!(from->signature.auth == SEG_AUTH_GOOD && to->syns_unanswered > 0 &&
				to->signature.auth == SEG_AUTH_GOOD &&
				from->signature.key == to->signature.key);
	const struct host *h = host_find(t, &to->addr);
	bool alive = h != NULL && h->alive.time_ns + 30 * SECOND_NS >= from->syn_first.time_ns;
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX], seen[128];
	if (alive) {
		snprintf(seen, sizeof(seen), "although it is alive (frame %llu is from it)",
			(unsigned long long)h->alive.frame);
	} else {
		snprintf(seen, sizeof(seen), "and the capture has no packet from it at all: it may be down, or only one direction was captured");
	}
	struct finding *f = finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_FIREWALL_DROP,
			.confidence = alive && !explained && !in_doubt ? CONFIDENCE_LIKELY
									       : CONFIDENCE_POSSIBLE,
			.session = s,
			.subject = &from->addr,
			.at = from->syn_last,
			.evidence = from->unanswered_frames,
			.evidence_count = from->unanswered_frame_count,
			.lower_severity = rule_after_exit(s),
		},
		"%s sends SYNs to TCP port 179 of %s and gets no answer of any kind (%u SYNs in %.1f s), %s",
		address_text(&from->addr, a), address_text(&to->addr, b), from->syns_unanswered,
		seconds(from->syn_last.time_ns - from->syn_first.time_ns), seen);
	if (f != NULL) {
		if (f->count == 1) {
			f->first = from->syn_first;
		}
		f->count = from->attempts_unanswered;
		if (alive) {
			finding_evidence(f, h->alive.frame);
		}
	}
}

void
rule_refused(struct track *t, struct link *link, unsigned refuser)
{
	struct session *s = link->session;
	unsigned x = link_side(link, refuser);
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	const struct speaker *side = &s->side[x];
	uint64_t frames[] = {link->conn->side[1 - refuser].first_syn_frame};
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_CONNECTION_REFUSED,
			.confidence = CONFIDENCE_CERTAIN,
			.session = s,
			.blame = &side->addr,
			.subject = &side->addr,
			.at = t->now,
			.evidence = frames,
			.evidence_count = 1,
			.lower_severity = s->up || rule_after_exit(s),
			.past = s->up,
		},
		"%s refuses the connection of %s to TCP port %u (RST in answer to the SYN)",
		address_text(&side->addr, a), address_text(&s->side[1 - x].addr, b),
		link->conn->side[refuser].port);
}

/* What an ICMP error about a BGP segment says: RFC 792, RFC 1812 section 5.2.7, RFC 4443. */
static enum finding_cause
icmp_cause(const struct icmp_note *note)
{
	if (note->family == 4) {
		if (note->type == 3) {
			switch (note->code) {
			case 9:
			case 10:
			case 13:
				return FINDING_ICMP_PROHIBITED;
			case 4:
				return FINDING_NONE; /* fragmentation needed: about size */
			default:
				return FINDING_ICMP_UNREACHABLE;
			}
		}
		return note->type == 11 && note->code == 0 ? FINDING_EBGP_MULTIHOP_NEEDED
							   : FINDING_NONE;
	}
	if (note->type == 1) {
		return note->code == 1 || note->code == 5 ? FINDING_ICMP_PROHIBITED
							  : FINDING_ICMP_UNREACHABLE;
	}
	return note->type == 3 && note->code == 0 ? FINDING_EBGP_MULTIHOP_NEEDED : FINDING_NONE;
}

/* Did the segment that ran out of hops leave with no more than a few? */
static bool
sent_with_small_ttl(struct track *t, const struct icmp_note *note)
{
	const struct session *s =
		session_find_in(t, &note->quoted_src, &note->quoted_dst, note->ip->vlan);
	for (const struct link *link = s != NULL ? s->links : NULL; link != NULL; link = link->next) {
		for (unsigned dir = 0; dir < 2; dir++) {
			const struct conn_side *side = &link->conn->side[dir];
			if (side->seen && side->port == note->quoted_src_port &&
			    address_equal(&side->addr, &note->quoted_src)) {
				return side->ttl_first <= SMALL_TTL;
			}
		}
	}
	return s == NULL || s->links == NULL; /* its own packets are not in the capture */
}

/* What it complains of is cut off: it may be any call of the host that it was sent to. */
static void
icmp_about_anything(struct track *t, const struct icmp_note *note)
{
	const struct host *h = host_find(t, &note->ip->dst);
	for (struct speaker *side = h != NULL ? h->speakers : NULL; side != NULL; side = side->host_next) {
		side->session->icmp = moment_of(note->ip);
	}
}

void
rule_icmp(struct track *t, const struct icmp_note *note)
{
	enum finding_cause cause = icmp_cause(note);
	if (cause != FINDING_NONE && note->ip->cut &&
	    (note->quoted_dst.family == 0 || note->quoted_protocol == 0)) {
		icmp_about_anything(t, note);
		return;
	}
	if (cause == FINDING_EBGP_MULTIHOP_NEEDED && !sent_with_small_ttl(t, note)) {
		cause = FINDING_ICMP_UNREACHABLE; /* a routing loop, or a traceroute */
	}
	bool bgp = note->quoted_dst_port == 179 || note->quoted_src_port == 179;
	struct session *s = session_find_in(t, &note->quoted_src, &note->quoted_dst, note->ip->vlan);
	if (cause == FINDING_NONE || note->quoted_protocol != 6 || (s == NULL && !bgp)) {
		return;
	}
	struct moment at = moment_of(note->ip);
	if (s == NULL) {
		s = session_get(t, &note->quoted_src, &note->quoted_dst, -1, note->ip->vlan, &at);
	}
	s->icmp = at;
	unsigned x = session_side(s, &note->quoted_src);
	/* The segment was answered, though not by its addressee. */
	s->side[x].syns_unanswered = 0;
	char who[ADDRESS_TEXT_MAX], a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {s->side[x].syn_last.frame};
	finding_raise(t,
		&(struct finding_args){
			.cause = cause,
			.confidence = CONFIDENCE_CERTAIN,
			.session = s,
			.blame = cause == FINDING_EBGP_MULTIHOP_NEEDED ? NULL : &note->ip->src,
			.subject = &s->side[x].addr,
			.at = at,
			.evidence = frames,
			.evidence_count = 1,
			.lower_severity = s->up || rule_after_exit(s),
			.past = s->up,
		},
		cause == FINDING_ICMP_PROHIBITED
			? "%s prohibits the segments of %s to TCP port 179 of %s (%s type %u code %u): a filter rejects them"
		: cause == FINDING_ICMP_UNREACHABLE
			? "%s says that what %s sends to TCP port 179 of %s cannot be delivered (%s type %u code %u)"
			: "%s drops the segments of %s to %s because their TTL runs out (%s type %u code %u): the peers are more than one hop apart",
		address_text(&note->ip->src, who), address_text(&note->quoted_src, a),
		address_text(&note->quoted_dst, b), note->family == 4 ? "ICMP" : "ICMPv6", note->type,
		note->code);
}

/* SYN-ACKs that nobody acknowledges: x answers, and y does not hear it. */
static void
return_path(struct scene *scene)
{
	struct link *link = scene->link;
	const struct conn_side *own = &link->conn->side[scene->dir];
	if (link->return_told || link->conn->handshake || link->conn->midstream ||
	    own->synack_count < SYNACKS_ENOUGH || link->machine[0].messages > 0 ||
	    link->machine[1].messages > 0) {
		return;
	}
	link->return_told = true;
	if (rule_unsigned_answer(scene)) {
		return;
	}
	uint64_t frames[] = {own->first_synack_frame,
		link->conn->side[1 - scene->dir].first_syn_frame};
	struct finding_args args = scene_args(scene, FINDING_RETURN_PATH_DROP, CONFIDENCE_LIKELY);
	args.subject = &scene->y->addr;
	args.evidence = frames;
	args.evidence_count = 2;
	finding_raise(scene->t, &args,
		"%s answers the SYN of %s with SYN-ACK (%u times) and no ACK follows: its answers do not reach %s",
		scene->xt, scene->yt, own->synack_count, scene->yt);
}

/* y takes only what comes with TTL 255, and x sends with less (RFC 5082). */
static void
ttl_security(struct scene *scene)
{
	struct link *link = scene->link;
	const struct machine *own = &link->machine[scene->dir];
	if (link->ignored || own->data_ttl == 0 || own->data_ttl == 255 ||
	    link->conn->side[1 - scene->dir].ttl_min != 255 || !link->conn->handshake ||
	    own->retransmissions < RETRANSMISSIONS_ENOUGH || own->messages == 0) {
		return;
	}
	/* The OPEN may get in, before the daemon has told its kernel (BIRD does after the call). */
	bool at_first = own->acked.time_ns < own->open.at.time_ns + SECOND_NS &&
			link->machine[1 - scene->dir].established.time_ns == 0;
	if (own->acked.time_ns != 0 && !at_first) {
		return;
	}
	link->ignored = true;
	uint64_t frames[] = {own->open.at.frame, own->retransmission.frame};
	struct finding_args args = scene_args(scene, FINDING_GTSM_MISMATCH, CONFIDENCE_LIKELY);
	args.subject = &scene->y->addr;
	args.evidence = frames;
	args.evidence_count = 2;
	finding_raise(scene->t, &args,
		"%s sends everything with TTL 255 and does not take what %s sends with TTL %u (%u retransmissions without an acknowledgement): TTL security (RFC 5082) on one side only",
		scene->yt, scene->xt, own->data_ttl, own->retransmissions);
}

/* x keeps its window closed: its TCP lives, its daemon does not read. */
static void
window_closed(struct scene *scene)
{
	struct link *link = scene->link;
	const struct conn_side *own = &link->conn->side[scene->dir];
	uint64_t now_ns = scene->at->time_ns;
	if (link->stuck_told || !own->window_zero || !link->conn->side[1 - scene->dir].seen ||
	    own->last_ns <= own->window_zero_since_ns + STUCK_S * SECOND_NS) {
		return;
	}
	link->stuck_told = true;
	uint64_t frames[] = {own->window_zero_frame};
	struct finding_args args = scene_args(scene, FINDING_RECEIVER_STUCK, CONFIDENCE_LIKELY);
	args.blame = &scene->x->addr;
	args.evidence = frames;
	args.evidence_count = 1;
	finding_raise(scene->t, &args,
		"%s has closed its TCP window for %.0f s (since frame %llu) and still acknowledges: its BGP daemon does not read what %s sends",
		scene->xt, seconds(now_ns - own->window_zero_since_ns),
		(unsigned long long)own->window_zero_frame, scene->yt);
}

static bool
is_strict(const struct open_seen *open)
{
	struct bgp_capability_iter iter = bgp_capabilities(&open->open);
	struct bgp_capability capability;
	while (bgp_next_capability(&iter, &capability)) {
		if (capability.code == CAPABILITY_STRICT_BFD) {
			return true;
		}
	}
	return false;
}

/* Both offer strict mode: neither confirms before BFD is Up (draft-ietf-idr-bgp-bfd-strict-mode). */
static bool
waits_for_bfd(struct scene *scene)
{
	const struct session *s = scene->s;
	const struct link *link = scene->link;
	if ((s->bfd != NULL && s->bfd->up) || !is_strict(&link->machine[0].open) ||
	    !is_strict(&link->machine[1].open)) {
		return false;
	}
	uint64_t frames[2];
	/* What BFD itself shows is nearer to the root. */
	bool known = s->bfd != NULL && s->bfd->findings != NULL;
	struct finding_args args = scene_args(scene, FINDING_BFD_ABSENT, known ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
	args.subject = NULL;
	args.severe = true;
	args.evidence = frames;
	args.evidence_count = scene_open_frames(link, frames);
	finding_raise(scene->t, &args,
		"both OPENs offer BFD strict mode (capability 74), and BFD between %s and %s is %s: the session waits for it",
		scene->xt, scene->yt, s->bfd == NULL ? "not in the capture" : "not Up");
	return true;
}

void
rule_unconfirmed(struct scene *scene, enum confidence confidence)
{
	struct link *link = scene->link;
	const struct machine *own = &link->machine[scene->dir];
	uint64_t frames[2];
	link->confirm_told = true;
	if (waits_for_bfd(scene)) {
		return;
	}
	struct finding_args args = scene_args(scene, FINDING_STUCK_OPENCONFIRM, confidence);
	args.blame = confidence == CONFIDENCE_CERTAIN ? &scene->y->addr : NULL;
	args.evidence = frames;
	args.evidence_count = scene_open_frames(link, frames);
	finding_raise(scene->t, &args,
		own->state == BGP_STATE_OPENCONFIRM
			? "both OPENs are exchanged and %s confirms, but the KEEPALIVE of %s has been missing for %.0f s"
			: "both OPENs are exchanged, and neither %s nor %s confirms with a KEEPALIVE (%.0f s)",
		scene->xt, scene->yt, seconds(scene->at->time_ns - own->since_ns));
}

/* x waits for the OPEN, or for the first KEEPALIVE, of y. */
static void
missing_answer(struct scene *scene)
{
	struct link *link = scene->link;
	const struct machine *own = &link->machine[scene->dir];
	const struct machine *peer = &link->machine[1 - scene->dir];
	uint64_t now_ns = scene->at->time_ns;
	uint64_t patience = OPEN_PATIENCE_S * SECOND_NS;
	/* A peer whose side is not in the capture may have answered; and where a newer connection was
	 * opened, this one ended unseen. */
	if (scene->s->links != link || !link->conn->side[1 - scene->dir].seen || own->done || peer->done || scene->s->up ||
	    link->ignored || !own->open.seen) {
		return;
	}
	uint64_t frames[] = {own->open.at.frame, peer->open.at.frame};
	if (!link->open_told && !peer->open.seen && peer->messages == 0 && own->open_acked &&
	    link->conn->handshake && now_ns > own->open.at.time_ns + patience) {
		link->open_told = true;
		struct finding_args args =
			scene_args(scene, FINDING_OPEN_UNANSWERED, CONFIDENCE_LIKELY);
		args.evidence = frames;
		args.evidence_count = 1;
		finding_raise(scene->t, &args,
			"the OPEN of %s was acknowledged by TCP of %s, and no OPEN came back for %.0f s",
			scene->xt, scene->yt, seconds(now_ns - own->open.at.time_ns));
	}
	if (!link->confirm_told && peer->open.seen && own->state == BGP_STATE_OPENSENT &&
	    peer->state == BGP_STATE_OPENSENT && now_ns > own->open.at.time_ns + patience &&
	    now_ns > peer->open.at.time_ns + patience) {
		link->confirm_told = true;
		(void)waits_for_bfd(scene);
	}
	if (!link->confirm_told && peer->open.seen && own->state == BGP_STATE_OPENCONFIRM &&
	    peer->state == BGP_STATE_OPENSENT && now_ns > own->since_ns + patience) {
		rule_unconfirmed(scene, CONFIDENCE_LIKELY);
	}
}

/* A new call while the connection before it has not been seen to end: the capture lacks something, and
 * what that connection seemed to wait for may be it. */
void
rule_called_anew(struct session *s, const struct link *link)
{
	const struct link *before = link->next;
	if (before == NULL || before->machine[0].closed || before->machine[1].closed) {
		return;
	}
	for (struct finding *f = s->findings; f != NULL; f = f->next) {
		if ((f->cause == FINDING_OPEN_UNANSWERED || f->cause == FINDING_STUCK_OPENCONFIRM) &&
		    f->confidence == CONFIDENCE_LIKELY) {
			f->confidence = CONFIDENCE_POSSIBLE;
		}
	}
}

/* Most connections most of the time are quiet: a cheap look before the closer ones. */
static bool
needs_a_look(const struct link *link)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		const struct machine *m = &link->machine[dir];
		const struct conn_side *side = &link->conn->side[dir];
		if (side->window_zero || message_judged(m)->bad_update.at.time_ns != 0 ||
		    m->retransmissions >= RETRANSMISSIONS_ENOUGH ||
		    side->synack_count >= SYNACKS_ENOUGH ||
		    (m->open.seen && !link->was_established)) {
			return true;
		}
	}
	return false;
}

uint64_t
rule_link_due(const struct track *t, const struct link *link)
{
	uint64_t due = CLOCK_NEVER;
	if (!needs_a_look(link)) {
		return due;
	}
	for (unsigned dir = 0; dir < 2; dir++) {
		const struct machine *m = &link->machine[dir];
		due = clock_sooner(due, rule_bad_update_due(t, link, dir));
		if (m->open.seen && !link->was_established) { /* missing_answer() */
			uint64_t patience = OPEN_PATIENCE_S * SECOND_NS + 1;
			due = clock_sooner(due, clock_due(t, m->open.at.time_ns + patience));
			due = clock_sooner(due, clock_due(t, m->since_ns + patience));
		}
	}
	return due;
}

/* A connection that does not get on. */
void
rule_link_tick(struct track *t, struct link *link)
{
	if (!needs_a_look(link)) {
		return;
	}
	for (unsigned dir = 0; dir < 2; dir++) {
		struct scene scene;
		scene_set(&scene, t, link, dir, &t->now);
		rule_bad_update(t, link, dir);
		return_path(&scene);
		ttl_security(&scene);
		window_closed(&scene);
		missing_answer(&scene);
	}
}

/* Once for each call, not for each SYN that TCP sends again. */
static bool
is_counted_by_call(enum finding_cause cause)
{
	int rank = finding_rank(cause);
	return (rank >= RANK_OF_OPEN && rank < RANK_OF_ESTABLISHED) || cause == FINDING_FIREWALL_DROP ||
	       cause == FINDING_CONNECTION_REFUSED || cause == FINDING_PEER_NOT_CONFIGURED ||
	       cause == FINDING_CEASE_REJECTED;
}

/* The same failure again and again, with hardly a pause: RFC 4271 suggests 120 s (section 10). */
static void
retry_storm(struct track *t, struct session *s)
{
	const struct finding *worst = NULL;
	for (const struct finding *f = s->findings; f != NULL; f = f->next) {
		if (is_counted_by_call(f->cause) && !f->resolved && f->count >= STORM_COUNT &&
		    f->last.time_ns - f->first.time_ns <= (f->count - 1) * STORM_S * SECOND_NS &&
		    (worst == NULL || f->count > worst->count)) {
			worst = f;
		}
	}
	struct finding *told = finding_find(s, FINDING_RETRY_STORM);
	if (worst == NULL || s->up || (told != NULL && told->count >= worst->count)) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	double time = seconds(worst->last.time_ns - worst->first.time_ns);
	struct finding *f = finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_RETRY_STORM,
			.confidence = CONFIDENCE_CERTAIN,
			.session = s,
			.at = worst->last,
			.evidence = worst->evidence,
			.evidence_count = worst->evidence_count,
		},
		"%s and %s try again every %.1f s (%llu times in %.0f s), and it ends the same way each time: %s",
		address_text(&s->side[0].addr, a), address_text(&s->side[1].addr, b),
		time / (double)(worst->count - 1), (unsigned long long)worst->count, time,
		finding_title(worst->cause));
	if (f != NULL) {
		f->first = worst->first;
		f->count = worst->count;
	}
}

void
rule_session_tick(struct track *t, struct session *s)
{
	for (unsigned x = 0; x < 2; x++) {
		syns_unanswered(t, s, x);
	}
	retry_storm(t, s);
	restart_tick(t, s);
}

uint64_t
rule_session_due(const struct track *t, const struct session *s)
{
	uint64_t due = restart_due(t, s);
	for (unsigned x = 0; x < 2; x++) {
		const struct speaker *from = &s->side[x];
		if (from->judged_syns != from->syns_unanswered) {
			due = clock_sooner(due, clock_due(t, from->syn_last.time_ns + SYN_PATIENCE_NS));
		}
	}
	return due;
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
			raise_no_route(t, s, c, CONFIDENCE_LIKELY);
		} else {
			raise_no_route(t, s, c,
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

/* A dead path was noticed by the hold timer, and nothing else looked for it. */
static void
without_bfd(struct track *t, struct session *s)
{
	const struct finding *f = finding_find(s, FINDING_HOLD_TIMER_EXPIRED);
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX], hold[64] = "";
	/* A daemon that stands still, or large packets alone, BFD does not notice. */
	if (f == NULL || !f->took_down || f->blame.family != 0 || s->bfd != NULL ||
	    finding_find(s, FINDING_MTU_BLACK_HOLE) != NULL) {
		return;
	}
	if (s->hold_time_s > 0) {
		snprintf(hold, sizeof(hold), " of %d s", (int)s->hold_time_s);
	}
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_BFD_ABSENT,
			.confidence = CONFIDENCE_POSSIBLE,
			.session = s,
			.at = f->last,
			.lower_severity = true,
		},
		"the capture has no BFD between %s and %s (if its filter lets UDP 3784 pass): that one is gone is noticed after the hold time%s",
		address_text(&s->side[0].addr, a), address_text(&s->side[1].addr, b), hold);
}

/* Nobody calls although both are there. */
void
rule_session_end(struct track *t, struct session *s)
{
	without_bfd(t, s);
	if (t->options.any_port || s->total_links > 0 || s->icmp.time_ns != 0 ||
	    (s->findings != NULL && (s->findings->next != NULL ||
				    s->findings->cause != FINDING_BFD_UP_BGP_DOWN))) {
		return;
	}
	const struct host *h[2] = {host_find(t, &s->side[0].addr), host_find(t, &s->side[1].addr)};
	if (h[0] == NULL || h[1] == NULL ||
	    t->now.time_ns < s->first.time_ns + SILENT_S * SECOND_NS) {
		return;
	}
	bool bfd_up = s->bfd != NULL && s->bfd->up;
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	static const enum finding_cause causes[] = {FINDING_INITIATOR_SILENT, FINDING_BOTH_PASSIVE};
	for (unsigned i = 0; i < 2; i++) {
		uint64_t frames[] = {h[0]->alive.frame, h[1]->alive.frame};
		finding_raise(t,
			&(struct finding_args){
				.cause = causes[i],
				.confidence = CONFIDENCE_POSSIBLE,
				.session = s,
				.at = t->now,
				.evidence = frames,
				.evidence_count = 2,
			},
			i == 0 ? "%s and %s are both alive%s, and neither sends a single SYN to TCP port 179 in %.0f s: a caller has no route to its peer or no family activated, drops its own packets, or both are passive"
			       : "%s and %s are both alive%s, and neither calls in %.0f s: perhaps both are passive; packets cannot tell that from a caller that does not try",
			address_text(&s->side[0].addr, a), address_text(&s->side[1].addr, b),
			bfd_up ? " (BFD is Up)" : "", seconds(t->now.time_ns - s->first.time_ns));
	}
}

/* Two hosts claim one address by ARP or NDP, in turn: once may be a move, back again is a conflict. */
void
rule_address_claimed(struct track *t, const struct host *h, const struct moment *at)
{
	static const uint8_t vrrp[] = {0x00, 0x00, 0x5e, 0x00};
	if (h->claims_changed < CLAIMS_ENOUGH || memcmp(h->mac, vrrp, sizeof(vrrp)) == 0 ||
	    memcmp(h->other_mac, vrrp, sizeof(vrrp)) == 0) {
		return;
	}
	char a[ADDRESS_TEXT_MAX];
	for (struct speaker *side = h->speakers; side != NULL; side = side->host_next) {
		struct session *s = side->session;
		uint64_t frames[] = {h->claim.frame};
		finding_raise(t,
			&(struct finding_args){
				.cause = FINDING_ADDRESS_CONFLICT,
				.confidence = CONFIDENCE_LIKELY,
				.session = s,
				.subject = &h->addr,
				.at = *at,
				.evidence = frames,
				.evidence_count = 1,
				.took_down = s->exits > 0 || !s->up,
			},
			"two hosts use %s: %02x:%02x:%02x:%02x:%02x:%02x and %02x:%02x:%02x:%02x:%02x:%02x answer for it in turn",
			address_text(&h->addr, a), h->mac[0], h->mac[1], h->mac[2], h->mac[3],
			h->mac[4], h->mac[5], h->other_mac[0], h->other_mac[1],
			h->other_mac[2], h->other_mac[3], h->other_mac[4], h->other_mac[5]);
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
		address_text(&x->addr, a), seconds(h->silence_to.time_ns - h->silence_from.time_ns),
		(unsigned long long)h->silence_from.frame);
}

/* The same SYN twice within a second, from two addresses: something between rewrites the source. */
void
rule_same_syn(struct track *t, struct link *link, const struct seg *seg)
{
	/* An initial sequence number alone may be anybody's; with the same timestamp it is no accident. */
	if (!(seg->options & SEG_OPT_TIMESTAMP)) {
		return;
	}
	for (unsigned i = 0; i < SYNS_REMEMBERED; i++) {
		const struct syn_seen *seen = &t->syns[i];
		if (seen->session == 0 || seen->isn != seg->seq || seg->timestamp == 0 ||
		    seen->timestamp != seg->timestamp ||
		    address_equal(&seen->src, &seg->ip->src) || seg->flags & SEG_ACK ||
		    t->now.time_ns > seen->at.time_ns + SECOND_NS) {
			continue;
		}
		struct session *pair[] = {session_find(t, &seen->src, &seen->dst), link->session};
		char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
		uint64_t frames[] = {seen->at.frame, t->now.frame};
		for (unsigned k = 0; k < 2; k++) {
			if (pair[k] == NULL) {
				continue;
			}
			finding_raise(t,
				&(struct finding_args){
					.cause = FINDING_SOURCE_NAT,
					.confidence = CONFIDENCE_CERTAIN,
					.session = pair[k],
					.at = t->now,
					.evidence = frames,
					.evidence_count = 2,
				},
				"the SYN of %s to %s appears a second time with the source address %s: its source is translated (NAT) on the way, and the peer sees another neighbor",
				address_text(&seen->src, a), address_text(&seen->dst, b),
				address_text(&seg->ip->src, c));
		}
	}
	t->syns[t->next_syn] = (struct syn_seen){.at = t->now, .session = link->session->id,
		.src = seg->ip->src, .dst = seg->ip->dst, .isn = seg->seq,
		.timestamp = seg->timestamp};
	t->next_syn = (t->next_syn + 1) % SYNS_REMEMBERED;
}
