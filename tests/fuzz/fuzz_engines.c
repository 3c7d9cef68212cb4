/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP that is nearly right, at all engines: the input tells which segments four connections send,
 * with true octets or forged ones, in and out of order and window, with options and times of any
 * kind. Our engine must hand on the same octets whether libnids runs beside it or not; of each
 * direction --check speaks once, and agreement means that libnids alone hands on that much.
 * The first octet chooses --any-port, and ports that are BGP's or not.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "capture/limits.h"
#include "dissect/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FLOWS = 4, OPS_MAX = 120, BIG_MAX = 3, PACKET = 1 << 17, SEEN_MAX = 256 };

/* What was handed on, by connection. */
struct seen {
	uint64_t hash[2], octets[2]; /* of octets */
	uint64_t gaps[2];            /* a hash of what is missing */
	uint32_t next[2];
	bool has_next[2], checked[2], ended;
	struct check_note note[2];
};

struct record {
	struct seen seen[SEEN_MAX];
	size_t count;
};

struct world {
	struct cursor in;
	struct capture *capture;
	uint64_t now_ns, frame;
	uint32_t isn[FLOWS][2], at[FLOWS][2], got[FLOWS][2];
	bool odd_ports;
	unsigned big; /* segments of that size so far */
	uint8_t packet[PACKET];
};

static void
on_segment(void *ctx, struct conn *conn, const struct seg *seg)
{
	(void)ctx;
	assert(conn->user != NULL && seg->cap_len <= seg->wire_len);
}

static void
on_change(void *ctx, struct conn *conn, enum conn_change change, int dir, const struct seg *at)
{
	struct record *record = ctx;
	(void)dir;
	(void)at;
	if (change == CONN_NEW) {
		assert(conn->user == NULL);
		conn->user = &record->seen[record->count < SEEN_MAX ? record->count++ : SEEN_MAX - 1];
	}
	struct seen *seen = conn->user;
	assert(seen != NULL && (!seen->ended || record->count == SEEN_MAX));
	seen->ended = change == CONN_END;
}

static void
on_bytes(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size, uint32_t seq,
	const struct packet_info *from)
{
	const struct record *record = ctx;
	struct seen *seen = conn->user;
	assert(size > 0 && from->frame > 0);
	assert(!seen->has_next[dir] || seen->next[dir] == seq || record->count == SEEN_MAX);
	for (size_t i = 0; i < size; i++) {
		seen->hash[dir] = (seen->hash[dir] ^ bytes[i]) * UINT64_C(0x100000001b3);
	}
	seen->octets[dir] += size;
	seen->has_next[dir] = true;
	seen->next[dir] = seq + (uint32_t)size;
}

static void
on_gap(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing, enum gap_why why,
	const struct packet_info *at)
{
	const struct record *record = ctx;
	struct seen *seen = conn->user;
	assert(missing > 0 && at->frame > 0);
	assert(!seen->has_next[dir] || seen->next[dir] == seq || record->count == SEEN_MAX);
	seen->gaps[dir] = (seen->gaps[dir] ^ missing ^ (uint64_t)why << 32 ^ seen->hash[dir]) * UINT64_C(0x100000001b3);
	seen->has_next[dir] = true;
	seen->next[dir] = seq + missing;
}

static void
on_check(void *ctx, struct conn *conn, const struct check_note *note)
{
	const struct record *record = ctx;
	struct seen *seen = conn->user;
	assert(note->dir == 0 || note->dir == 1);
	assert(!seen->checked[note->dir] || record->count == SEEN_MAX);
	assert(note->frame > 0 && note->reason < CHECK_REASON_COUNT);
	assert(note->result == CHECK_AGREE || note->reason != CHECK_NO_REASON);
	assert(note->bytes <= seen->octets[note->dir] || note->reason == CHECK_LATE ||
		record->count == SEEN_MAX);
	seen->checked[note->dir] = true;
	seen->note[note->dir] = *note;
}

static void
ignore_bfd(void *ctx, const struct datagram *datagram)
{
	(void)ctx;
	(void)datagram;
}

static void
ignore_icmp(void *ctx, const struct icmp_note *note)
{
	(void)ctx;
	(void)note;
}

static void
ignore_neighbor(void *ctx, const struct neighbor_note *note)
{
	(void)ctx;
	(void)note;
}

static void
ignore_clock(void *ctx, uint64_t from_ns, uint64_t to_ns, uint64_t offset_ns)
{
	(void)ctx;
	(void)from_ns;
	(void)to_ns;
	(void)offset_ns;
}

static void
ignore_host(void *ctx, const struct packet_info *ip)
{
	(void)ctx;
	(void)ip;
}

static void
put_u16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void
put_u32(uint8_t *p, uint32_t value)
{
	put_u16(p, value >> 16);
	put_u16(p + 2, value);
}

