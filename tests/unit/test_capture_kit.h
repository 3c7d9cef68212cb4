/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TESTS_CAPTURE_KIT_H
#define BGPWHY_TESTS_CAPTURE_KIT_H

/*
 * What the tests of capture/ share: packets made from nothing, and a receiver that writes down what
 * it is told, the octets of each direction in a buffer and all else as words in a line:
 * "new syn synack established bytes:5 gap:3:acked fin end".
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"

#define KIT_UNUSED __attribute__((unused))

enum { KIT_LOG = 16384, KIT_STREAM = 1 << 17, KIT_PACKET = 70000 };

enum { FIN = SEG_FIN, SYN = SEG_SYN, RST = SEG_RST, PSH = SEG_PSH, ACK = SEG_ACK };

struct kit_record {
	char log[KIT_LOG];
	size_t log_size;
	uint8_t octets[2][KIT_STREAM];
	size_t size[2];
	uint32_t next_seq[2];
	bool has_seq[2];
	uint64_t last_from; /* frame of the octets given last */
	struct conn conn;   /* as at the last call */
	struct seg seg;     /* the last one; its pointers are stale */
	struct packet_info ip;
	struct datagram datagram;
	struct icmp_note icmp;
	struct neighbor_note neighbor;
	struct check_note check[2]; /* the last one of each direction */
	unsigned segments, conns, ghosts, bfds, icmps, neighbors, hosts, retransmissions, checks, bad_checksums;
};

/* A packet under construction: the payload is put down last, headers before it. */
struct kit_packet {
	uint8_t room[KIT_PACKET];
	size_t begin;
	size_t size;
};

KIT_UNUSED static void
kit_say(struct kit_record *record, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (record->log_size > 0 && record->log_size < KIT_LOG - 1) {
		record->log[record->log_size++] = ' ';
	}
	size_t left = KIT_LOG - record->log_size;
	int n = vsnprintf(record->log + record->log_size, left, format, args);
	record->log_size += (size_t)n < left ? (size_t)n : left - 1;
	va_end(args);
}

static void
kit_segment(void *ctx, struct conn *conn, const struct seg *seg)
{
	struct kit_record *record = ctx;
	record->segments++;
	record->ghosts += seg->ip->ghost;
	record->retransmissions += seg->retransmission;
	record->bad_checksums += seg->checksum_bad;
	record->conn = *conn;
	record->seg = *seg;
	record->ip = *seg->ip;
}

static void
kit_change(void *ctx, struct conn *conn, enum conn_change change, int dir, const struct seg *at)
{
	static const char *const names[] = {"new", "syn", "synack", "established", "midstream",
		"refused", "fin", "rst", "rst-inexact", "rst-ignored", "zero", "open", "overlap", "unread",
		"evicted", "end"};
	struct kit_record *record = ctx;
	(void)dir;
	(void)at;
	record->conns += change == CONN_NEW;
	record->conn = *conn;
	kit_say(record, "%s", names[change]);
	if (change == CONN_NEW) {
		record->has_seq[0] = record->has_seq[1] = false;
	}
}

static void
kit_bytes(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size, uint32_t seq,
	const struct packet_info *from)
{
	struct kit_record *record = ctx;
	(void)conn;
	cr_assert(size > 0);
	cr_assert(record->size[dir] + size <= KIT_STREAM);
	memcpy(record->octets[dir] + record->size[dir], bytes, size);
	record->size[dir] += size;
	cr_assert(!record->has_seq[dir] || record->next_seq[dir] == seq,
		"octets and gaps must follow each other in sequence space");
	record->has_seq[dir] = true;
	record->next_seq[dir] = seq + (uint32_t)size;
	record->last_from = from->frame;
	kit_say(record, "bytes:%zu", size);
}

static void
kit_gap(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing, enum gap_why why,
	const struct packet_info *at)
{
	static const char *const names[] = {"acked", "budget", "time", "end", "cut"};
	struct kit_record *record = ctx;
	(void)conn;
	cr_assert_not_null(at);
	cr_assert(missing > 0);
	cr_assert(!record->has_seq[dir] || record->next_seq[dir] == seq);
	record->has_seq[dir] = true;
	record->next_seq[dir] = seq + missing;
	kit_say(record, "gap:%u:%s", missing, names[why]);
}

