/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judgement: what RFC 4271 section 6 and RFC 7606 have a receiver do, rule by rule. The expected
 * actions and codes are read from the RFCs, the offsets counted by hand.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "dissect/bgp_judge.h"
#include "tests/unit/octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Offsets: header 0 to 18, Withdrawn Routes Length 19, Total Path Attribute Length 21, attributes
 * from 23 where nothing is withdrawn. */
#define ORIGIN "40 01 01 00 "              /* 23 to 26 */
#define AS_PATH "40 02 06 02 01 0000fde9 " /* 27 to 35: 65001 */
#define NEXT_HOP "40 03 04 0a000001 "      /* 36 to 42 */
#define GOOD ORIGIN AS_PATH NEXT_HOP       /* what follows is at 43 */
#define NLRI_10 "08 0a "

static const struct bgp_context four = {.as_width = 4};
static const struct bgp_context two = {.as_width = 2};

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

#define RESET BGP_ACTION_SESSION_RESET
#define DISABLE BGP_ACTION_AFI_SAFI_DISABLE
#define WITHDRAW BGP_ACTION_TREAT_AS_WITHDRAW
#define DISCARD BGP_ACTION_ATTRIBUTE_DISCARD

static const struct {
	const char *what;
	const struct bgp_context *context;
	const char *attributes, *nlri;
	enum bgp_action action;
	uint8_t error, subcode;
	int attribute;
	uint32_t octet;
	const char *text, *action_rfc;
} rules[] = {
	{"ORIGIN 9", &four, "40010109" AS_PATH NEXT_HOP, NLRI_10, WITHDRAW, 3, 6, 1, 26, "ORIGIN has the value 9", "RFC 7606 section 7.1"},
	{"ORIGIN of 2 octets", &four, "4001020000" AS_PATH NEXT_HOP, NLRI_10, WITHDRAW, 3, 5, 1, 25, "ORIGIN has length 2, which is not right for it", "RFC 7606 section 7.1"},
	{"AS_PATH segment type 5", &four, ORIGIN "400206 0501 0000fde9" NEXT_HOP, NLRI_10, WITHDRAW, 3, 11, 2, 30, "AS_PATH has a segment of type 5, or octets left over", "RFC 7606 section 7.2"},
	{"AS_PATH segment of none", &four, ORIGIN "400202 0200" NEXT_HOP, NLRI_10, WITHDRAW, 3, 11, 2, 31, "AS_PATH has a segment that does not fit its length", "RFC 7606 section 7.2"},
	{"AS 0 in AS_PATH", &four, ORIGIN "40020a 0202 0000fde9 00000000" NEXT_HOP, NLRI_10, WITHDRAW, 3, 11, 2, 36, "AS_PATH has AS 0", "RFC 7606 section 7.2"},
	{"NEXT_HOP of 5", &four, ORIGIN AS_PATH "400305 0a00000100", NLRI_10, WITHDRAW, 3, 5, 3, 38, "NEXT_HOP has length 5, which is not right for it", "RFC 7606 section 7.3"},
	{"NEXT_HOP 224.0.0.1", &four, ORIGIN AS_PATH "400304 e0000001", NLRI_10, WITHDRAW, 3, 8, 3, 39, "NEXT_HOP is 224.0.0.1, which is no host", "RFC 7606 section 7.3"},
	{"MED of 3", &four, GOOD "800403 000001", NLRI_10, WITHDRAW, 3, 5, 4, 45, NULL, "RFC 7606 section 7.4"},
	{"LOCAL_PREF of 3", &four, GOOD "400503 000001", NLRI_10, WITHDRAW, 3, 5, 5, 45, NULL, "RFC 7606 section 7.5"},
	{"ATOMIC_AGGREGATE of 1", &four, GOOD "400601 00", NLRI_10, DISCARD, 3, 5, 6, 45, NULL, "RFC 7606 section 7.6"},
	{"AGGREGATOR of 6 where 4-octet numbers were agreed", &four, GOOD "c00706 fde90a000001", NLRI_10, DISCARD, 3, 5, 7, 45, NULL, "RFC 7606 section 7.7"},
	{"AGGREGATOR with AS 0", &four, GOOD "c00708 00000000 0a000001", NLRI_10, DISCARD, 3, 9, 7, 46, "AGGREGATOR has AS 0", "RFC 7606 section 7.7"},
	{"COMMUNITIES of 6", &four, GOOD "c00806 fde90001fde9", NLRI_10, WITHDRAW, 3, 5, 8, 45, NULL, "RFC 7606 section 7.8"},
	{"ORIGINATOR_ID of 5", &four, GOOD "800905 0a00000100", NLRI_10, WITHDRAW, 3, 5, 9, 45, NULL, "RFC 7606 section 7.9"},
	{"CLUSTER_LIST of 0", &four, GOOD "800a00", NLRI_10, WITHDRAW, 3, 5, 10, 45, NULL, "RFC 7606 section 7.10"},
	{"EXTENDED_COMMUNITIES of 7", &four, GOOD "c01007 00*7", NLRI_10, WITHDRAW, 3, 5, 16, 45, NULL, "RFC 7606 section 7.14"},
	{"IPv6 extended communities of 19", &four, GOOD "c01913 00*19", NLRI_10, WITHDRAW, 3, 5, 25, 45, NULL, "RFC 7606 section 7.15"},
	{"LARGE_COMMUNITY of 11", &four, GOOD "c0200b 00*11", NLRI_10, WITHDRAW, 3, 5, 32, 45, NULL, "RFC 8092 section 6"},
	{"AS4_PATH of nothing", &two, ORIGIN "400204 0201fde9" NEXT_HOP "c01100", NLRI_10, DISCARD, 3, 11, 17, 44, NULL, "RFC 6793 section 6"},
	{"AS4_AGGREGATOR of 6", &two, ORIGIN "400204 0201fde9" NEXT_HOP "c01206 fde90a000001", NLRI_10, DISCARD, 3, 5, 18, 43, NULL, "RFC 6793 section 6"},
	{"OTC of 3", &four, GOOD "c02303 000001", NLRI_10, WITHDRAW, 3, 5, 35, 45, NULL, "RFC 9234 section 5"},
	{"MED transitive", &four, GOOD "c00404 00000001", NLRI_10, WITHDRAW, 3, 4, 4, 43, "MULTI_EXIT_DISC has the flags 0xc0, which do not fit its type", "RFC 7606 section 3 c"},
	{"AGGREGATOR well-known", &four, GOOD "400708 0000fde9 0a000001", NLRI_10, DISCARD, 3, 4, 7, 43, NULL, "RFC 7606 section 3 f"},
	{"MP_REACH transitive", &four, ORIGIN AS_PATH "c00e1a 0002 01 10 20010db8 00*11 01 00 18200100 00", "", DISABLE, 3, 4, 14, 36, NULL, "RFC 7606 section 5.3"},
	{"a tunnel beyond the attribute", &four, GOOD "c01706 000f 0003 0c00", NLRI_10, WITHDRAW, 3, 9, 23, 46, "Tunnel Encapsulation has a TLV at octet 46 that does not fit", "RFC 9012 section 13"},
	{"a sub-TLV beyond its tunnel", &four, GOOD "c01714 000f 0006 0c04 00000000 0008 0006 0402 0000 8000", NLRI_10, WITHDRAW, 3, 9, 23, 56, "Tunnel Encapsulation has a TLV at octet 56 that does not fit", "RFC 9012 section 13"},
	{"no tunnel", &four, GOOD "c01700", NLRI_10, WITHDRAW, 3, 5, 23, 45, "Tunnel Encapsulation has length 0, which is not right for it", "RFC 9012 section 13"},
	{"AIGP of 10 octets", &four, GOOD "801a0a 01 000a 00000000000000", NLRI_10, DISCARD, 3, 9, 26, 46, "AIGP has a TLV at octet 46 that does not fit", "RFC 7311 section 3"},
	{"AIGP that counts less than its header", &four, GOOD "801a0e 01 000b 0000000000000001 02 0002", NLRI_10, DISCARD, 3, 9, 26, 57, "AIGP has a TLV at octet 57 that does not fit", "RFC 7311 section 3"},
	{"AIGP and transitive", &four, GOOD "c01a0b 01 000b 0000000000000001", NLRI_10, DISCARD, 3, 4, 26, 43, "AIGP has the flags 0xc0, which do not fit its type", "RFC 7311 section 3"},
	{"BGP-LS beyond itself", &four, GOOD "801d09 0402 0001 41 0403 0002", NLRI_10, DISCARD, 3, 9, 29, 51, "BGP-LS has a TLV at octet 51 that does not fit", "RFC 9552 section 8.2.2"},
	{"a label index of 6 octets", &four, GOOD "c02809 01 0006 00 0000 000000", NLRI_10, DISCARD, 3, 9, 40, 46, "BGP Prefix-SID has a TLV at octet 46 that does not fit", "RFC 8669 section 6"},
	{"an SRGB with a range of 5 octets", &four, GOOD "c0280a 03 0007 0000 0000000000", NLRI_10, DISCARD, 3, 9, 40, 46, "BGP Prefix-SID has a TLV at octet 46 that does not fit", "RFC 8669 section 6"},
	{"ATTR_SET with an attribute too long", &four, GOOD "c0800b 0000fde9 40010100 400502", NLRI_10, WITHDRAW, 3, 9, 128, 54, "ATTR_SET has a TLV at octet 54 that does not fit", "RFC 7606 section 7.16"},
	{"unknown and well-known", &four, GOOD "40c80101", NLRI_10, RESET, 3, 2, 200, 43, "attribute 200 is not known, and its flags 0x40 say well-known", NULL},
	{"ORIGIN twice", &four, ORIGIN GOOD, NLRI_10, DISCARD, 3, 1, 1, 27, "ORIGIN is there a second time", "RFC 7606 section 3 g"},
	{"MP_UNREACH twice", &four, GOOD "800f04 0002 01 00 800f04 0002 01 00", NLRI_10, RESET, 3, 1, 15, 50, NULL, "RFC 7606 section 3 g"},
	{"an attribute beyond the field", &four, GOOD "80040500000001", NLRI_10, WITHDRAW, 3, 1, 4, 45, "MULTI_EXIT_DISC has length 5 and 4 octets are left", "RFC 7606 section 4"},
	{"an octet left over", &four, GOOD "80", NLRI_10, WITHDRAW, 3, 1, -1, 43, NULL, "RFC 7606 section 4"},
	{"AS_PATH missing", &four, ORIGIN NEXT_HOP, NLRI_10, WITHDRAW, 3, 3, 2, 23, "AS_PATH is missing", "RFC 7606 section 3 d"},
	{"a prefix of 33 bits", &four, GOOD, "21 0a00000000", RESET, 3, 10, -1, 43, "a prefix of 33 bits is impossible or does not fit the field", "RFC 7606 section 5.3"},
	{"MP_REACH, next hop of 5", &four, ORIGIN AS_PATH "800e0a 0002 01 05 2001000000 00", "", DISABLE, 3, 9, 14, 42, NULL, "RFC 7606 section 7.11"},
	{"MP_REACH of 4 octets", &four, ORIGIN AS_PATH "800e04 0002 01 00", "", DISABLE, 3, 9, 14, 42, NULL, NULL},
	{"MP_REACH, a prefix of 129 bits", &four, ORIGIN AS_PATH "800e16 0002 01 10 20010db8 00*11 01 00 81", "", DISABLE, 3, 9, 14, 60, NULL, "RFC 7606 section 5.3"},
	{"MP_UNREACH of 2 octets", &four, "800f02 0002", "", DISABLE, 3, 9, 15, 25, NULL, "RFC 7606 section 5.3"},
	/* RFC 7606 section 5.2: what the UPDATE announces cannot be told */
	{"ORIGIN 9 and no NLRI", &four, "40010109", "", RESET, 3, 6, 1, 26, NULL, "RFC 7606 section 5.2"},
	{"AGGREGATOR of 6 and no NLRI", &four, GOOD "c00706 fde90a000001", "", DISCARD, 3, 5, 7, 45, NULL, "RFC 7606 section 7.7"},
	{"AS4_PATH between speakers of 4-octet numbers", &four, GOOD "c01106 0201 0000fde9", NLRI_10, DISCARD, 0, 0, 17, 43, NULL, "RFC 6793 section 6"},
};

