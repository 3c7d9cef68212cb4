/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BGP messages other than UPDATE (that is test_bgp_update.c). The octets are written out by hand
 * from the figures of the RFCs; the lengths are counted in the comments beside them.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "dissect/bgp.h"
#include "tests/unit/octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MARKER "ff*16 "

static const struct bgp_context none;

/* The message stays good as long as `o` does. */
static struct bgp_message
decode(const struct octets *o)
{
	struct bgp_message m;
	bgp_decode(o->bytes, o->size, &none, &m);
	return m;
}

static const struct {
	const char *what;
	const char *hex;
	uint32_t max;
	enum bgp_fault_code fault;
	uint32_t offset;
} headers[] = {
	{"KEEPALIVE", MARKER "0013 04", 4096, BGP_FAULT_NONE, 0},
	{"marker: first octet", "00 ff*15 0013 04", 4096, BGP_FAULT_MARKER, 0},
	{"marker: last octet", "ff*15 fe 0013 04", 4096, BGP_FAULT_MARKER, 15},
	{"marker before length", "ff*15 fe 0012 04", 4096, BGP_FAULT_MARKER, 15},
	{"length 0", MARKER "0000 04", 4096, BGP_FAULT_LENGTH, 16},
	{"length 18", MARKER "0012 04", 4096, BGP_FAULT_LENGTH, 16},
	{"length before type", MARKER "0012 09", 4096, BGP_FAULT_LENGTH, 16},
	{"UPDATE of 4096", MARKER "1000 02", 4096, BGP_FAULT_NONE, 0},
	{"UPDATE of 4097", MARKER "1001 02", 4096, BGP_FAULT_LENGTH, 16},
	{"UPDATE of 4097, extended", MARKER "1001 02", 65535, BGP_FAULT_NONE, 0},
	{"UPDATE of 65535, extended", MARKER "ffff 02", 65535, BGP_FAULT_NONE, 0},
	{"OPEN is never extended", MARKER "1001 01", 65535, BGP_FAULT_LENGTH, 16},
	{"type 0", MARKER "0013 00", 4096, BGP_FAULT_TYPE, 18},
	{"type 7", MARKER "0013 07", 4096, BGP_FAULT_TYPE, 18},
	{"type before the length for it", MARKER "0013 ff", 4096, BGP_FAULT_TYPE, 18},
	{"OPEN of 28", MARKER "001c 01", 4096, BGP_FAULT_TYPE_LENGTH, 16},
	{"OPEN of 29", MARKER "001d 01", 4096, BGP_FAULT_NONE, 0},
	{"UPDATE of 22", MARKER "0016 02", 4096, BGP_FAULT_TYPE_LENGTH, 16},
	{"UPDATE of 23", MARKER "0017 02", 4096, BGP_FAULT_NONE, 0},
	{"NOTIFICATION of 20", MARKER "0014 03", 4096, BGP_FAULT_TYPE_LENGTH, 16},
	{"NOTIFICATION of 21", MARKER "0015 03", 4096, BGP_FAULT_NONE, 0},
	{"KEEPALIVE of 20", MARKER "0014 04", 4096, BGP_FAULT_TYPE_LENGTH, 16},
	{"ROUTE-REFRESH of 22", MARKER "0016 05", 4096, BGP_FAULT_TYPE_LENGTH, 16},
	{"ROUTE-REFRESH of 23", MARKER "0017 05", 4096, BGP_FAULT_NONE, 0},
	{"CAPABILITY", MARKER "0013 06", 4096, BGP_FAULT_NONE, 0},
	{"prestandard ROUTE-REFRESH", MARKER "0017 80", 4096, BGP_FAULT_NONE, 0},
};

Test(bgp_header, check_gives_the_fault_of_highest_precedence)
{
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct octets o = octets_from_hex(headers[i].hex);
		uint16_t length;
		uint8_t type;
		enum bgp_fault_code fault = bgp_header_check(o.bytes, headers[i].max, &length, &type);
		cr_expect_eq(fault, headers[i].fault, "%s: %s", headers[i].what, bgp_fault_key(fault));
		cr_expect_eq(length, o.bytes[16] << 8 | o.bytes[17], "%s", headers[i].what);
		cr_expect_eq(type, o.bytes[18], "%s", headers[i].what);

		const struct bgp_context context = {
			.as_width = 4,
			.extended_messages = headers[i].max > 4096,
		};
		struct bgp_message m;
		bgp_decode(o.bytes, o.size, &context, &m);
		cr_expect_eq(m.fault.code, headers[i].fault, "%s", headers[i].what);
		cr_expect_eq(m.fault.offset, headers[i].offset, "%s", headers[i].what);
		octets_free(&o);
	}
}

