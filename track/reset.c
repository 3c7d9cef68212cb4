/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a RST comes to. RFC 5961 section 3.2: at the very octet that is expected next it ends the connection;
 * elsewhere in the window it is asked back with an ACK and has no effect of its own; outside nobody minds
 * it. Whoever wants to break a session in the name of its peer sends such RSTs.
 *
 * The next octet is known as far as the capture holds what was sent. So a RST that is near it is left open
 * until its receiver goes on (it did not take it) or has been silent for a moment (it did, and the capture
 * lacks a segment). And one that ended the connection by its number did not, if its receiver goes on
 * afterwards: it was dropped behind the capture. Then the state is corrected.
 *
 * Who is named as its sender need not be: a TCP that has no such connection answers with a RST that
 * acknowledges nothing (RFC 9293 section 3.10.7.1), and so does a firewall that refuses in its name; a TCP
 * that gives its own connection up acknowledges what it had. So after such a RST the one that is named stays
 * what it was until it calls anew or has been silent for a KEEPALIVE interval, and then it left at the RST. If it
 * goes on sending instead, it has its connection still: it leaves when it takes a RST itself, or when its hold
 * timer runs out, for nothing more can come from a peer that is gone.
 */
#include "track/internal.h"

static const char goes_on[] =
	"it goes on with the connection that a RST in its name did not end (RFC 5961 section 3.2)";

/* For an answer to a RST that is not exact, and for what was on its way when it came. */
#define ASKED_BACK_NS (3 * SECOND_NS)
#define CROSSED_NS (1 * SECOND_NS)
/* What it had sent before a RST in its name comes no later. */
#define BEFORE_NS (SECOND_NS / 10)
/* Where the hold time is not known: KEEPALIVEs come every minute, or a quarter later (RFC 4271 section 10). */
#define QUIET_NS (75 * SECOND_NS)
#define TAKEN_NS (3 * SECOND_NS)

void
reset_inexact(struct track *t, struct link *link, unsigned dir)
{
	link->reset = (struct reset_seen){.at = t->now, .dir = (uint8_t)dir, .open = true};
	clock_watch(t, &link->session->watch);
}

void
reset_taken(struct link *link, unsigned dir, const struct moment *at)
{
	const struct machine *m = link->machine;
	link->reset = (struct reset_seen){.at = *at, .dir = (uint8_t)dir, .inexact = link->reset.open};
	for (unsigned i = 0; i < 2; i++) {
		link->reset.was_established[i] = m[i].state == BGP_STATE_ESTABLISHED;
	}
	link->reset.doubt = m[dir].state == BGP_STATE_ESTABLISHED && !m[dir].done && !m[1 - dir].done &&
			    link->unread == 0 && link->conn->side[1 - dir].seen &&
			    (m[dir].rst_bare || (m[dir].data_ttl != 0 && m[dir].rst_ttl != m[dir].data_ttl));
}

void
reset_settle(struct track *t, struct link *link, unsigned dir)
{
	struct reset_seen *r = &link->reset;
	if (r->doubt && r->dir == dir) {
		struct moment at = r->at;
		r->doubt = false;
		machine_gone(t, link, dir, RFC_AUTOMATIC_STOP, &at,
			"it resets the connection; which event made it do so is not on the wire");
	}
}

/* Who was named goes on. */
static void
sender_lives(struct link *link)
{
	link->reset.doubt = false;
	link->reset.lives = true;
	link->hold_told = true; /* what the RST says is the story, and its hold timer a part of it */
	link->machine[link->reset.dir].closed = false;
}

/* A RST to one that lives: if it was taken, nothing more comes of it. */
static uint64_t
taken_at(const struct link *link)
{
	const struct machine *m = &link->machine[link->reset.dir];
	uint64_t patience = 3 * m->backoff_ns; /* the next copy comes after twice that (RFC 6298 section 5.5) */
	return link->reset.back.time_ns + (patience > TAKEN_NS ? patience : TAKEN_NS);
}

/* The hold timer of one that lives: nothing more reaches it. 0: none runs. */
static uint64_t
expires_at(const struct track *t, const struct link *link)
{
	const struct machine *m = &link->machine[link->reset.dir];
	return link->hold_ns != 0 && m->received.time_ns != 0
		       ? silence_from(t, &m->received) + link->hold_ns + SECOND_NS
		       : 0;
}

static uint64_t
doubt_ends_at(const struct link *link)
{
	return link->reset.at.time_ns +
	       (link->hold_ns != 0 ? link->hold_ns / 12 * 5 + SECOND_NS : QUIET_NS);
}

