/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tracker under any sequence of packets: the input is a small program of segments, BGP messages,
 * BFD packets, ARP, ICMP and leaps of time between a few hosts; it goes through capture into the
 * tracker. Whatever comes out must hold together:
 *
 * - events are numbered 1, 2, …;
 * - `from` of a transition is the `to` before it of the same session, speaker and connection, and the
 *   machine never goes back to Unknown;
 * - every event can be written as JSON;
 * - each session and each finding has its last word once.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "dissect/cursor.h"
#include "track/json.h"
#include "track/track.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MACHINES_MAX = 4096, OPS_MAX = 512, ETHERNET = 14, IPV4 = 20, LINK_ETHERNET = 1 };

struct machine_seen {
	uint64_t owner, connection;
	struct address speaker;
	uint8_t protocol, state;
};

struct seen {
	struct json json;
	uint64_t seq;
	struct machine_seen machines[MACHINES_MAX];
	size_t machine_count;
	uint64_t finding, session;
};

static struct seen seen;

static void
check_transition(const struct event_transition *t)
{
	uint64_t owner = t->protocol == PROTOCOL_BGP ? t->session : t->bfd_session;
	assert(owner != 0 && t->from != t->to && t->reason != NULL);
	assert(t->to != 0); /* Unknown */
	/* No event of the RFC leads back to where a machine was that only seemed to have ended (track/reset.c). */
	assert(t->protocol == PROTOCOL_BFD || (t->to < BGP_STATE_COUNT &&
		(t->rfc_event > 0 || (t->from == BGP_STATE_IDLE && t->basis == BASIS_INFERRED))));
	for (size_t i = 0; i < seen.machine_count; i++) {
		struct machine_seen *m = &seen.machines[i];
		if (m->protocol == t->protocol && m->owner == owner &&
		    m->connection == t->connection && address_equal(&m->speaker, &t->speaker)) {
			assert(m->state == t->from);
			m->state = t->to;
			return;
		}
	}
	if (seen.machine_count < MACHINES_MAX) {
		seen.machines[seen.machine_count++] = (struct machine_seen){.owner = owner,
			.connection = t->connection, .speaker = t->speaker,
			.protocol = (uint8_t)t->protocol, .state = t->to};
	}
}

static void
on_event(void *self, const struct event *event)
{
	(void)self;
	json_clear(&seen.json);
	json_event(&seen.json, event, true);
	assert(seen.json.size > 2 && seen.json.text[0] == '{');
	assert(memchr(seen.json.text, '\n', seen.json.size) == NULL);
	if (event->snapshot) {
		return;
	}
	assert(event->seq == ++seen.seq);
	switch (event->kind) {
	case EVENT_TRANSITION:
		check_transition(&event->transition);
		break;
	case EVENT_FINDING:
		assert(event->finding.summary != NULL && event->finding.count > 0);
		break;
	case EVENT_SESSION:
		assert(event->session.verdict != VERDICT_HEALTHY ||
		       event->session.primary_cause == FINDING_NONE);
		break;
	default:
		break;
	}
}

struct world {
	struct capture *capture;
	struct track *track;
	struct cursor in;
	uint64_t now_ns, frame;
	uint32_t seq[4][2]; /* of four connections */
	uint8_t options[2]; /* of TCP, in what each host sends from now on */
	uint32_t skew;      /* of the sequence number of the next segment */
	unsigned port;      /* of the first of the four connections */
	uint8_t packet[4096];
	size_t size;
};

static void
put(struct world *w, const void *bytes, size_t size)
{
	if (size > 0 && w->size + size <= sizeof(w->packet)) {
		memcpy(w->packet + w->size, bytes, size);
		w->size += size;
	}
}

static void
put_u8(struct world *w, unsigned value)
{
	uint8_t octet = (uint8_t)value;
	put(w, &octet, 1);
}

static void
put_u16(struct world *w, unsigned value)
{
	put_u8(w, value >> 8);
	put_u8(w, value);
}

static void
put_u32(struct world *w, uint32_t value)
{
	put_u16(w, value >> 16);
	put_u16(w, value & 0xffff);
}

/* The two hosts, or two others. */
static uint32_t
host(unsigned number)
{
	return 0xc0000201u + number % 3;
}

static void
begin_ip(struct world *w, unsigned src, unsigned dst, unsigned protocol, size_t payload)
{
	static const uint8_t ethernet[ETHERNET] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
	w->size = 0;
	put(w, ethernet, sizeof(ethernet));
	put_u16(w, 0x4500);
	put_u16(w, (unsigned)(IPV4 + payload));
	put_u32(w, 0x00004000);
	put_u8(w, cursor_u8(&w->in) & 1 ? 255 : 64);
	put_u8(w, protocol);
	put_u16(w, 0);
	put_u32(w, host(src));
	put_u32(w, host(dst));
}