Test(bgp_header, a_cut_header_is_truncated_and_no_fault)
{
	struct octets whole = octets_from_hex(MARKER "0013 04");
	for (size_t size = 0; size < whole.size; size++) {
		struct octets o = octets_copy(whole.bytes, size);
		struct bgp_message m = decode(&o);
		cr_expect(m.truncated);
		cr_expect_not(m.body_read);
		cr_expect_eq(m.fault.code, BGP_FAULT_NONE);
		cr_expect_eq(m.length, size >= 18 ? 19 : 0);
		octets_free(&o);
	}
	octets_free(&whole);
}

Test(bgp_header, octets_after_the_message_are_not_of_it)
{
	struct octets o = octets_from_hex(MARKER "0013 04 ff ff ff");
	struct bgp_message m = decode(&o);
	cr_assert_eq(cursor_left(&m.raw), 19);
	cr_assert_not(m.truncated);
	cr_assert(m.body_read);
	cr_assert_eq(m.fault.code, BGP_FAULT_NONE);
	octets_free(&o);
}

Test(bgp_header, type_names)
{
	static const struct {
		uint8_t type;
		const char *name;
	} rows[] = {{1, "OPEN"}, {2, "UPDATE"}, {3, "NOTIFICATION"}, {4, "KEEPALIVE"},
		{5, "ROUTE-REFRESH"}, {6, "CAPABILITY"}, {128, "ROUTE-REFRESH-CISCO"},
		{0, "UNKNOWN-0"}, {255, "UNKNOWN-255"}};
	char buffer[16];
	for (size_t i = 0; i < COUNT(rows); i++) {
		cr_expect_str_eq(bgp_type_name(rows[i].type, buffer), rows[i].name);
	}
}

/* Version 4 | My AS 23456 | hold time 180 | 192.0.2.1 | 4 parameters of one capability each:
 * Multiprotocol IPv4 unicast (2+2+4), Route Refresh (2+2), 4-octet AS 4200000001 (2+2+4), ADD-PATH
 * IPv4 unicast both (2+2+4): 8 + 4 + 8 + 8 = 28. */
#define OPEN_FIXED "04 5ba0 00b4 c0000201 "
#define OPEN_GOOD OPEN_FIXED "1c 02060104 00010001 02020200 02064104 fa56ea01 02064504 00010103"

Test(bgp_open, reads_the_fields_and_the_real_as)
{
	struct octets o = octets_message(1, OPEN_GOOD);
	struct bgp_message m = decode(&o);
	cr_assert(m.body_read);
	cr_assert_eq(m.fault.code, BGP_FAULT_NONE, "%s", bgp_fault_key(m.fault.code));
	cr_assert_eq(m.length, 19 + 10 + 28);
	cr_assert_eq(m.open.version, 4);
	cr_assert_eq(m.open.my_as, BGP_AS_TRANS);
	cr_assert(m.open.as4);
	cr_assert_eq(m.open.as4_asn, 4200000001u);
	cr_assert_eq(m.open.asn, 4200000001u);
	cr_assert_eq(m.open.hold_time_s, 180);
	cr_assert_eq(m.open.bgp_id, 0xc0000201);
	cr_assert_not(m.open.extended_parameters);
	octets_free(&o);
}

/* The codes of the capabilities in order, as text; "!" after one that is malformed. */
static void
list_capabilities(const struct bgp_open *open, char *text, size_t size)
{
	struct bgp_capability_iter iter = bgp_capabilities(open);
	struct bgp_capability cap;
	size_t length = 0;
	text[0] = '\0';
	while (bgp_next_capability(&iter, &cap)) {
		length += (size_t)snprintf(text + length, size - length, "%s%u%s", length > 0 ? " " : "",
			cap.code, cap.malformed ? "!" : "");
	}
}