Test(bgp_judge, rules_for_updates)
{
	for (size_t i = 0; i < COUNT(rules); i++) {
		struct octets o = update("", rules[i].attributes, rules[i].nlri);
		const struct bgp_judge_context context = {.agreed = rules[i].context};
		struct bgp_message m;
		struct bgp_verdicts v;
		char text[BGP_VERDICT_TEXT_MAX];
		bgp_decode(o.bytes, o.size, rules[i].context, &m);
		bgp_judge(&m, &context, &v);
		cr_expect(bgp_judge_need(&m, &context) != BGP_JUDGE_NOTHING, "%s", rules[i].what);
		cr_expect_eq(v.count, 1, "%s: %zu verdicts", rules[i].what, v.count);
		const struct bgp_verdict *one = &v.list[0];
		bgp_verdict_text(one, text);
		cr_expect_eq(one->action, rules[i].action, "%s: %s", rules[i].what,
			bgp_action_key(one->action));
		cr_expect(one->error == rules[i].error && one->subcode == rules[i].subcode, "%s: %u/%u",
			rules[i].what, one->error, one->subcode);
		cr_expect_eq(one->attribute, rules[i].attribute, "%s: attribute %d", rules[i].what,
			one->attribute);
		cr_expect_eq(one->octet, rules[i].octet, "%s: octet %u", rules[i].what, one->octet);
		if (rules[i].text != NULL) {
			cr_expect_str_eq(text, rules[i].text);
		}
		if (rules[i].action_rfc != NULL) {
			cr_expect_str_eq(one->action_rfc, rules[i].action_rfc, "%s: %s",
				rules[i].what, one->action_rfc);
		}
		octets_free(&o);
	}
}

