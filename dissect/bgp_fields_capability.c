/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of capabilities as fields. Whether a value has the right length is the decoder's word
 * (bgp_capability.c); here a short one shows where it ends, and one that is too long what is left.
 * Entries of a list are groups, so that a long list can be folded.
 */
#include "dissect/bgp_fields.h"

static const char *
capability_name(uint64_t code)
{
	return bgp_capability_name((uint8_t)code);
}

/* RFC 7911 section 4, RFC 5291 section 5 */
static const char *
send_receive_name(uint64_t mode)
{
	static const char *const names[] = {NULL, "receive", "send", "send and receive"};
	return mode < 4 ? names[mode] : NULL;
}

/* A group around an entry of `size` octets, or of what there is of them. */
static struct cursor
take_entry(struct fields *f, struct cursor *value, size_t size)
{
	struct cursor peek = *value;
	char text[BGP_FAMILY_TEXT_MAX];
	struct bgp_family family;
	family.afi = cursor_u16(&peek);
	family.safi = cursor_u8(&peek);
	if (peek.failed) {
		return field_take(f, value, size, "Address Family", NULL);
	}
	return field_take(f, value, size, "Address Family", "%s", bgp_family_text(family, text));
}

/* RFC 4760 section 8 */
void
bgp_fields_cap_multiprotocol(struct fields *f, struct cursor *value)
{
	field_named(f, value, 2, "Address Family Identifier", bgp_afi_name);
	field_number(f, value, 1, "Reserved");
	field_named(f, value, 1, "Subsequent Address Family Identifier", bgp_safi_name);
}

const char *
bgp_orf_type_name(uint64_t type)
{
	switch (type) {
	case 2: return "Communities";
	case 3: return "Extended Communities";
	case 64: return "Address Prefix";
	case 65: return "Covering Prefixes";
	case 128: return "Cisco Address Prefix";
	case 129: return "Cisco Communities";
	case 130: return "Cisco Extended Communities";
	case 131: return "Cisco AS_PATH";
	default: return NULL;
	}
}

/* RFC 5291 section 5 */
void
bgp_fields_cap_orf(struct fields *f, struct cursor *value)
{
	while (cursor_left(value) > 0) {
		struct cursor peek = *value;
		cursor_skip(&peek, 4);
		size_t count = cursor_u8(&peek);
		struct cursor entry = field_take(f, value, 5 + 2 * count, "Outbound Route Filters",
			NULL);
		field_named(f, &entry, 2, "Address Family Identifier", bgp_afi_name);
		field_number(f, &entry, 1, "Reserved");
		field_named(f, &entry, 1, "Subsequent Address Family Identifier", bgp_safi_name);
		field_number(f, &entry, 1, "Number of ORFs");
		while (cursor_left(&entry) > 0) {
			field_named(f, &entry, 1, "ORF Type", bgp_orf_type_name);
			field_named(f, &entry, 1, "Send/Receive", send_receive_name);
		}
		field_end(f, &entry);
	}
}

/* RFC 8950 section 4 */
void
bgp_fields_cap_extended_next_hop(struct fields *f, struct cursor *value)
{
	while (cursor_left(value) > 0) {
		struct cursor entry = field_take(f, value, 6, "Extended Next Hop", NULL);
		field_named(f, &entry, 2, "NLRI AFI", bgp_afi_name);
		field_named(f, &entry, 2, "NLRI SAFI", bgp_safi_name);
		field_named(f, &entry, 2, "Nexthop AFI", bgp_afi_name);
		field_end(f, &entry);
	}
}

static const char *
bgpsec_direction(uint64_t direction)
{
	return direction == 0 ? "receive" : "send";
}

/* RFC 8205 section 2.1 */
void
bgp_fields_cap_bgpsec(struct fields *f, struct cursor *value)
{
	struct cursor from = *value;
	uint8_t octet = cursor_u8(value);
	if (value->failed) {
		*value = from;
		field_number(f, value, 1, "Version");
		return;
	}
	struct cursor span = field_span(&from, value);
	field_part(f, span, "Version", octet >> 4, NULL);
	field_part(f, span, "Dir", octet >> 3 & 1, bgpsec_direction(octet >> 3 & 1));
	field_part(f, span, "Unassigned", octet & 7, NULL);
	field_named(f, value, 2, "Address Family Identifier", bgp_afi_name);
}

/* RFC 8277 section 2.1 */
void
bgp_fields_cap_multiple_labels(struct fields *f, struct cursor *value)
{
	while (cursor_left(value) > 0) {
		struct cursor entry = take_entry(f, value, 4);
		bgp_field_family(f, &entry);
		field_number(f, &entry, 1, "Count");
		field_end(f, &entry);
	}
}

