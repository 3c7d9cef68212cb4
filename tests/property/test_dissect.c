/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds for any octets. Every proper prefix of a good message is read without a fault and
 * without a read outside (the copies are exactly as large as they say, for ASan); every change of a
 * single octet gives a value or a fault inside the message; and the iterators agree with the counts.
 */
#include <criterion/criterion.h>

#include "tests/fuzz/walk.h"
#include "tests/unit/octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	uint8_t type;
	const char *body;
} messages[] = {
	/* OPEN: one parameter for each capability, and all kinds of capability */
	{1, "04 5ba0 00b4 c0000201 1c 02060104 00010001 02020200 02064104 fa56ea01 02064504 00010103"},
	{1, "04 fde9 005a c0000202 45 0243 0104 00010001 0104 00020001 0506 000100010002 0600 0200 "
	    "0901 03 4006 c07800010180 4104 0000fde9 4600 4707 00010180015180 4907 03723031 026c31"
	    " 4b04 03465252"},
	{1, "04 fde9 005a c0000203 ff ff 0009 02 0006 4104 0000fdea"},
	/* ORF, BGPsec, multiple labels, dynamic, multisession, routing policy, paths limit, and the
	 * prestandard ones */
	{1, "04 fde9 005a c0000204 44 02 42 03 07 0001 00 01 01 40 03 07 03 08 0002 08 04 0001 04 02"
	    " 43 02 01 40 44 02 80 01 48 04 0001 4b 01 4a 00 4c 05 0001 01 000a 4d 00"
	    " 82 07 0001 00 01 01 80 03 83 01 00 b8 07 03723031 026c31"},
	/* UPDATE: IPv4; IPv6 and communities; VPN, labelled, EVPN and flowspec; End-of-RIB */
	{2, "0005 08 0a 10 0a01 0018 40010102 40020a 0202 0000fde9 0000fdea 400304 0a000001 "
	    "18 0a0203 20 0a020301 00"},
	{2, "0000 0041 40010100 400206 0201 0000fde9 c00808 fde90001 ffffff01 "
	    "800e26 0002 01 20 20010db8 00*11 01 fe80 00*13 01 00 00"},
	{2, "0000 002a 40010100 400200 800e20 0001 80 0c 00*8 0a000001 00 70 000641 0000fde900000001"
	    " 0a0102"},
	{2, "0000 000b 800f08 0001 04 20 800000 0a"},
	{2, "0000 002b 40010100 400200 800e21 0019 46 04 0a000001 00 03 11 00*12 20 0a000001 7f 03 010203"},
	/* EVPN 2, two labels */
	{2, "0000 0030 800f2d 0019 46 02 28 0001c00002010064 00*10 00000007 30 00005e005301"
	    " 20 c0000205 000641 000651"},
	/* EVPN 5 */
	{2, "0000 002a 800f27 0019 46 05 22 0001c00002010064 00*10 00000000 18 cb007100 00*4"
	    " 000641"},
	/* MVPN 6 */
	{2, "0000 001e 800f1b 0001 05 06 16 0000fde900000064 0000fde9 20 c0000201 20"
	    " e8010101"},
	/* flowspec, RFC 8955 section 4.3.2 */
	{2, "0000 0019 800f16 0001 85 12 0118c00002 0218cb0071 04 0389 458b"
	    " 911f90"},
	/* flowspec IPv6 VPN */
	{2, "0000 0019 800f16 0002 86 12 0000fde900000064 01 28 08 010db800 03 81"
	    " 06"},
	/* BGP-LS link */
	{2, "0000 0050 800f4d 4004 47 0002 0046 02 00*8 0100 0012 0200 0004 0000fde9 0203"
	    " 0006 000000000001 0101 0013 0200 0004 0000fde9 0203 0007 00000000000201 0103 0004 c0000201 0104 0004 c0000202"},
	/* labelled, two labels */
	{2, "0000 0011 800f0e 0002 04 50 000640 000651 20010db8"},
	{2, "0000 000a 800f07 0001 85 03 01080a"},
	/* aggregators, reflection, AS4_PATH, PMSI, tunnels, IPv6 communities, AIGP, BGP-LS, large,
	 * BGPsec, OTC, BFD, Prefix-SID, ATTR_SET */
	{2, "0000 0054 c00708 0000fde9 c0000201 800904 c0000201 800a04 c0000202"
	    " c01106 0201 0000fde9 c01208 0000fde9 c0000201 c01609 00 06 000641 c0000201"
	    " c01018 0602020000112233 0601010000000641 8006fde949742400"},
	{2, "0000 004d c0171e 0008 000c 060a 00000000 0001 c0000201 000f 000a 81 0003 00 7031 0c00 0800"
	    " c01914 0002 20010db8 00*11 01 0064 801a0b 01 000b 0000000000000064 c02304 0000fde9"},
	{2, "0000 006e 801d0d 0402 0002 7231 0447 0003 00000a c0200c 0000fde9 00000001 00000002"
	    " 802123 0008 01 80 0000fde9 001b 01 aa*20 0002 beef c0260500 00000001"
	    " c0280a 01 0007 00 0000 00000064 c08011 0000fde9 40010100 40020602010000fde9"},
	{2, "0000 0028 c02825 05 0022 00 01 001e 00 20010db8 00*11 01 00 0013 00 01 0006 28 18 10 00 10 40"},
	{2, "0000 0000"},
	{2, "0000 0006 800f03 0002 01"},
	/* NOTIFICATION, KEEPALIVE, ROUTE-REFRESH with an ORF */
	{3, "0602 05 68656c6c6f"},
	{3, "0609 06 04 05 68656c6c6f"},
	{3, "0601 0001 01 00000064"},
	{3, "0202 fde9"},
	{3, "0207 0104 00020001 4104 0000fde9"},
	{4, ""},
	{5, "0001 00 01"},
	{5, "0001 00 01 01 40 0002 aabb"},
	{5, "0001 00 01 01 40 000a 00 00000005 00 18 08 0a 80"},
	/* CAPABILITY, both forms */
	{6, "41 00000007 01 0004 0002 00 01"},
	{6, "00 09 01 00"},
};

