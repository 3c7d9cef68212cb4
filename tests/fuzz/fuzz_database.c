/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The database reader. The input is a list of changes to a good database, each a table, a column, a row and
 * a value of any type, or, where its first octet is 0xff, octets written over its file. Whatever stands in it,
 * reading ends, and every event that comes out can be written as JSON.
 *
 * The good database is made once, of a capture, by the program's own writer.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/source.h"
#include "dissect/cursor.h"
#include "store/store.h"
#include "track/json.h"
#include "track/track.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS_MAX = 1024, CHANGES_MAX = 32, PACKETS_MAX = 60 };

static char folder[64];
static char path[128];
static uint8_t *good;
static size_t good_size;
static struct {
	char table[64], column[64];
} columns[COLUMNS_MAX];
static size_t column_count;
static uint64_t events;
static unsigned verbose; /* the fields of every message take more time than all the rest */

static void
check(int as_it_must)
{
	if (!as_it_must) {
		abort();
	}
}

static void
clean(void)
{
	char name[160];
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

static void
leave(void)
{
	clean();
	rmdir(folder);
}

static void
put_capture(const char *name, uint32_t input, struct capture *capture)
{
	struct packet packet;
	struct capture_error error;
	struct source *source = source_open_file(name, NULL, &error);
	check(source != NULL);
	/* Each input reads all of it: the fewer packets, the more inputs. */
	for (int i = 0; i < PACKETS_MAX && source_next(source, &packet, &error) == SOURCE_PACKET; i++) {
		capture_packet(capture, input, &packet);
	}
	source_close(source);
}

static void
read_columns(void)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	check(sqlite3_open(path, &db) == SQLITE_OK);
	check(sqlite3_prepare_v2(db,
		      "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
		      " WHERE m.type = 'table' ORDER BY 1, 2",
		      -1, &stmt, NULL) == SQLITE_OK);
	while (column_count < COLUMNS_MAX && sqlite3_step(stmt) == SQLITE_ROW) {
		snprintf(columns[column_count].table, sizeof(columns[0].table), "%s",
			(const char *)sqlite3_column_text(stmt, 0));
		snprintf(columns[column_count].column, sizeof(columns[0].column), "%s",
			(const char *)sqlite3_column_text(stmt, 1));
		column_count++;
	}
	sqlite3_finalize(stmt);
	/* One file: the log goes into it. */
	check(sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
	check(column_count > 100);
}

static void
make_good(void)
{
	snprintf(folder, sizeof(folder), "%s/bgpwhy-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	check(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/x.db", folder);
	atexit(leave);
	struct store_error error;
	struct capture_error capture_error;
	struct sink sink;
	const struct store_input input = {.name = "capture", .kind = STORE_PIPE};
	const struct store_run about = {.inputs = &input, .input_count = 1, .filter = "", .options = "", .updates = true};
	struct track *track = track_create(&(struct track_options){.all_bfd_packets = true});
	struct capture *capture = capture_create(&(struct capture_options){.ports = {179}, .port_count = 1,
						 .engine = CAPTURE_ENGINE_CHECK},
		track_flow_sink(track), &capture_error);
	check(capture != NULL &&
		store_open_writer(path, &about, NULL, NULL, &sink, &error) == STORE_READY);
	track_add_sink(track, &sink);
	track_input_begin(track, 0, "capture", "EN10MB", 0, 6);
	put_capture(PCAPS "/bad-peer-as.pcap", 0, capture);
	put_capture(PCAPS "/bfd-down.pcap", 0, capture);
	put_capture(PCAPS "/malformed-update.pcap", 0, capture);
	track_input_end(track, 0, 1, 0, capture_artefacts(capture));
	capture_finish(capture);
	track_finish(track);
	check(sink.close(sink.self));
	capture_destroy(capture);
	track_destroy(track);
	read_columns();
	struct stat st;
	check(stat(path, &st) == 0);
	good_size = (size_t)st.st_size;
	good = malloc(good_size);
	int fd = open(path, O_RDONLY);
	check(good != NULL && fd >= 0 && read(fd, good, good_size) == (ssize_t)good_size);
	close(fd);
}

static void
change(sqlite3 *db, struct cursor *in)
{
	char sql[320];
	sqlite3_stmt *stmt;
	size_t column = cursor_u16(in) % column_count;
	unsigned row = cursor_u8(in), type = cursor_u8(in);
	snprintf(sql, sizeof(sql), "UPDATE \"%s\" SET \"%s\"=?1 WHERE rowid IN (SELECT rowid FROM \"%s\" LIMIT 1 OFFSET %u)",
		columns[column].table, columns[column].column, columns[column].table, row % 16);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		return;
	}
	struct cursor value = cursor_take(in, cursor_left(in) < type / 8u ? cursor_left(in) : type / 8u);
	size_t size = cursor_left(&value);
	const uint8_t *octets = cursor_bytes(&value, size);
	switch (type % 8) {
	case 0:
		sqlite3_bind_null(stmt, 1);
		break;
	case 1:
		sqlite3_bind_int64(stmt, 1, size > 0 ? (sqlite3_int64)octets[0] - 1 : INT64_MAX);
		break;
	case 2: {
		uint64_t number = 0;
		for (size_t i = 0; i < size && i < 8; i++) {
			number = number << 8 | octets[i];
		}
		sqlite3_bind_int64(stmt, 1, (sqlite3_int64)number);
		break;
	}
	case 3:
		sqlite3_bind_double(stmt, 1, size > 0 ? 1e18 * octets[0] : -1e300);
		break;
	case 4:
		sqlite3_bind_blob(stmt, 1, size > 0 ? (const void *)octets : "", (int)size, SQLITE_TRANSIENT);
		break;
	case 5:
		sqlite3_bind_zeroblob(stmt, 1, (int)size * 1000);
		break;
	default:
		sqlite3_bind_text(stmt, 1, size > 0 ? (const char *)octets : "", (int)size, SQLITE_TRANSIENT);
		break;
	}
	sqlite3_step(stmt);
	sqlite3_finalize(stmt);
}

static void
on_event(void *self, const struct event *event)
{
	struct json *json = self;
	events++;
	json_clear(json);
	json_event(json, event, verbose);
	check(json->size > 2 && memchr(json->text, '\n', json->size) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (good == NULL) {
		make_good();
	}
	clean();
	verbose = size % 8 == 0 ? 2 : size % 2;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	check(fd >= 0 && write(fd, good, good_size) == (ssize_t)good_size);
	if (size > 0 && data[0] == 0xff) {
		struct cursor in = cursor_make(data + 1, size - 1);
		while (cursor_left(&in) > 3) {
			off_t at = (off_t)(cursor_u24(&in) % good_size);
			uint8_t octet = cursor_u8(&in);
			check(pwrite(fd, &octet, 1, at) == 1);
		}
		close(fd);
	} else {
		close(fd);
		sqlite3 *db;
		check(sqlite3_open(path, &db) == SQLITE_OK);
		sqlite3_exec(db, "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; BEGIN", NULL, NULL, NULL);
		struct cursor in = cursor_make(data, size);
		for (int i = 0; i < CHANGES_MAX && cursor_left(&in) > 4; i++) {
			change(db, &in);
		}
		sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
		sqlite3_close(db);
	}
	struct json json;
	struct store_error error;
	int status = 0;
	json_init(&json);
	const struct sink sink = {.self = &json, .on_event = on_event};
	bool read = store_replay(path, &sink, 1, &status, &error);
	check(read || error.text[0] != '\0');
	check(status == 0 || status == 1);
	json_finish(&json);
	return 0;
}
