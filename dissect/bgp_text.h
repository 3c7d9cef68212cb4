/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_BGP_TEXT_H
#define BGPWHY_DISSECT_BGP_TEXT_H

#include "dissect/bgp_internal.h"
#include "dissect/field.h"

/* A text that grows in a buffer of fixed size, and ends in "..." where it does not fit. What is put
 * when it is full is ignored. */
struct bgp_text {
	char *text;
	size_t size, length;
	bool full;
};

void bgp_text_put(struct bgp_text *w, const char *format, ...) FIELD_FORMAT(2, 3);
void bgp_text_put_hex(struct bgp_text *w, struct cursor value);

/* An IEEE 754 single of 4 octets, as bandwidths are given. */
double bgp_read_float(struct cursor *c);

/* " " where something stands before, for lists; "" at the beginning. */
static inline const char *
bgp_text_blank(const struct bgp_text *w)
{
	return w->length > 0 ? " " : "";
}

/* One community, extended community (of 8 octets, or of 20 for IPv6) in a few characters:
 * "no-export", "65001:100", "rt:65001:100", "color:7"; by its octets where it is not known. */
void bgp_text_put_community(struct bgp_text *w, uint32_t community);
void bgp_text_put_extended_community(struct bgp_text *w, struct cursor octets);
void bgp_text_put_ipv6_extended_community(struct bgp_text *w, struct cursor octets);

#endif
