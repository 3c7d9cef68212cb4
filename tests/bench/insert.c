/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the rows of a database cost SQLite alone: insert FROM TO reads all rows of FROM into memory, and then
 * writes them to TO, which gets the same schema, by one prepared INSERT for each table and with the settings that
 * bgpwhy has. Prints how many rows, and the microseconds of processor time that the writing took.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { BATCH = 8192, TABLES = 64 };

struct table {
	char *name;
	int columns;
	size_t rows, room;
	sqlite3_value **values; /* rows × columns */
	sqlite3_stmt *insert;
};

static void
check(sqlite3 *db, int rc, const char *what)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) {
		fprintf(stderr, "insert: %s: %s\n", what, sqlite3_errmsg(db));
		exit(2);
	}
}

static void
load(sqlite3 *db, struct table *t)
{
	sqlite3_stmt *stmt;
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", t->name);
	check(db, sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), sql);
	t->columns = sqlite3_column_count(stmt);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		if (t->rows == t->room) {
			t->room = t->room > 0 ? 2 * t->room : 64;
			t->values = realloc(t->values, t->room * (size_t)t->columns * sizeof(*t->values));
		}
		for (int i = 0; i < t->columns; i++) {
			t->values[t->rows * (size_t)t->columns + (size_t)i] =
				sqlite3_value_dup(sqlite3_column_value(stmt, i));
		}
		t->rows++;
	}
	sqlite3_finalize(stmt);
	sqlite3_free(sql);
}

static uint64_t
used_us(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
		(uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void
copy_schema(sqlite3 *from, sqlite3 *to)
{
	sqlite3_stmt *stmt;
	check(from, sqlite3_prepare_v2(from, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid", -1,
			    &stmt, NULL), "schema");
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		check(to, sqlite3_exec(to, (const char *)sqlite3_column_text(stmt, 0), NULL, NULL, NULL), "schema");
	}
	sqlite3_finalize(stmt);
}

int
main(int argc, char **argv)
{
	static struct table tables[TABLES];
	sqlite3 *from, *to;
	sqlite3_stmt *stmt;
	size_t count = 0, rows = 0;
	if (argc != 3) {
		fprintf(stderr, "usage: insert FROM TO\n");
		return 2;
	}
	check(NULL, sqlite3_open_v2(argv[1], &from, SQLITE_OPEN_READONLY, NULL), argv[1]);
	check(NULL, sqlite3_open(argv[2], &to), argv[2]);
	check(from, sqlite3_prepare_v2(from, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid", -1,
			    &stmt, NULL), "tables");
	while (sqlite3_step(stmt) == SQLITE_ROW && count < TABLES) {
		tables[count++].name = strdup((const char *)sqlite3_column_text(stmt, 0));
	}
	sqlite3_finalize(stmt);
	for (size_t i = 0; i < count; i++) {
		load(from, &tables[i]);
	}
	uint64_t begin = used_us();
	/* Foreign keys are off: in the order of tables they are not true until the end. */
	check(to, sqlite3_exec(to, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
				   "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-8192", NULL, NULL, NULL), "PRAGMA");
	copy_schema(from, to);
	check(to, sqlite3_exec(to, "BEGIN", NULL, NULL, NULL), "BEGIN");
	for (size_t i = 0; i < count; i++) {
		struct table *t = &tables[i];
		sqlite3_str *sql = sqlite3_str_new(to);
		sqlite3_str_appendf(sql, "INSERT INTO \"%w\" VALUES (?", t->name);
		for (int k = 1; k < t->columns; k++) {
			sqlite3_str_appendall(sql, ",?");
		}
		sqlite3_str_appendall(sql, ")");
		char *text = sqlite3_str_finish(sql);
		check(to, sqlite3_prepare_v2(to, text, -1, &t->insert, NULL), text);
		sqlite3_free(text);
		for (size_t row = 0; row < t->rows; row++) {
			for (int k = 0; k < t->columns; k++) {
				sqlite3_bind_value(t->insert, k + 1, t->values[row * (size_t)t->columns + (size_t)k]);
			}
			check(to, sqlite3_step(t->insert), t->name);
			sqlite3_reset(t->insert);
			if (++rows % BATCH == 0) {
				check(to, sqlite3_exec(to, "COMMIT; BEGIN", NULL, NULL, NULL), "COMMIT");
			}
		}
		sqlite3_finalize(t->insert);
	}
	check(to, sqlite3_exec(to, "COMMIT", NULL, NULL, NULL), "COMMIT");
	check(to, sqlite3_exec(to, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), "checkpoint");
	printf("%zu %llu\n", rows, (unsigned long long)(used_us() - begin));
	sqlite3_close(to);
	return 0;
}
