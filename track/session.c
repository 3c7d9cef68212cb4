/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions: pairs of addresses, found by a seeded hash, bounded in number. Which side is called local
 * is the capture's to tell where it can (cooked links know what was sent); elsewhere it is the side
 * that was seen to send first.
 */
#include "track/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

uint64_t
address_hash(const struct track *t, const struct address *a)
{
	uint64_t words[2];
	memcpy(words, a->octets, sizeof(words));
	return hash_fold(words[0] ^ t->hash_seed[0], words[1] ^ t->hash_seed[1] ^ a->family);
}

/* The same for a,b and b,a. */
uint64_t
pair_hash(const struct track *t, const struct address *a, const struct address *b)
{
	return hash_fold(address_hash(t, a) + address_hash(t, b), UINT64_C(0x9e3779b97f4a7c15));
}

/* It means something on its link only: fe80::/10, and 169.254.0.0/16 (RFC 3927). */
bool
address_is_of_link(const struct address *a)
{
	return address_is_link_local(a) ||
	       (a->family == 4 && a->octets[0] == 169 && a->octets[1] == 254);
}

/* Link-local addresses mean something on their link only, and a VLAN is a link. Of any other pair a second
 * VLAN tag is another place of the same path. Without a tag, the link is not known. */
bool
vlan_is_other(const struct address *a, uint16_t one, uint16_t other)
{
	return one != other && one != 0 && other != 0 && address_is_of_link(a);
}

struct session *
session_find(struct track *t, const struct address *a, const struct address *b)
{
	return session_find_in(t, a, b, 0);
}

struct session *
session_find_in(struct track *t, const struct address *a, const struct address *b, uint16_t vlan)
{
	uint32_t hash = (uint32_t)pair_hash(t, a, b);
	struct session *s = t->session_table[hash & (t->session_slots - 1)];
	for (; s != NULL; s = s->hash_next) {
		if (s->hash != hash || vlan_is_other(a, s->vlan, vlan)) {
			continue;
		}
		if ((address_equal(&s->side[0].addr, a) && address_equal(&s->side[1].addr, b)) ||
		    (address_equal(&s->side[0].addr, b) && address_equal(&s->side[1].addr, a))) {
			return s;
		}
	}
	return NULL;
}

bool
track_session_pair(const struct track *t, uint64_t id, struct address pair[2])
{
	/* What is asked for was used just now, so it is near the front. */
	for (size_t list = SESSION_LISTS; list-- > 0;) {
		for (const struct session *s = t->ages[list].newest; s != NULL; s = s->older) {
			if (s->id == id) {
				pair[0] = s->side[0].addr;
				pair[1] = s->side[1].addr;
				return true;
			}
		}
	}
	return false;
}

static void
unlink_age(struct track *t, struct session *s)
{
	*(s->older != NULL ? &s->older->newer : &t->ages[s->list].oldest) = s->newer;
	*(s->newer != NULL ? &s->newer->older : &t->ages[s->list].newest) = s->older;
	s->older = s->newer = NULL;
	t->ages[s->list].count--;
}

static void
link_age(struct track *t, struct session *s, uint8_t list)
{
	s->list = list;
	s->aged_ns = t->now.time_ns;
	s->older = t->ages[list].newest;
	s->newer = NULL;
	*(s->older != NULL ? &s->older->newer : &t->ages[list].oldest) = s;
	t->ages[list].newest = s;
	t->ages[list].count++;
}

/* A table is full: the longest quiet one goes, of those that have shown least. */
static void
evict(struct track *t)
{
	struct session *victim = NULL;
	for (int list = 0; victim == NULL; list++) {
		victim = t->ages[list].oldest;
	}
	if (t->evicted_sessions++ == 0) {
		emit_fault(t, NULL, "evicted-session", 0,
			"the table of sessions is full: the longest quiet ones are evicted", &t->now);
	}
	/* Its connections go without a word: that we stop looking is no fault of theirs. */
	bool up = victim->up;
	uint32_t exits = victim->exits;
	while (victim->links != NULL) {
		victim->links->evicted = true;
		link_finish(t, victim->links);
	}
	victim->up = up;
	victim->exits = exits;
	rule_session_tick(t, victim);
	verdict_settle(victim);
	rule_expect_end(t, victim);
	for (struct finding *f = victim->findings; f != NULL; f = f->next) {
		finding_tell(t, f, false);
	}
	session_tell(t, victim, false);
	session_destroy(t, victim);
}

/* Twice the slots, when there are more sessions than slots. */
static void
table_grow(struct track *t)
{
	size_t count = t->session_slots * 2;
	struct session **table = memory_zero(count, sizeof(*table));
	for (size_t i = 0; i < t->session_slots; i++) {
		struct session *next;
		for (struct session *s = t->session_table[i]; s != NULL; s = next) {
			next = s->hash_next;
			s->hash_next = table[s->hash & (count - 1)];
			table[s->hash & (count - 1)] = s;
		}
	}
	free(t->session_table);
	t->session_table = table;
	t->session_slots = count;
}

