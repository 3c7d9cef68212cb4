/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is alive, and who asks in vain: ARP, NDP, ICMP and every other packet. "No answer to a SYN" means
 * one thing from a host that answers ARP and another from one that is not there.
 */
#include "track/internal.h"

#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

enum {
	HOST_SLOTS = 4096,
	CONFLICT_S = 60, /* how soon two hosts that use one address contradict each other */
};

static size_t
slot_of(const struct track *t, const struct address *a)
{
	static const struct address none;
	return pair_hash(t, a, &none) % HOST_SLOTS;
}

const struct host *
host_find(const struct track *t, const struct address *a)
{
	if (t->host_table == NULL) {
		return NULL;
	}
	const struct host *h = t->host_table[slot_of(t, a)];
	while (h != NULL && !address_equal(&h->addr, a)) {
		h = h->hash_next;
	}
	return h;
}

static void
age_out(struct track *t, struct host *h)
{
	*(h->older != NULL ? &h->older->newer : &t->host_oldest) = h->newer;
	*(h->newer != NULL ? &h->newer->older : &t->host_newest) = h->older;
}

static void
age_in(struct track *t, struct host *h)
{
	h->older = t->host_newest;
	h->newer = NULL;
	*(t->host_newest != NULL ? &t->host_newest->newer : &t->host_oldest) = h;
	t->host_newest = h;
}

static void
forget_oldest(struct track *t)
{
	struct host *h = t->host_oldest;
	struct host **at = &t->host_table[slot_of(t, &h->addr)];
	while (*at != h) {
		at = &(*at)->hash_next;
	}
	*at = h->hash_next;
	age_out(t, h);
	free(h);
	t->host_count--;
}

static void
alive(struct track *t, const struct address *a, const uint8_t *mac, const struct moment *at)
{
	if (a->family == 0) {
		return;
	}
	if (t->host_table == NULL) {
		t->host_table = memory_zero(HOST_SLOTS, sizeof(*t->host_table));
	}
	size_t slot = slot_of(t, a);
	struct host *h = t->host_table[slot];
	while (h != NULL && !address_equal(&h->addr, a)) {
		h = h->hash_next;
	}
	if (h == NULL) {
		if (t->host_count >= TRACK_HOSTS_MAX) {
			forget_oldest(t);
		}
		h = memory_zero(1, sizeof(*h));
		h->addr = *a;
		h->hash_next = t->host_table[slot];
		t->host_table[slot] = h;
		t->host_count++;
		age_in(t, h);
	} else if (t->host_newest != h) {
		age_out(t, h);
		age_in(t, h);
	}
	if (h->alive.time_ns != 0 && at->time_ns >= h->alive.time_ns + SILENCE_S * SECOND_NS) {
		h->silence_from = h->alive;
		h->silence_to = *at;
		h->silence_resolved = mac != NULL;
	}
	h->alive = *at;
	if (mac == NULL) {
		return;
	}
	/* A claim by ARP or NDP; packets alone may come through different routers. */
	if (h->has_mac && memcmp(h->mac, mac, sizeof(h->mac)) != 0) {
		/* Back to the one before, and soon, is a conflict; else it is a move. */
		bool back = memcmp(h->other_mac, mac, sizeof(h->mac)) == 0 &&
			    at->time_ns < h->changed_ns + CONFLICT_S * SECOND_NS;
		h->claims_changed = back ? h->claims_changed + 1 : 1;
		h->changed_ns = at->time_ns;
		memcpy(h->other_mac, h->mac, sizeof(h->mac));
		memcpy(h->mac, mac, sizeof(h->mac));
		if (at->time_ns >= h->told_ns + SECOND_NS) {
			h->told_ns = at->time_ns;
			rule_address_claimed(t, h, at);
		}
	}
	h->has_mac = true;
	h->claim = *at;
	memcpy(h->mac, mac, sizeof(h->mac));
}