static void
send(struct world *w)
{
	struct packet packet = {
		.time_ns = w->now_ns,
		.frame = ++w->frame,
		.cap_len = (uint32_t)w->size,
		.wire_len = (uint32_t)w->size,
		.link_type = LINK_ETHERNET,
		.time_digits = 6,
		.data = w->packet,
	};
	capture_packet(w->capture, 0, &packet);
	w->now_ns += 1000000;
}

/* None, MD5 (RFC 2385), AO (RFC 5925), a time stamp, and what is damaged. */
static size_t
tcp_options(uint8_t kind, uint32_t seq, uint8_t options[20])
{
	static const uint8_t md5[20] = {19, 18, 1, 2, 3}, ao[20] = {29, 16, 1, 2, 9}, damaged[20] = {2, 40, 3};
	static const uint8_t *const known[] = {NULL, md5, ao, damaged};
	static const size_t sizes[] = {0, 20, 16, 4, 12};
	unsigned number = kind % 5;
	if (number == 4) {
		uint8_t stamp[12] = {1, 1, 8, 10, 0, 0, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 0, 1};
		memcpy(options, stamp, sizeof(stamp));
	} else if (number > 0) {
		memcpy(options, known[number], sizes[number]);
		if (number == 2) {
			options[2] = kind / 5 % 4; /* KeyID and RNextKeyID */
			options[3] = kind / 20 % 4;
		}
	}
	return sizes[number];
}

static void
tcp(struct world *w, unsigned which, unsigned flags, const uint8_t *payload, size_t size)
{
	unsigned connection = which & 3, dir = which >> 2 & 1;
	uint32_t *seq = w->seq[connection];
	unsigned client = w->port + connection;
	uint8_t options[20];
	size_t options_size = tcp_options(w->options[dir], seq[dir], options);
	begin_ip(w, dir, 1 - dir, 6, 20 + options_size + size);
	put_u16(w, dir == 0 ? client : 179);
	put_u16(w, dir == 0 ? 179 : client);
	put_u32(w, seq[dir] + w->skew - (which & 0x40 ? 19 : 0)); /* sometimes again */
	w->skew = 0;
	put_u32(w, seq[1 - dir]);
	put_u8(w, (unsigned)(5 + options_size / 4) << 4);
	put_u8(w, flags);
	put_u16(w, which & 0x20 ? 0 : 65535);
	put_u32(w, 0);
	put(w, options, options_size);
	put(w, payload, size);
	if (!(which & 0x80)) { /* else it is lost behind the capture, or a hole follows */
		seq[dir] += (uint32_t)size + (flags & 3 ? 1u : 0u);
	}
	send(w);
}

static void
bgp(struct world *w, unsigned which, unsigned type, struct cursor body)
{
	uint8_t message[19 + 256];
	size_t size = cursor_left(&body);
	memset(message, 0xff, 16);
	message[16] = (uint8_t)((19 + size) >> 8);
	message[17] = (uint8_t)(19 + size);
	message[18] = (uint8_t)type;
	const uint8_t *octets = cursor_bytes(&body, size);
	if (size > 0 && octets != NULL) {
		memcpy(message + 19, octets, size);
	}
	tcp(w, which, 0x18, message, 19 + size);
}

static void
open_message(struct world *w, unsigned which)
{
	unsigned hold = cursor_u8(&w->in), as = cursor_u8(&w->in);
	uint8_t body[] = {4, 0, (uint8_t)as, 0, (uint8_t)hold, 192, 0, 2, (uint8_t)(which & 7), 0};
	bgp(w, which, 1, cursor_make(body, sizeof(body)));
}

/* A BFD packet of either host as the RFC has it, with what the input says in its fields, so many times. */
static void
bfd(struct world *w, unsigned which, bool signs)
{
	static const unsigned ports[] = {3784, 4784, 6784, 3785, 7784};
	unsigned first = cursor_u8(&w->in), flags = cursor_u8(&w->in), kind = cursor_u8(&w->in);
	unsigned own = cursor_u8(&w->in) % 4, other = cursor_u8(&w->in) % 4, tx = cursor_u8(&w->in), rx = cursor_u8(&w->in);
	unsigned count = 1 + cursor_u8(&w->in) % 128, step = cursor_u8(&w->in);
	struct cursor auth = cursor_take_some(&w->in, signs ? kind % 32 : 0);
	size_t auth_size = cursor_left(&auth);
	const uint8_t *octets = cursor_bytes(&auth, auth_size);
	for (unsigned i = 0; i < count; i++) {
		begin_ip(w, which & 1, 1 - (which & 1), 17, 8 + 24 + auth_size);
		put_u16(w, 49152);
		put_u16(w, ports[which / 2 % 5]);
		put_u16(w, (unsigned)(8 + 24 + auth_size));
		put_u16(w, 0);
		put_u8(w, 0x20 | (first & 0x1f));
		put_u8(w, signs ? flags | 4 : flags & ~5u);
		put_u8(w, 1 + kind % 5);
		put_u8(w, (unsigned)(24 + auth_size));
		put_u32(w, own);
		put_u32(w, other);
		put_u32(w, tx * 10000);
		put_u32(w, rx * 10000);
		put_u32(w, 0);
		put(w, octets, auth_size);
		send(w);
		w->now_ns += (uint64_t)step * 10000000u;
	}
}

