/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small families: VPLS and VPWS (RFC 4761, 6624, 6074), Route Target constraint (RFC 4684), SR
 * policy (RFC 9830), and the Mobile User Plane (draft-ietf-bess-mup-safi).
 */
#include "dissect/bgp_walk.h"

#include <stdio.h>

/* What RFC 4761 (17 octets), RFC 6074 (12) and RFC 6624 (15, and TLVs) put behind a length of two
 * octets is told apart by that length. */
void
bgp_walk_vpls(struct bgp_walk *w, struct cursor *c, struct bgp_family family)
{
	(void)family;
	enum { AUTO_DISCOVERY_SIZE = 12, VPWS_SIZE = 15, VPLS_SIZE = 17 };
	struct cursor from = *c;
	uint64_t size = cursor_u16(c);
	if (size > cursor_left(c)) {
		/* The one octet of bits of old routers; see families.def. */
		*c = from;
		bgp_walk_bytes(w, c, cursor_left(c), "", "NLRI");
		return;
	}
	*c = from;
	(void)bgp_walk_number(w, c, 2, NULL, "Length");
	struct cursor route = cursor_take(c, size);
	if (size == AUTO_DISCOVERY_SIZE) {
		bgp_walk_rd(w, &route);
		(void)bgp_walk_address(w, &route, 4, "pe", "PE_addr");
	} else if (size == VPLS_SIZE) {
		bgp_walk_rd(w, &route);
		(void)bgp_walk_number(w, &route, 2, "ve-id", "VE ID");
		(void)bgp_walk_number(w, &route, 2, "offset", "VE Block Offset");
		(void)bgp_walk_number(w, &route, 2, "size", "VE Block Size");
	} else if (size >= VPWS_SIZE) {
		bgp_walk_rd(w, &route);
		(void)bgp_walk_number(w, &route, 2, "ce-id", "CE ID");
		(void)bgp_walk_number(w, &route, 2, "offset", "Label-block Offset");
	} else {
		route.failed = true;
	}
	if (size >= VPWS_SIZE) {
		from = route;
		uint32_t base = cursor_u24(&route);
		bgp_walk_text(w, &from, &route, "label-base", "Label Base", "%u", base >> 4);
		while (cursor_left(&route) > 0) {
			(void)bgp_walk_number(w, &route, 1, "tlv", "TLV Type");
			/* In bits for the circuit status vector (RFC 6624 section 2.4). */
			uint64_t bits = bgp_walk_number(w, &route, 2, NULL, "TLV Length");
			bgp_walk_bytes(w, &route, (bits + 7) / 8, "", "TLV Value");
		}
	}
	bgp_walk_close(w, &route, false);
}

/*
 * RFC 4684 section 4: a prefix of 0 or 32 to 96 bits over the origin AS and a Route Target extended
 * community. A Route Target that is whole is shown as one.
 */
