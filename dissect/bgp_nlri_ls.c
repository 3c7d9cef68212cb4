/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BGP-LS: RFC 9552 section 5.2, of SAFI 71, of SAFI 72 with a Route Distinguisher, and of SAFI 80
 * (RFC 9815). A type and a length of two octets each, the protocol, an identifier, and TLVs. TLVs
 * that are not known are kept, those that are out of order make the NLRI malformed (section 5.1),
 * and a type of NLRI that is not known is no fault.
 */
#include "dissect/bgp_walk.h"

#include <stdio.h>

enum { SAFI_BGP_LS_VPN = 72 };

enum tlv_kind { UNKNOWN, NODE, LINK_IDS, IPV4, IPV6, TOPOLOGIES, ROUTE_TYPE, PREFIX, NUMBER, ROUTER,
	CANDIDATE_PATH };

struct names {
	const char *brief, *name;
};

static const struct names nlris[] = {
#define LS_NLRI(type, brief, name) [type] = {brief, name},
#include "dissect/ls_tlvs.def"
#undef LS_NLRI
};

static const struct names protocols[] = {
#define LS_PROTOCOL(number, brief, name) [number] = {brief, name},
#include "dissect/ls_tlvs.def"
#undef LS_PROTOCOL
};

static const struct tlv_desc {
	uint16_t type;
	const char *key, *name;
	enum tlv_kind kind;
} tlvs[] = {
#define LS_TLV(type, key, name, kind) {type, key, name, kind},
#include "dissect/ls_tlvs.def"
#undef LS_TLV
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct tlv_desc *
find_tlv(uint16_t type)
{
	static const struct tlv_desc unknown = {.name = "TLV"};
	for (size_t i = 0; i < COUNT(tlvs); i++) {
		if (tlvs[i].type == type) {
			return &tlvs[i];
		}
	}
	return &unknown;
}

/* RFC 9552 section 5.2.1.4: an ISO system ID of 6 octets, with the pseudonode in a 7th; an OSPF
 * Router-ID of 4, with the interface of the designated router behind it. */
static void
walk_router(struct bgp_walk *w, struct cursor *c, const struct tlv_desc *desc)
{
	struct cursor from = *c;
	size_t size = cursor_left(c);
	const uint8_t *o = cursor_bytes(c, size);
	switch (size) {
	case 4:
		bgp_walk_text(w, &from, c, desc->key, desc->name, "%u.%u.%u.%u", o[0], o[1], o[2],
			o[3]);
		break;
	case 6:
		bgp_walk_text(w, &from, c, desc->key, desc->name, "%02x%02x.%02x%02x.%02x%02x", o[0],
			o[1], o[2], o[3], o[4], o[5]);
		break;
	case 7:
		bgp_walk_text(w, &from, c, desc->key, desc->name, "%02x%02x.%02x%02x.%02x%02x.%02x",
			o[0], o[1], o[2], o[3], o[4], o[5], o[6]);
		break;
	case 8:
		bgp_walk_text(w, &from, c, desc->key, desc->name, "%u.%u.%u.%u:%u.%u.%u.%u", o[0],
			o[1], o[2], o[3], o[4], o[5], o[6], o[7]);
		break;
	default:
		*c = from;
		bgp_walk_bytes(w, c, size, desc->key, desc->name);
		break;
	}
}

static void
walk_topologies(struct bgp_walk *w, struct cursor *c)
{
	do {
		struct cursor from = *c;
		uint16_t topology = cursor_u16(c);
		bgp_walk_text(w, &from, c, "mt", "MT-ID", "%u", topology & 0x0fff);
	} while (cursor_left(c) > 0);
}

static void
walk_route_type(struct bgp_walk *w, struct cursor *c, const struct tlv_desc *desc)
{
	static const char *const names[] = {NULL, "intra-area", "inter-area", "external-1",
		"external-2", "nssa-1", "nssa-2"};
	struct cursor peek = *c;
	uint8_t type = cursor_u8(&peek);
	const char *name = type < COUNT(names) ? names[type] : NULL;
	(void)bgp_walk_named(w, c, 1, desc->key, desc->name, name, name);
}

/* The version of IP is that of the NLRI; where this is no prefix, the octets are shown. */
static void
walk_prefix(struct bgp_walk *w, struct cursor *c, unsigned nlri)
{
	struct cursor from = *c;
	uint64_t bits = bgp_walk_number(w, c, 1, NULL, "Prefix Length");
	if (nlri != 3 && nlri != 4) {
		bgp_walk_bytes(w, c, cursor_left(c), "prefix", "IP Prefix");
	} else if (bits > (nlri == 3 ? 32 : 128)) {
		bgp_walk_refuse(c, &from);
	} else {
		bgp_walk_prefix(w, c, nlri == 3 ? 4 : 6, (unsigned)bits, "prefix", "IP Prefix");
	}
}

/* RFC 9857 section 4: flags say how large the addresses are. */
static void
walk_candidate_path(struct bgp_walk *w, struct cursor *c)
{
	enum { FLAG_ENDPOINT_IPV6 = 0x80, FLAG_ORIGINATOR_IPV6 = 0x40 };
	(void)bgp_walk_number(w, c, 1, "protocol-origin", "Protocol-Origin");
	uint64_t flags = bgp_walk_hex(w, c, 1, NULL, "Flags");
	(void)bgp_walk_hex(w, c, 2, NULL, "Reserved");
	(void)bgp_walk_address(w, c, (flags & FLAG_ENDPOINT_IPV6) != 0 ? 6 : 4, "endpoint",
		"Endpoint");
	(void)bgp_walk_number(w, c, 4, "color", "Policy Color");
	(void)bgp_walk_number(w, c, 4, "originator-as", "Originator ASN");
	(void)bgp_walk_address(w, c, (flags & FLAG_ORIGINATOR_IPV6) != 0 ? 6 : 4, "originator",
		"Originator Address");
	(void)bgp_walk_number(w, c, 4, "discriminator", "Discriminator");
}

static void
walk_value(struct bgp_walk *w, struct cursor *c, const struct tlv_desc *desc, unsigned nlri)
{
	switch (desc->kind) {
	case LINK_IDS:
		(void)bgp_walk_number(w, c, 4, "local-id", "Link Local Identifier");
		(void)bgp_walk_number(w, c, 4, "remote-id", "Link Remote Identifier");
		break;
	case IPV4:
		(void)bgp_walk_address(w, c, 4, desc->key, desc->name);
		break;
	case IPV6:
		(void)bgp_walk_address(w, c, 6, desc->key, desc->name);
		break;
	case TOPOLOGIES:
		walk_topologies(w, c);
		break;
	case ROUTE_TYPE:
		walk_route_type(w, c, desc);
		break;
	case PREFIX:
		walk_prefix(w, c, nlri);
		break;
	case NUMBER:
		(void)bgp_walk_number(w, c, 4, desc->key, desc->name);
		break;
	case ROUTER:
		walk_router(w, c, desc);
		break;
	case CANDIDATE_PATH:
		walk_candidate_path(w, c);
		break;
	case NODE:
	case UNKNOWN:
		break;
	}
}

/* TLVs up to the end of `list`; those of a node descriptor are one level deeper. */
static void
walk_tlvs(struct bgp_walk *w, struct cursor *list, unsigned nlri, bool in_node)
{
	uint16_t previous = 0;
	while (cursor_left(list) > 0) {
		char key[16];
		struct cursor from = *list;
		uint16_t type = cursor_u16(list);
		struct cursor body = cursor_take(list, cursor_u16(list));
		if (list->failed || type < previous) {
			bgp_walk_refuse(list, &from);
			return;
		}
		previous = type;
		const struct tlv_desc *desc = find_tlv(type);
		bool is_node = desc->kind == NODE && !in_node;
		struct cursor tlv = {.base = from.base, .at = from.at, .end = list->at};
		bgp_walk_tell(w, &(struct bgp_item){.key = is_node ? desc->key : NULL,
			.name = desc->name, .kind = BGP_ITEM_GROUP, .span = tlv});
		(void)bgp_walk_number(w, &tlv, 2, NULL, "Type");
		(void)bgp_walk_number(w, &tlv, 2, NULL, "Length");
		if (is_node) {
			walk_tlvs(w, &body, nlri, true);
		} else if (desc->kind == UNKNOWN || desc->kind == NODE) {
			snprintf(key, sizeof(key), "tlv-%u", type);
			bgp_walk_bytes(w, &body, cursor_left(&body), key, "Value");
		} else {
			walk_value(w, &body, desc, nlri);
		}
		bgp_walk_close(w, &body, true);
	}
}

void
bgp_walk_link_state(struct bgp_walk *w, struct cursor *c, struct bgp_family family)
{
	static const struct names none;
	char brief[16];
	struct cursor peek = *c;
	uint16_t type = cursor_u16(&peek);
	const struct names *nlri = type < COUNT(nlris) ? &nlris[type] : &none;
	snprintf(brief, sizeof(brief), "type-%u", type);
	(void)bgp_walk_named(w, c, 2, "", "NLRI Type", nlri->name,
		nlri->brief != NULL ? nlri->brief : brief);
	struct cursor body = cursor_take(c, bgp_walk_number(w, c, 2, NULL, "Total NLRI Length"));
	if (c->failed) {
		return;
	}
	if (family.safi == SAFI_BGP_LS_VPN) {
		bgp_walk_rd(w, &body);
	}
	if (nlri->name == NULL) {
		bgp_walk_bytes(w, &body, cursor_left(&body), "", "NLRI");
		bgp_walk_close(w, &body, false);
		return;
	}
	peek = body;
	uint8_t number = cursor_u8(&peek);
	const struct names *protocol = number < COUNT(protocols) ? &protocols[number] : &none;
	snprintf(brief, sizeof(brief), "protocol-%u", number);
	(void)bgp_walk_named(w, &body, 1, "", "Protocol-ID", protocol->name,
		protocol->brief != NULL ? protocol->brief : brief);
	(void)bgp_walk_number(w, &body, 8, "id", "Identifier");
	walk_tlvs(w, &body, type, false);
	bgp_walk_close(w, &body, false);
}
