/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors (RFC 792, RFC 4443), ARP (RFC 826) and neighbor discovery (RFC 4861). What an ICMP
 * error quotes is evidence about a packet, never traffic.
 */
#include <string.h>

#include "capture/decap_private.h"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

static bool
send_note(struct layers *l, struct icmp_note *note)
{
	bool unread = l->info.cut && note->quoted_protocol == 0;
	if (note->quoted_protocol != PROTOCOL_TCP && note->quoted_protocol != PROTOCOL_UDP && !unread) {
		decap_host(l);
		return true;
	}
	l->decap->sink.icmp(l->decap->sink.ctx, note);
	return true;
}

static void
quote_ports(struct icmp_note *note, struct cursor c)
{
	uint16_t src_port = cursor_u16(&c);
	uint16_t dst_port = cursor_u16(&c);
	if (!c.failed) {
		note->quoted_src_port = src_port;
		note->quoted_dst_port = dst_port;
	}
}

static void
quote_ipv4(struct icmp_note *note, struct cursor c)
{
	struct cursor start = c;
	const uint8_t *p = cursor_bytes(&c, 20);
	if (p == NULL || p[0] >> 4 != 4 || (p[0] & 0x0f) < 5) {
		return;
	}
	note->quoted_ttl = p[8];
	note->quoted_protocol = p[9];
	cursor_skip(&start, 12);
	note->quoted_src = address_read(&start, 4);
	note->quoted_dst = address_read(&start, 4);
	cursor_skip(&c, (p[0] & 0x0fu) * 4u - 20u);
	if ((p[6] & 0x1f) == 0 && p[7] == 0) {
		quote_ports(note, c);
	}
}

static void
quote_ipv6(struct icmp_note *note, struct cursor c)
{
	cursor_skip(&c, 6);
	uint8_t next = cursor_u8(&c);
	note->quoted_ttl = cursor_u8(&c);
	note->quoted_src = address_read(&c, 6);
	note->quoted_dst = address_read(&c, 6);
	for (int i = 0; i < LIMIT_IPV6_EXTENSIONS && !c.failed; i++) {
		if (next == 44) {
			next = cursor_u8(&c);
			cursor_skip(&c, 1);
			if ((cursor_u16(&c) & 0xfff8) != 0) {
				note->quoted_protocol = next;
				return; /* a later fragment: no ports */
			}
			cursor_skip(&c, 4);
		} else if (next == 0 || next == 43 || next == 60) {
			next = cursor_u8(&c);
			uint32_t units = cursor_u8(&c);
			cursor_skip(&c, 6 + units * 8);
		} else {
			note->quoted_protocol = next;
			quote_ports(note, c);
			return;
		}
	}
}

bool
decap_icmp4(struct layers *l, struct cursor c)
{
	struct cursor start = c;
	struct icmp_note note = {.ip = &l->info, .family = 4};
	note.type = cursor_u8(&c);
	note.code = cursor_u8(&c);
	cursor_skip(&c, 2);
	uint32_t rest = cursor_u32(&c);
	bool is_error = note.type == 3 || note.type == 4 || note.type == 5 || note.type == 11 ||
		note.type == 12;
	if (c.failed || !is_error) {
		decap_host(l);
		return true;
	}
	l->info.ghost = ghosts_note(&l->decap->ghosts, &l->info, l->ip_id, start.at,
		cursor_left(&start), false);
	if (note.type == 3 && note.code == 4) {
		note.mtu = rest & 0xffff;
	}
	quote_ipv4(&note, c);
	return send_note(l, &note);
}

/* The link-layer address in an NDP option of `kind`. */
static void
find_link_address(struct cursor options, uint8_t kind, struct neighbor_note *note)
{
	while (cursor_left(&options) >= 8) {
		uint8_t type = cursor_u8(&options);
		uint8_t units = cursor_u8(&options);
		if (units == 0) {
			return;
		}
		struct cursor value = cursor_take(&options, units * 8u - 2u);
		const uint8_t *mac = cursor_bytes(&value, MAC_SIZE);
		if (type == kind && units == 1 && mac != NULL) {
			note->has_mac = true;
			memcpy(note->mac, mac, MAC_SIZE);
			return;
		}
	}
}

