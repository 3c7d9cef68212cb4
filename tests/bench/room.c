/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capture room alone: files to streams to BGP messages, which are counted. */
#include <stdio.h>
#include <stdlib.h>

#include "capture/capture.h"
#include "capture/source.h"
#include "track/framer.h"
#include "track/memory.h"

static unsigned long messages, changes, others;

static void
on_message(void *ctx, const uint8_t *bytes, size_t size, uint32_t wire, uint32_t seq_end,
	const struct framer_origin *origin)
{
	(void)ctx;
	(void)bytes;
	(void)size;
	(void)wire;
	(void)seq_end;
	(void)origin;
	messages++;
}

static void
on_fault(void *ctx, enum bgp_fault_code code, const uint8_t header[BGP_HEADER_SIZE],
	const struct framer_origin *origin)
{
	(void)ctx;
	(void)code;
	(void)header;
	(void)origin;
	others++;
}

static uint8_t whole[BGP_EXTENDED_MESSAGE_MAX];
static const struct framer_sink sink = {NULL, on_message, on_fault, whole};

static void
on_segment(void *ctx, struct conn *conn, const struct seg *seg)
{
	(void)ctx;
	(void)conn;
	(void)seg;
}

static void
on_change(void *ctx, struct conn *conn, enum conn_change change, int dir, const struct seg *at)
{
	(void)ctx;
	(void)dir;
	(void)at;
	struct framer *framers = conn->user;
	changes++;
	if (change == CONN_END && framers != NULL) {
		framer_finish(&framers[0]);
		framer_finish(&framers[1]);
		free(framers);
		conn->user = NULL;
	}
}

static struct framer *
framer_of(struct conn *conn, int dir)
{
	struct framer *framers = conn->user;
	if (framers == NULL) {
		framers = memory_zero(2, sizeof(*framers));
		framer_init(&framers[0], true);
		framer_init(&framers[1], true);
		conn->user = framers;
	}
	return &framers[dir];
}

static void
on_bytes(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size, uint32_t seq,
	const struct packet_info *from)
{
	(void)ctx;
	struct framer_origin origin = {from->frame, from->time_ns, from->input};
	framer_bytes(framer_of(conn, dir), &sink, bytes, size, seq, &origin);
}

static void
on_gap(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing, enum gap_why why,
	const struct packet_info *at)
{
	(void)ctx;
	(void)why;
	struct framer_origin origin = {at->frame, at->time_ns, at->input};
	framer_gap(framer_of(conn, dir), &sink, missing, seq, &origin);
}

static void
on_bfd(void *ctx, const struct datagram *datagram)
{
	(void)ctx;
	(void)datagram;
	others++;
}

static void
on_icmp(void *ctx, const struct icmp_note *note)
{
	(void)ctx;
	(void)note;
	others++;
}

static void
on_neighbor(void *ctx, const struct neighbor_note *note)
{
	(void)ctx;
	(void)note;
	others++;
}

static void
on_host(void *ctx, const struct packet_info *ip)
{
	(void)ctx;
	(void)ip;
	others++;
}

int
main(int argc, char **argv)
{
	struct capture_error error = {.text = "usage: room FILE"};
	const struct flow_sink flow = {
		.segment = on_segment,
		.change = on_change,
		.bytes = on_bytes,
		.gap = on_gap,
		.bfd = on_bfd,
		.icmp = on_icmp,
		.neighbor = on_neighbor,
		.host = on_host,
	};
	const struct capture_options options = {0};
	struct source *source = argc == 2 ? source_open_file(argv[1], NULL, &error) : NULL;
	struct capture *capture = source != NULL ? capture_create(&options, &flow, &error) : NULL;
	if (capture == NULL) {
		fprintf(stderr, "%s\n", error.text);
		return 2;
	}
	struct packet packet;
	while (source_next(source, &packet, &error) == SOURCE_PACKET) {
		struct packet later;
		while (capture_looks_ahead(capture) && source_ahead(source, &later)) {
			capture_expect(capture, &later);
		}
		capture_packet(capture, 0, &packet);
	}
	capture_finish(capture);
	printf("%lu messages, %lu changes, %lu others\n", messages, changes, others);
	capture_destroy(capture);
	source_close(source);
	return 0;
}
