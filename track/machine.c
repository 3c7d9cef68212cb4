/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From evidence to events of RFC 4271 section 8.1, and through the table of bgp_fsm.c to transitions.
 *
 * What a speaker sends says where its machine is: an OPEN comes with OpenSent (8.2.2, Connect and
 * Active, events 16 and 17), the first KEEPALIVE answers an OPEN and comes with OpenConfirm (event
 * 19), an UPDATE is sent in Established only. What a speaker receives moves it too, and received is
 * what its side of TCP has acknowledged; where that side is not in the capture at all, what was sent
 * to it counts as received, inferred. An OPEN that is acknowledged has not been accepted yet: the
 * KEEPALIVE says so.
 *
 * Steps that the packets skip are given as inferred. A machine that has ended stays ended; the next
 * connection has machines of its own.
 */
#include "track/internal.h"

#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

enum {
	REPEATS_ENOUGH = 3,
	PENDING_LEAST = 2, /* messages: most have one; doubled up to TRACK_PENDING_MAX */
};

/* No hold timer but 0 is shorter (RFC 4271 section 4.2). */
#define SHORTEST_HOLD_NS (3 * SECOND_NS)

static bool
peer_is_seen(const struct link *link, unsigned dir)
{
	return link->conn->side[1 - dir].seen;
}

/* Both have accepted the OPEN of the other: what the session agreed on. */
static void
agree(const struct link *link)
{
	struct session *s = link->session;
	if (s->agreed_link == link->id) {
		return;
	}
	s->agreed_link = link->id;
	s->hold_time_s = (int32_t)(link->hold_ns / SECOND_NS);
	s->has_families = true;
	free(s->agreement);
	s->agreement = NULL;
	const struct open_seen *open[2] = {&link->machine[0].open, &link->machine[1].open};
	struct bgp_family families[BGP_CONTEXT_FAMILIES];
	s->family_count =
		bgp_common_families(&open[0]->open, &open[1]->open, families, BGP_CONTEXT_FAMILIES);
	free(s->families);
	s->families = memory_copy(families, s->family_count * sizeof(*families));
	/* A capability behind the cut of the capture is not one that was not offered. */
	if (open[0]->whole && open[1]->whole) {
		unsigned local = link_side(link, 0);
		struct bgp_agreement agreement;
		bgp_agree(&open[local]->open, &open[1 - local]->open, &agreement);
		s->agreement = memory_copy(&agreement, bgp_agreement_size(&agreement));
	}
}

/*
 * Who confirms a session does not hold another one with the same peer any more: a second connection
 * of a speaker that is Established is closed before that (RFC 4271 section 6.8).
 */
static void
forget_others(struct track *t, struct link *link, unsigned dir, const struct moment *at)
{
	struct session *s = link->session;
	bool any = s->machines[link_side(link, dir)][BGP_STATE_ESTABLISHED] > 0;
	for (struct link *old = any ? s->links : NULL; old != NULL; old = old->next) {
		unsigned own = link_side(old, link_side(link, dir));
		if (old != link) {
			reset_settle(t, old, own);
		}
		const struct machine *m = &old->machine[own];
		if (old == link || m->state != BGP_STATE_ESTABLISHED || m->done ||
		    at->time_ns <= m->established.time_ns + SECOND_NS ||
		    at->time_ns <= m->sent.time_ns + SECOND_NS) {
			continue;
		}
		/* Who repeated itself all the while had that connection still: no restart, but a timer with jitter. */
		bool repeats = m->retransmissions >= REPEATS_ENOUGH &&
			       m->retransmission.time_ns > silence_from(t, &m->received);
		if (machine_hold_passed(t, old, own, at->time_ns, repeats ? 70 : 100) ||
			machine_seems_cut_off(t, old, own)) {
			/* It was cut off, and what it had to say at the end reached nobody. */
			machine_gone(t, old, own, RFC_HOLD_TIMER_EXPIRES, at,
				"it opens another session after a silence as long as the hold time (RFC 4271 section 6.5)");
		} else if (s->bfd != NULL && s->bfd_lost.time_ns > m->established.time_ns &&
			   s->bfd_lost.time_ns < at->time_ns) {
			machine_gone(t, old, own, RFC_AUTOMATIC_STOP, &s->bfd_lost,
				"it opens another session after BFD between the two left Up: its BFD has taken the old one with it, or it was restarted");
			rule_forgotten(t, old, own, at);
		} else {
			machine_gone(t, old, own, RFC_TCP_FAILS, at,
				"it opens another session: it does not know the connection it had");
			rule_forgotten(t, old, own, at);
		}
	}
}

