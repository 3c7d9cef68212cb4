/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a NOTIFICATION says (catalogue, parts B and C): each code and subcode names a cause, its data and
 * the two OPENs the values.
 */
#include "track/scene.h"

#include <stdio.h>

enum {
	COLLISIONS_ARE_A_LOOP = 3,
	COLLISION_IS_ANOTHER_S = 2, /* after the one before */
	UNSEEN_COLLISIONS_ARE_A_LOOP = 6,
	ANSWER_S = 10, /* how soon a NOTIFICATION follows the message that it is about */
	EXPLAIN_MAX = SCENE_VERDICT_MAX + 256,
	NAMED_MAX = BGP_MEANING_TEXT_MAX + 16,
};

/* Which cause a NOTIFICATION names. ANY stands for every subcode that has no row of its own. */
enum { ANY = 256 };

static const struct {
	uint8_t code;
	uint16_t subcode;
	enum finding_cause cause;
} causes[] = {
	{1, ANY, FINDING_HEADER_ERROR},
	{2, 1, FINDING_BAD_VERSION},
	{2, 2, FINDING_BAD_PEER_AS},
	{2, 3, FINDING_BAD_BGP_IDENTIFIER},
	{2, 6, FINDING_UNACCEPTABLE_HOLD_TIME},
	{2, 7, FINDING_CAPABILITY_MISMATCH},
	{2, 8, FINDING_NO_COMMON_AFI},
	{2, 11, FINDING_ROLE_MISMATCH},
	{2, ANY, FINDING_BAD_OPTIONAL_PARAMETER},
	{3, ANY, FINDING_MALFORMED_UPDATE},
	{4, ANY, FINDING_HOLD_TIMER_EXPIRED},
	{5, ANY, FINDING_FSM_ERROR},
	{6, 1, FINDING_CEASE_MAX_PREFIX},
	{6, 2, FINDING_CEASE_ADMIN_SHUTDOWN},
	{6, 3, FINDING_CEASE_PEER_DECONFIGURED},
	{6, 4, FINDING_CEASE_ADMIN_RESET},
	{6, 5, FINDING_CEASE_REJECTED},
	{6, 6, FINDING_CEASE_CONFIG_CHANGE},
	{6, 7, FINDING_COLLISION},
	{6, 8, FINDING_CEASE_OUT_OF_RESOURCES},
	{6, 9, FINDING_CEASE_HARD_RESET},
	{6, 10, FINDING_BFD_DOWN},
	{6, ANY, FINDING_CEASE_UNSPECIFIC},
	{7, ANY, FINDING_ROUTE_REFRESH_ERROR},
	{8, ANY, FINDING_RECEIVER_STUCK},
};

static enum finding_cause
cause_of(uint8_t code, uint8_t subcode)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (causes[i].code == code &&
		    (causes[i].subcode == subcode || causes[i].subcode == ANY)) {
			return causes[i].cause;
		}
	}
	return FINDING_NONE;
}

static void
bad_peer_as(struct scene *scene, const struct bgp_notification *notification)
{
	struct speaker *x = scene->x, *y = scene->y;
	x->rejected_as++;
	char expected[240] = "expects another one", own[48] = "", got[80] = "";
	uint32_t as;
	if (y->has_accepted && y->has_open && y->accepted_asn != y->asn) {
		snprintf(expected, sizeof(expected),
			"expects another one (it accepted AS %u before)", y->accepted_asn);
	} else if (x->rejected_as > 0 && y->rejected_as > 0 && x->has_open && y->has_open) {
		snprintf(expected, sizeof(expected),
			"expects another one; %s refuses AS %u of %s as well: the two AS numbers look swapped",
			scene->yt, x->asn, scene->xt);
	}
	if (x->has_open) {
		snprintf(own, sizeof(own), ", which is AS %u,", x->asn);
	}
	const struct open_seen *open = &scene->link->machine[scene->dir].open;
	if (open->seen && open->whole && !x->as4 && y->has_open && y->as4 && y->asn > UINT16_MAX) {
		/* RFC 6793 section 4.1: to who does not do so, it is AS_TRANS. */
		snprintf(got, sizeof(got), ", and reads AS 23456: its OPEN lacks 4-octet AS numbers");
	} else if (bgp_notification_peer_as(notification, &as) && (!y->has_open || as != y->asn)) {
		snprintf(got, sizeof(got), "; the NOTIFICATION names AS %u", as);
	}
	uint64_t frames[2];
	struct finding_args args = scene_args(scene, FINDING_BAD_PEER_AS, CONFIDENCE_CERTAIN);
	args.evidence = frames;
	args.evidence_count = scene_open_frames(scene->link, frames);
	if (y->has_open) {
		finding_raise(scene->t, &args,
			"%s%s refuses the OPEN of %s (Bad Peer AS): %s says AS %u, %s %s%s", scene->xt,
			own, scene->yt, scene->yt, y->asn, scene->xt, expected, got);
	} else {
		finding_raise(scene->t, &args,
			"%s%s refuses the OPEN of %s (Bad Peer AS): %s expects another AS number%s",
			scene->xt, own, scene->yt, scene->xt, got);
	}
}

