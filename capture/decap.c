/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EtherTypes and tunnels. Each function takes a cursor at its header and passes the rest on; the
 * number of layers is bounded, so that a packet cannot nest for ever. What a link knows about a
 * packet (MAC addresses, VLAN, direction) goes into packet_info; the innermost link has the last
 * word.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/decap_private.h"
#include "capture/input.h"

struct decap *
decap_create(const struct flow_sink *sink, const struct decap_tcp_sink *tcp)
{
	struct decap *decap = capture_allocate(sizeof(*decap));
	decap->sink = *sink;
	decap->tcp = *tcp;
	decap->fragments = fragments_create();
	decap->ghosts.seed = siphash_seed_random();
	return decap;
}

void
decap_destroy(struct decap *decap)
{
	if (decap != NULL) {
		fragments_destroy(decap->fragments);
		free(decap);
	}
}

struct ghosts *
decap_ghosts(struct decap *decap)
{
	return &decap->ghosts;
}

bool
decap_fragments_evicted(const struct decap *decap)
{
	return fragments_evicted(decap->fragments);
}

bool
decap_too_deep(const struct decap *decap)
{
	return decap->too_deep;
}

bool
decap_ethertype(struct layers *l, uint16_t type, struct cursor c)
{
	for (;;) {
		if (c.failed || l->left-- <= 0) {
			return false;
		}
		switch (type) {
		case ETHERTYPE_IPV4:
			return decap_ipv4(l, c);
		case ETHERTYPE_IPV6:
			return decap_ipv6(l, c);
		case ETHERTYPE_ARP:
			return decap_arp(l, c);
		case ETHERTYPE_MPLS:
		case ETHERTYPE_MPLS_MULTICAST:
			return decap_mpls(l, c);
		case ETHERTYPE_TEB:
			return decap_ethernet(l, c);
		case ETHERTYPE_VLAN:
		case ETHERTYPE_QINQ:
		case ETHERTYPE_QINQ_OLD:
		case ETHERTYPE_QINQ_OLDER:
			l->info.vlan = cursor_u16(&c) & 0x0fff;
			type = cursor_u16(&c);
			continue;
		case ETHERTYPE_PPPOE: {
			cursor_skip(&c, 6);
			uint16_t protocol = cursor_u16(&c);
			type = ppp_ethertype(protocol);
			continue;
		}
		default:
			if (type < 0x0600 && type >= 3) {
				/* A length: IEEE 802.2. With SNAP an EtherType follows (RFC 1042). */
				const uint8_t *llc = cursor_bytes(&c, 6);
				if (llc == NULL || llc[0] != 0xaa || llc[1] != 0xaa || llc[2] != 3) {
					return false;
				}
				type = cursor_u16(&c);
				continue;
			}
			return false;
		}
	}
}

bool
decap_ethernet(struct layers *l, struct cursor c)
{
	const uint8_t *macs = cursor_bytes(&c, 2 * MAC_SIZE);
	uint16_t type = cursor_u16(&c);
	if (c.failed) {
		return false;
	}
	l->info.has_mac = true;
	memcpy(l->info.dst_mac, macs, MAC_SIZE);
	memcpy(l->info.src_mac, macs + MAC_SIZE, MAC_SIZE);
	return decap_ethertype(l, type, c);
}

bool
decap_ip_any(struct layers *l, struct cursor c)
{
	if (cursor_left(&c) == 0) {
		return false;
	}
	uint8_t version = *c.at >> 4;
	uint16_t type = version == 4 ? ETHERTYPE_IPV4 : version == 6 ? ETHERTYPE_IPV6 : 0;
	return decap_ethertype(l, type, c);
}

/* Whether Ethernet may begin here, by what its type says. */
static bool
looks_like_ethernet(struct cursor c)
{
	cursor_skip(&c, 2 * MAC_SIZE);
	switch (cursor_u16(&c)) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
	case ETHERTYPE_ARP:
	case ETHERTYPE_VLAN:
	case ETHERTYPE_QINQ:
	case ETHERTYPE_MPLS:
	case ETHERTYPE_PPPOE:
		return !c.failed;
	default:
		return false;
	}
}

static bool
looks_like_ip(const struct layers *l, struct cursor c)
{
	uint32_t left = layers_wire_left(l, &c);
	const uint8_t *p = cursor_bytes(&c, 20);
	if (p == NULL) {
		return false;
	}
	if (p[0] >> 4 == 4) {
		return (p[0] & 0x0f) >= 5 && ((uint32_t)p[2] << 8 | p[3]) <= left;
	}
	return p[0] >> 4 == 6 && ((uint32_t)p[4] << 8 | p[5]) + 40 <= left;
}

/*
 * The label stack (RFC 3032). What is behind it is not said; the first nibble tells IP, and 1 is an
 * associated channel (RFC 5586), which may carry BFD without IP and UDP (RFC 5885, type 7) or with
 * them (0x21, 0x57). Otherwise it may be Ethernet, with or without a control word (RFC 4448); the
 * first octet of a MAC address may have any of these nibbles.
 */