void
bgp_walk_route_target(struct bgp_walk *w, struct cursor *c, struct bgp_family family)
{
	(void)family;
	enum { AS_BITS = 32, WHOLE_BITS = 96, TARGET_SUBTYPE = 2 };
	char hex[2 * 8 + 1] = "";
	struct cursor from = *c;
	struct cursor start = *c;
	uint64_t bits = bgp_walk_number(w, c, 1, NULL, "Prefix Length");
	if (bits == 0) {
		bgp_walk_text(w, &start, c, "", "Route Target", "default");
		return;
	}
	if (bits < AS_BITS || bits > WHOLE_BITS) {
		bgp_walk_refuse(c, &from);
		return;
	}
	(void)bgp_walk_number(w, c, 4, "origin-as", "Origin AS");
	from = *c;
	size_t size = (size_t)(bits - AS_BITS + 7) / 8;
	struct cursor target = cursor_take(c, size);
	if (size == 0) {
		return;
	}
	for (size_t i = 0; i < size; i++) {
		snprintf(hex + 2 * i, 3, "%02x", cursor_u8(&target));
	}
	target = from;
	uint8_t type = cursor_u8(&target) & 0xbf; /* but for the Non-Transitive bit */
	if (bits != WHOLE_BITS || cursor_u8(&target) != TARGET_SUBTYPE || type > 2) {
		bgp_walk_text(w, &from, c, "rt", "Route Target", "0x%s/%u", hex,
			(unsigned)(bits - AS_BITS));
		return;
	}
	if (type == 0) {
		uint32_t asn = cursor_u16(&target);
		bgp_walk_text(w, &from, c, "rt", "Route Target", "%u:%u", asn, cursor_u32(&target));
		return;
	}
	uint32_t high = cursor_u32(&target);
	uint32_t low = cursor_u16(&target);
	if (type == 1) {
		bgp_walk_text(w, &from, c, "rt", "Route Target", "%u.%u.%u.%u:%u", high >> 24,
			high >> 16 & 0xff, high >> 8 & 0xff, high & 0xff, low);
	} else {
		bgp_walk_text(w, &from, c, "rt", "Route Target", "%u%s:%u", high,
			high <= 0xffff ? "L" : "", low);
	}
}

/* RFC 9830 section 2.1: a length in bits, 96 or 192 by the AFI. */
void
bgp_walk_sr_policy(struct bgp_walk *w, struct cursor *c, struct bgp_family family)
{
	struct cursor from = *c;
	if (bgp_walk_number(w, c, 1, NULL, "NLRI Length") != (family.afi == 1 ? 96 : 192)) {
		bgp_walk_refuse(c, &from);
	}
	(void)bgp_walk_number(w, c, 4, "distinguisher", "Distinguisher");
	(void)bgp_walk_number(w, c, 4, "color", "Color");
	(void)bgp_walk_address(w, c, family.afi == 1 ? 4 : 6, "endpoint", "Endpoint");
}

enum {
	MUP_INTERWORK_SEGMENT = 1,
	MUP_DIRECT_SEGMENT = 2,
	MUP_TYPE_1_SESSION = 3,
	MUP_TYPE_2_SESSION = 4,
	MUP_ROUTES = 4,
	MUP_TEID_BITS = 32,
};

/* An address of either family behind its length in bits; where it may lack, the length is 0. */
static bool
skip_sized_address(struct cursor *c, bool optional)
{
	unsigned bits = cursor_u8(c);
	cursor_skip(c, bits / 8);
	return bits == 32 || bits == 128 || (optional && bits == 0);
}

/* Whether the octets behind the Route Distinguisher are what the draft has for this type. */
static bool
mup_fits(struct cursor c, unsigned type, unsigned most)
{
	unsigned bits;
	bool good = true;
	switch (type) {
	case MUP_INTERWORK_SEGMENT:
	case MUP_TYPE_1_SESSION:
		bits = cursor_u8(&c);
		good = bits <= most;
		cursor_skip(&c, (bits + 7) / 8);
		if (type == MUP_TYPE_1_SESSION) {
			cursor_skip(&c, 5); /* TEID, QFI */
			good = good && skip_sized_address(&c, false);
			good = good && (cursor_left(&c) == 0 || skip_sized_address(&c, true));
		}
		break;
	case MUP_DIRECT_SEGMENT:
		cursor_skip(&c, most / 8);
		break;
	default:
		bits = cursor_u8(&c);
		good = bits >= most && bits <= most + MUP_TEID_BITS;
		cursor_skip(&c, (bits + 7) / 8);
		break;
	}
	return good && !c.failed;
}

