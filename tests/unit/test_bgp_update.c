/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UPDATE: counts, faults, End-of-RIB, and the insides of attributes and NLRI. Every expected value
 * is counted by hand from the octets beside it.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "dissect/bgp.h"
#include "tests/unit/octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ORIGIN "40 01 01 00 "
#define AS_PATH "40 02 06 02 01 0000fde9 " /* one AS_SEQUENCE of one: 65001, in four octets */
#define NEXT_HOP "40 03 04 0a000001 "
#define GOOD ORIGIN AS_PATH NEXT_HOP
#define NLRI_10 "08 0a "

static const struct bgp_context none;
static const struct bgp_context four = {.as_width = 4};
static const struct bgp_context two = {.as_width = 2};
static const struct bgp_context paths = {
	.as_width = 4,
	.add_path_count = 2,
	.add_path = {{1, 1}, {2, 1}},
};

/* An UPDATE of the three fields in hex, with the lengths they need. */
static struct octets
update(const char *withdrawn, const char *attributes, const char *nlri)
{
	char *body = malloc(strlen(withdrawn) + strlen(attributes) + strlen(nlri) + 64);
	struct octets w = octets_from_hex(withdrawn);
	struct octets a = octets_from_hex(attributes);
	assert(body != NULL);
	sprintf(body, "%04zx %s %04zx %s %s", w.size, withdrawn, a.size, attributes, nlri);
	struct octets o = octets_message(2, body);
	octets_free(&w);
	octets_free(&a);
	free(body);
	return o;
}