/* The machine changes its state, and all that follows from it does. `rfc` 0: by no event. */
static void
step(struct track *t, struct link *link, unsigned dir, enum bgp_state to, uint8_t rfc, enum basis basis,
	const struct moment *at, const char *reason)
{
	struct machine *m = &link->machine[dir];
	enum bgp_state from = m->state;
	struct session *s = link->session;
	struct event event = {
		.kind = EVENT_TRANSITION,
		.transition = {
			.protocol = PROTOCOL_BGP,
			.session = s->id,
			.connection = link->id,
			.speaker = link->conn->side[dir].addr,
			.peer = link->conn->side[1 - dir].addr,
			.from = (uint8_t)from,
			.to = (uint8_t)to,
			.rfc_event = rfc,
			.basis = basis,
			.reason = reason,
		},
	};
	transition_lasted(&event.transition, m->since_ns, at);
	emit(t, &event, at);
	m->state = to;
	session_machine(s, link, dir, from, to);
	m->since_ns = at->time_ns;
	if (to == BGP_STATE_IDLE) {
		m->done = true;
		struct speaker *rests = &s->side[link_side(link, dir)];
		if (link->id >= rests->resting_link) {
			rests->resting = to;
			rests->resting_link = link->id;
		}
	}
	/* A caller sends an OPEN only when it has no session; who is called may still turn it down. */
	if (basis == BASIS_OBSERVED &&
	    (to == BGP_STATE_OPENCONFIRM ||
		    (to == BGP_STATE_OPENSENT && link->conn->client == (int8_t)dir))) {
		forget_others(t, link, dir, at);
	}
	if (to >= BGP_STATE_OPENCONFIRM && link->hold_known &&
	    link->machine[1 - dir].state >= BGP_STATE_OPENCONFIRM) {
		agree(link);
	}
	if (to == BGP_STATE_ESTABLISHED) {
		m->established = *at;
		link->was_established = true;
		struct speaker *side = &s->side[link_side(link, dir)];
		if (link->machine[dir].open.seen) {
			side->has_accepted = true;
			side->accepted_asn = side->asn;
		}
		const struct machine *other = &link->machine[1 - dir];
		if (!link->counted &&
		    (other->state == BGP_STATE_ESTABLISHED || !peer_is_seen(link, dir))) {
			link->counted = true;
			s->established_count++;
			s->established = *at;
			timing_established(s, link, at);
			rule_established(t, link, at);
		}
	}
	session_refresh(t, s, link);
}

void
machine_event(struct track *t, struct link *link, unsigned dir, uint8_t rfc, enum basis basis,
	const struct moment *at, const char *reason)
{
	const struct machine *m = &link->machine[dir];
	enum bgp_state to = bgp_fsm_next(m->state, rfc);
	if (!m->done && to != m->state) {
		step(t, link, dir, to, rfc, basis, at, reason);
	}
}

void
machine_revive(struct track *t, struct link *link, unsigned dir, const struct moment *at,
	const char *reason)
{
	struct machine *m = &link->machine[dir];
	struct speaker *side = &link->session->side[link_side(link, dir)];
	struct moment established = m->established;
	m->done = m->closed = false;
	if (side->resting_link == link->id) {
		side->resting_link = 0;
	}
	step(t, link, dir, BGP_STATE_ESTABLISHED, 0, BASIS_INFERRED, at, reason);
	m->established = established;
}

void
machine_syn_sent(struct track *t, struct link *link, unsigned dir, const struct moment *at)
{
	machine_event(t, link, dir, RFC_AUTOMATIC_START, BASIS_OBSERVED, at,
		"it sends a SYN: it wants a connection (RFC 4271 section 8.2.2, Idle)");
}

