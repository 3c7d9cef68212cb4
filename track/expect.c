/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of what is expected; see the header. */
#include "track/expect.h"

#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

void
expect_finish(struct expect *expect)
{
	for (size_t i = 0; i < expect->file_count; i++) {
		free(expect->files[i]);
	}
	free(expect->items);
	*expect = (struct expect){.count = 0};
}

bool
expect_add_file(struct expect *expect, const char *name)
{
	if (expect->file_count == EXPECT_FILES_MAX) {
		return false;
	}
	expect->files[expect->file_count++] = memory_copy(name, strlen(name) + 1);
	return true;
}

struct expectation *
expect_add(struct expect *expect, uint32_t line)
{
	if (expect->count == EXPECT_PEERS_MAX) {
		return NULL;
	}
	if (expect->count == expect->room) {
		expect->room = expect->room == 0 ? 16 : 2 * expect->room;
		expect->items = memory_resize(expect->items, expect->room * sizeof(*expect->items));
	}
	struct expectation *e = &expect->items[expect->count++];
	memset(e, 0, sizeof(*e));
	e->file = (uint32_t)(expect->file_count - 1);
	e->line = line;
	return e;
}

bool
expect_prefix_holds(const struct expect_prefix *prefix, const struct address *addr)
{
	if (prefix->addr.family == 0) {
		return true;
	}
	if (prefix->addr.family != addr->family) {
		return false;
	}
	size_t octets = prefix->bits / 8;
	if (memcmp(prefix->addr.octets, addr->octets, octets) != 0) {
		return false;
	}
	unsigned rest = prefix->bits % 8;
	unsigned mask = rest == 0 ? 0 : (0xffu << (8 - rest)) & 0xff;
	return ((prefix->addr.octets[octets < 16 ? octets : 15] ^
			addr->octets[octets < 16 ? octets : 15]) & mask) == 0;
}
