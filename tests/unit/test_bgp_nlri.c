/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NLRI of every family: their text, and where they are malformed. The octets are those of the
 * examples of the RFCs where there are any, else put together by hand from the figures of the
 * section that stands beside them; RD is type 0, 65001:100, RD1 is type 1, 192.0.2.1:100.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "dissect/bgp.h"
#include "tests/unit/fields_text.h"
#include "tests/unit/octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define RD "0000 fde9 00000064 "
#define RD1 "0001 c0000201 0064 "
#define ESI0 "00*10 "
#define ESI "00 11 22 33 44 55 66 77 88 99 "
#define IPV6 "20010db8 00*11 01 "

static const struct {
	const char *where; /* the section */
	struct bgp_family family;
	const char *nlri;
	const char *text;
} texts[] = {
	/* Length, labels, prefix; 24 + 24 + 24 = 72 = 0x48 bits */
	{"RFC 8277 section 2.2", {1, 4}, "30 000641 c0a801", "192.168.1.0/24 label 100"},
	{"RFC 8277 section 2.3", {1, 4}, "48 000640 000651 c0a801", "192.168.1.0/24 label 100/101"},
	{"RFC 8277 section 2.3", {2, 4}, "50 000640 000651 20010db8", "2001:db8::/32 label 100/101"},
	{"a speaker that sets no S bit", {1, 4}, "30 000640 c0a802", "192.168.2.0/24 label 100"},
	{"RFC 4364 section 4.3.4", {1, 128}, "70 000641 " RD "c0a801", "65001:100:192.168.1.0/24 label 100"},
	{"RFC 4364 section 4.2", {1, 128}, "70 000641 " RD1 "c0a801", "192.0.2.1:100:192.168.1.0/24 label 100"},
	{"RFC 4364 section 4.2", {1, 128}, "70 000641 0002 fa56ea01 0064 c0a801", "4200000001:100:192.168.1.0/24 label 100"},
	{"a small number in four octets", {1, 128}, "70 000641 0002 0000fde9 0064 c0a801", "65001L:100:192.168.1.0/24 label 100"},
	{"RFC 4659 section 3.2.1", {2, 128}, "78 000641 " RD "20010db8", "65001:100:2001:db8::/32 label 100"},
	{"RFC 6514 section 4", {1, 129}, "70 000641 " RD "c0a801", "65001:100:192.168.1.0/24 label 100"},
	{"the same without a label", {1, 129}, "50 " RD "c0a8", "65001:100:192.168.0.0/16"},

	{"RFC 7432 section 7.1", {25, 70}, "01 19 " RD1 ESI "00000000 000640", "ethernet-ad rd 192.0.2.1:100 esi 00:11:22:33:44:55:66:77:88:99 etag 0 label 100 (vni 1600)"},
	{"RFC 7432 section 7.2", {25, 70}, "02 21 " RD1 ESI0 "0000000a 30 00005e005301 00 000064", "mac-ip rd 192.0.2.1:100 esi 0 etag 10 mac 00:00:5e:00:53:01 label 6 (vni 100)"},
	{"RFC 7432 section 7.2", {25, 70}, "02 25 " RD1 ESI0 "00000000 30 00005e005301 20 c0000205 000064", "mac-ip rd 192.0.2.1:100 esi 0 etag 0 mac 00:00:5e:00:53:01 ip 192.0.2.5 label 6 (vni 100)"},
	{"RFC 7432 section 7.2", {25, 70}, "02 34 " RD1 ESI0 "00000000 30 00005e005301 80 " IPV6 "000064 000641", "mac-ip rd 192.0.2.1:100 esi 0 etag 0 mac 00:00:5e:00:53:01 ip 2001:db8::1 label 6 (vni 100) label2 100 (vni 1601)"},
	{"RFC 7432 section 7.3", {25, 70}, "03 11 " RD1 "00000000 20 c0000201", "multicast rd 192.0.2.1:100 etag 0 ip 192.0.2.1"},
	{"RFC 7432 section 7.3", {25, 70}, "03 1d " RD1 "00000000 80 " IPV6, "multicast rd 192.0.2.1:100 etag 0 ip 2001:db8::1"},
	{"RFC 7432 section 7.4", {25, 70}, "04 17 " RD1 ESI "20 c0000201", "ethernet-segment rd 192.0.2.1:100 esi 00:11:22:33:44:55:66:77:88:99 ip 192.0.2.1"},
	{"RFC 9136 section 3.1", {25, 70}, "05 22 " RD1 ESI0 "00000000 18 cb007100 00000000 000064", "ip-prefix rd 192.0.2.1:100 esi 0 etag 0 prefix 203.0.113.0/24 gw 0.0.0.0 label 6 (vni 100)"},
	{"RFC 9136 section 3.1", {25, 70}, "05 3a " RD1 ESI0 "00000000 40 20010db8 00*12 00*16 000064", "ip-prefix rd 192.0.2.1:100 esi 0 etag 0 prefix 2001:db8::/64 gw :: label 6 (vni 100)"},
	{"RFC 9251 section 9.1", {25, 70}, "06 1c " RD1 "00000000 20 c0000209 20 e8010101 20 c0000201 02", "selective-multicast rd 192.0.2.1:100 etag 0 source 192.0.2.9 group 232.1.1.1 originator 192.0.2.1 flags 0x02"},
	{"RFC 9251 section 9.2", {25, 70}, "07 22 " RD1 ESI "00000000 00 20 e8010101 20 c0000201 02", "membership-report-synch rd 192.0.2.1:100 esi 00:11:22:33:44:55:66:77:88:99 etag 0 group 232.1.1.1 originator 192.0.2.1 flags 0x02"},
	{"RFC 9251 section 9.3", {25, 70}, "08 27 " RD1 ESI0 "00000000 00 20 e8010101 20 c0000201 00000000 0a 02", "leave-synch rd 192.0.2.1:100 esi 0 etag 0 group 232.1.1.1 originator 192.0.2.1 max-response-time 10 flags 0x02"},
	{"RFC 9572 section 3.1", {25, 70}, "09 14 " RD1 "00000000 0002fde900000001", "per-region-i-pmsi rd 192.0.2.1:100 etag 0 region 0x0002fde900000001"},
	{"RFC 9572 section 3.2", {25, 70}, "0a 1b " RD1 "00000000 20 c0000209 20 e8010101 20 c0000201", "s-pmsi rd 192.0.2.1:100 etag 0 source 192.0.2.9 group 232.1.1.1 originator 192.0.2.1"},
	{"RFC 9572 section 3.3", {25, 70}, "0b 08 030100 20 c0000201", "leaf key 0x030100 originator 192.0.2.1"},
	{"an unknown type", {25, 70}, "fe 02 abcd", "type-254 0xabcd"},

	{"RFC 6514 section 4.1", {1, 5}, "01 0c " RD "c0000201", "intra-as-i-pmsi rd 65001:100 originator 192.0.2.1"},
	{"RFC 6515 section 2", {2, 5}, "01 18 " RD IPV6, "intra-as-i-pmsi rd 65001:100 originator 2001:db8::1"},
	{"RFC 6514 section 4.2", {1, 5}, "02 0c " RD "0000fde9", "inter-as-i-pmsi rd 65001:100 source-as 65001"},
	{"RFC 6514 section 4.3", {1, 5}, "03 16 " RD "20 c0000209 20 e8010101 c0000201", "s-pmsi rd 65001:100 source 192.0.2.9 group 232.1.1.1 originator 192.0.2.1"},
	{"RFC 6625 section 3", {1, 5}, "03 0e " RD "00 00 c0000201", "s-pmsi rd 65001:100 originator 192.0.2.1"},
	{"RFC 6514 section 4.4", {1, 5}, "04 12 02 0c " RD "0000fde9 c0000201", "leaf key 0x020c0000fde9000000640000fde9 originator 192.0.2.1"},
	{"RFC 6514 section 4.5", {1, 5}, "05 12 " RD "20 c0000209 20 e8010101", "source-active rd 65001:100 source 192.0.2.9 group 232.1.1.1"},
	{"RFC 6514 section 4.6", {1, 5}, "06 16 " RD "0000fde9 20 c0000209 20 e8010101", "shared-tree-join rd 65001:100 source-as 65001 source 192.0.2.9 group 232.1.1.1"},
	{"RFC 6514 section 4.6", {2, 5}, "07 2e " RD "0000fde9 80 " IPV6 "80 ff3e0000 00*11 01", "source-tree-join rd 65001:100 source-as 65001 source 2001:db8::1 group ff3e::1"},
	{"RFC 6037 section 4", {1, 66}, "80 " RD "c0000201 e8010101", "rd 65001:100 ip 192.0.2.1 group 232.1.1.1"},

	{"RFC 4761 section 3.2.2", {25, 65}, "0011 " RD "0001 0002 0008 000640", "rd 65001:100 ve-id 1 offset 2 size 8 label-base 100"},
	{"RFC 6074 section 3.2.2.1", {25, 65}, "000c " RD "c0000201", "rd 65001:100 pe 192.0.2.1"},
	{"RFC 6624 section 2.2", {25, 65}, "0013 " RD "0001 0002 000640 01 0008 f0", "rd 65001:100 ce-id 1 offset 2 label-base 100 tlv 1 0xf0"},

	{"RFC 4684 section 4", {1, 132}, "00", "default"},
	{"RFC 4684 section 4", {1, 132}, "60 0000fde9 0002 fde9 00000064", "origin-as 65001 rt 65001:100"},
	{"RFC 4684 section 4", {1, 132}, "60 0000fde9 0102 c0000201 0064", "origin-as 65001 rt 192.0.2.1:100"},
	{"RFC 4684 section 4", {1, 132}, "60 fa56ea01 0202 fa56ea01 0064", "origin-as 4200000001 rt 4200000001:100"},
	{"RFC 4684 section 4", {1, 132}, "20 0000fde9", "origin-as 65001"},
	{"RFC 4684 section 4", {1, 132}, "40 0000fde9 0002fde9", "origin-as 65001 rt 0x0002fde9/32"},

	{"RFC 9830 section 2.1", {1, 73}, "60 00000001 00000064 c0000201", "distinguisher 1 color 100 endpoint 192.0.2.1"},
	{"RFC 9830 section 2.1", {2, 73}, "c0 00000001 00000064 " IPV6, "distinguisher 1 color 100 endpoint 2001:db8::1"},
	{"draft-ietf-bess-mup-safi", {1, 85}, "01 0002 0c " RD "c0000201", "direct-segment rd 65001:100 address 192.0.2.1"},
	{"draft-ietf-bess-mup-safi", {2, 85}, "01 0001 0f " RD "30 20010db80001", "interwork-segment rd 65001:100 prefix 2001:db8:1::/48"},
	{"draft-ietf-bess-mup-safi", {1, 85}, "01 0003 17 " RD "20 cb00714d 00003039 09 20 c6336409", "type-1-session rd 65001:100 prefix 203.0.113.77/32 teid 12345 qfi 9 endpoint 198.51.100.9"},
	{"draft-ietf-bess-mup-safi, a source", {1, 85}, "01 0003 1c " RD "20 cb00714d 00003039 09 20 c6336409 20 c0000201", "type-1-session rd 65001:100 prefix 203.0.113.77/32 teid 12345 qfi 9 endpoint 198.51.100.9 source 192.0.2.1"},
	{"draft-ietf-bess-mup-safi, no source", {1, 85}, "01 0003 18 " RD "20 cb00714d 00003039 09 20 c6336409 00", "type-1-session rd 65001:100 prefix 203.0.113.77/32 teid 12345 qfi 9 endpoint 198.51.100.9"},
	{"draft-ietf-bess-mup-safi", {1, 85}, "01 0004 11 " RD "40 c6336409 00003039", "type-2-session rd 65001:100 endpoint 198.51.100.9 teid 12345"},
	{"draft-ietf-bess-mup-safi, part of a TEID", {1, 85}, "01 0004 0f " RD "2c c6336409 1230", "type-2-session rd 65001:100 endpoint 198.51.100.9 teid 0x12300000/12"},
	{"draft-ietf-bess-mup-safi, TLVs", {1, 85}, "01 0002 0f " RD "c0000201 010101", "direct-segment rd 65001:100 address 192.0.2.1 tlvs 0x010101"},
	{"draft-ietf-bess-mup-safi, of another shape", {1, 85}, "01 0004 0d " RD "00 c6336409", "type-2-session rd 65001:100 0x00c6336409"},
	{"draft-ietf-bess-mup-safi, unknown", {1, 85}, "01 0009 02 abcd", "type-9 0xabcd"},

	{"RFC 8955 section 4.3.1", {1, 133}, "0b 0118c00002 03 8106 04 8119", "dst 192.0.2.0/24, proto =6, port =25"},
	{"RFC 8955 section 4.3.2", {1, 133}, "12 0118c00002 0218cb0071 04 0389 458b 911f90", "dst 192.0.2.0/24, src 203.0.113.0/24, port >=137&<=139|=8080"},
	{"RFC 8955 section 4.3.3", {1, 133}, "09 0120c0000201 0c 8005", "dst 192.0.2.1/32, fragment DF+FF"},
	{"RFC 8955 section 4.2.1.1", {1, 133}, "05 04 00 01 87 02", "port false|true"},
	{"RFC 8955 section 4.2.2.9", {1, 133}, "0a 09 0112 4201 0304 900fff", "tcp-flags =SYN+ACK&!FIN|!=RST|0xfff"},
	{"RFC 8955 section 4.2.2", {1, 133}, "15 05 9201bb 06 9403ff 07 8108 08 8600 0a 9505dc 0b 812e", "dst-port >443, src-port <1023, icmp-type =8, icmp-code !=0, length <=1500, dscp =46"},
	{"RFC 8955 section 4.1, in two octets", {1, 133}, "f005 0118c00002", "dst 192.0.2.0/24"},
	{"RFC 8955 section 8", {1, 134}, "0d " RD "0118c00002", "rd 65001:100, dst 192.0.2.0/24"},
	{"RFC 8956 section 3.8.1", {2, 133}, "12 012000 20010db8 026840 123456789a 03 8106", "dst 2001:db8::/32, src ::1234:5678:9a00:0/64-104, next-header =6"},
	{"RFC 8956 section 3.7", {2, 133}, "06 0d a1 00012345", "flow-label =74565"},
	{"RFC 8956 section 3.1", {2, 133}, "03 010000", "dst ::/0"},
	{"draft-ietf-idr-flowspec-l2vpn is not read", {25, 133}, "03 0e0800", "030e0800"},

	/* 9 + TLVs: 4 + (8 + 10) = 22 -> 31 = 0x1f */
	{"RFC 9552 section 5.2, IS-IS", {16388, 71}, "0001 001f 02 00*8 0100 0012 0200 0004 0000fde9 0203 0006 000000000001", "node isis-l2 id 0 local {as 65001 router 0000.0000.0001}"},
	{"RFC 9552 section 5.2, a pseudonode", {16388, 71}, "0001 0018 01 00*8 0100 000b 0203 0007 00000000000102", "node isis-l1 id 0 local {router 0000.0000.0001.02}"},
	{"RFC 9552 section 5.2, OSPF", {16388, 71}, "0001 0021 03 00*7 05 0100 0014 0202 0004 00000001 0203 0008 c0000201 c0000202", "node ospfv2 id 5 local {area 0.0.0.1 router 192.0.2.1:192.0.2.2}"},
	{"RFC 9552 section 5.2.2", {16388, 71}, "0002 0041 02 00*8 0100 000a 0203 0006 000000000001 0101 000a 0203 0006 000000000002"
		" 0102 0008 00000001 00000002 0103 0004 c0000201 0104 0004 c0000202", "link isis-l2 id 0 local {router 0000.0000.0001} remote {router 0000.0000.0002} local-id 1 remote-id 2 interface 192.0.2.1 neighbor 192.0.2.2"},
	{"RFC 9552 section 5.2.3", {16388, 71}, "0003 002f 03 00*8 0100 0010 0202 0004 00000000 0203 0004 c0000201 0107 0002 0002 0108 0001 02 0109 0003 10 c000", "ipv4-prefix ospfv2 id 0 local {area 0.0.0.0 router 192.0.2.1} mt 2 route-type inter-area prefix 192.0.0.0/16"},
	{"RFC 9552 section 5.2.3", {16388, 71}, "0004 0016 04 00*8 0100 0000 0109 0005 20 20010db8", "ipv6-prefix direct id 0 local {} prefix 2001:db8::/32"},
	{"RFC 9514 section 6", {16388, 71}, "0006 0021 02 00*8 0100 0000 0206 0010 " IPV6, "srv6-sid isis-l2 id 0 local {} sid 2001:db8::1"},
	{"RFC 9086 section 4.1", {16388, 71}, "0001 001d 07 00*8 0100 0010 0200 0004 0000fde9 0204 0004 c0000201", "node bgp id 0 local {as 65001 bgp-router 192.0.2.1}"},
	{"RFC 9552 section 5.1, an unknown TLV", {16388, 71}, "0001 0013 02 00*8 0100 0000 ffff 0002 abcd", "node isis-l2 id 0 local {} tlv-65535 0xabcd"},
	{"RFC 9552 section 5.2, VPN", {16388, 72}, "0001 0015 " RD "02 00*8 0100 0000", "node rd 65001:100 isis-l2 id 0 local {}"},
	{"RFC 9552 section 5.2, an unknown type", {16388, 71}, "00ff 0002 abcd", "type-255 0xabcd"},

	{"a family that is not read", {25, 8}, "01 02 abcd", "0102abcd"},
	{"a family that is not known", {999, 200}, "abcd", "abcd"},
};

