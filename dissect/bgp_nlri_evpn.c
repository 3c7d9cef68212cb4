/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EVPN routes: RFC 7432 section 7, RFC 9136, RFC 9251, RFC 9572. A type and a length of one octet
 * each, and then what the type says. A type that is not known is no fault (RFC 7606 section 5.4).
 *
 * The three octets of a label hold an MPLS label in their upper 20 bits or, with VXLAN and its kin,
 * a VNI in all 24 (RFC 8365 section 5.1.3). Which of them is said by an attribute that need not be
 * there, so both are shown.
 */
#include "dissect/bgp_walk.h"

enum { ESI_SIZE = 10, MAC_BITS = 48 };

static bgp_route_walker walk_ethernet_ad, walk_mac_ip, walk_multicast, walk_ethernet_segment,
	walk_ip_prefix, walk_selective_multicast, walk_report_synch, walk_leave_synch, walk_region,
	walk_s_pmsi, walk_leaf;

static const struct bgp_route_desc routes[256] = {
#define EVPN_ROUTE(type, brief, name, rfc, walk) [type] = {brief, name, walk},
#include "dissect/evpn_routes.def"
#undef EVPN_ROUTE
};

static void
walk_esi(struct bgp_walk *w, struct cursor *c)
{
	static const uint8_t zero[ESI_SIZE];
	struct cursor from = *c;
	const uint8_t *o = cursor_bytes(c, ESI_SIZE);
	if (o == NULL) {
		return;
	}
	if (memcmp(o, zero, ESI_SIZE) == 0) {
		bgp_walk_text(w, &from, c, "esi", "Ethernet Segment Identifier", "0");
	} else {
		bgp_walk_text(w, &from, c, "esi", "Ethernet Segment Identifier",
			"%02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2], o[3],
			o[4], o[5], o[6], o[7], o[8], o[9]);
	}
}

static void
walk_tag(struct bgp_walk *w, struct cursor *c)
{
	(void)bgp_walk_number(w, c, 4, "etag", "Ethernet Tag ID");
}

static void
walk_label(struct bgp_walk *w, struct cursor *c, const char *key, const char *name)
{
	struct cursor from = *c;
	uint32_t label = cursor_u24(c);
	bgp_walk_text(w, &from, c, key, name, "%u (vni %u)", label >> 4, label);
}

static void
walk_ethernet_ad(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_esi(w, c);
	walk_tag(w, c);
	walk_label(w, c, "label", "MPLS Label");
}

static void
walk_mac_ip(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_esi(w, c);
	walk_tag(w, c);
	struct cursor from = *c;
	if (bgp_walk_number(w, c, 1, NULL, "MAC Address Length") != MAC_BITS && !c->failed) {
		bgp_walk_refuse(c, &from);
	}
	from = *c;
	const uint8_t *o = cursor_bytes(c, MAC_BITS / 8);
	if (o != NULL) {
		bgp_walk_text(w, &from, c, "mac", "MAC Address", "%02x:%02x:%02x:%02x:%02x:%02x", o[0],
			o[1], o[2], o[3], o[4], o[5]);
	}
	(void)bgp_walk_sized_address(w, c, true, "ip", "IP Address", "IP Address Length");
	walk_label(w, c, "label", "MPLS Label1");
	if (cursor_left(c) > 0) {
		walk_label(w, c, "label2", "MPLS Label2");
	}
}

static void
walk_multicast(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_tag(w, c);
	(void)bgp_walk_sized_address(w, c, false, "ip", "Originating Router's IP Address",
		"IP Address Length");
}

static void
walk_ethernet_segment(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_esi(w, c);
	(void)bgp_walk_sized_address(w, c, false, "ip", "Originating Router's IP Address",
		"IP Address Length");
}

/* The length of the route says whether the addresses are of 4 octets or of 16; the prefix always
 * has as many as they (RFC 9136 section 3.1). */
static void
walk_ip_prefix(struct bgp_walk *w, struct cursor *c)
{
	enum { AFTER_TAG_IPV4 = 1 + 4 + 4 + 3, AFTER_TAG_IPV6 = 1 + 16 + 16 + 3 };
	char text[ADDRESS_TEXT_MAX];
	bgp_walk_rd(w, c);
	walk_esi(w, c);
	walk_tag(w, c);
	size_t left = cursor_left(c);
	if (left != AFTER_TAG_IPV4 && left != AFTER_TAG_IPV6) {
		c->failed = true;
		return;
	}
	uint8_t family = left == AFTER_TAG_IPV4 ? 4 : 6;
	struct cursor from = *c;
	uint64_t bits = bgp_walk_number(w, c, 1, NULL, "IP Prefix Length");
	if (bits > (family == 4 ? 32 : 128)) {
		bgp_walk_refuse(c, &from);
	}
	from = *c;
	struct address prefix = address_read(c, family);
	bgp_walk_text(w, &from, c, "prefix", "IP Prefix", "%s/%u", address_text(&prefix, text),
		(unsigned)bits);
	(void)bgp_walk_address(w, c, family, "gw", "GW IP Address");
	walk_label(w, c, "label", "MPLS Label");
}

static void
walk_flow(struct bgp_walk *w, struct cursor *c)
{
	(void)bgp_walk_sized_address(w, c, true, "source", "Multicast Source Address",
		"Multicast Source Length");
	(void)bgp_walk_sized_address(w, c, true, "group", "Multicast Group Address",
		"Multicast Group Length");
	(void)bgp_walk_sized_address(w, c, false, "originator", "Originator Router Address",
		"Originator Router Length");
}

static void
walk_selective_multicast(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_tag(w, c);
	walk_flow(w, c);
	(void)bgp_walk_hex(w, c, 1, "flags", "Flags");
}

static void
walk_report_synch(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_esi(w, c);
	walk_tag(w, c);
	walk_flow(w, c);
	(void)bgp_walk_hex(w, c, 1, "flags", "Flags");
}

static void
walk_leave_synch(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_esi(w, c);
	walk_tag(w, c);
	walk_flow(w, c);
	(void)bgp_walk_hex(w, c, 4, NULL, "Reserved");
	(void)bgp_walk_number(w, c, 1, "max-response-time", "Maximum Response Time");
	(void)bgp_walk_hex(w, c, 1, "flags", "Flags");
}

static void
walk_region(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_tag(w, c);
	bgp_walk_bytes(w, c, 8, "region", "Region ID");
}

static void
walk_s_pmsi(struct bgp_walk *w, struct cursor *c)
{
	bgp_walk_rd(w, c);
	walk_tag(w, c);
	walk_flow(w, c);
}

/* The route key is the NLRI of the route that is answered: of any length, so that the address
 * behind it is found from the end, where its length octet fits. */
static void
walk_leaf(struct bgp_walk *w, struct cursor *c)
{
	size_t left = cursor_left(c);
	for (size_t size = 4; size <= 16; size += 12) {
		struct cursor probe = *c;
		if (left < size + 1) {
			continue;
		}
		cursor_skip(&probe, left - size - 1);
		if (cursor_u8(&probe) == size * 8) {
			bgp_walk_bytes(w, c, left - size - 1, "key", "Route Key");
			(void)bgp_walk_sized_address(w, c, false, "originator",
				"Originator's Addr", "Originator's Addr Length");
			return;
		}
	}
	c->failed = true;
}

void
bgp_walk_evpn(struct bgp_walk *w, struct cursor *c, struct bgp_family family)
{
	(void)family;
	bgp_walk_route(w, c, routes);
}
