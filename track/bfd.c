/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BFD sessions (RFC 5880): two ends that tell their state in every packet. Most pairs of addresses
 * have one, and there whatever they send belongs together, whatever port and discriminators they use:
 * so two ends that talk past each other (single-hop against multihop, a stale discriminator) are seen
 * as one. A second session of a pair is one that stands beside the first: another member of a LAG
 * (RFC 7130), multihop beside single-hop, another VLAN with the same link-local addresses.
 */
#include "track/bfd_fsm.h"
#include "track/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

enum { ACTIVE_S = 3 }; /* an end that is not Up sends at least once a second (RFC 5880 section 6.8.3) */
static struct bfd_session **
slot_of(struct track *t, const struct address *a, const struct address *b)
{
	return &t->bfd_table[(uint32_t)pair_hash(t, a, b) & (t->bfd_slots - 1)];
}

/* Twice the slots. Those of a pair stay in their order, the oldest last. */
static void
table_grow(struct track *t)
{
	size_t count = t->bfd_slots * 2;
	struct bfd_session **table = memory_zero(count, sizeof(*table));
	for (size_t i = 0; i < t->bfd_slots; i++) {
		struct bfd_session **tail[2] = {&table[i], &table[i + t->bfd_slots]};
		for (struct bfd_session *b = t->bfd_table[i]; b != NULL; b = b->hash_next) {
			unsigned high = b->hash % count != i;
			*tail[high] = b;
			tail[high] = &b->hash_next;
		}
		*tail[0] = *tail[1] = NULL;
	}
	free(t->bfd_table);
	t->bfd_table = table;
	t->bfd_slots = count;
}

static bool
has_ends(const struct bfd_session *s, const struct address *a, const struct address *b)
{
	return (address_equal(&s->end[0].addr, a) && address_equal(&s->end[1].addr, b)) ||
	       (address_equal(&s->end[0].addr, b) && address_equal(&s->end[1].addr, a));
}

/* One of echo packets says nothing about the other ones. */
static bool
is_of_pair(const struct bfd_session *s, const struct address *a, const struct address *b)
{
	return !s->echo && has_ends(s, a, b);
}

/* Whether a packet may be of this session, by its addresses; `end` is that of its sender. */
static bool
goes_along(const struct bfd_session *b, const struct packet_info *ip, unsigned *end)
{
	*end = address_equal(&b->end[1].addr, &ip->src) ? 1 : 0;
	return address_equal(&b->end[*end].addr, &ip->src) && address_equal(&b->end[1 - *end].addr, &ip->dst);
}

struct bfd_session *
bfd_beside(struct track *t, const struct bfd_session *of, const struct bfd_session *after)
{
	struct bfd_session *b = after != NULL ? after->hash_next
					      : *slot_of(t, &of->end[0].addr, &of->end[1].addr);
	while (b != NULL && (b == of || !is_of_pair(b, &of->end[0].addr, &of->end[1].addr))) {
		b = b->hash_next;
	}
	return b;
}

struct bfd_session *
bfd_serve(struct track *t, struct session *s, bool serve)
{
	struct bfd_session *first = NULL;
	struct bfd_session *b = *slot_of(t, &s->side[0].addr, &s->side[1].addr);
	for (; b != NULL; b = b->hash_next) {
		if (is_of_pair(b, &s->side[0].addr, &s->side[1].addr) &&
		    !vlan_is_other(&s->side[0].addr, s->vlan, b->vlan)) {
			b->session = serve ? s : NULL;
			first = b;
		}
	}
	return first;
}

static void
age_out(struct track *t, struct bfd_session *b)
{
	*(b->older != NULL ? &b->older->newer : &t->bfd_oldest) = b->newer;
	*(b->newer != NULL ? &b->newer->older : &t->bfd_newest) = b->older;
	b->older = b->newer = NULL;
}

static void
age_in(struct track *t, struct bfd_session *b)
{
	b->older = t->bfd_newest;
	b->newer = NULL;
	*(t->bfd_newest != NULL ? &t->bfd_newest->newer : &t->bfd_oldest) = b;
	t->bfd_newest = b;
}

static void
age_anew(struct track *t, struct bfd_session *b)
{
	if (t->bfd_newest != b) {
		age_out(t, b);
		age_in(t, b);
	}
}

