/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that stand, or nearly, and do not get on: answers that do not get back, segments that are not
 * taken, a window that stays closed, an OPEN or a KEEPALIVE that does not come (catalogue, A2, A11, B8, B9, C3).
 *
 * All of them are a matter of time, so they are looked at when time passes, and only where a cheap look finds
 * that there may be something.
 */
#include "track/scene.h"

enum {
	OPEN_PATIENCE_S = 20, /* for an OPEN or a first KEEPALIVE to come */
	SYNACKS_ENOUGH = 3,
	STUCK_S = 15,         /* how long a window may stay closed */
	RETRANSMISSIONS_ENOUGH = 3,
	SILENCE_ENOUGH = 4,   /* copies of an OPEN, */
	SILENT_S = 3,         /* and for so long */
	HOPS_MAX = 30,
	CAPABILITY_STRICT_BFD = 74,
};

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

/* How many routers a packet has passed: hosts begin at 64, 128 or 255. 0: none, or it cannot be told. */
static unsigned
hops_of(uint8_t ttl)
{
	unsigned begin = ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
	return ttl == 0 || begin - ttl > HOPS_MAX ? 0 : begin - ttl;
}

/* The handshake is over, and what x sends since is sent again and never acknowledged. */
static bool
is_resent_in_vain(const struct link *link, unsigned dir)
{
	const struct machine *own = &link->machine[dir];
	return link->conn->handshake && own->open.seen && !own->open_acked && own->retransmissions >= SILENCE_ENOUGH &&
		own->retransmission.time_ns >= own->open.at.time_ns + SILENT_S * SECOND_NS;
}

/*
 * y takes the call of x, its TCP answers the SYN, and then nothing of it comes any more: what x sends is not
 * even acknowledged. A kernel answers a SYN with its own TTL, and then the socket has that of its daemon: 1,
 * where an eBGP speaker is not multihop, or 255 and the wish for the same (RFC 5082).
 */
