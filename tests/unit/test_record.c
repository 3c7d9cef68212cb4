/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring of the flight recorder against a plain list, and the names of its files. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "record/record_files.h"
#include "record/record_ring.h"

enum { LIMIT = 1 << 16, PACKETS = 20000, KEYS = 37, SIZE_MAX_TESTED = 900 };

static uint64_t random_state = 1;

static unsigned
chance(unsigned below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((random_state >> 33) % below);
}

/* What was added: its number is in its frame, its octets are made of it. */
struct model {
	uint64_t position, key;
	unsigned size;
	bool dropped;
};

static struct model model[PACKETS];

static void
fill(uint8_t *octets, unsigned number, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		octets[i] = (uint8_t)(number * 31 + i);
	}
}

static void
expect_chain(struct ring *ring, uint64_t key, unsigned last)
{
	uint8_t octets[SIZE_MAX_TESTED];
	uint64_t at = ring_last(ring, key);
	for (unsigned i = last + 1; i-- > 0;) {
		if (model[i].dropped || model[i].key != key) {
			continue;
		}
		if (model[i].position < ring->tail) {
			break;
		}
		struct ring_packet *entry = ring_at(ring, at);
		cr_assert(entry != NULL && at == model[i].position, "packet %u of %u", i, last);
		fill(octets, i, model[i].size);
		cr_assert(entry->packet.frame == i + 1 && entry->packet.cap_len == model[i].size &&
				(model[i].size == 0 || memcmp(entry->packet.data, octets, model[i].size) == 0),
			"packet %u of %u has its octets", i, last);
		at = ring_before(ring, at, key);
	}
	cr_assert(at == RING_NONE, "nothing else is in the chain");
}

Test(record, ring_keeps_what_was_added)
{
	struct ring ring;
	uint8_t octets[SIZE_MAX_TESTED];
	ring_init(&ring, 1 << 12, LIMIT);
	for (unsigned i = 0; i < PACKETS; i++) {
		model[i] = (struct model){.key = 1 + chance(KEYS), .size = chance(SIZE_MAX_TESTED)};
		fill(octets, i, model[i].size);
		const struct packet packet = {
			.frame = i + 1, .cap_len = model[i].size, .wire_len = model[i].size, .data = octets};
		ring_add(&ring, &packet, 0, i, UINT64_MAX / 2);
		model[i].position = ring.newest;
		cr_assert(ring.newest != RING_NONE && ring.capacity <= LIMIT);
		if (chance(4) == 0) {
			model[i].dropped = true;
			ring_drop(&ring);
		} else {
			ring_chain(&ring, ring.newest, model[i].key);
			ring_chain(&ring, ring.newest, model[i].key); /* once is enough */
		}
		if (i % 97 == 0) {
			expect_chain(&ring, 1 + chance(KEYS), i);
		}
	}
	cr_expect(ring.head - ring.tail > LIMIT / 2, "it is used");
	size_t found = 0, expected = 0;
	for (uint64_t at = ring_first(&ring); at != RING_NONE; at = ring_next(&ring, at)) {
		found++;
	}
	for (unsigned i = 0; i < PACKETS; i++) {
		expected += !model[i].dropped && model[i].position >= ring.tail;
	}
	cr_expect(found == expected, "%zu %zu", found, expected);
	ring_finish(&ring);
}

Test(record, ring_forgets_by_age)
{
	struct ring ring;
	const struct packet packet = {.frame = 1, .data = (const uint8_t *)""};
	ring_init(&ring, 1 << 12, LIMIT);
	for (unsigned second = 0; second < 100; second++) {
		cr_expect(ring_add(&ring, &packet, 0, second, 10), "nothing goes before its time");
		ring_chain(&ring, ring.newest, 7);
		size_t count = 0;
		for (uint64_t at = ring_last(&ring, 7); at != RING_NONE; at = ring_before(&ring, at, 7)) {
			count++;
		}
		cr_expect(count == (second < 10 ? second + 1 : 11), "second %u: %zu", second, count);
	}
	cr_expect(ring.capacity == 1 << 12, "what is small stays small");
	ring_age(&ring, 1000, 10);
	cr_expect(ring_last(&ring, 7) == RING_NONE && ring_first(&ring) == RING_NONE);
	ring_finish(&ring);
}

Test(record, ring_says_when_it_is_too_small)
{
	struct ring ring;
	static uint8_t octets[LIMIT];
	struct packet packet = {.cap_len = 1000, .data = octets};
	ring_init(&ring, 1 << 12, LIMIT);
	unsigned whole = 0;
	while (whole < 1000 && ring_add(&ring, &packet, 0, 5, 10)) {
		whole++;
	}
	cr_expect(whole > 50 && whole < 66, "%u packets of 1000 octets fit", whole);
	packet.cap_len = LIMIT;
	cr_expect(!ring_add(&ring, &packet, 0, 5, 10) && ring.newest == RING_NONE, "one that is too large is left out");
	ring_finish(&ring);
}

static struct address
ipv6(uint8_t last)
{
	struct address a = {.family = 6, .octets = {0x20, 0x01, 0x0d, 0xb8, [15] = last}};
	return a;
}

Test(record, names)
{
	char name[RECORD_NAME_MAX];
	const struct address v4[2] = {address_from_u32(0xc0000201), address_from_u32(0xc000020a)};
	const struct address v6[2] = {ipv6(1), ipv6(16)};
	record_name(name, UINT64_C(1795317545227592000), v4, "bad-peer-as", 1, false);
	cr_expect(strcmp(name, "20261122T031905.227Z_192.0.2.1_192.0.2.10_bad-peer-as.pcap") == 0, "%s", name);
	cr_expect(record_name_is_ours(name));
	record_name(name, UINT64_C(1795317545227592000), v6, "cease-max-prefix", 12, true);
	cr_expect(strcmp(name, "20261122T031905.227Z_2001-db8--1_2001-db8--10_cease-max-prefix+12.pcapng") == 0, "%s",
		name);
	cr_expect(record_name_is_ours(name));
	static const char *const others[] = {"", "notes.pcap", "20261122T031905.227Z_192.0.2.1_192.0.2.10_x",
		"20261122T031905.227Z_192.0.2.1_192.0.2.10_.pcap", "20261122T031905.227Z_192.0.2.1_x.pcap",
		"2026112T031905.227Z_192.0.2.1_192.0.2.10_x.pcap", "20261122T031905.227Z_192.0.2.1_192.0.2.10_x.pcap.gz",
		"20261122T031905.227Z_../_192.0.2.10_x.pcap", "20261122T031905.227Z_192.0.2.1_192.0.2.10_x y.pcap",
		"20261122T031905.227Z_192.0.2.1_192.0.2.10_x+.pcap", "incident_20261122T031905.pcap"};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		cr_expect(!record_name_is_ours(others[i]), "%s", others[i]);
	}
}
