/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_DECAP_PRIVATE_H
#define BGPWHY_CAPTURE_DECAP_PRIVATE_H

#include "capture/decap.h"
#include "capture/fragment.h"

/* Between decap.c (links and tunnels), decap_ip.c (IP) and decap_control.c (ICMP, ARP, NDP). */

struct decap {
	struct flow_sink sink;
	struct decap_tcp_sink tcp;
	struct fragments *fragments;
	struct ghosts ghosts;
};

/* A packet on its way down. */
struct layers {
	struct decap *decap;
	struct packet_info info;
	uint32_t missing; /* octets behind the end of the cursor that the wire had */
	uint32_t ip_id;
	int left; /* layers that may still come */
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
bool decap_geneve(struct layers *l, struct cursor c);
bool decap_arp(struct layers *l, struct cursor c);
bool decap_icmp4(struct layers *l, struct cursor c);
bool decap_icmp6(struct layers *l, struct cursor c);

/* A BFD packet with UDP (or, in a pseudowire, without: ports 0). */
bool decap_bfd(struct layers *l, uint16_t src_port, uint16_t dst_port, struct cursor payload);

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
