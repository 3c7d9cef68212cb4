/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_FLOW_H
#define BGPWHY_CAPTURE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissect/address.h"

/*
 * What capture hands on: packets that were taken out of their links and tunnels, the facts of each
 * TCP connection, and the octets of each direction in order. Everything that a callback is given is
 * borrowed and good until it returns, but `struct conn`, which lives until `conn_end`.
 */

/* The packet, below TCP and UDP. */
struct packet_info {
	/* Since 1970-01-01, UTC, as the capture has it; after a clock that was set back, ahead of that,
	 * so that time does not run backwards: see flow_sink.clock. */
	uint64_t time_ns;
	uint64_t frame;   /* number in its input, from 1 */
	uint32_t input;   /* which -r or -i, from 0 */
	struct address src, dst; /* the innermost ones */
	uint8_t ttl;             /* or hop limit */
	uint8_t protocol;        /* of the innermost IP header */
	bool has_mac;
	uint8_t src_mac[6], dst_mac[6];
	int8_t outgoing; /* 1 sent by this host, 0 received, -1 unknown (only cooked links tell) */
	uint16_t vlan;   /* 0: none */
	bool cut;        /* the snaplen cut it */
	bool fragment;   /* it was put together from fragments */
	bool dont_fragment;
	bool ghost;      /* a second copy of the frame just before it, by a mirror or `any` */
	uint32_t ip_length; /* octets of the IP packet, header included, as its header says */
};

enum seg_flag {
	SEG_FIN = 0x01,
	SEG_SYN = 0x02,
	SEG_RST = 0x04,
	SEG_PSH = 0x08,
	SEG_ACK = 0x10,
	SEG_URG = 0x20,
};

enum seg_option {
	SEG_OPT_MD5 = 0x01, /* kind 19, RFC 2385 */
	SEG_OPT_AO = 0x02,  /* kind 29, RFC 5925 */
	SEG_OPT_TIMESTAMP = 0x04,
	SEG_OPT_SACK = 0x08,
	SEG_OPT_MSS = 0x10,
};

/* What the keys given say about the digest of a segment (RFC 2385, RFC 5925). */
enum seg_auth {
	SEG_AUTH_NONE,      /* it carries none, or no key was given */
	SEG_AUTH_UNCHECKED, /* it cannot be verified from this capture */
	SEG_AUTH_GOOD,      /* made with one of the keys */
	SEG_AUTH_BAD,       /* made with none of them */
};

enum { TCP_AUTH_KEYS_MAX = 8 };

/* One TCP segment. */
struct seg {
	const struct packet_info *ip;
	uint32_t seq, ack;
	uint32_t wire_len; /* octets of payload on the wire */
	uint32_t cap_len;  /* … that the capture holds */
	uint32_t window;   /* scaled where the scale is known */
	uint16_t mss;      /* of a SYN; 0 where there is none */
	uint8_t dir;       /* the side that sent it: index into conn->side */
	uint8_t flags;     /* enum seg_flag */
	uint8_t options;   /* enum seg_option */
	uint8_t ao_key_id, ao_next_key_id; /* with SEG_OPT_AO */
	uint8_t auth; /* enum seg_auth; told to segment() and change() only where keys were given */
	uint8_t auth_key; /* with SEG_AUTH_GOOD: which of the keys, from 0 */
	uint32_t timestamp; /* TSval, with SEG_OPT_TIMESTAMP */
	bool checksum_bad;
	bool retransmission; /* all of its payload (or its SYN) was sent before */
	bool beyond_window; /* so far ahead that its receiver drops it (RFC 9293, 3.10.7.4) */
	bool keepalive_probe; /* one octet or none below what was acknowledged */
	const uint8_t *tcp;  /* the TCP header as captured */
	uint16_t tcp_header_len;
	const uint8_t *data; /* cap_len octets */
	uint16_t payload_sum; /* of `data`, as TCP's checksum counts; to tell copies that differ */
};

/* The facts of one side of a connection; kept whichever engine orders the octets. What every segment
 * touches stands first: there may be 100,000 of these, and each cache line of them costs. */