static struct contact *
contact_at(struct track *t, const struct address *asker, const struct address *target)
{
	for (size_t i = 0; i < t->contact_count; i++) {
		struct contact *c = &t->contacts[i];
		if (address_equal(&c->asker, asker) && address_equal(&c->target, target)) {
			return c;
		}
	}
	return NULL;
}

/* A new one, or the one that has been quiet for longest. */
static struct contact *
contact_place(struct track *t)
{
	if (t->contact_count < TRACK_CONTACTS_MAX) {
		if ((t->contact_count & (t->contact_count - 1)) == 0) {
			size_t room = t->contact_count == 0 ? 1 : t->contact_count * 2;
			t->contacts = memory_resize(t->contacts, room * sizeof(*t->contacts));
		}
		return &t->contacts[t->contact_count++];
	}
	struct contact *oldest = &t->contacts[0];
	for (size_t i = 1; i < t->contact_count; i++) {
		if (t->contacts[i].last.time_ns < oldest->last.time_ns) {
			oldest = &t->contacts[i];
		}
	}
	return oldest;
}

const struct contact *
contact_find(const struct track *t, const struct address *asker, const struct address *target)
{
	return contact_at((struct track *)t, asker, target);
}

/* The target was heard: nobody asks for it in vain any more. */
static void
answered(struct track *t, const struct address *target, const struct moment *at)
{
	for (size_t i = 0; i < t->contact_count; i++) {
		struct contact *c = &t->contacts[i];
		if (address_equal(&c->target, target)) {
			c->unanswered = 0;
			c->frame_count = 0;
			c->answered = *at;
		}
	}
}

void
host_alive(struct track *t, const struct packet_info *ip)
{
	struct moment at = moment_of(ip);
	alive(t, &ip->src, NULL, &at);
}

void
host_other(void *ctx, const struct packet_info *ip)
{
	struct track *t = ctx;
	track_tick(t, ip->time_ns);
	t->now = moment_of(ip);
	host_alive(t, ip);
}

void
host_neighbor(void *ctx, const struct neighbor_note *note)
{
	struct track *t = ctx;
	struct moment at = moment_of(note->ip);
	track_tick(t, at.time_ns);
	t->now = at;
	/* A reply proves that its owner is there; a request that its sender is. */
	const struct address *who =
		note->kind == NEIGHBOR_REPLY ? &note->target : &note->sender;
	alive(t, who, note->has_mac ? note->mac : NULL, &at);
	if (note->kind != NEIGHBOR_REQUEST) {
		answered(t, who, &at);
		return;
	}
	answered(t, &note->sender, &at);
	if (note->sender.family == 0 || address_equal(&note->sender, &note->target)) {
		return;
	}
	struct contact *c = contact_at(t, &note->sender, &note->target);
	if (c == NULL) {
		c = contact_place(t);
		*c = (struct contact){
			.asker = note->sender, .target = note->target, .first = at};
	}
	/* A packet of the target since the last request is as good an answer. */
	const struct host *h = host_find(t, &c->target);
	if (h != NULL && c->unanswered > 0 && h->alive.time_ns >= c->last.time_ns) {
		c->unanswered = 0;
	}
	c->last = at;
	c->requests++;
	if (c->unanswered++ == 0) {
		c->unanswered_since = at;
		c->frame_count = 0;
	}
	if (c->frame_count < 4) {
		c->frames[c->frame_count++] = at.frame;
	}
}

void
host_icmp(void *ctx, const struct icmp_note *note)
{
	struct track *t = ctx;
	track_tick(t, note->ip->time_ns);
	t->now = moment_of(note->ip);
	host_alive(t, note->ip);
	rule_icmp(t, note);
}

void
hosts_destroy(struct track *t)
{
	while (t->host_oldest != NULL) {
		forget_oldest(t);
	}
	free(t->host_table);
	free(t->contacts);
}