static const struct {
	const char *what;
	const char *body;
	const char *capabilities;
	uint32_t asn;
	enum bgp_fault_code fault;
	uint32_t offset;
} opens[] = {
	{"no parameters", "04 fde9 00b4 c0000201 00", "", 65001, BGP_FAULT_NONE, 0},
	{"one parameter, three capabilities (6+2+6 = 14)",
		OPEN_FIXED "10 020e 0104 00010001 0200 4104 0000fdea", "1 2 65", 65002, BGP_FAULT_NONE, 0},
	{"extended parameters (RFC 9072): 255 255, 9 = 3 + 6",
		OPEN_FIXED "ff ff 0009 02 0006 4104 0000fdea", "65", 65002, BGP_FAULT_NONE, 0},
	{"extended, the one-octet length is not 255 and is ignored",
		OPEN_FIXED "01 ff 0009 02 0006 4104 0000fdea", "65", 65002, BGP_FAULT_NONE, 0},
	{"255 octets in the plain form (255 = 2 + 253 = 2 + 2 + 251)",
		OPEN_FIXED "ff 02fd 80*1 fb 00*251", "128!", 23456, BGP_FAULT_OPEN_CAPABILITY, 31},
	{"version 3", "03 fde9 00b4 c0000201 00", "", 65001, BGP_FAULT_OPEN_VERSION, 19},
	{"AS 0", "04 0000 00b4 c0000201 00", "", 0, BGP_FAULT_OPEN_AS_ZERO, 20},
	{"AS 0 in the capability",
		"04 fde9 00b4 c0000201 08 0206 4104 00000000", "65", 65001, BGP_FAULT_OPEN_AS_ZERO, 31},
	{"hold time 0", "04 fde9 0000 c0000201 00", "", 65001, BGP_FAULT_NONE, 0},
	{"hold time 1", "04 fde9 0001 c0000201 00", "", 65001, BGP_FAULT_OPEN_HOLD_TIME, 22},
	{"hold time 2", "04 fde9 0002 c0000201 00", "", 65001, BGP_FAULT_OPEN_HOLD_TIME, 22},
	{"hold time 3", "04 fde9 0003 c0000201 00", "", 65001, BGP_FAULT_NONE, 0},
	{"BGP Identifier 0", "04 fde9 00b4 00000000 00", "", 65001, BGP_FAULT_OPEN_BGP_ID, 24},
	{"the order of section 6.2", "05 0000 0001 00000000 00", "", 0, BGP_FAULT_OPEN_VERSION, 19},
	{"length 5, 4 octets", OPEN_FIXED "05 0202 0200", "2", 23456, BGP_FAULT_OPEN_PARAMETERS, 29},
	{"length 3, 4 octets", OPEN_FIXED "03 0202 0200", "2!", 23456, BGP_FAULT_OPEN_PARAMETERS, 29},
	{"length 0, 4 octets", OPEN_FIXED "00 0202 0200", "", 23456, BGP_FAULT_OPEN_PARAMETERS, 29},
	{"a parameter beyond the field", OPEN_FIXED "04 0203 0200", "2", 23456, BGP_FAULT_OPEN_PARAMETERS, 29},
	{"a parameter of one octet", OPEN_FIXED "05 0202 0200 02", "2", 23456, BGP_FAULT_OPEN_PARAMETERS, 33},
	{"parameter 1", OPEN_FIXED "07 0101 00 0202 0200", "2", 23456, BGP_FAULT_OPEN_PARAMETER_TYPE, 29},
	{"a capability beyond its parameter, and a good parameter after it",
		OPEN_FIXED "0c 0202 4104 0206 4104 0000fdea", "65! 65", 65002, BGP_FAULT_OPEN_CAPABILITY, 31},
	{"4-octet AS of 3 octets, and good siblings (5 + 6 + 2 = 13)",
		OPEN_FIXED "0f 020d 4103 00fdea 0104 00010001 0200", "65! 1 2", 23456, BGP_FAULT_OPEN_CAPABILITY, 31},
	{"a capability of a code alone", OPEN_FIXED "03 0201 41", "65!", 23456, BGP_FAULT_OPEN_CAPABILITY, 31},
	{"an unknown capability", OPEN_FIXED "07 0205 f003 010203", "240", 23456, BGP_FAULT_NONE, 0},
};

Test(bgp_open, parameters_and_faults)
{
	for (size_t i = 0; i < COUNT(opens); i++) {
		struct octets o = octets_message(1, opens[i].body);
		struct bgp_message m = decode(&o);
		char text[256];
		cr_assert(m.body_read, "%s", opens[i].what);
		list_capabilities(&m.open, text, sizeof(text));
		cr_expect_str_eq(text, opens[i].capabilities, "%s: %s", opens[i].what, text);
		cr_expect_eq(m.open.asn, opens[i].asn, "%s: %u", opens[i].what, m.open.asn);
		cr_expect_eq(m.fault.code, opens[i].fault, "%s: %s", opens[i].what,
			bgp_fault_key(m.fault.code));
		cr_expect_eq(m.fault.offset, opens[i].offset, "%s: %u", opens[i].what, m.fault.offset);
		octets_free(&o);
	}
}

Test(bgp_open, truncation_is_no_fault)
{
	struct octets whole = octets_message(1, OPEN_GOOD);
	for (size_t size = 19; size < whole.size; size++) {
		struct octets o = octets_copy(whole.bytes, size);
		struct bgp_message m = decode(&o);
		cr_expect(m.truncated);
		cr_expect_eq(m.fault.code, BGP_FAULT_NONE, "%zu: %s", size, bgp_fault_key(m.fault.code));
		cr_expect_eq(m.body_read, size >= 29, "%zu", size);
		octets_free(&o);
	}
	octets_free(&whole);
}

