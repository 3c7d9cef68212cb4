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
		"..Attribute Value=00 @29+1\n"
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
