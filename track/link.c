/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One TCP connection of a session: what capture says of it becomes evidence for the two state
 * machines. Nothing is decided here but which event the packets show; what it means for a state is
 * machine.c's, what it means for a person the rules'.
 */
#include "track/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

enum { SYNS_IN_VAIN = 2 }; /* and one more */

struct delivery {
	struct track *t;
	struct link *link;
	unsigned dir;
};

unsigned
link_side(const struct link *link, unsigned dir)
{
	return dir == link->local ? 0 : 1;
}

static void
open_forget(struct open_seen *open)
{
	free(open->bytes);
	*open = (struct open_seen){.seen = false};
}

/* One pair with more connections than anybody has: the oldest one that is over is forgotten, where late
 * segments might still have come; else the oldest that was never Established is let go. */
static void
evict_link(struct track *t, struct session *s)
{
	struct link *victim = NULL, *over = NULL;
	assert(s->links != NULL);
	for (struct link *link = s->links; link != NULL; link = link->next) {
		if (!link->was_established || victim == NULL) {
			victim = link;
		}
		if (link->machine[0].done && link->machine[1].done) {
			over = link;
		}
	}
	if (over != NULL) {
		link_finish(t, over);
		return;
	}
	assert(victim != NULL);
	victim->evicted = true;
	emit_connection(t, victim, CONNECTION_TIMEOUT, &t->now);
	if (!s->links_evicted) {
		s->links_evicted = true;
		emit_fault(t, victim, "evicted-connection", 0,
			"one pair has too many connections at once: the oldest ones are evicted", &t->now);
	}
	link_finish(t, victim);
}

static struct link *
link_create(struct track *t, struct conn *conn, const struct seg *seg)
{
	struct moment at = moment_of(seg->ip);
	struct session *s = session_get(t, &seg->ip->src, &seg->ip->dst, seg->ip->outgoing,
		seg->ip->vlan, &at);
	for (struct link *old = s->links; old != NULL; old = old->next) {
		reset_tick(t, old, true);
	}
	if (s->link_count >= TRACK_LINKS_MAX) {
		evict_link(t, s);
	}
	struct link *link = memory_zero(1, sizeof(*link));
	link->session = s;
	link->conn = conn;
	link->id = conn->id;
	link->local = address_equal(&conn->side[0].addr, &s->side[0].addr) ? 0 : 1;
	link->first = at;
	link->next = s->links;
	if (s->links != NULL) {
		s->links->previous = link;
	}
	s->links = link;
	s->link_count++;
	s->total_links++;
	int called = conn->service >= 0 ? conn->service : conn->client >= 0 ? 1 - conn->client : -1;
	s->port = called >= 0 ? conn->side[called].port : s->port;
	for (unsigned dir = 0; dir < 2; dir++) {
		framer_init(&link->framer[dir], true);
		s->machines[dir][BGP_STATE_UNKNOWN]++;
	}
	conn->user = link;
	return link;
}

static void
framed_message(void *ctx, const uint8_t *bytes, size_t size, uint32_t wire, uint32_t seq_end,
	const struct framer_origin *origin)
{
	const struct delivery *d = ctx;
	struct moment at = moment_make(origin->time_ns, origin->frame, origin->input);
	message_in(d->t, d->link, d->dir, bytes, size, wire, seq_end, &at);
}

static void
framed_fault(void *ctx, enum bgp_fault_code code, const uint8_t header[BGP_HEADER_SIZE],
	const struct framer_origin *origin)
{
	const struct delivery *d = ctx;
	struct moment at = moment_make(origin->time_ns, origin->frame, origin->input);
	message_bad_header(d->t, d->link, d->dir, code, header, &at);
}

