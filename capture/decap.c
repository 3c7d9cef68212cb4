/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links and tunnels. Each function takes a cursor at its header and passes the rest on; the number
 * of layers is bounded, so that a packet cannot nest for ever. What a link knows about a packet
 * (MAC addresses, VLAN, direction) goes into packet_info; the innermost link has the last word.
 */
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "capture/decap_private.h"
#include "capture/input.h"

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_TEB = 0x6558, /* transparent Ethernet bridging, RFC 1701 */
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_MULTICAST = 0x8848,
	ETHERTYPE_PPPOE = 0x8864,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_ERSPAN_2 = 0x88be,
	ETHERTYPE_ERSPAN_3 = 0x22eb,
	ETHERTYPE_QINQ_OLD = 0x9100,
	ETHERTYPE_QINQ_OLDER = 0x9200,
	ETHERTYPE_HDLC_PPP = 0x880b,
};

enum {
	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057,
	PPP_MPLS = 0x0281,
};

enum { MAC_SIZE = 6, ARPHRD_ETHERNET = 1, SLL_OUTGOING = 4 };

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
			type = protocol == PPP_IPV4 ? ETHERTYPE_IPV4
			     : protocol == PPP_IPV6 ? ETHERTYPE_IPV6
			     : protocol == PPP_MPLS ? ETHERTYPE_MPLS : 0;
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

