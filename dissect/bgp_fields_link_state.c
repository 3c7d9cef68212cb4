/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BGP-LS attribute (RFC 9552 section 5.3): a list of TLVs that are copied from the IGP. Each has
 * a name; those of a plain shape are read, the others shown by their octets.
 */
#include "dissect/bgp_fields.h"
#include "dissect/bgp_text.h"

enum kind {
	KIND_OCTETS,
	KIND_NUMBER,     /* all octets, up to 8 */
	KIND_NUMBERS_8,  /* a list */
	KIND_NUMBERS_16,
	KIND_NUMBERS_32,
	KIND_FLAGS,
	KIND_TEXT,
	KIND_IPV4,
	KIND_IPV6,
	KIND_ADDRESS,    /* of either size */
	KIND_BANDWIDTHS, /* IEEE 754 single, octets each second */
	KIND_MSD,        /* pairs of type and value (RFC 8814 section 3) */
	KIND_SR_RANGES,  /* RFC 9085 section 2.1.2 */
	KIND_ADJACENCY_SID,
	KIND_PREFIX_SID,
};

static const struct ls_attribute_desc {
	uint16_t type;
	enum kind kind;
	const char *name;
} ls_attributes[] = {
#define LS_ATTRIBUTE(type, name, kind) {type, KIND_##kind, name},
#include "dissect/ls_attributes.def"
#undef LS_ATTRIBUTE
};

static const struct ls_attribute_desc *
find_attribute(uint64_t type)
{
	for (size_t i = 0; i < sizeof(ls_attributes) / sizeof(ls_attributes[0]); i++) {
		if (ls_attributes[i].type == type) {
			return &ls_attributes[i];
		}
	}
	return NULL;
}

static const char *
attribute_name(uint64_t type)
{
	const struct ls_attribute_desc *desc = find_attribute(type);
	return desc != NULL ? desc->name : NULL;
}

static void
tell_bandwidths(struct fields *f, struct cursor *c)
{
	while (cursor_left(c) >= 4) {
		struct cursor from = *c;
		double value = bgp_read_float(c);
		field_text(f, field_span(&from, c), "Bandwidth", "%g", value);
	}
}

/* A label of 3 octets or an index of 4 (RFC 8667 section 2.3). */
static void
tell_sid(struct fields *f, struct cursor *c)
{
	size_t size = cursor_left(c);
	if (size == 3 || size == 4) {
		field_number(f, c, (unsigned)size, "SID/Label/Index");
	} else {
		field_rest(f, c, "SID/Label/Index");
	}
}

static void
tell_sr_ranges(struct fields *f, struct cursor *c)
{
	field_hex(f, c, 1, "Flags");
	field_number(f, c, 1, "Reserved");
	while (cursor_left(c) > 0) {
		field_number(f, c, 3, "Range Size");
		field_number(f, c, 2, "Type");
		size_t size = (size_t)field_number(f, c, 2, "Length");
		if (cursor_left(c) < size) {
			field_bytes(f, c, size, "SID/Label");
			return;
		}
		struct cursor sid = cursor_take(c, size);
		tell_sid(f, &sid);
	}
}

static void
tell_list(struct fields *f, struct cursor *c, unsigned size)
{
	while (cursor_left(c) > 0) {
		field_number(f, c, size, "Value");
	}
}

static void
tell_value(struct fields *f, struct cursor *c, enum kind kind)
{
	size_t size = cursor_left(c);
	switch (kind) {
	case KIND_NUMBER:
		if (size >= 1 && size <= 8) {
			field_number(f, c, (unsigned)size, "Value");
		}
		break;
	case KIND_NUMBERS_8:
		tell_list(f, c, 1);
		break;
	case KIND_NUMBERS_16:
		tell_list(f, c, 2);
		break;
	case KIND_NUMBERS_32:
		tell_list(f, c, 4);
		break;
	case KIND_FLAGS:
		if (size >= 1 && size <= 8) {
			field_hex(f, c, (unsigned)size, "Value");
		}
		break;
	case KIND_TEXT:
		field_wire_text(f, c, size, "Value");
		break;
	case KIND_IPV4:
		field_address(f, c, 4, "Value");
		break;
	case KIND_IPV6:
		field_address(f, c, 6, "Value");
		break;
	case KIND_ADDRESS:
		field_address(f, c, size > 4 ? 6 : 4, "Value");
		break;
	case KIND_BANDWIDTHS:
		tell_bandwidths(f, c);
		break;
	case KIND_MSD:
		while (cursor_left(c) > 0) {
			field_number(f, c, 1, "MSD-Type");
			field_number(f, c, 1, "MSD-Value");
		}
		break;
	case KIND_SR_RANGES:
		tell_sr_ranges(f, c);
		break;
	case KIND_ADJACENCY_SID:
		field_hex(f, c, 1, "Flags");
		field_number(f, c, 1, "Weight");
		field_number(f, c, 2, "Reserved");
		tell_sid(f, c);
		break;
	case KIND_PREFIX_SID:
		field_hex(f, c, 1, "Flags");
		field_number(f, c, 1, "Algorithm");
		field_number(f, c, 2, "Reserved");
		tell_sid(f, c);
		break;
	case KIND_OCTETS:
		field_rest(f, c, "Value");
		break;
	}
}

void
bgp_fields_att_link_state(struct fields *f, struct cursor *value, const struct bgp_context *context)
{
	(void)context;
	while (cursor_left(value) > 0) {
		struct cursor peek = *value;
		uint16_t type = cursor_u16(&peek);
		size_t size = cursor_u16(&peek);
		const struct ls_attribute_desc *desc = find_attribute(type);
		struct cursor tlv = field_take(f, value, size + 4, "TLV", "%s",
			desc != NULL ? desc->name : "");
		field_named(f, &tlv, 2, "Type", attribute_name);
		field_number(f, &tlv, 2, "Length");
		tell_value(f, &tlv, desc != NULL ? desc->kind : KIND_OCTETS);
		field_end(f, &tlv);
	}
}