void
link_finish(struct track *t, struct link *link)
{
	struct session *s = link->session;
	for (unsigned dir = 0; dir < 2; dir++) {
		struct delivery d = {t, link, dir};
		struct framer_sink sink = {&d, framed_message, framed_fault, t->whole};
		framer_end(&link->framer[dir], &sink, link->conn->side[dir].next_seq);
		message_run_end(t);
	}
	if (link->resent != NULL) {
		resent_settle(t, link, true);
	}
	reset_settle(t, link, link->reset.dir);
	if (!t->ending && !link->evicted) {
		/* The TCP connection is over for both, if nothing said so before. */
		for (unsigned dir = 0; dir < 2; dir++) {
			machine_gone(t, link, dir, RFC_TCP_FAILS, &t->now,
				"the TCP connection came to nothing");
		}
	}
	s->unread = s->unread || link->unread != 0;
	if (t->ending && link->up) {
		*(verdict_in_doubt_of(link) ? &s->ended_doubt : &s->ended_sure) = true;
	}
	if (!link->evicted && link->unread == 0) {
		rule_link_tick(t, link);
	}
	rule_route_came_back(link);
	for (unsigned dir = 0; dir < 2; dir++) {
		struct machine *m = &link->machine[dir];
		struct speaker *side = &s->side[link_side(link, dir)];
		if (m->state != BGP_STATE_UNKNOWN && link->id > side->resting_link) {
			side->resting = m->state;
			side->resting_link = link->id;
		}
		s->machines[link_side(link, dir)][m->state]--;
		framer_finish(&link->framer[dir]);
		open_forget(&m->open);
		free(m->pending);
		free(m->judged);
		free(link->context[dir]);
	}
	free(link->resent);
	*(link->previous != NULL ? &link->previous->next : &s->links) = link->next;
	if (link->next != NULL) {
		link->next->previous = link->previous;
	}
	s->link_count--;
	s->up_links -= link->up;
	link->conn->user = NULL;
	bool evicted = link->evicted;
	free(link);
	if (!t->ending) {
		uint32_t exits = s->exits;
		session_refresh(t, s, NULL);
		s->exits = evicted ? exits : s->exits;
	}
}

void
link_near(void *ctx, void *user, bool last)
{
	(void)ctx;
	const struct link *link = user;
	const struct session *s = link->session;
	if (!last) {
		near_fetch(s, offsetof(struct session, side[0].asn));
		near_fetch(&s->side[1], offsetof(struct speaker, asn));
		for (unsigned dir = 0; dir < 2; dir++) {
			const struct machine *m = &link->machine[dir];
			near_fetch(m->pending, m->pending_count * sizeof(*m->pending));
			framer_near(&link->framer[dir]);
		}
		return;
	}
	near_fetch(s->side[0].host, offsetof(struct host, silence_from));
	near_fetch(s->side[1].host, offsetof(struct host, silence_from));
	near_fetch(s->timing, sizeof(*s->timing));
}

