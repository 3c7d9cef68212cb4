/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multicast in VPNs: the MCAST-VPN routes (RFC 6514 section 4, wildcards of RFC 6625) and the older
 * MDT SAFI (RFC 6037 section 4). An address behind a length in bits is C-S or C-G; the Originating
 * Router's IP Address has no length, and is what is left.
 */
#include "dissect/bgp_walk.h"

static bgp_route_walker walk_intra_as, walk_inter_as, walk_s_pmsi, walk_leaf, walk_source_active,
	walk_join;

static const struct bgp_route_desc routes[256] = {
#define MVPN_ROUTE(type, brief, name, rfc, walk) [type] = {brief, name, walk},
#include "dissect/mvpn_routes.def"
#undef MVPN_ROUTE
};

static void
walk_originator(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_last_address(w, c, "originator", "Originating Router's IP Address");
}

/* RFC 6625: a length of 0 is the wildcard, where `wildcard` allows it. */
static void
walk_flow(struct bgp_walk *w, struct cursor *c, bool wildcard)
{
	(void)bgp_walk_sized_address(w, c, wildcard, "source", "Multicast Source",
		"Multicast Source Length");
	(void)bgp_walk_sized_address(w, c, wildcard, "group", "Multicast Group",
		"Multicast Group Length");
}

static void
walk_intra_as(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_originator(w, c);
}

static void
walk_inter_as(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	(void)bgp_walk_number(w, c, 4, "source-as", "Source AS");
}

static void
walk_s_pmsi(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_flow(w, c, true);
	walk_originator(w, c);
}

/* The route key is the NLRI of the route that is answered, with its type and length, which say
 * where it ends (RFC 6514 section 4.4). That of other uses (RFC 7524, RFC 7716) is not told apart
 * from the address behind it. */
static void
walk_leaf(struct bgp_walk *w, struct cursor *c)
{
	struct cursor key = *c;
	uint8_t type = cursor_u8(&key);
	cursor_skip(&key, cursor_u8(&key));
	size_t address = cursor_left(&key);
	bool fits = !key.failed && type >= 1 && type <= 7 && (address == 4 || address == 16);
	if (!fits && cursor_left(c) < 4) {
		c->failed = true;
		return;
	}
	bgp_walk_bytes(w, c, cursor_left(c) - (fits ? address : 0), "key", "Route Key");
	if (fits) {
		walk_originator(w, c);
	}
}

static void
walk_source_active(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_flow(w, c, false);
}

static void
walk_join(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	(void)bgp_walk_number(w, c, 4, "source-as", "Source AS");
	walk_flow(w, c, true);
}

void
bgp_walk_mvpn(struct bgp_walk *w, struct cursor *c, struct bgp_family family)
{
	(void)family;
	bgp_walk_route(w, c, routes);
}

/* A length in bits, always 128: a Route Distinguisher, the PE, and the group of the default tree. */
void
bgp_walk_mdt(struct bgp_walk *w, struct cursor *c, struct bgp_family family)
{
	(void)family;
	enum { MDT_BITS = 128 };
	struct cursor from = *c;
	if (bgp_walk_number(w, c, 1, NULL, "Length") != MDT_BITS) {
		bgp_walk_refuse(c, &from);
	}
	bgp_walk_rd(w, c);
	(void)bgp_walk_address(w, c, 4, "ip", "IPv4 Address");
	(void)bgp_walk_address(w, c, 4, "group", "Group Address");
}
