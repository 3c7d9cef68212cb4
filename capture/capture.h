/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_CAPTURE_H
#define BGPWHY_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/flow.h"
#include "capture/source.h"

/*
 * From packets to flows: decapsulation, the connection table, reassembly. One object for a run; it
 * takes the packets of all inputs in the order of their time. One whose time is far from the one before
 * it is kept back until the next one comes.
 */

enum capture_engine {
	CAPTURE_ENGINE_NATIVE,
	CAPTURE_ENGINE_NIDS,
	CAPTURE_ENGINE_CHECK, /* both, compared; the native one's octets go on */
};

enum { CAPTURE_PORTS_MAX = 32 };

struct capture_options {
	enum capture_engine engine;
	uint16_t ports[CAPTURE_PORTS_MAX]; /* BGP's, 179 included */
	size_t port_count;
	bool any_port; /* BGP on other ports, too, found by its marker */
	size_t max_connections; /* 0: the default of limits.h */
	const char *keys[TCP_AUTH_KEYS_MAX]; /* to verify TCP MD5 and TCP-AO with */
	size_t key_count;
};

/* What the capture itself does to the certainty of what it shows: part E of the catalogue. */
enum capture_artefact {
	ARTEFACT_MIDSTREAM = 1 << 0,     /* "midstream" */
	ARTEFACT_KERNEL_DROPS = 1 << 1,  /* "kernel-drops" */
	ARTEFACT_CAPTURE_LOSS = 1 << 2,  /* "capture-loss": acknowledged, yet not in the capture */
	ARTEFACT_SNAPLEN = 1 << 3,       /* "snaplen" */
	ARTEFACT_DUPLICATES = 1 << 4,    /* "duplicates" */
	ARTEFACT_ONE_DIRECTION = 1 << 5, /* "one-direction" */
	ARTEFACT_CHECKSUM = 1 << 6,      /* "checksum-offload" */
	ARTEFACT_OFFLOAD = 1 << 7,       /* "segment-offload": segments above the MTU */
	ARTEFACT_CLOCK = 1 << 8,         /* "clock-step" */
	ARTEFACT_PORT_REUSE = 1 << 9,    /* "port-reuse" */
	ARTEFACT_CANDIDATES = 1 << 10,   /* "evicted-candidates": of --any-port */
	ARTEFACT_AWAY = 1 << 11,         /* "interface-down": meanwhile nothing could be captured */
	ARTEFACT_FRAGMENTS = 1 << 12,    /* "evicted-fragments": too many datagrams in pieces at once */
	ARTEFACT_LAYERS = 1 << 13,       /* "too-deep": headers beyond LIMIT_LAYERS or LIMIT_IPV6_EXTENSIONS */
};

struct capture;

struct capture *capture_create(const struct capture_options *options,
	const struct flow_sink *sink, struct capture_error *error);
void capture_destroy(struct capture *capture);

/* One packet of input number `input`. Returns whether it belongs to a BGP or BFD session or is ARP,
 * NDP or ICMP (that is, whether -w keeps it). */
bool capture_packet(struct capture *capture, uint32_t input, const struct packet *packet);

/* A packet that source_ahead() knows of, each in turn: a hint, and no more. It is worth asking for where there is more
 * than a processor keeps near by itself. */
bool capture_looks_ahead(const struct capture *capture);
void capture_expect(struct capture *capture, const struct packet *packet);

/* No packet is there for now: what waited for the next one to tell its time goes on. */
void capture_pause(struct capture *capture);

/* Time goes on without packets: grace periods run out. `now_ns` is that of the clock that the packets
 * are stamped with; returns it as packet_info has times. */
uint64_t capture_tick(struct capture *capture, uint64_t now_ns);

/* The end of all inputs: what waits behind holes is handed on, connections end (CONN_END). */
void capture_finish(struct capture *capture);

/* The kernel or the capturing program dropped packets (source_counts): an artefact, too. */
void capture_note_drops(struct capture *capture);
/* An interface was down or gone for some time. */
void capture_note_away(struct capture *capture);

uint32_t capture_artefacts(const struct capture *capture); /* enum capture_artefact bits */
const char *capture_artefact_key(enum capture_artefact artefact);

#endif