/* Up to OpenSent, if the machine is not there yet. */
static void
reach_opensent(struct track *t, struct link *link, unsigned dir, enum basis basis,
	const struct moment *at)
{
	struct machine *m = &link->machine[dir];
	bool client = link->conn->client == (int8_t)dir;
	if (m->state == BGP_STATE_IDLE) {
		machine_event(t, link, dir,
			client ? RFC_AUTOMATIC_START : RFC_AUTOMATIC_START_PASSIVE, BASIS_INFERRED, at,
			client ? "it must have wanted a connection"
			       : "it took the connection of its peer, so it was listening");
	}
	if (m->state == BGP_STATE_CONNECT || m->state == BGP_STATE_ACTIVE ||
	    m->state == BGP_STATE_UNKNOWN) {
		machine_event(t, link, dir, client ? RFC_TCP_CR_ACKED : RFC_TCP_CONFIRMED, basis, at,
			client ? "its connection stands and it sends its OPEN (RFC 4271 section 8.2.2, Connect)"
			       : "it accepted the connection and sends its OPEN (RFC 4271 section 8.2.2, Active)");
	}
}

static void
reach_openconfirm(struct track *t, struct link *link, unsigned dir, enum basis basis,
	const struct moment *at)
{
	struct machine *m = &link->machine[dir];
	if (m->state < BGP_STATE_OPENSENT && m->state != BGP_STATE_UNKNOWN) {
		reach_opensent(t, link, dir, BASIS_INFERRED, at);
	}
	if (m->state != BGP_STATE_OPENSENT) {
		return;
	}
	if (!link->machine[1 - dir].open.seen) {
		basis = BASIS_INFERRED;
	}
	machine_event(t, link, dir, RFC_BGP_OPEN, basis, at,
		"it accepts the OPEN of its peer and says so with a KEEPALIVE (RFC 4271 section 8.2.2, OpenSent)");
	if (m->keepalive_received) {
		machine_event(t, link, dir, RFC_KEEPALIVE, basis, at,
			"the KEEPALIVE of its peer was already there (RFC 4271 section 8.2.2, OpenConfirm)");
	}
}

/* It closed of its own accord, and its FIN is the first octet behind its SYN: it never sent an OPEN. */
static bool
closed_unsaid(const struct link *link, unsigned dir)
{
	const struct conn_side *side = &link->conn->side[dir];
	return link->machine[dir].closed && !link->machine[1 - dir].closed && side->fin_count > 0 &&
	       side->syn_count > 0 && side->next_seq == side->isn + 2;
}

/*
 * The connection of `dir` ends. Where it was on its way by then: its connection had come to stand, so
 * it was in OpenSent, though its OPEN found nobody any more; it had an OPEN to which it did not object,
 * so it was in OpenConfirm, though its KEEPALIVE found nobody.
 */
static void
skipped_states(struct track *t, struct link *link, unsigned dir)
{
	struct machine *m = &link->machine[dir];
	if (link->handshake.time_ns == 0 && link->conn->handshake) {
		link->handshake = t->now; /* this very segment */
	}
	if (m->state == BGP_STATE_CONNECT && link->handshake.time_ns != 0 &&
	    link->conn->client == (int8_t)dir && !closed_unsaid(link, dir)) {
		machine_event(t, link, dir, RFC_TCP_CR_ACKED, BASIS_INFERRED, &link->handshake,
			"its connection stands; the OPEN it must have sent is not in the capture (RFC 4271 section 8.2.2, Connect)");
	}
	/* Who closes of its own accord does so instead of its KEEPALIVE, which would stand before the FIN. */
	const struct machine *peer = &link->machine[1 - dir];
	bool refused = m->closed && !peer->closed && !peer->notified && link->conn->side[dir].fin_count > 0;
	if (m->state == BGP_STATE_OPENSENT && m->open_received.time_ns != 0 && !m->notified && !refused) {
		machine_event(t, link, dir, RFC_BGP_OPEN, BASIS_INFERRED, &m->open_received,
			"it received an OPEN and did not object; its KEEPALIVE came too late to be seen (RFC 4271 section 8.2.2, OpenSent)");
	}
}

/* What ends a session may cross with the verdict on an OPEN: it waits until that is known. */
static bool
must_wait(const struct machine *receiver, const struct pending *p)
{
	return (p->type == 0 || p->type == BGP_NOTIFICATION) &&
	       receiver->state == BGP_STATE_OPENSENT && receiver->open_received.time_ns != 0 &&
	       !receiver->notified && !receiver->closed;
}

