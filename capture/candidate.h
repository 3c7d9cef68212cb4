/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_CANDIDATE_H
#define BGPWHY_CAPTURE_CANDIDATE_H

#include "capture/decap.h"

/*
 * --any-port: which TCP connections carry BGP, though neither port says so. BGP begins each message
 * with 16 octets of ones, a length and a type (RFC 4271, 4.1): where a connection is there from its
 * handshake, the first octets of a direction must be that; where it is joined in the middle, a
 * message is looked for that ends with the segment or before another marker.
 *
 * Until it is known, the first segments of a connection are kept, so that nothing of it is lost when
 * it turns out to be BGP. How many, and of how many connections, is bounded (limits.h).
 */

struct candidates;

enum candidate_word {
	CANDIDATE_NO,      /* it carries something else, or nothing */
	CANDIDATE_PERHAPS, /* not known yet; the segment was kept */
	CANDIDATE_BGP,     /* hand it on; what was kept has been handed to `replay` before */
};

/* `tcp` and what it points to are good for the call; its `ip->ghost` is set. */
typedef void candidate_replay(void *ctx, const struct decap_tcp *tcp);

struct candidates *candidates_create(struct ghosts *ghosts, candidate_replay *replay, void *ctx);
void candidates_destroy(struct candidates *candidates);

enum candidate_word candidates_segment(struct candidates *candidates, const struct decap_tcp *tcp);

/* Whether a connection that might have been BGP had to make room. */
bool candidates_evicted(const struct candidates *candidates);

#endif
