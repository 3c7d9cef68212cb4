/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One packet in every link and tunnel must give the same segment; what pads, quotes or fragments it
 * must not. Prefixes and changes of every packet must do no harm.
 */
#include "tests/unit/test_capture_kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct kit_record record;
static struct kit_packet packet;

static const struct kit_tcp hello = {
	.src = 1, .dst = 2, .src_port = 40000, .dst_port = 179,
	.seq = 1000, .ack = 2000, .flags = ACK | PSH, .data = "hello",
};

static void
inner(bool ipv6)
{
	kit_tcp_segment(&packet, &hello);
	if (ipv6) {
		kit_ipv6(&packet, 1, 2, 6, 64);
	} else {
		kit_ipv4(&packet, 1, 2, 6, 7, 0x4000, 64);
	}
}

static void
expect_hello(const char *what)
{
	cr_expect(record.segments == 1, "%s: %u segments", what, record.segments);
	cr_expect(record.size[0] == 5 && memcmp(record.octets[0], "hello", 5) == 0, "%s", what);
}

static bool
run(int link_type)
{
	memset(&record, 0, sizeof(record));
	struct capture *capture = kit_capture(&record, NULL);
	bool kept = kit_send(capture, &packet, link_type, 1000000000, 1, 0);
	capture_finish(capture);
	capture_destroy(capture);
	return kept;
}

/* Headers between the link and the IP packet, outermost last so that they are put down in order. */
static const struct {
	const char *name;
	int link_type;
	bool ipv6;
	const char *header;
} links[] = {
	{"ethernet", 1, false, "020000000001 020000000002 0800"},
	{"ethernet, IPv6", 1, true, "020000000001 020000000002 86dd"},
	{"802.1Q", 1, false, "020000000001 020000000002 8100 0064 0800"},
	{"QinQ 88a8", 1, false, "020000000001 020000000002 88a8 0064 8100 0065 0800"},
	{"QinQ 9100", 1, true, "020000000001 020000000002 9100 0064 8100 0065 86dd"},
	{"SNAP", 1, false, "020000000001 020000000002 0040 aaaa03 000000 0800"},
	{"PPPoE", 1, false, "020000000001 020000000002 8864 1100 0001 0030 0021"},
	{"SLL", 113, false, "0000 0001 0006 020000000002 0000 0800"},
	{"SLL, VLAN", 113, false, "0000 0001 0006 020000000002 0000 8100 0064 0800"},
	{"SLL2", 276, false, "0800 0000 00000003 0001 04 06 020000000002 0000"},
	{"SLL2, a second tag that Linux left", 276, false,
		"0800 0000 00000003 0001 04 06 020000000002 0000 00c8 0800"},
	{"SLL2, two of them", 276, true,
		"86dd 0000 00000003 0001 04 06 020000000002 0000 00c8 8100 0045 86dd"},
	{"SLL, a second tag that Linux left", 113, true,
		"0000 0001 0006 020000000002 0000 86dd 00c8 86dd"},
	{"RAW 12", 12, false, ""},
	{"RAW 101", 101, true, ""},
	{"RAW 14", 14, false, ""},
	{"IPV4", 228, false, ""},
	{"IPV6", 229, true, ""},
	{"NULL", 0, false, "02000000"},
	{"NULL, IPv6", 0, true, "1e000000"},
	{"LOOP", 108, false, "00000002"},
	{"PPP", 9, false, "ff03 0021"},
	{"PPP, short", 9, true, "57"},
	{"PPP_SERIAL", 50, false, "ff03 0021"},
	{"HDLC", 104, false, "0f00 0800"},
	{"MPLS link", 219, false, "00010140"},
	{"GRE", 12, false, "4500 0000 0000 4000 40 2f 0000 0a000001 0a000002 0000 0800"},
	{"GRE, key and sequence", 12, true,
		"4500 0000 0000 4000 40 2f 0000 0a000001 0a000002 3000 86dd 00000001 00000002"},
	{"GRE, TEB", 12, false, "4500 0000 0000 4000 40 2f 0000 0a000001 0a000002 0000 6558"
		"020000000001 020000000002 0800"},
	{"ERSPAN II", 12, false, "4500 0000 0000 4000 40 2f 0000 0a000001 0a000002 1000 88be 00000001"
		"1000000000000000 020000000001 020000000002 0800"},
	{"IPIP", 12, false, "4500 0000 0000 4000 40 04 0000 0a000001 0a000002"},
	{"6in4", 12, true, "4500 0000 0000 4000 40 29 0000 0a000001 0a000002"},
	{"VXLAN", 12, false, "4500 0000 0000 4000 40 11 0000 0a000001 0a000002 c000 12b5 0000 0000"
		"08000000 00006400 020000000001 020000000002 0800"},
	{"Geneve", 12, false, "4500 0000 0000 4000 40 11 0000 0a000001 0a000002 c000 17c1 0000 0000"
		"0100 6558 00006400 01020304 020000000001 020000000002 0800"},
};

