/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The database: what is written is there (asked with plain SQL), what is played back is what was
 * written, and nothing that can happen to a file or a process breaks more than it must.
 */
#include <criterion/criterion.h>

#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/unit/store_story.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A folder of its own for each test, and a database in it. */

static char folder[64], db_path[128];

static void
make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/bgpwhy-store-XXXXXX");
	cr_assert(mkdtemp(folder) != NULL);
	snprintf(db_path, sizeof(db_path), "%s/history.db", folder);
}

static void
remove_folder(void)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	cr_expect(system(command) == 0);
}

TestSuite(store, .init = make_folder, .fini = remove_folder);

struct complaints {
	int count;
	char last[STORE_ERROR_MAX];
};

static void
complain(void *ctx, const char *line)
{
	struct complaints *c = ctx;
	c->count++;
	snprintf(c->last, sizeof(c->last), "%s", line);
}

static struct complaints complaints;

/* Its UPDATEs are kept whole, so that a replay gives the very same. */
static const struct store_run this_run = {.updates = true};

static struct sink
open_writer(void)
{
	struct sink sink = {0};
	struct store_error error = {""};
	cr_assert(store_open_writer(db_path, &this_run, complain, &complaints, &sink, &error) ==
			STORE_READY, "%s", error.text);
	return sink;
}

/* Writes the whole story; what a replay should give goes into `record`. */
static void
write_story(struct record *record, const char *input, bool healthy)
{
	struct sink sinks[2] = {open_writer()};
	struct teller t = {.sinks = sinks, .count = 1, .input = input};
	if (record != NULL) {
		sinks[t.count++] = record_sink(record);
	}
	tell_begin(&t);
	sinks[0].flush(sinks[0].self);
	tell_end(&t, healthy);
	cr_expect(sinks[0].close(sinks[0].self));
	cr_expect(complaints.count == 0, "%s", complaints.last);
}

static int
replay(struct record *record)
{
	struct sink sink = record_sink(record);
	struct store_error error = {""};
	int exit_status = -1;
	cr_expect(store_replay(db_path, &sink, 1, &exit_status, &error), "%s", error.text);
	return exit_status;
}

/* Plain SQL. */

static sqlite3 *
open_plain(void)
{
	sqlite3 *db;
	cr_assert(sqlite3_open(db_path, &db) == SQLITE_OK);
	return db;
}

/* All rows as text: columns divided by '|', rows by '\n'; NULL is "NULL". */
static char *
ask(const char *sql)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	sqlite3 *db = open_plain();
	sqlite3_stmt *stmt;
	cr_assert(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(db));
	int rc;
	for (int row = 0; (rc = sqlite3_step(stmt)) == SQLITE_ROW; row++) {
		fputs(row > 0 ? "\n" : "", f);
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const char *value = (const char *)sqlite3_column_text(stmt, i);
			fprintf(f, "%s%s", i > 0 ? "|" : "", value != NULL ? value : "NULL");
		}
	}
	if (rc != SQLITE_DONE) {
		fprintf(f, "error: %s", sqlite3_errmsg(db));
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	fclose(f);
	return text;
}

static void
expect_sql(const char *sql, const char *expected)
{
	char *text = ask(sql);
	cr_expect(strcmp(text, expected) == 0, "%s\ngave:     %s\nexpected: %s", sql, text,
		expected);
	free(text);
}

static void
expect_sound(void)
{
	expect_sql("PRAGMA integrity_check", "ok");
	expect_sql("PRAGMA foreign_key_check", "");
}

