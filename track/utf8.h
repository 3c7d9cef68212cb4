/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_UTF8_H
#define BGPWHY_TRACK_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * UTF-8 as RFC 3629 has it, and the characters that no view may hand on as they are. Here, and not
 * in the views, because the JSON of the database is written with it too.
 */

/* What utf8_next() gives for an octet that is no UTF-8. */
#define UTF8_NONE UINT32_MAX

/*
 * The next character: its code point, and how many octets it takes (1 to 4). Over-long forms,
 * surrogates and all that is above U+10FFFF are no UTF-8: one octet, UTF8_NONE. `size` is not 0.
 */
static inline size_t
utf8_next(const uint8_t *bytes, size_t size, uint32_t *character)
{
	uint8_t lead = bytes[0];
	*character = UTF8_NONE;
	if (lead < 0x80) {
		*character = lead;
		return 1;
	}
	size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (lead < 0xc2 || lead > 0xf4 || length > size) {
		return 1;
	}
	uint32_t value = lead & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80) {
			return 1;
		}
		value = value << 6 | (bytes[i] & 0x3fu);
	}
	if ((length == 3 && (value < 0x800 || (value >= 0xd800 && value < 0xe000))) ||
		(length == 4 && (value < 0x10000 || value > 0x10ffff))) {
		return 1;
	}
	*character = value;
	return length;
}

/*
 * Control and C1 characters, the characters that turn the direction of writing (U+061C, U+200E/F,
 * U+202A-202E, U+2066-2069), and the line and paragraph separators.
 */
static inline bool
utf8_is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/*
 * What is not seen and changes what stands beside it: soft hyphens, joiners and other format characters,
 * variation selectors, tags, and the letters that make flags in pairs. With them two texts look alike that are not,
 * and terminals do not agree on how many columns they take.
 */
static inline bool
utf8_is_invisible(uint32_t c)
{
	return c == 0xad || (c >= 0x600 && c <= 0x605) || c == 0x6dd || c == 0x70f || c == 0x8e2 ||
		(c >= 0x180b && c <= 0x180f) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2060 && c <= 0x206f) ||
		(c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
		(c >= 0x1d173 && c <= 0x1d17a) || (c >= 0x1f1e6 && c <= 0x1f1ff) || (c >= 0x1f3fb && c <= 0x1f3ff) ||
		(c >= 0xe0000 && c <= 0xe0fff);
}

#endif