/* What is no packet. */
static void
other(struct world *w, unsigned which)
{
	switch (cursor_u8(&w->in) % 9) {
	case 0: /* nobody says anything, and the clock goes on */
		w->now_ns += (uint64_t)which * 1000000000u;
		track_tick(w->track, capture_tick(w->capture, w->now_ns));
		break;
	case 1: /* the clock was set back */
		w->now_ns -= (uint64_t)which * 1000000000u;
		break;
	case 2:
		track_snapshots(w->track, which);
		break;
	case 3:
		track_input_away(w->track, 0, which & 1, capture_tick(w->capture, w->now_ns));
		break;
	case 4:
		track_input_counts(w->track, 0, w->frame, which, 0);
		track_input_artefacts(w->track, 0, which);
		break;
	case 5:
		track_lost(w->track, which, "fuzz");
		break;
	case 6: /* the next segment is not where it should be */
		w->skew = which < 128 ? which : which * 1000;
		break;
	case 7: /* other connections of the same hosts */
		w->port = 40000 + 4 * which;
		break;
	default: /* calls, each from another port */
		for (unsigned i = 0, port = w->port; i < which * 2; i++) {
			w->port = 10000 + i;
			tcp(w, which & 4 ? 0x83 : 0x80, 2, NULL, 0);
			w->port = port;
		}
		break;
	}
}

/* What needs more than its type and a few octets. */
static void
more(struct world *w, unsigned which)
{
	unsigned op = cursor_u8(&w->in);
	switch (op % 8) {
	case 0:
		w->options[which & 1] = cursor_u8(&w->in);
		break;
	case 1: { /* an OPEN with capabilities */
		uint8_t body[10 + 2 + 200] = {4, 0, cursor_u8(&w->in), 0, cursor_u8(&w->in), 192, 0, 2, (uint8_t)(which & 7)};
		struct cursor octets = cursor_take_some(&w->in, cursor_u8(&w->in) % 200);
		size_t size = cursor_left(&octets);
		body[9] = (uint8_t)(2 + size);
		body[10] = 2;
		body[11] = (uint8_t)size;
		if (size > 0) {
			memcpy(body + 12, cursor_bytes(&octets, size), size);
		}
		bgp(w, which, 1, cursor_make(body, 12 + size));
		break;
	}
	case 2: { /* a NOTIFICATION with data */
		uint8_t body[2 + 64] = {cursor_u8(&w->in) % 9, cursor_u8(&w->in) % 12};
		struct cursor octets = cursor_take_some(&w->in, cursor_u8(&w->in) % 64);
		size_t size = cursor_left(&octets);
		if (size > 0) {
			memcpy(body + 2, cursor_bytes(&octets, size), size);
		}
		bgp(w, which, 3, cursor_make(body, 2 + size));
		break;
	}
	case 3:
	case 4:
		bfd(w, which, op % 8 == 4);
		break;
	case 5: { /* an UPDATE: attributes and a prefix, or the end of a family */
		static const uint8_t good[] = {0, 0, 0, 18, 0x40, 1, 1, 0, 0x40, 2, 4, 2, 1, 0, 2, 0x40, 3, 4, 192, 0, 2, 1, 8, 10};
		uint8_t body[sizeof(good)];
		size_t size = op & 0x10 ? 4 : sizeof(good);
		memcpy(body, good, sizeof(good));
		body[3] = op & 0x10 ? 0 : body[3];
		if (op & 0x20) {
			body[cursor_u8(&w->in) % size] = cursor_u8(&w->in);
		}
		bgp(w, which, 2, cursor_make(body, size));
		break;
	}
	case 6: /* KEEPALIVEs of both, so many */
		for (unsigned i = 0; i < op / 8; i++) {
			bgp(w, which & ~4u, 4, cursor_make(NULL, 0));
			bgp(w, which | 4, 4, cursor_make(NULL, 0));
			w->now_ns += (uint64_t)which * 100000000u;
		}
		break;
	default:
		other(w, which);
		break;
	}
}

