/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --keep: the oldest events go while new ones come, a small step after each commit.
 *
 * Events are in the order of their `seq`, which is their key in every table, so a step is a range at the
 * front of each and needs no index. What events name (sessions, connections, BFD sessions, findings) has none
 * for those who name it, and looking through all events for each would take longer than capturing them did. So
 * the writer remembers the last event that named each (struct writer_seen), and of this run a row goes when
 * that event has gone. Of the runs before it knows nothing: for those all their events are looked through after all,
 * seldom enough that it does not count, and what is left goes with the last event of the run.
 *
 * Age is counted from the clock where packets come as they are captured, and from the newest packet where a
 * file is read, so that an old capture is not too old at once; a packet from the future counts as one of now.
 */
#include "store/writer.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Every table whose key is `seq`, but for `capture`: a run keeps its inputs. */
static const char *const events[] = {"connection_event", "message", "fault", "gap", "check_result", "transition",
	"bfd_packet", "alert", "recording", "retransmission", "lost"};

/* What hangs on `message`. */
static const char *const parts[] = {"open", "capability", "notification", "update_message", "route_refresh"};

static const struct {
	const char *table;
	enum writer_parent parent;
} parents[] = {
	{"finding", PARENT_FINDING},
	{"connection", PARENT_CONNECTION},
	{"bfd_session", PARENT_BFD_SESSION},
	{"session", PARENT_SESSION},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct oldest {
	int64_t seq, time_ns;
	char time[TIME_TEXT_MAX];
};

static uint64_t
base_of(const struct writer *w, enum writer_parent parent)
{
	const uint64_t bases[] = {
		[PARENT_SESSION] = w->base.session,
		[PARENT_CONNECTION] = w->base.connection,
		[PARENT_BFD_SESSION] = w->base.bfd_session,
		[PARENT_FINDING] = w->base.finding,
	};
	return bases[parent];
}

/* last_named(parent, id): the seq of the last event that named a row of this run. */
static void
last_named(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	struct writer *w = sqlite3_user_data(context);
	enum writer_parent parent = (enum writer_parent)sqlite3_value_int(values[0]);
	uint64_t id = (uint64_t)sqlite3_value_int64(values[1]) - base_of(w, parent);
	const struct writer_seen *seen = &w->seen[parent][id % WRITER_SEEN_SLOTS];
	uint64_t seq = w->base.seq + (seen->id == id ? seen->seq : w->seen_floor);
	sqlite3_result_int64(context, (sqlite3_int64)seq);
}

void
writer_trim_prepare(struct writer *w, bool fresh)
{
	if (w->keep_ns == 0 && w->keep_octets == 0) {
		return;
	}
	if (fresh) {
		/* Only a database that has no table yet can be made so that its file may shrink. */
		sqlite3_exec(w->db, "PRAGMA auto_vacuum=INCREMENTAL", NULL, NULL, NULL);
	}
	sqlite3_create_function(w->db, "last_named", 2, SQLITE_UTF8, w, last_named, NULL, NULL);
}

static int
run_sql(struct writer *w, char *sql)
{
	int rc = sql != NULL ? sqlite3_exec(w->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
	sqlite3_free(sql);
	return rc;
}

/* The first number that a query gives; 0 for NULL, or where it cannot be asked. */
static int64_t
ask(struct writer *w, char *sql)
{
	sqlite3_stmt *stmt;
	int64_t number = 0;
	if (sql != NULL && sqlite3_prepare_v2(w->db, sql, -1, &stmt, NULL) == SQLITE_OK) {
		if (sqlite3_step(stmt) == SQLITE_ROW) {
			number = sqlite3_column_int64(stmt, 0);
		}
		sqlite3_finalize(stmt);
	}
	sqlite3_free(sql);
	return number;
}

static bool
find_oldest(struct writer *w, struct oldest *oldest)
{
	sqlite3_stmt *stmt;
	sqlite3_str *sql = sqlite3_str_new(w->db);
	for (size_t i = 0; i < COUNT(events); i++) {
		sqlite3_str_appendf(sql, "%sSELECT * FROM (SELECT seq, time_ns, time FROM %s ORDER BY seq LIMIT 1)",
			i > 0 ? " UNION ALL " : "", events[i]);
	}
	sqlite3_str_appendall(sql, " ORDER BY 1 LIMIT 1");
	char *text = sqlite3_str_finish(sql);
	bool found = false;
	if (text != NULL && sqlite3_prepare_v2(w->db, text, -1, &stmt, NULL) == SQLITE_OK) {
		found = sqlite3_step(stmt) == SQLITE_ROW;
		if (found) {
			const char *time = (const char *)sqlite3_column_text(stmt, 2);
			oldest->seq = sqlite3_column_int64(stmt, 0);
			oldest->time_ns = sqlite3_column_int64(stmt, 1);
			snprintf(oldest->time, sizeof(oldest->time), "%s", time != NULL ? time : "");
		}
		sqlite3_finalize(stmt);
	}
	sqlite3_free(text);
	return found;
}

static uint64_t
age_limit(const struct writer *w)
{
	struct timespec clock;
	clock_gettime(CLOCK_REALTIME, &clock);
	uint64_t now = (uint64_t)clock.tv_sec * 1000000000u + (uint64_t)clock.tv_nsec;
	if (!w->live && w->newest_ns < now) {
		now = w->newest_ns;
	}
	return now > w->keep_ns ? now - w->keep_ns : 0;
}

/* The first event at `from` or behind it, before `cut`, that is not too old; else `cut`. */
static int64_t
first_young(struct writer *w, int64_t from, int64_t cut, uint64_t limit_ns)
{
	for (size_t i = 0; i < COUNT(events); i++) {
		int64_t young = ask(w, sqlite3_mprintf("SELECT min(seq) FROM %s WHERE seq >= %lld AND seq < %lld"
						       " AND time_ns >= %llu",
					       events[i], (long long)from, (long long)cut,
					       (unsigned long long)limit_ns));
		cut = young != 0 && young < cut ? young : cut;
	}
	return cut;
}

/* Which part of `events` has to go for the rest to fit; 0: it fits. */
static int64_t
too_many(struct writer *w, int64_t count)
{
	int64_t pages = ask(w, sqlite3_mprintf("PRAGMA page_count")) -
		ask(w, sqlite3_mprintf("PRAGMA freelist_count"));
	int64_t size = ask(w, sqlite3_mprintf("PRAGMA page_size"));
	double used = (double)pages * (double)size;
	double excess = used - (double)w->keep_octets;
	return excess > 0 ? (int64_t)((double)count * excess / used) + 1 : 0;
}

/* Where this step cuts: events before it go; 0: none. */
static int64_t
find_cut(struct writer *w, const struct oldest *oldest, uint64_t written)
{
	uint64_t step = 2 * written > WRITER_TRIM_EVENTS ? 2 * written : WRITER_TRIM_EVENTS;
	int64_t last = (int64_t)(w->base.seq + w->now_seq);
	int64_t farthest = oldest->seq + (int64_t)step < last ? oldest->seq + (int64_t)step : last;
	int64_t cut = 0;
	if (w->keep_octets != 0) {
		int64_t many = too_many(w, last - oldest->seq);
		cut = many == 0 ? 0 : oldest->seq + many < farthest ? oldest->seq + many : farthest;
	}
	if (w->keep_ns != 0) {
		uint64_t limit_ns = age_limit(w);
		int64_t young = (uint64_t)oldest->time_ns < limit_ns
			? first_young(w, oldest->seq, farthest, limit_ns)
			: 0;
		cut = young > cut ? young : cut;
	}
	return cut;
}

/* Of the runs before this one those that have no event left: everything. */
static int
remove_runs(struct writer *w, int64_t cut)
{
	int64_t run = ask(w, sqlite3_mprintf("SELECT max(run) FROM run r WHERE run < %lld AND (SELECT min(seq_base)"
					     " FROM run n WHERE n.run > r.run) < %lld",
				     (long long)w->run, (long long)cut));
	if (run == 0) {
		return SQLITE_OK;
	}
	return run_sql(w, sqlite3_mprintf(
		"DELETE FROM finding_evidence WHERE finding IN (SELECT finding FROM finding WHERE run <= %lld);"
		"DELETE FROM finding WHERE run <= %lld;"
		"DELETE FROM connection WHERE connection <= (SELECT min(connection_base) FROM run WHERE run > %lld);"
		"DELETE FROM bfd_session WHERE run <= %lld;"
		"DELETE FROM session WHERE run <= %lld;"
		"DELETE FROM capture WHERE run <= %lld;"
		"DELETE FROM run_input WHERE run <= %lld;"
		"DELETE FROM run WHERE run <= %lld",
		run, run, run, run, run, run, run, run));
}

/* Of this run what no event names any more. */
static int
remove_parents(struct writer *w, int64_t cut)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; i < COUNT(parents) && rc == SQLITE_OK; i++) {
		const char *table = parents[i].table;
		int parent = (int)parents[i].parent;
		long long base = (long long)base_of(w, parents[i].parent);
		if (parents[i].parent == PARENT_FINDING) {
			rc = run_sql(w, sqlite3_mprintf("DELETE FROM finding_evidence WHERE finding > %lld"
							" AND last_named(%d, finding) < %lld",
						base, parent, (long long)cut));
		} else if (parents[i].parent != PARENT_CONNECTION) {
			/* Sessions and BFD sessions name each other. */
			rc = run_sql(w, sqlite3_mprintf("UPDATE %s SET %s = NULL WHERE %s > %lld"
							" AND last_named(%d, %s) < %lld",
						parents[i].parent == PARENT_SESSION ? "bfd_session" : "session", table,
						table, base, parent, table, (long long)cut));
		}
		rc = rc == SQLITE_OK ? run_sql(w, sqlite3_mprintf("DELETE FROM %s WHERE %s > %lld"
								  " AND last_named(%d, %s) < %lld",
						      table, table, base, parent, table, (long long)cut))
				     : rc;
	}
	return rc;
}

