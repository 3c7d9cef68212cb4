/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions that end without a word that explains it: hold timers, closed connections, restarts
 * (catalogue, part C).
 */
#include "track/scene.h"

#include <stdio.h>

enum {
	BFD_RETRY_S = 10,     /* after BFD left Up: how soon its caller tries again */
	COLLISION_S = 2,
	LARGE_COPIES = 3,
	LARGE_SEGMENT = 1000, /* octets; less passes wherever IPv6 or PPPoE does */
};

/* No hold timer but 0 is shorter (RFC 4271 section 4.2). */
#define SHORT_SILENCE_NS (3 * SECOND_NS)
/* Some that are offered are longer; 240 s is what the RFC suggests for OpenSent. */
#define LONG_SILENCE_NS (240 * SECOND_NS)

/* Large segments of y are sent again and again while small ones of x are acknowledged. */
static void
mtu_black_hole(struct scene *scene, const struct machine *peer, uint32_t unseen)
{
	uint64_t frames[] = {peer->retransmission.frame, scene->y->alive.frame};
	struct finding_args args = scene_args(scene, FINDING_MTU_BLACK_HOLE, CONFIDENCE_LIKELY);
	args.evidence = frames;
	args.evidence_count = 2;
	if (unseen > 0) {
		finding_raise(scene->t, &args,
			"%s has sent %u octets, as its sequence numbers say, that neither %s nor the capture ever received, while its small packets arrive (frame %llu): the path before the capture drops large packets",
			scene->yt, unseen, scene->xt, (unsigned long long)scene->y->alive.frame);
		return;
	}
	finding_raise(scene->t, &args,
		"segments of %u octets from %s are sent again and again (%u times) and never acknowledged, while small packets pass between the two: the path drops large packets",
		peer->retransmitted_size, scene->yt, peer->retransmissions);
}

/* Octets that `dir` has sent, by the sequence numbers of what came later, and that nobody has seen. */
static uint32_t
sent_unseen(const struct link *link, unsigned dir)
{
	const struct conn_side *y = &link->conn->side[dir], *x = &link->conn->side[1 - dir];
	uint32_t ahead = y->next_seq - x->acked;
	if (!x->has_acked || y->syn_count + y->synack_count == 0 || y->fin_count > 0 || ahead == 0 ||
	    ahead > UINT32_MAX / 2) {
		return 0;
	}
	/* What the capture has of it is not unseen. */
	uint64_t of_all = (uint32_t)(y->next_seq - y->isn - 1);
	if (y->syn_count == 0) {
		return 0;
	}
	return of_all > y->bytes && of_all - y->bytes <= ahead ? (uint32_t)(of_all - y->bytes) : 0;
}

