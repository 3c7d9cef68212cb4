/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What BFD shows: expired detection, one-way paths, ends that talk past each other (catalogue, part D). */
#include "track/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

enum {
	ONE_WAY_PACKETS = 3,
	ONE_WAY_S = 3,
	ONE_SIDED_PACKETS = 5,
	ONE_SIDED_S = 5,
	BGP_PATIENCE_S = 10, /* BFD is Up: how long BGP may take */
	ADMIN_DOWN_S = 3,
	BGP_LEFT_FIRST_S = 5,
	STALE_PACKETS = 5,
	STALE_S = 3,
	TURNS_ENOUGH = 4,
	TURN_S = 10,
	POLLS_ENOUGH = 4,
	POLL_S = 3,
	ZOMBIE_PACKETS = 10,
};

static bool
before_by(const struct moment *at, const struct moment *then, uint64_t s)
{
	return then->time_ns != 0 && at->time_ns >= then->time_ns + s * SECOND_NS;
}

static void
detect_expired(struct track *t, struct bfd_session *b, unsigned end, const struct moment *at)
{
	const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX], heard[160], detect[64] = "";
	if (x->has_timers) {
		snprintf(detect, sizeof(detect), " of %.0f ms", (double)x->detect_us / 1000);
	}
	double silence = y->at.time_ns != 0 && at->time_ns > y->at.time_ns
				 ? (double)(at->time_ns - y->at.time_ns) / 1e6
				 : 0;
	bool delivered = x->has_timers && silence * 1000 < (double)x->detect_us / 2;
	bool anew = delivered && y->discriminator_turned.time_ns + x->detect_us * 1500 > at->time_ns;
	if (y->at.time_ns == 0) {
		snprintf(heard, sizeof(heard), "no packet of %s is in the capture",
			address_text(&y->addr, c));
	} else if (anew) {
		/* RFC 5880 section 6.8.6 has x go Down for it, with diagnostic 3; BIRD 2.0 discards it. */
		snprintf(heard, sizeof(heard),
			"%s began a BFD session anew in frame %llu (discriminator 0x%08x), and its packets were not taken for the old one",
			address_text(&y->addr, c), (unsigned long long)y->discriminator_turned.frame,
			y->last.my_discriminator);
	} else if (delivered) {
		snprintf(heard, sizeof(heard),
			"packets of %s are in the capture up to frame %llu, %.0f ms before: they were lost or dropped behind it",
			address_text(&y->addr, c), (unsigned long long)y->at.frame, silence);
	} else {
		snprintf(heard, sizeof(heard), "the last packet of %s is frame %llu, %.0f ms before",
			address_text(&y->addr, c), (unsigned long long)y->at.frame, silence);
	}
	uint64_t frames[] = {y->at.frame, y->discriminator_turned.frame};
	struct finding_args args = scene_bfd_args(b, FINDING_BFD_DETECT_EXPIRED, CONFIDENCE_CERTAIN, &x->addr, at);
	args.evidence = frames;
	args.evidence_count = anew ? 2 : 1;
	finding_raise(t, &args,
		"BFD of %s heard nothing from %s for its detection time%s; %s",
		address_text(&x->addr, a), address_text(&y->addr, c), detect, heard);
}

static void
admin_down(struct track *t, struct bfd_session *b, unsigned end, const struct moment *at)
{
	struct bfd_end *x = &b->end[end];
	const struct session *s = b->session;
	/* A BGP session that ended before takes its BFD session with it: no cause, a consequence. */
	if (s != NULL && !s->up && s->established_count > 0 && s->lost.time_ns <= at->time_ns) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	struct finding_args args = scene_bfd_args(b, FINDING_BFD_ADMIN_DOWN, CONFIDENCE_CERTAIN, &x->addr, at);
	args.blame = &x->addr;
	finding_raise(t, &args,
		"BFD of %s towards %s is AdminDown: an administrator, or the daemon that owned it, took it down",
		address_text(&x->addr, a), address_text(&b->end[1 - end].addr, c));
}