Test(capture_decap, a_segment_is_found_in_every_link_and_tunnel)
{
	for (size_t i = 0; i < COUNT(links); i++) {
		inner(links[i].ipv6);
		kit_prepend(&packet, links[i].header);
		cr_expect(run(links[i].link_type), "%s", links[i].name);
		expect_hello(links[i].name);
		cr_expect(record.ip.src.family == (links[i].ipv6 ? 6 : 4), "%s", links[i].name);
	}
	inner(false);
	kit_prepend(&packet, "020000000001 020000000002 8847 00010040 00011140");
	cr_expect(run(1));
	expect_hello("MPLS");
}

Test(capture_decap, every_prefix_and_every_changed_octet_does_no_harm)
{
	for (size_t i = 0; i < COUNT(links); i++) {
		inner(links[i].ipv6);
		kit_prepend(&packet, links[i].header);
		memset(&record, 0, sizeof(record));
		struct capture *capture = kit_capture(&record, NULL);
		for (size_t cut = 0; cut <= packet.size; cut++) {
			kit_send(capture, &packet, links[i].link_type, 1000000000, 1, cut);
		}
		for (size_t at = 0; at < packet.size; at++) {
			for (int bit = 0; bit < 8; bit++) {
				packet.room[packet.begin + at] ^= (uint8_t)(1 << bit);
				kit_send(capture, &packet, links[i].link_type, 1000000000, 1, 0);
				kit_send(capture, &packet, links[i].link_type, 1000000000, 1, packet.size / 8);
				packet.room[packet.begin + at] ^= (uint8_t)(1 << bit);
			}
		}
		capture_destroy(capture);
	}
}

Test(capture_decap, facts_of_the_link)
{
	inner(false);
	kit_prepend(&packet, "0800 0000 00000003 0001 04 06 020000000002 0000");
	run(276);
	cr_expect(record.ip.outgoing == 1);
	cr_expect(record.ip.has_mac && record.ip.src_mac[5] == 2);
	inner(false);
	kit_prepend(&packet, "0000 0001 0006 020000000002 0000 0800");
	run(113);
	cr_expect(record.ip.outgoing == 0);
	inner(false);
	kit_prepend(&packet, "020000000001 020000000002 88a8 0064 8100 0065 0800");
	run(1);
	cr_expect(record.ip.outgoing == -1);
	cr_expect(record.ip.vlan == 0x65);
	cr_expect(record.ip.dst_mac[5] == 1);
	cr_expect(record.ip.dont_fragment);
	cr_expect(record.ip.ip_length == 45);
}

Test(capture_decap, padding_is_not_data_and_length_0_is_offload)
{
	inner(false);
	/* Behind the packet: as Ethernet pads. */
	memmove(packet.room + packet.begin - 9, packet.room + packet.begin, packet.size);
	packet.begin -= 9;
	packet.size += 9;
	kit_ethernet(&packet, 0x0800);
	run(1);
	expect_hello("padded");
	inner(false);
	kit_put(packet.room + packet.begin + 2, 0, 2);
	kit_ethernet(&packet, 0x0800);
	run(1);
	expect_hello("length 0");
	cr_expect(record.bad_checksums == 0);
}