/* `dir` has received `p`, which the other side sent. */
static void
deliver(struct track *t, struct link *link, unsigned dir, const struct pending *p, enum basis basis)
{
	struct machine *m = &link->machine[dir];
	if (p->type != 0) {
		m->received = p->at;
	}
	switch (p->type) {
	case BGP_OPEN:
		m->open_received = p->at;
		break;
	case 0:
		skipped_states(t, link, dir);
		machine_event(t, link, dir, RFC_TCP_FAILS, basis, &p->at,
			"its peer closed the connection (RFC 4271 section 8.1.4, event 18)");
		m->unborn = !m->done && m->state == BGP_STATE_IDLE;
		m->done = true;
		break;
	case BGP_KEEPALIVE:
		if (m->state <= BGP_STATE_OPENSENT && m->state != BGP_STATE_UNKNOWN) {
			/* Its own OPEN may be behind a hole of the capture, and be told later. */
			m->keepalive_received = true;
		} else if (m->state == BGP_STATE_OPENCONFIRM) {
			machine_event(t, link, dir, RFC_KEEPALIVE, basis, &p->at,
				"it receives the KEEPALIVE that confirms its OPEN (RFC 4271 section 8.2.2, OpenConfirm)");
		} else if (m->state == BGP_STATE_UNKNOWN) {
			machine_event(t, link, dir, RFC_KEEPALIVE, BASIS_INFERRED, &p->at,
				"a KEEPALIVE goes by and the capture starts late: the session must stand");
		}
		break;
	case BGP_UPDATE:
		if (m->state == BGP_STATE_UNKNOWN) {
			machine_event(t, link, dir, RFC_UPDATE, BASIS_INFERRED, &p->at,
				"an UPDATE goes by and the capture starts late: the session must stand");
		}
		break;
	case BGP_NOTIFICATION:
		skipped_states(t, link, dir);
		/* Its TCP has taken it. A daemon whose silence is what it complains of need not have. */
		machine_event(t, link, dir,
			p->code == 2 && p->subcode == 1 ? RFC_NOTIF_VERSION_ERR : RFC_NOTIF,
			p->code == 4 ? BASIS_INFERRED : basis,
			&p->at, "it receives a NOTIFICATION (RFC 4271 section 6)");
		break;
	default:
		break;
	}
}

static void
forget_pending(struct track *t, struct machine *m, unsigned count)
{
	m->pending_count -= count;
	if (m->pending_count > 0) {
		memmove(m->pending, m->pending + count, m->pending_count * sizeof(*m->pending));
		return;
	}
	/* Most machines have none most of the time; the next one that does need not ask for memory. */
	if (m->pending_room == PENDING_LEAST && t->spare_pending == NULL) {
		t->spare_pending = m->pending;
	} else {
		free(m->pending);
	}
	m->pending = NULL;
	m->pending_room = 0;
}

/* Room for one more, of at most TRACK_PENDING_MAX. */
static void
make_room(struct track *t, struct machine *m)
{
	if (m->pending_count < m->pending_room) {
		return;
	}
	if (m->pending == NULL && t->spare_pending != NULL) {
		m->pending = t->spare_pending;
		t->spare_pending = NULL;
		m->pending_room = PENDING_LEAST;
		return;
	}
	m->pending_room = m->pending == NULL ? PENDING_LEAST : m->pending_room * 2;
	m->pending = memory_resize(m->pending, m->pending_room * sizeof(*m->pending));
}

void
machine_acked(struct track *t, struct link *link, unsigned dir, uint32_t ack,
	const struct moment *at)
{
	struct machine *m = &link->machine[dir];
	while (m->pending_count > 0 && (int32_t)(ack - m->pending[0].seq_end) >= 0) {
		struct pending p = m->pending[0];
		if (must_wait(&link->machine[1 - dir], &p)) {
			return;
		}
		forget_pending(t, m, 1);
		m->acked = *at;
		m->open_acked = m->open_acked || p.type == BGP_OPEN;
		deliver(t, link, 1 - dir, &p, BASIS_OBSERVED);
	}
}

