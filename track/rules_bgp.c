/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What BGP itself says: NOTIFICATIONs, OPENs that are dropped in silence, hold timers, and connections
 * that are closed without a word (catalogue, parts B and C).
 */
#include "track/internal.h"

#include <stdio.h>
#include <string.h>

enum {
	BFD_RETRY_S = 10,      /* how long after that its caller may try again */
	BFD_EXPLAINS_S = 3,    /* how long before its end BFD may have taken a session down */
	COLLISIONS_ARE_A_LOOP = 3,
	FORGIVEN_S = 2, /* after that no NOTIFICATION comes for a malformed UPDATE */
	LARGE_SEGMENT = 1000, /* octets; less passes wherever IPv6 or PPPoE does */
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

/* The two sides of a NOTIFICATION, or of an end: x did it, y is the other one. */
struct scene {
	struct track *t;
	struct link *link;
	struct session *s;
	unsigned dir; /* x on the connection */
	struct speaker *x, *y;
	char xt[ADDRESS_TEXT_MAX], yt[ADDRESS_TEXT_MAX];
	const struct moment *at;
};

static void
scene_set(struct scene *scene, struct track *t, struct link *link, unsigned dir,
	const struct moment *at)
{
	struct session *s = link->session;
	*scene = (struct scene){.t = t, .link = link, .s = s, .dir = dir, .at = at};
	scene->x = &s->side[link_side(link, dir)];
	scene->y = &s->side[link_side(link, 1 - dir)];
	address_text(&scene->x->addr, scene->xt);
	address_text(&scene->y->addr, scene->yt);
}

/* The frames of both OPENs of this connection. */
static size_t
open_frames(const struct link *link, uint64_t frames[2])
{
	size_t count = 0;
	for (unsigned dir = 0; dir < 2; dir++) {
		if (link->machine[dir].open.seen) {
			frames[count++] = link->machine[dir].open.at.frame;
		}
	}
	return count;
}

static struct finding_args
args_of(const struct scene *scene, enum finding_cause cause, enum confidence confidence)
{
	return (struct finding_args){
		.cause = cause,
		.confidence = confidence,
		.session = scene->s,
		.subject = &scene->x->addr,
		.at = *scene->at,
		.took_down = scene->link->was_established,
	};
}

static void
bad_peer_as(struct scene *scene, const struct bgp_notification *notification)
{
	struct speaker *x = scene->x, *y = scene->y;
	x->rejected_as++;
	char expected[240] = "expects another one", own[48] = "", got[64] = "";
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
	if (bgp_notification_peer_as(notification, &as) && (!y->has_open || as != y->asn)) {
		snprintf(got, sizeof(got), "; the NOTIFICATION names AS %u", as);
	}
	uint64_t frames[2];
	struct finding_args args = args_of(scene, FINDING_BAD_PEER_AS, CONFIDENCE_CERTAIN);
	args.evidence = frames;
	args.evidence_count = open_frames(scene->link, frames);
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

static void
refused_open(struct scene *scene, enum finding_cause cause, const struct bgp_notification *n)
{
	const struct speaker *x = scene->x, *y = scene->y;
	uint64_t frames[2];
	struct finding_args args = args_of(scene, cause, CONFIDENCE_CERTAIN);
	args.evidence = frames;
	args.evidence_count = open_frames(scene->link, frames);
	char id[ADDRESS_TEXT_MAX] = "", why[128] = "";
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
		finding_raise(scene->t, &args, "%s refuses the OPEN of %s: %s", scene->xt, scene->yt,
			bgp_notification_name(n->code, n->subcode));
		break;
	}
}

/* Did BFD of this pair leave Up just before? */
static bool
bfd_explains(const struct scene *scene)
{
	uint64_t lost = scene->s->bfd_lost.time_ns;
	return lost != 0 && lost <= scene->at->time_ns + SECOND_NS / 2 &&
	       scene->at->time_ns <= lost + BFD_EXPLAINS_S * SECOND_NS;
}

static void
bfd_took_it_down(struct scene *scene, enum confidence confidence, const char *how)
{
	uint64_t frames[] = {scene->s->bfd_lost.frame};
	struct finding_args args = args_of(scene, FINDING_BFD_DOWN, confidence);
	args.subject = NULL; /* either side may say it first: one finding */
	args.evidence = frames;
	args.evidence_count = 1;
	const struct bfd_session *b = scene->s->bfd;
	char detail[160] = "";
	if (scene->s->bfd_lost.time_ns != 0 && b != NULL) {
		const struct bfd_end *first = b->end[0].state != BFD_UP + 1 &&
							      (b->end[1].state == BFD_UP + 1 ||
								      b->end[0].since.time_ns <=
									      b->end[1].since.time_ns)
						      ? &b->end[0]
						      : &b->end[1];
		char end[ADDRESS_TEXT_MAX];
		snprintf(detail, sizeof(detail), "; BFD of %s left Up in frame %llu (%s)",
			address_text(&first->addr, end),
			(unsigned long long)scene->s->bfd_lost.frame,
			bfd_diagnostic_name(first->last.diag));
	}
	finding_raise(scene->t, &args, "%s ends the BGP session with %s because of BFD (%s)%s", scene->xt,
		scene->yt, how, detail);
}

/* Its BFD left Up a moment ago and now it calls anew: BFD took the old session with it. */
bool
rule_bfd_exit(struct track *t, struct link *link, unsigned dir)
{
	struct scene scene;
	struct moment lost = link->session->bfd_lost;
	const struct bfd_session *b = link->session->bfd;
	scene_set(&scene, t, link, dir, &t->now);
	if (b == NULL || lost.time_ns == 0 || lost.time_ns < link->machine[dir].established.time_ns ||
	    t->now.time_ns > lost.time_ns + BFD_RETRY_S * SECOND_NS) {
		return false;
	}
	const struct bfd_end *end = &b->end[address_equal(&b->end[1].addr, &scene.x->addr) ? 1 : 0];
	if (end->state == BFD_UP + 1) {
		return false;
	}
	machine_gone(t, link, dir, RFC_AUTOMATIC_STOP, &lost,
		"its BFD left Up, and then it calls anew: it gave the session up (RFC 5882 section 4.2)");
	scene.at = &lost;
	bfd_took_it_down(&scene, CONFIDENCE_LIKELY, "it calls anew after BFD left Up");
	return true;
}

/* x turns the new connection down for the sake of an old one that y has given up. */
static void
stale_connection(struct scene *scene)
{
	unsigned side = link_side(scene->link, scene->dir);
	for (const struct link *old = scene->s->links; old != NULL; old = old->next) {
		unsigned own = link_side(old, 0) == side ? 0 : 1;
		const struct machine *x = &old->machine[own], *y = &old->machine[1 - own];
		if (old == scene->link || x->state != BGP_STATE_ESTABLISHED || !y->done) {
			continue;
		}
		uint64_t frames[] = {y->sent.frame, x->sent.frame, x->retransmission.frame};
		struct finding_args args =
			args_of(scene, FINDING_STALE_CONNECTION, CONFIDENCE_LIKELY);
		args.evidence = frames;
		args.evidence_count = 3;
		args.took_down = true;
		finding_raise(scene->t, &args,
			"%s holds on to an old connection with %s, which has given it up (its last message there is frame %llu), and turns new ones down",
			scene->xt, scene->yt, (unsigned long long)y->sent.frame);
		return;
	}
}

static void
cease(struct scene *scene, enum finding_cause cause, const struct bgp_notification *n)
{
	struct finding_args args = args_of(scene, cause, CONFIDENCE_CERTAIN);
	struct bgp_notification inner;
	char limit[160] = "";
	struct bgp_family limited;
	uint32_t prefixes;
	switch (cause) {
	case FINDING_BFD_DOWN:
		bfd_took_it_down(scene, CONFIDENCE_CERTAIN, "NOTIFICATION 6/10, BFD Down");
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
			(unsigned long long)scene->y->prefixes_announced);
		return;
	case FINDING_COLLISION:
		finding_raise(scene->t, &args,
			"%s gives up one of two connections with %s (connection collision, RFC 4271 section 6.8)",
			scene->xt, scene->yt);
		stale_connection(scene);
		struct finding *f = finding_find(scene->s, FINDING_COLLISION);
		if (f != NULL && f->count >= COLLISIONS_ARE_A_LOOP && !scene->s->up &&
		    scene->s->established_count == 0) {
			args.cause = FINDING_COLLISION_LOOP;
			args.subject = NULL;
			args.confidence = CONFIDENCE_LIKELY;
			finding_raise(scene->t, &args,
				"the connections of %s and %s collide again and again (%llu times) and none is established",
				scene->xt, scene->yt, (unsigned long long)f->count);
		}
		return;
	case FINDING_CEASE_UNSPECIFIC:
		if (bfd_explains(scene)) {
			bfd_took_it_down(scene, CONFIDENCE_LIKELY,
				"NOTIFICATION 6/0, just after BFD left Up");
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
	struct finding_args args = args_of(&scene, cause, CONFIDENCE_CERTAIN);
	/* That the other side erred is certain only where its message is in the capture and is bad. */
	if (scene.y->fault.time_ns != 0 && at->time_ns < scene.y->fault.time_ns + 2 * SECOND_NS) {
		args.blame = &scene.y->addr;
	}
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
			finding_raise(t, &args, "%s ends the session with %s: NOTIFICATION %u/%u, %s: %s",
				scene.xt, scene.yt, n->code, n->subcode,
				bgp_notification_code_name(n->code),
				bgp_notification_name(n->code, n->subcode));
		}
		break;
	}
}

