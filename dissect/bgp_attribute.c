/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The insides of path attributes: the multiprotocol ones (RFC 4760), AS_PATH (RFC 4271 section 4.3,
 * RFC 5065, RFC 6793), and a text for those that people look at most.
 */
#include "dissect/bgp_fields.h"
#include "dissect/bgp_text.h"
#include "dissect/bgp_walk.h"


bool
bgp_read_mp(const struct bgp_attribute *attribute, struct bgp_mp *mp)
{
	*mp = (struct bgp_mp){.reach = attribute->type == BGP_ATTRIBUTE_MP_REACH_NLRI};
	if (!mp->reach && attribute->type != BGP_ATTRIBUTE_MP_UNREACH_NLRI) {
		return false;
	}
	struct cursor value = attribute->value;
	mp->family.afi = cursor_u16(&value);
	mp->family.safi = cursor_u8(&value);
	if (mp->reach) {
		mp->next_hop = cursor_take(&value, cursor_u8(&value));
		/* Reserved; RFC 2858 had a count of SNPAs here, which was never used. */
		cursor_skip(&value, 1);
	}
	mp->nlri = cursor_rest(&value);
	return !value.failed;
}

bool
bgp_next_as_segment(struct cursor *path, uint8_t width, struct bgp_as_segment *segment)
{
	*segment = (struct bgp_as_segment){.width = width};
	if (cursor_left(path) == 0) {
		return false;
	}
	segment->type = cursor_u8(path);
	segment->count = cursor_u8(path);
	segment->asns = cursor_take(path, (size_t)segment->count * width);
	return !path->failed;
}

bool
bgp_next_asn(struct bgp_as_segment *segment, uint32_t *asn)
{
	if (cursor_left(&segment->asns) == 0) {
		return false;
	}
	*asn = segment->width == 4 ? cursor_u32(&segment->asns) : cursor_u16(&segment->asns);
	return !segment->asns.failed;
}

static bool
as_path_fits(const struct cursor *path, uint8_t width)
{
	uint32_t first;
	bool zero;
	return bgp_walk_as_path(path, width, &first, &zero);
}

uint8_t
bgp_as_path_width(const struct cursor *path, const struct bgp_context *context)
{
	uint8_t first = context->as_width != 0 ? context->as_width : 4;
	if (as_path_fits(path, first)) {
		return first;
	}
	return context->as_width == 0 && as_path_fits(path, 2) ? 2 : 0;
}

/* Sets in braces, confederations in parentheses, sets of them in brackets. */
static void
put_segment(struct bgp_text *w, struct bgp_as_segment segment)
{
	static const char *const opening[] = {"", "{", "", "(", "["};
	static const char *const closing[] = {"", "}", "", ")", "]"};
	unsigned type = segment.type <= 4 ? segment.type : 0;
	const char *gap = "";
	uint32_t asn;
	bgp_text_put(w, "%s%s", bgp_text_blank(w), opening[type]);
	while (bgp_next_asn(&segment, &asn) && !w->full) {
		bgp_text_put(w, "%s%u", gap, asn);
		gap = " ";
	}
	bgp_text_put(w, "%s", closing[type]);
}

static void
put_as_path(struct bgp_text *w, struct cursor path, uint8_t width)
{
	struct bgp_as_segment segment;
	while (bgp_next_as_segment(&path, width, &segment) && !w->full) {
		put_segment(w, segment);
	}
}

/* How long a path is for the decision process (RFC 4271 section 9.1.2.2, RFC 5065 section 5.3): a
 * set is one AS, a confederation none. */
static size_t
path_length(struct cursor path, uint8_t width)
{
	size_t length = 0;
	struct bgp_as_segment segment;
	while (bgp_next_as_segment(&path, width, &segment)) {
		length += segment.type == BGP_AS_SEQUENCE ? segment.count : segment.type == BGP_AS_SET;
	}
	return length;
}

/* The beginning of a path with the confederation segments that are there, `length` long. */
static void
put_leading(struct bgp_text *w, struct cursor path, uint8_t width, size_t length)
{
	struct bgp_as_segment segment;
	struct cursor rest = path;
	while (bgp_next_as_segment(&rest, width, &segment)) {
		bool counts = segment.type == BGP_AS_SEQUENCE || segment.type == BGP_AS_SET;
		if (counts && length == 0) {
			return;
		}
		if (segment.type == BGP_AS_SEQUENCE && segment.count > length) {
			segment.asns = cursor_take(&segment.asns, length * width);
			segment.count = (uint8_t)length;
		}
		put_segment(w, segment);
		length -= segment.type == BGP_AS_SEQUENCE ? segment.count : segment.type == BGP_AS_SET;
	}
}

/* AS4_PATH without the confederation segments that it must not have (RFC 6793 section 6). */
static void
put_as4_path(struct bgp_text *w, struct cursor path)
{
	struct bgp_as_segment segment;
	while (bgp_next_as_segment(&path, 4, &segment)) {
		if (segment.type == BGP_AS_SEQUENCE || segment.type == BGP_AS_SET) {
			put_segment(w, segment);
		}
	}
}

