/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TESTS_UNIT_OCTETS_H
#define BGPWHY_TESTS_UNIT_OCTETS_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Octets on the heap, with nothing after them: a read past the end is one that ASan sees. */
struct octets {
	uint8_t *bytes;
	size_t size;
};

static inline struct octets
octets_copy(const void *bytes, size_t size)
{
	struct octets o = {.bytes = malloc(size > 0 ? size : 1), .size = size};
	assert(o.bytes != NULL);
	if (size > 0) {
		memcpy(o.bytes, bytes, size);
	}
	return o;
}

static inline int
octets_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;
	return p != NULL ? (int)(p - digits) : -1;
}

/* From lower-case hex digits; all else between the pairs is skipped, so that fields can be set
 * apart. "ff*16" repeats an octet. */
static inline struct octets
octets_from_hex(const char *hex)
{
	uint8_t buffer[65536];
	size_t size = 0;
	while (*hex != '\0') {
		int high = octets_digit(hex[0]);
		if (high < 0) {
			hex++;
			continue;
		}
		int low = octets_digit(hex[1]);
		assert(low >= 0);
		hex += 2;
		long times = 1;
		if (*hex == '*') {
			char *end;
			times = strtol(hex + 1, &end, 10);
			hex = end;
		}
		while (times-- > 0) {
			assert(size < sizeof(buffer));
			buffer[size++] = (uint8_t)(high << 4 | low);
		}
	}
	return octets_copy(buffer, size);
}

static inline void
octets_free(struct octets *o)
{
	free(o->bytes);
	*o = (struct octets){0};
}

/* A BGP message of `type` around `body` in hex, with the marker and the length it needs. */
static inline struct octets
octets_message(uint8_t type, const char *body)
{
	struct octets inner = octets_from_hex(body);
	struct octets o = {.size = inner.size + 19};
	assert(o.size <= 65535);
	o.bytes = malloc(o.size);
	assert(o.bytes != NULL);
	memset(o.bytes, 0xff, 16);
	o.bytes[16] = (uint8_t)(o.size >> 8);
	o.bytes[17] = (uint8_t)o.size;
	o.bytes[18] = type;
	if (inner.size > 0) {
		memcpy(o.bytes + 19, inner.bytes, inner.size);
	}
	octets_free(&inner);
	return o;
}

#endif