static const struct {
	const char *what;
	const char *hex; /* the whole message */
	enum bgp_action action;
	uint8_t error, subcode;
	uint32_t octet;
	const char *text;
} headers[] = {
	{"marker", "ff*9 fe ff*6 0013 04", RESET, 1, 1, 9, "the marker is not 16 octets of 0xFF; behind it: length 19, type KEEPALIVE"},
	{"length 18", "ff*16 0012 04", RESET, 1, 2, 16, "the length is 18"},
	{"KEEPALIVE of 20", "ff*16 0014 04 00", RESET, 1, 2, 16, "the length is 20"},
	{"UPDATE of 22", "ff*16 0016 02 000000", RESET, 1, 2, 16, "the length is 22"},
	{"type 9", "ff*16 0013 09", RESET, 1, 3, 18, "the message type is 9"},
	/* RFC 4271 section 6.4 */
	{"NOTIFICATION of 20", "ff*16 0014 03 06", BGP_ACTION_IGNORE, 1, 2, 16, "the length is 20"},
	{"BoRR with octets left over", "ff*16 0018 05 0001 01 01 00", RESET, 7, 1, 16, "the length is 24"},
	{"ORF that does not fit", "ff*16 0019 05 0001 00 01 01 80", BGP_ACTION_IGNORE, 0, 0, 25, "the ORF entries do not fit their lengths"},
	{"version 5", "ff*16 001d 01 05 fde9 005a 0a000001 00", RESET, 2, 1, 19, "the version is 5"},
	{"AS 0", "ff*16 001d 01 04 0000 005a 0a000001 00", RESET, 2, 2, 20, NULL},
	{"hold time 2", "ff*16 001d 01 04 fde9 0002 0a000001 00", RESET, 2, 6, 22, "the hold time is 2 s"},
	{"identifier 0", "ff*16 001d 01 04 fde9 005a 00000000 00", RESET, 2, 3, 24, NULL},
	{"parameter 1", "ff*16 001f 01 04 fde9 005a 0a000001 02 0100", RESET, 2, 4, 29, "optional parameter 1 is not known"},
	{"capability 65 of 3", "ff*16 0024 01 04 fde9 005a 0a000001 07 0205 4103000001", RESET, 2, 0, 31, "capability 65 (4-octet AS) does not fit its length"},
	{"withdrawn beyond the message", "ff*16 0017 02 0009 0000", RESET, 3, 1, 19, "a length of 9 octets is more than the message has"},
};