static struct bgp_nlri_run
run_of(struct bgp_family family, const struct octets *o)
{
	return (struct bgp_nlri_run){.family = family, .nlri = cursor_make(o->bytes, o->size)};
}

Test(bgp_nlri_family, text)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct octets o = octets_from_hex(texts[i].nlri);
		struct bgp_nlri_run run = run_of(texts[i].family, &o);
		struct bgp_nlri nlri;
		char text[BGP_NLRI_TEXT_MAX];
		cr_expect(bgp_next_nlri(&run, &nlri), "%s: %s", texts[i].where, texts[i].nlri);
		cr_expect_not(nlri.malformed, "%s: %s at %u", texts[i].where, texts[i].nlri,
			nlri.fault_offset);
		cr_expect(cursor_exact(&run.nlri), "%s: %s", texts[i].where, texts[i].nlri);
		cr_expect_str_eq(bgp_nlri_text(&nlri, text), texts[i].text, "%s: %s", texts[i].where,
			text);
		octets_free(&o);
	}
}

/* The same with a path identifier before each (RFC 7911 section 3), and two of them in a row. */
Test(bgp_nlri_family, path_identifiers)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		char hex[4096];
		char expected[BGP_NLRI_TEXT_MAX + 32];
		char text[BGP_NLRI_TEXT_MAX];
		if (texts[i].family.afi == 999) {
			continue;
		}
		snprintf(hex, sizeof(hex), "00000007 %s fffffffe %s", texts[i].nlri, texts[i].nlri);
		struct octets o = octets_from_hex(hex);
		struct bgp_nlri_run run = run_of(texts[i].family, &o);
		struct bgp_nlri nlri;
		run.add_path = true;
		for (unsigned path = 0; path < 2; path++) {
			cr_expect(bgp_next_nlri(&run, &nlri), "%s", texts[i].where);
			snprintf(expected, sizeof(expected), "%s path-id %u", texts[i].text,
				path == 0 ? 7 : 4294967294u);
			cr_expect_str_eq(bgp_nlri_text(&nlri, text), expected, "%s: %s",
				texts[i].where, text);
		}
		cr_expect(cursor_exact(&run.nlri), "%s", texts[i].where);
		octets_free(&o);
	}
}