static const struct {
	const char *sql, *expected;
} queries[] = {
	{"PRAGMA user_version", "9"},
	{"PRAGMA journal_mode", "wal"},
	{"SELECT run, seq_base, lost, finished IS NULL FROM run", "1|0|0|0"},
	{"SELECT state, input, linktype, packets, dropped, artefacts FROM capture ORDER BY seq",
		"begin|day.pcap|EN10MB|0|0|[]\n"
		"end|day.pcap|EN10MB|21|2|[\"midstream\",\"capture-loss\",\"port-reuse\"]"},
	{"SELECT seq, time, time_ns, frame, input FROM message ORDER BY seq LIMIT 1",
		"3|2026-02-01T00:00:00.010000Z|1769904000010000123|4|NULL"},
	{"SELECT connection, session, state, client, client_port, server, server_port, evicted, by"
	 " FROM connection",
		"1|1|reset|10.0.0.1|40000|10.0.0.2|179|1|10.0.0.2"},
	{"SELECT state FROM connection_event ORDER BY seq", "syn\nreset"},
	{"SELECT group_concat(type) FROM (SELECT type FROM message ORDER BY seq)",
		"OPEN,OPEN,OPEN,KEEPALIVE,UPDATE,UPDATE,UPDATE,UPDATE,ROUTE-REFRESH,UNKNOWN-9,"
		"NOTIFICATION,NOTIFICATION,NOTIFICATION"},
	{"SELECT session, connection, src, src_port, dst, dst_port, length, truncated, hex(raw)"
	 " FROM message WHERE type = 'KEEPALIVE'",
		"1|1|10.0.0.1|40000|10.0.0.2|179|19|0|FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001304"},
	{"SELECT as_width, extended_messages, add_path FROM context ORDER BY context",
		"0|0|\n4|1|1/1 2/1\n2|0|"},
	{"SELECT version, asn, my_as, hold_time_s, bgp_id FROM open ORDER BY message",
		"4|65001|65001|90|10.0.0.1\n4|NULL|23456|90|10.0.0.1\n4|65001|65001|1|0.0.0.0"},
	{"SELECT position, code, name, data FROM capability ORDER BY message, position",
		"0|1|Multiprotocol|00010001\n1|65|4-octet AS|0000fde9\n2|238|unassigned|abcd"},
	{"SELECT json_extract(decoded, '$.asn') FROM capability WHERE code = 65", "65001"},
	{"SELECT withdrawn, announced, json_extract(end_of_rib, '$.afi') FROM update_message"
	 " ORDER BY message LIMIT 3",
		"0|2|NULL\n0|1|NULL\n0|0|1"},
	{"SELECT json_extract(attributes, '$[0].name') FROM update_message LIMIT 1", "ORIGIN"},
	{"SELECT afi, safi, subtype FROM route_refresh", "1|1|0"},
	{"SELECT code, subcode, data, text FROM notification ORDER BY message",
		"6|2|0462796507|bye\a\n6|2|02c328|NULL\n2|NULL|NULL|NULL"},
	{"SELECT session, code, offset FROM fault", "1|bgp-marker|3"},
	{"SELECT session, connection, src, bytes FROM gap", "1|1|10.0.0.2|1460"},
	{"SELECT protocol, session, bfd_session, \"from\", \"to\", rfc_event_number, basis"
	 " FROM transition ORDER BY seq",
		"bgp|1|NULL|OpenConfirm|Established|26|observed\n"
		"bgp|1|NULL|Established|Idle|25|observed\n"
		"bfd|NULL|1|Up|Down|NULL|inferred"},
	{"SELECT rfc_event FROM transition WHERE rfc_event_number = 25",
		"{\"number\":25,\"name\":\"NotifMsg\"}"},
	{"SELECT src, port, ttl, changes, diag, state, flags, my_discriminator, auth IS NULL"
	 " FROM bfd_packet ORDER BY seq LIMIT 2",
		"fe80::1|3784|255|1|0|Up|[\"C\"]|1|1\nfe80::1|NULL|255|0|0|Up|[\"A\"]|1|0"},
	{"SELECT finding, cause, severity, confidence, session, blame, count FROM finding",
		"1|bad-peer-as|error|certain|1|10.0.0.2|3"},
	{"SELECT severity, count FROM alert", "warning|1"},
	{"SELECT finding, frame FROM finding_evidence ORDER BY position", "1|4\n1|13\n1|15"},
	{"SELECT value FROM finding, json_each(fix)",
		"Set \"remote-as 65001\".\nOr: neighbor\t10.0.0.1\nas 65001"},
	{"SELECT session, local, remote, asn, bgp_id, hold_time_s, keepalive_s, verdict, primary_cause"
	 " FROM session ORDER BY session",
		"1|10.0.0.1|10.0.0.2|{\"10.0.0.1\":4200000001,\"10.0.0.2\":null}|"
		"{\"10.0.0.1\":\"10.0.0.1\",\"10.0.0.2\":null}|90|30|down|bad-peer-as\n"
		"2|fe80::7|fe80::8|{\"fe80::7\":null,\"fe80::8\":null}|"
		"{\"fe80::7\":null,\"fe80::8\":null}|NULL|NULL|unknown|NULL"},
	{"SELECT local_asn, local_state, local_updates, remote_asn, remote_state, bfd_session"
	 " FROM session WHERE session = 1",
		"4200000001|Established|4|NULL|Unknown|1"},
	{"SELECT session, mode, flaps, detection_time_us FROM bfd_session",
		"1|single-hop|2|{\"fe80::1\":10000000000,\"fe80::2\":null}"},
	{"SELECT session, verdict, primary_cause, summary, bfd_flaps FROM session_overview",
		"1|down|bad-peer-as|10.0.0.2 expects another AS.|2\n2|unknown|NULL|NULL|NULL"},
	{"SELECT protocol, speaker, \"to\", rfc_event_name, up_s FROM flap_history ORDER BY seq",
		"bgp|10.0.0.1|Idle|NotifMsg|2.5\nbfd|fe80::1|Down|NULL|NULL"},
	{"SELECT session, local, remote, frame FROM last_notification", "1|10.0.0.1|10.0.0.2|15"},
};

