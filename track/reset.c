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
 */
#include "track/internal.h"

static const char goes_on[] =
	"it goes on with the connection that a RST in its name did not end (RFC 5961 section 3.2)";

/* For an answer to a RST that is not exact, and for what was on its way when it came. */
#define ASKED_BACK_NS (3 * SECOND_NS)
#define CROSSED_NS (1 * SECOND_NS)

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
}

/* `dir` never left. */
static void
revive(struct track *t, struct link *link, unsigned dir, const char *reason)
{
	if (link->reset.was_established[dir]) {
		link->reset.was_established[dir] = false;
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
	if (r->at.time_ns == 0 || (seg->flags & (SEG_RST | SEG_SYN | SEG_ACK)) != SEG_ACK) {
		return;
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
}

uint64_t
reset_due(const struct track *t, const struct link *link)
{
	return link->reset.open ? clock_due(t, link->reset.at.time_ns + ASKED_BACK_NS) : CLOCK_NEVER;
}