static const struct {
	const char *what;
	struct bgp_family family;
	const char *nlri;
	uint32_t offset;
} malformed[] = {
	{"EVPN 1 of 24 octets", {25, 70}, "01 18 " RD1 ESI0 "00000000 0006", 24},
	{"EVPN 1 of 26 octets", {25, 70}, "01 1a " RD1 ESI0 "00000000 000640 00", 27},
	{"EVPN 2, a MAC of 47 bits", {25, 70}, "02 21 " RD1 ESI0 "00000000 2f 00005e005301 00 000064", 24},
	{"EVPN 2, an address of 31 bits", {25, 70}, "02 25 " RD1 ESI0 "00000000 30 00005e005301 1f c0000205 000064", 31},
	{"EVPN 2 without a label", {25, 70}, "02 1e " RD1 ESI0 "00000000 30 00005e005301 00", 32},
	{"EVPN 3 without an address", {25, 70}, "03 0d " RD1 "00000000 00", 14},
	{"EVPN 5 of 33 octets", {25, 70}, "05 21 " RD1 ESI0 "00000000 18 cb007100 00000000 0064", 24},
	{"EVPN 5, 33 bits", {25, 70}, "05 22 " RD1 ESI0 "00000000 21 cb007100 00000000 000064", 24},
	{"MVPN 1, an address of 5 octets", {1, 5}, "01 0d " RD "c000020100", 10},
	{"MVPN 5, a wildcard", {1, 5}, "05 0a " RD "00 00", 10},
	{"MDT of 120 bits", {1, 66}, "78 " RD "c0000201 e80101", 0},
	{"VPLS of 16 octets", {25, 65}, "0010 " RD "0001 0002 000640 00", 18},
	{"VPLS of 0 octets", {25, 65}, "0000", 2},
	{"VPLS of 3 octets", {25, 65}, "0003 000102", 2},
	{"RT constraint of 31 bits", {1, 132}, "1f 0000fde9", 0},
	{"RT constraint of 104 bits", {1, 132}, "68 0000fde9 0002fde900000064 00", 0},
	{"SR policy of IPv4 with 192 bits", {1, 73}, "c0 00000001 00000064 " IPV6, 0},
	{"flowspec, an unknown component", {1, 133}, "03 0d 81 06", 1},
	{"flowspec, component 0", {1, 133}, "03 00 81 06", 1},
	{"flowspec, out of order", {1, 133}, "06 04 8119 03 8106", 4},
	{"flowspec, twice the same", {1, 133}, "06 03 8106 03 8106", 4},
	{"flowspec, no last operator", {1, 133}, "03 03 0106", 4},
	{"flowspec, a value beyond the end", {1, 133}, "03 04 9119", 3},
	{"flowspec, TCP flags of 4 octets", {1, 133}, "06 09 a0 00000012", 2},
	{"flowspec, 33 bits", {1, 133}, "07 01 21 c000020100", 2},
	{"flowspec IPv6, offset beyond the length", {2, 133}, "07 01 20 20 20010db8", 2},
	{"flowspec IPv6, 129 bits", {2, 133}, "04 01 81 80 80", 2},
	{"flowspec VPN without a Route Distinguisher", {1, 134}, "05 0118c00002", 1},
	{"BGP-LS, 8 octets", {16388, 71}, "0001 0008 02 00*7", 5},
	{"BGP-LS, a TLV beyond the end", {16388, 71}, "0001 000d 02 00*8 0100 0001", 13},
	{"BGP-LS, TLVs out of order", {16388, 71}, "0002 001d 02 00*8 0100 0000 0104 0004 c0000202 0103 0004 c0000201", 25},
	{"BGP-LS, an AS of 2 octets", {16388, 71}, "0001 0013 02 00*8 0100 0006 0200 0002 fde9", 21},
	{"BGP-LS, a descriptor out of order", {16388, 71}, "0001 001d 02 00*8 0100 0010 0202 0004 00000000 0200 0004 0000fde9", 25},
	{"BGP-LS, 33 bits", {16388, 71}, "0003 0012 03 00*8 0109 0005 21 c0000200", 17},
	{"MUP without a Route Distinguisher", {1, 85}, "01 0002 00", 4},
};

