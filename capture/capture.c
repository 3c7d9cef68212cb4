/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The room as a whole: decapsulation feeds the connection table, the table feeds the engine, and
 * the receiver hears of all three.
 *
 * Time inside is the packets' own plus an offset, so that it never runs backwards: where the clock of
 * the capturing host was set back, timers go on from where they were. A packet whose time is far from
 * the one before it waits for the next, which tells what it is: a silence (both are at the new time), a
 * clock set back (likewise), or one wrong time stamp (the next is where the last was); that must
 * not make time run for all others. The receiver is told where the offset changes, and can so
 * show the times of the capture.
 */
#include "capture/capture.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/candidate.h"
#include "capture/conn.h"
#include "capture/decap.h"
#include "capture/input.h"
#include "capture/limits.h"

struct capture {
	struct flow_sink sink;
	struct decap *decap;
	struct candidates *candidates; /* NULL: only the ports that were named */
	struct conn_table *table;
	const struct stream_engine *engine;
	struct stream *stream;
	struct tcp_auth *auth; /* NULL: no keys were given */
	uint32_t artefacts;
	bool finished;
	bool muted;       /* being destroyed: the receiver hears no more */
	bool has_time;
	uint64_t last_ns;   /* the latest packet time, after a step back the new one */
	uint64_t now_ns;    /* the time inside */
	uint64_t offset_ns; /* the time inside less that of the packets, modulo 2^64 */
	struct {
		bool set;
		uint32_t input;
		struct packet packet; /* `data` is ours */
		size_t room;
	} held; /* its time is far from last_ns */
	struct decap *probe; /* tells whether a held packet will be ours; made when it is needed */
};

/* Packets of this time, now: inside, time never runs backwards. */
static void
advance(struct capture *capture, uint64_t time_ns)
{
	if (!capture->has_time) {
		capture->has_time = true;
		capture->last_ns = capture->now_ns = time_ns;
	} else if (time_ns <= capture->last_ns) {
		return;
	} else {
		capture->now_ns += time_ns - capture->last_ns;
		capture->last_ns = time_ns;
	}
	capture->engine->tick(capture->stream, capture->now_ns);
	conn_table_tick(capture->table, capture->now_ns);
}

static void
tell_clock(const struct capture *capture, uint64_t from_ns, uint64_t to_ns, uint64_t offset_ns)
{
	if (capture->sink.clock != NULL) {
		capture->sink.clock(capture->sink.ctx, from_ns, to_ns, offset_ns);
	}
}

/* The clock shows an earlier time from here on. */
static void
step_back(struct capture *capture, uint64_t time_ns)
{
	capture->artefacts |= ARTEFACT_CLOCK;
	capture->last_ns = time_ns;
	capture->now_ns++;
	capture->offset_ns = capture->now_ns - time_ns;
	tell_clock(capture, capture->now_ns, UINT64_MAX, capture->offset_ns);
}

static bool
take(struct capture *capture, uint32_t input, const struct packet *packet, uint64_t inside_ns)
{
	struct packet timed = *packet;
	timed.time_ns = inside_ns;
	return decap_packet(capture->decap, input, &timed);
}

static uint64_t
apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* The packet that waits goes on: `next_ns` tells what its time was worth; NULL: nothing follows. */
static void
release(struct capture *capture, const uint64_t *next_ns)
{
	struct packet *packet = &capture->held.packet;
	uint64_t time_ns = packet->time_ns;
	capture->held.set = false;
	if (next_ns != NULL && apart(*next_ns, capture->last_ns) < apart(*next_ns, time_ns)) {
		capture->artefacts |= ARTEFACT_CLOCK;
		/* One wrong time stamp. More often it goes with the next packet than with the last; but
		 * not so near that it could be taken for a second copy. */
		uint64_t between = *next_ns > capture->last_ns ? *next_ns - capture->last_ns : 0;
		if (between / 2 > 2 * GHOST_WINDOW_NS) {
			advance(capture, *next_ns - 2 * GHOST_WINDOW_NS);
		} else if (between > 2) {
			advance(capture, capture->last_ns + between / 2);
		} else {
			capture->now_ns++;
		}
		uint64_t inside_ns = capture->now_ns;
		tell_clock(capture, inside_ns, inside_ns + 1, inside_ns - time_ns);
		take(capture, capture->held.input, packet, inside_ns);
		return;
	}
	if (time_ns < capture->last_ns) {
		step_back(capture, time_ns);
	}
	advance(capture, time_ns);
	take(capture, capture->held.input, packet, time_ns + capture->offset_ns);
}