void
link_segment(void *ctx, struct conn *conn, const struct seg *seg)
{
	struct track *t = ctx;
	struct link *link = conn->user;
	track_tick(t, seg->ip->time_ns);
	t->now = moment_of(seg->ip);
	if (link == NULL || seg->ip->ghost || seg->beyond_window) {
		/* A second copy proves nothing more; what is beyond the window its receiver drops, and
		 * it need not be its sender's. */
		return;
	}
	struct session *s = link->session;
	session_touch(t, s, &t->now,
		(seg->flags & (SEG_SYN | SEG_FIN | SEG_RST)) == 0 && !seg->retransmission && seg->window > 0);
	unsigned dir = seg->dir;
	struct speaker *from = &s->side[link_side(link, dir)];
	host_heard(t, from->host, &t->now);
	if (from->host->claims_changed > 0) {
		rule_address_used(t, from->host, seg->ip);
	}
	from->alive = t->now;
	if (t->options.expect != NULL) {
		rule_expect_segment(s, link_side(link, dir), seg);
	}
	struct machine *m = &link->machine[dir];
	rule_auth_segment(t, link, dir, seg);
	if (seg->wire_len > 0) {
		m->data_ttl = seg->ip->ttl;
	}
	if (seg->flags & SEG_RST) {
		m->rst_ttl = seg->ip->ttl;
		m->rst_bare = (seg->flags & SEG_ACK) == 0;
	}
	if (seg->retransmission && seg->wire_len > 0 && !seg->keepalive_probe) {
		from->retransmissions++;
		bool again = m->retransmission.time_ns != 0 && seg->seq == m->repeated_seq;
		m->repeated_seq = seg->seq;
		m->backoff_before_ns = again ? m->backoff_ns : 0;
		m->backoff_ns = again ? t->now.time_ns - m->retransmission.time_ns : 0;
		/* The oldest one counts: a tail that is probed for (RFC 8985) may be small. */
		if (m->retransmissions++ == 0 || seg->seq == conn->side[1 - dir].acked) {
			m->retransmitted_size = seg->wire_len;
		}
		m->retransmission = t->now;
		for (unsigned i = 0; i < m->pending_count; i++) {
			struct pending *p = &m->pending[i];
			if ((int32_t)(p->seq_end - seg->seq) > 0 &&
			    (int32_t)(seg->seq + seg->wire_len - p->seq_end) >= 0) {
				p->at = t->now;
			}
		}
	}
	reset_segment(t, link, dir, seg);
	if ((m->closed || (link->reset.lives && link->reset.dir == dir)) && link->was_established &&
	    seg->wire_len > 0 && !seg->keepalive_probe && conn->side[dir].rst_count > 0 && conn->side[dir].fin_count == 0) {
		rule_reset_in_its_name(t, link, dir, seg);
	}
	if (link->resent != NULL) {
		resent_settle(t, link, false);
	}
	if (seg->retransmission) {
		if (!seg->keepalive_probe) {
			resent_segment(t, link, dir, seg);
		}
		machine_repeats(t, link, dir, seg);
	}
	if (m->established.time_ns != 0 && seg->wire_len > 0) {
		rule_link_returned(t, link, dir, false);
	}
	if (seg->flags & SEG_ACK) {
		struct machine *peer = &link->machine[1 - dir];
		if (peer->retransmissions > 0 &&
		    conn->side[1 - dir].next_seq == seg->ack) {
			peer->retransmissions = 0;
		}
		if (peer->pending_count > 0) {
			machine_acked(t, link, 1 - dir, seg->ack, &t->now);
		}
	}
}

static void
syn_seen(struct track *t, struct link *link, unsigned dir, const struct seg *seg)
{
	struct session *s = link->session;
	struct speaker *from = &s->side[link_side(link, dir)];
	if (link->conn->side[dir].syn_count <= 1) {
		rule_called_anew(s, link);
		/* Who calls anew has left what it had, if that was long settled. */
		bool any = s->machines[link_side(link, dir)][BGP_STATE_ESTABLISHED] > 0;
		for (struct link *old = any ? s->links : NULL; old != NULL; old = old->next) {
			if (old == link || old->unread != 0) {
				continue;
			}
			unsigned side = link_side(old, link_side(link, dir));
			const struct machine *m = &old->machine[side];
			reset_settle(t, old, side);
			if (m->state != BGP_STATE_ESTABLISHED ||
			    t->now.time_ns < m->established.time_ns + SECOND_NS) {
				continue;
			}
			if (rule_bfd_exit(t, old, side)) {
				continue;
			}
			if (machine_hold_passed(t, old, side, t->now.time_ns, 70)) {
				machine_gone(t, old, side, RFC_HOLD_TIMER_EXPIRES, &t->now,
					"it calls anew after a silence as long as the hold time (RFC 4271 section 6.5)");
			} else if (machine_seems_cut_off(t, old, side)) {
				machine_gone(t, old, side, RFC_HOLD_TIMER_EXPIRES, &t->now,
					"it calls anew while what it sent before is not acknowledged: it gave that session up; the hold time is not in the capture");
			}
			/* Else the SYN may be anybody's on that host (a health check): the OPEN will tell. */
		}
	}
	rule_same_syn(t, link, seg);
	from->signature = (struct syn_signature){
		.options = seg->options,
		.auth = seg->auth,
		.key = seg->auth_key,
		.key_id = seg->ao_key_id,
		.next_key_id = seg->ao_next_key_id,
	};
	if (from->syns_unanswered >= SYNS_IN_VAIN && s->machines[link_side(link, dir)][BGP_STATE_ESTABLISHED] > 0) {
		for (struct link *old = s->links; old != NULL; old = old->next) {
			machine_calls_again(t, old, link_side(old, link_side(link, dir)), &from->syn_first);
		}
	}
	if (from->syns_unanswered++ == 0) {
		from->syn_first = t->now;
		from->unanswered_frame_count = 0;
		from->attempts_unanswered = 0;
		from->judged_syns = 0;
	}
	if (link->conn->side[dir].syn_count <= 1) {
		from->attempts_unanswered++;
		timing_attempt(from, &t->now);
	}
	from->syn_last = t->now;
	if (from->unanswered_frame_count < 4) {
		from->unanswered_frames[from->unanswered_frame_count++] = t->now.frame;
	}
	if (!link->stated) {
		emit_connection(t, link, CONNECTION_SYN, &t->now);
	}
	machine_syn_sent(t, link, dir, &t->now);
	session_dirty(t, s);
}

