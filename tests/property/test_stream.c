/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds for any stream: however it is cut into segments, in whatever order within the budget
 * they are captured, with copies and overlaps, the octets that come out are the octets that went
 * in. Where nothing lacks the two engines say the same, octet for octet and packet for packet.
 * Where segments lack, octets and gaps add up, and no octet is wrong.
 */
#include "tests/unit/test_capture_kit.h"

enum { ROUNDS = 300, STREAM = 20000, SEGMENTS_MAX = 4000 };

#define MS UINT64_C(1000000)

struct piece {
	uint32_t offset, size;
};

static struct kit_record record, second;
static struct kit_packet packet;
static uint8_t stream[STREAM];
static struct piece pieces[SEGMENTS_MAX];
static uint64_t state;

/* xorshift64: the same in every run. */
static uint32_t
random_below(uint32_t bound)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % bound;
}

static uint64_t now, frame;

static void
send_segment(struct capture *capture, bool from_client, uint8_t flags, uint32_t seq, uint32_t ack,
	const void *data, size_t size)
{
	struct kit_tcp t = {
		.src = from_client ? 1 : 2, .dst = from_client ? 2 : 1,
		.src_port = from_client ? 40000 : 179, .dst_port = from_client ? 179 : 40000,
		.flags = flags, .seq = seq, .ack = ack,
		.data = size > 0 ? data : NULL, .size = size, .id = (uint16_t)(frame + 1),
	};
	kit_tcp_frame(&packet, &t);
	now += MS / 100;
	kit_send(capture, &packet, KIT_EN10MB, now, ++frame, 0);
}

/* Cuts the stream into segments, some of which repeat or overlap others. */
static size_t
cut_stream(uint32_t copies_percent)
{
	size_t count = 0;
	for (uint32_t at = 0; at < STREAM && count < SEGMENTS_MAX - 2;) {
		uint32_t size = 1 + random_below(random_below(4) == 0 ? 1400 : 60);
		if (size > STREAM - at) {
			size = STREAM - at;
		}
		pieces[count++] = (struct piece){at, size};
		if (random_below(100) < copies_percent) {
			uint32_t back = random_below(at < 500 ? at + 1 : 500);
			pieces[count++] = (struct piece){at - back, size + back};
		}
		at += size;
		if (count >= SEGMENTS_MAX - 3 && at < STREAM) {
			pieces[count++] = (struct piece){at, STREAM - at};
			break;
		}
	}
	return count;
}

/* Moves each segment by less than `window` places. */
static void
shuffle(size_t count, uint32_t window)
{
	for (size_t i = 0; i + 1 < count; i++) {
		size_t reach = count - i < window ? count - i : window;
		size_t j = i + random_below((uint32_t)reach);
		struct piece moved = pieces[j];
		memmove(pieces + i + 1, pieces + i, (j - i) * sizeof(moved));
		pieces[i] = moved;
	}
}

static void
replay(enum capture_engine engine, struct kit_record *to, size_t count, uint32_t isn,
	bool handshake, uint32_t drop_percent)
{
	struct capture_options options = {.engine = engine, .max_connections = 16};
	memset(to, 0, sizeof(*to));
	struct capture *capture = kit_capture(to, &options);
	now = 1700000000000 * MS;
	frame = 0;
	if (handshake) {
		send_segment(capture, true, SYN, isn, 0, NULL, 0);
		send_segment(capture, false, SYN | ACK, 5000, isn + 1, NULL, 0);
		send_segment(capture, true, ACK, isn + 1, 5001, NULL, 0);
	}
	for (size_t i = 0; i < count; i++) {
		if (random_below(100) < drop_percent) {
			continue;
		}
		send_segment(capture, true, ACK | PSH, isn + 1 + pieces[i].offset, 5001,
			stream + pieces[i].offset, pieces[i].size);
		if (drop_percent > 0 && random_below(3) == 0) {
			/* The receiver has it all: what lacks here the capture lost. */
			send_segment(capture, false, ACK, 5001,
				isn + 1 + pieces[i].offset + pieces[i].size, NULL, 0);
		}
	}
	capture_finish(capture);
	capture_destroy(capture);
}