/*
 * The message of y that a NOTIFICATION about messages is an answer to: one that is malformed, else one
 * that a receiver may mind, if what it would answer is this code. Only what came shortly before counts.
 */
static const struct judged *
answered(const struct scene *scene, const struct bgp_notification *n)
{
	const struct machine *y = &scene->link->machine[1 - scene->dir];
	const struct judgements *judged = message_judged(y);
	const struct judged *odd = &judged->odd, *bad = &judged->bad;
	uint64_t since = scene->at->time_ns > ANSWER_S * SECOND_NS
				 ? scene->at->time_ns - ANSWER_S * SECOND_NS
				 : 1;
	if (bad->at.time_ns >= since && bad->verdict.error == n->code) {
		return bad;
	}
	if (odd->at.time_ns >= since && odd->verdict.error == n->code &&
	    odd->verdict.subcode == n->subcode) {
		return odd;
	}
	return NULL;
}

/* ", and names AS 65009": what the Data says; empty where it says nothing. */
static const char *
named(const struct bgp_notification *n, char text[NAMED_MAX])
{
	char meaning[BGP_MEANING_TEXT_MAX];
	bgp_meaning_text(n, meaning);
	text[0] = '\0';
	if (meaning[0] != '\0') {
		snprintf(text, NAMED_MAX, ", and names %s", meaning);
	}
	return text;
}

/* "; frame 12, octet 47: ORIGIN has the value 9 (…)": empty where no message explains it. */
static const char *
explain(const struct scene *scene, const struct bgp_notification *n, char text[EXPLAIN_MAX])
{
	char where[SCENE_VERDICT_MAX], code[64] = "", mild[128] = "";
	const struct judged *judged = answered(scene, n);
	if (judged == NULL) {
		text[0] = '\0';
		return text;
	}
	const struct bgp_verdict *v = &judged->verdict;
	if (v->subcode != n->subcode) {
		snprintf(code, sizeof(code), " has %u/%u for it", v->error, v->subcode);
	}
	if (v->action < BGP_ACTION_SESSION_RESET) {
		snprintf(mild, sizeof(mild), "; by %s a receiver %s and the session goes on",
			v->action_rfc, bgp_action_text(v->action));
	}
	snprintf(text, EXPLAIN_MAX, "; %s (%s%s%s)", scene_verdict(judged, where), v->rfc, code, mild);
	return text;
}

