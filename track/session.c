/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions: pairs of addresses, found by a seeded hash, bounded in number. Which side is called local
 * is the capture's to tell where it can (cooked links know what was sent); elsewhere it is the side
 * that was seen to send first.
 */
#include "track/internal.h"

#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

static uint64_t
mix(uint64_t h, const struct address *a)
{
	uint64_t words[2];
	memcpy(words, a->octets, sizeof(words));
	for (unsigned i = 0; i < 2; i++) {
		h ^= words[i] + a->family;
		h *= UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
		h *= UINT64_C(0xbf58476d1ce4e5b9);
		h ^= h >> 32;
	}
	return h;
}

/* The same for a,b and b,a. */
uint64_t
pair_hash(const struct track *t, const struct address *a, const struct address *b)
{
	bool swap = address_compare(a, b) > 0;
	return mix(mix(t->hash_seed, swap ? b : a), swap ? a : b);
}

struct session *
session_find(struct track *t, const struct address *a, const struct address *b)
{
	struct session *s = t->session_table[pair_hash(t, a, b) % t->session_slots];
	for (; s != NULL; s = s->hash_next) {
		if ((address_equal(&s->side[0].addr, a) && address_equal(&s->side[1].addr, b)) ||
		    (address_equal(&s->side[0].addr, b) && address_equal(&s->side[1].addr, a))) {
			return s;
		}
	}
	return NULL;
}

static void
unlink_age(struct track *t, struct session *s)
{
	*(s->older != NULL ? &s->older->newer : &t->session_oldest) = s->newer;
	*(s->newer != NULL ? &s->newer->older : &t->session_newest) = s->older;
	s->older = s->newer = NULL;
}

static void
link_age(struct track *t, struct session *s)
{
	s->older = t->session_newest;
	s->newer = NULL;
	*(t->session_newest != NULL ? &t->session_newest->newer : &t->session_oldest) = s;
	t->session_newest = s;
}

/* The table is full: a pair without any OPEN gives way first, among the oldest few. */
static void
evict(struct track *t)
{
	struct session *victim = t->session_oldest;
	struct session *s = victim;
	for (unsigned i = 0; i < 64 && s != NULL; i++, s = s->newer) {
		if (s->established_count == 0 && !s->side[0].has_open && !s->side[1].has_open) {
			victim = s;
			break;
		}
	}
	if (victim == NULL) {
		return;
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

struct session *
session_get(struct track *t, const struct address *src, const struct address *dst, int8_t outgoing,
	const struct moment *at)
{
	struct session *s = session_find(t, src, dst);
	if (s != NULL) {
		return s;
	}
	if (t->session_count >= TRACK_SESSIONS_MAX) {
		evict(t);
	}
	s = memory_zero(1, sizeof(*s));
	s->id = ++t->session_ids;
	unsigned local = outgoing == 0 ? 1 : 0;
	s->side[local].addr = *src;
	s->side[1 - local].addr = *dst;
	s->hold_time_s = -1;
	s->first = s->last = *at;
	struct session **slot = &t->session_table[pair_hash(t, src, dst) % t->session_slots];
	s->hash_next = *slot;
	*slot = s;
	link_age(t, s);
	t->session_count++;
	for (unsigned i = 0; i < 2; i++) {
		const struct host *h = host_find(t, &s->side[i].addr);
		if (h != NULL) {
			s->side[i].alive = h->alive;
		}
	}
	s->bfd = bfd_serve(t, s, true);
	session_dirty(t, s);
	return s;
}

/* Between two captures nobody was silent: nobody listened. */
static void
next_capture(struct session *s, const struct moment *at)
{
	for (struct link *link = s->links; link != NULL; link = link->next) {
		for (unsigned dir = 0; dir < 2; dir++) {
			struct moment *received = &link->machine[dir].received;
			if (received->time_ns != 0 && received->time_ns < at->time_ns) {
				received->time_ns = at->time_ns;
			}
		}
	}
}

void
session_touch(struct track *t, struct session *s, const struct moment *at)
{
	if (s->last.input != at->input) {
		next_capture(s, at);
	}
	s->last = *at;
	if (t->session_newest != s) {
		unlink_age(t, s);
		link_age(t, s);
	}
}

void
session_dirty(struct track *t, struct session *s)
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

/* One view over all connections: the furthest machine that lives counts, else the last one. */
void
session_refresh(struct track *t, struct session *s)
{
	enum bgp_state best[2] = {BGP_STATE_UNKNOWN, BGP_STATE_UNKNOWN};
	bool live[2] = {false, false};
	bool up = false;
	for (const struct link *link = s->links; link != NULL; link = link->next) {
		bool link_up = true;
		bool any = false;
		for (unsigned dir = 0; dir < 2; dir++) {
			const struct machine *m = &link->machine[dir];
			unsigned side = link_side(link, dir);
			bool silent = !link->conn->side[dir].seen;
			if (m->state > BGP_STATE_IDLE) {
				live[side] = true;
				if (m->state > best[side]) {
					best[side] = m->state;
				}
			}
			any = any || m->state == BGP_STATE_ESTABLISHED;
			link_up = link_up && (m->state == BGP_STATE_ESTABLISHED || silent);
		}
		up = up || (link_up && any);
	}
	for (unsigned i = 0; i < 2; i++) {
		set_state(&s->side[i], live[i] ? best[i] : s->side[i].resting, t->now.time_ns);
	}
	if (s->up && !up) {
		s->lost = t->now;
		s->exits++;
	}
	s->up = up;
	session_dirty(t, s);
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
		to->state_since_ns = from->state_since_ns;
		memcpy(to->messages, from->messages, sizeof(to->messages));
		to->prefixes_announced = from->prefixes_announced;
		to->prefixes_withdrawn = from->prefixes_withdrawn;
		to->last_message_ns = from->last_message_ns;
	}
	e->hold_time_s = s->hold_time_s;
	e->has_families = s->has_families;
	memcpy(e->families, s->families, sizeof(e->families));
	e->family_count = s->family_count;
	e->agreement = s->agreement;
	e->established_count = s->established_count;
	timing_tell(s, e);
	e->verdict = verdict_of(t, s, &e->primary_cause);
	e->bfd_session = s->bfd != NULL ? s->bfd->id : 0;
	e->first_time_ns = s->first.time_ns;
	e->last_time_ns = s->last.time_ns;
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
	struct session **slot =
		&t->session_table[pair_hash(t, &s->side[0].addr, &s->side[1].addr) % t->session_slots];
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
	bfd_serve(t, s, false);
	findings_forget(t, s->findings);
	timing_destroy(s);
	t->session_count--;
	free(s->expect_seen);
	free(s->agreement);
	free(s);
}