static void
kit_check(void *ctx, struct conn *conn, const struct check_note *note)
{
	struct kit_record *record = ctx;
	(void)conn;
	record->checks++;
	record->check[note->dir] = *note;
}

static void
kit_bfd(void *ctx, const struct datagram *datagram)
{
	struct kit_record *record = ctx;
	record->bfds++;
	record->datagram = *datagram;
	record->ip = *datagram->ip;
}

static void
kit_icmp(void *ctx, const struct icmp_note *note)
{
	struct kit_record *record = ctx;
	record->icmps++;
	record->icmp = *note;
	record->ip = *note->ip;
}

static void
kit_neighbor(void *ctx, const struct neighbor_note *note)
{
	struct kit_record *record = ctx;
	record->neighbors++;
	record->neighbor = *note;
	record->ip = *note->ip;
}

static void
kit_host(void *ctx, const struct packet_info *ip)
{
	struct kit_record *record = ctx;
	record->hosts++;
	record->ip = *ip;
}

KIT_UNUSED static struct flow_sink
kit_sink(struct kit_record *record)
{
	return (struct flow_sink){
		.ctx = record,
		.segment = kit_segment,
		.change = kit_change,
		.bytes = kit_bytes,
		.gap = kit_gap,
		.check = kit_check,
		.bfd = kit_bfd,
		.icmp = kit_icmp,
		.neighbor = kit_neighbor,
		.host = kit_host,
	};
}

KIT_UNUSED static struct capture *
kit_capture(struct kit_record *record, const struct capture_options *options)
{
	static const struct capture_options defaults;
	struct flow_sink sink = kit_sink(record);
	struct capture_error error;
	struct capture *capture =
		capture_create(options != NULL ? options : &defaults, &sink, &error);
	cr_assert_not_null(capture);
	return capture;
}

KIT_UNUSED static void
kit_begin(struct kit_packet *packet, const void *payload, size_t size)
{
	packet->begin = KIT_PACKET - size;
	packet->size = size;
	if (size > 0) {
		memcpy(packet->room + packet->begin, payload, size);
	}
}

/* Puts octets, as hexadecimal text, before what is there. */
KIT_UNUSED static void
kit_prepend(struct kit_packet *packet, const char *hex)
{
	uint8_t octets[256];
	size_t n = 0;
	for (const char *p = hex; *p != '\0';) {
		unsigned value;
		if (*p == ' ') {
			p++;
			continue;
		}
		cr_assert(sscanf(p, "%2x", &value) == 1 && n < sizeof(octets));
		octets[n++] = (uint8_t)value;
		p += 2;
	}
	packet->begin -= n;
	packet->size += n;
	memcpy(packet->room + packet->begin, octets, n);
}

KIT_UNUSED static uint8_t *
kit_header(struct kit_packet *packet, size_t size)
{
	packet->begin -= size;
	packet->size += size;
	return memset(packet->room + packet->begin, 0, size);
}

KIT_UNUSED static void
kit_put(uint8_t *p, uint64_t value, int octets)
{
	for (int i = octets - 1; i >= 0; i--) {
		p[i] = (uint8_t)value;
		value >>= 8;
	}
}

KIT_UNUSED static uint16_t
kit_checksum(const uint8_t *p, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	}
	while (sum >> 16 != 0) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

/* What a test says about a segment; hosts are 192.0.2.`src` and 192.0.2.`dst`. */
struct kit_tcp {
	uint8_t src, dst;
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t window; /* 0: 65535; see zero_window */
	bool zero_window;
	const char *data;
	size_t size; /* of `data`; 0: a string */
	const char *options; /* hexadecimal, a multiple of 4 octets */
	uint16_t id;
	uint8_t ttl;
	bool bad_checksum;
};