static void
refused_open(struct scene *scene, enum finding_cause cause, const struct bgp_notification *n)
{
	const struct speaker *x = scene->x, *y = scene->y;
	uint64_t frames[2];
	struct finding_args args = scene_args(scene, cause, CONFIDENCE_CERTAIN);
	args.evidence = frames;
	args.evidence_count = scene_open_frames(scene->link, frames);
	char id[ADDRESS_TEXT_MAX] = "", why[128] = "", detail[EXPLAIN_MAX], data[NAMED_MAX];
	struct address bgp_id = address_from_u32(y->bgp_id);
	address_text(&bgp_id, id);
	if (!y->has_open) {
		finding_raise(scene->t, &args, "%s refuses the OPEN of %s: %s", scene->xt, scene->yt,
			bgp_notification_name(n->code, n->subcode));
		return;
	}
	switch (cause) {
	case FINDING_BAD_BGP_IDENTIFIER:
		if (y->bgp_id == 0) {
			snprintf(why, sizeof(why), "which is zero");
			args.blame = &y->addr;
		} else if (x->has_open && x->bgp_id == y->bgp_id) {
			snprintf(why, sizeof(why), "which is the identifier of %s too", scene->xt);
		} else {
			snprintf(why, sizeof(why), "which %s does not accept (its own, or no host's)",
				scene->xt);
		}
		finding_raise(scene->t, &args, "%s refuses the OPEN of %s: its BGP identifier is %s, %s",
			scene->xt, scene->yt, id, why);
		break;
	case FINDING_UNACCEPTABLE_HOLD_TIME:
		if (y->hold_time_s == 1 || y->hold_time_s == 2) {
			snprintf(why, sizeof(why), "RFC 4271 section 4.2 forbids 1 and 2 s");
			args.blame = &y->addr;
		} else {
			snprintf(why, sizeof(why), "its minimum is higher");
		}
		finding_raise(scene->t, &args,
			"%s refuses the OPEN of %s: it offers a hold time of %u s, %s", scene->xt,
			scene->yt, y->hold_time_s, why);
		break;
	default:
		if (cause == FINDING_BAD_VERSION && y->version != 4) {
			args.blame = &y->addr;
		}
		finding_raise(scene->t, &args, "%s refuses the OPEN of %s: %s%s%s", scene->xt,
			scene->yt, bgp_notification_name(n->code, n->subcode), named(n, data),
			explain(scene, n, detail));
		break;
	}
}

/* Two new connections collide: then it is not an old one for whose sake one of them is turned down. */
static bool
has_another_new(const struct link *link)
{
	const struct link *other = link->session->links;
	while (other != NULL && (other == link || other->was_established || other->machine[0].done || other->machine[1].done ||
				!other->machine[0].open.seen || !other->machine[1].open.seen)) {
		other = other->next;
	}
	return other != NULL;
}

/* x turns the new connection down for the sake of an old one that y has given up. */
static void
stale_connection(struct scene *scene)
{
	unsigned side = link_side(scene->link, scene->dir);
	if (has_another_new(scene->link)) {
		return;
	}
	for (const struct link *old = scene->s->links; old != NULL; old = old->next) {
		unsigned own = link_side(old, 0) == side ? 0 : 1;
		const struct machine *x = &old->machine[own], *y = &old->machine[1 - own];
		if (old == scene->link || x->state != BGP_STATE_ESTABLISHED || !y->done) {
			continue;
		}
		uint64_t frames[] = {y->sent.frame, x->sent.frame, x->retransmission.frame};
		struct finding_args args =
			scene_args(scene, FINDING_STALE_CONNECTION, CONFIDENCE_LIKELY);
		args.evidence = frames;
		args.evidence_count = 3;
		args.took_down = true;
		finding_raise(scene->t, &args,
			"%s holds on to an old connection with %s, which has given it up (its last message there is frame %llu), and turns new ones down",
			scene->xt, scene->yt, (unsigned long long)y->sent.frame);
		return;
	}
}

/* Something nearer to the root keeps the session from coming up: that calls collide is its consequence. */
static bool
set_up_fails(const struct session *s)
{
	for (const struct finding *f = s->findings; f != NULL; f = f->next) {
		if (!f->resolved && f->severity == SEVERITY_ERROR && f->confidence >= CONFIDENCE_LIKELY &&
		    finding_rank(f->cause) < finding_rank(FINDING_COLLISION_LOOP)) {
			return true;
		}
	}
	return false;
}

/* Prefixes of y on the present session. */
static uint64_t
announced_now(const struct scene *scene)
{
	const struct timing *timing = scene->s->timing;
	uint64_t before = timing != NULL && scene->link->was_established
				  ? timing->side[link_side(scene->link, 1 - scene->dir)].announced_before
				  : 0;
	return scene->y->prefixes_announced - before;
}

