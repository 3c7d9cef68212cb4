/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two connections between the same pair at once: one has to go, and both sides must choose the same one.
 * RFC 4271 section 6.8 has the connection stay that the speaker with the higher BGP identifier opened (with
 * equal identifiers the one with the higher AS number, RFC 6286 section 2.3), unless one of the two is
 * Established already: then that one stays. Which one a speaker gave up is in the packets; whether it chose
 * as the rule says is told here, and it accuses nobody.
 */
#include "track/scene.h"

#include <stdio.h>

/* The connection beside `dropped` that it gives way to. */
static const struct link *
rival_of(const struct link *dropped)
{
	const struct link *rival = NULL;
	for (const struct link *l = dropped->session->links; l != NULL; l = l->next) {
		if (l == dropped || l->machine[0].closed || l->machine[1].closed ||
		    l->machine[0].notified || l->machine[1].notified) {
			continue;
		}
		if (l->was_established) {
			return l;
		}
		if (l->conn->handshake || l->machine[0].open.seen || l->machine[1].open.seen) {
			rival = rival == NULL ? l : rival;
		}
	}
	return rival;
}

struct collision
collision_of(const struct link *dropped)
{
	const struct session *s = dropped->session;
	const struct speaker *a = &s->side[0], *b = &s->side[1];
	struct collision c = {.rival = rival_of(dropped), .why = COLLISION_UNDECIDED};
	if (c.rival == NULL || c.rival->conn->client < 0 || dropped->conn->client < 0) {
		return c;
	}
	unsigned opener = link_side(dropped, (unsigned)dropped->conn->client);
	if (c.rival->was_established) {
		c.why = COLLISION_ESTABLISHED;
		c.winner = 1 - opener;
		c.by_the_rule = true;
		return c;
	}
	if (!a->has_open || !b->has_open ||
	    link_side(c.rival, (unsigned)c.rival->conn->client) == opener) {
		return c; /* one side called twice: the rule is about calls that cross */
	}
	if (a->bgp_id != b->bgp_id) {
		c.why = COLLISION_IDENTIFIER;
		c.winner = a->bgp_id > b->bgp_id ? 0 : 1;
	} else if (a->asn_known && b->asn_known && a->asn != b->asn) {
		c.why = COLLISION_AS;
		c.winner = a->asn > b->asn ? 0 : 1;
	} else {
		return c;
	}
	c.by_the_rule = opener != c.winner;
	return c;
}

const char *
collision_text(const struct link *dropped, char text[COLLISION_TEXT_MAX])
{
	struct collision c = collision_of(dropped);
	const struct speaker *winner = &dropped->session->side[c.winner];
	struct address id = address_from_u32(winner->bgp_id);
	char who[ADDRESS_TEXT_MAX], identifier[ADDRESS_TEXT_MAX], why[128];
	text[0] = '\0';
	if (c.rival == NULL) {
		snprintf(text, COLLISION_TEXT_MAX,
			"; the capture shows no other one between these addresses that stands");
	} else if (c.why == COLLISION_ESTABLISHED) {
		snprintf(text, COLLISION_TEXT_MAX,
			"; the other one is Established, so that stays");
	}
	if (c.why != COLLISION_IDENTIFIER && c.why != COLLISION_AS) {
		return text;
	}
	address_text(&winner->addr, who);
	address_text(&id, identifier);
	if (c.why == COLLISION_IDENTIFIER) {
		snprintf(why, sizeof(why), "whose BGP identifier %s is the higher one", identifier);
	} else {
		snprintf(why, sizeof(why),
			"whose AS %u is the higher one while both identifiers are %s (RFC 6286)",
			winner->asn, identifier);
	}
	snprintf(text, COLLISION_TEXT_MAX,
		c.by_the_rule ? "; the one opened by %s stays, %s, as the rule has it"
			      : "; by the rule this one should stay: it was opened by %s, %s",
		who, why);
	return text;
}

const char *
collision_reason(const struct link *dropped)
{
	struct collision c = collision_of(dropped);
	switch (c.why) {
	case COLLISION_ESTABLISHED:
		return "two connections collide and it gives up the new one, as the other is Established (RFC 4271 section 6.8)";
	case COLLISION_IDENTIFIER:
		return c.by_the_rule
			       ? "two connections collide and it gives up this one: the other was opened by the speaker with the higher BGP identifier (RFC 4271 section 6.8)"
			       : "two connections collide and it gives up this one, though it was opened by the speaker with the higher BGP identifier (RFC 4271 section 6.8)";
	case COLLISION_AS:
		return c.by_the_rule
			       ? "two connections collide and it gives up this one: the identifiers are equal, and the other was opened by the speaker with the higher AS (RFC 6286 section 2.3)"
			       : "two connections collide and it gives up this one, though the identifiers are equal and it was opened by the speaker with the higher AS (RFC 6286 section 2.3)";
	default:
		return "two connections collide and it gives up this one (RFC 4271 section 6.8)";
	}
}