static const struct {
	const char *what;
	const struct bgp_context *context;
	const char *withdrawn, *attributes, *nlri;
	enum bgp_fault_code fault;
	uint32_t announced, withdrawn_count;
} updates[] = {
	{"announces one", &four, "", GOOD, NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"withdraws two", &four, "08 0a 00", "", "", BGP_FAULT_NONE, 0, 2},
	{"announces five, of 0, 1, 8, 9 and 32 bits", &four, "", GOOD, "00 01 80 08 0a 09 0a80 20 0a000001", BGP_FAULT_NONE, 5, 0},
	/* Those of 17 to 24 bits are counted by fours. */
	{"four of 17 to 24 bits", &four, "", GOOD, "11 0a0080 14 0a0010 17 0a0002 18 0a0001", BGP_FAULT_NONE, 4, 0},
	{"eight, and one of 16", &four, "18 0a0001 18 0a0002 18 0a0003 18 0a0004 10 0a00 18 0a0005 18 0a0006 18 0a0007 18 0a0008", "", "", BGP_FAULT_NONE, 0, 9},
	{"the third of four has 25", &four, "", GOOD, "18 0a0001 18 0a0002 19 0a000300 18 0a0004 18 0a0005", BGP_FAULT_NONE, 5, 0},
	{"the second of five has 16", &four, "", GOOD, "18 0a0001 10 0a00 18 0a0002 18 0a0003 18 0a0004", BGP_FAULT_NONE, 5, 0},
	{"four, and 33 bits", &four, "", GOOD, "18 0a0001 18 0a0002 18 0a0003 18 0a0004 21 0a00000000", BGP_FAULT_NLRI, 4, 0},
	{"24 bits and 128 more", &four, "", GOOD, "18 0a0001 98 0a0002 18 0a0003 18 0a0004", BGP_FAULT_NLRI, 1, 0},
	{"the fourth is short", &four, "", GOOD, "18 0a0001 18 0a0002 18 0a0003 18 0a00", BGP_FAULT_NLRI, 3, 0},
	{"33 bits", &four, "", GOOD, "21 0a00000000", BGP_FAULT_NLRI, 0, 0},
	{"24 bits in 2 octets", &four, "", GOOD, "08 0a 18 0a00", BGP_FAULT_NLRI, 1, 0},
	{"33 bits withdrawn", &four, "21 0a00000000", "", "", BGP_FAULT_NLRI, 0, 0},
	{"ADD-PATH", &paths, "00000001 08 0a", GOOD, "00000001 08 0a 00000002 08 0a", BGP_FAULT_NONE, 2, 1},
	{"ADD-PATH agreed, and none there", &paths, "", GOOD, NLRI_10, BGP_FAULT_NLRI, 0, 0},
	/* Path 1, 10.0.0.1/32; or three of 0 bits, 1 bit of 20, 10 bits of 0000, 1 bit of nothing. */
	{"ADD-PATH not agreed", &four, "", GOOD, "00000001 20 0a000001", BGP_FAULT_NLRI, 5, 0},
	{"OPENs not seen, only ADD-PATH makes sense", &none, "", GOOD, "00000001 20 0a000001", BGP_FAULT_NONE, 1, 0},
	/* Path 1, 10.1.2.0/24; or three of 0 bits, 1 bit of 18, 10 bits of 0102. */
	{"OPENs not seen, ADD-PATH is not assumed", &none, "", GOOD, "00000001 18 0a0102", BGP_FAULT_NONE, 5, 0},
	{"OPENs not seen, and no way to read it", &none, "", GOOD, "21 0a00000000", BGP_FAULT_NLRI, 0, 0},

	{"AS_PATH of two octets", &two, "", ORIGIN "400204 0201fde9" NEXT_HOP, NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"AS_PATH of two octets, width not known", &none, "", ORIGIN "400204 0201fde9" NEXT_HOP, NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"AS_PATH of two octets where four were agreed", &four, "", ORIGIN "400204 0201fde9" NEXT_HOP, NLRI_10, BGP_FAULT_AS_PATH, 1, 0},
	{"AS_PATH of nothing (iBGP)", &four, "", ORIGIN "400200" NEXT_HOP, NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"AS_PATH with confederation segments", &four, "", ORIGIN "40020c 03010000fde9 04010000fdea" NEXT_HOP, NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"AS_PATH segment type 5", &four, "", ORIGIN "400206 05010000fde9" NEXT_HOP, NLRI_10, BGP_FAULT_AS_PATH, 1, 0},
	{"AS_PATH segment of none", &four, "", ORIGIN "400202 0200" NEXT_HOP, NLRI_10, BGP_FAULT_AS_PATH, 1, 0},
	{"AS_PATH with one octet left over", &four, "", ORIGIN "400207 02010000fde9 02" NEXT_HOP, NLRI_10, BGP_FAULT_AS_PATH, 1, 0},
	{"AS_PATH that fits neither width", &none, "", ORIGIN "400205 0201000000" NEXT_HOP, NLRI_10, BGP_FAULT_AS_PATH, 1, 0},
	{"AS4_PATH", &two, "", ORIGIN "400204 0201fde9" NEXT_HOP "c01106 02010000fde9", NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"AS4_PATH of two octets", &two, "", ORIGIN "400204 0201fde9" NEXT_HOP "c01104 0201fde9", NLRI_10, BGP_FAULT_AS_PATH, 1, 0},

	{"ORIGIN 2", &four, "", "40010102" AS_PATH NEXT_HOP, NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"ORIGIN 3", &four, "", "40010103" AS_PATH NEXT_HOP, NLRI_10, BGP_FAULT_ORIGIN, 1, 0},
	{"ORIGIN of 2 octets", &four, "", "4001020000" AS_PATH NEXT_HOP, NLRI_10, BGP_FAULT_ATTRIBUTE_LENGTH, 1, 0},
	{"ORIGIN optional", &four, "", "c0010100" AS_PATH NEXT_HOP, NLRI_10, BGP_FAULT_ATTRIBUTE_FLAGS, 1, 0},
	{"ORIGIN missing", &four, "", AS_PATH NEXT_HOP, NLRI_10, BGP_FAULT_ATTRIBUTE_MISSING, 1, 0},
	{"AS_PATH missing", &four, "", ORIGIN NEXT_HOP, NLRI_10, BGP_FAULT_ATTRIBUTE_MISSING, 1, 0},
	{"NEXT_HOP missing", &four, "", ORIGIN AS_PATH, NLRI_10, BGP_FAULT_ATTRIBUTE_MISSING, 1, 0},
	{"no attributes and NLRI", &four, "", "", NLRI_10, BGP_FAULT_ATTRIBUTE_MISSING, 1, 0},
	{"attributes and no NLRI", &four, "", GOOD, "", BGP_FAULT_NONE, 0, 0},
	{"NEXT_HOP of 5 octets", &four, "", ORIGIN AS_PATH "400305 0a00000100", NLRI_10, BGP_FAULT_ATTRIBUTE_LENGTH, 1, 0},
	{"NEXT_HOP 0.0.0.0", &four, "", ORIGIN AS_PATH "400304 00000000", NLRI_10, BGP_FAULT_NEXT_HOP, 1, 0},
	{"NEXT_HOP 224.0.0.1", &four, "", ORIGIN AS_PATH "400304 e0000001", NLRI_10, BGP_FAULT_NEXT_HOP, 1, 0},
	{"NEXT_HOP 0.0.0.0 without NLRI is ignored", &four, "", ORIGIN AS_PATH "400304 00000000", "", BGP_FAULT_NONE, 0, 0},
	{"ORIGIN twice", &four, "", ORIGIN GOOD, NLRI_10, BGP_FAULT_ATTRIBUTE_DUPLICATE, 1, 0},
	{"type 200 twice", &four, "", GOOD "c0c800 c0c800", NLRI_10, BGP_FAULT_ATTRIBUTE_DUPLICATE, 1, 0},
	{"unassigned and optional", &four, "", GOOD "c0c80101", NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"unassigned and well-known", &four, "", GOOD "40c80101", NLRI_10, BGP_FAULT_ATTRIBUTE_UNKNOWN, 1, 0},
	{"MED transitive", &four, "", GOOD "c00404 00000001", NLRI_10, BGP_FAULT_ATTRIBUTE_FLAGS, 1, 0},
	{"MED of 3 octets", &four, "", GOOD "800403 000001", NLRI_10, BGP_FAULT_ATTRIBUTE_LENGTH, 1, 0},
	{"communities, partial", &four, "", GOOD "e00808 fde90001 fde90002", NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"communities of 0 octets", &four, "", GOOD "c00800", NLRI_10, BGP_FAULT_ATTRIBUTE_LENGTH, 1, 0},
	{"communities of 6 octets", &four, "", GOOD "c00806 fde90001fde9", NLRI_10, BGP_FAULT_ATTRIBUTE_LENGTH, 1, 0},
	{"large community", &four, "", GOOD "c0200c 00*12", NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"AGGREGATOR of 8", &four, "", GOOD "c00708 0000fde9 0a000001", NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"AGGREGATOR of 6 where four octets were agreed", &four, "", GOOD "c00706 fde9 0a000001", NLRI_10, BGP_FAULT_ATTRIBUTE_LENGTH, 1, 0},
	{"AGGREGATOR of 6, width not known", &none, "", GOOD "c00706 fde9 0a000001", NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"an attribute beyond the field", &four, "", GOOD "80040500000001", NLRI_10, BGP_FAULT_ATTRIBUTE_LENGTH, 1, 0},
	{"an attribute of a flags octet alone", &four, "", GOOD "80", NLRI_10, BGP_FAULT_ATTRIBUTE_LENGTH, 1, 0},
	{"extended length", &four, "", "50010001 00" AS_PATH NEXT_HOP, NLRI_10, BGP_FAULT_NONE, 1, 0},
	{"extended length of one octet", &four, "", GOOD "900400", NLRI_10, BGP_FAULT_ATTRIBUTE_LENGTH, 1, 0},

	/* 2+1 + 1+16 + 1 + 4 + 1 = 26 = 0x1a: 2001:db8::/24 and ::/0 */
	{"MP_REACH IPv6", &four, "", ORIGIN AS_PATH "800e1a 0002 01 10 20010db8 00*11 01 00 18200100 00", "", BGP_FAULT_NONE, 2, 0},
	{"MP_REACH without ORIGIN", &four, "", AS_PATH "800e1a 0002 01 10 20010db8 00*11 01 00 18200100 00", "", BGP_FAULT_ATTRIBUTE_MISSING, 2, 0},
	{"MP_REACH IPv6, 129 bits", &four, "", ORIGIN AS_PATH "800e16 0002 01 10 20010db8 00*11 01 00 81", "", BGP_FAULT_MP_NLRI, 0, 0},
	{"MP_REACH, next hop beyond the value", &four, "", ORIGIN AS_PATH "800e08 0002 01 10 20010db8", "", BGP_FAULT_MP_NLRI, 0, 0},
	{"MP_REACH, next hop of 5 octets", &four, "", ORIGIN AS_PATH "800e0a 0002 01 05 2001000000 00", "", BGP_FAULT_MP_NLRI, 0, 0},
	{"MP_REACH of 3 octets", &four, "", ORIGIN AS_PATH "800e03 0002 01", "", BGP_FAULT_MP_NLRI, 0, 0},
	{"MP_UNREACH IPv6, three", &four, "", "800f08 0002 01 00 00 10 2001", "", BGP_FAULT_NONE, 0, 3},
	{"MP_UNREACH of 2 octets", &four, "", "800f02 0002", "", BGP_FAULT_MP_NLRI, 0, 0},
	{"MP_UNREACH IPv6 ADD-PATH", &paths, "", "800f08 0002 01 00000007 00", "", BGP_FAULT_NONE, 0, 1},
	{"both fields and both attributes", &four, "08 0a", GOOD "800e17 0002 01 10 20010db8 00*11 01 00 08 20 800f04 0002 01 00", "08 0b", BGP_FAULT_NONE, 2, 2},

	/* Labelled: 24 + 8 = 32 = 0x20 bits, label 3 with S: 000031 */
	{"labelled, two", &four, "", ORIGIN AS_PATH "800e13 0001 04 04 0a000001 00 20 000031 0a 20 000041 0b", "", BGP_FAULT_NONE, 2, 0},
	{"labelled withdrawal, 0x800000 and 0x000000", &four, "", "800f0d 0001 04 20 800000 0a 20 000000 0b", "", BGP_FAULT_NONE, 0, 2},
	{"labelled, of 23 bits", &four, "", ORIGIN AS_PATH "800e0d 0001 04 04 0a000001 00 17 000031", "", BGP_FAULT_MP_NLRI, 0, 0},
	/* VPN: 24 + 64 + 24 = 112 = 0x70 bits; the next hop has a Route Distinguisher: 12 octets */
	{"VPN", &four, "", ORIGIN AS_PATH "800e20 0001 80 0c 00*8 0a000001 00 70 000641 0000fde900000001 0a0102", "", BGP_FAULT_NONE, 1, 0},
	{"VPN of 87 bits", &four, "", ORIGIN AS_PATH "800e1c 0001 80 0c 00*8 0a000001 00 57 000641 0000fde900000001", "", BGP_FAULT_MP_NLRI, 0, 0},

	/* EVPN: type 3 of 17 octets, an unknown type of 1 octet */
	{"EVPN", &four, "", ORIGIN AS_PATH "800e1f 0019 46 04 0a000001 00 03 11 00*12 20 0a000001 7f 01 00", "", BGP_FAULT_NONE, 2, 0},
	{"EVPN beyond the value", &four, "", "800f06 0019 46 03 11 00", "", BGP_FAULT_MP_NLRI, 0, 0},
	{"EVPN malformed inside, and one more", &four, "", "800f09 0019 46 03 01 00 7f 01 00", "", BGP_FAULT_MP_NLRI, 0, 2},
	{"EVPN, next hop of 5 octets", &four, "", ORIGIN AS_PATH "800e0a 0019 46 05 0a00000100 00", "", BGP_FAULT_MP_NLRI, 0, 0},
	/* Flowspec: lengths of 3 and of 240 = 0xf0f0 in two octets; next hop of none */
	{"flowspec", &four, "", ORIGIN AS_PATH "900e00fb 0001 85 00 00 03 01080a f0f0 038106 04 01*234 8150", "", BGP_FAULT_NONE, 2, 0},
	/* BGP-LS: a node of no descriptors, 9 octets, twice */
	{"BGP-LS", &four, "", "800f1d 4004 47 0001 0009 02 00*8 0001 0009 02 00*8", "", BGP_FAULT_NONE, 0, 2},
	{"RT constraint: 0 bits, and 96 bits", &four, "", "800f11 0001 84 00 60 0000fde9 0002fde900000001", "", BGP_FAULT_NONE, 0, 2},
	{"VPLS of 17 octets", &four, "", "800f16 0019 41 0011 00*17", "", BGP_FAULT_NONE, 0, 1},
	{"VPLS with the length of old routers is one", &four, "", "800f10 0019 41 60 00*12", "", BGP_FAULT_NONE, 0, 1},
	{"MCAST-VPN of types that are not known", &four, "", "800f09 0001 05 f1 01 00 f5 01 00", "", BGP_FAULT_NONE, 0, 2},
	{"MUP", &four, "", "800f0c 0001 55 01 0001 00 02 0001 01 00", "", BGP_FAULT_MP_NLRI, 0, 2},
	{"SR policy of 96 bits", &four, "", "800f10 0001 49 60 00*12", "", BGP_FAULT_NONE, 0, 1},
	{"a family that is not known is one", &four, "", "800f06 03e7 c8 010203", "", BGP_FAULT_NONE, 0, 1},
};

