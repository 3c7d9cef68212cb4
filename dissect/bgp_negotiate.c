/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What two OPENs agree on. All of it is symmetric but ADD-PATH, which one speaker sends and the
 * other receives (RFC 7911 section 4), and the extended message, which the receiver alone permits
 * (RFC 8654 section 4). The lists are short, so that they are walked again rather than remembered; but which codes are
 * in them an OPEN knows, since most of what could be agreed on nobody offers.
 */
#include "dissect/bgp.h"

static bool
find_capability(const struct bgp_open *offer, uint8_t code, struct bgp_capability *cap)
{
	struct bgp_capability_iter iter = bgp_capabilities(offer);
	if (!bgp_offers(offer, code)) {
		return false;
	}
	while (bgp_next_capability(&iter, cap)) {
		if (cap->code == code && !cap->malformed) {
			return true;
		}
	}
	return false;
}

/* The last one: what RFC 4724 section 3 has count where there are several. */
static bool
find_last_capability(const struct bgp_open *offer, uint8_t code, struct bgp_capability *found)
{
	struct bgp_capability cap;
	struct bgp_capability_iter iter = bgp_capabilities(offer);
	bool any = false;
	while (bgp_offers(offer, code) && bgp_next_capability(&iter, &cap)) {
		if (cap.code == code && !cap.malformed) {
			*found = cap;
			any = true;
		}
	}
	return any;
}

static bool
offers_family(const struct bgp_open *offer, struct bgp_family family)
{
	struct bgp_capability cap;
	struct bgp_capability_iter iter = bgp_capabilities(offer);
	if (!bgp_offers(offer, BGP_CAPABILITY_MULTIPROTOCOL)) {
		return family.afi == 1 && family.safi == 1;
	}
	while (bgp_next_capability(&iter, &cap)) {
		if (cap.code == BGP_CAPABILITY_MULTIPROTOCOL && !cap.malformed &&
			bgp_family_equal(cap.multiprotocol, family)) {
			return true;
		}
	}
	return false;
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
	struct bgp_capability cap;
	struct bgp_capability_iter iter = bgp_capabilities(a);
	while (bgp_next_capability(&iter, &cap)) {
		if (cap.code == BGP_CAPABILITY_MULTIPROTOCOL && !cap.malformed && offers_family(b, cap.multiprotocol)) {
			add_family(cap.multiprotocol, families, max, &count);
		}
	}
	const struct bgp_family ipv4_unicast = {.afi = 1, .safi = 1};
	if (!bgp_offers(a, BGP_CAPABILITY_MULTIPROTOCOL) && offers_family(b, ipv4_unicast)) {
		add_family(ipv4_unicast, families, max, &count);
	}
	return count;
}

