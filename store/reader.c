/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The database played back. One ordered cursor for each table of events, and the least `seq` of
 * them is next: the merge needs no index, no sorting and no memory that grows.
 *
 * A run that was killed, or still goes on, has sessions, BFD sessions and findings whose last word
 * was not said. As they stood last they are said at its end, as if it had ended then. (Of a run that
 * came to its end whole they are not: nobody said them.) All is read in one transaction, so that
 * what a live run adds meanwhile does not tear the picture.
 *
 * The file is opened for writing where that is allowed, with changes forbidden: a reader that may
 * only read leaves the two files of WAL mode lying beside a database that nobody has open.
 */
#include "store/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/limits.h"
#include "track/memory.h"

/* The rows of one run: its number, and its bases up to those of the next one. */
struct run {
	int64_t run;
	int64_t first, last; /* seq: above the first, up to the last */
	bool cut;            /* it did not come to its end, or lost some of it */
	struct store_bases base;
};

struct source {
	const struct reader_table *table;
	sqlite3_stmt *stmt;
	bool has_row;
	uint64_t seq; /* UINT64_MAX: none, after all others */
};

struct player {
	struct reader reader;
	struct source sources[READER_TABLES];
	const struct sink *sinks;
	size_t sink_count;
	uint64_t at_seq, end_seq; /* of what is played, as the rows have it; the highest there is */
	uint64_t last_seq, last_time_ns; /* of the run */
	uint8_t last_digits;
	uint64_t steps, steps_max; /* thousands of SQLite's instructions */
	int rc; /* of the first step that failed */
};

static bool
fail_open(struct store_error *error, const char *path, const char *reason)
{
	snprintf(error->text, sizeof(error->text), "%s: cannot open the database: %s", path,
		reason);
	return false;
}

static bool
fail_read(struct store_error *error, const char *path, const char *reason)
{
	snprintf(error->text, sizeof(error->text), "%s: cannot read the database: %s", path,
		reason);
	return false;
}

/* "file:NAME?immutable=1", with what means something in a URI as %XX. */
static char *
immutable_name(const char *name)
{
	size_t size = 3 * strlen(name) + sizeof("file:?immutable=1");
	char *uri = memory_zero(size, 1);
	size_t at = (size_t)snprintf(uri, size, "file:");
	for (const char *p = name; *p != '\0'; p++) {
		bool special = strchr("?#%", *p) != NULL;
		at += (size_t)snprintf(uri + at, size - at, special ? "%%%02X" : "%c",
			(unsigned char)*p);
	}
	snprintf(uri + at, size - at, "?immutable=1");
	return uri;
}

static int
open_as(sqlite3 **db, const char *name, int flags)
{
	sqlite3_close(*db);
	*db = NULL;
	int rc = sqlite3_open_v2(name, db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(*db, 1);
		sqlite3_limit(*db, SQLITE_LIMIT_LENGTH, READER_VALUE_MAX);
		sqlite3_busy_timeout(*db, 2000);
		/* Nothing may be changed, and nothing in the file may reach beyond it. */
		rc = sqlite3_exec(*db, "PRAGMA query_only=ON; PRAGMA trusted_schema=OFF;"
			"PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
	}
	/* The first look at the file: locks, the WAL, the header. */
	return rc == SQLITE_OK ? sqlite3_exec(*db, "SELECT 1 FROM sqlite_master", NULL, NULL, NULL)
			       : rc;
}

static bool
has_wal(const char *name)
{
	size_t size = strlen(name) + sizeof("-wal");
	char *wal = memory_zero(size, 1);
	struct stat st;
	snprintf(wal, size, "%s-wal", name);
	bool has = stat(wal, &st) == 0 && st.st_size > 0;
	free(wal);
	return has;
}

static bool
open_database(const char *path, sqlite3 **db, struct store_error *error)
{
	struct stat st;
	int version;
	if (stat(path, &st) != 0) {
		return fail_open(error, path, strerror(errno));
	}
	if (!S_ISREG(st.st_mode)) {
		return fail_open(error, path,
			S_ISDIR(st.st_mode) ? strerror(EISDIR) : "it is not a regular file");
	}
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0) {
		return fail_open(error, path, strerror(errno));
	}
	char *name = database_file_name(path);
	int rc = open_as(db, name, SQLITE_OPEN_READWRITE);
	int primary = rc & 0xff;
	if (primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY || primary == SQLITE_IOERR) {
		/* WAL mode wants to write beside the file. Where it may not, nobody else does. */
		if (has_wal(name)) {
			free(name);
			return fail_open(error, path,
				"what was written last is still in its -wal file, and its folder is "
				"read-only; copy both elsewhere");
		}
		char *uri = immutable_name(name);
		rc = open_as(db, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
		free(uri);
	}
	free(name);
	if (rc != SQLITE_OK) {
		return fail_open(error, path, database_reason(*db, rc));
	}
	if (!database_check(*db, path, &version, error)) {
		return false;
	}
	return version > 0 || fail_open(error, path, "it is empty");
}

/* Where memory runs out SQLite may give a text as NULL and a JSON list as empty: what it could not have is
 * noted below it. */
static sqlite3_mem_methods system_memory;
static bool memory_failed;

static void *
watched_malloc(int size)
{
	void *memory = system_memory.xMalloc(size);
	memory_failed |= memory == NULL;
	return memory;
}

static void *
watched_realloc(void *old, int size)
{
	void *memory = system_memory.xRealloc(old, size);
	memory_failed |= memory == NULL;
	return memory;
}

/* Before SQLite is used for the first time; later it refuses, and all is as it was. */
static void
watch_memory(void)
{
	if (system_memory.xMalloc == NULL &&
		sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory) == SQLITE_OK) {
		sqlite3_mem_methods watched = system_memory;
		watched.xMalloc = watched_malloc;
		watched.xRealloc = watched_realloc;
		(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &watched);
	}
}