static void
evict(struct track *t)
{
	struct bfd_session *victim = t->bfd_oldest;
	if (t->evicted_bfd++ == 0) {
		emit_fault(t, NULL, "evicted-bfd-session", 0,
			"the table of BFD sessions is full: the longest quiet ones are evicted", &t->now);
	}
	for (struct finding *f = victim->findings; f != NULL; f = f->next) {
		finding_tell(t, f, false);
	}
	bfd_tell(t, victim, false);
	bfd_destroy(t, victim);
}

/* Whether this end of the session sent something a moment ago. */
static bool
is_active(const struct bfd_end *e, const struct moment *at)
{
	return e->seen && at->time_ns < e->at.time_ns + ACTIVE_S * SECOND_NS;
}

/* Two uses of one pair of addresses that have nothing to do with each other. */
static bool
is_other_session(const struct bfd_session *b, unsigned end, const struct packet_info *ip, int32_t port,
	const struct bfd_packet *packet, const struct moment *at)
{
	const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	if (address_is_of_link(&ip->src) && b->vlan != ip->vlan) {
		return true;
	}
	if (!is_active(x, at) || packet->my_discriminator == x->last.my_discriminator) {
		return false;
	}
	if (port == BFD_PORT_MICRO && x->port == BFD_PORT_MICRO) {
		return true;
	}
	/* The other end goes on with the port that this one has used up to now. */
	return x->port != port && is_active(y, at) && y->port == x->port;
}

static void
tell_pair(struct track *t)
{
	if (!t->bfd_pair_told) {
		t->bfd_pair_told = true;
		emit_fault(t, NULL, "evicted-bfd-session", 0,
			"one pair has too many BFD sessions: further ones are counted among those (evicted)",
			&t->now);
	}
}

/*
 * The session that a packet belongs to (RFC 5880 section 6.8.6): the one whose other end has the
 * discriminator that it names, then the one in which its sender uses the one that it has, then any
 * of this pair that it can be a new start of. NULL: a new one.
 */
static struct bfd_session *
demultiplex(struct track *t, const struct packet_info *ip, int32_t port,
	const struct bfd_packet *packet, const struct moment *at)
{
	struct bfd_session *by_own = NULL, *by_start = NULL;
	unsigned count = 0;
	for (struct bfd_session *b = *slot_of(t, &ip->src, &ip->dst); b != NULL; b = b->hash_next) {
		unsigned end;
		if (b->echo || !goes_along(b, ip, &end)) {
			continue;
		}
		if (packet == NULL) {
			return b; /* it cannot be read: any of them */
		}
		bool other = is_other_session(b, end, ip, port, packet, at);
		if (++count < TRACK_BFD_PAIR_MAX && other) {
			continue;
		}
		if (other) {
			tell_pair(t);
		}
		const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
		if (packet->your_discriminator != 0 && y->seen &&
		    y->last.my_discriminator == packet->your_discriminator) {
			return b;
		}
		if (x->seen && x->last.my_discriminator == packet->my_discriminator) {
			by_own = b;
		}
		by_start = b; /* the oldest one, at the end of the chain */
	}
	return by_own != NULL ? by_own : by_start;
}

static struct bfd_session *
create(struct track *t, const struct packet_info *ip, bool echo, const struct moment *at)
{
	if (t->bfd_count >= TRACK_BFD_SESSIONS_MAX) {
		evict(t);
	}
	struct bfd_session *b = memory_zero(1, sizeof(*b));
	b->id = ++t->bfd_ids;
	b->vlan = ip->vlan;
	b->echo = echo;
	b->session = echo ? NULL : session_find_in(t, &ip->src, &ip->dst, ip->vlan);
	unsigned local = ip->outgoing == 0 ? 1 : 0;
	if (b->session != NULL) {
		local = session_side(b->session, &ip->src);
		if (b->session->bfd == NULL) {
			b->session->bfd = b;
		}
	}
	b->end[local].addr = ip->src;
	b->end[1 - local].addr = ip->dst;
	b->mode = bfd_port_mode(echo ? BFD_PORT_ECHO : BFD_PORT_SINGLE_HOP);
	b->first = *at;
	b->watch.bfd = b;
	b->hash = (uint32_t)pair_hash(t, &ip->src, &ip->dst);
	if (t->bfd_count >= t->bfd_slots) {
		table_grow(t);
	}
	struct bfd_session **slot = &t->bfd_table[b->hash & (t->bfd_slots - 1)];
	b->hash_next = *slot;
	*slot = b;
	age_in(t, b);
	t->bfd_count++;
	return b;
}

