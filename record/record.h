/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_RECORD_RECORD_H
#define BGPWHY_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/flow.h"
#include "capture/source.h"
#include "record/limits.h"
#include "track/track.h"

/*
 * The flight recorder: the last minutes of the packets of all sessions are in memory, and when one leaves
 * Established, or an error is found, those of this pair of addresses go into a capture of their own, and so do
 * those that follow for a while. It hears the packets twice: as they are, before they go through the house,
 * and as flows, which tell whose they are; and it is a sink, which hears why.
 */

struct record_options {
	const char *folder; /* NULL: nothing is recorded by itself; recorder_save() alone */
	uint64_t before_ns, after_ns;
	uint64_t keep_octets, keep_files; /* of all recordings in the folder; the oldest are removed */
	int snaplen;
	bool mixed; /* packets may have several link types: pcapng */
	bool any_port; /* what is kept and nobody's may be of any connection: it is nobody's business */
};

struct record_talk {
	void *ctx;
	void (*complain)(void *ctx, const char *line);             /* an error: exit status 2 */
	void (*notice)(void *ctx, const char *line, bool lasting); /* worth knowing, and no error */
};

struct recorder;

/* Makes the folder where there is none; `*made` says so. NULL on error. */
struct recorder *recorder_create(const struct record_options *options, const struct record_talk *talk, bool *made,
	struct capture_error *error);
/* Ends what goes on; takes NULL. */
void recorder_destroy(struct recorder *recorder);

/* The folder, for its owner to be changed. */
int recorder_folder(const struct recorder *recorder);
/* Whether it can write there, after root was given up; complains if not. */
bool recorder_check(struct recorder *recorder);

/* What capture calls: it notes whose a packet is, and hands it on to `inner`. */
const struct flow_sink *recorder_flow_sink(struct recorder *recorder, const struct flow_sink *inner);
/* The last sink of the tracker: it says what was recorded while the others have heard why. */
struct sink recorder_sink(struct recorder *recorder, struct track *track);

/* Around capture_packet(), which tells `kept`. */
void recorder_packet(struct recorder *recorder, uint32_t input, const char *name, const struct packet *packet);
void recorder_packet_done(struct recorder *recorder, bool kept);
/*
 * What is in memory of a pair of addresses, into a new file in the working directory; one that is there is an
 * error (EEXIST in errno). `*whole`: nothing had to give way before its time, so it is all there was.
 */
bool recorder_save(struct recorder *recorder, const struct address pair[2], const char *file, uint64_t *packets,
	bool *whole, struct capture_error *error);
/* Time goes on without packets, in the time of packet_info. */
void recorder_tick(struct recorder *recorder, uint64_t now_ns);

#endif
