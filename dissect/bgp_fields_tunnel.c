/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attributes that say how packets are to be sent: PMSI_TUNNEL (RFC 6514 section 5), Tunnel
 * Encapsulation (RFC 9012, with the SR Policy of RFC 9830) and Prefix-SID (RFC 8669, RFC 9252). All
 * are lists of type, length and value; one that is not known is shown by its octets.
 */
#include "dissect/bgp_fields.h"

#include <stdio.h>

const char *
bgp_tunnel_type_name(uint64_t type)
{
	switch (type) {
#define TUNNEL_TYPE(number, name) case number: return name;
#include "dissect/tunnels.def"
#undef TUNNEL_TYPE
	default:
		return NULL;
	}
}

static const char *
sub_tlv_name(uint64_t type)
{
	switch (type) {
#define TUNNEL_SUB_TLV(number, name) case number: return name;
#include "dissect/tunnels.def"
#undef TUNNEL_SUB_TLV
	default:
		return NULL;
	}
}

const char *
bgp_pmsi_tunnel_name(uint64_t type)
{
	switch (type) {
#define PMSI_TUNNEL(number, name) case number: return name;
#include "dissect/tunnels.def"
#undef PMSI_TUNNEL
	default:
		return NULL;
	}
}

static const char *
prefix_sid_name(uint64_t type)
{
	switch (type) {
#define PREFIX_SID_TLV(number, name) case number: return name;
#include "dissect/tunnels.def"
#undef PREFIX_SID_TLV
	default:
		return NULL;
	}
}

/* An address that is all there is: of 4 octets or of 16, else octets. */
static void
tell_address(struct fields *f, struct cursor *c, const char *name)
{
	size_t size = cursor_left(c);
	if (size == 4 || size == 16) {
		field_address(f, c, size == 4 ? 4 : 6, name);
	} else {
		field_rest(f, c, name);
	}
}

/* A label in the high 20 of 24 bits; VXLAN and others put a VNI into all of them. */
static void
tell_label(struct fields *f, struct cursor *c)
{
	char vni[32];
	struct cursor from = *c;
	uint32_t label = cursor_u24(c);
	if (c->failed) {
		*c = from;
		field_number(f, c, 3, "MPLS Label");
		return;
	}
	snprintf(vni, sizeof(vni), "VNI %u", label);
	field_part(f, field_span(&from, c), "MPLS Label", label >> 4, vni);
}

/* RFC 6388 section 2.2: an LDP FEC element for point to multipoint. */
static void
tell_mldp(struct fields *f, struct cursor *c)
{
	field_number(f, c, 1, "FEC Element Type");
	field_number(f, c, 2, "Address Family");
	size_t size = (size_t)field_number(f, c, 1, "Address Length");
	if (size == 4 || size == 16) {
		field_address(f, c, size == 4 ? 4 : 6, "Root Node Address");
	} else {
		field_bytes(f, c, size, "Root Node Address");
	}
	size = (size_t)field_number(f, c, 2, "Opaque Length");
	struct cursor opaque = field_take(f, c, size, "Opaque Value", NULL);
	while (cursor_left(&opaque) > 0) {
		uint64_t type = field_number(f, &opaque, 1, "Type");
		size = (size_t)field_number(f, &opaque, 2, "Length");
		if (type == 1 && size == 4) {
			field_number(f, &opaque, 4, "LSP Identifier");
		} else {
			field_bytes(f, &opaque, size, "Value");
		}
	}
	field_end(f, &opaque);
}

static void
tell_pmsi_tunnel(struct fields *f, struct cursor *value, uint8_t type)
{
	enum { RSVP_TE = 1, MLDP = 2, PIM_SSM = 3, PIM_SM = 4, BIDIR_PIM = 5, INGRESS_REPLICATION = 6,
		MLDP_MP2MP = 7 };
	size_t size = cursor_left(value);
	struct cursor id = field_take(f, value, size, "Tunnel Identifier", NULL);
	uint8_t family = size >= 24 ? 6 : 4;
	switch (type) {
	case RSVP_TE:
		field_address(f, &id, family, "Extended Tunnel ID");
		field_number(f, &id, 2, "Reserved");
		field_number(f, &id, 2, "Tunnel ID");
		field_address(f, &id, 4, "P2MP ID");
		break;
	case MLDP:
	case MLDP_MP2MP:
		tell_mldp(f, &id);
		break;
	case PIM_SSM:
		field_address(f, &id, family, "P-Root Node Address");
		field_address(f, &id, family, "P-Multicast Group");
		break;
	case PIM_SM:
	case BIDIR_PIM:
		field_address(f, &id, family, "Sender Address");
		field_address(f, &id, family, "P-Multicast Group");
		break;
	case INGRESS_REPLICATION:
		tell_address(f, &id, "Tunnel Endpoint Address");
		break;
	default:
		field_rest(f, &id, "Octets");
		break;
	}
	field_end(f, &id);
}