static void
walk_mup_session(struct bgp_walk *w, struct cursor *c, unsigned type, unsigned most)
{
	if (type == MUP_TYPE_1_SESSION) {
		(void)bgp_walk_number(w, c, 4, "teid", "TEID");
		(void)bgp_walk_number(w, c, 1, "qfi", "QFI");
		(void)bgp_walk_sized_address(
			w, c, false, "endpoint", "Endpoint Address", "Endpoint Address Length");
		if (cursor_left(c) > 0) {
			(void)bgp_walk_sized_address(
				w, c, true, "source", "Source Address", "Source Address Length");
		}
		return;
	}
	/* The tunnel endpoint identifier follows the address as if it were more of it. */
	unsigned bits = (unsigned)bgp_walk_number(w, c, 1, NULL, "Endpoint Length") - most;
	(void)bgp_walk_address(w, c, most == 32 ? 4 : 6, "endpoint", "Endpoint Address");
	struct cursor from = *c;
	size_t size = (bits + 7) / 8;
	if (bits == MUP_TEID_BITS) {
		(void)bgp_walk_number(w, c, 4, "teid", "TEID");
	} else if (bits > 0) {
		uint32_t teid = 0;
		for (size_t i = 0; i < size; i++) {
			teid |= (uint32_t)cursor_u8(c) << (24 - 8 * i);
		}
		bgp_walk_text(w, &from, c, "teid", "TEID", "0x%08x/%u", teid, bits);
	}
}

/*
 * draft-ietf-bess-mup-safi section 3.1, of the architecture 3gpp-5g; what is behind it, later drafts
 * have for TLVs. As a draft may change, a route of another shape is no fault and told as octets.
 */
static void
walk_mup_route(struct bgp_walk *w, struct cursor *c, unsigned type, unsigned most)
{
	uint8_t version = most == 32 ? 4 : 6;
	bgp_walk_rd(w, c);
	if (!mup_fits(*c, type, most)) {
		bgp_walk_bytes(w, c, cursor_left(c), "", "Route Type specific");
		return;
	}
	if (type == MUP_DIRECT_SEGMENT) {
		(void)bgp_walk_address(w, c, version, "address", "Address");
	} else {
		if (type != MUP_TYPE_2_SESSION) {
			unsigned bits = (unsigned)bgp_walk_number(w, c, 1, NULL, "Prefix Length");
			bgp_walk_prefix(w, c, version, bits, "prefix", "Prefix");
		}
		if (type != MUP_INTERWORK_SEGMENT) {
			walk_mup_session(w, c, type, most);
		}
	}
	bgp_walk_bytes(w, c, cursor_left(c), "tlvs", "TLVs");
}

void
bgp_walk_mup(struct bgp_walk *w, struct cursor *c, struct bgp_family family)
{
	static const char *const names[] = {NULL, "Interwork Segment Discovery",
		"Direct Segment Discovery", "Type 1 Session Transformed", "Type 2 Session Transformed"};
	static const char *const briefs[] = {NULL, "interwork-segment", "direct-segment",
		"type-1-session", "type-2-session"};
	enum { ARCHITECTURE_3GPP_5G = 1 };
	struct cursor peek = *c;
	bool is_5g = cursor_u8(&peek) == ARCHITECTURE_3GPP_5G;
	uint16_t type = cursor_u16(&peek);
	bool known = is_5g && type >= 1 && type <= MUP_ROUTES;
	char brief[16];
	snprintf(brief, sizeof(brief), "type-%u", type);
	(void)bgp_walk_named(w, c, 1, is_5g ? NULL : "architecture", "Architecture Type",
		is_5g ? "3gpp-5g" : NULL, NULL);
	(void)bgp_walk_named(w, c, 2, "", "Route Type", known ? names[type] : NULL,
		known ? briefs[type] : brief);
	struct cursor route = cursor_take(c, bgp_walk_number(w, c, 1, NULL, "Length"));
	if (c->failed) {
		return;
	}
	if (known) {
		walk_mup_route(w, &route, type, family.afi == 1 ? 32 : 128);
	} else {
		bgp_walk_bytes(w, &route, cursor_left(&route), "", "Route Type specific");
	}
	bgp_walk_close(w, &route, false);
}