Test(bgp_update, counts_and_faults)
{
	for (size_t i = 0; i < COUNT(updates); i++) {
		struct octets o = update(updates[i].withdrawn, updates[i].attributes, updates[i].nlri);
		struct bgp_message m;
		bgp_decode(o.bytes, o.size, updates[i].context, &m);
		cr_expect(m.body_read, "%s", updates[i].what);
		cr_expect_eq(m.fault.code, updates[i].fault, "%s: %s", updates[i].what,
			bgp_fault_key(m.fault.code));
		cr_expect_eq(m.update.announced_count, updates[i].announced, "%s: %u", updates[i].what,
			m.update.announced_count);
		cr_expect_eq(m.update.withdrawn_count, updates[i].withdrawn_count, "%s: %u",
			updates[i].what, m.update.withdrawn_count);

		/* The iterators find as many as were counted. */
		uint32_t counts[2] = {0, 0};
		struct bgp_nlri_iter iter = bgp_nlri_runs(&m.update);
		struct bgp_nlri_run run;
		while (bgp_next_nlri_run(&iter, updates[i].context, &run)) {
			struct bgp_nlri nlri;
			char text[BGP_NLRI_TEXT_MAX];
			while (bgp_next_nlri(&run, &nlri)) {
				counts[run.withdrawn]++;
				cr_expect_gt(strlen(bgp_nlri_text(&nlri, text)), 0);
			}
		}
		cr_expect_eq(counts[0], updates[i].announced, "%s: %u", updates[i].what, counts[0]);
		cr_expect_eq(counts[1], updates[i].withdrawn_count, "%s: %u", updates[i].what, counts[1]);
		octets_free(&o);
	}
}