/* Tables whose rows name a parent of the runs before: the events, and parents. What may be NULL is made so. */
static const struct {
	const char *table, *key;
	const char *named_by; /* words */
	const char *unnamed; /* a table that shall not keep it, or NULL */
} before[] = {
	{"finding", "finding", "alert recording", NULL},
	{"connection", "connection",
		"connection_event message fault gap check_result transition retransmission", NULL},
	{"bfd_session", "bfd_session", "fault transition bfd_packet alert recording finding", "session"},
	{"session", "session",
		"connection_event message fault gap check_result transition retransmission alert recording finding"
		" connection",
		"bfd_session"},
};

static int
remove_one_before(struct writer *w, size_t kind, int64_t cut, int64_t time_ns)
{
	const char *table = before[kind].table, *key = before[kind].key;
	long long base = (long long)base_of(w, parents[kind].parent);
	int rc = run_sql(w, sqlite3_mprintf("CREATE TEMP TABLE IF NOT EXISTS named (id INTEGER PRIMARY KEY);"
					    "DELETE FROM named"));
	const char *at = before[kind].named_by;
	while (*at != '\0' && rc == SQLITE_OK) {
		size_t size = strcspn(at, " ");
		char name[32];
		snprintf(name, sizeof(name), "%.*s", (int)size, at);
		rc = run_sql(w, sqlite3_mprintf("INSERT OR IGNORE INTO named SELECT DISTINCT %s FROM %s"
						" WHERE %s IS NOT NULL AND %s <= %lld",
					key, name, key, key, base));
		at += size + (at[size] == ' ');
	}
	/* What lasts without events: a BFD session that is up. */
	const char *alive = parents[kind].parent == PARENT_CONNECTION ? "seq" : "last_time_ns";
	long long from = parents[kind].parent == PARENT_CONNECTION ? (long long)cut : (long long)time_ns;
	rc = rc == SQLITE_OK ? run_sql(w, sqlite3_mprintf("INSERT OR IGNORE INTO named SELECT %s FROM %s"
							  " WHERE %s <= %lld AND %s >= %lld",
						  key, table, key, base, alive, from))
			     : rc;
	if (rc == SQLITE_OK && before[kind].unnamed != NULL) {
		rc = run_sql(w, sqlite3_mprintf("UPDATE %s SET %s = NULL WHERE %s <= %lld"
						" AND %s NOT IN (SELECT id FROM named)",
					before[kind].unnamed, key, key, base, key));
	}
	if (rc == SQLITE_OK && parents[kind].parent == PARENT_FINDING) {
		rc = run_sql(w, sqlite3_mprintf("DELETE FROM finding_evidence WHERE finding <= %lld"
						" AND finding NOT IN (SELECT id FROM named)", base));
	}
	return rc == SQLITE_OK ? run_sql(w, sqlite3_mprintf("DELETE FROM %s WHERE %s <= %lld"
							    " AND %s NOT IN (SELECT id FROM named)",
						    table, key, base, key))
			       : rc;
}