Test(store, rows_are_what_the_events_said)
{
	write_story(NULL, NULL, false);
	for (size_t i = 0; i < COUNT(queries); i++) {
		expect_sql(queries[i].sql, queries[i].expected);
	}
	expect_sound();
}

/* Each member of a JSON object is a column of its table, with the same value: numbers and texts as
 * they are, lists and objects as the same JSON. */
static const struct {
	enum event_kind kind;
	const char *table;
} tables[] = {
	{EVENT_CAPTURE, "capture"},
	{EVENT_CONNECTION, "connection_event"},
	{EVENT_MESSAGE, "message"},
	{EVENT_FAULT, "fault"},
	{EVENT_GAP, "gap"},
	{EVENT_CHECK, "check_result"},
	{EVENT_BFD, "bfd_packet"},
	{EVENT_TRANSITION, "transition"},
	{EVENT_FINDING, "finding"},
	{EVENT_SESSION, "session"},
	{EVENT_BFD_SESSION, "bfd_session"},
	{EVENT_ALERT, "alert"},
	{EVENT_RETRANSMISSION, "retransmission"},
	{EVENT_LOST, "lost"},
	{EVENT_RECORDING, "recording"},
};
static_assert(COUNT(tables) == EVENT_KIND_COUNT, "each kind has its table");

struct column_check {
	sqlite3 *db;
	int checked;
};

static void
check_columns(void *self, const struct event *event)
{
	struct column_check *check = self;
	const char *table = NULL;
	for (size_t i = 0; i < COUNT(tables); i++) {
		table = tables[i].kind == event->kind ? tables[i].table : table;
	}
	if (table == NULL) {
		return;
	}
	struct json j;
	json_init(&j);
	json_event(&j, event, false);
	sqlite3_stmt *members;
	cr_assert(sqlite3_prepare_v2(check->db,
			  "SELECT key, atom, value, type FROM json_each(?) WHERE key NOT IN"
			  " ('event', 'open', 'notification', 'update', 'route_refresh')",
			  -1, &members, NULL) == SQLITE_OK);
	sqlite3_bind_text(members, 1, j.text, -1, SQLITE_STATIC);
	while (sqlite3_step(members) == SQLITE_ROW) {
		const char *key = (const char *)sqlite3_column_text(members, 0);
		const char *type = (const char *)sqlite3_column_text(members, 3);
		bool nested = strcmp(type, "object") == 0 || strcmp(type, "array") == 0;
		char *sql = sqlite3_mprintf(nested
				? "SELECT json(\"%w\") IS json(?) FROM \"%w\" WHERE seq = %lld"
				: "SELECT \"%w\" IS ? FROM \"%w\" WHERE seq = %lld",
			key, table, (long long)event->seq);
		sqlite3_stmt *column;
		cr_assert(sqlite3_prepare_v2(check->db, sql, -1, &column, NULL) == SQLITE_OK,
			"%s: %s", sql, sqlite3_errmsg(check->db));
		sqlite3_bind_value(column, 1, sqlite3_column_value(members, 2));
		cr_expect(sqlite3_step(column) == SQLITE_ROW, "%s", sql);
		cr_expect(sqlite3_column_int(column, 0) == 1, "%s.%s is not as in %s", table, key,
			j.text);
		check->checked++;
		sqlite3_finalize(column);
		sqlite3_free(sql);
	}
	sqlite3_finalize(members);
	json_finish(&j);
}

