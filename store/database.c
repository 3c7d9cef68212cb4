/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the writer and the reader share: the list of columns, whose database it is, and the words
 * for what SQLite says. The words matter: a user reads them when the disk is full at night.
 */
#include "store/database.h"
#include "store/upgrade.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

const struct store_insert_desc store_inserts[INSERT_COUNT] = {
#define X(id, table, conflict, key, columns) {table, CONFLICT_##conflict, key, columns},
	STORE_INSERTS(X)
#undef X
};

const char *
database_reason(sqlite3 *db, int rc)
{
	int system = db != NULL ? sqlite3_system_errno(db) : 0;
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return "disk is full";
	case SQLITE_READONLY:
		return "it is read-only";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "it is locked by another program";
	case SQLITE_CORRUPT:
		return "it is damaged";
	case SQLITE_NOTADB:
		return "it is not an SQLite database";
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return "permission denied";
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		if (system == ENOSPC || system == EDQUOT) {
			return "disk is full";
		}
		return system != 0 ? strerror(system) : "input/output error";
	default:
		return db != NULL && sqlite3_extended_errcode(db) == rc ? sqlite3_errmsg(db)
									: sqlite3_errstr(rc);
	}
}

static int
read_number(sqlite3 *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK) {
		return rc;
	}
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*number = sqlite3_column_int64(stmt, 0);
		rc = SQLITE_OK;
	}
	int end = sqlite3_finalize(stmt);
	return end != SQLITE_OK ? end : rc;
}

/* Whether our tables are tables. A view or a generated column of that name has no end if its maker likes. */
static int
count_strange(sqlite3 *db, int64_t *count)
{
	sqlite3_str *sql = sqlite3_str_new(db);
	sqlite3_str_appendall(sql, "WITH mine AS (SELECT * FROM sqlite_master WHERE lower(name) IN ('run','run_input'");
	for (size_t i = 0; i < INSERT_COUNT; i++) {
		sqlite3_str_appendf(sql, ",%Q", store_inserts[i].table);
	}
	sqlite3_str_appendall(sql, ")) SELECT (SELECT count(*) FROM mine WHERE type <> 'table' OR rootpage = 0) +"
		"(SELECT count(*) FROM mine, pragma_table_xinfo(mine.name) WHERE hidden <> 0)");
	int rc = sqlite3_str_errcode(sql);
	char *text = sqlite3_str_finish(sql);
	rc = rc == SQLITE_OK ? read_number(db, text, count) : rc;
	sqlite3_free(text);
	return rc;
}

bool
database_check(sqlite3 *db, const char *path, int *found, struct store_error *error)
{
	int64_t id = 0, version = 0, tables = 0;
	int rc = read_number(db, "PRAGMA application_id", &id);
	if (rc == SQLITE_OK) {
		rc = read_number(db, "PRAGMA user_version", &version);
	}
	if (rc == SQLITE_OK) {
		rc = read_number(db, "SELECT count(*) FROM sqlite_master", &tables);
	}
	if (rc != SQLITE_OK) {
		snprintf(error->text, sizeof(error->text), "%s: cannot open the database: %s", path,
			database_reason(db, rc));
		return false;
	}
	*found = 0;
	if (id == 0 && version == 0 && tables == 0) {
		return true;
	}
	if (id != STORE_APPLICATION_ID) {
		snprintf(error->text, sizeof(error->text),
			"%s: is a database of another program, not of bgpwhy", path);
		return false;
	}
	if (version > STORE_SCHEMA_VERSION) {
		snprintf(error->text, sizeof(error->text),
			"%s: was written by a newer bgpwhy (schema %lld, this one knows %d)", path,
			(long long)version, STORE_SCHEMA_VERSION);
		return false;
	}
	if (version < 1) {
		snprintf(error->text, sizeof(error->text),
			"%s: has no schema version: it is damaged", path);
		return false;
	}
	int64_t strange = 0;
	rc = count_strange(db, &strange);
	if (rc != SQLITE_OK || strange > 0) {
		snprintf(error->text, sizeof(error->text), "%s: cannot open the database: %s", path,
			rc != SQLITE_OK ? database_reason(db, rc) : "not all of its tables are tables that bgpwhy has made");
		return false;
	}
	*found = (int)version;
	return true;
}

int
database_version(sqlite3 *db)
{
	int64_t version = 0;
	return read_number(db, "PRAGMA user_version", &version) == SQLITE_OK ? (int)version : 0;
}

char *
database_file_name(const char *path)
{
	/* "file:…" and ":memory:" mean something to SQLite, "./file:…" does not. */
	const char *prefix = path[0] == '/' ? "" : "./";
	size_t size = strlen(prefix) + strlen(path) + 1;
	char *name = memory_zero(size, 1);
	snprintf(name, size, "%s%s", prefix, path);
	return name;
}

void
database_columns(sqlite3_str *sql, const char *columns, const char *format, const char *except)
{
	char name[64];
	const char *at = columns;
	bool any = false;
	while (*at != '\0') {
		size_t size = strcspn(at, ",");
		snprintf(name, sizeof(name), "%.*s", (int)size, at);
		if (except == NULL || strcmp(name, except) != 0) {
			if (any) {
				sqlite3_str_appendall(sql, ",");
			}
			any = true;
			sqlite3_str_appendf(sql, format, name, name);
		}
		at += size;
		at += *at == ',';
	}
}

void
database_select(sqlite3_str *sql, sqlite3 *db, const char *table, const char *columns)
{
	char name[64];
	const char *at = columns;
	while (*at != '\0') {
		size_t size = strcspn(at, ",");
		snprintf(name, sizeof(name), "%.*s", (int)size, at);
		if (at != columns) {
			sqlite3_str_appendall(sql, ",");
		}
		sqlite3_str_appendf(sql, database_has_column(db, table, name) ? "\"%w\"" : "NULL", name);
		at += size;
		at += *at == ',';
	}
}