bool
decap_mpls(struct layers *l, struct cursor c)
{
	for (int labels = 0; labels < LIMIT_LAYERS; labels++) {
		uint32_t label = cursor_u32(&c);
		if (c.failed) {
			return false;
		}
		if ((label & 0x100) == 0) {
			continue;
		}
		if (cursor_left(&c) == 0) {
			return false;
		}
		if (looks_like_ethernet(c) && !looks_like_ip(l, c)) {
			return l->left-- > 0 && decap_ethernet(l, c);
		}
		switch (*c.at >> 4) {
		case 4:
		case 6:
			return decap_ip_any(l, c);
		case 1: {
			cursor_skip(&c, 2);
			uint16_t channel = cursor_u16(&c);
			if (channel == 0x0007 || channel == 0x0022) {
				return decap_bfd(l, 0, 0, c);
			}
			if (channel == 0x0021 || channel == 0x0057) {
				return decap_ip_any(l, c);
			}
			return false;
		}
		case 0: {
			struct cursor word = c;
			cursor_skip(&word, 4);
			if (cursor_left(&word) > 0 && l->left-- > 0) {
				return decap_ethernet(l, word);
			}
			return false;
		}
		default:
			return l->left-- > 0 && decap_ethernet(l, c);
		}
	}
	l->left = -1;
	return false;
}

/* RFC 2784 and 2890; ERSPAN types I to III carry mirrored Ethernet frames, version 1 is PPTP's (RFC
 * 2637) and carries PPP. */
bool
decap_gre(struct layers *l, struct cursor c)
{
	uint16_t flags = cursor_u16(&c);
	uint16_t type = cursor_u16(&c);
	if ((flags & 0x0007) == 1 && type == ETHERTYPE_HDLC_PPP) {
		cursor_skip(&c, 4u + ((flags & 0x1000) != 0 ? 4u : 0u) + ((flags & 0x0080) != 0 ? 4u : 0u));
		return l->left-- > 0 && decap_ppp(l, c);
	}
	if ((flags & 0x4007) != 0) { /* source routes; another version */
		return false;
	}
	bool has_sequence = (flags & 0x1000) != 0;
	cursor_skip(&c, ((flags & 0x8000) != 0 ? 4u : 0u) + ((flags & 0x2000) != 0 ? 4u : 0u) +
		(has_sequence ? 4u : 0u));
	if (type == ETHERTYPE_ERSPAN_2) {
		cursor_skip(&c, has_sequence ? 8 : 0);
		type = ETHERTYPE_TEB;
	} else if (type == ETHERTYPE_ERSPAN_3) {
		const uint8_t *header = cursor_bytes(&c, 12);
		if (header != NULL && (header[11] & 1) != 0) {
			cursor_skip(&c, 8); /* the platform's own part */
		}
		type = ETHERTYPE_TEB;
	}
	return decap_ethertype(l, type, c);
}

/* RFC 7348. */
bool
decap_vxlan(struct layers *l, struct cursor c)
{
	uint8_t flags = cursor_u8(&c);
	cursor_skip(&c, 7);
	if (c.failed || (flags & 0x08) == 0) {
		return false;
	}
	return decap_ethertype(l, ETHERTYPE_TEB, c);
}

/* draft-ietf-nvo3-vxlan-gpe: with a port of its own, and the next protocol where a flag says so. */
bool
decap_vxlan_gpe(struct layers *l, struct cursor c)
{
	enum { HAS_PROTOCOL = 0x04, GPE_IPV4 = 1, GPE_IPV6, GPE_ETHERNET, GPE_MPLS = 5 };
	uint8_t flags = cursor_u8(&c);
	cursor_skip(&c, 2);
	uint8_t next = cursor_u8(&c);
	cursor_skip(&c, 4);
	if ((flags & HAS_PROTOCOL) == 0) {
		return decap_ethertype(l, ETHERTYPE_TEB, c);
	}
	switch (next) {
	case GPE_IPV4:
		return decap_ethertype(l, ETHERTYPE_IPV4, c);
	case GPE_IPV6:
		return decap_ethertype(l, ETHERTYPE_IPV6, c);
	case GPE_ETHERNET:
		return decap_ethertype(l, ETHERTYPE_TEB, c);
	case GPE_MPLS:
		return decap_ethertype(l, ETHERTYPE_MPLS, c);
	default:
		return false;
	}
}

/* RFC 8926. */
bool
decap_geneve(struct layers *l, struct cursor c)
{
	uint8_t first = cursor_u8(&c);
	cursor_skip(&c, 1);
	uint16_t type = cursor_u16(&c);
	cursor_skip(&c, 4u + (first & 0x3fu) * 4u);
	if (first >> 6 != 0) {
		return false;
	}
	return decap_ethertype(l, type, c);
}