void
bgp_fields_att_pmsi_tunnel(struct fields *f, struct cursor *value,
	const struct bgp_context *context)
{
	static const struct field_bit flags[] = {{0x01, "Leaf Information Required"}};
	(void)context;
	field_flags(f, value, 1, "Flags", flags, 1);
	uint8_t type = (uint8_t)field_named(f, value, 1, "Tunnel Type", bgp_pmsi_tunnel_name);
	tell_label(f, value);
	if (cursor_left(value) > 0) {
		tell_pmsi_tunnel(f, value, type);
	}
}

static const char *
segment_name(uint64_t type)
{
	switch (type) {
	case 1: return "Type A: SR-MPLS Label";
	case 3: return "Type C: IPv4 Node Address";
	case 4: return "Type D: IPv6 Node Address for SR-MPLS";
	case 5: return "Type E: IPv4 Address and Local Interface ID";
	case 6: return "Type F: IPv4 Local and Remote Addresses";
	case 7: return "Type G: IPv6 Address and Interface IDs for SR-MPLS";
	case 8: return "Type H: IPv6 Local and Remote Addresses for SR-MPLS";
	case 9: return "Weight";
	case 13: return "Type B: SRv6 SID";
	case 14: return "Type I: IPv6 Node Address for SRv6";
	case 15: return "Type J: IPv6 Address and Interface IDs for SRv6";
	case 16: return "Type K: IPv6 Local and Remote Addresses for SRv6";
	default: return NULL;
	}
}

/* A label stack entry (RFC 3032 section 2.1). */
static void
tell_label_entry(struct fields *f, struct cursor *c)
{
	struct cursor from = *c;
	uint32_t entry = cursor_u32(c);
	if (c->failed) {
		*c = from;
		field_number(f, c, 4, "Label");
		return;
	}
	struct cursor span = field_span(&from, c);
	field_part(f, span, "Label", entry >> 12, NULL);
	field_part(f, span, "TC", entry >> 9 & 7, NULL);
	field_part(f, span, "S", entry >> 8 & 1, NULL);
	field_part(f, span, "TTL", entry & 0xff, NULL);
}

/* RFC 9830 section 2.4.4 */
static void
tell_segment_list(struct fields *f, struct cursor *c)
{
	enum { MPLS = 1, WEIGHT = 9, SRV6 = 13 };
	field_number(f, c, 1, "Reserved");
	while (cursor_left(c) > 0) {
		struct cursor peek = *c;
		uint8_t type = cursor_u8(&peek);
		size_t size = cursor_u8(&peek);
		const char *name = segment_name(type);
		struct cursor segment = field_take(f, c, size + 2, "Segment", "%s",
			name != NULL ? name : "");
		field_named(f, &segment, 1, "Type", segment_name);
		field_number(f, &segment, 1, "Length");
		field_hex(f, &segment, 1, "Flags");
		field_number(f, &segment, 1, "Reserved");
		if (type == MPLS) {
			tell_label_entry(f, &segment);
		} else if (type == WEIGHT) {
			field_number(f, &segment, 4, "Weight");
		} else if (type == SRV6) {
			field_address(f, &segment, 6, "SRv6 SID");
			field_rest(f, &segment, "SRv6 Endpoint Behavior and SID Structure");
		} else {
			field_rest(f, &segment, "Value");
		}
		field_end(f, &segment);
	}
}

/* RFC 9012 section 3.2: what the Encapsulation sub-TLV holds, the tunnel decides. */
static void
tell_encapsulation(struct fields *f, struct cursor *c, uint16_t tunnel)
{
	enum { L2TPV3 = 1, GRE = 2, VXLAN = 8, NVGRE = 9, MPLS_IN_GRE = 11, VXLAN_GPE = 12, SIZE = 12 };
	static const struct field_bit flags[] = {{0x80, "V: VN-ID is valid"}, {0x40, "M: MAC is valid"}};
	size_t size = cursor_left(c);
	if ((tunnel == VXLAN || tunnel == NVGRE) && size == SIZE) {
		field_flags(f, c, 1, "Flags", flags, 2);
		field_number(f, c, 3, "VN-ID");
		field_bytes(f, c, 6, "MAC Address");
		field_number(f, c, 2, "Reserved");
	} else if (tunnel == VXLAN_GPE && size == SIZE) {
		field_hex(f, c, 1, "Version and Flags");
		field_number(f, c, 3, "VN-ID");
		field_bytes(f, c, 6, "MAC Address");
		field_number(f, c, 2, "Reserved");
	} else if (tunnel == L2TPV3 && size >= 4) {
		field_number(f, c, 4, "Session ID");
		field_rest(f, c, "Cookie");
	} else if ((tunnel == GRE || tunnel == MPLS_IN_GRE) && size == 4) {
		field_number(f, c, 4, "GRE Key");
	} else {
		field_rest(f, c, "Value");
	}
}