static bool
probe_tcp(void *ctx, const struct decap_tcp *tcp)
{
	const struct capture *capture = ctx;
	struct cursor ports = tcp->segment;
	uint16_t src_port = cursor_u16(&ports);
	uint16_t dst_port = cursor_u16(&ports);
	return !ports.failed && conn_table_wants(capture->table, src_port, dst_port);
}

static void
probe_bfd(void *ctx, const struct datagram *datagram)
{
	(void)ctx;
	(void)datagram;
}

static void
probe_icmp(void *ctx, const struct icmp_note *note)
{
	(void)ctx;
	(void)note;
}

static void
probe_neighbor(void *ctx, const struct neighbor_note *note)
{
	(void)ctx;
	(void)note;
}

static void
probe_host(void *ctx, const struct packet_info *ip)
{
	(void)ctx;
	(void)ip;
}

/* Keeps a copy until the next packet comes. Returns what capture_packet() would have. */
static bool
hold(struct capture *capture, uint32_t input, const struct packet *packet)
{
	uint8_t *data = (uint8_t *)(uintptr_t)capture->held.packet.data;
	if (capture->held.room < packet->cap_len) {
		data = capture_reallocate(data, packet->cap_len);
		capture->held.room = packet->cap_len;
	}
	if (packet->cap_len > 0) {
		memcpy(data, packet->data, packet->cap_len);
	}
	capture->held.packet = *packet;
	capture->held.packet.data = data;
	capture->held.input = input;
	capture->held.set = true;
	if (capture->probe == NULL) {
		struct flow_sink sink = {
			.bfd = probe_bfd,
			.icmp = probe_icmp,
			.neighbor = probe_neighbor,
			.host = probe_host,
		};
		struct decap_tcp_sink tcp = {.ctx = capture, .tcp = probe_tcp};
		capture->probe = decap_create(&sink, &tcp);
	}
	return decap_packet(capture->probe, input, packet);
}

static bool
on_tcp(void *ctx, const struct decap_tcp *tcp)
{
	struct capture *capture = ctx;
	struct cursor ports = tcp->segment;
	uint16_t src_port = cursor_u16(&ports);
	uint16_t dst_port = cursor_u16(&ports);
	if (ports.failed) {
		return false;
	}
	if (!conn_table_wants(capture->table, src_port, dst_port)) {
		enum candidate_word word = capture->candidates != NULL
			? candidates_segment(capture->candidates, tcp)
			: CANDIDATE_NO;
		if (word != CANDIDATE_BGP) {
			return word == CANDIDATE_PERHAPS;
		}
	}
	struct tcp_header header;
	struct seg seg;
	if (!tcp_parse(tcp, &header, &seg)) {
		if (tcp->ip->cut) {
			capture->artefacts |= ARTEFACT_SNAPLEN;
		}
		return false;
	}
	tcp->ip->ghost = tcp_note_ghost(decap_ghosts(capture->decap), tcp, &seg);
	conn_table_segment(capture->table, &header, &seg, capture->now_ns);
	return true;
}

/* A segment that was kept until its connection was known to be BGP. */
static void
on_replay(void *ctx, const struct decap_tcp *tcp)
{
	struct capture *capture = ctx;
	struct tcp_header header;
	struct seg seg;
	if (tcp_parse(tcp, &header, &seg)) {
		conn_table_segment(capture->table, &header, &seg, capture->now_ns);
	}
}