/* The OPEN with one parameter that holds the capability, in an OPEN of its own. */
static struct octets
open_with(const char *capability)
{
	char body[2048];
	struct octets value = octets_from_hex(capability);
	snprintf(body, sizeof(body), OPEN_FIXED "%02x 02%02x %s", (unsigned)value.size + 2,
		(unsigned)value.size, capability);
	octets_free(&value);
	return octets_message(1, body);
}

static struct bgp_capability
only_capability(const struct bgp_message *m)
{
	struct bgp_capability_iter iter = bgp_capabilities(&m->open);
	struct bgp_capability cap, more;
	cr_assert(bgp_next_capability(&iter, &cap));
	cr_assert_not(bgp_next_capability(&iter, &more));
	cr_assert_eq(cap.offset, 31);
	return cap;
}

Test(bgp_capability, graceful_restart)
{
	/* R, N, 120 s = 0x078; IPv4 unicast with F, IPv6 unicast without. */
	struct octets o = open_with("400a c078 00010180 00020100");
	struct bgp_message m = decode(&o);
	struct bgp_capability cap = only_capability(&m);
	struct bgp_restart_family family;
	cr_assert_not(cap.malformed);
	cr_assert(cap.graceful_restart.restarting);
	cr_assert(cap.graceful_restart.notification);
	cr_assert_eq(cap.graceful_restart.time_s, 120);
	cr_assert(bgp_next_restart_family(&cap.graceful_restart.families, &family));
	cr_assert_eq(family.family.afi, 1);
	cr_assert_eq(family.family.safi, 1);
	cr_assert(family.forwarding);
	cr_assert(bgp_next_restart_family(&cap.graceful_restart.families, &family));
	cr_assert_eq(family.family.afi, 2);
	cr_assert_not(family.forwarding);
	cr_assert_not(bgp_next_restart_family(&cap.graceful_restart.families, &family));
	octets_free(&o);
}

Test(bgp_capability, long_lived_graceful_restart)
{
	struct octets o = open_with("4707 0001 01 80 015180"); /* 0x15180 = 86400 */
	struct bgp_message m = decode(&o);
	struct bgp_capability cap = only_capability(&m);
	struct bgp_restart_family family;
	cr_assert(bgp_next_llgr_family(&cap.llgr.families, &family));
	cr_assert(family.forwarding);
	cr_assert_eq(family.stale_time_s, 86400);
	cr_assert_not(bgp_next_llgr_family(&cap.llgr.families, &family));
	octets_free(&o);
}

Test(bgp_capability, add_path_and_extended_next_hop)
{
	struct octets o = open_with("4508 00010101 00020102");
	struct bgp_message m = decode(&o);
	struct bgp_capability cap = only_capability(&m);
	struct bgp_add_path entry;
	cr_assert(bgp_next_add_path(&cap.add_path.families, &entry));
	cr_assert_eq(entry.mode, 1);
	cr_assert(bgp_next_add_path(&cap.add_path.families, &entry));
	cr_assert_eq(entry.family.afi, 2);
	cr_assert_eq(entry.mode, 2);
	cr_assert_not(bgp_next_add_path(&cap.add_path.families, &entry));
	octets_free(&o);

	o = open_with("0506 0001 0001 0002");
	m = decode(&o);
	cap = only_capability(&m);
	struct bgp_extended_next_hop tuple;
	cr_assert(bgp_next_extended_next_hop(&cap.extended_next_hop.tuples, &tuple));
	cr_assert_eq(tuple.afi, 1);
	cr_assert_eq(tuple.safi, 1);
	cr_assert_eq(tuple.next_hop_afi, 2);
	cr_assert_not(bgp_next_extended_next_hop(&cap.extended_next_hop.tuples, &tuple));
	octets_free(&o);
}

static bool
cursor_is(struct cursor c, const char *text)
{
	size_t size = strlen(text);
	return cursor_left(&c) == size && memcmp(c.at, text, size) == 0;
}

Test(bgp_capability, texts)
{
	struct octets o = open_with("4906 02 7231 02 6c31"); /* "r1" in "l1" */
	struct bgp_message m = decode(&o);
	struct bgp_capability cap = only_capability(&m);
	cr_assert(cursor_is(cap.fqdn.host, "r1"));
	cr_assert(cursor_is(cap.fqdn.domain, "l1"));
	octets_free(&o);

	o = open_with("4904 02 7231 00");
	m = decode(&o);
	cap = only_capability(&m);
	cr_assert_not(cap.malformed);
	cr_assert(cursor_is(cap.fqdn.domain, ""));
	octets_free(&o);

	o = open_with("4b04 03 465252"); /* with the length octet, as FRR has it */
	m = decode(&o);
	cap = only_capability(&m);
	cr_assert(cursor_is(cap.software_version.version, "FRR"));
	octets_free(&o);

	o = open_with("4b03 465252"); /* without */
	m = decode(&o);
	cap = only_capability(&m);
	cr_assert(cursor_is(cap.software_version.version, "FRR"));
	octets_free(&o);
}

