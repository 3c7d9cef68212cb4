/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a live capture takes where the user says nothing: BGP, BFD, and the ARP, NDP and ICMP about
 * them. The words of libpcap's expressions see not into tunnels, and `vlan` neither on `any` nor, in a
 * long expression, where the kernel has taken one of two tags out of the packet. So there the octets
 * themselves are compared: at each place where the inner IP header may stand, its version, the protocol
 * and the ports. That costs some hundred instructions for a packet of a tunnel, and none of its other
 * packets is captured. A header that happens to look so costs one packet more.
 *
 * A tag of a received frame is in the packet's notes, not among its octets: without tags, for all that
 * is compared here. What is left is a second tag, and tags of what this host sends.
 */
#include <pcap/dlt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/source_private.h"

enum {
	/* In tags and tunnels at most so many ports are looked for: the kernel takes 4096 instructions. */
	INNER_PORTS = 4,
};

static const uint16_t bfd_ports[] = {3784, 3785, 4784, 6784, 7784};

/* Which TCP is looked for. */
struct wanted {
	const uint16_t *ports;
	size_t count;
	bool any;
};

struct text {
	char *at;
	size_t size, used;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text->at + text->used, text->size - text->used, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= text->size - text->used) {
		text->full = true;
		text->at[text->used] = '\0';
		return;
	}
	text->used += (size_t)n;
}

/* What the words can say. */
static void
add_plain(struct text *text, const struct wanted *wanted)
{
	if (wanted->any) {
		add(text, "tcp or ");
	}
	for (size_t i = 0; i < wanted->count && !wanted->any; i++) {
		add(text, "tcp port %u or ", (unsigned)wanted->ports[i]);
	}
	for (size_t i = 0; i < sizeof(bfd_ports) / sizeof(bfd_ports[0]); i++) {
		add(text, "udp port %u or ", (unsigned)bfd_ports[i]);
	}
	add(text, "arp or icmp or icmp6 or "
		  /* what has no ports: later fragments of either family */
		  "(ip and ip[6:2] & 0x1fff != 0) or (ip6 and ip6[6] = 44)");
}

/* "Octets from `at` on are an IP header without options, and behind it is BGP or BFD." */
static void
add_inner(struct text *text, const char *layer, unsigned at, const struct wanted *wanted)
{
	static const struct {
		unsigned version, protocol, header;
	} families[] = {{0x40, 9, 20}, {0x60, 6, 40}};
	add(text, "(");
	for (size_t i = 0; i < 2; i++) {
		unsigned protocol = at + families[i].protocol, inside = at + families[i].header;
		add(text, "%s(%s[%u] & 0xf0 = 0x%x and ((%s[%u] = 6 and (", i > 0 ? " or " : "", layer, at,
			families[i].version, layer, protocol);
		if (wanted->any) {
			add(text, "%s[%u] = 6", layer, protocol);
		}
		for (size_t k = 0; k < wanted->count && k < INNER_PORTS && !wanted->any; k++) {
			unsigned port = wanted->ports[k];
			add(text, "%s%s[%u:2] = %u or %s[%u:2] = %u", k > 0 ? " or " : "", layer, inside,
				port, layer, inside + 2, port);
		}
		add(text, ")) or (%s[%u] = 17 and (", layer, protocol);
		for (size_t k = 0; k < sizeof(bfd_ports) / sizeof(bfd_ports[0]); k++) {
			add(text, "%s%s[%u:2] = %u", k > 0 ? " or " : "", layer, inside + 2,
				(unsigned)bfd_ports[k]);
		}
		add(text, "))))");
	}
	add(text, ")");
}

static void
add_places(struct text *text, const char *layer, const unsigned *at, size_t places,
	const struct wanted *wanted)
{
	add(text, "(");
	for (size_t i = 0; i < places; i++) {
		add(text, "%s", i > 0 ? " or " : "");
		add_inner(text, layer, at[i], wanted);
	}
	add(text, ")");
}

#define PLACES(...) (const unsigned[]){__VA_ARGS__}, sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned)

/* Offsets are those of headers without options. */
static void
add_tunnels(struct text *text, const struct wanted *wanted)
{
	/* IPIP and 6in4. */
	add(text, "((ip[9] = 4 or ip[9] = 41) and ");
	add_places(text, "ip", PLACES(20), wanted);
	/* GRE, with a key; then Ethernet in both; ERSPAN type II. */
	add(text, ") or (ip[9] = 47 and ");
	add_places(text, "ip", PLACES(24, 28, 38, 42, 50), wanted);
	/* VXLAN and Geneve; with a tag inside. */
	add(text, ") or ((udp dst port 4789 or udp dst port 8472 or udp dst port 6081) and ");
	add_places(text, "udp", PLACES(30, 34), wanted);
	/* The same over IPv6. */
	add(text, ") or ((ip6[6] = 4 or ip6[6] = 41) and ");
	add_places(text, "ip6", PLACES(40), wanted);
	add(text, ") or (ip6[6] = 47 and ");
	add_places(text, "ip6", PLACES(44, 48), wanted);
	add(text, ") or (ip6[6] = 17 and (ip6[42:2] = 4789 or ip6[42:2] = 6081) and ");
	add_places(text, "ip6", PLACES(70), wanted);
	add(text, ")");
}

/* What stands between the link's header and IP: tags and labels. `type` is where the first EtherType is,
 * `ip` where IP stands behind one tag. */
static void
add_link(struct text *text, const char *layer, unsigned type, unsigned ip, const struct wanted *wanted)
{
	add(text, " or (%s[%u:2] = 0x8847 and ", layer, type);
	add_places(text, layer, PLACES(ip, ip + 4, ip + 8), wanted);
	add(text, ") or ((%s[%u:2] = 0x8100 or %s[%u:2] = 0x88a8 or %s[%u:2] = 0x9100) and (", layer, type,
		layer, type, layer, type);
	for (unsigned at = ip; at <= ip + 8; at += 4) {
		/* ARP, ICMP, ICMPv6. */
		add(text, "%s[%u:2] = 0x0806 or (%s[%u:2] = 0x0800 and %s[%u] = 1) or "
			  "(%s[%u:2] = 0x86dd and %s[%u] = 58) or ",
			layer, at - 2, layer, at - 2, layer, at + 9, layer, at - 2, layer, at + 6);
	}
	add_places(text, layer, PLACES(ip, ip + 4, ip + 8), wanted);
	add(text, "))");
}

bool
source_default_filter(int link_type, const uint16_t *ports, size_t count, bool any_port, char *out,
	size_t size)
{
	static const uint16_t bgp = 179;
	const struct wanted *wanted = &(struct wanted){
		.ports = count > 0 ? ports : &bgp,
		.count = count > 0 ? count : 1,
		.any = any_port,
	};
	struct text text = {.at = out, .size = size, .full = size == 0};
	if (text.full) {
		return false;
	}
	add(&text, "(");
	add_plain(&text, wanted);
	add(&text, ") or ");
	add_tunnels(&text, wanted);
	switch (link_type) {
	case DLT_EN10MB:
		add_link(&text, "ether", 12, 18, wanted);
		break;
	case DLT_LINUX_SLL2:
		add_link(&text, "link", 0, 24, wanted);
		break;
	case DLT_LINUX_SLL:
		add_link(&text, "link", 14, 20, wanted);
		break;
	default:
		break;
	}
	return !text.full;
}