Test(bgp_judge, rules_for_headers_and_other_messages)
{
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct octets o = octets_from_hex(headers[i].hex);
		const struct bgp_judge_context context = {.agreed = &four};
		struct bgp_message m;
		struct bgp_verdicts v;
		char text[BGP_VERDICT_TEXT_MAX];
		bgp_decode(o.bytes, o.size, &four, &m);
		bgp_judge(&m, &context, &v);
		cr_expect_eq(v.count, 1, "%s: %zu verdicts", headers[i].what, v.count);
		cr_expect_eq(v.list[0].code, m.fault.code, "%s", headers[i].what);
		cr_expect_eq(v.list[0].action, headers[i].action, "%s", headers[i].what);
		cr_expect(v.list[0].error == headers[i].error &&
				  v.list[0].subcode == headers[i].subcode,
			"%s: %u/%u", headers[i].what, v.list[0].error, v.list[0].subcode);
		cr_expect_eq(v.list[0].octet, headers[i].octet, "%s: octet %u", headers[i].what,
			v.list[0].octet);
		if (headers[i].text != NULL) {
			cr_expect_str_eq(bgp_verdict_text(&v.list[0], text), headers[i].text);
		}
		octets_free(&o);
	}
}

/* The OPEN of an AS with identifier 10.0.0.AS and, perhaps, further capabilities. */
static struct octets
open_of(uint16_t asn, const char *capabilities)
{
	char body[256];
	struct octets c = octets_from_hex(capabilities);
	snprintf(body, sizeof(body), "04 %04x 005a 0a0000%02x %02zx 02 %02zx 4104 0000%04x %s", asn,
		asn & 0xff, c.size + 8, c.size + 6, asn, capabilities);
	octets_free(&c);
	return octets_message(1, body);
}