/* The true octets of a stream: KEEPALIVEs, one after the other. */
static const uint8_t truth[19] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0, 19, 4};

struct plan {
	unsigned flow, side;
	uint8_t flags;
	uint32_t offset, ack, size; /* from the first octet of payload; 2^32 - 1: the SYN */
	uint16_t window;
	bool forged;
	uint32_t cut; /* octets that the capture lacks */
};

static void
send(struct world *w, const struct plan *plan, struct cursor options)
{
	uint8_t *ip = w->packet, *tcp = ip + 20;
	size_t option_size = cursor_left(&options) & ~(size_t)3;
	size_t header = 20 + option_size, total = 20 + header + plan->size;
	memset(ip, 0, 40);
	ip[0] = 0x45;
	put_u16(ip + 2, total <= 65535 ? (uint32_t)total : 0);
	put_u16(ip + 4, (uint32_t)w->frame);
	ip[8] = 64;
	ip[9] = 6;
	put_u32(ip + 12, 0x0a000001 + (plan->side == 0 ? plan->flow : 100));
	put_u32(ip + 16, 0x0a000001 + (plan->side == 0 ? 100 : plan->flow));
	uint32_t ports[2] = {40000 + plan->flow, w->odd_ports ? 1790 : 179};
	put_u16(tcp, ports[plan->side]);
	put_u16(tcp + 2, ports[1 - plan->side]);
	put_u32(tcp + 4, w->isn[plan->flow][plan->side] + 1 + plan->offset);
	put_u32(tcp + 8, w->isn[plan->flow][1 - plan->side] + 1 + plan->ack);
	tcp[12] = (uint8_t)(header / 4 << 4);
	tcp[13] = plan->flags;
	put_u16(tcp + 14, plan->window);
	if (option_size > 0) {
		memcpy(tcp + 20, options.at, option_size);
	}
	uint32_t place = plan->offset % 19;
	for (uint32_t i = 0; i < plan->size; i++) {
		tcp[header + i] = (uint8_t)(truth[place] ^ (plan->forged ? 0x55 : 0));
		place = place < 18 ? place + 1 : 0;
	}
	uint32_t held = (uint32_t)total > plan->cut ? (uint32_t)total - plan->cut : 0;
	struct packet packet = {
		.time_ns = w->now_ns,
		.frame = ++w->frame,
		.cap_len = held,
		.wire_len = (uint32_t)total,
		.link_type = 12,
		.data = w->packet,
	};
	capture_packet(w->capture, 0, &packet);
}

/* A distance of up to 32 KiB, to either side. */
static uint32_t
near(struct cursor *in)
{
	uint32_t value = cursor_u16(in);
	return value < 0x8000 ? value : value - 0x10000;
}

static void
one(struct world *w)
{
	uint8_t who = cursor_u8(&w->in), what = cursor_u8(&w->in);
	struct plan plan = {.flow = who % FLOWS, .side = who >> 2 & 1, .flags = SEG_ACK, .window = 60000};
	uint32_t *at = &w->at[plan.flow][plan.side];
	uint32_t *got = &w->got[plan.flow][plan.side];
	uint32_t said = w->at[plan.flow][1 - plan.side];
	struct cursor options = cursor_make("", 0);
	static const uint32_t steps_ms[] = {0, 1, 1, 20, 300, 4000, 61000, 400000};
	w->now_ns += steps_ms[who >> 5] * LIMIT_MS;
	plan.offset = *at;
	plan.ack = *got;
	switch (what % 16) {
	case 0: /* the handshake */
		for (unsigned step = 0; step < 3; step++) {
			plan.side = step == 1;
			plan.flags = step == 0 ? SEG_SYN : step == 1 ? SEG_SYN | SEG_ACK : SEG_ACK;
			plan.offset = step < 2 ? UINT32_MAX : 0;
			plan.ack = 0;
			send(w, &plan, options);
		}
		memset(w->at[plan.flow], 0, sizeof(w->at[0]));
		memset(w->got[plan.flow], 0, sizeof(w->got[0]));
		return;
	case 1: /* another incarnation */
		w->isn[plan.flow][0] = cursor_u32(&w->in);
		w->isn[plan.flow][1] = cursor_u32(&w->in);
		memset(w->at[plan.flow], 0, sizeof(w->at[0]));
		memset(w->got[plan.flow], 0, sizeof(w->got[0]));
		return;
	case 2:
	case 3:
	case 4: /* the next octets */
		plan.size = cursor_u8(&w->in) * (what % 16 == 4 ? 30u : 3u);
		*at += plan.size;
		break;
	case 5: /* the same, and the capture lacks them */
		*at += cursor_u8(&w->in) * 5u;
		return;
	case 6: /* all is acknowledged */
	case 7:
		*got = said;
		plan.ack = said;
		plan.window = cursor_u16(&w->in);
		break;
	case 8: /* octets from anywhere near, true or not */
		plan.offset += near(&w->in);
		plan.size = cursor_u8(&w->in) * 4u;
		plan.forged = (what & 0x10) != 0;
		break;
	case 9: /* … or far */
		plan.offset += cursor_u32(&w->in);
		plan.ack += cursor_u32(&w->in);
		plan.size = cursor_u8(&w->in);
		plan.forged = true;
		break;
	case 10:
		plan.flags |= SEG_FIN;
		plan.size = cursor_u8(&w->in);
		*at += plan.size + 1;
		break;
	case 11:
		plan.flags = (uint8_t)(SEG_RST | (what & 0x10));
		plan.offset += near(&w->in);
		plan.size = what >> 6;
		break;
	case 12: { /* options of any octets */
		uint8_t size = cursor_u8(&w->in) % 41;
		options = cursor_take_some(&w->in, size);
		plan.flags = (what & 0x10) != 0 ? SEG_SYN : SEG_ACK;
		plan.offset = (what & 0x10) != 0 ? UINT32_MAX : plan.offset;
		plan.size = what >> 5;
		break;
	}
	case 13: /* any flags, SYNs with data among them */
		plan.flags = cursor_u8(&w->in) & 0x3f;
		plan.offset += (plan.flags & SEG_SYN) != 0 ? UINT32_MAX : 0;
		plan.size = what >> 4;
		break;
	case 14: /* cut */
		plan.size = cursor_u8(&w->in);
		plan.cut = cursor_u8(&w->in);
		*at += plan.size;
		break;
	default: /* a window's worth and more, at once */
		if (w->big++ >= BIG_MAX) {
			return;
		}
		plan.size = 60000 + cursor_u8(&w->in) * 100u;
		*at += plan.size;
		break;
	}
	send(w, &plan, options);
}