/* All that `dir` has sent has reached its peer, though no ACK says so. */
static void
deliver_all(struct track *t, struct link *link, unsigned dir)
{
	struct machine *m = &link->machine[dir];
	while (m->pending_count > 0) {
		struct pending p = m->pending[0];
		forget_pending(t, m, 1);
		deliver(t, link, 1 - dir, &p, BASIS_INFERRED);
	}
}

static void
push(struct track *t, struct link *link, unsigned dir, const struct pending *message)
{
	struct machine *m = &link->machine[dir];
	if (!peer_is_seen(link, dir)) {
		deliver(t, link, 1 - dir, message, BASIS_INFERRED);
		return;
	}
	const struct conn_side *peer = &link->conn->side[1 - dir];
	if (peer->has_acked && (int32_t)(peer->acked - message->seq_end) >= 0 &&
	    m->pending_count == 0 && !must_wait(&link->machine[1 - dir], message)) {
		/* It came late or out of order: the ACK was here before. */
		deliver(t, link, 1 - dir, message, BASIS_OBSERVED);
		return;
	}
	if (m->pending_count == TRACK_PENDING_MAX) {
		/* A stretch of UPDATEs and KEEPALIVEs: the last one stands for all of them. */
		struct pending *tail = &m->pending[TRACK_PENDING_MAX - 1];
		if (tail->type == BGP_UPDATE || tail->type == BGP_KEEPALIVE) {
			*tail = *message;
			return;
		}
		struct pending p = m->pending[0];
		forget_pending(t, m, 1);
		deliver(t, link, 1 - dir, &p, BASIS_INFERRED);
	}
	make_room(t, m);
	m->pending[m->pending_count++] = *message;
}

/* A NOTIFICATION may be the first message of a speaker: what it says tells where its machine was. */
static void
implied_states(struct track *t, struct link *link, unsigned dir, const struct pending *message)
{
	struct machine *m = &link->machine[dir];
	bool about_open = message->code == 2;
	bool from_openconfirm = message->code == 5 && message->subcode == 2; /* RFC 6608 */
	if (m->state == BGP_STATE_UNKNOWN || m->done) {
		return;
	}
	if ((about_open || from_openconfirm) && m->state < BGP_STATE_OPENSENT) {
		reach_opensent(t, link, dir, BASIS_INFERRED, &message->at);
	}
	if (from_openconfirm) {
		reach_openconfirm(t, link, dir, BASIS_INFERRED, &message->at);
	}
}

/* Nothing reached it for its hold time, and that was some time ago. */
static bool
expired_long_ago(const struct track *t, const struct link *link, unsigned dir, const struct moment *at)
{
	const struct machine *m = &link->machine[dir];
	return !m->done && m->state >= BGP_STATE_OPENCONFIRM && at->time_ns > SECOND_NS &&
	       machine_hold_passed(t, link, dir, at->time_ns - SECOND_NS, 100);
}

/*
 * The capture starts late, nothing of the peer has reached it on this connection, and it calls in vain: who has a
 * session does not call. What it sends here is what TCP repeats of a session that it had.
 */
static bool
had_a_session(const struct link *link, unsigned dir)
{
	const struct machine *m = &link->machine[dir];
	return m->state == BGP_STATE_UNKNOWN && m->received.time_ns == 0 &&
	       link->session->side[link_side(link, dir)].syns_unanswered > 0;
}

/* It calls in vain again and again (the SYN is `call`): it left before what it seemed to have. */
void
machine_calls_again(struct track *t, struct link *old, unsigned dir, const struct moment *call)
{
	const struct machine *m = &old->machine[dir];
	const struct machine *peer = &old->machine[1 - dir];
	/* What began it is no proof: that it was received was inferred. */
	if (!old->conn->midstream || m->state != BGP_STATE_ESTABLISHED || m->received.time_ns > m->since_ns ||
	    m->sent.time_ns > call->time_ns) {
		return;
	}
	machine_gone(t, old, dir, RFC_TCP_FAILS, call,
		"it calls in vain again and again, and nothing of its peer is on the connection that it seemed to have: it has no session");
	if (peer->received.time_ns <= peer->since_ns) {
		machine_gone(t, old, 1 - dir, RFC_TCP_FAILS, call,
			"its peer calls anew: it has no session, and nothing in the capture says that this side has one");
	}
}