static bool
decap_neighbor(struct layers *l, uint8_t type, uint32_t flags, struct cursor c)
{
	struct neighbor_note note = {.ip = &l->info};
	note.target = address_read(&c, 6);
	if (c.failed) {
		decap_host(l);
		return true;
	}
	static const struct address unspecified = {.family = 6};
	if (type == 135) {
		note.kind = NEIGHBOR_REQUEST;
		if (!address_equal(&l->info.src, &unspecified)) {
			note.sender = l->info.src;
			find_link_address(c, 1, &note);
		}
	} else {
		/* An answer has the solicited flag, or goes to one host. */
		bool solicited = (flags & 0x40000000) != 0 || l->info.dst.octets[0] != 0xff;
		note.kind = solicited ? NEIGHBOR_REPLY : NEIGHBOR_ANNOUNCE;
		note.sender = solicited ? l->info.src : note.target;
		find_link_address(c, 2, &note);
		if (!note.has_mac && l->info.has_mac) {
			note.has_mac = true;
			memcpy(note.mac, l->info.src_mac, MAC_SIZE);
		}
	}
	l->decap->sink.neighbor(l->decap->sink.ctx, &note);
	return true;
}

bool
decap_icmp6(struct layers *l, struct cursor c)
{
	struct cursor start = c;
	struct icmp_note note = {.ip = &l->info, .family = 6};
	note.type = cursor_u8(&c);
	note.code = cursor_u8(&c);
	cursor_skip(&c, 2);
	uint32_t rest = cursor_u32(&c);
	if (c.failed) {
		decap_host(l);
		return true;
	}
	l->info.ghost = ghosts_note(&l->decap->ghosts, &l->info, l->ip_id, start.at,
		cursor_left(&start), false);
	if (note.type == 135 || note.type == 136) {
		/* From a router's distance it is forged: RFC 4861, 7.1. */
		if (l->info.ttl != 255) {
			decap_host(l);
			return true;
		}
		return decap_neighbor(l, note.type, rest, c);
	}
	if (note.type == 0 || note.type >= 128) {
		decap_host(l);
		return true;
	}
	if (note.type == 2) {
		note.mtu = rest;
	}
	quote_ipv6(&note, c);
	return send_note(l, &note);
}

bool
decap_arp(struct layers *l, struct cursor c)
{
	uint16_t hardware = cursor_u16(&c);
	uint16_t protocol = cursor_u16(&c);
	uint8_t hardware_size = cursor_u8(&c);
	uint8_t protocol_size = cursor_u8(&c);
	uint16_t operation = cursor_u16(&c);
	if (hardware != 1 || protocol != 0x0800 || hardware_size != MAC_SIZE || protocol_size != 4 ||
	    (operation != 1 && operation != 2)) {
		return false;
	}
	struct neighbor_note note = {.ip = &l->info};
	struct cursor start = c;
	const uint8_t *mac = cursor_bytes(&c, MAC_SIZE);
	struct address sender = address_read(&c, 4);
	cursor_skip(&c, MAC_SIZE);
	struct address target = address_read(&c, 4);
	if (c.failed) {
		return false;
	}
	static const struct address unspecified = {.family = 4};
	bool probe = address_equal(&sender, &unspecified);
	l->info.src = probe ? (struct address){0} : sender;
	l->info.dst = target;
	l->info.ghost = ghosts_note(&l->decap->ghosts, &l->info, operation, start.at, 20, false);
	note.has_mac = true;
	memcpy(note.mac, mac, MAC_SIZE);
	if (!probe) {
		note.sender = sender;
	}
	note.target = target;
	if (!probe && address_equal(&sender, &target)) {
		note.kind = NEIGHBOR_ANNOUNCE;
	} else if (operation == 1) {
		note.kind = NEIGHBOR_REQUEST;
	} else {
		/* As in NDP, the target of an answer is the address that was asked for. */
		note.kind = NEIGHBOR_REPLY;
		note.target = sender;
	}
	l->decap->sink.neighbor(l->decap->sink.ctx, &note);
	return true;
}
