/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_TRACK_H
#define BGPWHY_TRACK_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/flow.h"
#include "track/event.h"
#include "track/expect.h"

/*
 * The tracker: flows in, events out. It knows the sessions (pairs of addresses), runs a BGP state
 * machine for each speaker of each connection (RFC 4271 section 8) and a BFD one for each end
 * (RFC 5880 section 6.2), and names the causes. It is driven by packet time alone, so that the
 * same packets give the same events, live, from a file or through a pipe.
 */

struct track;

struct track_options {
	bool all_bfd_packets; /* -v: a bfd event for each packet, not only where something changes */
	bool several_inputs;  /* events name their input */
	const struct expect *expect; /* what the sessions are held against; NULL: nothing. Lives on */
	bool any_port; /* --any-port: calls that nobody answers cannot be seen */
	const uint16_t *ports; /* TCP ports of BGP; they live on. NULL: 179 alone */
	size_t port_count;
};

enum { TRACK_SINKS_MAX = 8 };

struct track *track_create(const struct track_options *options);
void track_destroy(struct track *track);

/* Before the first packet. The tracker does not own the sink and does not close it. */
void track_add_sink(struct track *track, const struct sink *sink);

/* What capture calls. */
const struct flow_sink *track_flow_sink(struct track *track);

/* An input begins (input number as in packet_info) or ends, each when it does: timers do not run for
 * what only an input that has ended has shown. */
void track_input_begin(struct track *track, uint32_t input, const char *name,
	const char *link_type, uint64_t time_ns, uint8_t time_digits);
/* What the capture does to certainty (bits), as it stands after capture_finish(). */
void track_input_artefacts(struct track *track, uint32_t input, uint32_t artefacts);

void track_input_end(struct track *track, uint32_t input, uint64_t packets, uint64_t dropped,
	uint32_t artefacts);

/* The input is deaf for a while (its interface is down) or hears again: timers do not run meanwhile
 * for what it has shown last, and silence is counted from its return. */
void track_input_away(struct track *track, uint32_t input, bool away, uint64_t now_ns);

/* How an input stands while it goes on: a snapshot of its capture event, for those that want them. */
void track_input_counts(struct track *track, uint32_t input, uint64_t packets, uint64_t dropped,
	uint32_t artefacts);

/* No further packet comes, of any input: what ends from now on (capture_finish) ends for lack of
 * packets. */
void track_inputs_over(struct track *track);

/* What has changed since goes to the sinks that want snapshots: how sessions stand now. Driven by the clock of
 * who looks, not by that of the packets: nobody reads a thousand of them a second. At most `most` are told (0: all), so that somebody may look
 * after other things in between; true where some are left. */
bool track_snapshots(struct track *track, size_t most);

/* Time goes on: timers run. Packet time in ns, never backwards. */
void track_tick(struct track *track, uint64_t now_ns);

/* The addresses of a session, or of a BFD session; false where there is none of this id (any more). */
bool track_session_pair(const struct track *track, uint64_t session, struct address pair[2]);
bool track_bfd_session_pair(const struct track *track, uint64_t bfd_session, struct address pair[2]);

/* Says that the database lacks events: `reason` as in struct event_lost, static storage. */
void track_lost(struct track *track, uint64_t events, const char *reason);

/* Says that packets were recorded, at the moment of `cause`, which is an event that is just being told: from the
 * sink that was added last, so that all others have heard it. */
void track_recorded(struct track *track, const struct event *cause, const struct event_recording *recording);

/* All inputs ended: the last findings, then session and bfd_session events, then the end of the
 * captures. Call track_input_end() for each input, track_inputs_over() and capture_finish() first. */
void track_finish(struct track *track);

/* 0 where every session seen is healthy and nothing was found to be an error, else 1; after
 * track_finish(). */
int track_exit_status(const struct track *track);

#endif
