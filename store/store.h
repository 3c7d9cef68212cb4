/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_STORE_STORE_H
#define BGPWHY_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "track/event.h"

/*
 * Events kept, and events given back. Nothing here says which database stands behind it. Errors are
 * one line that names the file.
 */

enum { STORE_ERROR_MAX = 512 };

struct store_error {
	char text[STORE_ERROR_MAX];
};

/* Called once when writing fails for the first time, with one line that names the file. The run
 * goes on; the sink's close() returns false. */
typedef void store_complain(void *ctx, const char *line);

/*
 * Opens or creates the database at `path` for one run and fills in `sink`, which wants snapshots.
 * The file is created if it does not exist; one that is no bgpwhy database, or of a newer schema,
 * or that another run is writing, is an error.
 *
 * flush() commits: what was said before it is on its way to the disk and seen by readers. A number
 * of events commits too. When writing fails, the events of the batch are lost and so are those that
 * follow, until a flush() (or a close()) finds that it can write again; how many were lost stands
 * in the database.
 */
bool store_open_writer(const char *path, store_complain *complain, void *ctx, struct sink *sink,
	struct store_error *error);

/*
 * Plays the events of all runs in `path` into the sinks, run after run, in the order of their `seq`,
 * and does not flush or close them. They are those that were written, to the last octet; the
 * numbers (seq, ids) are those of the run where the database holds one run only, else they are
 * shifted so that each is unique. Snapshots are not played; sessions, BFD sessions and findings
 * of a run that was killed or still goes on are said at its end as they stood last.
 *
 * `exit_status` is 1 where a session's verdict is not healthy or a finding has the severity
 * error, else 0: what the runs themselves gave is not kept. Nothing in the database is
 * changed, and a run may be writing it. False where not all could be read; what could be was played.
 */
bool store_replay(const char *path, const struct sink *sinks, size_t count, int *exit_status,
	struct store_error *error);

#endif