/* It is told where, the NLRI behind it is read all the same, and the text is its octets. */
Test(bgp_nlri_family, malformed)
{
	for (size_t i = 0; i < COUNT(malformed); i++) {
		char hex[4096];
		char text[BGP_NLRI_TEXT_MAX];
		snprintf(hex, sizeof(hex), "%s %s", malformed[i].nlri, malformed[i].nlri);
		struct octets o = octets_from_hex(hex);
		struct bgp_nlri_run run = run_of(malformed[i].family, &o);
		struct bgp_nlri nlri;
		for (unsigned twice = 0; twice < 2; twice++) {
			uint32_t offset = malformed[i].offset + (twice == 0 ? 0 : (uint32_t)o.size / 2);
			cr_expect(bgp_next_nlri(&run, &nlri), "%s", malformed[i].what);
			cr_expect(nlri.malformed, "%s: %s", malformed[i].what,
				bgp_nlri_text(&nlri, text));
			cr_expect_eq(nlri.fault_offset, offset, "%s: at %u", malformed[i].what,
				nlri.fault_offset);
			cr_expect_eq(strncmp(bgp_nlri_text(&nlri, text), "malformed ", 10), 0);
		}
		cr_expect(cursor_exact(&run.nlri), "%s", malformed[i].what);
		octets_free(&o);
	}
}

