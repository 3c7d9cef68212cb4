/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The framer: a stream in chunks and holes. The first octet tells the longest message that may come and whether
 * the stream is joined in the middle; then come chunks, each a length and octets (or, above 0x7fff, a hole).
 * A message is never longer than its header says or than may come, messages follow each other in sequence,
 * and the same octets give the same messages in one chunk as in chunks of one octet where nothing is missing.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/cursor.h"
#include "track/framer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t hash, messages, faults;
	uint32_t last_end, max;
	bool any;
};

static void
on_message(void *ctx, const uint8_t *bytes, size_t size, uint32_t wire, uint32_t seq_end,
	const struct framer_origin *origin)
{
	struct seen *seen = ctx;
	assert(size <= wire && wire >= BGP_HEADER_SIZE && wire <= seen->max);
	assert(!seen->any || (int32_t)(seq_end - seen->last_end) >= 0);
	assert(origin->frame > 0);
	for (size_t i = 0; i < size; i++) {
		seen->hash = (seen->hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	}
	seen->last_end = seq_end;
	seen->any = true;
	seen->messages++;
}

static void
on_fault(void *ctx, enum bgp_fault_code code, const uint8_t header[BGP_HEADER_SIZE],
	const struct framer_origin *origin)
{
	struct seen *seen = ctx;
	(void)code;
	assert(origin->frame > 0);
	seen->hash = (seen->hash ^ header[BGP_HEADER_SIZE - 1]) * UINT64_C(0x100000001b3);
	seen->faults++;
}

static uint8_t together[BGP_EXTENDED_MESSAGE_MAX];

/* `step` 0: as the chunks are. False where there was a hole. */
static bool
run(const uint8_t *data, size_t size, size_t step, struct seen *seen)
{
	struct cursor in = cursor_make(data, size);
	uint8_t kind = cursor_u8(&in);
	struct framer framer;
	struct framer_origin origin = {.frame = 1, .time_ns = 1};
	const struct framer_sink sink = {.ctx = seen, .message = on_message, .fault = on_fault, .whole = together};
	uint32_t seq = 0xfffff000;
	bool whole = true;
	framer_init(&framer, (kind & 1) != 0);
	framer.max = (kind & 2) != 0 ? 65535 : 4096;
	seen->max = framer.max;
	while (cursor_left(&in) > 2) {
		uint16_t length = cursor_u16(&in);
		if (length > 0x7fff) {
			framer_gap(&framer, &sink, length - 0x7fffu, seq, &origin);
			seq += length - 0x7fffu;
			whole = false;
			continue;
		}
		size_t left = length < cursor_left(&in) ? length : cursor_left(&in);
		while (left > 0) {
			size_t now = step > 0 && step < left ? step : left;
			uint8_t *copy = malloc(now);
			const uint8_t *octets = cursor_bytes(&in, now);
			assert(copy != NULL && octets != NULL);
			memcpy(copy, octets, now);
			origin.frame++;
			framer_bytes(&framer, &sink, copy, now, seq, &origin);
			free(copy);
			seq += (uint32_t)now;
			left -= now;
		}
	}
	framer_end(&framer, &sink, seq);
	framer_finish(&framer);
	return whole;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	struct seen as_it_is = {0}, by_octet = {0};
	bool whole = run(data, size, 0, &as_it_is);
	run(data, size, 1, &by_octet);
	assert(!whole || (as_it_is.hash == by_octet.hash && as_it_is.messages == by_octet.messages &&
				 as_it_is.faults == by_octet.faults));
	return 0;
}