static const struct bgp_context contexts[] = {
	{0},
	{.as_width = 2},
	{.as_width = 4},
	{.as_width = 4, .add_path_count = 2, .add_path = {{1, 1}, {25, 70}}},
};

Test(dissect, a_prefix_of_a_message_is_truncated_and_no_more)
{
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct octets whole = octets_message(messages[i].type, messages[i].body);
		struct bgp_message full;
		const struct bgp_context *context = &contexts[2];
		bgp_decode(whole.bytes, whole.size, context, &full);
		cr_assert_eq(full.fault.code, BGP_FAULT_NONE, "message %zu: %s at %u", i,
			bgp_fault_key(full.fault.code), full.fault.offset);
		for (size_t size = 0; size < whole.size; size++) {
			struct octets o = octets_copy(whole.bytes, size);
			struct bgp_message m;
			bgp_decode(o.bytes, o.size, context, &m);
			cr_assert(m.truncated, "message %zu at %zu", i, size);
			cr_assert_eq(m.fault.code, BGP_FAULT_NONE, "message %zu at %zu: %s", i, size,
				bgp_fault_key(m.fault.code));
			walk_message(&m, context);
			octets_free(&o);
		}
		octets_free(&whole);
	}
}

/* Shortening a message and its length field is not truncation: what is missing is a fault, or the
 * shorter message is a good one too. Either way nothing outside is read. */
Test(dissect, a_message_that_ends_early_is_read_as_far_as_it_goes)
{
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct octets whole = octets_message(messages[i].type, messages[i].body);
		for (size_t size = 19; size < whole.size; size++) {
			for (size_t j = 0; j < COUNT(contexts); j++) {
				struct octets o = octets_copy(whole.bytes, size);
				struct bgp_message m;
				o.bytes[16] = (uint8_t)(size >> 8);
				o.bytes[17] = (uint8_t)size;
				bgp_decode(o.bytes, o.size, &contexts[j], &m);
				cr_assert_not(m.truncated);
				walk_message(&m, &contexts[j]);
				octets_free(&o);
			}
		}
		octets_free(&whole);
	}
}

Test(dissect, any_single_octet_may_be_anything)
{
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct octets o = octets_message(messages[i].type, messages[i].body);
		for (size_t at = 0; at < o.size; at++) {
			uint8_t original = o.bytes[at];
			for (unsigned value = 0; value < 256; value++) {
				o.bytes[at] = (uint8_t)value;
				const struct bgp_context *context = &contexts[value % COUNT(contexts)];
				struct bgp_message m;
				bgp_decode(o.bytes, o.size, context, &m);
				walk_message(&m, context);
			}
			o.bytes[at] = original;
		}
		octets_free(&o);
	}
}

/* Decoding has no memory: the same octets give the same value. */
Test(dissect, decoding_twice_is_decoding_once)
{
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct octets o = octets_message(messages[i].type, messages[i].body);
		struct bgp_message a, b;
		bgp_decode(o.bytes, o.size, &contexts[2], &a);
		bgp_decode(o.bytes, o.size, &contexts[2], &b);
		cr_assert_eq(a.fault.code, b.fault.code);
		cr_assert_eq(a.fault.offset, b.fault.offset);
		cr_assert_eq(a.body_read, b.body_read);
		if (a.type == BGP_UPDATE && a.body_read) {
			cr_assert_eq(a.update.announced_count, b.update.announced_count);
			cr_assert_eq(a.update.withdrawn_count, b.update.withdrawn_count);
		}
		octets_free(&o);
	}
}

static const char *const packets[] = {
	"20 c0 03 18 00000001 00000002 000f4240 000493e0 0000c350",
	"20 44 03 21 00000001 00000000 000f4240 000493e0 00000000 01 09 07 736563726574",
	"20 44 03 30 00000001 00000000 000f4240 000493e0 00000000 02 18 01 00 0000002a aa*16",
	"20 44 03 34 00000001 00000000 000f4240 000493e0 00000000 05 1c 02 00 00000001 bb*20",
};

Test(dissect, bfd_prefixes_and_single_octets)
{
	for (size_t i = 0; i < COUNT(packets); i++) {
		struct octets whole = octets_from_hex(packets[i]);
		for (size_t size = 0; size < whole.size; size++) {
			struct octets o = octets_copy(whole.bytes, size);
			struct bfd_packet p;
			walk_bfd(o.bytes, o.size);
			(void)bfd_decode(o.bytes, o.size, &p);
			cr_assert_neq(p.fault, BFD_FAULT_NONE, "packet %zu at %zu", i, size);
			octets_free(&o);
		}
		for (size_t at = 0; at < whole.size; at++) {
			uint8_t original = whole.bytes[at];
			for (unsigned value = 0; value < 256; value++) {
				whole.bytes[at] = (uint8_t)value;
				walk_bfd(whole.bytes, whole.size);
			}
			whole.bytes[at] = original;
		}
		octets_free(&whole);
	}
}
