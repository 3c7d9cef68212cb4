/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offsets count in units of 8 octets, so a bitmap of 8,192 bits tells what has come. IPv4 keeps
 * the first copy where fragments overlap (what most receivers do); IPv6 discards the datagram
 * unless the fragment is a repetition, which a mirror makes.
 */
#include "capture/fragment.h"

#include <stdlib.h>
#include <string.h>

#include "capture/input.h"
#include "capture/limits.h"

enum { UNITS = 8192, UNIT = 8, DATAGRAM_MAX = 65535 };

struct datagram_parts {
	bool used, poisoned;
	uint64_t since_ns;
	struct address src, dst;
	uint32_t id;
	uint8_t protocol;
	uint32_t total;    /* octets, once the last fragment is there */
	uint32_t units;    /* that have come */
	uint8_t *data;     /* grown as needed */
	size_t capacity;
	uint8_t have[UNITS / 8];
};

struct fragments {
	struct datagram_parts *slot[LIMIT_FRAGMENT_DATAGRAMS];
	uint8_t *done; /* the datagram handed out last */
	bool evicted;
};

struct fragments *
fragments_create(void)
{
	return capture_allocate(sizeof(struct fragments));
}

static void
slot_free(struct fragments *fragments, size_t i)
{
	free(fragments->slot[i]->data);
	free(fragments->slot[i]);
	fragments->slot[i] = NULL;
}

void
fragments_destroy(struct fragments *fragments)
{
	if (fragments == NULL) {
		return;
	}
	for (size_t i = 0; i < LIMIT_FRAGMENT_DATAGRAMS; i++) {
		if (fragments->slot[i] != NULL) {
			slot_free(fragments, i);
		}
	}
	free(fragments->done);
	free(fragments);
}

static bool
same_datagram(const struct datagram_parts *parts, const struct fragment *fragment)
{
	return parts->id == fragment->id && address_equal(&parts->src, &fragment->src) &&
		address_equal(&parts->dst, &fragment->dst) &&
		(fragment->src.family == 6 || parts->protocol == fragment->protocol);
}

/* The slot of this datagram; a new one where it has none. */
static size_t
slot_find(struct fragments *fragments, const struct fragment *fragment)
{
	size_t empty = LIMIT_FRAGMENT_DATAGRAMS, oldest = 0;
	for (size_t i = 0; i < LIMIT_FRAGMENT_DATAGRAMS; i++) {
		struct datagram_parts *parts = fragments->slot[i];
		if (parts != NULL && fragment->time_ns > parts->since_ns &&
		    fragment->time_ns - parts->since_ns > FRAGMENT_WAIT_NS) {
			slot_free(fragments, i);
			parts = NULL;
		}
		if (parts == NULL) {
			empty = i;
			continue;
		}
		if (same_datagram(parts, fragment)) {
			return i;
		}
		if (fragments->slot[oldest] == NULL ||
		    parts->since_ns < fragments->slot[oldest]->since_ns) {
			oldest = i;
		}
	}
	if (empty == LIMIT_FRAGMENT_DATAGRAMS) {
		slot_free(fragments, oldest);
		fragments->evicted = true;
		empty = oldest;
	}
	struct datagram_parts *parts = capture_allocate(sizeof(*parts));
	parts->since_ns = fragment->time_ns;
	parts->src = fragment->src;
	parts->dst = fragment->dst;
	parts->id = fragment->id;
	parts->protocol = fragment->protocol;
	fragments->slot[empty] = parts;
	return empty;
}

static void
parts_reserve(struct datagram_parts *parts, size_t end)
{
	/* Whole units, so that the last one may be copied like the others. */
	size_t need = (end + UNIT - 1) / UNIT * UNIT;
	if (need <= parts->capacity) {
		return;
	}
	size_t capacity = parts->capacity > 0 ? parts->capacity : 2048;
	while (capacity < need) {
		capacity *= 2;
	}
	parts->data = capture_reallocate(parts->data, capacity);
	memset(parts->data + parts->capacity, 0, capacity - parts->capacity);
	parts->capacity = capacity;
}

static void
parts_copy(struct datagram_parts *parts, const struct fragment *fragment)
{
	bool strict = fragment->src.family == 6;
	bool fresh = false, old = false, differs = false;
	for (size_t at = 0; at < fragment->size; at += UNIT) {
		size_t to = fragment->offset + at;
		size_t n = fragment->size - at < UNIT ? fragment->size - at : UNIT;
		size_t unit = to / UNIT;
		uint8_t bit = (uint8_t)(1u << unit % 8);
		if ((parts->have[unit / 8] & bit) != 0) {
			old = true;
			differs = differs || memcmp(parts->data + to, fragment->data + at, n) != 0;
			continue;
		}
		fresh = true;
		parts->have[unit / 8] |= bit;
		parts->units++;
		memcpy(parts->data + to, fragment->data + at, n);
	}
	if (strict && ((fresh && old) || differs)) {
		parts->poisoned = true;
	}
}

bool
fragments_add(struct fragments *fragments, const struct fragment *fragment, const uint8_t **data,
	size_t *size, uint8_t *protocol)
{
	size_t end = fragment->offset + fragment->size;
	if (fragment->offset % UNIT != 0 || end > DATAGRAM_MAX || fragment->size == 0 ||
	    (fragment->more && fragment->size % UNIT != 0)) {
		return false;
	}
	size_t at = slot_find(fragments, fragment);
	struct datagram_parts *parts = fragments->slot[at];
	if (parts->poisoned) {
		return false;
	}
	if (!fragment->more) {
		if (parts->total != 0 && parts->total != end) {
			parts->poisoned = true; /* it has two ends */
			return false;
		}
		parts->total = (uint32_t)end;
	}
	parts_reserve(parts, end);
	parts_copy(parts, fragment);
	if (fragment->offset == 0) {
		parts->protocol = fragment->protocol;
	}
	if (parts->poisoned || parts->total == 0) {
		return false;
	}
	uint32_t units = (parts->total + UNIT - 1) / UNIT;
	if (parts->units < units) {
		return false;
	}
	/* Octets behind the end were a lie; the ones up to it may then still lack some. */
	for (uint32_t unit = 0; unit < units; unit++) {
		if ((parts->have[unit / 8] & 1u << unit % 8) == 0) {
			return false;
		}
	}
	*size = parts->total;
	*protocol = parts->protocol;
	free(fragments->done);
	fragments->done = parts->data;
	*data = fragments->done;
	parts->data = NULL;
	slot_free(fragments, at);
	return true;
}

bool
fragments_evicted(const struct fragments *fragments)
{
	return fragments->evicted;
}
