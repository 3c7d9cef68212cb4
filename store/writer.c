/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sink that writes a database: opening, batches, and what happens when it cannot write.
 *
 * Rows go into one transaction, which flush() commits about once a second and which a number of
 * events bounds: so a killed run lacks at most its last second, and a reader, who never waits in
 * WAL mode, sees whole batches. When a commit fails (the disk is full, somebody holds the lock) the
 * batch is rolled back and counted as lost, the user is told once, and events are let go until a
 * small write at the next batch boundary succeeds.
 *
 * A second writer would give out the same numbers. It is kept out by a flock() on the file, which
 * does not touch SQLite's own locks (they are fcntl()'s) and dies with the process. For the same
 * reason its descriptor is closed after SQLite's: closing any descriptor of a file drops all
 * fcntl() locks that the process has on it.
 */
#include "store/queue.h"
#include "store/upgrade.h"
#include "store/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "track/memory.h"

/* Every statement but the INSERTs, which are made from the list of columns. */
static const char sql_find_context[] =
	"SELECT context FROM context WHERE as_width=? AND extended_messages=? AND add_path=?";
static const char sql_clear_evidence[] = "DELETE FROM finding_evidence WHERE finding=?";
static const char sql_keep_raw[] = "UPDATE message SET raw=? WHERE seq=?";
static const char sql_save_lost[] = "UPDATE run SET lost=? WHERE run=?";
static const char sql_put_hash[] = "UPDATE run_input SET octets=?, hash=? WHERE run=? AND position=?";
static const char sql_finish[] = "UPDATE run SET lost=?, finished=? WHERE run=?";

/* Where the numbers of a new run begin: above all that are there and all that a replay gives to
 * rows without a last word. */
static const char sql_bases[] = "SELECT"
				" max(coalesce((SELECT max(seq_base) FROM run), 0),"
				"  coalesce((SELECT max(seq) FROM capture), 0),"
				"  coalesce((SELECT max(seq) FROM connection_event), 0),"
				"  coalesce((SELECT max(seq) FROM message), 0),"
				"  coalesce((SELECT max(seq) FROM fault), 0),"
				"  coalesce((SELECT max(seq) FROM gap), 0),"
				"  coalesce((SELECT max(seq) FROM check_result), 0),"
				"  coalesce((SELECT max(seq) FROM transition), 0),"
				"  coalesce((SELECT max(seq) FROM bfd_packet), 0),"
				"  coalesce((SELECT max(seq) FROM alert), 0),"
				"  coalesce((SELECT max(seq) FROM recording), 0),"
				"  coalesce((SELECT max(seq) FROM lost), 0),"
				"  coalesce((SELECT max(seq) FROM retransmission), 0),"
				"  coalesce((SELECT max(seq) FROM finding), 0),"
				"  coalesce((SELECT max(seq) FROM session), 0),"
				"  coalesce((SELECT max(seq) FROM bfd_session), 0))"
				" + (SELECT count(*) FROM finding WHERE seq IS NULL)"
				" + (SELECT count(*) FROM session WHERE seq IS NULL)"
				" + (SELECT count(*) FROM bfd_session WHERE seq IS NULL),"
				" max(coalesce((SELECT max(session_base) FROM run), 0),"
				"  coalesce((SELECT max(session) FROM session), 0)),"
				" max(coalesce((SELECT max(connection_base) FROM run), 0),"
				"  coalesce((SELECT max(connection) FROM connection), 0)),"
				" max(coalesce((SELECT max(bfd_session_base) FROM run), 0),"
				"  coalesce((SELECT max(bfd_session) FROM bfd_session), 0)),"
				" max(coalesce((SELECT max(finding_base) FROM run), 0),"
				"  coalesce((SELECT max(finding) FROM finding), 0))";

static bool
fail_open(struct store_error *error, const char *path, const char *reason)
{
	snprintf(error->text, sizeof(error->text), "%s: cannot open the database: %s", path,
		reason);
	return false;
}