struct session *
session_get(struct track *t, const struct address *src, const struct address *dst, int8_t outgoing,
	uint16_t vlan, const struct moment *at)
{
	struct session *s = session_find_in(t, src, dst, vlan);
	if (s != NULL) {
		s->vlan = s->vlan == 0 ? vlan : s->vlan;
		return s;
	}
	if (t->session_count >= TRACK_SESSIONS_MAX ||
	    t->ages[SESSIONS_UNANSWERED].count >= TRACK_UNANSWERED_MAX) {
		evict(t);
	}
	s = memory_zero(1, sizeof(*s));
	s->id = ++t->session_ids;
	s->vlan = vlan;
	unsigned local = outgoing == 0 ? 1 : 0;
	s->side[local].addr = *src;
	s->side[1 - local].addr = *dst;
	s->hold_time_s = -1;
	s->first = s->last = *at;
	s->watch.session = s;
	s->hash = (uint32_t)pair_hash(t, src, dst);
	if (t->session_count >= t->session_slots) {
		table_grow(t);
	}
	struct session **slot = &t->session_table[s->hash & (t->session_slots - 1)];
	s->hash_next = *slot;
	*slot = s;
	link_age(t, s, SESSIONS_UNANSWERED);
	t->session_count++;
	for (unsigned i = 0; i < 2; i++) {
		host_pin(t, s, i);
		s->side[i].alive = s->side[i].host->alive;
	}
	s->bfd = bfd_serve(t, s, true);
	session_dirty(t, s);
	return s;
}

/* Between two captures nobody was silent: nobody listened. */
static void
next_capture(struct session *s, const struct moment *at)
{
	s->heard_again_ns = at->time_ns;
	for (struct link *link = s->links; link != NULL; link = link->next) {
		for (unsigned dir = 0; dir < 2; dir++) {
			struct moment *received = &link->machine[dir].received;
			if (received->time_ns != 0 && received->time_ns < at->time_ns) {
				received->time_ns = at->time_ns;
			}
		}
	}
}

/* Whether an input began when the other had ended: between them is no silence, but no capture. */
static bool
follows(const struct track *t, uint32_t former, uint32_t later)
{
	return former < t->input_count && later < t->input_count && t->inputs[former].ended &&
		t->inputs[later].begin_ns >= t->inputs[former].last.time_ns;
}

void
session_touch(struct track *t, struct session *s, const struct moment *at, bool plain)
{
	if (s->last.input != at->input && follows(t, s->last.input, at->input)) {
		next_capture(s, at);
	}
	s->last = *at;
	if (!plain || !s->watch.calm) {
		clock_watch(t, &s->watch);
	}
	uint8_t list = s->list;
	if (list != SESSIONS_SPEAKING &&
	    (s->established_count > 0 || s->side[0].has_open || s->side[1].has_open)) {
		list = SESSIONS_SPEAKING;
	}
	/* Moving it touches its neighbours, too: a grain of age is cheaper, and as good. */
	if (list != s->list || at->time_ns > s->aged_ns + AGE_GRAIN_NS || at->time_ns < s->aged_ns) {
		unlink_age(t, s);
		link_age(t, s, list);
	}
}

void
session_connected(struct track *t, struct session *s)
{
	if (s->list == SESSIONS_UNANSWERED) {
		unlink_age(t, s);
		link_age(t, s, SESSIONS_CONNECTED);
	}
}

void
session_dirty(struct track *t, struct session *s)
{
	clock_watch(t, &s->watch);
	session_counted(t, s);
}

void
session_counted(struct track *t, struct session *s)
{
	if (!s->dirty) {
		s->dirty = true;
		s->dirty_next = t->dirty;
		s->dirty_previous = NULL;
		if (t->dirty != NULL) {
			t->dirty->dirty_previous = s;
		}
		t->dirty = s;
	}
}

const char *
session_ports(const struct track *t, const struct session *s, char text[PORTS_TEXT_MAX])
{
	if ((s != NULL && s->port != 0) || t == NULL || t->options.port_count == 0) {
		snprintf(text, PORTS_TEXT_MAX, "%u", s != NULL && s->port != 0 ? s->port : BGP_PORT);
		return text;
	}
	size_t size = 0;
	for (size_t i = 0; i < t->options.port_count && size < PORTS_TEXT_MAX; i++) {
		size += (size_t)snprintf(text + size, PORTS_TEXT_MAX - size, "%s%u", i > 0 ? " or " : "",
			t->options.ports[i]);
	}
	return text;
}

unsigned
session_side(const struct session *s, const struct address *a)
{
	return address_equal(&s->side[1].addr, a) ? 1 : 0;
}

