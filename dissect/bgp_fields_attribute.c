/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of path attributes as fields, but for communities (bgp_community.c), tunnels
 * (bgp_fields_tunnel.c) and link state (bgp_fields_link_state.c), which have files of their own.
 */
#include "dissect/bgp_fields.h"
#include "dissect/bgp_walk.h"

static const char *
origin_name(uint64_t origin)
{
	static const char *const names[] = {"IGP", "EGP", "INCOMPLETE"};
	return origin < 3 ? names[origin] : NULL;
}

/* RFC 4271 section 4.3 a */
void
bgp_fields_att_origin(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	(void)context;
	field_named(f, value, 1, "ORIGIN", origin_name);
}

/* RFC 4271 section 4.3 b, RFC 5065 section 3 */
static const char *
segment_type_name(uint64_t type)
{
	static const char *const names[] = {NULL, "AS_SET", "AS_SEQUENCE", "AS_CONFED_SEQUENCE",
		"AS_CONFED_SET"};
	return type < 5 ? names[type] : NULL;
}

static void
tell_as_path(struct fields *f, struct cursor *value, uint8_t width)
{
	while (cursor_left(value) > 0) {
		struct cursor peek = *value;
		uint8_t type = cursor_u8(&peek);
		size_t count = cursor_u8(&peek);
		const char *name = segment_type_name(type);
		struct cursor segment = field_take(f, value, 2 + count * width, "Path Segment", "%s",
			name != NULL ? name : "");
		field_named(f, &segment, 1, "Path Segment Type", segment_type_name);
		field_number(f, &segment, 1, "Path Segment Length");
		while (cursor_left(&segment) > 0) {
			field_number(f, &segment, width, "AS Number");
		}
		field_end(f, &segment);
	}
}

/* RFC 4271 section 4.3 b; which width it was read with, where nobody said. */
void
bgp_fields_att_as_path(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	uint8_t width = bgp_as_path_width(value, context);
	bool guessed = context->as_width == 0 && cursor_left(value) > 0;
	if (guessed) {
		field_tell(f, (struct cursor){.base = value->base, .at = value->at, .end = value->at},
			(struct field){
				.name = "AS Number Size",
				.kind = FIELD_NUMBER,
				.number = width,
				.text = width == 0 ? "it parses neither with 2 octets nor with 4"
					: "the OPENs were not seen",
				.guessed = width != 0,
			});
	}
	tell_as_path(f, value, width != 0 ? width : context->as_width == 2 ? 2 : 4);
}

/* RFC 6793 section 3 */
void
bgp_fields_att_as4_path(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	(void)context;
	tell_as_path(f, value, 4);
}

void
bgp_fields_att_next_hop(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	(void)context;
	field_address(f, value, 4, "NEXT_HOP");
}

void
bgp_fields_att_med(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	(void)context;
	field_number(f, value, 4, "MULTI_EXIT_DISC");
}

void
bgp_fields_att_local_pref(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	(void)context;
	field_number(f, value, 4, "LOCAL_PREF");
}

/* RFC 4271 section 4.3 g, RFC 6793 section 4.1: the size tells the width. */
void
bgp_fields_att_aggregator(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	(void)context;
	field_number(f, value, cursor_left(value) >= 8 ? 4 : 2, "AS Number");
	field_address(f, value, 4, "IP Address");
}

/* RFC 4456 section 8 */
void
bgp_fields_att_originator_id(struct fields *f, struct cursor *value,
	const struct bgp_context *context)
{
	(void)context;
	field_address(f, value, 4, "ORIGINATOR_ID");
}

void
bgp_fields_att_cluster_list(struct fields *f, struct cursor *value,
	const struct bgp_context *context)
{
	(void)context;
	while (cursor_left(value) > 0) {
		field_address(f, value, 4, "CLUSTER_ID");
	}
}

/* draft-ietf-idr-bgp-dpa, which RFC 6938 deprecates */
void
bgp_fields_att_dpa(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	(void)context;
	field_number(f, value, 2, "AS Number");
	field_number(f, value, 4, "DPA Value");
}

/* RFC 4760 section 3, RFC 4364 section 4.3.2, RFC 4659 section 3.2.1: one address or two, each
 * perhaps behind a Route Distinguisher. */
static void
tell_next_hop(struct fields *f, struct cursor *next_hop)
{
	size_t size = cursor_left(next_hop);
	bool has_rd = size == 12 || size == 24 || size == 48;
	if (!has_rd && size != 4 && size != 16 && size != 32) {
		field_rest(f, next_hop, "Network Address of Next Hop");
		return;
	}
	while (cursor_left(next_hop) > 0) {
		if (has_rd) {
			char text[BGP_RD_TEXT_MAX];
			struct cursor from = *next_hop;
			const uint8_t *rd = cursor_bytes(next_hop, BGP_RD_SIZE);
			field_text(f, field_span(&from, next_hop), "Route Distinguisher", "%s",
				bgp_rd_text(rd, text));
		}
		field_address(f, next_hop, size == 4 || size == 12 ? 4 : 6,
			"Network Address of Next Hop");
	}
}