void
machine_sent(struct track *t, struct link *link, unsigned dir, const struct pending *message)
{
	struct machine *m = &link->machine[dir];
	const struct moment *at = &message->at;
	m->sent = *at;
	if (message->type != BGP_OPEN && message->type != BGP_NOTIFICATION && had_a_session(link, dir)) {
		return;
	}
	switch (message->type) {
	case BGP_OPEN:
		if (m->unborn) {
			/* Its kernel had taken the call, and the FIN, before the daemon looked. */
			m->done = m->unborn = false;
			reach_opensent(t, link, dir, BASIS_OBSERVED, at);
			machine_event(t, link, dir, RFC_TCP_FAILS, BASIS_INFERRED, at,
				"its peer had closed the connection before its OPEN (RFC 4271 section 8.1.4, event 18)");
			m->done = true;
			break;
		}
		reach_opensent(t, link, dir, BASIS_OBSERVED, at);
		break;
	case BGP_KEEPALIVE:
		if (m->state == BGP_STATE_UNKNOWN) {
			machine_event(t, link, dir, RFC_KEEPALIVE, BASIS_INFERRED, at,
				"it sends a KEEPALIVE and the capture starts late: the session must stand");
		} else {
			reach_openconfirm(t, link, dir, BASIS_OBSERVED, at);
		}
		break;
	case BGP_UPDATE:
	case BGP_ROUTE_REFRESH:
		if (m->state == BGP_STATE_UNKNOWN) {
			machine_event(t, link, dir, RFC_UPDATE, BASIS_INFERRED, at,
				"it sends an UPDATE and the capture starts late: the session must stand");
		} else if (m->state != BGP_STATE_ESTABLISHED && !m->done) {
			reach_openconfirm(t, link, dir, BASIS_INFERRED, at);
			deliver_all(t, link, 1 - dir);
			machine_event(t, link, dir, RFC_KEEPALIVE, BASIS_INFERRED, at,
				"it sends routes, so it is Established (RFC 4271 section 8.2.2)");
		}
		break;
	case BGP_NOTIFICATION:
		implied_states(t, link, dir, message);
		if (message->code == 4 && expired_long_ago(t, link, dir, at)) {
			/* What waited behind the dead path gets out when it is mended. */
			machine_gone(t, link, dir, RFC_HOLD_TIMER_EXPIRES, at,
				"its hold timer ran out then; its NOTIFICATION reached the wire later (RFC 4271 section 6.5)");
		}
		machine_event(t, link, dir,
			bgp_fsm_event_of_notification(message->code, message->subcode), BASIS_OBSERVED,
			at,
			message->code == 6 && message->subcode == 7
				? collision_reason(link)
				: "it sends a NOTIFICATION and ends the session (RFC 4271 section 6)");
		break;
	default:
		break;
	}
	push(t, link, dir, message);
}

bool
machine_hold_passed(const struct track *t, const struct link *link, unsigned dir, uint64_t now_ns,
	unsigned percent)
{
	const struct machine *m = &link->machine[dir];
	uint64_t from = silence_from(t, &m->received);
	if (link->hold_ns == 0 || m->received.time_ns == 0 || now_ns < from) {
		return false;
	}
	return (now_ns - from) * 100 >= link->hold_ns * percent;
}

void
machine_gone(struct track *t, struct link *link, unsigned dir, uint8_t rfc,
	const struct moment *at, const char *reason)
{
	struct machine *m = &link->machine[dir];
	if (m->done || m->state == BGP_STATE_IDLE || m->state == BGP_STATE_UNKNOWN) {
		m->done = true;
		return;
	}
	skipped_states(t, link, dir);
	enum bgp_state from = m->state;
	struct moment when = *at;
	if (rfc == RFC_HOLD_TIMER_EXPIRES && link->hold_ns != 0) {
		uint64_t deadline = silence_from(t, &m->received) + link->hold_ns;
		if (deadline < when.time_ns) {
			when = (struct moment){.time_ns = deadline, .input = at->input};
		}
	}
	machine_event(t, link, dir, rfc, BASIS_INFERRED, &when, reason);
	m->done = true;
	if (rfc == RFC_HOLD_TIMER_EXPIRES && from == BGP_STATE_ESTABLISHED) {
		restart_begin(link->session, link_side(link, 1 - dir), true, &when);
	}
	if (rfc == RFC_HOLD_TIMER_EXPIRES && from >= BGP_STATE_OPENCONFIRM) {
		rule_hold_expired(t, link, dir, BASIS_INFERRED, &when);
	}
}