/* RFC 5880 section 6.7: a packet whose authentication is not as expected is discarded. */
static void
auth_differs(struct track *t, struct bfd_session *b, const struct bfd_end *x,
	const struct bfd_end *y, const struct moment *at)
{
	const struct bfd_packet *p = &x->last, *q = &y->last;
	const char *what = NULL;
	if (p->has_auth != q->has_auth) {
		what = "one side authenticates its packets, the other does not";
	} else if (!p->has_auth) {
		return;
	} else if (p->auth.type != q->auth.type) {
		what = "the types differ";
	} else if (p->auth.key_id != q->auth.key_id) {
		what = "the key IDs differ";
	} else if (p->auth.type == 1 &&
		   (x->password_size != y->password_size ||
			   memcmp(x->password, y->password, sizeof(x->password)) != 0)) {
		what = "the passwords differ";
	}
	if (what == NULL) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {y->at.frame};
	struct finding_args args = scene_bfd_args(b, FINDING_BFD_AUTH, CONFIDENCE_CERTAIN, NULL, at);
	args.evidence = frames;
	args.evidence_count = 1;
	finding_raise(t, &args,
		"BFD authentication of %s (%s, key ID %u) and %s (%s, key ID %u) does not fit: %s",
		address_text(&x->addr, a), p->has_auth ? bfd_auth_name(p->auth.type) : "none",
		p->auth.key_id, address_text(&y->addr, c),
		q->has_auth ? bfd_auth_name(q->auth.type) : "none", q->auth.key_id, what);
}

/* Why the packets of `from` are not taken though they arrive. */
static bool
has_other_reason(const struct bfd_session *b, const struct bfd_end *from)
{
	return from->last.fault != BFD_FAULT_NONE ||
	       bfd_finding_find(b, FINDING_BFD_HOP_MISMATCH) != NULL ||
	       bfd_finding_find(b, FINDING_BFD_AUTH) != NULL ||
	       bfd_finding_find(b, FINDING_BFD_TTL) != NULL;
}

static void
one_way(struct track *t, struct bfd_session *b, unsigned end)
{
	struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	if (x->down_zero_packets < ONE_WAY_PACKETS || y->init_packets < ONE_WAY_PACKETS ||
	    !before_by(&x->at, &x->down_zero, ONE_WAY_S) || has_other_reason(b, y) ||
	    bfd_finding_find(b, FINDING_BFD_ONE_WAY) != NULL) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {x->down_zero.frame, y->init.frame, x->at.frame, y->at.frame};
	struct finding_args args = scene_bfd_args(b, FINDING_BFD_ONE_WAY, CONFIDENCE_LIKELY, &x->addr, &y->at);
	args.evidence = frames;
	args.evidence_count = 4;
	struct finding *f = finding_raise(t, &args,
		"BFD of %s hears %s and waits in Init, but %s stays Down and hears nothing (Your Discriminator 0): packets of %s do not reach %s",
		address_text(&y->addr, c), address_text(&x->addr, a), a, c, a);
	if (f != NULL) {
		f->first = x->down_zero;
	}
}

/* Both say Down and name nobody, and the capture has the packets of both. */
static void
neither_hears(struct track *t, struct bfd_session *b)
{
	const struct bfd_end *x = &b->end[0], *y = &b->end[1];
	if (x->down_zero_packets < ONE_WAY_PACKETS || y->down_zero_packets < ONE_WAY_PACKETS ||
	    !before_by(&y->at, &x->down_zero, ONE_WAY_S) || !before_by(&x->at, &y->down_zero, ONE_WAY_S) ||
	    has_other_reason(b, x) || has_other_reason(b, y) ||
	    bfd_finding_find(b, FINDING_BFD_ONE_WAY) != NULL) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {x->down_zero.frame, y->down_zero.frame, x->at.frame, y->at.frame};
	struct finding_args args = scene_bfd_args(b, FINDING_BFD_ONE_WAY, CONFIDENCE_LIKELY, &x->addr,
		y->at.time_ns > x->at.time_ns ? &y->at : &x->at);
	args.evidence = frames;
	args.evidence_count = 4;
	struct finding *f = finding_raise(t, &args,
		"%s and %s both send BFD, and both stay Down and hear nothing (Your Discriminator 0): their packets are dropped behind this capture, in both directions",
		address_text(&x->addr, a), address_text(&y->addr, c));
	if (f != NULL) {
		f->first = x->down_zero.time_ns > y->down_zero.time_ns ? x->down_zero : y->down_zero;
	}
}