/* The rows of the transaction are gone, and with them what is known to be there. */
static void
forget(struct writer *w)
{
	if (sqlite3_get_autocommit(w->db) == 0) {
		sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
	}
	w->in_transaction = false;
	w->lost += w->waiting;
	w->waiting = 0;
	w->batch = 0;
	for (size_t parent = 0; parent < PARENT_COUNT; parent++) {
		for (size_t i = 0; i < WRITER_SEEN_SLOTS; i++) {
			w->seen[parent][i].there = false;
		}
	}
	memset(w->contexts, 0, sizeof(w->contexts));
	w->pending.seq = 0;
}

static void
tell(struct writer *w, int rc)
{
	char line[STORE_ERROR_MAX];
	if (w->failed) {
		return;
	}
	w->failed = true;
	snprintf(line, sizeof(line), "%s: cannot write to the database: %s", w->path,
		database_reason(w->db, rc));
	if (w->complain != NULL) {
		w->complain(w->ctx, line);
	}
}

static void
failure(struct writer *w, int rc)
{
	tell(w, rc);
	w->event_failed = true;
	/* A row that breaks a constraint is undone by itself; all else undoes the batch. */
	if ((rc & 0xff) != SQLITE_CONSTRAINT) {
		w->broken = true;
		w->skipped = 0;
		forget(w);
	}
}

struct row
row_begin(struct writer *w, sqlite3_stmt *stmt)
{
	w->json_count = 0;
	return (struct row){.writer = w,
		.stmt = w->broken || w->event_failed ? NULL : stmt,
		.at = 1};
}

bool
row_ask(struct row *row, int64_t *number)
{
	struct writer *w = row->writer;
	*number = 0;
	if (row->stmt == NULL) {
		return false;
	}
	int rc = row->rc;
	if (rc == SQLITE_OK && w->in_transaction && sqlite3_get_autocommit(w->db) != 0) {
		rc = SQLITE_ABORT_ROLLBACK; /* SQLite has undone the batch: this row must not stand alone */
	}
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(row->stmt);
		if (rc == SQLITE_ROW) {
			*number = sqlite3_column_int64(row->stmt, 0);
		}
	}
	sqlite3_reset(row->stmt);
	sqlite3_clear_bindings(row->stmt);
	row->stmt = NULL;
	if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
		failure(w, rc);
		return false;
	}
	return true;
}

bool
row_end(struct row *row)
{
	int64_t ignored;
	return row_ask(row, &ignored);
}