static const struct {
	const char *what;
	const char *body;
	bool body_read;
	enum bgp_fault_code fault;
	uint32_t offset;
} lengths[] = {
	{"nothing", "0000 0000", true, BGP_FAULT_NONE, 0},
	{"withdrawn beyond the message", "0001 0000", false, BGP_FAULT_UPDATE_LENGTHS, 19},
	{"withdrawn of 65535", "ffff 0000", false, BGP_FAULT_UPDATE_LENGTHS, 19},
	{"attributes beyond the message", "0000 0001", true, BGP_FAULT_UPDATE_LENGTHS, 21},
	{"attributes of 65535", "0001 00 ffff", true, BGP_FAULT_UPDATE_LENGTHS, 22},
};

Test(bgp_update, field_lengths)
{
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct octets o = octets_message(2, lengths[i].body);
		struct bgp_message m;
		bgp_decode(o.bytes, o.size, &four, &m);
		cr_expect_eq(m.body_read, lengths[i].body_read, "%s", lengths[i].what);
		cr_expect_eq(m.fault.code, lengths[i].fault, "%s", lengths[i].what);
		cr_expect_eq(m.fault.offset, lengths[i].offset, "%s", lengths[i].what);
		octets_free(&o);
	}
}

static const struct {
	const char *withdrawn, *attributes, *nlri;
	bool end_of_rib;
	uint16_t afi;
	uint8_t safi;
} ends[] = {
	{"", "", "", true, 1, 1},
	{"", "800f03 0002 01", "", true, 2, 1},
	{"", "900f0003 0019 46", "", true, 25, 70},
	{"", "800f04 0002 01 00", "", false, 0, 0},
	{"08 0a", "", "", false, 0, 0},
	{"08 0a", "800f03 0002 01", "", false, 0, 0},
	{"", "800f03 0002 01 40010100", "", false, 0, 0},
	{"", "40010100 800f03 0002 01", "", false, 0, 0},
	{"", GOOD "800f03 0002 01", NLRI_10, false, 0, 0},
};

