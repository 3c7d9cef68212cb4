/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hand that tells fields, and messages as trees of them. A tree is written as lines: depth as
 * dots, name, value, offset+size. The octets are written out by hand from the figures of the RFCs.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "dissect/bgp.h"
#include "tests/unit/fields_text.h"
#include "tests/unit/octets.h"

static const struct bgp_context none;
static const struct bgp_context four = {.as_width = 4};

static void
expect_message(uint8_t type, const char *hex, const struct bgp_context *context,
	const char *expected)
{
	struct octets o = octets_message(type, hex);
	struct bgp_message m;
	struct fields_text t = {0};
	bgp_decode(o.bytes, o.size, context, &m);
	struct field_sink sink = {.self = &t, .on_field = fields_text_add};
	bgp_fields(&m, context, &sink);
	const char *body = strstr(t.text, "Type=");
	body = strchr(body, '\n') + 1;
	cr_expect_str_eq(body, expected, "message %u %s:\n%s", type, hex, body);
	octets_free(&o);
}

Test(field, a_keepalive_is_its_header)
{
	struct octets o = octets_message(4, "");
	struct bgp_message m;
	struct fields_text t = {0};
	bgp_decode(o.bytes, o.size, &none, &m);
	struct field_sink sink = {.self = &t, .on_field = fields_text_add};
	bgp_fields(&m, &none, &sink);
	cr_assert_str_eq(t.text,
		"Marker=ffffffffffffffffffffffffffffffff @0+16\n"
		"Length=19 @16+2\n"
		"Type=4 (KEEPALIVE) @18+1\n",
		"%s", t.text);
	octets_free(&o);
}

Test(field, an_open_without_parameters)
{
	expect_message(1, "04 fde9 005a c0000201 00", &none,
		"Version=4 @19+1\n"
		"My Autonomous System=65001 @20+2\n"
		"Hold Time=90 @22+2\n"
		"BGP Identifier=192.0.2.1 @24+4\n"
		"Optional Parameters Length=0 @28+1\n");
}

Test(field, what_is_missing_is_malformed_and_what_is_left_over_too)
{
	expect_message(1, "04 fde9 00", &none,
		"Version=4 @19+1\n"
		"My Autonomous System=65001 @20+2\n"
		"Hold Time=00 [malformed] @22+1\n");
	expect_message(4, "0102", &none, "Surplus octets=0102 [malformed] @19+2\n");
	expect_message(3, "06", &none, "Error Code=6 (Cease) @19+1\n"
		"Error Subcode= [malformed] @20+0\n");
}

Test(field, what_the_capture_cut_is_cut_and_not_malformed)
{
	struct octets o = octets_message(1, "04 fde9 005a c0000201 08 02 06 0104 00010001");
	for (size_t size = 0; size < o.size; size++) {
		struct octets part = octets_copy(o.bytes, size);
		struct bgp_message m;
		struct fields_text t = {0};
		bgp_decode(part.bytes, part.size, &none, &m);
		struct field_sink sink = {.self = &t, .on_field = fields_text_add};
		bgp_fields(&m, &none, &sink);
		cr_expect(strstr(t.text, "[malformed]") == NULL, "at %zu:\n%s", size, t.text);
		cr_expect(strstr(t.text, "[cut]") != NULL, "at %zu:\n%s", size, t.text);
		octets_free(&part);
	}
	octets_free(&o);
}

Test(field, an_update_has_its_lengths_attributes_and_prefixes)
{
	expect_message(2, "0003 10 0a01 0004 40010100 18 0a0203", &four,
		"Withdrawn Routes Length=3 @19+2\n"
		"Withdrawn Routes @21+3\n"
		".Prefix=10.1.0.0/16 @21+3\n"
		"Total Path Attribute Length=4 @24+2\n"
		"Path Attributes @26+4\n"
		".ORIGIN=IGP @26+4\n"
		"..Attribute Flags=0x40 @26+1\n"
		"...Optional=0 @26+1\n"
		"...Transitive=1 @26+1\n"
		"...Partial=0 @26+1\n"
		"...Extended Length=0 @26+1\n"
		"..Attribute Type Code=1 (ORIGIN) @27+1\n"
		"..Attribute Length=1 @28+1\n"
		"..ORIGIN=0 (IGP) @29+1\n"
		"Network Layer Reachability Information @30+4\n"
		".Prefix=10.2.3.0/24 @30+4\n");
}