static bool
begin(struct writer *w)
{
	if (!w->in_transaction) {
		int rc = sqlite3_exec(w->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		if (rc != SQLITE_OK) {
			failure(w, rc);
			return false;
		}
		w->in_transaction = true;
	}
	return true;
}

static bool
commit(struct writer *w)
{
	if (w->in_transaction) {
		int rc = sqlite3_exec(w->db, "COMMIT", NULL, NULL, NULL);
		if (rc != SQLITE_OK) {
			failure(w, rc);
			return false;
		}
		uint64_t events = w->batch;
		w->in_transaction = false;
		w->batch = 0;
		w->waiting = 0;
		writer_trim(w, events);
	}
	return !w->broken;
}

static int
busy_ms(const struct writer *w)
{
	return w->live ? WRITER_BUSY_THREAD_MS : WRITER_BUSY_MS;
}

static int begin_run(struct writer *w, const struct store_run *run);

/* The run could not be begun when the program did: the database was locked, or its disk full. */
static bool
begin_late(struct writer *w)
{
	int rc = begin_run(w, w->pending_run);
	if (rc != SQLITE_OK) {
		failure(w, rc);
		return false;
	}
	writer_free_run(w->pending_run);
	w->pending_run = NULL;
	return true;
}

/* After a failure: one small write tells whether it can go on. Nobody waits for it. */
static bool
retry(struct writer *w)
{
	w->skipped = 0;
	w->broken = false;
	w->event_failed = false;
	sqlite3_busy_timeout(w->db, 0);
	if ((w->pending_run == NULL || begin_late(w)) && begin(w)) {
		struct row row = row_begin(w, w->save_lost);
		sqlite3_bind_int64(w->save_lost, 1, (sqlite3_int64)w->lost);
		sqlite3_bind_int64(w->save_lost, 2, (sqlite3_int64)w->run);
		row_end(&row);
		commit(w);
	}
	sqlite3_busy_timeout(w->db, busy_ms(w));
	return !w->broken;
}

static void
on_event(void *self, const struct event *event)
{
	struct writer *w = self;
	uint64_t one = event->snapshot ? 0 : 1; /* a lost snapshot is no lost event */
	w->event_failed = false;
	if (!event->snapshot) {
		w->now_seq = event->seq;
		w->newest_ns = event->time_ns > w->newest_ns ? event->time_ns : w->newest_ns;
	}
	if (w->broken && (++w->skipped < WRITER_RETRY_EVENTS || !retry(w))) {
		w->lost += one;
		return;
	}
	if (begin(w)) {
		writer_put_event(w, event);
	}
	if (w->event_failed) {
		w->lost += one;
		return;
	}
	w->waiting += one;
	if (++w->batch >= WRITER_BATCH_EVENTS) {
		commit(w);
	}
}

static void
on_flush(void *self)
{
	struct writer *w = self;
	if (w->broken) {
		retry(w);
	} else {
		commit(w);
	}
}

const char *
writer_now(char text[TIME_TEXT_MAX])
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return time_text((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec, 3, text);
}

static void
destroy(struct writer *w)
{
	for (size_t i = 0; i < INSERT_COUNT; i++) {
		sqlite3_finalize(w->inserts[i]);
	}
	sqlite3_finalize(w->find_context);
	sqlite3_finalize(w->clear_evidence);
	sqlite3_finalize(w->keep_raw);
	sqlite3_finalize(w->save_lost);
	sqlite3_finalize(w->finish);
	sqlite3_finalize(w->put_hash);
	sqlite3_close(w->db);
	if (w->fd >= 0) {
		close(w->fd);
	}
	for (size_t i = 0; i < WRITER_JSON_MAX; i++) {
		json_finish(&w->json[i]);
	}
	for (size_t i = 0; i < PARENT_COUNT; i++) {
		free(w->seen[i]);
	}
	writer_free_run(w->pending_run);
	json_attribute_texts_destroy(w->attributes);
	free(w->hashes);
	free(w->path);
	free(w);
}

static bool
on_close(void *self)
{
	struct writer *w = self;
	char now[TIME_TEXT_MAX];
	on_flush(w);
	w->event_failed = false;
	if (!w->broken && begin(w)) {
		writer_put_hashes(w);
		struct row row = row_begin(w, w->finish);
		sqlite3_bind_int64(w->finish, 1, (sqlite3_int64)w->lost);
		sqlite3_bind_text(w->finish, 2, writer_now(now), -1, SQLITE_TRANSIENT);
		sqlite3_bind_int64(w->finish, 3, (sqlite3_int64)w->run);
		row_end(&row);
		commit(w);
	}
	for (unsigned i = 0; !w->broken && i < WRITER_TRIM_LAST && writer_trim(w, 0); i++) {
	}
	/* Who gave up root may not be able to remove the log: then it is left empty. */
	sqlite3_exec(w->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	bool ok = !w->failed;
	destroy(w);
	return ok;
}

/* "INSERT INTO table (columns) VALUES (?, …) ON CONFLICT …" */
static int
prepare_insert(sqlite3 *db, const struct store_insert_desc *desc, sqlite3_stmt **stmt)
{
	sqlite3_str *sql = sqlite3_str_new(db);
	sqlite3_str_appendf(sql, "INSERT INTO \"%w\"(", desc->table);
	database_columns(sql, desc->columns, "\"%w\"", NULL);
	sqlite3_str_appendall(sql, ")VALUES(");
	database_columns(sql, desc->columns, "?", NULL);
	sqlite3_str_appendall(sql, ")");
	if (desc->conflict != CONFLICT_ERROR) {
		sqlite3_str_appendf(sql, "ON CONFLICT(\"%w\")DO ", desc->key);
	}
	if (desc->conflict == CONFLICT_UPDATE) {
		sqlite3_str_appendall(sql, "UPDATE SET ");
		/* Not the key: SQLite would look for rows that refer to the old one, through all the
		 * tables that have no index for that. */
		database_columns(sql, desc->columns, "\"%w\"=excluded.\"%w\"", desc->key);
	} else if (desc->conflict == CONFLICT_IGNORE) {
		sqlite3_str_appendall(sql, "NOTHING");
	}
	int rc = sqlite3_str_errcode(sql);
	char *text = sqlite3_str_finish(sql);
	if (rc == SQLITE_OK) {
		rc = sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
	}
	sqlite3_free(text);
	return rc;
}

static int
prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt)
{
	return *stmt != NULL ? SQLITE_OK : sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
}

static int
prepare_all(struct writer *w)
{
	for (size_t i = 0; i < INSERT_COUNT; i++) {
		/* What is there was prepared when the run could not be begun. */
		int rc = w->inserts[i] != NULL ? SQLITE_OK
					       : prepare_insert(w->db, &store_inserts[i], &w->inserts[i]);
		if (rc != SQLITE_OK) {
			return rc;
		}
	}
	int rc = prepare(w->db, sql_find_context, &w->find_context);
	rc = rc == SQLITE_OK ? prepare(w->db, sql_clear_evidence, &w->clear_evidence) : rc;
	rc = rc == SQLITE_OK ? prepare(w->db, sql_keep_raw, &w->keep_raw) : rc;
	rc = rc == SQLITE_OK ? prepare(w->db, sql_save_lost, &w->save_lost) : rc;
	rc = rc == SQLITE_OK ? prepare(w->db, sql_put_hash, &w->put_hash) : rc;
	return rc == SQLITE_OK ? prepare(w->db, sql_finish, &w->finish) : rc;
}

static int
read_bases(struct writer *w)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(w->db, sql_bases, -1, &stmt, NULL);
	if (rc != SQLITE_OK) {
		return rc;
	}
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		w->base = (struct store_bases){
			.seq = (uint64_t)sqlite3_column_int64(stmt, 0),
			.session = (uint64_t)sqlite3_column_int64(stmt, 1),
			.connection = (uint64_t)sqlite3_column_int64(stmt, 2),
			.bfd_session = (uint64_t)sqlite3_column_int64(stmt, 3),
			.finding = (uint64_t)sqlite3_column_int64(stmt, 4),
		};
	}
	return sqlite3_finalize(stmt);
}