static const struct {
	const char *hex;
	bool malformed;
} shapes[] = {
	{"0103 000100", true}, {"0105 0001000100", true}, {"0104 00010001", false},
	{"0200", false}, {"0201 00", true}, {"0600", false}, {"0601 00", true},
	{"4600", false}, {"4601 00", true}, {"0901 03", false}, {"0900", true}, {"0902 0303", true},
	{"4001 00", true}, {"4002 0078", false}, {"4005 0078000101", true},
	{"4103 000001", true}, {"4105 0000000001", true},
	{"4500", false}, {"4503 000101", true}, {"4706 000101800151", true},
	{"0505 0001000100", true}, {"4903 05 7231", true}, {"4905 02 7231 05 6c", true},
	{"4300", false}, {"4305 0102030405", false},
};

Test(bgp_capability, lengths_that_do_not_fit_are_malformed)
{
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct octets o = open_with(shapes[i].hex);
		struct bgp_message m = decode(&o);
		struct bgp_capability cap = only_capability(&m);
		cr_expect_eq(cap.malformed, shapes[i].malformed, "%s", shapes[i].hex);
		cr_expect_eq(m.fault.code,
			shapes[i].malformed ? BGP_FAULT_OPEN_CAPABILITY : BGP_FAULT_NONE, "%s",
			shapes[i].hex);
		octets_free(&o);
	}
}

Test(bgp_capability, names)
{
	cr_assert_str_eq(bgp_capability_name(65), "4-octet AS");
	cr_assert_str_eq(bgp_capability_rfc(65), "RFC 6793");
	cr_assert_str_eq(bgp_capability_name(1), "Multiprotocol");
	cr_assert_str_eq(bgp_capability_name(69), "ADD-PATH");
	cr_assert_str_eq(bgp_capability_name(200), "unassigned");
	cr_assert_str_eq(bgp_capability_rfc(200), "");
	cr_assert_str_eq(bgp_role_name(0), "Provider");
	cr_assert_str_eq(bgp_role_name(4), "Peer");
	cr_assert_str_eq(bgp_role_name(5), "unassigned");
}

Test(bgp_negotiate, add_path_has_a_direction_and_the_receiver_permits_long_messages)
{
	/* a: IPv4 and IPv6 unicast, AS4, extended messages, ADD-PATH IPv4 send; b: IPv4 unicast and
	 * IPv4 multicast, AS4, ADD-PATH IPv4 receive and IPv6 both. */
	struct octets oa = open_with("0104 00010001 0104 00020001 4104 0000fde9 0600 4504 00010102");
	struct octets ob = open_with("0104 00010002 0104 00010001 4104 0000fdea 4508 00010101 00020103");
	struct bgp_message a = decode(&oa);
	struct bgp_message b = decode(&ob);
	struct bgp_context there = bgp_negotiate(&a.open, &b.open);
	struct bgp_context back = bgp_negotiate(&b.open, &a.open);
	cr_assert_eq(there.as_width, 4);
	cr_assert_not(there.extended_messages);
	cr_assert(back.extended_messages);
	cr_assert_eq(there.add_path_count, 1);
	cr_assert_eq(there.add_path[0].afi, 1);
	cr_assert_eq(there.add_path[0].safi, 1);
	cr_assert_eq(back.add_path_count, 0);

	struct bgp_family families[4];
	cr_assert_eq(bgp_common_families(&a.open, &b.open, families, 4), 1);
	cr_assert_eq(families[0].afi, 1);
	cr_assert_eq(families[0].safi, 1);
	cr_assert_eq(bgp_common_families(&a.open, &b.open, families, 0), 0);
	octets_free(&oa);
	octets_free(&ob);
}