static void
cease(struct scene *scene, enum finding_cause cause, const struct bgp_notification *n)
{
	struct finding_args args = scene_args(scene, cause, CONFIDENCE_CERTAIN);
	struct bgp_notification inner;
	char limit[160] = "", rule[COLLISION_TEXT_MAX];
	struct bgp_family limited;
	uint32_t prefixes;
	bool has_rival;
	switch (cause) {
	case FINDING_BFD_DOWN:
		scene_bfd_took_it_down(scene, CONFIDENCE_CERTAIN, "NOTIFICATION 6/10, BFD Down");
		return;
	case FINDING_CEASE_HARD_RESET:
		args.blame = &scene->x->addr;
		if (bgp_hard_reset_inner(n, &inner)) {
			enum finding_cause reason = cause_of(inner.code, inner.subcode);
			finding_raise(scene->t, &args,
				"%s sends %s a Hard Reset (RFC 8538) with the reason %u/%u, %s", scene->xt,
				scene->yt, inner.code, inner.subcode,
				bgp_notification_name(inner.code, inner.subcode));
			if (inner.code == 6 && reason != FINDING_NONE && reason != cause) {
				cease(scene, reason, &inner);
			}
			return;
		}
		break;
	case FINDING_CEASE_MAX_PREFIX:
		if (bgp_notification_max_prefix(n, &limited, &prefixes)) {
			char family[BGP_FAMILY_TEXT_MAX];
			bgp_family_text(limited, family);
			snprintf(limit, sizeof(limit), " (limit %u for %s)", prefixes, family);
		}
		finding_raise(scene->t, &args,
			"%s ends the session: %s announces more prefixes than it allows%s; %llu were announced",
			scene->xt, scene->yt, limit,
			(unsigned long long)announced_now(scene));
		return;
	case FINDING_COLLISION:
		has_rival = collision_of(scene->link).rival != NULL;
		finding_raise(scene->t, &args,
			"%s gives up one of two connections with %s (connection collision, RFC 4271 section 6.8)%s",
			scene->xt, scene->yt, collision_text(scene->link, rule));
		stale_connection(scene);
		struct finding *f = finding_find(scene->s, FINDING_COLLISION);
		/* One collision may be said four times: by each side, of each connection. */
		if (has_rival && scene->at->time_ns > scene->s->collided_ns + COLLISION_IS_ANOTHER_S * SECOND_NS) {
			scene->s->collisions++;
			scene->s->collided_ns = scene->at->time_ns;
		}
		bool seen = scene->s->collisions >= COLLISIONS_ARE_A_LOOP;
		if (f != NULL && !set_up_fails(scene->s) && (seen || f->count >= UNSEEN_COLLISIONS_ARE_A_LOOP) &&
		    !scene->s->up && scene->s->established_count == 0) {
			args.cause = FINDING_COLLISION_LOOP;
			args.subject = NULL;
			args.confidence = seen ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
			args.lower_severity = !seen;
			finding_raise(scene->t, &args,
				seen ? "the connections of %s and %s collide again and again (%llu times) and none is established"
				     : "%s and %s give their connections up as collisions again and again (%llu times), and the capture shows no other ones: these began before the capture, or the rule of RFC 4271 section 6.8 is broken",
				scene->xt, scene->yt, (unsigned long long)(seen ? scene->s->collisions : f->count));
		}
		return;
	case FINDING_CEASE_REJECTED:
		rule_known_by_another(scene);
		break;
	case FINDING_CEASE_UNSPECIFIC:
		if (scene_bfd_explains(scene)) {
			scene_bfd_took_it_down(scene, CONFIDENCE_LIKELY,
				"NOTIFICATION 6/0, just after BFD left Up");
			return;
		}
		if (scene_bfd_silence_ms(scene) > 0) {
			char how[96];
			snprintf(how, sizeof(how), "NOTIFICATION 6/0, when BFD packets had been missing for %llu ms",
				(unsigned long long)scene_bfd_silence_ms(scene));
			scene_bfd_took_it_down(scene, CONFIDENCE_LIKELY, how);
			return;
		}
		break;
	default:
		break;
	}
	args.blame = &scene->x->addr;
	finding_raise(scene->t, &args, "%s ends the session with %s: NOTIFICATION %u/%u, %s%s", scene->xt,
		scene->yt, n->code, n->subcode, bgp_notification_name(n->code, n->subcode),
		n->has_text && cursor_left(&n->text) > 0 ? " (with a message from its operator)" : "");
}

