/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time lines of bounded length. When one is full, a part of it gives way: first what is routine,
 * then what is ordinary, at last even what is loud, always the oldest first; never the first few
 * entries (how it began) nor the last quarter (how it ended). Each entry knows how many were dropped
 * just before it, so that a view can say so at the place where they are missing.
 */
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/model_internal.h"

enum {
	KEPT_FIRST = 16,  /* entries at the start that are never dropped */
	STRETCH_BACK = 6, /* how far back a stretch may have started */
};

static bool
timeline_grow(struct model_timeline *t, struct timeline_budget *budget)
{
	/* By half: with ten thousand of them, room that is not used counts. A session that comes up has nine. */
	size_t room = t->room + (t->room + 1) / 2;
	if (t->room < TIMELINE_ROOM_FIRST) {
		room = t->room < TIMELINE_ROOM_MIN ? TIMELINE_ROOM_MIN : TIMELINE_ROOM_FIRST;
	}
	if (room > MODEL_TIMELINE_MAX) {
		room = MODEL_TIMELINE_MAX;
	}
	size_t more = room - t->room;
	if (more == 0 || (t->room > 2 * TIMELINE_ROOM_MIN &&
				 budget->used + more > MODEL_TIMELINE_TOTAL)) {
		return false;
	}
	t->entries = memory_resize(t->entries, room * sizeof(*t->entries));
	t->room = room;
	budget->used += more;
	return true;
}

/* Drops at most `want` entries of at most `weight` between the first and the last kept; returns how
 * many it dropped. */
static size_t
timeline_drop(struct model_timeline *t, struct timeline_budget *budget, enum timeline_weight weight,
	size_t want)
{
	size_t last = t->count - t->count / 4;
	size_t first = KEPT_FIRST < last / 2 ? KEPT_FIRST : last / 2;
	size_t kept = first;
	size_t dropped = 0;
	size_t before = 0; /* of these, where it was parted last */
	uint32_t carry = 0;
	for (size_t i = first; i < t->count; i++) {
		struct timeline_entry *e = &t->entries[i];
		if (i < last && e->weight <= weight && dropped < want) {
			carry += e->left_out + 1;
			model_unshare(&budget->texts, e->text);
			dropped++;
			before += i < t->parted;
			continue;
		}
		e->left_out += carry;
		carry = 0;
		if (kept != i) {
			t->entries[kept] = *e;
		}
		kept++;
	}
	t->parted -= before;
	t->count = kept;
	return dropped;
}

/* An entry of that time goes before the one at this index. */
static size_t
place_of(const struct model_timeline *t, uint64_t time_ns)
{
	size_t at = t->count;
	while (at > 0 && t->entries[at - 1].time_ns > time_ns) {
		at--;
	}
	return at;
}

void
timeline_part(struct model_timeline *t, uint64_t time_ns)
{
	size_t at = place_of(t, time_ns);
	t->parted = at > t->parted ? at : t->parted;
}

struct timeline_entry *
timeline_add(struct model_timeline *t, struct timeline_budget *budget, uint64_t time_ns,
	uint64_t *left_out)
{
	if (t->count == t->room && !timeline_grow(t, budget)) {
		size_t want = t->count / 4;
		size_t dropped = timeline_drop(t, budget, TIMELINE_QUIET, want);
		if (dropped < want) {
			dropped += timeline_drop(t, budget, TIMELINE_NORMAL, want - dropped);
		}
		if (dropped == 0) {
			dropped = timeline_drop(t, budget, TIMELINE_LOUD, want);
		}
		*left_out += dropped;
	}
	size_t at = place_of(t, time_ns);
	memmove(&t->entries[at + 1], &t->entries[at], (t->count - at) * sizeof(*t->entries));
	t->count++;
	t->parted += at < t->parted;
	t->entries[at] = (struct timeline_entry){.time_ns = time_ns, .count = 1, .side = -1};
	return &t->entries[at];
}

struct timeline_entry *
timeline_stretch(struct model_timeline *t, enum timeline_kind kind, int side, uint64_t connection)
{
	for (size_t back = 1; back <= STRETCH_BACK && back <= t->count - t->parted; back++) {
		struct timeline_entry *e = &t->entries[t->count - back];
		bool again = e->kind == TIMELINE_RESENT;
		if (again != (kind == TIMELINE_RESENT) ||
			(!again && e->kind != TIMELINE_KEEPALIVE && e->kind != TIMELINE_UPDATE)) {
			return NULL;
		}
		if (e->kind == kind && e->side == side && e->connection == connection) {
			return e;
		}
	}
	return NULL;
}

void
timeline_swap_sides(struct model_timeline *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->entries[i].side >= 0) {
			t->entries[i].side = (int8_t)(1 - t->entries[i].side);
		}
	}
}

void
timeline_finish(struct model_timeline *t, struct timeline_budget *budget)
{
	for (size_t i = 0; i < t->count; i++) {
		model_unshare(&budget->texts, t->entries[i].text);
	}
	budget->used -= t->room;
	free(t->entries);
	*t = (struct model_timeline){0};
}

size_t
model_timeline_merged(const struct model_session *session, const struct model_bfd_session *bfd,
	const struct timeline_entry **entries, size_t max)
{
	static const struct model_timeline none;
	const struct model_timeline *a = session != NULL ? &session->timeline : &none;
	const struct model_timeline *b = bfd != NULL ? &bfd->timeline : &none;
	size_t i = 0;
	size_t k = 0;
	size_t count = 0;
	while (count < max && (i < a->count || k < b->count)) {
		const struct timeline_entry *x = i < a->count ? &a->entries[i] : NULL;
		const struct timeline_entry *y = k < b->count ? &b->entries[k] : NULL;
		bool first = y == NULL ||
			(x != NULL &&
				(x->time_ns < y->time_ns ||
					(x->time_ns == y->time_ns && x->seq <= y->seq)));
		entries[count++] = first ? x : y;
		i += first;
		k += !first;
	}
	return count;
}

const struct address *
model_entry_speaker(const struct model_session *session, const struct model_bfd_session *bfd,
	const struct timeline_entry *entry)
{
	if (entry->side < 0) {
		return NULL;
	}
	if (bfd != NULL && bfd->timeline.count > 0 && entry >= bfd->timeline.entries &&
		entry < bfd->timeline.entries + bfd->timeline.count) {
		return &bfd->info.side[entry->side].addr;
	}
	return session != NULL ? &session->info.side[entry->side].addr : NULL;
}