static void
on_change(void *ctx, struct conn *conn, enum conn_change change, int dir, const struct seg *at)
{
	struct capture *capture = ctx;
	if (!capture->muted) {
		capture->sink.change(capture->sink.ctx, conn, change, dir, at);
	}
}

static void
on_bytes(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size, uint32_t seq,
	const struct packet_info *from)
{
	struct capture *capture = ctx;
	if (!capture->muted) {
		capture->sink.bytes(capture->sink.ctx, conn, dir, bytes, size, seq, from);
	}
}

static void
on_gap(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing, enum gap_why why,
	const struct packet_info *at)
{
	struct capture *capture = ctx;
	if (why == GAP_ACKED) {
		capture->artefacts |= ARTEFACT_CAPTURE_LOSS;
	} else if (why == GAP_CUT) {
		capture->artefacts |= ARTEFACT_SNAPLEN;
	}
	if (!capture->muted) {
		capture->sink.gap(capture->sink.ctx, conn, dir, seq, missing, why, at);
	}
}

static void
on_check(void *ctx, struct conn *conn, const struct check_note *note)
{
	struct capture *capture = ctx;
	if (!capture->muted) {
		capture->sink.check(capture->sink.ctx, conn, note);
	}
}

static const struct stream_engine *
engine_of(enum capture_engine engine)
{
	switch (engine) {
	case CAPTURE_ENGINE_NIDS:
		return &stream_nids;
	case CAPTURE_ENGINE_CHECK:
		return &stream_check;
	case CAPTURE_ENGINE_NATIVE:
		break;
	}
	return &stream_native;
}

struct capture *
capture_create(const struct capture_options *options, const struct flow_sink *sink,
	struct capture_error *error)
{
	static const uint16_t bgp = 179;
	size_t max = options->max_connections > 0 ? options->max_connections : LIMIT_CONNECTIONS;
	size_t port_count = options->port_count;
	if (port_count > CAPTURE_PORTS_MAX) {
		port_count = CAPTURE_PORTS_MAX;
	}
	struct capture *capture = capture_allocate(sizeof(*capture));
	capture->sink = *sink;
	capture->engine = engine_of(options->engine);
	if (options->engine != CAPTURE_ENGINE_NATIVE && max > LIMIT_NIDS_CONNECTIONS) {
		max = LIMIT_NIDS_CONNECTIONS;
	}
	struct stream_limits limits = {
		.max_connections = max,
		.max_buffered = LIMIT_BUFFERED,
		.max_buffered_direction = LIMIT_BUFFERED_DIRECTION,
	};
	/* What the engine says goes through here, for the artefacts. */
	struct flow_sink engine_sink = *sink;
	engine_sink.ctx = capture;
	engine_sink.segment = NULL;
	engine_sink.change = on_change;
	engine_sink.bytes = on_bytes;
	engine_sink.gap = on_gap;
	engine_sink.check = on_check;
	char why[256] = "";
	capture->stream = capture->engine->open(&limits, &engine_sink, why, sizeof(why));
	if (capture->stream == NULL) {
		capture_error_set(error, "engine %s: %s", capture->engine->name, why);
		free(capture);
		return NULL;
	}
	struct decap_tcp_sink tcp_sink = {.ctx = capture, .tcp = on_tcp};
	capture->decap = decap_create(sink, &tcp_sink);
	if (options->any_port) {
		capture->candidates =
			candidates_create(decap_ghosts(capture->decap), on_replay, capture);
	}
	capture->table = conn_table_create(max, port_count > 0 ? options->ports : &bgp,
		port_count > 0 ? port_count : 1, sink, capture->engine, capture->stream,
		&capture->artefacts);
	if (options->key_count > 0) {
		capture->auth = tcp_auth_create(options->keys, options->key_count);
		conn_table_verify(capture->table, capture->auth);
	}
	return capture;
}

void
capture_destroy(struct capture *capture)
{
	if (capture == NULL) {
		return;
	}
	capture->muted = true;
	conn_table_destroy(capture->table);
	capture->engine->close(capture->stream);
	candidates_destroy(capture->candidates);
	decap_destroy(capture->decap);
	decap_destroy(capture->probe);
	free((void *)(uintptr_t)capture->held.packet.data);
	tcp_auth_destroy(capture->auth);
	free(capture);
}