/* 65001 speaks to 65002, or to itself. */
static const struct {
	const char *what;
	bool internal;
	const char *sender, *receiver; /* capabilities */
	const char *attributes, *nlri;
	size_t count;
	enum bgp_fault_code code;
	enum bgp_action action;
	const char *text;
} peers[] = {
	{"as it should be", false, "", "", GOOD, NLRI_10, 0, BGP_FAULT_NONE, BGP_ACTION_NONE, ""},
	{"LOCAL_PREF from an external peer", false, "", "", GOOD "400504 00000064", NLRI_10, 1, BGP_FAULT_INTERNAL_ONLY, DISCARD, "LOCAL_PREF comes from an external peer"},
	{"ORIGINATOR_ID from an external peer", false, "", "", GOOD "800904 0a000001", NLRI_10, 1, BGP_FAULT_INTERNAL_ONLY, DISCARD, "ORIGINATOR_ID comes from an external peer"},
	{"LOCAL_PREF within a confederation", false, "", "", ORIGIN "400206 0301 0000fde9" NEXT_HOP "400504 00000064", NLRI_10, 0, BGP_FAULT_NONE, BGP_ACTION_NONE, ""},
	{"LOCAL_PREF from an internal peer", true, "", "", ORIGIN "400200" NEXT_HOP "400504 00000064", NLRI_10, 0, BGP_FAULT_NONE, BGP_ACTION_NONE, ""},
	{"LOCAL_PREF missing from an internal peer", true, "", "", ORIGIN "400200" NEXT_HOP, NLRI_10, 1, BGP_FAULT_ATTRIBUTE_MISSING, WITHDRAW, "LOCAL_PREF is missing"},
	{"another AS first", false, "", "", ORIGIN "400206 0201 0000fded" NEXT_HOP, NLRI_10, 1, BGP_FAULT_FIRST_AS, BGP_ACTION_NOTE, "AS_PATH begins with AS 65005 and the peer is AS 65001"},
	{"a family that is not agreed", false, "", "", "800f04 0002 01 00", "", 1, BGP_FAULT_FAMILY, BGP_ACTION_NOTE, "ipv6-unicast is not a family that both OPENs offer"},
	{"a family that is agreed", false, "0104 00020001", "0104 00020001", "800f04 0002 01 00", "", 0, BGP_FAULT_NONE, BGP_ACTION_NONE, ""},
	/* The sender is Customer (3), so OTC makes it a leak; as Provider (0) it may have it. */
	{"OTC from a customer", false, "0901 03", "0901 00", GOOD "c02304 0000fde9", NLRI_10, 1, BGP_FAULT_ROUTE_LEAK, BGP_ACTION_NOTE, NULL},
	{"OTC from a provider", false, "0901 00", "0901 03", GOOD "c02304 0000fde9", NLRI_10, 0, BGP_FAULT_NONE, BGP_ACTION_NONE, ""},
	{"OTC from a peer, its own AS", false, "0901 04", "0901 04", GOOD "c02304 0000fde9", NLRI_10, 0, BGP_FAULT_NONE, BGP_ACTION_NONE, ""},
	{"OTC from a peer, another AS", false, "0901 04", "0901 04", GOOD "c02304 0000fdea", NLRI_10, 1, BGP_FAULT_ROUTE_LEAK, BGP_ACTION_NOTE, NULL},
};