/* A filter was complaining all the while, or the address was asked for in vain: so the session fell. */
static void
blame_the_path(struct session *s, const struct moment *since)
{
	for (struct finding *f = s->findings; f != NULL; f = f->next) {
		if ((f->cause == FINDING_ICMP_PROHIBITED || f->cause == FINDING_ICMP_UNREACHABLE ||
			    f->cause == FINDING_NO_ROUTE) &&
		    f->resolved && f->last.time_ns > since->time_ns) {
			f->resolved = false;
			f->took_down = true;
			f->severity = SEVERITY_ERROR;
		}
	}
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
	struct finding_args args = scene_args(scene, FINDING_OPEN_UNANSWERED,
		acked ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	args.blame = acked ? &scene->y->addr : NULL;
	args.evidence = frames;
	args.evidence_count = 1;
	finding_raise(scene->t, &args,
		"%s gives up: its OPEN %s and no OPEN came back from %s for %.0f s", scene->xt,
		acked ? "was acknowledged by TCP" : "was not even acknowledged", scene->yt,
		scene->at->time_ns > own->open.at.time_ns
			? (double)(scene->at->time_ns - own->open.at.time_ns) / 1e9
			: 0.0);
}

void
rule_hold_expired(struct track *t, struct link *link, unsigned dir, enum basis basis,
	const struct moment *at)
{
	struct scene scene;
	scene_set(&scene, t, link, dir, at);
	const struct machine *own = &link->machine[dir];
	const struct machine *peer = &link->machine[1 - dir];
	if (link->was_established) {
		timing_expired(link->session, link, dir, at);
	}
	if (link->hold_told) {
		return; /* the other side's expiry is the same story */
	}
	link->hold_told = true;
	if (own->open.seen && !peer->open.seen && peer->messages == 0 && link->conn->handshake) {
		open_unanswered(&scene);
		return;
	}
	if (own->open.seen && peer->open.seen && !link->was_established && peer->messages == 1 &&
	    peer->retransmissions == 0 && own->state >= BGP_STATE_OPENSENT && at->time_ns > own->since_ns) {
		if (!link->confirm_told && !rule_unheard(&scene)) {
			/* That its OPEN was acknowledged shows that the way is good. */
			rule_unconfirmed(&scene, own->acked.time_ns > own->open.at.time_ns && !link->session->lacks &&
							 sent_unseen(link, 1 - dir) == 0
						 ? CONFIDENCE_CERTAIN
						 : CONFIDENCE_LIKELY);
		}
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
	uint32_t unseen = sent_unseen(link, 1 - dir);
	if (peer->retransmissions >= LARGE_COPIES && peer->retransmitted_size >= LARGE_SEGMENT &&
	    peer->retransmission.time_ns > own->received.time_ns &&
	    own->acked.time_ns > own->received.time_ns) {
		mtu_black_hole(&scene, peer, 0);
	} else if (unseen >= LARGE_SEGMENT && own->acked.time_ns > own->received.time_ns &&
		   scene.y->alive.time_ns > own->received.time_ns + SECOND_NS) {
		mtu_black_hole(&scene, peer, unseen);
	}
	if (basis == BASIS_OBSERVED && link->hold_known && own->received.frame != 0 && own->received.input == at->input &&
	    silence * 2 < (double)link->hold_ns / 1e9) {
		snprintf(why, sizeof(why),
			"its TCP had acknowledged that: its daemon did not read it in time, or what it waits for did not come (an UPDATE or KEEPALIVE behind a loss)");
	} else if (unseen > 0 && peer->sent.time_ns <= own->received.time_ns) {
		snprintf(why, sizeof(why),
			"%s has sent %u octets since, as its sequence numbers say, which neither %s nor the capture received: they are lost on the way before the capture",
			scene.yt, unseen, scene.xt);
		frames[count++] = scene.y->alive.frame;
	} else if (peer->retransmissions > 0 && peer->retransmission.time_ns > own->received.time_ns) {
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
	struct finding_args args = scene_args(&scene, FINDING_HOLD_TIMER_EXPIRED,
		basis == BASIS_OBSERVED && (link->was_established || link->conn->side[1 - dir].seen)
			? CONFIDENCE_CERTAIN
			: CONFIDENCE_LIKELY);
	args.evidence = frames;
	args.evidence_count = count;
	args.blame = silent_daemon ? &scene.y->addr : NULL;
	args.lower_severity = link->ignored;
	finding_raise(t, &args, "the hold timer%s of %s for %s ran out: %s; %s", hold, scene.xt, scene.yt,
		last, why);
	blame_the_path(link->session, &own->received);
}

/* Another connection of the pair is on its way or stands: this one had to go (RFC 4271 6.8). */
static bool
collided(const struct link *link, const struct moment *at)
{
	const struct session *s = link->session;
	/* One was given up in words just now: the other speaker may choose otherwise, and say nothing. */
	const struct finding *f = finding_find(s, FINDING_COLLISION);
	if (f != NULL && at->time_ns < f->last.time_ns + COLLISION_S * SECOND_NS) {
		return true;
	}
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
		    f->cause != FINDING_RETRY_STORM && /* it only counts */
		    !finding_is_expectation(f->cause) &&
		    f->confidence >= CONFIDENCE_LIKELY) {
			return true;
		}
	}
	return false;
}

/*
 * x gives the connection up while its large segments were sent in vain, and what is small passes: y has sent
 * since, and did not need to send it again.
 */
static void
gave_up_large(const struct scene *scene)
{
	const struct machine *own = &scene->link->machine[scene->dir], *peer = &scene->link->machine[1 - scene->dir];
	if (own->retransmissions < LARGE_COPIES || own->retransmitted_size < LARGE_SEGMENT ||
	    peer->retransmissions > 0 || peer->sent.time_ns <= own->sent.time_ns ||
	    own->retransmission.time_ns <= own->sent.time_ns || own->acked.time_ns > own->retransmission.time_ns) {
		return;
	}
	struct scene other;
	scene_set(&other, scene->t, scene->link, 1 - scene->dir, scene->at);
	mtu_black_hole(&other, own, 0);
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
	struct finding_args args = scene_args(&scene, FINDING_NONE, CONFIDENCE_LIKELY);
	args.evidence = frames;
	if (link->was_established && from == BGP_STATE_ESTABLISHED) {
		if (collided(link, at)) {
			return;
		}
		if (scene_bfd_explains(&scene)) {
			scene_bfd_took_it_down(&scene, CONFIDENCE_LIKELY,
				"it closes the connection just after BFD left Up");
			return;
		}
		frames[0] = peer->sent.frame;
		frames[1] = own->sent.frame;
		args.evidence_count = 2;
		gave_up_large(&scene);
		if (reset && peer->retransmissions > 0) {
			/* RFC 9293 section 3.10.7.1: so answers a TCP that has no such connection. */
			args.cause = FINDING_PEER_REBOOTED;
			restart_begin(scene.s, link_side(link, dir), false, at);
			finding_raise(t, &args,
				"%s answers a retransmission of %s with RST: its TCP does not know the connection any more; it was restarted without a word, or a NAT or firewall between lost the connection",
				scene.xt, scene.yt);
			return;
		}
		args.cause = FINDING_CLOSED_WITHOUT_NOTIFICATION;
		args.confidence = reset && link->reset.inexact ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN;
		args.blame = &scene.x->addr;
		bool unheard = scene.s->heard_again_ns != 0 &&
			at->time_ns < scene.s->heard_again_ns + LONG_SILENCE_NS;
		/* All that the capture has of it on this connection: when it gave it up is not to be known. */
		unheard = unheard || (reset && link->conn->midstream && link->conn->side[dir].segments <= 1);
		if (unheard || !link->conn->side[1 - dir].seen ||
		    (!link->hold_known && at->time_ns > own->received.time_ns + SHORT_SILENCE_NS)) {
			/* Its hold timer may have run out: what came before, from the other side, or the hold
			 * time is unknown. */
			args.confidence = CONFIDENCE_POSSIBLE;
		}
		/* So a graceful restart begins (RFC 4724 section 4.1): it may come back in time. */
		args.lower_severity = restart_begin(scene.s, link_side(link, dir), false, at);
		char ttl[160] = "";
		if (reset && own->data_ttl != 0 && own->rst_ttl != own->data_ttl) {
			/* A socket resets with the TTL that it had; a host that knows no such connection, or a
			 * firewall, with that of anything else. */
			args.confidence = args.confidence < CONFIDENCE_LIKELY ? args.confidence : CONFIDENCE_LIKELY;
			args.blame = NULL;
			snprintf(ttl, sizeof(ttl), "; the RST has TTL %u, its messages had %u: it is not of the socket that sent them",
				own->rst_ttl, own->data_ttl);
		}
		finding_raise(t, &args, "%s %s the Established session with %s and sends no NOTIFICATION: %s%s",
			scene.xt, how, scene.yt,
			reset ? "its daemon crashed or was restarted, or something reset it in its name (RST)"
			      : "its daemon ended or gave up (FIN)",
			ttl);
		return;
	}
	if (collided(link, at) || explained(scene.s) || link->was_established) {
		return;
	}
	args.lower_severity = rule_after_exit(scene.s);
	args.evidence_count = scene_open_frames(link, frames);
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
		   link->conn->side[dir].data_segments == 0 && (int)dir != link->conn->client) {
		args.cause = FINDING_PEER_NOT_CONFIGURED;
		rule_known_by_another(&scene);
		if (scene.x->attempt.time_ns != 0) {
			/* Whom it calls it knows: it does not want to be called now. */
			args.confidence = CONFIDENCE_POSSIBLE;
		}
		finding_raise(t, &args,
			"%s takes the connection of %s and %s it without an OPEN: it does not know this neighbor, or does not want it now",
			scene.xt, scene.yt, how);
	}
}

