/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_DECAP_H
#define BGPWHY_CAPTURE_DECAP_H

#include "capture/flow.h"
#include "capture/ghost.h"
#include "capture/source.h"
#include "dissect/cursor.h"

/*
 * Out of links and tunnels: from a packet down to the innermost TCP segment, UDP datagram, ICMP
 * error, ARP or NDP packet. Links: Ethernet, SLL, SLL2, raw IP, NULL, LOOP, PPP, PPPoE, C-HDLC, MPLS,
 * NFLOG, PFLOG, PKTAP, PPI, ENC, IPNET, Juniper's Ethernet. Between them and IP: 802.1Q, QinQ, MPLS,
 * PPPoE, GRE (and ERSPAN), IPIP, 6in4, VXLAN (and -GPE), Geneve.
 */

/* A TCP segment, as decapsulation found it. */
struct decap_tcp {
	struct packet_info *ip; /* `ghost` is not set yet */
	struct cursor segment;  /* header and payload, as far as captured */
	uint32_t wire_len;      /* of both, on the wire */
	uint32_t ip_id;
	bool offload; /* the IP header left the length to the card */
};

struct decap_tcp_sink {
	void *ctx;
	bool (*tcp)(void *ctx, const struct decap_tcp *tcp); /* returns whether BGP runs there */
};

struct decap;

/* `sink` gets bfd, icmp, neighbor and host. */
struct decap *decap_create(const struct flow_sink *sink, const struct decap_tcp_sink *tcp);
void decap_destroy(struct decap *decap);

/* Whether the packet belongs to BGP or BFD, or is ARP, NDP or ICMP. */
bool decap_packet(struct decap *decap, uint32_t input, const struct packet *packet);

struct ghosts *decap_ghosts(struct decap *decap);

/* Whether a limit was reached: datagrams in pieces, headers in one packet. */
bool decap_fragments_evicted(const struct decap *decap);
bool decap_too_deep(const struct decap *decap);

/* A quick look at a packet that comes later: the addresses and ports of TCP, or of BFD, over IP over Ethernet,
 * untagged or with one tag. False for all else; then nobody is prepared for it, no more. */
bool decap_glance(const struct packet *packet, struct packet_info *ip, uint16_t *src_port,
	uint16_t *dst_port);

#endif
