/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The insides of path attributes: the multiprotocol ones (RFC 4760), AS_PATH (RFC 4271 section 4.3,
 * RFC 5065, RFC 6793), and a text for those that people look at most.
 */
#include "dissect/bgp_internal.h"

#include <stdarg.h>
#include <stdio.h>

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

/* RFC 7606 section 7.2: known segment types, none of them empty, and nothing left over. */
static bool
as_path_fits(struct cursor path, uint8_t width)
{
	struct bgp_as_segment segment;
	while (bgp_next_as_segment(&path, width, &segment)) {
		if (segment.type < 1 || segment.type > 4 || segment.count == 0) {
			return false;
		}
	}
	return cursor_exact(&path);
}

uint8_t
bgp_as_path_width(const struct cursor *path, const struct bgp_context *context)
{
	uint8_t first = context->as_width != 0 ? context->as_width : 4;
	if (as_path_fits(*path, first)) {
		return first;
	}
	return context->as_width == 0 && as_path_fits(*path, 2) ? 2 : 0;
}

/* A text that grows in a buffer of fixed size, and says so where it does not fit. */
struct writer {
	char *text;
	size_t size, length;
	bool full;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
put(struct writer *w, const char *format, ...)
{
	static const char more[] = "...";
	va_list arguments;
	if (w->full) {
		return;
	}
	size_t room = w->size - w->length - (sizeof(more) - 1);
	va_start(arguments, format);
	int written = vsnprintf(w->text + w->length, room, format, arguments);
	va_end(arguments);
	if (written < 0 || (size_t)written >= room) {
		w->full = true;
		memcpy(w->text + w->length, more, sizeof(more));
		return;
	}
	w->length += (size_t)written;
}

static const char *
blank(const struct writer *w)
{
	return w->length > 0 ? " " : "";
}

static void
put_as_path(struct writer *w, struct cursor path, uint8_t width)
{
	static const char *const opening[] = {"", "{", "", "(", "[{"};
	static const char *const closing[] = {"", "}", "", ")", "}]"};
	struct bgp_as_segment segment;
	while (bgp_next_as_segment(&path, width, &segment)) {
		unsigned type = segment.type <= 4 ? segment.type : 0;
		const char *gap = "";
		uint32_t asn;
		put(w, "%s%s", blank(w), opening[type]);
		while (bgp_next_asn(&segment, &asn)) {
			put(w, "%s%u", gap, asn);
			gap = " ";
		}
		put(w, "%s", closing[type]);
	}
}

static void
put_hex(struct writer *w, struct cursor value)
{
	while (cursor_left(&value) > 0 && !w->full) {
		put(w, "%02x", cursor_u8(&value));
	}
}

static void
put_address(struct writer *w, struct cursor *value, uint8_t family)
{
	char text[ADDRESS_TEXT_MAX];
	struct address address = address_read(value, family);
	put(w, "%s%s", blank(w), address_text(&address, text));
}

/* RFC 1997, RFC 8642 and the IANA registry "BGP Well-known Communities". */
static const char *
community_name(uint32_t community)
{
	switch (community) {
	case 0xffff0000: return "graceful-shutdown";
	case 0xffff0001: return "accept-own";
	case 0xffff0006: return "llgr-stale";
	case 0xffff0007: return "no-llgr";
	case 0xffff029a: return "blackhole";
	case 0xffffff01: return "no-export";
	case 0xffffff02: return "no-advertise";
	case 0xffffff03: return "no-export-subconfed";
	case 0xffffff04: return "no-peer";
	default: return NULL;
	}
}

static void
put_communities(struct writer *w, struct cursor value)
{
	while (cursor_left(&value) >= 4 && !w->full) {
		uint32_t community = cursor_u32(&value);
		const char *name = community_name(community);
		if (name != NULL) {
			put(w, "%s%s", blank(w), name);
		} else {
			put(w, "%s%u:%u", blank(w), community >> 16, community & 0xffff);
		}
	}
}

static void
put_large_communities(struct writer *w, struct cursor value)
{
	while (cursor_left(&value) >= 12 && !w->full) {
		uint32_t global = cursor_u32(&value);
		uint32_t first = cursor_u32(&value);
		put(w, "%s%u:%u:%u", blank(w), global, first, cursor_u32(&value));
	}
}

/* RFC 4360, RFC 5668: route targets and origins by name, all others by their octets. */
static void
put_extended_communities(struct writer *w, struct cursor value)
{
	while (cursor_left(&value) >= 8 && !w->full) {
		struct cursor one = cursor_take(&value, 8);
		struct cursor raw = one;
		uint8_t type = cursor_u8(&one);
		uint8_t subtype = cursor_u8(&one);
		const char *name = subtype == 2 ? "rt" : "soo";
		if (type > 2 || (subtype != 2 && subtype != 3)) {
			put(w, "%s0x", blank(w));
			put_hex(w, raw);
		} else if (type == 0) {
			uint16_t asn = cursor_u16(&one);
			put(w, "%s%s:%u:%u", blank(w), name, asn, cursor_u32(&one));
		} else {
			uint32_t high = cursor_u32(&one);
			uint16_t low = cursor_u16(&one);
			if (type == 1) {
				put(w, "%s%s:%u.%u.%u.%u:%u", blank(w), name, high >> 24,
					high >> 16 & 0xff, high >> 8 & 0xff, high & 0xff, low);
			} else {
				put(w, "%s%s:%u:%u", blank(w), name, high, low);
			}
		}
	}
}

static void
put_mp(struct writer *w, const struct bgp_attribute *attribute)
{
	struct bgp_mp mp;
	char family[BGP_FAMILY_TEXT_MAX];
	if (!bgp_read_mp(attribute, &mp)) {
		put_hex(w, attribute->value);
		return;
	}
	put(w, "%s", bgp_family_text(mp.family, family));
	if (!mp.reach) {
		return;
	}
	size_t size = cursor_left(&mp.next_hop);
	bool has_rd = size == 12 || size == 24 || size == 48;
	put(w, " next hop");
	if (size == 0 || (!has_rd && size != 4 && size != 16 && size != 32)) {
		put(w, " %s", size == 0 ? "none" : "0x");
		put_hex(w, mp.next_hop);
		return;
	}
	while (cursor_left(&mp.next_hop) > 0) {
		cursor_skip(&mp.next_hop, has_rd ? 8 : 0);
		put_address(w, &mp.next_hop, size == 4 || size == 12 ? 4 : 6);
	}
}

static void
put_aggregator(struct writer *w, struct cursor value)
{
	uint32_t asn = cursor_left(&value) == 8 ? cursor_u32(&value) : cursor_u16(&value);
	put(w, "%u", asn);
	put_address(w, &value, 4);
}

const char *
bgp_attribute_text(const struct bgp_attribute *attribute, const struct bgp_context *context,
	char text[BGP_ATTRIBUTE_TEXT_MAX])
{
	static const char *const origins[] = {"IGP", "EGP", "INCOMPLETE"};
	struct writer w = {.text = text, .size = BGP_ATTRIBUTE_TEXT_MAX};
	struct cursor value = attribute->value;
	size_t size = cursor_left(&value);
	uint8_t width;
	text[0] = '\0';
	switch (attribute->type) {
	case BGP_ATTRIBUTE_ORIGIN:
		if (size == 1 && *value.at <= 2) {
			put(&w, "%s", origins[*value.at]);
			return text;
		}
		break;
	case BGP_ATTRIBUTE_AS_PATH:
		width = bgp_as_path_width(&value, context);
		if (width != 0) {
			put_as_path(&w, value, width);
			return text;
		}
		break;
	case BGP_ATTRIBUTE_AS4_PATH:
		put_as_path(&w, value, 4);
		return text;
	case BGP_ATTRIBUTE_NEXT_HOP:
	case BGP_ATTRIBUTE_ORIGINATOR_ID:
	case BGP_ATTRIBUTE_CLUSTER_LIST:
		if (size % 4 == 0) {
			while (cursor_left(&value) > 0 && !w.full) {
				put_address(&w, &value, 4);
			}
			return text;
		}
		break;
	case BGP_ATTRIBUTE_MED:
	case BGP_ATTRIBUTE_LOCAL_PREF:
	case BGP_ATTRIBUTE_OTC:
		if (size == 4) {
			put(&w, "%u", cursor_u32(&value));
			return text;
		}
		break;
	case BGP_ATTRIBUTE_AGGREGATOR:
	case BGP_ATTRIBUTE_AS4_AGGREGATOR:
		if (size == 6 || size == 8) {
			put_aggregator(&w, value);
			return text;
		}
		break;
	case BGP_ATTRIBUTE_COMMUNITIES:
		put_communities(&w, value);
		return text;
	case BGP_ATTRIBUTE_EXTENDED_COMMUNITIES:
		put_extended_communities(&w, value);
		return text;
	case BGP_ATTRIBUTE_LARGE_COMMUNITY:
		put_large_communities(&w, value);
		return text;
	case BGP_ATTRIBUTE_MP_REACH_NLRI:
	case BGP_ATTRIBUTE_MP_UNREACH_NLRI:
		put_mp(&w, attribute);
		return text;
	default:
		break;
	}
	put_hex(&w, value);
	return text;
}
