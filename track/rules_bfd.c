/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What BFD shows: expired detection, one-way paths, ends that talk past each other (catalogue, part D). */
#include "track/internal.h"

#include <stdio.h>
#include <string.h>

enum {
	ONE_WAY_PACKETS = 3,
	ONE_WAY_S = 3,
	ONE_SIDED_PACKETS = 5,
	ONE_SIDED_S = 5,
	BGP_PATIENCE_S = 10, /* BFD is Up: how long BGP may take */
	ADMIN_DOWN_S = 3,
	BGP_LEFT_FIRST_S = 5,
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
	if (y->at.time_ns == 0) {
		snprintf(heard, sizeof(heard), "no packet of %s is in the capture",
			address_text(&y->addr, c));
	} else if (delivered) {
		snprintf(heard, sizeof(heard),
			"packets of %s are in the capture up to frame %llu, %.0f ms before: they were lost or dropped behind it",
			address_text(&y->addr, c), (unsigned long long)y->at.frame, silence);
	} else {
		snprintf(heard, sizeof(heard), "the last packet of %s is frame %llu, %.0f ms before",
			address_text(&y->addr, c), (unsigned long long)y->at.frame, silence);
	}
	uint64_t frames[] = {y->at.frame};
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_BFD_DETECT_EXPIRED,
			.confidence = CONFIDENCE_CERTAIN,
			.bfd = b,
			.subject = &x->addr,
			.at = *at,
			.evidence = frames,
			.evidence_count = 1,
		},
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
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_BFD_ADMIN_DOWN,
			.confidence = CONFIDENCE_CERTAIN,
			.bfd = b,
			.blame = &x->addr,
			.subject = &x->addr,
			.at = *at,
		},
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
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_BFD_AUTH,
			.confidence = CONFIDENCE_CERTAIN,
			.bfd = b,
			.at = *at,
			.evidence = frames,
			.evidence_count = 1,
		},
		"BFD authentication of %s (%s, key ID %u) and %s (%s, key ID %u) does not fit: %s",
		address_text(&x->addr, a), p->has_auth ? bfd_auth_name(p->auth.type) : "none",
		p->auth.key_id, address_text(&y->addr, c),
		q->has_auth ? bfd_auth_name(q->auth.type) : "none", q->auth.key_id, what);
}

static bool
has_other_reason(const struct bfd_session *b)
{
	return bfd_finding_find(b, FINDING_BFD_HOP_MISMATCH) != NULL ||
	       bfd_finding_find(b, FINDING_BFD_AUTH) != NULL ||
	       bfd_finding_find(b, FINDING_BFD_TTL) != NULL;
}

static void
one_way(struct track *t, struct bfd_session *b, unsigned end)
{
	struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	if (x->down_zero_packets < ONE_WAY_PACKETS || y->init_packets < ONE_WAY_PACKETS ||
	    !before_by(&x->at, &x->down_zero, ONE_WAY_S) || has_other_reason(b) ||
	    bfd_finding_find(b, FINDING_BFD_ONE_WAY) != NULL) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {x->down_zero.frame, y->init.frame, x->at.frame, y->at.frame};
	struct finding *f = finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_BFD_ONE_WAY,
			.confidence = CONFIDENCE_LIKELY,
			.bfd = b,
			.subject = &x->addr,
			.at = y->at,
			.evidence = frames,
			.evidence_count = 4,
		},
		"BFD of %s hears %s and waits in Init, but %s stays Down and hears nothing (Your Discriminator 0): packets of %s do not reach %s",
		address_text(&y->addr, c), address_text(&x->addr, a), a, c, a);
	if (f != NULL) {
		f->first = x->down_zero;
	}
}