/* x answers a discriminator that y does not use any more, or never did (RFC 5880 section 6.8.6). */
static void
stale_discriminator(struct track *t, struct bfd_session *b, unsigned end, const struct moment *at)
{
	struct bfd_end *x = &b->end[end];
	const struct bfd_end *y = &b->end[1 - end];
	uint32_t wanted = x->last.your_discriminator;
	if (wanted == 0 || !y->seen || wanted == y->last.my_discriminator || x->port != y->port) {
		x->stale_packets = 0;
		return;
	}
	if (x->stale_packets++ == 0) {
		x->stale = *at;
	}
	/* y is heard here all the time, and with the new one. An x that does not hear it forgets the old
	 * one after its detection time: that is loss, not this. */
	uint64_t interval_us = x->last.required_min_rx_us > y->last.desired_min_tx_us
				       ? x->last.required_min_rx_us
				       : y->last.desired_min_tx_us;
	uint64_t patience_s = 2 * interval_us * y->last.detect_mult / 1000000 + STALE_S;
	if (x->stale_packets < STALE_PACKETS || !before_by(at, &x->stale, patience_s) ||
	    y->at.time_ns < x->stale.time_ns ||
	    at->time_ns > y->at.time_ns + STALE_S * SECOND_NS ||
	    bfd_finding_find(b, FINDING_BFD_DISCRIMINATOR) != NULL) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {x->stale.frame, y->at.frame};
	struct finding_args args = scene_bfd_args(b, FINDING_BFD_DISCRIMINATOR, CONFIDENCE_LIKELY, &x->addr, at);
	args.evidence = frames;
	args.evidence_count = 2;
	finding_raise(t, &args,
		"%s answers BFD discriminator 0x%08x (%u packets), but %s uses 0x%08x: it holds on to a session that %s has forgotten",
		address_text(&x->addr, a), wanted, x->stale_packets, address_text(&y->addr, c),
		y->last.my_discriminator, c);
}

/* Two discriminators of one address in turn: two daemons answer for it. */
static void
two_discriminators(struct track *t, struct bfd_session *b, unsigned end,
	const struct bfd_packet *before, const struct moment *at)
{
	struct bfd_end *x = &b->end[end];
	if (before == NULL || before->my_discriminator == x->last.my_discriminator) {
		return;
	}
	bool back = x->last.my_discriminator == x->other_discriminator &&
		    !before_by(at, &x->discriminator_turned, TURN_S);
	x->discriminator_turns = back ? x->discriminator_turns + 1 : 0;
	x->other_discriminator = before->my_discriminator;
	x->discriminator_turned = *at;
	if (x->discriminator_turns < TURNS_ENOUGH || bfd_finding_find(b, FINDING_TWO_DAEMONS) != NULL) {
		return;
	}
	char a[ADDRESS_TEXT_MAX];
	struct finding_args args = scene_bfd_args(b, FINDING_TWO_DAEMONS, CONFIDENCE_LIKELY, &x->addr, at);
	args.blame = &x->addr;
	finding_raise(t, &args,
		"%s sends BFD with two discriminators in turn, 0x%08x and 0x%08x: two daemons answer for one address",
		address_text(&x->addr, a), x->last.my_discriminator, before->my_discriminator);
}

/* A Poll must be answered with a Final at once (RFC 5880 section 6.5). */
static void
poll_unanswered(struct track *t, struct bfd_session *b, unsigned end, const struct moment *at)
{
	struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	if ((x->last.flags & BFD_FLAG_FINAL) != 0) {
		y->unanswered_polls = 0;
	}
	if ((x->last.flags & BFD_FLAG_POLL) == 0) {
		x->unanswered_polls = 0;
		return;
	}
	if (x->unanswered_polls++ == 0) {
		x->poll = *at;
	}
	/* y is heard, and it hears x: it keeps the session Up. */
	if (x->unanswered_polls < POLLS_ENOUGH || !before_by(at, &x->poll, POLL_S) || !b->up ||
	    y->at.time_ns < x->poll.time_ns + SECOND_NS ||
	    bfd_finding_find(b, FINDING_BFD_INVALID) != NULL) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {x->poll.frame, y->at.frame};
	struct finding_args args = scene_bfd_args(b, FINDING_BFD_INVALID, CONFIDENCE_LIKELY, &y->addr, at);
	args.blame = &y->addr;
	args.evidence = frames;
	args.evidence_count = 2;
	finding_raise(t, &args,
		"%s does not answer the Poll of %s with a Final (%u polls in %.1f s, RFC 5880 section 6.5): new timers do not take effect",
		address_text(&y->addr, c), address_text(&x->addr, a), x->unanswered_polls,
		(double)(at->time_ns - x->poll.time_ns) / 1e9);
}