Test(field, a_capability_of_each_kind)
{
	static const struct {
		const char *hex; /* code, length, value */
		const char *expected;
	} rows[] = {
		{"01 04 0001 00 80", "Address Family Identifier=1 (ipv4)|Reserved=0|"
			"Subsequent Address Family Identifier=128 (vpn-unicast)"},
		{"03 07 0001 00 01 01 40 03", "Outbound Route Filters|"
			".Address Family Identifier=1 (ipv4)|.Reserved=0|"
			".Subsequent Address Family Identifier=1 (unicast)|.Number of ORFs=1|"
			".ORF Type=64 (Address Prefix)|.Send/Receive=3 (send and receive)"},
		{"05 06 0001 0080 0002", "Extended Next Hop|.NLRI AFI=1 (ipv4)|"
			".NLRI SAFI=128 (vpn-unicast)|.Nexthop AFI=2 (ipv6)"},
		{"07 03 08 0002", "Version=0|Dir=1 (send)|Unassigned=0|"
			"Address Family Identifier=2 (ipv6)"},
		{"08 04 0001 04 02", "Address Family=ipv4-labeled-unicast|"
			".Address Family Identifier=1 (ipv4)|"
			".Subsequent Address Family Identifier=4 (labeled-unicast)|.Count=2"},
		{"09 01 03", "Role=3 (Customer)"},
		{"40 06 c0 78 0002 01 80", "Restart Flags=12|.Restart State=1|"
			".Graceful Notification=1|Restart Time=120|Address Family=ipv6-unicast|"
			".Address Family Identifier=2 (ipv6)|"
			".Subsequent Address Family Identifier=1 (unicast)|"
			".Flags for Address Family=0x80|..Forwarding State=1"},
		{"41 04 00010000", "AS Number=65536"},
		{"43 02 01 40", "Capability Code=1 (Multiprotocol)|"
			"Capability Code=64 (Graceful Restart)"},
		{"44 02 80 01", "Flags=0x80|.Grouping=1|Session Identifier=1 (Multiprotocol)"},
		{"45 04 0019 46 03", "Address Family=l2vpn-evpn|"
			".Address Family Identifier=25 (l2vpn)|"
			".Subsequent Address Family Identifier=70 (evpn)|"
			".Send/Receive=3 (send and receive)"},
		{"47 07 0001 01 80 015180", "Address Family=ipv4-unicast|"
			".Address Family Identifier=1 (ipv4)|"
			".Subsequent Address Family Identifier=1 (unicast)|"
			".Flags for Address Family=0x80|..Forwarding State=1|"
			".Long-Lived Stale Time=86400"},
		{"49 08 03 723031 03 6c6162", "Hostname Length=3|Hostname=\"r01\"|"
			"Domain Name Length=3|Domain Name=\"lab\""},
		{"4b 04 03 465252", "Version Length=3|Version=\"FRR\""},
		{"4c 05 0001 01 000a", "Address Family=ipv4-unicast|"
			".Address Family Identifier=1 (ipv4)|"
			".Subsequent Address Family Identifier=1 (unicast)|.Paths Limit=10"},
		/* too short, too long */
		{"41 02 0001", "AS Number=0001 [malformed]"},
		{"09 02 0304", "Role=3 (Customer)|Surplus octets=04 [malformed]"},
		{"45 05 0001 01 01 00", "Address Family=ipv4-unicast|"
			".Address Family Identifier=1 (ipv4)|"
			".Subsequent Address Family Identifier=1 (unicast)|.Send/Receive=1 (receive)|"
			"Address Family [malformed]|.Address Family Identifier=00 [malformed]"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct octets value = octets_from_hex(rows[i].hex);
		char hex[512];
		snprintf(hex, sizeof(hex), "04 fde9 005a c0000201 %02zx 02 %02zx %s", value.size + 2,
			value.size, rows[i].hex);
		struct octets o = octets_message(1, hex);
		struct bgp_message m;
		struct fields_text t = {0};
		bgp_decode(o.bytes, o.size, &none, &m);
		struct field_sink sink = {.self = &t, .on_field = fields_text_add};
		bgp_fields(&m, &none, &sink);
		/* What follows the capability's length, without its depth of 4 and its offsets. */
		char got[2048] = "";
		const char *line = strchr(strstr(t.text, "Capability Length"), '\n') + 1;
		while (*line != '\0') {
			const char *end = strchr(line, '\n');
			const char *at = strstr(line, " @");
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s",
				got[0] != '\0' ? "|" : "", (int)(at - line - 4), line + 4);
			line = end + 1;
		}
		cr_expect_str_eq(got, rows[i].expected, "%s:\n%s", rows[i].hex, got);
		octets_free(&o);
		octets_free(&value);
	}
}

