/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why no usable TCP connection comes about: SYNs that nobody answers, that are refused, that ICMP sends
 * back, or that nobody sends (catalogue, part A).
 *
 * Absence is evidence only as far as the capture reaches: a SYN counts as unanswered when its sender
 * itself repeats it, never because the file ends.
 */
#include "track/scene.h"

#include <stdio.h>
#include <string.h>

enum {
	SYNS_ENOUGH = 3,   /* unanswered ones before anything is said */
	SILENT_S = 30,     /* how long two that are alive may not call */
	SMALL_TTL = 4,     /* what an eBGP speaker sends that is not multihop, or too few hops */
	STORM_COUNT = 10,  /* so often, */
	STORM_S = 5,       /* and no rarer than that, is a storm */
	RANK_OF_OPEN = 38, /* of findings.def */
	RANK_OF_ESTABLISHED = 50,
};

/* For an answer to a SYN. */
#define SYN_PATIENCE_NS (SECOND_NS * 9 / 10)

/* The last ICMP error about its calls, 0: none. One that is cut may be about any call of the host that got it. */
static uint64_t
icmp_at(const struct session *s)
{
	uint64_t at = s->icmp.time_ns;
	for (unsigned x = 0; x < 2; x++) {
		uint64_t cut = s->side[x].host->icmp.time_ns;
		at = cut >= s->first.time_ns && cut > at ? cut : at;
	}
	return at;
}

/* The calls of x have TTL 1, and nothing shows that the other is on the same link: there was no session, and it never
 * spoke ARP or NDP, nor BFD over a single hop. */
static bool
calls_end_at_a_router(const struct session *s, unsigned x)
{
	const struct host *to = s->side[1 - x].host;
	for (const struct link *link = s->established_count > 0 ? NULL : s->links; link != NULL; link = link->next) {
		for (unsigned dir = 0; dir < 2; dir++) {
			const struct conn_side *side = &link->conn->side[dir];
			if (link_side(link, dir) == x && side->syn_count > 0) {
				return side->ttl_first == 1 && to->resolved.time_ns == 0 &&
					(s->bfd == NULL || strcmp(s->bfd->mode, "single-hop") != 0);
			}
		}
	}
	return false;
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
	if (icmp_at(s) >= from->syn_first.time_ns) {
		return; /* somebody did answer */
	}
	const struct contact *c = rule_asked_in_vain(t, &from->addr, &to->addr);
	if (c != NULL) {
		rule_no_route(t, s, c, CONFIDENCE_CERTAIN);
		return;
	}
	bool explained = rule_signed_syns(t, s, x);
	/* A key may be the reason as well, unless both are known to have it. */
	bool in_doubt = (from->signature.options & (SEG_OPT_MD5 | SEG_OPT_AO)) != 0 && !rule_keys_worked(s) &&
			!(from->signature.auth == SEG_AUTH_GOOD && to->syns_unanswered > 0 &&
				to->signature.auth == SEG_AUTH_GOOD &&
				from->signature.key == to->signature.key);
	const struct host *h = host_find(t, &to->addr);
	bool alive = h != NULL && h->alive.time_ns + 30 * SECOND_NS >= from->syn_first.time_ns;
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX], ports[PORTS_TEXT_MAX], seen[128];
	bool near_only = calls_end_at_a_router(s, x);
	in_doubt = in_doubt || near_only || finding_find(s, FINDING_EBGP_MULTIHOP_NEEDED) != NULL;
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
		"%s sends SYNs to TCP port %s of %s and gets no answer of any kind (%u SYNs in %.1f s), %s%s",
		address_text(&from->addr, a), session_ports(t, s, ports), address_text(&to->addr, b), from->syns_unanswered,
		scene_seconds(from->syn_last.time_ns - from->syn_first.time_ns), seen,
		near_only ? "; they have TTL 1, with which no router passes them on: unless the two are on one link, what lacks is multihop" : "");
	if (f != NULL) {
		if (f->count == 1) {
			f->first = from->syn_first;
		}
		f->count = from->attempts_unanswered > 0 ? from->attempts_unanswered : 1; /* the first SYN was answered */
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
				/* A kernel answers a SYN with a TTL of its own; the daemon's is that of what follows. */
				return side->ttl_first <= SMALL_TTL || side->ttl_min <= SMALL_TTL;
			}
		}
	}
	return s == NULL || s->links == NULL; /* its own packets are not in the capture */
}