/* RFC 9012 section 3, RFC 9830 section 2.4 */
static void
tell_sub_tlv_value(struct fields *f, struct cursor *c, uint16_t tunnel, uint8_t type)
{
	size_t size = cursor_left(c);
	uint64_t family;
	switch (type) {
	case 1:
		tell_encapsulation(f, c, tunnel);
		break;
	case 2:
		field_hex(f, c, 2, "Protocol Type");
		break;
	case 4:
		bgp_fields_extended_community(f, c);
		break;
	case 6:
		field_number(f, c, 4, "Reserved");
		family = field_named(f, c, 2, "Address Family", bgp_afi_name);
		if (family == 1 || family == 2) {
			field_address(f, c, family == 1 ? 4 : 6, "Address");
		}
		break;
	case 7:
		field_hex(f, c, 1, "DS Field Value");
		break;
	case 8:
		field_number(f, c, 2, "UDP Port");
		break;
	case 9:
		field_number(f, c, 1, "Embedded Label Handling");
		break;
	case 10:
		while (cursor_left(c) > 0) {
			tell_label_entry(f, c);
		}
		break;
	case 12:
		field_hex(f, c, 1, "Flags");
		field_number(f, c, 1, "Reserved");
		field_number(f, c, 4, "Preference");
		break;
	case 13:
		field_hex(f, c, 1, "Flags");
		field_number(f, c, 1, "Reserved");
		if (size == 6) {
			tell_label_entry(f, c);
		} else if (size == 18) {
			field_address(f, c, 6, "Binding SID");
		}
		break;
	case 14:
		field_hex(f, c, 1, "Flags");
		field_number(f, c, 1, "Reserved");
		field_number(f, c, 1, "ENLP");
		break;
	case 15:
		field_number(f, c, 1, "Priority");
		field_number(f, c, 1, "Reserved");
		break;
	case 128:
		tell_segment_list(f, c);
		break;
	case 129:
	case 130:
		field_number(f, c, 1, "Reserved");
		field_wire_text(f, c, cursor_left(c), "Name");
		break;
	default:
		field_rest(f, c, "Value");
		break;
	}
}

/* RFC 9012 section 2: types from 128 on have a length of two octets. */
static void
tell_sub_tlvs(struct fields *f, struct cursor *c, uint16_t tunnel)
{
	while (cursor_left(c) > 0) {
		struct cursor peek = *c;
		uint8_t type = cursor_u8(&peek);
		bool wide = type >= 128;
		size_t size = wide ? cursor_u16(&peek) : cursor_u8(&peek);
		const char *name = sub_tlv_name(type);
		struct cursor sub = field_take(f, c, size + (wide ? 3 : 2), "Sub-TLV", "%s",
			name != NULL ? name : "");
		field_named(f, &sub, 1, "Sub-TLV Type", sub_tlv_name);
		field_number(f, &sub, wide ? 2 : 1, "Sub-TLV Length");
		tell_sub_tlv_value(f, &sub, tunnel, type);
		field_end(f, &sub);
	}
}

void
bgp_fields_att_tunnel_encapsulation(struct fields *f, struct cursor *value,
	const struct bgp_context *context)
{
	(void)context;
	while (cursor_left(value) > 0) {
		struct cursor peek = *value;
		uint16_t type = cursor_u16(&peek);
		const char *name = bgp_tunnel_type_name(type);
		size_t size = cursor_u16(&peek);
		struct cursor tlv = field_take(f, value, size + 4, "Tunnel", "%s",
			name != NULL ? name : "");
		field_named(f, &tlv, 2, "Tunnel Type", bgp_tunnel_type_name);
		field_number(f, &tlv, 2, "Length");
		tell_sub_tlvs(f, &tlv, type);
		field_end(f, &tlv);
	}
}

/* RFC 9252 section 3.2.1 */
static void
tell_sid_structure(struct fields *f, struct cursor *c)
{
	field_number(f, c, 1, "Locator Block Length");
	field_number(f, c, 1, "Locator Node Length");
	field_number(f, c, 1, "Function Length");
	field_number(f, c, 1, "Argument Length");
	field_number(f, c, 1, "Transposition Length");
	field_number(f, c, 1, "Transposition Offset");
}