void
machine_closed(struct track *t, struct link *link, unsigned dir, bool reset,
	const struct moment *at)
{
	struct machine *m = &link->machine[dir];
	struct machine *peer = &link->machine[1 - dir];
	enum bgp_state from = m->state;
	bool first = !m->closed;
	if (first) {
		m->closed = true;
	}
	/* A NOTIFICATION or a FIN that was on its way explains why this side closes. */
	for (unsigned i = 0; i < peer->pending_count; i++) {
		if (peer->pending[i].type == BGP_NOTIFICATION || peer->pending[i].type == 0) {
			deliver_all(t, link, 1 - dir);
			break;
		}
	}
	bool expired = m->state >= BGP_STATE_OPENCONFIRM && !peer->closed &&
		       machine_hold_passed(t, link, dir, at->time_ns, 70);
	if (expired) {
		link->reset.doubt = false;
	}
	if (!m->done && !(reset && link->reset.doubt)) {
		/* A RST answers for a socket that is gone: when its owner left, nobody saw. */
		machine_gone(t, link, dir,
			expired        ? RFC_HOLD_TIMER_EXPIRES
			: peer->closed ? RFC_TCP_FAILS
				       : RFC_AUTOMATIC_STOP,
			at,
			expired ? "it closes after a silence as long as the hold time (RFC 4271 section 6.5)"
			: reset ? "it resets the connection; which event made it do so is not on the wire"
				: "it closes the connection; which event made it do so is not on the wire");
	}
	if (reset) {
		if (expired_long_ago(t, link, 1 - dir, at)) {
			machine_gone(t, link, 1 - dir, RFC_HOLD_TIMER_EXPIRES, at,
				"nothing had reached it for the whole hold time when its peer reset the connection (RFC 4271 section 6.5)");
		}
		deliver_all(t, link, dir);
		skipped_states(t, link, 1 - dir);
		machine_event(t, link, 1 - dir, RFC_TCP_FAILS, BASIS_OBSERVED, at,
			"its peer reset the connection (RFC 4271 section 8.1.4, event 18)");
		peer->done = true;
	} else if (first) {
		struct pending fin = {
			.at = *at, .seq_end = link->conn->side[dir].next_seq, .type = 0};
		push(t, link, dir, &fin);
	}
	if (first) {
		rule_closed(t, link, dir, reset, from, at);
	}
}

/*
 * Where the OPENs are not in the capture: a hold time is three times the KEEPALIVE interval (RFC 4271
 * section 4.4), which may be a quarter longer than it is seen (section 10). 0: nothing was measured.
 */
static uint64_t
hold_guess_ns(const struct session *s)
{
	uint64_t longest = 0;
	for (unsigned i = 0; i < 2 && s->timing != NULL; i++) {
		uint64_t interval = s->timing->side[i].keepalive_max_ns;
		longest = interval > longest ? interval : longest;
	}
	return 4 * longest;
}

/* The hold time is unknown: whether `dir` has long repeated itself while nothing reached it. */
bool
machine_seems_cut_off(const struct track *t, const struct link *link, unsigned dir)
{
	const struct machine *m = &link->machine[dir];
	uint64_t from = silence_from(t, &m->received);
	return !link->hold_known && m->retransmissions >= REPEATS_ENOUGH && m->received.time_ns != 0 &&
	       m->retransmission.time_ns > from && t->now.time_ns >= from + SHORTEST_HOLD_NS;
}

/*
 * `dir` sends again what it sent before, long after its hold time, and acknowledges nothing that the
 * capture has not: so nothing reached it, and it has nothing new to say. Its NOTIFICATION waits behind
 * what is not acknowledged.
 */
