/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_STORE_WRITER_H
#define BGPWHY_STORE_WRITER_H

#include "store/database.h"
#include "store/limits.h"
#include "track/json.h"

/* The writer's inside; private to this folder. */

enum {
	WRITER_BUSY_MS = 250,        /* wait this long for somebody else's transaction */
	WRITER_BUSY_THREAD_MS = 3000, /* … where nobody waits for the writer */
	WRITER_TRIM_EVENTS = 4096,   /* --keep: what one step may remove at least */
	WRITER_TRIM_PARENTS = 1 << 14, /* … look for sessions and the like that nothing names any more so often */
	WRITER_TRIM_BEFORE = 1 << 20, /* … for those of the runs before at least after so many events */
	WRITER_TRIM_LAST = 4096, /* … steps at the end of a run */
	WRITER_TRIM_PAGES = 2048,    /* … give back to the disk at most, in one step */
};

enum writer_parent {
	PARENT_SESSION,
	PARENT_CONNECTION,
	PARENT_BFD_SESSION,
	PARENT_FINDING,
	PARENT_COUNT,
};

/* A row that events name: whether it is known to be there, and the last event that named it. */
struct writer_seen {
	uint64_t id; /* of the run; 0: free */
	uint64_t seq;
	uint32_t evidence; /* of a finding that is there: what its rows of evidence have, as a hash */
	bool there;
};

struct writer_context {
	int64_t id; /* 0: free */
	struct bgp_context context;
};

/* The octets of an UPDATE that was written without them: what is wrong with a message is told after it. */
struct writer_pending {
	uint64_t seq, connection; /* 0: none */
	size_t size;
	uint8_t octets[BGP_EXTENDED_MESSAGE_MAX];
};

struct writer {
	struct sqlite3 *db;
	int fd; /* holds the lock that keeps a second writer out */
	char *path;
	store_complain *complain;
	void *ctx;
	struct sqlite3_stmt *inserts[INSERT_COUNT];
	struct sqlite3_stmt *find_context, *clear_evidence, *keep_raw, *save_lost, *finish, *put_hash;
	struct store_bases base;
	uint64_t run;
	struct store_run *pending_run; /* it could not be begun yet: a live run tries again; else NULL */
	const struct store_hash **hashes; /* of its inputs */
	size_t hash_count;
	bool updates; /* keep UPDATEs whole */
	bool in_transaction;
	bool broken; /* the last attempt to write failed: events are let go until one succeeds */
	bool failed; /* an attempt failed at some time: the user was told */
	bool event_failed; /* the database refused a row of this event: leave out its others */
	uint64_t batch;    /* events in the transaction */
	uint64_t waiting;  /* … without snapshots */
	uint64_t lost;     /* events that did not get in */
	uint64_t skipped;  /* … since the last retry */
	struct writer_pending pending;
	struct writer_seen *seen[PARENT_COUNT]; /* WRITER_SEEN_SLOTS of them, by id */
	uint64_t seen_floor; /* what is not among them was named last by this event or one before */
	uint64_t now_seq;    /* of the run: the event that is written, or the last one */
	uint64_t newest_ns;  /* of all events of the run */
	bool live; /* and so on a thread of its own */
	/* --keep; 0: no such limit. */
	uint64_t keep_ns, keep_octets;
	uint64_t trimmed_parents; /* the cut when they were looked for last */
	uint64_t trimmed_before;  /* … those of the runs before; 0: this run has not cut yet */
	struct writer_context contexts[WRITER_CONTEXT_SLOTS];
	size_t next_context;
	/* Short texts of the row that is being bound, one for each column. */
	char texts[WRITER_COLUMNS_MAX][ADDRESS_TEXT_MAX];
	/* JSON of that row. */
	struct json json[WRITER_JSON_MAX];
	size_t json_count;
	struct json_attribute_texts *attributes;
};