/* It was reset, and yet it goes on: TCP that sends a RST has no connection any more (RFC 9293, 3.10.7). */
void
rule_reset_in_its_name(struct track *t, struct link *link, unsigned dir, const struct seg *seg)
{
	struct scene scene;
	scene_set(&scene, t, link, dir, &t->now);
	struct finding *f = scene.s->findings;
	while (f != NULL && ((f->cause != FINDING_CLOSED_WITHOUT_NOTIFICATION && f->cause != FINDING_PEER_REBOOTED) ||
				    !address_equal(&f->subject, &scene.x->addr))) {
		f = f->next;
	}
	if (f == NULL || f->resolved || f->confidence < CONFIDENCE_LIKELY || link->name_told ||
	    t->now.time_ns < f->last.time_ns + SECOND_NS / 10) {
		return;
	}
	link->name_told = true;
	uint64_t reset = f->last.frame;
	struct finding_args args = scene_args(&scene, f->cause, CONFIDENCE_LIKELY);
	args.at = f->last;
	args.evidence = (uint64_t[]){t->now.frame};
	args.evidence_count = 1;
	f->count--; /* told anew, not again */
	finding_raise(t, &args,
		"the Established session of %s and %s is reset in the name of %s (RST, frame %llu), which goes on sending on it (frame %llu, TTL %u): a firewall or another host sent the RST",
		scene.xt, scene.yt, scene.xt, (unsigned long long)reset,
		(unsigned long long)t->now.frame, seg->ip->ttl);
}

