/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address families: a name for each half of the pair, and how the NLRI of the second half are
 * framed.
 */
#include "dissect/bgp_fields.h"

#include <stdio.h>

static const struct safi_desc {
	const char *name;
	enum bgp_framing framing;
} safis[256] = {
#define SAFI(number, name, framing, fields) [number] = {name, BGP_FRAMING_##framing},
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
