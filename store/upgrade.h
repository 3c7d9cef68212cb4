/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_STORE_UPGRADE_H
#define BGPWHY_STORE_UPGRADE_H

#include <stdbool.h>

#include "store/database.h"

/* Databases of older schemas. */

/* Brings a database of schema `from` up to STORE_SCHEMA_VERSION, inside the transaction that is
 * open. Returns SQLite's code. */
int database_upgrade(struct sqlite3 *db, int from);

bool database_has_column(struct sqlite3 *db, const char *table, const char *column);

#endif