static struct bfd_session *
bfd_get(struct track *t, const struct packet_info *ip, int32_t port, const struct bfd_packet *packet,
	const struct moment *at)
{
	struct bfd_session *b = demultiplex(t, ip, port, packet, at);
	return b != NULL ? b : create(t, ip, false, at);
}

static void
mark_dirty(struct track *t, struct bfd_session *b)
{
	if (!b->dirty) {
		b->dirty = true;
		b->dirty_next = t->bfd_dirty;
		b->dirty_previous = NULL;
		if (t->bfd_dirty != NULL) {
			t->bfd_dirty->dirty_previous = b;
		}
		t->bfd_dirty = b;
	}
}

static bool
says_the_same(const struct bfd_packet *a, const struct bfd_packet *b)
{
	return a->version == b->version && a->diag == b->diag && a->state == b->state &&
	       a->flags == b->flags && a->detect_mult == b->detect_mult &&
	       a->my_discriminator == b->my_discriminator &&
	       a->your_discriminator == b->your_discriminator &&
	       a->desired_min_tx_us == b->desired_min_tx_us &&
	       a->required_min_rx_us == b->required_min_rx_us &&
	       a->required_min_echo_rx_us == b->required_min_echo_rx_us &&
	       a->has_auth == b->has_auth && a->fault == b->fault &&
	       (!a->has_auth ||
		       (a->auth.type == b->auth.type && a->auth.key_id == b->auth.key_id));
}

static void
transition(struct track *t, struct bfd_session *b, unsigned end, uint8_t to, enum basis basis,
	const struct moment *at, const char *reason)
{
	struct bfd_end *e = &b->end[end];
	struct event event = {
		.kind = EVENT_TRANSITION,
		.transition = {
			.protocol = PROTOCOL_BFD,
			.session = 0,
			.bfd_session = b->id,
			.speaker = e->addr,
			.peer = b->end[1 - end].addr,
			.from = e->state,
			.to = to,
			.basis = basis,
			.reason = reason,
		},
	};
	transition_lasted(&event.transition, e->since.time_ns, at);
	emit(t, &event, at);
	e->state = to;
	e->since = *at;
}

static const char *
reason_of(const struct bfd_packet *p, const struct bfd_end *peer)
{
	switch (p->state) {
	case BFD_ADMIN_DOWN:
		return "it says AdminDown: an administrator holds it down (RFC 5880 section 6.8.16)";
	case BFD_INIT:
		return "it hears its peer, which says Down (RFC 5880 section 6.8.6)";
	case BFD_UP:
		return "each end hears the other (RFC 5880 section 6.8.6)";
	default:
		switch (p->diag) {
		case 1:
			return "nothing was heard for the detection time (RFC 5880 section 6.8.4)";
		case 3:
			return peer->seen && peer->last.state == BFD_ADMIN_DOWN
				       ? "its peer says AdminDown (RFC 5880 section 6.8.6)"
			       : peer->seen && peer->last.state != BFD_DOWN
				       ? "it says that its peer signalled Down, which is not in the capture (RFC 5880 section 6.8.6)"
				       : "its peer says Down (RFC 5880 section 6.8.6)";
		case 7:
			return "an administrator took it down (RFC 5880 section 4.1, diagnostic 7)";
		default:
			return "it says Down (RFC 5880 section 6.2)";
		}
	}
}

/*
 * It was not heard for longer than its detection time, and says now that this ran out. The way was cut in both
 * directions then, and it left when the last packet that got through, which is about as old as its own
 * last one, was its detection time old.
 */
static bool
expired_unseen(const struct track *t, const struct bfd_end *e, const struct moment *heard, const struct moment *now,
	struct moment *left)
{
	uint64_t deadline = heard->time_ns + e->detect_us * 1000;
	if (!e->has_timers || e->detect_us == 0 || silence_from(t, heard) != heard->time_ns || deadline >= now->time_ns) {
		return false;
	}
	*left = (struct moment){.time_ns = deadline, .input = now->input};
	return true;
}