static void
one(struct world *w)
{
	unsigned op = cursor_u8(&w->in), which = cursor_u8(&w->in);
	switch (op % 12) {
	case 0: /* a whole handshake */
		tcp(w, which & 3, 0x02, NULL, 0);
		tcp(w, (which & 3) | 4, 0x12, NULL, 0);
		tcp(w, which & 3, 0x10, NULL, 0);
		break;
	case 1:
		tcp(w, which, cursor_u8(&w->in) & 0x3f, NULL, 0);
		break;
	case 2:
		open_message(w, which);
		break;
	case 3:
		bgp(w, which, 4, cursor_make(NULL, 0));
		break;
	case 4: { /* any message */
		unsigned type = cursor_u8(&w->in);
		bgp(w, which, type & 0x80 ? type : type % 6, cursor_take_some(&w->in, type % 64));
		break;
	}
	case 5: { /* NOTIFICATION */
		uint8_t body[] = {cursor_u8(&w->in) % 9, cursor_u8(&w->in) % 12};
		bgp(w, which, 3, cursor_make(body, sizeof(body)));
		break;
	}
	case 6: /* time */
		w->now_ns += (uint64_t)which * 250000000u;
		break;
	case 7: { /* BFD */
		struct cursor body = cursor_take_some(&w->in, 24);
		size_t size = cursor_left(&body);
		begin_ip(w, which & 1, 1 - (which & 1), 17, 8 + size);
		put_u16(w, 49152);
		put_u16(w, which & 2 ? 4784 : 3784);
		put_u16(w, (unsigned)(8 + size));
		put_u16(w, 0);
		put(w, cursor_bytes(&body, size), size);
		send(w);
		break;
	}
	case 8: { /* ARP */
		static const uint8_t begin[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 2, 8, 6,
			0, 1, 8, 0, 6, 4, 0};
		w->size = 0;
		put(w, begin, sizeof(begin));
		put_u8(w, which & 1 ? 2 : 1);
		put_u32(w, 0x02000000);
		put_u16(w, which);
		put_u32(w, host(which >> 1));
		put_u32(w, 0);
		put_u16(w, 0);
		put_u32(w, host(which >> 3));
		send(w);
		break;
	}
	case 9: { /* ICMP that quotes a SYN */
		begin_ip(w, 2, 0, 1, 8 + IPV4 + 8);
		put_u8(w, which & 1 ? 3 : 11);
		put_u8(w, which >> 4);
		put_u32(w, 0);
		put_u16(w, 0);
		put_u16(w, 0x4500);
		put_u16(w, 40);
		put_u32(w, 0);
		put_u8(w, 1);
		put_u8(w, 6);
		put_u16(w, 0);
		put_u32(w, host(0));
		put_u32(w, host(1));
		put_u16(w, 40000);
		put_u16(w, 179);
		put_u32(w, 1);
		send(w);
		break;
	}
	case 10:
		more(w, which);
		break;
	default: { /* octets that are no message */
		struct cursor body = cursor_take_some(&w->in, which % 80);
		size_t size = cursor_left(&body);
		tcp(w, which, 0x18, cursor_bytes(&body, size), size);
		break;
	}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture_error error;
	json_init(&seen.json);
	seen.seq = 0;
	seen.machine_count = 0;
	struct track *track = track_create(&(struct track_options){.all_bfd_packets = true});
	/* One that takes UPDATEs one by one, or together. */
	track_add_sink(track, &(struct sink){.wants_snapshots = true, .takes_runs = size % 4 < 2, .on_event = on_event});
	struct capture_options options = {.ports = {179}, .port_count = 1, .keys = {"swordfish"}, .key_count = size % 2};
	static struct world w;
	w = (struct world){.in = cursor_make(data, size), .now_ns = UINT64_C(1700000000000000000), .track = track, .port = 40000};
	w.capture = capture_create(&options, track_flow_sink(track), &error);
	assert(w.capture != NULL);
	for (unsigned i = 0; i < 4; i++) {
		w.seq[i][0] = 1000;
		w.seq[i][1] = 0xfffffff0; /* it wraps */
	}
	track_input_begin(track, 0, "fuzz", "EN10MB", w.now_ns, 6);
	for (unsigned i = 0; i < OPS_MAX && cursor_left(&w.in) > 0; i++) {
		one(&w);
	}
	track_input_end(track, 0, w.frame, 0, 0);
	track_inputs_over(track);
	capture_finish(w.capture);
	track_finish(track);
	capture_destroy(w.capture);
	track_destroy(track);
	json_finish(&seen.json);
	return 0;
}