Test(bgp_update, end_of_rib)
{
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct octets o = update(ends[i].withdrawn, ends[i].attributes, ends[i].nlri);
		struct bgp_message m;
		bgp_decode(o.bytes, o.size, &four, &m);
		cr_expect_eq(m.update.end_of_rib, ends[i].end_of_rib, "row %zu", i);
		cr_expect_eq(m.update.end_of_rib_family.afi, ends[i].afi, "row %zu", i);
		cr_expect_eq(m.update.end_of_rib_family.safi, ends[i].safi, "row %zu", i);
		octets_free(&o);
	}
}

Test(bgp_update, truncation_is_no_fault)
{
	struct octets whole = update("08 0a 18 0a0102",
		GOOD "c00808 fde90001 fde90002 800e19 0002 01 10 20010db8 00*11 01 00 18200100",
		"18 0a0203 18 0a0204");
	const struct bgp_context *contexts[] = {&none, &four};
	for (size_t size = 19; size < whole.size; size++) {
		for (size_t i = 0; i < COUNT(contexts); i++) {
			struct octets o = octets_copy(whole.bytes, size);
			struct bgp_message m;
			bgp_decode(o.bytes, o.size, contexts[i], &m);
			cr_expect(m.truncated);
			cr_expect_eq(m.fault.code, BGP_FAULT_NONE, "%zu: %s", size,
				bgp_fault_key(m.fault.code));
			cr_expect_eq(m.body_read, size >= 19 + 2 + 6 + 2, "%zu", size);
			cr_expect_not(m.update.end_of_rib);
			octets_free(&o);
		}
	}
	struct bgp_message m;
	bgp_decode(whole.bytes, whole.size, &four, &m);
	cr_expect_eq(m.fault.code, BGP_FAULT_NONE, "%s", bgp_fault_key(m.fault.code));
	cr_expect_eq(m.update.announced_count, 3);
	cr_expect_eq(m.update.withdrawn_count, 2);
	octets_free(&whole);
}