static void
refresh_timers(struct bfd_session *b)
{
	if (!b->up) {
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct bfd_packet *own = &b->end[i].last;
		const struct bfd_packet *other = &b->end[1 - i].last;
		struct bfd_end *e = &b->end[i];
		e->has_timers = true;
		e->tx_us = own->desired_min_tx_us > other->required_min_rx_us
				   ? own->desired_min_tx_us
				   : other->required_min_rx_us;
		uint64_t interval = own->required_min_rx_us > other->desired_min_tx_us
					    ? own->required_min_rx_us
					    : other->desired_min_tx_us;
		e->detect_us = interval * other->detect_mult; /* RFC 5880 section 6.8.4 */
	}
}

static void
fault(struct track *t, const struct bfd_session *b, enum bfd_fault_code code, uint32_t offset,
	const char *detail, const struct moment *at)
{
	struct event event = {
		.kind = EVENT_FAULT,
		.fault = {
			.session = b->session != NULL ? b->session->id : 0,
			.bfd_session = b->id,
			.code = bfd_fault_key(code),
			.offset = offset,
			.text = bfd_fault_text(code),
			.action = bfd_fault_action(code),
			.rfc = bfd_fault_rfc(code),
			.action_rfc = bfd_fault_rfc(code),
			.attribute = -1,
			.octet = offset,
			.detail = detail,
		},
	};
	emit(t, &event, at);
}

/* What the IP header around a packet may not have, told once for each end. Source ports below 49152 are
 * what Linux gives to a daemon that does not ask for one, and no receiver looks at them. */
static void
check_transport(struct track *t, const struct bfd_session *b, struct bfd_end *e,
	const struct datagram *datagram, const struct moment *at)
{
	const struct packet_info *ip = datagram->ip;
	enum bfd_fault_code code = bfd_check_transport(datagram->src_port, datagram->dst_port,
		ip->ttl, address_is_loopback(&ip->dst));
	if (code != BFD_FAULT_TTL || e->transport_told) {
		return;
	}
	char detail[64];
	e->transport_told = true;
	snprintf(detail, sizeof(detail), "the TTL is %u", ip->ttl);
	fault(t, b, code, 0, detail, at);
}

/*
 * Echo packets are their sender's own affair (RFC 5881 section 4), and mostly addressed to it: what
 * they say is not looked at, and the session that they make has no states.
 */
static void
echo_in(struct track *t, const struct datagram *datagram, const struct moment *at)
{
	const struct packet_info *ip = datagram->ip;
	struct bfd_session *b = *slot_of(t, &ip->src, &ip->dst);
	for (unsigned count = 0; b != NULL; b = b->hash_next) {
		if (b->echo && has_ends(b, &ip->src, &ip->dst) &&
		    (b->vlan == ip->vlan || ++count >= TRACK_BFD_PAIR_MAX)) {
			break;
		}
	}
	if (b == NULL) {
		b = create(t, ip, true, at);
	}
	if (ip->ghost) {
		return;
	}
	age_anew(t, b);
	struct bfd_end *e = &b->end[address_equal(&b->end[1].addr, &ip->src) ? 1 : 0];
	if (e->seen && at->time_ns > e->at.time_ns) {
		uint64_t gap = (at->time_ns - e->at.time_ns) / 1000;
		e->max_gap_us = gap > e->max_gap_us ? gap : e->max_gap_us;
	}
	e->seen = true;
	e->at = *at;
	e->packets++;
	b->last = *at;
}

static void
tell_packet(struct track *t, const struct bfd_session *b, const struct packet_info *ip, int32_t port,
	const struct bfd_packet *packet, bool changes)
{
	struct event event = {
		.kind = EVENT_BFD,
		.bfd = {
			.bfd_session = b->id,
			.src = ip->src,
			.dst = ip->dst,
			.port = port,
			.ttl = ip->ttl,
			.changes = changes,
			.packet = packet,
		},
	};
	struct moment at = moment_of(ip);
	emit(t, &event, &at);
}

bool
bfd_expects(void *ctx)
{
	enum { MANY = 256 }; /* fewer stay in the cache by themselves */
	return ((const struct track *)ctx)->bfd_count >= MANY;
}