/* RFC 8986 section 10.2 and RFC 9433 section 7, the behaviours that BGP services use */
static const char *
behavior_name(uint64_t behavior)
{
	switch (behavior) {
	case 16: return "End.DX6";
	case 17: return "End.DX4";
	case 18: return "End.DT6";
	case 19: return "End.DT4";
	case 20: return "End.DT46";
	case 21: return "End.DX2";
	case 22: return "End.DX2V";
	case 23: return "End.DT2U";
	case 24: return "End.DT2M";
	case 60: return "End.DX6 with NEXT-CSID";
	case 61: return "End.DX4 with NEXT-CSID";
	case 62: return "End.DT6 with NEXT-CSID";
	case 63: return "End.DT4 with NEXT-CSID";
	case 64: return "End.DT46 with NEXT-CSID";
	case 69: return "End.M.GTP6.D";
	case 70: return "End.M.GTP6.D.Di";
	case 71: return "End.M.GTP6.E";
	case 72: return "End.M.GTP4.E";
	case 65535: return "Opaque";
	default: return NULL;
	}
}

/* RFC 9252 section 3.1 */
static void
tell_srv6_sid(struct fields *f, struct cursor *c)
{
	enum { SID_STRUCTURE = 1 };
	field_number(f, c, 1, "Reserved");
	field_address(f, c, 6, "SRv6 SID Value");
	field_hex(f, c, 1, "SRv6 Service SID Flags");
	field_named(f, c, 2, "SRv6 Endpoint Behavior", behavior_name);
	field_number(f, c, 1, "Reserved");
	while (cursor_left(c) > 0) {
		struct cursor peek = *c;
		uint8_t type = cursor_u8(&peek);
		size_t size = cursor_u16(&peek);
		struct cursor sub = field_take(f, c, size + 3, "SRv6 Service Data Sub-Sub-TLV", "%s",
			type == SID_STRUCTURE ? "SRv6 SID Structure" : "");
		field_number(f, &sub, 1, "Type");
		field_number(f, &sub, 2, "Length");
		if (type == SID_STRUCTURE) {
			tell_sid_structure(f, &sub);
		} else {
			field_rest(f, &sub, "Value");
		}
		field_end(f, &sub);
	}
}

/* RFC 9252 section 2 */
static void
tell_srv6_service(struct fields *f, struct cursor *c)
{
	enum { SID_INFORMATION = 1 };
	field_number(f, c, 1, "Reserved");
	while (cursor_left(c) > 0) {
		struct cursor peek = *c;
		uint8_t type = cursor_u8(&peek);
		size_t size = cursor_u16(&peek);
		struct cursor sub = field_take(f, c, size + 3, "SRv6 Service Sub-TLV", "%s",
			type == SID_INFORMATION ? "SRv6 SID Information" : "");
		field_number(f, &sub, 1, "SRv6 Service Sub-TLV Type");
		field_number(f, &sub, 2, "SRv6 Service Sub-TLV Length");
		if (type == SID_INFORMATION) {
			tell_srv6_sid(f, &sub);
		} else {
			field_rest(f, &sub, "Value");
		}
		field_end(f, &sub);
	}
}

void
bgp_fields_att_prefix_sid(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	(void)context;
	while (cursor_left(value) > 0) {
		struct cursor peek = *value;
		uint8_t type = cursor_u8(&peek);
		size_t size = cursor_u16(&peek);
		const char *name = prefix_sid_name(type);
		struct cursor tlv = field_take(f, value, size + 3, "TLV", "%s",
			name != NULL ? name : "");
		field_named(f, &tlv, 1, "Type", prefix_sid_name);
		field_number(f, &tlv, 2, "Length");
		switch (type) {
		case 1: /* RFC 8669 section 3.1 */
			field_number(f, &tlv, 1, "Reserved");
			field_hex(f, &tlv, 2, "Flags");
			field_number(f, &tlv, 4, "Label Index");
			break;
		case 3: /* RFC 8669 section 3.2 */
			field_hex(f, &tlv, 2, "Flags");
			while (cursor_left(&tlv) > 0) {
				field_number(f, &tlv, 3, "SRGB Base");
				field_number(f, &tlv, 3, "SRGB Range");
			}
			break;
		case 5:
		case 6:
			tell_srv6_service(f, &tlv);
			break;
		default:
			field_rest(f, &tlv, "Value");
			break;
		}
		field_end(f, &tlv);
	}
}
