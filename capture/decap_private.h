/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_DECAP_PRIVATE_H
#define BGPWHY_CAPTURE_DECAP_PRIVATE_H

#include "capture/decap.h"
#include "capture/fragment.h"

/* Between decap_link.c (link types), decap.c (EtherTypes and tunnels), decap_ip.c (IP) and
 * decap_control.c (ICMP, ARP, NDP). */

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

enum { MAC_SIZE = 6 };

struct decap {
	struct flow_sink sink;
	struct decap_tcp_sink tcp;
	struct fragments *fragments;
	struct ghosts ghosts;
	bool too_deep; /* a packet had more layers than are followed */
};

/* A packet on its way down. */
struct layers {
	struct decap *decap;
	struct packet_info info;
	uint32_t missing; /* octets behind the end of the cursor that the wire had */
	uint32_t ip_id;
	int left; /* layers that may still come; below 0: one more came */
	bool offload;
};

/* Each takes the cursor at its header; it returns what decap_packet() does. */
bool decap_ethernet(struct layers *l, struct cursor c);
bool decap_ethertype(struct layers *l, uint16_t type, struct cursor c);
bool decap_ip_any(struct layers *l, struct cursor c); /* by the version */
bool decap_ipv4(struct layers *l, struct cursor c);
bool decap_ipv6(struct layers *l, struct cursor c);
bool decap_gre(struct layers *l, struct cursor c);
bool decap_mpls(struct layers *l, struct cursor c);
bool decap_vxlan(struct layers *l, struct cursor c);
bool decap_vxlan_gpe(struct layers *l, struct cursor c);
bool decap_ppp(struct layers *l, struct cursor c);
bool decap_link(struct layers *l, int link_type, struct cursor c);
bool decap_geneve(struct layers *l, struct cursor c);
bool decap_arp(struct layers *l, struct cursor c);
bool decap_icmp4(struct layers *l, struct cursor c);
bool decap_icmp6(struct layers *l, struct cursor c);

/* A BFD packet with UDP (or, in a pseudowire, without: ports 0). */
bool decap_bfd(struct layers *l, uint16_t src_port, uint16_t dst_port, struct cursor payload);

/* 0 where none stands for it. */
static inline uint16_t
ppp_ethertype(uint16_t protocol)
{
	return protocol == PPP_IPV4 ? ETHERTYPE_IPV4
	     : protocol == PPP_IPV6 ? ETHERTYPE_IPV6
	     : protocol == PPP_MPLS ? ETHERTYPE_MPLS : 0;
}

static inline uint32_t
layers_wire_left(const struct layers *l, const struct cursor *c)
{
	return (uint32_t)cursor_left(c) + l->missing;
}

/* Cuts the cursor to `wire` octets, what lies behind is padding. */
static inline struct cursor
layers_bound(struct layers *l, struct cursor *c, uint32_t wire)
{
	size_t left = cursor_left(c);
	if (wire <= left) {
		l->missing = 0;
		return cursor_take(c, wire);
	}
	l->missing = wire - (uint32_t)left;
	return cursor_take(c, left);
}

/* Any other IP packet: its source is alive. */
static inline bool
decap_host(struct layers *l)
{
	l->decap->sink.host(l->decap->sink.ctx, &l->info);
	return false;
}

#endif
