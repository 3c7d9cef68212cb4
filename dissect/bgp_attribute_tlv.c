/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes that are lists of TLVs. What a receiver does not know of them it has to leave alone; what it
 * cannot but see is a TLV that reaches beyond the attribute, or a length that is impossible for its
 * type, and there each RFC has an answer of its own (judgement.def). So no more than that is checked.
 * Daemons that answered with a NOTIFICATION instead have ended many a session over a route that came
 * from far away.
 */
#include "dissect/bgp_internal.h"

/* RFC 7311 section 3: the length counts the three octets before the value; that of type 1 is 11. */
static bool
take_aigp(struct cursor *c)
{
	enum { AIGP = 1, HEADER = 3, AIGP_SIZE = 11 };
	uint8_t type = cursor_u8(c);
	uint16_t length = cursor_u16(c);
	if (c->failed || length < HEADER || (type == AIGP && length != AIGP_SIZE)) {
		return false;
	}
	cursor_skip(c, length - HEADER);
	return !c->failed;
}

/* RFC 9012 section 13: the last octet of a tunnel is the last one of its last sub-TLV. */
static bool
take_tunnel(struct cursor *c)
{
	enum { LONG_FORM = 128 };
	cursor_skip(c, 2);
	struct cursor tunnel = cursor_take(c, cursor_u16(c));
	while (!c->failed && cursor_left(&tunnel) > 0) {
		uint8_t type = cursor_u8(&tunnel);
		cursor_skip(&tunnel, type < LONG_FORM ? cursor_u8(&tunnel) : cursor_u16(&tunnel));
		if (tunnel.failed) {
			return false;
		}
	}
	return !c->failed;
}

/* RFC 8669 sections 3 and 6. */
static bool
take_prefix_sid(struct cursor *c)
{
	enum { LABEL_INDEX = 1, ORIGINATOR_SRGB = 3, INDEX_SIZE = 7, FLAGS_SIZE = 2, RANGE_SIZE = 6 };
	uint8_t type = cursor_u8(c);
	size_t length = cursor_u16(c);
	cursor_skip(c, length);
	if (type == LABEL_INDEX) {
		return !c->failed && length == INDEX_SIZE;
	}
	if (type == ORIGINATOR_SRGB) {
		return !c->failed && length >= FLAGS_SIZE && (length - FLAGS_SIZE) % RANGE_SIZE == 0;
	}
	return !c->failed;
}

/* RFC 9552 section 5.1 */
static bool
take_link_state(struct cursor *c)
{
	cursor_skip(c, 2);
	cursor_skip(c, cursor_u16(c));
	return !c->failed;
}

/* RFC 6368 section 5: path attributes, behind an AS number. */
static bool
take_inner_attribute(struct cursor *c)
{
	uint8_t flags = cursor_u8(c);
	cursor_skip(c, 1);
	cursor_skip(c, (flags & BGP_ATTRIBUTE_FLAG_EXTENDED_LENGTH) != 0 ? cursor_u16(c)
									 : cursor_u8(c));
	return !c->failed;
}

bool
bgp_attribute_tlvs_fit(const struct bgp_attribute *attribute, uint32_t *at)
{
	enum { ATTR_SET_AS = 4 };
	bool (*take)(struct cursor *c);
	struct cursor value = attribute->value;
	switch (attribute->type) {
	case BGP_ATTRIBUTE_AIGP: take = take_aigp; break;
	case BGP_ATTRIBUTE_TUNNEL_ENCAPSULATION: take = take_tunnel; break;
	case BGP_ATTRIBUTE_PREFIX_SID: take = take_prefix_sid; break;
	case BGP_ATTRIBUTE_BGP_LS: take = take_link_state; break;
	case BGP_ATTRIBUTE_ATTR_SET:
		cursor_skip(&value, ATTR_SET_AS);
		take = take_inner_attribute;
		break;
	default: return true;
	}
	do {
		*at = (uint32_t)cursor_offset(&value);
		if (cursor_left(&value) == 0) {
			return true;
		}
	} while (take(&value));
	return false;
}
