/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_LIMITS_H
#define BGPWHY_CAPTURE_LIMITS_H

/*
 * Every bound of this room, with its reason. Hostile and broken captures must cost no more memory
 * or time than these say; what reaches one is reported, never dropped in silence.
 */

enum {
	/* Files. The largest packet that a record may hold: libpcap's own bound is 256 KiB; BIG TCP
	 * makes 512 KiB. A greater length is damage. */
	LIMIT_PACKET = 1 << 20,
	/* One read: large enough that system calls do not count, small enough to stay in the cache. */
	LIMIT_READ = 1 << 18,
	/* Compressed octets read at once. */
	LIMIT_READ_PACKED = 1 << 16,
	/* A pcapng section or interface block: its options are comments, kilobytes at most. */
	LIMIT_PCAPNG_HEADER = 1 << 20,
	/* Interfaces of a pcapng section; a merge of many files has hundreds. */
	LIMIT_PCAPNG_INTERFACES = 1 << 16,
	/* zstd's window (2^27), its own default: what a file may make us allocate. */
	LIMIT_ZSTD_WINDOW_LOG = 27,

	/* Decapsulation: headers of links, tunnels and IP in one packet. Real ones have six. */
	LIMIT_LAYERS = 24,
	LIMIT_IPV6_EXTENSIONS = 12,

	/* Fragments: datagrams under way at once (64 KiB each at most: 8 MiB in all). */
	LIMIT_FRAGMENT_DATAGRAMS = 128,

	/* Connections: 131,072 are some 90 MiB; a SYN flood stays under that. */
	LIMIT_CONNECTIONS = 1 << 17,
	/* Closed ones that linger for late segments. */
	LIMIT_LINGERING = 1 << 14,

	/* --any-port. Connections of which it is not known, or was found out, whether they are BGP. */
	LIMIT_CANDIDATES = 1 << 16,
	/* What is kept of one until it is known: SYNs and SYN-ACKs that are sent again and again. */
	LIMIT_CANDIDATE_SEGMENTS = 64,
	LIMIT_CANDIDATE_OCTETS = 32 << 10,
	LIMIT_CANDIDATES_OCTETS = 16 << 20, /* … of all of them */
	/* Octets searched where a connection is joined in the middle: two of the longest messages. */
	LIMIT_CANDIDATE_SEARCH = 128 << 10,
	/* Endpoints that were found to speak BGP: calls to them are shown from the SYN on. */
	LIMIT_LEARNED = 256,

	/* Reassembly. TCP windows reach 16 MiB; what waits behind one hole need not be more, since the
	 * grace below gives most holes up within 8 segments. */
	LIMIT_BUFFERED_DIRECTION = 4 << 20,
	LIMIT_BUFFERED = 32 << 20,
	/* Pieces of one direction: bounds the cost of an insertion in the middle. */
	LIMIT_PIECES = 4096,
	/* A hole that the peer has acknowledged: this many later segments and CONN_REORDER_NS (in a burst
	 * eight segments pass in microseconds), the larger number at once, or HOLE_GRACE_NS. */
	LIMIT_HOLE_SEGMENTS = 8,
	LIMIT_HOLE_SEGMENTS_MAX = 64,
	/* An ACK further ahead of the last octet seen is no evidence but noise: the largest window. */
	LIMIT_ACK_AHEAD = 16 << 20,
	/* Segments beyond the receiver's window that are dropped, as it does, until it acknowledges
	 * anything: if more come, the capture has lost what opened the window. */
	LIMIT_BEYOND_WINDOW = 8,
	/* A segment further ahead than any window (2^30) belongs to something else. */
	LIMIT_SEQ_AHEAD = 1 << 30,