/* The schema, where there is none or an older one, and the row of this run: all of it or nothing. */
static int
start_run(struct writer *w, const struct store_run *run)
{
	int version = database_version(w->db);
	int rc = sqlite3_exec(w->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK && version > 0 && version < STORE_SCHEMA_VERSION) {
		rc = database_upgrade(w->db, version);
	} else if (rc == SQLITE_OK && version == 0) {
		rc = sqlite3_exec(w->db, store_schema, NULL, NULL, NULL);
	}
	rc = rc == SQLITE_OK ? prepare_all(w) : rc;
	rc = rc == SQLITE_OK ? read_bases(w) : rc;
	rc = rc == SQLITE_OK ? writer_insert_run(w, run) : rc;
	return rc == SQLITE_OK ? sqlite3_exec(w->db, "COMMIT", NULL, NULL, NULL) : rc;
}

static int
begin_run(struct writer *w, const struct store_run *run)
{
	int rc = sqlite3_exec(w->db,
		"PRAGMA journal_mode=WAL;"
		"PRAGMA synchronous=NORMAL;"
		/* They are true: a parent that is not there gets a stub. To have that checked would take a third
		 * of the time, and in every row that is let go SQLite would look through all the others. */
		"PRAGMA foreign_keys=OFF;"
		"PRAGMA temp_store=MEMORY;" /* no file is opened later on */
		"PRAGMA journal_size_limit=67108864;"
		"PRAGMA cache_size=-8192",
		NULL, NULL, NULL);
	return rc == SQLITE_OK ? start_run(w, run) : rc;
}

/* What may be over soon: somebody else's lock, a disk without room. */
static bool
may_pass(const struct writer *w, int rc)
{
	int primary = rc & 0xff;
	int system = sqlite3_system_errno(w->db);
	return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_FULL ||
		(primary == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT));
}

