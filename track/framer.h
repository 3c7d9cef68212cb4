/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_FRAMER_H
#define BGPWHY_TRACK_FRAMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissect/bgp.h"

/*
 * Cuts one direction of a TCP stream into BGP messages (RFC 4271 section 4.1). It survives holes:
 * inside a message whose length is known it keeps its place, elsewhere it hunts for the next
 * marker. A message that lies whole in the octets given is handed on where it lies; only one that
 * is spread over several chunks is copied.
 */

/* Where an octet came from; the framer hands on that of a message's last octet. */
struct framer_origin {
	uint64_t frame, time_ns;
	uint32_t input;
};

struct framer_sink {
	void *ctx;
	/* `size` octets of a message whose header says `wire` octets (more than `size`: holes cut
	 * it). `seq_end` is the sequence number behind its last octet. */
	void (*message)(void *ctx, const uint8_t *bytes, size_t size, uint32_t wire,
		uint32_t seq_end, const struct framer_origin *origin);
	/* A header that cannot be: the hunt for the next marker begins. */
	void (*fault)(void *ctx, enum bgp_fault_code code, const uint8_t header[BGP_HEADER_SIZE],
		const struct framer_origin *origin);
	uint8_t *whole; /* room for BGP_EXTENDED_MESSAGE_MAX octets, in which the parts of a message come together */
};

struct framer_part; /* what waits for more octets */

/* Small: there may be 200,000 of these, and most are in step. */
struct framer {
	struct framer_part *part; /* NULL where nothing waits */
	uint16_t wanted; /* length of the message that is being gathered; 0: header not yet whole */
	uint16_t lost;   /* octets of it that holes took */
	uint16_t max;    /* the largest message that may come: 4096, 65535 with RFC 8654 or unknown */
	bool hunting;    /* looking for a marker */
};

void framer_init(struct framer *f, bool hunting);
void framer_finish(struct framer *f);
void framer_near(const struct framer *f); /* octets will come: what it needs for that is fetched */
void framer_bytes(struct framer *f, const struct framer_sink *sink, const uint8_t *bytes,
	size_t size, uint32_t seq, const struct framer_origin *origin);
void framer_gap(struct framer *f, const struct framer_sink *sink, uint32_t missing, uint32_t seq,
	const struct framer_origin *origin);
/* The stream is over: a message that is not whole is handed on as far as it goes. */
void framer_end(struct framer *f, const struct framer_sink *sink, uint32_t seq);

#endif