static void
tell_routes(struct fields *f, struct cursor *value, const char *name, struct bgp_family family,
	const struct bgp_context *context)
{
	size_t size = cursor_left(value);
	if (size > 0) {
		struct cursor nlri = field_take(f, value, size, name, NULL);
		bgp_fields_nlri(f, &nlri, family, context);
		field_end(f, &nlri);
	}
}

void
bgp_fields_att_mp_reach(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	struct bgp_family family = bgp_field_family(f, value);
	size_t size = (size_t)field_number(f, value, 1, "Length of Next Hop Network Address");
	if (cursor_left(value) < size) {
		field_bytes(f, value, size, "Network Address of Next Hop");
		return;
	}
	struct cursor next_hop = cursor_take(value, size);
	tell_next_hop(f, &next_hop);
	field_number(f, value, 1, "Reserved");
	tell_routes(f, value, "Network Layer Reachability Information", family, context);
}

/* RFC 4760 section 4 */
void
bgp_fields_att_mp_unreach(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	struct bgp_family family = bgp_field_family(f, value);
	tell_routes(f, value, "Withdrawn Routes", family, context);
}

/* RFC 7311 section 3: the length counts type and length too. */
void
bgp_fields_att_aigp(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	enum { AIGP = 1, HEADER = 3 };
	(void)context;
	while (cursor_left(value) > 0) {
		struct cursor peek = *value;
		uint8_t type = cursor_u8(&peek);
		size_t length = cursor_u16(&peek);
		struct cursor tlv = field_take(f, value, length < HEADER ? HEADER : length, "TLV", "%s",
			type == AIGP ? "AIGP" : "");
		field_number(f, &tlv, 1, "Type");
		field_number(f, &tlv, 2, "Length");
		if (type == AIGP) {
			field_number(f, &tlv, 8, "Accumulated IGP Metric");
		} else {
			field_rest(f, &tlv, "Value");
		}
		field_end(f, &tlv);
	}
}

/* RFC 8205 section 3: each length counts itself. */
void
bgp_fields_att_bgpsec_path(struct fields *f, struct cursor *value,
	const struct bgp_context *context)
{
	static const struct field_bit flags[] = {{0x80, "Confed_Segment"}};
	enum { LENGTH = 2, SKI = 20 };
	(void)context;
	struct cursor peek = *value;
	size_t length = cursor_u16(&peek);
	struct cursor path = field_take(f, value, length < LENGTH ? LENGTH : length, "Secure_Path",
		NULL);
	field_number(f, &path, 2, "Secure_Path Length");
	while (cursor_left(&path) > 0) {
		field_number(f, &path, 1, "pCount");
		field_flags(f, &path, 1, "Flags", flags, 1);
		field_number(f, &path, 4, "AS Number");
	}
	field_end(f, &path);
	while (cursor_left(value) > 0) {
		peek = *value;
		length = cursor_u16(&peek);
		struct cursor block = field_take(f, value, length < LENGTH ? LENGTH : length,
			"Signature_Block", NULL);
		field_number(f, &block, 2, "Signature_Block Length");
		field_number(f, &block, 1, "Algorithm Suite Identifier");
		while (cursor_left(&block) > 0) {
			field_bytes(f, &block, SKI, "Subject Key Identifier");
			length = (size_t)field_number(f, &block, 2, "Signature Length");
			field_bytes(f, &block, length, "Signature");
		}
		field_end(f, &block);
	}
}

/* RFC 9234 section 5 */
void
bgp_fields_att_otc(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	(void)context;
	field_number(f, value, 4, "AS Number");
}

/* RFC 9026 section 3.1.6 */
void
bgp_fields_att_bfd_discriminator(struct fields *f, struct cursor *value,
	const struct bgp_context *context)
{
	(void)context;
	field_number(f, value, 1, "BFD Mode");
	field_hex(f, value, 4, "BFD Discriminator");
	field_rest(f, value, "Optional TLVs");
}

/* RFC 6368 section 5: attributes inside an attribute, whose AS numbers have four octets always. One
 * may hold another; deeper than a handful nobody looks. */
void
bgp_fields_att_attr_set(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	enum { DEPTH_MAX = 14 };
	struct bgp_context inner = *context;
	inner.as_width = 4;
	field_number(f, value, 4, "Origin AS Number");
	if (cursor_left(value) == 0) {
		return;
	}
	if (f->depth >= DEPTH_MAX) {
		field_rest(f, value, "Path Attributes");
		return;
	}
	struct cursor list = field_take(f, value, cursor_left(value), "Path Attributes", NULL);
	bgp_fields_attributes(f, &list, &inner);
	field_end(f, &list);
}
