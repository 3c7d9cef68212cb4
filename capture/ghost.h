/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_GHOST_H
#define BGPWHY_CAPTURE_GHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/flow.h"
#include "capture/limits.h"
#include "dissect/siphash.h"

/*
 * Ghosts: a mirror port that copies both ways, or `any` on a host with bridges, gives each frame
 * twice within microseconds. The IP identification and all of the transport header agree; a
 * retransmission has another identification or comes later. The TTL is left out of the comparison,
 * since the two copies may be taken before and after a router.
 */
struct ghosts {
	struct siphash_seed seed;
	uint64_t seen; /* copies so far of which there is no doubt */
	uint32_t count; /* packets so far, modulo 2^32 and never 0 again */
	/* By fingerprint: the number of the last packet; 0: none. Four times the packets, so that a new one
	 * mostly finds nobody in its place. */
	uint32_t newest[4 * LIMIT_GHOSTS];
	struct {
		uint64_t print, time_ns;
		uint32_t before; /* the number of the one before it with the same place in `newest` */
	} packet[LIMIT_GHOSTS]; /* the last ones, by their number */
};

/* Notes the packet; true where it was seen before, within GHOST_WINDOW_NS. `start` is the transport
 * header; at most its first `size` octets (64 are enough) are compared. `weak`: the host may well
 * send the same twice (Linux answers a SYN and retransmits that SYN-ACK within microseconds, both
 * with identification 0); then it is a copy only if this capture has shown copies before. */
bool ghosts_note(struct ghosts *ghosts, const struct packet_info *ip, uint32_t ip_id,
	const uint8_t *start, size_t size, bool weak);

#endif
