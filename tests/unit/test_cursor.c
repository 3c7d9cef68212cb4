/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cursor: what it reads, that a failure sticks, and that children stay inside their parent. */
#include <criterion/criterion.h>

#include "dissect/address.h"
#include "dissect/cursor.h"
#include "tests/unit/octets.h"

Test(cursor, reads_numbers_in_network_order)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	cr_assert_eq(cursor_u8(&c), 0x01);
	cr_assert_eq(cursor_u16(&c), 0x0203);
	cr_assert_eq(cursor_u24(&c), 0x040506);
	cr_assert_eq(cursor_u32(&c), 0x0708090a);
	cr_assert_eq(cursor_u64(&c), UINT64_C(0x0b0c0d0e0f101112));
	cr_assert(cursor_exact(&c));
}

Test(cursor, a_failure_sticks_and_freezes_the_position)
{
	static const uint8_t bytes[] = {1, 2, 3};
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	cursor_skip(&c, 2);
	cr_assert_eq(cursor_u16(&c), 0);
	cr_assert(c.failed);
	cr_assert_eq(cursor_offset(&c), 2);
	cr_assert_eq(cursor_left(&c), 0);
	cr_assert_eq(cursor_u8(&c), 0, "a good read after a failure is a failure too");
	cr_assert_eq(cursor_offset(&c), 2);
	cr_assert_not(cursor_exact(&c));
}

Test(cursor, every_width_fails_at_the_end)
{
	for (size_t size = 0; size < 8; size++) {
		struct octets o = octets_copy("\1\2\3\4\5\6\7\10", size);
		struct cursor c8 = cursor_make(o.bytes, size);
		struct cursor c16 = c8, c24 = c8, c32 = c8, c64 = c8;
		(void)cursor_u8(&c8);
		(void)cursor_u16(&c16);
		(void)cursor_u24(&c24);
		(void)cursor_u32(&c32);
		(void)cursor_u64(&c64);
		cr_assert_eq(c8.failed, size < 1);
		cr_assert_eq(c16.failed, size < 2);
		cr_assert_eq(c24.failed, size < 3);
		cr_assert_eq(c32.failed, size < 4);
		cr_assert_eq(c64.failed, size < 8);
		octets_free(&o);
	}
}

Test(cursor, a_child_ends_where_its_length_says)
{
	static const uint8_t bytes[] = {2, 0xaa, 0xbb, 0xcc};
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	struct cursor child = cursor_take(&c, cursor_u8(&c));
	cr_assert_eq(cursor_left(&child), 2);
	cr_assert_eq(cursor_offset(&child), 1, "offsets count from the start of the message");
	cr_assert_eq(cursor_u24(&child), 0);
	cr_assert(child.failed);
	cr_assert_not(c.failed, "a bad child leaves its parent alone");
	cr_assert_eq(cursor_u8(&c), 0xcc);
}

Test(cursor, a_child_longer_than_its_parent_fails_both)
{
	static const uint8_t bytes[] = {3, 0xaa, 0xbb};
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	struct cursor child = cursor_take(&c, cursor_u8(&c));
	cr_assert(c.failed);
	cr_assert(child.failed);
	cr_assert_eq(cursor_left(&child), 0);
}

Test(cursor, take_some_gives_what_there_is)
{
	static const uint8_t bytes[] = {3, 0xaa, 0xbb};
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	struct cursor child = cursor_take_some(&c, cursor_u8(&c));
	cr_assert(c.failed);
	cr_assert_not(child.failed);
	cr_assert_eq(cursor_u16(&child), 0xaabb);
}

Test(cursor, nothing_is_empty_and_not_an_error)
{
	struct cursor c = cursor_make(NULL, 0);
	cr_assert_eq(cursor_left(&c), 0);
	cr_assert(cursor_exact(&c));
	cr_assert_eq(cursor_u8(&c), 0);
	cr_assert(c.failed);
}

Test(address, reads_prints_and_compares)
{
	static const struct {
		const char *hex;
		uint8_t family;
		const char *text;
		bool link_local;
	} rows[] = {
		{"0a000001", 4, "10.0.0.1", false},
		{"ffffffff", 4, "255.255.255.255", false},
		{"20010db8 00*11 01", 6, "2001:db8::1", false},
		{"fe80 00*13 01", 6, "fe80::1", true},
		{"febf 00*13 01", 6, "febf::1", true},  /* the last of fe80::/10 */
		{"fec0 00*13 01", 6, "fec0::1", false},
		{"0a0000", 4, "-", false},
		{"20010db8", 6, "-", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[ADDRESS_TEXT_MAX];
		struct octets o = octets_from_hex(rows[i].hex);
		struct cursor c = cursor_make(o.bytes, o.size);
		struct address a = address_read(&c, rows[i].family);
		cr_assert_str_eq(address_text(&a, text), rows[i].text);
		cr_assert_eq(address_is_link_local(&a), rows[i].link_local);
		octets_free(&o);
	}
	struct address a = address_from_u32(0xc0000201);
	struct address b = address_from_u32(0xc0000202);
	char text[ADDRESS_TEXT_MAX];
	cr_assert_str_eq(address_text(&a, text), "192.0.2.1");
	cr_assert(address_equal(&a, &a));
	cr_assert_not(address_equal(&a, &b));
	cr_assert_lt(address_compare(&a, &b), 0);
}