/* One statement on its way: values are bound in the order of its columns, then it runs. Where the
 * writer cannot write, `stmt` is NULL and nothing happens. */
struct row {
	struct writer *writer;
	struct sqlite3_stmt *stmt;
	int at;
	int rc; /* of the first value that could not be bound */
};

struct row row_begin(struct writer *w, struct sqlite3_stmt *stmt);
/* … for an event: its first five columns. */
struct row row_begin_event(struct writer *w, enum store_insert insert, const struct event *event);
bool row_end(struct row *row);
/* The same of a row that asks: the number in its first column, 0 where there is none. */
bool row_ask(struct row *row, int64_t *number);

void row_null(struct row *row);
void row_int(struct row *row, int64_t value);
void row_uint(struct row *row, uint64_t value);
void row_known(struct row *row, bool known, uint64_t value); /* else NULL */
void row_id(struct row *row, uint64_t id, uint64_t base);    /* NULL for 0 */
void row_text(struct row *row, const char *text);            /* lives until row_end() */
void row_static(struct row *row, const char *text, size_t size); /* … likewise */
void row_copy(struct row *row, const char *text, size_t size);
void row_address(struct row *row, const struct address *address);
void row_bgp_id(struct row *row, bool known, uint32_t bgp_id);
void row_time(struct row *row, uint64_t time_ns, uint8_t digits);
void row_blob(struct row *row, const struct cursor *raw); /* lives until row_end() */
void row_hex(struct row *row, struct cursor bytes);
/* JSON: write into what row_new_json() gives, then row_json(). */
void row_attributes(struct row *row, const struct bgp_update *update);
struct json *row_new_json(struct row *row);
void row_json(struct row *row);

/* A stub for a parent, with the addresses that are known (else writer_nobody). */
extern const struct address writer_nobody;
void writer_ensure_session(struct writer *w, uint64_t id, const struct address *a,
	const struct address *b);
void writer_ensure_connection(struct writer *w, uint64_t id, uint64_t session);
void writer_ensure_bfd_session(struct writer *w, uint64_t id, const struct address *a,
	const struct address *b);
/* An event names it. */
void writer_touch(struct writer *w, enum writer_parent parent, uint64_t id);
/* Its row was written; what the writer knows of it. */
struct writer_seen *writer_seen(struct writer *w, enum writer_parent parent, uint64_t id);
void writer_set_seen(struct writer *w, enum writer_parent parent, uint64_t id);

void writer_put_finding(struct writer *w, const struct event *event);
void writer_put_alert(struct writer *w, const struct event *event);
void writer_put_session(struct writer *w, const struct event *event);
void writer_put_bfd_session(struct writer *w, const struct event *event);

/* Writes the rows of an event, in the transaction that is open. */
void writer_put_event(struct writer *w, const struct event *event);

/* The wall clock, as rows have it. */
const char *writer_now(char text[TIME_TEXT_MAX]);

/* writer_run.c. The row of this run and its inputs, in the transaction that is open; SQLite's result. */
int writer_insert_run(struct writer *w, const struct store_run *run);
/* The hashes that are whole, in the transaction that is open. */
void writer_put_hashes(struct writer *w);
/* A copy of its own, freed with writer_free_run(), which takes NULL. */
struct store_run *writer_keep_run(const struct store_run *run);
void writer_free_run(struct store_run *run);
/* The run that has the same inputs, filter and options, and came to its end whole; 0: there is none. `some`:
 * where there is none, one that has at least one of the files. */
int64_t writer_find_run(struct writer *w, const struct store_run *run, bool *some);

/* writer_trim.c. Prepares --keep on a database that is open; `fresh`: nothing is in it yet. */
void writer_trim_prepare(struct writer *w, bool fresh);
/* One step, between two transactions: what is too old or too much goes, the oldest first. `events` were written
 * since the last one; so it keeps up with what comes; 0 is the end of the run. False where there is nothing more to do. */
bool writer_trim(struct writer *w, uint64_t events);

#endif