bool
reader_step(struct reader *r, sqlite3_stmt *stmt)
{
	int rc = stmt != NULL ? sqlite3_step(stmt) : SQLITE_DONE; /* an older schema has no such table */
	/* SQLITE_ERROR: a text that is no JSON has no elements. */
	if (rc != SQLITE_ROW && rc != SQLITE_DONE && rc != SQLITE_ERROR && r->failed == SQLITE_OK) {
		r->failed = rc;
	}
	return rc == SQLITE_ROW;
}

static void
next_row(struct player *p, struct source *s)
{
	int rc = s->stmt != NULL ? sqlite3_step(s->stmt) : SQLITE_DONE;
	s->has_row = rc == SQLITE_ROW;
	if (s->has_row) {
		s->seq = sqlite3_column_type(s->stmt, 0) != SQLITE_NULL
			? (uint64_t)sqlite3_column_int64(s->stmt, 0)
			: UINT64_MAX;
	} else if (rc != SQLITE_DONE && p->rc == SQLITE_OK) {
		p->rc = rc;
	}
}

static void
play(struct player *p, struct source *s)
{
	struct event event = {.kind = s->table->kind};
	bool whole = s->table->read(&p->reader, s->stmt, &event);
	if (memory_failed && p->reader.failed == SQLITE_OK) {
		p->reader.failed = SQLITE_NOMEM;
	}
	if (p->rc == SQLITE_OK) {
		p->rc = p->reader.failed;
	}
	if (!whole) {
		return;
	}
	if (s->seq == UINT64_MAX) {
		event.seq = p->last_seq + 1;
	}
	if (event.time_ns == 0 && s->seq == UINT64_MAX) {
		event.time_ns = p->last_time_ns;
		event.time_digits = p->last_digits;
	}
	p->last_seq = event.seq;
	p->last_time_ns = event.time_ns;
	p->last_digits = event.time_digits;
	for (size_t i = 0; i < p->sink_count; i++) {
		if (p->sinks[i].on_event != NULL) {
			p->sinks[i].on_event(p->sinks[i].self, &event);
		}
	}
}

static void
play_run(struct player *p, const struct run *run, bool alone)
{
	p->reader.shift = alone ? run->base : (struct store_bases){0};
	p->last_seq = alone ? 0 : run->base.seq;
	p->last_time_ns = 0;
	p->last_digits = 0;
	for (size_t i = 0; i < READER_TABLES; i++) {
		struct source *s = &p->sources[i];
		if (s->stmt == NULL) {
			continue;
		}
		sqlite3_reset(s->stmt);
		if (s->table->by_run) {
			sqlite3_bind_int64(s->stmt, 1, run->run);
			sqlite3_bind_int(s->stmt, 2, run->cut);
		} else {
			sqlite3_bind_int64(s->stmt, 1, run->first);
			sqlite3_bind_int64(s->stmt, 2, run->last);
		}
		next_row(p, s);
	}
	for (;;) {
		struct source *next = NULL;
		for (size_t i = 0; i < READER_TABLES; i++) {
			struct source *s = &p->sources[i];
			if (s->has_row && (next == NULL || s->seq < next->seq)) {
				next = s;
			}
		}
		if (next == NULL) {
			return;
		}
		p->at_seq = next->seq != UINT64_MAX ? next->seq : p->at_seq;
		play(p, next);
		next_row(p, next);
	}
}