struct conn_side {
	struct address addr;
	uint8_t ttl_first, ttl_min; /* ttl_min without that of RSTs */
	uint8_t window_scale;
	uint8_t options_seen; /* enum seg_option, over all its segments */
	bool has_acked;
	bool seen;
	bool window_zero;
	uint16_t port;
	uint16_t mss;
	uint32_t next_seq; /* behind the highest octet it sent (SYN and FIN count) */
	uint32_t acked;    /* the highest ACK that it sent */
	uint32_t segments, data_segments;
	uint32_t isn; /* of its SYN, where syn_count > 0 */
	uint64_t last_ns, last_frame;
	uint64_t bytes; /* of new payload */
	uint16_t syn_count, synack_count, rst_count, fin_count; /* 65535: or more */
	uint64_t first_syn_frame, first_syn_ns, first_synack_frame;
	uint64_t window_zero_since_ns, window_zero_frame;
};

enum { CONN_NO_CLIENT = -1 };

struct conn {
	uint64_t id; /* in order of appearance, from 1 */
	struct conn_side side[2];
	int8_t client;       /* the side that sent the first SYN, or CONN_NO_CLIENT */
	int8_t service;      /* the side whose port is BGP's; -1: both or neither */
	bool midstream;      /* the capture does not hold the handshake */
	bool handshake;      /* SYN, SYN-ACK and ACK were all seen */
	bool simultaneous;   /* both sent a SYN without ACK */
	bool one_direction;  /* only one side was ever seen */
	void *user;          /* the receiver's */
	void *stream;        /* the reassembly engine's */
};

/* What changes in a connection; `at` is the segment that says so, NULL for a timeout. */
enum conn_change {
	CONN_NEW,         /* first segment of this 4-tuple (or of its reuse) */
	CONN_SYN,         /* a SYN, the first or a retry */
	CONN_SYNACK,
	CONN_ESTABLISHED, /* the handshake is done */
	CONN_MIDSTREAM,   /* data or ACKs without a handshake */
	CONN_REFUSED,     /* RST in answer to the SYN */
	CONN_FIN,         /* the first FIN of a side */
	CONN_RST,         /* a RST that its receiver takes */
	CONN_RST_INEXACT, /* one within the window and not at the next octet: RFC 5961 has it asked back */
	CONN_RST_IGNORED, /* a RST that no receiver would accept */
	CONN_WINDOW_ZERO, /* a side closes its window */
	CONN_WINDOW_OPEN,
	CONN_OVERLAP,     /* a retransmission whose octets differ from the first copy */
	CONN_UNREAD,      /* the strict engine alone: it does not take these octets, or not yet */
	CONN_EVICTED,     /* the table was full */
	CONN_END,         /* last word: closed, evicted, idle too long, or the capture ended */
};

enum gap_why {
	GAP_ACKED,  /* the peer acknowledged it: the capture lost it, not the network */
	GAP_BUDGET, /* too much waits behind it */
	GAP_TIME,   /* it did not come within the time allowed */
	GAP_END,    /* the connection or the capture ended */
	GAP_CUT,    /* the snaplen cut the packet */
};

/*
 * What a strict receiver makes of one direction of a connection, beside ours (stream_check.c). The
 * words are chosen so that nobody is accused: STOPPED is only said where the octets were on the
 * wire and a receiver that keeps to the letter would not have read on.
 */
enum check_result {
	CHECK_AGREE,   /* both read the same octets, all there are */
	CHECK_STOPPED, /* a strict receiver stopped there */
	CHECK_OUTSIDE, /* the capture does not show what a strict receiver needs */
};

enum check_reason {
	CHECK_NO_REASON,
	CHECK_OVERLAP,    /* copies of the same octets differ */
	CHECK_WINDOW,     /* outside the window that the receiver had advertised */
	CHECK_TIMESTAMP,  /* its timestamp is older than one before (RFC 7323, 5.3) */
	CHECK_HOLE,       /* octets that never came, and were never acknowledged */
	CHECK_RESET,      /* after a RST that a strict receiver takes */
	CHECK_CLOSED,     /* after both had closed */
	CHECK_MIDSTREAM,  /* the capture begins inside the connection */
	CHECK_ONE_DIRECTION,
	CHECK_HANDSHAKE,  /* it lacks a packet of the handshake, or has them in another order */
	CHECK_SYN_DATA,   /* data in the SYN (RFC 7413) */
	CHECK_CUT,        /* the snaplen cut a packet */
	CHECK_LOSS,       /* acknowledged, yet not in the capture */
	CHECK_ORDER,      /* the capture has the acknowledgement before the octets */
	CHECK_LATE,       /* they came after our engine had given them up */
	CHECK_QUEUE,      /* libnids keeps 64 KiB behind a hole, no more */
	CHECK_LIMIT,      /* a limit of this program was reached (limits.h) */
	CHECK_END,        /* the capture ends before it can be told */
	CHECK_UNEXPLAINED,
	CHECK_REASON_COUNT,
};