Test(bgp_update, long_messages_need_agreement_only_where_the_opens_were_seen)
{
	/* 23 + 20 attribute octets + 4060 x 1 octet of NLRI = 4103 */
	struct octets o = update("", GOOD, "00*4060");
	const struct bgp_context extended = {.as_width = 4, .extended_messages = true};
	struct bgp_message m;
	bgp_decode(o.bytes, o.size, &four, &m);
	cr_expect_eq(m.fault.code, BGP_FAULT_LENGTH);
	cr_expect_eq(m.update.announced_count, 4060, "read nevertheless");
	bgp_decode(o.bytes, o.size, &extended, &m);
	cr_expect_eq(m.fault.code, BGP_FAULT_NONE);
	bgp_decode(o.bytes, o.size, &none, &m);
	cr_expect_eq(m.fault.code, BGP_FAULT_NONE);
	octets_free(&o);
}

static const struct {
	const char *attributes;
	const struct bgp_context *context;
	const char *text;
} prefixes[] = {
	{"800f07 0001 01 18 0a0102", &four, "10.1.2.0/24"},
	{"800f05 0001 01 09 0aff", &four, NULL}, /* 9 bits in one octet */
	{"800f06 0001 01 09 0aff", &four, "10.128.0.0/9"},
	{"800f04 0001 01 00", &four, "0.0.0.0/0"},
	{"800f08 0002 01 20 20010db8", &four, "2001:db8::/32"},
	{"800f0c 0002 01 0000002a 20 20010db8", &paths, "2001:db8::/32 path-id 42"},
	/* label 0x00064|1 -> 100, S */
	{"800f08 0001 04 20 000641 0a", &four, "10.0.0.0/8 label 100"},
	/* two labels: 24 + 24 + 8 = 56 bits */
	{"800f0b 0001 04 38 000640 000651 0a", &four, "10.0.0.0/8 label 100/101"},
	{"800f12 0001 80 70 000641 0000fde900000001 0a0102", &four, "65001:1:10.1.2.0/24 label 100"},
	{"800f12 0001 80 70 000641 00010a0000010007 0a0102", &four, "10.0.0.1:7:10.1.2.0/24 label 100"},
	{"800f12 0001 80 70 000641 0002fa56ea010007 0a0102", &four, "4200000001:7:10.1.2.0/24 label 100"},
	{"800f06 0019 46 03 01 ff", &four, "malformed 0301ff"},
};