/*
 * The label stack (RFC 3032). What is behind it is not said; the first nibble tells IP, and 1 is an
 * associated channel (RFC 5586), which may carry BFD without IP and UDP (RFC 5885, type 7) or with
 * them (0x21, 0x57). Otherwise it may be Ethernet, with or without a control word.
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
	return false;
}

/* RFC 2784 and 2890; ERSPAN types I to III carry mirrored Ethernet frames. */
bool
decap_gre(struct layers *l, struct cursor c)
{
	uint16_t flags = cursor_u16(&c);
	uint16_t type = cursor_u16(&c);
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

/* RFC 7348; with the next protocol of VXLAN-GPE where that is there. */
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

static bool
looks_like(uint16_t type, const struct cursor *c)
{
	switch (type) {
	case ETHERTYPE_IPV4:
		return cursor_left(c) > 0 && c->at[0] >> 4 == 4;
	case ETHERTYPE_IPV6:
		return cursor_left(c) > 0 && c->at[0] >> 4 == 6;
	case ETHERTYPE_ARP: /* the kind of hardware comes first */
		return cursor_left(c) > 1 && c->at[0] == 0 && c->at[1] == ARPHRD_ETHERNET;
	default:
		return true;
	}
}

/*
 * Linux since 6.12 names, for a packet socket without link headers, the type behind all tags; where a
 * second tag was left in the packet, its octets stand there all the same.
 */
static bool
decap_cooked(struct layers *l, uint16_t type, struct cursor c)
{
	while (!looks_like(type, &c) && cursor_left(&c) > 4) {
		struct cursor behind = c;
		uint16_t tag = cursor_u16(&behind) & 0x0fff;
		uint16_t next = cursor_u16(&behind);
		bool tagged = next == ETHERTYPE_VLAN || next == ETHERTYPE_QINQ;
		if (!tagged && (next != type || !looks_like(type, &behind))) {
			break;
		}
		l->info.vlan = tag;
		c = behind;
	}
	return decap_ethertype(l, type, c);
}

static bool
decap_sll(struct layers *l, struct cursor c)
{
	uint16_t kind = cursor_u16(&c);
	cursor_skip(&c, 2);
	uint16_t mac_size = cursor_u16(&c);
	const uint8_t *mac = cursor_bytes(&c, 8);
	uint16_t type = cursor_u16(&c);
	if (c.failed) {
		return false;
	}
	l->info.outgoing = kind == SLL_OUTGOING;
	if (mac_size == MAC_SIZE) {
		l->info.has_mac = true;
		memcpy(l->info.src_mac, mac, MAC_SIZE);
	}
	return decap_cooked(l, type, c);
}

static bool
decap_sll2(struct layers *l, struct cursor c)
{
	uint16_t type = cursor_u16(&c);
	cursor_skip(&c, 8);
	uint8_t kind = cursor_u8(&c);
	uint8_t mac_size = cursor_u8(&c);
	const uint8_t *mac = cursor_bytes(&c, 8);
	if (c.failed) {
		return false;
	}
	l->info.outgoing = kind == SLL_OUTGOING;
	if (mac_size == MAC_SIZE) {
		l->info.has_mac = true;
		memcpy(l->info.src_mac, mac, MAC_SIZE);
	}
	return decap_cooked(l, type, c);
}

/* PPP, with or without the address and control octets, with or without a compressed protocol. */
static bool
decap_ppp(struct layers *l, struct cursor c)
{
	if (cursor_left(&c) >= 2 && c.at[0] == 0xff && c.at[1] == 0x03) {
		cursor_skip(&c, 2);
	}
	uint16_t protocol = cursor_u8(&c);
	if ((protocol & 1) == 0) {
		protocol = (uint16_t)(protocol << 8 | cursor_u8(&c));
	}
	switch (protocol) {
	case PPP_IPV4:
		return decap_ethertype(l, ETHERTYPE_IPV4, c);
	case PPP_IPV6:
		return decap_ethertype(l, ETHERTYPE_IPV6, c);
	case PPP_MPLS:
		return decap_ethertype(l, ETHERTYPE_MPLS, c);
	default:
		return false;
	}
}

/* Cisco HDLC: an address (0x0f, 0x8f), a control octet, an EtherType; or PPP in HDLC framing. */
static bool
decap_hdlc(struct layers *l, struct cursor c)
{
	if (cursor_left(&c) >= 2 && c.at[0] == 0xff && c.at[1] == 0x03) {
		return decap_ppp(l, c);
	}
	cursor_skip(&c, 2);
	uint16_t type = cursor_u16(&c);
	return decap_ethertype(l, type, c);
}

struct link {
	int type;
	bool (*decap)(struct layers *l, struct cursor c);
	uint8_t skip; /* octets before its header */
};

static const struct link links[] = {
	{DLT_EN10MB, decap_ethernet, 0},
	{DLT_LINUX_SLL, decap_sll, 0},
	{DLT_LINUX_SLL2, decap_sll2, 0},
	{DLT_RAW, decap_ip_any, 0},
	{101, decap_ip_any, 0}, /* LINKTYPE_RAW */
	{14, decap_ip_any, 0},  /* raw IP of OpenBSD */
	{DLT_IPV4, decap_ip_any, 0},
	{DLT_IPV6, decap_ip_any, 0},
	{DLT_NULL, decap_ip_any, 4}, /* its number of the family depends on the system: not needed */
	{DLT_LOOP, decap_ip_any, 4},
	{DLT_PPP, decap_ppp, 0},
	{DLT_PPP_SERIAL, decap_hdlc, 0},
	{DLT_PPP_WITH_DIR, decap_ppp, 1},
	{DLT_C_HDLC, decap_hdlc, 0},
	{DLT_MPLS, decap_mpls, 0},
};

static const struct link *
link_find(int type)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].type == type) {
			return &links[i];
		}
	}
	return NULL;
}

bool
source_link_known(int link_type)
{
	return link_find(link_type) != NULL;
}

bool
decap_packet(struct decap *decap, uint32_t input, const struct packet *packet)
{
	const struct link *link = link_find(packet->link_type);
	if (link == NULL) {
		return false;
	}
	struct layers l = {
		.decap = decap,
		.info = {
			.time_ns = packet->time_ns,
			.frame = packet->frame,
			.input = input,
			.outgoing = -1,
			.cut = packet->cap_len < packet->wire_len,
		},
		.missing = packet->wire_len > packet->cap_len ? packet->wire_len - packet->cap_len : 0,
		.left = LIMIT_LAYERS,
	};
	struct cursor c = cursor_make(packet->data, packet->cap_len);
	cursor_skip(&c, link->skip);
	return link->decap(&l, c);
}