/* What x misses are address families, or both OPENs have none in common. */
static bool
nothing_in_common(const struct link *link, const struct bgp_notification *n)
{
	struct bgp_family families[BGP_CONTEXT_FAMILIES];
	const struct machine *a = &link->machine[0], *b = &link->machine[1];
	struct bgp_capability_iter iter = bgp_notification_capabilities(n);
	struct bgp_capability capability;
	unsigned missing = 0, missing_families = 0;
	while (bgp_next_capability(&iter, &capability)) {
		missing++;
		missing_families += capability.code == 1;
	}
	if (missing > 0) {
		return missing == missing_families;
	}
	return a->open.seen && b->open.seen &&
	       bgp_common_families(&a->open.open, &b->open.open, families,
		       BGP_CONTEXT_FAMILIES) == 0;
}

void
rule_notification(struct track *t, struct link *link, unsigned dir,
	const struct bgp_message *message, const struct moment *at)
{
	const struct bgp_notification *n = &message->notification;
	enum finding_cause cause = cause_of(n->code, n->subcode);
	struct scene scene;
	scene_set(&scene, t, link, dir, at);
	struct finding_args args = scene_args(&scene, cause, CONFIDENCE_CERTAIN);
	if (link->up && (n->code != 6 || n->subcode != 9)) {
		/* RFC 8538 section 4: each is a helper of the other. */
		restart_begin(link->session, 0, true, at);
		restart_begin(link->session, 1, true, at);
	}
	/* That the other side erred is certain only where its message is in the capture and is bad. */
	if (scene.y->fault.time_ns != 0 && at->time_ns < scene.y->fault.time_ns + 2 * SECOND_NS) {
		args.blame = &scene.y->addr;
	}
	if (link->up) {
		rule_link_returned(t, link, dir, true);
	}
	/* Some answer a NOTIFICATION with one of their own (FRR with 5/x before the OPEN, ExaBGP with 1/0): that
	 * is no cause, unless there is a message that explains it. */
	args.past = link->machine[1 - dir].notified && answered(&scene, n) == NULL;
	if (!link->conn->side[1 - dir].seen && (n->code == 1 || n->code == 3 || n->code == 5)) {
		args.confidence = CONFIDENCE_POSSIBLE; /* what it answers is not in the capture */
	}
	/* … nor is an UPDATE of a family that was not agreed on, where none was. */
	args.lower_severity = n->code == 3 && link->session->has_families && link->session->family_count == 0;
	/* … and who says 5/x in the place of its own OPEN was not ready (FRR, called while it calls). */
	args.lower_severity = args.lower_severity ||
			      (n->code == 5 && link->conn->handshake && !link->machine[dir].open.seen);
	switch (n->code) {
	case 2:
		if (cause == FINDING_BAD_PEER_AS) {
			bad_peer_as(&scene, n);
		} else if (cause == FINDING_CAPABILITY_MISMATCH && nothing_in_common(link, n)) {
			refused_open(&scene, FINDING_NO_COMMON_AFI, n);
		} else {
			refused_open(&scene, cause, n);
		}
		break;
	case 4:
		rule_hold_expired(t, link, dir, BASIS_OBSERVED, at);
		break;
	case 6:
		cease(&scene, cause, n);
		break;
	default:
		if (cause != FINDING_NONE) {
			char why[EXPLAIN_MAX], data[NAMED_MAX];
			const struct judged *judged = answered(&scene, n);
			uint64_t frames[] = {judged != NULL ? judged->at.frame : 0};
			args.evidence = frames;
			args.evidence_count = judged != NULL;
			finding_raise(t, &args, "%s ends the session with %s: NOTIFICATION %u/%u, %s: %s%s%s",
				scene.xt, scene.yt, n->code, n->subcode,
				bgp_notification_code_name(n->code),
				bgp_notification_name(n->code, n->subcode), named(n, data),
				explain(&scene, n, why));
		}
		break;
	}
}