/* Where the octets end before the NLRI does, there is none. */
Test(bgp_nlri_family, every_prefix_is_none)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct octets whole = octets_from_hex(texts[i].nlri);
		bool framed = texts[i].family.afi != 999 && texts[i].family.safi != 65;
		for (size_t size = 0; framed && size < whole.size; size++) {
			struct octets o = octets_copy(whole.bytes, size);
			struct bgp_nlri_run run = run_of(texts[i].family, &o);
			struct bgp_nlri nlri;
			cr_expect_not(bgp_next_nlri(&run, &nlri), "%s at %zu", texts[i].where, size);
			cr_expect_eq(run.nlri.failed, size > 0);
			octets_free(&o);
		}
		octets_free(&whole);
	}
}

/* A changed octet gives another NLRI, a malformed one, or none; nothing outside is read, and what is
 * malformed is so inside itself. (That whole messages hold too is tests/property/, and the fuzzer.) */
#ifdef UNDER_VALGRIND
enum { VALUE_STEP = 17 };
#else
enum { VALUE_STEP = 1 };
#endif

Test(bgp_nlri_family, any_single_octet_may_be_anything)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct octets o = octets_from_hex(texts[i].nlri);
		for (size_t at = 0; at < o.size; at++) {
			uint8_t original = o.bytes[at];
			for (unsigned value = 0; value < 256; value += VALUE_STEP) {
				struct bgp_nlri_run run = run_of(texts[i].family, &o);
				struct bgp_nlri nlri;
				char text[BGP_NLRI_TEXT_MAX];
				o.bytes[at] = (uint8_t)value;
				while (bgp_next_nlri(&run, &nlri)) {
					bgp_nlri_text(&nlri, text);
					cr_assert(text[0] != '\0' && strlen(text) < sizeof(text));
					cr_assert(!nlri.malformed || nlri.fault_offset <= o.size);
				}
				cr_assert(run.nlri.failed || cursor_exact(&run.nlri));
			}
			o.bytes[at] = original;
		}
		octets_free(&o);
	}
}