static void
follow_sender(struct track *t, struct link *link)
{
	struct reset_seen *r = &link->reset;
	unsigned x = r->dir;
	if (r->doubt && t->now.time_ns >= doubt_ends_at(link)) {
		reset_settle(t, link, x);
	}
	if (!r->lives || link->machine[x].done) {
		return;
	}
	uint64_t expires = expires_at(t, link);
	if (r->back.time_ns != 0 && t->now.time_ns >= taken_at(link)) {
		machine_gone(t, link, x, RFC_TCP_FAILS, &r->back,
			"its peer reset the connection, and it is silent since (RFC 4271 section 8.1.4, event 18)");
	} else if (expires != 0 && t->now.time_ns >= expires) {
		machine_gone(t, link, x, RFC_HOLD_TIMER_EXPIRES, &t->now,
			"its peer has been gone for the whole hold time (RFC 4271 section 6.5)");
	}
}

/* `dir` never left. */
static void
revive(struct track *t, struct link *link, unsigned dir, const char *reason)
{
	if (link->reset.was_established[dir]) {
		link->reset.was_established[dir] = false;
		if (!link->machine[dir].done && link->machine[dir].state == BGP_STATE_ESTABLISHED) {
			link->machine[dir].closed = false;
			return;
		}
		machine_revive(t, link, dir, &t->now, reason);
	}
}

/* The receiver of the RST goes on: the connection is the one it was. */
static void
had_no_effect(struct track *t, struct link *link)
{
	unsigned x = link->reset.dir;
	bool both = link->reset.was_established[0] && link->reset.was_established[1];
	link->reset.refuted = true;
	if (link->reset.doubt) {
		link->reset.sender_goes_on = true; /* nothing says that it does not */
	}
	link->reset.doubt = link->reset.lives = false;
	link->hold_told = false;
	link->by = (struct address){.family = 0};
	restart_undo(link->session, link_side(link, x), &link->reset.at);
	revive(t, link, 1 - x,
		"it goes on with the connection, so it did not take the RST (RFC 5961 section 3.2)");
	if (link->reset.sender_goes_on) {
		revive(t, link, x, goes_on);
	}
	if (both && link->session->exits > 0) {
		link->session->exits--;
	}
	rule_reset_without_effect(t, link, x, &link->reset.at);
}

void
reset_segment(struct track *t, struct link *link, unsigned dir, const struct seg *seg)
{
	struct reset_seen *r = &link->reset;
	if (r->lives && dir != r->dir && (seg->flags & SEG_RST) != 0) {
		if (r->back.time_ns == 0 && !r->deaf) {
			r->back = t->now;
			clock_watch(t, &link->session->watch);
		}
		return;
	}
	if (r->at.time_ns == 0 || (seg->flags & (SEG_RST | SEG_SYN | SEG_ACK)) != SEG_ACK) {
		return;
	}
	if ((r->doubt || r->lives) && dir == r->dir && seg->wire_len > 0 &&
	    t->now.time_ns > r->at.time_ns + BEFORE_NS) {
		sender_lives(link);
		if (r->back.time_ns != 0 && t->now.time_ns > r->back.time_ns + BEFORE_NS) {
			r->back.time_ns = 0;
			r->deaf = true;
		}
	}
	if (r->open) {
		if (dir != r->dir) {
			r->open = false;
			emit_fault(t, link, "tcp-reset-ignored", 0,
				"a RST in the window, but not at the next octet: its receiver asks back and goes on (RFC 5961 section 3.2)",
				&r->at);
			r->at.time_ns = 0;
		}
		return;
	}
	if (r->refuted) {
		if (dir == r->dir && seg->wire_len > 0) {
			revive(t, link, dir, goes_on);
		}
		return;
	}
	if (dir == r->dir && seg->wire_len > 0 && t->now.time_ns > r->at.time_ns + MILLISECOND_NS) {
		r->sender_goes_on = true;
	}
	if (dir != r->dir && t->now.time_ns > r->at.time_ns + CROSSED_NS &&
	    (r->was_established[0] || r->was_established[1])) {
		had_no_effect(t, link);
	}
}

/* Nobody asked back, so it counted: the capture lacks what its sender had sent before. */
static bool
is_due(const struct track *t, const struct link *link)
{
	return link->reset.open && t->now.time_ns >= link->reset.at.time_ns + ASKED_BACK_NS;
}

void
reset_tick(struct track *t, struct link *link, bool another)
{
	if (is_due(t, link) || (link->reset.open && another)) {
		struct moment at = link->reset.at;
		link_over(t, link, link->reset.dir, true, &at);
	}
	follow_sender(t, link);
}

uint64_t
reset_due(const struct track *t, const struct link *link)
{
	const struct reset_seen *r = &link->reset;
	uint64_t due = r->open ? clock_due(t, r->at.time_ns + ASKED_BACK_NS) : CLOCK_NEVER;
	if (r->doubt) {
		due = clock_sooner(due, clock_due(t, doubt_ends_at(link)));
	}
	if (r->lives && !link->machine[r->dir].done) {
		uint64_t expires = expires_at(t, link);
		due = r->back.time_ns != 0 ? clock_sooner(due, clock_due(t, taken_at(link))) : due;
		due = expires != 0 ? clock_sooner(due, clock_due(t, expires)) : due;
	}
	return due;
}
