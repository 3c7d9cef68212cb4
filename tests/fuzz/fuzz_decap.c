/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links, tunnels and fragments, without a capture file around them. The input is a list of packets: the number
 * of a link type, the octets that the wire had and the capture has not, a leap of time, the length, the
 * octets. What comes out must lie in the packet or be a datagram that was put together, and no more
 * of it than the wire had.
 */
#include <assert.h>
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "capture/decap.h"
#include "capture/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PACKETS_MAX = 400 };

static volatile uint8_t touched; /* every octet given must be readable */

static void
touch(const uint8_t *octets, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		touched ^= octets[i];
	}
}

static void
check_info(const struct packet_info *ip)
{
	assert(ip->frame > 0 && (ip->src.family == 4 || ip->src.family == 6));
	assert(ip->dst.family == ip->src.family);
}

static bool
on_tcp(void *ctx, const struct decap_tcp *tcp)
{
	(void)ctx;
	check_info(tcp->ip);
	assert(cursor_left(&tcp->segment) <= tcp->wire_len);
	touch(tcp->segment.at, cursor_left(&tcp->segment));
	return true;
}

static void
on_bfd(void *ctx, const struct datagram *datagram)
{
	(void)ctx;
	assert(datagram->cap_len <= datagram->wire_len);
	touch(datagram->data, datagram->cap_len);
}

static void
on_icmp(void *ctx, const struct icmp_note *note)
{
	(void)ctx;
	check_info(note->ip);
}

static void
on_neighbor(void *ctx, const struct neighbor_note *note)
{
	(void)ctx;
	touched ^= ((const uint8_t *)note)[0];
}

static void
on_host(void *ctx, const struct packet_info *ip)
{
	(void)ctx;
	check_info(ip);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int links[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_NULL, DLT_LOOP, DLT_PPP,
		DLT_PPP_SERIAL, DLT_PPP_WITH_DIR, DLT_C_HDLC, DLT_MPLS, DLT_PPP_ETHER, DLT_JUNIPER_ETHER, DLT_NFLOG,
		DLT_PKTAP, DLT_PPI, DLT_PFLOG, DLT_ENC, DLT_IPV4, DLT_IPV6, 226, 240};
	static const struct flow_sink sink = {
		.bfd = on_bfd, .icmp = on_icmp, .neighbor = on_neighbor, .host = on_host};
	static const struct decap_tcp_sink tcp = {.tcp = on_tcp};
	struct decap *decap = decap_create(&sink, &tcp);
	struct cursor in = cursor_make(data, size);
	struct packet packet = {.time_ns = 1, .time_digits = 6};
	while (packet.frame < PACKETS_MAX && cursor_left(&in) > 5) {
		packet.frame++;
		packet.link_type = links[cursor_u8(&in) % (sizeof(links) / sizeof(links[0]))];
		uint32_t missing = cursor_u8(&in);
		packet.time_ns += (uint64_t)cursor_u8(&in) * 500000000u;
		size_t wanted = cursor_u16(&in);
		packet.cap_len = (uint32_t)(wanted < cursor_left(&in) ? wanted : cursor_left(&in));
		packet.wire_len = packet.cap_len + missing;
		/* As large as the packet, so that a read past its end is seen. */
		const uint8_t *octets = cursor_bytes(&in, packet.cap_len);
		uint8_t *copy = malloc(packet.cap_len > 0 ? packet.cap_len : 1);
		assert(copy != NULL && octets != NULL);
		memcpy(copy, octets, packet.cap_len);
		packet.data = copy;
		decap_packet(decap, 0, &packet);
		free(copy);
	}
	decap_destroy(decap);
	return 0;
}