bool
capture_packet(struct capture *capture, uint32_t input, const struct packet *packet)
{
	if (capture->held.set) {
		release(capture, &packet->time_ns);
	}
	if (capture->has_time && (packet->time_ns > capture->last_ns + CLOCK_JUMP_NS ||
	    packet->time_ns + CLOCK_STEP_NS < capture->last_ns)) {
		return hold(capture, input, packet);
	}
	advance(capture, packet->time_ns);
	return take(capture, input, packet, packet->time_ns + capture->offset_ns);
}

bool
capture_looks_ahead(const struct capture *capture)
{
	return conn_table_looks_ahead(capture->table) ||
		(capture->sink.expects != NULL && capture->sink.expects(capture->sink.ctx));
}

void
capture_expect(struct capture *capture, const struct packet *packet)
{
	struct packet_info ip;
	uint16_t src_port, dst_port;
	bool read = decap_glance(packet, &ip, &src_port, &dst_port);
	bool tcp = read && ip.protocol == IPPROTO_TCP;
	conn_table_expect(capture->table, tcp ? &ip : NULL, src_port, dst_port);
	if (read && !tcp && capture->sink.expects != NULL) {
		capture->sink.expect(capture->sink.ctx, &ip.src, &ip.dst);
	}
}

void
capture_pause(struct capture *capture)
{
	if (capture->held.set) {
		release(capture, NULL);
	}
}

uint64_t
capture_tick(struct capture *capture, uint64_t now_ns)
{
	capture_pause(capture);
	if (capture->has_time && now_ns > capture->last_ns) {
		advance(capture, now_ns);
	}
	return capture->has_time ? capture->now_ns : now_ns;
}

void
capture_finish(struct capture *capture)
{
	if (!capture->finished) {
		capture->finished = true;
		capture_pause(capture);
		conn_table_finish(capture->table);
	}
}

void
capture_note_drops(struct capture *capture)
{
	capture->artefacts |= ARTEFACT_KERNEL_DROPS;
}

void
capture_note_away(struct capture *capture)
{
	capture->artefacts |= ARTEFACT_AWAY;
}

uint32_t
capture_artefacts(const struct capture *capture)
{
	uint32_t artefacts = capture->artefacts;
	if (decap_ghosts(capture->decap)->seen > 0) {
		artefacts |= ARTEFACT_DUPLICATES;
	}
	if (candidates_evicted(capture->candidates)) {
		artefacts |= ARTEFACT_CANDIDATES;
	}
	if (decap_fragments_evicted(capture->decap)) {
		artefacts |= ARTEFACT_FRAGMENTS;
	}
	if (decap_too_deep(capture->decap)) {
		artefacts |= ARTEFACT_LAYERS;
	}
	return artefacts;
}

const char *
capture_artefact_key(enum capture_artefact artefact)
{
	switch (artefact) {
	case ARTEFACT_MIDSTREAM:
		return "midstream";
	case ARTEFACT_KERNEL_DROPS:
		return "kernel-drops";
	case ARTEFACT_CAPTURE_LOSS:
		return "capture-loss";
	case ARTEFACT_SNAPLEN:
		return "snaplen";
	case ARTEFACT_DUPLICATES:
		return "duplicates";
	case ARTEFACT_ONE_DIRECTION:
		return "one-direction";
	case ARTEFACT_CHECKSUM:
		return "checksum-offload";
	case ARTEFACT_OFFLOAD:
		return "segment-offload";
	case ARTEFACT_CLOCK:
		return "clock-step";
	case ARTEFACT_PORT_REUSE:
		return "port-reuse";
	case ARTEFACT_CANDIDATES:
		return "evicted-candidates";
	case ARTEFACT_AWAY:
		return "interface-down";
	case ARTEFACT_FRAGMENTS:
		return "evicted-fragments";
	case ARTEFACT_LAYERS:
		return "too-deep";
	}
	return "unknown";
}