static bool
was_routed(const struct bfd_end *x, const struct bfd_end *y)
{
	return x->port == BFD_PORT_SINGLE_HOP && x->ttl != 255 && !address_is_loopback(&y->addr);
}

static bool
hops_differ(const struct bfd_session *b, const struct bfd_end *x, const struct bfd_end *y)
{
	return y->seen && (x->ports & y->ports) == 0 &&
	       (x->port == BFD_PORT_MULTIHOP || y->port == BFD_PORT_MULTIHOP) && !b->up;
}

/* A packet that its receiver does not take, or not for this session. */
static void
packet_is_wrong(struct track *t, struct bfd_session *b, unsigned end, const struct bfd_packet *before,
	const struct moment *at)
{
	const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	const struct bfd_packet *p = &x->last;
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	address_text(&x->addr, a);
	address_text(&y->addr, c);
	if (p->fault != BFD_FAULT_NONE) {
		struct finding_args args =
			scene_bfd_args(b, FINDING_BFD_INVALID, CONFIDENCE_CERTAIN, &x->addr, at);
		args.blame = &x->addr;
		finding_raise(t, &args, "%s sends invalid BFD packets: %s; %s must discard them (RFC 5880 section 6.8.6)",
			a, bfd_fault_text(p->fault), c);
	}
	if (was_routed(x, y) && bfd_finding_find(b, FINDING_BFD_TTL) == NULL) {
		struct finding_args args =
			scene_bfd_args(b, FINDING_BFD_TTL, CONFIDENCE_CERTAIN, &x->addr, at);
		finding_raise(t, &args,
			"a single-hop BFD packet of %s has TTL %u, it must be 255 (RFC 5881 section 5): it was routed, or its sender thinks it is multihop",
			a, x->ttl);
	}
	if (hops_differ(b, x, y)) {
		bool known = bfd_finding_find(b, FINDING_BFD_HOP_MISMATCH) != NULL;
		if (!known || before == NULL) {
			uint64_t frames[] = {y->at.frame};
			struct finding_args args = scene_bfd_args(b, FINDING_BFD_HOP_MISMATCH, CONFIDENCE_CERTAIN,
				x->port == BFD_PORT_MULTIHOP ? &x->addr : &y->addr, at);
			args.evidence = frames;
			args.evidence_count = 1;
			finding_raise(t, &args,
				"%s sends BFD to UDP port %d, %s to port %d: one side is single-hop, the other multihop",
				a, (int)x->port, c, (int)y->port);
		}
	}
}

static void
state_changed(struct track *t, struct bfd_session *b, unsigned end, uint8_t state_before,
	const struct moment *at)
{
	const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	const struct bfd_packet *p = &x->last;
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	address_text(&x->addr, a);
	address_text(&y->addr, c);
	if (state_before == BFD_UP + 1 && p->state == BFD_DOWN) {
		if (p->diag == 1) {
			detect_expired(t, b, end, at);
		} else if (p->diag == 3 && y->last.state != BFD_ADMIN_DOWN &&
			   bfd_finding_find(b, FINDING_BFD_DETECT_EXPIRED) == NULL) {
			uint64_t frames[] = {y->at.frame};
			struct finding_args args = scene_bfd_args(b, FINDING_BFD_NEIGHBOR_DOWN,
				CONFIDENCE_CERTAIN, &x->addr, at);
			/* FRR makes its BFD session anew while BGP comes up: no session was lost by it. */
			args.past = b->session != NULL && b->session->established_count == 0;
			args.evidence = frames;
			args.evidence_count = 1;
			if (y->seen && y->last.state != BFD_DOWN) {
				/* FRR says so of itself when BGP has its BFD session made anew. */
				args.confidence = CONFIDENCE_POSSIBLE;
				finding_raise(t, &args,
					"BFD of %s went down and says that %s signalled Down (diagnostic 3), but the last packet of %s in the capture, frame %llu, says %s: it may have been made anew by its own daemon, or that packet is not in the capture",
					a, c, c, (unsigned long long)y->at.frame,
					bfd_state_name(y->last.state));
				return;
			}
			finding_raise(t, &args, "BFD of %s went down because %s signalled Down (diagnostic %u, %s)",
				a, c, y->last.diag, bfd_diagnostic_name(y->last.diag));
		}
	}
	if (p->state == BFD_ADMIN_DOWN && state_before == BFD_UP + 1) {
		admin_down(t, b, end, at);
	}
}