static void
answered(struct link *link, unsigned caller)
{
	link->answered = true;
	struct speaker *from = &link->session->side[link_side(link, caller)];
	from->syns_unanswered = 0;
}

/* The handshake is in the capture: the machines start in Idle, the streams with a header. */
static void
from_the_start(struct link *link)
{
	for (unsigned i = 0; i < 2; i++) {
		if (link->machine[i].state == BGP_STATE_UNKNOWN) {
			session_machine(link->session, link, i, BGP_STATE_UNKNOWN, BGP_STATE_IDLE);
			link->machine[i].state = BGP_STATE_IDLE;
		}
		if (link->machine[i].messages == 0) {
			link->framer[i].hunting = false;
			link->framer[i].max = BGP_MESSAGE_MAX; /* until both OPENs say otherwise */
		}
	}
}

void
link_over(struct track *t, struct link *link, unsigned dir, bool reset, const struct moment *at)
{
	if (reset) {
		reset_taken(link, dir, at);
	}
	if (link->by.family == 0) {
		link->by = link->conn->side[dir].addr;
		emit_connection(t, link, reset ? CONNECTION_RESET : CONNECTION_CLOSED, at);
	}
	if (link->unread != 0) {
		/* What was said before may have been a NOTIFICATION. */
		for (unsigned i = 0; i < 2; i++) {
			if (i == dir || reset) {
				machine_gone(t, link, i, RFC_TCP_FAILS, at,
					"the TCP connection is over; the engine did not read what came before");
			}
		}
		link->machine[dir].closed = true;
	} else {
		machine_closed(t, link, dir, reset, at);
	}
	session_dirty(t, link->session);
}

void
link_change(void *ctx, struct conn *conn, enum conn_change change, int side, const struct seg *at)
{
	struct track *t = ctx;
	struct link *link = conn->user;
	if (at != NULL) {
		track_tick(t, at->ip->time_ns);
		t->now = moment_of(at->ip);
	}
	if (change == CONN_NEW && at != NULL) {
		link_create(t, conn, at);
		return;
	}
	if (link == NULL) {
		return;
	}
	clock_watch(t, &link->session->watch);
	unsigned dir = side > 0 ? 1 : 0;
	switch (change) {
	case CONN_SYN:
		from_the_start(link);
		if (at != NULL) {
			syn_seen(t, link, dir, at);
		}
		break;
	case CONN_SYNACK:
		from_the_start(link);
		answered(link, 1 - dir);
		break;
	case CONN_ESTABLISHED:
		/* A connection stands, whoever called: what was in vain before is past. */
		answered(link, 0);
		answered(link, 1);
		link->handshake = t->now;
		session_connected(t, link->session);
		findings_resolve(t, link->session, true, &t->now);
		if (link->by.family == 0) { /* a FIN may come before the last ACK of the handshake */
			emit_connection(t, link, CONNECTION_ESTABLISHED, &t->now);
		}
		break;
	case CONN_MIDSTREAM:
		if (!link->stated) {
			emit_connection(t, link, CONNECTION_MIDSTREAM, &t->now);
		}
		break;
	case CONN_REFUSED:
		answered(link, 1 - dir);
		link->by = conn->side[dir].addr;
		emit_connection(t, link, CONNECTION_REFUSED, &t->now);
		rule_refused(t, link, dir);
		machine_gone(t, link, 1 - dir, RFC_TCP_FAILS, &t->now,
			"the connection was refused (RFC 4271 section 8.2.2: Connect, event 18)");
		break;
	case CONN_FIN:
		link_over(t, link, dir, false, &t->now);
		break;
	case CONN_RST:
		link_over(t, link, dir, true, &t->now);
		break;
	case CONN_RST_INEXACT:
		reset_inexact(t, link, dir);
		break;
	case CONN_RST_IGNORED:
		emit_fault(t, link, "tcp-reset-ignored", 0,
			"a RST outside the window: no receiver would accept it", &t->now);
		break;
	case CONN_OVERLAP:
		emit_fault(t, link, "tcp-overlap", 0,
			"a retransmission carries other octets than the first copy; the first is read",
			&t->now);
		break;
	case CONN_UNREAD:
		/* Any message, for all we know. */
		link->unread |= (uint8_t)(1u << dir);
		link->machine[1 - dir].received = t->now;
		break;
	case CONN_EVICTED:
		link->evicted = true;
		emit_connection(t, link, CONNECTION_TIMEOUT, &t->now);
		emit_fault(t, link, "evicted-connection", 0,
			"the table of connections is full: the longest quiet ones are evicted", &t->now);
		break;
	case CONN_END:
		if (!t->ending && link->by.family == 0 && !link->evicted) {
			emit_connection(t, link, CONNECTION_TIMEOUT, &t->now);
		}
		link_finish(t, link);
		break;
	case CONN_WINDOW_OPEN:
		finding_over(link->session, FINDING_RECEIVER_STUCK);
		break;
	case CONN_NEW:
	case CONN_WINDOW_ZERO:
		break;
	}
}