void
rule_bfd_packet(struct track *t, struct bfd_session *b, unsigned end,
	const struct bfd_packet *before, uint8_t state_before, const struct moment *at)
{
	struct bfd_end *x = &b->end[end];
	struct bfd_end *y = &b->end[1 - end];
	const struct bfd_packet *p = &x->last;
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	address_text(&x->addr, a);
	address_text(&y->addr, c);
	struct finding_args args = {
		.bfd = b,
		.subject = &x->addr,
		.at = *at,
		.confidence = CONFIDENCE_CERTAIN,
	};
	if (p->fault != BFD_FAULT_NONE) {
		args.cause = FINDING_BFD_INVALID;
		args.blame = &x->addr;
		finding_raise(t, &args, "%s sends invalid BFD packets: %s", a, bfd_fault_text(p->fault));
		args.blame = NULL;
	}
	if (x->port == BFD_PORT_SINGLE_HOP && x->ttl != 255 &&
	    bfd_finding_find(b, FINDING_BFD_TTL) == NULL) {
		args.cause = FINDING_BFD_TTL;
		finding_raise(t, &args,
			"a single-hop BFD packet of %s has TTL %u, it must be 255 (RFC 5881 section 5): it was routed, or its sender thinks it is multihop",
			a, x->ttl);
	}
	if (y->seen && (x->ports & y->ports) == 0 &&
	    (x->port == BFD_PORT_MULTIHOP || y->port == BFD_PORT_MULTIHOP) && !b->up) {
		bool known = bfd_finding_find(b, FINDING_BFD_HOP_MISMATCH) != NULL;
		if (!known || before == NULL) {
			uint64_t frames[] = {y->at.frame};
			args.cause = FINDING_BFD_HOP_MISMATCH;
			args.subject = NULL;
			args.evidence = frames;
			args.evidence_count = 1;
			finding_raise(t, &args,
				"%s sends BFD to UDP port %d, %s to port %d: one side is single-hop, the other multihop",
				a, (int)x->port, c, (int)y->port);
			args.subject = &x->addr;
			args.evidence_count = 0;
		}
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

	uint8_t state = (uint8_t)(p->state + 1);
	if (state_before == state) {
		return;
	}
	if (state_before == BFD_UP + 1 && p->state == BFD_DOWN) {
		if (p->diag == 1) {
			detect_expired(t, b, end, at);
		} else if (p->diag == 3 && y->last.state != BFD_ADMIN_DOWN &&
			   bfd_finding_find(b, FINDING_BFD_DETECT_EXPIRED) == NULL) {
			uint64_t frames[] = {y->at.frame};
			args.cause = FINDING_BFD_NEIGHBOR_DOWN;
			args.evidence = frames;
			args.evidence_count = 1;
			finding_raise(t, &args, "BFD of %s went down because %s signalled Down (diagnostic %u, %s)",
				a, c, y->last.diag, bfd_diagnostic_name(y->last.diag));
		}
	}
	if (p->state == BFD_ADMIN_DOWN && state_before == BFD_UP + 1) {
		admin_down(t, b, end, at);
	}
}

static void
one_sided(struct track *t, struct bfd_session *b, unsigned end)
{
	const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	const struct host *other = host_find(t, &y->addr);
	if (y->seen || x->packets < ONE_SIDED_PACKETS || !before_by(&x->at, &b->first, ONE_SIDED_S) ||
	    other == NULL || bfd_finding_find(b, FINDING_BFD_ONE_SIDED) != NULL) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {b->first.frame, other->alive.frame};
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_BFD_ONE_SIDED,
			.confidence = CONFIDENCE_LIKELY,
			.bfd = b,
			.subject = &x->addr,
			.at = x->at,
			.evidence = frames,
			.evidence_count = 2,
		},
		"%s sends BFD packets (%llu of them), %s is alive and sends none", address_text(&x->addr, a),
		(unsigned long long)x->packets, address_text(&y->addr, c));
}

static void
up_without_bgp(struct track *t, struct bfd_session *b)
{
	struct session *s = b->session;
	if (s == NULL || !b->up || s->up || !before_by(&t->now, &b->up_at, BGP_PATIENCE_S) ||
	    (s->established_count > 0 && !before_by(&t->now, &s->lost, BGP_PATIENCE_S))) {
		return;
	}
	struct finding *f = finding_find(s, FINDING_BFD_UP_BGP_DOWN);
	if (f != NULL && !f->resolved) {
		f->last = b->last;
		return;
	}
	char x[ADDRESS_TEXT_MAX], y[ADDRESS_TEXT_MAX];
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
		"BFD between %s and %s is Up since frame %llu, and BGP is not: the path is good, the trouble is with TCP port 179 or BGP itself",
		address_text(&s->side[0].addr, x), address_text(&s->side[1].addr, y),
		(unsigned long long)b->up_at.frame);
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

void
rule_bfd_tick(struct track *t, struct bfd_session *b)
{
	for (unsigned end = 0; end < 2; end++) {
		one_sided(t, b, end);
		const struct bfd_end *x = &b->end[end];
		if (x->seen && x->last.state == BFD_ADMIN_DOWN &&
		    before_by(&x->at, &x->since, ADMIN_DOWN_S) &&
		    bfd_finding_find(b, FINDING_BFD_ADMIN_DOWN) == NULL) {
			admin_down(t, b, end, &x->at);
		}
	}
	up_without_bgp(t, b);
	down_with_bgp(t, b);
}