/* Large segments of y are sent again and again while small ones of x are acknowledged. */
static void
mtu_black_hole(struct scene *scene, const struct machine *peer)
{
	uint64_t frames[] = {peer->retransmission.frame};
	struct finding_args args = args_of(scene, FINDING_MTU_BLACK_HOLE, CONFIDENCE_LIKELY);
	args.evidence = frames;
	args.evidence_count = 1;
	finding_raise(scene->t, &args,
		"segments of %u octets from %s are sent again and again (%u times) and never acknowledged, while small packets pass between the two: the path drops large packets",
		peer->retransmitted_size, scene->yt, peer->retransmissions);
}

/* The hold timer of OpenSent ran out: no OPEN came (RFC 4271 section 8.2.2, OpenSent). */
static void
open_unanswered(struct scene *scene)
{
	const struct machine *own = &scene->link->machine[scene->dir];
	if (scene->link->open_told) {
		return;
	}
	scene->link->open_told = true;
	bool acked = own->open_acked;
	uint64_t frames[] = {own->open.at.frame};
	struct finding_args args = args_of(scene, FINDING_OPEN_UNANSWERED,
		acked ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	args.blame = acked ? &scene->y->addr : NULL;
	args.evidence = frames;
	args.evidence_count = 1;
	finding_raise(scene->t, &args,
		"%s gives up: its OPEN %s and no OPEN came back from %s for %.0f s", scene->xt,
		acked ? "was acknowledged by TCP" : "was not even acknowledged", scene->yt,
		(double)(scene->at->time_ns - own->open.at.time_ns) / 1e9);
}

void
rule_hold_expired(struct track *t, struct link *link, unsigned dir, enum basis basis,
	const struct moment *at)
{
	struct scene scene;
	scene_set(&scene, t, link, dir, at);
	const struct machine *own = &link->machine[dir];
	const struct machine *peer = &link->machine[1 - dir];
	if (link->hold_told) {
		return; /* the other side's expiry is the same story */
	}
	link->hold_told = true;
	if (own->open.seen && !peer->open.seen && peer->messages == 0 && link->conn->handshake) {
		open_unanswered(&scene);
		return;
	}
	char hold[32] = "", last[120] = "", why[320];
	double silence = own->received.time_ns != 0 && at->time_ns > own->received.time_ns
				 ? (double)(at->time_ns - own->received.time_ns) / 1e9
				 : 0;
	if (link->hold_known) {
		snprintf(hold, sizeof(hold), " (%llu s)",
			(unsigned long long)(link->hold_ns / SECOND_NS));
	}
	if (own->received.frame != 0) {
		snprintf(last, sizeof(last),
			"the last message that reached it is frame %llu, %.1f s before",
			(unsigned long long)own->received.frame, silence);
	} else {
		snprintf(last, sizeof(last), "no message that reached it is in the capture");
	}
	uint64_t frames[4] = {own->received.frame, peer->sent.frame, 0, 0};
	size_t count = 2;
	bool silent_daemon = false; /* its TCP acknowledges what its daemon does not answer */
	if (peer->retransmissions >= 3 && peer->retransmitted_size >= LARGE_SEGMENT &&
	    peer->retransmission.time_ns > own->received.time_ns &&
	    own->acked.time_ns > own->received.time_ns) {
		mtu_black_hole(&scene, peer);
	}
	if (peer->retransmissions > 0 && peer->retransmission.time_ns > own->received.time_ns) {
		snprintf(why, sizeof(why),
			"%s did send, and sent again (%u retransmissions): its packets, or the answers to them, are lost on the way",
			scene.yt, peer->retransmissions);
		frames[count++] = peer->retransmission.frame;
	} else if (peer->sent.time_ns > own->received.time_ns) {
		snprintf(why, sizeof(why),
			"%s did send (frame %llu), but nothing says that it arrived", scene.yt,
			(unsigned long long)peer->sent.frame);
	} else if (own->retransmissions > 0) {
		snprintf(why, sizeof(why),
			"the capture has nothing of %s since, and %s retransmits without an answer: the path is cut, or %s is gone",
			scene.yt, scene.xt, scene.yt);
		frames[count++] = own->retransmission.frame;
	} else if (scene.y->alive.time_ns > own->received.time_ns + SECOND_NS) {
		snprintf(why, sizeof(why),
			"%s sent no message since, though its host answers (frame %llu): its BGP daemon is stopped or busy",
			scene.yt, (unsigned long long)scene.y->alive.frame);
		frames[count++] = scene.y->alive.frame;
		silent_daemon = own->acked.time_ns > own->received.time_ns;
	} else {
		snprintf(why, sizeof(why), "the capture has nothing of %s since", scene.yt);
	}
	struct finding_args args = args_of(&scene, FINDING_HOLD_TIMER_EXPIRED,
		basis == BASIS_OBSERVED ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	args.evidence = frames;
	args.evidence_count = count;
	args.blame = silent_daemon ? &scene.y->addr : NULL;
	args.lower_severity = link->ignored;
	finding_raise(t, &args, "the hold timer%s of %s for %s ran out: %s; %s", hold, scene.xt, scene.yt,
		last, why);
}

/* Another connection of the pair is on its way or stands: this one had to go (RFC 4271 6.8). */
static bool
collided(const struct link *link)
{
	const struct session *s = link->session;
	for (const struct link *other = s->links; other != NULL; other = other->next) {
		if (other != link && (other->machine[0].open.seen || other->machine[1].open.seen) &&
		    !other->machine[0].closed && !other->machine[1].closed) {
			return true;
		}
	}
	return false;
}

/* The session stood, and why it does not any more is known: what follows is a consequence. */
bool
rule_after_exit(const struct session *s)
{
	for (const struct finding *f = s->findings; f != NULL; f = f->next) {
		if (f->took_down && !f->resolved) {
			return true;
		}
	}
	return false;
}

/* A NOTIFICATION, a refusal or the like already says why this pair does not get on. */
static bool
explained(const struct session *s)
{
	for (const struct finding *f = s->findings; f != NULL; f = f->next) {
		if (!f->resolved && f->severity >= SEVERITY_WARNING &&
		    f->cause != FINDING_PEER_NOT_CONFIGURED &&
		    f->cause != FINDING_SILENT_ASN_MISMATCH &&
		    f->cause != FINDING_CLOSED_WITHOUT_NOTIFICATION &&
		    f->confidence >= CONFIDENCE_LIKELY) {
			return true;
		}
	}
	return false;
}

void
rule_closed(struct track *t, struct link *link, unsigned dir, bool reset, enum bgp_state from,
	const struct moment *at)
{
	struct scene scene;
	scene_set(&scene, t, link, dir, at);
	const struct machine *own = &link->machine[dir];
	const struct machine *peer = &link->machine[1 - dir];
	if (own->notified || peer->notified || peer->closed || link->hold_told) {
		return;
	}
	const char *how = reset ? "resets" : "closes";
	uint64_t frames[3];
	struct finding_args args = args_of(&scene, FINDING_NONE, CONFIDENCE_LIKELY);
	args.evidence = frames;
	if (link->was_established && from == BGP_STATE_ESTABLISHED) {
		if (collided(link)) {
			return;
		}
		if (bfd_explains(&scene)) {
			bfd_took_it_down(&scene, CONFIDENCE_LIKELY,
				"it closes the connection just after BFD left Up");
			return;
		}
		frames[0] = peer->sent.frame;
		frames[1] = own->sent.frame;
		args.evidence_count = 2;
		args.cause = FINDING_CLOSED_WITHOUT_NOTIFICATION;
		args.confidence = CONFIDENCE_CERTAIN;
		args.blame = &scene.x->addr;
		if (scene.x->restart_time_s > 0) {
			/* So a graceful restart begins (RFC 4724 section 4.1): it may come back in time. */
			args.lower_severity = true;
			scene.s->restart_side = (uint8_t)link_side(link, dir);
			scene.s->restart_time_s = scene.x->restart_time_s;
			scene.s->restart_begin = *at;
			scene.s->restart_deadline_ns =
				at->time_ns + scene.x->restart_time_s * SECOND_NS;
		}
		finding_raise(t, &args, "%s %s the Established session with %s and sends no NOTIFICATION: %s",
			scene.xt, how, scene.yt,
			reset ? "its daemon crashed or was restarted, or something reset it in its name (RST)"
			      : "its daemon ended or gave up (FIN)");
		return;
	}
	if (collided(link) || explained(scene.s) || link->was_established) {
		return;
	}
	args.lower_severity = rule_after_exit(scene.s);
	args.evidence_count = open_frames(link, frames);
	if (own->open.seen && peer->open.seen) {
		args.cause = FINDING_SILENT_ASN_MISMATCH;
		args.confidence = CONFIDENCE_POSSIBLE;
		char as[48] = "";
		if (scene.y->has_open) {
			snprintf(as, sizeof(as), " (which says AS %u)", scene.y->asn);
		}
		finding_raise(t, &args,
			"%s %s the connection after the OPEN of %s%s and does not say why: perhaps it expects another AS number",
			scene.xt, how, scene.yt, as);
	} else if (!own->open.seen && link->conn->handshake &&
		   (int)dir != link->conn->client) {
		args.cause = FINDING_PEER_NOT_CONFIGURED;
		finding_raise(t, &args,
			"%s takes the connection of %s and %s it without an OPEN: it does not know this neighbor, or does not want it now",
			scene.xt, scene.yt, how);
	}
}

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
	bool keeps = false; /* it names families whose routes are to be kept (RFC 4724 section 3) */
	uint16_t restart_time = 0;
	while (bgp_next_capability(&iter, &capability)) {
		if (capability.code == 64 && !capability.malformed) {
			restarting = capability.graceful_restart.restarting;
			restart_time = capability.graceful_restart.time_s;
			keeps = cursor_left(&capability.graceful_restart.families) > 0;
		}
	}
	scene.x->restart_time_s = keeps ? restart_time : 0;
	if (s->restart_deadline_ns != 0 && &s->side[s->restart_side] == scene.x) {
		s->restart_deadline_ns = 0;
	}
	if (open->as4 && open->as4_asn != 0 && open->my_as != BGP_AS_TRANS &&
	    open->my_as != open->as4_asn) {
		struct finding_args args = args_of(&scene, FINDING_AS4_TROUBLE, CONFIDENCE_CERTAIN);
		args.blame = &scene.x->addr;
		finding_raise(t, &args,
			"the OPEN of %s contradicts itself: My AS is %u, the 4-octet AS capability says %u",
			scene.xt, open->my_as, open->as4_asn);
	} else if (open->my_as == BGP_AS_TRANS && (!open->as4 || open->as4_asn == 0)) {
		struct finding_args args = args_of(&scene, FINDING_AS4_TROUBLE, CONFIDENCE_CERTAIN);
		args.blame = &scene.x->addr;
		finding_raise(t, &args,
			"the OPEN of %s says AS 23456 (AS_TRANS) and gives no 4-octet AS number", scene.xt);
	}
	if (!restarting || s->established_count == 0) {
		return;
	}
	struct finding *closed = finding_find(s, FINDING_CLOSED_WITHOUT_NOTIFICATION);
	uint64_t frames[] = {closed != NULL ? closed->last.frame : 0};
	struct finding_args args = args_of(&scene, FINDING_GRACEFUL_RESTART, CONFIDENCE_CERTAIN);
	args.evidence = frames;
	args.evidence_count = 1;
	args.blame = &scene.x->addr;
	finding_raise(t, &args,
		"%s comes back with the restart bit set (graceful restart, restart time %u s): its peer keeps the routes meanwhile",
		scene.xt, restart_time);
	if (closed != NULL && address_equal(&closed->subject, &scene.x->addr)) {
		closed->resolved = true;
		closed->severity = SEVERITY_INFO;
	}
}

/* A malformed UPDATE that its receiver lets pass: RFC 7606 has it treat the routes as withdrawn. */
void
rule_bad_update(struct track *t, struct link *link, unsigned dir)
{
	struct machine *m = &link->machine[dir];
	const struct machine *peer = &link->machine[1 - dir];
	if (m->bad_update_told || m->bad_update.time_ns == 0 ||
	    peer->state != BGP_STATE_ESTABLISHED ||
	    t->now.time_ns < m->bad_update.time_ns + FORGIVEN_S * SECOND_NS) {
		return;
	}
	m->bad_update_told = true;
	struct scene scene;
	scene_set(&scene, t, link, dir, &m->bad_update);
	struct finding_args args = args_of(&scene, FINDING_TREAT_AS_WITHDRAW, CONFIDENCE_LIKELY);
	args.blame = &scene.x->addr;
	args.took_down = false;
	finding_raise(t, &args,
		"an UPDATE of %s is malformed (%s) and %s goes on without a NOTIFICATION: it treats the routes as withdrawn (RFC 7606)",
		scene.xt, bgp_fault_text(m->bad_update_fault), scene.yt);
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
	struct finding_args args = args_of(&scene, FINDING_TWO_DAEMONS, CONFIDENCE_LIKELY);
	args.blame = &scene.x->addr;
	args.evidence = frames;
	args.evidence_count = 2;
	args.took_down = true;
	finding_raise(t, &args,
		"OPENs of %s come with the BGP identifiers %s and %s in turn: two BGP daemons use one address",
		scene.xt, address_text(&a, one), address_text(&b, other));
}

/* `dir` of `old` has opened another session though it never ended the one it had. */
void
rule_forgotten(struct track *t, struct link *old, unsigned dir, const struct moment *at)
{
	const struct machine *m = &old->machine[dir];
	if (m->closed || m->notified || old->machine[1 - dir].notified ||
	    old->machine[1 - dir].closed) {
		return;
	}
	struct scene scene;
	scene_set(&scene, t, old, dir, at);
	uint64_t frames[] = {m->sent.frame};
	struct finding_args args = args_of(&scene, FINDING_PEER_REBOOTED, CONFIDENCE_LIKELY);
	args.blame = &scene.x->addr;
	args.evidence = frames;
	args.evidence_count = 1;
	finding_raise(t, &args,
		"%s opens a new session with %s and never ended the old one (its last message there is frame %llu, %.1f s before): it was restarted without a word",
		scene.xt, scene.yt, (unsigned long long)m->sent.frame,
		(double)(at->time_ns - m->sent.time_ns) / 1e9);
}

/* It said how long its restart may take, and that time is over (RFC 4724 section 4.2). */
void
rule_restart_tick(struct track *t, struct session *s)
{
	if (s->restart_deadline_ns == 0 || t->now.time_ns < s->restart_deadline_ns) {
		return;
	}
	const struct speaker *x = &s->side[s->restart_side];
	struct moment at = {.time_ns = s->restart_deadline_ns, .input = t->now.input};
	s->restart_deadline_ns = 0;
	char a[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {s->restart_begin.frame};
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_GRACEFUL_RESTART_EXPIRED,
			.confidence = CONFIDENCE_CERTAIN,
			.session = s,
			.blame = &x->addr,
			.subject = &x->addr,
			.at = at,
			.evidence = frames,
			.evidence_count = 1,
			.took_down = true,
		},
		"%s closed in frame %llu with graceful restart announced (restart time %u s) and did not come back in time: its routes are dropped",
		address_text(&x->addr, a), (unsigned long long)s->restart_begin.frame,
		s->restart_time_s);
}

void
rule_established(struct track *t, struct link *link, const struct moment *at)
{
	struct session *s = link->session;
	findings_resolve(t, s, at);
	for (unsigned i = 0; i < 2; i++) {
		s->side[i].syns_unanswered = 0;
	}
	if (!link->hold_known) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	address_text(&s->side[0].addr, a);
	address_text(&s->side[1].addr, b);
	uint64_t frames[2];
	size_t count = open_frames(link, frames);
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