void
bfd_expect(void *ctx, const struct address *src, const struct address *dst)
{
	struct track *t = ctx;
	const struct bfd_session *b = *slot_of(t, src, dst);
	if (b != NULL) {
		near_fetch(b, offsetof(struct bfd_session, end));
		near_fetch(&b->end[0], offsetof(struct bfd_end, since));
		near_fetch(&b->end[1], offsetof(struct bfd_end, since));
	}
	host_expect(t, src);
}

/* The session of which this packet is the same as the one before it of this `end`, and both are calm. */
static struct bfd_session *
find_calm(struct track *t, const struct datagram *datagram, unsigned *end)
{
	const struct packet_info *ip = datagram->ip;
	if (datagram->cap_len != BFD_PLAIN_SIZE || t->options.all_bfd_packets) {
		return NULL;
	}
	struct bfd_session *b = *slot_of(t, &ip->src, &ip->dst);
	for (; b != NULL; b = b->hash_next) {
		if (!goes_along(b, ip, end)) {
			continue;
		}
		const struct bfd_end *x = &b->end[*end];
		if (x->calm && x->port == datagram->dst_port && x->ttl == ip->ttl && b->vlan == ip->vlan &&
			memcmp(x->wire, datagram->data, BFD_PLAIN_SIZE) == 0) {
			return b;
		}
	}
	return NULL;
}

static void
session_heard(struct track *t, struct bfd_session *b, const struct address *by)
{
	age_anew(t, b);
	b->last = t->now;
	clock_watch(t, &b->watch);
	if (b->session != NULL) {
		b->session->side[session_side(b->session, by)].alive = t->now;
	}
}

/* How long it was silent, and what the other end had sent when it was heard. */
static void
end_heard(struct track *t, struct bfd_session *b, unsigned end)
{
	struct bfd_end *e = &b->end[end];
	if (e->seen && t->now.time_ns > e->at.time_ns && silence_from(t, &e->at) == e->at.time_ns) {
		uint64_t gap = (t->now.time_ns - e->at.time_ns) / 1000;
		if (gap > e->max_gap_us) {
			e->max_gap_us = gap;
		}
	}
	e->seen = true;
	e->at = t->now;
	e->packets++;
	b->end[1 - end].packets_at_silence = b->end[1 - end].packets;
}