static const char *
role_name(uint64_t role)
{
	return bgp_role_name((uint8_t)role);
}

/* RFC 9234 section 4.1 */
void
bgp_fields_cap_role(struct fields *f, struct cursor *value)
{
	field_named(f, value, 1, "Role", role_name);
}

/* RFC 4724 section 3, RFC 8538 section 2 */
void
bgp_fields_cap_graceful_restart(struct fields *f, struct cursor *value)
{
	struct cursor from = *value;
	uint16_t word = cursor_u16(value);
	if (value->failed) {
		*value = from;
		field_number(f, value, 2, "Restart Flags, Restart Time");
		return;
	}
	struct cursor span = field_span(&from, value);
	field_part(f, span, "Restart Flags", word >> 12, NULL);
	f->depth++;
	field_flag(f, span, "Restart State", (word & 0x8000) != 0);
	field_flag(f, span, "Graceful Notification", (word & 0x4000) != 0);
	f->depth--;
	field_part(f, span, "Restart Time", word & 0x0fff, NULL);
	while (cursor_left(value) > 0) {
		static const struct field_bit flags[] = {{0x80, "Forwarding State"}};
		struct cursor entry = take_entry(f, value, 4);
		bgp_field_family(f, &entry);
		field_flags(f, &entry, 1, "Flags for Address Family", flags, 1);
		field_end(f, &entry);
	}
}

/* RFC 6793 section 3 */
void
bgp_fields_cap_as4(struct fields *f, struct cursor *value)
{
	field_number(f, value, 4, "AS Number");
}

/* draft-ietf-idr-dynamic-cap section 3: the codes that may be revised */
void
bgp_fields_cap_dynamic(struct fields *f, struct cursor *value)
{
	while (cursor_left(value) > 0) {
		field_named(f, value, 1, "Capability Code", capability_name);
	}
}

/* draft-ietf-idr-bgp-multisession section 4: flags, then the codes that tell sessions apart */
void
bgp_fields_cap_multisession(struct fields *f, struct cursor *value)
{
	static const struct field_bit flags[] = {{0x80, "Grouping"}};
	if (cursor_left(value) == 0) {
		return;
	}
	field_flags(f, value, 1, "Flags", flags, 1);
	while (cursor_left(value) > 0) {
		field_named(f, value, 1, "Session Identifier", capability_name);
	}
}

/* RFC 7911 section 4; draft-ietf-idr-rpd has the same */
void
bgp_fields_cap_add_path(struct fields *f, struct cursor *value)
{
	while (cursor_left(value) > 0) {
		struct cursor entry = take_entry(f, value, 4);
		bgp_field_family(f, &entry);
		field_named(f, &entry, 1, "Send/Receive", send_receive_name);
		field_end(f, &entry);
	}
}

/* RFC 9494 section 3 */
void
bgp_fields_cap_llgr(struct fields *f, struct cursor *value)
{
	while (cursor_left(value) > 0) {
		static const struct field_bit flags[] = {{0x80, "Forwarding State"}};
		struct cursor entry = take_entry(f, value, 7);
		bgp_field_family(f, &entry);
		field_flags(f, &entry, 1, "Flags for Address Family", flags, 1);
		field_number(f, &entry, 3, "Long-Lived Stale Time");
		field_end(f, &entry);
	}
}

/* draft-walton-bgp-hostname-capability section 3 */
void
bgp_fields_cap_fqdn(struct fields *f, struct cursor *value)
{
	size_t length = (size_t)field_number(f, value, 1, "Hostname Length");
	field_wire_text(f, value, length, "Hostname");
	if (cursor_left(value) > 0) {
		length = (size_t)field_number(f, value, 1, "Domain Name Length");
		field_wire_text(f, value, length, "Domain Name");
	}
}

/* draft-abraitis-bgp-version-capability section 3; see cap_software_version() */
void
bgp_fields_cap_software_version(struct fields *f, struct cursor *value)
{
	struct cursor counted = *value;
	size_t length = cursor_u8(&counted);
	if (!counted.failed && length == cursor_left(&counted)) {
		field_number(f, value, 1, "Version Length");
	}
	field_wire_text(f, value, cursor_left(value), "Version");
}

/* draft-abraitis-idr-addpath-paths-limit section 3 */
void
bgp_fields_cap_paths_limit(struct fields *f, struct cursor *value)
{
	while (cursor_left(value) > 0) {
		struct cursor entry = take_entry(f, value, 5);
		bgp_field_family(f, &entry);
		field_number(f, &entry, 2, "Paths Limit");
		field_end(f, &entry);
	}
}
