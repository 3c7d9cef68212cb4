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
	CONTACT_SLOTS = 4096,
	CONFLICT_S = 60, /* how soon two hosts that use one address contradict each other */
};

static uint32_t
hash_of(const struct track *t, const struct address *a)
{
	return (uint32_t)address_hash(t, a);
}

static struct host *
look_up(const struct track *t, const struct address *a, uint32_t hash)
{
	struct host *h = t->host_table[hash & (t->host_slots - 1)];
	while (h != NULL && (h->hash != hash || !address_equal(&h->addr, a))) {
		h = h->hash_next;
	}
	return h;
}

const struct host *
host_find(const struct track *t, const struct address *a)
{
	const struct host *h = look_up(t, a, hash_of(t, a));
	return h != NULL && h->alive.frame != 0 ? h : NULL;
}

void
host_expect(const struct track *t, const struct address *a)
{
	near_fetch(t->host_table[hash_of(t, a) & (t->host_slots - 1)], offsetof(struct host, silence_from));
}

static void
age_out(struct track *t, struct host *h)
{
	*(h->older != NULL ? &h->older->newer : &t->host_oldest) = h->newer;
	*(h->newer != NULL ? &h->newer->older : &t->host_newest) = h->older;
	h->older = h->newer = NULL;
}

static void
age_in(struct track *t, struct host *h)
{
	h->aged_ns = t->now.time_ns;
	h->older = t->host_newest;
	h->newer = NULL;
	*(t->host_newest != NULL ? &t->host_newest->newer : &t->host_oldest) = h;
	t->host_newest = h;
}

static void
destroy(struct track *t, struct host *h)
{
	struct host **at = &t->host_table[h->hash & (t->host_slots - 1)];
	while (*at != h) {
		at = &(*at)->hash_next;
	}
	*at = h->hash_next;
	free(h);
	t->host_count--;
}

static void
forget_oldest(struct track *t)
{
	struct host *h = t->host_oldest;
	age_out(t, h);
	destroy(t, h);
}

static void
table_grow(struct track *t)
{
	size_t count = t->host_slots * 2;
	struct host **table = memory_zero(count, sizeof(*table));
	for (size_t i = 0; i < t->host_slots; i++) {
		struct host *next;
		for (struct host *h = t->host_table[i]; h != NULL; h = next) {
			next = h->hash_next;
			h->hash_next = table[h->hash & (count - 1)];
			table[h->hash & (count - 1)] = h;
		}
	}
	free(t->host_table);
	t->host_table = table;
	t->host_slots = count;
}

static struct host *
get(struct track *t, const struct address *a)
{
	uint32_t hash = hash_of(t, a);
	struct host *h = look_up(t, a, hash);
	if (h != NULL) {
		return h;
	}
	if (t->host_count - t->pinned_hosts >= TRACK_HOSTS_MAX) {
		if (!t->hosts_evicted) {
			t->hosts_evicted = true;
			emit_fault(t, NULL, "evicted-host", 0,
				"there are too many hosts: of the longest quiet ones it is forgotten that they are alive (evicted)",
				&t->now);
		}
		forget_oldest(t);
	}
	if (t->host_count >= t->host_slots) {
		table_grow(t);
	}
	h = memory_zero(1, sizeof(*h));
	h->addr = *a;
	h->hash = hash;
	h->hash_next = t->host_table[hash & (t->host_slots - 1)];
	t->host_table[hash & (t->host_slots - 1)] = h;
	t->host_count++;
	age_in(t, h);
	return h;
}

/* The host of a side of a session stays as long as the session does, and is found without a search. */
void
host_pin(struct track *t, struct session *s, unsigned x)
{
	struct speaker *side = &s->side[x];
	struct host *h = get(t, &side->addr);
	if (h->speakers == NULL) {
		age_out(t, h);
		t->pinned_hosts++;
	}
	side->host = h;
	side->session = s;
	side->host_previous = NULL;
	side->host_next = h->speakers;
	if (h->speakers != NULL) {
		h->speakers->host_previous = side;
	}
	h->speakers = side;
}

void
host_unpin(struct track *t, struct speaker *side)
{
	struct host *h = side->host;
	if (h->claimed == side) {
		h->claimed = side->host_next;
	}
	*(side->host_previous != NULL ? &side->host_previous->host_next : &h->speakers) =
		side->host_next;
	if (side->host_next != NULL) {
		side->host_next->host_previous = side->host_previous;
	}
	if (h->speakers != NULL) {
		return;
	}
	t->pinned_hosts--;
	if (t->host_count - t->pinned_hosts > TRACK_HOSTS_MAX) {
		destroy(t, h);
	} else {
		age_in(t, h);
	}
}

