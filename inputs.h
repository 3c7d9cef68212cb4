/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_INPUTS_H
#define BGPWHY_INPUTS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "capture/capture.h"
#include "options.h"
#include "record/record.h"
#include "track/track.h"

/*
 * All that packets come from in one run: files or interfaces, merged into one time line, and -w, where
 * they go to. Driven by the poll loop of main.
 */

struct inputs;

/* How the user is told. `lasting`: it holds until the next word (an interface is away). */
struct inputs_talk {
	void *ctx;
	void (*complain)(void *ctx, const char *line);            /* an error: exit status 2 */
	void (*notice)(void *ctx, const char *line, bool lasting); /* worth knowing, and no error */
};

enum inputs_step {
	INPUTS_PACKET, /* a packet went through the house */
	INPUTS_BUSY,   /* none did, but there is more to read */
	INPUTS_WAIT,   /* nothing now: inputs_poll(), then inputs_tick() */
	INPUTS_END,
};

/* Opens everything. NULL, and the user was told, where there is nothing to look at. */
struct inputs *inputs_open(const struct options *options, const struct inputs_talk *talk);
void inputs_destroy(struct inputs *inputs);

/* Opens -w; false where it cannot be had. Before root is given up. */
bool inputs_open_writer(struct inputs *inputs);

/* --record: it hears every packet, too. NULL: nobody does. */
void inputs_record(struct inputs *inputs, struct recorder *recorder);

/* Whoever hears the octets of the options' file `file` as they are read, as source_listen() has it; before the first
 * packet. */
void inputs_listen(struct inputs *inputs, size_t file, source_listener *listener, void *ctx);
/* Wherever their packets ended, the files are read to their ends for who listens: a piece of it. False when that is all. */
bool inputs_listen_on(struct inputs *inputs);

/* Where the packets go; interfaces begin now, files with their first packet. Neither is owned. */
void inputs_begin(struct inputs *inputs, struct capture *capture, struct track *track);

enum inputs_step inputs_next(struct inputs *inputs);

/* What to poll for, at most `inputs_count()` entries, and for how long. */
size_t inputs_poll(struct inputs *inputs, struct pollfd *fds, unsigned *timeout_ms);
size_t inputs_count(const struct inputs *inputs);

/* No packet came for now: time goes on all the same where it can be known. */
void inputs_tick(struct inputs *inputs);

/* About once a second: the counts so far go out, -w is written. */
void inputs_flush(struct inputs *inputs);

/* No more is read: each input ends. */
void inputs_end(struct inputs *inputs);

/* Whether no input has turned out to be a capture at all. */
bool inputs_are_nothing(const struct inputs *inputs);

int inputs_progress(const struct inputs *inputs); /* percent; -1 where there is no end in sight */
bool inputs_are_mixed(const struct inputs *inputs); /* more than one link type may come */
bool inputs_are_live(const struct inputs *inputs); /* more comes as time goes on */

/* The last octets of -w; errors are told. */
void inputs_close_writer(struct inputs *inputs);

#endif
