/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as values. The text form is libc's inet_ntop, which follows RFC 5952.
 */
#include "dissect/address.h"

#include <arpa/inet.h>
#include <stdio.h>

struct address
address_read(struct cursor *c, uint8_t family)
{
	struct address a = {0};
	size_t size = family == 4 ? 4 : 16;
	const uint8_t *p = cursor_bytes(c, size);
	if (p != NULL) {
		a.family = family;
		memcpy(a.octets, p, size);
	}
	return a;
}

struct address
address_from_u32(uint32_t value)
{
	return (struct address){
		.family = 4,
		.octets = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
			(uint8_t)value},
	};
}

bool
address_is_link_local(const struct address *a)
{
	return a->family == 6 && a->octets[0] == 0xfe && (a->octets[1] & 0xc0) == 0x80;
}

const char *
address_text(const struct address *a, char text[ADDRESS_TEXT_MAX])
{
	if (a->family != 4 && a->family != 6) {
		snprintf(text, ADDRESS_TEXT_MAX, "-");
		return text;
	}
	if (inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->octets, text, ADDRESS_TEXT_MAX) ==
	    NULL) {
		snprintf(text, ADDRESS_TEXT_MAX, "-");
	}
	return text;
}
