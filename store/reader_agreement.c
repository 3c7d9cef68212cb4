/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What two OPENs agreed on, back from the JSON of session.negotiated. SQLite takes the JSON apart,
 * and where a member is not what it should be, it is false or 0: nothing here trusts the file.
 */
#include "store/reader.h"

#include <sqlite3.h>

static const char sql_agreement[] =
	"SELECT json_extract(?1, '$.as4'), json_extract(?1, '$.route_refresh'),"
	" json_extract(?1, '$.enhanced_route_refresh'), json_extract(?1, '$.graceful_restart'),"
	" json_extract(?1, '$.notification'), json_extract(?1, '$.llgr')";

static const char sql_side[] =
	"SELECT json_extract(?1, '$.extended_messages.\"' || ?2 || '\"'),"
	" json_extract(?1, '$.restarting.\"' || ?2 || '\"'),"
	" json_extract(?1, '$.restart_time_s.\"' || ?2 || '\"'),"
	" json_extract(?1, '$.role.\"' || ?2 || '\"')";

static const char sql_families[] =
	"SELECT json_extract(value, '$.afi'), json_extract(value, '$.safi'),"
	" json_extract(value, '$.extended_next_hop'),"
	" json_extract(value, '$.add_path.\"' || ?2 || '\"'),"
	" json_extract(value, '$.add_path.\"' || ?3 || '\"'),"
	" json_extract(value, '$.graceful_restart.\"' || ?2 || '\"'),"
	" json_extract(value, '$.graceful_restart.\"' || ?3 || '\"'),"
	" json_extract(value, '$.forwarding.\"' || ?2 || '\"'),"
	" json_extract(value, '$.forwarding.\"' || ?3 || '\"'),"
	" json_extract(value, '$.stale_time_s.\"' || ?2 || '\"'),"
	" json_extract(value, '$.stale_time_s.\"' || ?3 || '\"')"
	" FROM json_each(?1, '$.families')";

bool
reader_prepare_agreement(struct reader *r)
{
	return sqlite3_prepare_v2(r->db, sql_agreement, -1, &r->agreement, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(r->db, sql_side, -1, &r->agreed_side, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(r->db, sql_families, -1, &r->agreed_families, NULL) == SQLITE_OK;
}

void
reader_finish_agreement(struct reader *r)
{
	sqlite3_finalize(r->agreement);
	sqlite3_finalize(r->agreed_side);
	sqlite3_finalize(r->agreed_families);
}

static void
done(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

static bool
is_set(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_int(stmt, column) != 0;
}

static bool
is_known(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) != SQLITE_NULL;
}

static void
read_side(struct reader *r, const char *json, const char *address, struct bgp_agreed_side *side)
{
	sqlite3_stmt *stmt = r->agreed_side;
	sqlite3_bind_text(stmt, 1, json, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, address, -1, SQLITE_STATIC);
	if (reader_step(r, stmt)) {
		*side = (struct bgp_agreed_side){
			.extended_messages = is_set(stmt, 0),
			.restarting = is_set(stmt, 1),
			.has_restart = is_known(stmt, 2),
			.restart_time_s = (uint16_t)sqlite3_column_int(stmt, 2),
			.has_role = is_known(stmt, 3),
			.role = (uint8_t)sqlite3_column_int(stmt, 3),
		};
	}
	done(stmt);
}

static void
read_family(sqlite3_stmt *stmt, struct bgp_agreed_family *family)
{
	family->family.afi = (uint16_t)sqlite3_column_int(stmt, 0);
	family->family.safi = (uint8_t)sqlite3_column_int(stmt, 1);
	family->extended_next_hop = is_set(stmt, 2);
	for (int side = 0; side < 2; side++) {
		family->add_path[side] = is_set(stmt, 3 + side);
		family->graceful[side] = is_set(stmt, 5 + side);
		family->forwarding[side] = is_set(stmt, 7 + side);
		family->has_stale_time[side] = is_known(stmt, 9 + side);
		family->stale_time_s[side] = (uint32_t)sqlite3_column_int64(stmt, 9 + side);
	}
}

const struct bgp_agreement *
reader_agreement(struct reader *r, const char *json, const struct event_session_side side[2])
{
	struct bgp_agreement *a = &r->agreed;
	char addr[2][ADDRESS_TEXT_MAX];
	if (json == NULL || json[0] == '\0') {
		return NULL;
	}
	*a = (struct bgp_agreement){0};
	sqlite3_bind_text(r->agreement, 1, json, -1, SQLITE_STATIC);
	bool good = reader_step(r, r->agreement);
	if (good) {
		a->as4 = is_set(r->agreement, 0);
		a->route_refresh = is_set(r->agreement, 1);
		a->enhanced_route_refresh = is_set(r->agreement, 2);
		a->graceful_restart = is_set(r->agreement, 3);
		a->notification = is_set(r->agreement, 4);
		a->llgr = is_set(r->agreement, 5);
	}
	done(r->agreement);
	if (!good) {
		return NULL;
	}
	for (int i = 0; i < 2; i++) {
		read_side(r, json, address_text(&side[i].addr, addr[i]), &a->side[i]);
		sqlite3_bind_text(r->agreed_families, 2 + i, addr[i], -1, SQLITE_STATIC);
	}
	sqlite3_bind_text(r->agreed_families, 1, json, -1, SQLITE_STATIC);
	while (a->family_count < BGP_CONTEXT_FAMILIES &&
		reader_step(r, r->agreed_families)) {
		read_family(r->agreed_families, &a->families[a->family_count++]);
	}
	done(r->agreed_families);
	return a;
}
