/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_FRAGMENT_H
#define BGPWHY_CAPTURE_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissect/address.h"

/*
 * IP fragments put back together, by packet time: RFC 791 and, where overlaps discard the datagram,
 * RFC 5722. At most LIMIT_FRAGMENT_DATAGRAMS are under way; the oldest gives way.
 */
struct fragments;

struct fragment {
	uint64_t time_ns;
	struct address src, dst;
	uint32_t id;
	uint8_t protocol; /* IPv4: part of the key; IPv6: the next header of the first fragment */
	uint32_t offset;  /* octets */
	bool more;
	const uint8_t *data;
	size_t size;
};

struct fragments *fragments_create(void);
void fragments_destroy(struct fragments *fragments);

/* Adds one. True when its datagram is complete: then *data, *size and *protocol are its payload,
 * good until the next call. */
bool fragments_add(struct fragments *fragments, const struct fragment *fragment,
	const uint8_t **data, size_t *size, uint8_t *protocol);

/* Whether one ever gave way. */
bool fragments_evicted(const struct fragments *fragments);

#endif