bool
bgp_merged_as_path(const struct bgp_update *update, const struct bgp_context *context,
	char text[BGP_ATTRIBUTE_TEXT_MAX])
{
	struct cursor list = update->attributes;
	struct bgp_attribute attribute, as_path = {0}, as4_path = {0}, aggregator = {0};
	bool has_as4_aggregator = false;
	text[0] = '\0';
	while (bgp_next_attribute(&list, &attribute)) {
		if (attribute.type == BGP_ATTRIBUTE_AS_PATH) {
			as_path = attribute;
		} else if (attribute.type == BGP_ATTRIBUTE_AS4_PATH) {
			as4_path = attribute;
		} else if (attribute.type == BGP_ATTRIBUTE_AGGREGATOR) {
			aggregator = attribute;
		} else if (attribute.type == BGP_ATTRIBUTE_AS4_AGGREGATOR) {
			has_as4_aggregator = true;
		}
	}
	/* Where the aggregator has a number of its own, somebody who does not know of the AS4
	 * attributes has aggregated since. */
	bool stale = has_as4_aggregator && cursor_left(&aggregator.value) == 6 &&
		cursor_u16(&aggregator.value) != BGP_AS_TRANS;
	if (as_path.type == 0 || as4_path.type == 0 || stale ||
		bgp_as_path_width(&as_path.value, context) != 2 ||
		!as_path_fits(&as4_path.value, 4)) {
		return false;
	}
	size_t length = path_length(as_path.value, 2);
	size_t length4 = path_length(as4_path.value, 4);
	if (length4 == 0 || length < length4) {
		return false;
	}
	struct bgp_text w = {.text = text, .size = BGP_ATTRIBUTE_TEXT_MAX};
	put_leading(&w, as_path.value, 2, length - length4);
	put_as4_path(&w, as4_path.value);
	return true;
}

static void
put_address(struct bgp_text *w, struct cursor *value, uint8_t family)
{
	char text[ADDRESS_TEXT_MAX];
	struct address address = address_read(value, family);
	bgp_text_put(w, "%s%s", bgp_text_blank(w), address_text(&address, text));
}

static void
put_communities(struct bgp_text *w, struct cursor value)
{
	while (cursor_left(&value) >= 4 && !w->full) {
		bgp_text_put(w, "%s", bgp_text_blank(w));
		bgp_text_put_community(w, cursor_u32(&value));
	}
}

static void
put_large_communities(struct bgp_text *w, struct cursor value)
{
	while (cursor_left(&value) >= 12 && !w->full) {
		uint32_t global = cursor_u32(&value);
		uint32_t first = cursor_u32(&value);
		bgp_text_put(w, "%s%u:%u:%u", bgp_text_blank(w), global, first, cursor_u32(&value));
	}
}

static void
put_extended_communities(struct bgp_text *w, struct cursor value)
{
	while (cursor_left(&value) >= 8 && !w->full) {
		bgp_text_put(w, "%s", bgp_text_blank(w));
		bgp_text_put_extended_community(w, cursor_take(&value, 8));
	}
}

static void
put_ipv6_extended_communities(struct bgp_text *w, struct cursor value)
{
	while (cursor_left(&value) >= 20 && !w->full) {
		bgp_text_put(w, "%s", bgp_text_blank(w));
		bgp_text_put_ipv6_extended_community(w, cursor_take(&value, 20));
	}
}

static void
put_mp(struct bgp_text *w, const struct bgp_attribute *attribute)
{
	struct bgp_mp mp;
	char family[BGP_FAMILY_TEXT_MAX];
	if (!bgp_read_mp(attribute, &mp)) {
		bgp_text_put_hex(w, attribute->value);
		return;
	}
	bgp_text_put(w, "%s", bgp_family_text(mp.family, family));
	if (!mp.reach) {
		return;
	}
	size_t size = cursor_left(&mp.next_hop);
	bool has_rd = size == 12 || size == 24 || size == 48;
	bgp_text_put(w, " next hop");
	if (size == 0 || (!has_rd && size != 4 && size != 16 && size != 32)) {
		bgp_text_put(w, " %s", size == 0 ? "none" : "0x");
		bgp_text_put_hex(w, mp.next_hop);
		return;
	}
	while (cursor_left(&mp.next_hop) > 0) {
		/* It is zero as a rule (RFC 4364 section 4.3.2), and then nothing to show. */
		static const uint8_t zero[BGP_RD_SIZE];
		char text[BGP_RD_TEXT_MAX];
		const uint8_t *rd = has_rd ? cursor_bytes(&mp.next_hop, BGP_RD_SIZE) : NULL;
		if (rd != NULL && memcmp(rd, zero, BGP_RD_SIZE) != 0) {
			bgp_text_put(w, " rd %s", bgp_rd_text(rd, text));
		}
		put_address(w, &mp.next_hop, size == 4 || size == 12 ? 4 : 6);
	}
}