Test(capture_decap, ipv6_extension_headers)
{
	kit_tcp_segment(&packet, &hello);
	kit_prepend(&packet, "2b 00 0104 00000000" "3c 00 00 00 00000000" "33 00 0000 00000000"
		"06 01 0000 00000000 00000000");
	kit_ipv6(&packet, 1, 2, 0, 64);
	kit_ethernet(&packet, 0x86dd);
	run(1);
	expect_hello("extensions");
}

Test(capture_decap, bfd_by_port_and_without_udp)
{
	static const uint16_t ports[] = {3784, 3785, 4784, 6784, 7784};
	for (size_t i = 0; i < COUNT(ports); i++) {
		kit_begin(&packet, "BFD", 3);
		uint8_t *udp = kit_header(&packet, 8);
		kit_put(udp, 49152, 2);
		kit_put(udp + 2, ports[i], 2);
		kit_put(udp + 4, 11, 2);
		kit_ipv4(&packet, 1, 2, 17, 9, 0, 255);
		kit_ethernet(&packet, 0x0800);
		cr_expect(run(1));
		cr_expect(record.bfds == 1 && record.datagram.dst_port == ports[i]);
		cr_expect(record.datagram.cap_len == 3 && record.datagram.wire_len == 3);
	}
	kit_begin(&packet, "BFD", 3);
	kit_prepend(&packet, "020000000001 020000000002 8847 00011140 1000 0007");
	cr_expect(run(1));
	cr_expect(record.bfds == 1 && record.datagram.dst_port == 0);
}

Test(capture_decap, icmp_quotes_are_notes_and_not_traffic)
{
	inner(false);
	kit_prepend(&packet, "03 0d 0000 00000000");
	kit_ipv4(&packet, 9, 1, 1, 3, 0, 64);
	kit_ethernet(&packet, 0x0800);
	cr_expect(run(1));
	cr_expect(record.segments == 0 && record.icmps == 1);
	cr_expect(record.icmp.type == 3 && record.icmp.code == 13);
	cr_expect(record.icmp.quoted_protocol == 6);
	cr_expect(record.icmp.quoted_src_port == 40000 && record.icmp.quoted_dst_port == 179);
	cr_expect(record.icmp.quoted_src.octets[3] == 1 && record.icmp.quoted_dst.octets[3] == 2);
	inner(true);
	kit_prepend(&packet, "02 00 0000 00000500");
	kit_ipv6(&packet, 9, 1, 58, 64);
	kit_ethernet(&packet, 0x86dd);
	cr_expect(run(1));
	cr_expect(record.icmps == 1 && record.icmp.mtu == 1280 && record.icmp.family == 6);
	cr_expect(record.icmp.quoted_dst_port == 179);
}

Test(capture_decap, arp_and_ndp)
{
	static const struct {
		const char *frame;
		enum neighbor_kind kind;
		uint8_t sender, target, mac; /* last octets; 0: none */
	} rows[] = {
		{"ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 c0000201"
		 "000000000000 c0000202", NEIGHBOR_REQUEST, 1, 2, 1},
		{"020000000001 020000000002 0806 0001 0800 06 04 0002 020000000002 c0000202"
		 "020000000001 c0000201", NEIGHBOR_REPLY, 2, 2, 2},
		{"ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 c0000201"
		 "000000000000 c0000201", NEIGHBOR_ANNOUNCE, 1, 1, 1},
		{"ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 00000000"
		 "000000000000 c0000201", NEIGHBOR_REQUEST, 0, 1, 1},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		kit_begin(&packet, NULL, 0);
		kit_prepend(&packet, rows[i].frame);
		cr_expect(run(1));
		cr_expect(record.neighbors == 1 && record.neighbor.kind == rows[i].kind, "row %zu", i);
		cr_expect(record.neighbor.sender.octets[3] == rows[i].sender, "row %zu", i);
		cr_expect((record.neighbor.sender.family == 0) == (rows[i].sender == 0), "row %zu", i);
		cr_expect(record.neighbor.target.octets[3] == rows[i].target, "row %zu", i);
		cr_expect(record.neighbor.has_mac && record.neighbor.mac[5] == rows[i].mac, "row %zu", i);
	}
	kit_begin(&packet, NULL, 0);
	kit_prepend(&packet, "8700 0000 00000000 20010db8000000000000000000000002 0101 020000000001");
	kit_ipv6(&packet, 1, 2, 58, 255);
	kit_ethernet(&packet, 0x86dd);
	cr_expect(run(1));
	cr_expect(record.neighbors == 1 && record.neighbor.kind == NEIGHBOR_REQUEST);
	cr_expect(record.neighbor.sender.octets[15] == 1 && record.neighbor.target.octets[15] == 2);
	cr_expect(record.neighbor.has_mac && record.neighbor.mac[5] == 1);
	kit_begin(&packet, NULL, 0);
	kit_prepend(&packet, "8800 0000 60000000 20010db8000000000000000000000002 0201 020000000002");
	kit_ipv6(&packet, 2, 1, 58, 255);
	kit_ethernet(&packet, 0x86dd);
	cr_expect(run(1));
	cr_expect(record.neighbor.kind == NEIGHBOR_REPLY && record.neighbor.mac[5] == 2);
	cr_expect(record.neighbor.target.octets[15] == 2);
}