/* The ADD-PATH mode that it has for `family`; 0 for none. */
static uint8_t
add_path_mode(const struct bgp_open *offer, struct bgp_family family)
{
	struct bgp_capability cap;
	struct bgp_capability_iter iter = bgp_capabilities(offer);
	while (bgp_offers(offer, BGP_CAPABILITY_ADD_PATH) && bgp_next_capability(&iter, &cap)) {
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
negotiate_add_path(const struct bgp_open *from, const struct bgp_open *to, struct bgp_context *context)
{
	enum { RECEIVE = 1, SEND = 2 };
	struct bgp_capability cap;
	struct bgp_capability_iter iter = bgp_capabilities(from);
	while (bgp_offers(from, BGP_CAPABILITY_ADD_PATH) && bgp_next_capability(&iter, &cap)) {
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
	struct bgp_context context = {
		.as_width = from->as4 && to->as4 ? 4 : 2,
		.extended_messages = bgp_offers(to, BGP_CAPABILITY_EXTENDED_MESSAGE),
	};
	negotiate_add_path(from, to, &context);
	return context;
}

/* RFC 8950 section 4: next hops of IPv6 for the family's routes of IPv4. */
static bool
offers_extended_next_hop(const struct bgp_open *offer, struct bgp_family family)
{
	enum { IPV6 = 2 };
	struct bgp_capability cap;
	struct bgp_extended_next_hop hop;
	struct bgp_capability_iter iter = bgp_capabilities(offer);
	while (bgp_offers(offer, BGP_CAPABILITY_EXTENDED_NEXT_HOP) && bgp_next_capability(&iter, &cap)) {
		if (cap.code != BGP_CAPABILITY_EXTENDED_NEXT_HOP || cap.malformed) {
			continue;
		}
		while (bgp_next_extended_next_hop(&cap.extended_next_hop.tuples, &hop)) {
			if (hop.afi == family.afi && hop.safi == family.safi &&
				hop.next_hop_afi == IPV6) {
				return true;
			}
		}
	}
	return false;
}

static bool
both_offer(const struct bgp_open *a, const struct bgp_open *b, uint8_t code)
{
	return bgp_offers(a, code) && bgp_offers(b, code);
}

/* What it says of restarts of `family`. */
static void
agree_restart(const struct bgp_open *offer, unsigned side, struct bgp_agreed_family *family)
{
	struct bgp_capability cap;
	struct bgp_restart_family entry;
	if (find_last_capability(offer, BGP_CAPABILITY_GRACEFUL_RESTART, &cap)) {
		while (bgp_next_restart_family(&cap.graceful_restart.families, &entry)) {
			if (bgp_family_equal(entry.family, family->family)) {
				family->graceful[side] = true;
				family->forwarding[side] = entry.forwarding;
			}
		}
	}
	if (find_last_capability(offer, BGP_CAPABILITY_LLGR, &cap)) {
		while (bgp_next_llgr_family(&cap.llgr.families, &entry)) {
			if (bgp_family_equal(entry.family, family->family)) {
				family->has_stale_time[side] = true;
				family->stale_time_s[side] = entry.stale_time_s;
			}
		}
	}
}

/* `offer` is that of the side, `other` that of its peer. Returns whether it sets the N bit. */
static bool
agree_side(const struct bgp_open *offer, const struct bgp_open *other, struct bgp_agreed_side *side)
{
	struct bgp_capability cap;
	side->extended_messages = bgp_offers(other, BGP_CAPABILITY_EXTENDED_MESSAGE);
	if (find_capability(offer, BGP_CAPABILITY_ROLE, &cap)) {
		side->has_role = true;
		side->role = cap.role.value;
	}
	if (!find_last_capability(offer, BGP_CAPABILITY_GRACEFUL_RESTART, &cap)) {
		return false;
	}
	side->has_restart = true;
	side->restarting = cap.graceful_restart.restarting;
	side->restart_time_s = cap.graceful_restart.time_s;
	return cap.graceful_restart.notification;
}

void
bgp_agree(const struct bgp_open *a, const struct bgp_open *b, struct bgp_agreement *agreement)
{
	enum { RECEIVE = 1, SEND = 2 };
	const struct bgp_open *const offer[2] = {a, b};
	struct bgp_family families[BGP_CONTEXT_FAMILIES];
	bool notification[2];
	*agreement = (struct bgp_agreement){
		.as4 = a->as4 && b->as4,
		.route_refresh = both_offer(a, b, BGP_CAPABILITY_ROUTE_REFRESH) ||
			both_offer(a, b, BGP_CAPABILITY_ROUTE_REFRESH_CISCO),
		.enhanced_route_refresh = both_offer(a, b, BGP_CAPABILITY_ENHANCED_ROUTE_REFRESH),
	};
	for (unsigned i = 0; i < 2; i++) {
		notification[i] = agree_side(offer[i], offer[1 - i], &agreement->side[i]);
	}
	agreement->graceful_restart = agreement->side[0].has_restart && agreement->side[1].has_restart;
	agreement->notification = notification[0] && notification[1];
	agreement->llgr = agreement->graceful_restart && both_offer(a, b, BGP_CAPABILITY_LLGR);
	agreement->family_count =
		(uint8_t)bgp_common_families(a, b, families, BGP_CONTEXT_FAMILIES);
	for (unsigned i = 0; i < agreement->family_count; i++) {
		struct bgp_agreed_family *family = &agreement->families[i];
		family->family = families[i];
		family->extended_next_hop = offers_extended_next_hop(offer[0], families[i]) &&
			offers_extended_next_hop(offer[1], families[i]);
		for (unsigned side = 0; side < 2; side++) {
			family->add_path[side] =
				(add_path_mode(offer[side], families[i]) & SEND) != 0 &&
				(add_path_mode(offer[1 - side], families[i]) & RECEIVE) != 0;
			agree_restart(offer[side], side, family);
		}
	}
}