void
machine_repeats(struct track *t, struct link *link, unsigned dir, const struct seg *seg)
{
	struct machine *m = &link->machine[dir];
	uint64_t guess;
	if (m->state < BGP_STATE_OPENCONFIRM || m->done || !(seg->flags & SEG_ACK) ||
	    !link->conn->side[1 - dir].seen ||
	    (int32_t)(seg->ack - link->conn->side[1 - dir].next_seq) > 0) {
		return;
	}
	if (!link->hold_known && machine_seems_cut_off(t, link, dir) &&
	    (guess = hold_guess_ns(link->session)) != 0 &&
	    t->now.time_ns > silence_from(t, &m->received) + guess) {
		machine_gone(t, link, dir, RFC_HOLD_TIMER_EXPIRES, &t->now,
			"nothing reached it for longer than three of its KEEPALIVE intervals, and it has only repeated itself since (RFC 4271 section 4.4)");
		return;
	}
	/* What its peer repeats meanwhile does not reach it either: it would have acknowledged it here. */
	uint64_t from = silence_from(t, &m->received);
	if (link->hold_ns == 0 || m->received.time_ns == 0 || !link->conn->side[dir].seen ||
	    (m->state == BGP_STATE_OPENCONFIRM && link->session->links != link) ||
	    t->now.time_ns < from + link->hold_ns + link->hold_ns / 3 + SECOND_NS ||
	    m->sent.time_ns > from + link->hold_ns) {
		return;
	}
	machine_gone(t, link, dir, RFC_HOLD_TIMER_EXPIRES, &t->now,
		"nothing reached it for the whole hold time, and it has only repeated itself since (RFC 4271 section 6.5)");
}

/* When the hold timer must have run out, however the packets are read; false where none runs. A speaker
 * that lives sends a KEEPALIVE within a third of the hold time: only after that its silence confirms
 * that it is gone (RFC 4271 section 4.4). */
static bool
hold_is_over_at(const struct track *t, const struct link *link, unsigned dir, uint64_t *sure)
{
	const struct machine *m = &link->machine[dir];
	const struct machine *peer = &link->machine[1 - dir];
	/* Where a newer connection was opened, one that was not Established yet ended unseen. */
	bool given_up = m->state == BGP_STATE_OPENCONFIRM && link->session->links != link;
	if (m->done || m->state < BGP_STATE_OPENCONFIRM || given_up || m->received.time_ns == 0 ||
	    link->hold_ns == 0 || !peer_is_seen(link, dir) || !link->conn->side[dir].seen) {
		return false;
	}
	uint64_t heard = silence_from(t, &m->received);
	if (peer->retransmission.time_ns > heard) {
		heard = peer->retransmission.time_ns; /* perhaps only its ACK was lost */
	}
	*sure = heard + link->hold_ns + link->hold_ns / 3 + SECOND_NS;
	return true;
}

/* After a hole in the capture, or a step of its clock, it may be about to speak. */
static uint64_t
doubt_ends_at(const struct link *link, const struct machine *m)
{
	return m->doubt_ns + link->hold_ns / 6 + 2 * SECOND_NS;
}

void
machine_tick(struct track *t, struct link *link)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		struct machine *m = &link->machine[dir];
		uint64_t sure;
		if (!hold_is_over_at(t, link, dir, &sure)) {
			continue;
		}
		if (t->now.time_ns < sure || m->sent.time_ns > silence_from(t, &m->received) + link->hold_ns) {
			m->doubt_ns = 0;
			continue;
		}
		if (m->doubt_ns == 0) {
			m->doubt_ns = t->now.time_ns;
		} else if (t->now.time_ns >= doubt_ends_at(link, m)) {
			machine_gone(t, link, dir, RFC_HOLD_TIMER_EXPIRES, &t->now,
				"nothing reached it for the whole hold time, and it is silent since (RFC 4271 section 6.5)");
		}
	}
}

uint64_t
machine_due(const struct track *t, const struct link *link)
{
	uint64_t due = CLOCK_NEVER;
	for (unsigned dir = 0; dir < 2; dir++) {
		const struct machine *m = &link->machine[dir];
		uint64_t sure;
		if (hold_is_over_at(t, link, dir, &sure)) {
			due = clock_sooner(due, clock_due(t,
				m->doubt_ns != 0 ? doubt_ends_at(link, m) : sure));
		}
	}
	return due;
}