/* What was said at the RST in the name of `dir` was wrong: both go on. */
void
rule_reset_without_effect(struct track *t, struct link *link, unsigned dir, const struct moment *at)
{
	struct scene scene;
	scene_set(&scene, t, link, dir, at);
	struct finding *f = scene.s->findings;
	while (f != NULL && ((f->cause != FINDING_CLOSED_WITHOUT_NOTIFICATION && f->cause != FINDING_PEER_REBOOTED) ||
				    f->last.frame != at->frame)) {
		f = f->next;
	}
	if (f == NULL) {
		return;
	}
	if (f->count > 1) {
		f->count--; /* it happened before */
		return;
	}
	struct finding_args args = scene_args(&scene, f->cause, CONFIDENCE_LIKELY);
	args.past = true;
	args.evidence = (uint64_t[]){t->now.frame};
	args.evidence_count = 1;
	f->count--;
	f->took_down = false;
	finding_raise(t, &args,
		"a RST in the name of %s (frame %llu) did not end the session with %s, which goes on (frame %llu): it was dropped on its way, or its receiver did not take it; something else may have sent it",
		scene.xt, (unsigned long long)at->frame, scene.yt, (unsigned long long)t->now.frame);
	f->took_down = false;
}

/* BFD says that its detection time ran out just after the same speaker sent a Cease without a reason:
 * that was the reason (BIRD 2.0 sends 6/0, and the Cease is on the wire first). */
void
rule_bfd_lost(struct track *t, struct session *s)
{
	struct finding *f = finding_find(s, FINDING_CEASE_UNSPECIFIC);
	struct link *link = s->links;
	if (f == NULL || f->resolved || link == NULL || s->bfd_lost_diag != 1 ||
	    !address_equal(&f->subject, &s->bfd_lost_by) ||
	    s->bfd_lost.time_ns > f->last.time_ns + SECOND_NS) {
		return;
	}
	struct scene scene;
	scene_set(&scene, t, link, address_equal(&link->conn->side[1].addr, &f->subject) ? 1 : 0,
		&f->last);
	f->resolved = true;
	f->severity = SEVERITY_INFO;
	scene_bfd_took_it_down(&scene, CONFIDENCE_LIKELY,
		"NOTIFICATION 6/0, as its BFD detection time ran out");
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
	scene_bfd_took_it_down(&scene, CONFIDENCE_LIKELY, "it calls anew after BFD left Up");
	return true;
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
	restart_begin(old->session, link_side(old, dir), false, at);
	uint64_t frames[] = {m->sent.frame};
	struct finding_args args = scene_args(&scene, FINDING_PEER_REBOOTED, CONFIDENCE_LIKELY);
	args.blame = &scene.x->addr;
	args.evidence = frames;
	args.evidence_count = 1;
	const struct session *s = old->session;
	if (s->bfd != NULL && s->bfd_lost.time_ns > m->established.time_ns) {
		/* Who was cut off ends its session by BFD, and nobody hears it. A discriminator that it keeps
		 * says that it went on all the while (RFC 5880 section 6.3); another one says nothing. */
		const struct bfd_end *end = &s->bfd->end[address_equal(&s->bfd->end[1].addr, &scene.x->addr) ? 1 : 0];
		if (end->discriminator_turned.time_ns <= s->bfd_lost.time_ns) {
			return;
		}
		args.confidence = CONFIDENCE_POSSIBLE;
		args.blame = NULL;
		finding_raise(t, &args,
			"%s opens a new session with %s and was not heard to end the old one (its last message there is frame %llu, %.1f s before), and its BFD discriminator is another one: it was restarted, or it was cut off and its own BFD ended the session",
			scene.xt, scene.yt, (unsigned long long)m->sent.frame,
			(double)(at->time_ns - m->sent.time_ns) / 1e9);
		return;
	}
	bool unheard = s->heard_again_ns != 0 && at->time_ns < s->heard_again_ns + LONG_SILENCE_NS;
	if (unheard) {
		args.confidence = CONFIDENCE_POSSIBLE;
		args.blame = NULL;
	}
	finding_raise(t, &args,
		"%s opens a new session with %s and was not seen to end the old one (its last message there is frame %llu, %.1f s before): it was restarted without a word%s",
		scene.xt, scene.yt, (unsigned long long)m->sent.frame, (double)(at->time_ns - m->sent.time_ns) / 1e9,
		unheard ? ", or its hold timer ran out while the capture did not listen" : "");
}