/* What both offer, and for whom it counts. Graceful restart: the last one counts (RFC 4724 section 3). */
Test(bgp_negotiate, the_agreement_is_the_intersection)
{
	struct octets oa = open_with("0104 00010001 0104 00020001 0200 4600 4104 0000fde9 0600"
				     " 0506 000100010002 0901 00 4002 0001 4006 c078 00010180"
				     " 4707 00010100 000e10 4504 00010103");
	struct octets ob = open_with("0104 00010001 0200 4104 0000fdea 0506 000100010002 0901 03"
				     " 4006 403c 00010100 4700 4504 00010101");
	struct bgp_message a = decode(&oa), b = decode(&ob);
	struct bgp_agreement g, back;
	bgp_agree(&a.open, &b.open, &g);
	cr_assert(g.as4 && g.route_refresh && g.graceful_restart && g.notification && g.llgr);
	cr_assert_not(g.enhanced_route_refresh);
	cr_assert_not(g.side[0].extended_messages);
	cr_assert(g.side[1].extended_messages);
	cr_assert(g.side[0].restarting && !g.side[1].restarting);
	cr_assert_eq(g.side[0].restart_time_s, 120);
	cr_assert_eq(g.side[1].restart_time_s, 60);
	cr_assert(g.side[0].has_role && g.side[0].role == 0);
	cr_assert(g.side[1].has_role && g.side[1].role == 3);
	cr_assert_eq(g.family_count, 1);
	const struct bgp_agreed_family *f = &g.families[0];
	cr_assert_eq(f->family.afi, 1);
	cr_assert(f->extended_next_hop);
	cr_assert(f->add_path[0] && !f->add_path[1]);
	cr_assert(f->graceful[0] && f->graceful[1] && f->forwarding[0] && !f->forwarding[1]);
	cr_assert(f->has_stale_time[0] && !f->has_stale_time[1]);
	cr_assert_eq(f->stale_time_s[0], 3600);
	/* The same from the other side. */
	bgp_agree(&b.open, &a.open, &back);
	cr_assert(back.side[0].extended_messages && !back.side[1].extended_messages);
	cr_assert(back.families[0].add_path[1] && !back.families[0].add_path[0]);
	octets_free(&oa);
	octets_free(&ob);
}

Test(bgp_negotiate, an_open_without_capabilities_is_ipv4_unicast_and_two_octets)
{
	struct octets oa = octets_message(1, "04 fde9 00b4 c0000201 00");
	struct octets ob = octets_message(1, OPEN_GOOD);
	struct octets oc = open_with("0104 00020001");
	struct bgp_message a = decode(&oa), b = decode(&ob), c = decode(&oc);
	struct bgp_family family;
	cr_assert_eq(bgp_negotiate(&a.open, &b.open).as_width, 2);
	cr_assert_eq(bgp_common_families(&a.open, &b.open, &family, 1), 1);
	cr_assert_eq(family.afi, 1);
	cr_assert_eq(bgp_common_families(&a.open, &c.open, &family, 1), 0);
	octets_free(&oa);
	octets_free(&ob);
	octets_free(&oc);
}

static const struct {
	const char *body;
	bool has_text;
	const char *text;
	enum bgp_fault_code fault;
} texts[] = {
	{"0602", false, "", BGP_FAULT_NONE},
	{"0602 00", false, "", BGP_FAULT_NONE},
	{"0602 02 6869", true, "hi", BGP_FAULT_NONE},
	{"0604 02 6869", true, "hi", BGP_FAULT_NONE},
	{"0602 03 6869", false, "", BGP_FAULT_NOTIFICATION_TEXT},
	{"0602 01 6869", false, "", BGP_FAULT_NOTIFICATION_TEXT},
	{"0602 00 68", false, "", BGP_FAULT_NOTIFICATION_TEXT},
	{"0602 01 ff", true, "\xff", BGP_FAULT_NONE}, /* not UTF-8: the view's business */
	{"0603 02 6869", false, "", BGP_FAULT_NONE},
	{"0202 fde9", false, "", BGP_FAULT_NONE},
};

Test(bgp_notification, shutdown_communication)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct octets o = octets_message(3, texts[i].body);
		struct bgp_message m = decode(&o);
		cr_assert(m.body_read);
		cr_expect_eq(m.notification.has_text, texts[i].has_text, "%s", texts[i].body);
		if (m.notification.has_text) {
			cr_expect(cursor_is(m.notification.text, texts[i].text), "%s", texts[i].body);
		}
		cr_expect_eq(m.fault.code, texts[i].fault, "%s", texts[i].body);
		octets_free(&o);
	}
	/* 255 octets of text are allowed since RFC 9003. */
	struct octets o = octets_message(3, "0602 ff 61*255");
	struct bgp_message m = decode(&o);
	cr_assert(m.notification.has_text);
	cr_assert_eq(cursor_left(&m.notification.text), 255);
	octets_free(&o);
}

Test(bgp_notification, a_cut_text_is_no_fault)
{
	struct octets whole = octets_message(3, "0602 05 68656c6c6f");
	for (size_t size = 19; size < whole.size; size++) {
		struct octets o = octets_copy(whole.bytes, size);
		struct bgp_message m = decode(&o);
		cr_expect_eq(m.body_read, size >= 21);
		cr_expect_eq(m.fault.code, BGP_FAULT_NONE);
		cr_expect_not(m.notification.has_text);
		octets_free(&o);
	}
	octets_free(&whole);
}

