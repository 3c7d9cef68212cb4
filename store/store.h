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

/* Called in flush(), where events were let go because they came faster than they could be written: how many since
 * it was called last, and why (as in struct event_lost). That may tell a further event. */
typedef void store_let_go(void *ctx, uint64_t events, const char *reason);

enum store_input_kind { STORE_FILE, STORE_DEVICE, STORE_PIPE };

enum { STORE_HASH_MAX = 65 };

/* What a run reads. */
struct store_input {
	const char *name;
	enum store_input_kind kind;
	uint64_t octets; /* of a file */
	/* Of a file that is told to this while it is read; NULL: of none. Good until the writer is closed, which puts
	 * it down if it is whole then. */
	const struct store_hash *hash;
};

/* The SHA-256 of a regular file in hex, which is read for it. False where it is none or cannot be read. */
bool store_hash_file(const char *path, char hash[STORE_HASH_MAX]);

/* The same of a file that is read anyway: it hears the octets, and where `size` is 0 that there are no more. */
struct store_hash *store_hash_create(void);
void store_hash_destroy(struct store_hash *hash); /* takes NULL */
/* The run does not have all of the file: it is put down without a hash. Takes NULL. */
void store_hash_spoil(struct store_hash *hash);
void store_hash_octets(void *hash, const uint8_t *octets, size_t size);

/* What a run is, for its row, and what is kept of it. All is borrowed until the writer is open. */
struct store_run {
	const struct store_input *inputs;
	size_t input_count;
	const char *filter;  /* the BPF expression; "": none */
	const char *options; /* what else decides what is stored, as the user gave it */
	bool live;
	bool updates; /* keep UPDATEs whole, and not only their counts and attributes */
	bool again;   /* add it although its inputs are there already */
	store_let_go *let_go; /* with the `ctx` of the writer; may be NULL */
	uint64_t keep_ns, keep_octets; /* let go what is older, and the oldest of what is more; 0: no limit */
};

enum store_opened {
	STORE_FAILED,  /* `error` says why */
	STORE_READY,
	STORE_PRESENT, /* a run of the same files, filter and options is there: nothing is added; `error` is a
	                * line that says so */
};

/*
 * Opens or creates the database at `path` for one run and fills in `sink`, which wants snapshots.
 * The file is created if it does not exist; one that is no bgpwhy database, or of a newer schema,
 * or that another run is writing, is an error. Where it is locked or its disk is full a live run tells so, and
 * begins when it can.
 *
 * flush() commits: what was said before it is on its way to the disk and seen by readers. A number
 * of events commits too. When writing fails, the events of the batch are lost and so are those that
 * follow, until a flush() (or a close()) finds that it can write again; how many were lost stands
 * in the database.
 */
enum store_opened store_open_writer(const char *path, const struct store_run *run,
	store_complain *complain, void *ctx, struct sink *sink, struct store_error *error);

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

/* The same in three steps: once it is open, no further file is needed. NULL where it cannot be opened; closing
 * takes NULL, too. */
struct store_reader *store_open_reader(const char *path, struct store_error *error);
bool store_play(struct store_reader *reader, const struct sink *sinks, size_t count, int *exit_status,
	struct store_error *error);
/* How much of it store_play() has played by now, 0 to 100. */
int store_progress(const struct store_reader *reader);
void store_close_reader(struct store_reader *reader);

#endif