Test(store, columns_are_the_members_of_json)
{
	struct record written = {0}, read = {0};
	struct sink sinks[2] = {open_writer(), record_sink(&written)};
	struct teller t = {.sinks = sinks, .count = 2};
	tell_begin(&t);
	tell_more(&t);
	tell_end(&t, false);
	cr_expect(sinks[0].close(sinks[0].self));
	cr_expect(replay(&read) == 1);
	expect_equal(&read, &written);
	struct column_check check = {.db = open_plain()};
	struct sink sink = {.self = &check, .on_event = check_columns};
	struct store_error error = {""};
	int exit_status;
	cr_expect(store_replay(db_path, &sink, 1, &exit_status, &error), "%s", error.text);
	cr_expect(check.checked > 200, "%d", check.checked);
	sqlite3_close(check.db);
	record_free(&written);
	record_free(&read);
}

Test(store, replay_gives_the_same_events)
{
	struct record written = {0}, read = {0};
	write_story(&written, NULL, false);
	cr_expect(replay(&read) == 1);
	expect_equal(&read, &written);
	record_free(&written);
	record_free(&read);
}

Test(store, replay_gives_inputs_and_a_healthy_status)
{
	struct record written = {0}, read = {0};
	write_story(&written, "day.pcap", true);
	cr_expect(replay(&read) == 0);
	expect_equal(&read, &written);
	record_free(&written);
	record_free(&read);
}

Test(store, replay_leaves_no_files_behind)
{
	struct record read = {0};
	char command[128];
	write_story(NULL, NULL, false);
	replay(&read);
	record_free(&read);
	snprintf(command, sizeof(command), "test \"$(ls -A %s)\" = history.db", folder);
	cr_expect(system(command) == 0);
}

Test(store, a_second_run_gets_its_own_numbers)
{
	struct record first = {0}, second = {0}, read = {0};
	write_story(&first, NULL, true);
	write_story(&second, NULL, false);
	expect_sound();
	expect_sql(
		"SELECT run, seq_base, session_base, connection_base, bfd_session_base, finding_base"
		" FROM run",
		"1|0|0|0|0|0\n2|30|2|1|1|1");
	expect_sql("SELECT session, run FROM session ORDER BY session", "1|1\n2|1\n3|2\n4|2");
	expect_sql("SELECT DISTINCT session, connection FROM message ORDER BY 1", "1|1\n3|2");
	expect_sql("SELECT count(*) FROM context", "3");
	cr_expect(replay(&read) == 1);
	cr_expect(read.count == first.count + second.count);
	for (size_t i = 0; i < first.count && i < read.count; i++) {
		cr_expect(strcmp(read.lines[i], first.lines[i]) == 0, "%s", read.lines[i]);
	}
	/* When the first run is taken out, the second has the numbers that it had. */
	record_free(&read);
	sqlite3 *db = open_plain();
	cr_expect(
		sqlite3_exec(db,
			"DELETE FROM run WHERE run = 1; DELETE FROM session WHERE run = 1;"
			"DELETE FROM bfd_session WHERE run = 1; DELETE FROM finding WHERE run = 1;",
			NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
	cr_expect(replay(&read) == 1);
	expect_equal(&read, &second);
	record_free(&first);
	record_free(&second);
	record_free(&read);
}

/* A session that was named and never told is no event, and no reason for a status. */
Test(store, what_was_not_said_is_not_played)
{
	struct record written = {0}, read = {0};
	struct sink sinks[2] = {open_writer(), record_sink(&written)};
	struct teller t = {.sinks = sinks, .count = 2};
	tell_transition(&t, BGP_STATE_IDLE, BGP_STATE_CONNECT, 1);
	tell(&t, finding_event(EVENT_ALERT, SEVERITY_ERROR, 3), 2, 13);
	cr_expect(sinks[0].close(sinks[0].self));
	cr_expect(replay(&read) == 0);
	expect_equal(&read, &written);
	record_free(&written);
	record_free(&read);
}

/* Parents that never had a row of their own. */
Test(store, keys_are_true_without_the_parents)
{
	struct sink sink = open_writer();
	struct teller t = {.sinks = &sink, .count = 1};
	t.seq = 40;
	tell(&t,
		(struct event){.kind = EVENT_GAP,
			.gap = {.session = 9, .connection = 8, .src = ipv4(2), .bytes = 1}},
		1, 1);
	tell_bfd(&t, "20 c8 03 18 00000001 00000002 000f4240 000f4240 00000000", 3784, 2, 2);
	tell(&t, finding_event(EVENT_FINDING, SEVERITY_ERROR, 3), 3, 3);
	tell(&t, session_event(VERDICT_DOWN, 1), 4, 4);
	tell(&t,
		(struct event){.kind = EVENT_FAULT,
			.fault = {.session = 0,
				.bfd_session = 7,
				.code = "a-key-of-another-version",
				.text = ""}},
		5, 5);
	cr_expect(sink.close(sink.self), "%s", complaints.last);
	expect_sound();
	struct record read = {0};
	replay(&read);
	record_free(&read);
}

/* More ids than the writer remembers, and more events than a batch holds. */
Test(store, many_sessions)
{
	struct sink sink = open_writer();
	struct teller t = {.sinks = &sink, .count = 1};
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 1; i <= 10000; i++) {
			tell(&t,
				(struct event){.kind = EVENT_GAP,
					.gap = {.session = i, .connection = i, .src = ipv4(1)}},
				i, i);
		}
	}
	cr_expect(sink.close(sink.self), "%s", complaints.last);
	expect_sound();
	expect_sql("SELECT count(*) FROM session", "10000");
	expect_sql("SELECT count(*) FROM gap", "20000");
}