Test(bgp_notification, data_by_meaning)
{
	struct octets o = octets_message(3, "0609 06 02 02 6869");
	struct bgp_message m = decode(&o);
	struct bgp_notification inner;
	cr_assert(bgp_hard_reset_inner(&m.notification, &inner));
	cr_assert_eq(inner.code, 6);
	cr_assert_eq(inner.subcode, 2);
	cr_assert(inner.has_text);
	cr_assert(cursor_is(inner.text, "hi"));
	octets_free(&o);

	o = octets_message(3, "0609 06");
	m = decode(&o);
	cr_assert_not(bgp_hard_reset_inner(&m.notification, &inner));
	octets_free(&o);

	o = octets_message(3, "0601 0001 01 00000064");
	m = decode(&o);
	struct bgp_family family;
	uint32_t number;
	cr_assert(bgp_notification_max_prefix(&m.notification, &family, &number));
	cr_assert_eq(family.afi, 1);
	cr_assert_eq(family.safi, 1);
	cr_assert_eq(number, 100);
	cr_assert_not(bgp_hard_reset_inner(&m.notification, &inner));
	cr_assert_not(bgp_notification_peer_as(&m.notification, &number));
	octets_free(&o);

	static const struct {
		const char *body;
		bool good;
		uint32_t asn;
	} rows[] = {{"0202 fde9", true, 65001}, {"0202 fa56ea01", true, 4200000001u}, {"0202", false, 0},
		{"0202 00fde9", false, 0}, {"0203 fde9", false, 0}};
	for (size_t i = 0; i < COUNT(rows); i++) {
		o = octets_message(3, rows[i].body);
		m = decode(&o);
		bool good = bgp_notification_peer_as(&m.notification, &number);
		cr_expect_eq(good, rows[i].good, "%s", rows[i].body);
		cr_expect(!good || number == rows[i].asn, "%s", rows[i].body);
		octets_free(&o);
	}

	o = octets_message(3, "0207 0104 00020001 4104 0000fde9");
	m = decode(&o);
	struct bgp_capability_iter iter = bgp_notification_capabilities(&m.notification);
	struct bgp_capability cap;
	cr_assert(bgp_next_capability(&iter, &cap));
	cr_assert_eq(cap.code, 1);
	cr_assert_eq(cap.multiprotocol.afi, 2);
	cr_assert(bgp_next_capability(&iter, &cap));
	cr_assert_eq(cap.as4.asn, 65001);
	cr_assert_not(bgp_next_capability(&iter, &cap));
	octets_free(&o);

	o = octets_message(3, "0201 0004");
	m = decode(&o);
	uint16_t small;
	cr_assert(bgp_notification_version(&m.notification, &small));
	cr_assert_eq(small, 4);
	cr_assert_not(bgp_notification_hold_time(&m.notification, &small));
	octets_free(&o);

	o = octets_message(3, "0306 40 01 01 05");
	m = decode(&o);
	struct bgp_attribute attribute;
	cr_assert(bgp_notification_attribute(&m.notification, &attribute));
	cr_assert_eq(attribute.type, 1);
	octets_free(&o);
}

static const struct {
	uint8_t code, subcode;
	const char *name, *text;
} notifications[] = {
	{1, 1, "Connection Not Synchronized", "Message Header Error, Connection Not Synchronized"},
	{2, 0, "Unspecific", "OPEN Message Error, Unspecific"},
	{2, 2, "Bad Peer AS", "OPEN Message Error, Bad Peer AS"},
	{2, 11, "Role Mismatch", "OPEN Message Error, Role Mismatch"},
	{3, 11, "Malformed AS_PATH", "UPDATE Message Error, Malformed AS_PATH"},
	{4, 0, "Hold Timer Expired", "Hold Timer Expired"},
	{5, 3, "Receive Unexpected Message in Established State",
		"Finite State Machine Error, Receive Unexpected Message in Established State"},
	{6, 9, "Hard Reset", "Cease, Hard Reset"},
	{6, 10, "BFD Down", "Cease, BFD Down"},
	{6, 11, "unassigned", "Cease, unassigned subcode 11"},
	{7, 1, "Invalid Message Length", "ROUTE-REFRESH Message Error, Invalid Message Length"},
	{8, 0, "Send Hold Timer Expired", "Send Hold Timer Expired"},
	{9, 0, "Loss of LSDB Synchronization", "Loss of LSDB Synchronization"},
	{4, 1, "unassigned", "Hold Timer Expired, unassigned subcode 1"},
	{0, 0, "unassigned", "unassigned code 0"},
	{255, 255, "unassigned", "unassigned code 255"},
};