/* The offsets are those in the message: 19 + 2 + 2 + 3 + 3 = 29 octets stand before the NLRI. */
Test(bgp_nlri_family, fields)
{
	static const struct bgp_context four = {.as_width = 4};
	struct octets o = octets_message(2, "0000 0012 800f0f 0001 85 0b 0118c00002 03 8106 04 8119");
	struct bgp_message m;
	struct fields_text t = {.size = 0};
	const struct field_sink sink = {.self = &t, .on_field = fields_text_add};
	bgp_decode(o.bytes, o.size, &four, &m);
	cr_assert_eq(m.fault.code, BGP_FAULT_NONE);
	bgp_fields(&m, &four, &sink);
	cr_expect_not_null(strstr(t.text, "NLRI=dst 192.0.2.0/24, proto =6, port =25 @29+12\n"));
	cr_expect_not_null(strstr(t.text, "Length=11 @29+1\n"));
	cr_expect_not_null(strstr(t.text, "Destination Prefix=192.0.2.0/24 @30+5\n"));
	cr_expect_not_null(strstr(t.text, "IP Protocol==6 @35+3\n"));
	cr_expect_not_null(strstr(t.text, "Operator and Value==25 @39+2\n"), "%s", t.text);
	octets_free(&o);

	o = octets_message(2, "0000 0021 800f1e 4004 47 0001 0017 02 00*8 0100 000a 0200 0002 fde9 0203 0000");
	t.size = 0;
	bgp_decode(o.bytes, o.size, &four, &m);
	cr_expect_eq(m.fault.code, BGP_FAULT_MP_NLRI);
	cr_expect_eq(m.fault.offset, 29 + 21, "%u", m.fault.offset);
	cr_expect_eq(m.update.withdrawn_count, 1);
	bgp_fields(&m, &four, &sink);
	cr_expect_not_null(strstr(t.text, "Malformed=fde9 [malformed] @50+2\n"), "%s", t.text);
	octets_free(&o);
}