bool
rule_bfd_calm(const struct bfd_session *b, unsigned end)
{
	const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	const struct bfd_packet *p = &x->last;
	return b->up && x->port == y->port && p->fault == BFD_FAULT_NONE && !p->has_auth &&
	       (p->flags & (BFD_FLAG_POLL | BFD_FLAG_FINAL | BFD_FLAG_DEMAND)) == 0 &&
	       p->your_discriminator == y->last.my_discriminator && !was_routed(x, y) &&
	       x->stale_packets == 0 && x->unanswered_polls == 0;
}

void
rule_bfd_packet(struct track *t, struct bfd_session *b, unsigned end,
	const struct bfd_packet *before, uint8_t state_before, const struct moment *at)
{
	struct bfd_end *x = &b->end[end];
	struct bfd_end *y = &b->end[1 - end];
	const struct bfd_packet *p = &x->last;
	if (p->fault != BFD_FAULT_NONE || was_routed(x, y) || hops_differ(b, x, y)) {
		packet_is_wrong(t, b, end, before, at);
	}
	if (y->seen && !b->up && bfd_finding_find(b, FINDING_BFD_AUTH) == NULL) {
		auth_differs(t, b, x, y, at);
	}

	/* How long an end has been alone with its Down, while the other one hears it. */
	if (p->state == BFD_DOWN && p->your_discriminator == 0) {
		if (x->down_zero_packets++ == 0) {
			x->down_zero = *at;
			y->init_packets = 0;
		}
	} else {
		x->down_zero_packets = 0;
	}
	if (p->state == BFD_INIT && p->your_discriminator == y->last.my_discriminator &&
	    x->init_packets++ == 0) {
		x->init = *at;
	}
	one_way(t, b, 0);
	one_way(t, b, 1);
	neither_hears(t, b);
	stale_discriminator(t, b, end, at);
	two_discriminators(t, b, end, before, at);
	poll_unanswered(t, b, end, at);
	rule_bfd_interval(t, b, end);

	if (state_before != (uint8_t)(p->state + 1)) {
		state_changed(t, b, end, state_before, at);
	}
}

/* What kept it from coming up is over. */
void
rule_bfd_up(struct bfd_session *b, const struct moment *at)
{
	for (struct finding *f = b->findings; f != NULL; f = f->next) {
		bool kept = f->cause == FINDING_BFD_ONE_SIDED || f->cause == FINDING_BFD_ONE_WAY ||
			    f->cause == FINDING_BFD_HOP_MISMATCH || f->cause == FINDING_BFD_AUTH;
		if (!kept || f->resolved || b->flaps > 0) {
			continue;
		}
		char text[FINDING_SUMMARY_MAX];
		snprintf(text, sizeof(text), "%.440s; it came up later (frame %llu)", f->summary,
			(unsigned long long)at->frame);
		free(f->summary);
		f->summary = memory_copy(text, strlen(text) + 1);
		f->resolved = true;
		f->severity = SEVERITY_INFO;
	}
}

static void
one_sided(struct track *t, struct bfd_session *b, unsigned end)
{
	const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	const struct host *other = host_find(t, &y->addr);
	/* Alone here, but not in a session beside this one: see apart(). */
	for (struct bfd_session *o = bfd_beside(t, b, NULL); o != NULL; o = bfd_beside(t, b, o)) {
		if (o->end[address_equal(&o->end[0].addr, &y->addr) ? 0 : 1].seen) {
			return;
		}
	}
	if (y->seen || x->packets < ONE_SIDED_PACKETS || !before_by(&x->at, &b->first, ONE_SIDED_S) ||
	    other == NULL || bfd_finding_find(b, FINDING_BFD_ONE_SIDED) != NULL) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {b->first.frame, other->alive.frame};
	struct finding_args args = scene_bfd_args(b, FINDING_BFD_ONE_SIDED, CONFIDENCE_LIKELY, &x->addr, &x->at);
	args.evidence = frames;
	args.evidence_count = 2;
	finding_raise(t, &args,
		"%s sends BFD packets (%llu of them), %s is alive and sends none", address_text(&x->addr, a),
		(unsigned long long)x->packets, address_text(&y->addr, c));
}