static void
packet_in(struct track *t, const struct datagram *datagram)
{
	const struct packet_info *ip = datagram->ip;
	const struct moment at = t->now;
	struct bfd_packet packet;
	bool read = bfd_decode(datagram->data, datagram->cap_len, &packet);
	int32_t port = datagram->dst_port != 0 ? datagram->dst_port : -1; /* -1: not over UDP */
	struct bfd_session *b = bfd_get(t, ip, port, read ? &packet : NULL, &at);
	if (ip->ghost) {
		/* A second copy of a packet says nothing new. */
		if (read && t->options.all_bfd_packets) {
			tell_packet(t, b, ip, port, &packet, false);
		}
		return;
	}
	session_heard(t, b, &ip->src);
	if (!read || packet.fault != BFD_FAULT_NONE) {
		if (!ip->cut) {
			fault(t, b, packet.fault, packet.fault_offset, bfd_fault_text(packet.fault),
				&at);
		}
		if (!read) {
			return;
		}
	}
	unsigned end = address_equal(&b->end[1].addr, &ip->src) ? 1 : 0;
	struct bfd_end *e = &b->end[end];
	const char *mode = bfd_port_mode(datagram->dst_port);
	if (mode == NULL) {
		mode = bfd_port_mode(datagram->src_port); /* the answer of a reflector (RFC 7881) */
	}
	if (mode != NULL) {
		b->mode = mode;
		b->seamless = datagram->dst_port == BFD_PORT_SEAMLESS ||
			      datagram->src_port == BFD_PORT_SEAMLESS;
	}
	check_transport(t, b, e, datagram, &at);

	bool changes = !e->seen || e->port != port || !says_the_same(&e->last, &packet);
	if (changes || t->options.all_bfd_packets) {
		tell_packet(t, b, ip, port, &packet, changes);
	}
	struct bfd_packet before = e->last;
	struct moment heard = e->at;
	uint8_t state_before = e->state;
	end_heard(t, b, end);
	e->last = packet;
	e->last.raw = cursor_make(NULL, 0);
	e->password_size = 0;
	if (packet.has_auth && packet.auth.type == 1 && packet.fault == BFD_FAULT_NONE &&
	    packet.auth.length > 3) {
		struct cursor password = packet.raw;
		cursor_skip(&password, 24 + 3);
		e->password_size = (uint8_t)(packet.auth.length - 3);
		const uint8_t *octets = cursor_bytes(&password, e->password_size);
		if (octets != NULL && e->password_size <= sizeof(e->password)) {
			memcpy(e->password, octets, e->password_size);
		}
	}
	e->port = port;
	e->ports |= port == BFD_PORT_MULTIHOP ? 1 : 2;
	e->ttl = ip->ttl;
	uint8_t to = (uint8_t)(packet.state + 1);
	if (e->state != to) {
		enum bfd_state between;
		/* RFC 7880 section 7.3.1: a seamless one knows no Init. */
		if (e->state != 0 && !b->seamless && bfd_fsm_skipped((enum bfd_state)(e->state - 1),
					     (enum bfd_state)packet.state, &between) > 0) {
			transition(t, b, end, (uint8_t)(between + 1), BASIS_INFERRED, &at,
				"the machine has no other way to the state that it shows next (RFC 5880 section 6.2)");
		}
		struct moment left;
		bool unseen = state_before == BFD_UP + 1 && packet.state == BFD_DOWN && packet.diag == 1 &&
			      expired_unseen(t, e, &heard, &at, &left);
		transition(t, b, end, to, unseen ? BASIS_INFERRED : BASIS_OBSERVED, unseen ? &left : &at,
			reason_of(&packet, &b->end[1 - end]));
		e->since_diag = packet.diag;
		mark_dirty(t, b);
	}
	bool up = b->end[0].state == BFD_UP + 1 && b->end[1].state == BFD_UP + 1;
	if (up && !b->up) {
		b->up_at = at;
		rule_bfd_up(b, &at);
	}
	if (b->up && !up) {
		b->flaps++;
		struct session *s = b->session;
		if (s != NULL) {
			s->bfd_lost = at;
			s->bfd_lost_by = ip->src;
			s->bfd_lost_diag = packet.diag;
			rule_bfd_lost(t, s);
		}
	}
	bool was_up = b->up;
	b->up = up;
	/* By what was agreed on up to now. */
	bfd_measure(b, end, state_before == 0 ? NULL : &before, was_up, &at);
	refresh_timers(b);
	if (changes) {
		mark_dirty(t, b);
	}
	rule_bfd_packet(t, b, end, state_before == 0 ? NULL : &before, state_before, &at);
	e->calm = datagram->cap_len == BFD_PLAIN_SIZE && mode != NULL && rule_bfd_calm(b, end);
	if (e->calm) {
		memcpy(e->wire, datagram->data, BFD_PLAIN_SIZE);
	}
	b->end[1 - end].calm &= b->up && !changes;
}

/*
 * Nearly all packets are of sessions that stand, and say what the one before them said: they are timed, and
 * that is all. The rest goes through everything.
 */
void
bfd_in(void *ctx, const struct datagram *datagram)
{
	struct track *t = ctx;
	const struct packet_info *ip = datagram->ip;
	track_tick(t, ip->time_ns);
	t->now = moment_of(ip);
	struct moment at = t->now;
	host_alive(t, ip);
	if (datagram->dst_port == BFD_PORT_ECHO) {
		echo_in(t, datagram, &at);
		return;
	}
	unsigned end;
	struct bfd_session *calm = find_calm(t, datagram, &end);
	if (calm != NULL) {
		if (!ip->ghost) {
			session_heard(t, calm, &ip->src);
			end_heard(t, calm, end);
			bfd_measure(calm, end, &calm->end[end].last, true, &at);
			rule_bfd_interval(t, calm, end);
		}
		return;
	}
	packet_in(t, datagram);
}

