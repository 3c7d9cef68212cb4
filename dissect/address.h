/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_ADDRESS_H
#define BGPWHY_DISSECT_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "dissect/cursor.h"

/* An IPv4 or IPv6 address as a value. Octets beyond the family's size are zero, so that two
 * addresses may be compared as memory. `family` 0 is "no address". */
struct address {
	uint8_t family; /* 0, 4 or 6 */
	uint8_t octets[16];
};

enum { ADDRESS_TEXT_MAX = 48 };

/* Two words into one, by a multiplication of which both halves are used: what makes hashes of addresses. Quick, and
 * nobody can steer it who does not know what the words were mixed with. */
static inline uint64_t
hash_fold(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* 127/8, also as an IPv6 address (RFC 5884 section 7). */
static inline bool
address_is_loopback(const struct address *a)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	if (a->family == 6) {
		return memcmp(a->octets, mapped, sizeof(mapped)) == 0 && a->octets[12] == 127;
	}
	return a->family == 4 && a->octets[0] == 127;
}

static inline bool
address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline int
address_compare(const struct address *a, const struct address *b)
{
	return memcmp(a, b, sizeof(*a));
}

/* Reads 4 or 16 octets; `family` must be 4 or 6. A short cursor fails and gives "no address". */
struct address address_read(struct cursor *c, uint8_t family);

/* IPv4 from a number in host order (a BGP Identifier, a NEXT_HOP). */
struct address address_from_u32(uint32_t value);

/* fe80::/10 */
bool address_is_link_local(const struct address *a);

/* The usual text (RFC 5952 for IPv6); "-" for no address. Returns `text`. */
const char *address_text(const struct address *a, char text[ADDRESS_TEXT_MAX]);

#endif
