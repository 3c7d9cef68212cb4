/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole room over a capture file of any octets: reader, decapsulation, connection table and
 * both engines, with a table so small that eviction is common; BGP on any port, and keys to verify with, where
 * the size of the input is odd. The receiver checks what it was promised: octets and gaps follow each other, and
 * CONN_END comes once, last.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is known of a connection; hangs on conn->user. */
struct seen {
	uint32_t next[2];
	bool has_next[2], checked[2];
};

static volatile uint8_t touched; /* every octet given must be readable */

static void
touch(const uint8_t *octets, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		touched ^= octets[i];
	}
}

static void
on_segment(void *ctx, struct conn *conn, const struct seg *seg)
{
	(void)ctx;
	assert(conn->user != NULL && seg->cap_len <= seg->wire_len && seg->dir < 2);
	touch(seg->data, seg->cap_len);
	touch(seg->tcp, seg->tcp_header_len);
}

static void
on_change(void *ctx, struct conn *conn, enum conn_change change, int dir, const struct seg *at)
{
	(void)ctx;
	(void)dir;
	(void)at;
	if (change == CONN_NEW) {
		assert(conn->user == NULL);
		conn->user = calloc(1, sizeof(struct seen));
		if (conn->user == NULL) {
			abort();
		}
	}
	assert(conn->user != NULL);
	if (change == CONN_END) {
		free(conn->user);
		conn->user = NULL;
	}
}

static void
follow(struct conn *conn, int dir, uint32_t seq, uint32_t size)
{
	struct seen *seen = conn->user;
	assert(seen != NULL && size > 0);
	assert(!seen->has_next[dir] || seen->next[dir] == seq);
	seen->has_next[dir] = true;
	seen->next[dir] = seq + size;
}

static void
on_bytes(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size, uint32_t seq,
	const struct packet_info *from)
{
	(void)ctx;
	assert(from->frame > 0);
	follow(conn, dir, seq, (uint32_t)size);
	touch(bytes, size);
}

static void
on_gap(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing, enum gap_why why,
	const struct packet_info *at)
{
	(void)ctx;
	(void)why;
	assert(at->frame > 0);
	follow(conn, dir, seq, missing);
}

static void
on_check(void *ctx, struct conn *conn, const struct check_note *note)
{
	(void)ctx;
	struct seen *seen = conn->user;
	assert(seen != NULL && (note->dir == 0 || note->dir == 1));
	assert(!seen->checked[note->dir] && note->reason < CHECK_REASON_COUNT);
	assert(note->result != CHECK_STOPPED || note->frame > 0);
	seen->checked[note->dir] = true;
}

static void
on_bfd(void *ctx, const struct datagram *datagram)
{
	(void)ctx;
	touch(datagram->data, datagram->cap_len);
}

static void
on_icmp(void *ctx, const struct icmp_note *note)
{
	(void)ctx;
	(void)note;
}

static void
on_neighbor(void *ctx, const struct neighbor_note *note)
{
	(void)ctx;
	(void)note;
}

static void
on_host(void *ctx, const struct packet_info *ip)
{
	(void)ctx;
	(void)ip;
}

static void
run(const char *path, enum capture_engine engine, bool more)
{
	static const struct flow_sink sink = {
		.segment = on_segment,
		.change = on_change,
		.bytes = on_bytes,
		.gap = on_gap,
		.check = on_check,
		.bfd = on_bfd,
		.icmp = on_icmp,
		.neighbor = on_neighbor,
		.host = on_host,
	};
	struct capture_error error;
	struct source *source = source_open_file(path, NULL, &error);
	if (source == NULL) {
		return;
	}
	struct capture_options options = {.engine = engine, .ports = {179}, .port_count = 1, .any_port = more,
		.max_connections = 8, .keys = {"swordfish"}, .key_count = more};
	struct capture *capture = capture_create(&options, &sink, &error);
	assert(capture != NULL);
	struct packet packet, later;
	enum source_status status;
	while ((status = source_next(source, &packet, &error)) == SOURCE_PACKET ||
		status == SOURCE_BUSY) {
		if (status == SOURCE_BUSY) {
			continue;
		}
		if (source_ahead(source, &later)) {
			touch(later.data, later.cap_len);
			capture_expect(capture, &later);
		}
		capture_packet(capture, 0, &packet);
	}
	capture_finish(capture);
	capture_destroy(capture);
	source_close(source);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	if (fd < 0) {
		fd = memfd_create("fuzz", 0);
		assert(fd >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size) {
		return 0;
	}
	run(path, CAPTURE_ENGINE_NATIVE, size % 2 == 1);
	run(path, CAPTURE_ENGINE_NIDS, size % 2 == 1);
	run(path, CAPTURE_ENGINE_CHECK, size % 2 == 1);
	return 0;
}
