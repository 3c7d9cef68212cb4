/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What OPENs and UPDATEs show by themselves, and what a session that stands lacks. */
#include "track/scene.h"

enum { FORGIVEN_S = 2 }; /* after that no NOTIFICATION comes for a malformed UPDATE */

void
rule_open(struct track *t, struct link *link, unsigned dir, const struct moment *at)
{
	struct session *s = link->session;
	struct scene scene;
	scene_set(&scene, t, link, dir, at);
	const struct bgp_open *open = &link->machine[dir].open.open;
	struct bgp_capability_iter iter = bgp_capabilities(open);
	struct bgp_capability capability;
	bool restarting = false;
	while (bgp_offers(open, BGP_CAPABILITY_GRACEFUL_RESTART) && bgp_next_capability(&iter, &capability)) {
		if (capability.code == BGP_CAPABILITY_GRACEFUL_RESTART && !capability.malformed) {
			restarting = capability.graceful_restart.restarting;
		}
	}
	if (!link->machine[dir].open.whole) {
		/* The capability may lie behind the cut. */
	} else if (open->as4 && open->as4_asn != 0 && open->my_as != BGP_AS_TRANS &&
	    open->my_as != open->as4_asn) {
		struct finding_args args = scene_args(&scene, FINDING_AS4_TROUBLE, CONFIDENCE_CERTAIN);
		args.blame = &scene.x->addr;
		finding_raise(t, &args,
			"the OPEN of %s contradicts itself: My AS is %u, the 4-octet AS capability says %u",
			scene.xt, open->my_as, open->as4_asn);
	} else if (open->my_as == BGP_AS_TRANS && (!open->as4 || open->as4_asn == 0)) {
		struct finding_args args = scene_args(&scene, FINDING_AS4_TROUBLE, CONFIDENCE_CERTAIN);
		args.blame = &scene.x->addr;
		finding_raise(t, &args,
			"the OPEN of %s says AS 23456 (AS_TRANS) and gives no 4-octet AS number", scene.xt);
	}
	/* The bit alone proves nothing: FRR sets it in its first OPEN after any start. */
	unsigned x = link_side(link, dir);
	if (!restarting || !restart_waits(s, x)) {
		return;
	}
	const struct event_restart *r = s->restart[x];
	uint64_t frames[] = {r->began_frame};
	struct finding_args args = scene_args(&scene, FINDING_GRACEFUL_RESTART, CONFIDENCE_CERTAIN);
	args.evidence = frames;
	args.evidence_count = 1;
	args.blame = &scene.x->addr;
	finding_raise(t, &args,
		"%s comes back %.1f s after the session was lost with the restart bit set (graceful restart, its restart time is %u s): %s is to keep the routes meanwhile",
		scene.xt,
		at->time_ns > r->began_ns ? (double)(at->time_ns - r->began_ns) / 1e9 : 0.0,
		r->time_s, scene.yt);
	struct finding *closed = finding_find(s, FINDING_CLOSED_WITHOUT_NOTIFICATION);
	if (closed != NULL && address_equal(&closed->subject, &scene.x->addr)) {
		closed->resolved = true;
		closed->severity = SEVERITY_INFO;
	}
}

/* A malformed UPDATE that its receiver lets pass: RFC 7606 has it treat the routes as withdrawn. */
void
rule_bad_update(struct track *t, struct link *link, unsigned dir)
{
	struct judgements *judged = link->machine[dir].judged;
	const struct machine *peer = &link->machine[1 - dir];
	if (judged == NULL || judged->bad_update_told || judged->bad_update.at.time_ns == 0 ||
	    peer->state != BGP_STATE_ESTABLISHED ||
	    t->now.time_ns < judged->bad_update.at.time_ns + FORGIVEN_S * SECOND_NS) {
		return;
	}
	judged->bad_update_told = true;
	struct scene scene;
	scene_set(&scene, t, link, dir, &judged->bad_update.at);
	struct finding_args args = scene_args(&scene, FINDING_TREAT_AS_WITHDRAW, CONFIDENCE_LIKELY);
	args.blame = &scene.x->addr;
	args.took_down = false;
	char where[SCENE_VERDICT_MAX];
	if (judged->bad_update.verdict.action > BGP_ACTION_TREAT_AS_WITHDRAW) {
		/* Routes that cannot be told apart cannot be withdrawn (RFC 7606 section 5.3): who goes on may
		 * read them otherwise, as GoBGP 3.10 does with IPv6 flow specifications that have an offset. */
		args.confidence = CONFIDENCE_POSSIBLE;
		args.lower_severity = true;
		args.blame = NULL;
		finding_raise(t, &args,
			"an UPDATE of %s is malformed as the RFC has it (%s) and %s goes on without a NOTIFICATION: it has disabled the address family, or it reads these octets otherwise",
			scene.xt, scene_verdict(&judged->bad_update, where), scene.yt);
		return;
	}
	finding_raise(t, &args,
		"an UPDATE of %s is malformed (%s) and %s goes on without a NOTIFICATION: it treats the routes as withdrawn (RFC 7606)",
		scene.xt, scene_verdict(&judged->bad_update, where), scene.yt);
}

uint64_t
rule_bad_update_due(const struct track *t, const struct link *link, unsigned dir)
{
	const struct judgements *judged = message_judged(&link->machine[dir]);
	return judged->bad_update_told || judged->bad_update.at.time_ns == 0
		       ? CLOCK_NEVER
		       : clock_due(t, judged->bad_update.at.time_ns + FORGIVEN_S * SECOND_NS);
}

/* Its identifier went to another one and back: no daemon does that, two of them do. */
void
rule_two_identifiers(struct track *t, struct link *link, unsigned dir, const struct moment *at)
{
	struct scene scene;
	scene_set(&scene, t, link, dir, at);
	char one[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX];
	struct address a = address_from_u32(scene.x->bgp_id);
	struct address b = address_from_u32(scene.x->other_bgp_id);
	uint64_t frames[] = {scene.x->open.frame, scene.x->other_open.frame};
	struct finding_args args = scene_args(&scene, FINDING_TWO_DAEMONS, CONFIDENCE_LIKELY);
	args.blame = &scene.x->addr;
	args.evidence = frames;
	args.evidence_count = 2;
	args.took_down = true;
	finding_raise(t, &args,
		"OPENs of %s come with the BGP identifiers %s and %s in turn: two BGP daemons use one address",
		scene.xt, address_text(&a, one), address_text(&b, other));
}

void
rule_established(struct track *t, struct link *link, const struct moment *at)
{
	struct session *s = link->session;
	findings_resolve(t, s, false, at);
	restart_established(s, at);
	for (unsigned i = 0; i < 2; i++) {
		s->side[i].syns_unanswered = 0;
	}
	rule_expect_established(t, s);
	if (!link->hold_known) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	address_text(&s->side[0].addr, a);
	address_text(&s->side[1].addr, b);
	uint64_t frames[2];
	size_t count = scene_open_frames(link, frames);
	struct finding_args args = {
		.session = s,
		.at = *at,
		.confidence = CONFIDENCE_CERTAIN,
		.evidence = frames,
		.evidence_count = count,
	};
	if (link->hold_ns == 0) {
		args.cause = FINDING_HOLD_TIME_ZERO;
		finding_raise(t, &args,
			"%s and %s agreed on hold time 0: no KEEPALIVEs, a dead peer is not noticed", a, b);
	}
	if (s->has_families && s->family_count == 0) {
		args.cause = FINDING_NO_COMMON_AFI;
		finding_raise(t, &args,
			"%s and %s are Established and have no address family in common: no route is exchanged",
			a, b);
	}
}