Test(field, a_route_refresh_with_filters)
{
	/* RFC 5291 section 4, RFC 5292 section 2: add permit 10.0.0.0/8 le 24, then remove all */
	expect_message(5, "0001 00 01 01 40 000a 00 00000005 00 18 08 0a 80", &none,
		"Address Family Identifier=1 (ipv4) @19+2\n"
		"Message Subtype=0 (request) @21+1\n"
		"Subsequent Address Family Identifier=1 (unicast) @22+1\n"
		"When-to-refresh=1 (IMMEDIATE) @23+1\n"
		"ORF Type=64 (Address Prefix) @24+1\n"
		"Length of ORF entries=10 @25+2\n"
		"ORF Entries @27+10\n"
		".ORF Entry @27+9\n"
		"..Action=0 (ADD) @27+1\n"
		"..Match=0 (PERMIT) @27+1\n"
		"..Sequence=5 @28+4\n"
		"..Minlen=0 @32+1\n"
		"..Maxlen=24 @33+1\n"
		"..Length=8 @34+1\n"
		"..Prefix=10.0.0.0/8 @35+1\n"
		".ORF Entry @36+1\n"
		"..Action=2 (REMOVE-ALL) @36+1\n"
		"..Match=0 (PERMIT) @36+1\n");
	expect_message(5, "0002 01 01", &none, "Address Family Identifier=2 (ipv6) @19+2\n"
		"Message Subtype=1 (BoRR) @21+1\n"
		"Subsequent Address Family Identifier=1 (unicast) @22+1\n");
}

Test(field, a_capability_message_of_either_form)
{
	/* draft-ietf-idr-dynamic-cap-16 section 4 */
	expect_message(6, "41 00000007 01 0004 0002 00 01", &none,
		"Capability=Multiprotocol @19+12\n"
		".Flags=0x41 @19+1\n"
		"..Init/Ack=0 @19+1\n"
		"..Ack Request=1 @19+1\n"
		"..Action: removal=1 @19+1\n"
		".Sequence Number=7 @20+4\n"
		".Capability Code=1 (Multiprotocol) @24+1\n"
		".Capability Length=4 @25+2\n"
		".Address Family Identifier=2 (ipv6) @27+2\n"
		".Reserved=0 @29+1\n"
		".Subsequent Address Family Identifier=1 (unicast) @30+1\n");
	/* as FRR sends it: bgp_capability_send() */
	expect_message(6, "00 09 01 00", &none,
		"Capability=BGP Role @19+4\n"
		".Action=0 (advertise) @19+1\n"
		".Capability Code=9 (BGP Role) @20+1\n"
		".Capability Length=1 @21+1\n"
		".Role=0 (Provider) @22+1\n");
}

/* What is below an attribute, without its flags, type and length: fields joined with "|". */
static void
attribute_fields(const char *hex, const struct bgp_context *context, char *text, size_t room)
{
	struct octets value = octets_from_hex(hex);
	char body[2048];
	snprintf(body, sizeof(body), "0000 %04zx %s", value.size, hex);
	struct octets o = octets_message(2, body);
	struct bgp_message m;
	struct fields_text t = {0};
	bgp_decode(o.bytes, o.size, context, &m);
	struct field_sink sink = {.self = &t, .on_field = fields_text_add};
	bgp_fields(&m, context, &sink);
	text[0] = '\0';
	const char *line = strchr(strstr(t.text, "..Attribute Length"), '\n') + 1;
	while (*line != '\0') {
		const char *end = strchr(line, '\n');
		const char *at = end;
		while (at > line && *at != '@') {
			at--;
		}
		snprintf(text + strlen(text), room - strlen(text), "%s%.*s",
			text[0] != '\0' ? "|" : "", (int)(at - 1 - line - 2), line + 2);
		line = end + 1;
	}
	octets_free(&o);
	octets_free(&value);
}