Test(store, a_reader_may_look_while_it_is_written)
{
	struct sink sink = open_writer();
	struct teller t = {.sinks = &sink, .count = 1};
	struct record read = {0};
	tell_begin(&t);
	cr_expect(replay(&read) == 0);
	cr_expect(read.count == 0, "nothing was committed");
	sink.flush(sink.self);
	cr_expect(replay(&read) == 1, "the snapshot says flapping");
	/* 24 events, and the finding, the session and its BFD as they stand. */
	cr_expect(read.count == 24 + 3, "%zu", read.count);
	record_free(&read);
	tell_end(&t, true);
	cr_expect(sink.close(sink.self));
	replay(&read);
	cr_expect(read.count == 30, "%zu", read.count);
	record_free(&read);
	expect_sound();
}

Test(store, a_killed_run_leaves_what_was_flushed)
{
	struct record written = {0}, read = {0};
	pid_t pid = fork();
	cr_assert(pid >= 0);
	if (pid == 0) {
		struct sink sink = open_writer();
		struct teller t = {.sinks = &sink, .count = 1};
		tell_begin(&t);
		sink.flush(sink.self);
		tell_end(&t, false);
		kill(getpid(), SIGKILL);
	}
	int status;
	cr_assert(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	cr_expect(replay(&read) == 1);
	cr_expect(read.count == 24 + 3, "%zu", read.count);
	cr_expect(strstr(read.lines[24], "\"event\":\"finding\",\"seq\":25") != NULL, "%s",
		read.lines[24]);
	cr_expect(strstr(read.lines[25], "\"verdict\":\"flapping\"") != NULL, "%s", read.lines[25]);
	cr_expect(strstr(read.lines[26], "\"event\":\"bfd_session\"") != NULL, "%s",
		read.lines[26]);
	expect_sound();
	expect_sql("SELECT finished, seq_base FROM run", "NULL|0");
	/* Another run adds to it, above the numbers that the replay gave to what was unfinished. */
	write_story(&written, NULL, false);
	expect_sound();
	expect_sql("SELECT seq_base FROM run WHERE run = 2", "27");
	record_free(&read);
	replay(&read);
	cr_expect(read.count == 27 + 30, "%zu", read.count);
	record_free(&written);
	record_free(&read);
}

/* What cannot be opened. */

static void
expect_refusal(const char *path, bool writer, const char *words)
{
	struct store_error error = {""};
	struct sink sink = {0};
	int exit_status;
	bool opened = writer ? store_open_writer(path, &this_run, complain, &complaints, &sink, &error) ==
			STORE_READY
			     : store_replay(path, &sink, 1, &exit_status, &error);
	cr_expect(!opened);
	cr_expect(strncmp(error.text, path, strlen(path)) == 0 &&
			strstr(error.text, words) != NULL && strchr(error.text, '\n') == NULL,
		"%s: %s", path, error.text);
}

static void
write_text(const char *text)
{
	FILE *f = fopen(db_path, "w");
	cr_assert(f != NULL);
	fputs(text, f);
	fclose(f);
}

Test(store, refuses_what_is_no_database)
{
	char path[160];
	for (int writer = 0; writer < 2; writer++) {
		write_text("It was a dark and stormy night.\n");
		expect_refusal(db_path, writer, "not an SQLite database");
		expect_refusal(folder, writer, "Is a directory");
		expect_refusal("/dev/full", writer, "not a regular file");
		snprintf(path, sizeof(path), "%s/none/history.db", folder);
		expect_refusal(path, writer, "No such file or directory");
	}
	expect_refusal("/nowhere.db", false, "No such file or directory");
	cr_expect(access("/nowhere.db", F_OK) != 0);
	char *text = ask("SELECT 1");
	free(text);
	FILE *f = fopen(db_path, "r");
	char line[64] = "";
	cr_expect(f != NULL && fgets(line, sizeof(line), f) != NULL && line[0] == 'I',
		"it was left alone");
	fclose(f);
	write_text("");
	expect_refusal(db_path, false, "it is empty");
}

Test(store, refuses_foreign_and_newer_databases)
{
	static const struct {
		const char *sql, *words;
	} rows[] = {
		{"CREATE TABLE t (x)", "of another program"},
		{"PRAGMA application_id = 42", "of another program"},
		{"PRAGMA application_id = 1650946167; PRAGMA user_version = 99",
			"newer bgpwhy (schema 99"},
		{"PRAGMA application_id = 1650946167; CREATE TABLE t (x)", "damaged"},
		{"PRAGMA application_id = 1650946167; PRAGMA user_version = 1", "no such table"},
		{"PRAGMA application_id = 1650946167; PRAGMA user_version = 2", "no such table"},
		{"PRAGMA application_id = 1650946167; PRAGMA user_version = 3", "no such table"},
		{"PRAGMA application_id = 1650946167; PRAGMA user_version = 4", "no such table"},
		{"PRAGMA application_id = 1650946167; PRAGMA user_version = 5", "no such table"},
		{"PRAGMA application_id = 1650946167; PRAGMA user_version = 6", "no such table"},
		{"PRAGMA application_id = 1650946167; PRAGMA user_version = 7", "no such table"},
		{"PRAGMA application_id = 1650946167; PRAGMA user_version = 8", "no such table"},
		{"PRAGMA application_id = 1650946167; PRAGMA user_version = 9", "no such table"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		unlink(db_path);
		sqlite3 *db = open_plain();
		cr_expect(sqlite3_exec(db, rows[i].sql, NULL, NULL, NULL) == SQLITE_OK);
		sqlite3_close(db);
		expect_refusal(db_path, true, rows[i].words);
		expect_refusal(db_path, false, rows[i].words);
	}
}

/* What version 2 wrote is read as it is, and gets the new table when somebody writes to it. */
Test(store, an_older_database_is_read_and_brought_up_to_date)
{
	struct record written = {0}, read = {0}, again = {0};
	write_story(&written, NULL, false);
	sqlite3 *db = open_plain();
	cr_assert(sqlite3_exec(db, "DROP TABLE check_result; DROP TABLE retransmission; DROP TABLE lost; PRAGMA user_version = 2", NULL, NULL,
			  NULL) == SQLITE_OK);
	sqlite3_close(db);
	replay(&read);
	expect_equal(&read, &written);
	struct sink sinks[2] = {open_writer(), record_sink(&again)};
	struct teller t = {.sinks = sinks, .count = 2};
	tell_begin(&t);
	tell(&t,
		(struct event){.kind = EVENT_CHECK,
			.check = {.session = 1, .connection = 1, .src = ipv4(2), .dst = ipv4(1),
				.result = CHECKED_STOPPED, .reason = 4 /* hole */, .bytes = 77}},
		41, 20);
	tell(&t,
		(struct event){.kind = EVENT_CHECK,
			.check = {.session = 1, .connection = 1, .src = ipv4(1), .dst = ipv4(2),
				.result = CHECKED_AGREE, .bytes = 5}},
		41, 21);
	tell(&t,
		(struct event){.kind = EVENT_RETRANSMISSION,
			.retransmission = {.session = 1, .connection = 1, .src = ipv4(2), .dst = ipv4(1),
				.what = RESENT_SYN_ACK, .segments = 3, .bytes = 57,
				.last_time_ns = UINT64_C(1769904000500000000), .last_frame = 22}},
		42, 21);
	tell_end(&t, false);
	cr_expect(sinks[0].close(sinks[0].self));
	cr_expect(complaints.count == 0, "%s", complaints.last);
	expect_sql("PRAGMA user_version", "9");
	expect_sql("SELECT src, dst, frame, result, bytes, reason, length(text) > 20 FROM check_result",
		"10.0.0.2|10.0.0.1|20|stopped|77|hole|1\n10.0.0.1|10.0.0.2|21|agree|5|NULL|1");
	expect_sql("SELECT src, dst, frame, what, segments, bytes, last_time_ns, last_frame FROM retransmission",
		"10.0.0.2|10.0.0.1|21|SYN-ACK|3|57|1769904000500000000|22");
	record_free(&read);
	replay(&read);
	cr_expect(read.count == written.count + again.count);
	record_free(&written);
	record_free(&read);
	record_free(&again);
}

struct progress {
	struct store_reader *reader;
	int last, steps;
	bool fell;
};

static void
watch_progress(void *self, const struct event *event)
{
	struct progress *p = self;
	int now = store_progress(p->reader);
	(void)event;
	p->fell |= now < p->last || now > 100;
	p->steps += now != p->last;
	p->last = now;
}

Test(store, it_is_told_how_much_was_played)
{
	struct store_error error;
	int status;
	write_story(NULL, NULL, false);
	struct progress p = {.reader = store_open_reader(db_path, &error)};
	struct sink sink = {.self = &p, .on_event = watch_progress};
	cr_assert(p.reader != NULL && store_progress(p.reader) == 0);
	cr_expect(store_play(p.reader, &sink, 1, &status, &error));
	cr_expect(!p.fell && p.steps > 10 && p.last == 100, "%d steps, at last %d %%", p.steps, p.last);
	store_close_reader(p.reader);
}

Test(store, names_mean_nothing_to_sqlite)
{
	static const char *const names[] = {"file:x?mode=memory", ":memory:", "a b%20#.db"};
	cr_assert(chdir(folder) == 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(db_path, sizeof(db_path), "%s", names[i]);
		struct record written = {0}, read = {0};
		write_story(&written, NULL, false);
		cr_expect(access(names[i], F_OK) == 0, "%s", names[i]);
		replay(&read);
		expect_equal(&read, &written);
		record_free(&written);
		record_free(&read);
	}
}

Test(store, one_writer_at_a_time)
{
	struct sink sink = open_writer();
	expect_refusal(db_path, true, "another bgpwhy is writing to it");
	cr_expect(sink.close(sink.self));
	sink = open_writer();
	cr_expect(sink.close(sink.self));
}

Test(store, a_damaged_database_gives_one_line)
{
	write_story(NULL, NULL, false);
	struct stat st;
	cr_assert(stat(db_path, &st) == 0);
	FILE *f = fopen(db_path, "r+");
	cr_assert(f != NULL);
	for (long at = 4096; at < st.st_size; at += 4096) {
		fseek(f, at, SEEK_SET);
		fputs("this is no page", f);
	}
	fclose(f);
	expect_refusal(db_path, true, "damaged");
	expect_refusal(db_path, false, "damaged");
}

/* What goes wrong later. */

Test(store, a_lock_is_told_once_and_survived)
{
	struct sink sink = open_writer();
	struct teller t = {.sinks = &sink, .count = 1};
	sqlite3 *db = open_plain();
	cr_expect(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
	tell_begin(&t);
	sink.flush(sink.self);
	tell_transition(&t, BGP_STATE_OPENCONFIRM, BGP_STATE_ESTABLISHED, 9000);
	cr_expect(complaints.count == 1);
	cr_expect(strstr(complaints.last, db_path) == complaints.last &&
			strstr(complaints.last, "cannot write to the database: it is locked") !=
				NULL,
		"%s", complaints.last);
	cr_expect(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
	sink.flush(sink.self);
	tell_end(&t, false);
	cr_expect(!sink.close(sink.self), "events are missing");
	cr_expect(complaints.count == 1);
	expect_sound();
	expect_sql("SELECT lost, finished IS NULL FROM run", "25|0");
	expect_sql("SELECT count(*) FROM session", "2");
	expect_sql("SELECT count(*) FROM capture", "1");
}

/* A tiny file system of its own, where the machine allows it; gone with the process. */
static bool
mount_tiny(void)
{
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0) {
		cr_log_warn("skipped: no mount without root");
		return false;
	}
	return true;
}

/* Fills what is left; returns the file's name. */
static void
fill_disk(const char *path)
{
	static const char zeros[65536];
	FILE *f = fopen(path, "w");
	cr_assert(f != NULL);
	setvbuf(f, NULL, _IONBF, 0);
	for (size_t size = sizeof(zeros); size > 0; size /= 2) {
		while (fwrite(zeros, 1, size, f) == size) {
		}
	}
	fclose(f);
}

Test(store, a_full_disk_is_told_once_and_survived)
{
	char filler[128];
	snprintf(filler, sizeof(filler), "%s/filler", folder);
	if (!mount_tiny()) {
		return;
	}
	struct sink sink = open_writer();
	struct teller t = {.sinks = &sink, .count = 1};
	tell_begin(&t);
	sink.flush(sink.self);
	cr_expect(complaints.count == 0, "%s", complaints.last);
	fill_disk(filler);
	uint64_t before = t.seq;
	for (uint64_t i = 0; i < 3000; i++) {
		tell_transition(&t, BGP_STATE_OPENCONFIRM, BGP_STATE_ESTABLISHED, 9000 + i);
		if (i % 1000 == 0) {
			sink.flush(sink.self);
		}
	}
	sink.flush(sink.self);
	cr_expect(complaints.count == 1, "%d", complaints.count);
	cr_expect(strstr(complaints.last, "cannot write to the database: disk is full") != NULL,
		"%s", complaints.last);
	expect_sound();
	uint64_t told = t.seq - before;
	cr_expect(unlink(filler) == 0);
	sink.flush(sink.self);
	tell_end(&t, false);
	cr_expect(!sink.close(sink.self));
	cr_expect(complaints.count == 1);
	expect_sound();
	char expected[64], *kept = ask("SELECT count(*) - 3 FROM transition");
	snprintf(expected, sizeof(expected), "%llu|7",
		(unsigned long long)(told - strtoull(kept, NULL, 10)));
	free(kept);
	expect_sql("SELECT lost, (SELECT count(*) FROM capture) + (SELECT count(*) FROM session)"
		   " + (SELECT count(*) FROM connection_event) + 1 FROM run",
		expected);
	umount2(folder, MNT_DETACH);
}

Test(store, a_read_only_folder)
{
	if (!mount_tiny()) {
		return;
	}
	struct record written = {0}, read = {0};
	write_story(&written, NULL, false);
	cr_assert(mount("none", folder, "", MS_REMOUNT | MS_RDONLY, NULL) == 0);
	expect_refusal(db_path, true, "Read-only file system");
	cr_expect(replay(&read) == 1);
	expect_equal(&read, &written);
	record_free(&written);
	record_free(&read);
	umount2(folder, MNT_DETACH);
}

/* A database is input: whatever stands in its fields, it is played to its end. */
Test(store, hostile_values)
{
	static const char *const updates[] = {
		"UPDATE message SET raw = NULL, src = 'x', src_port = 99999999999",
		"UPDATE message SET raw = 'text', context = 77777",
		"UPDATE context SET add_path = '1/1 2 x/1 ///// 99999999999999999999/1'",
		"UPDATE transition SET \"from\" = 'Nowhere', rfc_event_number = -1, reason = NULL",
		"UPDATE finding SET fix = '{not json', evidence = 'many', cause = 'none'",
		"UPDATE alert SET fix = '[1,null,{}]', evidence = '[-1,1e99]', summary = x'00ff'",
		"UPDATE session SET families = '[1,\"x\",{}]', verdict = NULL, local_state = 5",
		"UPDATE bfd_session SET mode = 'new', local_state = x'', local_packets = 'a lot'",
		"UPDATE bfd_packet SET raw = x'20', port = -5, src = NULL",
		"UPDATE capture SET artefacts = 'midstream', input = NULL, linktype = NULL",
		"UPDATE connection_event SET state = 'x'",
		"UPDATE fault SET code = 'x', time = 'x.999999999999999999999'",
		"UPDATE run SET seq_base = 9223372036854775807, session_base = -1",
	};
	write_story(NULL, NULL, false);
	for (size_t i = 0; i < COUNT(updates); i++) {
		sqlite3 *db = open_plain();
		char *message = NULL;
		sqlite3_exec(db,
			"PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON", NULL,
			NULL, NULL);
		sqlite3_exec(db, updates[i], NULL, NULL, &message);
		sqlite3_free(message);
		sqlite3_close(db);
		struct record read = {0};
		struct sink sink = record_sink(&read);
		struct store_error error = {""};
		int exit_status;
		store_replay(db_path, &sink, 1, &exit_status, &error);
		record_free(&read);
	}
}