static void
heard(struct track *t, struct host *h, const uint8_t *mac, const struct moment *at)
{
	if (h->alive.time_ns != 0 && at->time_ns >= h->alive.time_ns + SILENCE_S * SECOND_NS) {
		h->silence_from = h->alive;
		h->silence_to = *at;
		h->silence_resolved = mac != NULL && (!h->has_mac || memcmp(h->mac, mac, sizeof(h->mac)) == 0);
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
		h->used_by_other = 0;
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

/* Something came from it. */
void
host_heard(struct track *t, struct host *h, const struct moment *at)
{
	heard(t, h, NULL, at);
}

void
host_sent_back(struct track *t, const struct address *to, const struct moment *at)
{
	struct host *h = look_up(t, to, hash_of(t, to));
	if (h != NULL && h->speakers != NULL) {
		h->icmp = *at;
	}
}

static void
alive(struct track *t, const struct address *a, const uint8_t *mac, const struct moment *at)
{
	if (a->family == 0) {
		return;
	}
	struct host *h = get(t, a);
	if (h->speakers == NULL && at->time_ns > h->aged_ns + AGE_GRAIN_NS) {
		age_out(t, h);
		age_in(t, h);
	}
	heard(t, h, mac, at);
}

/* Contacts are found by the pair. That an answer came is noted with the host that gave it, and looked
 * up there: to tell all who asked for it would cost a walk over the table for each ARP packet. */
static uint16_t *
contact_slot(const struct track *t, const struct address *asker, const struct address *target)
{
	/* Not the same for both orders, unlike pair_hash(). */
	uint32_t hash = hash_of(t, asker) * 3 + hash_of(t, target);
	return &t->contact_slots[hash % CONTACT_SLOTS];
}

static struct contact *
contact_at(const struct track *t, const struct address *asker, const struct address *target)
{
	if (t->contact_slots == NULL) {
		return NULL;
	}
	uint16_t i = *contact_slot(t, asker, target);
	while (i != 0 && (!address_equal(&t->contacts[i - 1].asker, asker) ||
				 !address_equal(&t->contacts[i - 1].target, target))) {
		i = t->contacts[i - 1].next;
	}
	return i != 0 ? &t->contacts[i - 1] : NULL;
}

/* The target was heard: nobody asks for it in vain any more. */
static void
settle(const struct track *t, struct contact *c)
{
	const struct host *h = host_find(t, &c->target);
	if (h != NULL && c->unanswered > 0 && h->resolved.frame != 0 &&
	    h->resolved.time_ns >= c->last.time_ns) {
		c->unanswered = 0;
		c->frame_count = 0;
	}
}

/* A place for a new one: perhaps that of one about which nobody has asked for some time. */
static struct contact *
contact_place(struct track *t)
{
	if (t->contact_slots == NULL) {
		t->contact_slots = memory_zero(CONTACT_SLOTS, sizeof(*t->contact_slots));
	}
	if (t->contact_count < TRACK_CONTACTS_MAX) {
		if ((t->contact_count & (t->contact_count - 1)) == 0) {
			size_t room = t->contact_count == 0 ? 1 : t->contact_count * 2;
			t->contacts = memory_resize(t->contacts, room * sizeof(*t->contacts));
		}
		return &t->contacts[t->contact_count++];
	}
	if (!t->contacts_evicted) {
		t->contacts_evicted = true;
		emit_fault(t, NULL, "evicted-contact", 0,
			"there are too many pairs of ARP or NDP: the quiet ones are evicted", &t->now);
	}
	/* A hand goes round: who was used since it came by is passed over once. */
	struct contact *c;
	while (c = &t->contacts[t->contact_hand++ % TRACK_CONTACTS_MAX], c->used) {
		c->used = false;
	}
	uint16_t number = (uint16_t)(c - t->contacts + 1);
	uint16_t *at = contact_slot(t, &c->asker, &c->target);
	while (*at != number) {
		at = &t->contacts[*at - 1].next;
	}
	*at = c->next;
	return c;
}

struct contact *
contact_find(struct track *t, const struct address *asker, const struct address *target)
{
	struct contact *c = contact_at(t, asker, target);
	if (c != NULL) {
		settle(t, c);
	}
	return c;
}

struct contact *
contact_number(struct track *t, size_t number)
{
	settle(t, &t->contacts[number]);
	return &t->contacts[number];
}

/* It says so itself, with ARP or NDP. */
static void
resolved(struct track *t, const struct address *who, const struct moment *at)
{
	if (who->family != 0) {
		get(t, who)->resolved = *at;
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
	resolved(t, who, &at);
	if (note->kind != NEIGHBOR_REQUEST) {
		return;
	}
	if (note->sender.family == 0 || address_equal(&note->sender, &note->target)) {
		return;
	}
	struct contact *c = contact_find(t, &note->sender, &note->target);
	if (c == NULL) {
		c = contact_place(t);
		uint16_t *slot = contact_slot(t, &note->sender, &note->target);
		*c = (struct contact){
			.asker = note->sender, .target = note->target, .first = at, .next = *slot};
		*slot = (uint16_t)(c - t->contacts + 1);
	}
	c->used = true;
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
	free(t->contact_slots);
}