/* What BGP says is not known: the engine does not take its octets (--engine nids). */
static bool
bgp_is_unread(const struct session *s)
{
	for (const struct link *link = s->links; link != NULL; link = link->next) {
		if (link->unread != 0) {
			return true;
		}
	}
	return s->unread;
}

static void
up_without_bgp(struct track *t, struct bfd_session *b)
{
	struct session *s = b->session;
	if (s == NULL || !b->up || s->up || bgp_is_unread(s) || !before_by(&t->now, &b->up_at, BGP_PATIENCE_S) ||
	    (s->established_count > 0 && !before_by(&t->now, &s->lost, BGP_PATIENCE_S))) {
		return;
	}
	struct finding *f = finding_find(s, FINDING_BFD_UP_BGP_DOWN);
	if (f != NULL && !f->resolved) {
		f->last = b->last;
		return;
	}
	char x[ADDRESS_TEXT_MAX], y[ADDRESS_TEXT_MAX], ports[PORTS_TEXT_MAX];
	uint64_t frames[] = {b->up_at.frame, s->side[0].syn_last.frame, s->side[1].syn_last.frame};
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_BFD_UP_BGP_DOWN,
			.confidence = s->total_links > 0 ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY,
			.session = s,
			.at = b->last,
			.evidence = frames,
			.evidence_count = 3,
		},
		"BFD between %s and %s is Up since frame %llu, and BGP is not: the path is good, the trouble is with TCP port %s or BGP itself",
		address_text(&s->side[0].addr, x), address_text(&s->side[1].addr, y),
		(unsigned long long)b->up_at.frame, session_ports(t, s, ports));
}

static void
down_with_bgp(struct track *t, struct bfd_session *b)
{
	struct session *s = b->session;
	if (s == NULL || b->up || !s->up || b->flaps == 0 ||
	    s->established.time_ns > s->bfd_lost.time_ns || /* it came up without BFD */
	    !before_by(&t->now, &s->bfd_lost, ONE_SIDED_S) ||
	    finding_find(s, FINDING_BFD_DOWN_BGP_UP) != NULL ||
	    bfd_finding_find(b, FINDING_BFD_ADMIN_DOWN) != NULL) {
		return;
	}
	char x[ADDRESS_TEXT_MAX], y[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {s->bfd_lost.frame};
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_BFD_DOWN_BGP_UP,
			.confidence = CONFIDENCE_CERTAIN,
			.session = s,
			.at = b->last,
			.evidence = frames,
			.evidence_count = 1,
		},
		"BFD between %s and %s left Up in frame %llu, and BGP goes on: it is not coupled to BFD",
		address_text(&s->side[0].addr, x), address_text(&s->side[1].addr, y),
		(unsigned long long)s->bfd_lost.frame);
}

/*
 * x goes on with Up though nothing came from y for much longer than x's detection time. Either x does
 * not look, or the capture does not see what y sends.
 */
static void
zombie(struct track *t, struct bfd_session *b, unsigned end)
{
	struct bfd_end *x = &b->end[end];
	const struct bfd_end *y = &b->end[1 - end];
	if (x->state != BFD_UP + 1 || !y->seen || !x->has_timers || x->detect_us == 0 ||
	    ((x->last.flags | y->last.flags) & BFD_FLAG_DEMAND) != 0 ||
	    y->at.input != x->at.input || x->at.time_ns < y->at.time_ns ||
	    (x->at.time_ns - y->at.time_ns) / 1000 < 3 * x->detect_us + 1000000 ||
	    x->packets < x->packets_at_silence + ZOMBIE_PACKETS ||
	    bfd_finding_find(b, FINDING_BFD_ZOMBIE) != NULL) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {y->at.frame, x->at.frame};
	struct finding_args args = scene_bfd_args(b, FINDING_BFD_ZOMBIE, CONFIDENCE_POSSIBLE, &x->addr, &x->at);
	args.evidence = frames;
	args.evidence_count = 2;
	finding_raise(t, &args,
		"%s goes on sending BFD Up (frame %llu) though the last packet of %s is frame %llu, %.1f s before, and its detection time is %.1f s: it does not notice, or the capture does not see the packets of %s",
		address_text(&x->addr, a), (unsigned long long)x->at.frame, address_text(&y->addr, c),
		(unsigned long long)y->at.frame, (double)(x->at.time_ns - y->at.time_ns) / 1e9,
		(double)x->detect_us / 1e6, c);
}

