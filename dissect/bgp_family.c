/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address families: a name for each half of the pair, and how the NLRI of the second half are
 * framed.
 */
#include "dissect/bgp_fields.h"
#include "dissect/bgp_walk.h"

#include <stdio.h>

/* The AFIs that the walk of a SAFI knows: the fourth column of families.def. */
enum afis { NONE, IP, IPV4, L2VPN, LINK_STATE };

enum { AFI_IPV4 = 1, AFI_IPV6 = 2, AFI_L2VPN = 25, AFI_LINK_STATE = 16388 };

static const struct safi_desc {
	const char *name;
	enum bgp_framing framing;
	enum afis afis;
	bgp_nlri_walker *walk;
} safis[256] = {
#define SAFI(number, name, framing, afis, walk) \
	[number] = {name, BGP_FRAMING_##framing, afis, walk},
#include "dissect/families.def"
#undef SAFI
};

const char *
bgp_afi_name(uint64_t afi)
{
	switch (afi) {
#define AFI(number, name) case number: return name;
#include "dissect/families.def"
#undef AFI
	default:
		return NULL;
	}
}

const char *
bgp_safi_name(uint64_t safi)
{
	return safi < 256 ? safis[safi].name : NULL;
}

const char *
bgp_family_text(struct bgp_family family, char text[BGP_FAMILY_TEXT_MAX])
{
	const char *afi = bgp_afi_name(family.afi);
	const char *safi = safis[family.safi].name;
	if (afi != NULL && safi != NULL) {
		snprintf(text, BGP_FAMILY_TEXT_MAX, "%s-%s", afi, safi);
	} else {
		snprintf(text, BGP_FAMILY_TEXT_MAX, "afi-%u-safi-%u", family.afi, family.safi);
	}
	return text;
}

enum bgp_framing
bgp_family_framing(struct bgp_family family)
{
	enum bgp_framing framing = safis[family.safi].framing;
	bool is_ip = family.afi == 1 || family.afi == 2;
	bool needs_ip = framing == BGP_FRAMING_PREFIX || framing == BGP_FRAMING_LABELED ||
		framing == BGP_FRAMING_VPN;
	return needs_ip && !is_ip ? BGP_FRAMING_OPAQUE : framing;
}

bgp_nlri_walker *
bgp_family_walker(struct bgp_family family)
{
	const struct safi_desc *desc = &safis[family.safi];
	bool known = false;
	switch (desc->afis) {
	case NONE:
		break;
	case IP:
		known = family.afi == AFI_IPV4 || family.afi == AFI_IPV6;
		break;
	case IPV4:
		known = family.afi == AFI_IPV4;
		break;
	case L2VPN:
		known = family.afi == AFI_L2VPN;
		break;
	case LINK_STATE:
		known = family.afi == AFI_LINK_STATE;
		break;
	}
	return known ? desc->walk : NULL;
}

bool
bgp_family_is_opaque(struct bgp_family family)
{
	return bgp_family_framing(family) != BGP_FRAMING_PREFIX &&
		bgp_family_walker(family) == NULL;
}