Test(bgp_notification, names)
{
	for (size_t i = 0; i < COUNT(notifications); i++) {
		uint8_t code = notifications[i].code;
		uint8_t subcode = notifications[i].subcode;
		char text[BGP_NOTIFICATION_TEXT_MAX];
		cr_expect_str_eq(bgp_notification_name(code, subcode), notifications[i].name);
		cr_expect_str_eq(bgp_notification_text(code, subcode, text), notifications[i].text);
	}
	cr_expect_str_eq(bgp_notification_code_name(2), "OPEN Message Error");
	cr_expect_str_eq(bgp_notification_code_name(99), "unassigned");
	cr_expect_str_eq(bgp_notification_rfc(6, 10), "RFC 9384 section 3");
}

static const struct {
	const char *what;
	const char *body;
	enum bgp_fault_code fault;
} refreshes[] = {
	{"request", "0001 00 01", BGP_FAULT_NONE},
	{"BoRR", "0001 01 01", BGP_FAULT_NONE},
	{"EoRR with one octet more", "0001 02 01 00", BGP_FAULT_ROUTE_REFRESH_LENGTH},
	{"ORF: immediate, type 64, 2 octets", "0001 00 01 01 40 0002 aabb", BGP_FAULT_NONE},
	{"ORF that does not fit", "0001 00 01 01 40 0003 aabb", BGP_FAULT_ROUTE_REFRESH_LENGTH},
};

Test(bgp_route_refresh, reads_family_and_subtype)
{
	for (size_t i = 0; i < COUNT(refreshes); i++) {
		struct octets o = octets_message(5, refreshes[i].body);
		struct bgp_message m = decode(&o);
		cr_expect(m.body_read);
		cr_expect_eq(m.route_refresh.family.afi, 1);
		cr_expect_eq(m.route_refresh.family.safi, 1);
		cr_expect_eq(m.route_refresh.subtype, o.bytes[21]);
		cr_expect_eq(m.fault.code, refreshes[i].fault, "%s", refreshes[i].what);
		octets_free(&o);
	}
}

Test(bgp_fault, every_one_has_a_key_a_text_and_a_section)
{
	for (int code = BGP_FAULT_NONE + 1; code < BGP_FAULT_COUNT; code++) {
		cr_expect_gt(strlen(bgp_fault_key((enum bgp_fault_code)code)), 0);
		cr_expect_gt(strlen(bgp_fault_text((enum bgp_fault_code)code)), 0);
		cr_expect_eq(strncmp(bgp_fault_rfc((enum bgp_fault_code)code), "RFC ", 4), 0);
	}
	uint8_t error, subcode;
	bgp_fault_notification(BGP_FAULT_OPEN_HOLD_TIME, &error, &subcode);
	cr_expect_eq(error, 2);
	cr_expect_eq(subcode, 6);
}

/* RFC 3629 section 3 and 10, and the usual suspects. */
static const struct {
	const char *hex;
	bool valid;
} utf8[] = {
	{"", true}, {"00", true}, {"7f", true}, {"80", false}, {"c0 80", false}, {"c1 bf", false},
	{"c2 80", true}, {"df bf", true}, {"c3", false}, {"c3 28", false}, {"e0 9f bf", false},
	{"e0 a0 80", true}, {"ed 9f bf", true}, {"ed a0 80", false}, {"ed bf bf", false},
	{"ee 80 80", true}, {"ef bf bf", true}, {"e2 82", false}, {"f0 8f bf bf", false},
	{"f0 90 80 80", true}, {"f4 8f bf bf", true}, {"f4 90 80 80", false}, {"f5 80 80 80", false},
	{"f0 9f 98", false}, {"ff", false}, {"61 c3 a9 62", true},
};

Test(bgp_text, utf8)
{
	for (size_t i = 0; i < COUNT(utf8); i++) {
		struct octets o = octets_from_hex(utf8[i].hex);
		cr_expect_eq(bgp_utf8_valid(o.bytes, o.size), utf8[i].valid, "%s", utf8[i].hex);
		octets_free(&o);
	}
}

Test(bgp_text, families)
{
	static const struct {
		struct bgp_family family;
		const char *text;
	} rows[] = {{{1, 1}, "ipv4-unicast"}, {{2, 1}, "ipv6-unicast"}, {{1, 2}, "ipv4-multicast"},
		{{1, 4}, "ipv4-labeled-unicast"}, {{1, 128}, "ipv4-vpn-unicast"}, {{25, 70}, "l2vpn-evpn"},
		{{1, 133}, "ipv4-flowspec"}, {{1, 132}, "ipv4-rt-constraint"},
		{{16388, 71}, "link-state-bgp-ls"}, {{7, 9}, "e163-sfc"}, {{32, 1}, "afi-32-safi-1"}, {{1, 200}, "afi-1-safi-200"},
		{{65535, 255}, "afi-65535-safi-255"}};
	char text[BGP_FAMILY_TEXT_MAX];
	for (size_t i = 0; i < COUNT(rows); i++) {
		cr_expect_str_eq(bgp_family_text(rows[i].family, text), rows[i].text);
	}
}
