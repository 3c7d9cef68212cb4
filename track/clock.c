/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom the clock concerns. Most of what can happen to a session happens when a packet comes; what time
 * alone brings about (a hold timer, a patience that ends) is known beforehand. So a session is looked
 * at in the tick after its packets, and then when the first of its timers may run out: it waits for
 * that second in a wheel of lists. Looking at every session in every tick cost 150 us a packet in a
 * capture of 60,000 sessions and one packet a second.
 *
 * A session whose timer lies behind the wheel's end waits in its last list and is sorted anew there.
 * The lists are circles around a head, so that one is taken out without a search.
 */
#include "track/internal.h"

static void
watch_add(struct watch *head, struct watch *w)
{
	w->next = head;
	w->previous = head->previous;
	head->previous->next = w;
	head->previous = w;
}

static void
watch_take(struct watch *w)
{
	w->previous->next = w->next;
	w->next->previous = w->previous;
	w->next = w->previous = NULL;
}

static void
list_init(struct watch *head)
{
	head->next = head->previous = head;
}

/* All of `from` moves behind what `to` has. */
static void
list_move(struct watch *to, struct watch *from)
{
	if (from->next == from) {
		return;
	}
	from->next->previous = to->previous;
	to->previous->next = from->next;
	from->previous->next = to;
	to->previous = from->previous;
	list_init(from);
}

void
clock_init(struct clock *clock)
{
	list_init(&clock->soon);
	for (size_t i = 0; i < CLOCK_SLOTS; i++) {
		list_init(&clock->slots[i]);
	}
}

void
clock_watch(struct track *t, struct watch *w)
{
	w->calm = false;
	if (w->soon) {
		return;
	}
	if (w->next != NULL) {
		watch_take(w);
	}
	w->soon = true;
	watch_add(&t->clock.soon, w);
}

void
clock_forget(struct watch *w)
{
	if (w->next != NULL) {
		watch_take(w);
	}
}

static void
wait_until(struct clock *clock, struct watch *w, uint64_t due_ns)
{
	uint64_t second = due_ns / SECOND_NS;
	if (second >= clock->second + CLOCK_SLOTS) {
		second = clock->second + CLOCK_SLOTS - 1;
	}
	watch_add(&clock->slots[second % CLOCK_SLOTS], w);
}

/* The end of a capture is not silence: time stands still for what only it has shown. */
static bool
listens(const struct track *t, const struct moment *last)
{
	return last->input < t->input_count && !t->inputs[last->input].ended &&
	       !t->inputs[last->input].away;
}

/* A session that stands, on one connection of which both directions are seen, and nothing of it is odd: only its
 * hold timers run, and a segment that brings KEEPALIVEs and UPDATEs makes them end later. So it is not looked at
 * after each of these, but when the first of the timers would have ended. */
static bool
is_calm(const struct session *s)
{
	const struct link *link = s->links;
	if (!s->up || link == NULL || link->next != NULL || !link_is_calm(link)) {
		return false;
	}
	return s->restart[0] == NULL && s->restart[1] == NULL;
}

static void
look_at_session(struct track *t, struct session *s)
{
	if (!listens(t, &s->last)) {
		return;
	}
	uint64_t due = CLOCK_NEVER;
	struct link *next;
	for (struct link *link = s->links; link != NULL; link = next) {
		next = link->next;
		link_tick(t, link);
		due = clock_sooner(due, link_due(t, link));
	}
	rule_session_tick(t, s);
	due = clock_sooner(due, rule_session_due(t, s));
	if (due != CLOCK_NEVER && s->watch.next == NULL) {
		wait_until(&t->clock, &s->watch, due);
		s->watch.calm = is_calm(s);
	}
}

static void
look_at_bfd(struct track *t, struct bfd_session *b)
{
	if (!listens(t, &b->last)) {
		return;
	}
	bfd_tick(t, b);
	uint64_t due = bfd_due(t, b);
	if (due != CLOCK_NEVER && b->watch.next == NULL) {
		wait_until(&t->clock, &b->watch, due);
	}
}

/* Thousands may be due at once: what the look at the next ones needs is on its way meanwhile. The head of the list has
 * neither. */
static void
fetch_ahead(const struct watch *w)
{
	const struct session *next = w->next->session;
	const struct watch *later = w->next->next;
	near_fetch(later->next, sizeof(*later->next));
	near_fetch(later->session, sizeof(*later->session));
	near_fetch(later->bfd, sizeof(*later->bfd));
	near_fetch(next != NULL ? next->links : NULL, sizeof(*next->links));
}

void
clock_run(struct track *t)
{
	struct clock *clock = &t->clock;
	struct watch due = {.soon = false};
	list_init(&due);
	uint64_t second = t->now.time_ns / SECOND_NS;
	uint64_t passed = second > clock->second ? second - clock->second : 0;
	/* Where the clock was set back the wheel only turns once more than it had to. */
	for (uint64_t i = 0; i <= passed && i < CLOCK_SLOTS; i++) {
		list_move(&due, &clock->slots[(clock->second + i) % CLOCK_SLOTS]);
	}
	clock->second = second;
	list_move(&due, &clock->soon);
	while (due.next != &due) {
		struct watch *w = due.next;
		fetch_ahead(w);
		watch_take(w);
		w->soon = false;
		if (w->session != NULL) {
			look_at_session(t, w->session);
		} else {
			look_at_bfd(t, w->bfd);
		}
	}
}
