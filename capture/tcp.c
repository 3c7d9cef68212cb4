/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One TCP header. The checksum is computed over every octet, so it reads 8 at once; its part over
 * the payload is kept, since two copies of a segment whose sums differ cannot be equal.
 */
#include "capture/tcp.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMP = 8,
};

enum { HEADER_MIN = 20, SCALE_MAX = 14, PROTOCOL_TCP = 6 };

/* RFC 1071: the ones' complement sum of 16-bit words in memory order, not yet folded. Section 2 (B, C): words of
 * any size may be added as long as each carry comes back. */
static uint64_t
sum_octets(const uint8_t *p, size_t size)
{
	uint64_t a = 0, b = 0, carries = 0;
	while (size >= 32) {
		uint64_t x;
		memcpy(&x, p, 8);
		a += x;
		carries += a < x;
		memcpy(&x, p + 8, 8);
		b += x;
		carries += b < x;
		memcpy(&x, p + 16, 8);
		a += x;
		carries += a < x;
		memcpy(&x, p + 24, 8);
		b += x;
		carries += b < x;
		p += 32;
		size -= 32;
	}
	a = (a & 0xffffffff) + (a >> 32) + (b & 0xffffffff) + (b >> 32) + carries;
	while (size >= 4) {
		uint32_t x;
		memcpy(&x, p, 4);
		a += x;
		p += 4;
		size -= 4;
	}
	if (size > 0) {
		const uint8_t last[4] = {p[0], size > 1 ? p[1] : 0, size > 2 ? p[2] : 0};
		uint32_t x;
		memcpy(&x, last, 4);
		a += x;
	}
	return a;
}

/* 64 bits to 33, to 18, to 17, to 16: each carry comes back. */
static uint16_t
sum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static bool
checksum_is_bad(const struct decap_tcp *tcp, uint32_t header_sum, uint16_t payload_sum)
{
	const struct packet_info *ip = tcp->ip;
	uint64_t sum = (uint64_t)header_sum + payload_sum;
	if (ip->src.family == 4) {
		uint32_t src, dst;
		memcpy(&src, ip->src.octets, 4);
		memcpy(&dst, ip->dst.octets, 4);
		sum += (uint64_t)src + dst;
	} else {
		sum += sum_octets(ip->src.octets, 16) + sum_octets(ip->dst.octets, 16);
	}
	sum += htons(PROTOCOL_TCP);
	uint32_t length = htonl(tcp->wire_len);
	sum += (length & 0xffff) + (length >> 16);
	return sum_fold(sum) != 0xffff;
}

bool
tcp_next_option(struct cursor *options, uint8_t *kind, struct cursor *value)
{
	while (cursor_left(options) > 0) {
		*kind = cursor_u8(options);
		if (*kind == OPTION_END) {
			return false;
		}
		if (*kind == OPTION_NOP) {
			continue;
		}
		uint8_t size = cursor_u8(options);
		if (size < 2) {
			return false;
		}
		*value = cursor_take(options, size - 2u);
		return true;
	}
	return false;
}

static void
parse_options(struct cursor options, struct tcp_header *header, struct seg *seg)
{
	uint8_t kind;
	struct cursor value;
	while (tcp_next_option(&options, &kind, &value)) {
		switch (kind) {
		case OPTION_MSS:
			seg->mss = cursor_u16(&value);
			seg->options |= SEG_OPT_MSS;
			break;
		case OPTION_SCALE:
			header->window_scale = cursor_u8(&value);
			if (header->window_scale > SCALE_MAX) {
				header->window_scale = SCALE_MAX; /* RFC 7323, 2.3 */
			}
			break;
		case OPTION_SACK_PERMITTED:
		case OPTION_SACK:
			seg->options |= SEG_OPT_SACK;
			break;
		case OPTION_TIMESTAMP:
			seg->timestamp = cursor_u32(&value);
			seg->options |= SEG_OPT_TIMESTAMP;
			break;
		case TCP_OPTION_MD5:
			seg->options |= SEG_OPT_MD5;
			break;
		case TCP_OPTION_AO:
			seg->ao_key_id = cursor_u8(&value);
			seg->ao_next_key_id = cursor_u8(&value);
			seg->options |= SEG_OPT_AO;
			break;
		default:
			break;
		}
	}
}

bool
tcp_parse(const struct decap_tcp *tcp, struct tcp_header *header, struct seg *seg)
{
	struct cursor c = tcp->segment;
	const uint8_t *p = cursor_bytes(&c, HEADER_MIN);
	if (p == NULL) {
		return false;
	}
	uint32_t size = (uint32_t)(p[12] >> 4) * 4;
	if (size < HEADER_MIN || size > tcp->wire_len) {
		return false;
	}
	header->src_port = (uint16_t)(p[0] << 8 | p[1]);
	header->dst_port = (uint16_t)(p[2] << 8 | p[3]);
	header->raw_window = (uint16_t)(p[14] << 8 | p[15]);
	header->window_scale = TCP_NO_SCALE;
	*seg = (struct seg){
		.ip = tcp->ip,
		.seq = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7],
		.ack = (uint32_t)p[8] << 24 | (uint32_t)p[9] << 16 | (uint32_t)p[10] << 8 | p[11],
		.window = header->raw_window,
		.flags = p[13] & 0x3f,
		.tcp = p,
		.tcp_header_len = (uint16_t)size,
	};
	/* Options that the snaplen cut are read as far as they go. */
	struct cursor options = cursor_take_some(&c, size - HEADER_MIN);
	if (cursor_left(&options) > 0) {
		parse_options(options, header, seg);
	}
	seg->wire_len = tcp->wire_len - size;
	seg->cap_len = (uint32_t)cursor_left(&c);
	if (c.failed) {
		seg->tcp_header_len = (uint16_t)(tcp->segment.end - p);
	}
	seg->data = c.at;
	seg->payload_sum = sum_fold(sum_octets(seg->data, seg->cap_len));
	if (seg->cap_len == seg->wire_len && !c.failed && !tcp->offload && !tcp->ip->cut) {
		uint32_t header_sum = sum_fold(sum_octets(p, size));
		seg->checksum_bad = checksum_is_bad(tcp, header_sum, seg->payload_sum);
	}
	return true;
}

bool
tcp_note_ghost(struct ghosts *ghosts, const struct decap_tcp *tcp, const struct seg *seg)
{
	bool weak = tcp->ip_id == 0 && seg->wire_len == 0 &&
		(seg->flags & (SEG_SYN | SEG_ACK)) != SEG_SYN;
	return ghosts_note(ghosts, tcp->ip, tcp->ip_id, seg->tcp, seg->tcp_header_len, weak);
}