static void
run(const uint8_t *data, size_t size, enum capture_engine engine, struct record *record)
{
	static struct world w;
	static const struct flow_sink callbacks = {
		.segment = on_segment,
		.change = on_change,
		.bytes = on_bytes,
		.gap = on_gap,
		.check = on_check,
		.bfd = ignore_bfd,
		.icmp = ignore_icmp,
		.neighbor = ignore_neighbor,
		.host = ignore_host,
		.clock = ignore_clock,
	};
	struct flow_sink sink = callbacks;
	struct capture_error error;
	memset(record, 0, sizeof(*record));
	sink.ctx = record;
	w.in = cursor_make(data, size);
	uint8_t how = cursor_u8(&w.in);
	w.now_ns = UINT64_C(1700000000000000000);
	w.frame = 0;
	w.big = 0;
	w.odd_ports = (how & 1) != 0;
	struct capture_options options = {
		.engine = engine,
		.any_port = (how & 2) != 0,
		.max_connections = (how & 4) != 0 ? 2 : 64,
	};
	for (unsigned i = 0; i < FLOWS; i++) {
		w.isn[i][0] = 1000;
		w.isn[i][1] = 0xffffff00; /* it wraps */
		memset(w.at[i], 0, sizeof(w.at[i]));
		memset(w.got[i], 0, sizeof(w.got[i]));
	}
	w.capture = capture_create(&options, &sink, &error);
	assert(w.capture != NULL);
	for (unsigned i = 0; i < OPS_MAX && cursor_left(&w.in) > 0; i++) {
		one(&w);
	}
	capture_finish(w.capture);
	capture_destroy(w.capture);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct record ours, both, strict;
	run(data, size, CAPTURE_ENGINE_NATIVE, &ours);
	run(data, size, CAPTURE_ENGINE_CHECK, &both);
	run(data, size, CAPTURE_ENGINE_NIDS, &strict);
	assert(ours.count == both.count && ours.count == strict.count);
	for (size_t i = 0; i < ours.count && ours.count < SEEN_MAX; i++) {
		for (int dir = 0; dir < 2; dir++) {
			const struct seen *mine = &ours.seen[i], *checked = &both.seen[i];
			assert(mine->hash[dir] == checked->hash[dir] && mine->gaps[dir] == checked->gaps[dir]);
			assert(mine->octets[dir] == checked->octets[dir]);
			if (checked->checked[dir] && checked->note[dir].result == CHECK_AGREE) {
				assert(strict.seen[i].octets[dir] == checked->note[dir].bytes);
				assert(mine->octets[dir] == checked->note[dir].bytes);
				/* Behind the last octet there may be a hole, of which only our engine tells. */
				assert(strict.seen[i].hash[dir] == mine->hash[dir]);
			}
		}
	}
	return 0;
}
