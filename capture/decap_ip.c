/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP and what it carries. The length in the header bounds the payload, for Ethernet pads short
 * frames; 0 there means that the card was left to cut a large segment (TSO, BIG TCP), and then the
 * captured length counts.
 */
#include <pcap/dlt.h>
#include <string.h>

#include "capture/decap_private.h"

enum {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_IPIP = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_AH = 51,
	PROTOCOL_ICMP6 = 58,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_MPLS = 137,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
};

enum {
	PORT_BFD = 3784,          /* RFC 5881 */
	PORT_BFD_ECHO = 3785,
	PORT_BFD_MULTIHOP = 4784, /* RFC 5883 */
	PORT_BFD_LAG = 6784,      /* RFC 7130 */
	PORT_BFD_SEAMLESS = 7784, /* RFC 7881 */
	PORT_VXLAN = 4789,
	PORT_VXLAN_OLD = 8472, /* Linux before it was assigned */
	PORT_VXLAN_GPE = 4790,
	PORT_GENEVE = 6081,
	PORT_MPLS = 6635, /* RFC 7510 */
	PORT_GRE = 4754, /* RFC 8086 */
};

bool
decap_bfd(struct layers *l, uint16_t src_port, uint16_t dst_port, struct cursor payload)
{
	struct datagram datagram = {
		.ip = &l->info,
		.src_port = src_port,
		.dst_port = dst_port,
		.data = payload.at,
		.cap_len = (uint32_t)cursor_left(&payload),
		.wire_len = layers_wire_left(l, &payload),
	};
	l->decap->sink.bfd(l->decap->sink.ctx, &datagram);
	return true;
}

static bool
decap_udp(struct layers *l, struct cursor c)
{
	struct cursor start = c;
	uint16_t src_port = cursor_u16(&c);
	uint16_t dst_port = cursor_u16(&c);
	uint16_t length = cursor_u16(&c);
	cursor_skip(&c, 2);
	if (c.failed) {
		return decap_host(l);
	}
	struct cursor payload = c;
	if (length >= 8 && length - 8u <= layers_wire_left(l, &c)) {
		payload = layers_bound(l, &c, length - 8u);
	}
	bool handled;
	switch (dst_port) {
	case PORT_BFD:
	case PORT_BFD_ECHO:
	case PORT_BFD_MULTIHOP:
	case PORT_BFD_LAG:
	case PORT_BFD_SEAMLESS:
		l->info.ghost = ghosts_note(&l->decap->ghosts, &l->info, l->ip_id, start.at,
			cursor_left(&start), false);
		return decap_bfd(l, src_port, dst_port, payload);
	case PORT_VXLAN:
	case PORT_VXLAN_OLD:
		handled = decap_vxlan(l, payload);
		break;
	case PORT_VXLAN_GPE:
		handled = decap_vxlan_gpe(l, payload);
		break;
	case PORT_MPLS:
		handled = l->left-- > 0 && decap_mpls(l, payload);
		break;
	case PORT_GENEVE:
		handled = decap_geneve(l, payload);
		break;
	case PORT_GRE:
		handled = decap_gre(l, payload);
		break;
	default:
		if (src_port == PORT_BFD_SEAMLESS) { /* a reflector's answer */
			l->info.ghost = ghosts_note(&l->decap->ghosts, &l->info, l->ip_id, start.at,
				cursor_left(&start), false);
			return decap_bfd(l, src_port, dst_port, payload);
		}
		return decap_host(l);
	}
	return handled;
}

static bool
decap_transport(struct layers *l, uint8_t protocol, struct cursor c)
{
	l->info.protocol = protocol;
	switch (protocol) {
	case PROTOCOL_TCP: {
		struct decap_tcp tcp = {
			.ip = &l->info,
			.segment = c,
			.wire_len = layers_wire_left(l, &c),
			.ip_id = l->ip_id,
			.offload = l->offload,
		};
		return l->decap->tcp.tcp(l->decap->tcp.ctx, &tcp) || decap_host(l);
	}
	case PROTOCOL_UDP:
		return decap_udp(l, c);
	case PROTOCOL_ICMP:
		return l->info.src.family == 4 ? decap_icmp4(l, c) : decap_host(l);
	case PROTOCOL_ICMP6:
		return l->info.src.family == 6 ? decap_icmp6(l, c) : decap_host(l);
	case PROTOCOL_IPIP:
	case PROTOCOL_IPV6:
		return decap_ip_any(l, c);
	case PROTOCOL_GRE:
		return decap_gre(l, c);
	case PROTOCOL_MPLS:
		return l->left-- > 0 && decap_mpls(l, c);
	default:
		return decap_host(l);
	}
}

static bool
decap_fragment(struct layers *l, uint8_t protocol, uint32_t offset, bool more, struct cursor c,
	uint32_t header_length)
{
	struct fragment fragment = {
		.time_ns = l->info.time_ns,
		.src = l->info.src,
		.dst = l->info.dst,
		.id = l->ip_id,
		.protocol = protocol,
		.offset = offset,
		.more = more,
		.data = c.at,
		.size = cursor_left(&c),
	};
	const uint8_t *data;
	size_t size;
	if (l->missing > 0) {
		/* Cut by the snaplen: its datagram cannot be completed. */
		return decap_host(l);
	}
	if (!fragments_add(l->decap->fragments, &fragment, &data, &size, &protocol)) {
		/* It may be a part of BGP or BFD: that shows only when the last one is there. */
		return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
	}
	l->info.fragment = true;
	l->info.ip_length = header_length + (uint32_t)size;
	return decap_transport(l, protocol, cursor_make(data, size));
}