Test(bgp_judge, rules_that_need_the_opens)
{
	for (size_t i = 0; i < COUNT(peers); i++) {
		struct octets a = open_of(65001, peers[i].sender);
		struct octets b = open_of(peers[i].internal ? 65001 : 65002, peers[i].receiver);
		struct octets o = update("", peers[i].attributes, peers[i].nlri);
		struct bgp_message sender, receiver, m;
		struct bgp_verdicts v;
		char text[BGP_VERDICT_TEXT_MAX];
		const struct bgp_context none = {0};
		bgp_decode(a.bytes, a.size, &none, &sender);
		bgp_decode(b.bytes, b.size, &none, &receiver);
		cr_assert_eq(sender.fault.code, BGP_FAULT_NONE);
		const struct bgp_context agreed = bgp_negotiate(&sender.open, &receiver.open);
		const struct bgp_judge_context context = {
			.agreed = &agreed,
			.sender = &sender.open,
			.receiver = &receiver.open,
		};
		bgp_decode(o.bytes, o.size, &agreed, &m);
		cr_expect_eq(m.fault.code, BGP_FAULT_NONE, "%s", peers[i].what);
		bgp_judge(&m, &context, &v);
		cr_expect_eq(v.count, peers[i].count, "%s: %zu", peers[i].what, v.count);
		enum bgp_judge_need need = bgp_judge_need(&m, &context);
		cr_expect_eq(need == BGP_JUDGE_FIRST_AS, peers[i].code == BGP_FAULT_FIRST_AS, "%s: %d",
			peers[i].what, need);
		if (need == BGP_JUDGE_FIRST_AS) {
			const struct bgp_verdict alone = bgp_judge_first_as(&m, &context);
			bgp_verdict_text(&alone, text);
			cr_expect_str_eq(text, peers[i].text);
			cr_expect(alone.octet == v.list[0].octet && alone.length == v.list[0].length);
		}
		if (v.count > 0) {
			cr_expect_eq(v.list[0].code, peers[i].code, "%s", peers[i].what);
			cr_expect_eq(v.list[0].action, peers[i].action, "%s", peers[i].what);
			bgp_verdict_text(&v.list[0], text);
			cr_expect(peers[i].text == NULL || strcmp(text, peers[i].text) == 0, "%s: %s",
				peers[i].what, text);
		}
		octets_free(&a);
		octets_free(&b);
		octets_free(&o);
	}
}