void
link_bytes(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size, uint32_t seq,
	const struct packet_info *from)
{
	struct track *t = ctx;
	struct link *link = conn->user;
	if (link == NULL) {
		return;
	}
	link->unread &= (uint8_t)~(1u << dir);
	struct delivery d = {t, link, (unsigned)dir};
	struct framer_sink sink = {&d, framed_message, framed_fault, t->whole};
	struct framer_origin origin = {from->frame, from->time_ns, from->input};
	framer_bytes(&link->framer[dir], &sink, bytes, size, seq, &origin);
	message_run_end(t);
}

void
link_gap(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing, enum gap_why why,
	const struct packet_info *at)
{
	struct track *t = ctx;
	struct link *link = conn->user;
	if (link == NULL || missing == 0) {
		return;
	}
	struct moment when = at != NULL ? moment_of(at) : t->now;
	struct delivery d = {t, link, (unsigned)dir};
	struct framer_sink sink = {&d, framed_message, framed_fault, t->whole};
	struct framer_origin origin = {when.frame, when.time_ns, when.input};
	(void)why;
	struct event event = {
		.kind = EVENT_GAP,
		.gap = {
			.session = link->session->id,
			.connection = link->id,
			.src = conn->side[dir].addr,
			.bytes = missing,
		},
	};
	emit(t, &event, &when);
	timing_gap(link->session, link, (unsigned)dir);
	framer_gap(&link->framer[dir], &sink, missing, seq, &origin);
	message_run_end(t);
	/* What was lost there may have been any message. */
	link->session->lacks = true;
	if (conn->side[1 - dir].seen) {
		link->machine[1 - dir].received = when;
	}
}

void
link_tick(struct track *t, struct link *link)
{
	if (link->unread != 0) {
		return; /* silence proves nothing here */
	}
	reset_tick(t, link, false);
	machine_tick(t, link);
	rule_link_tick(t, link);
}

bool
link_is_calm(const struct link *link)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		const struct machine *m = &link->machine[dir];
		if (m->state != BGP_STATE_ESTABLISHED || m->done || m->received.time_ns == 0 || m->doubt_ns != 0 ||
		    m->retransmissions > 0 || !link->conn->side[dir].seen) {
			return false;
		}
	}
	return link->was_established && link->hold_ns > 0 && link->unread == 0 && link->resent == NULL &&
	       link->reset.at.time_ns == 0 && !rule_link_looks(link);
}

uint64_t
link_due(const struct track *t, const struct link *link)
{
	return clock_sooner(reset_due(t, link),
		clock_sooner(machine_due(t, link), rule_link_due(t, link)));
}