KIT_UNUSED static void
kit_ipv4(struct kit_packet *packet, uint8_t src, uint8_t dst, uint8_t protocol, uint16_t id,
	uint16_t fragment, uint8_t ttl)
{
	uint8_t *ip = kit_header(packet, 20);
	ip[0] = 0x45;
	kit_put(ip + 2, packet->size, 2);
	kit_put(ip + 4, id, 2);
	kit_put(ip + 6, fragment, 2);
	ip[8] = ttl;
	ip[9] = protocol;
	kit_put(ip + 12, 0xc0000200u | src, 4);
	kit_put(ip + 16, 0xc0000200u | dst, 4);
	kit_put(ip + 10, kit_checksum(ip, 20, 0), 2);
}

KIT_UNUSED static void
kit_ipv6(struct kit_packet *packet, uint8_t src, uint8_t dst, uint8_t next, uint8_t ttl)
{
	size_t size = packet->size;
	uint8_t *ip = kit_header(packet, 40);
	ip[0] = 0x60;
	kit_put(ip + 4, size, 2);
	ip[6] = next;
	ip[7] = ttl;
	kit_put(ip + 8, 0x20010db800000000u, 8);
	ip[23] = src;
	kit_put(ip + 24, 0x20010db800000000u, 8);
	ip[39] = dst;
}

KIT_UNUSED static void
kit_ethernet(struct kit_packet *packet, uint16_t type)
{
	uint8_t *header = kit_header(packet, 14);
	header[0] = header[6] = 2;
	header[5] = 0xdd;
	header[11] = 0x55;
	kit_put(header + 12, type, 2);
}

/* TCP alone: header, options, payload, with the checksum of IPv4. */
KIT_UNUSED static void
kit_tcp_segment(struct kit_packet *packet, const struct kit_tcp *t)
{
	size_t size = t->size > 0 ? t->size : t->data != NULL ? strlen(t->data) : 0;
	kit_begin(packet, t->data, size);
	if (t->options != NULL) {
		kit_prepend(packet, t->options);
	}
	size_t header = 20 + packet->size - size;
	uint8_t *tcp = kit_header(packet, 20);
	kit_put(tcp, t->src_port, 2);
	kit_put(tcp + 2, t->dst_port, 2);
	kit_put(tcp + 4, t->seq, 4);
	kit_put(tcp + 8, t->ack, 4);
	tcp[12] = (uint8_t)(header / 4 << 4);
	tcp[13] = t->flags;
	kit_put(tcp + 14, t->zero_window ? 0 : t->window > 0 ? t->window : 65535, 2);
	uint32_t pseudo = 2 * 0xc000u + 2 * 0x0200u + t->src + t->dst + 6 + (uint32_t)packet->size;
	uint16_t sum = kit_checksum(tcp, packet->size, pseudo);
	kit_put(tcp + 16, t->bad_checksum ? (uint16_t)(sum ^ 0x5555) : sum, 2);
}

/* The same in IPv4 and Ethernet. */
KIT_UNUSED static void
kit_tcp_frame(struct kit_packet *packet, const struct kit_tcp *t)
{
	static uint16_t id;
	kit_tcp_segment(packet, t);
	id++;
	kit_ipv4(packet, t->src, t->dst, 6, t->id > 0 ? t->id : id, 0x4000, t->ttl > 0 ? t->ttl : 64);
	kit_ethernet(packet, 0x0800);
}

enum { KIT_EN10MB = 1 };

/* Hands it to `capture` as captured: `cut` octets are missing at its end. */
KIT_UNUSED static bool
kit_send(struct capture *capture, const struct kit_packet *packet, int link_type,
	uint64_t time_ns, uint64_t frame, size_t cut)
{
	/* A copy exactly as large as it says, for ASan. */
	size_t size = packet->size - cut;
	uint8_t *copy = malloc(size > 0 ? size : 1);
	memcpy(copy, packet->room + packet->begin, size);
	struct packet p = {
		.time_ns = time_ns,
		.frame = frame,
		.cap_len = (uint32_t)size,
		.wire_len = (uint32_t)packet->size,
		.link_type = link_type,
		.time_digits = 9,
		.data = copy,
	};
	bool kept = capture_packet(capture, 0, &p);
	free(copy);
	return kept;
}

#endif