Test(bgp_nlri, text)
{
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		struct octets o = update("", prefixes[i].attributes, "");
		struct bgp_message m;
		bgp_decode(o.bytes, o.size, prefixes[i].context, &m);
		struct bgp_nlri_iter iter = bgp_nlri_runs(&m.update);
		struct bgp_nlri_run run;
		struct bgp_nlri nlri;
		char text[BGP_NLRI_TEXT_MAX];
		bool found = bgp_next_nlri_run(&iter, prefixes[i].context, &run) &&
			bgp_next_nlri(&run, &nlri);
		cr_expect_eq(found, prefixes[i].text != NULL, "%s", prefixes[i].attributes);
		if (found && prefixes[i].text != NULL) {
			cr_expect_str_eq(bgp_nlri_text(&nlri, text), prefixes[i].text, "%s", text);
		}
		octets_free(&o);
	}
}

Test(bgp_nlri, a_long_one_is_cut_in_text_only)
{
	struct octets o = update("", "900f0103 0019 46 03 fe ab*254", "");
	struct bgp_message m;
	bgp_decode(o.bytes, o.size, &four, &m);
	struct bgp_nlri_iter iter = bgp_nlri_runs(&m.update);
	struct bgp_nlri_run run;
	struct bgp_nlri nlri;
	char text[BGP_NLRI_TEXT_MAX];
	cr_assert(bgp_next_nlri_run(&iter, &four, &run));
	cr_assert(bgp_next_nlri(&run, &nlri));
	cr_assert_eq(cursor_left(&nlri.value), 256);
	bgp_nlri_text(&nlri, text);
	cr_assert_str_eq(text + strlen(text) - 5, "ab...");
	octets_free(&o);
}