struct check_note {
	int dir;
	enum check_result result;
	enum check_reason reason;
	uint64_t bytes; /* of payload, from the first one of the direction on, that both read alike */
	uint64_t time_ns, frame; /* where it stopped, or was seen; else the last one of the direction */
	uint32_t input;
};

struct datagram {
	const struct packet_info *ip;
	uint16_t src_port, dst_port;
	const uint8_t *data;
	uint32_t cap_len, wire_len;
};

/* An ICMP or ICMPv6 error that quotes a packet. */
struct icmp_note {
	const struct packet_info *ip; /* src: who complains */
	uint8_t family;               /* 4 or 6 */
	uint8_t type, code;
	uint8_t quoted_protocol;      /* 6 TCP, 17 UDP; 0: it lies behind the cut of the capture */
	struct address quoted_src, quoted_dst;
	uint16_t quoted_src_port, quoted_dst_port; /* 0 where they are not there */
	uint8_t quoted_ttl;
	uint32_t mtu; /* 3/4 and ICMPv6 2/0, else 0 */
};

enum neighbor_kind { NEIGHBOR_REQUEST, NEIGHBOR_REPLY, NEIGHBOR_ANNOUNCE };

/* ARP (RFC 826) and NDP (RFC 4861) alike. */
struct neighbor_note {
	const struct packet_info *ip; /* time and frame; src and dst may be unset */
	enum neighbor_kind kind;      /* ANNOUNCE: gratuitous */
	struct address sender;        /* unset in a probe */
	struct address target;
	bool has_mac;
	uint8_t mac[6]; /* of the sender (request, announce) or the target's owner (reply) */
};

/* All of a thing will be used soon: its cache lines are fetched at once, not one after the other. NULL is no
 * thing. What a sink has is fetched by this, too: see `user_size` and `expect` below. */
static inline void
near_fetch(const void *thing, size_t size)
{
	enum { LINE = 64 };
	const char *p = thing;
	for (size_t at = 0; p != NULL && at < size; at += LINE) {
		__builtin_prefetch(p + at, 1);
	}
}

/* What the receiver of all this gives; every function is called, and none may be NULL that does not say so. */
struct flow_sink {
	void *ctx;
	/* Of what conn.user points to: it is brought near before a segment comes (0: it is not), and then by near(), which may
	 * be NULL, what it leads to, and, a packet later, with `last`, what that leads to. */
	size_t user_size;
	void (*near)(void *ctx, void *user, bool last);
	/* Each TCP segment, before its octets; facts of `conn` include it already. */
	void (*segment)(void *ctx, struct conn *conn, const struct seg *seg);
	void (*change)(void *ctx, struct conn *conn, enum conn_change change, int dir,
		const struct seg *at);
	/* Octets in order. `seq` is the sequence number of the first one, `from` the packet that
	 * brought their first copy. */
	void (*bytes)(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size,
		uint32_t seq, const struct packet_info *from);
	/* `missing` octets from `seq` on are not in the capture. */
	void (*gap)(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing,
		enum gap_why why, const struct packet_info *at);
	/* Once for each direction, before its CONN_END; from the strict engine and --check alone. */
	void (*check)(void *ctx, struct conn *conn, const struct check_note *note);
	void (*bfd)(void *ctx, const struct datagram *datagram);
	void (*icmp)(void *ctx, const struct icmp_note *note);
	void (*neighbor)(void *ctx, const struct neighbor_note *note);
	/* Every other IP packet: its source is alive. */
	void (*host)(void *ctx, const struct packet_info *ip);
	/* The times of packets in [from_ns, to_ns) are ahead of those in the capture by `offset_ns`, modulo
	 * 2^64: the clock was set back (`to_ns` is UINT64_MAX) or one packet has a wrong time. May be
	 * NULL. */
	void (*clock)(void *ctx, uint64_t from_ns, uint64_t to_ns, uint64_t offset_ns);
	/* A BFD packet between these two comes in some packets, mostly: what it needs may be brought near meanwhile.
	 * Nothing else may come of it. `expects`: whether that is of use now. Both may be NULL, or neither. */
	bool (*expects)(void *ctx);
	void (*expect)(void *ctx, const struct address *src, const struct address *dst);
};

#endif