/* Sends octets [begin, end) of `whole`, an IPv4 payload, as a fragment. */
static void
send_fragment(struct capture *capture, const uint8_t *whole, size_t begin, size_t end, bool more,
	uint64_t time_ns)
{
	kit_begin(&packet, whole + begin, end - begin);
	kit_ipv4(&packet, 1, 2, 6, 99, (uint16_t)(begin / 8 | (more ? 0x2000 : 0)), 64);
	kit_ethernet(&packet, 0x0800);
	kit_send(capture, &packet, 1, time_ns, 1, 0);
}

Test(capture_decap, fragments_come_together_in_any_order)
{
	static const int orders[][4] = {{0, 1, 2, -1}, {2, 1, 0, -1}, {1, 2, 0, -1}, {2, 0, 0, 1}};
	for (size_t i = 0; i < COUNT(orders); i++) {
		memset(&record, 0, sizeof(record));
		struct capture *capture = kit_capture(&record, NULL);
		kit_tcp_segment(&packet, &hello);
		uint8_t whole[25];
		memcpy(whole, packet.room + packet.begin, sizeof(whole));
		for (int j = 0; j < 4 && orders[i][j] >= 0; j++) {
			size_t begin = (size_t)orders[i][j] * 8;
			bool last = orders[i][j] == 2;
			send_fragment(capture, whole, begin, last ? 25 : begin + 8, !last, 1000000000);
		}
		expect_hello("fragments");
		cr_expect(record.ip.fragment);
		capture_destroy(capture);
	}
}

Test(capture_decap, fragments_that_lie_or_come_too_late_give_nothing)
{
	memset(&record, 0, sizeof(record));
	struct capture *capture = kit_capture(&record, NULL);
	kit_tcp_segment(&packet, &hello);
	uint8_t whole[25];
	memcpy(whole, packet.room + packet.begin, sizeof(whole));
	send_fragment(capture, whole, 0, 8, true, 1000000000);
	send_fragment(capture, whole, 8, 16, true, 1000000000);
	send_fragment(capture, whole, 16, 25, false, 40000000000u);
	cr_expect(record.segments == 0);
	/* A flood of first fragments is bounded. */
	for (unsigned id = 1; id < 5000; id++) {
		kit_begin(&packet, whole, 16);
		kit_ipv4(&packet, 1, 2, 6, (uint16_t)id, 0x2000, 64);
		kit_ethernet(&packet, 0x0800);
		kit_send(capture, &packet, 1, 41000000000u, id, 0);
	}
	capture_destroy(capture);
}

Test(capture_decap, unknown_links_are_told)
{
	cr_expect(source_link_known(1) && source_link_known(276) && source_link_known(101));
	cr_expect(!source_link_known(105) && !source_link_known(-1));
	inner(false);
	cr_expect(!run(105));
}