static int
prepare_source(sqlite3 *db, struct source *s)
{
	const struct store_insert_desc *desc = &store_inserts[s->table->table];
	sqlite3_str *sql = sqlite3_str_new(db);
	sqlite3_str_appendall(sql, "SELECT ");
	database_select(sql, db, desc->table, desc->columns);
	sqlite3_str_appendf(sql, " FROM \"%w\" WHERE ", desc->table);
	if (s->table->by_run) {
		sqlite3_str_appendf(sql,
			"run=?1 AND(seq IS NOT NULL OR ?2)ORDER BY seq IS NULL,seq,\"%w\"",
			desc->key);
	} else {
		sqlite3_str_appendall(sql, "seq>?1 AND seq<=?2 ORDER BY seq");
	}
	int rc = sqlite3_str_errcode(sql);
	char *text = sqlite3_str_finish(sql);
	if (rc == SQLITE_OK) {
		rc = sqlite3_prepare_v2(db, text, -1, &s->stmt, NULL);
	}
	sqlite3_free(text);
	return rc;
}

/* The first schema that has the table. */
static int
since(enum store_insert table)
{
	switch (table) {
	case INSERT_CHECK:
		return STORE_SCHEMA_CHECK;
	case INSERT_RECORDING:
		return STORE_SCHEMA_RECORDING;
	case INSERT_RETRANSMISSION:
		return STORE_SCHEMA_RETRANSMISSION;
	case INSERT_LOST:
		return STORE_SCHEMA_LOST;
	default:
		return 1;
	}
}

static int
prepare(struct player *p)
{
	int version = database_version(p->reader.db);
	for (size_t i = 0; i < READER_TABLES; i++) {
		p->sources[i].table = &reader_tables[i];
		if (version < since(reader_tables[i].table)) {
			continue; /* it has no such table, and no such events */
		}
		int rc = prepare_source(p->reader.db, &p->sources[i]);
		if (rc != SQLITE_OK) {
			return rc;
		}
	}
	return reader_prepare(&p->reader) ? SQLITE_OK : sqlite3_errcode(p->reader.db);
}

/* The highest seq of all tables: each has it at the end of an index. */
static int
find_end(struct player *p)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; i < READER_TABLES && rc == SQLITE_OK; i++) {
		sqlite3_stmt *stmt = NULL;
		if (p->sources[i].stmt == NULL || p->sources[i].table->by_run) {
			continue; /* their last word is said at the end of a run */
		}
		char *sql = sqlite3_mprintf("SELECT max(seq) FROM \"%w\"",
			store_inserts[p->sources[i].table->table].table);
		rc = sql != NULL ? sqlite3_prepare_v2(p->reader.db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
		if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW &&
			(uint64_t)sqlite3_column_int64(stmt, 0) > p->end_seq) {
			p->end_seq = (uint64_t)sqlite3_column_int64(stmt, 0);
		}
		sqlite3_free(sql);
		rc = rc == SQLITE_OK ? sqlite3_finalize(stmt) : rc;
	}
	return rc;
}

static void
finish(struct player *p)
{
	for (size_t i = 0; i < READER_TABLES; i++) {
		sqlite3_finalize(p->sources[i].stmt);
	}
	reader_finish(&p->reader);
	sqlite3_close(p->reader.db);
}

/* Plays a run when the next one is known: where that begins, it ends. */
static int
play_runs(struct player *p)
{
	static const char sql[] =
		"SELECT run, seq_base, session_base, connection_base, bfd_session_base,"
		" finding_base, finished IS NULL OR lost > 0, (SELECT count(*) FROM run)"
		" FROM run ORDER BY seq_base, run";
	sqlite3_stmt *stmt;
	struct run run = {0};
	bool has_run = false;
	int rc = sqlite3_prepare_v2(p->reader.db, sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK) {
		return rc;
	}
	bool alone = true;
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		int64_t seq_base = sqlite3_column_int64(stmt, 1);
		alone = sqlite3_column_int64(stmt, 7) == 1;
		if (has_run) {
			run.last = seq_base;
			play_run(p, &run, alone);
		}
		run = (struct run){
			.run = sqlite3_column_int64(stmt, 0),
			.first = seq_base,
			.cut = sqlite3_column_int(stmt, 6) != 0,
			.base =
				{
					.seq = (uint64_t)seq_base,
					.session = (uint64_t)sqlite3_column_int64(stmt, 2),
					.connection = (uint64_t)sqlite3_column_int64(stmt, 3),
					.bfd_session = (uint64_t)sqlite3_column_int64(stmt, 4),
					.finding = (uint64_t)sqlite3_column_int64(stmt, 5),
				},
		};
		has_run = true;
	}
	if (has_run) {
		run.last = INT64_MAX;
		play_run(p, &run, alone);
	}
	rc = sqlite3_finalize(stmt);
	return rc != SQLITE_OK ? rc : p->rc;
}

