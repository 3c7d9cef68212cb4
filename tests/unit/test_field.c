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