static void
begin(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15u + 1;
	for (size_t i = 0; i < STREAM; i++) {
		stream[i] = (uint8_t)random_below(256);
	}
}

Test(stream, any_cutting_and_order_gives_the_same_octets, .timeout = 120)
{
	for (uint64_t round = 0; round < ROUNDS; round++) {
		begin(round);
		size_t count = cut_stream(round % 3 == 0 ? 0 : 30);
		shuffle(count, 1 + (uint32_t)(round % 40));
		replay(CAPTURE_ENGINE_NATIVE, &record, count, (uint32_t)round * 14316557u, true, 0);
		cr_assert(record.size[0] == STREAM, "round %d: %zu", (int)round, record.size[0]);
		cr_assert(memcmp(record.octets[0], stream, STREAM) == 0, "round %d", (int)round);
		cr_assert(strstr(record.log, "gap") == NULL && strstr(record.log, "overlap") == NULL);
	}
}

Test(stream, both_engines_agree_where_nothing_lacks, .timeout = 120)
{
	for (uint64_t round = 0; round < ROUNDS; round++) {
		begin(round);
		size_t count = cut_stream(round % 2 == 0 ? 0 : 20);
		shuffle(count, 1 + (uint32_t)(round % 12));
		uint32_t isn = (uint32_t)round * 14316557u;
		uint64_t before = state;
		replay(CAPTURE_ENGINE_NATIVE, &record, count, isn, true, 0);
		state = before;
		replay(CAPTURE_ENGINE_NIDS, &second, count, isn, true, 0);
		cr_assert(record.size[0] == second.size[0], "round %d: %zu, %zu", (int)round,
			record.size[0], second.size[0]);
		cr_assert(memcmp(record.octets[0], second.octets[0], STREAM) == 0);
		cr_assert(record.next_seq[0] == second.next_seq[0], "they disagree where the stream is");
	}
}

/* Octets and gaps in order, as the log tells them, against the stream. */
static void
check_lossy(const struct kit_record *r, uint64_t round)
{
	const char *at = r->log;
	size_t place = 0, taken = 0;
	while ((at = strpbrk(at, "bg")) != NULL) {
		unsigned size;
		if (sscanf(at, "bytes:%u", &size) == 1) {
			cr_assert(place + size <= STREAM);
			cr_assert(memcmp(r->octets[0] + taken, stream + place, size) == 0, "round %d",
				(int)round);
			place += size;
			taken += size;
		} else if (sscanf(at, "gap:%u", &size) == 1) {
			place += size;
		}
		at += strcspn(at, " ");
	}
	cr_assert(taken == r->size[0]);
	cr_assert(place <= STREAM);
}

Test(stream, where_segments_lack_octets_and_gaps_add_up, .timeout = 120)
{
	for (uint64_t round = 0; round < ROUNDS; round++) {
		begin(round);
		size_t count = cut_stream(round % 2 == 0 ? 0 : 20);
		if (round % 4 > 1) {
			shuffle(count, 6);
		}
		replay(CAPTURE_ENGINE_NATIVE, &record, count, (uint32_t)round * 99991u, true,
			1 + (uint32_t)(round % 20));
		check_lossy(&record, round);
		/* In order, only what was dropped is lost. */
		if (round % 4 <= 1) {
			cr_assert(record.size[0] > STREAM / 2, "round %d: %zu", (int)round,
				record.size[0]);
		}
	}
}

Test(stream, joined_in_the_middle_the_rest_is_whole)
{
	for (uint64_t round = 0; round < ROUNDS; round++) {
		begin(round);
		size_t count = cut_stream(0);
		replay(CAPTURE_ENGINE_NATIVE, &record, count, (uint32_t)round * 77777u, false, 0);
		cr_assert(record.size[0] == STREAM);
		cr_assert(memcmp(record.octets[0], stream, STREAM) == 0);
	}
}