void
bfd_tell(struct track *t, struct bfd_session *b, bool snapshot)
{
	struct event event = {
		.kind = EVENT_BFD_SESSION,
		.bfd_session = {
			.bfd_session = b->id,
			.session = b->session != NULL ? b->session->id : 0,
			.mode = b->mode,
			.flaps = b->flaps,
			.first_time_ns = shown_ns(t, b->first.time_ns),
			.last_time_ns = shown_ns(t, b->last.time_ns),
		},
	};
	for (unsigned i = 0; i < 2; i++) {
		const struct bfd_end *from = &b->end[i];
		struct event_bfd_side *to = &event.bfd_session.side[i];
		to->addr = from->addr;
		to->state = from->state;
		to->diag = from->last.diag;
		to->has_timers = from->has_timers;
		to->negotiated_tx_us = from->tx_us;
		to->detection_time_us = from->detect_us;
		to->packets = from->packets;
		to->max_gap_us = from->max_gap_us;
		to->last_ns = shown_ns(t, from->at.time_ns);
		to->discriminator = from->last.my_discriminator;
		to->detect_mult = from->last.detect_mult;
		to->state_since_ns = shown_ns(t, from->since.time_ns);
		to->intervals = from->up_intervals.counted;
		to->interval_min_us = from->up_intervals.min_us;
		to->interval_mean_us = bfd_mean_interval_us(from);
		to->interval_max_us = from->up_intervals.max_us;
		to->has_margin = from->has_margin;
		to->margin_us = from->margin_us;
		to->margin_frame = from->margin_at.frame;
	}
	if (snapshot) {
		emit_snapshot(t, &event);
		return;
	}
	struct moment at = {.time_ns = t->now.time_ns, .input = b->last.input};
	emit(t, &event, &at);
}

void
bfd_destroy(struct track *t, struct bfd_session *b)
{
	struct bfd_session **slot = &t->bfd_table[b->hash & (t->bfd_slots - 1)];
	while (*slot != b) {
		slot = &(*slot)->hash_next;
	}
	*slot = b->hash_next;
	if (b->dirty) {
		*(b->dirty_previous != NULL ? &b->dirty_previous->dirty_next : &t->bfd_dirty) =
			b->dirty_next;
		if (b->dirty_next != NULL) {
			b->dirty_next->dirty_previous = b->dirty_previous;
		}
	}
	age_out(t, b);
	clock_forget(&b->watch);
	if (b->session != NULL && b->session->bfd == b) {
		b->session->bfd = bfd_serve(t, b->session, true); /* another one */
	}
	findings_forget(t, b->findings);
	t->bfd_count--;
	free(b);
}

/*
 * One end says Down and the other, last seen Up, is not heard any more. Either it heard that Down, or it
 * heard nothing for its detection time: both take it out of Up (RFC 5880 section 6.8.4, 6.8.6).
 */
static void
left_up_unseen(struct track *t, struct bfd_session *b, unsigned end)
{
	const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
	if (y->state != BFD_UP + 1 || !x->seen || x->last.state > BFD_DOWN ||
	    y->at.time_ns > x->since.time_ns ||
	    t->now.time_ns < silence_from(t, &x->since) + y->detect_us * 1000 + SECOND_NS) {
		return;
	}
	struct moment at = x->since, left;
	if (x->since_diag == 1 && expired_unseen(t, y, &y->at, &t->now, &left)) {
		at = left; /* its peer heard nothing of it either: cut in both directions */
	}
	transition(t, b, 1 - end, BFD_DOWN + 1, BASIS_INFERRED, &at,
		"its peer says Down and it is not heard any more: it heard that, or nothing for its detection time (RFC 5880 section 6.8.4, 6.8.6)");
	mark_dirty(t, b);
}

void
bfd_tick(struct track *t, struct bfd_session *b)
{
	if (b->echo) {
		return;
	}
	for (unsigned end = 0; end < 2; end++) {
		left_up_unseen(t, b, end);
	}
	rule_bfd_tick(t, b);
}

uint64_t
bfd_due(const struct track *t, const struct bfd_session *b)
{
	uint64_t due = rule_bfd_due(t, b);
	for (unsigned end = 0; end < 2; end++) {
		const struct bfd_end *x = &b->end[end], *y = &b->end[1 - end];
		if (y->state == BFD_UP + 1 && x->seen && x->last.state <= BFD_DOWN) {
			due = clock_sooner(due, clock_due(t,
				silence_from(t, &x->since) + y->detect_us * 1000 + SECOND_NS));
		}
	}
	return due;
}

bool
track_bfd_session_pair(const struct track *t, uint64_t id, struct address pair[2])
{
	for (const struct bfd_session *b = t->bfd_newest; b != NULL; b = b->older) {
		if (b->id == id) {
			pair[0] = b->end[0].addr;
			pair[1] = b->end[1].addr;
			return true;
		}
	}
	return false;
}
