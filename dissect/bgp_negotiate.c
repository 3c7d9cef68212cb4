/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What two OPENs agree on. All of it is symmetric but ADD-PATH, which one speaker sends and the
 * other receives (RFC 7911 section 4), and the extended message, which the receiver alone permits
 * (RFC 8654 section 4). The lists are short, so that they are walked again rather than remembered.
 */
#include "dissect/bgp.h"

static bool
find_capability(const struct bgp_open *open, uint8_t code, struct bgp_capability *cap)
{
	struct bgp_capability_iter iter = bgp_capabilities(open);
	while (bgp_next_capability(&iter, cap)) {
		if (cap->code == code && !cap->malformed) {
			return true;
		}
	}
	return false;
}

static bool
offers_family(const struct bgp_open *open, struct bgp_family family)
{
	bool multiprotocol = false;
	struct bgp_capability cap;
	struct bgp_capability_iter iter = bgp_capabilities(open);
	while (bgp_next_capability(&iter, &cap)) {
		if (cap.code == BGP_CAPABILITY_MULTIPROTOCOL && !cap.malformed) {
			multiprotocol = true;
			if (bgp_family_equal(cap.multiprotocol, family)) {
				return true;
			}
		}
	}
	return !multiprotocol && family.afi == 1 && family.safi == 1;
}

static void
add_family(struct bgp_family family, struct bgp_family *families, size_t max, size_t *count)
{
	for (size_t i = 0; i < *count && i < max; i++) {
		if (bgp_family_equal(families[i], family)) {
			return;
		}
	}
	if (*count < max) {
		families[*count] = family;
		(*count)++;
	}
}

size_t
bgp_common_families(const struct bgp_open *a, const struct bgp_open *b, struct bgp_family *families,
	size_t max)
{
	size_t count = 0;
	bool multiprotocol = false;
	struct bgp_capability cap;
	struct bgp_capability_iter iter = bgp_capabilities(a);
	while (bgp_next_capability(&iter, &cap)) {
		if (cap.code == BGP_CAPABILITY_MULTIPROTOCOL && !cap.malformed) {
			multiprotocol = true;
			if (offers_family(b, cap.multiprotocol)) {
				add_family(cap.multiprotocol, families, max, &count);
			}
		}
	}
	const struct bgp_family ipv4_unicast = {.afi = 1, .safi = 1};
	if (!multiprotocol && offers_family(b, ipv4_unicast)) {
		add_family(ipv4_unicast, families, max, &count);
	}
	return count;
}

/* The ADD-PATH mode that `open` has for `family`; 0 for none. */
static uint8_t
add_path_mode(const struct bgp_open *open, struct bgp_family family)
{
	struct bgp_capability cap;
	struct bgp_capability_iter iter = bgp_capabilities(open);
	while (bgp_next_capability(&iter, &cap)) {
		if (cap.code != BGP_CAPABILITY_ADD_PATH || cap.malformed) {
			continue;
		}
		struct bgp_add_path entry;
		while (bgp_next_add_path(&cap.add_path.families, &entry)) {
			if (bgp_family_equal(entry.family, family) && entry.mode <= 3) {
				return entry.mode;
			}
		}
	}
	return 0;
}

static void
negotiate_add_path(const struct bgp_open *from, const struct bgp_open *to,
	struct bgp_context *context)
{
	enum { RECEIVE = 1, SEND = 2 };
	struct bgp_capability cap;
	struct bgp_capability_iter iter = bgp_capabilities(from);
	while (bgp_next_capability(&iter, &cap)) {
		if (cap.code != BGP_CAPABILITY_ADD_PATH || cap.malformed) {
			continue;
		}
		size_t count = context->add_path_count;
		struct bgp_add_path entry;
		while (bgp_next_add_path(&cap.add_path.families, &entry)) {
			if (entry.mode <= 3 && (entry.mode & SEND) != 0 &&
				(add_path_mode(to, entry.family) & RECEIVE) != 0) {
				add_family(entry.family, context->add_path, BGP_CONTEXT_FAMILIES, &count);
			}
		}
		context->add_path_count = (uint8_t)count;
	}
}

struct bgp_context
bgp_negotiate(const struct bgp_open *from, const struct bgp_open *to)
{
	struct bgp_capability cap;
	struct bgp_context context = {
		.as_width = from->as4 && to->as4 ? 4 : 2,
		.extended_messages = find_capability(to, BGP_CAPABILITY_EXTENDED_MESSAGE, &cap),
	};
	negotiate_add_path(from, to, &context);
	return context;
}