	/* Delivered segments of a direction whose sums are kept to notice a retransmission that
	 * differs. */
	LIMIT_RECENT = 4,
	/* libnids (--engine nids, --check). Connections at once: its pool is of fixed size, 264 octets
	 * each, and what we keep beside it is twice that. */
	LIMIT_NIDS_CONNECTIONS = 1 << 15,
	/* Octets in its queues behind holes, over all connections. The one that goes beyond is let
	 * go, and told to be outside its domain. */
	LIMIT_NIDS_QUEUED = 32 << 20,
	/* Packets remembered for octets that it has not handed on: of a direction, and in all. */
	LIMIT_NIDS_ORIGINS_DIRECTION = 512,
	LIMIT_NIDS_ORIGINS = 1 << 16,
	/* --check. Octets that one engine has handed on and the other has not, of one direction:
	 * libnids keeps 64 KiB behind a hole, so beyond this they do not meet again. */
	LIMIT_CHECK_DIRECTION = 1 << 18,
	/* The last octets of a direction that later copies are compared with. */
	LIMIT_CHECK_HISTORY = 1 << 14,
	/* Both, over all connections. */
	LIMIT_CHECK_BUFFERED = 32 << 20,

	/* The packets that copies are compared with, as a mirror makes them. */
	LIMIT_GHOSTS = 1024,
	/* An IP packet longer than the largest jumbo frame was made by segmentation offload. */
	LIMIT_MTU = 9216,
	/* Segments with payload each way (an OPEN, and what follows) of a connection on which both spoke. */
	CONN_SPOKE = 2,
};

#define LIMIT_MS 1000000ull
#define LIMIT_S 1000000000ull

/* Reordering inside the capture or on parallel links lasts less. */
#define HOLE_GRACE_NS (100 * LIMIT_MS)
/* No ACK in sight (one direction): a retransmission comes within seconds or not at all. */
#define HOLE_WAIT_NS (3 * LIMIT_S)
/* The peer talks, but not past the hole: the sender retransmits with a growing timeout. */
#define HOLE_WAIT_MAX_NS (60 * LIMIT_S)

/* RFC 791 and RFC 8200: reassembly is given up after 15 to 60 seconds. */
#define FRAGMENT_WAIT_NS (30 * LIMIT_S)

/* For late segments after both FINs; a RST; a refusal (Windows tries thrice, 0.5 s apart). */
#define CONN_LINGER_CLOSED_NS (30 * LIMIT_S)
#define CONN_LINGER_RESET_NS (10 * LIMIT_S)
#define CONN_LINGER_REFUSED_NS (1 * LIMIT_S)
/* After the RST of a connection on which both spoke: KEEPALIVEs come every minute at the usual hold time of 180 s (RFC 4271
 * section 10), and would show that the RST was none of its sender's; and who does not take the RST sends again,
 * with pauses that double up to a minute or two (RFC 6298 section 5.5). */
#define CONN_LINGER_LIVED_NS (90 * LIMIT_S)
/* What its receiver had sent before the RST reached it comes no later. */
#define CONN_RESET_CROSSED_NS (1 * LIMIT_S)
/* SYNs retry for 127 s in Linux, 75 s in BSD. */
#define CONN_HALF_OPEN_NS (180 * LIMIT_S)
/* With hold time 0 nothing need be sent; a week bounds it all the same. (A clock that was set ahead by a
 * day must not end what goes on.) */
#define CONN_IDLE_NS (7 * 86400 * LIMIT_S)
/* The order of use is kept to this: finer costs a cache miss a packet. */
#define CONN_USE_GRAIN_NS (250 * LIMIT_MS)
/* A segment below the highest one is out of order if that came less than this before it: how far queues
 * of a card and processors disagree. */
#define CONN_REORDER_NS (3 * LIMIT_MS)

/* Mirrors and `any` give the copies of a frame within this. */
#define GHOST_WINDOW_NS (1 * LIMIT_MS)
/* Several queues of one card disagree by less; more is a clock that was set. */
#define CLOCK_STEP_NS (1 * LIMIT_S)
/* A jump ahead by more may be one wrong time stamp: the smallest hold time, and so the smallest error
 * that could let a timer of BGP run out. */
#define CLOCK_JUMP_NS (3 * LIMIT_S)

#endif