static bool
speaks_bgp(const struct track *t, uint16_t port)
{
	bool found = port == BGP_PORT;
	for (size_t i = 0; i < t->options.port_count && !found; i++) {
		found = t->options.ports[i] == port;
	}
	return found;
}

/* To whom the segment went that an ICMP error quotes; what went back to who had called is told by where it came from. */
static void
quoted_receiver(const struct track *t, const struct icmp_note *note, enum finding_cause cause, char *text, size_t room)
{
	char to[ADDRESS_TEXT_MAX];
	address_text(&note->quoted_dst, to);
	if (cause == FINDING_EBGP_MULTIHOP_NEEDED || note->quoted_dst_port == 0) {
		snprintf(text, room, "%s", to);
	} else if (speaks_bgp(t, note->quoted_src_port) && !speaks_bgp(t, note->quoted_dst_port)) {
		snprintf(text, room, "%s from TCP port %u", to, note->quoted_src_port);
	} else {
		snprintf(text, room, "TCP port %u of %s", note->quoted_dst_port, to);
	}
}

void
rule_icmp(struct track *t, const struct icmp_note *note)
{
	enum finding_cause cause = icmp_cause(note);
	if (cause != FINDING_NONE && note->ip->cut &&
	    (note->quoted_dst.family == 0 || note->quoted_protocol == 0)) {
		struct moment at = moment_of(note->ip);
		host_sent_back(t, &note->ip->dst, &at);
		return;
	}
	if (cause == FINDING_EBGP_MULTIHOP_NEEDED && !sent_with_small_ttl(t, note)) {
		cause = FINDING_ICMP_UNREACHABLE; /* a routing loop, or a traceroute */
	}
	bool bgp = speaks_bgp(t, note->quoted_dst_port) || speaks_bgp(t, note->quoted_src_port);
	struct session *s = session_find_in(t, &note->quoted_src, &note->quoted_dst, note->ip->vlan);
	if (cause == FINDING_NONE || note->quoted_protocol != 6 || (s == NULL && !bgp)) {
		return;
	}
	struct moment at = moment_of(note->ip);
	if (s == NULL) {
		s = session_get(t, &note->quoted_src, &note->quoted_dst, -1, note->ip->vlan, &at);
	}
	s->icmp = at;
	bool up = s->up && !verdict_in_doubt(s);
	unsigned x = session_side(s, &note->quoted_src);
	/* The segment was answered, though not by its addressee. */
	s->side[x].syns_unanswered = 0;
	char who[ADDRESS_TEXT_MAX], a[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX + 40];
	quoted_receiver(t, note, cause, to, sizeof(to));
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
			.lower_severity = up || rule_after_exit(s),
			.past = up,
		},
		cause == FINDING_ICMP_PROHIBITED
			? "%s prohibits the segments of %s to %s (%s type %u code %u): a filter rejects them"
		: cause == FINDING_ICMP_UNREACHABLE
			? "%s says that what %s sends to %s cannot be delivered (%s type %u code %u)"
			: "%s drops the segments of %s to %s because their TTL runs out (%s type %u code %u): the peers are more than one hop apart",
		address_text(&note->ip->src, who), address_text(&note->quoted_src, a), to,
		note->family == 4 ? "ICMP" : "ICMPv6", note->type, note->code);
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
	double time = scene_seconds(worst->last.time_ns - worst->first.time_ns);
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
	if (t->options.any_port || s->total_links > 0 || icmp_at(s) != 0 ||
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
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX], ports[PORTS_TEXT_MAX];
	session_ports(t, s, ports);
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
			i == 0 ? "%s and %s are both alive%s, and neither sends a single SYN to TCP port %s in %.0f s: a caller has no route to its peer or no family activated, drops its own packets, or both are passive"
			       : "%s and %s are both alive%s, and neither calls TCP port %s in %.0f s: perhaps both are passive; packets cannot tell that from a caller that does not try",
			address_text(&s->side[0].addr, a), address_text(&s->side[1].addr, b),
			bfd_up ? " (BFD is Up)" : "", ports, scene_seconds(t->now.time_ns - s->first.time_ns));
	}
}
