/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose address it is (catalogue, A9, A16, A17): two hosts that claim one, a NAT that puts another one in its place, and
 * a speaker that lost the address by which its peer knows it. Two things show the last: a peer that
 * turns a call down had a session with another address of the same card, silent since; or the address is
 * asked for in vain by ARP or NDP while the card that had it goes on with another one. Which card has an address
 * is what ARP and NDP say: packets alone may all come through one router.
 */
#include "track/scene.h"

#include <stdio.h>
#include <string.h>

enum {
	NEWEST_HOSTS = 64, /* so many are looked through for another address of a card */
	CLAIMS_ENOUGH = 2,
	MOVE_S = 2, /* what the old owner had sent, and what it sends before it knows */
	USES_ENOUGH = 3,
};

static bool
same_card(const struct host *a, const struct host *b)
{
	return a != NULL && b != NULL && a != b && a->has_mac && b->has_mac &&
	       a->addr.family == b->addr.family && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

static void
raise_gone(struct track *t, struct session *s, const struct speaker *subject, const struct host *old,
	const struct host *now, const char *peer, enum confidence confidence, uint64_t frame,
	const struct moment *at)
{
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	uint64_t frames[] = {old->alive.frame, frame};
	finding_raise(t,
		&(struct finding_args){
			.cause = FINDING_SOURCE_ADDRESS_GONE,
			.confidence = confidence,
			.session = s,
			.subject = &subject->addr,
			.at = *at,
			.evidence = frames,
			.evidence_count = 2,
			.took_down = s->established_count > 0,
		},
		"the card %02x:%02x:%02x:%02x:%02x:%02x had the address %s (last packet: frame %llu) and now has %s (frame %llu): %s knows only the old one",
		old->mac[0], old->mac[1], old->mac[2], old->mac[3], old->mac[4], old->mac[5],
		address_text(&old->addr, a), (unsigned long long)old->alive.frame,
		address_text(&now->addr, b), (unsigned long long)frame, peer);
}

/* x turns the call of y down: did it know y by another address? */
bool
rule_known_by_another(struct scene *scene)
{
	struct track *t = scene->t;
	const struct host *caller = scene->y->host;
	struct speaker *side = caller->has_mac ? scene->x->host->speakers : NULL;
	for (unsigned i = 0; side != NULL && i < TRACK_PEERS_SEARCHED; i++, side = side->host_next) {
		struct session *s = side->session;
		struct speaker *other = &s->side[side == &s->side[0] ? 1 : 0];
		if (s == scene->s || s->established_count == 0 || !same_card(other->host, caller) ||
		    other->host->alive.time_ns >= scene->link->first.time_ns) {
			continue;
		}
		uint64_t frame = caller->alive.frame;
		raise_gone(t, s, other, other->host, caller, scene->xt, CONFIDENCE_LIKELY, frame, scene->at);
		raise_gone(t, scene->s, scene->y, other->host, caller, scene->xt, CONFIDENCE_LIKELY, frame,
			scene->at);
		return true;
	}
	return false;
}

/* `target` is asked for in vain: does its card go on with another address? */
bool
rule_card_goes_on(struct track *t, struct session *s, const struct contact *c)
{
	struct speaker *gone = &s->side[session_side(s, &c->target)];
	const struct host *old = gone->host;
	char peer[ADDRESS_TEXT_MAX];
	if (s->established_count == 0 || !old->has_mac) {
		return false;
	}
	const struct host *h = t->host_newest;
	for (unsigned i = 0; h != NULL && i < NEWEST_HOSTS; i++, h = h->older) {
		if (same_card(old, h) && h->alive.time_ns > c->unanswered_since.time_ns &&
		    h->alive.time_ns > old->alive.time_ns + SECOND_NS) {
			address_text(&c->asker, peer);
			/* A router that answers for others (proxy ARP) would look the same. */
			raise_gone(t, s, gone, old, h, peer, CONFIDENCE_POSSIBLE, h->alive.frame, &c->last);
			return true;
		}
	}
	return false;
}

/* Two cards have the address of `h`. */
static void
raise_conflict(struct track *t, struct host *h, const char *how, const struct moment *at)
{
	char a[ADDRESS_TEXT_MAX];
	struct speaker *side = h->claimed != NULL ? h->claimed : h->speakers;
	for (unsigned i = 0; side != NULL && i < TRACK_PEERS_TOLD; i++, side = side->host_next) {
		struct session *s = side->session;
		uint64_t frames[] = {h->claim.frame};
		finding_raise(t,
			&(struct finding_args){
				.cause = FINDING_ADDRESS_CONFLICT,
				.confidence = CONFIDENCE_LIKELY,
				.session = s,
				.subject = &h->addr,
				.at = *at,
				.evidence = frames,
				.evidence_count = 1,
				.took_down = s->exits > 0 || !s->up,
			},
			"two hosts use %s: %02x:%02x:%02x:%02x:%02x:%02x and %02x:%02x:%02x:%02x:%02x:%02x %s",
			address_text(&h->addr, a), h->mac[0], h->mac[1], h->mac[2], h->mac[3],
			h->mac[4], h->mac[5], h->other_mac[0], h->other_mac[1],
			h->other_mac[2], h->other_mac[3], h->other_mac[4], h->other_mac[5], how);
	}
	h->claimed = side;
}

/* The address of a virtual router is one card's and then another's (RFC 9568 section 7.3). */
static bool
is_virtual(const struct host *h)
{
	static const uint8_t vrrp[] = {0x00, 0x00, 0x5e, 0x00};
	return memcmp(h->mac, vrrp, sizeof(vrrp)) == 0 || memcmp(h->other_mac, vrrp, sizeof(vrrp)) == 0;
}

/* Two hosts claim one address by ARP or NDP, in turn: once may be a move, back again is a conflict. */
void
rule_address_claimed(struct track *t, struct host *h, const struct moment *at)
{
	if (h->claims_changed >= CLAIMS_ENOUGH && !is_virtual(h)) {
		raise_conflict(t, h, "answer for it in turn", at);
	}
}

/* One card claimed the address by ARP or NDP, then another one did, and the first goes on to use it: no move. */
void
rule_address_used(struct track *t, struct host *h, const struct packet_info *ip)
{
	if (!ip->has_mac || h->claims_changed == 0 || h->claims_changed >= CLAIMS_ENOUGH ||
	    memcmp(ip->src_mac, h->other_mac, sizeof(h->other_mac)) != 0 ||
	    ip->time_ns < h->changed_ns + MOVE_S * SECOND_NS || ++h->used_by_other < USES_ENOUGH ||
	    ip->time_ns < h->told_ns + SECOND_NS || is_virtual(h)) {
		return;
	}
	h->told_ns = ip->time_ns;
	struct moment at = moment_of(ip);
	raise_conflict(t, h, "claim it, and the second goes on to send from it", &at);
}

/* The same SYN twice within a second, from two addresses: something between rewrites the source. */
void
rule_same_syn(struct track *t, struct link *link, const struct seg *seg)
{
	/* An initial sequence number alone may be anybody's; with the same timestamp it is no accident. */
	if (!(seg->options & SEG_OPT_TIMESTAMP)) {
		return;
	}
	for (unsigned i = 0; i < SYNS_REMEMBERED; i++) {
		const struct syn_seen *seen = &t->syns[i];
		if (seen->session == 0 || seen->isn != seg->seq || seg->timestamp == 0 ||
		    seen->timestamp != seg->timestamp ||
		    address_equal(&seen->src, &seg->ip->src) || seg->flags & SEG_ACK ||
		    t->now.time_ns > seen->at.time_ns + SECOND_NS) {
			continue;
		}
		struct session *pair[] = {session_find(t, &seen->src, &seen->dst), link->session};
		char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
		uint64_t frames[] = {seen->at.frame, t->now.frame};
		for (unsigned k = 0; k < 2; k++) {
			if (pair[k] == NULL) {
				continue;
			}
			finding_raise(t,
				&(struct finding_args){
					.cause = FINDING_SOURCE_NAT,
					.confidence = CONFIDENCE_CERTAIN,
					.session = pair[k],
					.at = t->now,
					.evidence = frames,
					.evidence_count = 2,
				},
				"the SYN of %s to %s appears a second time with the source address %s: its source is translated (NAT) on the way, and the peer sees another neighbor",
				address_text(&seen->src, a), address_text(&seen->dst, b),
				address_text(&seg->ip->src, c));
		}
	}
	t->syns[t->next_syn] = (struct syn_seen){.at = t->now, .session = link->session->id,
		.src = seg->ip->src, .dst = seg->ip->dst, .isn = seg->seq,
		.timestamp = seg->timestamp};
	t->next_syn = (t->next_syn + 1) % SYNS_REMEMBERED;
}
