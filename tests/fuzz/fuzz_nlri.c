/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NLRI of every family. The first octet chooses the family and the second whether there are path
 * identifiers; the rest are NLRI. Whatever they are: each has a text, those that are malformed say
 * where inside themselves, and all of them together are the octets up to where they end.
 */
#include "tests/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bgp_family families[] = {
	{1, 1}, {2, 1}, {1, 2}, {1, 4}, {2, 4}, {1, 5}, {2, 5}, {25, 65}, {1, 66}, {25, 70}, {16388, 71},
	{16388, 72}, {16388, 80}, {1, 73}, {2, 73}, {1, 85}, {2, 85}, {1, 128}, {2, 128}, {1, 129},
	{2, 129}, {1, 132}, {1, 133}, {2, 133}, {25, 133}, {1, 134}, {2, 134}, {25, 134}, {25, 8},
	{2, 66}, {999, 1}, {999, 70},
};

static const struct bgp_context none;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2) {
		return 0;
	}
	struct bgp_nlri_run run = {
		.family = families[data[0] % (sizeof(families) / sizeof(families[0]))],
		.add_path = (data[1] & 1) != 0,
		.withdrawn = (data[1] & 2) != 0,
		.guessed = (data[1] & 4) != 0,
	};
	/* The same octets as an MP_UNREACH_NLRI: what decides, counts and tells fields sees them too. */
	enum { BEFORE = 19 + 2 + 2 + 4 + 3 };
	size = size - 2 > 4096 - BEFORE ? 4096 - BEFORE : size - 2;
	uint8_t *bytes = malloc(BEFORE + size);
	if (bytes == NULL) {
		return 0;
	}
	const uint8_t before[BEFORE] = {[16] = (uint8_t)((BEFORE + size) >> 8),
		(uint8_t)(BEFORE + size), 2, 0, 0, (uint8_t)((size + 7) >> 8), (uint8_t)(size + 7), 0x90, 15,
		(uint8_t)((size + 3) >> 8), (uint8_t)(size + 3), (uint8_t)(run.family.afi >> 8),
		(uint8_t)run.family.afi, run.family.safi};
	memcpy(bytes, before, BEFORE);
	memset(bytes, 0xff, 16);
	if (size > 0) {
		memcpy(bytes + BEFORE, data + 2, size);
	}
	struct cursor raw = cursor_make(bytes, BEFORE + size);
	run.nlri = raw;
	cursor_skip(&run.nlri, BEFORE);
	struct bgp_nlri nlri;
	while (bgp_next_nlri(&run, &nlri)) {
		char text[BGP_NLRI_TEXT_MAX];
		walk_inside(&nlri.value, &raw);
		HOLDS(cursor_left(&nlri.value) > 0);
		HOLDS(strlen(bgp_nlri_text(&nlri, text)) > 0);
		HOLDS(strlen(text) < sizeof(text));
		HOLDS(!nlri.malformed || (nlri.fault_offset >= cursor_offset(&nlri.value) &&
			nlri.fault_offset <= cursor_offset(&nlri.value) + cursor_left(&nlri.value)));
		HOLDS(!nlri.malformed || strncmp(text, "malformed ", 10) == 0);
	}
	HOLDS(run.nlri.failed || run.nlri.at == run.nlri.end);
	struct bgp_context context = {.as_width = 4};
	if (run.add_path) {
		context.add_path_count = 1;
		context.add_path[0] = run.family;
	}
	const struct bgp_context *both[] = {&context, &none};
	for (size_t i = 0; i < 2; i++) {
		struct bgp_message message;
		bgp_decode(bytes, BEFORE + size, both[i], &message);
		walk_message(&message, both[i]);
	}
	free(bytes);
	return 0;
}