/* Of the runs before what no event names any more. */
static int
remove_parents_before(struct writer *w, int64_t cut)
{
	struct oldest oldest;
	int rc = SQLITE_OK;
	if (!find_oldest(w, &oldest)) {
		return rc;
	}
	static_assert(COUNT(before) == COUNT(parents), "one for each, in the same order");
	for (size_t i = 0; i < COUNT(before) && rc == SQLITE_OK; i++) {
		rc = remove_one_before(w, i, cut, oldest.time_ns);
	}
	return rc;
}

/* All events of the runs before are looked through for it: not before as many have gone as makes up for that. */
static bool
is_due_before(struct writer *w, int64_t cut, bool end)
{
	if (cut > (int64_t)w->base.seq) {
		return false; /* nothing of them is left */
	}
	if (w->trimmed_before == 0) {
		w->trimmed_before = (uint64_t)cut;
	}
	uint64_t gone = (uint64_t)cut - w->trimmed_before;
	uint64_t left = w->base.seq - (uint64_t)cut;
	return end ? gone > left / 16 : gone >= WRITER_TRIM_BEFORE && gone >= left / 4;
}

static int
remove_events(struct writer *w, int64_t cut)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; i < COUNT(parts) && rc == SQLITE_OK; i++) {
		rc = run_sql(w, sqlite3_mprintf("DELETE FROM %s WHERE message < %lld", parts[i], (long long)cut));
	}
	for (size_t i = 0; i < COUNT(events) && rc == SQLITE_OK; i++) {
		rc = run_sql(w, sqlite3_mprintf("DELETE FROM %s WHERE seq < %lld", events[i], (long long)cut));
	}
	return rc;
}