Test(bgp_judge, an_open_against_that_of_its_receiver)
{
	/* RFC 9234 section 4.2: a Customer and a Customer; a Provider and a Customer. */
	static const struct {
		uint16_t receiver_asn;
		const char *sender, *receiver;
		enum bgp_fault_code code;
		uint8_t subcode;
	} rows[] = {
		{65002, "0901 03", "0901 03", BGP_FAULT_OPEN_ROLE, 11},
		{65002, "0901 00", "0901 03", BGP_FAULT_NONE, 0},
		{65002, "0901 01", "0901 02", BGP_FAULT_NONE, 0},
		{65002, "0901 03", "", BGP_FAULT_NONE, 0},
		{65001, "", "", BGP_FAULT_OPEN_SAME_ID, 3},
	};
	const struct bgp_context none = {0};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct octets a = open_of(65001, rows[i].sender);
		struct octets b = open_of(rows[i].receiver_asn, rows[i].receiver);
		struct bgp_message m, receiver;
		struct bgp_verdicts v;
		bgp_decode(a.bytes, a.size, &none, &m);
		bgp_decode(b.bytes, b.size, &none, &receiver);
		const struct bgp_judge_context context = {.agreed = &none, .receiver = &receiver.open};
		bgp_judge(&m, &context, &v);
		cr_expect_eq(v.count, rows[i].code != BGP_FAULT_NONE, "row %zu: %zu", i, v.count);
		if (v.count > 0) {
			cr_expect_eq(v.list[0].code, rows[i].code, "row %zu", i);
			cr_expect(v.list[0].error == 2 && v.list[0].subcode == rows[i].subcode);
			cr_expect_not(bgp_fault_is_of_wire(v.list[0].code));
		}
		octets_free(&a);
		octets_free(&b);
	}
}

/* RFC 7606 section 3 h: the strongest of several. */
Test(bgp_judge, each_fault_is_told_and_the_worst_is_found)
{
	const struct bgp_judge_context context = {.agreed = &four};
	struct octets o = update("", "40010109" AS_PATH NEXT_HOP "c00706fde90a000001 80c80101 40c90100 c00804 00000001", NLRI_10);
	struct bgp_message m;
	struct bgp_verdicts v;
	bgp_decode(o.bytes, o.size, &four, &m);
	bgp_judge(&m, &context, &v);
	cr_assert_eq(v.count, 3);
	cr_expect_eq(v.list[0].code, BGP_FAULT_ORIGIN);
	cr_expect_eq(v.list[1].code, BGP_FAULT_ATTRIBUTE_LENGTH);
	cr_expect_eq(v.list[2].code, BGP_FAULT_ATTRIBUTE_UNKNOWN);
	cr_expect_eq(bgp_verdicts_worst(&v), &v.list[2]);
	octets_free(&o);

	char many[20 * 8 + 1] = "";
	for (size_t i = 0; i < 20; i++) {
		strcat(many, "40c80100");
	}
	o = update("", many, NLRI_10);
	bgp_decode(o.bytes, o.size, &four, &m);
	bgp_judge(&m, &context, &v);
	cr_expect_eq(v.count, BGP_VERDICTS_MAX);
	cr_expect(v.more);
	octets_free(&o);
}

Test(bgp_judge, nothing_is_said_about_what_the_capture_cut_off)
{
	struct octets o = update("", GOOD "400504 00000064", NLRI_10);
	for (size_t size = 19; size < o.size; size++) {
		const struct bgp_judge_context context = {.agreed = &four};
		struct bgp_message m;
		struct bgp_verdicts v;
		bgp_decode(o.bytes, size, &four, &m);
		bgp_judge(&m, &context, &v);
		cr_expect_eq(v.count, 0, "%zu octets: %s", size, bgp_fault_key(v.list[0].code));
	}
	octets_free(&o);
}
