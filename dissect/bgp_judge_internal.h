/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_BGP_JUDGE_INTERNAL_H
#define BGPWHY_DISSECT_BGP_JUDGE_INTERNAL_H

#include "dissect/bgp_internal.h"

/* What the two halves of judging share: bgp_judge.c has what is malformed, bgp_judge_peers.c what only
 * the OPENs make wrong. */

struct judge {
	const struct bgp_message *message;
	const struct bgp_judge_context *context;
	struct bgp_verdicts *verdicts;
};

/* One more, unless it is there. */
void judge_add(struct judge *judge, const struct bgp_verdict *verdict);

/* A verdict with what faults.def says; of a whole attribute. */
struct bgp_verdict judge_verdict(enum bgp_fault_code code, size_t offset, size_t length);
struct bgp_verdict judge_verdict_of_attribute(enum bgp_fault_code code,
	const struct bgp_attribute *attribute);

/* The rule of judgement.def for a malformed attribute of this type; NULL: none. */
const char *judge_malformed_rfc(uint8_t type);

/* The attribute whose flags are at `offset`; false where it does not fit the field. */
bool judge_attribute_at(const struct bgp_message *message, size_t offset,
	struct bgp_attribute *attribute);

/* An attribute that has to be there is not (RFC 7606 section 3 d). */
void judge_missing_attribute(struct judge *judge, uint8_t type);

/* bgp_judge_peers.c: what the OPENs of both make of a message that reads well. */
void judge_open_by_peer(struct judge *judge);
void judge_update_by_peers(struct judge *judge);
void judge_refresh_by_peer(struct judge *judge);

/* Whether the UPDATE announces anything; `in_field`: in the NLRI field. */
static inline bool
judge_announces(const struct bgp_message *message, bool *in_field)
{
	*in_field = cursor_left(&message->update.nlri) > 0;
	return *in_field || message->update.announced_count > 0;
}

static inline bool
judge_has_attribute(const struct bgp_message *message, uint8_t type)
{
	return (message->update.seen >> type & 1) != 0;
}

#endif
