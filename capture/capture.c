/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The room as a whole: decapsulation feeds the connection table, the table feeds the engine, and
 * the receiver hears of all three. Time inside is the packets' own, but it never runs backwards:
 * where the clock of the capturing host was set back, timers go on from where they were.
 */
#include "capture/capture.h"

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
	uint64_t last_ns; /* the latest packet time, after a step back the new one */
	uint64_t now_ns;  /* the time inside */
};

/* Packet time into the time inside; small steps back are reordering, larger ones a clock set. */
static void
advance(struct capture *capture, uint64_t time_ns)
{
	if (!capture->has_time) {
		capture->has_time = true;
		capture->last_ns = capture->now_ns = time_ns;
	} else if (time_ns > capture->last_ns) {
		capture->now_ns += time_ns - capture->last_ns;
		capture->last_ns = time_ns;
	} else if (capture->last_ns - time_ns > CLOCK_STEP_NS) {
		capture->artefacts |= ARTEFACT_CLOCK;
		capture->last_ns = time_ns;
	} else {
		return;
	}
	capture->engine->tick(capture->stream, capture->now_ns);
	conn_table_tick(capture->table, capture->now_ns);
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
	tcp_auth_destroy(capture->auth);
	free(capture);
}

bool
capture_packet(struct capture *capture, uint32_t input, const struct packet *packet)
{
	advance(capture, packet->time_ns);
	return decap_packet(capture->decap, input, packet);
}

void
capture_expect(struct capture *capture, const struct packet *packet)
{
	struct packet_info ip;
	uint16_t src_port, dst_port;
	if (decap_glance(packet, &ip, &src_port, &dst_port)) {
		conn_table_expect(capture->table, &ip, src_port, dst_port);
	}
}

void
capture_tick(struct capture *capture, uint64_t now_ns)
{
	if (capture->has_time && now_ns > capture->last_ns) {
		advance(capture, now_ns);
	}
}

void
capture_finish(struct capture *capture)
{
	if (!capture->finished) {
		capture->finished = true;
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
	}
	return "unknown";
}