static bool
open_file(struct writer *w, struct store_error *error)
{
	struct stat st;
	/* Before open(): that of a device or a pipe would do something. */
	if (stat(w->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		return fail_open(error, w->path,
			S_ISDIR(st.st_mode) ? strerror(EISDIR) : "it is not a regular file");
	}
	w->fd = open(w->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (w->fd < 0) {
		return fail_open(error, w->path, strerror(errno));
	}
	if (flock(w->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		return fail_open(error, w->path, "another bgpwhy is writing to it");
	}
	return true;
}

/* Whether the captures are there already. Where only some are, it is for the user to say what he wants. */
static enum store_opened
look_for_run(struct writer *w, const struct store_run *run, struct store_error *error)
{
	bool some = false;
	int64_t there = run->again ? 0 : writer_find_run(w, run, &some);
	if (there == 0) {
		return STORE_READY;
	}
	snprintf(error->text, sizeof(error->text),
		some ? "%s: run %lld has some of these captures: nothing is added (--again adds them all)"
		     : "%s: run %lld has the same: nothing is added (--again adds it once more)",
		w->path, (long long)there);
	return some ? STORE_FAILED : STORE_PRESENT;
}

static enum store_opened
open_database(struct writer *w, const struct store_run *run, struct store_error *error)
{
	int version;
	char *name = database_file_name(w->path);
	int rc = sqlite3_open_v2(name, &w->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	free(name);
	if (rc != SQLITE_OK) {
		fail_open(error, w->path, database_reason(w->db, rc));
		return STORE_FAILED;
	}
	sqlite3_extended_result_codes(w->db, 1);
	sqlite3_busy_timeout(w->db, 2000);
	if (!database_check(w->db, w->path, &version, error)) {
		return STORE_FAILED;
	}
	enum store_opened present = version > 0 ? look_for_run(w, run, error) : STORE_READY;
	if (present != STORE_READY) {
		return present;
	}
	writer_trim_prepare(w, version == 0);
	rc = begin_run(w, run);
	if (rc != SQLITE_OK) {
		fail_open(error, w->path, database_reason(w->db, rc));
		if (!run->live || !may_pass(w, rc)) {
			return STORE_FAILED;
		}
		w->pending_run = writer_keep_run(run);
		w->broken = true;
		forget(w);
	}
	sqlite3_busy_timeout(w->db, busy_ms(w));
	return STORE_READY;
}

static void
on_lost(void *self, uint64_t count)
{
	struct writer *w = self;
	w->lost += count;
}

enum store_opened
store_open_writer(const char *path, const struct store_run *run, store_complain *complain, void *ctx,
	struct sink *sink, struct store_error *error)
{
	/* It counts what it allocates under a lock, each time. Where SQLite was used before, it refuses. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	struct writer *w = memory_zero(1, sizeof(*w));
	w->fd = -1;
	w->path = memory_copy(path, strlen(path) + 1);
	w->updates = run->updates;
	w->live = run->live;
	w->attributes = json_attribute_texts_create();
	w->hash_count = run->input_count;
	w->hashes = memory_zero(run->input_count + 1, sizeof(*w->hashes));
	for (size_t i = 0; i < run->input_count; i++) {
		w->hashes[i] = run->inputs[i].hash;
	}
	w->keep_ns = run->keep_ns;
	w->keep_octets = run->keep_octets;
	for (size_t i = 0; i < PARENT_COUNT; i++) {
		w->seen[i] = memory_zero(WRITER_SEEN_SLOTS, sizeof(*w->seen[i]));
	}
	for (size_t i = 0; i < WRITER_JSON_MAX; i++) {
		json_init(&w->json[i]);
	}
	enum store_opened opened = open_file(w, error) ? open_database(w, run, error) : STORE_FAILED;
	if (opened != STORE_READY) {
		destroy(w);
		return opened;
	}
	w->complain = complain;
	w->ctx = ctx;
	if (w->pending_run != NULL) {
		w->failed = true;
		if (complain != NULL) {
			complain(ctx, error->text);
		}
	}
	*sink = (struct sink){
		.self = w,
		.wants_snapshots = true,
		.on_event = on_event,
		.flush = on_flush,
		.close = on_close,
	};
	if (run->live) {
		struct queue *queue = queue_create(path, run->let_go, complain, ctx);
		w->complain = queue_complain();
		w->ctx = queue;
		*sink = queue_sink(queue, sink, on_lost);
	}
	return STORE_READY;
}