/* No OPENs: path identifiers are there only where nothing else makes sense, and it is said. */
Test(bgp_nlri_family, a_guess_is_said)
{
	static const struct bgp_context none;
	static const struct {
		const char *body, *text;
	} rows[] = {
		{"0000 0016 800f13 0001 85 00000001 0b 0118c00002 03 8106 04 8119",
			"dst 192.0.2.0/24, proto =6, port =25 path-id 1 (guessed)"},
		{"0000 000f 800f0c 0001 04 00000001 20 000641 0a", "10.0.0.0/8 label 100 path-id 1 (guessed)"},
		{"0000 001c 800f19 0019 46 00000002 03 10 " RD1 "00000000 20 c00002", NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct octets o = octets_message(2, rows[i].body);
		struct bgp_message m;
		char text[BGP_NLRI_TEXT_MAX];
		bgp_decode(o.bytes, o.size, &none, &m);
		struct bgp_nlri_iter iter = bgp_nlri_runs(&m.update);
		struct bgp_nlri_run run;
		struct bgp_nlri nlri;
		cr_assert(bgp_next_nlri_run(&iter, &none, &run));
		bool found = bgp_next_nlri(&run, &nlri);
		if (rows[i].text != NULL) {
			cr_expect_eq(m.fault.code, BGP_FAULT_NONE, "row %zu", i);
			cr_expect(found);
			cr_expect_str_eq(bgp_nlri_text(&nlri, text), rows[i].text, "%s", text);
		} else {
			cr_expect_eq(m.fault.code, BGP_FAULT_MP_NLRI, "row %zu", i);
			cr_expect_not(run.add_path);
		}
		octets_free(&o);
	}
}

/* RFC 4724 section 2: an MP_UNREACH_NLRI without NLRI, whatever the family. */
Test(bgp_nlri_family, end_of_rib)
{
	static const struct bgp_context none;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char body[64];
		snprintf(body, sizeof(body), "0000 0006 800f03 %04x %02x", texts[i].family.afi,
			texts[i].family.safi);
		struct octets o = octets_message(2, body);
		struct bgp_message m;
		bgp_decode(o.bytes, o.size, &none, &m);
		cr_expect_eq(m.fault.code, BGP_FAULT_NONE);
		cr_expect(m.update.end_of_rib);
		cr_expect(bgp_family_equal(m.update.end_of_rib_family, texts[i].family));
		octets_free(&o);
	}
}