/* One end is alone in this session and the other alone in one beside it, on another port. */
static void
apart(struct track *t, struct bfd_session *b)
{
	for (unsigned end = 0; end < 2; end++) {
		const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
		if (!x->seen || (y->seen && !before_by(&t->now, &y->at, ONE_SIDED_S))) {
			continue;
		}
		for (struct bfd_session *o = bfd_beside(t, b, NULL); o != NULL; o = bfd_beside(t, b, o)) {
			unsigned own = address_equal(&o->end[0].addr, &x->addr) ? 0 : 1;
			const struct bfd_end *z = &o->end[1 - own], *gone = &o->end[own];
			bool multihop = x->port == BFD_PORT_MULTIHOP || z->port == BFD_PORT_MULTIHOP;
			if (b->up || o->up || !z->seen || z->port == x->port || !multihop ||
			    before_by(&t->now, &z->at, ONE_SIDED_S) ||
			    before_by(&t->now, &x->at, ONE_SIDED_S) ||
			    (gone->seen && !before_by(&t->now, &gone->at, ONE_SIDED_S)) ||
			    bfd_finding_find(o, FINDING_BFD_HOP_MISMATCH) != NULL ||
			    bfd_finding_find(b, FINDING_BFD_HOP_MISMATCH) != NULL) {
				continue;
			}
			char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
			uint64_t frames[] = {x->at.frame, z->at.frame};
			finding_raise(t,
				&(struct finding_args){
					.cause = FINDING_BFD_HOP_MISMATCH,
					.confidence = CONFIDENCE_CERTAIN,
					.bfd = b->session != NULL && b->session->bfd == o ? o : b,
					.subject = x->port == BFD_PORT_MULTIHOP ? &x->addr : &z->addr,
					.at = t->now,
					.evidence = frames,
					.evidence_count = 2,
				},
				"%s sends BFD to UDP port %d, %s to port %d: one side is single-hop, the other multihop",
				address_text(&x->addr, a), (int)x->port, address_text(&z->addr, c),
				(int)z->port);
		}
	}
}

void
rule_bfd_tick(struct track *t, struct bfd_session *b)
{
	if (b->echo) {
		return;
	}
	for (unsigned end = 0; end < 2; end++) {
		one_sided(t, b, end);
		zombie(t, b, end);
		const struct bfd_end *x = &b->end[end];
		if (x->seen && x->last.state == BFD_ADMIN_DOWN &&
		    before_by(&x->at, &x->since, ADMIN_DOWN_S) &&
		    bfd_finding_find(b, FINDING_BFD_ADMIN_DOWN) == NULL) {
			admin_down(t, b, end, &x->at);
		}
	}
	apart(t, b);
	up_without_bgp(t, b);
	down_with_bgp(t, b);
}

/* apart(), up_without_bgp() and down_with_bgp(); the others look at the times of packets alone. */
uint64_t
rule_bfd_due(const struct track *t, const struct bfd_session *b)
{
	const struct session *s = b->session;
	uint64_t due = CLOCK_NEVER;
	for (unsigned end = 0; end < 2; end++) {
		if (b->end[end].seen) {
			due = clock_sooner(due,
				clock_due(t, b->end[end].at.time_ns + ONE_SIDED_S * SECOND_NS));
		}
	}
	if (s != NULL && !b->up) {
		due = clock_sooner(due, clock_due(t, s->bfd_lost.time_ns + ONE_SIDED_S * SECOND_NS));
	}
	if (s != NULL && b->up && !s->up) {
		due = clock_sooner(due, clock_due(t, b->up_at.time_ns + BGP_PATIENCE_S * SECOND_NS));
		due = clock_sooner(due, clock_due(t, s->lost.time_ns + BGP_PATIENCE_S * SECOND_NS));
	}
	return due;
}