/* The runs that lost something say from when on they are whole. */
static int
note(struct writer *w, int64_t cut)
{
	struct oldest oldest;
	if (!find_oldest(w, &oldest)) {
		return SQLITE_OK;
	}
	return run_sql(w, sqlite3_mprintf("UPDATE run SET trimmed = %Q, trimmed_ns = %lld WHERE seq_base < %lld",
				  oldest.time, (long long)oldest.time_ns, (long long)cut));
}

/* Rows that may have gone are not known to be there. */
static void
forget_rows(struct writer *w, int64_t cut)
{
	for (size_t parent = 0; parent < PARENT_COUNT; parent++) {
		for (size_t i = 0; i < WRITER_SEEN_SLOTS; i++) {
			struct writer_seen *seen = &w->seen[parent][i];
			if (seen->id != 0 && (int64_t)(seen->seq + w->base.seq) < cut) {
				seen->there = false;
			}
		}
	}
}

bool
writer_trim(struct writer *w, uint64_t written)
{
	struct oldest oldest;
	if ((w->keep_ns == 0 && w->keep_octets == 0) || !find_oldest(w, &oldest)) {
		return false;
	}
	int64_t cut = find_cut(w, &oldest, written);
	if (cut <= oldest.seq) {
		/* At the end nothing is left that no event names. */
		if (written != 0 || (uint64_t)oldest.seq <= w->trimmed_parents) {
			return false;
		}
		cut = oldest.seq;
	}
	bool also_parents = written == 0 || (uint64_t)cut >= w->trimmed_parents + WRITER_TRIM_PARENTS;
	bool also_before = is_due_before(w, cut, written == 0);
	int rc = sqlite3_exec(w->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK) {
		rc = remove_events(w, cut);
		rc = rc == SQLITE_OK ? remove_runs(w, cut) : rc;
		rc = rc == SQLITE_OK && also_parents ? remove_parents(w, cut) : rc;
		rc = rc == SQLITE_OK && also_before ? remove_parents_before(w, cut) : rc;
		rc = rc == SQLITE_OK && cut > oldest.seq ? note(w, cut) : rc;
		rc = rc == SQLITE_OK ? sqlite3_exec(w->db, "COMMIT", NULL, NULL, NULL) : rc;
		if (rc != SQLITE_OK) {
			/* What cannot be trimmed now is trimmed later; that writing fails is told by who writes. */
			sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
		} else {
			w->trimmed_before = also_before ? (uint64_t)cut : w->trimmed_before;
			if (also_parents) {
				w->trimmed_parents = (uint64_t)cut;
				forget_rows(w, cut);
			}
		}
	}
	run_sql(w, sqlite3_mprintf("PRAGMA incremental_vacuum(%d)", WRITER_TRIM_PAGES));
	return rc == SQLITE_OK;
}