Test(field, an_attribute_of_each_kind)
{
	static const struct {
		const char *hex;
		const char *expected;
	} rows[] = {
		{"400210 0202 0000fde9 00010000 0101 0000fdeb",
			"Path Segment=AS_SEQUENCE|.Path Segment Type=2 (AS_SEQUENCE)|"
			".Path Segment Length=2|.AS Number=65001|.AS Number=65536|"
			"Path Segment=AS_SET|.Path Segment Type=1 (AS_SET)|.Path Segment Length=1|"
			".AS Number=65003"},
		{"400304 c0000201", "NEXT_HOP=192.0.2.1"},
		{"800404 00000064", "MULTI_EXIT_DISC=100"},
		{"400504 00000064", "LOCAL_PREF=100"},
		{"c00708 0000fde9 c0000201", "AS Number=65001|IP Address=192.0.2.1"},
		{"c00808 fde90064 ffffff01", "Community=65001:100|Community=no-export"},
		{"800904 c0000201", "ORIGINATOR_ID=192.0.2.1"},
		{"800a08 c0000201 c0000202", "CLUSTER_ID=192.0.2.1|CLUSTER_ID=192.0.2.2"},
		{"800e0d 0001 01 04 c0000201 00 18 0a0203",
			"Address Family Identifier=1 (ipv4)|"
			"Subsequent Address Family Identifier=1 (unicast)|"
			"Length of Next Hop Network Address=4|Network Address of Next Hop=192.0.2.1|"
			"Reserved=0|Network Layer Reachability Information|.Prefix=10.2.3.0/24"},
		{"800f07 0002 01 18 20010d",
			"Address Family Identifier=2 (ipv6)|"
			"Subsequent Address Family Identifier=1 (unicast)|Withdrawn Routes|"
			".Prefix=2001:d00::/24"},
		{"c01008 0602020000112233",
			"Extended Community=es-import:02:00:00:11:22:33|.Type=6 (EVPN)|"
			".Sub-Type=2 (ES-Import Route Target)|.MAC Address=02:00:00:11:22:33"},
		{"c01008 0601010000000641",
			"Extended Community=esi-label:100:single-active|.Type=6 (EVPN)|"
			".Sub-Type=1 (ESI Label)|.Flags=0x01|..Single-Active=1|.Reserved=0|"
			".ESI Label=100"},
		{"c01008 4004fde94a3ebc20",
			"Extended Community=link-bandwidth:65001:3.125e+06|"
			".Type=64 (Non-Transitive Two-Octet AS-Specific)|"
			".Sub-Type=4 (Link Bandwidth)|.AS Number=65001|.Rate=3.125e+06"},
		{"c01611 00 01 000000 c0000201 0000 0007 c0000209",
			"Flags=0x00|.Leaf Information Required=0|Tunnel Type=1 (RSVP-TE P2MP LSP)|"
			"MPLS Label=0 (VNI 0)|Tunnel Identifier|.Extended Tunnel ID=192.0.2.1|"
			".Reserved=0|.Tunnel ID=7|.P2MP ID=192.0.2.9"},
		{"c01616 00 02 000000 06 0001 04 c0000201 0007 01 0004 00000009",
			"Flags=0x00|.Leaf Information Required=0|Tunnel Type=2 (mLDP P2MP LSP)|"
			"MPLS Label=0 (VNI 0)|Tunnel Identifier|.FEC Element Type=6|.Address Family=1|"
			".Address Length=4|.Root Node Address=192.0.2.1|.Opaque Length=7|.Opaque Value|"
			"..Type=1|..Length=4|..LSP Identifier=9"},
		{"c01712 0008 000e 010c c0000064 00005e005301 0000",
			"Tunnel=VXLAN|.Tunnel Type=8 (VXLAN)|.Length=14|.Sub-TLV=Encapsulation|"
			"..Sub-TLV Type=1 (Encapsulation)|..Sub-TLV Length=12|..Flags=0xc0|"
			"...V: VN-ID is valid=1|...M: MAC is valid=1|..VN-ID=100|"
			"..MAC Address=00005e005301|..Reserved=0"},
		{"c01714 0008 0010 060a 00000000 0001 c0000201 0802 12b5",
			"Tunnel=VXLAN|.Tunnel Type=8 (VXLAN)|.Length=16|"
			".Sub-TLV=Tunnel Egress Endpoint|..Sub-TLV Type=6 (Tunnel Egress Endpoint)|"
			"..Sub-TLV Length=10|..Reserved=0|..Address Family=1 (ipv4)|"
			"..Address=192.0.2.1|.Sub-TLV=UDP Destination Port|"
			"..Sub-TLV Type=8 (UDP Destination Port)|..Sub-TLV Length=2|..UDP Port=4789"},
		{"c01718 000f 0014 80 0011 00 01 06 00 00 03e80000 09 06 00 00 0000000a",
			"Tunnel=SR Policy|.Tunnel Type=15 (SR Policy)|.Length=20|"
			".Sub-TLV=Segment List|..Sub-TLV Type=128 (Segment List)|"
			"..Sub-TLV Length=17|..Reserved=0|..Segment=Type A: SR-MPLS Label|"
			"...Type=1 (Type A: SR-MPLS Label)|...Length=6|...Flags=0x00|...Reserved=0|"
			"...Label=16000|...TC=0|...S=0|...TTL=0|..Segment=Weight|...Type=9 (Weight)|"
			"...Length=6|...Flags=0x00|...Reserved=0|...Weight=10"},
		{"c01914 0002 20010db8 00*11 01 0064",
			"Extended Community=rt:[2001:db8::1]:100|.Type=0x00|"
			".Sub-Type=2 (Route Target)|.Global Administrator=2001:db8::1|"
			".Local Administrator=100"},
		{"801a0b 01 000b 0000000000000064",
			"TLV=AIGP|.Type=1|.Length=11|.Accumulated IGP Metric=100"},
		{"801d1a 0402 0002 7231 0447 0003 00000a 0441 0004 4a3ebc20 ffff 0001 aa",
			"TLV=Node Name|.Type=1026 (Node Name)|.Length=2|.Value=\"r1\"|"
			"TLV=IGP Metric|.Type=1095 (IGP Metric)|.Length=3|.Value=10|"
			"TLV=Maximum link bandwidth|.Type=1089 (Maximum link bandwidth)|.Length=4|"
			".Bandwidth=3.125e+06|TLV|.Type=65535|.Length=1|.Value=aa"},
		{"c0200c 0000fde9 00000001 00000002",
			"Large Community=65001:1:2|.Global Administrator=65001|"
			".Local Data Part 1=1|.Local Data Part 2=2"},
		{"802123 0008 01 80 0000fde9 001b 01 aa*20 0002 beef",
			"Secure_Path|.Secure_Path Length=8|.pCount=1|.Flags=0x80|"
			"..Confed_Segment=1|.AS Number=65001|Signature_Block|"
			".Signature_Block Length=27|.Algorithm Suite Identifier=1|"
			".Subject Key Identifier=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|"
			".Signature Length=2|.Signature=beef"},
		{"c02304 0000fde9", "AS Number=65001"},
		{"c0280a 01 0007 00 0000 00000064",
			"TLV=Label-Index|.Type=1 (Label-Index)|.Length=7|.Reserved=0|.Flags=0x0000|"
			".Label Index=100"},
		{"c02825 05 0022 00 01 001e 00 20010db8 00*11 01 00 0013 00 01 0006 28 18 10 00 10 40",
			"TLV=SRv6 L3 Service|.Type=5 (SRv6 L3 Service)|.Length=34|.Reserved=0|"
			".SRv6 Service Sub-TLV=SRv6 SID Information|..SRv6 Service Sub-TLV Type=1|"
			"..SRv6 Service Sub-TLV Length=30|..Reserved=0|..SRv6 SID Value=2001:db8::1|"
			"..SRv6 Service SID Flags=0x00|..SRv6 Endpoint Behavior=19 (End.DT4)|"
			"..Reserved=0|..SRv6 Service Data Sub-Sub-TLV=SRv6 SID Structure|...Type=1|"
			"...Length=6|...Locator Block Length=40|...Locator Node Length=24|"
			"...Function Length=16|...Argument Length=0|...Transposition Length=16|"
			"...Transposition Offset=64"},
		{"c08008 0000fde9 400101 00",
			"Origin AS Number=65001|Path Attributes|.ORIGIN=IGP|..Attribute Flags=0x40|"
			"...Optional=0|...Transitive=1|...Partial=0|...Extended Length=0|"
			"..Attribute Type Code=1 (ORIGIN)|..Attribute Length=1|..ORIGIN=0 (IGP)"},
		{"c0c802 beef", "Attribute Value=beef"},
		/* of the wrong length */
		{"400302 c000", "NEXT_HOP=c000 [malformed]"},
		{"400101 03", "ORIGIN=3"},
		{"c00806 fde90064 ffff", "Community=65001:100|Surplus octets=ffff [malformed]"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[8192];
		attribute_fields(rows[i].hex, &four, got, sizeof(got));
		cr_expect_str_eq(got, rows[i].expected, "%s:\n%s\n%s", rows[i].hex, got,
			rows[i].expected);
	}
}

/* RFC 6793 section 4.2.3, with two octets on the session. */
Test(field, as4_path_stands_in_for_as_trans)
{
	static const struct bgp_context two = {.as_width = 2};
	static const struct {
		const char *attributes;
		const char *merged; /* NULL: nothing to merge */
	} rows[] = {
		/* 23456 23456 with 70000 70001 */
		{"400206 0202 5ba0 5ba0 c0110a 0202 00011170 00011171", "70000 70001"},
		/* a leading part that AS4_PATH does not have */
		{"400208 0203 fde9 5ba0 fdeb c0110a 0202 00011170 0000fdeb", "65001 70000 65003"},
		/* a set counts once, a confederation not at all */
		{"40020e 0301 fc00 0202 fde9 5ba0 0101 5ba0 c01110 0201 00011170 0102 00011171 00011172",
			"(64512) 65001 70000 {70001 70002}"},
		/* AS4_PATH is longer than AS_PATH: ignored */
		{"400204 0201 5ba0 c0110a 0202 00011170 00011171", NULL},
		/* somebody without AS4 has aggregated: both AS4 attributes are ignored */
		{"400204 0201 5ba0 c00706 fde9 c0000201 c01106 0201 00011170 c01208 00011170 c0000201",
			NULL},
		{"400204 0201 5ba0 c00706 5ba0 c0000201 c01106 0201 00011170 c01208 00011170 c0000201",
			"70000"},
		{"400204 0201 fde9", NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct octets a = octets_from_hex(rows[i].attributes);
		char body[512], text[BGP_ATTRIBUTE_TEXT_MAX];
		snprintf(body, sizeof(body), "0000 %04zx %s", a.size, rows[i].attributes);
		struct octets o = octets_message(2, body);
		struct bgp_message m;
		bgp_decode(o.bytes, o.size, &two, &m);
		bool merged = bgp_merged_as_path(&m.update, &two, text);
		cr_expect_eq(merged, rows[i].merged != NULL, "row %zu: %s", i, text);
		if (rows[i].merged != NULL) {
			cr_expect_str_eq(text, rows[i].merged, "row %zu: %s", i, text);
		}
		cr_expect_not(bgp_merged_as_path(&m.update, &four, text), "four octets: row %zu", i);
		octets_free(&o);
		octets_free(&a);
	}
}

Test(field, what_depends_on_the_opens_is_marked_as_guessed)
{
	char got[2048];
	attribute_fields("400204 0201 fde9", &none, got, sizeof(got));
	cr_expect(strstr(got, "AS Number Size=2 (the OPENs were not seen) [guessed]") != NULL, "%s",
		got);
	attribute_fields("400206 0201 0000fde9", &none, got, sizeof(got));
	cr_expect(strstr(got, "AS Number Size=4 (the OPENs were not seen) [guessed]") != NULL, "%s",
		got);
	attribute_fields("400206 0201 0000fde9", &four, got, sizeof(got));
	cr_expect(strstr(got, "guessed") == NULL, "%s", got);
}
