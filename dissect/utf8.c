/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8 as RFC 3629 has it: the shortest form only, no surrogates, nothing above U+10FFFF. RFC 9003
 * asks for it in a shutdown communication, and a JSON line may hold nothing else.
 */
#include "dissect/bgp.h"

/* Octets that follow a first octet, and the range of the first of them; the others are 80 to BF.
 * The rows are section 4 of RFC 3629. */
static const struct lead {
	uint8_t first, last; /* of the leading octet */
	uint8_t more;
	uint8_t low, high; /* of the second octet */
} leads[] = {
	{0x00, 0x7f, 0, 0x00, 0x00},
	{0xc2, 0xdf, 1, 0x80, 0xbf},
	{0xe0, 0xe0, 2, 0xa0, 0xbf},
	{0xe1, 0xec, 2, 0x80, 0xbf},
	{0xed, 0xed, 2, 0x80, 0x9f},
	{0xee, 0xef, 2, 0x80, 0xbf},
	{0xf0, 0xf0, 3, 0x90, 0xbf},
	{0xf1, 0xf3, 3, 0x80, 0xbf},
	{0xf4, 0xf4, 3, 0x80, 0x8f},
};

static const struct lead *
find_lead(uint8_t octet)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		if (octet >= leads[i].first && octet <= leads[i].last) {
			return &leads[i];
		}
	}
	return NULL;
}

bool
bgp_utf8_valid(const uint8_t *bytes, size_t size)
{
	struct cursor c = cursor_make(bytes, size);
	while (cursor_left(&c) > 0) {
		const struct lead *lead = find_lead(cursor_u8(&c));
		if (lead == NULL) {
			return false;
		}
		uint8_t low = lead->low;
		uint8_t high = lead->high;
		for (unsigned i = 0; i < lead->more; i++) {
			uint8_t octet = cursor_u8(&c);
			if (c.failed || octet < low || octet > high) {
				return false;
			}
			low = 0x80;
			high = 0xbf;
		}
	}
	return true;
}
