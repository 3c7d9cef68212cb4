/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long things took, and how near the hold timer was (RFC 4271 sections 4.2, 4.4 and 10).
 *
 * The receiver's hold timer starts anew with each KEEPALIVE and UPDATE, so the silence of a speaker is
 * the time between two of these. What is left of the hold time in the longest silence is the margin:
 * below a third of the hold time a KEEPALIVE is missing. Messages count when they were sent; what a
 * retransmission delayed on the way to the peer is not in it.
 *
 * Convergence: from the first SYN of the connection to Established, and from there to each
 * End-of-RIB (RFC 4724 section 2), with the routes that came before it.
 */
#include "track/internal.h"

#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

/* The silences of the connection that ends begin anew with the next one. */
void
timing_established(struct session *s, const struct link *link, const struct moment *at)
{
	const struct conn *conn = link->conn;
	struct timing *timing = s->timing;
	if (timing == NULL) {
		timing = s->timing = memory_zero(1, sizeof(*timing));
	}
	timing->has_setup = conn->client >= 0 && conn->side[conn->client].syn_count > 0;
	if (timing->has_setup) {
		uint64_t begin = conn->side[conn->client].first_syn_ns;
		timing->setup_ns = at->time_ns > begin ? at->time_ns - begin : 0;
	}
	timing->established = *at;
	for (unsigned i = 0; i < 2; i++) {
		struct timing_side *side = &timing->side[i];
		side->rib_count = 0;
		side->announced_before = s->side[i].prefixes_announced;
	}
}

void
timing_message(struct session *s, const struct link *link, unsigned dir,
	const struct bgp_message *message, const struct moment *previous, const struct moment *at)
{
	struct timing *timing = s->timing;
	unsigned x = link_side(link, dir);
	if (timing == NULL || link->machine[dir].state != BGP_STATE_ESTABLISHED ||
	    previous->input != at->input) {
		return;
	}
	struct timing_side *side = &timing->side[x];
	uint64_t silence = previous->time_ns != 0 && at->time_ns > previous->time_ns && !side->gap
				   ? at->time_ns - previous->time_ns
				   : 0;
	side->gap = false;
	if (silence > side->silence_ns) {
		side->silence_ns = silence;
		side->silence_at = *at;
		side->has_margin = link->hold_known && link->hold_ns > 0;
		side->margin_ns = (int64_t)link->hold_ns - (int64_t)silence;
	}
	if (message->type == BGP_KEEPALIVE && side->last_was_keepalive && silence > 0) {
		if (side->keepalives == 0 || silence < side->keepalive_min_ns) {
			side->keepalive_min_ns = silence;
		}
		if (silence > side->keepalive_max_ns) {
			side->keepalive_max_ns = silence;
		}
		side->keepalives++;
		side->keepalive_sum_ns += silence;
	}
	side->last_was_keepalive = message->type == BGP_KEEPALIVE;
	if (message->type != BGP_UPDATE || !message->body_read || !message->update.end_of_rib ||
	    side->rib_count == BGP_CONTEXT_FAMILIES) {
		return;
	}
	for (size_t i = 0; i < side->rib_count; i++) {
		if (bgp_family_equal(side->rib[i].family, message->update.end_of_rib_family)) {
			return; /* of a ROUTE-REFRESH, or of a bug */
		}
	}
	side->rib = memory_resize(side->rib, (side->rib_count + 1) * sizeof(*side->rib));
	side->rib[side->rib_count++] = (struct event_end_of_rib){
		.family = message->update.end_of_rib_family,
		.after_ns = at->time_ns > timing->established.time_ns
				    ? at->time_ns - timing->established.time_ns
				    : 0,
		.prefixes = s->side[x].prefixes_announced - side->announced_before,
		.frame = at->frame,
	};
}

void
timing_gap(struct session *s, const struct link *link, unsigned dir)
{
	if (s->timing != NULL) {
		s->timing->side[link_side(link, dir)].gap = true;
	}
}

void
timing_expired(struct session *s, const struct link *link, unsigned dir, const struct moment *at)
{
	struct timing *timing = s->timing;
	if (timing == NULL || link->hold_ns == 0) {
		return;
	}
	struct timing_side *peer = &timing->side[link_side(link, 1 - dir)];
	if (peer->silence_ns < link->hold_ns) {
		peer->silence_ns = link->hold_ns;
		peer->silence_at = *at;
		peer->has_margin = true;
		peer->margin_ns = 0;
	}
}

void
timing_attempt(struct speaker *caller, const struct moment *at)
{
	if (caller->attempt.time_ns != 0 && at->time_ns > caller->attempt.time_ns &&
	    caller->attempt.input == at->input) {
		caller->retry_ns = at->time_ns - caller->attempt.time_ns;
	}
	caller->attempt = *at;
}

void
timing_tell(const struct session *s, struct event_session *e)
{
	const struct timing *timing = s->timing;
	for (unsigned i = 0; i < 2; i++) {
		e->side[i].connect_retry_ns = s->side[i].retry_ns;
		e->side[i].offered_hold_time_s = s->side[i].has_open ? s->side[i].hold_time_s : -1;
		e->side[i].retransmissions = s->side[i].retransmissions;
	}
	if (timing == NULL) {
		return;
	}
	e->has_setup = timing->has_setup;
	e->setup_ns = timing->setup_ns;
	for (unsigned i = 0; i < 2; i++) {
		const struct timing_side *from = &timing->side[i];
		struct event_session_side *to = &e->side[i];
		to->longest_silence_ns = from->silence_ns;
		to->has_hold_margin = from->has_margin;
		to->hold_margin_ns = from->margin_ns;
		to->hold_margin_frame = from->silence_at.frame;
		to->keepalives_measured = from->keepalives;
		to->keepalive_min_ns = from->keepalive_min_ns;
		to->keepalive_max_ns = from->keepalive_max_ns;
		to->keepalive_mean_ns =
			from->keepalives > 0 ? from->keepalive_sum_ns / from->keepalives : 0;
		to->end_of_rib = from->rib;
		to->end_of_rib_count = from->rib_count;
	}
}

void
timing_destroy(struct session *s)
{
	if (s->timing != NULL) {
		free(s->timing->side[0].rib);
		free(s->timing->side[1].rib);
		free(s->timing);
		s->timing = NULL;
	}
}