bool
decap_ipv4(struct layers *l, struct cursor c)
{
	uint32_t wire = layers_wire_left(l, &c);
	const uint8_t *p = cursor_bytes(&c, 20);
	if (p == NULL || p[0] >> 4 != 4) {
		return false;
	}
	uint32_t header = (p[0] & 0x0fu) * 4u;
	uint32_t total = (uint32_t)p[2] << 8 | p[3];
	uint32_t fragment = (uint32_t)p[6] << 8 | p[7];
	if (header < 20) {
		return false;
	}
	l->offload = total == 0;
	if (l->offload) {
		total = wire;
	}
	if (total < header) {
		return false;
	}
	l->info.src = (struct address){.family = 4};
	l->info.dst = (struct address){.family = 4};
	memcpy(l->info.src.octets, p + 12, 4);
	memcpy(l->info.dst.octets, p + 16, 4);
	l->info.ttl = p[8];
	l->info.protocol = p[9];
	l->info.dont_fragment = (fragment & 0x4000) != 0;
	l->info.fragment = false;
	l->info.ip_length = total;
	l->ip_id = (uint32_t)p[4] << 8 | p[5];
	cursor_skip(&c, header - 20);
	if (c.failed) {
		return false;
	}
	struct cursor payload = layers_bound(l, &c, total - header);
	if ((fragment & 0x3fff) != 0) {
		return decap_fragment(l, p[9], (fragment & 0x1fff) * 8, (fragment & 0x2000) != 0, payload,
			header);
	}
	return decap_transport(l, p[9], payload);
}

bool
decap_ipv6(struct layers *l, struct cursor c)
{
	uint32_t wire = layers_wire_left(l, &c);
	const uint8_t *p = cursor_bytes(&c, 40);
	if (p == NULL || p[0] >> 4 != 6) {
		return false;
	}
	uint32_t length = (uint32_t)p[4] << 8 | p[5];
	l->offload = length == 0;
	if (l->offload) {
		length = wire >= 40 ? wire - 40 : 0; /* a jumbogram (RFC 2675) likewise */
	}
	l->info.src = (struct address){.family = 6};
	l->info.dst = (struct address){.family = 6};
	memcpy(l->info.src.octets, p + 8, 16);
	memcpy(l->info.dst.octets, p + 24, 16);
	l->info.ttl = p[7];
	l->info.dont_fragment = true;
	l->info.fragment = false;
	l->info.ip_length = length + 40;
	l->ip_id = 0;
	uint8_t next = p[6];
	struct cursor payload = layers_bound(l, &c, length);
	for (int i = 0; i < LIMIT_IPV6_EXTENSIONS; i++) {
		l->info.protocol = next;
		switch (next) {
		case PROTOCOL_HOP_BY_HOP:
		case PROTOCOL_ROUTING:
		case PROTOCOL_DESTINATION:
		case PROTOCOL_MOBILITY:
		case PROTOCOL_HIP:
		case PROTOCOL_SHIM6: {
			next = cursor_u8(&payload);
			uint32_t units = cursor_u8(&payload);
			cursor_skip(&payload, 6 + units * 8);
			break;
		}
		case PROTOCOL_AH: {
			next = cursor_u8(&payload);
			uint32_t words = cursor_u8(&payload);
			cursor_skip(&payload, (words + 2) * 4 - 2);
			break;
		}
		case PROTOCOL_FRAGMENT: {
			next = cursor_u8(&payload);
			cursor_skip(&payload, 1);
			uint32_t fragment = cursor_u16(&payload);
			l->ip_id = cursor_u32(&payload);
			if (payload.failed) {
				return decap_host(l);
			}
			if ((fragment & 0xfff9) == 0) {
				break; /* an atomic fragment, RFC 6946 */
			}
			return decap_fragment(l, next, fragment & 0xfff8, (fragment & 1) != 0, payload, 40);
		}
		default:
			return decap_transport(l, next, payload);
		}
		if (payload.failed) {
			return decap_host(l);
		}
	}
	l->left = -1;
	return decap_host(l);
}

bool
decap_glance(const struct packet *packet, struct packet_info *ip, uint16_t *src_port,
	uint16_t *dst_port)
{
	enum { MACS = 12, TYPE_IPV4 = 0x0800, TYPE_VLAN = 0x8100, TYPE_IPV6 = 0x86dd };
	struct cursor c = cursor_make(packet->data, packet->cap_len);
	if (packet->link_type != DLT_EN10MB) {
		return false;
	}
	cursor_skip(&c, MACS);
	uint16_t type = cursor_u16(&c);
	if (type == TYPE_VLAN) {
		cursor_skip(&c, 2);
		type = cursor_u16(&c);
	}
	bool v4 = type == TYPE_IPV4;
	const uint8_t *p = v4 || type == TYPE_IPV6 ? cursor_bytes(&c, v4 ? 20 : 40) : NULL;
	if (p == NULL || (p[v4 ? 9 : 6] != PROTOCOL_TCP && p[v4 ? 9 : 6] != PROTOCOL_UDP)) {
		return false;
	}
	ip->protocol = p[v4 ? 9 : 6];
	ip->src = ip->dst = (struct address){.family = v4 ? 4 : 6};
	if (v4) {
		memcpy(ip->src.octets, p + 12, 4);
		memcpy(ip->dst.octets, p + 16, 4);
		uint32_t header = (p[0] & 0x0fu) * 4u;
		cursor_skip(&c, header > 20 ? header - 20 : 0);
	} else {
		memcpy(ip->src.octets, p + 8, 16);
		memcpy(ip->dst.octets, p + 24, 16);
	}
	*src_port = cursor_u16(&c);
	*dst_port = cursor_u16(&c);
	return !c.failed && (ip->protocol == PROTOCOL_TCP || *dst_port == PORT_BFD ||
		*dst_port == PORT_BFD_MULTIHOP);
}
