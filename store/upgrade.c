/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An older database becomes one of this schema, and loses nothing. Schemas only grow: what schema.sql
 * has and the file has not is added, tables, columns and indexes alike; views are made anew. What was
 * renamed on the way stands in a list. So a new column needs no script of its own, only a higher
 * user_version. A column that is added this way is NULL in the rows that were there before: they do
 * not know, unless a step says otherwise.
 */
#include "store/upgrade.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* Before version `since` the column had the old name. */
static const struct {
	int since;
	const char *table, *old, *name;
} renames[] = {
	{2, "capability", "value", "data"},
};

/* What a schema wanted and this one does not, and what a new column can be told of the rows that were there. */
static const struct {
	int since;
	const char *sql;
} steps[] = {
	/* How long each speaker was Established, or Up; the index is for that alone. */
	{9, "CREATE INDEX IF NOT EXISTS transition_flap ON transition (speaker, peer, seq)"
	    " WHERE \"from\" IN ('Established', 'Up') OR \"to\" IN ('Established', 'Up')"},
	{9, "UPDATE transition AS t SET lasted_us = (t.time_ns - (SELECT u.time_ns FROM transition u"
	    " WHERE u.speaker = t.speaker AND u.peer = t.peer AND u.seq < t.seq AND u.\"to\" = t.\"from\""
	    " AND u.\"to\" IN ('Established', 'Up') AND u.connection IS t.connection AND u.session IS t.session"
	    " AND u.bfd_session IS t.bfd_session ORDER BY u.seq DESC LIMIT 1)) / 1000"
	    " WHERE t.\"from\" IN ('Established', 'Up')"},
	{9, "DROP INDEX transition_flap"},
};

/* Runs a statement made by `format`, as sqlite3_mprintf() does. */
static int
run(sqlite3 *db, char *sql)
{
	if (sql == NULL) {
		return SQLITE_NOMEM;
	}
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
	return rc;
}

bool
database_has_column(sqlite3 *db, const char *table, const char *column)
{
	/* By a statement, the two hundred columns would be most of what it takes to open a small database. */
	return sqlite3_table_column_metadata(db, "main", table, column, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static bool
has_object(sqlite3 *db, const char *type, const char *name)
{
	sqlite3_stmt *stmt;
	bool has = false;
	if (sqlite3_prepare_v2(db, "SELECT 1 FROM sqlite_master WHERE type = ?1 AND name = ?2", -1,
		    &stmt, NULL) == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, type, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, name, -1, SQLITE_STATIC);
		has = sqlite3_step(stmt) == SQLITE_ROW;
	}
	sqlite3_finalize(stmt);
	return has;
}

static int
add_columns(sqlite3 *db, sqlite3 *model, const char *table)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(model,
		"SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info(?1)", -1, &stmt, NULL);
	if (rc != SQLITE_OK) {
		return rc;
	}
	sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
	while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(stmt, 0);
		const char *type = (const char *)sqlite3_column_text(stmt, 1);
		const char *value = (const char *)sqlite3_column_text(stmt, 3);
		if (database_has_column(db, table, name)) {
			continue;
		}
		bool required = sqlite3_column_int(stmt, 2) != 0 && value != NULL;
		rc = run(db, sqlite3_mprintf("ALTER TABLE \"%w\" ADD COLUMN \"%w\" %s%s%s", table, name,
				     type, required ? " NOT NULL DEFAULT " : "", required ? value : ""));
	}
	sqlite3_finalize(stmt);
	return rc;
}

static int
add_object(sqlite3 *db, sqlite3 *model, const char *type, const char *name, const char *sql)
{
	bool has = has_object(db, type, name);
	if (has && strcmp(type, "table") == 0) {
		return add_columns(db, model, name);
	}
	if (has && strcmp(type, "view") == 0) {
		int rc = run(db, sqlite3_mprintf("DROP VIEW \"%w\"", name));
		return rc != SQLITE_OK ? rc : sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	return has ? SQLITE_OK : sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int
database_upgrade(sqlite3 *db, int from)
{
	sqlite3 *model;
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_open_v2(":memory:", &model, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	rc = rc == SQLITE_OK ? sqlite3_exec(model, store_schema, NULL, NULL, NULL) : rc;
	/* Every schema had this; else it is damaged. */
	rc = rc == SQLITE_OK ? sqlite3_exec(db, "SELECT run FROM run LIMIT 0", NULL, NULL, NULL) : rc;
	for (size_t i = 0; i < sizeof(renames) / sizeof(renames[0]) && rc == SQLITE_OK; i++) {
		if (from < renames[i].since && database_has_column(db, renames[i].table, renames[i].old)) {
			rc = run(db, sqlite3_mprintf("ALTER TABLE \"%w\" RENAME COLUMN \"%w\" TO \"%w\"",
					     renames[i].table, renames[i].old, renames[i].name));
		}
	}
	if (rc == SQLITE_OK) {
		/* Tables first, then what stands on them. */
		rc = sqlite3_prepare_v2(model,
			"SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
			" ORDER BY type <> 'table', rowid",
			-1, &stmt, NULL);
	}
	while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
		rc = add_object(db, model, (const char *)sqlite3_column_text(stmt, 0),
			(const char *)sqlite3_column_text(stmt, 1),
			(const char *)sqlite3_column_text(stmt, 2));
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == SQLITE_OK; i++) {
		rc = from < steps[i].since ? sqlite3_exec(db, steps[i].sql, NULL, NULL, NULL) : rc;
	}
	if (rc == SQLITE_OK) {
		rc = run(db, sqlite3_mprintf("PRAGMA user_version = %d", STORE_SCHEMA_VERSION));
	}
	sqlite3_finalize(stmt);
	sqlite3_close(model);
	return rc;
}