static void
silent_since_the_call(struct scene *scene)
{
	struct link *link = scene->link;
	const struct machine *own = &link->machine[scene->dir], *peer = &link->machine[1 - scene->dir];
	const struct conn_side *y = &link->conn->side[1 - scene->dir];
	if (link->silence_told || link->open_told || link->ignored || !is_resent_in_vain(link, scene->dir) ||
	    link->conn->client != (int8_t)scene->dir || own->done || peer->messages > 0 ||
	    y->segments != y->synack_count || y->synack_count == 0 || scene->s->up) {
		return;
	}
	link->silence_told = true;
	uint64_t frames[] = {y->first_synack_frame, own->open.at.frame, own->retransmission.frame};
	unsigned hops = hops_of(y->ttl_first);
	/* Who repeats its SYN-ACK has not heard the ACK: then it is what x sends that is lost. */
	bool unheard = y->synack_count >= SYNACKS_ENOUGH;
	struct finding_args args = scene_args(scene,
		unheard ? FINDING_RETURN_PATH_DROP : hops > 0 ? FINDING_EBGP_MULTIHOP_NEEDED : FINDING_OPEN_UNANSWERED,
		unheard ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
	args.subject = unheard ? &scene->x->addr : hops > 0 ? &scene->y->addr : &scene->x->addr;
	args.evidence = frames;
	args.evidence_count = 3;
	args.lower_severity = rule_after_exit(scene->s);
	if (unheard) {
		finding_raise(scene->t, &args,
			"%s answers the SYN of %s again and again (%u times), though it was acknowledged, and takes nothing that %s sends: between the two only SYNs and their answers pass, as through a firewall that sees one direction",
			scene->yt, scene->xt, y->synack_count, scene->xt);
	} else if (hops > 0) {
		finding_raise(scene->t, &args,
			"%s takes the call of %s, and after its SYN-ACK (TTL %u: %u hop%s away) nothing of it comes: the OPEN of %s is sent again (%u times) and not even acknowledged. So it looks where %s sends with TTL 1, as an eBGP speaker does that is not multihop; or it has TTL security, or a firewall lets nothing but SYNs pass",
			scene->yt, scene->xt, y->ttl_first, hops, hops > 1 ? "s" : "", scene->xt, own->retransmissions,
			scene->yt);
	} else {
		finding_raise(scene->t, &args,
			"%s takes the call of %s, and after its SYN-ACK nothing of it comes: the OPEN of %s is sent again (%u times) and not even acknowledged by TCP; %s does not take it (TTL security, a firewall), or what it sends is lost",
			scene->yt, scene->xt, scene->xt, own->retransmissions, scene->yt);
	}
}

/* … though y has sent its OPEN: there is a way from y to x and none back. Whose KEEPALIVE is here has heard the OPEN, whatever
 * ACKs the capture shows. */
static bool
is_unheard(const struct link *link, unsigned dir)
{
	const struct machine *peer = &link->machine[1 - dir];
	return is_resent_in_vain(link, dir) && !link->was_established && peer->open.seen && peer->messages == 1 && !peer->done;
}

/* The handshake came through, whose segments the kernel sends with its own TTL; then x's daemon set that of the socket. */
bool
rule_unheard(struct scene *scene)
{
	struct link *link = scene->link;
	const struct machine *own = &link->machine[scene->dir];
	if (!is_unheard(link, scene->dir) || link->ignored || scene->s->up) {
		return false;
	}
	if (link->silence_told || finding_find(scene->s, FINDING_EBGP_MULTIHOP_NEEDED) != NULL) {
		return true; /* a router said so itself */
	}
	link->silence_told = true;
	uint64_t frames[] = {own->open.at.frame, own->retransmission.frame};
	bool near = own->data_ttl == 1 && link->conn->side[scene->dir].ttl_first > 1;
	struct finding_args args = scene_args(scene, near ? FINDING_EBGP_MULTIHOP_NEEDED : FINDING_RETURN_PATH_DROP,
		CONFIDENCE_POSSIBLE);
	args.subject = near ? &scene->x->addr : &scene->y->addr;
	args.evidence = frames;
	args.evidence_count = 2;
	args.lower_severity = rule_after_exit(scene->s);
	if (near) {
		finding_raise(scene->t, &args,
			"%s hears the OPEN of %s, and its own is sent again (%u times) and never acknowledged: its handshake came with TTL %u and its messages have TTL 1, as those of an eBGP speaker that is not multihop, so a router on the way drops them; or something else lets only the handshake pass",
			scene->xt, scene->yt, own->retransmissions, link->conn->side[scene->dir].ttl_first);
	} else {
		finding_raise(scene->t, &args,
			"%s hears the OPEN of %s, and its own is sent again (%u times) and never acknowledged: what it sends after the handshake does not reach %s, or is not taken there",
			scene->xt, scene->yt, own->retransmissions, scene->yt);
	}
	return true;
}

/* y takes only what comes with TTL 255, and x sends with less (RFC 5082). */
static void
ttl_security(struct scene *scene)
{
	struct link *link = scene->link;
	const struct machine *own = &link->machine[scene->dir];
	const struct conn_side *y = &link->conn->side[1 - scene->dir];
	/* A SYN-ACK has the TTL of the listener, and says nothing of the socket that comes of it. */
	bool spoke = y->segments > (uint32_t)y->syn_count + y->synack_count + y->rst_count;
	if (link->ignored || own->data_ttl == 0 || own->data_ttl == 255 || y->ttl_min != 255 || !spoke ||
	    !link->conn->handshake ||
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
		scene->xt, scene_seconds(now_ns - own->window_zero_since_ns),
		(unsigned long long)own->window_zero_frame, scene->yt);
}

/* Both offer strict mode: neither confirms before BFD is Up (draft-ietf-idr-bgp-bfd-strict-mode). */
static bool
waits_for_bfd(struct scene *scene)
{
	const struct session *s = scene->s;
	const struct link *link = scene->link;
	if ((s->bfd != NULL && s->bfd->up) || !bgp_offers(&link->machine[0].open.open, CAPABILITY_STRICT_BFD) ||
	    !bgp_offers(&link->machine[1].open.open, CAPABILITY_STRICT_BFD)) {
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
		scene->xt, scene->yt, scene_seconds(scene->at->time_ns - own->since_ns));
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
			scene->xt, scene->yt, scene_seconds(now_ns - own->open.at.time_ns));
	}
	if (!link->confirm_told && peer->open.seen && own->state == BGP_STATE_OPENSENT &&
	    peer->state == BGP_STATE_OPENSENT && now_ns > own->open.at.time_ns + patience &&
	    now_ns > peer->open.at.time_ns + patience) {
		link->confirm_told = true;
		(void)waits_for_bfd(scene);
	}
	if (!link->confirm_told && peer->open.seen && own->state == BGP_STATE_OPENCONFIRM &&
	    peer->state == BGP_STATE_OPENSENT && now_ns > own->since_ns + patience &&
	    !is_unheard(link, scene->dir)) { /* else rule_unheard() has told it */
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
bool
rule_link_looks(const struct link *link)
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
	if (!rule_link_looks(link)) {
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
	if (!rule_link_looks(link)) {
		return;
	}
	for (unsigned dir = 0; dir < 2; dir++) {
		struct scene scene;
		scene_set(&scene, t, link, dir, &t->now);
		rule_bad_update(t, link, dir);
		return_path(&scene);
		ttl_security(&scene);
		silent_since_the_call(&scene);
		(void)rule_unheard(&scene);
		window_closed(&scene);
		missing_answer(&scene);
	}
}