/* RFC 6514 section 5 */
static void
put_pmsi_tunnel(struct bgp_text *w, struct cursor value)
{
	cursor_skip(&value, 1);
	uint8_t type = cursor_u8(&value);
	const char *name = bgp_pmsi_tunnel_name(type);
	uint32_t label = cursor_u24(&value);
	size_t size = cursor_left(&value);
	if (name != NULL) {
		bgp_text_put(w, "%s", name);
	} else {
		bgp_text_put(w, "tunnel type %u", type);
	}
	bgp_text_put(w, " label %u (VNI %u)", label >> 4, label);
	if (size == 4 || size == 16) {
		put_address(w, &value, size == 4 ? 4 : 6);
	}
}

static void
put_aggregator(struct bgp_text *w, struct cursor value)
{
	uint32_t asn = cursor_left(&value) == 8 ? cursor_u32(&value) : cursor_u16(&value);
	bgp_text_put(w, "%u", asn);
	put_address(w, &value, 4);
}

bool
bgp_attribute_summary(const struct bgp_attribute *attribute, const struct bgp_context *context,
	char text[BGP_ATTRIBUTE_TEXT_MAX])
{
	static const char *const origins[] = {"IGP", "EGP", "INCOMPLETE"};
	struct bgp_text w = {.text = text, .size = BGP_ATTRIBUTE_TEXT_MAX};
	struct cursor value = attribute->value;
	size_t size = cursor_left(&value);
	uint8_t width;
	text[0] = '\0';
	switch (attribute->type) {
	case BGP_ATTRIBUTE_ORIGIN:
		if (size == 1 && *value.at <= 2) {
			bgp_text_put(&w, "%s", origins[*value.at]);
			return true;
		}
		break;
	case BGP_ATTRIBUTE_AS_PATH:
		width = bgp_as_path_width(&value, context);
		if (width != 0) {
			put_as_path(&w, value, width);
			return true;
		}
		break;
	case BGP_ATTRIBUTE_AS4_PATH:
		put_as_path(&w, value, 4);
		return true;
	case BGP_ATTRIBUTE_NEXT_HOP:
	case BGP_ATTRIBUTE_ORIGINATOR_ID:
	case BGP_ATTRIBUTE_CLUSTER_LIST:
		if (size % 4 == 0) {
			while (cursor_left(&value) > 0 && !w.full) {
				put_address(&w, &value, 4);
			}
			return true;
		}
		break;
	case BGP_ATTRIBUTE_MED:
	case BGP_ATTRIBUTE_LOCAL_PREF:
	case BGP_ATTRIBUTE_OTC:
		if (size == 4) {
			bgp_text_put(&w, "%u", cursor_u32(&value));
			return true;
		}
		break;
	case BGP_ATTRIBUTE_AGGREGATOR:
	case BGP_ATTRIBUTE_AS4_AGGREGATOR:
		if (size == 6 || size == 8) {
			put_aggregator(&w, value);
			return true;
		}
		break;
	case BGP_ATTRIBUTE_COMMUNITIES:
		put_communities(&w, value);
		return true;
	case BGP_ATTRIBUTE_EXTENDED_COMMUNITIES:
		put_extended_communities(&w, value);
		return true;
	case BGP_ATTRIBUTE_IPV6_EXTENDED_COMMUNITIES:
		put_ipv6_extended_communities(&w, value);
		return true;
	case BGP_ATTRIBUTE_PMSI_TUNNEL:
		if (size >= 5) {
			put_pmsi_tunnel(&w, value);
			return true;
		}
		break;
	case BGP_ATTRIBUTE_AIGP:
		if (size == 11) {
			cursor_skip(&value, 3);
			bgp_text_put(&w, "%llu", (unsigned long long)cursor_u64(&value));
			return true;
		}
		break;
	case BGP_ATTRIBUTE_ATTR_SET:
		if (size >= 4) {
			bgp_text_put(&w, "origin AS %u", cursor_u32(&value));
			return true;
		}
		break;
	case BGP_ATTRIBUTE_LARGE_COMMUNITY:
		put_large_communities(&w, value);
		return true;
	case BGP_ATTRIBUTE_MP_REACH_NLRI:
	case BGP_ATTRIBUTE_MP_UNREACH_NLRI:
		put_mp(&w, attribute);
		return true;
	default:
		break;
	}
	return false;
}

const char *
bgp_attribute_text(const struct bgp_attribute *attribute, const struct bgp_context *context,
	char text[BGP_ATTRIBUTE_TEXT_MAX])
{
	if (!bgp_attribute_summary(attribute, context, text)) {
		struct bgp_text w = {.text = text, .size = BGP_ATTRIBUTE_TEXT_MAX};
		bgp_text_put_hex(&w, attribute->value);
	}
	return text;
}