static int
read_exit_status(sqlite3 *db, int *exit_status)
{
	static const char sql[] =
		"WITH cut AS (SELECT run FROM run WHERE finished IS NULL OR lost > 0)"
		"SELECT EXISTS (SELECT 1 FROM session"
		" WHERE verdict <> 'healthy'"
		" AND (seq IS NOT NULL OR run IN cut))"
		" OR EXISTS (SELECT 1 FROM finding WHERE severity = 'error'"
		" AND (seq IS NOT NULL OR run IN cut))";
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	int step = rc == SQLITE_OK ? sqlite3_step(stmt) : SQLITE_DONE;
	if (step == SQLITE_ROW) {
		*exit_status = sqlite3_column_int(stmt, 0);
	}
	return rc == SQLITE_OK ? sqlite3_finalize(stmt) : rc;
}

struct store_reader {
	struct player player;
	char *path;
};

struct store_reader *
store_open_reader(const char *path, struct store_error *error)
{
	watch_memory();
	struct store_reader *reader = memory_zero(1, sizeof(*reader));
	reader->path = memory_copy(path, strlen(path) + 1);
	if (!open_database(path, &reader->player.reader.db, error)) {
		store_close_reader(reader);
		return NULL;
	}
	return reader;
}

/* A database of another's making can have any schema: what takes longer than its size explains has no end. */
static int
on_steps(void *self)
{
	struct player *p = self;
	return ++p->steps > p->steps_max;
}

static void
bound_time(struct player *p)
{
	sqlite3_stmt *stmt = NULL;
	int64_t octets = 0;
	if (sqlite3_prepare_v2(p->reader.db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", -1,
		    &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
		octets = sqlite3_column_int64(stmt, 0);
	}
	sqlite3_finalize(stmt);
	p->steps_max = READER_STEPS_MIN / 1000 + (uint64_t)octets * READER_STEPS_PER_OCTET / 1000;
	sqlite3_progress_handler(p->reader.db, 1000, on_steps, p);
}

bool
store_play(struct store_reader *reader, const struct sink *sinks, size_t count, int *exit_status,
	struct store_error *error)
{
	struct player *p = &reader->player;
	sqlite3 *db = p->reader.db;
	p->sinks = sinks;
	p->sink_count = count;
	*exit_status = 0;
	int rc = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	bound_time(p);
	rc = rc == SQLITE_OK ? prepare(p) : rc;
	rc = rc == SQLITE_OK ? find_end(p) : rc;
	rc = rc == SQLITE_OK ? play_runs(p) : rc;
	int status_rc = read_exit_status(db, exit_status);
	rc = rc == SQLITE_OK ? status_rc : rc;
	rc = rc == SQLITE_OK && memory_failed ? SQLITE_NOMEM : rc;
	if (p->steps > p->steps_max) {
		return fail_read(error, reader->path, "to read it would take longer than its size explains: somebody else made its tables");
	}
	return rc == SQLITE_OK || fail_read(error, reader->path, database_reason(db, rc));
}

int
store_progress(const struct store_reader *reader)
{
	const struct player *p = &reader->player;
	uint64_t at = p->at_seq < p->end_seq ? p->at_seq : p->end_seq;
	return p->end_seq > 0 ? (int)((long double)at * 100 / p->end_seq) : 0;
}

void
store_close_reader(struct store_reader *reader)
{
	if (reader != NULL) {
		finish(&reader->player);
		free(reader->path);
		free(reader);
	}
}

bool
store_replay(const char *path, const struct sink *sinks, size_t count, int *exit_status,
	struct store_error *error)
{
	*exit_status = 0;
	struct store_reader *reader = store_open_reader(path, error);
	bool good = reader != NULL && store_play(reader, sinks, count, exit_status, error);
	store_close_reader(reader);
	return good;
}