static void
set_state(struct speaker *side, enum bgp_state state, uint64_t now_ns)
{
	if (side->state != state) {
		side->state = state;
		side->state_since_ns = now_ns;
	}
}

void
session_machine(struct session *s, const struct link *link, unsigned dir, enum bgp_state from,
	enum bgp_state to)
{
	uint16_t *counts = s->machines[link_side(link, dir)];
	counts[from]--;
	counts[to]++;
}

static bool
link_is_up(const struct link *link)
{
	bool any = false;
	for (unsigned dir = 0; dir < 2; dir++) {
		bool established = link->machine[dir].state == BGP_STATE_ESTABLISHED;
		if (!established && link->conn->side[dir].seen) {
			return false;
		}
		any = any || established;
	}
	return any;
}

/* One view over all connections: the furthest machine that lives counts, else the last one. Counted, not
 * searched for: a pair may have many connections, and each changes its state a dozen times. */
void
session_refresh(struct track *t, struct session *s, struct link *link)
{
	if (link != NULL) {
		bool up = link_is_up(link);
		s->up_links += (uint32_t)up - (uint32_t)link->up;
		link->up = up;
	}
	for (unsigned i = 0; i < 2; i++) {
		enum bgp_state best = BGP_STATE_ESTABLISHED;
		while (best > BGP_STATE_IDLE && s->machines[i][best] == 0) {
			best--;
		}
		set_state(&s->side[i], best > BGP_STATE_IDLE ? best : s->side[i].resting,
			t->now.time_ns);
	}
	bool up = s->up_links > 0;
	if (s->up && !up) {
		s->lost = t->now;
		restart_lost(s, &t->now);
		s->exits++;
	}
	s->up = up;
	session_dirty(t, s);
	if (s->bfd != NULL) {
		clock_watch(t, &s->bfd->watch); /* its rules compare the two */
	}
}

void
session_tell(struct track *t, struct session *s, bool snapshot)
{
	struct event event = {.kind = EVENT_SESSION};
	struct event_session *e = &event.session;
	e->session = s->id;
	for (unsigned i = 0; i < 2; i++) {
		const struct speaker *from = &s->side[i];
		struct event_session_side *to = &e->side[i];
		to->addr = from->addr;
		to->has_asn = from->has_open && from->asn_known;
		to->has_bgp_id = from->has_open;
		to->asn = from->asn;
		to->bgp_id = from->bgp_id;
		to->state = from->state;
		to->state_since_ns = shown_ns(t, from->state_since_ns);
		memcpy(to->messages, from->messages, sizeof(to->messages));
		to->prefixes_announced = from->prefixes_announced;
		to->prefixes_withdrawn = from->prefixes_withdrawn;
		to->last_message_ns = shown_ns(t, from->last_message_ns);
	}
	e->hold_time_s = s->hold_time_s;
	e->has_families = s->has_families;
	e->families = s->families;
	e->family_count = s->family_count;
	e->agreement = s->agreement;
	e->established_count = s->established_count;
	timing_tell(s, e);
	struct event_restart told[2];
	restart_tell(t, s, e, told);
	e->verdict = verdict_of(t, s, &e->primary_cause);
	e->bfd_session = s->bfd != NULL ? s->bfd->id : 0;
	e->first_time_ns = shown_ns(t, s->first.time_ns);
	e->last_time_ns = shown_ns(t, s->last.time_ns);
	if (snapshot) {
		emit_snapshot(t, &event);
		return;
	}
	if (e->verdict != VERDICT_HEALTHY) {
		t->problems = true; /* "unknown" is not healthy either */
	}
	struct moment at = {.time_ns = t->now.time_ns, .input = s->last.input};
	emit(t, &event, &at);
}

void
session_destroy(struct track *t, struct session *s)
{
	struct session **slot = &t->session_table[s->hash & (t->session_slots - 1)];
	while (*slot != s) {
		slot = &(*slot)->hash_next;
	}
	*slot = s->hash_next;
	while (s->links != NULL) {
		s->links->evicted = true;
		link_finish(t, s->links);
	}
	if (s->dirty) {
		*(s->dirty_previous != NULL ? &s->dirty_previous->dirty_next : &t->dirty) =
			s->dirty_next;
		if (s->dirty_next != NULL) {
			s->dirty_next->dirty_previous = s->dirty_previous;
		}
	}
	unlink_age(t, s);
	clock_forget(&s->watch);
	host_unpin(t, &s->side[0]);
	host_unpin(t, &s->side[1]);
	bfd_serve(t, s, false);
	findings_forget(t, s->findings);
	timing_destroy(s);
	restart_destroy(s);
	t->session_count--;
	free(s->expect_seen);
	free(s->families);
	free(s->agreement);
	free(s);
}
