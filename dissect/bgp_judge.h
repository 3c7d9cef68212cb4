/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_BGP_JUDGE_H
#define BGPWHY_DISSECT_BGP_JUDGE_H

#include "dissect/bgp.h"

/*
 * What a conforming receiver makes of a message: RFC 4271 section 6, and for an UPDATE the milder ways
 * of RFC 7606. Pure, as decoding is; a verdict borrows nothing.
 */

/* From the mildest to the strongest (RFC 7606 section 2), which is the order of the numbers. */
enum bgp_action {
	BGP_ACTION_NONE,
	BGP_ACTION_NOTE,              /* legal; the receiver may mind, or leaves the route unused */
	BGP_ACTION_IGNORE,            /* logged, and nothing else */
	BGP_ACTION_ATTRIBUTE_DISCARD,
	BGP_ACTION_TREAT_AS_WITHDRAW,
	BGP_ACTION_AFI_SAFI_DISABLE,  /* or a session reset: the receiver's choice */
	BGP_ACTION_SESSION_RESET,     /* with the NOTIFICATION of the verdict */
	BGP_ACTION_COUNT,
};

const char *bgp_action_key(enum bgp_action action);  /* "treat-as-withdraw"; stable */
const char *bgp_action_text(enum bgp_action action); /* "treats the routes as withdrawn" */

/* Whether `code` says that octets are malformed, rather than that they do not fit the OPENs. */
bool bgp_fault_is_of_wire(enum bgp_fault_code code);

enum { BGP_VERDICTS_MAX = 16, BGP_VERDICT_TEXT_MAX = 192 };

struct bgp_verdict {
	enum bgp_fault_code code;
	enum bgp_action action;
	const char *rfc;         /* the rule that is broken: "RFC 4271 section 6.3" */
	const char *action_rfc;  /* the rule that says what to do; may be the same */
	uint8_t error, subcode;  /* the NOTIFICATION that RFC 4271 has for it; 0/0: none */
	uint32_t offset, length; /* of the element, in octets of the message */
	uint32_t octet;          /* the first one that is wrong */
	int16_t attribute;       /* its type; -1: it is not about an attribute */
	uint32_t value;          /* what is there: a length, flags, an AS, by code */
	uint32_t expected;       /* what would be right; 0 where that is not one number */
};

/* Who is speaking to whom: the OPENs, NULL where they were not seen. */
struct bgp_judge_context {
	const struct bgp_context *agreed; /* never NULL */
	const struct bgp_open *sender, *receiver;
	struct address receiver_address; /* unset: unknown */
};

struct bgp_verdicts {
	size_t count;
	bool more; /* there were more than BGP_VERDICTS_MAX */
	struct bgp_verdict list[BGP_VERDICTS_MAX];
};

/* Judges `message`, which bgp_decode() read with `context->agreed`. The message's own `fault` is the
 * first verdict. */
void bgp_judge(const struct bgp_message *message, const struct bgp_judge_context *context,
	struct bgp_verdicts *verdicts);

/*
 * What there may be to judge in `message`: cheap, for each message of a long table. A route server does
 * not prepend its AS, so that the leftmost AS may be all that can be said of each of its UPDATEs.
 */
enum bgp_judge_need { BGP_JUDGE_NOTHING, BGP_JUDGE_FIRST_AS, BGP_JUDGE_ALL };

enum bgp_judge_need bgp_judge_need(const struct bgp_message *message,
	const struct bgp_judge_context *context);

/* The one verdict where bgp_judge_need() says BGP_JUDGE_FIRST_AS; the same as bgp_judge() has. */
struct bgp_verdict bgp_judge_first_as(const struct bgp_message *message,
	const struct bgp_judge_context *context);

/* The one with the strongest action (RFC 7606 section 3 h), the first of them; NULL: there is none. */
const struct bgp_verdict *bgp_verdicts_worst(const struct bgp_verdicts *verdicts);

/* "ORIGIN has the value 9", "AS_PATH is missing": what is wrong, with the values. Returns `text`. */
const char *bgp_verdict_text(const struct bgp_verdict *verdict, char text[BGP_VERDICT_TEXT_MAX]);

#endif