static const struct {
	const char *attribute;
	const struct bgp_context *context;
	const char *text;
} attribute_texts[] = {
	{"40010102", &four, "INCOMPLETE"},
	{"40010107", &four, "07"},
	{AS_PATH, &four, "65001"},
	{"400204 0201fde9", &none, "65001"},
	{"400200", &four, ""},
	{"400210 0201 0000fde9 0102 0000fdea 0000fdeb", &four, "65001 {65002 65003}"},
	{"40020c 0301 0000fde9 0401 0000fdea", &four, "(65001) [65002]"},
	{NEXT_HOP, &four, "10.0.0.1"},
	{"80040400000064", &four, "100"},
	{"800403000064", &four, "000064"},
	{"c00708 0000fde9 0a000001", &four, "65001 10.0.0.1"},
	{"c00706 fde9 0a000001", &two, "65001 10.0.0.1"},
	{"c0080c fde90064 ffffff01 ffff029a", &four, "65001:100 no-export blackhole"},
	{"c01008 0002fde900000001", &four, "rt:65001:1"},
	{"c01010 01020a0000010007 0203fa56ea010007", &four, "rt:10.0.0.1:7 soo:4200000001:7"},
	{"c01008 030c000000000008", &four, "encap:VXLAN"},
	/* RFC 7432, 9135, 8955, 9012, 8097: EVPN, flowspec, colour, origin validation */
	{"c01018 0600010000000005 0602020000112233 0603aabbccddeeff", &four,
		"mac-mobility:5:sticky es-import:02:00:00:11:22:33 router-mac:aa:bb:cc:dd:ee:ff"},
	{"c01020 8006fde949742400 8007000000000003 8008fde900000064 800900000000002e", &four,
		"rate-bytes:65001:1e+06 action:sample redirect:65001:100 mark:dscp-46"},
	{"c01018 030b000000000064 4300000000000002 0306000000010501", &four,
		"color:100 rpki:invalid ospf-route:0.0.0.1:5:1"},
	{"c01010 99aabbccddeeff00 030d000000000000", &four,
		"0x99aabbccddeeff00 default-gateway:0x000000000000"},
	{"c01914 0002 20010db8 00*11 01 0064", &four, "rt:[2001:db8::1]:100"},
	{"c01609 00 06 000641 c0000201", &four,
		"Ingress Replication label 100 (VNI 1601) 192.0.2.1"},
	{"801a0b 01 000b 0000000000000064", &four, "100"},
	{"c0200c 0000fde9 00000001 00000002", &four, "65001:1:2"},
	{"800a08 0a000001 0a000002", &four, "10.0.0.1 10.0.0.2"},
	{"800e15 0002 01 10 20010db8 00*11 01 00", &four, "ipv6-unicast next hop 2001:db8::1"},
	{"800e09 0019 46 04 0a000001 00", &four, "l2vpn-evpn next hop 10.0.0.1"},
	{"800e11 0001 80 0c 00*8 0a000001 00", &four, "ipv4-vpn-unicast next hop 10.0.0.1"},
	{"800e11 0001 80 0c 0000fde900000001 0a000001 00", &four, "ipv4-vpn-unicast next hop rd 65001:1 10.0.0.1"},
	{"800e25 0001 01 20 20010db8 00*11 01 fe80 00*13 01 00", &four, "ipv4-unicast next hop 2001:db8::1 fe80::1"},
	{"800e1d 0001 80 18 00*8 20010db8 00*11 01 00", &four, "ipv4-vpn-unicast next hop 2001:db8::1"},
	{"800e35 0002 80 30 00*8 20010db8 00*11 01 00*8 fe80 00*13 01 00", &four, "ipv6-vpn-unicast next hop 2001:db8::1 fe80::1"},
	{"800e05 0001 85 00 00", &four, "ipv4-flowspec next hop none"},
	{"800f03 0002 01", &four, "ipv6-unicast"},
	{"c0c802beef", &four, "beef"},
};

Test(bgp_attribute, text)
{
	for (size_t i = 0; i < COUNT(attribute_texts); i++) {
		struct octets o = octets_from_hex(attribute_texts[i].attribute);
		struct cursor c = cursor_make(o.bytes, o.size);
		struct bgp_attribute attribute;
		char text[BGP_ATTRIBUTE_TEXT_MAX];
		cr_assert(bgp_next_attribute(&c, &attribute), "%s", attribute_texts[i].attribute);
		cr_expect(cursor_exact(&c), "%s", attribute_texts[i].attribute);
		cr_expect_str_eq(bgp_attribute_text(&attribute, attribute_texts[i].context, text),
			attribute_texts[i].text, "%s: %s", attribute_texts[i].attribute, text);
		octets_free(&o);
	}
}

Test(bgp_attribute, a_long_text_is_cut)
{
	struct octets o = octets_from_hex("d0c80400 ab*1024");
	struct cursor c = cursor_make(o.bytes, o.size);
	struct bgp_attribute attribute;
	char text[BGP_ATTRIBUTE_TEXT_MAX];
	cr_assert(bgp_next_attribute(&c, &attribute));
	bgp_attribute_text(&attribute, &four, text);
	cr_assert_lt(strlen(text), BGP_ATTRIBUTE_TEXT_MAX);
	cr_assert_str_eq(text + strlen(text) - 5, "ab...");
	octets_free(&o);
}

Test(bgp_attribute, names)
{
	cr_assert_str_eq(bgp_attribute_name(1), "ORIGIN");
	cr_assert_str_eq(bgp_attribute_name(4), "MULTI_EXIT_DISC");
	cr_assert_str_eq(bgp_attribute_name(32), "LARGE_COMMUNITY");
	cr_assert_str_eq(bgp_attribute_name(200), "unassigned");
	cr_assert_str_eq(bgp_attribute_rfc(35), "RFC 9234");
}
