/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as values. The text form of IPv6 is libc's inet_ntop, which follows RFC 5952; that of IPv4
 * is written here, since libc prints it with a format, and each packet has two.
 */
#include "dissect/address.h"

#include <arpa/inet.h>
#include <string.h>

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

static char *
put_octet(char *at, unsigned octet)
{
	if (octet >= 100) {
		*at++ = (char)('0' + octet / 100);
	}
	if (octet >= 10) {
		*at++ = (char)('0' + octet / 10 % 10);
	}
	*at++ = (char)('0' + octet % 10);
	return at;
}

const char *
address_text(const struct address *a, char text[ADDRESS_TEXT_MAX])
{
	char *at = text;
	if (a->family == 4) {
		for (size_t i = 0; i < 4; i++) {
			at = put_octet(at, a->octets[i]);
			*at++ = i < 3 ? '.' : '\0';
		}
	} else if (a->family != 6 ||
		inet_ntop(AF_INET6, a->octets, text, ADDRESS_TEXT_MAX) == NULL) {
		memcpy(text, "-", 2);
	}
	return text;
}
