/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BGP decoders. The first octet of the input chooses what the OPENs are to have agreed on, the
 * rest is one message, perhaps cut. The marker is put in place, so that no effort goes into it.
 */
#include "tests/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bgp_context contexts[] = {
	{0},
	{.as_width = 2},
	{.as_width = 4},
	{.as_width = 4, .extended_messages = true},
	{.as_width = 4, .add_path_count = 4, .add_path = {{1, 1}, {2, 1}, {1, 128}, {25, 70}}},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	const struct bgp_context *context =
		&contexts[data[0] % (sizeof(contexts) / sizeof(contexts[0]))];
	bool marked = (data[0] & 0x80) == 0;
	size--;
	uint8_t *bytes = malloc(size > 0 ? size : 1);
	if (bytes == NULL) {
		return 0;
	}
	if (size > 0) {
		memcpy(bytes, data + 1, size);
	}
	if (marked) {
		memset(bytes, 0xff, size < 16 ? size : 16);
	}
	struct bgp_message message;
	bgp_decode(bytes, size, context, &message);
	walk_message(&message, context);
	free(bytes);
	return 0;
}
