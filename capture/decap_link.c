/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Link types, as tcpdump.org/linktypes.html has them. Headers that a capturing system put before the
 * packet (NFLOG, PKTAP, PFLOG, ENC, PPI) are in its own byte order, which nothing tells: what is
 * needed of them is read in the order in which it makes sense.
 */
#include <pcap/dlt.h>
#include <string.h>

#include "capture/decap_private.h"

enum {
	SLL_OTHER_HOST = 3,
	SLL_OUTGOING = 4,
	ARPHRD_ETHERNET = 1,
	JUNIPER_EXTENSIONS = 0x80,
	JUNIPER_NO_LAYER_2 = 0x02,
	JUNIPER_INCOMING = 0x01,
	NFLOG_PAYLOAD = 9,
	NFLOG_TYPE = 0x7fff, /* the other bits are flags */
	LINK_IPNET = 226,
	LINK_NETANALYZER = 240,
};

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

/* A packet for another host was neither sent nor received by this one. */
static int8_t
sll_direction(uint16_t kind)
{
	return kind == SLL_OUTGOING ? 1 : kind == SLL_OTHER_HOST ? -1 : 0;
}

/* What both cooked headers tell of a packet. */
static void
note_sender(struct layers *l, uint16_t kind, uint16_t mac_size, const uint8_t *mac)
{
	l->info.outgoing = sll_direction(kind);
	if (mac_size == MAC_SIZE) {
		l->info.has_mac = true;
		memcpy(l->info.src_mac, mac, MAC_SIZE);
	}
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
	note_sender(l, kind, mac_size, mac);
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
	note_sender(l, kind, mac_size, mac);
	return decap_cooked(l, type, c);
}

/* PPP, with or without the address and control octets, with or without a compressed protocol. */
bool
decap_ppp(struct layers *l, struct cursor c)
{
	if (cursor_left(&c) >= 2 && c.at[0] == 0xff && c.at[1] == 0x03) {
		cursor_skip(&c, 2);
	}
	uint16_t protocol = cursor_u8(&c);
	if ((protocol & 1) == 0) {
		protocol = (uint16_t)(protocol << 8 | cursor_u8(&c));
	}
	return decap_ethertype(l, ppp_ethertype(protocol), c);
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

/* PPPoE as a link type (RFC 2516): of a session. */
static bool
decap_pppoe(struct layers *l, struct cursor c)
{
	return decap_ethertype(l, ETHERTYPE_PPPOE, c);
}

/* "MGC", flags, the length of extensions and they; then Ethernet, or IP where the flag says so. */
static bool
decap_juniper_ethernet(struct layers *l, struct cursor c)
{
	const uint8_t *head = cursor_bytes(&c, 4);
	if (head == NULL || memcmp(head, "MGC", 3) != 0) {
		return false;
	}
	l->info.outgoing = (head[3] & JUNIPER_INCOMING) == 0;
	if ((head[3] & JUNIPER_EXTENSIONS) != 0) {
		cursor_skip(&c, cursor_u16(&c));
	}
	if ((head[3] & JUNIPER_NO_LAYER_2) != 0) {
		cursor_skip(&c, 4);
		return decap_ip_any(l, c);
	}
	return decap_ethernet(l, c);
}

/* Two octets in the order of the host: the one that leaves at least a header and fits is it. */
static uint16_t
host_u16(const uint8_t *p, size_t most)
{
	uint16_t little = (uint16_t)(p[1] << 8 | p[0]), big = (uint16_t)(p[0] << 8 | p[1]);
	return little >= 4 && little <= most ? little : big;
}

/* Family, version, resource, and attributes, one of which is the packet. */
static bool
decap_nflog(struct layers *l, struct cursor c)
{
	cursor_skip(&c, 4);
	while (cursor_left(&c) >= 4) {
		size_t most = layers_wire_left(l, &c);
		const uint8_t *head = cursor_bytes(&c, 4);
		uint16_t size = host_u16(head, most);
		bool little = size == (uint16_t)(head[1] << 8 | head[0]);
		uint16_t type = (uint16_t)(little ? head[3] << 8 | head[2] : head[2] << 8 | head[3]);
		if (size < 4) {
			return false;
		}
		if ((type & NFLOG_TYPE) == NFLOG_PAYLOAD) {
			return decap_ip_any(l, layers_bound(l, &c, size - 4u));
		}
		cursor_skip(&c, (size - 4u + 3u) / 4u * 4u);
	}
	return false;
}

static uint32_t
little_u32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* A header that ends in another link type (all Macs that make it are little-endian). */
static bool
decap_pktap(struct layers *l, struct cursor c)
{
	const uint8_t *head = c.at;
	if (cursor_left(&c) < 12) {
		return false;
	}
	uint32_t type = little_u32(head + 8);
	cursor_skip(&c, little_u32(head));
	return !c.failed && type <= INT32_MAX && decap_link(l, (int)type, c);
}

static bool
decap_ppi(struct layers *l, struct cursor c)
{
	const uint8_t *head = cursor_bytes(&c, 8);
	if (head == NULL) {
		return false;
	}
	uint32_t size = (uint32_t)head[3] << 8 | head[2];
	uint32_t type = little_u32(head + 4);
	if (size < 8 || type > INT32_MAX) {
		return false;
	}
	cursor_skip(&c, size - 8);
	return decap_link(l, (int)type, c);
}

/* Its first octet is its length without the padding to four. */
static bool
decap_pflog(struct layers *l, struct cursor c)
{
	uint32_t size = cursor_u8(&c);
	cursor_skip(&c, ((size + 3) & ~3u) - 1);
	return size > 0 && decap_ip_any(l, c);
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
	{DLT_PPP_ETHER, decap_pppoe, 0},
	{DLT_JUNIPER_ETHER, decap_juniper_ethernet, 0},
	{DLT_NFLOG, decap_nflog, 0},
	{DLT_PKTAP, decap_pktap, 0},
	{258, decap_pktap, 0}, /* LINKTYPE_PKTAP */
	{DLT_PPI, decap_ppi, 0},
	{DLT_PFLOG, decap_pflog, 0},
	{DLT_ENC, decap_ip_any, 12}, /* IPsec's inside */
	{LINK_IPNET, decap_ip_any, 24},
	{LINK_NETANALYZER, decap_ethernet, 4},
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
decap_link(struct layers *l, int link_type, struct cursor c)
{
	const struct link *link = link_find(link_type);
	if (link == NULL || c.failed || l->left-- <= 0) {
		return false;
	}
	cursor_skip(&c, link->skip);
	return link->decap(l, c);
}

bool
decap_packet(struct decap *decap, uint32_t input, const struct packet *packet)
{
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
	bool session = decap_link(&l, packet->link_type, cursor_make(packet->data, packet->cap_len));
	decap->too_deep |= l.left < 0;
	return session;
}
